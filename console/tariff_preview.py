"""Preview of a tariff: sentences, boundary table, ambiguities, differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from lots.plates import PlateKind
from lots.tariffs import Place, Tariff, examples
from lots.tariffs.ambiguity import find
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.readings import with_other_answer
from presentation import class_boards, price_board, vehicle_words
from presentation.ambiguity_sentences import sentences
from presentation.formatting import duration, in_currency, yuan


@dataclass(frozen=True)
class PreviewRow:
    """One worked example; `surprise` says what a driver would not expect, "" where all is well."""

    stay: str
    amount: str
    surprise: str = ""


def preview(tariff: Tariff, place: Place, came: datetime) -> dict[str, Any]:
    return {
        "board": price_board.price_board(tariff),
        "classes": class_boards.class_boards(tariff, place),
        "late": price_board.after_window(tariff),
        "rows": rows(tariff, place, came),
        "sign": tariff.currency.sign,
        "came": came,
    }


def rows(tariff: Tariff, place: Place, came: datetime) -> list[PreviewRow]:
    """Return the worked examples of an ordinary car; the surprising ones say why."""
    shown, currency = examples(tariff, place=place, entry=came), tariff.currency
    dearest = _dearest(tariff)
    found = [""] + [in_currency(_surprise(a, b, dearest), currency) for a, b in pairwise(shown)]
    return [
        PreviewRow(duration(minutes), currency.exact(fen), why)
        for (minutes, fen), why in zip(shown, found, strict=True)
    ]


def _dearest(tariff: Tariff) -> int:
    rule = tariff.rule
    return max(step.fen for steps in (rule.steps, *(one.steps for one in rule.bands)) for step in steps)


def _surprise(before: tuple[int, int], after: tuple[int, int], dearest: int) -> str:
    rise = after[1] - before[1]
    if rise < 0:
        return _("¥%(rise)s less than for a shorter stay") % {"rise": yuan(-rise)}
    if after[0] - before[0] == 1 and rise > dearest:
        return _("One more minute costs ¥%(rise)s more, above one charging unit") % {"rise": yuan(rise)}
    return ""


@dataclass(frozen=True)
class Question:
    """What can be read in two ways: the question, both answers with their prices, how much it matters.

    `axis`: the setting that a button may give its other answer; "" where the lot's own rule is not the one.
    """

    text: str
    example: str
    ours: str
    other: str
    weight: str
    axis: str


def findings(document: Mapping[str, Any], tariff: Tariff, place: Place) -> list[Question]:
    """Return what can be read in two ways in the rules of this document."""
    found = []
    titles = vehicle_words.class_titles(tariff)
    for vehicle in ("", *(one.name for one in tariff.classes if one.rule)):
        title = titles.get(vehicle, "")
        for one in find(document, vehicle=vehicle, place=place):
            found_words = sentences(one)
            question = found_words.question
            text = _("%(who)s: %(sentence)s") % {"who": title, "sentence": question} if title else question
            is_usual = not vehicle and not one.season
            axis = one.axis if is_usual and with_other_answer(document, one.axis) else ""
            example, ours, other, weight = (
                in_currency(words, tariff.currency)
                for words in (found_words.example, found_words.ours, found_words.other, found_words.weight)
            )
            found.append(Question(text, example, ours, other, weight, axis))
    return found


@dataclass(frozen=True)
class TariffDifference:
    """What is different between two tariffs: sentences gone and come, examples whose price moved."""

    gone: list[str]
    come: list[str]
    examples: list[tuple[str, str, str, str]]  # stay, before, after, change
    signs: tuple[str, str]  # of the currency before and after


def change(old: Tariff, new: Tariff, place: Place) -> TariffDifference:
    before, after = _sentences(old, place), _sentences(new, place)
    came = MONDAY_AT_TEN.replace(tzinfo=place.zone)
    minutes = sorted({stay for one in (old, new) for stay, _ in examples(one, place=place)})
    moved = []
    for stay in minutes:
        until = came + timedelta(minutes=stay)
        a, b = (one.price(came, until, PlateKind.ORDINARY, place=place).fen for one in (old, new))
        if a != b:
            before_text, after_text = old.currency.exact(a), new.currency.exact(b)
            rise = new.currency.exact(b - a) if old.currency is new.currency else ""
            moved.append((duration(stay), before_text, after_text, rise))
    signs = (old.currency.sign, new.currency.sign)
    return TariffDifference(_without(before, after), _without(after, before), moved, signs)


def _without(these: Sequence[str], others: Sequence[str]) -> list[str]:
    return [one for one in these if one not in others]


def _sentences(tariff: Tariff, place: Place) -> list[str]:
    own = [*price_board.price_board(tariff), price_board.after_window(tariff)]
    for one in class_boards.class_boards(tariff, place):
        who = (
            _("%(title)s (%(kinds)s)") % {"title": one.title, "kinds": one.kinds} if one.kinds else one.title
        )
        own += [_("%(who)s: %(sentence)s") % {"who": who, "sentence": sentence} for sentence in one.sentences]
    return own
