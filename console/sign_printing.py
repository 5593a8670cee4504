"""Printing from the console: ticked signs or a whole plan, JSON in and files out for programs."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from console.background_kinds import lines_of, wanted_file
from console.background_start import start
from console.reason_forms import ReasonField
from console.sign_pages import last_format, page, without_rows
from core import shallow_json
from lots.models import Lot
from lots.signs import print_plan as plan
from lots.signs import print_runs
from lots.signs.print_errors import CannotPrint, PlanFaults
from presentation.downloads import file_answer
from staff.access import access, requires

LARGEST_PLAN = 1024 * 1024
AT_ONCE = 10  # signs; more take longer than a page may, and the worker prints them


class PrintForm(forms.Form):
    """How the ticked signs are printed. Format and distance are checked with the plan's rows."""

    format = forms.CharField(required=False, max_length=20, label=gettext_lazy("Format"))
    distance = forms.CharField(
        required=False, max_length=20, label=gettext_lazy("Scanning distance (m, optional)")
    )
    why = ReasonField(required=False)
    file = forms.CharField(required=False, max_length=10, empty_value="pdf")
    anyway = forms.BooleanField(required=False)
    all = forms.BooleanField(required=False)


class PlanForm(forms.Form):
    why = ReasonField(required=False)


class TooSmall(PlanFaults):
    """The codes are too small for the requested distance; the user must confirm."""

    code = "code_too_small"


@requires("signs.edit")
@require_POST
def print_chosen(request: HttpRequest, slug: str) -> HttpResponse:
    """Print the signs that were ticked, all in one format, and hand the file out."""
    lot = access(request).lot(slug)
    form = PrintForm(request.POST)
    if not form.is_valid():
        faults = [f"{form[name].label}: {fault}" for name, found in form.errors.items() for fault in found]
        return page(request, lot, faults=faults, status=422)
    wanted, why = form.cleaned_data, form.cleaned_data["why"]
    try:
        rows = _chosen(request, lot, wanted)
        if len(rows) > AT_ONCE:
            return _in_background(request, lot, rows, why, file=wanted["file"])
        drawn = _printed(request, lot, rows, why, anyway=wanted["anyway"])
    except TooSmall as fault:
        return page(request, lot, warnings=lines_of(fault), status=422)
    except CannotPrint as fault:
        return page(request, lot, faults=without_rows(lines_of(fault)), status=422)
    data, kind = wanted_file(drawn, wanted["file"])
    return file_answer(data, kind, name=f"{lot.slug}-signs")


@requires("signs.edit")
@require_POST
def print_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Print a whole plan: a CSV or JSON file, or JSON as the request itself. Answers with one ZIP."""
    lot = access(request).lot(slug)
    is_json = request.content_type == "application/json"
    try:
        rows, why = _json_plan(request) if is_json else _uploaded_plan(request)
        if len(rows) > AT_ONCE and not is_json:
            return _in_background(request, lot, rows, why, file="bundle")
        drawn = _printed(request, lot, rows, why)
    except CannotPrint as fault:
        if is_json:
            return JsonResponse({"code": fault.code, "faults": lines_of(fault)}, status=422)
        return page(request, lot, plan_faults=lines_of(fault), status=422)
    return file_answer(
        print_runs.zipped(print_runs.bundle(drawn), at=drawn.at), "zip", name=f"{lot.slug}-signs"
    )


def _in_background(
    request: HttpRequest, lot: Lot, rows: Sequence[Mapping[str, Any]], why: str, *, file: str
) -> HttpResponse:
    """Check the plan here, and let the worker print it."""
    orders = plan.read(lot, rows, why=why)
    small = print_runs.too_small(lot, orders, at=now())
    if small and file != "bundle" and "anyway" not in request.POST:
        raise TooSmall(small)
    key = _key(request, lot, rows, why)
    wanted = {"rows": [dict(row) for row in rows], "why": why, "file": file, "key": str(key)}
    return start(request, "print", key=key, lot=lot, arguments=wanted)


def _chosen(request: HttpRequest, lot: Lot, wanted: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the ticked signs as rows of a plan, each in the format chosen or, without one, in its last."""
    if wanted["all"]:
        numbers = lot.signs.in_use().order_by("number").values_list("number", flat=True)
        ticked = [str(number) for number in numbers]
    else:
        ticked = [one for one in request.POST.getlist("sign") if one.isdecimal() and len(one) < 9]
        if not ticked:
            raise PlanFaults([_("Select the signs to print first")])
    last = {str(sign.number): last_format(sign) for sign in lot.signs.filter(number__in=ticked)}
    form, distance = wanted["format"], wanted["distance"]
    return [
        {"sign": number, "format": form or last.get(number, "a4"), "distance": distance} for number in ticked
    ]


def _printed(
    request: HttpRequest, lot: Lot, rows: Sequence[Mapping[str, Any]], why: str, *, anyway: bool = True
) -> print_runs.Drawn:
    """Draw and record; a second click is known by its key and its content, and changes nothing.

    Raises `TooSmall` where a code is, unless that is meant (`anyway`).
    """
    key = _key(request, lot, rows, why)
    if again := print_runs.earlier(key, lot=lot):
        return again
    try:
        drawn = print_runs.draw(lot, plan.read(lot, rows, why=why), at=now())
    except CannotPrint:  # a reprint needs a reason: the first click may have printed these signs meanwhile
        if again := print_runs.earlier(key, lot=lot):
            return again
        raise
    if drawn.warnings and not anyway:
        raise TooSmall(drawn.warnings)
    if print_runs.record(drawn, key=key, by=access(request).user, why=why):
        return drawn
    # The first click won meanwhile: its codes are the ones recorded.
    return print_runs.earlier(key, lot=lot) or drawn


def _key(request: HttpRequest, lot: Lot, rows: Sequence[Mapping[str, Any]], why: str) -> uuid.UUID:
    try:
        press = uuid.UUID(request.POST.get("key") or request.headers.get("Idempotency-Key", ""))
    except ValueError:
        press = uuid.uuid4()
    return uuid.uuid5(press, json.dumps([access(request).user.pk, lot.pk, list(rows), why], sort_keys=True))


def _uploaded_plan(request: HttpRequest) -> tuple[Sequence[Mapping[str, Any]], str]:
    upload = request.FILES.get("plan")
    if upload is None:
        raise PlanFaults([_("Choose a print plan (CSV or JSON)")])
    if (upload.size or 0) > LARGEST_PLAN:
        raise PlanFaults([_("The file is larger than 1 MB")])
    form = PlanForm(request.POST)
    if not form.is_valid():
        raise PlanFaults([str(fault) for fault in form.errors["why"]])
    return plan.parse(upload.read(), name=upload.name or ""), form.cleaned_data["why"]


def _json_plan(request: HttpRequest) -> tuple[Sequence[Mapping[str, Any]], str]:
    try:
        body = shallow_json.loads(request.body)
    except ValueError:
        raise PlanFaults([_("The request is not valid JSON")]) from None
    rows, why = (body.get("rows"), body.get("why", "")) if isinstance(body, dict) else (None, "")
    if (
        not isinstance(rows, list)
        or not all(isinstance(row, dict) for row in rows)
        or not isinstance(why, str)
    ):
        raise PlanFaults([_('The request should be {"rows": [{…}], "why": "…"}')])
    return rows, why.strip()
