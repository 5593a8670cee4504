"""The console's pages about the channels' bills: each day's verdict at a glance, and one bill row by row."""

from collections.abc import Sequence
from typing import Any

import structlog
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console.bill_words import conclusion, fault_words
from console.list_filters import ListFilter, day_field
from console.lists import Column, ListPage, amount, reach
from payments.channel_names import CHANNELS, channel_label
from payments.models import Discrepancy, Payment
from payments.models.closing_models import BillLine, BillRun, BooksCheck
from payments.reconciliation import bill_runs
from payments.reconciliation.bill_differences import count_waiting, differences_of, waiting
from presentation.templatetags.money_tags import grouped
from staff.access import access, requires

ROWS = 50
audit = structlog.get_logger("audit")

Verdict, Became = BillLine.Verdict, BillLine.Became
BUCKETS = ("agreed", Verdict.MISSING_HERE, Verdict.MISSING_THERE, Verdict.DIFFERS)


class BillFilter(ListFilter):
    """Which bills: of a channel, with problems, of some days. They belong to merchants, not to lots."""

    channel = forms.ChoiceField(
        required=False, label=_("Channel"), choices=[("", _("All")), *CHANNELS.items()]
    )
    show = forms.ChoiceField(
        required=False,
        label=_("Conclusion"),
        choices=[("", _("All")), ("open", _("With problems only"))],
    )
    first = day_field(pgettext_lazy("period", "From"))
    last = day_field(_("Until"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        asked = {
            "provider": self.value_of("channel"),
            "day__gte": self.value_of("first"),
            "day__lte": self.value_of("last"),
        }
        rows = rows.filter(**{look: value for look, value in asked.items() if value})
        if self.value_of("show") == "open":
            rows = rows.filter(Q(verdict=BillRun.Verdict.OPEN, left__gt=0) | Q(state=BillRun.State.FAILED))
        return rows


class BillList(ListPage):
    """Every bill, newest day first, with its verdict and how many of its rows wait for a person."""

    action, title, name = "days.see", _("Reconciliation"), "bills"
    route = "console:bills"
    subtitle = _(
        "Channel bills cover calendar days in Beijing time; each day is checked from 10:30 on the next"
    )
    model, filter_class, order = BillRun, BillFilter, "-day"
    template_name = "console/bills.html"
    empty = _(
        "No bills yet. After WeChat Pay or Alipay is connected, reconciliation runs from 10:30 on the next"
        " day."
    )
    columns = (
        Column(
            _("Bill day"),
            lambda line: f"{line['row'].day:%Y-%m-%d}",
            link=lambda line: reverse("console:bill", args=[line["row"].pk]),
            is_header=True,
            cell="date",
            sort="day",
        ),
        Column(_("Channel"), lambda line: channel_label(line["row"].provider), sort="provider"),
        Column(
            _("Merchant"),
            lambda line: line["row"].merchant,
            show=lambda line: format_html("<code>{}</code>", line["row"].merchant),
            css="wide",
        ),
        Column(
            _("Conclusion"),
            lambda line: conclusion(line["row"])[1],
            show=lambda line: format_html('<span class="tag {}">{}</span>', *conclusion(line["row"])),
        ),
        Column(
            _("Open"),
            lambda line: line["row"].left,
            show=lambda line: line["row"].left or "—",
            css="number",
            alarm=lambda line: line["row"].left > 0,
        ),
        Column(
            _("Payments received"),
            lambda line: reach(line, "payments", "read"),
            show=lambda line: "—" if line["read"] is None else grouped(line["read"].payments),
            css="number wide",
            sort="payments",
        ),
        amount(_("Received (¥)"), "payments_fen", of="read", sort="payments_fen"),
        amount(_("Refunded (¥)"), "refunds_fen", of="read", css="number wide", sort="refunds_fen"),
        amount(_("Fee (¥)"), "fee_fen", of="read", css="number wide", sort="fee_milli"),
    )

    def queryset(self) -> QuerySet[Any]:
        return count_waiting(_bills(self.request))

    def lines(self, rows: Sequence[BillRun]) -> list[dict[str, Any]]:
        """Return the lines; a bill that was not read has no sums."""
        return [{"row": row, "read": row if row.read_at else None} for row in rows]

    def context(self) -> dict[str, Any]:
        mine = access(self.request)
        open_rows = mine.within_or_without_lot(Discrepancy.objects.filter(resolved_at=None))
        no_lines = _("No bills need attention.") if self.form.value_of("show") else ""
        return {
            "no_lines": no_lines,
            "books": BooksCheck.objects.order_by("-day").first(),
            "discrepancies": open_rows.count(),
        }


@requires("days.see")
@require_safe
def bill(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one bill: sums, its four buckets, and the rows behind the chosen one."""
    run = get_object_or_404(count_waiting(_bills(request)), pk=pk)
    counted = dict(run.lines.order_by().values_list("verdict").annotate(n=Count("pk")))
    left = dict(waiting(run.lines.all()).order_by().values_list("verdict").annotate(n=Count("pk")))
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
    page: Any = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    if chosen != "agreed":
        found = differences_of(run, page.object_list)
        for line in page:
            line.difference = found.get(line.pk)
    context = {
        "run": run,
        "fault": fault_words(run.fault) if run.fault else None,
        "buckets": buckets,
        "chosen": chosen,
        "bucket_query": f"bucket={chosen}&",
        "page": page,
        "busy": run.leased_until is not None and run.leased_until > now(),
    }
    return render(request, "console/bill.html", context)


def _agreed(run: BillRun) -> QuerySet[Payment]:
    """Return the payments that this bill has; its refunds are counted with them, but not listed."""
    ours = Payment.objects.filter(provider=run.provider, merchant=run.merchant, state=Payment.State.PAID)
    return ours.filter(bill_mark__day=run.day).select_related("lot").order_by("paid_at", "pk")


def _lines(run: BillRun, verdict: str) -> QuerySet[BillLine]:
    """Return the rows of a bucket, first those that wait for a person or for the channel."""
    waits = Case(When(became=Became.OPEN, then=0), When(became=Became.PENDING, then=1), default=2)
    return run.lines.filter(verdict=verdict).select_related("payment__lot", "refund").order_by(waits, "pk")


@requires("days.close")
@require_POST
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the worker read the bill again. Pressing twice asks once."""
    run = get_object_or_404(_bills(request), pk=pk)
    if run.state in {BillRun.State.DONE, BillRun.State.FAILED} and bill_runs.repeat(run, at=now()):
        audit.info("bill_repeated", staff=request.user.pk, run=run.pk)
        messages.success(request, gettext("The bill is being read again; look back in a few minutes."))
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
