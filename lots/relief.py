"""Rights that stand in for money, such as coupons: the app that keeps them says so when it starts.

The car park knows nothing of them. When a car stands at an exit and owes, it asks here once, in the
transaction that holds its stay; rights that bring the fee to nothing have been used when this answers.
"""

from collections.abc import Callable
from datetime import datetime

from lots.models import ParkingSession
from lots.tariffs import Price

type Relief = Callable[[ParkingSession, Price, datetime], int]
_reliefs: list[Relief] = []


def add_relief(relief: Relief) -> Relief:
    """Register a function that says what is still due (fen) with the rights that it keeps."""
    if relief not in _reliefs:
        _reliefs.append(relief)
    return relief


def still_due(session: ParkingSession, price: Price, due_fen: int, *, at: datetime) -> int:
    """Return what is still due of a stay, which the caller holds locked."""
    return min((relief(session, price, at) for relief in _reliefs), default=due_fen)
