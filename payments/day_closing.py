"""Closing a business day of a lot, and opening it again (日结): by whom, when, why, with which figures.

A closing freezes the day's figures. Two who close one day at once do not both win: the one who saw an older
version gets an error. History only grows.

It covers every booking of the lot up to a number (`last_booking` in its figures), and no other. Times play no
part: what is booked above that number counts as late, however a clock that is behind dates it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, OuterRef, Subquery

from core.database import wait_for_writers
from core.errors import ParkingError
from lots import reasons
from lots.models import Lot, ParkingSession
from payments import day_report
from payments.business_days import bounds, day_of
from payments.day_report import DayReport
from payments.models import LedgerEntry
from payments.models.closing_models import DayClosing, DayClosingEvent

State, Kind = DayClosing.State, DayClosingEvent.Kind
SETTLING = timedelta(minutes=2)  # most money of a day's last minute is booked by then, and need not be late


class DayNotOver(ParkingError):
    """The day still runs in the lot's zone, or ended within the last minutes."""

    code = "day_not_over"


class AlreadyMoved(ParkingError):
    """Someone closed or reopened the day since the page was made. Nothing was changed."""

    code = "day_already_moved"


class ReasonNeeded(ParkingError):
    """There are open discrepancies, or a closed day is to be opened: say why."""

    code = "day_reason_needed"


class StillBooking(ParkingError):
    """A booking has been in flight for seconds, so the figures are not whole yet: try again in a moment."""

    code = "day_still_booking"


class LaterDayClosed(ParkingError):
    """The next day is closed and may hold late money of this one. Open that first."""

    code = "day_later_closed"


@dataclass(frozen=True)
class BusinessDay:
    """One business day as it stands: live while it is open, frozen while it is closed."""

    report: DayReport
    is_closed: bool
    version: int
    events: list[DayClosingEvent]

    @property
    def last(self) -> DayClosingEvent | None:
        return self.events[0] if self.events else None


def day_of_lot(lot: Lot, day: date) -> BusinessDay:
    """Return a day of a lot with its history, newest first."""
    row = DayClosing.objects.filter(lot=lot, day=day).first()
    events = list(row.events.select_related("by").order_by("-version")) if row else []
    if row is not None and row.state == State.CLOSED:
        last = events[0]
        frozen = day_report.thawed(lot, day, last.figures, last.open_discrepancies)
        return BusinessDay(frozen, True, row.version, events)
    return BusinessDay(day_report.report(lot, day), False, row.version if row else 0, events)


def first_days(lots: Iterable[Lot]) -> dict[int, date]:
    """Return the first day of each lot that there is to close: of its first car, or of its first money."""
    cars = ParkingSession.objects.filter(lot=OuterRef("pk"), entered_at__isnull=False).order_by("entered_at")
    entries = LedgerEntry.objects.filter(lot=OuterRef("pk")).order_by("at")
    rows = Lot.objects.filter(pk__in=[lot.pk for lot in lots]).annotate(
        used_at=Subquery(cars.values("entered_at")[:1]), booked_at=Subquery(entries.values("at")[:1])
    )
    known = ((row, [at for at in (row.used_at, row.booked_at) if at is not None]) for row in rows)
    return {row.pk: day_of(min(moments), row.tz) for row, moments in known if moments}


def is_over(lot: Lot, day: date, *, at: datetime) -> bool:
    return at >= bounds(day, lot.tz)[1] + SETTLING


def close(
    lot: Lot, day: date, *, version: int, by: User | None, at: datetime, reason: str = ""
) -> DayClosingEvent:
    """Close a day and freeze its figures. `version` is the one that was looked at.

    Raises `DayNotOver`, `AlreadyMoved`, `StillBooking`, `ReasonNeeded` where discrepancies are open, or
    `NoReason` or `IdentifiesPerson` for a reason that cannot be stored.
    """
    if not is_over(lot, day, at=at):
        raise DayNotOver
    known = _newest_booking(lot)
    # Without any lock: one of those that are waited for may want the lot's row.
    if not wait_for_writers(LedgerEntry):
        raise StillBooking
    with transaction.atomic():
        row = _moved(lot, day, version, State.OPEN, State.CLOSED, at=at)
        # Another closing of the lot may have come first. It has waited for what is below its own number.
        last = max(known, _last_covered(lot))
        figures = day_report.report(lot, day, up_to=last)
        if figures.open_discrepancies and not reason.strip():
            raise ReasonNeeded
        return _note(row, Kind.CLOSED, figures, by, at, reason, last=last)


