"""Making a lot, its settings, its lanes, and when it takes payments."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.checklist import progress_of
from console.setup.editing import edit
from console.setup.setup_forms import (
    CloseForm,
    LaneForm,
    LaneNameForm,
    NewLotForm,
    OpenForm,
    SettingsForm,
    SetupStep,
)
from console.setup.setup_pages import CHANGES
from console.setup.setup_words import history
from lots.models import Lot
from lots.setup import going_live, lot_copy, place_settings
from lots.setup.change_recorder import SettingFault, Thing
from lots.tariffs import TariffError
from staff.access import access, requires


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_lot(request: HttpRequest) -> HttpResponse:
    """Make a lot, alone or like another one; it takes no payment before its last step."""
    mine, at = access(request), now()
    operators, others = mine.operators().order_by("legal_name"), mine.lots().order_by("name")
    source = others.filter(slug=request.GET.get("like", "")).select_related("operator").first()
    form = _new_lot_form(request, operators, source, at)
    if request.method == "POST" and form.is_valid():
        values, by = form.cleaned_data, form.by(request)
        try:
            if source is None:
                made = place_settings.make_lot(values["operator"], values, by=by, at=at)
            else:
                made = lot_copy.make_lot_like(
                    source, values["operator"], values, parts=form.taken(), by=by, at=at
                )
        except SettingFault as fault:
            form.refuse(fault.faults)
        except TariffError:
            form.add_error("take_tariff", _("Untick this: the tariff has to be drafted in the new lot."))
        else:
            return redirect("console:lot-setup", made.slug)
    context = {"form": form, "operators": operators, "others": others, "source": source}
    return render(request, "console/setup/lot_new.html", context, status=422 if form.errors else 200)


def _new_lot_form(request: HttpRequest, operators: Any, source: Lot | None, at: datetime) -> NewLotForm:
    initial = {"slug": place_settings.suggested_slug(""), "operator": request.GET.get("operator", "")}
    if source is None:
        return NewLotForm(request.POST or None, operators=operators, initial=initial)
    initial |= {name: getattr(source, name) for name in lot_copy.SETTINGS}
    initial["operator"] = str(source.operator_id)
    parts = lot_copy.parts_of(source, at)
    if not access(request).may("tariffs.sign", source.pk):
        parts.pop(lot_copy.Part.TARIFF, None)
    return NewLotForm(request.POST or None, operators=operators, parts=parts, initial=initial)


@requires("lots.see")
@require_safe
def lot_setup(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the lot's checklist: what is done, what is next, and the page of each step."""
    row = access(request).lot(slug)
    return render(request, "console/setup/lot.html", {"lot": row, **progress_of(row, access(request))})


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def lot_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a lot's settings, and who changed them when."""
    row = access(request).lot(slug)

    def page(form: SetupStep, status: int = 200) -> HttpResponse:
        context = {"lot": row, "form": form, "history": _history(row)}
        return render(request, "console/setup/lot_settings.html", context, status=status)

    if request.method != "POST":
        return page(
            SettingsForm(initial={name: getattr(row, name) for name in (*place_settings.LOT, "revision")})
        )
    return edit(
        request,
        SettingsForm(request.POST),
        thing=Thing.LOT,
        save=lambda form: place_settings.change_lot(
            row, form.cleaned_data, revision=form.cleaned_data["revision"], by=form.by(request), at=now()
        ),
        back=reverse("console:lot-settings", args=[slug]),
        again=page,
    )


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def lanes(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the ways in and out; a new one gets its lane code at once."""
    row = access(request).lot(slug)
    form = LaneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            place_settings.add_lane(
                row, name=values["name"], direction=values["direction"], by=form.by(request), at=now()
            )
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            messages.success(request, _("Lane “%(name)s” was added.") % {"name": values["name"]})
            return redirect("console:lanes", slug)
    return _lanes(request, row, form)


@requires("lots.edit")
@require_POST
def rename_lane(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Call a lane otherwise."""
    row = access(request).lot(slug)
    lane = get_object_or_404(row.lanes, pk=pk)
    form = LaneNameForm(request.POST, auto_id=f"lane-{pk}-%s")
    if form.is_valid():
        values = form.cleaned_data
        try:
            place_settings.change_lane(
                lane,
                name=values["name"],
                was=form.seen(),
                min_confidence=values["min_confidence"],
                has_screen=values["has_screen"],
                by=form.by(request),
                at=now(),
            )
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:lanes", slug)
    return _lanes(request, row, LaneForm(), renamed={pk: form})


def _lanes(
    request: HttpRequest, row: Lot, form: SetupStep, renamed: dict[int, LaneNameForm] | None = None
) -> HttpResponse:
    lines = [
        (
            lane,
            (renamed or {}).get(lane.pk)
            or LaneNameForm(
                auto_id=f"lane-{lane.pk}-%s",
                initial={
                    "name": lane.name,
                    "was": lane.name,
                    "min_confidence": lane.min_confidence,
                    "was_confidence": lane.min_confidence,
                    "has_screen": lane.has_screen,
                    "was_screen": lane.has_screen,
                },
            ),
        )
        for lane in row.lanes.order_by("pk")
    ]
    context = {"lot": row, "form": form, "lanes": lines, **progress_of(row, access(request))}
    bad = form.errors or renamed
    return render(request, "console/setup/lanes.html", context, status=422 if bad else 200)


@requires("lots.edit")
@require_safe
def opening(request: HttpRequest, slug: str) -> HttpResponse:
    """Show whether the lot takes payments, since when, and the two buttons that change it."""
    row = access(request).lot(slug)
    return _opening(request, row, OpenForm(auto_id="open-%s"), CloseForm(auto_id="close-%s"))


@requires("lots.edit")
@require_POST
def open_lot(request: HttpRequest, slug: str) -> HttpResponse:
    """Open the lot for payments, now or from a date."""
    row, at = access(request).lot(slug), now()
    with timezone.override(row.tz):
        form = OpenForm(request.POST, auto_id="open-%s")
        form.is_valid()
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"] or at
        try:
            going_live.open_lot(row, starts_at=starts_at, by=form.by(request), at=at)
        except going_live.NotReady:
            in_front = _("First name the parking system and who runs it: step “Parking system”.")
            form.add_error(
                None,
                in_front
                if row.system != Lot.System.BUILTIN
                else _(
                    "No tariff is in force at that time, so no fee can be calculated. Complete the step "
                    "“Tariff” first."
                ),
            )
        else:
            return redirect("console:opening", slug)
    if row.closed_at is None:  # the form, and so its faults, are no longer on the page
        messages.info(request, _("Nothing was changed: the lot takes payments already."))
        return redirect("console:opening", slug)
    return _opening(request, row, form, CloseForm(auto_id="close-%s"), status=422)


@requires("lots.edit")
@require_POST
def close_lot(request: HttpRequest, slug: str) -> HttpResponse:
    """Suspend payments, with a reason."""
    row, form = access(request).lot(slug), CloseForm(request.POST, auto_id="close-%s")
    if form.is_valid():
        try:
            going_live.close_lot(row, by=form.by(request), at=now())
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            return redirect("console:opening", slug)
    if row.closed_at is not None and row.opens_at is None:
        messages.info(request, _("Nothing was changed: payments are suspended already."))
        return redirect("console:opening", slug)
    return _opening(request, row, OpenForm(auto_id="open-%s"), form, status=422)


def _opening(
    request: HttpRequest, row: Lot, open_form: SetupStep, close_form: SetupStep, status: int = 200
) -> HttpResponse:
    progress = progress_of(row, access(request))
    steps: Any = progress["steps"]
    context = {
        "lot": row,
        "open_form": open_form,
        "close_form": close_form,
        "missing": [step for step in steps if not step.done and step.before_opening],
        "history": _history(row),
    }
    with timezone.override(row.tz):
        return render(request, "console/setup/opening.html", context, status=status)


def _history(row: Lot) -> list[dict[str, Any]]:
    return history(row.changes.select_related("by").order_by("-pk")[:CHANGES])
