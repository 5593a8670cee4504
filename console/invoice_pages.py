"""The console's pages about invoices: the queue, one request, and what staff do with it.

Who sees the title and the tax number of a request is put on record; the list shows neither.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console.act_panel import done_before
from console.invoice_forms import BAD_INVOICE, IssuedForm, RedLetterForm, RejectForm, ReverseForm, SeenForm
from console.list_filters import Days
from console.lists import Column, ListPage, amount, lot_name, text, when
from console.reason_forms import ask_again
from core.vault import Unreadable
from payments.invoices import invoice_handling
from payments.invoices.buyer import Buyer
from payments.invoices.invoice_handling import BadInvoice, ChangedMeanwhile
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.invoices.invoice_requests import open_fen
from payments.invoices.issuer import ITEM
from staff.access import access, requires

ROWS = 50
SLOW = timedelta(days=3)  # a request that waits longer is shown as late
State = InvoiceRequest.State
CHANGED = _(
    "The driver has just corrected the request, or a colleague has handled it; nothing was changed. "
    "Check before you try again."
)
audit = structlog.get_logger("audit")


class InvoiceFilter(Days):
    """Which requests: of a lot, in a state, asked for on some days."""

    at = "asked_at"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("Open")), ("late", _("Over 3 days")), ("done", _("Completed")), ("all", _("All"))],
    )
    field_order = ["lot", "state", "first", "last"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        waits = Q(state__in=InvoiceRequest.FOR_STAFF)
        if state == "late":
            return rows.filter(waits, asked_at__lt=now() - SLOW)
        if state == "done":
            return rows.exclude(waits)
        return rows if state == "all" else rows.filter(waits)


class InvoiceList(ListPage):
    """Requests for an invoice: the open ones, oldest first, unless another state is asked for."""

    action, title, name = "invoices.see", _("Invoices"), "invoices"
    route = "console:invoices"
    subtitle = _("Electronic invoices requested after payment")
    model, filter_class, order = InvoiceRequest, InvoiceFilter, "asked_at"
    related = ("lot", "payment", "taken_by")
    template_name = "console/invoices.html"
    empty = _("No invoice requests match.")
    none_yet = _("No open invoice requests.")
    columns = (
        when(
            _("Requested at"),
            "asked_at",
            link=lambda line: reverse("console:invoice", args=[line["row"].pk]),
            alarm=lambda line: line["late"],
            sort="asked_at",
        ),
        lot_name(),
        Column(
            _("Title type"),
            lambda line: capfirst(gettext("company") if line["row"].is_company else gettext("person")),
            css="wide",
        ),
        Column(
            _("State"),
            lambda line: line["row"].get_state_display(),
            show=lambda line: render_to_string("console/invoice_state.html", line),
            sort="state",
        ),
        text(_("Assigned to"), "taken_by.username", dash=True, css="wide"),
        when(_("Completed at"), "done_at", css="wide", sort="done_at"),
        Column(
            _("Invoice number"),
            lambda line: line["row"].invoice_number if line["row"].state == State.ISSUED else "",
            show=lambda line: line["row"].invoice_number if line["row"].state == State.ISSUED else "—",
            css="wide",
        ),
        amount(_("Amount paid (¥)"), "payment.amount_fen", sort="payment__amount_fen"),
        amount(_("Invoiced (¥)"), "amount_fen", css="number wide", sort="amount_fen"),
    )

    def sort_of(self) -> str:
        newest = (
            "-done_at" if self.form.value_of("state") == "done" and not self.request.GET.get("sort") else ""
        )
        return newest or super().sort_of()

    def lines(self, rows: Sequence[InvoiceRequest]) -> list[dict[str, Any]]:
        late = now() - SLOW
        return [
            {"row": row, "late": row.state in InvoiceRequest.FOR_STAFF and row.asked_at < late}
            for row in rows
        ]

    def context(self) -> dict[str, Any]:
        waits = Q(state__in=InvoiceRequest.FOR_STAFF)
        late = Q(waits, asked_at__lt=now() - SLOW)
        return {
            "red": _red(self.request).filter(done_at=None).order_by("created_at")[:ROWS],
            "counts": self.queryset().aggregate(waiting=Count("pk", waits), late=Count("pk", late)),
        }


@requires("invoices.see")
@require_safe
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one request; title and tax number only to staff who issue invoices."""
    row = get_object_or_404(_mine(request), pk=pk)
    handles = access(request).may("invoices.handle", row.lot_id)
    buyer, unreadable = _buyer(row) if handles else (None, False)
    if buyer is not None:
        audit.info("invoice_buyer_seen", staff=request.user.pk, request=row.pk)
    fen, standing = open_fen(row.payment), invoice_handling.standing_fen(row)
    context = {
        "row": row,
        "buyer": buyer,
        "unreadable": unreadable,
        "handles": handles,
        "item": ITEM,
        "fen": fen,
        "issued_form": IssuedForm(initial={"number": row.number, "amount_fen": fen}),
        "reject_form": RejectForm(initial={"number": row.number}, auto_id="reject-%s"),
        "events": [
            {
                "at": event.at,
                "by": event.by,
                "cause": event.cause,
                "became": event.became,
                "shown": _shown(event),
            }
            for event in row.events.select_related("by").order_by("pk")
        ],
        "red": [(each, _red_form(each)) for each in row.red_letters.select_related("done_by").order_by("pk")],
        "standing": standing,
        "reverse_form": ReverseForm(
            initial={"number": row.number, "amount_fen": standing}, auto_id="reverse-%s"
        )
        if handles and standing > 0 and fen > 0
        else None,
        "is_open": handles and row.state in {State.WAITING, State.TAKEN},
        "may_take": handles and row.state in InvoiceRequest.FOR_STAFF and row.taken_by_id != request.user.pk,
    }
    return render(request, "console/invoice.html", context)


