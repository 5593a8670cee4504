"""A stay cut into parts: cycles, or where there are none days, each priced by `walk` and remembered. Pure.

A whole part that begins at the same time of day, on the same kinds of day and in the same state as one before
costs the same; so a stay of a year costs about as much work as it has different days.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    HOUR,
    Basis,
    CapsCount,
    Free,
    FreeMode,
    Rule,
    whole_minutes,
)
from lots.tariffs.part_price import PricedPart, PriceState, Walk
from lots.tariffs.price_lines import PriceLine
from lots.tariffs.timeline import (
    BASE,
    FIRST_DAY,
    WEEK,
    KindOf,
    Stretch,
    Stretches,
    next_change,
    offset,
    regions,
)

type Times = list[tuple[int, int]]  # [start, end) in seconds, ascending and apart
type Moved = tuple[tuple[int, int, int], ...]  # [start, end) in a row, and by how much each moved

CLOCKS_TURN_BACK = 2 * HOUR  # no zone of today turns its clock further
MOST_REMEMBERED = 4096
MOST_WEEKS = 512
AT_FIRST = PriceState()


class Point(NamedTuple):
    """How far a walk through a stay has come: here its next cycle begins."""

    start: int
    cycle: int = 1
    state: PriceState = AT_FIRST


class Run(NamedTuple):
    """`times` equal parts in a row, the first of them number `cycle`, from `start` seconds on."""

    cycle: int
    times: int
    start: int
    length: int
    part: PricedPart
    whole: bool = True  # False: the car left within it

    @property
    def after(self) -> Point:
        """Where the next cycle begins."""
        return Point(self.start + self.times * self.length, self.cycle + self.times, self.part.after)


class _ChargedStay:
    """The charged times of a stay and the clock of its lot, from where a walk has come to.

    `moved`  where visits were moved together.
    `rest`   the charged times from there on.
    `ahead`  by so much is the clock ahead of UTC.
    `even`   until then every second is charged and the clock does not change: parts of the same length that
             end by then can be equal.
    """

    __slots__ = ("ahead", "change", "even", "kind_of", "moved", "rest", "until", "zone")

    def __init__(
        self, charged: Times, zone: ZoneInfo, kind_of: KindOf, moved: Moved, start: int, *, on_the_clock: bool
    ) -> None:
        """`on_the_clock`: whether the time of day changes a price."""
        self.zone, self.kind_of, self.moved = zone, kind_of, moved
        self.until = charged[-1][1]
        self.rest = charged
        self.change = next_change(zone, start) if on_the_clock else None
        self.ahead = offset(zone, start) if on_the_clock else 0
        self.even = start

    def reach(self, start: int) -> None:
        """Go on to this second."""
        while self.rest[0][1] <= start:
            self.rest = self.rest[1:]
        if self.change is not None and self.change <= start:
            self.change, self.ahead = next_change(self.zone, start), offset(self.zone, start)
        is_charged = self.rest[0][0] <= start and not self.moved
        same_clock = self.until if self.change is None else self.change - CLOCKS_TURN_BACK
        self.even = min(self.rest[0][1], same_clock) if is_charged else start


class Cycles:
    """The parts of stays under one rule."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._stretches = Stretches(rule)
        self._known: dict[object, PricedPart] = {}
        self._weeks: dict[object, tuple[Run, ...]] = {}
        self.dated = self._stretches.dated
        self._has_cycles = rule.cycle.basis is not Basis.NONE
        self._on_the_clock = bool(rule.bands or rule.day_caps) or rule.cycle.basis is Basis.DAY
        whole_week = rule.cycle.basis is not Basis.ENTRY or WEEK % rule.cycle.seconds == 0
        self._weekly = self.dated and whole_week
        one_cap = len(rule.caps) == 1 and rule.caps_count is CapsCount.PER_CYCLE
        one_cap = one_cap and not (rule.long_caps or rule.day_caps)
        self._most = rule.caps[0].fen if one_cap else FOREVER

    def walk(
        self, charged: Times, zone: ZoneInfo, kind_of: KindOf, begin: Point, moved: Moved = ()
    ) -> Iterator[Run]:
        """Yield the parts of these charged times from `begin` to the last charged second.

        `moved`: where visits were moved together; each second keeps the band of its own time.
        """
        stay = _ChargedStay(charged, zone, kind_of, moved, begin.start, on_the_clock=self._on_the_clock)
        at = begin
        while at.start < stay.until:
            stay.reach(at.start)
            week = self._week(at, stay) if self._weekly else ()
            for run in week or (self._equal_parts(at, stay),):
                yield run
            if not run.whole:
                return
            at = run.after

    def _equal_parts(self, at: Point, stay: _ChargedStay) -> Run:
        """Return the part that begins here, as often as it is repeated; or what the stay has of it."""
        end = self._end(at.start, stay.until, stay)
        if end <= stay.even:
            part, times = self._whole(at.start, end, at.state, stay)
            return Run(at.cycle, times, at.start, end - at.start, part)
        last = min(end, stay.until)
        part = self._piece(at.start, last, end, at.state, stay.rest, stay)
        return Run(at.cycle, 1, at.start, last - at.start, part, end <= stay.until)

    def counted(
        self, charged: Times, part: tuple[int, int], zone: ZoneInfo, kind_of: KindOf
    ) -> Iterator[tuple[int, int]]:
        """Yield what of the charged times in this part of a stay lies in hours that cost something.

        In seconds since the part began.
        """
        start, end = part
        for a, b in [(max(a, start), min(b, end)) for a, b in charged if a < end and b > start]:
            for first, last, shift in regions(zone, a, b):
                for begin, until, band, _ in self._stretches.between(first + shift, last + shift, kind_of):
                    if band not in self.rule.free_hours:
                        yield begin - shift - start, until - shift - start

    def may_go_on(self, charged: Times, zone: ZoneInfo) -> bool:
        """Return whether the parts of this stay remain as they are when the car stays longer."""
        if self.rule.cycle.basis is not Basis.NONE or not self.rule.bands:
            return True
        return len(regions(zone, charged[0][0], charged[-1][1])) == 1

    def _end(self, start: int, until: int, stay: _ChargedStay) -> int:
        """Return when the part that begins at `start` ends, though the car may leave before.

        Without cycles a part ends where the first band begins again: nothing but a unit runs on there.
        `until`: no later end is asked for.
        """
        cycle, bands, zone = self.rule.cycle, self.rule.bands, stay.zone
        if cycle.basis is Basis.ENTRY:
            return start + cycle.seconds
        if cycle.basis is Basis.DAY:
            return next_time(start, cycle.reset, zone)
        if not bands or stay.moved or len(regions(zone, start, until)) > 1:
            return start + FOREVER
        end = start
        while end < until:
            end = next_time(end, bands[0].start, zone)
            if stay.kind_of((end + offset(zone, end)) // DAY + FIRST_DAY) in bands[0].days:
                return end
        return start + FOREVER

    def _week(self, at: Point, stay: _ChargedStay) -> tuple[Run, ...]:
        """Return the parts of the next seven days; none if they differ from those of other weeks.

        The same days of the week make most of a long stay, so each kind of week is priced once.
        """
        if at.start + WEEK > stay.even:
            return ()
        if stay.change is not None and not self._has_cycles:
            return ()  # where the clock changes, the stay is one part
        local = at.start + stay.ahead
        day = local // DAY
        key = (local % DAY, at.state, self._stretches.kinds(day, day + 7, stay.kind_of))
        week = self._weeks.get(key)
        if week is None:
            week = self._week_from(at.start, at.state, stay)
            if len(self._weeks) >= MOST_WEEKS:
                self._weeks.clear()
            self._weeks[key] = week
        return tuple(run._replace(cycle=at.cycle + run.cycle, start=at.start + run.start) for run in week)

    def _week_from(self, start: int, state: PriceState, stay: _ChargedStay) -> tuple[Run, ...]:
        """Return the parts of seven days, as if cycle 0 began at second 0; none if one goes beyond."""
        runs: list[Run] = []
        at = start
        while at < start + WEEK:
            end = self._end(at, start + WEEK, stay)
            if end > start + WEEK:
                return ()
            part, _ = self._whole(at, end, state, stay)
            last = runs[-1] if runs else None
            if last and last.length == end - at and self._alike(last.part, part):
                runs[-1] = last._replace(times=last.times + 1, part=part)
            else:
                cycle = last.cycle + last.times if last else 0
                runs.append(Run(cycle, 1, at - start, end - at, part))
            at, state = end, part.after
        return tuple(runs)

    def _alike(self, one: PricedPart, other: PricedPart) -> bool:
        """Return whether two parts are one line: the same part, or both more than the cap of a cycle."""
        return one is other or (one.fen > self._most and other.fen > self._most)

    def _whole(self, start: int, end: int, state: PriceState, stay: _ChargedStay) -> tuple[PricedPart, int]:
        """Return a part that is charged from end to end, and how many equal ones follow each other."""
        length = end - start
        clock: object = None
        if self.rule.bands or self.rule.day_caps:
            local = start + stay.ahead
            last_day = (local + length - 1) // DAY
            clock = (local % DAY, self._stretches.kinds(local // DAY, last_day, stay.kind_of))
        key = (length, state, clock)
        part = self._known.get(key)
        if part is None:
            part = self._piece(start, end, end, state, [(start, end)], stay)
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = part
        by_clock = self.rule.bands or self.rule.cycle.basis is not Basis.ENTRY
        alike = part.after == state and not self.dated and (length % DAY == 0 or not by_clock)
        return part, (stay.even - start) // length if alike else 1

    def _piece(
        self, start: int, end: int, cut: int, state: PriceState, charged: Times, stay: _ChargedStay
    ) -> PricedPart:
        """Price one part from scratch: what of [start, end) is charged, in a cycle that ends at `cut`."""
        times = [(max(a, start) - start, min(b, end) - start) for a, b in charged if a < end and b > start]
        times, notes = self._free_of_cycle(times, charged, (start, end), stay)
        walk = Walk(self.rule, state, cut - start if self._has_cycles else None)
        if self.rule.bands:
            zone, moved = stay.zone, stay.moved
            local = _moved_regions(zone, start, end, moved) if moved else regions(zone, start, end)
            walk.go(self._in_bands(start, local, stay.kind_of), times)
            turns = len(regions(zone, start, end + CLOCKS_TURN_BACK)) > 1
            ahead = (_moved_offset(zone, end, moved) if moved else offset(zone, end)) - local[0][2]
        else:
            walk.go([(0, end - start, BASE, 0)], times)
            turns, ahead = False, 0
        lines = notes + walk.lines()
        is_whole = end == cut  # else nothing comes after it
        after = walk.after(end - start, CLOCKS_TURN_BACK if turns else 0, ahead) if is_whole else AT_FIRST
        cap = self._cap_on(start, stay) if self.rule.day_caps else None
        return PricedPart(sum([line.fen for line in lines]), lines, after, cap)

    def _cap_on(self, start: int, stay: _ChargedStay) -> int | None:
        """Return the cap of the day on which a cycle begins; the first may have begun before the stay."""
        local = start + offset(stay.zone, start) - self.rule.cycle.reset
        return self.rule.cap_on(stay.kind_of(local // DAY + FIRST_DAY))

    def _free_of_cycle(
        self, times: Times, charged: Times, part: tuple[int, int], stay: _ChargedStay
    ) -> tuple[Times, tuple[PriceLine, ...]]:
        """Return what the free minutes of a cycle leave of its times, and their line."""
        free = self.rule.free
        if free is None or free.at_start:
            return times, ()
        counted = self.counted(charged, part, stay.zone, stay.kind_of) if free.charged_hours_only else None
        return without_free(times, free, counted)

    def _in_bands(self, start: int, local: list[tuple[int, int, int]], kind_of: KindOf) -> Iterator[Stretch]:
        """Yield the stretches of a part, in seconds since it began, whole again over midnight and a change
        of the clock."""
        frame = start + local[0][2]
        held: Stretch | None = None
        for a, b, shift in local:
            for begin, end, band, began in self._stretches.between(a + shift, b + shift, kind_of):
                here = (begin - shift - start, end - shift - start, band, began - frame)
                if held and held[1] == here[0] and held[2] == band and (band == BASE or held[3] == here[3]):
                    held = (held[0], here[1], band, held[3])
                    continue
                if held:
                    yield held
                held = here
        if held:
            yield held


def _moved_regions(zone: ZoneInfo, start: int, end: int, moved: Moved) -> list[tuple[int, int, int]]:
    """Cut [start, end) where a visit ends or the zone changes its clock: (start, end, offset to it)."""
    return [
        (a + back, b + back, shift - back)
        for first, last, back in moved
        if max(start, first) < min(end, last)
        for a, b, shift in regions(zone, max(start, first) - back, min(end, last) - back)
    ]


def _moved_offset(zone: ZoneInfo, at: int, moved: Moved) -> int:
    """Return how much the clock of a moved second, or of the end, is ahead of where it lies now."""
    back = next((back for _, last, back in moved if at < last), 0)
    return offset(zone, at - back) - back


def without_free(
    times: Times, free: Free, counted: Iterable[tuple[int, int]] | None = None
) -> tuple[Times, tuple[PriceLine, ...]]:
    """Return what is left to be charged of these times, and the line that tells of the free minutes.

    `counted`: the part of the times in which they run, if that is not all.
    """
    if not times or not free.seconds:
        return times, ()
    values: dict[str, int | str] = {"minutes": whole_minutes(free.seconds)}
    is_over, end = _used_up(times if counted is None else counted, free.seconds)
    if not is_over:  # a stay in free hours alone uses none: its line has no length
        return [], (PriceLine("free_within", 0, values, times[0][0], times[-1][1] if end else times[0][0]),)
    if free.mode is FreeMode.THRESHOLD:
        return times, ()
    rest = [(max(a, end), b) for a, b in times if b > end]
    return rest, (PriceLine("free_deducted", 0, values, times[0][0], rest[0][0]),)


def _used_up(counted: Iterable[tuple[int, int]], seconds: int) -> tuple[bool, int]:
    """Return whether there are more than so many seconds of these times, and when these, or all, are over."""
    end = 0
    for a, b in counted:
        if not seconds:
            return True, end
        if b - a > seconds:
            return True, a + seconds
        seconds, end = seconds - (b - a), b
    return False, end


def next_time(start: int, reset: int, zone: ZoneInfo) -> int:
    """Return when a clock of the zone next comes to this time of day."""
    local = start + offset(zone, start)
    target = local - (local - reset) % DAY + DAY
    for a, b, shift in regions(zone, start, start + 2 * DAY):
        if b + shift > target:
            return max(a, target - shift)
    raise AssertionError("a clock comes round within two days")
