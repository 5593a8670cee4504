"""manage.py work: does what is due until it is stopped. Any number of workers may run; any may be killed."""

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import outside, schema_gate, service_manager
from core.jobs import SELFCHECK, Job, load
from core.lanes import IDLE, Lanes, step

LAST_SECONDS = 25.0  # for what is being worked on when the worker is stopped


def jobs_of(*, selfcheck: bool) -> list[Job]:
    """Return the jobs of the process that tests pages, or those of the worker: all, or all the others."""
    if selfcheck:
        return [job for job in load().values() if job.lane == SELFCHECK]
    return [job for job in load().values() if job.lane != SELFCHECK or not settings.SELFCHECK_PROCESS]


class Command(BaseCommand):
    help = "Run the worker: payments and refunds that are due, expired barrier orders, erasure."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")
        parser.add_argument(
            "--selfcheck", action="store_true", help="only test pages, for a worker with SELFCHECK_PROCESS=1"
        )

    def handle(self, *args: Any, once: bool, selfcheck: bool, **options: Any) -> None:
        schema_gate.check()
        jobs = jobs_of(selfcheck=selfcheck)
        if once:
            failed = [job.name for job in jobs if step(job.name, job.run) is None]
            if failed:
                raise CommandError(f"Not done: {', '.join(failed)}. See the log.")
            return
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # Lanes limit the worker's calls already; the limits of a web process would only refuse some.
        outside.LIMITS.per_party, outside.LIMITS.all_parties = 16, 1000
        lanes = Lanes(jobs, stop)
        lanes.start()
        while not stop.wait(IDLE):
            if not lanes.is_alive():
                stop.set()
                raise CommandError("A lane of the worker has ended. See its log.")
            if not selfcheck and lanes.is_moving():
                service_manager.beat(settings.BEAT_FILE)
        lanes.join(LAST_SECONDS)
