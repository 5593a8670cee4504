"""The pages of devices: which are silent, what one said lately, and how to take its key away."""

from datetime import datetime
from typing import Any

import structlog
from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from lots.console.access import access, allowed
from lots.console.filters import Filter
from lots.console.keyset import slice_of
from lots.console.plates import masked
from lots.console.views import SILENT
from lots.models import Device

MESSAGES = 100
WRONG_CLOCK = 60  # seconds ahead or behind
audit = structlog.get_logger("audit")


class DeviceFilter(Filter):
    state = forms.ChoiceField(
        required=False,
        label=_("状态"),
        choices=[("", _("使用中")), ("silent", _("失联")), ("revoked", _("已停用"))],
    )


@allowed("devices.see")
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Every device of one's lots."""
    at, mine = now(), access(request)
    form = DeviceFilter(request.GET, lots=mine.lots())
    rows = mine.within(Device.objects.select_related("lot", "lane")).filter(in_state(form.said("state"), at))
    if form.lot is not None:
        rows = rows.filter(lot=form.lot)
    found = slice_of(request, rows, 100)
    lines = [_line(row, at) for row in found.rows]
    return render(request, "console/device_list.html", {"form": form, "found": found, "lines": lines})


@allowed("devices.see")
@require_safe
def device(request: HttpRequest, pk: int) -> HttpResponse:
    """One device: when it was last seen, its clock, its last hundred reads with masked plates."""
    row = access(request).one(Device.objects.select_related("lot", "lane"), pk=pk)
    reads = row.reads.select_related("lane").order_by("-captured_at")
    lines = [{"row": read, "plate": masked(read)} for read in reads[:MESSAGES]]
    return render(request, "console/device.html", {**_line(row, now()), "lot": row.lot, "lines": lines})


@allowed("devices.edit")
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a device's key worth nothing. A second press changes nothing."""
    row = access(request).one(Device.objects.all(), pk=pk)
    if Device.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now()):
        audit.info("device_revoked", staff=request.user.pk, device=row.pk)
    return redirect("console:device", pk)


def in_state(state: str | None, at: datetime) -> Q:
    """Return which devices are meant: revoked, silent, or all that are in use."""
    if state == "revoked":
        return Q(revoked_at__isnull=False)
    used = Q(revoked_at=None)
    return used & (Q(last_seen_at=None) | Q(last_seen_at__lt=at - SILENT)) if state == "silent" else used


def _line(row: Device, at: datetime) -> dict[str, Any]:
    return {
        "device": row,
        "silent": row.revoked_at is None and (row.last_seen_at is None or row.last_seen_at < at - SILENT),
        "wrong_clock": abs(row.clock_offset) >= WRONG_CLOCK,
    }
