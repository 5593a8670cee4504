"""A camera's reads, turned into sessions and an answer for the barrier. Every make ends here.

| What comes in | What it means |
| --- | --- |
| the same event again | nothing changes, the same answer |
| another event under a used id | recorded as its own: the device counts from the start again |
| a plate with less confidence than the lane demands | as no plate: it decides nothing |
| no plate | stored as unread; at an entry the lane code gives a ticket, at an exit the driver types it |
| a live time far from ours (TRUSTED) | the camera's clock is wrong: our time counts, the offset is stored |
| an offline record from a time that cannot be | quarantined: no session, staff review it |
| an offline record | sessions are rebuilt from event times, less the known offset; no barrier moves |
| an entry of a car that is inside | it waits there still, or its exit was missed (`lots.sightings`) |
| an exit of a car that owes | held: the barrier stays down until it has paid |
| an exit in a lot without a tariff | held and shown to staff: what it owes is unknown |
| an exit of the car that was last let out there | it stands there still: its barrier opens again |
| an exit, in time, of a car whose payment opened after it had backed off | it never left: released |
| an exit of a car never seen at the entry | held and shown to staff: never silently free, never guessed |

A read takes the first of these ways that fits. Whichever it takes, what a car may do is decided in one place:
`_entering` for a car that comes in, `_exit` for one that goes out.

| Way | For | Decides | Writes |
| --- | --- | --- | --- |
| `record_at_once` | a usual read of an unchanged device | `_usual_entry`, `_usual_exit` | with that check |
| `record_read`, `_entry_at_once` | a usual entry | `_usual_entry` | one statement |
| `record_read`, `_record_in_full` | an exit, the unusual | `_entry`, `_exit`, `_late`, … | a transaction |
| `record_read`, `_answer_again` | a read that is stored already | the stored outcome | nothing |

The first two return None, and have written nothing, where a later way must decide.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from core import hot_sql, hot_writes
from core.database import repeated_after_deadlock
from core.vault import plate_index, seal_plate
from lots import gates, lane_codes, pictures, session_facts, sessions
from lots.device_keys import Remembered
from lots.models import Device, DeviceNonce, GateCommand, Lane, ParkingSession, PlateRead
from lots.plates import Plate, PlateError, parse, visible
from lots.pricing import NoTariff
from lots.session_facts import SessionFacts
from lots.sightings import SAME_CAR, STANDING, TRUSTED
from lots.tariffs.charging_rules import Seen

OLDEST = timedelta(days=30)
SEEN_EVERY = timedelta(seconds=60)
WRONG_ZONE = timedelta(hours=26)  # the most by which two zones differ
# What cameras write where they read none. As foreign plates, all such cars would share one session.
NO_PLATE = frozenset({"UNKNOWN", "NOPLATE", "UNLICENSED", "UNREAD", "UNDEFINED", "NONE", "NULL"})
SHORTEST_FILLER = 4  # of one character over and over, such as 00000000; a foreign plate may be 888

log = structlog.get_logger("reads")
Direction = Lane.Direction
Outcome = PlateRead.Outcome
Cause = GateCommand.Cause


@dataclass(frozen=True)
class Sighting:
    """One event of a camera in plain values."""

    key: str  # the camera's own id of the event
    plate: str | None  # as the camera spells it; None: it could not read one
    captured_at: datetime
    offline: bool = False  # recorded while cut off, reported later
    confidence: int | None = None  # 0 to 100
    picture: bytes | None = field(default=None, repr=False)  # of devices that keep theirs
    vehicle_class: Seen | None = None  # what the camera says the vehicle is, if it says so


@dataclass(frozen=True)
class Verdict:
    """The answer to a camera: whether the barrier opens, and if not, what is due (fen)."""

    read: PlateRead
    command: GateCommand | None = None
    due_fen: int | None = None
    needs_staff: bool = False  # held, and no payment can open: what is due is unknown
    lane_sign: str | None = None  # the code of the exit's sign, "" without one; None: not looked for

    def opens(self, at: datetime) -> bool:
        command = self.command
        return command is not None and command.sent_at is not None and command.is_in_time(at)


@repeated_after_deadlock
def record_read(*, device: Device, sighting: Sighting, at: datetime) -> Verdict:
    """Record what a camera saw and decide on its barrier. Repeating it changes nothing."""
    if sighting.offline:  # each may come twice: spare a transaction
        sighting, known = _stored_read(device, sighting, at)
        if known:
            return _answer_again(known)
    for attempt in (1, 2, 3, 4):
        try:
            if attempt == 1 and (verdict := _entry_at_once(device, sighting, at)):
                return verdict
            with hot_sql.short_transaction():
                verdict = _record_in_full(device, sighting, at, careful=attempt > 1)
                if sighting.picture:
                    pictures.keep(verdict.read, sighting.picture)
                return verdict
        except IntegrityError:  # a repeat, or another lane was faster with the same car
            sighting, known = _stored_read(device, sighting, at)
            if known:
                return _answer_again(known)
            if attempt == 4:
                raise
    raise AssertionError("unreachable")


@repeated_after_deadlock
def record_at_once(
    known: Remembered, sighting: Sighting, at: datetime, nonce: DeviceNonce | None = None
) -> Verdict | None:
    """Record a usual read of a device from memory: in one round trip at an entry, in two at an exit.

    None, and nothing is stored, where the device has changed since it was remembered, its nonce was used
    before, or anything is unusual: `record_read` decides then
    (tests/devices/test_remembered_devices.py asks both).
    """
    device = known.device
    if sighting.offline or sighting.picture:
        return None
    contact = _contact_of(device, sighting, at)
    read, plate = _read_of(device, sighting, _event_time(device, sighting, at), at)
    direction = device.lane.direction
    if plate is None or direction == Direction.BOTH:
        return None
    record = _usual_entry if direction == Direction.ENTRY else _usual_exit
    try:
        verdict = record(read, plate, at, known.unchanged, contact, nonce=nonce)
    except IntegrityError:  # a repeat, or another lane was faster with the same car
        return None
    if contact and verdict is not None:
        device.last_seen_at, device.clock_offset = at, seconds_ahead(sighting.captured_at, at)
    return verdict


def _usual_entry(
    read: PlateRead,
    plate: Plate,
    at: datetime,
    given: hot_sql.Query | None,
    along: Sequence[hot_writes.WriteStatement] = (),
    *,
    nonce: DeviceNonce | None = None,
) -> Verdict | None:
    """Let in a car that is not inside, `given` that nothing has changed; None if nothing was written."""
    read.direction = Direction.ENTRY
    session, command = _entering(read, plate, at)
    more = [command] if nonce is None else [command, nonce]
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        written = hot_writes.insert_unless_there(session, read, *more, along=along, given=given)
    return Verdict(read, command) if written else None


def _usual_exit(
    read: PlateRead,
    plate: Plate,
    at: datetime,
    given: hot_sql.Query,
    along: Sequence[hot_writes.WriteStatement],
    *,
    nonce: DeviceNonce | None,
) -> Verdict | None:
    """Decide on a car that is inside, `given` that nothing has changed; None if that does not hold."""
    along = along if nonce is None else [*along, hot_writes.insertion(nonce)]
    with hot_sql.short_transaction():
        sign = lane_codes.probe(read.lane_id)
        facts = session_facts.of_locked_plate(read.lot_id, plate, given=given, probes=[sign])
        if facts is None:
            return None
        verdict = _exit(read, facts, at, commits=True, along=along)
    return replace(verdict, lane_sign=facts.probed["lane_sign"] or "")


def _record_in_full(device: Device, sighting: Sighting, at: datetime, *, careful: bool) -> Verdict:
    """Record a read; at a usual exit its write ends the transaction, unless a picture is still to be kept."""
    if sighting.offline:
        sessions.lock_for_rebuild(device.lot_id)
    captured_at = _event_time(device, sighting, at)
    read, plate = _read_of(device, sighting, captured_at, at)
    inside = facts = None
    if plate is not None and (read.lane.direction == Direction.ENTRY or sighting.offline):
        inside = sessions.find_open(device.lot_id, plate, lock=True)
    elif plate is not None:  # it may leave: read with it all that its price depends on
        facts = session_facts.of_locked_plate(device.lot_id, plate)
        inside = facts.session if facts else None
    read.direction = _direction(read, inside)
    contact = _contact_of(device, sighting, at)
    if facts is not None and read.direction == Direction.EXIT:
        return _exit(read, facts, at, commits=not sighting.picture, along=contact)
    for each in contact:
        hot_sql.run(each.alone, each.params)
    if captured_at is None:
        return _store(read, Outcome.QUARANTINED)
    if plate is None:
        return _store(read, Outcome.UNREAD)
    if sighting.offline:
        return _late(read)
    if read.direction == Direction.ENTRY:
        return _entry(read, plate, inside, at, rebuild=careful or inside is not None)
    return _exit_without_entry(read, plate, at)


def _read_of(
    device: Device, sighting: Sighting, captured_at: datetime | None, at: datetime
) -> tuple[PlateRead, Plate | None]:
    """Return the row of a sighting, not yet stored, and the plate that it is believed to show."""
    lot_id, lane = device.lot_id, device.lane  # each read of these is a function of Django's
    plate = None if _is_doubted(sighting, lane) else plate_of(sighting.plate)
    read = hot_sql.new(
        PlateRead,
        lot_id=lot_id,
        lane=lane,
        device=device,
        key=sighting.key,
        captured_at=captured_at or at,
        received_at=at,
        offline=sighting.offline,
        confidence=sighting.confidence,
        vehicle_class=sighting.vehicle_class or "",
    )
    if plate is not None:
        read.plate = seal_plate(lot_id, plate.text)
        read.plate_index = plate_index(lot_id, plate.text)
        read.plate_kind = plate.kind
    return read, plate


def _entry_at_once(device: Device, sighting: Sighting, at: datetime) -> Verdict | None:
    """Record a car that comes in; on PostgreSQL by one statement, which needs no transaction around it.

    None where that is not possible, or nothing was written because the car is inside already: the full way
    decides then. Raises `IntegrityError` for a read that came before.
    """
    if sighting.offline or sighting.picture or device.lane.direction != Direction.ENTRY:
        return None
    read, plate = _read_of(device, sighting, _event_time(device, sighting, at), at)
    if plate is None:
        return None
    return _usual_entry(read, plate, at, None, _contact_of(device, sighting, at))


def _entering(read: PlateRead, plate: Plate, at: datetime) -> tuple[ParkingSession, GateCommand]:
    """Complete the read of a car that comes in; return its session and command, none of them stored."""
    session = sessions.begin(
        lane=read.lane, plate=plate, at=read.captured_at, vehicle_class=read.vehicle_class
    )
    read.moved_at, read.outcome, read.session = read.captured_at, Outcome.ENTERED, session
    return session, gates.opening(read, cause=Cause.ENTRY, session=session, at=at)


def _stored_read(device: Device, sighting: Sighting, at: datetime) -> tuple[Sighting, PlateRead | None]:
    """Return the stored read of a sighting, if there is one, and the sighting with a key that is its own.

    Devices that count their events begin again after a restart: their cars must not pass for repeats.
    """
    known = PlateRead.objects.filter(device=device, key=sighting.key).first()
    if known is None or not _is_other_event(known, sighting, at):
        return sighting, known
    log.warning("read_id_used_again", device=device.pk)
    sighting = replace(sighting, key=f"{sighting.key[:64]}~{int(sighting.captured_at.timestamp())}")
    return sighting, PlateRead.objects.filter(device=device, key=sighting.key).first()


def _is_other_event(read: PlateRead, sighting: Sighting, at: datetime) -> bool:
    """Return whether a sighting under the id of a stored read is no copy of it.

    A copy has its plate and time. But the time may have been corrected since, and the plate by staff: both
    must differ. Where one has no plate, or has it no more, both its times must, by more than any wrong zone.
    What a right clock reports as happening now was not received before, whichever its plate: the first car of
    a morning may be that of the morning before.
    """
    is_now = not sighting.offline and abs(at - sighting.captured_at) <= TRUSTED
    if is_now and at - read.received_at > 2 * TRUSTED:
        return True
    apart = abs(sighting.captured_at - read.captured_at)
    plate = plate_of(sighting.plate)
    if plate is None or read.plate_index is None:
        return min(apart, at - read.received_at) > WRONG_ZONE
    return apart > SAME_CAR and plate_index(read.lot_id, plate.text) != bytes(read.plate_index)


def _answer_again(read: PlateRead) -> Verdict:
    """Answer a repeat as the first time, but with what is due now: the driver may have paid in between."""
    held = read.session if read.outcome == Outcome.HELD else None
    inside = held is not None and held.left_at is None
    try:
        due = sessions.due_fen(held, at=read.captured_at) if held and inside else None
    except NoTariff:
        return Verdict(read, needs_staff=True)
    command = None if read.offline else GateCommand.objects.filter(read=read).first()
    return Verdict(read, command, due or None)


def _store(
    read: PlateRead,
    outcome: Outcome,
    session: ParkingSession | None = None,
    *,
    along: Sequence[hot_writes.WriteStatement] = (),
    commits: bool = False,
) -> Verdict:
    """Store a read that opens nothing."""
    read.outcome, read.session = outcome, session
    hot_writes.insert_all(read, along=along, commits=commits)
    return Verdict(read)


def _late(read: PlateRead) -> Verdict:
    """Store an offline record, and make the sessions of its plate again with it."""
    read.moved_at = read.captured_at
    verdict = _store(read, Outcome.LATE)
    sessions.rebuild(read.lot, bytes(read.plate_index or b""))
    return verdict


def _entry(
    read: PlateRead, plate: Plate, inside: ParkingSession | None, at: datetime, *, rebuild: bool
) -> Verdict:
    """Let a car in. `rebuild`: it may be inside already, so its session is made from all its reads."""
    if inside is not None:  # seen once more; its camera's clock or ours may have shown another time before
        read.captured_at = max(read.captured_at, inside.entered_at or read.captured_at)
    if rebuild:
        return _entry_again(read, inside, at)
    session, command = _entering(read, plate, at)
    hot_writes.insert_all(session, read, command)
    return Verdict(read, command)


def _entry_again(read: PlateRead, inside: ParkingSession | None, at: datetime) -> Verdict:
    """Let in a car that was seen before: once more, or its exit was missed and a new session begins."""
    read.moved_at = read.captured_at
    _store(read, Outcome.DUPLICATE, inside)
    session = sessions.rebuild(read.lot, bytes(read.plate_index or b""))
    if session is None and inside is not None:  # an exit of the same moment may have left nothing of it
        session = ParkingSession.objects.filter(pk=inside.pk).first()
    known = inside is not None and inside.entered_at == read.captured_at  # two lanes, one second
    if session is not None and session.entered_at == read.captured_at and not known:
        PlateRead.objects.filter(pk=read.pk).update(outcome=Outcome.ENTERED, session=session)
        read.outcome = Outcome.ENTERED
    elif session is not None and session.entry_lane_id != read.lane_id and _is_passing(read, session):
        return Verdict(read)  # the next lane's camera saw it too; its own barrier is open already
    return Verdict(read, gates.open_at_once(read, cause=Cause.ENTRY, session=session, at=at))


def _is_passing(read: PlateRead, session: ParkingSession) -> bool:
    """Return whether the car may still be driving in by the lane that let it in, beside the one of this read.

    Later it has come to this lane because the other stayed closed.
    """
    return session.entered_at is not None and read.captured_at - session.entered_at <= SAME_CAR


def _exit(
    read: PlateRead,
    facts: SessionFacts,
    at: datetime,
    *,
    commits: bool,
    along: Sequence[hot_writes.WriteStatement],
) -> Verdict:
    """Release or hold a car at an exit, whose session is locked. `along`: written with the read.

    `commits`: nothing is written after it (see `hot_sql.short_transaction`).
    """
    inside = facts.session
    read.direction = Direction.EXIT
    read.captured_at = max(read.captured_at, inside.entered_at or read.captured_at)
    try:
        due = sessions.due_at_exit(
            inside,
            at=read.captured_at,
            price_until=lambda until: facts.price(until=until),
            has_relief=bool(facts.probed["has_relief"]),
        )
    except NoTariff:  # neither free nor guessed: it is held and shown to staff
        ParkingSession.objects.filter(pk=inside.pk).update(needs_review=True)
        _store(read, Outcome.HELD, inside, along=along, commits=commits)
        return Verdict(read, needs_staff=True)
    if due:
        _store(read, Outcome.HELD, inside, along=along, commits=commits)
        return Verdict(read, due_fen=due)
    read.moved_at, read.outcome, read.session = read.captured_at, Outcome.LEFT, inside
    cause = Cause.PAID if inside.paid_fen else Cause.NOTHING_OWED
    command = gates.opening(read, cause=cause, session=inside, at=at)
    left = sessions.leaving(inside, lane=read.lane, at=read.captured_at)
    hot_writes.insert_all(read, command, along=[left, *along], commits=commits)
    return Verdict(read, command)


def _exit_without_entry(read: PlateRead, plate: Plate, at: datetime) -> Verdict:
    """Answer an exit's read of a car that is not inside: it just left, or its entry was never seen."""
    just_left = _just_moved(read).filter(direction=Direction.EXIT).first() or _let_out_last(read)
    if just_left is None:
        facts = _let_out_unseen(read, plate)
        return _exit(read, facts, at, commits=False, along=()) if facts else _store(read, Outcome.UNMATCHED)
    verdict = _store(read, Outcome.DUPLICATE, just_left.session)
    if just_left.lane_id == read.lane_id:  # it stands at the same barrier still: let it out once more
        command = GateCommand.objects.filter(read=just_left).select_related("session").first()
        if command is not None and not command.is_in_time(at):
            command = gates.repeat(command, just_left, at=at)
        verdict = Verdict(verdict.read, command)
        if verdict.opens(at):
            gates.withdraw_by_hand(read.lane_id, at=at)
    return verdict


