"""Money back: promised by one row, sent with one number, done only when the channel says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from core.claims import LEASE
from core.errors import ParkingError
from core.transport import OutcomeUnknown
from lots import sessions
from payments import discrepancies, ledger
from payments.channels import BY_HAND, WAIVER, ChannelDown, note_failure, provider_named
from payments.models import Discrepancy, Payment, PaymentEvent, Refund
from payments.numbers import new_number
from payments.providers.contract import Outcome, Provider, ProviderRefused, RefundOrder, Statement

State = Refund.State
Reason = Refund.Reason
Means = Refund.Means

DAILY = timedelta(days=1)
BANKS_TAKE = timedelta(days=15)  # at most, to return money to a card
TRIED_FOR = timedelta(days=30)  # then it is left to staff alone; the channels themselves take a year
SOON = {"frequency_limited", "try_again"}  # a no that is over in minutes; after a day, a task like others
OTHERS_END = timedelta(minutes=10)  # by then it is known what became of another refund sent just before
DECIDED_FOR = timedelta(hours=1)  # staff's decision to send all the same counts no longer than this

BECOMES = {
    Outcome.REFUND_PENDING: State.SENT,
    Outcome.REFUND_DONE: State.DONE,
    Outcome.REFUND_FAILED: State.FAILED,
    Outcome.REFUND_ABNORMAL: State.ABNORMAL,
}


class TooMuch(ParkingError):
    """The refund would be more than what is left of the payment, or of this part of it."""

    code = "refund_too_much"


class NotWaiting(ParkingError):
    """This refund does not wait for staff: it is done, under way, or its channel knows no such way."""

    code = "refund_not_waiting"


class _RefundedThere(Exception):
    """The channel has refunded of this order what our books do not have: made by hand in its own pages."""


class _NotYetClear(Exception):
    """The channel has refunded of this order, perhaps by another refund of ours that is under way."""


@runtime_checkable
class TakesAbnormal(Protocol):
    """A channel that can send an abnormal refund to the merchant's own account."""

    def apply_abnormal_refund(self, refund: RefundOrder) -> Statement: ...


@transaction.atomic
def request_refund(payment: Payment, *, amount_fen: int, reason: Reason, at: datetime) -> Refund:
    """Promise money back; the worker sends it. Raises `TooMuch`.

    What the stay did not need (`SURPLUS`) was never counted for it; anything else is taken off it now. After
    `STAFF` it is owed again at once, also within the exit window; `OVERPAID` was never owed. Cash and other
    money that no call sends back waits for staff (`ABNORMAL`); a waived fee is simply no longer waived.
    """
    refund = _promise(payment, amount_fen=amount_fen, reason=reason, at=at)
    if payment.provider == WAIVER:
        _finish(refund, State.DONE, "waiver", at)
    elif payment.provider in BY_HAND:
        refund.advance(State.ABNORMAL, at=at, cause="by_hand", next_check_at=None)
    return refund


def _promise(
    payment: Payment, *, amount_fen: int, reason: Reason, at: datetime, external_number: str = ""
) -> Refund:
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
        external_number=external_number,
        created_at=at,
        next_check_at=at,
    )
    if reason != Reason.SURPLUS:
        ledger.book_promise(refund, at=at)
        sessions.debit(payment.session_id, fen=amount_fen, owed_again=reason == Reason.STAFF)
    return refund


def left_of(payment: Payment) -> int:
    """Return how much of what a payment counts for its stay can still be refunded."""
    return _left(payment, surplus=False)


