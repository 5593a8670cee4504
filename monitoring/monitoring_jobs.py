"""Monitoring jobs of the worker: heartbeat, evaluation of signals, due alerts."""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils.timezone import now

from core.claims import Queue
from core.jobs import URGENT, job, queue_job
from core.transport import OutcomeUnknown, PooledTransport
from monitoring import alert_delivery, payment_speed, steady_time, watch
from monitoring.models import AlertMessage, Heartbeat, WriteProbe
from payments import channel_clock

ME = secrets.token_hex(8)  # this process


@job(every=timedelta(seconds=10), lane=URGENT)
def beat(at: datetime) -> int:
    """Record that this worker's loop runs, and move the steady time on."""
    steady_time.tick(at)
    Heartbeat.objects.update_or_create(
        worker=ME, defaults={"beat_at": at}, create_defaults={"beat_at": at, "started_at": at}
    )
    return 0


@job(every=timedelta(minutes=1), lane="channel probes")
def confirm_clock(at: datetime) -> int:
    """Where the steady time differs from the clock, ask a channel which is right."""
    if not steady_time.differs(at) or not channel_clock.is_confirmed():
        return 0
    steady_time.set_to(min(at, now()))  # `at` is older than the answer: it may have been ahead
    return 1


@job(every=timedelta(minutes=1), lane="dead man's switch")
def call_heartbeat_url(at: datetime) -> int:
    """Call the address whose owner raises an alarm when no call comes; only after a write."""
    if not settings.HEARTBEAT_URL:
        return 0
    WriteProbe.objects.update_or_create(pk=1, defaults={"at": at})
    with suppress(OutcomeUnknown):
        _heartbeat_transport().send("GET", settings.HEARTBEAT_URL, {}, b"")
    return 0


@cache
def _heartbeat_transport() -> PooledTransport:
    return PooledTransport("heartbeat", connections=1)


@job(every=timedelta(seconds=30), lane="alarms")
def evaluate_signals(at: datetime) -> int:
    """Write alerts for signals that turned red, still are, or recovered."""
    # This lane may begin before the heartbeat's: a worker that has just started is not a silent one.
    Heartbeat.objects.get_or_create(worker=ME, defaults={"beat_at": at, "started_at": at})
    return watch.evaluate(at=at)


send_alerts = queue_job(
    "monitoring.monitoring_jobs.send_alerts",
    Queue(AlertMessage.objects.all, alert_delivery.send, party=("way",)),
    every=timedelta(seconds=5),
)


@job(every=timedelta(hours=6), lasting=True)
def delete_old_incidents(at: datetime) -> int:
    """Delete incidents and alerts after their retention."""
    return watch.prune(before=at - watch.RETENTION)


@job(every=timedelta(hours=1), lasting=True)
def count_payment_speed(at: datetime) -> int:
    """Count how long yesterday's payments took, and delete counts that are no longer shown."""
    return payment_speed.count_settled(at=at) + payment_speed.prune(before=at - 2 * payment_speed.PERIOD)
