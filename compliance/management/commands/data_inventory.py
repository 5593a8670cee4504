"""manage.py data_inventory: print docs/data.md, or write it to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.inventory_document import data_page


class Command(BaseCommand):
    help = "Print what is stored, why and for how long; --write docs/data.md updates that page."
    requires_system_checks = []  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", metavar="FILE", type=Path)

    def handle(self, *args: Any, write: Path | None, **options: Any) -> None:
        if write is None:
            self.stdout.write(data_page(), ending="")
        else:
            write.write_text(data_page(), encoding="utf-8")
