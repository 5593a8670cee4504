"""manage.py permits import LOT FILE: passes and white lists from a table (see lots.permit_import)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.csv_file import NotATable
from lots.management.files import lot_called
from lots.permit_import import import_rights


class Command(BaseCommand):
    help = "Grant or extend passes and white lists from a CSV file; docs/running.md shows one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["import"])
        parser.add_argument("lot", help="the lot's short name")
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")

    def handle(self, *args: Any, lot: str, file: str, dry_run: bool, **options: Any) -> None:
        found = lot_called(lot)
        try:
            done = import_rights(lot=found, data=Path(file).read_bytes(), dry_run=dry_run, at=now())
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}") from None
        except NotATable as error:
            raise CommandError(error.why) from None
        if done.faults:
            lines = "\n".join(f"row {number}: {why}" for number, why in done.faults)
            raise CommandError(f"Nothing was written.\n{lines}")
        self.stdout.write(
            f"{'Would grant' if dry_run else 'Granted'} {done.granted},"
            f" {'extend' if dry_run else 'extended'} {done.extended}, left {done.unchanged} as they are"
        )
