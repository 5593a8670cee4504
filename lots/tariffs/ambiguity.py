"""Which stays a tariff prices otherwise than the other way to read its board, and how much that is. Pure.

Both readings are priced by the engine over a grid of stays that cars really make. The shortest stay on which
they differ is then looked for at the minutes where prices change, and by halving. Where no stay of the grid
differs, stays near the times and limits of the document are tried. The work is bounded: a document costs at
most MOST_PRICED priced stays, whatever it says.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from lots.plates import PlateKind
from lots.tariffs.charged_time import EarlierSession
from lots.tariffs.charging_rules import DAY, FOREVER, MINUTE, Basis, FreeMode, Rule, Step, whole_minutes
from lots.tariffs.cheaper_longer import undercuts
from lots.tariffs.clauses import rule_clauses
from lots.tariffs.day_kinds import EVE, WEEK
from lots.tariffs.document_formats import latest
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.reading import read
from lots.tariffs.readings import Reading, Story, other_readings, plain
from lots.tariffs.season_edges import YEARS_AHEAD, SeasonEdges, of_vehicle
from lots.tariffs.seasons import Season, SeasonEnd
from lots.tariffs.tariff import Settled, Tariff
from lots.tariffs.tariff_place import HERE, Place
from lots.tariffs.timeline import seconds_since_1970

MOST_PRICED = 2400
REFINED = 500  # of them: for the shortest stays of all axes together
OFF_GRID = 900  # of them: for stays off the grid, of all axes together
SEASON_EDGES = 2  # the beginning of a season and its end
BEFORE_SEASON = (30, 150)  # minutes: how long before an edge a car comes
EVES = 3  # days before holidays that are looked at
EVE_ENTRIES = (timedelta(hours=10), timedelta(hours=19))
HALVED = 24  # and of an axis' share of these: for halving

MIDNIGHT = MONDAY_AT_TEN.replace(hour=0)
ENTRIES = tuple(
    MIDNIGHT + timedelta(days=day, hours=hour, minutes=minute)
    for day, hour, minute in ((0, 9, 30), (0, 18, 30), (4, 21, 40), (5, 14, 10))  # Monday, Friday, Saturday
)
LENGTHS = (20, 40, 65, 100, 150, 210, 300, 600, 1500, 3000)  # minutes

type Prices = Callable[[datetime, int], tuple[int, int]]  # of a stay, by two readings

FIRST_STAY, OUTSIDE = 90, 20  # minutes: what a car did that comes back
NEAR = 10  # minutes before and after a time or limit of the document
COUPON, LATE = 60, 30  # minutes: what a coupon gave a car that pays, and from then until it leaves


@dataclass(frozen=True)
class Ambiguity:
    """Two readings that differ: by what, first where, on how many plausible stays, and by how much.

    `fen` and `other_fen` are what the stay of `minutes` from `entered_at` costs under our reading and under
    the other.
    With `reentry` it is what the second stay adds; with `after_payment`, what is due from a car that paid
    after `minutes`, less a coupon worth its first COUPON minutes, and leaves LATE minutes later.
    """

    axis: str
    ours: str
    other: str
    story: str
    entered_at: datetime
    minutes: int
    fen: int
    other_fen: int
    differ: int  # so many stays of the grid
    of: int
    most_fen: int
    total_fen: int  # of all differences on the grid, without their signs
    season: Season | None = None  # whose prices these are

    @property
    def share(self) -> float:
        return self.differ / self.of

    @property
    def severity_fen(self) -> int:
        """What the choice moves on a plausible stay, on average: by this findings are ordered."""
        return round(self.total_fen / self.of)


class Spent(Exception):
    """The stays that may be priced are used up."""


class _Desk:
    """Prices stays of a story, each once, and counts them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.limit = MOST_PRICED
        self.priced = 0
        self.refined, self.off_grid = REFINED, OFF_GRID  # what is left of them
        self._known: dict[tuple[int, Story, datetime, int], tuple[Tariff, int]] = {}

    def due(self, tariff: Tariff, story: Story, entered_at: datetime, minutes: int) -> int:
        key = (id(tariff), story, entered_at, minutes)
        if key not in self._known:  # it keeps the tariff too: or another could come by the same id
            self._known[key] = tariff, self._due(tariff, story, entered_at, minutes)
        return self._known[key][1]

    def here(self, at: datetime) -> datetime:
        return at.replace(tzinfo=self.place.zone)

    def _due(self, tariff: Tariff, story: Story, entered_at: datetime, minutes: int) -> int:
        here = self.here(entered_at)
        if story is Story.REENTRY:
            before = _before(tariff, here)
            free_used = tariff.counts_free_uses and _used_free(tariff, before[0], self.place)
            cost = self._price(tariff, before[0].entered_at, FIRST_STAY) if tariff.caps_periods else 0
            history = {"free_used": free_used, "week_fen": cost, "month_fen": cost}
            return self._price(tariff, here, minutes, earlier=before, **history)
        if story is Story.STAY:
            return self._price(tariff, here, minutes)
        price, coupon = (self.due(tariff, Story.STAY, entered_at, length) for length in (minutes, COUPON))
        paid = max(0, price - coupon)
        settled = Settled(here + timedelta(minutes=minutes), paid)
        return max(0, self._price(tariff, here, minutes + LATE, settled=settled) - paid)

    def _price(self, tariff: Tariff, entered_at: datetime, minutes: int, **more: Any) -> int:
        if self.priced >= self.limit:
            raise Spent
        self.priced += 1
        until = entered_at + timedelta(minutes=minutes)
        return tariff.price(entered_at, until, PlateKind.ORDINARY, place=self.place, **more).fen


