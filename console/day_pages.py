"""The console's pages about business days: report, closing, opening again, as a table and on paper."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console.act_panel import done_before
from console.closing_steps import day_steps
from console.reason_forms import ReasonField, ask_again
from core.csv_file import table
from core.errors import ParkingError
from lots.models import Lot
from payments import day_closing, day_report
from payments.amount_csv import Yuan
from payments.business_days import day_of
from payments.channel_names import ACCOUNTS, figure_label
from payments.channels import BY_HAND, WAIVER
from payments.discrepancies import open_for
from payments.models.closing_models import DayClosing, DayClosingEvent
from presentation.downloads import file_answer
from staff.access import access, requires

DAYS, LOTS = 14, 20
KINDS = {
    "payment": _("Parking fee"),
    "surplus": _("Paid twice or overpaid (to refund)"),
    "refund": _("Refund"),
    "waived": _("Waived (not income)"),
}


class DayForm(forms.Form):
    """Which state of a day the page showed, and the note on closing or opening it again."""

    version = forms.IntegerField(min_value=0, max_value=99_999_999, widget=forms.HiddenInput)
    reason = ReasonField(required=False)


@requires("days.see")
@require_safe
def days(request: HttpRequest) -> HttpResponse:
    """Show the last two weeks of each lot: days closed, days waiting, days before the lot's start."""
    at = now()
    page = Paginator(
        access(request).lots().select_related("operator").order_by("operator", "name"),
        LOTS,
    ).get_page(request.GET.get("page"))
    last = max((day_of(at, lot.tz) for lot in page), default=at.date()) - timedelta(days=1)
    dates = [last - timedelta(days=ago) for ago in range(DAYS)]
    rows = DayClosing.objects.filter(lot__in=list(page), day__in=dates)
    states = {(row.lot_id, row.day): row.state for row in rows}
    first = day_closing.first_days(page)
    lines = [
        {
            "lot": lot,
            "days": [
                (each, _state(states.get((lot.pk, each)), lot, each, first.get(lot.pk), at)) for each in dates
            ],
        }
        for lot in page
    ]
    operators = access(request).operators().filter(lots__in=list(page)).distinct().order_by("legal_name")
    context = {"page": page, "lines": lines, "dates": dates, "operators": operators, "last": last}
    return render(request, "console/days.html", context)


def _state(state: str | None, lot: Lot, day: date, first: date | None, at: datetime) -> str:
    if state == DayClosing.State.CLOSED:
        return "closed"
    if state is None and (first is None or day < first):
        return "none"
    return "open" if day_closing.is_over(lot, day, at=at) else "running"


