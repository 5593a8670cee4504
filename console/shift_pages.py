"""Shifts at the booth: open one, see what was taken and given in it, close it with a count."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from console import money_forms
from console.act_panel import OfferedAct, carry_out
from console.closing_steps import shift_steps
from console.list_filters import Days
from console.lists import Column, ListPage, amount, lot_name, text, when
from payments import booth
from payments.models import Shift
from payments.staff_action_log import ActedBy
from staff.access import access, can, requires
from staff.grants import is_alone


class ShiftFilter(Days):
    """Which shifts: of a lot, open or closed, with a difference, begun on some days."""

    at = "opened_at"
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("All")),
            ("open", gettext_lazy("On shift")),
            ("closed", gettext_lazy("Closed")),
            ("differs", gettext_lazy("With a difference")),
        ],
    )
    field_order = ["lot", "state", "first", "last"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        if state == "differs":
            differing: QuerySet[Any] = Shift.objects.with_difference()
            return rows.filter(pk__in=differing.values("pk"))
        return rows if state is None else rows.filter(closed_at__isnull=state == "open")


class ShiftList(ListPage):
    """Shifts, the newest first, and a form to begin one's own."""

    action, title, name = "shifts.see", gettext_lazy("Shifts"), "shifts"
    route = "console:shifts"
    subtitle = gettext_lazy("Payments at the booth")
    model, related, filter_class = Shift, ("lot", "staff"), ShiftFilter
    template_name = "console/shifts.html"
    empty = gettext_lazy("No shifts match.")
    none_yet = gettext_lazy("No shifts yet. A shift begins when a cashier opens it.")
    columns = (
        Column(
            gettext_lazy("No."),
            lambda line: line["row"].pk,
            is_id=True,
            link=lambda line: reverse("console:shift", args=[line["row"].pk]),
            is_header=True,
        ),
        text(gettext_lazy("Cashier"), "staff.username", sort="staff__username"),
        lot_name(),
        when(gettext_lazy("Opened at"), "opened_at", sort="opened_at"),
        when(
            gettext_lazy("Closed at"),
            "closed_at",
            otherwise=gettext_lazy("On shift"),
            sort="closed_at",
        ),
        amount(
            gettext_lazy("Difference (¥)"),
            "difference_fen",
            alarm=lambda line: bool(line["row"].difference_fen),
        ),
    )

    def queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Shift.objects.with_count().select_related(*self.related)
        return access(self.request).within(rows)

    def context(self) -> dict[str, Any]:
        mine = Shift.objects.select_related("lot").filter(staff=self.request.user.pk, closed_at=None)
        return {"offers": _opening(self.request), "mine": mine.first()}


@requires("cash.take")
@require_POST
def open_shift(request: HttpRequest) -> HttpResponse:
    """Begin a shift."""
    return carry_out(
        request,
        _opening(request),
        "open",
        back=reverse("console:shifts"),
        again=lambda offers, status: _list(request, offers, status),
    )


@requires("shifts.see")
@require_safe
def shift(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one shift with its cash in and out."""
    row = _shift(request, pk)
    with timezone.override(row.lot.tz):
        return _page(request, row, _offered(request, row))


@requires("cash.take")
@require_POST
def close_shift(request: HttpRequest, pk: int) -> HttpResponse:
    """End a shift with what was counted."""
    return _do(request, pk, "close")


@requires("shifts.correct")
@require_POST
def correct_count(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the count of a closed shift by an entry of its own."""
    return _do(request, pk, "correct")


def _do(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    row = _shift(request, pk)
    with timezone.override(row.lot.tz):
        return carry_out(
            request,
            _offered(request, row),
            name,
            back=reverse("console:shift", args=[pk]),
            again=lambda offers, status: _page(request, row, offers, status),
        )


def _shift(request: HttpRequest, pk: int) -> Shift:
    return access(request).one(Shift.objects.select_related("lot", "staff"), pk=pk)


def _list(request: HttpRequest, offers: list[OfferedAct], status: int = 200) -> HttpResponse:
    """Return the list with the form as it was sent."""
    page = ShiftList(request=request)
    page.form = page.make_form()
    return page.page(page.slice(page.rows()), status=status, offers=offers)


def _page(request: HttpRequest, row: Shift, offers: list[OfferedAct], status: int = 200) -> HttpResponse:
    context = {
        "shift": row,
        "steps": shift_steps(request, row),
        "cash_in": booth.cash_in(row),
        "cash_out": booth.cash_out(row),
        "acts": row.acts.select_related("staff", "session", "payment").order_by("-at", "-pk"),
        "offers": offers,
        "action": "console:close-shift" if row.closed_at is None else "console:correct-count",
        "about": row.pk,
    }
    return render(request, "console/shift.html", context, status=status)


def _opening(request: HttpRequest) -> list[OfferedAct]:
    if not can(request, "cash.take") or Shift.objects.filter(staff=request.user.pk, closed_at=None).exists():
        return []

    def form(*args: object, **kwargs: object) -> money_forms.OpenShiftForm:
        lots = access(request).lots("cash.take").order_by("name")
        return money_forms.OpenShiftForm(*args, lots=lots, **kwargs)

    def do(form: money_forms.OpenShiftForm, by: ActedBy, at: datetime) -> object:
        values = form.cleaned_data
        return booth.open_shift(values["lot"], float_fen=values["float"], by=by, at=at)

    return [OfferedAct("open", _("Open shift"), form, do, action="cash.take")]


def _offered(request: HttpRequest, row: Shift) -> list[OfferedAct]:
    """Return what may be done: an open shift is closed, the count of a closed one corrected."""
    every = _closing(row) if row.closed_at is None else _correction(request, row)
    return [offer for offer in every if can(request, offer.action, row.lot_id)]


def _correction(request: HttpRequest, row: Shift) -> list[OfferedAct]:
    is_own = row.staff_id == request.user.pk
    alone = is_own and is_alone(access(request).user, "shifts.correct", row.lot)
    if is_own and not alone:
        return []
    hint = _(
        "Enter all the cash that this shift's drawer held, with what turned up later. The first count"
        " stays on record, and so does who corrected it and why."
    )
    if alone:
        own = _("Nobody else may correct it here, so yours is marked as your own count.")
        hint = _("%(hint)s %(own)s") % {"hint": hint, "own": own}
    return [
        OfferedAct(
            "correct",
            _("Correct the count"),
            money_forms.CorrectCountForm,
            lambda form, by, at: booth.correct_count(
                row, counted_fen=form.cleaned_data["counted"], by=by, at=at, is_alone=alone
            ),
            action="shifts.correct",
            hint=hint,
        )
    ]


def _closing(row: Shift) -> list[OfferedAct]:
    return [
        OfferedAct(
            "close",
            _("Close shift"),
            money_forms.CloseShiftForm,
            lambda form, by, at: booth.close_shift(
                row, counted_fen=form.cleaned_data["counted"], by=by, at=at
            ),
            action="cash.take",
            hint=_("Count the cash drawer first; the expected amount is shown after closing."),
            danger=True,
        )
    ]
