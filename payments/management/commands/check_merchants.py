"""manage.py check_merchants [--online]: what is wrong with the merchants' settings, in words."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.models import Lot
from payments import channels, merchant_checks

SIGNS = {True: "ok  ", False: "BAD ", None: "    "}


class Command(BaseCommand):
    help = (
        "Check the merchants' settings; with --online, ask each channel about an order that does not exist."
    )
    requires_system_checks: list[str] = []  # it says the same, and more

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--online", action="store_true", help="call the channels; no money can move")

    def handle(self, *args: Any, online: bool, **options: Any) -> None:
        if not settings.MERCHANTS:
            raise CommandError("No merchant is set up: MERCHANTS_FILE (docs/channels.md)")
        known, bad = list(Lot.objects.values_list("slug", flat=True)), 0
        for merchant in settings.MERCHANTS:
            kind = "sandbox" if merchant.sandbox else "former" if merchant.former else "in force"
            self.stdout.write(f"{merchant.provider} {merchant.name} ({kind})")
            found = list(merchant_checks.offline(merchant, known, at=now()))
            if online:
                app = merchant.app if merchant.former else ""
                found += merchant_checks.online(
                    channels.provider_named(merchant.provider, merchant.name, app)
                )
            for finding in found:
                self.stdout.write(f"  {SIGNS[finding.ok]}{finding.words}")
            bad += sum(finding.ok is False for finding in found)
        if bad:
            raise CommandError(f"{bad} to put right")
        self.stdout.write("All is well.")
