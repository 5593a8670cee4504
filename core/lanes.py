"""The worker's lanes: what waits in one of them delays none of the others.

Jobs of one lane share a thread. A queue has up to `PER_PARTY` threads for each outside party that rows are
due for, so that a channel that does not answer delays only its own rows.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connections
from django.utils.timezone import now

from core.database import fault_of
from core.jobs import URGENT, Job

PER_PARTY = 4
STUCK_SECONDS = 60.0  # of the urgent lane, whose jobs take milliseconds
IDLE = 1.0  # seconds between two looks

type PartyKey = tuple[str, tuple[Any, ...]]

log = structlog.get_logger("work")


def step(name: str, run: Callable[[datetime], int], *, at: datetime | None = None) -> int | None:
    """Run one piece of work and return how many rows it did, None where it failed.

    A database that is away is waited for, and a bug in one piece does not stop the others.
    """
    try:
        return run(at or now())
    except (DatabaseError, InterfaceError) as error:
        log.warning("database_away", job=name, **fault_of(error))
    except Exception:
        log.exception("job_failed", job=name)
    return None


class Lanes:
    """All lanes of one worker process. They run until `stop` is set."""

    def __init__(self, jobs: Sequence[Job], stop: threading.Event) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._busy: dict[PartyKey, int] = defaultdict(int)
        lanes: dict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            lanes[job.lane].append(job)
        self._threads = [
            threading.Thread(target=self._lane, args=(of_lane,), name=f"lane {name}", daemon=True)
            for name, of_lane in lanes.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def is_alive(self) -> bool:
        """Return whether every lane runs; one that ended by itself is a bug, and the process must restart."""
        return all(thread.is_alive() for thread in self._threads)

    def is_moving(self) -> bool:
        """Return whether the lane of barriers has looked for work lately."""
        return time.monotonic() - self._looked_at < STUCK_SECONDS

    def join(self, seconds: float) -> None:
        """Wait for what is being worked on. What takes longer is claimed again by another worker."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        while any(self._busy.values()) and time.monotonic() < end:
            time.sleep(0.05)

    def _lane(self, jobs: Sequence[Job]) -> None:
        due = {job.name: 0.0 for job in jobs}
        while not self._stop.is_set():
            for job in jobs:
                if time.monotonic() >= due[job.name] and not self._stop.is_set():
                    due[job.name] = time.monotonic() + job.every.total_seconds()
                    self._begin(job)
            connections.close_all()
            if jobs[0].lane == URGENT:
                self._looked_at = time.monotonic()
            self._stop.wait(IDLE)

    def _begin(self, job: Job) -> None:
        if job.queue is not None:
            step(job.name, lambda at: self._spread(job, at))
        elif done := step(job.name, job.at_its_time):
            log.info("job_done", job=job.name, rows=done)

    def _spread(self, job: Job, at: datetime) -> int:
        """Start threads for the parties that rows are due for; they end when nothing is due any more."""
        assert job.queue is not None
        for party, count in job.queue.parties(at):
            key = (job.name, tuple(party.values()))
            for _ in range(count):
                with self._lock:
                    if self._busy[key] >= PER_PARTY:
                        break
                    self._busy[key] += 1
                thread = threading.Thread(target=self._serve, args=(job, party, key), daemon=True)
                thread.name = f"{job.name} {' '.join(map(str, party.values()))}"
                thread.start()
        return 0

    def _serve(self, job: Job, party: Mapping[str, Any], key: PartyKey) -> None:
        queue, done = job.queue, 0
        assert queue is not None
        try:
            while not self._stop.is_set() and step(job.name, lambda at: queue.turn(party, at)):
                done += 1
        finally:
            connections.close_all()
            with self._lock:
                self._busy[key] -= 1
        if done:
            log.info("job_done", job=job.name, rows=done)
