"""The health page: what is red, amber or green, what to do, who silenced what and why."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lots.console.access import access, allowed
from lots.models import Lot
from operations import facts, watch
from operations.delivery import ways
from operations.models import Incident, Silence
from operations.rules import Level, Signal, judge, worst
from operations.words import LEVELS, ZH, Words, title_of, words_of

HOURS = (1, 8, 24, 72)
ROWS = 20


@dataclass(frozen=True)
class Line:
    signal: Signal
    words: Words
    level: str


@allowed("health.see")
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Everything measured now, the worst first."""
    at, chinese = now(), (get_language() or "zh").startswith("zh")
    hidden = _names_of_others(request)
    signals = [one for one in judge(facts.measure(at=at)) if place_of(one.subject) not in hidden]
    incidents = Incident.objects.order_by("-since")[: 5 * ROWS]  # some may be of others
    lines = [
        Line(signal, words_of(signal, chinese=chinese), LEVELS[signal.level][0 if chinese else 1])
        for signal in signals
    ]
    silences = Silence.objects.filter(until__gt=at).select_related("by").order_by("until")
    context = {
        "at": at,
        "worst": worst(signals),
        "red": [line for line in lines if line.signal.level == Level.RED],
        "amber": [line for line in lines if line.signal.level == Level.AMBER],
        "green": [line for line in lines if line.signal.level == Level.GREEN],
        "silences": [(row, title_of(row.kind, "", chinese=chinese)) for row in silences],
        "silenced": {row.kind for row in silences},
        "incidents": [
            (row, title_of(row.kind, row.subject, chinese=chinese))
            for row in incidents
            if place_of(row.subject) not in hidden
        ][:ROWS],
        "hours": HOURS,
        "ways": [way.value for way in ways()],
    }
    return render(request, "console/health.html", context)


def place_of(subject: str) -> str:
    """Return the lot that a signal is about, where it is about one: `name`, or `channel · name`."""
    return subject.rpartition(" · ")[2]


def _names_of_others(request: HttpRequest) -> set[str]:
    """Return the names of lots that are none of this person's business; what is of no lot is everybody's."""
    mine = set(access(request).lots().values_list("name", flat=True))
    return set(Lot.objects.values_list("name", flat=True)) - mine


@allowed("health.silence")
@require_POST
def silence(request: HttpRequest) -> HttpResponse:
    """Keep quiet about one kind of signal for some hours; who, when and why is kept."""
    kind, why = request.POST.get("kind", ""), request.POST.get("why", "").strip()[:200]
    hours = request.POST.get("hours", "")
    if kind not in ZH or not why or hours not in {str(each) for each in HOURS}:
        return HttpResponse(_("请选择时长并填写原因。"), status=422, content_type="text/plain; charset=utf-8")
    assert request.user.pk is not None  # staff are signed in
    watch.silence(kind=kind, hours=int(hours), why=why, by=request.user.pk, at=now())
    return redirect("operations:health")
