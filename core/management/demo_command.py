"""What the demo's commands have in common."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class DemoCommand(BaseCommand):
    """A command that makes the demo's rows. It is refused where real money is taken.

    There, its lots would take payments, and its account would own the real operators.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        if settings.PRODUCTION:
            raise CommandError("PURECODE_PRODUCTION is 1: no demo on a server that takes real money.")
        return super().execute(*args, **options)
