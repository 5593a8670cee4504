"""Parking sessions: opened, priced, ended, and rebuilt when a read arrives late."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError, QuerySet

from core import hot_sql, hot_writes
from core.vault import plate_index, seal_plate
from lots import relief
from lots.models import Lane, Lot, ParkingSession, Permit, PlateRead, TariffVersion
from lots.permit_coverage import active_of
from lots.plates import Plate
from lots.pricing import price_session, pricing_by, tariff_of
from lots.sightings import Event, SeenSession, directed, sessions_from
from lots.tariffs import Price

Departure = ParkingSession.Departure


def find_open(lot_id: int, plate: Plate, *, lock: bool = False) -> ParkingSession | None:
    """Return the open session of this plate in this lot, or None.

    `lock` locks the row to the end of the transaction: of a payment that settles while the car reaches the
    barrier, either the payment sees the car there or the car sees the payment.
    """
    index = plate_index(lot_id, plate.text)
    return hot_sql.one(
        ParkingSession, "lot_id = %s AND plate_index = %s AND left_at IS NULL", [lot_id, index], lock=lock
    )


def enter(*, lane: Lane, plate: Plate, at: datetime, vehicle_class: str = "") -> ParkingSession:
    """Open a session. Raises `IntegrityError` if the plate already has one here."""
    return hot_writes.insert(begin(lane=lane, plate=plate, at=at, vehicle_class=vehicle_class))


def begin(*, lane: Lane, plate: Plate, at: datetime, vehicle_class: str = "") -> ParkingSession:
    """Return the session that `enter` opens, not yet stored."""
    return hot_sql.new(
        ParkingSession,
        lot_id=lane.lot_id,
        plate=seal_plate(lane.lot_id, plate.text),
        plate_index=plate_index(lane.lot_id, plate.text),
        plate_kind=plate.kind,
        vehicle_class=vehicle_class,
        entered_at=at,
        entry_lane=lane,
    )


def due_fen(session: ParkingSession, *, at: datetime) -> int:
    """Return what must be paid before the car may leave at `at`, in fen; 0 within the exit window.

    For a car that has left: what it still owes.
    """
    if session.may_leave(at):
        return 0
    return session.due_of(price_session(session, until=session.priced_until(at))[0], at=at)


def due_of_many(sessions: Iterable[ParkingSession], *, at: datetime) -> dict[int, int | None]:
    """Return what each session owes in fen by its id, as `due_fen` does; None where that is unknown.

    In a fixed number of queries for any number of sessions, but one more for each under a re-entry tariff.
    """
    known = [session for session in sessions if session.entered_at is not None]
    versions: dict[int, list[TariffVersion]] = {}
    lots = {session.lot_id for session in known}
    for version in TariffVersion.objects.not_withdrawn().filter(lot__in=lots).defer("document"):
        versions.setdefault(version.lot_id, []).append(version)
    permits: dict[tuple[int, bytes], list[Permit]] = {}
    plates = {bytes(session.plate_index) for session in known if session.plate_index is not None}
    for permit in Permit.objects.filter(lot__in=lots, plate_index__in=plates).order_by("valid_until", "pk"):
        permits.setdefault((permit.lot_id, bytes(permit.plate_index or b"")), []).append(permit)
    return {session.pk: _due_by(session, versions, permits, at) for session in known}


def _due_by(
    session: ParkingSession,
    versions: dict[int, list[TariffVersion]],
    permits: dict[tuple[int, bytes], list[Permit]],
    at: datetime,
) -> int | None:
    entered_at = session.entered_at
    assert entered_at is not None
    in_force = [each for each in versions.get(session.lot_id, ()) if each.valid_from <= entered_at]
    if not in_force:
        return None
    version = max(in_force, key=lambda each: (each.valid_from, each.version))
    mine = permits.get((session.lot_id, bytes(session.plate_index or b"")), [])
    rights = active_of(session, [permit for permit in mine if permit.valid_until > entered_at])
    until = max(session.priced_until(at), entered_at)
    pricing = pricing_by(tariff_of(version.pk), session, rights, counts_from=version.counts_from)
    return session.due_of(pricing(entered_at, until), at=at)


def due_at_exit(
    session: ParkingSession,
    *,
    at: datetime,
    price_until: Callable[[datetime], Price] | None = None,
    has_relief: bool = True,
) -> int:
    """Return what a car at an exit must pay before it may leave, in fen; coupons are used if they cover it.

    The caller has locked the session. `price_until`: where what its price depends on was read with it;
    `has_relief`: whether it may have coupons (`lots.relief`), where that was read too.
    """
    if session.may_leave(at):
        return 0
    price = price_until(at) if price_until else price_session(session, until=at)[0]
    due = session.due_of(price, at=at)
    return relief.still_due(session, price, due, at=at) if due and has_relief else due


def leave(session: ParkingSession, *, lane: Lane, at: datetime) -> bool:
    """End the session because its car was let out; False if it had ended before."""
    statement = leaving(session, lane=lane, at=at)
    return bool(hot_sql.run(statement.alone, statement.params))


def leaving(session: ParkingSession, *, lane: Lane, at: datetime) -> hot_writes.WriteStatement:
    """Return the statement of `leave`."""
    at = max(at, session.entered_at or at)
    gone = {"left_at": at, "exit_lane": lane, "departure": Departure.RELEASED}
    return hot_writes.changing(session, where={"left_at": None}, **gone)


def reopen(session: ParkingSession) -> bool:
    """Undo `leave` because the barrier stayed down; False if the car has gone or come in again."""
    if session.plate_index is None:
        return False
    left = ParkingSession.objects.filter(pk=session.pk, departure=Departure.RELEASED)
    try:
        with transaction.atomic():
            return bool(
                left.update(left_at=None, exit_lane=None, departure=Departure.NONE, unsettled_at=F("left_at"))
            )
    except IntegrityError:  # the plate has an open session: it came in again, perhaps at this moment
        return False


def credit(session: ParkingSession, *, fen: int, paid_at: datetime, exit_until: datetime | None) -> None:
    """Count a payment towards the session, which the caller has locked.

    Its car may leave until `exit_until`; None: the payment came too late to cover the session. A payment
    reported late never shortens the exit window.
    """
    statement = crediting(session, fen=fen, paid_at=paid_at, exit_until=exit_until)
    hot_sql.run(statement.alone, statement.params)


def crediting(
    session: ParkingSession, *, fen: int, paid_at: datetime, exit_until: datetime | None
) -> hot_writes.WriteStatement:
    """Return the statement of `credit`; the session has the new values already."""
    session.paid_fen += fen
    session.paid_at = max(paid_at, session.paid_at or paid_at)
    if exit_until is not None:
        session.exit_until = max(exit_until, session.exit_until or exit_until)
    return hot_writes.changing(
        session,
        where={},
        paid_fen=session.paid_fen,
        paid_at=session.paid_at,
        exit_until=session.exit_until,
    )


def debit(session_id: int, *, fen: int, owed_again: bool) -> None:
    """Subtract a promised refund from what was paid; `owed_again`: close the exit window as well."""
    session = ParkingSession.objects.filter(pk=session_id)
    session.update(paid_fen=F("paid_fen") - fen)
    if owed_again:
        session.update(exit_until=None)


def take_back(session_id: int, *, fen: int) -> None:
    """Undo `debit`: the channel could not carry out the refund."""
    ParkingSession.objects.filter(pk=session_id).update(paid_fen=F("paid_fen") + fen)


def flag_for_settlement(session_id: int, *, at: datetime) -> None:
    """Have the worker compare the session's price with what was paid for it (`unsettled_at`)."""
    ParkingSession.objects.filter(pk=session_id).update(unsettled_at=at)


