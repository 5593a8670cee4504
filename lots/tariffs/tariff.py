"""A charging rule as a whole: price a stay and say why, in one pass. Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lots.tariffs.charged_time import (
    EarlierSession,
    counted_together,
    joined,
)
from lots.tariffs.charging_rules import (
    DAY,
    MINUTE,
    CalendarPeriod,
    Free,
    Gap,
    Overstay,
    Pass,
    Reentering,
    Reentry,
    Repeat,
    Rule,
    TurnFrom,
    VehicleClass,
    Window,
    whole_minutes,
)
from lots.tariffs.currencies import CNY, Currency
from lots.tariffs.cycles import Times, next_time
from lots.tariffs.json_fields import hh_mm
from lots.tariffs.permit_times import AccessRight
from lots.tariffs.price_lines import Price, PriceLine, Values
from lots.tariffs.seasons import Season, SeasonEnd
from lots.tariffs.single_stays import Around, SingleStays
from lots.tariffs.tariff_place import HERE, Place
from lots.tariffs.timeline import EPOCH, FIRST_DAY, offset, seconds_since_1970


@dataclass(frozen=True)
class Settled:
    """A payment that let the car leave: when, and how much of the stay has been paid."""

    at: datetime
    paid_fen: int


class History(NamedTuple):
    """Whether the counted free minutes of a plate are used, and what its stays of the same calendar week and
    month cost before, in fen.
    """

    free_used: bool = False
    week_fen: int = 0
    month_fen: int = 0

    def fen_in(self, period: CalendarPeriod) -> int:
        """Return what the stays of the same week or month cost before."""
        return self.week_fen if period is CalendarPeriod.WEEK else self.month_fen


@dataclass(frozen=True)
class Tariff:
    """One valid charging rule. Only `reading.read` makes one: it checks what the prices rely on."""

    rule: Rule  # for vehicles of no class
    classes: tuple[VehicleClass, ...]
    seasons: tuple[Season, ...]
    exempt: frozenset[str]
    passes: tuple[Pass, ...]
    reentry: Reentry | None
    after_exit_window: Overstay
    max_stay: int | None  # seconds
    allows_cheaper_longer: bool
    currency: Currency = CNY  # every amount is in its minor unit
    ends: SeasonEnd | None = None  # of the prices of an entry in no season
    unknown_entry: int | None = None  # fen; what staff charge where nobody knows when a car came in

    @cached_property
    def follows_the_clock(self) -> bool:
        """Whether the lot's zone or calendar can change a price."""
        rules = self._rules.values()
        if self.seasons:
            return True
        by_day = self.reentry is not None and self.reentry.window is Window.DAY
        return by_day or self.has_history or any(rule.follows_the_clock for rule in rules)

    @cached_property
    def goes_by_minutes(self) -> bool:
        """Whether the length of a stay alone decides its price, by limits that are whole minutes."""
        limits_are_whole = not any(rule.reached for rule in self._rules.values())
        return limits_are_whole and self.reentry is None and not self.follows_the_clock

    @cached_property
    def rules(self) -> list[tuple[str, Rule]]:
        """Every rule for whole stays, with its path in the document."""
        rules = [("", self.rule)]
        rules += [(f"classes[{index}].rule", one.rule) for index, one in enumerate(self.classes) if one.rule]
        for index, season in enumerate(self.seasons):
            rules += [(f"seasons[{index}].rule", rule) for rule in season.rules.values()]
        return rules + [
            (f"{path}.turn.rule" if path else "turn.rule", rule.turn.rule)
            for path, rule in rules
            if rule.turn and rule.turn.since is TurnFrom.START
        ]

    @cached_property
    def counts_free_uses(self) -> bool:
        """Whether a price depends on how often the plate had free minutes before (`free_used`)."""
        return any(counts_free_uses(rule) for rule in self._rules.values())

    @cached_property
    def caps_periods(self) -> bool:
        """Whether a price depends on what the plate's stays of the same week or month cost."""
        return any(rule.plate_caps for rule in self._rules.values())

    @cached_property
    def periods(self) -> frozenset[CalendarPeriod]:
        """In what the stays of a plate are counted, by a cap or by free visits."""
        rules = self._rules.values()
        found = {cap.period for rule in rules for cap in rule.plate_caps}
        if any(rule.free and rule.free.repeat is Repeat.TIMES_A_MONTH for rule in rules):
            found.add(CalendarPeriod.MONTH)
        return frozenset(found)

    @property
    def has_history(self) -> bool:
        """Whether a price depends on earlier stays of the plate, apart from a rule on re-entry."""
        return self.counts_free_uses or self.caps_periods

    def class_of(self, kind: str, seen: str = "") -> VehicleClass | None:
        """Return the first class that a vehicle belongs to, by its kind of plate or by what a camera says."""
        for one in self.classes:
            if kind in one.kinds or seen in one.seen_as:
                return one
        return None

    def price(
        self,
        entered_at: datetime,
        until: datetime,
        kind: str,
        *,
        seen: str = "",
        place: Place = HERE,
        rights: Sequence[AccessRight] = (),
        earlier: Sequence[EarlierSession] = (),
        settled: Settled | None = None,
        free_used: bool = False,
        week_fen: int = 0,
        month_fen: int = 0,
    ) -> Price:
        """Return what the stay [entered_at, until) costs: `kind` of its plate, `seen` as this by a camera.

        Exact to the second, and a second begun is not counted: 60:00 is one hour, 60:01 is two begun. What
        `rights` cover is free. Of `earlier` stays those count that the rule on re-entry speaks of; what is
        returned is then what this stay adds. `settled`: it was paid and had its exit window; where only extra
        time is due afterwards, what was settled for less than its price then (a coupon) is not opened again.
        `free_used`: the plate had the free minutes of this date or month before; it matters if they are
        counted. `week_fen`, `month_fen`: what its stays cost that entered in the same week or month before;
        it matters for a cap of these. Towards a week counts what a cap of the month did not charge.

        A stay that ends before it begins is a clock that cannot be true, and a ValueError: it has no price,
        least of all a price of nothing. The caller sets such a stay aside first.
        """
        start, end = _between(entered_at, until)
        history = History(free_used, week_fen, month_fen)
        price = self._price(start, end, kind, seen, place, rights, earlier, history)
        if settled is None or self.after_exit_window is not Overstay.EXTRA:
            return price
        then = min(max(seconds_since_1970(settled.at), start), end)
        priced_then = self._price(start, then, kind, seen, place, rights, earlier, history)
        forgiven = priced_then.fen - settled.paid_fen
        return _less(price, "settled", min(max(0, forgiven), price.fen), {"paid_fen": settled.paid_fen})

    def _price(
        self,
        start: int,
        end: int,
        kind: str,
        seen: str,
        place: Place,
        rights: Sequence[AccessRight],
        earlier: Sequence[EarlierSession],
        history: History,
    ) -> Price:
        vehicle = self.class_of(kind, seen)
        if kind in self.exempt or (vehicle and vehicle.rule is None):
            values: Values = {"kind": str(kind)}
            if vehicle and kind not in self.exempt:
                values["vehicle"] = vehicle.name
            return Price((PriceLine("exempt", 0, values, 0, end - start),))
        before = counted_together(self.reentry, earlier, start, place.zone) if self.reentry else []
        name = self._rule_name(vehicle.name if vehicle else "", before[0][0] if before else start, place)
        used = history.free_used and counts_free_uses(self._rules[name])
        if name in self._ends:
            around = Around(place, rights, start)
            whose = vehicle.name if vehicle else ""
            lines = self._by_entries(whose, (start, end), around, free=not before)
        else:
            lines = self._lines(name, before, (start, end), place, rights, free_used=used)
        lines = self._within_periods(name, lines, (start, end), place, history)
        return Price((*lines, *self._notes(name, start, end, place)))

    def uses_free(
        self,
        entered_at: datetime,
        left_at: datetime,
        kind: str,
        *,
        seen: str = "",
        place: Place = HERE,
        rights: Sequence[AccessRight] = (),
        earlier: Sequence[EarlierSession] = (),
    ) -> bool:
        """Return whether a stay that is over had free minutes that are counted for its plate."""
        price = self.price(entered_at, left_at, kind, seen=seen, place=place, rights=rights, earlier=earlier)
        free = self.free_of(entered_at, kind=kind, seen=seen, place=place)
        return price.has_free and free is not None and free.is_counted

    def free_of(self, entered_at: datetime, *, kind: str, seen: str = "", place: Place = HERE) -> Free | None:
        """Return the free minutes of a vehicle that enters at this moment, if it has any."""
        vehicle = self.class_of(kind, seen)
        start = seconds_since_1970(entered_at)
        name = self._rule_name(vehicle.name if vehicle else "", start, place)
        return self._rules.get(name, self.rule).free

    def stays_before(
        self, entered_at: datetime, earlier: Sequence[EarlierSession], place: Place
    ) -> tuple[int, datetime]:
        """Return how many earlier stays one that begins now continues, and since when another one could
        have begun that counts too.
        """
        start = seconds_since_1970(entered_at)
        before = counted_together(self.reentry, earlier, start, place.zone) if self.reentry else []
        counts_time = self.reentry is not None and self.reentry.window is not Window.DAY
        reach = self.reentry.seconds if self.reentry and counts_time else DAY
        first = before[0][0] if before else start
        return len(before), EPOCH + timedelta(seconds=first - reach)

    @cached_property
    def counts_days(self) -> bool:
        """Whether a price depends on the plate's earlier stays of the same date."""
        frees = (rule.free for rule in self._rules.values())
        return any(free and free.is_daily for free in frees)

    def _rule_name(self, vehicle: str, entered: int, place: Place) -> str:
        """Return the name of the rule for a class of vehicles that came in at this second."""
        if not self.seasons:
            return vehicle
        season = self.season_of(entered + offset(place.zone, entered), place)
        return f"{vehicle}@{season.name}" if season else vehicle

    def season_of(self, local: int, place: Place) -> Season | None:
        """Return the first season that an entry at this second of the wall clock is in."""
        day = date.fromordinal(local // DAY + FIRST_DAY)
        fitting = (one for one in self.seasons if one.enters(local % DAY) and one.holds(day, place.calendar))
        return next(fitting, None)

    def rule_for(self, kind: str, seen: str, start: int, end: int, place: Place) -> Rule:
        """Return the rule by which a stay is charged: of its class, its season and its length."""
        vehicle = self.class_of(kind, seen)
        rule = self._rules.get(self._rule_name(vehicle.name if vehicle else "", start, place), self.rule)
        if rule.turn and rule.turn.since is TurnFrom.START and end - start > rule.turn.after:
            return rule.turn.rule
        return rule

    def _lines(
        self,
        name: str,
        before: Times,
        stay: tuple[int, int],
        place: Place,
        rights: Sequence[AccessRight],
        *,
        free_used: bool,
    ) -> tuple[PriceLine, ...]:
        """Return the lines of this stay; counted as one with those before, less what they cost."""
        reentry, around = self.reentry, Around(place, rights, stay[0])
        if free_used:
            return (self._free_used(name), *self._stays.lines(name, [stay], around, free=False))
        if not before or reentry is None or reentry.how is Reentering.NO_FREE:
            return tuple(self._stays.lines(name, [stay], around, free=not before))
        if reentry.how is Reentering.CAPPED:
            return self._within_visits(name, before, stay, place, rights, reentry)
        times = joined([*before, stay])
        past = joined(before)
        if reentry.gap is Gap.CHARGED:
            times, past = ([(part[0][0], part[-1][1])] for part in (times, past))
        around = around._replace(packed=reentry.gap is Gap.NOT_COUNTED)
        whole = Price(tuple(self._stays.lines(name, times, around)))
        due = Price(tuple(self._stays.lines(name, past, around))).fen
        return _less(whole, "earlier_stays", min(due, whole.fen), {"stays": len(before)}).lines

    def _by_entries(
        self, vehicle: str, stay: tuple[int, int], around: Around, *, free: bool
    ) -> tuple[PriceLine, ...]:
        """Return the lines of a stay of which each part is charged as if the car entered at its start.

        A part ends with the season of its start, and the last one with the stay. `free`: the first has free
        minutes; whether a stay is within a threshold depends on all of it from there on.
        """
        lines: list[PriceLine] = []
        start, end = stay
        while True:
            name = self._rule_name(vehicle, start, around.place)
            ends = self._ends.get(name)
            stop = min(end, next_time(start, ends.at, around.place.zone)) if ends else end
            found, stop = self._stays.up_to(name, (start, end), stop, around, free=free)
            lines += found
            if ends is None or stop == end:
                return tuple(lines)
            start, free = stop, bool(ends.free_again)
            lines.append(around.note("new_entry", {"at": hh_mm(ends.at)}, start, end))

    def _free_used(self, name: str) -> PriceLine:
        """Return the line that says why there are no free minutes; it is stored with a charge."""
        free = self._rules[name].free
        assert free, "only a rule that gives them says that they are used"
        values: Values = {"minutes": whole_minutes(free.seconds)}
        if free.repeat is Repeat.ONCE_A_DAY:
            return PriceLine("free_used_today", 0, values)
        code = "free_used_day" if free.is_daily else "free_used_month"
        return PriceLine(code, 0, {**values, "n": free.times})

    def _within_periods(
        self, name: str, lines: tuple[PriceLine, ...], stay: tuple[int, int], place: Place, history: History
    ) -> tuple[PriceLine, ...]:
        """Return the lines of a stay, or one of what the cap of its week or month leaves after those before.

        `week_before` and `month_before` store with a charge what these have cost.
        """
        notes = []
        for cap in self._rules[name].plate_caps:
            most = cap.fen * periods_reached(cap.period, *stay, place.zone)
            before = history.fen_in(cap.period)
            left = max(0, most - before)
            fen = sum(line.fen for line in lines)
            if fen > left:
                values: Values = {"amount_fen": most}
                if cap.period is CalendarPeriod.MONTH and CalendarPeriod.WEEK in self.periods:
                    values["week_fen"] = fen
                lines = (PriceLine(cap.key, left, values, lines[0].start, lines[-1].end),)
            if before:
                notes.append(PriceLine(f"{cap.period}_before", 0, {"before_fen": before}))
        return (*lines, *notes)

    def _within_visits(
        self,
        name: str,
        before: Times,
        stay: tuple[int, int],
        place: Place,
        rights: Sequence[AccessRight],
        reentry: Reentry,
    ) -> tuple[PriceLine, ...]:
        """Return the lines of a stay that shares a cap with those before it, one for each window reached."""
        charged = 0
        for index, one in enumerate(before):
            around = Around(place, rights, one[0])
            lines = self._stays.lines(name, [one], around, free=reentry.free_again or not index)
            fen = sum(line.fen for line in lines)
            most = reentry.cap * _windows(reentry, before[0][0], one[1], place.zone)
            charged += min(fen, max(0, most - charged)) if index else fen
        lines = self._stays.lines(name, [stay], Around(place, rights, stay[0]), free=reentry.free_again)
        most = reentry.cap * _windows(reentry, before[0][0], stay[1], place.zone)
        left = max(0, most - charged)
        if sum(line.fen for line in lines) <= left:
            return tuple(lines)
        values: Values = {"amount_fen": most, "before_fen": charged, "stays": len(before)}
        return (PriceLine("visits_cap", left, values, lines[0].start, lines[-1].end),)

    def _notes(self, name: str, start: int, end: int, place: Place) -> list[PriceLine]:
        """Return the lines that cost nothing and only say something about the stay."""
        notes = []
        if self.max_stay is not None and end - start > self.max_stay:
            values: Values = {"minutes": self.max_stay // MINUTE}
            notes.append(PriceLine("over_max_stay", 0, values, self.max_stay, end - start))
        if self._names_holidays or self._stays.courses_of(name, free=True).dated:
            last = _local_day(end, place.zone) + timedelta(days=self.rule.eves)  # is it before a holiday?
            years = range(_local_day(start, place.zone).year, last.year + 1)
            notes += [
                PriceLine("calendar_unknown", 0, {"year": year})
                for year in years
                if year not in place.calendar.years
            ]
        return notes

    @cached_property
    def _names_holidays(self) -> bool:
        """Whether a season is a public holiday, whatever its date."""
        return any(season.holidays for season in self.seasons)

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        """The rules by name: of a class, of a class@season, and the other rule of long stays with a >."""
        rules = {"": self.rule} | {one.name: one.rule for one in self.classes if one.rule}
        for season in self.seasons:
            rules |= {f"{vehicle}@{season.name}": rule for vehicle, rule in season.rules.items()}
        return rules | {f"{name}>": rule.turn.rule for name, rule in rules.items() if rule.turn}

    @cached_property
    def _ends(self) -> dict[str, SeasonEnd]:
        """When the prices of an entry end, by the name of their rule, for those that do."""
        found = {name: self.ends for name in self._rules if "@" not in name}
        for season in self.seasons:
            found |= {f"{vehicle}@{season.name}": season.ends for vehicle in season.rules}
        return {name: ends for name, ends in found.items() if ends}

    @cached_property
    def _stays(self) -> SingleStays:
        return SingleStays(self._rules, self.passes)


def counts_free_uses(rule: Rule) -> bool:
    """Return whether a plate has the free minutes of this rule only so many times a day or month."""
    return rule.free is not None and rule.free.is_counted


def _less(price: Price, code: str, fen: int, values: Values) -> Price:
    """Return a price less what was settled before, as its last line."""
    return Price((*price.lines, PriceLine(code, -fen, values))) if fen else price


def _windows(reentry: Reentry, first: int, end: int, zone: ZoneInfo) -> int:
    """Return how many windows, counted from the first entry, stays reach into that end here."""
    last = max(first, end - 1)
    if reentry.window is Window.DAY:
        return 1 + (_local_day(last, zone) - _local_day(first, zone)).days
    return 1 + (last - first) // reentry.seconds


def periods_reached(period: CalendarPeriod, first: int, end: int, zone: ZoneInfo) -> int:
    """Return how many calendar weeks or months a stay reaches into."""
    begin, last = (_local_day(at, zone) for at in (first, max(first, end - 1)))
    if period is CalendarPeriod.WEEK:
        return 1 + (last.toordinal() - 1) // 7 - (begin.toordinal() - 1) // 7  # day 1 is a Monday
    return 1 + 12 * (last.year - begin.year) + last.month - begin.month


def _local_day(at: int, zone: ZoneInfo) -> date:
    return date.fromordinal((at + offset(zone, at)) // DAY + FIRST_DAY)


def _between(entered_at: datetime, until: datetime) -> tuple[int, int]:
    """Return both ends in seconds since 1970, whole seconds apart.

    By way of UTC: in one zone Python would subtract wall clocks.
    """
    try:
        since = entered_at - EPOCH
        stay = until - EPOCH - since
    except TypeError as error:
        raise ValueError("a stay needs aware times") from error
    if stay.days < 0:
        raise ValueError("a stay cannot end before it begins")
    start = since.days * DAY + since.seconds
    return start, start + stay.days * DAY + stay.seconds
