"""What staff may do about stays and payments; each is one act, with a reason, done once.

`close_attempts` talks to channels, so it does that before a transaction begins. `payments.refund_acts` has
refunds.
"""

from datetime import datetime
from typing import Any

from core.errors import ParkingError
from lots import corrections, gates
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.plates import Plate, PlateKind
from lots.pricing import NoTariff, stated_without_entry
from lots.sessions import due_at_exit
from lots.tariffs.charging_rules import Seen
from payments import settlements
from payments.balance_corrections import hold, settle_up
from payments.booth import CASH, held_shift, take
from payments.channel_orders import close_attempt
from payments.checkout import EarlierPaymentPending
from payments.models import Discrepancy, Payment, Settlement, StaffAct
from payments.payment_moves import move_payment
from payments.refund_acts import Decided
from payments.refusals import NoEntry
from payments.staff_action_log import ActedBy, Kind, once, record, record_of_payment


class NotAtExit(ParkingError):
    """No camera sees this car at an exit: end the stay instead."""

    code = "not_at_exit"


class HasSession(ParkingError):
    """The car at this barrier has a session: release it, so that what it owes is recorded."""

    code = "has_session"


class LanePaid(ParkingError):
    """Cash was just taken at this barrier; by what is known here, for the same car.

    `is_gone`: no camera sees a car here and the barrier has been opened since, so the next may stand there.
    """

    code = "lane_paid"

    def __init__(self, act: StaffAct, *, is_gone: bool) -> None:
        super().__init__(f"lane {act.lane_id}")
        self.act, self.is_gone = act, is_gone


@once
def move(payment: Payment, *, to: ParkingSession, by: ActedBy, at: datetime) -> StaffAct:
    """Count a payment for another stay of the same lot; both are settled.

    Raises `NotMovable`.
    """
    source, target = hold(payment.session, to)
    payment.refresh_from_db()
    move_payment(payment, source=source, target=target, at=at)
    for session in (source, target):
        settle_up(session, at=at, cause="moved")
    fen = payment.credited_fen
    return record_of_payment(
        by, Kind.MOVED, payment, at, session=target, other_session=source, amount_fen=fen
    )


@once
def correct_entry(session: ParkingSession, *, entered_at: datetime, by: ActedBy, at: datetime) -> StaffAct:
    """Set when the car came in; an overpayment is refunded, an underpayment is owed.

    Raises `BadTime` or `Overlaps`.
    """
    hold(session)
    corrections.correct_entry(session, entered_at=entered_at, at=at)
    settle_up(session, at=at, cause="entry")
    return _of_session(by, Kind.ENTRY, session, at)


@once
def correct_plate(session: ParkingSession, *, plate: Plate, by: ActedBy, at: datetime) -> StaffAct:
    """Correct the plate of a stay; payments stay with the stay. Raises `Overlaps`."""
    hold(session)
    corrections.correct_plate(session, plate=plate)
    settle_up(session, at=at, cause="plate")
    return _of_session(by, Kind.PLATE, session, at)


@once
def correct_class(session: ParkingSession, *, vehicle_class: Seen, by: ActedBy, at: datetime) -> StaffAct:
    """Correct the vehicle's class: refund an overpayment, or record what is still owed."""
    hold(session)
    corrections.correct_class(session, vehicle_class=vehicle_class)
    settle_up(session, at=at, cause="class")
    return _of_session(by, Kind.CLASS, session, at)


def close_attempts(session: ParkingSession, *, at: datetime) -> None:
    """Ask about, then close, the payments of a stay that are under way (calls channels).

    Raises `EarlierPaymentPending` where one may still be paid.
    """
    for payment in session.payments.filter(state__in=Payment.UNFINISHED):
        close_attempt(payment, at=at)
        payment.refresh_from_db()
        if payment.state in Payment.UNFINISHED:
            raise EarlierPaymentPending(payment)


@once
def end_session(session: ParkingSession, *, left_at: datetime, by: ActedBy, at: datetime) -> StaffAct:
    """End the stay of a car whose exit was not seen; what it owes becomes a debt. First `close_attempts`.

    Raises `EarlierPaymentPending`, `AlreadyLeft` or `BadTime`.
    """
    hold(session)
    _check_no_attempt(session)
    corrections.end_session(session, left_at=left_at, at=at)
    settle_up(session, at=at, cause="ended")
    return _of_session(by, Kind.ENDED, session, at)


@once
def release(session: ParkingSession, *, by: ActedBy, at: datetime) -> StaffAct:
    """Open the barrier for a car at an exit that has not paid; when it has gone, it owes a debt.

    Its open orders stay payable to their end. Raises `AlreadyLeft` or `NotAtExit`.
    """
    (session,) = hold(session)
    if session.left_at is not None:
        raise corrections.AlreadyLeft(f"session {session.pk}")
    command = gates.release_by_hand(session, at=at)
    if command is None or command.cause != GateCommand.Cause.MANUAL:
        raise NotAtExit
    return _of_session(by, Kind.RELEASED, session, at, lane_id=command.lane_id)


@once
def open_lane(lane: Lane, *, by: ActedBy, at: datetime) -> StaffAct:
    """Open a barrier for a car without a session here. Raises `HasSession` where one is held."""
    command = gates.open_by_hand(lane, at=at)
    if command is None:
        raise HasSession(f"lane {lane.pk}")
    return _of_lane(by, Kind.OPENED, lane, at)


