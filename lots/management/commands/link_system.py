"""manage.py link_system LOT FILE: put a lot in front of the parking system that its operator already has."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.files import lot_called, read_json
from lots.systems.links import BadLink, save_link


class Command(BaseCommand):
    help = (
        "Store how to reach a lot's parking system, from a JSON file; docs/systems.md lists the fields of"
        " each vendor. Delete the file afterwards: it contains secrets, which are stored encrypted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's short name")
        parser.add_argument("file")
        parser.add_argument(
            "--accept-weak-link",
            action="store_true",
            help="the operator accepts that the link is not encrypted, or signed with MD5 only",
        )

    def handle(self, *args: Any, lot: str, file: str, accept_weak_link: bool, **options: Any) -> None:
        try:
            save_link(lot_called(lot), read_json(file), accepts_weak=accept_weak_link, at=now())
        except BadLink as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(f"Stored. Now run: manage.py check_system {lot}")