def lock_for_rebuild(lot_id: int) -> None:
    """Process one offline record of a lot at a time, to the end of the transaction.

    Two records of one plate on two connections would not see each other, and each rebuild would make
    sessions without the other's half. Call it before anything else is locked.
    """
    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot_id)


def lock(session_id: int) -> ParkingSession | None:
    """Lock a session to the end of the transaction and return it; None where it was merged or deleted.

    Code that changes a session, its reads or its commands locks the session first, which prevents deadlocks.
    """
    return hot_sql.one(ParkingSession, "id = %s", [session_id], lock=True)


@transaction.atomic
def rebuild(lot: Lot, index: bytes) -> ParkingSession | None:
    """Derive the sessions of one plate again from its reads, and return the open one.

    Called when a read came late, or when a car enters that is already inside. A session with money on it is
    never deleted: it is flagged for review. The sessions are locked before the reads are queried, so that a
    payment or an exit at the same moment is either seen here or sees what was made here.
    """
    rows = list(ParkingSession.objects.of_lot(lot).of_plates(index).locked())
    reads = _moves(lot, index, rows)
    undirected = _undirected(reads, rows)
    events = directed({*_seen(reads, undirected), *_known(rows, undirected)})
    _direct(undirected, events)
    sessions = sessions_from(events)
    pairs = _pair(sessions, rows)
    _drop([row for row in rows if row not in [matched for _, matched in pairs]])
    latest = None
    for seen, row in pairs:
        latest = _apply(row or _blank(lot, index, [*reads, *rows]), seen, reads)
    if latest is None or latest.left_at is not None:
        return None
    _waiting(latest).update(session=latest)
    return latest