@requires("invoices.handle")
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    row = _as_seen(request, pk, SeenForm(request.POST))
    return _do(
        request,
        pk,
        lambda: invoice_handling.take(row, by=request.user, at=now()),
        gettext("This request is now assigned to you."),
    )


@requires("invoices.handle")
@require_POST
def issued(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the invoice that staff made in the tax bureau's system."""
    form = IssuedForm(request.POST)
    row = _as_seen(request, pk, form)
    if not form.is_valid():
        return _again(request, form, pk)
    entered = {name: value for name, value in form.cleaned_data.items() if name != "number"}
    return _do(
        request,
        pk,
        lambda: invoice_handling.mark_issued(row, **entered, by=request.user, at=now()),
        gettext("Recorded as issued."),
        _mine(request).filter(
            state=State.ISSUED,
            invoice_number=entered["invoice_number"].strip(),
            amount_fen=entered["amount_fen"],
            events__by=request.user.pk,
            events__became=State.ISSUED,
        ),
    )


@requires("invoices.handle")
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    form = RejectForm(request.POST)
    row = _as_seen(request, pk, form)
    if not form.is_valid():
        return _again(request, form, pk)
    reason = form.cleaned_data["reason"]
    return _do(
        request,
        pk,
        lambda: invoice_handling.reject(row, reason=reason, by=request.user, at=now()),
        gettext("Rejected; the driver can correct it and ask again."),
        _mine(request).filter(
            state=State.REJECTED,
            reason=reason,
            events__by=request.user.pk,
            events__became=State.REJECTED,
        ),
    )


@requires("invoices.handle")
@require_POST
def reverse_invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that an issued invoice with a wrong title was reversed; its driver can then ask again."""
    form = ReverseForm(request.POST)
    row = _as_seen(request, pk, form)
    if not form.is_valid():
        return _again(request, form, pk)
    entered = {name: form.cleaned_data[name] for name in ("amount_fen", "invoice_number")}
    return _do(
        request,
        pk,
        lambda: invoice_handling.reverse(row, **entered, by=request.user, at=now()),
        gettext("Reversed. The driver can now correct the title with the receipt code and ask again."),
        _mine(request).filter(
            red_letters__invoice_number=entered["invoice_number"],
            red_letters__amount_fen=entered["amount_fen"],
            red_letters__done_by=request.user.pk,
        ),
    )


@requires("invoices.handle")
@require_POST
def red_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the red-letter invoice that staff made after a refund."""
    row, form = get_object_or_404(_red(request), pk=pk), RedLetterForm(request.POST)
    if not form.is_valid():
        return _again(request, form, row.request_id)
    row.amount_fen, number = form.cleaned_data["amount_fen"], form.cleaned_data["invoice_number"]
    return _do(
        request,
        row.request_id,
        lambda: invoice_handling.finish_red_letter(row, invoice_number=number, by=request.user, at=now()),
        gettext("Credit note recorded."),
        _mine(request).filter(
            red_letters=row.pk,
            red_letters__invoice_number=number.strip(),
            red_letters__done_by=request.user.pk,
        ),
    )


def _red_form(row: RedLetter) -> RedLetterForm:
    return RedLetterForm(initial={"amount_fen": row.amount_fen}, auto_id=f"red-{row.pk}-%s")


def _shown(event: InvoiceEvent) -> str:
    mail = {
        "mailed": gettext("E-mail sent"),
        "mail failed": gettext("E-mail could not be sent"),
        "no address": gettext("No e-mail address"),
    }
    if (number := event.cause.removeprefix("reversed ")) != event.cause:
        return gettext("Invoice %(number)s reversed") % {"number": number}
    return mail.get(event.cause) or str(State(event.became).label)


def _do(
    request: HttpRequest,
    pk: int,
    act: Callable[[], None],
    done: str,
    repeats: "QuerySet[InvoiceRequest] | None" = None,
) -> HttpResponse:
    """Do it and go back to the page. `repeats`: this request, if this person has done the same before."""
    try:
        act()
    except ChangedMeanwhile:
        if repeats is not None and repeats.filter(pk=pk).exists():
            return done_before(request, reverse("console:invoice", args=[pk]))
        messages.warning(request, CHANGED)
    except BadInvoice:
        messages.error(request, BAD_INVOICE)
    else:
        messages.success(request, done)
    return redirect("console:invoice", pk=pk)


def _as_seen(request: HttpRequest, pk: int, form: SeenForm) -> InvoiceRequest:
    """Return the request as it stood on the page that was sent: under the number that it had there."""
    row = get_object_or_404(_mine(request), pk=pk)
    form.is_valid()
    row.number = form.cleaned_data.get("number", "")
    return row


def _again(request: HttpRequest, form: forms.Form, pk: int) -> HttpResponse:
    return ask_again(request, form, back=reverse("console:invoice", args=[pk]))


def _buyer(row: InvoiceRequest) -> tuple[Buyer | None, bool]:
    try:
        return row.who(), False
    except Unreadable:
        return None, True


def _mine(request: HttpRequest) -> "QuerySet[InvoiceRequest]":
    """Return the requests that this person may see."""
    return access(request).within(
        InvoiceRequest.objects.select_related("lot__operator", "payment", "taken_by")
    )


def _red(request: HttpRequest) -> "QuerySet[RedLetter]":
    """Return the red letters that this person may see."""
    rows = RedLetter.objects.select_related("request__lot", "request__payment", "done_by")
    return access(request).within(rows, "request__lot")
