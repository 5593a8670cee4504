"""Which band holds when: the wall clock of a zone, cut into stretches of one band. Pure.

A stretch is (start, end, band, began): `band` is its index or -1 for the time outside all bands, `began` says
which stretch of that band it is, since midnight cuts none and a cap holds for the whole of it.

Bands follow the wall clock, units and cycles of hours follow elapsed time. So the night on which clocks go
forward is an hour shorter, and when they go back the doubled hour belongs twice to the band it lies in.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from lots.tariffs.charging_rules import DAY, Band, BandDays, Rule
from lots.tariffs.day_kinds import ALL_KINDS, is_every_day

type Stretch = tuple[int, int, int, int]
type KindOf = Callable[[int], str]  # kind of the day with this ordinal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = EPOCH.toordinal()
BASE = -1
WEEK = 7 * DAY
BLOCK = 64  # days; the kinds of two such blocks are looked up at once
MOST_BLOCKS = 64


def day_plan(bands: Sequence[Band], band_days: BandDays, yesterday: str, today: str) -> list[Stretch]:
    """Return the stretches of one day in seconds after its midnight, overlapping ones as they come."""
    held = sorted(_held(bands, band_days, yesterday, today))
    plan: list[Stretch] = []
    free = 0
    for stretch in held:
        if stretch[0] > free:
            plan.append((free, stretch[0], BASE, free))
        plan.append(stretch)
        free = max(free, stretch[1])
    if free < DAY:
        plan.append((free, DAY, BASE, free))
    return plan


def _held(bands: Sequence[Band], band_days: BandDays, yesterday: str, today: str) -> Iterator[Stretch]:
    after_midnight = today if band_days is BandDays.MOMENT else yesterday
    for index, band in enumerate(bands):
        if band.wraps and band.end and after_midnight in band.days:
            yield 0, band.end, index, band.start - DAY
        if today in band.days:
            yield band.start, _end_today(band), index, band.start


def _end_today(band: Band) -> int:
    return band.end if band.start < band.end else DAY


class Stretches:
    """The stretches of a rule on real days."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._plans: dict[bytes, list[Stretch]] = {}
        self.dated = bool(rule.day_caps) or not all(is_every_day(band.days) for band in rule.bands)
        self._looks_back = rule.band_days is BandDays.START and any(band.wraps for band in rule.bands)
        self._alike = _alike(rule)
        self._blocks: dict[tuple[KindOf, int], bytes] = {}

    def between(self, start: int, end: int, kind_of: KindOf) -> Iterator[Stretch]:
        """Yield the stretches of [start, end), seconds of a wall clock since its 1970, cut at midnight."""
        for day in range(start // DAY, (end - 1) // DAY + 1):
            for begin, until, band, began in self._plan(day, kind_of):
                a, b = max(start, day * DAY + begin), min(end, day * DAY + until)
                if a < b:
                    yield a, b, band, began + day * DAY

    def kinds(self, first: int, last: int, kind_of: KindOf) -> bytes:
        """Return what decides which bands and caps hold on these days since 1970: equal bytes, equal ones.

        Kinds of day that no band tells apart are one. The day before counts where its bands reach into these.
        """
        if not self.dated:
            return b""
        first -= self._looks_back
        block = first // BLOCK
        if last // BLOCK > block + 1:
            return self._numbers(first, last + 1, kind_of)
        known = self._blocks.get((kind_of, block))
        if known is None:
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            known = self._numbers(block * BLOCK, (block + 2) * BLOCK, kind_of)
            self._blocks[kind_of, block] = known
        return known[first - block * BLOCK : last + 1 - block * BLOCK]

    def _numbers(self, first: int, end: int, kind_of: KindOf) -> bytes:
        return bytes(self._alike[kind_of(day)] for day in range(first + FIRST_DAY, end + FIRST_DAY))

    def _plan(self, day: int, kind_of: KindOf) -> list[Stretch]:
        key = self.kinds(day, day, kind_of)
        plan = self._plans.get(key)
        if plan is None:
            today = FIRST_DAY + day
            rule, kinds = self._rule, (kind_of(today - 1), kind_of(today))
            plan = self._plans[key] = day_plan(rule.bands, rule.band_days, *kinds)
        return plan


def _alike(rule: Rule) -> dict[str, int]:
    """Return a number for each kind of day, the same for kinds with the same bands and cap."""
    days = [band.days for band in rule.bands] + [cap.days for cap in rule.day_caps]
    holding = {kind: tuple(kind in named for named in days) for kind in ALL_KINDS}
    numbers = {parts: number for number, parts in enumerate(dict.fromkeys(holding.values()))}
    return {kind: numbers[parts] for kind, parts in holding.items()}


def regions(zone: ZoneInfo, start: int, end: int) -> list[tuple[int, int, int]]:
    """Cut [start, end), seconds since 1970, where the zone changes its clock: (start, end, offset)."""
    shift = offset(zone, start)
    if end // WEEK == start // WEEK and _offset_of_week(zone, start // WEEK) is not None:
        return [(start, end, shift)]
    found = []
    for at, next_shift in _changes_of(zone, _year(start), _year(end)):
        if start < at < end:
            found.append((start, at, shift))
            start, shift = at, next_shift
    return [*found, (start, end, shift)]


def next_change(zone: ZoneInfo, at: int) -> int | None:
    """Return when the clock changes next after `at`, if that is within a year."""
    return next((cut[0] for cut in _changes_after(zone, at // WEEK) if cut[0] > at), None)


@lru_cache(maxsize=4096)
def _changes_after(zone: ZoneInfo, week: int) -> tuple[tuple[int, int], ...]:
    year = _year(week * WEEK)
    return _changes_of(zone, year, year + 2)


@lru_cache(maxsize=4096)
def _changes_of(zone: ZoneInfo, first: int, last: int) -> tuple[tuple[int, int], ...]:
    return tuple(cut for year in range(first, last + 1) for cut in changes(zone, year))


@lru_cache(maxsize=4096)
def changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """Return when in this year the zone's clock changes, and to which offset: (seconds since 1970, offset).

    Looked for week by week: no zone of today goes back to the same offset sooner.
    """
    found = []
    begin, end = (seconds_since_1970(datetime(one, 1, 1, tzinfo=UTC)) for one in (year, year + 1))
    for week in range(begin, end, WEEK):
        after = min(week + WEEK, end)
        if offset(zone, week) != offset(zone, after):
            found.append((_first_with(zone, week, after), offset(zone, after)))
    return tuple(found)


def _first_with(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the first second at which the offset is that of `after`, by halving."""
    while after - before > 1:
        middle = (before + after) // 2
        if offset(zone, middle) == offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def offset(zone: ZoneInfo, at: int) -> int:
    """Return by how much the zone's clock is ahead of UTC at this moment, in seconds."""
    steady = _offset_of_week(zone, at // WEEK)
    return _offset(zone, at) if steady is None else steady


@lru_cache(maxsize=4096)
def _offset_of_week(zone: ZoneInfo, week: int) -> int | None:
    """Return the offset of a week since 1970 and of the first second after it; None if the clock changes."""
    first, last = (_offset(zone, at) for at in (week * WEEK, (week + 1) * WEEK))
    return first if first == last else None


def _offset(zone: ZoneInfo, at: int) -> int:
    ahead = datetime.fromtimestamp(at, zone).utcoffset()
    assert ahead is not None, "a zone has an offset"
    return int(ahead.total_seconds())


def seconds_since_1970(at: datetime) -> int:
    since = at - EPOCH
    return since.days * DAY + since.seconds


def _year(at: int) -> int:
    return datetime.fromtimestamp(at, UTC).year
