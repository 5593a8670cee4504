"""manage.py work: does what is due, for ever. Any number of workers may run; any may be killed."""

import signal
import time
from datetime import datetime
from threading import Event
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils.timezone import now

from core.jobs import Job, load

IDLE = 1.0  # seconds between two looks
log = structlog.get_logger("work")


class Command(BaseCommand):
    help = "Run the worker: payments and refunds that are due, expired barrier orders, erasure."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        jobs = load()
        due = dict.fromkeys(jobs, 0.0)
        while not stop.is_set():
            for name, job in jobs.items():
                if time.monotonic() >= due[name]:
                    due[name] = time.monotonic() + job.every.total_seconds()
                    run(job, at=now())
            if once:
                return
            stop.wait(IDLE)


def run(job: Job, *, at: datetime) -> int:
    """Run one job; a database that is away is waited for, a bug in one job does not stop the others."""
    try:
        done = job.run(at)
    except DatabaseError as error:
        log.warning("database_away", job=job.name, error=type(error).__name__)
        done = 0
    except Exception:
        log.exception("job_failed", job=job.name)
        done = 0
    finally:
        close_old_connections()
    if done:
        log.info("job_done", job=job.name, rows=done)
    return done
