"""manage.py close_lot LOT --why …: takes no more payments, or drops the plan to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from lots.management.files import lot_called
from lots.setup import going_live
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = "Take no more payments in a lot. Cars still come and go; what is at a cashier is still booked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("--why", required=True, help="kept in the record of settings")

    def handle(self, *args: Any, lot: str, why: str, **options: Any) -> None:
        done = going_live.close_lot(lot_called(lot), by=By(why=why), at=now())
        self.stdout.write("Closed for payments" if done else "Nothing to do: it is closed")
