"""Commands to barriers: written with the fact that causes them, delivered in the answer or poll of a device.

A command opens at most once and never after its expiry. Losing one loses nothing: the car still stands
there, and its next read orders the barrier again; so does a scan of the lane code, if it was not fetched.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from core import hot_sql, hot_writes
from lots import sessions
from lots.models import Device, GateCommand, Lane, ParkingSession, PlateRead
from lots.sightings import STANDING, TRUSTED

LIFETIME = timedelta(seconds=60)

Cause = GateCommand.Cause
State = GateCommand.State
Direction = Lane.Direction
Outcome = PlateRead.Outcome
STOPPED = (Outcome.HELD, Outcome.UNMATCHED, Outcome.UNREAD)  # the barrier stays closed for these

_IN_LANE = "lane_id = %s AND NOT offline"
_NEWEST = " ORDER BY captured_at DESC, id DESC"


def order_open(
    read: PlateRead,
    *,
    cause: Cause,
    session: ParkingSession | None,
    at: datetime,
) -> GateCommand:
    """Command the barrier to open for the car in this read, once, however often this is called."""
    command, made = GateCommand.objects.get_or_create(
        read=read,
        defaults={
            "lot_id": read.lot_id,
            "lane_id": read.lane_id,
            "session": session,
            "cause": cause,
            "state": State.QUEUED,
            "issued_at": at,
            "expires_at": at + LIFETIME,
        },
    )
    if made:
        return command
    if command.state == State.FAILED:  # the barrier stayed down: a new order, under a new id
        GateCommand.objects.filter(pk=command.pk).update(read=None)
        return order_open(read, cause=cause, session=session, at=at)
    command.expire(at=at)  # never fetched: the order is repeated under the same id
    again = {"session": session, "cause": cause, "issued_at": at, "expires_at": at + LIFETIME}
    if not command.advance(State.QUEUED, unchanged=("expires_at",), **again):
        command.refresh_from_db()
    return command


def open_at_once(
    read: PlateRead, *, cause: Cause, session: ParkingSession | None, at: datetime
) -> GateCommand:
    """Open by the answer to a read that has just been recorded, and so has no command yet."""
    return hot_writes.insert(opening(read, cause=cause, session=session, at=at))


def repeat(command: GateCommand, read: PlateRead, *, at: datetime) -> GateCommand:
    """Replace a command by the answer to a later read of the car that it should have let out with `read`.

    Under a new id: a device that has carried out the first in vain would refuse its id. The same command
    where its device reported that it opened.
    """
    if not command.advance(State.FAILED, read=None):
        return command
    return open_at_once(read, cause=Cause(command.cause), session=command.session, at=at)


def opening(read: PlateRead, *, cause: Cause, session: ParkingSession | None, at: datetime) -> GateCommand:
    """Return the command of `open_at_once`, not yet stored; nor need the read and the session be."""
    return hot_sql.new(
        GateCommand,
        lot_id=read.lot_id,
        lane_id=read.lane_id,
        session=session,
        read=read,
        cause=cause,
        state=State.SENT,
        issued_at=at,
        expires_at=at + LIFETIME,
        sent_at=at,
    )


def lapsed(read: PlateRead, *, at: datetime) -> bool:
    """Return whether the command for this read opened nothing; see `GateCommandQuerySet.lapsed`."""
    return GateCommand.objects.lapsed(at).filter(read=read).exists()


def waiting_cars(lots: Sequence[int], *, at: datetime) -> Counter[int]:
    """Return how many cars stand in the lanes of these lots (see `standing`), by the lot's id."""
    seen = PlateRead.objects.filter(lane=OuterRef("pk"), offline=False, captured_at__lte=at + TRUSTED)
    newest = Subquery(seen.order_by("-captured_at", "-pk").values("pk")[:1])
    lanes = Lane.objects.filter(lot__in=lots).annotate(newest=newest)
    rows = PlateRead.objects.filter(pk__in=lanes.values("newest"), captured_at__gte=at - STANDING)
    return Counter(rows.filter(moved_at=None, outcome__in=STOPPED).values_list("lot", flat=True))


