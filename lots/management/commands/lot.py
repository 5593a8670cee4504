"""manage.py lot SLUG [--add OPERATOR] --exit-window 20 …: makes a lot, or changes its settings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.files import lot_called
from lots.management.setting import English, add_options, said
from lots.models import Lot, Operator
from lots.setup import place_settings
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = (
        "Change a lot's settings; with --add, make a new one, closed for payments. Without options: show it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="its name in addresses")
        parser.add_argument("--add", metavar="OPERATOR", help="make it, of the operator with this legal name")
        add_options(parser, Lot, place_settings.LOT)

    def handle(self, *args: Any, lot: str, add: str | None, **options: Any) -> None:
        values = said(options, place_settings.LOT)
        with English():
            if add is not None:
                row = self._made(lot, add, values)
            else:
                row = lot_called(lot)
                if values:
                    place_settings.change_lot(row, values, revision=row.revision, by=By(), at=now())
                    row.refresh_from_db()
        for field in (*place_settings.LOT, "closed_at", "opens_at"):
            self.stdout.write(f"{field:<18}{getattr(row, field)}")

    @staticmethod
    def _made(slug: str, legal_name: str, values: dict[str, Any]) -> Lot:
        operator = Operator.objects.filter(legal_name=legal_name).first()
        if operator is None:
            raise CommandError("There is no operator of this name: manage.py operator NAME --add")
        defaults = {"name": slug, "kind": Lot.Kind.OTHER}
        return place_settings.make_lot(operator, {**defaults, **values, "slug": slug}, by=By(), at=now())
