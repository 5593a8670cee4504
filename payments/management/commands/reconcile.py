"""manage.py reconcile: compare a day's bills with the books now, or say how they stand."""

import time
from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.money import yuan
from core.transport import ProviderError
from payments.business_days import BEIJING, last_bill_day
from payments.channels import ChannelDown, providers
from payments.models.closing_models import BillLine, BillRun
from payments.providers.contract import BillDamaged, BillNotReady
from payments.reconciliation import bill_runs
from payments.reconciliation import internal_books as books
from payments.reconciliation.rehearsal import rehearse

PATIENCE = 600  # seconds for one run; what is left then is the worker's
ODD_ROWS = 20
FIRST_YEAR, LAST_YEAR = 2000, 2999  # the days at the ends of the calendar have no bounds in UTC


def a_day(text: str) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    raise ArgumentTypeError("say a date such as 2026-11-24")


class Command(BaseCommand):
    help = "Compare the bill of a Beijing day with the books, for each merchant. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", type=a_day, help="day in Beijing; by default the newest whose bill is available"
        )
        parser.add_argument("--merchant", help="only this merchant, by its number at the channel")
        parser.add_argument("--dry-run", action="store_true", help="compare and write nothing")
        parser.add_argument("--books", action="store_true", help="compare all of our own sums instead")

    def handle(
        self, *args: Any, day: date | None, merchant: str | None, dry_run: bool, books: bool, **options: Any
    ) -> None:
        if books:
            return self._books(dry_run)
        at = now()
        day = day or last_bill_day(at)
        if day >= at.astimezone(BEIJING).date():
            raise CommandError("That day is not over in Beijing.")
        chosen = [key for key, each in providers().items() if each.has_bills and merchant in {None, key[1]}]
        if not chosen:
            raise CommandError("There is no such merchant, or none that has bills.")
        whole = [self._rehearse(*key, day) if dry_run else self._run(*key, day) for key in sorted(chosen)]
        if not all(whole):
            raise SystemExit(1)
        return None

    def _run(self, provider: str, merchant: str, day: date) -> bool:
        run, _ = bill_runs.ensure(provider, merchant, day, at=now())
        if not bill_runs.check_now(run, at=now()):
            bill_runs.repeat(run, at=now())
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (claimed := bill_runs.claim(at=now(), only=run)) is not None:
            bill_runs.work_on(claimed, at=now())
            run.refresh_from_db()
        run.refresh_from_db()
        self._print(run, at=now())
        return run.state == BillRun.State.DONE and run.verdict != BillRun.Verdict.OPEN

    def _print(self, run: BillRun, *, at: datetime) -> None:
        self.stdout.write(f"{run.day}  {run.provider} {run.merchant}  {_state(run, at)}")
        if run.read_at is None or run.state not in {BillRun.State.DONE, BillRun.State.CHECKING}:
            return
        self.stdout.write(
            f"  payments {run.payments:>8}  {yuan(run.payments_fen):>14}\n"
            f"  refunds  {run.refunds:>8}  {yuan(run.refunds_fen):>14}\n"
            f"  fees     {'':>8}  {yuan(run.fee_fen):>14}\n"
            f"  agreed   {run.agreed:>8}"
        )
        for line in run.lines.order_by("pk")[:ODD_ROWS]:
            self.stdout.write(f"  {_row(line)}")
        if (more := run.lines.count() - ODD_ROWS) > 0:
            self.stdout.write(f"  … and {more} more; the console shows all")

    def _rehearse(self, provider: str, merchant: str, day: date) -> bool:
        run = BillRun.objects.filter(provider=provider, merchant=merchant, day=day).first()
        run = run or BillRun(provider=provider, merchant=merchant, day=day, created_at=now())
        name = f"{day}  {provider} {merchant}"
        try:
            found = rehearse(run)
        except (BillNotReady, BillDamaged, ProviderError, ChannelDown) as fault:
            self.stdout.write(f"{name}  no bill: {bill_runs.reason(fault)}")
            return False
        total, counts = found.tally.total, found.counts
        self.stdout.write(
            f"{name}  nothing is written\n"
            f"  payments {total['payments']:>8}  {yuan(total['payments_fen']):>14}\n"
            f"  refunds  {total['refunds']:>8}  {yuan(total['refunds_fen']):>14}\n"
            f"  agreed   {found.tally.agreed:>8}"
        )
        for verdict, number, refund, fen in found.odd:
            self.stdout.write(f"  {verdict:<14} {yuan(fen):>12}  {number} {refund}".rstrip())
        self.stdout.write(f"  not agreed: {sum(counts.values())}")
        return not counts

    def _books(self, dry_run: bool) -> None:
        if dry_run:
            faults = [*books.session_faults(since=None), *books.ledger_faults()]
        else:
            faults = books.check_books(since=None, at=now())
        for fault in faults:
            self.stdout.write(f"{fault.what}: {yuan(fault.reported_fen)}, counted {yuan(fault.counted_fen)}")
        self.stdout.write(f"{len(faults)} differences in our own books")
        if faults:
            raise SystemExit(1)


def _state(run: BillRun, at: datetime) -> str:
    if run.state == BillRun.State.DONE:
        return {"ok": "all agrees", "fixed": "agrees after repair", "open": "DIFFERENCES ARE OPEN"}[
            run.verdict
        ]
    if run.leased_until is not None and run.leased_until > at:
        return "another worker is at it"
    wait = (run.next_check_at or at) - at
    again = f", again in {max(0, int(wait / timedelta(minutes=1)))} min" if run.next_check_at else ""
    if run.state == BillRun.State.CHECKING:
        return f"waits for the channel's answers{again}"
    return f"no bill: {run.fault or 'not asked for yet'}{again}"


def _row(line: BillLine) -> str:
    named = f"{line.verdict:<14} {line.became:<10} {yuan(line.amount_fen):>12}"
    return f"{named}  {line.number} {line.refund_number}".rstrip()