def surplus_of(payment: Payment) -> int:
    """Return how much of a payment its stay did not need and is not promised back: a refund of it failed."""
    return _left(payment, surplus=True)


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
    try:
        provider = provider_named(payment.provider, payment.merchant, payment.app)
        answer = _ask(provider, refund, _order(refund), at)
    except ChannelDown:  # its merchant was taken out of the settings
        if not _may_be_there(refund):  # no one pays it out a second time
            with _locked(payment):
                _leave_to_staff(refund, cause=PaymentEvent.Cause.NO_MERCHANT, at=at)
        return
    except _NotYetClear:
        return
    except _RefundedThere:
        with _locked(payment):
            _leave_to_staff(refund, cause=PaymentEvent.Cause.REFUNDED_THERE, at=at)
        return
    except OutcomeUnknown as doubt:
        note_failure(payment.lot_id, provider, doubt, at=at, call="refund")
        return
    except ProviderRefused as refusal:
        note_failure(payment.lot_id, provider, refusal, at=at, call="refund")
        if refusal.reason not in SOON or at > refund.created_at + DAILY:
            with _locked(payment):
                _leave_to_staff(refund, cause=f"refused {refusal.reason}"[:40], at=at)
        return
    with _locked(payment):
        settle_refund(payment, answer, cause="worker", at=at)


def _may_be_there(refund: Refund) -> bool:
    """Return whether the channel has the refund, or was asked for it and has not answered."""
    return refund.state == State.SENT or (refund.state == State.REQUESTED and refund.checks > 0)


def is_out_of_reach(refund: Refund) -> bool:
    """Return whether the channel may have the refund and cannot be asked: its merchant was taken out."""
    payment = refund.payment
    if not _may_be_there(refund) or payment.provider in BY_HAND:
        return False
    try:
        provider_named(payment.provider, payment.merchant, payment.app)
    except ChannelDown:
        return True
    return False


def waiting(rows: QuerySet[Refund], *, at: datetime) -> QuerySet[Refund]:
    """Return the refunds that wait for a person: undelivered, or so long without an end at their channel."""
    unanswered = Q(state=State.REQUESTED, created_at__lte=at - DAILY)
    unfinished = Q(state=State.SENT, created_at__lte=at - BANKS_TAKE)
    return rows.filter(Q(state=State.ABNORMAL) | unanswered | unfinished)


def _order(refund: Refund) -> RefundOrder:
    payment = refund.payment
    return RefundOrder(
        number=refund.number,
        payment_number=payment.number,
        amount_fen=refund.amount_fen,
        total_fen=payment.amount_fen,
        notify_url=f"{settings.PUBLIC_URL}/n/{payment.provider}/{payment.merchant}",
    )


@contextmanager
def _locked(payment: Payment) -> Iterator[None]:
    """Hold the payment before its refund is moved, as a notice does, or the two would wait for each other."""
    with transaction.atomic():
        Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        yield


def _ask(provider: Provider, refund: Refund, order: RefundOrder, at: datetime) -> Statement:
    """Send the refund; first ask for it where it may be at the channel already.

    Raises `_RefundedThere` or `_NotYetClear` instead where another refund may be the same money.
    """
    if refund.state in {State.SENT, State.ABNORMAL} or refund.checks:
        try:
            answer = provider.query_refund(order)
        except ProviderRefused as refusal:  # a no to the question says nothing of the money
            raise OutcomeUnknown from refusal
        if answer.outcome != Outcome.NOT_FOUND:
            return answer
    _check_not_refunded(provider, refund, order, at)
    return provider.refund(order)


def _check_not_refunded(provider: Provider, refund: Refund, order: RefundOrder, at: datetime) -> None:
    """Raise if the channel has refunded of this order and no refund of ours explains that.

    It tells that there was one, not how much of the money it was: the bill does. Where one of ours was there
    before, nothing is known. Staff who have seen that it was found send it all the same, by trying it again;
    what is found later holds it again.
    """
    payment = refund.payment
    decision = _decision(refund, at)
    found = discrepancies.of_unknown_amount(payment)
    if decision is not None:
        if found.filter(seen_at__gt=decision.at).exists():
            raise _RefundedThere
        return
    others = payment.refunds.exclude(pk=refund.pk)
    if found.exists():
        raise _RefundedThere
    there = others.filter(means=Means.CHANNEL).exclude(state=State.REQUESTED)
    if there.exclude(pk__in=_never_there(payment)).exists():
        return
    try:
        is_refunded = provider.query(order.payment_number).is_refunded
    except ProviderRefused:  # it does not tell, so the money is not kept back for it
        return
    except OutcomeUnknown:
        if at < refund.created_at + DAILY:
            raise
        return
    if is_refunded and at < refund.created_at + OTHERS_END and others.filter(state=State.REQUESTED).exists():
        raise _NotYetClear
    if is_refunded:
        raise _RefundedThere


