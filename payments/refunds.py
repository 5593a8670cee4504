"""Money back: promised by one row, sent with one number, done only when the channel says so."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from lots import sessions
from lots.errors import ParkingError
from payments import ledger
from payments.channels import ChannelDown, provider_named
from payments.models import Discrepancy, Payment, Refund
from payments.numbers import new_number
from payments.providers.base import Outcome, OutcomeUnknown, ProviderRefused, RefundOrder, Statement

State = Refund.State
Reason = Refund.Reason

BECOMES = {
    Outcome.REFUND_PENDING: State.SENT,
    Outcome.REFUND_DONE: State.DONE,
    Outcome.REFUND_FAILED: State.FAILED,
    Outcome.REFUND_ABNORMAL: State.ABNORMAL,
}


class TooMuch(ParkingError):
    """More than what is left of the payment would go back."""

    code = "refund_too_much"


@transaction.atomic
def request_refund(payment: Payment, *, amount_fen: int, reason: Reason, at: datetime) -> Refund:
    """Promise money back; the worker sends it. Raises `TooMuch`.

    What the stay did not need (`SURPLUS`) was never counted for it; anything else is taken off it now.
    """
    reserved = Payment.objects.filter(
        pk=payment.pk, state=Payment.State.PAID, reserved_refund_fen__lte=F("amount_fen") - amount_fen
    ).update(reserved_refund_fen=F("reserved_refund_fen") + amount_fen)
    if not reserved:
        raise TooMuch(f"payment {payment.pk}")
    refund = Refund.objects.create(
        payment=payment,
        number=new_number(),
        amount_fen=amount_fen,
        reason=reason,
        created_at=at,
        next_check_at=at,
    )
    if reason != Reason.SURPLUS:
        ledger.book_promise(refund, at=at)
        sessions.debit(payment.session_id, fen=amount_fen)
    return refund


def carry_out(refund: Refund, *, at: datetime) -> None:
    """Send a refund, or ask what became of it. The same number each time: the channel pays it once."""
    payment = refund.payment
    order = RefundOrder(
        number=refund.number,
        payment_number=payment.number,
        amount_fen=refund.amount_fen,
        total_fen=payment.amount_fen,
        notify_url=f"{settings.PUBLIC_URL}/n/{payment.provider}/{payment.merchant}",
    )
    try:
        provider = provider_named(payment.provider, payment.merchant)
        answer = provider.query_refund(order) if refund.state == State.SENT else provider.refund(order)
        if answer.outcome == Outcome.NOT_FOUND:
            answer = provider.refund(order)
    except (OutcomeUnknown, ChannelDown):
        return
    except ProviderRefused as refusal:
        if not refusal.for_now:
            refund.advance(State.ABNORMAL, at=at, cause=f"refused {refusal.reason}"[:40], next_check_at=None)
        return
    with transaction.atomic():
        settle_refund(payment, answer, cause="worker", at=at)


def settle_refund(payment: Payment, statement: Statement, *, cause: str, at: datetime) -> None:
    """Record a channel's word about a refund of `payment`; call it inside a transaction."""
    refund = (
        Refund.objects.select_related("payment")
        .filter(payment=payment, number=statement.refund_number)
        .first()
    )
    became = BECOMES.get(statement.outcome)
    if refund is None or statement.amount_fen not in {None, refund.amount_fen}:
        _report(payment, statement, at)
    elif became == State.SENT:
        refund.advance(State.SENT, at=at, cause=cause)
    elif became is not None:
        _finish(refund, became, cause, at)


def _finish(refund: Refund, became: State, cause: str, at: datetime) -> None:
    done_at = at if became == State.DONE else None
    if not refund.advance(became, at=at, cause=cause, next_check_at=None, done_at=done_at):
        return
    if became == State.DONE:
        ledger.book_refund(refund, at=at)
    elif became == State.FAILED:  # the money may be promised again, under a new number
        Payment.objects.filter(pk=refund.payment_id).update(
            reserved_refund_fen=F("reserved_refund_fen") - refund.amount_fen
        )


def _report(payment: Payment, statement: Statement, at: datetime) -> None:
    """A refund that we did not order, or of another amount: made by hand at the channel."""
    Discrepancy.objects.get_or_create(
        kind=Discrepancy.Kind.OVER_REFUNDED,
        provider=payment.provider,
        merchant=payment.merchant,
        number=payment.number,
        provider_number=statement.refund_number[:64],
        defaults={"amount_fen": statement.amount_fen, "seen_at": at},
    )
