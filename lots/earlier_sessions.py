"""The earlier stays of a car, where a tariff says how one is charged that comes back soon."""

from lots.models import ParkingSession
from lots.tariffs import EarlierSession, Tariff


def earlier_sessions(tariff: Tariff, session: ParkingSession) -> list[EarlierSession]:
    """Return the stays of the same car in the lot that are over and not forgotten, if they matter."""
    if tariff.reentry is None or session.plate_index is None:
        return []
    rows = ParkingSession.objects.filter(
        lot_id=session.lot_id,
        plate_index=session.plate_index,
        entered_at__lt=session.entered_at,
        left_at__isnull=False,
    ).values_list("entered_at", "left_at")
    return [EarlierSession(entered_at, left_at) for entered_at, left_at in rows if entered_at and left_at]
