"""What a plate's stays of a calendar week or month count for a tariff: free visits, and the cap of all.

While the earlier stays have their plates, they are priced again. When a plate is erased before its period is
over, `PlatePeriod` gets the sums, and nothing links them to a stay.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Greatest

from lots import daily_free
from lots.earlier_sessions import earlier_sessions
from lots.models import Lot, ParkingSession, PlatePeriod
from lots.permit_coverage import active_for
from lots.tariffs import Place, Tariff
from lots.tariffs.charging_rules import CalendarPeriod

LONGEST_INSIDE = 62  # days; a car that stands longer is not waited for


class OfPeriod(NamedTuple):
    """What the stays of one plate and period come to."""

    free_visits: int = 0
    fen: int = 0


class PeriodDays(NamedTuple):
    """The first and the last day of a calendar week or month."""

    first_day: date
    last_day: date


class History(NamedTuple):
    """Whether the counted free minutes are used, and what the stays of the period before cost, in fen."""

    free_used: bool = False
    period_fen: int = 0


def history_of(tariff: Tariff, session: ParkingSession, place: Place) -> History:
    """Return what the earlier stays of the plate mean for this one."""
    if not tariff.has_history or session.entered_at is None:
        return History()
    free = tariff.free_of(
        session.entered_at, kind=session.plate_kind, seen=session.vehicle_class, place=place
    )
    is_daily = free is not None and free.is_daily
    if is_daily and not tariff.caps_periods:
        return History(daily_free.is_used(tariff, session, place))
    period = before(tariff, session, place)
    used = free is not None and period.free_visits >= free.times
    if is_daily:
        used = daily_free.is_used(tariff, session, place)
    return History(used, period.fen)


def before(tariff: Tariff, session: ParkingSession, place: Place) -> OfPeriod:
    """Return what the stays of the same plate that entered in the same period before this one come to.

    A session that a late report gave its plate back may be one of those that were counted: their sums are
    then left out, in the driver's favour.
    """
    if session.entered_at is None or session.plate_index is None:
        return OfPeriod()
    days = _days(tariff, session.entered_at, place)
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    row = PlatePeriod.objects.filter(**mine, **days._asdict()).first()
    if row and session.left_at and session.left_at <= row.counted_to:
        row = None
    so_far = OfPeriod(row.free_visits, row.fen) if row else OfPeriod()
    earlier = ParkingSession.objects.filter(
        **mine,
        entered_at__gte=datetime.combine(days.first_day, time(), place.zone),
        entered_at__lt=session.entered_at,
        left_at__isnull=False,
    )
    for one in (earlier.filter(left_at__gt=row.counted_to) if row else earlier).order_by("entered_at"):
        so_far = _with(tariff, one, place, so_far)
    return so_far


def _with(tariff: Tariff, session: ParkingSession, place: Place, so_far: OfPeriod) -> OfPeriod:
    """Return what a period comes to with one more stay, which is over; permits cover their part first."""
    assert session.entered_at is not None
    assert session.left_at is not None
    kind, seen = session.plate_kind, session.vehicle_class
    free = tariff.free_of(session.entered_at, kind=kind, seen=seen, place=place)
    used = free is not None and so_far.free_visits >= free.times
    if free and free.is_daily:
        used = daily_free.is_used(tariff, session, place)
    price = tariff.price(
        session.entered_at,
        max(session.left_at, session.entered_at),
        kind,
        seen=seen,
        place=place,
        rights=active_for(session),
        earlier=earlier_sessions(tariff, session),
        free_used=used,
        period_fen=so_far.fen,
    )
    return OfPeriod(so_far.free_visits + price.has_free, so_far.fen + price.fen)


def remember(tariff: Tariff, session: ParkingSession, place: Place, *, at: datetime) -> None:
    """Add to its week or month a stay that is over and about to lose its plate."""
    assert session.entered_at is not None
    assert session.left_at is not None, "a car inside keeps its plate"
    days = _days(tariff, session.entered_at, place)
    if not _still_matters(session, days, place, at):
        return
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index, **days._asdict()}
    row = PlatePeriod.objects.filter(**mine).first()
    if row and session.left_at <= row.counted_to:
        return  # a late report had brought its plate back
    so_far = before(tariff, session, place)
    after = _with(tariff, session, place, so_far)
    PlatePeriod.objects.get_or_create(**mine, defaults={"counted_to": session.left_at})
    PlatePeriod.objects.filter(**mine).update(
        free_visits=F("free_visits") + after.free_visits - so_far.free_visits,
        fen=F("fen") + after.fen - so_far.fen,
        counted_to=Greatest("counted_to", session.left_at),
    )


def _still_matters(session: ParkingSession, days: PeriodDays, place: Place, at: datetime) -> bool:
    """Return whether the period is not over, or a car that came in during it again is still inside."""
    if days.last_day >= _local(at, place):
        return True
    inside = ParkingSession.objects.open().filter(lot_id=session.lot_id, plate_index=session.plate_index)
    return any(days.first_day <= _local(one, place) <= days.last_day for one in _entries(inside))


def _entries(sessions: QuerySet[ParkingSession]) -> Iterator[datetime]:
    yield from (at for at in sessions.values_list("entered_at", flat=True) if at is not None)


def forget(*, at: datetime) -> int:
    """Delete what was counted in periods that are over, except of a car that is inside; return how many."""
    gone = 0
    for lot in Lot.objects.filter(plate_periods__isnull=False).distinct():
        today = at.astimezone(lot.tz).date()
        inside = ParkingSession.objects.open().filter(
            lot_id=OuterRef("lot_id"), plate_index=OuterRef("plate_index")
        )
        over = PlatePeriod.objects.filter(lot=lot, last_day__lt=today)
        waits_from = today - timedelta(days=LONGEST_INSIDE)
        gone += over.exclude(Exists(inside), first_day__gte=waits_from).delete()[0]
    return gone


def _days(tariff: Tariff, at: datetime, place: Place) -> PeriodDays:
    """Return the days in which the tariff counts the stays of a plate that enters at this moment."""
    day = _local(at, place)
    if tariff.period is CalendarPeriod.WEEK:
        monday = day - timedelta(days=day.weekday())
        return PeriodDays(monday, monday + timedelta(days=6))
    return PeriodDays(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def _local(at: datetime, place: Place) -> date:
    return at.astimezone(place.zone).date()