@once
def take_lost_ticket(lane: Lane, *, by: ActedBy, at: datetime, next_after: int | None = None) -> StaffAct:
    """Take in cash what the board states for a car that has no session, and open the barrier for it.

    The car gets a session without an entry and without a plate, so that the money is booked as any other and
    can be moved if the entry turns up. `next_after`: the act that took the money for the car before this one,
    as staff confirm where no camera tells the two apart. Raises `NoEntry` where the board states nothing,
    `NoShift`, `LanePaid` or `HasSession`.
    """
    fen = stated_without_entry(lane.lot, at)
    if fen is None:
        raise NoEntry
    shift = held_shift(lane.lot_id, by)
    read = gates.standing(lane, at=at)
    _check_lane_unpaid(lane, read, next_after, at)
    session = ParkingSession.objects.create(
        lot_id=lane.lot_id,
        plate_kind=(read.plate_kind if read else "") or PlateKind.TICKET,
        left_at=at,
        exit_lane=lane,
        departure=ParkingSession.Departure.MANUAL,
    )
    payment = take(session, CASH, fen, by.act, at)
    if gates.open_by_hand(lane, at=at) is None:
        raise HasSession(f"lane {lane.pk}")
    about = {"session": session, "payment": payment, "shift": shift, "amount_fen": fen}
    return _of_lane(by, Kind.CASH, lane, at, **about)


def _check_lane_unpaid(lane: Lane, read: PlateRead | None, next_after: int | None, at: datetime) -> None:
    """Hold the lane, so that of two cashiers who press for one car the second records nothing."""
    Lane.objects.select_for_update(of=("self",), no_key=True).get(pk=lane.pk)
    since = read.captured_at if read else at - gates.LIFETIME
    taken = StaffAct.objects.filter(lane=lane, kind=Kind.CASH, at__gte=since).order_by("-pk").first()
    if taken is None:
        return
    is_gone = read is None and _has_opened(lane)
    if not (is_gone and next_after == taken.pk):
        raise LanePaid(taken, is_gone=is_gone)


def _has_opened(lane: Lane) -> bool:
    """Return whether the barrier has carried out staff's last order there, as far as it has answered."""
    orders = GateCommand.objects.filter(lane=lane, cause=GateCommand.Cause.MANUAL)
    last = orders.order_by("-issued_at").first()
    return last is not None and last.state in {GateCommand.State.SENT, GateCommand.State.OPENED}


@once
def identify(read: PlateRead, *, session: ParkingSession, by: ActedBy, at: datetime) -> StaffAct:
    """Assign a misread car at an exit to its session. If it owes nothing, the barrier opens.

    Raises `AlreadyLeft` or `ReadTaken`.
    """
    (session,) = hold(session)
    session = corrections.identify(read, session)
    if _owes_nothing(session, at):
        gates.release(session, lane=None, cause=GateCommand.Cause.NOTHING_OWED, at=at)
    return record(by, Kind.PLATE, subject=f"read {read.pk}", lot_id=read.lot_id, at=at, session=session)


def _owes_nothing(session: ParkingSession, at: datetime) -> bool:
    if session.entered_at is None:
        return False
    try:
        return due_at_exit(session, at=at) == 0
    except NoTariff:
        return False


@once
def merge(session: ParkingSession, *, into: ParkingSession, by: ActedBy, at: datetime) -> StaffAct:
    """Make two stays of one car one; `session` goes. Raises `InUse` where a payment was ever made for it."""
    _, kept = hold(session, into)
    corrections.merge(session, into=kept)
    settle_up(kept, at=at, cause="merged")
    return record(by, Kind.MERGED, subject=f"session {session.pk}", lot_id=kept.lot_id, at=at, session=kept)


@once
def drop(session: ParkingSession, *, by: ActedBy, at: datetime) -> StaffAct:
    """Delete a stay that never was, a misread say. Raises `InUse` where a payment was ever made for it."""
    hold(session)
    corrections.drop(session)
    return record(by, Kind.DROPPED, subject=f"session {session.pk}", lot_id=session.lot_id, at=at)


@once
def resolve(discrepancy: Discrepancy, *, by: ActedBy, at: datetime) -> StaffAct:
    """Put away a difference in the books that someone has looked into. Raises `Decided`."""
    if not Discrepancy.objects.filter(pk=discrepancy.pk, resolved_at=None).update(resolved_at=at):
        raise Decided
    about = {"discrepancy": discrepancy, "amount_fen": discrepancy.amount_fen}
    return record(by, Kind.RESOLVED, subject=f"discrepancy {discrepancy.pk}", at=at, **about)


@once
def enter_by_hand(settlement: Settlement, *, by: ActedBy, at: datetime) -> StaffAct:
    """Record that staff entered a payment in the lot's parking system. Raises `NotOpen`."""
    settlements.close_by_hand(settlement, at=at)
    subject = f"settlement {settlement.pk}"
    return record(by, Kind.RESOLVED, subject=subject, at=at, payment=settlement.payment)


def _check_no_attempt(session: ParkingSession) -> None:
    if attempt := session.payments.filter(state__in=Payment.UNFINISHED).first():
        raise EarlierPaymentPending(attempt)


def _of_session(by: ActedBy, kind: Kind, session: ParkingSession, at: datetime, **about: Any) -> StaffAct:
    subject = f"session {session.pk}"
    return record(by, kind, subject=subject, lot_id=session.lot_id, at=at, session=session, **about)


def _of_lane(by: ActedBy, kind: Kind, lane: Lane, at: datetime, **about: Any) -> StaffAct:
    """Record an act that opened a lane's barrier by hand."""
    return record(by, kind, subject=f"lane {lane.pk}", lot_id=lane.lot_id, lane=lane, at=at, **about)
