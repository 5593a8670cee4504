"""Charging rules (计费规则): read a document, price a stay, explain it. Pure: no database, no clock.

A document, all amounts in fen:

    {"currency": "CNY",
     "free": {"minutes": 15, "mode": "threshold"},
     "steps": [{"until_min": 60, "unit_min": 60, "price": 1000},
               {"until_min": null, "unit_min": 30, "price": 500}],
     "cycle": {"hours": 24},
     "caps": [{"cycle": "each", "amount": 6000}],
     "exempt": ["emergency"]}

free    optional. A stay this short costs nothing. A longer one is charged from the first minute
        ("threshold") or as if the car had come that much later ("deduct"): once per stay, not per cycle.
steps   what a started unit costs until that minute of the cycle; the last has no end. A unit which the end of
        its step or cycle cuts short is a started unit and costs its whole price.
cycle   from the entry, not from midnight; the steps begin again in each.
caps    optional. The most that one cycle costs (封顶).
exempt  optional. Kinds of plate that never pay; by default 应急, as 国办发〔2018〕114号 wants it.

A longer stay never costs less: with no negative amount anywhere, each step, cap and cycle can only add.
Hence every amount is checked. A cap below the price of one unit is refused as well: that price could never
be charged as the board says it, and yuan written for fen look like this.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from lots.errors import ParkingError
from lots.plates import Kind

type Values = dict[str, int | str]

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MOST_FEN = 1_000_000  # 10,000 yuan for one unit or cycle is a slip
MOST_STEPS = 12
MOST_HOURS = 31 * 24


class TariffError(ParkingError):
    """The document is no tariff: `path` says where, `reason` what is expected there."""

    code = "tariff_invalid"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """One line of the explanation. `code` picks the sentence, `values` fill it, `fen` is what it adds.

    exempt         kind
    free_within    minutes: the stay was no longer than these
    free_deducted  minutes, taken off the start
    cycles         cycles, hours, cycle_fen: whole cycles, none of which reached a cap
    cap            cycle, cycles, hours, amount_fen: from this cycle on, so many cost the cap, not their units
    first_units    cycle, units, unit_minutes, unit_fen, until_minutes: started in a step that ends then
    units          cycle, units, unit_minutes, unit_fen, after_minutes: started in the last step
    """

    code: str
    fen: int
    values: Values

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "fen": self.fen, "values": self.values}


@dataclass(frozen=True)
class Price:
    """What a stay costs and why. The lines add up to it and none is negative: a capped cycle is one `cap`
    line in place of its units, so nobody reads a sum that he does not pay."""

    lines: tuple[Line, ...]

    @property
    def fen(self) -> int:
        return sum(line.fen for line in self.lines)


@dataclass(frozen=True)
class Step:
    """Until this moment of the cycle, each started unit costs `fen`."""

    until: timedelta
    unit: timedelta
    fen: int


@dataclass(frozen=True)
class Tariff:
    """One valid charging rule. Make it with `from_document`, which checks what the prices rely on."""

    free: timedelta
    deduct: bool
    steps: tuple[Step, ...]  # the last ends with the cycle
    cap: int | None
    exempt: frozenset[str]

    @property
    def cycle(self) -> timedelta:
        return self.steps[-1].until

    def price(self, entered_at: datetime, until: datetime, kind: str) -> Price:
        """Return what the stay [entered_at, until) of a car with a plate of this kind costs.

        Exact to the second, and a second begun is not counted: 60:00 is one hour, 60:01 is two begun.
        A stay that ends before it begins is a clock that cannot be true, and a ValueError: it has no price,
        least of all a price of nothing. Whoever calls sets such a stay aside first.
        """
        stay = _between(entered_at, until)
        if kind in self.exempt:
            return Price((Line("exempt", 0, {"kind": str(kind)}),))
        if stay <= self.free:
            return Price((Line("free_within", 0, {"minutes": self.free // MINUTE}),))
        if not self.deduct:
            return Price(tuple(self._cycles(stay)))
        deducted = Line("free_deducted", 0, {"minutes": self.free // MINUTE})
        return Price((deducted, *self._cycles(stay - self.free)))

    def _cycles(self, charged: timedelta) -> Iterator[Line]:
        """Price all whole cycles at once, then the one begun: ten years cost no more work than two days."""
        whole, rest = divmod(charged, self.cycle)
        if whole:
            full = _sum(self._units(self.cycle, cycle=1))
            if self._over_cap(full):
                yield self._capped(cycle=1, cycles=whole)
            else:
                values: Values = {"cycles": whole, "hours": self.cycle // HOUR, "cycle_fen": full}
                yield Line("cycles", whole * full, values)
        begun = tuple(self._units(rest, cycle=whole + 1))
        if self._over_cap(_sum(begun)):
            yield self._capped(cycle=whole + 1, cycles=1)
        else:
            yield from begun

    def _units(self, part: timedelta, *, cycle: int) -> Iterator[Line]:
        """Yield what the first `part` of this cycle costs without a cap, one line for each step begun."""
        start = timedelta(0)
        for step in self.steps:
            if part <= start:
                return
            units = -((start - min(part, step.until)) // step.unit)
            values: Values = {
                "cycle": cycle,
                "units": units,
                "unit_minutes": step.unit // MINUTE,
                "unit_fen": step.fen,
            }
            if step is self.steps[-1]:
                yield Line("units", units * step.fen, {**values, "after_minutes": start // MINUTE})
            else:
                yield Line("first_units", units * step.fen, {**values, "until_minutes": step.until // MINUTE})
            start = step.until

    def _over_cap(self, fen: int) -> bool:
        return self.cap is not None and fen > self.cap

    def _capped(self, *, cycle: int, cycles: int) -> Line:
        cap = self.cap or 0
        values: Values = {"cycle": cycle, "cycles": cycles, "hours": self.cycle // HOUR, "amount_fen": cap}
        return Line("cap", cycles * cap, values)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a document as described above, or raise `TariffError` at the first thing wrong in it."""
        top = _fields(document, "", {"currency", "steps", "cycle"}, optional={"free", "caps", "exempt"})
        if top["currency"] != "CNY":
            raise TariffError("currency", "must be CNY")
        hours = _whole(_fields(top["cycle"], "cycle", {"hours"})["hours"], "cycle.hours", 1, MOST_HOURS)
        steps = _steps(top["steps"], hours * HOUR)
        free, deduct = _free(top["free"], hours * HOUR) if "free" in top else (timedelta(0), False)
        cap = _cap(top.get("caps", []), at_least=max(step.fen for step in steps))
        return cls(free, deduct, steps, cap, _exempt(top.get("exempt", [Kind.EMERGENCY])))


