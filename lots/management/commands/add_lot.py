"""manage.py add_lot FILE.json: sets up a car park from one document (see lots.lot_document)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now
from django.utils.translation import override

from lots.lot_document import PlanError, open_lot, read_plan
from lots.management.files import read_json
from lots.sign_qr import sign_address


class Command(BaseCommand):
    help = "Set up a lot: operator, lanes, signs, tariff. docs/running.md has an example of the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        try:
            with override("en"):
                plan = read_plan(read_json(file))
        except PlanError as error:
            raise CommandError("Nothing was written.\n" + "\n".join(error.faults)) from None
        if dry_run:
            self.stdout.write(
                f"Would add {plan.lot.name}: {len(plan.lanes)} lanes, {len(plan.places)} pure codes"
            )
            return
        lot = open_lot(plan, at=now())
        self.stdout.write(f"Added {lot.name} ({lot.slug})")
        for sign in lot.signs.order_by("number"):
            self.stdout.write(f"{sign.number:>4}  {sign_address(sign)}  {sign.place}")
