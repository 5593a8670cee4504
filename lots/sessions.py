"""Stays: opened, priced, let go, and rebuilt when news comes late."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, ProtectedError

from lots import hot
from lots.models import Lane, Lot, ParkingSession, PlateRead
from lots.plates import Plate
from lots.pricing import price_stay
from lots.stays import Event, Stay, stays_from
from lots.tariffs import Price
from lots.vault import plate_index, seal_plate


def find_open(lot_id: int, plate: Plate, *, lock: bool = False) -> ParkingSession | None:
    """Return the stay of this plate in this lot, if its car is inside.

    `lock` holds the row to the end of the transaction: a payment that settles while the car reaches the
    barrier must see the car there, or the car must see the payment.
    """
    index = plate_index(lot_id, plate.text)
    return hot.one(
        ParkingSession, "lot_id = %s AND plate_index = %s AND left_at IS NULL", [lot_id, index], lock=lock
    )


def enter(*, lane: Lane, plate: Plate, at: datetime) -> ParkingSession:
    """Open a stay. Raises `IntegrityError` if the plate already has one here."""
    return hot.insert(
        ParkingSession(
            lot_id=lane.lot_id,
            plate=seal_plate(lane.lot_id, plate.text),
            plate_index=plate_index(lane.lot_id, plate.text),
            plate_kind=plate.kind,
            entered_at=at,
            entry_lane=lane,
        )
    )


def due_fen(session: ParkingSession, *, at: datetime) -> int:
    """Return what must be paid before the car may leave at `at`; 0 within the exit window of a payment."""
    return 0 if may_leave(session, at=at) else due_of(session, price_stay(session, until=at)[0], at=at)


def due_of(session: ParkingSession, price: Price, *, at: datetime) -> int:
    """Return what is due at `at`, where the price up to then is known already."""
    return 0 if may_leave(session, at=at) else max(0, price.fen - session.paid_fen)


def may_leave(session: ParkingSession, *, at: datetime) -> bool:
    """Say whether the exit window of a payment is still open."""
    return session.exit_until is not None and at <= session.exit_until


def leave(session: ParkingSession, *, lane: Lane, at: datetime) -> bool:
    """End the stay because its car was let out; False if it had ended before."""
    at = max(at, session.entered_at or at)
    return bool(
        ParkingSession.objects.filter(pk=session.pk, left_at=None).update(
            left_at=at, exit_lane=lane, departure=ParkingSession.Departure.RELEASED
        )
    )


def reopen(session: ParkingSession) -> None:
    """Undo `leave`: the barrier stayed down. Does nothing if the car has come in again meanwhile."""
    newer = ParkingSession.objects.filter(
        lot_id=session.lot_id, plate_index=session.plate_index, left_at=None
    ).exists()
    if not newer and session.plate_index is not None:
        ParkingSession.objects.filter(pk=session.pk).update(
            left_at=None, exit_lane=None, departure=ParkingSession.Departure.NONE
        )


def credit(session_id: int, *, fen: int, paid_at: datetime, exit_window: int) -> None:
    """Count a payment towards the stay; its car may leave within `exit_window` minutes of paying."""
    hot.run(
        "UPDATE lots_parkingsession SET paid_fen = paid_fen + %s, paid_at = %s, exit_until = %s"
        " WHERE id = %s",
        [fen, paid_at, paid_at + timedelta(minutes=exit_window), session_id],
    )


def debit(session_id: int, *, fen: int) -> None:
    """Take a promised refund off what the stay has paid."""
    ParkingSession.objects.filter(pk=session_id).update(paid_fen=F("paid_fen") - fen)


@transaction.atomic
def rebuild(lot: Lot, index: bytes) -> ParkingSession | None:
    """Make the stays of one plate say what its reads say, and return the open one.

    Called when a read came late, or when a car enters that is already inside. A stay with money on it is
    never deleted: it is kept for staff to look at.
    """
    reads = list(
        PlateRead.objects.filter(lot=lot, plate_index=index, moved_at__isnull=False)
        .select_for_update(of=("self",), no_key=True)
        .order_by("moved_at", "pk")
    )
    stays = stays_from(
        Event(read.moved_at, read.direction == Lane.Direction.EXIT) for read in reads if read.moved_at
    )
    rows = list(ParkingSession.objects.filter(lot=lot, plate_index=index).order_by("pk"))
    pairs = _pair(stays, rows)
    _drop([row for row in rows if row not in [kept for _, kept in pairs]])
    latest = None
    for stay, row in pairs:
        latest = _make_say(row or _blank(lot, index, reads), stay, reads)
    return latest if latest is not None and latest.left_at is None else None


def _pair(stays: list[Stay], rows: list[ParkingSession]) -> list[tuple[Stay, ParkingSession | None]]:
    """Give each stay the row that already tells of it: the same entry, else the same exit."""
    left = list(rows)
    pairs: list[tuple[Stay, ParkingSession | None]] = []
    for stay in stays:
        row = next(
            (
                row
                for same in ("entered_at", "left_at")
                for row in left
                if getattr(stay, same) is not None and getattr(row, same) == getattr(stay, same)
            ),
            None,
        )
        if row is not None:
            left.remove(row)
        pairs.append((stay, row))
    spare = sorted(left, key=lambda row: (row.paid_fen == 0, row.pk))
    return [(stay, row or (spare.pop(0) if spare else None)) for stay, row in pairs]


def _drop(rows: list[ParkingSession]) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            end = row.left_at or row.entered_at
            ParkingSession.objects.filter(pk=row.pk).update(left_at=end, needs_review=True)


def _blank(lot: Lot, index: bytes, reads: list[PlateRead]) -> ParkingSession:
    read = reads[0]
    return ParkingSession(lot=lot, plate=read.plate, plate_index=index, plate_kind=read.plate_kind)


def _make_say(row: ParkingSession, stay: Stay, reads: list[PlateRead]) -> ParkingSession:
    row.entered_at, row.left_at = stay.entered_at, stay.left_at
    entry = next((read for read in reads if read.moved_at == stay.entered_at), None)
    last = next((read for read in reads if read.moved_at == stay.left_at), None)
    row.entry_lane = entry.lane if entry else None
    row.exit_lane = last.lane if last and not stay.exit_missed else None
    row.departure = _departure(stay, last)
    row.needs_review = stay.exit_missed or stay.entered_at is None
    row.save()
    PlateRead.objects.filter(pk__in=[read.pk for read in (entry, last) if read]).update(session=row)
    return row


def _departure(stay: Stay, last: PlateRead | None) -> str:
    if stay.left_at is None:
        return ParkingSession.Departure.NONE
    if stay.exit_missed:
        return ParkingSession.Departure.MISSED
    late = last is not None and last.offline
    return ParkingSession.Departure.OFFLINE if late else ParkingSession.Departure.RELEASED
