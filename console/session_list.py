"""The list of stays, and finding one. What is searched for goes by POST and comes back in no address."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from console import session_search
from console.error_messages import MESSAGES
from console.list_filters import Window
from console.shown_plates import masked, may_unmask, whole
from core.keyset import Slice, slice_of
from lots.models import Lane, Lot, ParkingSession
from payments.models import Debt
from staff.access import access, requires
from staff.plate_access_log import note_shown

UNPAID = Debt.objects.filter(cleared_at=None).values("session")
STATES = [
    ("", _("All")),
    ("inside", _("Inside")),
    ("left", _("Left")),
    ("unpaid", _("Left unpaid")),
    ("review", _("To review")),
]


class StayFilter(Window):
    """Which stays: of a lot, in a state, through a lane, that came in at some time."""

    state = forms.ChoiceField(required=False, label=_("State"), choices=STATES)
    field_order = ["lot", "state", "lane", "begin", "end"]

    def __init__(self, data: Any, *, lots: QuerySet[Lot]) -> None:
        super().__init__(data, lots=lots)
        lanes = Lane.objects.filter(lot=self.lot).order_by("name") if self.lot else Lane.objects.none()
        if self.lot:
            self.fields["lane"] = forms.ModelChoiceField(
                lanes, required=False, label=gettext("Lane"), empty_label=gettext("All")
            )
            self.order_fields(self.field_order)
            self.full_clean()

    def narrow(self, rows: QuerySet[ParkingSession]) -> QuerySet[ParkingSession]:
        rows = rows.filter(**self.between("entered_at"))
        if self.lot is not None:
            rows = rows.filter(lot=self.lot)
        if (lane := self.said("lane")) is not None:
            rows = rows.filter(Q(entry_lane=lane) | Q(exit_lane=lane))
        return _in_state(rows, self.said("state"))


def _in_state(rows: QuerySet[ParkingSession], state: str | None) -> QuerySet[ParkingSession]:
    if state == "inside":
        return rows.filter(left_at=None, plate_index__isnull=False)
    if state == "left":
        return rows.filter(left_at__isnull=False)
    if state == "unpaid":
        return rows.filter(pk__in=UNPAID)
    return rows.filter(needs_review=True) if state == "review" else rows


@requires("stays.see")
@require_safe
def stays(request: HttpRequest) -> HttpResponse:
    """Stays, newest first, with masked plates."""
    form, rows = _rows(request)
    return _page(request, form, _slice(request, form, rows))


@requires("stays.see")
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Search, or show the same page with whole plates: both are put on record, and neither has an address."""
    if request.method != "POST":  # somebody came back to it
        return redirect("console:stays")
    form, rows = _rows(request)
    text, at = request.POST.get("q", ""), now()
    shows = "show" in request.POST
    if shows and not access(request).may("plates.unmask"):
        raise PermissionDenied
    if not text.strip():
        return _page(request, form, _slice(request, form, rows), shows=shows, at=at)
    found = session_search.search(
        text,
        rows,
        list(access(request).lots().values_list("pk", flat=True)),
        lot=form.lot,
        begin=form.said("begin"),
        end=form.said("end"),
        at=at,
    )
    session_search.record(found, staff=request.user, lot=form.lot, at=at)
    return _page(
        request,
        form,
        Slice(found.stays, "", ""),
        shows=shows,
        at=at,
        status=422 if found.advice else 200,
        text=text,
        cut_off=found.cut_off,
        error=MESSAGES[found.advice] if found.advice else "",
    )


def _slice(request: HttpRequest, form: StayFilter, rows: QuerySet[ParkingSession]) -> Slice[ParkingSession]:
    return slice_of(request, form.narrow(rows), few=form.said("state") in {"inside", "unpaid", "review"})


def _rows(request: HttpRequest) -> tuple[StayFilter, QuerySet[ParkingSession]]:
    mine = access(request)
    rows = ParkingSession.objects.select_related("lot", "entry_lane", "exit_lane", "debt")
    asked = request.GET.copy()
    if "lot" in request.POST:
        asked["lot"] = request.POST["lot"]
    return StayFilter(asked, lots=mine.lots()), mine.within(rows)


def _page(
    request: HttpRequest,
    form: StayFilter,
    found: Slice[ParkingSession],
    *,
    shows: bool = False,
    at: datetime | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    bare = may_unmask(access(request), found.rows) if shows else []
    if bare and at is not None:
        note_shown(bare, staff=request.user, at=at)
    open_to = {stay.pk for stay in bare}
    context = {
        "form": form,
        "found": found,
        "lines": [
            {"row": row, "plate": whole(row) if row.pk in open_to else masked(row)} for row in found.rows
        ],
        "find": reverse("console:find-stays"),
        "query": request.GET.urlencode(),
        "shown": shows,
        "may_show": access(request).may("plates.unmask"),
        **more,
    }
    return render(request, "console/stay_list.html", context, status=status)
