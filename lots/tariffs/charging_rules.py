"""The parts of a charging rule as values. Only `reading` makes them, from a document that it checks.

Times within a stay are whole seconds, amounts are fen, times of day are seconds after midnight (the wall
clock of the lot's zone).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from lots.tariffs.day_kinds import Calendar, is_every_day

MINUTE, HOUR, DAY = 60, 3600, 86400
FOREVER = 10**12  # seconds; longer than any stay


def whole_minutes(seconds: int) -> int:
    """Return a limit in minutes as the document states it; one that counts as reached is a second shorter."""
    return -(-seconds // MINUTE)


class FreeMode(StrEnum):
    """What the free minutes are to a longer stay."""

    THRESHOLD = "threshold"  # it is charged from its first minute
    DEDUCT = "deduct"  # it is charged as if the car had come that much later


class Repeat(StrEnum):
    """When a car has its free minutes again."""

    ONCE = "once"  # never within a stay
    EACH_CYCLE = "each_cycle"  # in every cycle: each 24 h, or each calendar day
    ONCE_A_DAY = "once_a_day"  # never within a stay, and once for a plate among the entries of one date
    TIMES_A_DAY = "times_a_day"  # the same, so many times among the entries of one date
    TIMES_A_MONTH = "times_a_month"  # the same, so many times among the entries of one calendar month


class Rounding(StrEnum):
    STARTED = "started"  # a unit begun counts as a whole one
    FULL = "full"  # a unit counts when it is over


class StepsCount(StrEnum):
    """Since when the minutes of the steps are counted."""

    STAY = "stay"  # the steps run on over cycles and bands
    CYCLE = "cycle"  # they begin again in every cycle
    BAND = "band"  # they begin again whenever the car comes into another band


class Basis(StrEnum):
    """What a cycle is."""

    ENTRY = "from_entry"  # so many hours, counted from the entry
    DAY = "calendar_day"  # from one reset time of the wall clock to the next
    NONE = "none"  # there is none: the stay is one whole


class AfterCycle(StrEnum):
    """What happens at the end of a cycle to a band that goes on: to its steps, its flat amount, its cap."""

    BEGIN_AGAIN = "begin_again"  # they count from the beginning: each cycle is charged by itself
    RUN_ON = "run_on"  # they count for the whole band, however many cycles it touches


class CycleStarts(StrEnum):
    """From where cycles of hours are counted if free minutes are deducted at the start of a stay."""

    ENTRY = "entry"
    AFTER_FREE = "after_free"  # from the end of the deducted minutes


class CapsCount(StrEnum):
    PER_CYCLE = "per_cycle"  # the most that the cycle itself costs
    POOLED = "pooled"  # the most that the stay costs, for each cycle that it touches
    CUMULATIVE = "cumulative"  # the most that the stay costs up to the end of the cycle


class Crossing(StrEnum):
    """What happens to a unit when the car stays from one band into the next."""

    SUM = "sum_per_band"  # it ends there; each band is charged for its own part
    START = "unit_start"  # it runs on, at the price of the band in which it began


class BandDays(StrEnum):
    """Which date decides whether a band applies after midnight."""

    START = "start"  # the date on which the band began
    MOMENT = "moment"  # the date that it is


class Reentering(StrEnum):
    """How a car that comes back soon is charged."""

    ONE_STAY = "one_stay"  # as if it were one stay, less what was due before
    NO_FREE = "no_free"  # as a new stay, without free minutes
    CAPPED = "capped"  # as a new stay; all within the window cost at most so much together


class FreeAgain(StrEnum):
    """Which of several capped stays have free minutes."""

    EACH = "each"
    FIRST = "first"


class FreeAtEnd(StrEnum):
    """Whether a car that is still inside when the prices of its entry end has free minutes from then on."""

    AGAIN = "again"
    NONE = "none"


class Window(StrEnum):
    LEFT = "left"  # counted from when it left last
    ENTERED = "entered"  # counted from when it first came in
    DAY = "day"  # the same calendar day as when it first came in


class Gap(StrEnum):
    """What the time outside costs, where two stays count as one."""

    CHARGED = "charged"
    FREE = "free"  # but units and steps count on
    NOT_COUNTED = "not_counted"  # as if the car had never been outside


class Overstay(StrEnum):
    """What is due when a car leaves after its exit window."""

    EXTRA = "extra_time"  # what the time since the payment adds; what was settled stays settled
    RECOMPUTED = "recomputed"  # the price of the whole stay less what was paid


class TurnFrom(StrEnum):
    """What the other rule of a long stay is for."""

    START = "start"  # the whole stay
    THEN = "then"  # the time beyond the limit


class Limit(StrEnum):
    """A limit that can belong to what lies beyond it: a stay of exactly so long is then beyond it."""

    FREE = "free"  # the free minutes of a threshold
    STEPS = "steps"  # the end of a step, where the next one is one amount
    TAIL = "tail"  # the remainder that is not charged
    TURN = "turn"  # what another rule for the whole of a long stay begins at


class SumRounding(StrEnum):
    """How the sum of a stay becomes a whole amount."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


