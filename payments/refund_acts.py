"""What staff may do about refunds; each is one act, with a reason, done once.

`to_merchant` talks to a channel, so it does that before its transaction begins.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Sum

from core.errors import ParkingError
from payments import refunds
from payments.balance_corrections import hold, settle_up
from payments.booth import bear, held_shift
from payments.channels import WAIVER
from payments.models import Payment, Refund, RefundRequest, StaffAct
from payments.staff_action_log import ActedBy, Kind, once, record, record_of_payment

Means = Refund.Means
Reason = Refund.Reason


class SamePerson(ParkingError):
    """The person who requested a refund must not approve it."""

    code = "same_person"


class Decided(ParkingError):
    """Someone has approved or declined this already."""

    code = "decided"


class NothingLeft(ParkingError):
    """Nothing is left of this that could be done."""

    code = "nothing_left"


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
    if needs_second_person(payment, amount_fen):
        _ask(payment, amount_fen, still_owed=still_owed, by=by, at=at)
        return record_of_payment(by, Kind.REFUND_ASKED, payment, at, amount_fen=amount_fen)
    done = _refund(payment, amount_fen, still_owed=still_owed, by=by, at=at)
    return record_of_payment(by, Kind.REFUND, payment, at, amount_fen=amount_fen, refund=done)


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
    return record_of_payment(by, Kind.REFUND, payment, at, amount_fen=request.amount_fen, refund=done)


@once
def decline(request: RefundRequest, *, by: ActedBy, at: datetime) -> StaffAct:
    """Decline a refund that someone else asked for. Raises `SamePerson` or `Decided`."""
    _decide(request, RefundRequest.State.DECLINED, by, at)
    return record_of_payment(by, Kind.REFUND_DECLINED, request.payment, at, amount_fen=request.amount_fen)


@once
def given_back(refund: Refund, *, means: Means, by: ActedBy, at: datetime) -> StaffAct:
    """Record that the driver has the money: cash from one's own shift, or by another way.

    Also of a refund that its channel sent to the merchant's own account. Raises `NotWaiting` or `NoShift`.
    """
    shift = held_shift(refund.payment.lot_id, by) if means == Means.CASH else None
    if owed_by_merchant([refund]):
        refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        if not owed_by_merchant([refund]):
            raise refunds.NotWaiting(f"refund {refund.pk}")
    else:
        refunds.give_back(refund, means=means, at=at)
    return _of_refund(by, Kind.GIVEN_BACK, refund, at, shift=shift)


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


def _of_refund(by: ActedBy, kind: Kind, refund: Refund, at: datetime, **about: Any) -> StaffAct:
    payment = refund.payment
    rows = {"refund": refund, "payment": payment, "session": payment.session, **about}
    subject = f"refund {refund.pk}"
    return record(
        by, kind, subject=subject, lot_id=payment.lot_id, at=at, amount_fen=refund.amount_fen, **rows
    )
