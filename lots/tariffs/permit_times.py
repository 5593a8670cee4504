"""Passes (通行权限) as plain values: which part of a stay they cover."""

from dataclasses import dataclass
from datetime import datetime

from lots.tariffs.charging_rules import Pass
from lots.tariffs.day_kinds import KINDS


@dataclass(frozen=True)
class AccessRight:
    """From `valid_from` until `valid_until` this car parks free; the rest of its stay is charged.

    `start` and `end`: only in these hours of the day (seconds after midnight on the lot's wall clock, both
    equal: all day), on days of these kinds; after midnight the day on which the hours began decides.
    `name` appears in the explanation. One that ends as it begins covers nothing: the car had it at that
    moment.
    """

    name: str
    valid_from: datetime
    valid_until: datetime
    start: int = 0
    end: int = 0
    days: frozenset[str] = frozenset(KINDS)

    @property
    def follows_the_clock(self) -> bool:
        """Whether the lot's zone or calendar can change what it covers."""
        return self.start != self.end or len(self.days) < len(KINDS)


def right_of(sold: Pass, valid_from: datetime, valid_until: datetime) -> AccessRight:
    """Return the right that a pass of the tariff gives in this time."""
    return AccessRight(sold.name, valid_from, valid_until, sold.start, sold.end, sold.days)
