"""manage.py forget_plates: erase now the plates that the worker would erase within minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from compliance.retention import ErasureCounts, erase_plates
from lots.management.files import lot_called


class Command(BaseCommand):
    help = "Erase the plates whose retention is over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print how many would be erased")
        parser.add_argument("--lot", metavar="SLUG", help="one lot only")

    def handle(self, *args: Any, dry_run: bool, lot: str | None, **options: Any) -> None:
        only = lot_called(lot) if lot else None
        verb = "would erase" if dry_run else "erased"
        found = erase_plates(at=now(), dry_run=dry_run, lot=only)
        for each in found:
            self.stdout.write(
                f"{each.lot.slug}: {verb} {each.sessions} stays and {each.reads} reads{_others(each)}"
                f" of cars that left before {each.left_before:%Y-%m-%d %H:%M %Z}"
            )
        if not found:
            self.stdout.write("Nothing is due.")


def _others(each: ErasureCounts) -> str:
    """Return the counts that most lots do not have, as text."""
    counts = {"pictures": each.pictures, "coupons": each.coupons, "permits": each.permits}
    return "".join(f" and {count} {name}" for name, count in counts.items() if count)