def _moves(lot: Lot, index: bytes, rows: list[ParkingSession]) -> list[PlateRead]:
    """Return the reads with which this plate went in or out; one that was another car, misread, is not.

    Two queries, each with an index of its own: one with an OR would scan every read of the lot.
    """
    moves = PlateRead.objects.of_lot(lot).movements().select_related("lane")
    loose = moves.filter(session=None, plate_index=index)
    linked = moves.filter(session__in=[row.pk for row in rows])
    return sorted((*loose, *linked), key=lambda read: (read.moved_at, read.pk))


def _waiting(session: ParkingSession) -> QuerySet[PlateRead]:
    """Return the reads that hold the car at an exit: paying opens there, whichever row is its session now."""
    return PlateRead.objects.filter(
        lot_id=session.lot_id,
        plate_index=session.plate_index,
        outcome=PlateRead.Outcome.HELD,
        captured_at__gte=session.entered_at,
    )


def _undirected(reads: list[PlateRead], rows: list[ParkingSession]) -> list[PlateRead]:
    """Return the reads whose direction is not known by itself: their lane is for both ways, and what was
    known to be inside when they arrived may not be what was inside at their time.

    So it is for a live read too: the record of what the car did before may come later. But where staff let a
    car out whose stay had ended, they saw which way it went.
    """
    ended = {row.left_at for row in rows}
    both_ways = [read for read in reads if read.lane.direction == Lane.Direction.BOTH]
    entry = Lane.Direction.ENTRY
    return [each for each in both_ways if each.offline or each.direction == entry or each.moved_at in ended]


def _seen(reads: list[PlateRead], undirected: list[PlateRead]) -> Iterator[Event]:
    for read in reads:
        assert read.moved_at is not None
        leaving = read.direction == Lane.Direction.EXIT
        if read not in undirected:
            yield Event(read.moved_at, leaving)
        else:
            yield Event(read.moved_at, None, None if read.offline else leaving)


def _direct(undirected: list[PlateRead], events: list[Event]) -> None:
    """Store the direction of the reads in lanes for both ways, as the events around them tell it."""
    leaving = {event.at: event.leaving for event in events}
    for read in undirected:
        assert read.moved_at is not None
        direction = Lane.Direction.EXIT if leaving[read.moved_at] else Lane.Direction.ENTRY
        if read.direction != direction:
            read.direction = direction
            read.outcome = _TURNED.get(PlateRead.Outcome(read.outcome), read.outcome)
            read.save(update_fields=["direction", "outcome"])


_TURNED = {
    PlateRead.Outcome.ENTERED: PlateRead.Outcome.LEFT,
    PlateRead.Outcome.LEFT: PlateRead.Outcome.ENTERED,
}


