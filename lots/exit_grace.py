"""Longer exit windows while the exit is jammed (出口拥堵): a paid car in the queue does not pay again.

Staff set for how long. It moves the ends of exit windows that are there, so no look-up at an exit costs
more for it, and a car that pays meanwhile gets at least as long.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from core.errors import ParkingError
from lots import gates
from lots.models import GateCommand, Lane, Lot, ParkingSession

LONGEST = timedelta(hours=4)


class BadJam(ParkingError):
    """A jam lasts at least a minute and at most four hours from now."""

    code = "bad_jam"


@dataclass(frozen=True)
class ExitRules:
    """What a lot says of leaving: minutes after paying, and until when it is longer because of a jam."""

    exit_window: int
    jam_until: datetime | None

    def __post_init__(self) -> None:
        if self.jam_until is not None and self.jam_until.tzinfo is None:  # SQLite stores no zone
            object.__setattr__(self, "jam_until", self.jam_until.replace(tzinfo=UTC))


def window_end(lot: Lot | ExitRules, paid_at: datetime) -> datetime:
    """Return until when a car may leave that pays at `paid_at`."""
    end = paid_at + timedelta(minutes=lot.exit_window)
    return max(end, lot.jam_until) if lot.jam_until is not None and paid_at <= lot.jam_until else end


@transaction.atomic
def let_paid_out(lot: Lot, *, until: datetime, at: datetime) -> int:
    """Extend the exit time of every paid car of a lot; return how many cars have more time now.

    A car whose window ended within the length of a window may stand in the queue, and counts. One that
    stands held at an exit goes at once. No window is made shorter. Raises `BadJam`.
    """
    if not at < until <= at + LONGEST:
        raise BadJam
    Lot.objects.filter(pk=lot.pk).update(jam_until=until)
    lot.jam_until = until
    since = at - timedelta(minutes=lot.exit_window)
    paid = lot.sessions.inside().filter(exit_until__gte=since, exit_until__lt=until)
    ids = list(paid.locked().values_list("pk", flat=True))
    lengthened = ParkingSession.objects.filter(pk__in=ids).update(exit_until=until)
    for lane in lot.lanes.exclude(direction=Lane.Direction.ENTRY):
        read = gates.standing(lane, at=at)
        if read is not None and read.session_id in ids:
            session = ParkingSession.objects.get(pk=read.session_id)
            gates.release(session, lane=None, cause=GateCommand.Cause.PAID, at=at)
    return lengthened


def end_jam(lot: Lot) -> None:
    """End the extension: payments from now on get the usual exit window. No window is made shorter."""
    Lot.objects.filter(pk=lot.pk).update(jam_until=None)
    lot.jam_until = None


def paid_inside(lot: Lot, *, at: datetime) -> int:
    """Return how many paid cars are on their way out, or were within the last exit window."""
    since = at - timedelta(minutes=lot.exit_window)
    return lot.sessions.inside().filter(exit_until__gte=since).count()
