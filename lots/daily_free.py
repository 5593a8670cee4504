"""Whether a plate had its free minutes of a date before, where a tariff counts them (每日一次、每日 N 次)."""

from datetime import datetime, time

from lots.earlier_sessions import earlier_sessions
from lots.models import FreeMinutesUse, ParkingSession
from lots.permit_coverage import active_for
from lots.tariffs import Place, Tariff


def is_used(tariff: Tariff, session: ParkingSession, place: Place) -> bool:
    """Return whether earlier stays of the same plate, entered on the same date, had all its free minutes.

    Earlier stays are known while their plates are stored; `FreeMinutesUse` counts those that were erased
    before the date was over.
    """
    entered_at = session.entered_at
    if entered_at is None or session.plate_index is None:
        return False
    day = entered_at.astimezone(place.zone).date()
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    free = tariff.free_of(entered_at, kind=session.plate_kind, seen=session.vehicle_class, place=place)
    left = free.times if free else 1
    for row in FreeMinutesUse.objects.filter(**mine, day=day, used_at__lte=entered_at):
        left -= row.uses
    since = datetime.combine(day, time(), place.zone)
    earlier = ParkingSession.objects.filter(
        **mine, entered_at__gte=since, entered_at__lt=entered_at, left_at__isnull=False
    )
    for one in earlier if left > 0 else ():
        left -= uses_free(tariff, one, place)
    return left <= 0


def uses_free(tariff: Tariff, session: ParkingSession, place: Place) -> bool:
    """Return whether a stay that is over had free minutes; permits cover their part of it first."""
    if session.entered_at is None or session.left_at is None:
        return False
    return tariff.uses_free(
        session.entered_at,
        session.left_at,
        session.plate_kind,
        seen=session.vehicle_class,
        place=place,
        rights=active_for(session),
        earlier=earlier_sessions(tariff, session),
    )
