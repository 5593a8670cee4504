"""Jobs of the worker for staff's accounts."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from core.jobs import job


@job(every=timedelta(hours=1))
def forget_limits(at: datetime) -> int:
    """Delete expired counts of failed sign-ins and used codes: the cache does so only when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [moment])  # noqa: S608
        return int(cursor.rowcount)
