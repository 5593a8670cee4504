"""manage.py conform URL: whether a vendor's server keeps the rules of the open pair."""

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from lots.plates import PlateError, parse
from lots.systems.conformance import RuleResult, conform
from lots.systems.fault_texts import meaning_of
from lots.systems.link_faults import address_of
from lots.systems.link_test import why_no_answer
from lots.systems.own_certificate import plain_certificates
from lots.systems.remote import Link

WHERE = "The address is that before /charge: http://host:port/path"


class Command(BaseCommand):
    help = "Test a server of the open pair. Pays a test car's fee there: use a test system, never a real lot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the address before /charge and /settle")
        parser.add_argument("--lot", default="east", help="the lot's number there")
        parser.add_argument("--test-plate", default="沪A12345", help="a test car inside that owes something")
        parser.add_argument("--lane", default="", help="the exit lane there in which the test car stands")
        parser.add_argument(
            "--certificate", default="", help="file with the private certificate of the https address"
        )

    def handle(
        self, *args: Any, url: str, lot: str, test_plate: str, lane: str, certificate: str, **options: Any
    ) -> None:
        secret = os.environ.get("PARKING_SECRET", "")
        if not secret:
            raise CommandError("Set PARKING_SECRET to the secret that both sides share.")
        try:
            plate = parse(test_plate)
        except PlateError:
            raise CommandError("The test plate is no licence plate.") from None
        try:
            own = plain_certificates(Path(certificate).read_text()) if certificate else ""
        except (OSError, ValueError):
            raise CommandError("The file with the certificate cannot be read; it is text (PEM).") from None
        if why := _why_silent(url, own):
            raise CommandError(f"Nothing answers there. {why} {WHERE}")
        link = Link(
            url,
            lot,
            ZoneInfo("Asia/Shanghai"),
            secrets={"secret": secret},
            is_weak_accepted=True,
            own_certificate=own,
        )
        results = []
        for result in conform(link, plate, lane):
            results.append(result)
            self.stdout.write(_line(result))
        if any(result.fault for result in results):
            raise CommandError("The server does not keep the rules yet.")
        self.stdout.write("The server keeps the rules.")


def _line(result: RuleResult) -> str:
    word = "FAULT" if result.fault else "note " if result.remark else "ok   "
    text = result.fault or result.remark
    return f"{word} {result.rule}{': ' if text else ''}{text}"


def _why_silent(url: str, certificates: str) -> str:
    """Return why no connection can be made; "" where one can."""
    if not address_of(url).hostname:
        return "It begins with http:// or https://."
    reason = why_no_answer(url, certificates)
    with translation.override("en"):
        return "" if reason == "no_answer" else str(meaning_of(reason))
