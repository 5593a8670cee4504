"""What one part of a stay costs before any cap of a cycle: units, steps and bands. Pure arithmetic.

All times are seconds since the beginning of that part. A part is a cycle, or where there are no cycles the
whole stay, or a day of it that begins with a band.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    MINUTE,
    AfterCycle,
    Band,
    Basis,
    Crossing,
    Rounding,
    Rule,
    Step,
    StepsCount,
    whole_minutes,
)
from lots.tariffs.day_kinds import in_order, is_every_day
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.price_lines import PriceLine, Values
from lots.tariffs.timeline import BASE, Stretch

type Visit = tuple[int, int]  # which band, and when (seconds, may be negative) this stretch of it began


class OpenVisit(NamedTuple):
    """A visit that goes on in the next part: what that part has to know of it."""

    visit: Visit
    since: int  # when its steps began to count
    fen: int  # what it has cost, where its band has a cap
    paid: frozenset[int]  # which of its steps are paid by one amount


class PriceState(NamedTuple):
    """What a part hands on to the next.

    `since`    when the steps began to count, where they run on over the stay; None: not yet.
    `busy`     up to when a unit paid before still runs.
    `shared`   what bands with a shared cap have cost: which cap, the midnight of the date, how much; a cap
               of the whole stay has no date.
    """

    since: int | None = None
    busy: int = 0
    open: tuple[OpenVisit, ...] = ()
    shared: tuple[tuple[int, int, int], ...] = ()


class PricedPart(NamedTuple):
    fen: int
    lines: tuple[PriceLine, ...]
    after: PriceState
    cap: int | None = None  # of the day on which its cycle begins, if that is not the usual one


@dataclass(slots=True)
class _Use:
    """How a step was used: units from `start` to `end`."""

    units: int
    start: int
    end: int


@dataclass(slots=True)
class _Visit:
    """One stretch of a band: since when its steps count, what parts before made of it, and its uses."""

    since: int
    before: int = 0
    paid: frozenset[int] = frozenset()
    fen: int = 0
    end: int = 0
    uses: dict[int, _Use] = field(default_factory=dict)


class Walk:
    """One pass over a part."""

    __slots__ = ("_busy", "_cut", "_rule", "_shared", "_since", "_visits")

    def __init__(self, rule: Rule, state: PriceState, cut: int | None) -> None:
        """`cut`: where the cycle ends, and every unit with it; None: there is no cycle to end."""
        self._rule = rule
        self._cut = FOREVER if cut is None else cut
        self._since = state.since if rule.count is StepsCount.STAY else None
        self._busy = state.busy
        self._visits = {visit: _Visit(since, fen, paid) for visit, since, fen, paid in state.open}
        self._shared = {(index, midnight): fen for index, midnight, fen in state.shared}

    def go(self, stretches: Iterable[Stretch], charged: Iterable[tuple[int, int]]) -> None:
        """Walk through the charged times [(start, end), …], in the bands of these stretches."""
        times, once = list(charged), self._rule.once_bands
        for start, end, band, began in stretches:
            visit = (band, 0 if (band == BASE and start <= 0) or band in once else began)
            for a, b in times:
                if max(start, a) < min(end, b):
                    self._stay(visit, max(start, a), min(end, b), end)
            if visit in self._visits:
                self._visits[visit].end = end

    def _stay(self, key: Visit, start: int, end: int, band_end: int) -> None:
        visit = self._visits.setdefault(key, _Visit(start))
        if self._since is None:
            self._since = start
        since = visit.since if self._rule.count is StepsCount.BAND else self._since
        steps = self._steps(key[0])
        at = max(start, self._busy)
        index = 0
        while at < end:
            while at - since >= steps[index].until:
                index += 1
            stop = min(end, since + steps[index].until)
            at = self._step(key[0], visit, index, at, stop, since, band_end)
        self._busy = at

    def _step(
        self, band: int, visit: _Visit, index: int, at: int, stop: int, since: int, band_end: int
    ) -> int:
        """Charge for [at, stop) within one step; return when the last unit ends."""
        step = self._steps(band)[index]
        cut = min(self._cut, since + step.until)
        if self._rule.crossing is Crossing.SUM or (not step.unit and step.until == FOREVER):
            cut = min(cut, band_end)
        if not step.unit:
            units, end = 1, cut
        elif self._rule.rounding is Rounding.FULL:
            units, end = (stop - at) // step.unit, stop
        else:
            units, rest = divmod(stop - at, step.unit)
            units += rest > self._rule.tail
            end = stop if 0 < rest <= self._rule.tail else min(at + units * step.unit, cut)
        if not step.unit and index in visit.paid:
            return end
        if step.total:
            visit.uses = {}
        if not step.unit and self._once(band) and (step.costs or band != BASE):  # each free day has its line
            visit.paid |= {index}
        visit.fen += units * step.fen
        use = visit.uses.setdefault(index, _Use(0, at, stop))
        use.units, use.end = use.units + units, stop
        return end

    def _once(self, band: int) -> bool:
        """Return whether one amount of a band is for the whole visit, across cycles: a night is one night.

        So is the amount of one of several steps that run on over the stay. A single amount without bands is
        due again in each cycle, as its sentence states.
        """
        if self._rule.count is StepsCount.BAND:
            return True
        is_single = len(self._steps(band)) == 1
        return bool(self._rule.bands) if is_single else self._rule.count is StepsCount.STAY

    def _steps(self, band: int) -> tuple[Step, ...]:
        return self._rule.steps if band == BASE else self._rule.bands[band].steps

    def lines(self) -> tuple[PriceLine, ...]:
        """Return what all this costs."""
        lines: list[PriceLine] = []
        for key, visit in self._visits.items():
            if not visit.uses:
                continue
            band = None if key[0] == BASE else self._rule.bands[key[0]]
            own = _lines(band, self._steps(key[0]), visit)
            if band and band.cap is not None and visit.before + visit.fen > band.cap:
                own = [_capped(band, visit, max(0, band.cap - visit.before))]
            lines += self._within_shared(key, own)
        return tuple(lines)

    def _within_shared(self, key: Visit, lines: list[PriceLine]) -> list[PriceLine]:
        """Return the lines of a visit, or one of what the cap that its band shares on this date leaves."""
        caps = enumerate(self._rule.shared_caps)
        index = next((n for n, cap in caps if key[0] in cap.bands), None) if self._rule.shared_caps else None
        if index is None:
            return lines
        cap = self._rule.shared_caps[index]
        midnight = 0 if cap.of_stay else key[1] - self._rule.bands[key[0]].start
        before, most = self._shared.get((index, midnight), 0), cap.fen
        fen = sum(line.fen for line in lines)
        self._shared[index, midnight] = min(before + fen, most)
        if before + fen <= most:
            return lines
        values: Values = {**_where(self._rule.bands[key[0]]), "amount_fen": most}
        if before:
            values["before_fen"] = before
        ends = (min(line.start for line in lines), max(line.end for line in lines))
        code = "shared_cap_stay" if cap.of_stay else "shared_cap"
        return [PriceLine(code, most - before, values, *ends)]

    def after(self, length: int, keep: int, ahead: int) -> PriceState:
        """Return the state at `length`, as the next part sees it; asked for after `lines`.

        `keep`: visits that ended less than so long before may come back: clocks go back at most so far.
        `ahead`: by how much the clock goes ahead up to then; the next part tells visits by its own clock.
        """
        since = None
        if self._rule.count is StepsCount.STAY and self._since is not None:
            since = self._clamped(self._since - length)
        going = tuple(self._open_after(length, keep, ahead))
        shared = tuple(self._shared_after(length, keep, ahead)) if self._shared else ()
        return PriceState(since, max(0, self._busy - length), going, shared)

    @property
    def _begins_again(self) -> bool:
        """Whether the end of a cycle ends the bands too."""
        rule = self._rule
        has_ends = bool(rule.bands) and rule.cycle.basis is not Basis.NONE
        return has_ends and rule.after_cycle is AfterCycle.BEGIN_AGAIN

    def _open_after(self, length: int, keep: int, ahead: int) -> Iterator[OpenVisit]:
        for (index, began), visit in self._visits.items():
            if index in self._rule.once_bands:
                yield OpenVisit((index, 0), 0, 0, visit.paid)
                continue
            if self._begins_again or not self._goes_on(index, visit, length, keep):
                continue
            cap = None if index == BASE else self._rule.bands[index].cap
            fen = 0 if cap is None else min(visit.before + visit.fen, cap)
            since = self._clamped(visit.since - length) if self._rule.count is StepsCount.BAND else 0
            if fen or since or visit.paid:
                began = 0 if index == BASE else began - length - ahead
                yield OpenVisit((index, began), since, fen, visit.paid)

    def _goes_on(self, band: int, visit: _Visit, length: int, keep: int) -> bool:
        """Return whether a visit can go on in the next part; time outside the bands is no visit to keep."""
        if band == BASE:
            return visit.end >= length and self._once(BASE)
        return visit.end >= length - keep

    def _shared_after(self, length: int, keep: int, ahead: int) -> Iterator[tuple[int, int, int]]:
        for (index, midnight), fen in self._shared.items():
            if self._rule.shared_caps[index].of_stay:
                yield index, 0, fen
            elif fen and not self._begins_again and midnight + 2 * DAY + keep >= length:
                yield index, midnight - length - ahead, fen

    def _clamped(self, since: int) -> int:
        """Forget how long ago the last step was reached: from there on nothing depends on it."""
        return max(since, -self._rule.last_step_begins)


def _lines(band: Band | None, steps: tuple[Step, ...], visit: _Visit) -> list[PriceLine]:
    return [_line(band, steps, index, use) for index, use in visit.uses.items()]


def _line(band: Band | None, steps: tuple[Step, ...], index: int, use: _Use) -> PriceLine:
    step, last = steps[index], index + 1 == len(steps)
    values: Values = _where(band)
    if step.unit:
        values |= {"units": use.units, "unit_minutes": step.unit // MINUTE, "unit_fen": step.fen}
    else:
        values |= {"units": use.units, "flat_fen": step.fen}
    if last or index:
        values["after_minutes"] = whole_minutes(steps[index - 1].until) if index else 0
    if not last:
        values["until_minutes"] = whole_minutes(step.until)
    return PriceLine(_code(band, step, last=last), use.units * step.fen, values, use.start, use.end)


def _code(band: Band | None, step: Step, *, last: bool) -> str:
    if step.total:
        return "total"
    if band and last and len(band.steps) == 1 and not step.unit:
        return "band_flat" if step.fen else "band_free"
    kind = "flat" if not step.unit else "units"
    name = kind if last else f"first_{kind}"
    return f"band_{name}" if band else name


def _capped(band: Band, visit: _Visit, cost: int) -> PriceLine:
    values: Values = {**_where(band), "amount_fen": band.cap or 0}
    if visit.before:
        values["before_fen"] = visit.before
    start = min(use.start for use in visit.uses.values())
    return PriceLine("band_cap", cost, values, start, max(use.end for use in visit.uses.values()))


def _where(band: Band | None) -> Values:
    if band is None:
        return {}
    where: Values = {"band": band.name, "from": hh_mm(band.start), "to": end_hh_mm(band.end)}
    if not is_every_day(band.days):
        where["days"] = _words(band.days)
    return where


_words = lru_cache(maxsize=512)(in_order)
