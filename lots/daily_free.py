"""Whether a plate had its free minutes of a date before, for tariffs that give them once a day (每日一次)."""

from datetime import datetime, time

from lots.models import FreeMinutesUse, ParkingSession
from lots.permit_coverage import active_for
from lots.tariffs import Place, Tariff


def is_used(tariff: Tariff, session: ParkingSession, place: Place) -> bool:
    """Return whether an earlier stay of the same plate, entered on the same date, had its free minutes.

    Earlier stays are known while their plates are stored; `FreeMinutesUse` knows of one that was erased
    before the date was over.
    """
    entered_at = session.entered_at
    if entered_at is None or session.plate_index is None:
        return False
    day = entered_at.astimezone(place.zone).date()
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    if FreeMinutesUse.objects.filter(**mine, day=day, used_at__lte=entered_at).exists():
        return True
    since = datetime.combine(day, time(), place.zone)
    earlier = ParkingSession.objects.filter(
        **mine, entered_at__gte=since, entered_at__lt=entered_at, left_at__isnull=False
    )
    return any(uses_free(tariff, stay, place) for stay in earlier)


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
    )
