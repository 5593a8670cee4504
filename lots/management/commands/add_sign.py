"""manage.py add_sign LOT PLACE: registers one more copy of a code, to be printed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lots import sign_register
from lots.management.files import lot_called
from lots.models import Lane
from lots.sign_qr import sign_address


class Command(BaseCommand):
    help = "Register a sign: a pure code, or with --lane the code of one lane."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("place", help="where it hangs, as drivers read it")
        parser.add_argument("--lane", help="the lane's name")

    def handle(self, *args: Any, lot: str, place: str, lane: str | None, **options: Any) -> None:
        where = lot_called(lot)
        beside = Lane.objects.filter(lot=where, name=lane).first() if lane else None
        if lane and beside is None:
            raise CommandError(f"There is no lane {lane!r} in {lot!r}.")
        sign = sign_register.new_sign(lot=where, place=place, lane=beside)
        self.stdout.write(f"{sign.number}  {sign_address(sign)}  {sign.place}")
