"""Which part of a session permits cover (通行权限), as values for the tariff engine."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet

from core import hot_sql
from lots.calendars import calendar_of
from lots.models import Lot, ParkingSession
from lots.models.permit_models import Permit
from lots.tariffs import AccessRight as PermitTimes
from lots.tariffs.charged_time import covered, is_held
from lots.tariffs.timeline import seconds_since_1970

WHITE_LIST = "whitelist"  # the name under which a bill explains it

_OF_STAY = "lot_id = %s AND plate_index = %s AND valid_until > %s ORDER BY valid_until, id"


def active_for(session: ParkingSession) -> list[PermitTimes]:
    """Return the permits that may cover a part of this session, by one statement whether it has any or not.

    For a session whose plate is erased: what they covered, as `remember` stored it.
    """
    if session.entered_at is None:
        return []
    if session.plate_index is None:
        return _remembered(session)
    known = [session.lot_id, session.plate_index, session.entered_at]
    return active_of(session, hot_sql.several(Permit, _OF_STAY, known))


def active_of(session: ParkingSession, rows: Iterable[Permit]) -> list[PermitTimes]:
    """As `active_for`, where the permits of the session's plate were read already."""
    if session.entered_at is not None and session.plate_index is None:
        return _remembered(session)
    return [as_value(row) for row in rows if row.valid_from < row.ends_at]


def as_value(row: Permit) -> PermitTimes:
    """Return a permit as a value for the tariff engine."""
    days = frozenset(row.days.split())
    return PermitTimes(
        row.name or WHITE_LIST, row.valid_from, row.ends_at, row.hours_from, row.hours_to, days
    )


def remember(lot: Lot, sessions: QuerySet[ParkingSession]) -> None:
    """Store what permits covered of these sessions, which are over and about to lose their plates.

    Only times within the session and the kind of permit, no link to its row, whose plate is stored longer.
    Without this, a car that parked free by its pass would seem to owe the day after.
    """
    permits: dict[bytes, list[PermitTimes]] = {}
    rows = Permit.objects.filter(lot=lot, plate_index__in=sessions.values("plate_index"))
    for row in rows.order_by("valid_until", "pk"):
        if row.valid_from < row.ends_at:
            permits.setdefault(bytes(row.plate_index or b""), []).append(as_value(row))
    if not permits:
        return
    for session in sessions.filter(plate_index__in=list(permits)):
        if parts := _covered(session, permits[bytes(session.plate_index or b"")], lot):
            ParkingSession.objects.filter(pk=session.pk).update(covered=parts)


def _covered(session: ParkingSession, permits: Iterable[PermitTimes], lot: Lot) -> list[tuple[str, int, int]]:
    """Return (name, from, to) in seconds since the entry, for each part that a permit covers.

    One that the car had as it came in, but that did not cover it then, has a part of no length there: a
    tariff can give it a percentage of the price outside its hours.
    """
    if session.entered_at is None or session.left_at is None:
        return []
    start, end = seconds_since_1970(session.entered_at), seconds_since_1970(session.left_at)
    kind_of = calendar_of(lot.zone).kind_of_ordinal
    found = []
    for permit in permits:
        parts = covered(permit, start, end, lot.tz, kind_of)
        if is_held(permit, start) and not (parts and parts[0][0] == start):
            parts = [(start, start), *parts]
        found += [(permit.name, a - start, b - start) for a, b in parts]
    return found


def _remembered(session: ParkingSession) -> list[PermitTimes]:
    begin = session.entered_at
    assert begin is not None
    parts = session.covered or []
    return [
        PermitTimes(name, begin + timedelta(seconds=a), begin + timedelta(seconds=b)) for name, a, b in parts
    ]
