"""manage.py demo_lots: creates the demo's lots and prints them, with their cameras, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from lots.demo import describe, make_demo_lots


class Command(BaseCommand):
    help = "Create the demo lots (idempotent) and print them as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        make_demo_lots(at=now())
        self.stdout.write(json.dumps(describe(), ensure_ascii=False, indent=2))
