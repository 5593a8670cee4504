"""The console's pages with each version of each lot's privacy notice (隐私说明版本)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from compliance.models import NoticeVersion
from console.list_filters import Filter
from core.keyset import slice_of
from staff.access import access, requires


@requires("compliance.see")
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Every version of every lot, newest first."""
    mine = access(request)
    form = Filter(request.GET, lots=mine.lots())
    narrow: dict[str, Any] = {"lot": form.lot} if form.lot else {}
    rows = mine.within(NoticeVersion.objects.select_related("lot").defer("text")).filter(**narrow)
    context = {"form": form, "found": slice_of(request, rows)}
    return render(request, "console/compliance/notices.html", context)


@requires("compliance.see")
@require_safe
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One version as it was shown, and until when it held."""
    row = access(request).one(NoticeVersion.objects.select_related("lot"), pk=pk)
    same = NoticeVersion.objects.filter(lot=row.lot)
    context = {
        "row": row,
        "next": same.filter(pk__gt=row.pk).order_by("pk").first(),
        "before": same.filter(pk__lt=row.pk).order_by("pk").last(),
    }
    return render(request, "console/compliance/notice.html", context)
