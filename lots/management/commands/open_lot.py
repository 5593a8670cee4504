"""manage.py open_lot LOT [--from 2026-12-01T06:00]: lets a lot take payments, now or from a date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.commands.set_tariff import moment
from lots.management.files import lot_called
from lots.setup import going_live
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = "Let a lot take payments. A date to come is kept by the worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument(
            "--from", dest="start", help="2026-12-01T06:00, in the lot's time; now if not said"
        )

    def handle(self, *args: Any, lot: str, start: str | None, **options: Any) -> None:
        row, at = lot_called(lot), now()
        starts_at = moment(row, start) if start else at
        try:
            done = going_live.open_lot(row, starts_at=starts_at, by=By(), at=at)
        except going_live.NotReady:
            raise CommandError("It has no tariff in force then: manage.py set_tariff") from None
        self.stdout.write(f"Opens {start or 'now'}" if done else "Nothing to do: it is so already")
