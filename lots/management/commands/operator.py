"""manage.py operator 名称 [--add] --service-phone …: registers an operator, or changes what is told of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.setting import English, add_options, said
from lots.models import Operator
from lots.setup import place_settings
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = "Change what is told of an operator; with --add, register a new one. Without options: show it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="its legal name")
        parser.add_argument("--add", action="store_true", help="register it")
        add_options(parser, Operator, place_settings.OPERATOR)

    def handle(self, *args: Any, name: str, add: bool, **options: Any) -> None:
        values = said(options, place_settings.OPERATOR)
        with English():
            if add:
                row = place_settings.make_operator({"legal_name": name, **values}, by=By(), at=now())
            else:
                row = self._known(name)
                if values:
                    place_settings.change_operator(row, values, revision=row.revision, by=By(), at=now())
                    row.refresh_from_db()
        for field in place_settings.OPERATOR:
            self.stdout.write(f"{field:<18}{getattr(row, field)}")

    @staticmethod
    def _known(name: str) -> Operator:
        found = list(Operator.objects.filter(legal_name=name)[:2])
        if len(found) != 1:
            raise CommandError("There is no operator of this name, or more than one.")
        return found[0]