def _decision(refund: Refund, at: datetime) -> PaymentEvent | None:
    """Return staff's decision to send a refund although the channel had refunded of its order, if it counts.

    It counts for one sending, with its repeats where no answer comes. Once that is refused, the refund waits
    for days, and it may be made by hand meanwhile.
    """
    last = _last_event(refund)
    if last is None or last.cause != PaymentEvent.Cause.ALL_THE_SAME or at > last.at + DECIDED_FOR:
        return None
    return last


def settle_refund(payment: Payment, statement: Statement, *, cause: str, at: datetime) -> None:
    """Record a channel's word about a refund of `payment`; the caller holds that locked."""
    refund = (
        Refund.objects.select_related("payment")
        .filter(payment=payment, number=statement.refund_number)
        .first()
    )
    became = BECOMES.get(statement.outcome)
    if refund is None and became == State.DONE and statement.amount_fen:
        record_external(
            payment, amount_fen=statement.amount_fen, number=statement.refund_number, cause=cause, at=at
        )
    elif refund is None or statement.amount_fen not in {None, refund.amount_fen}:
        _report(payment, statement, at)
    elif became == State.DONE == refund.state and _is_by_hand(refund):
        _report(payment, statement, at)  # given back by hand, and now by the channel too
    elif became == State.SENT:
        refund.advance(State.SENT, at=at, cause=cause)
    elif became == State.ABNORMAL:
        _leave_to_staff(refund, cause=cause, at=at)
    elif became is not None:
        _finish(refund, became, cause, at)


def _is_by_hand(refund: Refund) -> bool:
    return bool(refund.means or refund.external_number)


def _leave_to_staff(refund: Refund, *, cause: str, at: datetime) -> None:
    """Make it a task, and ask the channel again each day, under the same number: the account may have been
    filled, a right given, or the money sent from the channel's own pages meanwhile.

    Not where it may be the same money as a refund made there: its bill or staff then decide.
    """
    is_asked = cause != PaymentEvent.Cause.REFUNDED_THERE and at < refund.created_at + TRIED_FOR
    due = at + DAILY if is_asked else None
    if refund.advance(State.ABNORMAL, at=at, cause=cause, next_check_at=due):
        return
    still = Refund.objects.filter(pk=refund.pk, state=State.ABNORMAL).update(next_check_at=due)
    last = _last_event(refund)
    if still and (last is None or last.cause != cause):
        _note(refund, cause, at)


def _last_event(refund: Refund) -> PaymentEvent | None:
    return refund.events.order_by("-pk").first()


def _note(refund: Refund, cause: str, at: datetime) -> None:
    """Record why an abnormal refund still waits, or is sent again."""
    PaymentEvent.objects.create(
        payment_id=refund.payment_id,
        refund=refund,
        was=State.ABNORMAL,
        became=State.ABNORMAL,
        cause=cause,
        at=at,
    )


@transaction.atomic
def give_back(refund: Refund, *, means: Means, at: datetime) -> Refund:
    """Record that staff gave the money back by hand. Raises `NotWaiting` unless it waits for that.

    Not while the worker has it: the channel may be paying it out.
    """
    with _locked(refund.payment):
        refund.refresh_from_db(fields=["state", "next_check_at"])
        if _is_claimed(refund, at) or not _finish(
            refund, State.DONE, "by_hand", at, means=means, unchanged=("next_check_at",)
        ):
            raise NotWaiting(f"refund {refund.pk}")
    return refund


