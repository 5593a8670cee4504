"""manage.py apply FILE.json: brings an operator and a lot to what the file says; see lots.lot_document."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now
from django.utils.translation import override

from lots.lot_document import DocumentError, apply
from lots.management.files import read_json
from lots.recipients import apply_recipients
from payments.lot_sections import apply_external_collectors, apply_shops

SECTIONS = {
    "shops": apply_shops,
    "external_collectors": apply_external_collectors,
    "recipients": apply_recipients,
}


class Command(BaseCommand):
    help = "Set up or change a lot from one file; a second run changes nothing. See docs/running.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="check everything, show what would change")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        try:
            with override("en"):
                report = apply(read_json(file), at=now(), dry_run=dry_run, sections=SECTIONS)
        except DocumentError as error:
            raise CommandError("Nothing was written.\n" + "\n".join(error.faults)) from None
        for line in [*report.changes, *([] if dry_run else report.once)]:
            self.stdout.write(line)
        if not report.changes:
            self.stdout.write("Nothing to change")
        elif dry_run:
            self.stdout.write("Nothing was written: this was a dry run")
