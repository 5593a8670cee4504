"""manage.py selfcheck_ready: starts the self-check's browser once. Exits with one line if it cannot."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from selfcheck.browser import NoBrowser, chromium

SECONDS = 60


class Command(BaseCommand):
    help = "Start the browser of the self-check and print whether it works."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"The self-check can run, with Chromium {asyncio.run(_version())}.")
        except (NoBrowser, TimeoutError) as error:
            raise CommandError(str(error) or f"Chromium does not start within {SECONDS} s") from None


async def _version() -> str:
    async with asyncio.timeout(SECONDS), chromium() as browser:
        return browser.version
