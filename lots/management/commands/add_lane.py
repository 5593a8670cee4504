"""manage.py add_lane LOT NAME entry|exit|both: adds a way in or out, with its lane code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from lots.management.files import lot_called
from lots.management.setting import English
from lots.models import Lane
from lots.setup import place_settings
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = "Add a lane to a lot; its lane code is registered with it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("name", help="what staff call it")
        parser.add_argument("direction", choices=Lane.Direction.values)

    def handle(self, *args: Any, lot: str, name: str, direction: str, **options: Any) -> None:
        with English():
            lane = place_settings.add_lane(lot_called(lot), name=name, direction=direction, by=By(), at=now())
        self.stdout.write(f"Added {lane.name} ({lane.direction})")
