"""manage.py revoke_sign LOT NUMBER: makes a sign's code worth nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from lots import sign_register
from lots.management.files import sign_numbered


class Command(BaseCommand):
    help = "Revoke one sign, for example because a sticker was found over it. The others stay good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("number", type=int)

    def handle(self, *args: Any, lot: str, number: int, **options: Any) -> None:
        sign = sign_numbered(lot, number)
        sign_register.revoke(sign, at=now())
        self.stdout.write(f"Sign {sign.number} ({sign.place}) is worth nothing from now on")