@requires("days.see")
@require_safe
def day(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Show one business day of a lot."""
    return _shown(request, *_which(request, slug, day))


def _shown(request: HttpRequest, lot: Lot, on: date, *, error: str = "", status: int = 200) -> HttpResponse:
    facts = _facts(lot, on)
    steps = day_steps(
        request,
        lot,
        on,
        bills=len(facts["bills"]),
        is_over=facts["is_over"],
        is_closed=facts["day"].is_closed,
        at=now(),
    )
    context = {**facts, "steps": steps, "error": error, "reason": request.POST.get("reason", "")}
    return render(request, "console/day.html", context, status=status)


def _facts(lot: Lot, on: date) -> dict[str, Any]:
    seen = day_closing.day_of_lot(lot, on)
    return {
        "lot": lot,
        "on": on,
        "day": seen,
        "report": seen.report,
        "own": [_row(figure) for figure in seen.report.own],
        "corrections": [_row(figure) for figure in seen.report.corrections],
        "bills": day_report.bills_of(lot, on),
        "discrepancies": open_for(lot, until=on).order_by("seen_at")[:50],
        "is_over": day_closing.is_over(lot, on, at=now()),
        "before": on - timedelta(days=1),
        "first": day_closing.first_days([lot]).get(lot.pk, on),
        "after": on + timedelta(days=1),
        "today": day_of(now(), lot.tz),
    }


def _row(figure: day_report.Figure) -> dict[str, Any]:
    return {
        "figure": figure,
        "kind": KINDS.get(figure.kind, figure.kind),
        "channel": figure_label(figure.provider, figure.kind),
        # what staff book has no merchant: its account is named after the lot
        "merchant": "" if figure.provider in {*BY_HAND, WAIVER, *ACCOUNTS} else figure.merchant,
    }


@requires("days.close")
@require_POST
def close(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Close the day. If the page showed an older state, explain and change nothing."""
    return _moved(request, day_closing.close, DayClosingEvent.Kind.CLOSED, slug, day)


@requires("days.close")
@require_POST
def reopen(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Open a closed day again, with a reason."""
    return _moved(request, day_closing.reopen, DayClosingEvent.Kind.REOPENED, slug, day)


def _moved(
    request: HttpRequest, act: Callable[..., Any], kind: DayClosingEvent.Kind, slug: str, day: str
) -> HttpResponse:
    lot, on = _which(request, slug, day)
    form, by = DayForm(request.POST), cast(User, request.user)
    if not form.is_valid():
        if "version" in form.errors:
            return _shown(request, lot, on, error="day_already_moved", status=409)
        return ask_again(request, form, back=reverse("console:day", args=[slug, day]))
    try:
        act(lot, on, **form.cleaned_data, by=by, at=now())
    except ParkingError as error:
        if day_closing.is_repeat(lot, on, kind, version=form.cleaned_data["version"], by=by):
            return done_before(request, reverse("console:day", args=[slug, day]))
        status = 409 if error.code == day_closing.AlreadyMoved.code else 422
        return _shown(request, lot, on, error=error.code, status=status)
    messages.success(
        request,
        gettext("The day is closed.")
        if kind == DayClosingEvent.Kind.CLOSED
        else gettext("The day is open again."),
    )
    return redirect("console:day", slug, day)


@requires("days.see")
@require_safe
def printed(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Show the day on one sheet of paper, to be signed."""
    return render(request, "console/day_print.html", {**_facts(*_which(request, slug, day)), "at": now()})


@requires("days.see")
@require_safe
def as_csv(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Send the day as a table for a spreadsheet. It holds no plate."""
    lot, on = _which(request, slug, day)
    seen = day_closing.day_of_lot(lot, on)
    head = (
        gettext("Business day"),
        gettext("Lot"),
        pgettext("lot", "Operator"),
        gettext("For day"),
        gettext("Channel"),
        gettext("Merchant"),
        gettext("Category"),
        gettext("Count"),
        gettext("Amount (¥)"),
        gettext("State"),
    )
    state = gettext("Day closed") if seen.is_closed else gettext("Day not closed")
    if not day_closing.is_over(lot, on, at=now()):
        state = gettext("Day in progress")
    rows: list[tuple[object, ...]] = [head]
    for row in map(_row, seen.report.figures):
        figure = row["figure"]
        rows.append(
            (
                *(on, lot.name, lot.operator.legal_name, figure.late_day or on, row["channel"]),
                *(row["merchant"], row["kind"], figure.count, Yuan(figure.signed_fen), state),
            )
        )
    total = Yuan(seen.report.net_fen)
    rows.append((on, lot.name, lot.operator.legal_name, "", "", "", gettext("Net"), "", total, state))
    return file_answer(table(rows), "csv", name=f"{lot.slug}-{on}")


@requires("days.see")
@require_safe
def operator_day(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    """Show one date of all lots of an operator: each lot's own business day of that date, and their sum."""
    operator = get_object_or_404(access(request).operators(), pk=pk)
    on = _date(day)
    lots = operator.lots.filter(is_trial=False).order_by("name")
    seen = [day_closing.day_of_lot(lot, on) for lot in lots]
    by_channel: dict[tuple[str, str], list[int]] = {}
    for figure in (figure for each in seen for figure in each.report.figures):
        sums = by_channel.setdefault((figure.provider, figure.kind), [0, 0])
        sums[0] += figure.count
        sums[1] += figure.signed_fen
    context = {
        "operator": operator,
        "on": on,
        "seen": seen,
        "running": {lot.pk for lot in lots if not day_closing.is_over(lot, on, at=now())},
        "total": day_report.total(each.report for each in seen),
        "by_channel": [
            (figure_label(provider, kind), KINDS.get(kind, kind), *sums)
            for (provider, kind), sums in sorted(by_channel.items())
        ],
        "before": on - timedelta(days=1),
        "first": min(day_closing.first_days(lots).values(), default=on),
        "after": on + timedelta(days=1),
        "today": max((day_of(now(), lot.tz) for lot in lots), default=on),
    }
    return render(request, "console/operator_day.html", context)


def _which(request: HttpRequest, slug: str, day: str) -> tuple[Lot, date]:
    return access(request).lot(slug), _date(day)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        _ = day - timedelta(days=2), day + timedelta(days=2)  # what a page is about has days around it
    except (ValueError, OverflowError):
        raise Http404 from None
    return day
