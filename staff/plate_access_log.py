"""Record of staff access to plates (号牌查阅记录): one row per search and per page of whole plates.

A row holds neither the plate nor what was typed: who, when, where, how, and how many sessions or permits it
showed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from staff.models import PlateAccess

if TYPE_CHECKING:
    from lots.models import ParkingSession, Permit


def note_shown(rows: Iterable["ParkingSession | Permit"], *, staff: Any, at: datetime) -> None:
    """Record that the plates of these rows are shown whole: one row per lot."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.lot_id] = counts.get(row.lot_id, 0) + 1
    PlateAccess.objects.bulk_create(
        PlateAccess(staff=staff, lot_id=lot, kind=PlateAccess.Kind.SHOWN, count=count, at=at)
        for lot, count in counts.items()
    )
