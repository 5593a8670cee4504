"""manage.py set_tariff LOT FILE.json --from DATE: puts the next version of a lot's tariff in the calendar."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.money import yuan
from lots import tariffs
from lots.management.files import lot_called, read_json
from lots.models import Lot
from lots.pricing import PastTariff, add_version, place_of
from lots.tariffs import TariffError, examples


class Command(BaseCommand):
    help = "Add a tariff version. Cars that came in before it are priced as the board said then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("file")
        parser.add_argument(
            "--from",
            dest="start",
            required=True,
            help="2026-12-01 or 2026-12-01T06:00, in the lot's time; or now",
        )
        parser.add_argument("--dry-run", action="store_true", help="only check it and show what stays cost")

    def handle(self, *args: Any, lot: str, file: str, start: str, dry_run: bool, **options: Any) -> None:
        place, at = lot_called(lot), now()
        document, valid_from = read_json(file), at if start == "now" else moment(place, start)
        try:
            tariff = tariffs.read_new(document)
        except TariffError as error:
            raise CommandError(f"Nothing was written.\n{error}") from None
        for minutes, fen in examples(tariff, place=place_of(place)):
            self.stdout.write(f"{minutes // 60:>4} h {minutes % 60:02} min  {yuan(fen):>8} yuan")
        if dry_run:
            return
        try:
            version = add_version(lot=place, document=document, valid_from=valid_from, at=at)
        except PastTariff:
            raise CommandError("Nothing was written: --from lies in the past.") from None
        self.stdout.write(f"Version {version.version} of {place.name} is in force from {start}")


def moment(lot: Lot, text: str) -> datetime:
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("--from is no date such as 2026-12-01") from None
    return said if said.tzinfo else said.replace(tzinfo=lot.tz)
