"""The worker's part of the money: unfinished payments and refunds are rows with a `next_check_at`."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

from lots.jobs import job
from payments import channels, checkout, observations, refunds
from payments.models import Payment, Refund
from payments.openid import prune_states
from payments.quotes import prune_quotes

LEASE = timedelta(seconds=30)  # a worker that dies leaves its row to the next after this
BATCH = 20
OPEN_STEPS = [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60)]
CLOSED_LATER = timedelta(hours=24)  # after LATE_MONEY, once more; then the daily bill decides
MANY = 1000  # checks are not counted beyond this: a channel may stay away for months
OPEN_LATER, REFUND_LATER = timedelta(minutes=2), timedelta(minutes=5)

type Row = Payment | Refund

log = structlog.get_logger("work")


@job(every=timedelta(seconds=1))
def chase_payments(at: datetime) -> int:
    """Ask the channels about payments that are due, and close the expired ones."""
    return sum(_each(_chase, _claim(Payment.objects.all(), at), at))


@job(every=timedelta(seconds=1))
def send_refunds(at: datetime) -> int:
    """Send the refunds that are due, or ask what became of them."""
    return sum(_each(_send, _claim(Refund.objects.select_related("payment"), at), at))


@job(every=timedelta(hours=1))
def forget_quotes(at: datetime) -> int:
    """Delete quotes of yesterday that nobody tried to pay."""
    return prune_quotes(before=at - timedelta(days=1))


@job(every=timedelta(hours=1))
def forget_wechat_returns(at: datetime) -> int:
    """Delete the ways to WeChat and back that are over."""
    return prune_states(before=at)


@job(every=timedelta(seconds=10))
def ask_hidden_channels(at: datetime) -> int:
    """Ask hidden channels whether they work again, also where no driver comes by."""
    return channels.probe_hidden(at=at)


@job(every=timedelta(seconds=10))
def write_down_troubles(at: datetime) -> int:
    """Add what this process has met on the wire to what all of them have."""
    observations.flush(channels.every_provider(), at=at, at_once=True)
    return 0


@job(every=timedelta(minutes=1))
def write_down_clocks(at: datetime) -> int:
    """Write down how far the channels' clocks are from ours."""
    observations.note_clocks(channels.providers().values(), at=at, all_of_them=True)
    return 0


@job(every=timedelta(hours=1))
def fold_counts(at: datetime) -> int:
    """Sum up what was counted in hours long gone."""
    return observations.fold(before=at - observations.KEPT)


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


def _each[R: Row](work: Callable[[R, datetime], None], rows: Iterator[R], at: datetime) -> Iterator[int]:
    """Do the work for each row; one that cannot be worked on holds up no other, and is due again later."""
    for row in rows:
        try:
            work(row, at)
        except (OperationalError, InterfaceError):  # the database is away
            raise
        except Exception:
            log.exception("row_failed", row=str(row))
        yield 1


def _send(refund: Refund, at: datetime) -> None:
    refunds.carry_out(refund, at=at)
    steps = OPEN_STEPS[refund.checks :]
    Refund.objects.filter(pk=refund.pk, next_check_at=at + LEASE).update(
        next_check_at=at + (steps[0] if steps else REFUND_LATER), checks=min(refund.checks + 1, MANY)
    )


def _chase(payment: Payment, at: datetime) -> None:
    if payment.state != Payment.State.CLOSED and at >= payment.expires_at:
        checkout.close_attempt(payment, at=at)
    else:
        checkout.query(payment, at=at)
    payment.refresh_from_db()
    if payment.next_check_at == at + LEASE:  # nothing was settled: look again later
        Payment.objects.filter(pk=payment.pk, next_check_at=at + LEASE).update(
            next_check_at=_next(payment, at), checks=min(payment.checks + 1, MANY)
        )


def _next(payment: Payment, at: datetime) -> datetime | None:
    if payment.state == Payment.State.CLOSED:
        return None if payment.checks else at + CLOSED_LATER
    steps = OPEN_STEPS[payment.checks :]
    return at + (steps[0] if steps else OPEN_LATER)
