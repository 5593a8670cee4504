"""manage.py check_restored: is a database that was restored from a backup whole?

All checks run in one process, because starting one costs more than most checks.
"""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

CHECKS = (
    ("the schema is that of this release", ("migrate", "--check")),
    ("the audit log is unbroken", ("verify_audit",)),
    ("no closed day was changed", ("close_day", "--verify")),
    ("the ledger agrees with payments and refunds", ("reconcile", "--books")),
)


class Command(BaseCommand):
    help = "Check schema, audit log, closed days and ledger of a restored database (purecode prove-backup)."

    def handle(self, *args: Any, **options: Any) -> None:
        for title, words in CHECKS:
            printed = StringIO()
            try:
                call_command(*words, stdout=printed, stderr=printed)
            except SystemExit as end:
                if end.code:
                    lines = printed.getvalue().strip().splitlines()
                    found = lines[-1] if lines else f"it ended with {end.code}"
                    raise CommandError(f"it is not so that {title}: {found}") from None
            self.stdout.write(f"Checked: {title}")
