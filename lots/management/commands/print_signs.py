"""manage.py print_signs LOT --plan plan.csv --out FOLDER: draws a plan of signs for the print shop."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import now

from lots.management.files import lot_called
from lots.signs import print_plan, print_runs
from lots.signs.print_errors import CannotPrint


class Command(BaseCommand):
    help = "Print signs by a plan (CSV, JSON): one PDF, each alone in a ZIP, a proof sheet, a patrol list."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's short name")
        parser.add_argument(
            "--plan", required=True, help="CSV or JSON, one row for each sign (docs/signs.md)"
        )
        parser.add_argument("--out", required=True, help="folder for the files; created if missing")
        parser.add_argument("--why", default="", help="reason why signs are printed again")
        parser.add_argument("--dry-run", action="store_true", help="check and draw, write and record nothing")

    def handle(self, *args: Any, lot: str, out: str, why: str, dry_run: bool, **options: Any) -> None:
        where, at = lot_called(lot), now()
        try:
            file = Path(options["plan"])
            rows = print_plan.parse(file.read_bytes(), name=file.name)
            drawn = print_runs.draw(where, print_plan.read(where, rows, why=why), at=at)
            files = print_runs.bundle(drawn)
            if not dry_run:
                with transaction.atomic():  # a folder that cannot be written leaves no record
                    print_runs.record(drawn, key=uuid.uuid4(), why=why)
                    write(Path(out), files, drawn)
        except CannotPrint as fault:
            raise CommandError(f"Nothing was printed.\n{fault}") from None
        except OSError as error:
            raise CommandError(f"Nothing was printed: {error.strerror} ({error.filename})") from None
        for warning in drawn.warnings:
            self.stderr.write(self.style.WARNING(warning))
        self.stdout.write(f"{'Would print' if dry_run else 'Printed'} {len(drawn.orders)} signs")


def write(folder: Path, files: Mapping[str, bytes], drawn: print_runs.Drawn) -> None:
    """Write the whole as files and, with each sign alone, as one ZIP."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if "/" not in name:
            (folder / name).write_bytes(data)
    (folder / "signs.zip").write_bytes(print_runs.zipped(files, at=drawn.at))
