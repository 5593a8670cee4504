"""Forty-eight hours of a tariff as a picture: the price of a car over the clock, its entry and exit to move.

The page's two sliders lie under the picture and share its scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from lots.tariffs import CNY, Place, Tariff
from lots.tariffs.charging_rules import DAY
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.timeline import BASE, Stretches, offset, seconds_since_1970
from presentation.formatting import NAMES, duration, line

MOST, EVERY = 48 * 60, 10  # minutes: the whole picture, a look each so many
WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 720, 210, 58, 712, 12, 26


@dataclass(frozen=True)
class ShownStay:
    """The stay that is shown: its first day, and entry and exit in minutes after that day's midnight."""

    day: date
    enter: int = 10 * 60
    leave: int = 12 * 60 + 30
    kind: str = "ordinary"

    def at(self, minutes: int, place: Place) -> datetime:
        """Return a moment of the picture; by way of UTC, since elapsed time is what is charged."""
        midnight = datetime.combine(self.day, time(), place.zone)
        return (midnight.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(place.zone)


def strip(tariff: Tariff, place: Place, shown: ShownStay) -> dict[str, Any]:
    """Return the picture, what the stay costs, and the sentences of its sum as the driver reads them."""
    came, left = shown.at(shown.enter, place), shown.at(shown.leave, place)
    price, currency = tariff.price(came, left, shown.kind, place=place), tariff.currency
    found = [(line(one.values, one.code, currency), one.fen) for one in price.lines]
    return {
        **_stairs(tariff, place, shown),
        "bands": list(_bands(tariff, place, shown)),
        "hours": [(hour % 24, _x(hour * 60)) for hour in range(0, 49, 6)],
        "midnight": _x(24 * 60),
        "enter": _x(shown.enter),
        "leave": _x(shown.leave),
        "stay": round(_x(shown.leave) - _x(shown.enter), 1),
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": RIGHT,
        "top": TOP,
        "bottom": HEIGHT - FOOT,
        "came": came,
        "gone": left,
        "length": duration(shown.leave - shown.enter),
        "amount": currency.exact(price.fen),
        "currency": "" if currency is CNY else currency.code,
        "lines": [(text, currency.exact(fen) if fen else "") for text, fen in found if text],
    }


def _stairs(tariff: Tariff, place: Place, shown: ShownStay) -> dict[str, Any]:
    """Return the price from the entry on, as stairs, and the levels at which lines are drawn."""
    came = shown.at(shown.enter, place)
    moments = [*range(shown.enter, MOST, EVERY), MOST]
    fens = [tariff.price(came, shown.at(one, place), shown.kind, place=place).fen for one in moments]
    top = max(*fens, 100)
    path = f"M{_x(shown.enter)} {_y(0, top)}"
    for moment, (before, after) in zip(moments, pairwise(fens), strict=False):
        if after != before:
            path += f"H{_x(moment)}V{_y(after, top)}"
    levels = [(tariff.currency.short(fen), _y(fen, top)) for fen in (0, top // 2, top)]
    return {"path": f"{path}H{_x(MOST)}", "levels": levels}


DAY_LEFT, DAY_WIDTH, DAY_TOP, DAY_HEIGHT = 64, 640, 18, 20  # of the week's picture


def week(tariff: Tariff, place: Place) -> dict[str, Any]:
    """Return seven days, Monday first, each cut where a band of the lot's own rule begins or ends."""
    rule = tariff.rule
    monday = (seconds_since_1970(MONDAY_AT_TEN.replace(tzinfo=UTC)) // DAY) * DAY
    days = []
    for number in range(7):
        begin = monday + number * DAY
        cuts = Stretches(rule).between(begin, begin + DAY, rule.kind_of(place.calendar))
        parts = [
            (
                round(DAY_LEFT + (start - begin) / DAY * DAY_WIDTH, 1),
                round((end - start) / DAY * DAY_WIDTH, 1),
                "" if band == BASE else str(NAMES.get(rule.bands[band].name, rule.bands[band].name)),
                -1 if band == BASE else band % 4,
            )
            for start, end, band, _ in cuts
        ]
        days.append(
            (date.fromordinal(MONDAY_AT_TEN.toordinal() + number), DAY_TOP + number * DAY_HEIGHT, parts)
        )
    marks = [(hour, round(DAY_LEFT + hour / 24 * DAY_WIDTH, 1)) for hour in range(0, 25, 6)]
    return {"days": days, "marks": marks, "bands": bool(rule.bands)}


def _bands(tariff: Tariff, place: Place, shown: ShownStay) -> Iterator[tuple[float, float]]:
    """Yield where the picture lies in a band, from the left edge of each to its width."""
    vehicle = tariff.class_of(shown.kind)
    rule = (vehicle.rule if vehicle else None) or tariff.rule
    begin = seconds_since_1970(shown.at(0, place))
    begin += offset(place.zone, begin)
    found = Stretches(rule).between(begin, begin + 2 * DAY, rule.kind_of(place.calendar))
    for start, end, band, _ in found:
        if band != BASE:
            a, b = ((one - begin) / 60 for one in (start, end))
            yield _x(a), round(_x(b) - _x(a), 1)


def _x(minutes: float) -> float:
    return round(LEFT + minutes / MOST * (RIGHT - LEFT), 1)


def _y(fen: float, top: int) -> float:
    return round(TOP + (1 - fen / top) * (HEIGHT - TOP - FOOT), 1)
