"""The worker's lanes with real threads: a channel that hangs delays only itself."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils.timezone import now

from core import claims, lanes
from core.claims import LEASE, claim
from core.jobs import Job, load
from core.management.commands import work
from core.transport import OutcomeUnknown, PooledTransport
from lots.models import ParkingSession
from lots.plates import parse
from payments.models import Payment
from payments.payment_jobs import chase_payments
from tests.factories import see
from tests.payments.conftest import fakes
from tests.payments.payment_steps import look_up, start_paying
from tests.waiting import wait_for

__all__ = ["fakes"]

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@contextmanager
def running(*names):
    """Run the lanes of these jobs."""
    stop = threading.Event()
    worker = lanes.Lanes([load()[name] if isinstance(name, str) else name for name in names], stop)
    worker.start()
    try:
        yield worker
    finally:
        stop.set()
        worker.join(30)


def begin_payments(lot, entry, channel, numbers):
    """Return unfinished payments that are due now, by this channel."""
    arrived, made = now() - timedelta(minutes=61), []
    for number in numbers:
        plate = f"沪A2{number:04}"
        see(entry, plate, arrived)
        made.append(start_paying(look_up(lot=lot, plate=parse(plate), at=now()), channel, at=now()))
    Payment.objects.filter(pk__in=[each.pk for each in made]).update(next_check_at=now())
    return made


def test_frozen_channel_delays_only_itself(lot, entry, fakes, monkeypatch):
    slow, healthy = fakes
    begin_payments(lot, entry, "one", range(8))
    [paid] = begin_payments(lot, entry, "two", [99])
    healthy.pay(paid.number)
    asked, ends = threading.Event(), threading.Event()

    def query(_number):
        asked.set()
        ends.wait(60)
        raise OutcomeUnknown

    monkeypatch.setattr(slow, "query", query)
    with running("payments.payment_jobs.chase_payments"):
        try:
            assert asked.wait(30)
            wait_for(lambda: Payment.objects.filter(pk=paid.pk, state=Payment.State.PAID).exists())
            assert not ends.is_set()  # no query of the frozen channel has ended
        finally:
            ends.set()


def test_blocked_lane_does_not_stop_another():
    entered, go, ran = threading.Event(), threading.Event(), threading.Event()

    def blocked(_at):
        entered.set()
        go.wait(30)
        return 0

    def urgent(_at):
        ran.set()
        return 0

    second = timedelta(seconds=1)
    with running(Job("blocked", second, blocked), Job("urgent", second, urgent, "urgent")) as worker:
        assert entered.wait(10)
        assert ran.wait(10)
        assert worker.is_alive()
        go.set()


def test_failing_job_does_not_end_its_lane():
    ran = threading.Semaphore(0)

    def failing(_at):
        ran.release()
        raise ValueError

    with running(Job("failing", timedelta(0), failing)) as worker:
        assert ran.acquire(timeout=120)
        assert ran.acquire(timeout=120)
        assert worker.is_alive()


def test_single_run_names_failed_jobs(monkeypatch):
    ran, daily = [], timedelta(days=1)

    def fails(_at):
        raise OperationalError

    jobs = [Job("away", daily, fails), Job("sound", daily, lambda at: ran.append(at) or 1)]
    monkeypatch.setattr(work, "jobs_of", lambda *, selfcheck: jobs)
    with pytest.raises(CommandError, match=r"^Not done: away\. See the log\.$"):
        call_command("work", "--once")
    assert ran  # the job after it had its turn


def test_urgent_jobs_share_no_lane_with_calls():
    lanes_of = {name.rpartition(".")[2]: job.lane for name, job in load().items()}
    urgent = {name for name, lane in lanes_of.items() if lane == "urgent"}
    assert urgent == {"beat", "expire_commands"}
    calling = {"chase_payments", "send_refunds", "settle_with_systems", "reconcile_bills", "send_alerts"}
    calling |= {"probe_parking_systems", "ask_hidden_channels", "chase_invoices", "mail_reports"}
    assert len({lanes_of[name] for name in calling}) == len(calling)
    assert not {lanes_of[name] for name in calling} & {"urgent", "alarms", "housekeeping"}


def test_slow_row_leaves_others_unclaimed(lot, entry, fakes, monkeypatch):
    begin_payments(lot, entry, "one", range(3))
    seen = []

    def query(number):
        seen.append(Payment.objects.filter(next_check_at__lte=now()).count())
        return fakes[0].statement(number)

    monkeypatch.setattr(fakes[0], "query", query)
    assert chase_payments(now()) == 3
    assert seen == [2, 1, 0]


def test_claimed_row_is_not_claimed_again(lot, entry, fakes):
    begin_payments(lot, entry, "one", [1])
    at = now()
    assert claim(Payment.objects.all(), at) is not None
    assert claim(Payment.objects.all(), at + LEASE - timedelta(seconds=1)) is None
    assert claim(Payment.objects.all(), at + LEASE) is not None


def test_row_that_met_a_lock_is_due_soon(lot, entry, fakes, monkeypatch):
    def locked(_number):
        raise OperationalError

    [payment] = begin_payments(lot, entry, "one", [1])
    monkeypatch.setattr(fakes[0], "query", locked)
    at = now()
    with pytest.raises(OperationalError):
        chase_payments(at)
    payment.refresh_from_db()
    assert payment.next_check_at == at + claims.SOON


def test_lease_outlasts_calls_of_one_row():
    longest_call = PooledTransport("wechat").total_seconds
    assert timedelta(seconds=4 * longest_call) < claims.LEASE


def test_worker_threads_of_party_are_limited(lot, entry, fakes, monkeypatch):
    begin_payments(lot, entry, "one", range(8))
    running_now, most, lock = [0], [0], threading.Lock()

    def query(number):
        with lock:
            running_now[0] += 1
            most[0] = max(most[0], running_now[0])
        time.sleep(0.3)
        with lock:
            running_now[0] -= 1
        return fakes[0].statement(number)

    monkeypatch.setattr(fakes[0], "query", query)
    with running("payments.payment_jobs.chase_payments"):
        wait_for(lambda: not Payment.objects.filter(next_check_at__lte=now()).exists())
    assert 1 < most[0] <= lanes.PER_PARTY
    assert ParkingSession.objects.count() == 8


def test_pages_are_tested_by_one_process(settings):
    every, tests = work.jobs_of(selfcheck=False), work.jobs_of(selfcheck=True)
    assert [job.name for job in tests] == ["compliance.compliance_jobs.selfcheck_lots"]
    assert set(tests) < set(every)
    settings.SELFCHECK_PROCESS = True
    assert set(work.jobs_of(selfcheck=False)) == set(every) - set(tests)
    assert work.jobs_of(selfcheck=True) == tests
