"""The pages of passes and white lists (通行权限): the list of a lot, one right, a new one."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.permit_forms import ExtendForm, GrantForm, MoveForm, RevokeForm, RightFilter, sort_of
from console.shown_plates import masked, may_unmask, whole
from core.errors import ParkingError
from core.keyset import Slice, slice_of
from core.vault import plate_index
from lots import permits
from lots.models import Lot, Permit
from lots.permit_import import term_of
from lots.permits import AlreadyRuns, BadTerm, Closed, NoSuchPass, Source
from lots.plates import PlateError, parse
from lots.reasons import NamesSomebody, NoReason
from lots.tariffs.day_kinds import kinds_of
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from staff.access import access, can, requires
from staff.models import PlateAccess
from staff.plate_access_log import note_shown

SOON = timedelta(days=7)
SIZE = 100
GROUPS = {
    kinds_of(["all"]): "",
    kinds_of(["workday"]): gettext_lazy("Working days"),
    kinds_of(["weekend"]): gettext_lazy("Weekends"),
    kinds_of(["restday"]): gettext_lazy("Weekends and holidays"),
}
DAYS = {
    "mon": pgettext_lazy("permit", "Mon"),
    "tue": pgettext_lazy("permit", "Tue"),
    "wed": pgettext_lazy("permit", "Wed"),
    "thu": pgettext_lazy("permit", "Thu"),
    "fri": pgettext_lazy("permit", "Fri"),
    "sat": pgettext_lazy("permit", "Sat"),
    "sun": pgettext_lazy("permit", "Sun"),
    "holiday": gettext_lazy("public holidays"),
    "makeup": gettext_lazy("worked weekend days"),
}


@requires("rights.see")
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Rights of one's lots with masked plates: those in force, unless the address says otherwise."""
    return _list(request)


@requires("rights.see")
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Look for a plate, or show the same page with whole plates: both are put on record."""
    if request.method != "POST":  # someone came back to it
        return redirect("console:access")
    shows, text = "show" in request.POST, request.POST.get("q", "").strip()
    if shows and not access(request).may("plates.unmask"):
        raise PermissionDenied
    return _list(request, shows=shows, text=text)


@requires("rights.see")
@require_safe
def right(request: HttpRequest, pk: int) -> HttpResponse:
    """One right: what it covers, who did what with it, and what can be done."""
    return _page(request, _one(request, pk))


@requires("rights.edit")
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Extend, revoke, or move to another car. A second press changes nothing."""
    row = _one(request, pk)
    if act not in FORMS:
        raise Http404
    form = FORMS[act](request.POST, label_suffix="")
    if form.is_valid():
        try:
            changed = ACTS[act](row, form, now(), access(request).user)
        except (BadTerm, Closed, AlreadyRuns, NamesSomebody, NoReason) as failure:
            form.add_error(None, _said(failure))
        else:
            messages.success(request, _("Done."))
            return redirect("console:access-right", changed.pk)
    return _page(request, row, status=422, **{act: form})


