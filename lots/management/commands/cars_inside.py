"""manage.py cars_inside import LOT FILE: the cars inside right now (see lots.cut_over)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.money import yuan
from lots.cut_over import CutOverFault, EarlyPrice, choose_early_price, import_inside
from lots.management.files import lot_called


class Command(BaseCommand):
    help = "Import the cars that are inside right now from a CSV file; docs/opening.md shows one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["import"])
        parser.add_argument("lot", help="the lot's short name")
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument(
            "--early",
            choices=EarlyPrice.values,
            help="what cars pay that entered before the lot's first tariff; can be chosen once",
        )
        parser.add_argument("--amount", type=int, default=0, metavar="FEN", help="with --early flat, in fen")

    def handle(
        self,
        *args: Any,
        lot: str,
        file: Path,
        dry_run: bool,
        early: str | None,
        amount: int,
        **options: Any,
    ) -> None:
        found = lot_called(lot)
        if amount and early != EarlyPrice.FLAT:
            raise CommandError("--amount goes with --early flat, and nothing else.")
        at = now()
        try:
            data = file.read_bytes()
            checked = import_inside(found, data, dry_run=True, at=at)
            if checked.faults:
                lines = "\n".join(f"row {number}: {why}" for number, why in checked.faults)
                raise CommandError(f"Nothing was written.\n{lines}")
            if early and not dry_run:
                choose_early_price(found, EarlyPrice(early), fen=amount, at=at)
            done = checked if dry_run else import_inside(found, data, dry_run=False, at=at)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}") from None
        except CutOverFault as error:
            raise CommandError(error.why) from None
        verb = "Would import" if dry_run else "Imported"
        self.stdout.write(f"{verb} {done.imported}, inside already or left since {done.known}")
        if done.early:
            self.stdout.write(f"{done.early} of them came in before the lot's first tariff")
        for row, entered_at, fen in done.prices if dry_run else ():
            entry = entered_at.astimezone(found.tz)
            self.stdout.write(f"row {row}: in at {entry:%Y-%m-%d %H:%M}, now {yuan(fen)}")
