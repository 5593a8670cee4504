"""The console's list of what people asked about their data, with the day by which each must be answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from compliance import data_requests
from compliance.data_requests import AlreadyAnswered, Answer, Kind, State
from compliance.models import DataRequest
from console.list_filters import Days
from console.lists import Column, ListPage, lot_name, moment, text, when
from console.templatetags.console_tags import dated
from staff.access import access, requires

TOPICS = {
    "entry": _("Correction: entry time"),
    "exit": _("Correction: exit time"),
    "fee": _("Correction: fee"),
    "plate": _("Correction: plate misread"),
    "other": _("Correction: other"),
}
BY_STAFF = (Answer.CORRECTED, Answer.RIGHT, Answer.CALL)


class RequestFilter(Days):
    """Which requests: of a lot, in a state, of a kind, received on some days."""

    at = "asked_at"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("To be answered")), ("done", _("Completed")), ("all", _("All"))],
    )
    kind = forms.ChoiceField(required=False, label=_("Request"), choices=[("", _("All")), *Kind.choices])
    field_order = ["lot", "state", "kind", "first", "last"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        if (kind := self.value_of("kind")) is not None:
            rows = rows.filter(kind=kind)
        if state == "all":
            return rows
        return rows.exclude(state=State.OPEN) if state == "done" else rows.filter(state=State.OPEN)


class RequestList(ListPage):
    """Requests of people about their data: the open ones, soonest first. It names no person and no plate."""

    action, title, name = "requests.see", _("Data requests"), "requests"
    route = "console:rights"
    subtitle = _("Access, correction and erasure requested with a receipt code")
    model, filter_class, order = DataRequest, RequestFilter, "due_on"
    related = ("lot", "payment__session", "done_by")
    empty = _("No requests match.")
    none_yet = _("No requests to answer.")
    columns = (
        Column(
            _("Answer due"),
            lambda line: line["row"].due_on,
            show=lambda line: _due(line),
            alarm=lambda line: line["late"],
            cell="date",
            sort="due_on",
        ),
        when(_("Received at"), "asked_at", css="wide", sort="asked_at"),
        lot_name(),
        Column(_("Request"), lambda line: _request(line["row"])),
        Column(_("Time of stay"), lambda line: _stay(line["row"]), css="wide"),
        text(
            _("Stay number"),
            "payment.session_id",
            css="number",
            is_id=True,
            link=lambda line: reverse("console:stay", args=[line["row"].payment.session_id]),
            opens="stays.see",
        ),
        Column(
            _("Result"),
            lambda line: line["row"].get_answer_display(),
            show=lambda line: line["answer"],
            cell="name",
        ),
        Column(
            _("Completed"),
            lambda line: line["row"].done_at,
            show=lambda line: _completed(line["row"]),
            css="wide",
            sort="done_at",
        ),
    )

    def sort_of(self) -> str:
        newest = self.form.value_of("state") == "done" and not self.request.GET.get("sort")
        return "-done_at" if newest else super().sort_of()

    def lines(self, rows: Sequence[DataRequest]) -> list[dict[str, Any]]:
        may, today = access(self.request).may("requests.answer"), localdate()
        answers = [(answer.value, answer.label) for answer in BY_STAFF]
        return [
            {
                "row": row,
                "late": row.state == State.OPEN and row.due_on < today,
                "answer": render_to_string(
                    "console/right_answer.html",
                    {"row": row, "answers_here": may, "answers": answers},
                    self.request,
                ),
            }
            for row in rows
        ]


def _due(line: dict[str, Any]) -> str:
    day = dated(line["row"].due_on, "m-d")
    return f"{day} {gettext('overdue')}" if line["late"] else day


def _request(row: DataRequest) -> str:
    if row.kind == Kind.CORRECTION:
        return str(TOPICS[row.topic])
    return gettext("Access") if row.kind == Kind.ACCESS else gettext("Erase plate")


def _stay(row: DataRequest) -> str:
    session = row.payment.session
    left = moment(session.left_at, "%m-%d %H:%M") or gettext("Inside")
    return f"{moment(session.entered_at, '%m-%d %H:%M')} – {left}"


def _completed(row: DataRequest) -> str:
    if row.done_at is None:
        return "—"
    by = row.done_by.get_username() if row.done_by else gettext("System")
    return f"{by} · {moment(row.done_at, '%m-%d %H:%M')}"


@requires("requests.answer")
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a correction; a second press finds it answered."""
    row = get_object_or_404(_mine(request), pk=pk, kind=Kind.CORRECTION)
    chosen = request.POST.get("answer", "")
    if not chosen:
        messages.error(request, gettext("Choose an answer first. Nothing was changed."))
        return redirect("console:rights")
    if chosen not in BY_STAFF:
        raise Http404
    _answer(request, row, chosen, now())
    return redirect("console:rights")


def _answer(request: HttpRequest, row: DataRequest, chosen: str, at: datetime) -> None:
    try:
        data_requests.answer(row, answer=chosen, by=request.user, at=at)
    except AlreadyAnswered:
        row.refresh_from_db()
        if (row.answer, row.done_by_id) == (chosen, request.user.pk):
            messages.success(request, gettext("Answered: %(answer)s.") % {"answer": Answer(chosen).label})
            return
        messages.warning(request, gettext("This request has already been answered; nothing was changed."))
    else:
        messages.success(request, gettext("Answered: %(answer)s.") % {"answer": Answer(chosen).label})


def _mine(request: HttpRequest) -> "QuerySet[DataRequest]":
    """Return the requests that this person may see."""
    return access(request).within(DataRequest.objects.select_related("lot", "payment__session", "done_by"))
