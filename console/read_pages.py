"""The list of what cameras saw, and which of it wants a look. Plates are masked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.list_filters import Window
from console.lot_pages import PICTURE
from console.shown_plates import masked
from core.keyset import slice_of
from lots.models import PlateRead
from staff.access import access, requires

RECENT = timedelta(days=1)  # older misreads are nobody's work any more


class ReadFilter(Window):
    state = forms.ChoiceField(
        required=False,
        label=_("Result"),
        choices=[("", _("All")), ("review", _("To review (last 24 hours)"))],
    )


@requires("stays.see")
@require_safe
def reads(request: HttpRequest) -> HttpResponse:
    """Reads, newest first."""
    mine = access(request)
    form = ReadFilter(request.GET, lots=mine.lots())
    rows = mine.within(PlateRead.objects.select_related("lane", "lot").annotate(has_picture=PICTURE))
    found = slice_of(request, rows.filter(**_narrow(form)))
    lines = [{"row": row, "plate": masked(row)} for row in found.rows]
    return render(request, "console/read_list.html", {"form": form, "found": found, "lines": lines})


def _narrow(form: ReadFilter) -> dict[str, Any]:
    narrow: dict[str, Any] = form.between("captured_at")
    if form.lot is not None:
        narrow["lot"] = form.lot
    if form.said("state") == "review":
        narrow["outcome__in"] = PlateRead.TO_REVIEW
        narrow["captured_at__gte"] = max(now() - RECENT, form.said("begin") or now() - RECENT)
    return narrow
