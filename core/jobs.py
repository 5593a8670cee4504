"""Jobs of the worker: each takes the time, does what is due, and returns how much that was.

A job claims rows by conditional updates, so any number of workers may run it at once; a killed one loses
nothing, because what is unfinished is a row with a state and a time. Jobs of one lane run one after the
other; lanes run beside each other (`core.lanes`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.apps import apps

from core.claims import Queue

type Run = Callable[[datetime], int]

HOUSEKEEPING = "housekeeping"
SELFCHECK = "selfcheck"  # opens a browser, which a worker's own unit does not allow
URGENT = "urgent"  # barriers and the heartbeat: nothing in it may call anybody


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    run: Run
    lane: str = HOUSEKEEPING
    queue: Queue | None = None
    lasting: bool = False

    def at_its_time(self, at: datetime) -> int:
        """Run it as a worker does whose clock shows `at`."""
        return self.run(steady(at) if self.lasting else at)


def as_it_is(at: datetime) -> datetime:
    return at


steady: Callable[[datetime], datetime] = as_it_is  # set by `monitoring`, which stores the steady time
JOBS: dict[str, Job] = {}


def job(*, every: timedelta, lane: str = HOUSEKEEPING, lasting: bool = False) -> Callable[[Run], Run]:
    """Register a function of the worker, under its own name. What calls others has a lane of its own.

    `lasting`: it does what cannot be undone because some time has passed. It then gets a time that no jump of
    the clock carries along (`monitoring.steady_time`).
    """

    def register(run: Run) -> Run:
        name = f"{run.__module__}.{run.__name__}"
        JOBS[name] = Job(name, every, run, lane, lasting=lasting)
        return run

    return register


def queue_job(name: str, queue: Queue, *, every: timedelta) -> Run:
    """Register a queue and return its job: the worker has threads for each of its outside parties."""
    JOBS[name] = Job(name, every, queue.run, name, queue)
    return queue.run


def load() -> dict[str, Job]:
    """Return all jobs. Each app names its modules in `JOBS`; a web process imports none of them."""
    for config in apps.get_app_configs():
        for name in getattr(config, "JOBS", ()):
            import_module(name)
    return JOBS
