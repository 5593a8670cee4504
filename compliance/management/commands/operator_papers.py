"""manage.py operator_papers: writes an operator's compliance set (运营方合规文件集) as PDF."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from compliance.inspection_pdf import OPERATOR_SET, papers_pdf
from compliance.operator_set import collect
from lots.models import Lot, Operator


class Command(BaseCommand):
    help = "Write the compliance set of an operator as PDF, filled from the system. See docs/compliance.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the PDF to write")
        parser.add_argument(
            "--operator", default="", help="legal name; required if there are several operators"
        )
        parser.add_argument(
            "--doctor", default="", metavar="FILE", help="output of purecode doctor; - for stdin"
        )
        parser.add_argument(
            "--probe", action="store_true", help="connect to our own addresses and add what TLS they use"
        )

    def handle(self, *args: Any, file: Path, operator: str, doctor: str, probe: bool, **options: Any) -> None:
        found = Operator.objects.filter(**{"legal_name": operator} if operator else {})
        if len(found) != 1:
            names = "; ".join(Operator.objects.values_list("legal_name", flat=True))
            raise CommandError(f"Name one operator with --operator: {names}")
        try:
            report = sys.stdin.read() if doctor == "-" else Path(doctor).read_text("utf-8") if doctor else ""
        except (OSError, UnicodeDecodeError):
            raise CommandError(f"{doctor} cannot be read") from None
        lots = list(Lot.objects.filter(operator=found[0], is_trial=False).order_by("name"))
        at = now()
        facts = collect(found[0], lots, by="命令行", at=at, doctor=report, probe=probe)
        file.write_bytes(papers_pdf(facts, at=at, template=OPERATOR_SET))
        self.stdout.write(f"{file}: {len(lots)} lots")
        for text in facts["unlisted"]:
            self.stdout.write(self.style.WARNING(text))
