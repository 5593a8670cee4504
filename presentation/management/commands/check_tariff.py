"""manage.py check_tariff FILE.json: a tariff as a board would say it, what it leaves open, and examples."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext

from lots import tariffs
from lots.management.files import lot_called, read_json
from lots.pricing import place_of
from lots.tariffs import Place, Tariff, TariffError
from lots.tariffs.all_faults import all_faults
from lots.tariffs.ambiguity import find
from lots.tariffs.tariff_place import HERE
from presentation.ambiguity_sentences import sentences
from presentation.board_examples import worked_examples
from presentation.class_boards import class_boards
from presentation.formatting import in_currency
from presentation.price_board import price_board
from presentation.tariff_faults import fault

LANGUAGES = {"zh": "zh-hans", "en": "en"}


def _faults(faults: list[TariffError], language: str) -> list[str]:
    """Return a line for each fault: its place in the document, and what is wrong there."""
    with translation.override(language):
        lines = [fault(one) for one in faults]
        heading = gettext("This is no tariff.")
    return [heading, *(f"  - {path}: {reason}" if path else f"  - {reason}" for path, _, reason in lines)]


class Command(BaseCommand):
    requires_system_checks = ()  # without --lot it needs no database
    help = (
        "Print a tariff in words, and what can be read in two ways. Exits with 1 if it is not a valid tariff."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--lot", help="price by the clock and the calendar of this lot")
        parser.add_argument("--lang", choices=[*LANGUAGES, "both"], default="both")

    def handle(self, *args: Any, file: str, lot: str | None, lang: str, **options: Any) -> None:
        document = read_json(file)
        languages = [LANGUAGES[one] for one in LANGUAGES if lang in {one, "both"}]
        faults = all_faults(document)
        if faults:
            raise CommandError("\n".join(text for one in languages for text in _faults(faults, one)))
        place = place_of(lot_called(lot)) if lot else HERE
        tariff = tariffs.read(document)
        for language in languages:
            with translation.override(language):
                self._print(tariff, document, place)

    def _print(self, tariff: Tariff, document: dict[str, Any], place: Place) -> None:
        self._section(gettext("Price board"), price_board(tariff))
        for board in class_boards(tariff, place):
            title = f"{board.title} ({board.kinds})" if board.kinds else board.title
            self._section(title, board.sentences)
        twice = gettext("What can be read in two ways")
        for vehicle in ("", *(one.name for one in tariff.classes if one.rule)):
            title = f"{twice} ({gettext('Vehicles: ')}{vehicle})" if vehicle else twice
            found = find(document, vehicle=vehicle, place=place)
            text = [in_currency(str(sentences(one)), tariff.currency) for one in found]
            self._section(title, text or [gettext("Nothing was found.")])
        examples = [f"{stay}  {price}" for stay, price in worked_examples(tariff, place)]
        self._section(gettext("Examples"), examples)

    def _section(self, title: str, lines: list[str]) -> None:
        self.stdout.write(title)
        for line in lines:
            self.stdout.write("  - " + line.replace("\n", "\n    "))
        self.stdout.write("")
