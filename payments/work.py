"""The worker's part of the money: unfinished payments and refunds are rows with a `next_check_at`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from lots.jobs import job
from payments import checkout, refunds
from payments.models import Payment, Refund
from payments.quotes import prune_quotes

LEASE = timedelta(seconds=30)  # a worker that dies leaves its row to the next after this
BATCH = 20
OPEN_STEPS = [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60)]
CLOSED_LATER = timedelta(hours=24)  # after LATE_MONEY, once more; then the daily bill decides
OPEN_LATER, REFUND_LATER = timedelta(minutes=2), timedelta(minutes=5)

type Row = Payment | Refund


@job(every=timedelta(seconds=1))
def chase_payments(at: datetime) -> int:
    """Ask the channels about payments that are due, and close the expired ones."""
    return sum(_chase(payment, at) for payment in _claim(Payment.objects.all(), at))


@job(every=timedelta(seconds=1))
def send_refunds(at: datetime) -> int:
    """Send the refunds that are due, or ask what became of them."""
    done = 0
    for refund in _claim(Refund.objects.select_related("payment"), at):
        refunds.carry_out(refund, at=at)
        Refund.objects.filter(pk=refund.pk, next_check_at=at + LEASE).update(
            next_check_at=at + min(REFUND_LATER, OPEN_STEPS[0] * 2**refund.checks), checks=refund.checks + 1
        )
        done += 1
    return done


@job(every=timedelta(hours=1))
def forget_quotes(at: datetime) -> int:
    """Delete quotes of yesterday that nobody tried to pay."""
    return prune_quotes(before=at - timedelta(days=1))


def _claim[R: Row](rows: QuerySet[R], at: datetime) -> Iterator[R]:
    """Yield due rows, each to one worker: whoever moves `next_check_at` first has it."""
    with transaction.atomic():
        due = rows.filter(next_check_at__lte=at).order_by("next_check_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        taken = [
            row
            for row in due[:BATCH]
            if rows.model._default_manager.filter(pk=row.pk, next_check_at=row.next_check_at).update(
                next_check_at=at + LEASE
            )
        ]
    yield from taken


def _chase(payment: Payment, at: datetime) -> int:
    if payment.state != Payment.State.CLOSED and at >= payment.expires_at:
        checkout.close_attempt(payment, at=at)
    else:
        checkout.query(payment, at=at)
    payment.refresh_from_db()
    if payment.next_check_at == at + LEASE:  # nothing was settled: look again later
        Payment.objects.filter(pk=payment.pk, next_check_at=at + LEASE).update(
            next_check_at=_next(payment, at), checks=payment.checks + 1
        )
    return 1


def _next(payment: Payment, at: datetime) -> datetime | None:
    if payment.state == Payment.State.CLOSED:
        return None if payment.checks else at + CLOSED_LATER
    steps = OPEN_STEPS[payment.checks :]
    return at + (steps[0] if steps else OPEN_LATER)
