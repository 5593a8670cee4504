"""The pages of devices: which are silent and what to do then, what one reported lately, what was refused."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.bulk_acts import REVOKE
from console.list_filters import Filter
from console.lists import Column, ListPage, lot_name, moment, whole_date
from console.setup.setup_forms import SetupForm
from console.setup.setup_words import SILENT as SILENT_ADVICE
from console.setup.setup_words import TROUBLES, history
from console.shown_plates import masked
from console.templatetags.labels import make_label
from core.spoken_time import spoken
from lots import device_presence
from lots.models import Device, PlateRead, SettingChange
from lots.setup import device_troubles
from lots.setup.change_recorder import Thing
from staff.access import access, requires

MESSAGES = 100
WRONG_CLOCK = 60  # seconds ahead or behind
WEEK = timedelta(days=7)


class DeviceFilter(Filter):
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("In use")), ("silent", _("Silent")), ("revoked", _("Retired"))],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().narrow(rows).filter(in_state(self.value_of("state"), now()))


class DeviceList(ListPage):
    """Every device of one's lots."""

    action, title, name = "devices.see", _("Devices"), "devices"
    template_name = "console/devices.html"
    route, acts = "console:devices", (REVOKE,)
    model, related, filter_class, size = Device, ("lot", "lane"), DeviceFilter, 100
    empty = _("No devices match.")
    none_yet = _("No devices yet. They are added from a lot's set-up checklist.")
    columns = (
        Column(
            _("Name"),
            lambda line: line["row"].name,
            link=lambda line: reverse("console:device", args=[line["row"].pk]),
            is_header=True,
            sort="name",
        ),
        lot_name(),
        Column(_("Lane"), lambda line: line["row"].lane.name, sort="lane__name"),
        Column(
            _("Connection"),
            lambda line: make_label(line["row"].make),
            css="wide",
            sort="make",
        ),
        Column(
            _("Last contact"),
            lambda line: line["row"].last_seen_at,
            show=lambda line: whole_date(moment(line["row"].last_seen_at)) or gettext("Never"),
            alarm=lambda line: line["silent"],
            sort="last_seen_at",
        ),
        Column(
            _("Clock offset (s)"),
            lambda line: line["row"].clock_offset,
            css="number",
            alarm=lambda line: line["wrong_clock"],
            sort="clock_offset",
        ),
    )

    def context(self) -> dict[str, Any]:
        return self.places("devices.edit")

    def lines(self, rows: Sequence[Device]) -> list[dict[str, Any]]:
        at = now()
        return [_line(row, at) for row in rows]


@requires("devices.see")
@require_safe
def device(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one device: when it was last seen, its clock, its last hundred reads with masked plates."""
    row = access(request).one(Device.objects.select_related("lot", "lane"), pk=pk)
    reads = row.reads.select_related("lane").order_by("-captured_at")
    lines = [{"row": read, "plate": masked(read)} for read in reads[:MESSAGES]]
    at = now()
    context = {
        **_line(row, at),
        "lot": row.lot,
        "lines": lines,
        "advice": SILENT_ADVICE[row.make],
        "silent_for": spoken((at - row.last_seen_at) // timedelta(minutes=1)) if row.last_seen_at else "",
        "faults": _faults(row, at),
        "unread": _odd(row, at),
        "form": SetupForm(auto_id=False),
        "history": history(_changes(row)),
    }
    return render(request, "console/device.html", context)


def in_state(state: str | None, at: datetime) -> Q:
    """Return which devices are meant: revoked, silent, or all that are in use."""
    if state == "revoked":
        return Q(revoked_at__isnull=False)
    used = Q(revoked_at=None)
    return used & device_presence.silent(at) if state == "silent" else used


def _faults(row: Device, at: datetime) -> list[dict[str, Any]]:
    """Return what was refused in the last week, by reason: how often, when last, what to do."""
    return [
        {"row": fault, "advice": TROUBLES.get(fault.code, fault.code)}
        for fault in device_troubles.of(row, since=at - WEEK)
    ]


def _odd(row: Device, at: datetime) -> dict[str, int]:
    """Return how many of its reads of the last day were odd, of how many."""
    today = PlateRead.objects.filter(lane=row.lane_id, device=row, captured_at__gte=at - timedelta(days=1))
    return today.aggregate(known=Count("pk"), odd=Count("pk", filter=Q(outcome__in=PlateRead.TO_REVIEW)))


def _changes(row: Device) -> list[SettingChange]:
    rows = SettingChange.objects.filter(thing=Thing.DEVICE, row=row.pk)
    return list(rows.select_related("by").order_by("-pk")[:20])


def _line(row: Device, at: datetime) -> dict[str, Any]:
    return {
        "row": row,
        "device": row,
        "silent": row.revoked_at is None and device_presence.is_silent(row, at),
        "wrong_clock": abs(row.clock_offset) >= WRONG_CLOCK,
    }
