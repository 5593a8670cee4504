"""What a report is asked for, and what it is: columns, rows, and one series to draw. Values stay integers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from lots.models import Lot
from payments.business_days import bounds

MOST_DAYS = 92


class Unit(Enum):
    TEXT = "text"
    COUNT = "count"
    FEN = "fen"  # shown as yuan
    SHARE = "share"  # a text such as 12.5%


@dataclass(frozen=True)
class ReportRange:
    """Some lots, and whole days of their own zones, both ends included; MOST_DAYS at most."""

    lots: Sequence[Lot]
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=ago) for ago in range((self.last - self.first).days + 1)]

    def zones(self) -> Iterator[tuple[ZoneInfo, list[int], datetime, datetime]]:
        """Yield each time zone with the ids of its lots and when the period begins and ends there."""
        zones: dict[str, list[Lot]] = {}
        for lot in self.lots:
            zones.setdefault(lot.zone, []).append(lot)
        for lots in zones.values():
            zone = lots[0].tz
            yield zone, [lot.pk for lot in lots], bounds(self.first, zone)[0], bounds(self.last, zone)[1]


@dataclass(frozen=True)
class Report:
    """A table, its sums, and the series that is drawn above it."""

    columns: Sequence[tuple[str, Unit]]
    rows: Sequence[Sequence[str | int]]
    drawn: str  # what the bars show
    bars: Sequence[tuple[str, int]]
    unit: Unit = Unit.COUNT
    totals: Sequence[str | int] = ()
    note: str = ""
    limit: int = 0  # what the bars cannot exceed in practice: bays; 0 for nothing of the kind
