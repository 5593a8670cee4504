"""Passes and white lists as files: taken in from a table, checked first; given out without plates, or with
them where someone asks for that and it is put on record."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.background_start import start
from console.permit_forms import FileForm, RightFilter
from console.permit_pages import in_state, line_of
from console.shown_plates import whole
from core.csv_file import table
from lots import permit_import
from lots.models import Permit
from lots.permit_import import Unreadable, import_rights
from presentation.downloads import file_answer
from staff.access import access, requires
from staff.plate_access_log import note_shown

MOST = 20_000  # rows given out
AT_ONCE = 200  # rows taken in; more take longer than a page may
STATES = {
    "running": gettext_lazy("Valid"),
    "soon": gettext_lazy("Expiring within 7 days"),
    "coming": gettext_lazy("Not started"),
    "ended": pgettext_lazy("permit", "Expired"),
    "revoked": gettext_lazy("Cancelled"),
}


@requires("rights.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in a table. Without `import` it is only checked."""
    lot = access(request).lot(slug)
    form = FileForm(request.POST or None, request.FILES or None, label_suffix="")
    dry_run, done = "import" not in request.POST, None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            data = file.read(permit_import.LARGEST + 1)
            if not dry_run and data.count(b"\n") > AT_ONCE:
                return start(request, "import-permits", lot=lot, upload=data)
            done = import_rights(lot=lot, data=data, dry_run=dry_run, at=now(), by=access(request).user)
        except Unreadable as error:
            form.add_error("file", error.why)
    bad = form.errors or (done and done.faults)
    context = {"lot": lot, "form": form, "dry_run": dry_run, "done": done, "example": permit_import.EXAMPLE}
    return render(request, "console/access_import.html", context, status=422 if bad else 200)


@requires("rights.see")
@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The rights of the list, without their plates."""
    return _file(_rows(request), with_plates=False)


@requires("plates.unmask")
@require_POST
def with_plates(request: HttpRequest) -> HttpResponse:
    """The same with whole plates, of the lots where this person may see them; put on record."""
    rows = [row for row in _rows(request) if row.plate is not None]
    note_shown(rows, staff=request.user, at=now())
    return _file(rows, with_plates=True)


def _rows(request: HttpRequest) -> QuerySet[Permit]:
    mine = access(request)
    asked = request.GET if request.method != "POST" else request.POST
    form = RightFilter(asked, lots=mine.lots())
    rows = mine.within(Permit.objects.select_related("lot")).filter(in_state(form.said("state"), now()))
    if form.lot is not None:
        rows = rows.filter(lot=form.lot)
    return rows.order_by("-pk")[:MOST]


def _file(rows: Iterable[Permit], *, with_plates: bool) -> HttpResponse:
    at = now()
    titles = [_("No."), _("Lot"), _("Type"), _("Begin"), _("End"), _("Hours"), _("Source"), _("State")]
    body: list[list[object]] = [[*titles, *([_("Plate")] if with_plates else [])]]
    for row in rows:
        fields = line_of(row, at)
        known = (
            row.pk,
            row.lot.name,
            *(fields[name] for name in ("sort", "first", "last", "hours", "source")),
        )
        body.append([*known, str(STATES[fields["state"]]), *([whole(row)] if with_plates else [])])
    return file_answer(table(body), "csv", name="access")
