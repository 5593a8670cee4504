"""manage.py conform URL: whether a vendor's server keeps the rules of the open pair."""

import os
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lots.plates import PlateError, parse
from lots.systems.conformance import conform, is_listening
from lots.systems.remote import Link


class Command(BaseCommand):
    help = "Test a server of the open pair. Pays a test car's fee there: use a test system, never a real lot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the address before /charge and /settle")
        parser.add_argument("--lot", default="east", help="the lot's number there")
        parser.add_argument("--test-plate", default="沪A12345", help="a test car inside that owes something")
        parser.add_argument("--lane", default="", help="the exit lane there in which the test car stands")

    def handle(self, *args: Any, url: str, lot: str, test_plate: str, lane: str, **options: Any) -> None:
        secret = os.environ.get("PARKING_SECRET", "")
        if not secret:
            raise CommandError("Set PARKING_SECRET to the secret that both sides share.")
        try:
            plate = parse(test_plate)
        except PlateError:
            raise CommandError("The test plate is no licence plate.") from None
        if not is_listening(url):
            raise CommandError(
                "Nothing answers there. The address is that before /charge: http://host:port/path"
            )
        link = Link(url, lot, ZoneInfo("Asia/Shanghai"), secrets={"secret": secret}, is_weak_accepted=True)
        results = list(conform(link, plate, lane))
        for name, fault in results:
            self.stdout.write(f"{'ok   ' if not fault else 'FAULT'} {name}{': ' + fault if fault else ''}")
        if any(fault for _, fault in results):
            raise CommandError("The server does not keep the rules yet.")
        self.stdout.write("The server keeps the rules.")
