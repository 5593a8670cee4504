"""A payment's order at its channel: what is sent, asked and closed there."""

import re
from datetime import datetime, timedelta

from django.conf import settings

from core import hot_writes
from core.transport import OutcomeUnknown
from lots.models import Lot
from payments.channels import ChannelDown, note_failure, note_success, provider_named
from payments.models import Payment
from payments.providers.contract import Order, Outcome, ProviderRefused, Statement
from payments.settling import mark_closed, settle

DESCRIPTION = "停车费"  # and the lot, never a plate: it stands in the payer's own history
PATH_OF = {"zh-hans": "", "zh-hant": "/hant", "en": "/en"}  # a page's language stands in its path
ASK_AGAIN = timedelta(seconds=3)
SAFE_AFTER_EXPIRY = timedelta(minutes=5)

State = Payment.State


def order_of(payment: Payment) -> Order:
    return Order(
        number=payment.number,
        amount_fen=payment.amount_fen,
        expires_at=payment.expires_at,
        description=description_of(payment.lot),
        notify_url=notify_url(payment),
        return_url=f"{settings.PUBLIC_URL}/t/{payment.token}{PATH_OF[payment.language]}",
    )


def description_of(lot: Lot) -> str:
    """Return what the payer's own bill shows: at most 120 of WeChat's 127 bytes, without / = & for Alipay."""
    return re.sub("[/=&]", " ", f"{DESCRIPTION} {lot.name}")[:40]


def notify_url(payment: Payment) -> str:
    return f"{settings.PUBLIC_URL}/n/{payment.provider}/{payment.merchant}"


def query(payment: Payment, *, at: datetime) -> Statement | None:
    """Ask the channel and settle its answer; None where it gave no usable one."""
    try:
        provider = provider_named(payment.provider, payment.merchant, payment.app)
        statement = provider.query(payment.number)
    except ChannelDown:
        return None
    except (OutcomeUnknown, ProviderRefused) as fault:
        note_failure(payment.lot_id, provider, fault, at=at, call="query")
        return None
    note_success(payment.lot_id, provider)
    settle(statement, cause="query", at=at)
    return statement


def close_attempt(payment: Payment, *, at: datetime) -> None:
    """Close an attempt that was not paid; what stays unknown is left to the worker."""
    try:
        provider = provider_named(payment.provider, payment.merchant, payment.app)
    except ChannelDown:  # its entry was deleted: no answer will come, and another merchant can be paid
        if at >= payment.expires_at + SAFE_AFTER_EXPIRY:
            mark_closed(payment, cause="no_merchant", at=at)
        return
    statement = query(payment, at=at)
    if statement is None or statement.outcome in {Outcome.PAID, Outcome.CLOSED}:
        return
    if statement.outcome == Outcome.NOT_FOUND:
        if at >= payment.expires_at + SAFE_AFTER_EXPIRY:
            mark_closed(payment, cause="never_there", at=at)
        return  # before that the order may be created yet: only its expiry protects us
    payment.advance(State.CLOSING, at=at, cause="close")
    try:
        answer = provider.close(payment.number)
    except (OutcomeUnknown, ProviderRefused) as fault:
        note_failure(payment.lot_id, provider, fault, at=at, call="close")
        return
    settle(answer, cause="close", at=at)


def ask_soon(payment: Payment, *, at: datetime) -> None:
    """Have the worker ask the channel about an unfinished attempt in its next turn, at most every three
    seconds. A page that only shows a state never waits for a channel, and mostly has nothing to write."""
    was_asked = payment.asked_at is not None and at - ASK_AGAIN < payment.asked_at <= at
    is_due = payment.next_check_at is None or payment.next_check_at <= at
    if was_asked or is_due or payment.state not in Payment.UNFINISHED:
        return
    as_read = {"state": payment.state, "asked_at": payment.asked_at, "next_check_at": payment.next_check_at}
    hot_writes.change(payment, where=as_read, asked_at=at, next_check_at=at)


def ask_now(payment: Payment, *, at: datetime) -> None:
    """Have the worker ask for a payment at once: its channel knows more of it than we do."""
    Payment.objects.filter(pk=payment.pk).exclude(state=State.PAID).update(next_check_at=at)
