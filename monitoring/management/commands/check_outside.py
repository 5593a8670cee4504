"""manage.py check_outside: reports a dead worker, database, page or certificate; needs none of them."""

import signal
from argparse import ArgumentTypeError
from contextlib import suppress
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.timezone import now

from monitoring.alert_delivery import SENDERS, NotDelivered, ways
from monitoring.outside_check import OutsideFinding, check_all

CONFIRMED = 2  # checks in a row that find the same
REPEATED = 60  # and again after so many checks
LONGEST = 86_400.0  # seconds between checks


def page_address(text: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return text
    raise ArgumentTypeError("say an address such as https://pay.example.cn/readyz")


def interval(text: str) -> float:
    """Return a number of seconds. None or less would check without a pause."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= LONGEST:
        raise ArgumentTypeError("say a number of seconds from 1 to 86400")
    return seconds


class Command(BaseCommand):
    help = "Check pages, database, worker and certificates from outside; send an alert if something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--page",
            action="append",
            default=[],
            type=page_address,
            help="address of a /readyz; can be repeated",
        )
        parser.add_argument(
            "--every",
            type=interval,
            help="seconds between checks; without it, check once and exit with 1 if something is wrong",
        )

    def handle(self, *args: Any, page: list[str], every: float | None, **options: Any) -> None:
        pages = page or [f"{origin}/readyz" for origin in settings.ORIGINS]
        if every is None:
            if found := self._check(pages):
                raise CommandError("\n".join(finding.text() for finding in found))
            return
        stop, counts = Event(), dict[OutsideFinding, int]()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(every):
            found = self._check(pages)
            counts = {finding: counts.get(finding, 0) + 1 for finding in found}
            due = [each for each, count in counts.items() if count % REPEATED == CONFIRMED % REPEATED]
            if due:
                self._alert(due)

    def _check(self, pages: list[str]) -> list[OutsideFinding]:
        return check_all(pages=pages, origins=settings.ORIGINS, beat_file=settings.BEAT_FILE, at=now())

    def _alert(self, found: list[OutsideFinding]) -> None:
        """Send at once and directly: rows to send later would need the database."""
        with translation.override("zh-hans" if settings.ALERT_LANGUAGE == "zh" else "en"):
            text = "\n".join(["[PureCode]", *(finding.text() for finding in found)])
        self.stderr.write(text)
        for way in ways():
            try:
                SENDERS[way](text)
            except NotDelivered:
                self.stderr.write(f"{way.value}: not delivered")
