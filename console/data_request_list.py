"""The console's list of what people asked about their data, with the day by which each must be answered."""

from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from compliance import data_requests
from compliance.data_requests import AlreadyAnswered, Answer, Kind, State
from compliance.models import DataRequest
from staff.access import access, requires

ROWS = 50
BY_STAFF = (Answer.CORRECTED, Answer.RIGHT, Answer.CALL)


@requires("requests.see")
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """What is open, soonest first, and what was answered lately. It names no person and shows no plate."""
    rows = _mine(request)
    context = {
        "open": rows.filter(state=State.OPEN).order_by("due_on", "pk")[:ROWS],
        "done": rows.exclude(state=State.OPEN).order_by("-done_at")[:ROWS],
        "answers_here": access(request).may("requests.answer"),
        "today": localdate(),
        "answers": [(answer.value, answer.label) for answer in BY_STAFF],
    }
    return render(request, "console/rights.html", context)


@requires("requests.answer")
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a correction; a second press finds it answered."""
    row = get_object_or_404(_mine(request), pk=pk, kind=Kind.CORRECTION)
    chosen = request.POST.get("answer", "")
    if chosen not in BY_STAFF:
        raise Http404
    _answer(request, row, chosen, now())
    return redirect("console:rights")


def _answer(request: HttpRequest, row: DataRequest, chosen: str, at: datetime) -> None:
    try:
        data_requests.answer(row, answer=chosen, by=request.user, at=at)
    except AlreadyAnswered:
        messages.warning(request, gettext("This request has already been answered; nothing was changed."))
    else:
        messages.success(request, gettext("Answered: %(answer)s.") % {"answer": Answer(chosen).label})


def _mine(request: HttpRequest) -> "QuerySet[DataRequest]":
    """Return the requests that this person may see."""
    return access(request).within(DataRequest.objects.select_related("lot", "payment__session", "done_by"))
