"""manage.py verify_audit: is the audit log as it was when its nightly digests were made?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import localtime

from compliance.audit import audit_chain
from compliance.models import AuditDigest


class Command(BaseCommand):
    help = "Compute every nightly digest of the audit log again. Exits with 1 if one does not match."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="DIGEST",
            help="a digest from an inspection PDF or a log that must be in the chain; 12 characters will do",
        )

    def handle(self, *args: Any, expect: str | None, **options: Any) -> None:
        faults = list(audit_chain.verify())
        for fault in faults:
            what = ", ".join(fault.names) or "the digest itself"
            self.stdout.write(f"up to {localtime(fault.until):%Y-%m-%d %H:%M}: changed: {what}")
        missing = bool(expect) and not _known(str(expect))
        if missing:
            self.stdout.write("This digest is not in the chain: links were taken out or made again.")
        last = AuditDigest.objects.order_by("until").last()
        if last is None:
            self.stdout.write("There is no digest yet: the worker makes the first one after midnight.")
        elif not faults and not missing:
            count = AuditDigest.objects.count()
            until = f"{localtime(last.until):%Y-%m-%d %H:%M}"
            self.stdout.write(f"{count} digests fit. The newest, up to {until}: {last.digest}")
        if faults or missing:
            sys.exit(1)


def _known(digest: str) -> bool:
    return len(digest) >= 12 and AuditDigest.objects.filter(digest__startswith=digest.lower()).exists()
