"""manage.py sign_png LOT NUMBER FILE: writes a sign's QR as a picture."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lots.management.files import sign_numbered
from lots.sign_qr import qr_png, sign_address


class Command(BaseCommand):
    help = "Write a sign's QR as PNG, quiet zone included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("number", type=int)
        parser.add_argument("file")
        parser.add_argument("--module", type=int, default=24, help="pixels a module (24)")

    def handle(self, *args: Any, lot: str, number: int, file: str, module: int, **options: Any) -> None:
        sign = sign_numbered(lot, number)
        if sign.revoked_at is not None:
            raise CommandError(f"Sign {number} is revoked; do not print it.")
        try:
            Path(file).write_bytes(qr_png(sign_address(sign), module=module))
        except OSError as error:
            raise CommandError(f"Cannot write the picture: {error.strerror}") from None
        self.stdout.write(f"{sign.number}  {sign_address(sign)}  {sign.place}")
