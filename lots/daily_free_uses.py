"""Remembers which plates had their free minutes of a date when a plate is erased before that date is over.

What is stored is the blind index of the plate with the date, and nothing links it to the stay.
"""

from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet

from lots import plate_periods
from lots.daily_free import uses_free
from lots.models import FreeMinutesUse, Lot, ParkingSession
from lots.pricing import NoTariff, place_of, tariff_of, version_for

LONGEST = timedelta(days=31)  # a car that stands longer is not waited for


def remember(lot: Lot, sessions: QuerySet[ParkingSession], *, at: datetime) -> None:
    """Store the uses of these sessions, which are over and about to lose their plates."""
    versions = lot.tariffs.not_withdrawn().defer("document")
    if not any(tariff_of(version.pk).has_history for version in versions):
        return
    place = place_of(lot)
    for session in sessions.filter(entered_at__isnull=False, plate_index__isnull=False).order_by(
        "left_at", "pk"
    ):
        assert session.entered_at is not None
        assert session.left_at is not None, "a car inside keeps its plate"
        session.lot = lot
        try:
            tariff = tariff_of(version_for(session).pk)
        except NoTariff:
            continue
        if tariff.periods:
            plate_periods.remember(tariff, session, place, at=at)
        day = session.entered_at.astimezone(lot.tz).date()
        if not tariff.counts_days or not _still_matters(session, day, at):
            continue
        if uses_free(tariff, session, place):
            _add(session, day)


def _add(session: ParkingSession, day: date) -> None:
    """Count one more use; a stay whose plate a late report had brought back is counted already."""
    assert session.left_at is not None, "a car inside keeps its plate"
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index, "day": day}
    _, is_new = FreeMinutesUse.objects.get_or_create(**mine, defaults={"used_at": session.left_at})
    if not is_new:
        later = FreeMinutesUse.objects.filter(**mine, used_at__lt=session.left_at)
        later.update(uses=F("uses") + 1, used_at=session.left_at)


def _still_matters(session: ParkingSession, day: date, at: datetime) -> bool:
    """Return whether the date is not over, or a car that came in on it again is still inside."""
    if day >= at.astimezone(session.lot.tz).date():
        return True
    since = datetime.combine(day, time(), session.lot.tz)
    inside = ParkingSession.objects.open().filter(lot_id=session.lot_id, plate_index=session.plate_index)
    return inside.filter(entered_at__gte=since, entered_at__lt=since + timedelta(days=1)).exists()


def forget(*, at: datetime) -> int:
    """Delete the uses of dates that are over, except of a car that is inside; return how many."""
    gone = 0
    for lot in Lot.objects.filter(free_minutes_uses__isnull=False).distinct():
        today = at.astimezone(lot.tz).date()
        inside = ParkingSession.objects.open().filter(
            lot_id=OuterRef("lot_id"), plate_index=OuterRef("plate_index")
        )
        over = FreeMinutesUse.objects.filter(lot=lot, day__lt=today)
        gone += over.exclude(Exists(inside), day__gte=today - LONGEST).delete()[0]
    return gone
