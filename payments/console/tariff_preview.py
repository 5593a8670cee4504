"""What a tariff means, for its editor: sentences, boundary table, strip over 48 hours, differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from lots.plates import Kind
from lots.tariffs import Place, Tariff, examples
from lots.tariffs.examples import MONDAY_AT_TEN
from payments.driver import boards
from payments.driver.words import duration, line, yuan

HOURS, EVERY = 48, 10  # the strip: so many hours, a look each so many minutes
WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 200, 46, 10, 22


@dataclass(frozen=True)
class Row:
    """One worked example; `surprise` says what a driver would not expect, "" where all is well."""

    stay: str
    fen: int
    surprise: str = ""


def preview(tariff: Tariff, place: Place, came: datetime) -> dict[str, Any]:
    return {
        "board": boards.price_board(tariff),
        "classes": boards.class_boards(tariff, place),
        "late": boards.after_window(tariff),
        "rows": rows(tariff, place, came),
        "strip": strip(tariff, place, came),
        "came": came,
    }


def rows(tariff: Tariff, place: Place, came: datetime) -> list[Row]:
    """Return the worked examples of an ordinary car; the surprising ones say why."""
    shown = examples(tariff, place=place, entry=came)
    dearest = _dearest(tariff)
    said = [""] + [_surprise(a, b, dearest) for a, b in pairwise(shown)]
    return [Row(duration(minutes), fen, why) for (minutes, fen), why in zip(shown, said, strict=True)]


def _dearest(tariff: Tariff) -> int:
    rule = tariff.rule
    return max(step.fen for steps in (rule.steps, *(one.steps for one in rule.bands)) for step in steps)


def _surprise(before: tuple[int, int], after: tuple[int, int], dearest: int) -> str:
    rise = after[1] - before[1]
    if rise < 0:
        return _("比停得更短时少 %(rise)s 元") % {"rise": yuan(-rise)}
    if after[0] - before[0] == 1 and rise > dearest:
        return _("多停 1 分钟多收 %(rise)s 元，超过一个计费单元") % {"rise": yuan(rise)}
    return ""


def strip(tariff: Tariff, place: Place, came: datetime) -> dict[str, Any]:
    """Return the geometry of the price over the length of stay, as stairs: points, and lines with labels."""
    fens = [
        tariff.price(came, came + timedelta(minutes=minutes), Kind.ORDINARY, place=place).fen
        for minutes in range(0, HOURS * 60 + 1, EVERY)
    ]
    top = max(*fens, 100)

    def x(minutes: float) -> float:
        return round(LEFT + minutes / (HOURS * 60) * (WIDTH - LEFT - 8), 1)

    def y(fen: float) -> float:
        return round(TOP + (1 - fen / top) * (HEIGHT - TOP - FOOT), 1)

    path = f"M{x(0)} {y(fens[0])}"
    for index, (before, after) in enumerate(pairwise(fens)):
        if after != before:
            path += f"H{x(index * EVERY)}V{y(after)}"
    local = came.astimezone(place.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0) - local
    nights = [
        minutes for day in range(3) if (minutes := midnight // timedelta(minutes=1) + day * 1440) <= 2880
    ]
    return {
        "path": path + f"H{x(HOURS * 60)}",
        "hours": [(hour, x(hour * 60)) for hour in range(0, HOURS + 1, 6)],
        "midnights": [x(minutes) for minutes in nights],
        "levels": [(yuan(fen).removesuffix(".00"), y(fen)) for fen in (0, top // 2, top)],
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - 8,
        "bottom": HEIGHT - FOOT,
    }


def typed_stay(
    tariff: Tariff, place: Place, came: datetime, left: datetime, kind: str
) -> tuple[str, list[tuple[str, str]]]:
    """Return what one stay costs, and the sentences of its sum as the driver reads them."""
    price = tariff.price(came, left, kind, place=place)
    said = [(line(one.values, one.code), yuan(one.fen) if one.fen else "") for one in price.lines]
    return yuan(price.fen), [(text, fen) for text, fen in said if text]


@dataclass(frozen=True)
class Change:
    """What is different between two tariffs: sentences gone and come, examples whose price moved."""

    gone: list[str]
    come: list[str]
    examples: list[tuple[str, int, int, int]]  # stay, before, after, change


def change(old: Tariff, new: Tariff, place: Place) -> Change:
    before, after = _sentences(old, place), _sentences(new, place)
    came = MONDAY_AT_TEN.replace(tzinfo=place.zone)
    minutes = sorted({stay for one in (old, new) for stay, _ in examples(one, place=place)})
    moved = []
    for stay in minutes:
        until = came + timedelta(minutes=stay)
        a, b = (one.price(came, until, Kind.ORDINARY, place=place).fen for one in (old, new))
        if a != b:
            moved.append((duration(stay), a, b, b - a))
    return Change(_without(before, after), _without(after, before), moved)


def _without(these: Sequence[str], others: Sequence[str]) -> list[str]:
    return [one for one in these if one not in others]


def _sentences(tariff: Tariff, place: Place) -> list[str]:
    own = [*boards.price_board(tariff), boards.after_window(tariff)]
    for one in boards.class_boards(tariff, place):
        who = (
            _("%(title)s（%(kinds)s）") % {"title": one.title, "kinds": one.kinds} if one.kinds else one.title
        )
        own += [_("%(who)s：%(sentence)s") % {"who": who, "sentence": sentence} for sentence in one.sentences]
    return own