@requires("rights.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Grant a right. What was typed stays where something is wrong."""
    lot, at = access(request).lot(slug), now()
    form = GrantForm(request.POST or None, lot=lot, at=at)
    if form.is_valid():
        try:
            row = _granted(lot, form, at, access(request).user)
        except (BadTerm, NoSuchPass, AlreadyRuns) as failure:
            form.add_error(None, _said(failure))
        else:
            messages.success(request, _("Added."))
            return redirect("console:access-right", row.pk)
    context = {"lot": lot, "form": form}
    return render(request, "console/access_add.html", context, status=422 if form.errors else 200)


def in_state(state: str | None, at: datetime) -> Q:
    """Return which rights are meant. Those in force include those that have not begun."""
    running = Q(closed_at=None, valid_until__gt=at)
    if state == "soon":
        return running & Q(valid_until__lte=at + SOON)
    if state == "ended":
        return ~running
    return Q() if state == "all" else running


def line_of(row: Permit, at: datetime) -> dict[str, Any]:
    """Return what a list and a page say of a right, its plate masked."""
    return {
        "row": row,
        "plate": masked(row),
        "sort": sort_of(row.name),
        "first": _moment(row.valid_from, row.lot),
        "last": _moment(row.ends_at, row.lot, ends=True),
        "hours": _hours(row),
        "state": _state(row, at),
        "source": row.get_source_display(),
    }


def _list(request: HttpRequest, *, shows: bool = False, text: str = "") -> HttpResponse:
    mine, at = access(request), now()
    form = RightFilter(request.GET, lots=mine.lots())
    rows = mine.within(Permit.objects.select_related("lot"))
    if form.lot is not None:
        rows = rows.filter(lot=form.lot)
    soon = rows.filter(in_state("soon", at)).count()
    found, error = _found(request, rows, form, text, at)
    bare = may_unmask(access(request), found.rows) if shows else []
    note_shown(bare, staff=request.user, at=at)
    open_to = {row.pk for row in bare}
    lines = [line_of(row, at) | ({"plate": whole(row)} if row.pk in open_to else {}) for row in found.rows]
    editable = list(mine.lots("rights.edit").order_by("name")[:2]) if mine.may("rights.edit") else []
    context = {
        "form": form,
        "found": found,
        "lines": lines,
        "soon": soon,
        "find": reverse("console:find-access"),
        "text": text,
        "error": error,
        "shown": shows,
        "query": request.GET.urlencode(),
        "may_show": mine.may("plates.unmask"),
        "edits": form.lot if form.lot and mine.may("rights.edit", form.lot.pk) else None,
        "choose_lot": len(editable) > 1 and form.lot is None,
    }
    if len(editable) == 1 and form.lot in {None, editable[0]}:
        context["edits"] = editable[0]
    return render(request, "console/access_list.html", context, status=422 if error else 200)


def _found(
    request: HttpRequest, rows: QuerySet[Permit], form: RightFilter, text: str, at: datetime
) -> tuple[Slice[Permit], str]:
    """Return the rights of a plate, or a page of those in the state asked for."""
    if not text:
        found = slice_of(request, rows.filter(in_state(form.said("state"), at)), SIZE)
        if form.said("state") == "soon":
            found.rows.sort(key=lambda row: row.valid_until)
        return found, ""
    plates = set()
    for overseas in (False, True):
        try:
            plates.add(parse(text, overseas=overseas).text)
        except PlateError:
            continue
    if not plates:
        return Slice([], "", ""), _("Enter a full plate.")
    lots = [form.lot.pk] if form.lot else list(access(request).lots().values_list("pk", flat=True))
    indexes = [plate_index(lot, plate) for lot in lots for plate in plates]
    mine = list(rows.filter(plate_index__in=indexes).order_by("-pk")[:SIZE])
    PlateAccess.objects.create(
        staff=access(request).user, lot=form.lot, kind=PlateAccess.Kind.WHOLE, count=len(mine), at=at
    )
    return Slice(mine, "", ""), ""


def _page(request: HttpRequest, row: Permit, *, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    edits = row.closed_at is None and can(request, "rights.edit", row.lot_id)
    context = {
        **line_of(row, now()),
        "lot": row.lot,
        "extensions": [
            {"row": one, "last": _moment(one.until, row.lot, ends=True)}
            for one in row.extensions.select_related("by").order_by("pk")
        ],
        "replacement": Permit.objects.filter(instead_of=row).first(),
        "extends": edits,
        "revokes": edits and row.valid_until > now(),
        "acted": list(forms_.values()),
        **{name: forms_.get(name) or form(label_suffix="") for name, form in FORMS.items()},
    }
    return render(request, "console/permit.html", context, status=status)


def _one(request: HttpRequest, pk: int) -> Permit:
    rows = Permit.objects.select_related("lot", "granted_by", "revoked_by", "instead_of")
    return access(request).one(rows, pk=pk)


def _granted(lot: Lot, form: GrantForm, at: datetime, by: User) -> Permit:
    values = form.cleaned_data
    valid_from, valid_until = term_of(lot, values["first"], values["last"])
    return permits.grant(
        lot=lot,
        plate=form.known,
        name=values["name"],
        valid_from=valid_from,
        valid_until=valid_until,
        hours=form.hours(),
        source=Source.STAFF,
        at=at,
        by=by,
    )


def _extend(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    first = row.valid_from.astimezone(row.lot.tz).date()
    until = term_of(row.lot, first, form.cleaned_data["last"])[1]
    return permits.extend(row, until=until, at=at, by=by)


def _revoke(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    return permits.revoke(row, why=form.cleaned_data["why"], at=at, by=by)


def _move(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    return permits.change_plate(row, plate=form.known, why=form.cleaned_data["why"], at=at, by=by)


FORMS: dict[str, type[forms.Form]] = {"extend": ExtendForm, "revoke": RevokeForm, "move": MoveForm}
ACTS = {"extend": _extend, "revoke": _revoke, "move": _move}


def _said(failure: ParkingError) -> str:
    return {
        BadTerm: _(
            "Invalid dates: the end must not be before the start, today or the current end date, and "
            "at most ten years ahead."
        ),
        NoSuchPass: _("The tariff in force has no such pass. Reload and try again."),
        AlreadyRuns: _("This car already has such a permit here; extend or cancel that one."),
        NoReason: _("Please give a reason."),
        NamesSomebody: _(
            "Do not put plates or phone numbers in the reason: actions are stored for years, plates are not."
        ),
        Closed: _("This permit has ended; add a new one."),
    }[type(failure)]


def _state(row: Permit, at: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.valid_until <= at:
        return "ended"
    if row.valid_from > at:
        return "coming"
    return "soon" if row.valid_until <= at + SOON else "running"


def _moment(at: datetime, lot: Lot, *, ends: bool = False) -> str:
    """Return a day; where the moment is no midnight its time too. An end at midnight is the day before."""
    local = at.astimezone(lot.tz)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{local - timedelta(days=1) if ends else local:%Y-%m-%d}"


def _hours(row: Permit) -> str:
    """Return when within its days a right counts; nothing where it always does."""
    kinds = row.days.split()
    days = GROUPS.get(frozenset(kinds), pgettext("list", ", ").join(str(DAYS[kind]) for kind in kinds))
    all_day = row.hours_from == row.hours_to
    hours = "" if all_day else f"{hh_mm(row.hours_from)}–{end_hh_mm(row.hours_to)}"
    return f"{days} {hours}".strip()
