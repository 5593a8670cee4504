"""Delete every member account: before members are switched off for good, since nothing forgets them then."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from members import leaving
from members.models import Member, Outgoing, SmsCode


class Command(BaseCommand):
    help = "Delete every member account with everything that belongs to it. Proofs of consent remain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        members = Member.objects.select_related("operator")
        count = members.count()
        if not dry_run:
            for member in members.iterator():
                leaving.delete(member, at=now())
            SmsCode.objects.all().delete()
            Outgoing.objects.all().delete()
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'} {count} members")
