"""Long work of the person who is signed in: how far it is, its result, and stopping it."""

from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from console import background_kinds  # noqa: F401 - registers the kinds
from presentation.downloads import KINDS
from staff import background
from staff.access import access, can, requires
from staff.background import KINDS as SORTS
from staff.models import BackgroundTask

REFRESH = 3  # seconds, without scripts
SHOWN = 50
BEGUN_AT = {  # where work on a lot is started
    "import-permits": "console:import-access",
    "import-inside": "console:cut-over",
    "print": "console:signs",
    "recompute": "console:tariff-draft",
}


@requires("account.see")
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """Show the long work that this person started, newest first."""
    rows = _own(request).order_by("-created_at")[:SHOWN]
    return render(request, "console/background/list.html", {"lines": [_line(row) for row in rows]})


@requires("account.see")
@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress of one background task. With `state` only its part of the page; 204 while unchanged."""
    row = _one(request, pk)
    line = _line(row)
    asked = request.GET.get("state")
    if asked == line["digest"]:
        return HttpResponse(status=204)
    page = "console/background/task.html" if asked is None else "console/background/state.html"
    return render(request, page, {**line, "refresh": REFRESH})


@requires("account.see")
@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the result's file, if this person may still do such work there."""
    row = _one(request, pk)
    if not can(request, SORTS[row.kind].action, row.lot_id):
        raise PermissionDenied
    data = background.file_of(row) if row.file_name else None
    if data is None:
        raise Http404
    form = row.file_name.rpartition(".")[2]
    name = f"attachment; filename*=UTF-8''{quote(row.file_name)}"
    return HttpResponse(data, content_type=KINDS[form], headers={"Content-Disposition": name})


@requires("account.see")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it. What has ended stays as it is."""
    row = _one(request, pk)
    background.cancel(row, at=now())
    return redirect("console:background-task", row.pk)


def _own(request: HttpRequest) -> Any:
    rows = BackgroundTask.objects.filter(staff=access(request).user, kind__in=list(SORTS))
    return rows.select_related("lot").defer("file", "upload").annotate(has_file=Q(file__isnull=False))


def _one(request: HttpRequest, pk: int) -> BackgroundTask:
    row = _own(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row  # type: ignore[no-any-return]


def _line(row: BackgroundTask) -> dict[str, Any]:
    began_at = BEGUN_AT.get(row.kind)
    return {
        "again": reverse(began_at, args=[row.lot.slug]) if began_at and row.lot else "",
        "task": row,
        "sort": SORTS[row.kind],
        "digest": f"{row.state}-{row.steps_done}-{row.steps}",
        "is_waiting": row.state == BackgroundTask.State.WAITING,
    }