def standing(lane: Lane, *, at: datetime) -> PlateRead | None:
    """Return the read of the car that stands in this lane waiting to be let through, if one does."""
    newest = hot_sql.one(PlateRead, _IN_LANE + _NEWEST, [lane.pk])
    if newest is not None and newest.captured_at > at + TRUSTED:
        newest = _received_last(newest, at)
    if newest is None or newest.moved_at is not None or newest.captured_at < at - STANDING:
        return None
    return newest if newest.outcome in STOPPED else None


def _received_last(newest: PlateRead, at: datetime) -> PlateRead:
    """Return what a lane's camera saw last, where our clock was set back since the read `newest`.

    That one hides what came after it, although it has a later time.
    """
    since = hot_sql.one(
        PlateRead, f"{_IN_LANE} AND captured_at <= %s{_NEWEST}", [newest.lane_id, at + TRUSTED]
    )
    return newest if since is None or since.pk < newest.pk else since


def release(session: ParkingSession, *, lane: Lane | None, cause: Cause, at: datetime) -> GateCommand | None:
    """Open for a session whose car may leave, if it stands at an exit.

    Either a camera read its plate there, or the driver scanned that lane's code (`lane`) and the car
    standing in it was not recognised.
    """
    if session.left_at is not None:
        return None
    read = _held(session, at) or (lane and _unrecognised(lane, at))
    return order_open(read, cause=cause, session=session, at=at) if read else None


def waits(session: ParkingSession, *, at: datetime) -> bool:
    """Return whether the car of this session stands held at an exit."""
    return session.left_at is None and _held(session, at) is not None


def _held(session: ParkingSession, at: datetime) -> PlateRead | None:
    """Return the read that holds this session's car, or None if another car has come up since."""
    held = PlateRead.objects.filter(session=session.pk, outcome=Outcome.HELD, captured_at__gte=at - STANDING)
    read = held.filter(captured_at__lte=at + TRUSTED).order_by("-captured_at", "-pk").first()
    read = read or held.order_by("-pk").first()  # our clock was set back while it stands there
    return read if read is not None and standing(Lane(pk=read.lane_id), at=at) == read else None


def _unrecognised(lane: Lane, at: datetime) -> PlateRead | None:
    """Return the read of a car at this exit that the camera could not read, or misread."""
    seen = standing(lane, at=at) if lane.direction != Direction.ENTRY else None
    return seen if seen is not None and seen.session_id is None else None


def release_by_hand(session: ParkingSession, *, at: datetime) -> GateCommand | None:
    """Open for a car that staff let out unpaid; None if no camera has it standing at an exit."""
    return release(session, lane=None, cause=Cause.MANUAL, at=at)


def open_by_hand(lane: Lane, *, at: datetime) -> GateCommand | None:
    """Open a lane for a car that belongs to no session here; None if a session's car is held there.

    That car is let out with `release_by_hand`, which records what it owes. Where no camera saw a car, the
    barrier opens all the same: staff see one. An order that is still under way is not repeated.
    """
    read = standing(lane, at=at)
    if read is not None:
        held = read.outcome == Outcome.HELD and read.session_id is not None
        return None if held else order_open(read, cause=Cause.MANUAL, session=None, at=at)
    waiting = GateCommand.objects.waiting(at).filter(lane=lane, cause=Cause.MANUAL, read=None).first()
    return waiting or GateCommand.objects.create(
        lot_id=lane.lot_id, lane=lane, cause=Cause.MANUAL, issued_at=at, expires_at=at + LIFETIME
    )


def take_commands(device: Device, *, at: datetime, most: int | None = None) -> list[GateCommand]:
    """Return the commands for the device's lane that it must carry out now, oldest first, at most `most`.

    Each is handed out once.
    """
    waiting = GateCommand.objects.waiting(at).filter(lane_id=device.lane_id)
    commands = waiting.select_related("session", "read", "lane").order_by("issued_at")[:most]
    return [command for command in commands if _send(command, at=at)]


