"""Stays: opened, priced, let go, and rebuilt when news comes late."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet

from core import hot_sql
from core.vault import plate_index, seal_plate
from lots import relief
from lots.models import Lane, Lot, ParkingSession, PlateRead
from lots.plates import Plate
from lots.pricing import price_stay
from lots.sightings import Event, Stay, stays_from
from lots.tariffs import Price

Departure = ParkingSession.Departure


def find_open(lot_id: int, plate: Plate, *, lock: bool = False) -> ParkingSession | None:
    """Return the stay of this plate in this lot, if its car is inside.

    `lock` holds the row to the end of the transaction: a payment that settles while the car reaches the
    barrier must see the car there, or the car must see the payment.
    """
    index = plate_index(lot_id, plate.text)
    return hot_sql.one(
        ParkingSession, "lot_id = %s AND plate_index = %s AND left_at IS NULL", [lot_id, index], lock=lock
    )


def inside(rows: QuerySet[ParkingSession]) -> QuerySet[ParkingSession]:
    """Return those whose car is inside. It still has its plate, which lets an index answer."""
    return rows.filter(left_at=None, plate_index__isnull=False)


def enter(*, lane: Lane, plate: Plate, at: datetime, vehicle_class: str = "") -> ParkingSession:
    """Open a stay. Raises `IntegrityError` if the plate already has one here."""
    return hot_sql.insert(
        ParkingSession(
            lot_id=lane.lot_id,
            plate=seal_plate(lane.lot_id, plate.text),
            plate_index=plate_index(lane.lot_id, plate.text),
            plate_kind=plate.kind,
            vehicle_class=vehicle_class,
            entered_at=at,
            entry_lane=lane,
        )
    )


def due_fen(session: ParkingSession, *, at: datetime) -> int:
    """Return what must be paid before the car may leave at `at`; 0 within the exit window of a payment.

    Of a car that has left: what it still owes.
    """
    if may_leave(session, at=at):
        return 0
    return due_of(session, price_stay(session, until=priced_until(session, at))[0], at=at)


def priced_until(session: ParkingSession, at: datetime) -> datetime:
    """Return up to when a stay costs something at `at`: no longer than it lasted."""
    return min(at, session.left_at or at)


def due_of(session: ParkingSession, price: Price, *, at: datetime) -> int:
    """Return what is due at `at`, where the price up to then is known already."""
    return 0 if may_leave(session, at=at) else max(0, price.fen - session.relief_fen - session.paid_fen)


def due_at_exit(session: ParkingSession, *, at: datetime) -> int:
    """Return what a car at an exit must pay before it may leave; its rights are used if they suffice.

    The caller holds the stay locked.
    """
    if may_leave(session, at=at):
        return 0
    price = price_stay(session, until=at)[0]
    due = due_of(session, price, at=at)
    return relief.still_due(session, price, due, at=at) if due else 0


def may_leave(session: ParkingSession, *, at: datetime) -> bool:
    """Say whether the exit window of a payment is still open."""
    return session.exit_until is not None and at <= session.exit_until


def leave(session: ParkingSession, *, lane: Lane, at: datetime) -> bool:
    """End the stay because its car was let out; False if it had ended before."""
    at = max(at, session.entered_at or at)
    return bool(
        ParkingSession.objects.filter(pk=session.pk, left_at=None).update(
            left_at=at, exit_lane=lane, departure=Departure.RELEASED
        )
    )


def reopen(session: ParkingSession) -> bool:
    """Undo `leave`: the barrier stayed down. False if the car is known to have gone or come in again."""
    newer = ParkingSession.objects.filter(
        lot_id=session.lot_id, plate_index=session.plate_index, left_at=None
    ).exists()
    if newer or session.plate_index is None:
        return False
    return bool(
        ParkingSession.objects.filter(pk=session.pk, departure=Departure.RELEASED).update(
            left_at=None, exit_lane=None, departure=Departure.NONE, unsettled_at=F("left_at")
        )
    )


def credit(session: ParkingSession, *, fen: int, paid_at: datetime, exit_until: datetime | None) -> None:
    """Count a payment towards the stay, which the caller holds locked.

    Its car may leave until `exit_until`; None: the payment came too late to cover the stay. News of an
    earlier payment, heard late, takes no time away.
    """
    session.paid_fen += fen
    session.paid_at = max(paid_at, session.paid_at or paid_at)
    if exit_until is not None:
        session.exit_until = max(exit_until, session.exit_until or exit_until)
    hot_sql.change(
        session,
        where={},
        paid_fen=session.paid_fen,
        paid_at=session.paid_at,
        exit_until=session.exit_until,
    )


def debit(session_id: int, *, fen: int, owed_again: bool) -> None:
    """Take a promised refund off what the stay has paid; `owed_again`: and off its right to leave."""
    stay = ParkingSession.objects.filter(pk=session_id)
    stay.update(paid_fen=F("paid_fen") - fen)
    if owed_again:
        stay.update(exit_until=None)


def take_back(session_id: int, *, fen: int) -> None:
    """Count again what `debit` took off: the channel could not give it back."""
    ParkingSession.objects.filter(pk=session_id).update(paid_fen=F("paid_fen") + fen)


def compare_later(session_id: int, *, at: datetime) -> None:
    """Have what the stay costs compared with what was paid for it: the worker does it (`unsettled_at`)."""
    ParkingSession.objects.filter(pk=session_id).update(unsettled_at=at)


def wait_for_turn(lot_id: int) -> None:
    """Let one offline record of a lot be worked in at a time, to the end of the transaction.

    Two records of one plate on two connections would not see each other, and each rebuild would make
    stays without the other's half. Call it before anything else is locked.
    """
    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot_id)


def lock(session_id: int) -> None:
    """Hold a stay to the end of the transaction. Whoever moves a stay, its reads or its commands locks the
    stay first, so that no two wait for each other."""
    ParkingSession.objects.select_for_update(of=("self",)).filter(pk=session_id).first()


@transaction.atomic
def rebuild(lot: Lot, index: bytes) -> ParkingSession | None:
    """Make the stays of one plate say what was seen of it, and return the open one.

    Called when a read came late, or when a car enters that is already inside. A stay with money on it is
    never deleted: it is kept for staff to look at. The stays are locked before the reads are looked at, so
    that a payment or an exit at the same moment is either seen here or sees what was made here.
    """
    mine = ParkingSession.objects.filter(lot=lot, plate_index=index)
    rows = list(mine.select_for_update(of=("self",)).order_by("pk"))
    reads = _moves(lot, index, rows)
    stays = stays_from({*_seen(reads), *_known(rows)})
    pairs = _pair(stays, rows)
    _drop([row for row in rows if row not in [kept for _, kept in pairs]])
    latest = None
    for stay, row in pairs:
        latest = _make_say(row or _blank(lot, index, [*reads, *rows]), stay, reads)
    if latest is None or latest.left_at is not None:
        return None
    _waiting(latest).update(session=latest)
    return latest


def _moves(lot: Lot, index: bytes, rows: list[ParkingSession]) -> list[PlateRead]:
    """Return the reads with which this plate went in or out; one that was another car, misread, is not.

    Two questions, each with an index of its own, where one with an OR would look at every read of the lot.
    """
    moves = PlateRead.objects.filter(lot=lot, moved_at__isnull=False)
    loose = moves.filter(session=None, plate_index=index)
    told = moves.filter(session__in=[row.pk for row in rows])
    return sorted((*loose, *told), key=lambda read: (read.moved_at, read.pk))


def _waiting(session: ParkingSession) -> QuerySet[PlateRead]:
    """Return the reads of a car held at an exit: whichever row its stay has become, paying opens there."""
    return PlateRead.objects.filter(
        lot_id=session.lot_id,
        plate_index=session.plate_index,
        outcome=PlateRead.Outcome.HELD,
        captured_at__gte=session.entered_at,
    )


def _seen(reads: list[PlateRead]) -> Iterator[Event]:
    for read in reads:
        assert read.moved_at is not None
        yield Event(read.moved_at, read.direction == Lane.Direction.EXIT)


def _known(rows: list[ParkingSession]) -> Iterator[Event]:
    """Yield what the stays know themselves: not each movement has a read, or has it still.

    Staff ended the stay, a ticket opened it, or the read is forgotten.
    """
    for row in rows:
        if row.entered_at is not None:
            yield Event(row.entered_at, leaving=False)
        if row.left_at is not None and row.departure in _WITNESSED:
            yield Event(row.left_at, leaving=True)


_WITNESSED = {Departure.RELEASED, Departure.OFFLINE, Departure.MANUAL}


def _pair(stays: list[Stay], rows: list[ParkingSession]) -> list[tuple[Stay, ParkingSession | None]]:
    """Give each stay the row that already tells of it: the same entry, else the same exit, else any.

    All entries are matched before any exit, because a row may keep its entry while its exit changes.
    """
    left = list(rows)
    found: dict[int, ParkingSession] = {}
    for same in ("entered_at", "left_at"):
        for number, stay in enumerate(stays):
            time = getattr(stay, same)
            row = next((row for row in left if time is not None and getattr(row, same) == time), None)
            if row is not None and number not in found:
                left.remove(row)
                found[number] = row
    spare = sorted(left, key=lambda row: (row.paid_fen == 0, row.left_at is not None, row.pk))
    return [
        (stay, found.get(number) or (spare.pop(0) if spare else None)) for number, stay in enumerate(stays)
    ]


def _drop(rows: list[ParkingSession]) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            end = row.left_at or row.entered_at
            ParkingSession.objects.filter(pk=row.pk).update(left_at=end, needs_review=True)


def _blank(lot: Lot, index: bytes, known: list[PlateRead | ParkingSession]) -> ParkingSession:
    one = next(one for one in known if one.plate_index is not None and bytes(one.plate_index) == index)
    return ParkingSession(lot=lot, plate=one.plate, plate_index=index, plate_kind=one.plate_kind)


def _make_say(row: ParkingSession, stay: Stay, reads: list[PlateRead]) -> ParkingSession:
    """Write what changed and only that: the columns of money may be moving under a payment meanwhile."""
    before = [getattr(row, name) for name in _TOLD]
    entry = next((read for read in reads if read.moved_at == stay.entered_at), None)
    last = next((read for read in reads if read.moved_at == stay.left_at), None)
    if entry is not None or row.entered_at != stay.entered_at:
        row.entry_lane_id = entry.lane_id if entry else None
    if last is not None or row.left_at != stay.left_at or stay.exit_missed:
        row.exit_lane_id = last.lane_id if last and not stay.exit_missed else None
        row.departure = _departure(stay, last)
    row.entered_at, row.left_at = stay.entered_at, stay.left_at
    row.vehicle_class = row.vehicle_class or (entry.vehicle_class if entry else "")
    row.needs_review = stay.exit_missed or stay.entered_at is None
    if row.pk is None:
        row.save()
    elif before != [getattr(row, name) for name in _TOLD]:
        row.save(update_fields=_TOLD)
    has_weight = row.entered_at is not None and (row.paid_fen or row.left_at is not None)
    if has_weight and before != [getattr(row, name) for name in _TOLD]:
        heard = max((read.received_at for read in reads), default=row.entered_at)
        ParkingSession.objects.filter(pk=row.pk).update(unsettled_at=heard)
    if told := [read.pk for read in (entry, last) if read and read.session_id != row.pk]:
        PlateRead.objects.filter(pk__in=told).update(session=row)
    return row


_TOLD = [
    "entered_at",
    "left_at",
    "vehicle_class",
    "entry_lane_id",
    "exit_lane_id",
    "departure",
    "needs_review",
]


def _departure(stay: Stay, last: PlateRead | None) -> str:
    if stay.left_at is None:
        return Departure.NONE
    if stay.exit_missed:
        return Departure.MISSED
    late = last is not None and last.offline
    return Departure.OFFLINE if late else Departure.RELEASED
