"""Corrections of a session by staff: entry time, plate, class, end, two sessions of one car.

Sessions are derived from reads (`lots.sessions.rebuild`), so each correction also updates the reads: the next
rebuild must keep what staff entered. The caller settles the money.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q, QuerySet

from core.errors import ParkingError
from core.vault import Unreadable, plate_index, seal_plate, unseal_plate
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.plates import Plate
from lots.tariffs.charging_rules import Seen

Departure = ParkingSession.Departure
MOST_COMPARED = 2000  # sealed plates in one comparison: some 50 ms
MOST_DIFFERENT = 2


class BadTime(ParkingError):
    """The time lies in the future, or the car would leave before it came."""

    code = "bad_time"


class Overlaps(ParkingError):
    """Another session of this plate covers that time: correct or end that one first."""

    code = "stays_overlap"

    def __init__(self, session: ParkingSession, other: ParkingSession) -> None:
        super().__init__(f"session {session.pk}, session {other.pk}")
        self.other = other


class AlreadyLeft(ParkingError):
    """The session had ended before."""

    code = "already_left"


class ReadTaken(ParkingError):
    """The car of this read has gone, or has a session already."""

    code = "read_taken"


class InUse(ParkingError):
    """Money or an act of staff refers to this session."""

    code = "stay_in_use"


@transaction.atomic
def correct_entry(session: ParkingSession, *, entered_at: datetime, at: datetime) -> ParkingSession:
    """Set when the car came in. Raises `BadTime` or `Overlaps`."""
    session = _held(session)
    if entered_at > (session.left_at or at):
        raise BadTime
    if other := _overlapping(session, entered_at, session.left_at or at):
        raise Overlaps(session, other)
    if session.entered_at is not None:
        _moves(session).filter(direction=Lane.Direction.ENTRY, moved_at=session.entered_at).update(
            moved_at=entered_at, session=session
        )
    _write(session, entered_at=entered_at, needs_review=False)
    return session


@transaction.atomic
def correct_plate(session: ParkingSession, *, plate: Plate) -> ParkingSession:
    """Set the plate that the car really has, in the session and its reads. Raises `Overlaps`."""
    session = _held(session)
    fields = {
        "plate": seal_plate(session.lot_id, plate.text),
        "plate_index": plate_index(session.lot_id, plate.text),
        "plate_kind": plate.kind,
    }
    PlateRead.objects.filter(session=session).update(**fields)
    _write(session, **fields)
    return session


@transaction.atomic
def identify(read: PlateRead, session: ParkingSession) -> ParkingSession:
    """Assign a misread car at an exit to its session: it is then held there for that one.

    Raises `AlreadyLeft` if the session has ended, `ReadTaken` if the car has gone or has a session already.
    """
    session = _held(session)
    if session.left_at is not None:
        raise AlreadyLeft(f"session {session.pk}")
    misread = PlateRead.objects.filter(
        pk=read.pk,
        lot=session.lot_id,
        session=None,
        moved_at=None,
        outcome__in=[PlateRead.Outcome.UNMATCHED, PlateRead.Outcome.UNREAD],
    )
    taken = misread.update(
        session=session,
        outcome=PlateRead.Outcome.HELD,
        direction=Lane.Direction.EXIT,
        plate=session.plate,
        plate_index=session.plate_index,
        plate_kind=session.plate_kind,
    )
    if not taken:
        raise ReadTaken(f"read {read.pk}")
    return session


def similar(read: PlateRead) -> list[ParkingSession]:
    """Return the five sessions inside whose plates are nearest to a read: at most two characters differ.

    It opens sealed plates one by one, so it looks at the newest MOST_COMPARED alone.
    """
    text = _text_of(read)
    if not text:
        return []
    inside = ParkingSession.objects.of_lot(read.lot_id).inside().select_related("entry_lane")
    found = []
    for session in inside.order_by("-entered_at")[:MOST_COMPARED]:
        plate = _text_of(session)
        if plate and (distance := edit_distance(text, plate)) <= MOST_DIFFERENT:
            found.append((distance, session))
    return [session for _distance, session in sorted(found, key=lambda pair: pair[0])[:5]]


def edit_distance(one: str, other: str) -> int:
    """Return how many characters must be replaced, added or taken away to make one the other."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    return row[-1]


