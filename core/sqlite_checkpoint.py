"""Writing SQLite's log back into the database: by one thread of the worker, while nothing can be written.

SQLite before 3.51.3 can lose committed rows where another connection resets the log at the moment in which
one begins to write it back (sqlite.org/wal.html, "The WAL-reset bug"). No connection of ours writes back by
itself, and resetting the log needs the lock that is held here. Readers go on, and are not waited for.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from django.db import connection, transaction

from core.jobs import job


@job(every=timedelta(seconds=10), lane="SQLite's log")
def write_log_back(at: datetime) -> int:  # noqa: ARG001 - a job's shape
    """Write the log back as far as its readers allow; return 0, as this is not worth a line of the log.

    Does nothing on PostgreSQL.
    """
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as second, transaction.atomic():
            second.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return 0
