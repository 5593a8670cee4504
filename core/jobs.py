"""What the worker does: each job takes the time, does what is due, and says how much that was.

A job claims rows by conditional updates, so any number of workers may run it at once; a killed one loses
nothing, because what is unfinished is a row with a state and a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.apps import apps

type Run = Callable[[datetime], int]


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    run: Run


JOBS: dict[str, Job] = {}


def job(*, every: timedelta) -> Callable[[Run], Run]:
    """Register a function of the worker, under its own name."""

    def register(run: Run) -> Run:
        name = f"{run.__module__}.{run.__name__}"
        JOBS[name] = Job(name, every, run)
        return run

    return register


def load() -> dict[str, Job]:
    """Return all jobs. Each app names its modules in `JOBS`; a web process imports none of them."""
    for config in apps.get_app_configs():
        for name in getattr(config, "JOBS", ()):
            import_module(name)
    return JOBS
