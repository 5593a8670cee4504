"""Permits as files: taken in from a table, checked first; given out with plates, which is logged."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.background_start import start, too_many_open
from console.checked_file import CheckedFileForm
from console.lists import MOST_IN_FILE
from console.permit_list import PermitFilter, PermitList
from console.permit_words import kind_words, permit_words
from console.shown_plates import whole
from core.csv_file import NotATable, table
from lots import permit_import
from lots.models import Lot, Permit
from lots.permit_import import import_rights
from presentation.downloads import file_answer
from staff import background
from staff.access import access, requires
from staff.models import BackgroundTask
from staff.plate_access_log import note_shown

AT_ONCE = 200  # rows checked or taken in; more take longer than a page may


class _CheckForm(forms.Form):
    checked_by = forms.ModelChoiceField(BackgroundTask.objects.none())

    def __init__(self, data: Any, *, checks: QuerySet[BackgroundTask]) -> None:
        super().__init__(data)
        self.fields["checked_by"].queryset = checks  # type: ignore[attr-defined]


@requires("rights.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Import a table. Without `import` it is only checked; with `checked_by` it is the one of that check."""
    mine = access(request)
    lot = mine.lot(slug)
    if request.method == "POST" and "checked_by" in request.POST:
        return _import_checked(request, lot)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CheckedFileForm(*posted, lot=lot, person=mine, largest=permit_import.LARGEST)
    dry_run, done = "import" not in request.POST, None
    if form.is_valid():
        data = form.content
        try:
            if len(permit_import.rows_of(data)) > AT_ONCE:
                return start(request, "import-permits", lot=lot, upload=data, arguments={"dry_run": dry_run})
            done = import_rights(lot=lot, data=data, dry_run=dry_run, at=now(), by=mine.user)
            if dry_run and not done.faults:
                form.carry()
        except NotATable as error:
            form.add_error("file", error.why)
    bad = form.errors or (done and done.faults)
    context = {
        "lot": lot,
        "form": form,
        "dry_run": dry_run,
        "done": done,
        "example": permit_import.example_of(lot, at=now(), called=kind_words),
    }
    return render(request, "console/access_import.html", context, status=422 if bad else 200)


def _import_checked(request: HttpRequest, lot: Lot) -> HttpResponse:
    """Import the table that the worker checked for this person."""
    rows = BackgroundTask.objects.filter(
        kind="import-permits", lot=lot, staff=access(request).user, state=BackgroundTask.State.DONE
    )
    form = _CheckForm(request.POST, checks=rows)
    if not form.is_valid():
        raise Http404
    checked = form.cleaned_data["checked_by"]
    try:
        task = background.begin_checked(checked, at=now())
    except background.TooManyOpen:
        return too_many_open(request)
    if task is None:
        messages.error(request, _("The checked file is erased by now. Choose it again."))
        return redirect("console:import-access", lot.slug)
    return redirect("console:background-task", task.pk)


@requires("plates.unmask")
@require_POST
def with_plates(request: HttpRequest) -> HttpResponse:
    """Send the permits as CSV with whole plates, of the lots where this person may see them; logged."""
    mine, at = access(request), now()
    form = PermitFilter(request.POST, lots=mine.lots())
    found = form.narrow(mine.within(Permit.objects.select_related("lot"))).order_by("-pk")[:MOST_IN_FILE]
    rows = [row for row in found if row.plate is not None]
    note_shown(rows, staff=request.user, at=at)
    columns = [column for column in PermitList.columns if column.in_file]
    lines = [permit_words(row, at) for row in rows]
    body = [[*(str(column.value(line)) for column in columns), whole(line["row"])] for line in lines]
    head = [*(str(one.label) for one in columns), _("Plate")]
    return file_answer(table([head, *body]), "csv", name=f"permits-{localtime(at):%Y%m%d-%H%M}")
