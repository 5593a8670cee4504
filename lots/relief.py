"""Discounts that the car park does not know, such as coupons: payments registers them at start-up.

When a car stands at an exit and owes, it asks here once, in the
transaction that holds its stay; coupons that bring the fee to nothing have been used when this answers.
"""

from collections.abc import Callable
from datetime import datetime

from lots.models import ParkingSession
from lots.tariffs import Price

type Relief = Callable[[ParkingSession, Price, datetime], int]
_reliefs: dict[Relief, str] = {}


def add_relief(condition: str) -> Callable[[Relief], Relief]:
    """Register a function that returns what is still due (fen) with the coupons that it knows.

    `condition`: SQL that is true where the session `s` may have such a coupon; only then is it called.
    """

    def register(relief: Relief) -> Relief:
        _reliefs[relief] = condition
        return relief

    return register


def condition() -> str:
    """Return SQL that is true where the session `s` may have a coupon."""
    return " OR ".join(f"({each})" for each in _reliefs.values()) or "1 = 0"


def still_due(session: ParkingSession, price: Price, due_fen: int, *, at: datetime) -> int:
    """Return what is still due of a stay, which the caller holds locked."""
    return min((relief(session, price, at) for relief in _reliefs), default=due_fen)
