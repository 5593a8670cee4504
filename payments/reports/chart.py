"""Bars and lines for an inline SVG. Pure: numbers in, geometry out; templates draw and CSS colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 240
LEFT, TOP, BOTTOM = 86, 14, 28  # 1,000,000 fits at the left
ROUND = (10, 12, 16, 20, 30, 40, 50, 60, 80)  # tenths of a power of ten
GAP = 0.25  # of a bar's place
LABELS = 16  # more would overlap


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    value: int
    name: str
    label: str  # under the bar; "" where labels would overlap
    middle: float


@dataclass(frozen=True)
class Chart:
    bars: Sequence[Bar]
    ticks: Sequence[tuple[int, float]]  # value, height on the page
    limit: float | None = None  # the height of the capacity line
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - 8


def chart(series: Sequence[tuple[str, int]], *, limit: int = 0) -> Chart:
    """Return the bars of a series, with ticks at round values; values may be negative."""
    top = _round_up(max([limit, *(value for _, value in series)])) or 1
    low = -_round_up(-min([value for _, value in series if value < 0], default=0))
    scale = (HEIGHT - TOP - BOTTOM) / (top - low)
    place = (WIDTH - LEFT) / max(len(series), 1)
    every = -(-len(series) // LABELS)

    def at(value: int) -> float:
        return round(TOP + (top - value) * scale, 1)

    bars = [
        Bar(
            x=round(LEFT + place * (number + GAP / 2), 1),
            y=at(max(value, 0)),
            width=round(place * (1 - GAP), 1),
            height=round(abs(value) * scale, 1),
            value=value,
            name=name,
            label=name if number % every == 0 else "",
            middle=round(LEFT + place * (number + 0.5), 1),
        )
        for number, (name, value) in enumerate(series)
    ]
    marks = sorted({low, 0, top // 2 if top > 1 else 0, top})
    return Chart(bars, [(mark, at(mark)) for mark in marks], at(limit) if limit else None)


@dataclass(frozen=True)
class Curve:
    """One line: its corners as an SVG `points` attribute."""

    name: str
    points: str


@dataclass(frozen=True)
class Slot:
    """A place on the x axis, where the pointer shows what the lines are there."""

    x: float
    width: float
    middle: float
    label: str  # under the axis; "" where labels would overlap
    title: str


@dataclass(frozen=True)
class Curves:
    curves: Sequence[Curve]
    slots: Sequence[Slot]
    ticks: Sequence[tuple[int, float]]
    limit: float | None  # the height of the capacity line
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    foot: int = HEIGHT - 8


def curves(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[int | None]]],
    show: Callable[[int], str],
    *,
    limit: int = 0,
) -> Curves:
    """Return lines over the same labels; a line ends where its values do. `show` writes a value in words."""
    highest = max([value for _, values in series for value in values if value is not None], default=0)
    top = _round_up(max(highest, limit)) or 1
    scale = (HEIGHT - TOP - BOTTOM) / top
    place = (WIDTH - LEFT) / max(len(labels), 1)
    every = -(-len(labels) // LABELS)

    def at(value: int) -> float:
        return round(TOP + (top - value) * scale, 1)

    def middle(number: int) -> float:
        return round(LEFT + place * (number + 0.5), 1)

    lines = [
        Curve(
            name,
            " ".join(f"{middle(n)},{at(value)}" for n, value in enumerate(values) if value is not None),
        )
        for name, values in series
    ]
    slots = [
        Slot(
            round(LEFT + place * number, 1),
            round(place, 1),
            middle(number),
            label if number % every == 0 else "",
            _title(label, [(name, values[number]) for name, values in series], show),
        )
        for number, label in enumerate(labels)
    ]
    marks = sorted({0, top // 2 if top > 1 else 0, top})
    return Curves(lines, slots, [(mark, at(mark)) for mark in marks], at(limit) if limit else None)


def _title(label: str, values: Sequence[tuple[str, int | None]], show: Callable[[int], str]) -> str:
    return "\n".join([label, *(f"{name} {show(value)}" for name, value in values if value is not None)])


def _round_up(value: int) -> int:
    """Return the next round number whose half is a whole number too, as the ticks name both."""
    if value < 2:
        return max(value, 0)
    step = 1
    while True:
        for tenths in ROUND:
            if step * tenths >= value * 10 and step * tenths % 20 == 0:
                return step * tenths // 10
        step *= 10