def _is_claimed(refund: Refund, at: datetime) -> bool:
    """Return whether the worker has the refund, or is about to: the channel may be paying it out."""
    due = refund.next_check_at
    return due is not None and due <= at + LEASE


@transaction.atomic
def state_outcome(refund: Refund, *, is_paid: bool, at: datetime) -> Refund:
    """Record what staff found at the channel about a refund that is out of reach. Raises `NotWaiting`.

    One that the channel never had is then an abnormal refund: staff give it back by hand. If its merchant
    comes back into the settings before that, the channel is first asked whether it has it after all.
    """
    with _locked(refund.payment):
        refund.refresh_from_db(fields=["state", "next_check_at", "checks"])
        if _is_claimed(refund, at) or not is_out_of_reach(refund):
            raise NotWaiting(f"refund {refund.pk}")
        if is_paid:
            _finish(refund, State.DONE, PaymentEvent.Cause.BY_HAND, at)
        else:
            _leave_to_staff(refund, cause=PaymentEvent.Cause.NEVER_THERE, at=at)
    return refund


@transaction.atomic
def send_again(refund: Refund, *, at: datetime) -> Refund:
    """Have the worker ask for an abnormal refund once more, under its own number. Raises `NotWaiting`.

    If it waits because the channel had refunded of the order, staff decide that it is sent all the same.
    """
    waiting = Refund.objects.filter(pk=refund.pk, state=State.ABNORMAL)
    if refund.payment.provider in BY_HAND or not waiting.update(next_check_at=at, checks=0):
        raise NotWaiting(f"refund {refund.pk}")
    cause = PaymentEvent.Cause
    last = _last_event(refund)
    if last is not None and last.cause in {cause.REFUNDED_THERE, cause.ALL_THE_SAME}:
        _note(refund, cause.ALL_THE_SAME, at)
    return refund


def send_to_merchant(refund: Refund, *, at: datetime) -> bool:
    """Have the channel send an abnormal refund to the merchant's own account; a person then pays the driver.

    Calls the channel. Returns whether it took the order; `settle` hears the end of it. Raises `NotWaiting`
    where the channel knows no such way.
    """
    payment = refund.payment
    provider = provider_named(payment.provider, payment.merchant, payment.app)
    if refund.state != State.ABNORMAL or not isinstance(provider, TakesAbnormal):
        raise NotWaiting(f"refund {refund.pk}")
    try:
        answer = provider.apply_abnormal_refund(_order(refund))
    except (OutcomeUnknown, ProviderRefused):
        return False
    with _locked(payment):
        settle_refund(payment, answer, cause="to_merchant", at=at)
        Refund.objects.filter(pk=refund.pk, state=State.ABNORMAL).update(next_check_at=at)
    return True


@transaction.atomic
def record_external(
    payment: Payment, *, amount_fen: int, number: str, cause: str, at: datetime
) -> list[Refund]:
    """Record a refund that was made by hand at the channel, found by its notice or its bill.

    `number` is the channel's number of that refund; recording it again changes nothing. It settles a refund
    that we have promised and not sent. Of the rest, what the stay never needed goes first, then it comes off
    what the stay has paid. More than is left of the payment becomes a discrepancy for staff instead. Returns
    the rows, in the order above.
    """
    with _locked(payment):
        known = list(payment.refunds.filter(external_number=number).order_by("pk"))
        if known and sum(refund.amount_fen for refund in known) == amount_fen:
            return known
        if known:  # another one under the same number
            _report_over(payment, number, amount_fen, at)
            return []
        settled = _settled_by(payment, amount_fen, at)
        rest = amount_fen - (settled.amount_fen if settled else 0)
        has_surplus = settled is not None and settled.reason == Reason.SURPLUS  # one row of a reason
        surplus = 0 if has_surplus else min(rest, surplus_of(payment))
        if rest - surplus > left_of(payment):
            _report_over(payment, number, amount_fen, at)
            return []
        parts = [(Reason.SURPLUS, surplus), (Reason.EXTERNAL, rest - surplus)]
        made = [
            _promise(payment, amount_fen=fen, reason=reason, at=at, external_number=number)
            for reason, fen in parts
            if fen
        ]
        if settled:
            Refund.objects.filter(pk=settled.pk).update(external_number=number)
            made = [settled, *made]
        for refund in made:
            _finish(refund, State.DONE, cause, at)
    return made


