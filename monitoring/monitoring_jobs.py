"""The worker's part of the watch: its heartbeat, the look at the signals, the alerts that are due."""

import secrets
from datetime import datetime, timedelta

from core.jobs import job
from monitoring import alert_delivery, payment_speed, watch
from monitoring.models import Heartbeat

ME = secrets.token_hex(8)  # this process


@job(every=timedelta(seconds=10))
def beat(at: datetime) -> int:
    """Show that this worker comes round."""
    Heartbeat.objects.update_or_create(
        worker=ME, defaults={"beat_at": at}, create_defaults={"beat_at": at, "started_at": at}
    )
    return 0


@job(every=timedelta(seconds=30))
def look_at_signals(at: datetime) -> int:
    """Write alerts for what turned red, still is, or is well again."""
    return watch.look(at=at)


@job(every=timedelta(seconds=5))
def send_alerts(at: datetime) -> int:
    """Send the alerts that are due."""
    return alert_delivery.send_due(at=at)


@job(every=timedelta(hours=6))
def forget_old_watches(at: datetime) -> int:
    """Delete incidents and alerts that are long over."""
    return watch.prune(before=at - watch.KEPT)


@job(every=timedelta(hours=1))
def count_payment_speed(at: datetime) -> int:
    """Count how long yesterday's payments took, and delete counts that are no longer shown."""
    return payment_speed.count_settled(at=at) + payment_speed.prune(before=at - 2 * payment_speed.PERIOD)
