"""manage.py check_system LOT: ask the parking system that a lot stands in front of, and say what is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.files import lot_called
from lots.plates import PlateError, parse
from lots.systems.link_test import check


class Command(BaseCommand):
    help = (
        "Test the link to a lot's parking system. It takes no money. docs/systems.md explains the findings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's short name")
        parser.add_argument(
            "--ask-plate",
            action="store_true",
            help="read the plate of a car inside from standard input and show its fee",
        )

    def handle(self, *args: Any, lot: str, ask_plate: bool, **options: Any) -> None:
        try:
            plate = parse(sys.stdin.readline().strip()) if ask_plate else None
        except PlateError:
            raise CommandError("This is no licence plate.") from None
        findings = check(lot_called(lot), plate=plate, at=now())
        for finding in findings:
            code = f" [{finding.code}]" if finding.code else ""
            self.stdout.write(f"{'ok   ' if finding.is_good else 'FAULT'} {finding.text}{code}")
        if not all(finding.is_good for finding in findings):
            raise CommandError("The link does not work yet.")