@transaction.atomic
def _send(command: GateCommand, *, at: datetime) -> bool:
    if command.session_id is not None:
        sessions.lock(command.session_id)
    # By the answer to a later read: a second lift would let the next car out.
    if _has_left(command) or _has_passed(command):
        command.advance(State.EXPIRED)
        return False
    if command.expires_at <= at:
        return False
    if not command.advance(State.SENT, unchanged=("session_id", "expires_at"), sent_at=at):
        return False
    leaves = _lets_out(command)
    if command.read is not None:
        PlateRead.objects.filter(pk=command.read.pk).update(
            moved_at=at,
            session=command.session,  # a car that was misread went as the one whose plate was typed
            outcome=Outcome.LEFT if leaves or command.read.direction == Direction.EXIT else Outcome.ENTERED,
            direction=Direction.EXIT if leaves else command.read.direction,
        )
    if command.session is not None and leaves:
        sessions.leave(command.session, lane=command.lane, at=at)
    if command.cause == Cause.MANUAL and command.session_id is not None:
        sessions.flag_for_settlement(command.session_id, at=at)
    return True


def _has_left(command: GateCommand) -> bool:
    """Return whether the car that this command lets out has left already.

    Staff may open for a stay that has ended; their order expires only if the car left since.
    """
    if command.session_id is None or not _lets_out(command):
        return False
    left = ParkingSession.objects.filter(pk=command.session_id, left_at__isnull=False)
    if command.cause == Cause.MANUAL:
        left = left.filter(left_at__gte=command.issued_at)
    return left.exists()


def _has_passed(command: GateCommand) -> bool:
    """Return whether the car for which staff opened, unseen by a camera, was seen and let through since."""
    if command.read_id is not None or command.session_id is not None:
        return False
    since = PlateRead.objects.filter(lane_id=command.lane_id, received_at__gte=command.issued_at)
    return since.filter(offline=False, outcome__in=[Outcome.ENTERED, Outcome.LEFT]).exists()


def withdraw_by_hand(lane_id: int, *, at: datetime) -> None:
    """Expire staff's orders for a car that no camera saw: that car is let through by another order."""
    for command in GateCommand.objects.waiting(at).filter(lane_id=lane_id, cause=Cause.MANUAL, read=None):
        command.advance(State.EXPIRED)


def _lets_out(command: GateCommand) -> bool:
    """Return whether the car leaves by this command: paid, free, or let out by staff."""
    by_hand = command.cause == Cause.MANUAL and command.session_id is not None
    return by_hand or command.cause in {Cause.PAID, Cause.NOTHING_OWED}


@transaction.atomic
def acknowledge(device: Device, command_id: UUID, *, opened: bool, at: datetime) -> GateCommand | None:
    """Record what became of a command; None if this lane has none of that id. Repeating it changes nothing.

    A barrier that did not open leaves the car inside: its stay goes on, and is paid as far as it was.
    """
    command = (
        GateCommand.objects.select_related("session").filter(pk=command_id, lane_id=device.lane_id).first()
    )
    if command is None:
        return None
    if command.session_id is not None:
        sessions.lock(command.session_id)
        command.refresh_from_db(fields=["state"])  # it may have been sent while we waited
    if not command.advance(State.OPENED if opened else State.FAILED, answered_at=at):
        command.refresh_from_db()
        return command
    if not opened:
        _stands_still(command)
    return command


def _stands_still(command: GateCommand) -> None:
    """Undo what sending a command recorded: the car still waits at its closed barrier."""
    read = PlateRead.objects.filter(command=command)
    if command.cause == Cause.TICKET:
        read.update(outcome=Outcome.UNREAD, moved_at=None)
    elif command.session is not None and command.cause != Cause.ENTRY and sessions.reopen(command.session):
        read.update(outcome=Outcome.HELD, moved_at=None)


def expire_commands(*, at: datetime) -> int:
    """Expire the commands that were not fetched in time; return how many."""
    return sum(command.expire(at=at) for command in GateCommand.objects.overdue(at).iterator())
