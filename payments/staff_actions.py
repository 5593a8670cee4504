"""What staff may do about stays and payments; each is one act, with a reason, done once.

Those that talk to a channel do so before their transaction begins: `close_attempts`, `to_merchant`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Sum

from core.errors import ParkingError
from lots import corrections, gates
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.plates import Plate
from lots.plates import PlateKind as PlateKind
from lots.pricing import NoTariff, stated_without_entry
from lots.sessions import due_at_exit
from lots.tariffs.charging_rules import Seen
from payments import refunds, settlements
from payments.balance_corrections import hold, settle_up
from payments.booth import CASH, bear, held_shift, take
from payments.channel_orders import close_attempt
from payments.channels import WAIVER
from payments.checkout import EarlierPaymentPending
from payments.models import Discrepancy, Payment, Refund, RefundRequest, Settlement, StaffAct
from payments.payment_moves import move_payment
from payments.refusals import NoEntry
from payments.staff_action_log import ActedBy, Kind, once, record

Means = Refund.Means
Reason = Refund.Reason


class SamePerson(ParkingError):
    """The person who requested a refund must not approve it."""

    code = "same_person"


class Decided(ParkingError):
    """Someone has approved or declined this already."""

    code = "decided"


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


class NothingLeft(ParkingError):
    """Nothing is left of this that could be done."""

    code = "nothing_left"


# money back


@once
def refund(payment: Payment, *, amount_fen: int, still_owed: bool, by: ActedBy, at: datetime) -> StaffAct:
    """Refund a part or all of a payment, or ask a second person to where it is above the limit.

    `still_owed`: the stay owes it again, as after a payment for the wrong car. Else the fee is waived by as
    much, so that the car may go. Raises `TooMuch`.
    """
    hold(payment.session)
    payment.refresh_from_db()
    if not 0 < amount_fen <= refunds.left_of(payment) or payment.provider == WAIVER:
        raise refunds.TooMuch(f"payment {payment.pk}")
    about = {"session": payment.session, "payment": payment, "amount_fen": amount_fen}
    if needs_second_person(payment, amount_fen):
        _ask(payment, amount_fen, still_owed=still_owed, by=by, at=at)
        return record(
            by, Kind.REFUND_ASKED, subject=f"payment {payment.pk}", lot_id=payment.lot_id, at=at, **about
        )
    done = _refund(payment, amount_fen, still_owed=still_owed, by=by, at=at)
    return record(
        by,
        Kind.REFUND,
        subject=f"payment {payment.pk}",
        lot_id=payment.lot_id,
        at=at,
        refund=done,
        **about,
    )


def needs_second_person(payment: Payment, amount_fen: int) -> bool:
    """Return whether a refund is above what staff may refund of one payment without a second person."""
    return _given_alone(payment) + amount_fen > settings.STAFF_REFUND_LIMIT


@once
def approve(request: RefundRequest, *, by: ActedBy, at: datetime) -> StaffAct:
    """Carry out a refund that someone else asked for. Raises `SamePerson`, `Decided` or `TooMuch`."""
    payment = request.payment
    hold(payment.session)
    payment.refresh_from_db()
    _decide(request, RefundRequest.State.APPROVED, by, at)
    done = _refund(payment, request.amount_fen, still_owed=request.still_owed, by=by, at=at)
    RefundRequest.objects.filter(pk=request.pk).update(refund=done)
    about = {"session": payment.session, "payment": payment, "refund": done}
    return record(
        by,
        Kind.REFUND,
        subject=f"payment {payment.pk}",
        lot_id=payment.lot_id,
        at=at,
        amount_fen=request.amount_fen,
        **about,
    )


@once
def decline(request: RefundRequest, *, by: ActedBy, at: datetime) -> StaffAct:
    """Decline a refund that someone else asked for. Raises `SamePerson` or `Decided`."""
    _decide(request, RefundRequest.State.DECLINED, by, at)
    payment = request.payment
    return record(
        by,
        Kind.REFUND_DECLINED,
        subject=f"payment {payment.pk}",
        lot_id=payment.lot_id,
        at=at,
        amount_fen=request.amount_fen,
        session=payment.session,
        payment=payment,
    )


@once
def given_back(refund: Refund, *, means: Means, by: ActedBy, at: datetime) -> StaffAct:
    """Record that the driver has the money: cash from one's own shift, or by another way.

    Also of a refund that its channel sent to the merchant's own account. Raises `NotWaiting` or `NoShift`.
    """
    payment = refund.payment
    shift = held_shift(payment.lot_id, by) if means == Means.CASH else None
    if owed_by_merchant([refund]):
        refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        if not owed_by_merchant([refund]):
            raise refunds.NotWaiting(f"refund {refund.pk}")
    else:
        refunds.give_back(refund, means=means, at=at)
    return record(
        by,
        Kind.GIVEN_BACK,
        subject=f"refund {refund.pk}",
        lot_id=payment.lot_id,
        at=at,
        refund=refund,
        payment=payment,
        session=payment.session,
        shift=shift,
        amount_fen=refund.amount_fen,
    )


@once
def retry(refund: Refund, *, by: ActedBy, at: datetime) -> StaffAct:
    """Have the worker send an abnormal refund once more, under its own number. Raises `NotWaiting`."""
    refunds.send_again(refund, at=at)
    return _of_refund(by, Kind.RETRIED, refund, at)


@once
def state_refund(refund: Refund, *, is_paid: bool, by: ActedBy, at: datetime) -> StaffAct:
    """Record whether a channel that cannot be asked any more has paid a refund. Raises `NotWaiting`."""
    refunds.state_outcome(refund, is_paid=is_paid, at=at)
    return _of_refund(by, Kind.FOUND_PAID if is_paid else Kind.FOUND_UNPAID, refund, at)


def to_merchant(refund: Refund, *, by: ActedBy, at: datetime) -> StaffAct:
    """Have the channel send an abnormal refund to the merchant's own account (calls the channel).

    Then a person pays the driver: it stays a task until `given_back`. Raises `NotWaiting`.
    """
    if known := StaffAct.objects.filter(act=by.act).first():
        return known
    if not refunds.send_to_merchant(refund, at=at):
        raise refunds.NotWaiting(f"refund {refund.pk}")
    return _note_to_merchant(refund, by=by, at=at)


@once
def _note_to_merchant(refund: Refund, *, by: ActedBy, at: datetime) -> StaffAct:
    return _of_refund(by, Kind.TO_MERCHANT, refund, at)


@once
def promise_again(failed: Refund, *, by: ActedBy, at: datetime) -> StaffAct:
    """Promise the surplus of a failed refund once more, under a new number. Raises `NothingLeft`."""
    hold(failed.payment.session)
    fen = min(failed.amount_fen, refunds.surplus_of(failed.payment))
    if failed.reason != Reason.SURPLUS or failed.state != Refund.State.FAILED or fen <= 0:
        raise NothingLeft
    again = refunds.request_refund(failed.payment, amount_fen=fen, reason=Reason.SURPLUS, at=at)
    return _of_refund(by, Kind.PROMISED_AGAIN, again, at)


def owed_by_merchant(rows: Iterable[Refund]) -> list[Refund]:
    """Return those that the channel sent to the merchant's own account and no driver has had yet."""
    sent = [row for row in rows if row.state == Refund.State.DONE and not row.means]
    if not sent:
        return []
    acts = StaffAct.objects.filter(refund__in=sent).values_list("refund_id", "kind")
    kinds: dict[int | None, set[str]] = {}
    for refund_id, kind in acts:
        kinds.setdefault(refund_id, set()).add(kind)
    return [
        row
        for row in sent
        if Kind.TO_MERCHANT in kinds.get(row.pk, set()) and Kind.GIVEN_BACK not in kinds[row.pk]
    ]