class Seen(StrEnum):
    """What a camera says a vehicle is, and what a class of vehicles is called."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    EXTRA_LARGE = "extra_large"
    SPECIAL = "special"  # machines, cranes
    GOODS = "goods"
    MOTORCYCLE = "motorcycle"
    NEW_ENERGY = "new_energy"


@dataclass(frozen=True)
class Free:
    seconds: int
    mode: FreeMode
    repeat: Repeat
    times: int = 1  # of a plate in one date or month, where these are counted
    charged_hours_only: bool = False  # they do not run in a band that is free
    counts_in_steps: bool = False  # deducted, but the steps count from the first of them

    @property
    def is_counted(self) -> bool:
        """Whether a plate has them only so many times among the entries of one date or month."""
        return self.is_daily or (self.seconds > 0 and self.repeat is Repeat.TIMES_A_MONTH)

    @property
    def is_daily(self) -> bool:
        """Whether a plate has them only so many times among the entries of one date."""
        return self.seconds > 0 and self.repeat in {Repeat.ONCE_A_DAY, Repeat.TIMES_A_DAY}

    @property
    def at_start(self) -> bool:
        """Whether they are the first minutes of a stay, and not of each of its cycles."""
        return self.repeat is not Repeat.EACH_CYCLE


@dataclass(frozen=True)
class Step:
    """Until this second (since the steps count) each unit costs `fen`.

    unit 0    one amount for the whole step, however little of it is used (`flat`).
    total     as unit 0, and it takes the place of all that the cycle has cost so far.
    parts     thousandths of a fen that a unit costs besides.
    """

    until: int  # FOREVER: the last
    unit: int
    fen: int
    total: bool = False
    parts: int = 0

    @property
    def costs(self) -> bool:
        return bool(self.fen or self.parts)


@dataclass(frozen=True)
class Band:
    """A part of the day with a price of its own (时段). Both ends equal: the whole day, beginning there."""

    name: str
    start: int
    end: int
    days: frozenset[str]
    steps: tuple[Step, ...]
    cap: int | None
    once: bool = False  # its one amount is for the whole stay, however often it touches the band

    @property
    def wraps(self) -> bool:
        return self.end <= self.start and self.start > 0


@dataclass(frozen=True)
class Cycle:
    basis: Basis
    seconds: int  # ENTRY: its length
    reset: int  # DAY: the time of day at which the next begins


@dataclass(frozen=True)
class Cap:
    """The most that cycles `first`…`last` cost each; or, cumulative, the stay up to their end.

    `later_adds`: by how much a cumulative cap rises with each cycle after `first`.
    """

    first: int
    last: int | None
    fen: int
    later_adds: int = 0


@dataclass(frozen=True)
class DayCap:
    """The most that a cycle costs which begins on a day of these kinds, instead of the usual cap."""

    days: frozenset[str]
    fen: int


@dataclass(frozen=True)
class LongCap:
    """The most that so many cycles in a row cost together: a week of days, a month of days."""

    cycles: int
    fen: int


class LeaveDay(StrEnum):
    """The date on which a car must leave for an offer: so many days after its entry."""

    SAME = "same"
    NEXT = "next"
    TWO, THREE, FOUR, FIVE, SIX, SEVEN = "2", "3", "4", "5", "6", "7"

    @property
    def days(self) -> int:
        words = {LeaveDay.SAME: 0, LeaveDay.NEXT: 1}
        return words[self] if self in words else int(self)


class OffersApply(StrEnum):
    """Which offer counts where several fit a stay."""

    FIRST = "first"
    CHEAPEST = "cheapest"


@dataclass(frozen=True)
class Offer:
    """A price for stays that begin and end at certain times, instead of what they would cost otherwise.

    `start`, `end`: the entry lies in [start, end), seconds after midnight, on a day of one of these kinds;
    `leave_by`: the exit is not later than this, counted from midnight before the entry; `longest`: nor later
    than so many seconds after the entry. One of the two is set.
    """

    name: str
    days: frozenset[str]
    start: int
    end: int
    leave_by: int | None
    fen: int
    is_cap: bool  # at most so much; otherwise exactly
    leave_from: int = 0  # the exit is not earlier than this, counted as `leave_by`
    longest: int | None = None

    def is_over(self, since_midnight: int, length: int) -> bool:
        """Return whether a stay ends too late for it: by the clock, or by the seconds that have passed."""
        if self.longest is not None:
            return length > self.longest
        return self.leave_by is not None and since_midnight > self.leave_by

    def may_end_before(self, other: "Offer") -> bool:
        """Return whether a stay can be too long for this one and still fit the other."""
        if self.longest is not None and other.longest is not None:
            return self.longest < other.longest
        if self.leave_by is not None and other.leave_by is not None:
            return self.leave_by < other.leave_by
        return True  # one counts by the clock and the other by the length


@dataclass(frozen=True)
class SharedCap:
    """The most that bands, by their indexes, cost together on the date on which they begin.

    `of_stay`: not on each date, but in the whole stay (夜间累计封顶).
    """

    bands: frozenset[int]
    fen: int
    of_stay: bool = False


class Nights(StrEnum):
    """For which nights a stay pays the amount for staying over night, or what else the amount is."""

    EACH = "each"
    ONCE = "once"  # the first alone
    LEAST = "least"  # it is no amount on top: a stay with a night costs at least so much


@dataclass(frozen=True)
class Overnight:
    """An amount on top of all others, caps included, for a stay that passes this time of day (过夜加收).

    With `until`, a night is from that time to this one, and each is paid of which a stay has any part. LEAST:
    the least that such a stay costs which costs anything (过夜最低收费).
    """

    at: int  # seconds after midnight, by the wall clock of the lot
    fen: int
    nights: Nights
    until: int | None = None

    @property
    def is_least(self) -> bool:
        """Whether it is the least that a stay with a night costs, and no amount on top."""
        return self.nights is Nights.LEAST


class CalendarPeriod(StrEnum):
    """What the stays of a plate are counted in, each by its time of entry."""

    WEEK = "week"  # Monday to Sunday
    MONTH = "month"


@dataclass(frozen=True)
class PlateCap:
    """The most that the stays of a plate cost together that entered in one calendar week or month."""

    period: CalendarPeriod
    fen: int

    @property
    def key(self) -> str:
        """Its setting in the document, which is also the code of its sentence and of its line."""
        return f"{self.period}_cap"


@dataclass(frozen=True)
class Sum:
    """The sum of a stay in multiples of `unit` fen."""

    unit: int
    how: SumRounding


@dataclass(frozen=True)
class Turn:
    """What stays longer than `after` seconds are charged by another rule: all of it, or what is beyond."""

    after: int
    since: TurnFrom
    rule: "Rule"


@dataclass(frozen=True)
class Rule:
    """What one class of vehicles is charged."""

    free: Free | None
    rounding: Rounding
    steps: tuple[Step, ...]  # outside all bands; empty where bands fill every day
    count: StepsCount
    cycle: Cycle
    caps: tuple[Cap, ...]
    caps_count: CapsCount
    stay_cap: int | None
    bands: tuple[Band, ...]
    crossing: Crossing
    band_days: BandDays
    after_cycle: AfterCycle
    cycle_starts: CycleStarts
    tail: int = 0  # so many seconds of a unit at its end are not charged
    long_caps: tuple[LongCap, ...] = ()
    offers: tuple[Offer, ...] = ()
    offers_apply: OffersApply = OffersApply.FIRST
    shared_caps: tuple[SharedCap, ...] = ()
    percent: int = 100  # of the sum is charged
    sum: Sum | None = None
    turn: Turn | None = None
    overnight: Overnight | None = None
    plate_caps: tuple[PlateCap, ...] = ()  # the week before the month, which caps what it leaves
    entry_fee: int = 0  # fen that a stay costs on top, if it costs anything
    stay_minimum: int = 0  # the least that a stay costs which costs anything
    reached: frozenset[Limit] = frozenset()  # limits that belong to what lies beyond them
    eves: bool = False  # days before holidays are a kind of day
    day_caps: tuple[DayCap, ...] = ()

    def cap_on(self, kind: str) -> int | None:
        """Return the cap of a cycle that begins on a day of this kind, if it is not the usual one."""
        return next((cap.fen for cap in self.day_caps if kind in cap.days), None)

    @property
    def cycle_caps(self) -> list[int]:
        """The caps that cycles can have, in fen."""
        return [cap.fen for cap in self.caps] + [cap.fen for cap in self.day_caps]

    def kind_of(self, calendar: Calendar) -> Callable[[int], str]:
        """Return the function from the ordinal of a day to its kind, as this rule tells days apart."""
        return calendar.kind_or_eve if self.eves else calendar.kind_of_ordinal

    @property
    def night_minimum(self) -> int:
        """The least that a stay with a night costs which costs anything."""
        return self.overnight.fen if self.overnight and self.overnight.is_least else 0

    @cached_property
    def free_hours(self) -> frozenset[int]:
        """The indexes of the bands that cost nothing; -1 for the time outside all bands, if that is free."""
        if not self.bands:
            return frozenset()
        tables = {index: band.steps for index, band in enumerate(self.bands)}
        tables |= {-1: self.steps} if self.steps else {}
        return frozenset(band for band, steps in tables.items() if not any(step.costs for step in steps))

    @property
    def is_stepped(self) -> bool:
        """Whether its price changes with the length of a stay, in a band or outside all."""
        return any(len(steps) > 1 for steps in (self.steps, *(band.steps for band in self.bands)))

    @cached_property
    def once_bands(self) -> frozenset[int]:
        """The indexes of the bands whose amount is due once in a stay."""
        return frozenset(index for index, band in enumerate(self.bands) if band.once)

    @property
    def follows_the_clock(self) -> bool:
        """Whether a price depends on the times of day of a stay, and not on its length alone."""
        by_day = self.cycle.basis is Basis.DAY
        return bool(self.bands or self.offers or self.day_caps) or self.overnight is not None or by_day

    @cached_property
    def last_step_begins(self) -> int:
        """From this second of its count on, every list of steps is in its last step."""
        tables = (self.steps, *(band.steps for band in self.bands))
        return max((steps[-2].until for steps in tables if len(steps) > 1), default=0)


class Measure(StrEnum):
    """What a board counts or measures of a vehicle."""

    AXLES = "axles"
    SEATS = "seats"
    LENGTH = "length"  # metres
    LOAD = "load"  # tonnes

    @property
    def is_counted(self) -> bool:
        """Whether it has whole numbers only."""
        return self in {Measure.AXLES, Measure.SEATS}


@dataclass(frozen=True)
class VehicleSize:
    """Which vehicles a class is, for who reads the board (三轴、四轴). It changes no price: cameras and staff
    class a vehicle.

    Numbers as the board has them, empty where there is no limit: `least` and `most` include it, `above` and
    `below` do not.
    """

    measure: Measure
    least: str = ""
    above: str = ""
    most: str = ""
    below: str = ""


@dataclass(frozen=True)
class VehicleClass:
    """A class with a rule of its own: by kind of plate, or by what the camera says the vehicle is."""

    name: str
    kinds: frozenset[str]
    seen_as: frozenset[str]
    rule: Rule | None  # None: exempt
    size: VehicleSize | None = None


@dataclass(frozen=True)
class Reentry:
    how: Reentering
    window: Window
    seconds: int
    gap: Gap
    cap: int = 0  # CAPPED: fen for all stays together
    free_again: bool = True  # CAPPED: each stay has its own free minutes


@dataclass(frozen=True)
class Pass:
    """A pass that the lot sells (日票、夜票、月卡): its price, and the hours of which days it covers."""

    name: str
    fen: int
    start: int
    end: int
    days: frozenset[str]
    otherwise: int = 100  # so many hundredths are charged of the sum for the time that it does not cover

    @property
    def is_for_all_hours(self) -> bool:
        """Whether it covers every hour of every day."""
        return self.start % DAY == self.end % DAY and is_every_day(self.days)
