"""What a plate's earlier stays mean for the price of a stay, where the tariff counts them."""

from typing import NamedTuple

from lots import daily_free, plate_months
from lots.models import ParkingSession
from lots.tariffs import Place, Tariff


class History(NamedTuple):
    """Whether the counted free minutes are used, and what the stays of the month before cost, in fen."""

    free_used: bool = False
    month_fen: int = 0


def history_of(tariff: Tariff, session: ParkingSession, place: Place) -> History:
    """Return what the earlier stays of the plate mean for this one."""
    if not tariff.has_history or session.entered_at is None:
        return History()
    free = tariff.free_of(
        session.entered_at, kind=session.plate_kind, seen=session.vehicle_class, place=place
    )
    is_daily = free is not None and free.is_daily
    if is_daily and not tariff.caps_months:
        return History(daily_free.is_used(tariff, session, place))
    month = plate_months.before(tariff, session, place)
    used = free is not None and month.free_visits >= free.times
    if is_daily:
        used = daily_free.is_used(tariff, session, place)
    return History(used, month.fen)
