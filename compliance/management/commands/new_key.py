"""manage.py new_key ID: an entry to put first into PLATE_KEYS. It is printed and not stored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.rekeying import BadKeyId, new_key


class Command(BaseCommand):
    help = "Print a new entry for PLATE_KEYS."
    requires_system_checks = []  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="for example the month, 2026-12")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(new_key(options["id"]))
        except BadKeyId:
            raise CommandError(
                "Say an id of 1 to 16 letters, digits, dots or dashes that PLATE_KEYS does not have yet."
            ) from None
