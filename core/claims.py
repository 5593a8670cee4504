"""Claims of due rows: each is worked on by one of any number of workers.

A row that can be due has a `next_check_at`; the worker that moves it first has the row until the lease ends.
Rows are claimed one at a time, when the work on them begins: a lease covers one row's work, with all its
time-outs, and not that of the rows before it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection, transaction
from django.db.models import Count, Model, Q, QuerySet

from core.database import is_unusable

# A row's work is at most three calls of seven seconds and some statements. A worker that dies leaves its row
# to the next after this.
LEASE = timedelta(seconds=45)
SOON = timedelta(seconds=5)  # when a row is tried again that met a lock, or a database that was away
BATCH = 20
MANY = 1000  # checks are not counted beyond this: a channel may stay away for months

log = structlog.get_logger("work")


def claim[R: Model](rows: QuerySet[R], at: datetime) -> R | None:
    """Return the row that has been due longest, which is this worker's until `at + LEASE`; None: none is due.

    The first to move `next_check_at` has it.
    """
    due: QuerySet[Any] = rows.filter(next_check_at__lte=at).order_by("next_check_at")
    skips = connection.features.has_select_for_update_skip_locked
    for _ in range(BATCH):
        with transaction.atomic():
            row = (due.select_for_update(skip_locked=True, of=("self",)) if skips else due).first()
            if row is None:
                return None
            mine = rows.model._default_manager.filter(pk=row.pk, next_check_at=row.next_check_at)
            if mine.update(next_check_at=at + LEASE):
                return row  # type: ignore[no-any-return]
    return None  # others are faster


@dataclass(frozen=True)
class Pace:
    """How long a row waits for its next check: step by step, then `later` each time.

    A row has `checks`, which counts them. A new one waits for the first step at most.
    """

    steps: Sequence[timedelta]
    later: timedelta

    def wait(self, checks: int) -> timedelta:
        """Return how long a row waits that was checked so many times before this one."""
        return self.steps[checks] if checks < len(self.steps) else self.later

    def check_again(self, row: Any, at: datetime) -> None:
        """Have a row that was worked on at `at`, and is not finished, checked again."""
        mine = type(row)._default_manager.filter(pk=row.pk, next_check_at=at + LEASE)
        mine.update(next_check_at=at + self.wait(row.checks), checks=min(row.checks + 1, MANY))

    def too_far(self, at: datetime) -> Q:
        """Return what finds rows that are dated further ahead than they ever wait.

        The clock that dated them was ahead, and has been set right.
        """
        found = Q(next_check_at__gt=at + max(self.later, *self.steps) + LEASE)
        for checks in range(len(self.steps) + 1):
            found |= Q(checks=checks, next_check_at__gt=at + self.wait(max(0, checks - 1)) + LEASE)
        return found


def _hand_back(row: Any, at: datetime) -> None:
    """End a claim whose work is over. Where that cannot be written, the lease ends by itself."""
    with suppress(Error):
        mine = type(row)._default_manager.filter(pk=row.pk, next_check_at=at + LEASE)
        mine.update(next_check_at=at + SOON)


class Queue:
    """The rows of one kind that are due, by the outside party that the work on them calls.

    `paced`: those of them that are always checked at this `pace`.
    """

    def __init__(
        self,
        rows: Callable[[], QuerySet[Any]],
        work: Callable[[Any, datetime], None],
        *,
        party: tuple[str, ...] = (),
        pace: Pace | None = None,
        paced: Callable[[], QuerySet[Any]] | None = None,
    ) -> None:
        self._rows, self._work, self._party = rows, work, party
        self._pace, self._paced = pace, paced or rows

    def pull_forward(self, at: datetime) -> int:
        """Make rows due that a wrong clock dated too far ahead; return how many."""
        return self._paced().filter(self._pace.too_far(at)).update(next_check_at=at) if self._pace else 0

    def parties(self, at: datetime) -> list[tuple[Mapping[str, Any], int]]:
        """Return each party that rows are due for, as its columns, and how many those are."""
        due = self._rows().filter(next_check_at__lte=at).order_by()
        if not self._party:
            return [({}, count)] if (count := due.count()) else []
        counted = due.values(*self._party).annotate(due=Count("pk"))
        return [({name: row[name] for name in self._party}, row["due"]) for row in counted]

    def turn(self, party: Mapping[str, Any], at: datetime) -> int:
        """Work on one row of a party; return 0 where none is due.

        A row that cannot be worked on delays no other, and is due again when its lease ends; `SOON` where the
        database could not be used.
        """
        row = claim(self._rows().filter(**party), at)
        if row is None:
            return 0
        try:
            self._work(row, at)
        except Error as error:
            if is_unusable(error):
                _hand_back(row, at)
                raise
            log.exception("row_failed", row=str(row))
        except Exception:
            log.exception("row_failed", row=str(row))
        return 1

    def run(self, at: datetime) -> int:
        """Work on what is due for all parties, one row after the other; return how many rows."""
        return sum(self._some(party, at) for party, _ in self.parties(at))

    def _some(self, party: Mapping[str, Any], at: datetime) -> int:
        return sum(1 for _ in self._turns(party, at))

    def _turns(self, party: Mapping[str, Any], at: datetime) -> Iterator[int]:
        for _ in range(BATCH):
            if not self.turn(party, at):
                return
            yield 1
