"""Orders to barriers: written with the fact that causes them, delivered by the camera's answer or poll.

A command opens at most once and never after its expiry. Losing one loses nothing: the car still stands
there, its next read or a scan of the lane code orders the barrier anew.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lots import hot, sessions
from lots.models import Device, GateCommand, Lane, ParkingSession, PlateRead

LIFETIME = timedelta(seconds=60)
STANDING = timedelta(minutes=15)  # a car that was read longer ago is no longer taken to stand at the barrier

Cause = GateCommand.Cause
State = GateCommand.State
Outcome = PlateRead.Outcome


def order_open(
    read: PlateRead,
    *,
    cause: Cause,
    session: ParkingSession | None,
    at: datetime,
) -> GateCommand:
    """Order the barrier up for the car in this read, once, however often it is asked."""
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
    if not made and (command.state == State.EXPIRED or _overdue(command, at)):
        GateCommand.objects.filter(pk=command.pk, sent_at=None).update(
            state=State.QUEUED, issued_at=at, expires_at=at + LIFETIME
        )
        command.refresh_from_db()
    return command


def open_at_once(
    read: PlateRead, *, cause: Cause, session: ParkingSession | None, at: datetime
) -> GateCommand:
    """Order the barrier up by the answer to a read that has just been recorded, so has no order yet."""
    command = GateCommand(
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
    return hot.insert(command)


def _overdue(command: GateCommand, at: datetime) -> bool:
    return command.state == State.QUEUED and command.expires_at <= at


def standing(lane: Lane, *, at: datetime) -> PlateRead | None:
    """Return the read of the car that stands in this lane waiting to be let through, if one does."""
    newest = PlateRead.objects.filter(lane=lane).order_by("-captured_at", "-pk").first()
    if newest is None or newest.moved_at is not None or newest.captured_at < at - STANDING:
        return None
    waits = newest.outcome in {Outcome.HELD, Outcome.UNMATCHED, Outcome.UNREAD} and not newest.offline
    return newest if waits else None


def release(session: ParkingSession, *, lane: Lane | None, cause: Cause, at: datetime) -> GateCommand | None:
    """Open for a stay that may leave, if its car stands at an exit.

    Either a camera read its plate there, or the driver scanned that lane's code (`lane`) and the car
    standing in it was not recognised.
    """
    read = hot.one(
        PlateRead,
        "session_id = %s AND outcome = %s AND captured_at >= %s ORDER BY captured_at DESC",
        [session.pk, Outcome.HELD.value, at - STANDING],
    )
    if read is None and lane is not None and lane.direction != Lane.Direction.ENTRY:
        seen = standing(lane, at=at)
        read = seen if seen is not None and seen.session_id is None else None
    elif read is not None and standing(read.lane, at=at) != read:
        return None  # another car has come up behind it since: it is gone
    return order_open(read, cause=cause, session=session, at=at) if read else None


def take_commands(device: Device, *, at: datetime, most: int | None = None) -> list[GateCommand]:
    """Return the commands for the device's lane that it must carry out now, oldest first, at most `most`.

    Each is handed out once.
    """
    waiting = GateCommand.objects.filter(
        lane_id=device.lane_id, state=State.QUEUED, expires_at__gt=at
    ).select_related("session", "read", "lane")
    return [command for command in waiting.order_by("issued_at")[:most] if _send(command, at=at)]


@transaction.atomic
def _send(command: GateCommand, *, at: datetime) -> bool:
    if not GateCommand.objects.filter(pk=command.pk, state=State.QUEUED).update(state=State.SENT, sent_at=at):
        return False
    if command.read is not None:
        outcome = Outcome.ENTERED if command.cause == Cause.TICKET else Outcome.LEFT
        PlateRead.objects.filter(pk=command.read.pk).update(outcome=outcome, moved_at=at)
    if command.session is not None and command.cause in {Cause.PAID, Cause.NOTHING_OWED}:
        sessions.leave(command.session, lane=command.lane, at=at)
    return True


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
    became = State.OPENED if opened else State.FAILED
    if not GateCommand.objects.filter(pk=command.pk, state=State.SENT).update(state=became, answered_at=at):
        command.refresh_from_db()
        return command
    if not opened and command.session is not None and command.cause != Cause.ENTRY:
        sessions.reopen(command.session)
        PlateRead.objects.filter(command=command).update(outcome=Outcome.HELD, moved_at=None)
    command.state = became
    return command


def expire_commands(*, at: datetime) -> int:
    """Close the books on commands that nobody fetched in time; return how many."""
    return GateCommand.objects.filter(state=State.QUEUED, expires_at__lte=at).update(state=State.EXPIRED)
