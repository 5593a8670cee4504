"""Jobs of the worker for the car park."""

from datetime import datetime, timedelta

from django.conf import settings

from core import jobs
from core.jobs import URGENT, job
from lots import (
    changes,
    contacts,
    daily_free_uses,
    device_keys,
    gates,
    lane_calls,
    lookup_budget,
    plate_periods,
)
from lots.models import DeviceNonce
from lots.setup import device_troubles, going_live
from lots.systems import link_test

JUMP = timedelta(minutes=2)  # how far the clock is ahead of the steady time once it has jumped
NONCES_STAY = timedelta(hours=1)  # longer than needed by a right clock: ours may be set back by as much


@job(every=timedelta(seconds=10), lane=URGENT)
def expire_commands(at: datetime) -> int:
    """Expire gate commands that were not fetched in time."""
    return gates.expire_commands(at=at)


@job(every=timedelta(minutes=10))
def drop_nonces(at: datetime) -> int:
    """Delete the nonces of signed requests that are too old to be accepted anyway.

    That must hold when the clock is set back too: none is deleted while it may be ahead. The steady time
    alone would not do: it follows a wrong clock, if slowly.
    """
    if at - jobs.steady(at) > JUMP:
        return 0
    return DeviceNonce.objects.filter(expires_at__lt=at - NONCES_STAY).delete()[0]


@job(every=timedelta(minutes=10))
def forget_lookups(at: datetime) -> int:
    """Delete the counts of look-ups whose window is over."""
    return lookup_budget.forget(timestamp=at.timestamp())


@job(every=timedelta(minutes=10), lasting=True)
def forget_free_minutes(at: datetime) -> int:
    """Delete what plates had on dates and in months that are over."""
    return daily_free_uses.forget(at=at) + plate_periods.forget(at=at)


@job(every=timedelta(hours=1))
def reseal_device_secrets(_at: datetime) -> int:
    """Seal devices' secrets with the newest key, so that an old one can be dropped."""
    return device_keys.reseal_secrets()


@job(every=timedelta(minutes=1), lane="parking system probes")
def probe_parking_systems(at: datetime) -> int:
    """Note whether the parking systems of other vendors answer, also where no driver comes by."""
    return link_test.probe_all(at=at)


@job(every=timedelta(minutes=1), lasting=True)
def open_lots(at: datetime) -> int:
    """Open the lots whose planned opening has come."""
    return going_live.open_due(at=at)


@job(every=timedelta(minutes=1))
def write_contacts(_at: datetime) -> int:
    """Write whom drivers call, for pages that are asked for while the database is away."""
    return int(contacts.write(settings.CONTACTS_FILE)) if settings.CONTACTS_FILE else 0


@job(every=timedelta(hours=12))
def prune_changes(_at: datetime) -> int:
    """Delete old rows that only recorded that something had changed."""
    return changes.prune()


@job(every=timedelta(hours=12), lasting=True)
def forget_troubles(at: datetime) -> int:
    """Delete the counts of refused device requests that are older than a month."""
    return device_troubles.forget(before=at - device_troubles.RETENTION)


@job(every=timedelta(hours=1), lasting=True)
def delete_lane_calls(at: datetime) -> int:
    """Delete calls for help at a lane a day after they were made."""
    return lane_calls.delete_old(at=at)
