"""The list of payments, and finding one by a number of ours or of the channel."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.timezone import localdate, localtime, make_aware, now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console import session_search
from console.list_filters import CLOCK, Filter, day_field, midnight
from console.lists import Column, ListPage, amount, lot_name, moment, state_tag, whole_date
from console.money_forms import YuanField
from core.keyset import Slice
from payments.channel_names import CHANNELS, channel_label
from payments.models import Discrepancy, LedgerEntry, Payment, Refund
from staff.access import access

ROWS = 50
DAY = timedelta(days=1)
LATEST = timedelta(days=3)  # from pressing pay until money may still move
ABOUT = timedelta(minutes=15)  # before and after the time that a driver remembers
State = Payment.State
STATES: dict[str, tuple[Promise, list[str]]] = {
    "paid": (pgettext_lazy("payment", "Paid"), [State.PAID]),
    "waiting": (pgettext_lazy("payment", "In progress"), [State.NEW, State.OPEN, State.CLOSING]),
    "failed": (_("Unpaid"), [State.CLOSED, State.UNKNOWN]),
}


class PaymentFilter(Filter):
    """Which payments: of a lot, by a channel, in a state, of some days or about a time, of an amount."""

    channel = forms.ChoiceField(
        required=False, label=_("Channel"), choices=[("", _("All")), *CHANNELS.items()]
    )
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), *((name, label) for name, (label, _) in STATES.items())],
    )
    first = day_field(pgettext_lazy("period", "From"))
    last = day_field(_("Until"))
    about = forms.TimeField(
        required=False,
        label=_("At about (time)"),
        widget=CLOCK,
        error_messages={"invalid": _("Enter a time like 15:40.")},
    )
    least = YuanField(required=False, label=_("Amount from (¥)"))
    most = YuanField(required=False, label=_("Amount to (¥)"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().narrow(rows)
        if (channel := self.value_of("channel")) is not None:
            rows = rows.filter(provider=channel)
        if (state := self.value_of("state")) is not None:
            rows = rows.filter(state__in=STATES[state][1])
        if (least := self.value_of("least")) is not None:
            rows = rows.filter(amount_fen__gte=least)
        if (most := self.value_of("most")) is not None:
            rows = rows.filter(amount_fen__lte=most)
        return self._between(rows, *self._bounds())

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        first, last = values.get("first"), values.get("last")
        if values.get("about") and first and last and first != last:
            self.add_error("about", gettext("Choose one day to look for a time."))
        return values

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return begin and end of the filter: around a time of one day (default: today), or whole days."""
        first, last = self.value_of("first"), self.value_of("last")
        if (time := self.value_of("about")) is not None:
            at = make_aware(datetime.combine(first or last or localdate(), time))
            return at - ABOUT, at + ABOUT
        return first and midnight(first), last and midnight(last + DAY)

    def _between(self, rows: QuerySet[Any], begin: datetime | None, end: datetime | None) -> QuerySet[Any]:
        """Return those of a period: paid ones by when the money moved, others by when they were begun."""
        is_paid = self.value_of("state") == "paid"
        field = "paid_at" if is_paid else "created_at"
        if begin is not None:
            rows = rows.filter(created_at__gte=begin - LATEST).filter(**{f"{field}__gte": begin})
        if end is not None:
            rows = rows.filter(created_at__lt=end).filter(**{f"{field}__lt": end})
        return rows


class PaymentList(ListPage):
    """Payments, newest first. Without a filter: today's money, and what staff must look at, above them."""

    action, title, name = "money.see", _("Payments"), "payments"
    route = "console:payments"
    model, filter_class = Payment, PaymentFilter
    template_name = "console/payments.html"
    empty = _("No payments match.")
    none_yet = _("No payments yet.")
    columns = (
        Column(
            _("Time"),
            lambda line: line["row"].created_at,
            show=lambda line: whole_date(moment(line["row"].created_at)),
            link=lambda line: _address(line["row"]),
            sort="created_at",
        ),
        lot_name(),
        Column(_("Channel"), lambda line: channel_label(line["row"].provider), css="wide", sort="provider"),
        Column(
            _("Number"),
            lambda line: line["row"].number,
            show=lambda line: format_html("<code>{}</code>", line["row"].number),
            link=lambda line: _address(line["row"]),
            css="wide",
        ),
        state_tag(_("State")),
        amount(_("Amount (¥)"), "amount_fen", sort="amount_fen"),
        amount(_("Refunds (¥)"), "reserved_refund_fen", css="number wide"),
    )

    def make_form(self) -> PaymentFilter:
        query = self.request.GET.copy()
        if day := query.get("day"):  # as links name one day, or today
            query["first"] = query["last"] = localtime(now()).date().isoformat() if day == "today" else day
        return PaymentFilter(query, lots=access(self.request).lots())

    def context(self) -> dict[str, Any]:
        return {} if self.request.GET or self.request.method == "POST" else _today(self.request)


class PaymentSearch(PaymentList):
    """Find payments by receipt code, order number, or the channel's number."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        return redirect("console:payments")

    def post(self, request: HttpRequest) -> HttpResponse:
        self.form = self.make_form()
        text = request.POST.get("q", "").strip()
        found: list[Payment] = []
        if 0 < len(text) <= 64 and text.isascii() and text.isprintable():
            lots = list(access(request).lots_with_trial().values_list("pk", flat=True))
            numbered = session_search.payments_numbered(text, lots).values("pk")
            found = list(self.queryset().filter(pk__in=numbered).order_by("-pk")[:ROWS])
        return self.page(Slice(found, "", "?"), text=text, no_lines=self._not_found())

    def _not_found(self) -> str:
        """Return that no payment has the number; and where one is found by its plate, to who may look."""
        words = gettext("This number was not found.")
        if not access(self.request).may("stays.see"):
            return words
        where = reverse("console:stays")
        return format_html('{} <a href="{}">{}</a>', words, where, gettext("Search by plate in the stays"))


def _address(row: Payment) -> str:
    return reverse("console:payment", args=[row.pk])


def _today(request: HttpRequest) -> dict[str, Any]:
    mine = access(request)
    today = mine.within(
        LedgerEntry.objects.filter(at__gte=midnight(localtime(now()).date()), lot__is_trial=False)
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
