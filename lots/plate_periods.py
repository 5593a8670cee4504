"""What a plate's stays of a calendar week or month count for a tariff: free visits, and the cap of all.

While the earlier stays have their plates, they are priced again. When a plate is erased before its period is
over, `PlatePeriod` gets the sums, and nothing links them to a stay. A tariff can count both: the month then
counts what the cap of the week leaves of each stay, so its first week is looked at from its Monday on.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from lots import daily_free, tariffs
from lots.earlier_sessions import earlier_sessions
from lots.models import Lot, ParkingSession, PlatePeriod
from lots.permit_coverage import active_for
from lots.tariffs import Place, Tariff
from lots.tariffs.charging_rules import CalendarPeriod
from lots.tariffs.tariff import History

LONGEST_INSIDE = 62  # days; a car that stands longer is not waited for


class OfPeriod(NamedTuple):
    """What the stays of one plate and period come to. `fen`: of a week, before a cap of the month."""

    free_visits: int = 0
    fen: int = 0


class PeriodDays(NamedTuple):
    """The first and the last day of a calendar week or month."""

    first_day: date
    last_day: date


type Sums = dict[PeriodDays, OfPeriod]


def history_of(tariff: Tariff, session: ParkingSession, place: Place) -> History:
    """Return what the earlier stays of the plate mean for this one."""
    if not tariff.has_history or session.entered_at is None:
        return History()
    free = tariff.free_of(
        session.entered_at, kind=session.plate_kind, seen=session.vehicle_class, place=place
    )
    if free is not None and free.is_daily and not tariff.caps_periods:
        return History(daily_free.is_used(tariff, session, place))
    return _history(tariff, session, place, before(tariff, session, place))


def before(tariff: Tariff, session: ParkingSession, place: Place) -> Sums:
    """Return what the stays of the same plate come to that entered before this one, for its periods.

    A session that a late report gave its plate back may be one of those that were counted: their sums are
    then left out, in the driver's favour.
    """
    if session.entered_at is None or session.plate_index is None or not tariff.periods:
        return {}
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    since = _since(tariff, _local(session.entered_at, place))
    rows = {PeriodDays(row.first_day, row.last_day): row for row in _counted(session, since)}
    sums = {days: OfPeriod(row.free_visits, row.fen) for days, row in rows.items()}
    earlier = ParkingSession.objects.filter(
        **mine,
        entered_at__gte=datetime.combine(since, time(), place.zone),
        entered_at__lt=session.entered_at,
        left_at__isnull=False,
    )
    for one in earlier.order_by("entered_at"):
        assert one.left_at is not None
        counted = [rows[days] for days in _periods(tariff, one, place).values() if days in rows]
        if all(one.left_at > row.counted_to for row in counted):
            _add(tariff, one, place, sums)
    return sums


def _counted(session: ParkingSession, since: date) -> Iterator[PlatePeriod]:
    """Yield the rows of a plate for periods that end on this day or later, but none that this stay is in."""
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    for row in PlatePeriod.objects.filter(**mine, last_day__gte=since):
        if session.left_at is None or session.left_at > row.counted_to:
            yield row


def _history(tariff: Tariff, session: ParkingSession, place: Place, sums: Sums) -> History:
    """Return what the sums of the periods of a stay mean for its price."""
    assert session.entered_at is not None
    kind, seen = session.plate_kind, session.vehicle_class
    free = tariff.free_of(session.entered_at, kind=kind, seen=seen, place=place)
    so_far = {period: sums.get(days, OfPeriod()) for period, days in _periods(tariff, session, place).items()}
    week, month = (so_far.get(period, OfPeriod()) for period in CalendarPeriod)
    used = free is not None and month.free_visits >= free.times
    if free and free.is_daily:
        used = daily_free.is_used(tariff, session, place)
    return History(used, week.fen, month.fen)


def _add(tariff: Tariff, session: ParkingSession, place: Place, sums: Sums) -> None:
    """Add to the sums of its periods one more stay, which is over; permits cover their part first."""
    assert session.entered_at is not None
    assert session.left_at is not None
    price = tariff.price(
        session.entered_at,
        max(session.left_at, session.entered_at),
        session.plate_kind,
        seen=session.vehicle_class,
        place=place,
        rights=active_for(session),
        earlier=earlier_sessions(tariff, session),
        **_history(tariff, session, place, sums)._asdict(),
    )
    for period, days in _periods(tariff, session, place).items():
        fen = price.week_fen if period is CalendarPeriod.WEEK else price.fen
        so_far = sums.get(days, OfPeriod())
        sums[days] = OfPeriod(so_far.free_visits + price.has_free, so_far.fen + fen)


def remember(tariff: Tariff, session: ParkingSession, place: Place, *, at: datetime) -> None:
    """Add to its week and month a stay that is over and about to lose its plate."""
    assert session.left_at is not None, "a car inside keeps its plate"
    matters = [
        days
        for days in _periods(tariff, session, place).values()
        if _still_matters(tariff, session, days, place, at)
    ]
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    rows = PlatePeriod.objects.filter(**mine, counted_to__gte=session.left_at)
    if not matters or any(rows.filter(**days._asdict()).exists() for days in matters):
        return  # a late report had brought its plate back
    sums = before(tariff, session, place)
    so_far = {days: sums.get(days, OfPeriod()) for days in matters}
    _add(tariff, session, place, sums)
    for days in matters:
        PlatePeriod.objects.get_or_create(**mine, **days._asdict(), defaults={"counted_to": session.left_at})
        PlatePeriod.objects.filter(**mine, **days._asdict()).update(
            free_visits=F("free_visits") + sums[days].free_visits - so_far[days].free_visits,
            fen=F("fen") + sums[days].fen - so_far[days].fen,
            counted_to=Greatest("counted_to", session.left_at),
        )


def _still_matters(
    tariff: Tariff, session: ParkingSession, days: PeriodDays, place: Place, at: datetime
) -> bool:
    """Return whether the period is not over, or a car that came in during it again is still inside.

    Where both the week and the month count, a later stay of a week that is over still counts in the month.
    """
    if days.last_day >= _local(at, place):
        return True
    assert session.entered_at is not None
    mine = {"lot_id": session.lot_id, "plate_index": session.plate_index}
    others = ParkingSession.objects.filter(**mine).exclude(pk=session.pk)
    if len(tariff.periods) > 1:
        others = others.filter(Q(left_at=None) | Q(entered_at__gt=session.entered_at))
    else:
        others = others.filter(left_at=None)
    return any(days.first_day <= _local(one, place) <= days.last_day for one in _entries(others))


def _entries(sessions: QuerySet[ParkingSession]) -> Iterator[datetime]:
    yield from (at for at in sessions.values_list("entered_at", flat=True) if at is not None)


def forget(*, at: datetime) -> int:
    """Delete what was counted in periods that are over, except of a car that is inside; return how many.

    Where the week and the month count, it waits for the last stay of the period to lose its plate too.
    """
    gone = 0
    for lot in Lot.objects.filter(plate_periods__isnull=False).distinct():
        today = at.astimezone(lot.tz).date()
        inside = ParkingSession.objects.open().filter(
            lot_id=OuterRef("lot_id"), plate_index=OuterRef("plate_index")
        )
        over = PlatePeriod.objects.filter(lot=lot, last_day__lt=today)
        waits_from = today - timedelta(days=LONGEST_INSIDE)
        done = over.exclude(Exists(inside), first_day__gte=waits_from)
        if _counts_both(lot):
            waiting = [row.pk for row in done if row.first_day >= waits_from and _has_plates(row, lot)]
            done = done.exclude(pk__in=waiting)
        gone += done.delete()[0]
    return gone


def _counts_both(lot: Lot) -> bool:
    """Return whether a tariff of the lot counts the stays of a plate by the week and by the month."""
    documents = lot.tariffs.not_withdrawn().values_list("document", flat=True)
    return any(len(tariffs.read(document).periods) > 1 for document in documents)


def _has_plates(row: PlatePeriod, lot: Lot) -> bool:
    """Return whether a stay of the period or before still has its plate."""
    stored = ParkingSession.objects.filter(lot=lot, plate_index=row.plate_index)
    return any(one.astimezone(lot.tz).date() <= row.last_day for one in _entries(stored))


def _periods(tariff: Tariff, session: ParkingSession, place: Place) -> dict[CalendarPeriod, PeriodDays]:
    """Return the days of each period in which the tariff counts a stay: those of its entry."""
    assert session.entered_at is not None
    day = _local(session.entered_at, place)
    monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
    days = {
        CalendarPeriod.WEEK: PeriodDays(monday, monday + timedelta(days=6)),
        CalendarPeriod.MONTH: PeriodDays(first, day.replace(day=monthrange(day.year, day.month)[1])),
    }
    return {period: days[period] for period in CalendarPeriod if period in tariff.periods}


def _since(tariff: Tariff, day: date) -> date:
    """Return the first day whose stays count for an entry on this day.

    With both periods it is the first of the month in which the week of the first of this month begins: the
    free visits of that month decide what stays of that week cost.
    """
    if CalendarPeriod.MONTH in tariff.periods:
        day = day.replace(day=1)
    if CalendarPeriod.WEEK in tariff.periods:
        day -= timedelta(days=day.weekday())
    return day.replace(day=1) if len(tariff.periods) > 1 else day


def _local(at: datetime, place: Place) -> date:
    return at.astimezone(place.zone).date()
