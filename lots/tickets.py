"""Tickets for vehicles without a plate (无牌车): the lane code at the entry gives one."""

from datetime import datetime

from django.db import transaction

from core.errors import ParkingError
from core.vault import plate_index, seal_plate, unseal_plate
from lots import gates, sessions
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.plates import Plate, PlateKind, new_ticket, parse


class NoCarWaiting(ParkingError):
    """No vehicle without a plate stands in this lane, so it gets no ticket."""

    code = "no_car_waiting"


@transaction.atomic
def issue_ticket(*, lane: Lane, at: datetime) -> Plate:
    """Issue a ticket to the unplated vehicle in this entry lane, open a session and the barrier.

    A second press before the barrier has opened is answered with `NoCarWaiting`: one vehicle, one ticket.
    If the barrier never got the order or stayed down, the vehicle keeps its ticket and the order is repeated.
    In a lane for both ways it may be a vehicle that leaves without paying its first ticket: where one is
    inside, staff review the new session.
    """
    read = gates.standing(lane, at=at)
    if read is None or read.outcome != PlateRead.Outcome.UNREAD or read.direction == Lane.Direction.EXIT:
        raise NoCarWaiting
    if read.session is not None:
        return _once_more(read, read.session, at)
    ticket = new_ticket()
    claimed = PlateRead.objects.filter(pk=read.pk, plate=None).update(
        plate=seal_plate(lane.lot_id, ticket.text),
        plate_index=plate_index(lane.lot_id, ticket.text),
        plate_kind=ticket.kind,
    )
    if not claimed:
        raise NoCarWaiting
    session = sessions.enter(lane=lane, plate=ticket, at=at, vehicle_class=read.vehicle_class)
    PlateRead.objects.filter(pk=read.pk).update(session=session)
    if lane.direction == Lane.Direction.BOTH and _others_inside(session):
        ParkingSession.objects.filter(pk=session.pk).update(needs_review=True)
    gates.order_open(read, cause=GateCommand.Cause.TICKET, session=session, at=at)
    return ticket


def _others_inside(session: ParkingSession) -> bool:
    inside = ParkingSession.objects.filter(lot=session.lot_id, left_at=None, plate_kind=PlateKind.TICKET)
    return inside.exclude(pk=session.pk).exists()


def _once_more(read: PlateRead, session: ParkingSession, at: datetime) -> Plate:
    if session.left_at is not None or read.plate is None or not gates.lapsed(read, at=at):
        raise NoCarWaiting
    gates.order_open(read, cause=GateCommand.Cause.TICKET, session=session, at=at)
    return parse(unseal_plate(read.lot_id, read.plate))
