"""The console's pages on purity: each lot's last self-check, and the open alarms."""

from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

import structlog
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from compliance import selfcheck_schedule
from compliance.models import SelfCheck, SelfCheckAlarm
from console.background_kinds import PICTURES
from console.background_start import start
from console.reason_forms import HandledForm, ask_again, report_handled
from lots.models import Lot
from selfcheck.purity_rules import BY_ID, RULES
from selfcheck.purity_verdict import PurityVerdict
from staff.access import access, requires

audit = structlog.get_logger("audit")


LARGEST_PHOTO = 10 * 1024 * 1024
LOOK_AGAIN = 5  # seconds, while a check runs


class OtherForm(forms.Form):
    """An address or a photo to test."""

    address = forms.URLField(
        label=_("Address of any parking page"), required=False, max_length=500, assume_scheme="https"
    )
    photo = forms.FileField(label=_("Or a photo of a sign (JPEG, PNG, WebP; 10 MB)"), required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        address, photo = values.get("address"), values.get("photo")
        if urlsplit(address or "").username is not None:
            self.add_error("address", _("Enter the address without a user name."))
        if photo and (photo.size > LARGEST_PHOTO or PurePath(photo.name).suffix.lower() not in PICTURES):
            self.add_error("photo", _("Choose a JPEG, PNG or WebP picture of at most 10 MB."))
        if not self.errors and bool(address) == bool(photo):
            self.add_error("address", _("Enter an address, or choose a photo."))
        return values


@requires("purity.see")
@require_safe
def selfchecks(request: HttpRequest) -> HttpResponse:
    """Show every lot with its last result; open alarms first."""
    return _selfchecks(request, OtherForm())


def _selfchecks(request: HttpRequest, form: "OtherForm") -> HttpResponse:
    mine = access(request)
    alarms = mine.within(SelfCheckAlarm.objects.select_related("lot", "handled_by"))
    checks = {row.lot_id: row for row in mine.within(SelfCheck.objects.all())}
    context = {
        "other": form if mine.may("purity.check") else None,
        "every": settings.SELFCHECK_HOURS,
        "alarms": [_alarm(row) for row in alarms.filter(handled_at=None).order_by("-at")],
        "handled": alarms.exclude(handled_at=None).order_by("-handled_at")[:20],
        "table": [
            _line(lot, checks.get(lot.pk)) for lot in mine.lots().select_related("operator").order_by("name")
        ],
    }
    return render(request, "console/selfchecks.html", context, status=422 if form.errors else 200)


def _line(lot: Lot, row: SelfCheck | None) -> dict[str, Any]:
    document = row.document if row else None
    breached = [rule["id"] for rule in document["rules"] if rule["state"] == "breached"] if document else []
    verdict = PurityVerdict(row.verdict) if row and row.verdict else None
    return {
        "lot": lot,
        "row": row,
        "verdict": verdict,
        "breached": [BY_ID[name] for name in breached if name in BY_ID],
    }


def _result(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule's line shows: the findings, and why it was not tested (in Chinese)."""
    untested = result.get("note", "") if result.get("state") == "not_tested" else ""
    return {"found": result.get("findings", []), "untested": untested}


def _alarm(row: SelfCheckAlarm) -> dict[str, Any]:
    return {
        "row": row,
        "was": PurityVerdict(row.was),
        "became": PurityVerdict(row.became),
        "rules": [BY_ID[name] for name in row.worse.split() if name in BY_ID],
    }


@requires("purity.see")
@require_safe
def selfcheck(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one lot's last result, rule by rule."""
    lot = access(request).lot(slug)
    row = SelfCheck.objects.filter(lot=lot).first()
    results = {rule["id"]: rule for rule in row.document["rules"]} if row and row.document else {}
    rules = [{"rule": rule, **_result(results.get(rule.id, {}))} for rule in RULES] if results else []
    stage = selfcheck_schedule.stage_of(row, at=now()) if row else ""
    context = {**_line(lot, row), "rules": rules, "every": settings.SELFCHECK_HOURS, "stage": stage}
    context["refresh"] = LOOK_AGAIN if stage in {"due", "running"} else 0
    return render(request, "console/selfcheck.html", context)


@requires("purity.check")
@require_POST
def test_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a lot's test due; the worker does it. A second press changes nothing."""
    lot = access(request).lot(slug)
    selfcheck_schedule.make_due(lot, at=now())
    audit.info("selfcheck_asked", staff=request.user.pk, lot=lot.pk)
    return redirect("console:selfcheck", slug)


@requires("purity.check")
@require_POST
def check_other(request: HttpRequest) -> HttpResponse:
    """Have the worker test any address, or the codes on a photo of a sign."""
    form = OtherForm(request.POST, request.FILES)
    if not form.is_valid():
        return _selfchecks(request, form)
    address, photo = form.cleaned_data["address"], form.cleaned_data["photo"]
    audit.info("selfcheck_asked", staff=request.user.pk)
    if address:
        return start(request, "selfcheck", arguments={"address": address})
    suffix = PurePath(photo.name).suffix.lower()
    return start(request, "selfcheck", arguments={"suffix": suffix}, upload=photo.read())


@requires("purity.check")
@require_POST
def handled(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an alarm with what was done. Without it the alarm stays open; a second press changes nothing."""
    alarm = access(request).one(SelfCheckAlarm.objects.all(), pk=pk)
    form, back = HandledForm(request.POST), reverse("console:selfchecks")
    if not form.is_valid():
        return ask_again(request, form, back=back)
    done = selfcheck_schedule.handle(alarm, by=request.user, reason=form.cleaned_data["done"], at=now())
    report_handled(request, alarm, done=done)
    return redirect(back)