def _before(tariff: Tariff, entered_at: datetime) -> list[EarlierSession]:
    """Return the stay that a car made before, so short and so recent that a rule on re-entry speaks of it."""
    window = tariff.reentry.seconds // MINUTE if tariff.reentry else 0
    if tariff.counts_free_uses and tariff.rule.free:  # a visit short enough to be free
        short = max(1, tariff.rule.free.seconds // MINUTE // 2)
        left = entered_at - timedelta(minutes=OUTSIDE)
        return [EarlierSession(left - timedelta(minutes=short), left)]
    first, outside = (
        (max(1, min(FIRST_STAY, window // 2)), min(OUTSIDE, window // 4)) if window else (FIRST_STAY, OUTSIDE)
    )
    left = entered_at - timedelta(minutes=outside)
    return [EarlierSession(left - timedelta(minutes=first), left)]


def _used_free(tariff: Tariff, stay: EarlierSession, place: Place) -> bool:
    return tariff.uses_free(stay.entered_at, stay.left_at, PlateKind.ORDINARY, place=place)


def find(document: Mapping[str, Any], *, vehicle: str = "", place: Place = HERE) -> list[Ambiguity]:
    """Return what can be read in two ways in this document, the most money first.

    `vehicle`: the rule of this class instead of the lot's own. A document that is no tariff is a TariffError.
    """
    read(document)
    simple = plain(document, vehicle)
    tariff = read(simple)
    desk = _Desk(place)
    readings = list(other_readings(simple))
    found: list[Ambiguity | None] = [*_compared(desk, tariff, readings)]
    found.append(_cheaper(desk, tariff))
    whole = read(latest(document))
    found += _across_seasons(desk, whole, vehicle)
    asked = {one.axis for one in found if one}
    for number in range(len(whole.seasons)):
        found += _of_season(desk, document, whole, (vehicle, number), asked)
    return sorted(filter(None, found), key=lambda one: -one.severity_fen)


def _compared(
    desk: _Desk, tariff: Tariff, readings: list[Reading], entries: tuple[datetime, ...] = ENTRIES
) -> Iterator[Ambiguity]:
    """Yield the readings that differ from a tariff, as long as stays may be priced."""
    for left, reading in zip(range(len(readings), 0, -1), readings, strict=True):
        try:
            found = _Comparison(desk, tariff, reading, left, entries).finding()
        except Spent:
            return
        if found:
            yield found


def _of_season(
    desk: _Desk, document: Mapping[str, Any], whole: Tariff, whose: tuple[str, int], asked: set[str]
) -> Iterator[Ambiguity]:
    """Yield what can be read in two ways in the prices of a season alone, and was not asked before.

    A season whose prices end at a time is left out: its stays have the prices of others too.
    """
    season = whole.seasons[whose[1]]
    simple = plain(document, *whose)
    tariff = read({**simple, "allows_cheaper_longer": True})
    entries = _entries_in(season, whole, desk.place)
    if season.ends or not entries or tariff.rule != season.rules[whose[0]]:
        return
    readings = [one for one in other_readings(simple) if one.story is Story.STAY and one.axis not in asked]
    for one in _compared(desk, tariff, readings, entries):
        asked.add(one.axis)
        yield replace(one, season=season)


def _entries_in(season: Season, tariff: Tariff, place: Place) -> tuple[datetime, ...]:
    """Return the usual entries on the first dates on which they are in a season, or its first hour then."""
    found: set[datetime] = set()
    for usual in ENTRIES:
        second = (usual.hour * 60 + usual.minute) * MINUTE
        clock = timedelta(seconds=second if season.enters(second) else season.start)
        days = (usual.replace(hour=0, minute=0) + timedelta(days=number) for number in range(YEARS_AHEAD))
        entries = (day + clock for day in days if season.holds(day.date(), place.calendar))
        found.update(islice((one for one in entries if _season_at(one, tariff, place) is season), 1))
    return tuple(sorted(found))


def _season_at(local: datetime, tariff: Tariff, place: Place) -> Season | None:
    return tariff.season_of(seconds_since_1970(local.replace(tzinfo=UTC)), place)


class _Comparison:
    """Our reading against another."""

    def __init__(
        self,
        desk: _Desk,
        ours: Tariff,
        reading: Reading,
        of: int,
        entries: tuple[datetime, ...] = ENTRIES,
    ) -> None:
        """`of`: so many readings share what is left of the stays that may be priced, this one first.

        `entries`: of the grid.
        """
        self._came = entries
        self._desk = desk
        self._ours = ours
        self._reading = reading
        self._of = of

    def finding(self) -> Ambiguity | None:
        if self._says_the_same():
            return None
        grid = {(minutes, came): self._gap(came, minutes) for came in self._came for minutes in LENGTHS}
        hits = sorted(stay for stay, gap in grid.items() if gap)
        exact = [] if hits or self._came is not ENTRIES else self._off_grid()
        if not hits and not exact:
            return None
        minutes, came = exact[0] if exact else self._shortest(*hits[0], hits)
        return Ambiguity(
            axis=self._reading.axis,
            ours=self._reading.ours,
            other=self._reading.other,
            story=self._reading.story.value,
            entered_at=self._desk.here(came),
            minutes=minutes,
            fen=self._due(self._ours, came, minutes),
            other_fen=self._due(self._reading.tariff, came, minutes),
            differ=len(hits),
            of=len(grid),
            most_fen=max(grid.values()),
            total_fen=sum(grid.values()),
        )

    def _says_the_same(self) -> bool:
        """Return whether a board states both rules in the same sentences: no stay can differ then."""
        rules = (self._ours.rule, self._reading.tariff.rule)
        if self._reading.story is not Story.STAY or any(rule.turn for rule in rules):
            return False
        return rule_clauses(rules[0]) == rule_clauses(rules[1])

    def _off_grid(self) -> list[tuple[int, datetime]]:
        """Return a stay on which both differ, of an axis on which those of the grid do not."""
        if self._reading.axis == "reached":
            return self._at_limits()
        near = {
            "tail": self._at_tail,
            "night": self._by_night,
            "eves": self._on_eves,
            "day_caps": self._over_days,
        }
        first = near.get(self._reading.axis)
        return (first() if first else []) or self._near_limits()

    def _at_tail(self) -> list[tuple[int, datetime]]:
        """Return a stay as long as the remainder that is not charged, if both differ on it."""
        stay = (max(1, self._ours.rule.tail // MINUTE), ENTRIES[0])
        return [stay] if self._gap(stay[1], stay[0]) else []

    def _near_limits(self) -> list[tuple[int, datetime]]:
        """Return the first stay near the times and limits of the document on which both differ, if any."""
        keep, before = self._desk.limit, self._desk.priced
        self._desk.limit = min(keep, before + self._desk.off_grid // self._of)
        try:
            for came in self._entries():
                for minutes in self._lengths(came):
                    if self._gap(came, minutes):
                        return [self._halve(minutes, came, 0)]
        except Spent:  # none, as far as is known
            pass
        finally:
            self._desk.limit = keep
            self._desk.off_grid -= self._desk.priced - before
        return []

    def _entries(self) -> list[datetime]:
        """Return those of the grid, and on a Monday and a Saturday some at and before each time of day."""
        rules = (self._ours.rule, self._reading.tariff.rule)
        clocks = sorted({clock for rule in rules for clock in _clocks(rule)})
        near = [
            MIDNIGHT + timedelta(days=day, seconds=clock, minutes=-before)
            for day in (1, 5)
            for before in (NEAR, 0)
            for clock in clocks
        ]
        return [ENTRIES[0], *near, *ENTRIES[1:]] if clocks else [ENTRIES[0]]

    def _lengths(self, came: datetime) -> list[int]:
        """Return lengths around those at which a price may change, shortest first."""
        rules = (self._ours.rule, self._reading.tariff.rule)
        edges = {edge for rule in rules for edge in (*_edges(rule, came), *_limits(rule))}
        whole = {2 * edge + more for edge in edges for more in (0, NEAR)}
        found = {edge + more for edge in edges for more in (-1, 0, NEAR)} | whole | {*LENGTHS}
        return sorted(minutes for minutes in found if minutes > 0)

    def _by_night(self) -> list[tuple[int, datetime]]:
        """Return the shortest usual stay from the middle of the night on which both differ, if any."""
        night = self._ours.rule.overnight
        if night is None or night.until is None:
            return []
        came = MIDNIGHT + timedelta(seconds=night.at + (night.until - night.at) % DAY // 2)
        return next(([(minutes, came)] for minutes in LENGTHS if self._gap(came, minutes)), [])

    def _on_eves(self) -> list[tuple[int, datetime]]:
        """Return the shortest usual stay on one of the next days before holidays on which both differ."""
        calendar = self._desk.place.calendar
        days = (MIDNIGHT + timedelta(days=number) for number in range(YEARS_AHEAD))
        eves = [day for day in days if calendar.kind_or_eve(day.toordinal()) == EVE][:EVES]
        stays = ((minutes, day + after) for minutes in LENGTHS for day in eves for after in EVE_ENTRIES)
        return next(([(minutes, came)] for minutes, came in stays if self._gap(came, minutes)), [])

    def _over_days(self) -> list[tuple[int, datetime]]:
        """Return a usual stay of more than a day, from some day of the week, on which both differ, if any."""
        days = [ENTRIES[0] + timedelta(days=number) for number in range(len(WEEK))]
        stays = ((minutes, came) for minutes in LENGTHS if minutes * MINUTE > DAY for came in days)
        return next(([self._halve(*stay, 0)] for stay in stays if self._gap(stay[1], stay[0])), [])

    def _at_limits(self) -> list[tuple[int, datetime]]:
        """Return the shortest stay of exactly the length of a limit on which both differ, if there is one."""
        rules = (self._ours.rule, self._reading.tariff.rule)
        limits = sorted({(limit, came) for rule in rules for limit in _limits(rule) for came in ENTRIES})
        return next(([stay] for stay in limits[:HALVED] if self._gap(stay[1], stay[0])), [])

    def _due(self, tariff: Tariff, came: datetime, minutes: int) -> int:
        return self._desk.due(tariff, self._reading.story, came, minutes)

    def _gap(self, came: datetime, minutes: int) -> int:
        return abs(self._due(self._ours, came, minutes) - self._due(self._reading.tariff, came, minutes))

    def _shortest(
        self, minutes: int, came: datetime, hits: list[tuple[int, datetime]]
    ) -> tuple[int, datetime]:
        """Return the shortest stay found on which both differ, given those of the grid."""
        keep, before = self._desk.limit, self._desk.priced
        end = before + self._desk.refined // self._of
        self._desk.limit = min(keep, end)
        alike = {(one, entry) for entry in self._came for one in (0, *LENGTHS) if one < minutes}
        best = (minutes, came)
        try:
            for stay in self._edges_below(minutes):
                if self._gap(stay[1], stay[0]):
                    best = stay
                    break
                if self._desk.priced > end - HALVED:
                    break
                alike.add(stay)
            best = self._halve(*best, _longest(alike, best))
            for _, entry in hits:  # the other entries may differ sooner
                other = (best[0] - 1, entry)
                if other[0] and entry != best[1] and self._gap(entry, other[0]):
                    best = self._halve(*other, _longest(alike, other))
        except Spent:  # the shortest so far, then
            pass
        self._desk.limit = keep
        self._desk.refined -= self._desk.priced - before
        return best

    def _edges_below(self, minutes: int) -> list[tuple[int, datetime]]:
        edges = {
            (edge, entry)
            for entry in self._came
            for rule in (self._ours.rule, self._reading.tariff.rule)
            for edge in _edges(rule, entry)
            if 0 < edge < minutes
        }
        return sorted(edges)

    def _halve(self, minutes: int, came: datetime, alike: int) -> tuple[int, datetime]:
        """Return the first minute after `alike` from which on both differ up to `minutes`."""
        while minutes - alike > 1:
            middle = (minutes + alike) // 2
            if self._gap(came, middle):
                minutes = middle
            else:
                alike = middle
        return minutes, came


def _longest(alike: set[tuple[int, datetime]], stay: tuple[int, datetime]) -> int:
    """Return the longest stay of the same entry below this one on which both readings are alike."""
    return max(minutes for minutes, entry in alike if entry == stay[1] and minutes < stay[0])


def _edges(rule: Rule, came: datetime) -> Iterator[int]:
    """Yield after how many minutes the price of a rule may change, for a car that came at this time."""
    free = whole_minutes(rule.free.seconds) if rule.free else 0
    shift = free if rule.free and rule.free.mode is FreeMode.DEDUCT else 0
    yield from (1, free + 1)
    for steps in (rule.steps, *(band.steps for band in rule.bands)):
        for end in _ends(steps):
            yield shift + whole_minutes(end) + 1
    if rule.cycle.basis is Basis.ENTRY:
        yield shift + rule.cycle.seconds // MINUTE + 1
    now = (came.hour * 60 + came.minute) * MINUTE
    for time in _clocks(rule):
        yield (time - now) % DAY // MINUTE + 1


def _clocks(rule: Rule) -> set[int]:
    """Return the times of day, in seconds, at which the price of a rule may change."""
    clocks = {time for band in rule.bands for time in (band.start, band.end)}
    if rule.overnight:
        clocks |= {rule.overnight.at, rule.overnight.until or 0}
    if rule.cycle.basis is Basis.DAY:
        clocks.add(rule.cycle.reset)
    return clocks | {time for offer in rule.offers for time in (offer.start, offer.end)}


def _limits(rule: Rule) -> Iterator[int]:
    """Yield the lengths, in minutes, that a rule states as limits of a whole stay."""
    if rule.free:
        yield whole_minutes(rule.free.seconds)
    for steps in (rule.steps, *(band.steps for band in rule.bands)):
        for step in steps:
            if step.until != FOREVER:
                yield whole_minutes(step.until)
            if step.unit and rule.tail:
                yield whole_minutes(step.unit + rule.tail)
    if rule.turn:
        yield whole_minutes(rule.turn.after)


def _ends(steps: tuple[Step, ...]) -> Iterator[int]:
    for step in steps:
        if step.until != FOREVER:
            yield step.until
        if step.unit:
            yield from (step.unit, 2 * step.unit)


def _across_seasons(desk: _Desk, tariff: Tariff, vehicle: str) -> Iterator[Ambiguity | None]:
    """Yield stays across the edge of a season, or the end of its prices, that would cost another amount."""
    if tariff.seasons:
        edges = SeasonEdges(tariff, vehicle, desk.place)
        yield _by_moment(desk, edges)
        yield from _at_ends(desk, edges)


def _by_moment(desk: _Desk, edges: SeasonEdges) -> Ambiguity | None:
    """Return a stay whose parts would cost another amount by the seasons in which they lie."""

    def prices(came: datetime, minutes: int) -> tuple[int, int]:
        def due(one: Tariff, length: int) -> int:
            return desk.due(one, Story.STAY, came, length)

        here = desk.here(came)
        if edges.has_end(here):
            return 0, 0  # its board states what the parts cost
        return due(edges.at(here), minutes), edges.by_moment(here, minutes, due)

    return _of_seasons(desk, edges, prices, ("seasons", "season_of_entry", "season_of_moment"))


def _at_ends(desk: _Desk, edges: SeasonEdges) -> Iterator[Ambiguity | None]:
    """Yield a stay that would cost another amount if no prices ended, and one with free minutes from then on
    or without them.
    """
    alone = of_vehicle(edges.tariff, edges.vehicle)
    all_ends = [alone.ends, *(season.ends for season in alone.seasons)]
    ends = {one.free_again for one in all_ends if one}
    others: list[tuple[bool | None, tuple[str, str, str]]] = []
    if ends:
        others.append((None, ("season_end", "season_until_end", "season_of_entry")))
    if ends == {True}:
        others.append((False, ("season_free", "free_after_end", "no_free_after_end")))
    if ends == {False}:
        others.append((True, ("season_free", "no_free_after_end", "free_after_end")))
    for free_again, words in others:
        other = _ending(alone, free_again)

        def prices(came: datetime, minutes: int, other: Tariff = other) -> tuple[int, int]:
            ours, theirs = (desk.due(one, Story.STAY, came, minutes) for one in (alone, other))
            return ours, theirs

        yield _of_seasons(desk, edges, prices, words)


def _ending(tariff: Tariff, free_again: bool | None) -> Tariff:
    """Return the tariff with free minutes after the end of each season, or without; None: no season ends."""

    def other(ends: SeasonEnd | None) -> SeasonEnd | None:
        return None if free_again is None or ends is None else SeasonEnd(ends.at, free_again)

    seasons = tuple(replace(one, ends=other(one.ends)) for one in tariff.seasons)
    return replace(tariff, seasons=seasons, ends=other(tariff.ends))


def _of_seasons(
    desk: _Desk, edges: SeasonEdges, prices: Prices, words: tuple[str, str, str]
) -> Ambiguity | None:
    """Return a stay whose two prices differ: one of the grid, else one near the first edges of seasons."""
    first = [edge.replace(tzinfo=None) for edge in edges.edges(desk.here(MIDNIGHT), SEASON_EDGES)]
    near = [edge - timedelta(minutes=before) for edge in first for before in BEFORE_SEASON]
    try:
        grid = {(minutes, came): prices(came, minutes) for came in ENTRIES for minutes in LENGTHS}
        differing = sorted(stay for stay, (ours, other) in grid.items() if ours != other)
        off_grid = ((minutes, came) for minutes in LENGTHS for came in near)
        stays = differing or (one for one in off_grid if len({*prices(one[1], one[0])}) > 1)
        minutes, came = next(iter(stays), (0, MIDNIGHT))
        ours, other = prices(came, minutes)
    except Spent:
        return None
    if not minutes:
        return None
    gaps = [abs(one - other) for one, other in grid.values()]
    axis, our_word, other_word = words
    return Ambiguity(
        axis=axis,
        ours=our_word,
        other=other_word,
        story=Story.STAY.value,
        entered_at=desk.here(came),
        minutes=minutes,
        fen=ours,
        other_fen=other,
        differ=len(differing),
        of=len(grid),
        most_fen=max(gaps),
        total_fen=sum(gaps),
    )


def _cheaper(desk: _Desk, tariff: Tariff) -> Ambiguity | None:
    """Return the shortest stay known that costs more than one a minute longer, as the rule says it may."""
    rule = tariff.rule
    shift = rule.free.seconds // MINUTE if rule.free and rule.free.mode is FreeMode.DEDUCT else 0
    reset = MIDNIGHT + timedelta(seconds=rule.cycle.reset)  # the one entry whose first day is a whole one
    try:
        for _, minute, _, _ in undercuts(rule):
            for came in (*ENTRIES, reset):
                fen, longer = (desk.due(tariff, Story.STAY, came, shift + minute + more) for more in (0, 1))
                if fen > longer:
                    return _longer_is_cheaper(desk, tariff, came, shift + minute)
    except Spent:  # none, as far as is known
        pass
    return None


def _longer_is_cheaper(desk: _Desk, tariff: Tariff, came: datetime, minutes: int) -> Ambiguity:
    gaps = []
    for entry in ENTRIES:
        prices = [desk.due(tariff, Story.STAY, entry, length) for length in LENGTHS]
        gaps += [max(0, fen - min(prices[index:])) for index, fen in enumerate(prices)]
    fen, longer = (desk.due(tariff, Story.STAY, came, minutes + more) for more in (0, 1))
    return Ambiguity(
        axis="longer_is_cheaper",
        ours="stay",
        other="a_minute_longer",
        story=Story.STAY.value,
        entered_at=desk.here(came),
        minutes=minutes,
        fen=fen,
        other_fen=longer,
        differ=sum(gap > 0 for gap in gaps),
        of=len(gaps),
        most_fen=max(fen - longer, *gaps),
        total_fen=sum(gaps),
    )
