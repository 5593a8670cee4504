"""A parking system's paid list against our books, for one lot and one day (停车系统对账)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from console.list_filters import DayField
from lots.models import Lot
from lots.systems import can
from lots.systems.fault_texts import meaning_of
from lots.systems.parking_system import ListsPayments
from payments.models import SystemListRun
from payments.system_comparison import BadPaidList, Comparison, compare
from staff.access import access, requires

NIGHTS = 14


class ListForm(forms.Form):
    day = DayField(label=_("Day"))
    file = forms.FileField(label=_("The vendor's list (CSV)"))


@requires("tasks.resolve")
@require_http_methods(["GET", "HEAD", "POST"])
def comparison(request: HttpRequest, slug: str) -> HttpResponse:
    """Compare an uploaded list; nothing of it is stored."""
    lot = access(request).lot(slug)
    form = ListForm(request.POST or None, request.FILES or None, initial={"day": localdate(timezone=lot.tz)})
    found: Comparison | None = None
    if request.method == "POST" and form.is_valid():
        try:
            found = compare(lot, form.cleaned_data["day"], form.cleaned_data["file"].read())
        except BadPaidList as fault:
            form.add_error("file", fault.why)
    context = {
        "lot": lot,
        "form": form,
        "found": found,
        "buckets": _buckets(found),
        "runs": _runs(lot),
        "is_fetched": can(lot, ListsPayments),
    }
    return render(request, "console/system_comparison.html", context, status=422 if form.errors else 200)


def _runs(lot: Lot) -> list[tuple[SystemListRun, Any]]:
    """Return the last nights' lists that were fetched, each with its fault in words."""
    runs = SystemListRun.objects.filter(lot=lot).order_by("-day")[:NIGHTS]
    return [(run, meaning_of(run.fault) if run.fault else "") for run in runs]


def _buckets(found: Comparison | None) -> list[tuple[Any, Any]]:
    """Return the ways in which the two differ, with their rows; those without rows are left out."""
    if found is None:
        return []
    every = [
        (_("Over: in the parking system, not in our books"), found.over),
        (_("Short: in our books, not in the parking system"), found.short),
        (_("Amount or state differs"), found.differs),
        (_("Paid, but not accepted by the parking system"), found.unreported),
        (_("The same number twice in the list"), found.twice),
    ]
    return [(title, rows) for title, rows in every if rows]