def _let_out_last(read: PlateRead) -> PlateRead | None:
    """Return the read by which a lane let this car out, if no other car has moved there since.

    Most cameras do not report what their barrier did: where the order was lost, the car is read again.
    """
    moved = PlateRead.objects.filter(lane_id=read.lane_id, offline=False, moved_at__isnull=False)
    last = moved.order_by("-captured_at", "-pk").first()
    if last is None or last.moved_at is None or last.direction != Direction.EXIT or not read.plate_index:
        return None
    is_same = last.plate_index is not None and bytes(last.plate_index) == bytes(read.plate_index)
    return last if is_same and last.moved_at >= read.captured_at - STANDING else None


def _let_out_unseen(read: PlateRead, plate: Plate) -> SessionFacts | None:
    """Return the facts of a car, locked, that is back at an exit within the exit window of its payment.

    It was held, backed off, and paid elsewhere: the barrier opened, and no camera saw it go. So it never
    left; else it could not leave any more where another car has passed since, or by another exit.
    """
    moved = PlateRead.objects.filter(
        lot_id=read.lot_id, plate_index=read.plate_index, moved_at__isnull=False
    ).select_related("session")
    last = moved.order_by("-moved_at", "-pk").first()
    if last is None or last.session is None or last.outcome != Outcome.LEFT:
        return None
    later = GateCommand.objects.filter(read=last, cause=Cause.PAID, issued_at__gt=last.received_at)
    is_back = last.session.may_leave(read.captured_at) and later.exists()
    if not is_back or not sessions.reopen(last.session):
        return None
    PlateRead.objects.filter(pk=last.pk).update(outcome=Outcome.HELD, moved_at=None)
    return session_facts.of_locked_plate(read.lot_id, plate)


