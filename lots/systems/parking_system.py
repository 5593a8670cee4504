"""The contract of a parking system: it owns the session, answers what it costs, and is notified of payment.

Everything after these two calls (page, payment, refund, reconciliation) is the same for every system. All
values are plain; money is integer fen, times are aware. An ordinary answer is a value, never an exception,
and `charge` has no effect: it writes no row and opens no barrier.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from lots.plates import Plate
from lots.tariffs import CNY, Currency, PriceLine

LONGEST_REFERENCE = 64  # ASCII characters; it travels inside the sealed charge


class Nothing(StrEnum):
    """Why there is nothing to pay. The driver's page never shows which (the plate oracle); staff see it."""

    ABSENT = "absent"
    FREE = "free"  # within the free minutes, or exempt
    PERMIT = "permit"  # where the system tells it from that
    PAID = "paid"  # and still within the exit window, or paid in full
    NO_LANE_CAR = "no_lane_car"  # no car stands in that lane, or its plate was not read


class ChargeQuery(NamedTuple):
    """What is owed at `at`: for a plate, for the car in an exit lane, or for a charge answered before.

    `reference` and `session` repeat those of the earlier `Charge`. A page that still has the plate sends it
    along with them, for a system that cannot be asked by its own reference.
    """

    at: datetime
    plate: Plate | None = None
    lane: int | None = None  # id of our lane
    reference: str = ""
    session: str = ""


@dataclass(frozen=True)
class Charge:
    """What one session costs up to `until`, before discounts.

    `reference` names this answer and `session` the stay, both in the system's own terms; `settle` gets them
    back. The lines add up to `price_fen`; `due_fen` is what is left of it after `paid_fen` and whatever the
    system itself took off.
    """

    reference: str
    session: str
    price_fen: int
    paid_fen: int
    due_fen: int
    lines: tuple[PriceLine, ...]
    until: datetime
    valid_until: datetime
    entered_at: datetime | None = None
    has_left: bool = False  # the car left unpaid
    tariff_version: int | None = None  # None: the system has its own rules
    masked_plate: str = ""
    missed: tuple[PriceLine, ...] = ()  # free times and caps that did not apply, and why
    currency: Currency = CNY  # every amount is in its minor unit

    def __post_init__(self) -> None:
        """Refuse a charge that its own explanation does not add up to: no driver pays such an amount."""
        if self.lines and sum([line.fen for line in self.lines]) != self.price_fen:
            raise ValueError("the lines of a charge must add up to its price")


@dataclass(frozen=True)
class NothingDue:
    """There is nothing to pay. `session` is empty where no stay was found.

    `at_exit`: the car of that session stands held at an exit whose barrier is ours to open.
    """

    reason: Nothing
    session: str = ""
    leave_by: datetime | None = None
    at_exit: bool = False


@dataclass(frozen=True)
class Unreachable:
    """The system did not answer, or answered with a fault. Never shown as "no such car"."""

    fault: str = ""  # a code for staff; no plate and no text of the other side


@dataclass(frozen=True)
class SystemCoupon:
    """A parking coupon of ours as another system gets it. `code` is a number of ours, not the driver's code.

    `value`: fen or minutes, as `kind` says. `taken_fen`: what it took, in a settlement.
    """

    code: str
    kind: str  # a value of payments.coupons.coupon_rules.CouponKind
    value: int
    name: str
    shop: str
    shop_code: str
    most_fen: int | None = None
    taken_fen: int = 0


@dataclass(frozen=True)
class PaidCharge:
    """A charge was paid. `number` is ours and stays the same in every retry: count it once.

    `amount_fen` is what was paid; what `coupon` took was due besides, and may be all of it.
    """

    reference: str
    session: str
    number: str
    amount_fen: int
    paid_at: datetime
    channel: str
    lane: int | None = None
    plate: Plate | None = None  # only where we still hold it and the system needs it
    coupon: SystemCoupon | None = None


@dataclass(frozen=True)
class Accepted:
    """The system has counted the payment, now or earlier. `leave_by`: its own deadline, if it has one."""

    leave_by: datetime | None = None


@dataclass(frozen=True)
class SessionGone:
    """The session is over or the charge void: the money must be refunded."""


@dataclass(frozen=True)
class ReducedCharge:
    """A charge with a coupon: the coupon takes `taken_fen` of its `due_fen` once it is settled."""

    charge: Charge
    taken_fen: int


@dataclass(frozen=True)
class CouponRefused:
    """The system does not count this coupon for this stay: it stays as it was."""


@dataclass(frozen=True)
class TryAgain:
    """The outcome is unknown, or the system is busy: ask again with the same number."""

    fault: str = ""


class ParkingSystem(Protocol):
    """One lot's parking system. An instance is made for one lot and may be used by several threads.

    `can_ask_again`: it answers a query by `reference`. Where it cannot, a payment trusts the sealed charge
    until its `valid_until`.
    """

    can_ask_again: bool

    def charge(self, query: ChargeQuery) -> Charge | NothingDue | Unreachable: ...
    def settle(self, settlement: PaidCharge) -> Accepted | SessionGone | TryAgain: ...


@runtime_checkable
class ConfirmsNothing(Protocol):
    """A system that opens its barrier only after a bill of zero was settled too. An act, not a look-up."""

    def confirm_nothing(self, nothing: NothingDue) -> Accepted | TryAgain: ...


@runtime_checkable
class PricesCoupons(Protocol):
    """A system that is asked what a charge is with a coupon. The coupon is used by the settlement alone."""

    def charge_with(
        self, query: ChargeQuery, charge: Charge, coupon: SystemCoupon
    ) -> ReducedCharge | CouponRefused | Unreachable: ...


@runtime_checkable
class TakesCoupons(Protocol):
    """A system that counts a coupon for a stay at once, and answers the reduced fee from then on.

    An act, not a look-up. The same `code` counts once; `is_repeat`: an earlier call was not answered.
    """

    def give_coupon(
        self, coupon: SystemCoupon, *, session: str, is_repeat: bool
    ) -> Accepted | CouponRefused | TryAgain: ...


@dataclass(frozen=True)
class Paid:
    """One row of a system's paid list: the number that we gave, and what was paid."""

    number: str
    fen: int


@runtime_checkable
class ListsPayments(Protocol):
    """A system that gives the list of what was paid through us."""

    def paid_list(self, begin: datetime, end: datetime) -> list[Paid] | Unreachable: ...


@runtime_checkable
class ClosesAutopay(Protocol):
    """A system that may charge a session by itself: that is ended before a driver pays, or he pays twice."""

    def close_autopay(self, plate: Plate, *, entered_at: datetime) -> Accepted | TryAgain: ...
