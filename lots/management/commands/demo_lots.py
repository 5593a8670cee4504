"""manage.py demo_lots: creates the demo's lots and prints them, with their cameras, as JSON."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils.timezone import now

from core.management.demo_command import DemoCommand
from lots.demo_car_parks import describe, make_demo_lots, make_lot_in_front


class Command(DemoCommand):
    help = "Create the demo lots (idempotent) and print them as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--parking-system", help="address of a simulated 艾科, for a lot in front of it")

    def handle(self, *args: Any, parking_system: str | None, **options: Any) -> None:
        make_demo_lots(at=now())
        if parking_system:
            make_lot_in_front(base_url=parking_system, at=now())
        self.stdout.write(json.dumps(describe(), ensure_ascii=False, indent=2))
