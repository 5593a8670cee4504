"""The console's pages on purity: each lot's last self-check, and the open alarms."""

from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from compliance import selfcheck_schedule
from compliance.models import SelfCheck, SelfCheckAlarm
from lots.models import Lot
from selfcheck.purity_rules import BY_ID, RULES
from selfcheck.verdicts import Verdict
from staff.access import access, requires

audit = structlog.get_logger("audit")


LOOK_AGAIN = 5  # seconds, while a check runs


@requires("purity.see")
@require_safe
def selfchecks(request: HttpRequest) -> HttpResponse:
    """Every lot with its last result; open alarms first."""
    mine = access(request)
    alarms = mine.within(SelfCheckAlarm.objects.select_related("lot", "handled_by"))
    checks = {row.lot_id: row for row in mine.within(SelfCheck.objects.all())}
    context = {
        "every": settings.SELFCHECK_HOURS,
        "alarms": [_alarm(row) for row in alarms.filter(handled_at=None).order_by("-at")],
        "handled": alarms.exclude(handled_at=None).order_by("-handled_at")[:20],
        "table": [
            _line(lot, checks.get(lot.pk)) for lot in mine.lots().select_related("operator").order_by("name")
        ],
    }
    return render(request, "console/selfchecks.html", context)


def _line(lot: Lot, row: SelfCheck | None) -> dict[str, Any]:
    document = row.document if row else None
    breached = [rule["id"] for rule in document["rules"] if rule["state"] == "breached"] if document else []
    verdict = Verdict(row.verdict) if row and row.verdict else None
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
        "was": Verdict(row.was),
        "became": Verdict(row.became),
        "rules": [BY_ID[name] for name in row.worse.split() if name in BY_ID],
    }


@requires("purity.see")
@require_safe
def selfcheck(request: HttpRequest, slug: str) -> HttpResponse:
    """One lot's last result, rule by rule."""
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
def handled(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an alarm with what was done. Without a reason it stays open; a second press changes nothing."""
    alarm = access(request).one(SelfCheckAlarm.objects.all(), pk=pk)
    if reason := request.POST.get("reason", "").strip():
        selfcheck_schedule.handle(alarm, by=request.user, reason=reason, at=now())
    return redirect("console:selfchecks")
