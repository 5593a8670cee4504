"""Permits as files: taken in from a table, checked first; given out with plates, which is logged."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.background_start import start
from console.lists import MOST_IN_FILE
from console.permit_forms import FileForm
from console.permit_list import PermitFilter, PermitList
from console.permit_words import kind_words, permit_words
from console.shown_plates import whole
from core.csv_file import table
from lots import permit_import
from lots.models import Lot, Permit
from lots.permit_import import Unreadable, import_rights
from lots.permits import passes_of
from presentation.downloads import file_answer
from staff.access import access, requires
from staff.plate_access_log import note_shown

MONTH = timedelta(days=30)
AT_ONCE = 200  # rows checked or taken in; more take longer than a page may


@requires("rights.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Import a table. Without `import` it is only checked."""
    lot = access(request).lot(slug)
    form = FileForm(request.POST or None, request.FILES or None, label_suffix="")
    dry_run, done = "import" not in request.POST, None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            data = file.read(permit_import.LARGEST + 1)
            if len(permit_import.rows_of(data)) > AT_ONCE:
                return start(request, "import-permits", lot=lot, upload=data, arguments={"dry_run": dry_run})
            done = import_rights(lot=lot, data=data, dry_run=dry_run, at=now(), by=access(request).user)
        except Unreadable as error:
            form.add_error("file", error.why)
    bad = form.errors or (done and done.faults)
    context = {"lot": lot, "form": form, "dry_run": dry_run, "done": done, "example": _example(lot, now())}
    return render(request, "console/access_import.html", context, status=422 if bad else 200)


def _example(lot: Lot, at: datetime) -> str:
    """Return rows that this lot could import today: a pass that it sells, and the white list."""
    today = at.astimezone(lot.tz).date()
    days = f"{today},{today + MONTH}"
    sold = [f"沪A12345,{kind_words(one.name)},{days}," for one in passes_of(lot, at)[:1]]
    return "\n".join([*sold, f"沪B22222,,{days},07:00-20:00"])


@requires("plates.unmask")
@require_POST
def with_plates(request: HttpRequest) -> HttpResponse:
    """The list's permits as CSV with whole plates, of the lots where this person may see them; logged."""
    mine, at = access(request), now()
    form = PermitFilter(request.POST, lots=mine.lots())
    found = form.narrow(mine.within(Permit.objects.select_related("lot"))).order_by("-pk")[:MOST_IN_FILE]
    rows = [row for row in found if row.plate is not None]
    note_shown(rows, staff=request.user, at=at)
    columns = [column for column in PermitList.columns if column.in_file]
    lines = [permit_words(row, at) for row in rows]
    body = [[*(str(column.value(line)) for column in columns), whole(line["row"])] for line in lines]
    return file_answer(
        table([[*(str(one.label) for one in columns), _("Plate")], *body]), "csv", name="permits"
    )