def _known(rows: list[ParkingSession], undirected: list[PlateRead]) -> Iterator[Event]:
    """Yield what the sessions know themselves: not every movement has a read, or still has it.

    Staff ended the session, a ticket opened it, or the read was erased. What an earlier rebuild made of a
    read whose direction was open is not known.
    """
    derived = {read.moved_at for read in undirected}
    for row in rows:
        if row.entered_at is not None and row.entered_at not in derived:
            yield Event(row.entered_at, leaving=False)
        if row.left_at is not None and row.departure in OBSERVED_DEPARTURES and row.left_at not in derived:
            yield Event(row.left_at, leaving=True)


OBSERVED_DEPARTURES = {Departure.RELEASED, Departure.OFFLINE, Departure.MANUAL}


def _pair(
    sessions: list[SeenSession], rows: list[ParkingSession]
) -> list[tuple[SeenSession, ParkingSession | None]]:
    """Match each seen session with the row that stands for it: the same entry, else the same exit, else any.

    All entries are matched before any exit, because a row may keep its entry while its exit changes.
    """
    left = list(rows)
    found: dict[int, ParkingSession] = {}
    for same in ("entered_at", "left_at"):
        for number, seen in enumerate(sessions):
            time = getattr(seen, same)
            row = next((row for row in left if time is not None and getattr(row, same) == time), None)
            if row is not None and number not in found:
                left.remove(row)
                found[number] = row
    spare = sorted(left, key=lambda row: (row.paid_fen == 0, row.left_at is not None, row.pk))
    return [
        (seen, found.get(number) or (spare.pop(0) if spare else None)) for number, seen in enumerate(sessions)
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
    same = next(row for row in known if row.plate_index is not None and bytes(row.plate_index) == index)
    return ParkingSession(lot=lot, plate=same.plate, plate_index=index, plate_kind=same.plate_kind)


def _apply(row: ParkingSession, seen: SeenSession, reads: list[PlateRead]) -> ParkingSession:
    """Write the derived columns that changed and no other: a payment may be writing those of money."""
    entry = next((read for read in reads if read.moved_at == seen.entered_at), None)
    last = next((read for read in reads if read.moved_at == seen.left_at), None)
    before = [getattr(row, name) for name in DERIVED_FIELDS]
    _derive(row, seen, entry, last)
    has_changed = before != [getattr(row, name) for name in DERIVED_FIELDS]
    if row.pk is None:
        row.save()
    elif has_changed:
        row.save(update_fields=DERIVED_FIELDS)
    has_weight = row.entered_at is not None and (row.paid_fen or row.left_at is not None)
    if has_weight and has_changed:
        reported_at = max((read.received_at for read in reads), default=row.entered_at)
        ParkingSession.objects.filter(pk=row.pk).update(unsettled_at=reported_at)
    if unlinked := [read.pk for read in (entry, last) if read and read.session_id != row.pk]:
        PlateRead.objects.filter(pk__in=unlinked).update(session=row)
    return row


DERIVED_FIELDS = [
    "entered_at",
    "left_at",
    "vehicle_class",
    "entry_lane_id",
    "exit_lane_id",
    "departure",
    "needs_review",
]


def _derive(row: ParkingSession, seen: SeenSession, entry: PlateRead | None, last: PlateRead | None) -> None:
    """Set the derived columns. A lane stays as it is where its read is no longer stored."""
    if entry is not None or row.entered_at != seen.entered_at:
        row.entry_lane_id = entry.lane_id if entry else None
    if last is not None or row.left_at != seen.left_at or seen.exit_missed:
        row.exit_lane_id = last.lane_id if last and not seen.exit_missed else None
        row.departure = _departure(seen, last)
    row.entered_at, row.left_at = seen.entered_at, seen.left_at
    row.vehicle_class = row.vehicle_class or (entry.vehicle_class if entry else "")
    row.needs_review = seen.exit_missed or seen.entered_at is None


def _departure(seen: SeenSession, last: PlateRead | None) -> str:
    if seen.left_at is None:
        return Departure.NONE
    if seen.exit_missed:
        return Departure.MISSED
    late = last is not None and last.offline
    return Departure.OFFLINE if late else Departure.RELEASED