def _contact_of(device: Device, sighting: Sighting, at: datetime) -> list[hot_writes.WriteStatement]:
    """Return the statement that stores the device's last contact and clock offset, if worth a write."""
    offset = device.clock_offset if sighting.offline else seconds_ahead(sighting.captured_at, at)
    stale = device.last_seen_at is None or at - device.last_seen_at > SEEN_EVERY
    if stale or abs(offset - device.clock_offset) > TRUSTED.total_seconds():
        return [hot_writes.changing(device, where={}, last_seen_at=at, clock_offset=offset)]
    return []


def seconds_ahead(captured_at: datetime, at: datetime) -> int:
    """Return by how much a device's clock is ahead of ours, within what a column holds."""
    seconds = round((captured_at - at).total_seconds())
    return max(-(2**31), min(seconds, 2**31 - 1))


def _event_time(device: Device, sighting: Sighting, at: datetime) -> datetime | None:
    """Return when it happened, by our clock; None where an offline record's time cannot be true."""
    if sighting.offline:
        return by_our_clock(device, sighting.captured_at, at)
    return sighting.captured_at if abs(at - sighting.captured_at) <= TRUSTED else at


def by_our_clock(device: Device, when: datetime, at: datetime) -> datetime | None:
    """Return the time of something that a device reports later, by our clock; None where it cannot be true.

    A device whose clock was known to be wrong recorded by that clock, unless it was set right meanwhile.
    """
    ahead = timedelta(seconds=device.clock_offset)
    for error in (ahead, timedelta()) if abs(ahead) > TRUSTED else (timedelta(),):
        if at + error - OLDEST <= when <= at + error + TRUSTED:  # `when - error` may be before the year 1
            return when - error
    return None


