"""What our books have of a day and its bill has not: rows without a mark once the bill is read.

Two clocks never agree on midnight, so a day's last minutes are judged with the next day's bill, when both
bills around them have been read. Where the bill before or after was not read in its turn, the day ends at
midnight.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from payments.business_days import BEIJING, bounds
from payments.models import Payment, Refund
from payments.models.closing_models import BillLine, BillRun

MARGIN = timedelta(minutes=10)
BATCH = 500


def window(run: BillRun) -> tuple[datetime, datetime]:
    """Return from when to when our rows are missing if this bill has not got them."""
    start, end = bounds(run.day, BEIJING)
    if _is_read(run, -1):
        start -= MARGIN
    if not _is_read(run, +1):
        end -= MARGIN
    return start, end


def _is_read(run: BillRun, days: int) -> bool:
    same = BillRun.objects.filter(provider=run.provider, merchant=run.merchant)
    return same.filter(day=run.day + timedelta(days=days), read_at__isnull=False).exists()


def payments(run: BillRun) -> QuerySet[Payment]:
    start, end = window(run)
    return Payment.objects.filter(
        provider=run.provider,
        merchant=run.merchant,
        state=Payment.State.PAID,
        paid_at__gte=start,
        paid_at__lt=end,
        bill_mark=None,
    ).exclude(_is_billed(run, payment=OuterRef("pk"), refund_number=""))


def refunds(run: BillRun) -> QuerySet[Refund]:
    """Return refunds done in the window; asked for since bills are read, or an older bill may have them."""
    start, end = window(run)
    first = BillRun.objects.filter(provider=run.provider, merchant=run.merchant).order_by("day").first()
    since = bounds((first or run).day, BEIJING)[0]
    rows = Refund.objects.filter(
        payment__provider=run.provider,
        payment__merchant=run.merchant,
        state=Refund.State.DONE,
        means=Refund.Means.CHANNEL,
        done_at__gte=start,
        done_at__lt=end,
        created_at__gte=since,
        billed_on=None,
    )
    return rows.exclude(_is_billed(run, refund=OuterRef("pk"))).select_related("payment")


def _is_billed(run: BillRun, **which: Any) -> Exists:
    """Return whether a bill has the row: with another amount, state or number, which is reported already, or
    this bill had it before a late notice reached us."""
    verdict = BillLine.Verdict
    known = Q(verdict=verdict.DIFFERS) | Q(verdict=verdict.MISSING_HERE, run=run.pk)
    return Exists(BillLine.objects.filter(known, **which))


def lines(run: BillRun) -> Iterator[BillLine]:
    """Return a line for each of them, and for each row that an earlier day's bill expected in this one."""
    for payment in _pages(payments(run)):
        yield _line(run, payment)
    for refund in _pages(refunds(run)):
        yield _line(run, refund.payment, refund)
    expected = BillLine.objects.filter(
        run__provider=run.provider, run__merchant=run.merchant, due_day=run.day
    ).exclude(run_id=run.pk)
    for earlier in _pages(expected.select_related("payment__bill_mark", "refund")):
        row = earlier.refund or earlier.payment
        if row is not None and row.billed_on is None and earlier.payment is not None:
            yield _line(run, earlier.payment, earlier.refund)


def _pages[M: Model](rows: QuerySet[M]) -> Iterator[M]:
    """Yield the rows a page at a time, so that other rows may be written in between."""
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from page
        last = page[-1].pk


def _line(run: BillRun, payment: Payment, refund: Refund | None = None) -> BillLine:
    row = refund or payment
    return BillLine(
        run=run,
        verdict=BillLine.Verdict.MISSING_THERE,
        payment=payment,
        refund=refund,
        number=payment.number,
        refund_number=refund.number if refund else "",
        provider_number=payment.provider_number or "",
        amount_fen=row.amount_fen,
        outcome="refund_done" if refund else "paid",
        at=(refund.done_at if refund else payment.paid_at) or run.created_at,
    )