@transaction.atomic
def reopen(
    lot: Lot, day: date, *, version: int, by: User | None, at: datetime, reason: str
) -> DayClosingEvent:
    """Open a closed day again. Raises `ReasonNeeded`, `LaterDayClosed` or `AlreadyMoved`, or as `close`."""
    if not reason.strip():
        raise ReasonNeeded
    _hold(lot)
    later = DayClosing.objects.filter(lot=lot, day=day + timedelta(days=1), state=State.CLOSED)
    if later.exists():
        raise LaterDayClosed
    row = _moved(lot, day, version, State.CLOSED, State.OPEN, at=at)
    figures = day_report.report(lot, day)
    return _note(row, Kind.REOPENED, figures, by, at, reason)


def is_repeat(lot: Lot, day: date, kind: DayClosingEvent.Kind, *, version: int, by: User) -> bool:
    """Return whether this person's press did this already on that version, and nothing came after it."""
    last = DayClosingEvent.objects.filter(closing__lot=lot, closing__day=day).order_by("-version").first()
    return last is not None and (last.kind, last.version, last.by_id) == (kind, version + 1, by.pk)


def _hold(lot: Lot) -> None:
    """Lock closing and reopening days of a lot for others, to the end of the transaction."""
    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)


def _newest_booking(lot: Lot) -> int:
    """Return the greatest number among the lot's bookings, 0 where there is none."""
    return LedgerEntry.objects.filter(lot=lot).aggregate(pk=Max("pk"))["pk"] or 0


def _last_covered(lot: Lot) -> int:
    """Return the greatest number that a closing of the lot covers, 0 where there is none."""
    closings = DayClosingEvent.objects.filter(closing__lot=lot, kind=Kind.CLOSED).order_by("-pk")
    return closings.values_list("figures__last_booking", flat=True).first() or 0


def _moved(
    lot: Lot, day: date, version: int, was: DayClosing.State, to: DayClosing.State, *, at: datetime
) -> DayClosing:
    _hold(lot)
    row, _ = DayClosing.objects.get_or_create(lot=lot, day=day)
    if (row.version, row.state) != (version, was):
        raise AlreadyMoved
    if not row.advance(to, at=at, cause="by staff", unchanged=("version",), version=version + 1):
        raise AlreadyMoved
    return row


def _note(
    row: DayClosing,
    kind: DayClosingEvent.Kind,
    figures: DayReport,
    by: User | None,
    at: datetime,
    reason: str,
    last: int | None = None,
) -> DayClosingEvent:
    frozen = figures.frozen(last)
    before = DayClosingEvent.objects.filter(closing__lot=row.lot_id).order_by("-pk").first()
    follows = before.digest if before else ""
    return DayClosingEvent.objects.create(
        closing=row,
        kind=kind,
        version=row.version,
        at=at,
        by=by,
        reason=reasons.checked(reason) if reason.strip() else "",
        open_discrepancies=figures.open_discrepancies,
        figures=frozen,
        follows=follows,
        digest=day_report.digest(frozen, follows),
    )


def altered(lot: Lot) -> list[DayClosingEvent]:
    """Return the events whose figures or order no longer fit their fingerprints: none, untouched."""
    found, follows = [], ""
    events = DayClosingEvent.objects.filter(closing__lot=lot).select_related("closing").order_by("pk")
    for event in events.iterator(chunk_size=200):
        if event.follows != follows or event.digest != day_report.digest(event.figures, event.follows):
            found.append(event)
        follows = event.digest
    return found
