"""Monitoring jobs of the worker: heartbeat, evaluation of signals, due alerts."""

import secrets
from datetime import datetime, timedelta

from core.claims import Queue
from core.jobs import job, queue_job
from monitoring import alert_delivery, payment_speed, watch
from monitoring.models import AlertMessage, Heartbeat

ME = secrets.token_hex(8)  # this process


@job(every=timedelta(seconds=10), lane="urgent")
def beat(at: datetime) -> int:
    """Record that this worker's loop runs."""
    Heartbeat.objects.update_or_create(
        worker=ME, defaults={"beat_at": at}, create_defaults={"beat_at": at, "started_at": at}
    )
    return 0


@job(every=timedelta(seconds=30), lane="alarms")
def evaluate_signals(at: datetime) -> int:
    """Write alerts for signals that turned red, still are, or recovered."""
    return watch.evaluate(at=at)


send_alerts = queue_job(
    "monitoring.monitoring_jobs.send_alerts",
    Queue(AlertMessage.objects.all, alert_delivery.send, party=("way",)),
    every=timedelta(seconds=5),
)


@job(every=timedelta(hours=6))
def delete_old_incidents(at: datetime) -> int:
    """Delete incidents and alerts after their retention."""
    return watch.prune(before=at - watch.RETENTION)


@job(every=timedelta(hours=1))
def count_payment_speed(at: datetime) -> int:
    """Count how long yesterday's payments took, and delete counts that are no longer shown."""
    return payment_speed.count_settled(at=at) + payment_speed.prune(before=at - 2 * payment_speed.PERIOD)
