"""The list of payments, and finding one by a number of ours or of the channel."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.timezone import localtime, make_aware, now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console import session_search
from console.list_filters import Filter
from core.keyset import Slice, slice_of
from payments.channel_names import CHANNELS
from payments.models import Discrepancy, LedgerEntry, Payment, Refund
from staff.access import access, requires

ROWS = 50
DAY = timedelta(days=1)
LATEST = timedelta(days=3)  # from pressing pay until money may still move
State = Payment.State
STATES: dict[str, tuple[Promise, list[str]]] = {
    "paid": (pgettext_lazy("payment", "Paid"), [State.PAID]),
    "waiting": (_("in progress"), [State.NEW, State.OPEN, State.CLOSING]),
    "failed": (_("Unpaid"), [State.CLOSED, State.UNKNOWN]),
}


class PaymentFilter(Filter):
    """Which payments: of a lot, by a channel, in a state, of a day."""

    channel = forms.ChoiceField(
        required=False, label=_("Channel"), choices=[("", _("All")), *CHANNELS.items()]
    )
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), *((name, label) for name, (label, _) in STATES.items())],
    )
    day = forms.DateField(
        required=False, label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def narrow(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        if self.lot is not None:
            rows = rows.filter(lot=self.lot)
        if (channel := self.said("channel")) is not None:
            rows = rows.filter(provider=channel)
        if (state := self.said("state")) is not None:
            rows = rows.filter(state__in=STATES[state][1])
        if (day := self.said("day")) is not None:
            begin, end = _midnight(day), _midnight(day + DAY)
            if self.said("state") == "paid":  # by when the money moved; begun shortly before, or late by bill
                return rows.filter(
                    created_at__gte=begin - LATEST, created_at__lt=end, paid_at__gte=begin, paid_at__lt=end
                )
            rows = rows.filter(created_at__gte=begin, created_at__lt=end)
        return rows


@requires("money.see")
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """Payments, newest first. Above the plain list: today's money, and what staff must look at."""
    form, rows = _rows(request)
    context = _page(form, slice_of(request, form.narrow(rows)))
    return render(request, "console/payments.html", context | ({} if request.GET else _today(request)))


@requires("money.see")
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find payments by receipt code, order number, or the channel's number."""
    if request.method != "POST":
        return redirect("console:payments")
    form, rows = _rows(request)
    text = request.POST.get("q", "").strip()
    found: list[Payment] = []
    if 0 < len(text) <= 64 and text.isascii() and text.isprintable():
        lots = list(access(request).lots().values_list("pk", flat=True))
        found = list(
            rows.filter(pk__in=session_search.payments_numbered(text, lots).values("pk")).order_by("-pk")[
                :ROWS
            ]
        )
    return render(request, "console/payments.html", _page(form, Slice(found, "", "?")) | {"text": text})


def _rows(request: HttpRequest) -> tuple[PaymentFilter, QuerySet[Payment]]:
    asked = request.GET.copy()
    if asked.get("day") == "today":
        asked["day"] = localtime(now()).date().isoformat()
    mine = access(request)
    return PaymentFilter(asked, lots=mine.lots()), mine.within(Payment.objects.select_related("lot"))


def _page(form: PaymentFilter, found: Slice[Payment]) -> dict[str, Any]:
    return {"form": form, "found": found}


def _today(request: HttpRequest) -> dict[str, Any]:
    mine = access(request)
    today = mine.within(
        LedgerEntry.objects.filter(at__gte=_midnight(localtime(now()).date()), lot__is_trial=False)
    )
    kinds = LedgerEntry.Kind
    sums = today.aggregate(
        earned=Sum("amount_fen", filter=Q(kind=kinds.PAYMENT)),
        refunded=Sum("amount_fen", filter=Q(kind=kinds.REFUND_DONE) & ~Q(credit__startswith="waived:")),
    )
    unfinished = Refund.objects.exclude(state=Refund.State.DONE).select_related("payment__lot")
    return {
        "is_overview": True,
        "earned": sums["earned"] or 0,
        "refunded": sums["refunded"] or 0,
        "refunds": mine.within(unfinished, "payment__lot")[:ROWS],
        "discrepancies": mine.within_or_without_lot(Discrepancy.objects.filter(resolved_at=None)).order_by(
            "-seen_at"
        )[:ROWS],
    }


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, datetime.min.time()))
