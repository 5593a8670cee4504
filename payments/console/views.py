"""The console's pages about money."""

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime, now
from django.views.decorators.http import require_safe

from lots.console.access import access, allowed
from payments.console.rights import discrepancies_of
from payments.models import LedgerEntry, Payment, Refund

ROWS = 50


@allowed("money.see")
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """Today's money, the latest payments, unfinished refunds and what staff must look at."""
    midnight = localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = access(request)
    today = mine.within(LedgerEntry.objects.filter(at__gte=midnight, lot__is_trial=False))
    unfinished = Refund.objects.exclude(state=Refund.State.DONE).select_related("payment__lot")
    context = {
        "earned": _sum(today.filter(kind=LedgerEntry.Kind.PAYMENT)),
        "refunded": _sum(
            today.filter(kind=LedgerEntry.Kind.REFUND_DONE).exclude(credit__startswith="waived:")
        ),
        "payments": mine.within(Payment.objects.select_related("lot")).order_by("-created_at")[:ROWS],
        "refunds": mine.within(unfinished, "payment__lot")[:ROWS],
        "discrepancies": discrepancies_of(mine).order_by("-seen_at")[:ROWS],
    }
    return render(request, "console/payments.html", context)


def _sum(entries: object) -> int:
    return entries.aggregate(total=Sum("amount_fen"))["total"] or 0  # type: ignore[attr-defined]
