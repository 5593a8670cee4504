"""The worker's part of the money: unfinished payments and refunds are rows with a `next_check_at`."""

from datetime import datetime, timedelta

from django.utils.timezone import get_default_timezone, localtime

from core.claims import BATCH, LEASE, Pace, Queue
from core.jobs import JOBS, job, queue_job
from payments import (
    balance_corrections,
    channel_orders,
    channel_test,
    channels,
    observations,
    outstanding,
    refunds,
)
from payments.coupons import redemption
from payments.models import Payment, PriceCheck, Refund
from payments.openid import prune_states
from payments.recompute import recompute_day
from payments.reconciliation import bill_runs, internal_books
from payments.reports import session_days

OPEN_STEPS = [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60)]
OPEN, REFUNDS = Pace(OPEN_STEPS, timedelta(minutes=2)), Pace(OPEN_STEPS, timedelta(minutes=5))
CLOSED_LATER = timedelta(hours=24)  # after LATE_MONEY, once more; then the daily bill decides
RECOMPUTED_AT = 3  # o'clock, when few cars come
DAYS_A_TURN = 5  # counted for the reports


@job(every=timedelta(minutes=1), lane="bills", lasting=True)
def reconcile_bills(at: datetime) -> int:
    """Read the bills that are due, and deal with what differs. One step of one bill a turn and worker."""
    made = bill_runs.plan(at=at)
    run = bill_runs.claim(at=at)
    if run is None:
        return made
    bill_runs.work_on(run, at=at)
    return made + 1


@job(every=timedelta(minutes=10), lasting=True)
def check_books(at: datetime) -> int:
    """Compare our own sums once a night."""
    return internal_books.check_tonight(at=at)


@job(every=timedelta(minutes=1), lasting=True)
def count_session_days(at: datetime) -> int:
    """Count the sessions of days that are over, for the reports."""
    return session_days.count_missing(at=at, most=DAYS_A_TURN)


@job(every=timedelta(seconds=10))
def settle_changed_sessions(at: datetime) -> int:
    """Compare what stays cost with what was paid, where their times have changed."""
    return balance_corrections.settle_changed(at=at, most=BATCH)


@job(every=timedelta(minutes=5), lasting=True)
def forget_debtors(at: datetime) -> int:
    """Forget which cars left unpaid, when their time is over; the sums stay."""
    return outstanding.forget(at=at)


@job(every=timedelta(hours=1), lasting=True)
def forget_wechat_returns(at: datetime) -> int:
    """Delete the ways to WeChat and back that are over."""
    return prune_states(before=at)


@job(every=timedelta(seconds=5))
def give_tests_back(at: datetime) -> int:
    """Request refunds of test payments, also when their page was closed."""
    return channel_test.advance_all(at=at)


@job(every=timedelta(minutes=1), lasting=True)
def expire_coupons(at: datetime) -> int:
    """Close the coupons whose time is over."""
    return redemption.expire(at=at)


@job(every=timedelta(seconds=10), lane="channel probes")
def ask_hidden_channels(at: datetime) -> int:
    """Ask hidden channels whether they work again, also where no driver comes by."""
    return channels.probe_hidden(at=at)


@job(every=timedelta(seconds=10))
def write_down_troubles(at: datetime) -> int:
    """Add what this process has met in answers and notices to what all of them have."""
    observations.flush(channels.every_provider(), at=at, at_once=True)
    return 0


@job(every=timedelta(minutes=1))
def write_down_clocks(at: datetime) -> int:
    """Write down how far the channels' clocks are from ours."""
    observations.note_clocks(channels.providers().values(), at=at, all_of_them=True)
    return 0


@job(every=timedelta(hours=1), lasting=True)
def fold_counts(at: datetime) -> int:
    """Sum up what was counted in hours long gone."""
    return observations.fold(before=at - observations.RETENTION)


@job(every=timedelta(hours=1), lasting=True)
def recompute_yesterday(at: datetime) -> int:
    """Price the charges paid the day before again, once, from 3 o'clock on; store what differs."""
    here = localtime(at)
    day = here.date() - timedelta(days=1)
    if here.hour < RECOMPUTED_AT or PriceCheck.objects.filter(day=day).exists():
        return 0
    return len(recompute_day(day, zone=get_default_timezone(), at=at).diverged)


def _send(refund: Refund, at: datetime) -> None:
    refunds.carry_out(refund, at=at)
    REFUNDS.check_again(refund, at)


def _chase(payment: Payment, at: datetime) -> None:
    if payment.state != Payment.State.CLOSED and at >= payment.expires_at:
        channel_orders.close_attempt(payment, at=at)
    else:
        channel_orders.query(payment, at=at)
    payment.refresh_from_db()
    if payment.state != Payment.State.CLOSED:
        OPEN.check_again(payment, at)
    elif payment.next_check_at == at + LEASE:  # nothing was settled: look once more, later
        again = None if payment.checks else at + CLOSED_LATER
        Payment.objects.filter(pk=payment.pk, next_check_at=at + LEASE).update(
            next_check_at=again, checks=payment.checks + 1
        )


@job(every=timedelta(seconds=15))
def pull_forward(at: datetime) -> int:
    """Check what a clock that was ahead has dated too far into the future."""
    return sum(each.queue.pull_forward(at) for each in JOBS.values() if each.queue)


chase_payments = queue_job(  # asks the channels about payments that are due, and closes the expired ones
    "payments.payment_jobs.chase_payments",
    Queue(
        Payment.objects.all,
        _chase,
        party=("provider", "merchant"),
        pace=OPEN,
        paced=lambda: Payment.objects.filter(state__in=Payment.UNFINISHED),
    ),
    every=timedelta(seconds=1),
)
send_refunds = queue_job(  # sends the refunds that are due, or asks what became of them
    "payments.payment_jobs.send_refunds",
    Queue(
        lambda: Refund.objects.select_related("payment"),
        _send,
        party=("payment__provider", "payment__merchant"),
        pace=REFUNDS,
        paced=lambda: Refund.objects.exclude(state=Refund.State.ABNORMAL),  # those are asked for once a day
    ),
    every=timedelta(seconds=1),
)
