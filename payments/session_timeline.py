"""Everything that happened to one stay, in order, each with its time and where the news came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from lots.models import GateCommand, ParkingSession, PlateRead
from payments.models import Payment, PaymentEvent, Refund, StaffAct


@dataclass(frozen=True)
class Moment:
    """One thing that happened. `what` names it, `row` tells the rest."""

    at: datetime
    what: str  # read, command, payment, event, refund, refund_event, act, debt, debt_cleared
    row: Any
    order: int = 0  # among those of one instant: cause before effect


def timeline(session: ParkingSession) -> list[Moment]:
    """Return what happened to a stay, oldest first."""
    return sorted(_moments(session), key=lambda moment: (moment.at, moment.order))


def _moments(session: ParkingSession) -> Iterator[Moment]:
    reads = PlateRead.objects.filter(session=session).select_related("lane", "device")
    yield from (Moment(row.captured_at, "read", row, 0) for row in reads)
    yield from _money(session)
    acts = StaffAct.objects.filter(
        Q(session=session) | Q(other_session=session) | _of_all_paid_cars(session)
    ).select_related("staff")
    yield from (Moment(row.at, "act", row, 6) for row in acts)
    commands = GateCommand.objects.filter(session=session).select_related("lane")
    yield from (Moment(row.issued_at, "command", row, 7) for row in commands)
    debt = getattr(session, "debt", None)
    if debt is not None:
        yield Moment(debt.since, "debt", debt, 8)
        if debt.cleared_at is not None:
            yield Moment(debt.cleared_at, "debt_cleared", debt, 9)


def _of_all_paid_cars(session: ParkingSession) -> Q:
    """Return the condition for acts about all paid cars of the lot, while this one was among them."""
    if session.paid_at is None:
        return Q(pk__in=[])
    while_inside = Q(at__gte=session.paid_at) & (Q(at__lte=session.left_at) if session.left_at else Q())
    return Q(kind=StaffAct.Kind.JAM, lot=session.lot_id) & while_inside


def _money(session: ParkingSession) -> Iterator[Moment]:
    yield from (Moment(row.created_at, "payment", row, 2) for row in Payment.objects.filter(session=session))
    refunds = Refund.objects.filter(payment__session=session).select_related("payment")
    yield from (Moment(row.created_at, "refund", row, 4) for row in refunds)
    events = PaymentEvent.objects.filter(payment__session=session).select_related("payment", "refund")
    for row in events.order_by("pk"):
        what = "refund_event" if row.refund_id else "event"
        yield Moment(row.at, what, row, 5 if row.refund_id else 3)