def _text_of(row: PlateRead | ParkingSession) -> str:
    try:
        return unseal_plate(row.lot_id, row.plate) if row.plate is not None else ""
    except Unreadable:
        return ""


@transaction.atomic
def correct_class(session: ParkingSession, *, vehicle_class: Seen) -> ParkingSession:
    """Set the vehicle class that the entry's camera could not recognise. No later read changes it."""
    session = _held(session)
    _write(session, vehicle_class=vehicle_class)
    return session


@transaction.atomic
def end_session(session: ParkingSession, *, left_at: datetime, at: datetime) -> ParkingSession:
    """End the session of a car whose exit was not seen. Raises `AlreadyLeft` or `BadTime`."""
    session = _held(session)
    if session.left_at is not None:
        raise AlreadyLeft(f"session {session.pk}")
    if left_at > at or (session.entered_at is not None and left_at < session.entered_at):
        raise BadTime
    _write(session, left_at=left_at, departure=Departure.MANUAL, needs_review=False)
    return session


@transaction.atomic
def merge(session: ParkingSession, *, into: ParkingSession) -> ParkingSession:
    """Merge two sessions of one car whose plate was read differently; `session` is deleted.

    `into` begins with the earlier entry and keeps its own end. Raises `InUse`.
    """
    session, target = (_held(one) for one in (session, into))
    if session.pk == target.pk or session.lot_id != target.lot_id:
        raise InUse(f"session {session.pk}")
    begins = [one.entered_at for one in (session, target) if one.entered_at is not None]
    entered_at = min(begins, default=None)
    reads = PlateRead.objects.filter(session=session)
    if entered_at != target.entered_at:  # the entry that counts now is one of the other's reads
        _moves(target).filter(moved_at=target.entered_at).update(moved_at=None)
    reads.exclude(moved_at=entered_at).update(moved_at=None)
    reads.update(
        session=target, plate=target.plate, plate_index=target.plate_index, plate_kind=target.plate_kind
    )
    GateCommand.objects.filter(session=session).update(session=target)
    drop(session)
    _write(target, entered_at=entered_at, needs_review=False)
    return target


@transaction.atomic
def drop(session: ParkingSession) -> None:
    """Delete a session that never took place. Raises `InUse` if money or an act of staff refers to it."""
    session = _held(session)
    _moves(session).update(moved_at=None)
    try:
        with transaction.atomic():
            session.delete()
    except ProtectedError:
        raise InUse(f"session {session.pk}") from None


def _held(session: ParkingSession) -> ParkingSession:
    """Return the session as it is now, locked to the end of the transaction."""
    return ParkingSession.objects.select_for_update(of=("self",)).select_related("lot").get(pk=session.pk)


def _moves(session: ParkingSession) -> QuerySet[PlateRead]:
    """Return the reads of this session's car going in or out, also those linked to no session."""
    mine = Q(session=session)
    if session.plate_index is not None:
        during = Q(moved_at=session.entered_at) | Q(moved_at=session.left_at)
        mine |= Q(session=None, plate_index=session.plate_index) & during
    return PlateRead.objects.of_lot(session.lot_id).movements().filter(mine)


def _overlapping(session: ParkingSession, entered_at: datetime, until: datetime) -> ParkingSession | None:
    """Return the newest other session of the car within that time."""
    return _others(session).filter(Q(left_at=None) | Q(left_at__gt=entered_at), entered_at__lt=until).first()


def _others(session: ParkingSession) -> QuerySet[ParkingSession]:
    """Return the other sessions of the car, newest first; none where it has no plate."""
    if session.plate_index is None:
        return ParkingSession.objects.none()
    mine = ParkingSession.objects.of_lot(session.lot_id).of_plates(session.plate_index)
    return mine.exclude(pk=session.pk).order_by("-pk")


def _write(session: ParkingSession, **fields: object) -> None:
    """Write the corrected columns and no other: those of money may have moved meanwhile."""
    for name, value in fields.items():
        setattr(session, name, value)
    try:
        with transaction.atomic():
            session.save(update_fields=list(fields))
    except IntegrityError:  # one of the two rules that a car is here once at a time
        other = _others(session).filter(Q(left_at=None) | Q(entered_at=session.entered_at)).first()
        if other is None:
            raise
        raise Overlaps(session, other) from None
