"""Jobs of the worker for staff's accounts."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from core.jobs import job
from staff import background


@job(every=timedelta(hours=1), lasting=True)
def forget_limits(at: datetime) -> int:
    """Delete expired counts of failed sign-ins and used codes: the cache does so only when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [moment])  # noqa: S608
        return int(cursor.rowcount)


@job(every=timedelta(seconds=1), lane=background.LANE)
def run_background(at: datetime) -> int:
    """Do the long work that staff asked for in the console."""
    return background.run_due(background.LANE, at=at)


@job(every=timedelta(seconds=1), lane=background.CHECKS)
def run_checks(at: datetime) -> int:
    """Do the self-checks of addresses and photos that staff asked for: each waits for a browser."""
    return background.run_due(background.CHECKS, at=at)


@job(every=timedelta(hours=1), lasting=True)
def delete_background(at: datetime) -> int:
    """Delete long work that ended days ago, with its results."""
    return background.delete_old(at=at)
