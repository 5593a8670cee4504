"""What coupons (停车券) take off a stay, and which of them go together. Pure: no database, no clock.

Order of stacking, whatever order they are shown in:

    all_free   takes all; nothing after it is needed, so nothing after it is used
    tariff     the stay is priced by another tariff where that is cheaper
    minutes    time that is not charged; at which end of the stay is the coupon's `position`
    percent    of what is left then; a part of a fen goes to the driver
    amount     fen off what is left at the end, so that a percentage never makes it smaller

Positions of minutes. A stay of 1 h 28 min at 7.00 for the first hour, then 3.50 for each half hour, costs
10.50; with a coupon of 60 minutes:

    shift_entry   as if the car had come 60 minutes later: 28 min, a first hour: 7.00
    deduct_head   less what the first 60 minutes cost: 10.50 - 7.00 = 3.50
    deduct_tail   as if the car had left 60 minutes earlier: 28 min: 7.00

`shift_entry` and `deduct_tail` differ where the price depends on the hour. Minutes of several coupons add up
per position. Where a longer stay never costs less without coupons, neither does it with them, but for two
coupons of minutes of which one has a ceiling (`most_fen`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from lots.tariffs import Price, PriceLine

type Pricing = Callable[[datetime, datetime], Price]
type Costs = Callable[[datetime, datetime], int]
CLOCKS = timedelta(minutes=10)  # by which two machines may differ, or a clock be set back after the issue
MINUTE = timedelta(minutes=1)


class CouponKind(StrEnum):
    """In the order in which they are taken off."""

    ALL_FREE = "all_free"
    TARIFF = "tariff"
    MINUTES = "minutes"
    PERCENT = "percent"
    AMOUNT = "amount"


class Position(StrEnum):
    """Which minutes of the stay a coupon of minutes pays for."""

    SHIFT_ENTRY = "shift_entry"
    DEDUCT_HEAD = "deduct_head"
    DEDUCT_TAIL = "deduct_tail"


class Refusal(StrEnum):
    """Why a coupon does not count for a stay. A page makes one sentence of each."""

    UNKNOWN = "unknown"  # no coupon of this lot has this code
    USED = "used"
    REVOKED = "revoked"
    IN_USE = "in_use"  # another car is being paid for with it right now
    EXPIRED = "expired"
    OTHER_DAY = "other_day"  # good on the day of its issue alone
    ENTRY_TIME = "entry_time"  # the car came in outside of the hours it is for
    NOT_TOGETHER = "not_together"  # it or another one stands alone
    PER_STAY = "per_stay"  # as many of its sort count already
    MOST_MINUTES = "most_minutes"  # the stay has all the minutes that coupons may give it
    NOT_HERE = "not_here"  # the lot's parking system does not count it
    WAITING = "waiting"  # the lot's parking system has not answered yet
    NOTHING_LEFT = "nothing_left"  # there is nothing left that it could take


@dataclass(frozen=True)
class Right:
    """One coupon in plain values."""

    key: int
    kind: CouponKind
    value: int = 0  # fen, minutes, or percent off; 0 for the others
    position: Position = Position.SHIFT_ENTRY
    most_fen: int | None = None  # it takes no more than this
    other: Pricing | None = None  # of a `tariff` coupon


@dataclass(frozen=True)
class CouponTerms:
    """How a coupon goes together with others."""

    sort: int  # coupons of one offer are of one sort
    stackable: bool = True
    per_stay: int = 1
    most_minutes: int | None = None  # that coupons of this sort give one stay


@dataclass(frozen=True)
class CouponWindow:
    """When a coupon counts."""

    issued_at: datetime
    valid_until: datetime
    same_day: bool = False
    entry_from: time | None = None  # both or none; from 22:00 to 06:00 goes over midnight
    entry_to: time | None = None


@dataclass(frozen=True)
class Taken:
    """What one coupon took, in fen, and what it is worth by its face (see `face_fen`)."""

    key: int
    fen: int
    line: PriceLine


@dataclass(frozen=True)
class CouponedPrice:
    """What a stay costs with its coupons. `lines` add up to `fen`; coupon lines are negative:

    coupon_all_free   -
    coupon_tariff     -
    coupon_minutes    minutes, position
    coupon_percent    percent
    coupon_amount     amount_fen
    """

    price: Price
    taken: tuple[Taken, ...] = ()

    @property
    def relief_fen(self) -> int:
        return sum(one.fen for one in self.taken)

    @property
    def fen(self) -> int:
        return self.price.fen - self.relief_fen

    @property
    def lines(self) -> tuple[PriceLine, ...]:
        return (*self.price.lines, *(one.line for one in self.taken if one.fen))


def reduce(pricing: Pricing, entered_at: datetime, until: datetime, rights: Iterable[Right]) -> CouponedPrice:
    """Return what the stay [entered_at, until) costs with these coupons, and what each took.

    Never below zero, and no coupon makes a stay dearer: one that would takes nothing.
    """
    price = pricing(entered_at, until)
    stay = _Stay(entered_at, until, lambda a, b: pricing(a, b).fen, price.fen)
    order = list(CouponKind)
    inorder = sorted(rights, key=lambda right: order.index(right.kind))  # stable: as shown within a kind
    return CouponedPrice(price, tuple(stay.take(right) for right in inorder))


@dataclass
class _Stay:
    """What is left of a stay while one coupon after another is taken off."""

    entered_at: datetime
    until: datetime
    costs: Costs
    left: int

    def __post_init__(self) -> None:
        self.minutes: Counter[Position] = Counter()
        self.timed = self.left  # what the time costs that no coupon pays for, ceilings apart

    def take(self, right: Right) -> Taken:
        fen = max(0, min(self.left, self._worth(right)))
        if right.most_fen is not None:
            fen = min(fen, right.most_fen)
        self.left -= fen
        return Taken(right.key, fen, PriceLine(f"coupon_{right.kind}", -fen, _values(right)))

    def _worth(self, right: Right) -> int:
        match right.kind:
            case CouponKind.ALL_FREE:
                return self.left
            case CouponKind.PERCENT:
                return -(-self.left * right.value // 100)
            case CouponKind.AMOUNT:
                return right.value
            case CouponKind.TARIFF:
                self.costs = _cheaper(self.costs, right.other)
            case CouponKind.MINUTES:
                self.minutes[right.position] += right.value
        before, self.timed = self.timed, min(self.timed, self._charged())
        return before - self.timed

    def _charged(self) -> int:
        """Return what the time costs that no coupon of minutes pays for."""
        shift, head, tail = (self.minutes[position] * MINUTE for position in Position)
        begin = min(self.entered_at + shift, self.until)
        end = max(self.until - tail, begin)
        charged = self.costs(begin, end)
        return charged - self.costs(begin, min(begin + head, end)) if head else charged


def _cheaper(costs: Costs, other: Pricing | None) -> Costs:
    assert other is not None, "a coupon of this kind brings its tariff"
    return lambda begin, end: min(costs(begin, end), other(begin, end).fen)


def _values(right: Right) -> dict[str, int | str]:
    match right.kind:
        case CouponKind.MINUTES:
            return {"minutes": right.value, "position": right.position.value}
        case CouponKind.PERCENT:
            return {"percent": right.value}
        case CouponKind.AMOUNT:
            return {"amount_fen": right.value}
    return {}


def face_fen(pricing: Pricing, entered_at: datetime, right: Right, taken_fen: int) -> int:
    """Return what a coupon is worth by its face: its amount, or the price of its minutes from the entry.

    The other kinds have no face of their own: what they took when they were first used is their face.
    """
    if right.kind is CouponKind.AMOUNT:
        return right.value
    if right.kind is CouponKind.MINUTES:
        return pricing(entered_at, entered_at + right.value * MINUTE).fen
    return taken_fen


def refusal(window: CouponWindow, *, entered_at: datetime, at: datetime, zone: tzinfo) -> Refusal | None:
    """Return why a coupon does not count at `at` for a car that came in then; None if it does."""
    if at >= window.valid_until or at < window.issued_at - CLOCKS:
        return Refusal.EXPIRED
    if window.same_day and at.astimezone(zone).date() != window.issued_at.astimezone(zone).date():
        return Refusal.OTHER_DAY
    if window.entry_from is not None and window.entry_to is not None:
        came = entered_at.astimezone(zone).time()
        if not _within(came, window.entry_from, window.entry_to):
            return Refusal.ENTRY_TIME
    return None


def _within(clock: time, begin: time, end: time) -> bool:
    """Return whether a time of day is in [begin, end), which may go over midnight."""
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def choose(
    shown: Sequence[tuple[Right, CouponTerms]], *, kept: int = 0
) -> tuple[list[Right], dict[int, Refusal]]:
    """Return the coupons that count together, and why each other one does not; the first shown come first.

    The first `kept` are in use for this stay already and count whatever the terms of the later ones say.
    Minutes beyond what the terms allow are cut off.
    """
    chosen: list[tuple[Right, CouponTerms]] = list(shown[:kept])
    refused: dict[int, Refusal] = {}
    for right, terms in shown[kept:]:
        fits = _fits(right, terms, chosen)
        if isinstance(fits, Refusal):
            refused[right.key] = fits
        else:
            chosen.append((fits, terms))
    return [right for right, _ in chosen], refused


def _fits(right: Right, terms: CouponTerms, chosen: Sequence[tuple[Right, CouponTerms]]) -> Right | Refusal:
    same = [known for known, other in chosen if other.sort == terms.sort]
    if chosen and not (terms.stackable and all(other.stackable for _, other in chosen)):
        return Refusal.NOT_TOGETHER
    if len(same) >= terms.per_stay:
        return Refusal.PER_STAY
    if right.kind is CouponKind.MINUTES and terms.most_minutes is not None:
        rest = terms.most_minutes - sum(known.value for known in same)
        if rest <= 0:
            return Refusal.MOST_MINUTES
        return replace(right, value=min(right.value, rest))
    return right


def end_of_day(at: datetime, zone: tzinfo) -> datetime:
    """Return the midnight that ends the lot's day."""
    day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone)
