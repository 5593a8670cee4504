"""What every simulated parking system owns: cars, what they owe, bills, and payments counted once."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Counted(StrEnum):
    """What became of a payment that the system was notified of."""

    NOW = "now"
    BEFORE = "before"  # the same number again
    GONE = "gone"  # the car has left, or there is no such session
    TOO_OLD = "too_old"  # the bill is older than the vendor accepts


@dataclass
class ParkedCar:
    """One car inside. Amounts in fen; `price_fen` is what the whole stay costs now."""

    plate: str
    entered_at: datetime
    price_fen: int
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    paid_fen: int = 0
    relief_fen: int = 0  # taken off by coupons
    is_permit: bool = False
    lane: str = ""  # the vendor's number of the exit lane in which it stands
    has_left: bool = False

    @property
    def due_fen(self) -> int:
        return 0 if self.is_permit else max(0, self.price_fen - self.paid_fen - self.relief_fen)


@dataclass(frozen=True)
class Bill:
    """One answer to the question what a car owes."""

    number: str
    car: ParkedCar
    due_fen: int
    made_at: datetime


@dataclass(frozen=True)
class CountedPayment:
    """A payment that was counted, for the vendor's daily list."""

    number: str
    amount_fen: int
    paid_at: datetime
    car: ParkedCar


class CarPark:
    """The cars of one simulated lot. Safe to use from several threads."""

    bill_life = timedelta(minutes=10)

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.cars: list[ParkedCar] = []
        self.bills: dict[str, Bill] = {}
        self.payments: dict[str, CountedPayment] = {}
        self.coupons: dict[str, int] = {}  # number → fen that it took

    def clear(self) -> None:
        with self.lock:
            self.cars.clear()
            self.bills.clear()
            self.payments.clear()
            self.coupons.clear()

    def enter(self, plate: str, price_fen: int, *, minutes: int = 61, is_permit: bool = False) -> ParkedCar:
        """Add a car that came `minutes` ago and owes an amount."""
        with self.lock:
            car = ParkedCar(plate, now() - timedelta(minutes=minutes), price_fen, is_permit=is_permit)
            self.cars.append(car)
            return car

    def leave(self, plate: str) -> None:
        with self.lock:
            for car in self.cars:
                car.has_left |= car.plate == plate

    def inside(self, plate: str) -> ParkedCar | None:
        return self._first(lambda car: car.plate == plate and not car.has_left)

    def in_lane(self, lane: str) -> ParkedCar | None:
        return self._first(lambda car: bool(lane) and car.lane == lane and not car.has_left)

    def by_session(self, session: str) -> ParkedCar | None:
        return self._first(lambda car: car.session == session)

    def _first(self, fits: Callable[[ParkedCar], bool]) -> ParkedCar | None:
        with self.lock:
            return next(filter(fits, self.cars), None)

    def bill(self, car: ParkedCar) -> Bill:
        """Return a new bill; vendors make one for each question."""
        with self.lock:
            bill = Bill(secrets.token_hex(8), car, car.due_fen, now())
            self.bills[bill.number] = bill
            return bill

    def give(self, car: ParkedCar | None, number: str, fen: int) -> Counted:
        """Count a coupon for a stay, once for each number."""
        with self.lock:
            if number in self.coupons:
                return Counted.BEFORE
            if car is None or car.has_left:
                return Counted.GONE
            self.coupons[number] = min(fen, car.due_fen)
            car.relief_fen += self.coupons[number]
            return Counted.NOW

    def count(
        self, car: ParkedCar | None, number: str, amount_fen: int, *, bill: Bill | None = None
    ) -> Counted:
        """Count a payment, once for each number."""
        with self.lock:
            if number in self.payments:
                return Counted.BEFORE
            if car is None or car.has_left:
                return Counted.GONE
            if bill is not None and now() - bill.made_at > self.bill_life:
                return Counted.TOO_OLD
            car.paid_fen += amount_fen
            self.payments[number] = CountedPayment(number, amount_fen, now(), car)
            return Counted.NOW


def now() -> datetime:
    return datetime.now(UTC)


def worth(kind: str, value: int, due_fen: int) -> int:
    """Return what a coupon takes off in these simulated lots, where a minute costs 0.10."""
    minute_fen = 10
    worths = {"all_free": due_fen, "minutes": value * minute_fen, "percent": due_fen * value // 100}
    return min(due_fen, worths.get(kind, value))
