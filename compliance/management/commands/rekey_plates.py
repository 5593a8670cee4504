"""manage.py rekey_plates: after it, the older keys may leave PLATE_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.rekeying import Rekeyed, rekey_plates


class Command(BaseCommand):
    help = "Encrypt stored plates, pictures and device secrets with the first key of PLATE_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only print how much each key encrypts now"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for done in rekey_plates(dry_run=dry_run):
            self.stdout.write(_line(done))


def _line(done: Rekeyed) -> str:
    under = ", ".join(f"{count} under {name}" for name, count in sorted(done.under.items())) or "none"
    return f"{done.table}: {done.resealed} sealed again, {done.unreadable} unreadable; now {under}"