def examples(tariff: Tariff) -> list[tuple[int, int]]:
    """Return stays (minutes, fen) that show where the price of an ordinary car changes, shortest first.

    For the public page: the end of what is free, of the first unit, of each step and of the cycle with the
    minute after it, when the cap is reached, and two stays that drivers really make.
    """
    entry = datetime(2000, 1, 1, tzinfo=UTC)

    def fen(minutes: int) -> int:
        return tariff.price(entry, entry + minutes * MINUTE, Kind.ORDINARY).fen

    free, cycle = tariff.free // MINUTE, tariff.cycle // MINUTE
    shift = free if tariff.deduct else 0
    ends = {
        free,
        shift + tariff.steps[0].unit // MINUTE,
        *(shift + step.until // MINUTE for step in tariff.steps),
    }
    stays = {120, 480} | ends | {end + 1 for end in ends}
    if tariff.cap is not None:
        stays.add(bisect_left(range(shift + cycle), fen(shift + cycle), key=fen))
    return [(minutes, fen(minutes)) for minutes in sorted(stays) if minutes]


def _sum(lines: Iterable[Line]) -> int:
    return sum(line.fen for line in lines)


def _between(entered_at: datetime, until: datetime) -> timedelta:
    """Whole seconds between two aware times. By way of UTC: in one zone Python would subtract wall clocks."""
    if entered_at.utcoffset() is None or until.utcoffset() is None:
        raise ValueError("a stay needs aware times")
    stay = until.astimezone(UTC) - entered_at.astimezone(UTC)
    if stay < timedelta(0):
        raise ValueError("a stay cannot end before it begins")
    return stay - stay % SECOND


def _steps(value: object, cycle: timedelta) -> tuple[Step, ...]:
    steps: list[Step] = []
    items = _items(value, "steps", least=1, most=MOST_STEPS)
    for index, item in enumerate(items):
        path = f"steps[{index}]"
        step = _fields(item, path, {"until_min", "unit_min", "price"})
        least = steps[-1].until // MINUTE + 1 if steps else 1
        if index + 1 < len(items):
            until = _whole(step["until_min"], f"{path}.until_min", least, cycle // MINUTE - 1) * MINUTE
        elif step["until_min"] is None:
            until = cycle
        else:
            raise TariffError(f"{path}.until_min", "must be null: the last step has no end")
        unit = _whole(step["unit_min"], f"{path}.unit_min", 1, cycle // MINUTE) * MINUTE
        steps.append(Step(until, unit, _whole(step["price"], f"{path}.price", 0, MOST_FEN)))
    return tuple(steps)


def _free(value: object, cycle: timedelta) -> tuple[timedelta, bool]:
    free = _fields(value, "free", {"minutes", "mode"})
    minutes = _whole(free["minutes"], "free.minutes", 0, cycle // MINUTE)
    if free["mode"] not in ("threshold", "deduct"):
        raise TariffError("free.mode", "must be threshold or deduct")
    return minutes * MINUTE, free["mode"] == "deduct"


def _cap(value: object, *, at_least: int) -> int | None:
    for item in _items(value, "caps", least=0, most=1):
        cap = _fields(item, "caps[0]", {"cycle", "amount"})
        if cap["cycle"] != "each":
            raise TariffError("caps[0].cycle", "must be each")
        amount = _whole(cap["amount"], "caps[0].amount", 1, MOST_FEN)
        if amount < at_least:
            raise TariffError("caps[0].amount", "must not be below the price of one unit")
        return amount
    return None


def _exempt(value: object) -> frozenset[str]:
    kinds = _items(value, "exempt", least=0, most=len(Kind))
    for index, kind in enumerate(kinds):
        if not isinstance(kind, str) or kind not in set(Kind):
            raise TariffError(f"exempt[{index}]", "must be a kind of plate")
    return frozenset(map(str, kinds))


def _fields(
    value: object, path: str, required: set[str], optional: AbstractSet[str] = frozenset()
) -> dict[str, Any]:
    """Return the members of an object that has all the required keys and none unknown."""
    if not isinstance(value, Mapping):
        raise TariffError(path, "must be an object")
    for key in (*sorted(required - set(value)), *(key for key in value if key not in required | optional)):
        where = f"{path}.{key}" if path else str(key)
        raise TariffError(where, "is missing" if key in required else "is not known")
    return dict(value)


def _items(value: object, path: str, *, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise TariffError(path, f"must be a list of {least} to {most}")
    return value


def _whole(value: object, path: str, least: int, most: int) -> int:
    """Return a whole number in these bounds. Neither 8.0 nor true is one: an amount is never guessed."""
    if type(value) is not int or not least <= value <= most:
        raise TariffError(path, f"must be a whole number from {least} to {most}")
    return value
