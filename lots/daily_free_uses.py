"""Remembers which plates had their free minutes of a date when a plate is erased before that date is over.

What is stored is the blind index of the plate with the date, and nothing links it to the stay.
"""

from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet

from lots import plate_months
from lots.daily_free import uses_free
from lots.models import FreeMinutesUse, Lot, ParkingSession
from lots.pricing import NoTariff, place_of, tariff_of, version_for

LONGEST = timedelta(days=31)  # a car that stands longer is not waited for


def remember(lot: Lot, stays: QuerySet[ParkingSession], *, at: datetime) -> None:
    """Store the uses of these sessions, which are over and about to lose their plates."""
    versions = lot.tariffs.not_withdrawn().defer("document")
    if not any(tariff_of(version.pk).has_history for version in versions):
        return
    place = place_of(lot)
    for stay in stays.filter(entered_at__isnull=False, plate_index__isnull=False).order_by("left_at", "pk"):
        assert stay.entered_at is not None
        assert stay.left_at is not None, "a car inside keeps its plate"
        stay.lot = lot
        try:
            tariff = tariff_of(version_for(stay).pk)
        except NoTariff:
            continue
        if tariff.counts_months:
            plate_months.remember(tariff, stay, place, at=at)
        day = stay.entered_at.astimezone(lot.tz).date()
        if not tariff.counts_days or not _still_matters(stay, day, at):
            continue
        if uses_free(tariff, stay, place):
            _add(stay, day)


def _add(stay: ParkingSession, day: date) -> None:
    """Count one more use; a stay whose plate a late report had brought back is counted already."""
    assert stay.left_at is not None, "a car inside keeps its plate"
    mine = {"lot_id": stay.lot_id, "plate_index": stay.plate_index, "day": day}
    _, is_new = FreeMinutesUse.objects.get_or_create(**mine, defaults={"used_at": stay.left_at})
    if not is_new:
        later = FreeMinutesUse.objects.filter(**mine, used_at__lt=stay.left_at)
        later.update(uses=F("uses") + 1, used_at=stay.left_at)


def _still_matters(stay: ParkingSession, day: date, at: datetime) -> bool:
    """Return whether the date is not over, or a car that came in on it again is still inside."""
    if day >= at.astimezone(stay.lot.tz).date():
        return True
    since = datetime.combine(day, time(), stay.lot.tz)
    inside = ParkingSession.objects.open().filter(lot_id=stay.lot_id, plate_index=stay.plate_index)
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
