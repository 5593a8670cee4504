"""The console's pages about the channels' bills: each day's verdict at a glance, and one bill row by row."""

import structlog
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from payments.models import Discrepancy, Payment
from payments.models.closing_models import BillLine, BillRun, BooksCheck
from payments.reconciliation import bill_runs
from staff.access import access, requires

ROWS = 50
audit = structlog.get_logger("audit")

Verdict, Became = BillLine.Verdict, BillLine.Became
BUCKETS = ("agreed", Verdict.MISSING_HERE, Verdict.MISSING_THERE, Verdict.DIFFERS)


@requires("days.see")
@require_safe
def bills(request: HttpRequest) -> HttpResponse:
    """Every bill, newest day first, with its verdict and how many of its rows wait for a person."""
    open_rows = Count("lines", filter=Q(lines__became=Became.OPEN))
    rows = _bills(request).annotate(left=open_rows).order_by("-day", "provider", "merchant")
    if request.GET.get("show") == "open":
        rows = rows.filter(Q(verdict=BillRun.Verdict.OPEN) | Q(state=BillRun.State.FAILED))
    context = {
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "only_open": request.GET.get("show") == "open",
        "books": BooksCheck.objects.order_by("-day").first(),
        "discrepancies": access(request)
        .within_or_without_lot(Discrepancy.objects.filter(resolved_at=None))
        .count(),
    }
    return render(request, "console/bills.html", context)


@requires("days.see")
@require_safe
def bill(request: HttpRequest, pk: int) -> HttpResponse:
    """One bill: sums, its four buckets, and the rows behind the chosen one."""
    run = get_object_or_404(_bills(request), pk=pk)
    counted = dict(run.lines.order_by().values_list("verdict").annotate(n=Count("pk")))
    left = dict(
        run.lines.filter(became=Became.OPEN).order_by().values_list("verdict").annotate(n=Count("pk"))
    )
    buckets = [
        {
            "name": name,
            "count": run.agreed if name == "agreed" else counted.get(name, 0),
            "left": left.get(name, 0),
        }
        for name in BUCKETS
    ]
    chosen = request.GET.get("bucket")
    if chosen not in BUCKETS:
        chosen = next((each["name"] for each in buckets[1:] if each["count"]), "agreed")
    rows: QuerySet[Payment] | QuerySet[BillLine] = _agreed(run) if chosen == "agreed" else _lines(run, chosen)
    context = {
        "run": run,
        "buckets": buckets,
        "chosen": chosen,
        "bucket_query": f"bucket={chosen}&",
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "busy": run.leased_until is not None and run.leased_until > now(),
    }
    return render(request, "console/bill.html", context)


def _agreed(run: BillRun) -> QuerySet[Payment]:
    """Return the payments that this bill has; its refunds are counted with them, but not listed."""
    ours = Payment.objects.filter(provider=run.provider, merchant=run.merchant, state=Payment.State.PAID)
    return ours.filter(billed_on=run.day).select_related("lot").order_by("paid_at", "pk")


def _lines(run: BillRun, verdict: str) -> QuerySet[BillLine]:
    """Return the rows of a bucket, first those that wait for a person or for the channel."""
    waits = Case(When(became=Became.OPEN, then=0), When(became=Became.PENDING, then=1), default=2)
    return run.lines.filter(verdict=verdict).select_related("payment__lot").order_by(waits, "pk")


@requires("days.close")
@require_POST
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the worker read the bill again. Pressing twice asks once."""
    run = get_object_or_404(_bills(request), pk=pk)
    if run.state in {BillRun.State.DONE, BillRun.State.FAILED} and bill_runs.repeat(run, at=now()):
        audit.info("bill_repeated", staff=request.user.pk, run=run.pk)
    return redirect("console:bill", pk)


def _bills(request: HttpRequest) -> QuerySet[BillRun]:
    """Return the bills of merchants that collect only for lots of this user: a bill shows all of its rows.

    A merchant that names no lots may collect for any: its bills need the permission in every lot.
    """
    slugs = set(access(request).lots().values_list("slug", flat=True))
    if access(request).sees_every_lot:
        return BillRun.objects.all()
    visible = Q(pk__in=[])
    for merchant in settings.MERCHANTS:
        if merchant.lots and slugs.issuperset(merchant.lots):
            visible |= Q(provider=merchant.provider, merchant=merchant.name)
    return BillRun.objects.filter(visible)
