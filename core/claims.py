"""How a worker takes the rows that are due, so that each is worked on by one of any number of workers.

A row that can be due has a `next_check_at`; the worker that moves it first has the row until the lease ends.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet

LEASE = timedelta(seconds=30)  # a worker that dies leaves its row to the next after this
BATCH = 20

log = structlog.get_logger("work")


def claim[R: Model](rows: QuerySet[R], at: datetime) -> Iterator[R]:
    """Yield due rows, each to one worker: the first to move `next_check_at` has it."""
    with transaction.atomic():
        due: QuerySet[Any] = rows.filter(next_check_at__lte=at).order_by("next_check_at")
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


def each[R: Model](work: Callable[[R, datetime], None], rows: Iterator[R], at: datetime) -> Iterator[int]:
    """Do the work for each row; one that cannot be worked on holds up no other, and is due again later."""
    for row in rows:
        try:
            work(row, at)
        except (OperationalError, InterfaceError):  # the database is away
            raise
        except Exception:
            log.exception("row_failed", row=str(row))
        yield 1
