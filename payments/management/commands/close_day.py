"""manage.py close_day: show a lot's business day, close it, open it again, or check what was closed."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.errors import ParkingError
from core.money import yuan
from lots.management.files import lot_called
from lots.models import Lot
from payments import day_closing
from payments.business_days import day_of
from payments.day_report import DayReport
from payments.management.commands.reconcile import a_day

WORDS = {
    "day_not_over": "the day is not over there",
    "day_already_moved": "another user closed or opened it just now",
    "day_reason_needed": "there are open differences, or it is to be opened again: give --reason",
    "no_reason": "the reason is longer than 200 characters",
    "reason_names_somebody": "the reason has a plate or a phone number in it",
    "day_still_booking": "a booking is not finished: try again in a moment",
    "day_later_closed": "the day after it is closed: open that first",
}


class Command(BaseCommand):
    help = "Close a business day of a lot, or of all lots; yesterday in the lot's own zone by default."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", nargs="?", help="the lot's short name; all lots if left out")
        parser.add_argument("--day", type=a_day)
        parser.add_argument(
            "--reason", default="", help="required if differences are open, and with --reopen"
        )
        parser.add_argument("--reopen", action="store_true", help="open a closed day again")
        parser.add_argument("--dry-run", action="store_true", help="show the figures and close nothing")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="compute the fingerprint of every closing again; exits with 1 if one does not match",
        )

    def handle(
        self,
        *args: Any,
        lot: str | None,
        day: date | None,
        reason: str,
        reopen: bool,
        dry_run: bool,
        verify: bool,
        **options: Any,
    ) -> None:
        lots = [lot_called(lot)] if lot else list(Lot.objects.order_by("slug"))
        if reopen and not lot:
            raise CommandError("Name the lot whose day is to be opened.")
        if verify and (day or reason or reopen or dry_run):
            raise CommandError("--verify looks at all days and changes none: give it alone, or with a lot.")
        if verify:
            fine = [self._verified(each) for each in lots]
        else:
            fine = [self._one(each, day, reason, reopen=reopen, dry_run=dry_run) for each in lots]
        if not all(fine):
            raise SystemExit(1)

    def _verified(self, lot: Lot) -> bool:
        altered = day_closing.altered(lot)
        for event in altered:
            self.stdout.write(
                f"{lot.slug}  {event.closing.day}  {event.kind} {event.at:%Y-%m-%d %H:%M} UTC: changed since"
            )
        if not altered:
            self.stdout.write(f"{lot.slug}  all closings are as they were made")
        return not altered

    def _one(self, lot: Lot, day: date | None, reason: str, *, reopen: bool, dry_run: bool) -> bool:
        at = now()
        day = day or day_of(at, lot.tz) - timedelta(days=1)
        seen = day_closing.day_of_lot(lot, day)
        self._print(seen.report, "closed" if seen.is_closed else "open")
        if dry_run or (seen.is_closed and not reopen):
            return True
        act = day_closing.reopen if reopen else day_closing.close
        try:
            event = act(lot, day, version=seen.version, by=None, at=at, reason=reason)
        except ParkingError as error:
            self.stdout.write(f"  not done: {WORDS.get(error.code, error.code)}")
            return False
        self.stdout.write(f"  {event.kind}, fingerprint {event.digest[:16]}")
        return True

    def _print(self, report: DayReport, state: str) -> None:
        self.stdout.write(f"{report.day}  {report.lot.slug} ({report.lot.zone})  {state}")
        for figure in report.figures:
            late = f"  for {figure.late_day}" if figure.late_day else ""
            name = f"{figure.provider} {figure.merchant}"
            self.stdout.write(
                f"  {figure.kind:<8} {name:<28} {figure.count:>7}  {yuan(figure.signed_fen):>14}{late}"
            )
        self.stdout.write(f"  {'net':<37} {'':>7}  {yuan(report.net_fen):>14}")
        if report.open_discrepancies:
            self.stdout.write(f"  open differences: {report.open_discrepancies}")