def _settled_by(payment: Payment, amount_fen: int, at: datetime) -> Refund | None:
    """Return our refund that one made by hand at the channel covers: one that it has never taken."""
    waiting = payment.refunds.filter(state=State.ABNORMAL, pk__in=_never_there(payment))
    waiting = waiting.exclude(next_check_at__lte=at + LEASE)  # it is being sent
    return waiting.filter(amount_fen__lte=amount_fen).order_by("-amount_fen", "pk").first()


def _never_there(payment: Payment) -> QuerySet[Any]:
    """Return the ids of abnormal refunds that the channel has not taken: refused, or not asked for."""
    cause = PaymentEvent.Cause
    why = Q(cause__in=[cause.REFUNDED_THERE, cause.NO_MERCHANT, cause.NEVER_THERE])
    why |= Q(cause__startswith="refused ")
    events = PaymentEvent.objects.filter(why, payment=payment, became=State.ABNORMAL)
    events = events.exclude(was=State.ABNORMAL)  # what is noted later does not tell how it came there
    return events.filter(refund__state=State.ABNORMAL).values("refund")


def withdraw(payment: Payment) -> None:
    """Take back refunds of a surplus that this same transaction promised: nothing knows of them yet."""
    for refund in payment.refunds.filter(state=State.REQUESTED, reason=Reason.SURPLUS):
        Payment.objects.filter(pk=payment.pk).update(
            reserved_refund_fen=F("reserved_refund_fen") - refund.amount_fen
        )
        refund.delete()


def was_made_there(refund: Refund, *, number: str, at: datetime) -> None:
    """Record that a refund of ours, not sent yet, was made in the channel's own pages, under its number."""
    Refund.objects.filter(pk=refund.pk).update(external_number=number[:64])
    if not _finish(refund, State.DONE, "by_hand", at):
        raise NotWaiting(f"refund {refund.pk}")


def _finish(refund: Refund, became: State, cause: str, at: datetime, **fields: Any) -> bool:
    done_at = at if became == State.DONE else None
    if not refund.advance(became, at=at, cause=cause, next_check_at=None, done_at=done_at, **fields):
        return False
    if became == State.DONE:
        ledger.book_refund(refund, at=at)
    elif became == State.FAILED:  # the money may be promised again, under a new number
        Payment.objects.filter(pk=refund.payment_id).update(
            reserved_refund_fen=F("reserved_refund_fen") - refund.amount_fen
        )
        if refund.reason != Reason.SURPLUS:
            ledger.book_failure(refund, at=at)
            sessions.take_back(refund.payment.session_id, fen=refund.amount_fen)
    return True


def _report(payment: Payment, statement: Statement, at: datetime) -> None:
    """Report a refund of another amount than ours, or one that was paid out twice."""
    _report_over(payment, statement.refund_number, statement.amount_fen, at)


def _report_over(payment: Payment, number: str, amount_fen: int | None, at: datetime) -> None:
    discrepancies.report(
        Discrepancy.Kind.OVER_REFUNDED,
        provider=payment.provider,
        merchant=payment.merchant,
        number=payment.number,
        provider_number=number,
        amount_fen=amount_fen,
        lot_id=payment.lot_id,
        at=at,
    )
