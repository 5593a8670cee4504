"""The console's proof of forgetting (清除记录): what was forgotten when, what is next, and doing it now."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compliance import retention
from compliance.models import Forgetting
from console.list_filters import Window
from core.keyset import slice_of
from lots.models import Lot, ParkingSession, ReadPicture
from lots.reasons import names_somebody
from staff.access import access, can, requires

LOTS = 20


@requires("compliance.see")
@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    """Where each lot stands, and the runs, newest first."""
    mine = access(request)
    form = Window(request.GET, lots=mine.lots())
    narrow: dict[str, Any] = form.between("at") | ({"lot": form.lot} if form.lot else {})
    rows = mine.within(Forgetting.objects.select_related("lot", "by")).filter(**narrow)
    page = Paginator(mine.lots().order_by("name"), LOTS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "found": slice_of(request, rows),
        "page": page,
        "lines": standing(list(page), at=now()),
        "may_erase": can(request, "compliance.erase"),
    }
    return render(request, "console/compliance/erasures.html", context)


def standing(lots: list[Lot], *, at: datetime) -> list[dict[str, Any]]:
    """Return, for each lot, what it still remembers, when the next of it goes, and when it last forgot."""
    held = ParkingSession.objects.filter(retention.HOLDS_PLATE, lot__in=lots)
    gone = _by_lot(held.filter(left_at__isnull=False), n=Count("pk"), first=Min("left_at"))
    inside = _by_lot(held.filter(left_at=None), n=Count("pk"))
    pictures = _by_lot(ReadPicture.objects.filter(lot__in=lots), n=Count("pk"))
    last = _by_lot(Forgetting.objects.filter(lot__in=lots), at=Max("at"))
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
    """Return when the plate that goes next is due; what is overdue goes within minutes."""
    return max(at, first + timedelta(hours=lot.retention_hours)) if first else None


@requires("compliance.erase")
@require_POST
def erase_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget every car that has left this lot, before its clock would. Nothing happens without a reason."""
    lot = access(request).lot(slug)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        messages.error(request, _("Please give a reason. No plates were erased."))
    elif names_somebody(reason):
        messages.error(request, _("Do not put a plate or phone number in the reason. No plates were erased."))
    else:
        found = retention.forget_now(lot, by=request.user, reason=reason, at=now())
        count = {"sessions": found.sessions, "reads": found.reads, "pictures": found.pictures}
        done = _("Erased: %(sessions)s stays, %(reads)s reads, %(pictures)s pictures.")
        messages.success(request, done % count)
    return redirect("console:erasures")