def _is_doubted(sighting: Sighting, lane: Lane) -> bool:
    """Return whether the camera is less sure than its lane demands; one that gives no figure is believed.

    Such a plate may be another car's: it is neither looked up nor stored.
    """
    return sighting.confidence is not None and sighting.confidence < lane.min_confidence


def plate_of(text: str | None) -> Plate | None:
    """Return the plate that a camera spells; what follows no grammar is a foreign plate, or unread.

    Characters that show nothing are left out: firmware adds them, and the car must not be lost for them.
    """
    if not text:
        return None
    text = visible(text)
    for overseas in (False, True):
        try:
            plate = parse(text, overseas=overseas)
        except PlateError:
            continue
        return None if overseas and _is_filler(plate.text) else plate
    return None


def _is_filler(text: str) -> bool:
    return text in NO_PLATE or (len(text) >= SHORTEST_FILLER and len(set(text)) == 1)


def _direction(read: PlateRead, inside: ParkingSession | None) -> Direction:
    """Return which way the car goes. In a lane for both, a car that has just moved and is seen again has
    not turned round."""
    if read.lane.direction != Direction.BOTH:
        return Direction(read.lane.direction)
    moved = _just_moved(read).filter(lane_id=read.lane_id).first() if read.plate_index else None
    if moved is not None:
        return Direction(moved.direction)
    return Direction.EXIT if inside else Direction.ENTRY


def _just_moved(read: PlateRead) -> QuerySet[PlateRead]:
    return PlateRead.objects.filter(
        lot_id=read.lot_id,
        plate_index=read.plate_index,
        moved_at__range=(read.captured_at - SAME_CAR, read.captured_at + SAME_CAR),
    ).order_by("-moved_at")
