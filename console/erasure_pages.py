"""The erasure records (清除记录): what was erased when, what is next, and early erasure."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from compliance import retention
from compliance.models import Erasure
from console.list_filters import TimeFilter
from console.lists import Column, ListPage, lot_name, text, when
from console.reason_forms import ReasonForm, ask_again
from lots.models import Lot, ParkingSession, ReadPicture
from staff.access import access, can, requires

LOTS = 20


class ErasureFilter(TimeFilter):
    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().narrow(rows).filter(**self.between("at"))


class ErasureList(ListPage):
    """Erasure of each lot, and the runs, newest first."""

    action, title, name = "compliance.see", gettext_lazy("Erasure history"), "erasures"
    route = "console:erasures"
    subtitle = gettext_lazy("When plates were erased, how many, and when next")
    model, related, filter_class = Erasure, ("lot", "by"), ErasureFilter
    template_name = "console/compliance/erasures.html"
    empty = gettext_lazy("No plates erased yet.")
    columns = (
        when(gettext_lazy("Time"), "at", "%Y-%m-%d %H:%M", sort="at"),
        lot_name(),
        when(gettext_lazy("Cars that left before"), "left_before", css="wide"),
        text(gettext_lazy("Stays"), "sessions", css="number", sort="sessions"),
        text(gettext_lazy("Plate reads"), "reads", css="number", sort="reads"),
        text(gettext_lazy("Pictures"), "pictures", css="number wide", sort="pictures"),
        text(gettext_lazy("Coupons"), "coupons", css="number wide"),
        text(gettext_lazy("Permits"), "permits", css="number wide"),
        Column(
            gettext_lazy("Erased by"),
            lambda line: _eraser(line["row"]),
            show=lambda line: format_html(
                '{} <span class="of">{}</span>', _eraser(line["row"]), line["row"].reason
            ),
            cell="name",
        ),
        text(gettext_lazy("Reason"), "reason", in_page=False),
    )

    def context(self) -> dict[str, Any]:
        lots = access(self.request).lots().order_by("name")
        page = Paginator(lots, LOTS).get_page(self.request.GET.get("page"))
        return {
            "lots": page,
            "standing": standing(list(page), at=now()),
            "may_erase": can(self.request, "compliance.erase"),
        }


def _eraser(row: Erasure) -> str:
    return row.by.get_username() if row.by else _("On expiry")


def standing(lots: list[Lot], *, at: datetime) -> list[dict[str, Any]]:
    """Return, for each lot, what is still stored, when the next erasure is due, and when the last was."""
    held = ParkingSession.objects.filter(retention.HOLDS_PLATE, lot__in=lots)
    gone = _by_lot(held.filter(left_at__isnull=False), n=Count("*"), first=Min("left_at"))
    inside = _by_lot(held.filter(left_at=None), n=Count("*"))
    pictures = _by_lot(ReadPicture.objects.filter(lot__in=lots), n=Count("*"))
    last = _by_lot(Erasure.objects.filter(lot__in=lots), at=Max("at"))
    return [
        {
            "lot": lot,
            "gone": gone.get(lot.pk, {}).get("n", 0),
            "inside": inside.get(lot.pk, {}).get("n", 0),
            "pictures": pictures.get(lot.pk, {}).get("n", 0),
            "next": _next(lot, gone.get(lot.pk, {}).get("first"), at),
            "last": last.get(lot.pk, {}).get("at"),
        }
        for lot in lots
    ]


def _by_lot(rows: Any, **sums: Any) -> dict[int, dict[str, Any]]:
    return {row["lot"]: row for row in rows.order_by().values("lot").annotate(**sums)}


def _next(lot: Lot, first: datetime | None, at: datetime) -> datetime | None:
    """Return when the next plate is due; an overdue one is erased within minutes."""
    return max(at, first + timedelta(hours=lot.retention_hours)) if first else None


@requires("compliance.erase")
@require_POST
def erase_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Erase the plates of all cars that have left, before their retention ends. Needs a reason."""
    lot = access(request).lot(slug)
    form, back = ReasonForm(request.POST), reverse("console:erasures")
    if not form.is_valid():
        return ask_again(request, form, back=back)
    found = retention.erase_now(lot, by=request.user, reason=form.cleaned_data["why"], at=now())
    count = {"sessions": found.sessions, "reads": found.reads, "pictures": found.pictures}
    messages.success(
        request, _("Erased: %(sessions)s stays, %(reads)s reads, %(pictures)s pictures.") % count
    )
    return redirect(back)
