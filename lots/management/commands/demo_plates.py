"""manage.py demo_plates: prints plates that are inside a demo lot right now and owe something."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.timezone import now

from core.management.demo_command import DemoCommand
from core.vault import unseal_plate
from lots import sessions
from lots.demo_car_parks import LOTS
from lots.models import Lot
from lots.plates import parse


class Command(DemoCommand):
    help = (
        "Print a few plates to try in each demo lot. Refuses any other lot: real plates must not be listed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--most", type=int, default=3, help="plates for each lot")

    def handle(self, *args: Any, most: int, **options: Any) -> None:
        at = now()
        for lot in Lot.objects.filter(slug__in=[plan["lot"]["slug"] for plan in LOTS]).order_by("pk"):
            inside = lot.sessions.filter(left_at=None, plate__isnull=False).order_by("entered_at")
            owing = [row for row in inside if sessions.due_fen(row, at=at)][:most]
            plates = [
                parse(unseal_plate(lot.pk, row.plate), overseas=row.plate_kind == "overseas").pretty
                for row in owing
                if row.plate is not None
            ]
            self.stdout.write(f"{lot.name}\t{'  '.join(plates) or '—'}")
