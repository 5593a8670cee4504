"""Money back: promised by one row, sent with one number, done only when the channel says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from lots import sessions
from lots.errors import ParkingError
from payments import ledger
from payments.channels import ChannelDown, note_failure, provider_named
from payments.models import Discrepancy, Payment, Refund
from payments.numbers import new_number
from payments.providers.base import (
    Outcome,
    OutcomeUnknown,
    Provider,
    ProviderRefused,
    RefundOrder,
    Statement,
)

State = Refund.State
Reason = Refund.Reason

BECOMES = {
    Outcome.REFUND_PENDING: State.SENT,
    Outcome.REFUND_DONE: State.DONE,
    Outcome.REFUND_FAILED: State.FAILED,
    Outcome.REFUND_ABNORMAL: State.ABNORMAL,
}


class TooMuch(ParkingError):
    """More than what is left of the payment, or of this part of it, would go back."""

    code = "refund_too_much"


@transaction.atomic
def request_refund(payment: Payment, *, amount_fen: int, reason: Reason, at: datetime) -> Refund:
    """Promise money back; the worker sends it. Raises `TooMuch`.

    What the stay did not need (`SURPLUS`) was never counted for it; anything else is taken off it now. After
    `STAFF` it is owed again at once, also within the exit window; `OVERPAID` was never owed.
    """
    reserved = Payment.objects.filter(
        pk=payment.pk, state=Payment.State.PAID, reserved_refund_fen__lte=F("amount_fen") - amount_fen
    ).update(reserved_refund_fen=F("reserved_refund_fen") + amount_fen)
    if not reserved or amount_fen > _left(payment, surplus=reason == Reason.SURPLUS):
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
        sessions.debit(payment.session_id, fen=amount_fen, owed_again=reason == Reason.STAFF)
    return refund


def _left(payment: Payment, *, surplus: bool) -> int:
    """Return how much of the surplus, or of what was credited, is not promised back yet."""
    credited = Payment.objects.values_list("credited_fen", flat=True).get(pk=payment.pk)
    part = payment.amount_fen - credited if surplus else credited
    promised = Refund.objects.filter(payment=payment).exclude(state=State.FAILED)
    of_this = promised.filter(reason=Reason.SURPLUS) if surplus else promised.exclude(reason=Reason.SURPLUS)
    return part - (of_this.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


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
        provider = provider_named(payment.provider, payment.merchant, payment.app)
        answer = _ask(provider, refund, order)
    except ChannelDown:
        return
    except OutcomeUnknown as doubt:
        note_failure(payment.lot_id, provider, doubt, at=at, call="refund")
        return
    except ProviderRefused as refusal:
        note_failure(payment.lot_id, provider, refusal, at=at, call="refund")
        if not refusal.for_now:
            with _locked(payment):
                cause = f"refused {refusal.reason}"[:40]
                refund.advance(State.ABNORMAL, at=at, cause=cause, next_check_at=None)
        return
    with _locked(payment):
        settle_refund(payment, answer, cause="worker", at=at)


@contextmanager
def _locked(payment: Payment) -> Iterator[None]:
    """Hold the payment before its refund is moved, as a notice does, or the two would wait for each other."""
    with transaction.atomic():
        Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        yield


def _ask(provider: Provider, refund: Refund, order: RefundOrder) -> Statement:
    """Send the refund; first ask for it where it may be at the channel already."""
    if refund.state == State.SENT or refund.checks:
        try:
            answer = provider.query_refund(order)
        except ProviderRefused as refusal:  # a no to the question says nothing of the money
            raise OutcomeUnknown from refusal
        if answer.outcome != Outcome.NOT_FOUND:
            return answer
    return provider.refund(order)


def settle_refund(payment: Payment, statement: Statement, *, cause: str, at: datetime) -> None:
    """Record a channel's word about a refund of `payment`; the caller holds that locked."""
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
        if refund.reason != Reason.SURPLUS:
            ledger.book_failure(refund, at=at)
            sessions.take_back(refund.payment.session_id, fen=refund.amount_fen)


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
