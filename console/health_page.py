"""The health page: what is red, amber or green, what to do, who silenced what and why."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console import attention
from console.health_scope import muted_kinds, scope, unmuted
from console.reason_forms import ReasonForm, ask_again
from core.spoken_time import spoken_hours
from monitoring import measurements, watch
from monitoring.alert_delivery import ways
from monitoring.models import Incident, Silence
from monitoring.signal_rules import Level, Signal, judge, worst
from monitoring.signal_words import LEVELS, TEXTS, SignalText, Text, text_of, title_of
from staff.access import Access, access, requires

HOURS = (1, 8, 24, 72)
PAGES = {  # where a signal is handled, and what one must be allowed for it
    "devices": ("console:devices", "devices.see"),
    "barrier": ("console:booths", "stays.act"),
    "refunds": ("console:tasks", "money.see"),
    "unreported": ("console:tasks", "money.see"),
    "discrepancies": ("console:tasks", "money.see"),
    "diverged_prices": ("console:price-checks", "days.see"),
}
OF_CHANNELS = {"channel_hidden", "channel_failing", "start_failed", "query_failed"}
ROWS = 20
CARDS = 3  # of one kind that are shown in full; more of them say the same of other lots


class SilenceForm(ReasonForm):
    """Which alerts to mute, for how many hours, and why."""

    kind = forms.ChoiceField(widget=forms.HiddenInput, choices=[(kind, kind) for kind in TEXTS])
    hours = forms.TypedChoiceField(label=_("Duration"), coerce=int)
    field_order = ("kind", "hours", "why")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        hours: Any = self.fields["hours"]
        hours.choices = [(each, spoken_hours(each)) for each in HOURS]


@dataclass(frozen=True)
class HealthLine:
    signal: Signal
    text: SignalText
    level: Text
    page: str = ""  # the address where it is handled, for who may open it


@dataclass(frozen=True)
class SameKind:
    """Signals of one kind: some in full, the others in a list that can be opened."""

    shown: list[HealthLine]
    others: list[HealthLine]


@requires("health.see")
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show the current signals, worst first: of the whole site, or of one's own lots.

    The machine and its alerts concern every operator on it. Who does not see every lot of the site sees what
    concerns their own, and silences nothing: a silence would hold for the others too.
    """
    at = now()
    whole, lots = scope(access(request))
    signals = judge(measurements.measure(at=at) if whole else measurements.measure_of(lots, at=at))
    mine = access(request)
    lines = [
        HealthLine(signal, text_of(signal), LEVELS[signal.level], _page_of(signal, mine))
        for signal in signals
    ]
    silences = Silence.objects.filter(until__gt=at).select_related("by").order_by("until")
    muted = muted_kinds(at)
    loud = unmuted(signals, muted)
    attention.note_health(mine, is_red=bool(loud), at=at)
    context = {
        "at": at,
        "worst": worst(signals),
        "all_muted": not loud,
        "counts": Counter(line.signal.level.value for line in lines),
        "red": _by_kind(lines, Level.RED),
        "amber": _by_kind(lines, Level.AMBER),
        "green": [line for line in lines if line.signal.level == Level.GREEN],
        "whole": whole,
        "silences": [(row, title_of(row.kind, "")) for row in silences] if whole else [],
        "silenced": muted,
        "incidents": [(row, title_of(row.kind, row.subject)) for row in _incidents(signals, whole=whole)],
        "ways": [way.value for way in ways()],
        "version": settings.VERSION,
    }
    return render(request, "console/health.html", context)


def _by_kind(lines: list[HealthLine], level: Level) -> list[SameKind]:
    """Return the signals of a level by their kinds, so that a fault of 200 lots does not hide the others."""
    kinds: dict[str, list[HealthLine]] = {}
    for line in lines:
        if line.signal.level == level:
            kinds.setdefault(line.signal.kind, []).append(line)
    return [SameKind(same[:CARDS], same[CARDS:]) for same in kinds.values()]


def _page_of(signal: Signal, person: Access) -> str:
    if signal.kind in OF_CHANNELS:
        return _channels_of(signal.subject, person)
    route, action = PAGES.get(signal.kind, ("", ""))
    if not route or not person.may(action):
        return ""
    return reverse(route) + ("?state=silent" if signal.kind == "devices" else "")


def _channels_of(subject: str, person: Access) -> str:
    """Return the page with the channels of the lot that a subject ends with, or else of any lot."""
    slug = subject.rpartition("(")[2].removesuffix(")")
    lots = person.lots("lots.edit").filter(is_trial=False).order_by("pk")
    lot = lots.filter(slug=slug).first() or lots.first()
    return reverse("console:channels", args=[lot.slug]) if lot else ""


def _incidents(signals: list[Signal], *, whole: bool) -> list[Incident]:
    """Return the latest incidents: all, or those of what this person's signals are about."""
    rows = Incident.objects.order_by("-since")
    if whole:
        return list(rows[:ROWS])
    about = {(signal.kind, signal.subject) for signal in signals if signal.subject}
    hidden = {("channel_hidden", subject) for kind, subject in about if kind.startswith("channel_")}
    known = rows.filter(subject__in={subject for _, subject in about})[: ROWS * 5]
    return [row for row in known if (row.kind, row.subject) in about | hidden][:ROWS]


@requires("health.silence")
@require_POST
def silence(request: HttpRequest) -> HttpResponse:
    """Silence one kind of signal for some hours; who, when and why is recorded."""
    if not scope(access(request))[0]:
        raise PermissionDenied
    form = SilenceForm(request.POST)
    if not form.is_valid():
        return ask_again(request, form, back=reverse("console:health"))
    assert request.user.pk is not None  # staff are signed in
    until = watch.silence(**form.cleaned_data, by=request.user.pk, at=now()).until
    messages.success(
        request,
        gettext("No alerts of this kind until %(until)s.") % {"until": f"{localtime(until):%m-%d %H:%M}"},
    )
    return redirect("console:health")