# payments and stays


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
    return record(
        by,
        Kind.MOVED,
        subject=f"payment {payment.pk}",
        lot_id=payment.lot_id,
        at=at,
        payment=payment,
        session=target,
        other_session=source,
        amount_fen=payment.credited_fen,
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


# what they have in common


def _given_alone(payment: Payment) -> int:
    """Return what single persons gave back of a payment: the limit holds for all their parts together."""
    alone = payment.refunds.filter(reason=Reason.STAFF, request=None).exclude(state=Refund.State.FAILED)
    return alone.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def _ask(payment: Payment, fen: int, *, still_owed: bool, by: ActedBy, at: datetime) -> None:
    if payment.refund_requests.filter(decided_at=None).exists():
        raise Decided
    RefundRequest.objects.create(
        payment=payment,
        amount_fen=fen,
        still_owed=still_owed,
        reason=by.reason.strip(),
        asked_by=by.staff,
        asked_at=at,
    )


def _decide(request: RefundRequest, to: RefundRequest.State, by: ActedBy, at: datetime) -> None:
    if request.asked_by_id == by.staff.pk:
        raise SamePerson
    if not request.advance(to, at=at, cause="decided", decided_by=by.staff, decided_at=at):
        raise Decided


def _refund(payment: Payment, fen: int, *, still_owed: bool, by: ActedBy, at: datetime) -> Refund:
    done = refunds.request_refund(payment, amount_fen=fen, reason=Reason.STAFF, at=at)
    if not still_owed:
        bear(payment.session, fen, act=by.act, at=at)
    settle_up(payment.session, at=at, cause="refund")
    return done


def _check_no_attempt(session: ParkingSession) -> None:
    if attempt := session.payments.filter(state__in=Payment.UNFINISHED).first():
        raise EarlierPaymentPending(attempt)


def _of_session(by: ActedBy, kind: Kind, session: ParkingSession, at: datetime, **about: Any) -> StaffAct:
    subject = f"session {session.pk}"
    return record(by, kind, subject=subject, lot_id=session.lot_id, at=at, session=session, **about)


def _of_lane(by: ActedBy, kind: Kind, lane: Lane, at: datetime, **about: Any) -> StaffAct:
    """Record an act that opened a lane's barrier by hand."""
    return record(by, kind, subject=f"lane {lane.pk}", lot_id=lane.lot_id, lane=lane, at=at, **about)


def _of_refund(by: ActedBy, kind: Kind, refund: Refund, at: datetime) -> StaffAct:
    payment = refund.payment
    return record(
        by,
        kind,
        subject=f"refund {refund.pk}",
        lot_id=payment.lot_id,
        at=at,
        refund=refund,
        payment=payment,
        session=payment.session,
        amount_fen=refund.amount_fen,
    )
