"""What waits for the person who is signed in, counted on every page: tasks, and whether something is red."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from console import health_page
from monitoring import measurements
from monitoring.models import Incident, Silence
from payments.today_figures import Scope, count_tasks
from staff.access import Access, access, requires

NO_BEAT = timedelta(minutes=3)  # as monitoring.signal_rules: then the worker records no incident either


@dataclass(frozen=True)
class Attention:
    """Counts for the header; None where the person may not see what is counted."""

    tasks: int | None
    is_red: bool | None


def attention_of(person: Access, *, at: datetime) -> Attention:
    """Return what waits for this person now, by a few indexed queries."""
    tasks = None
    if person.may("money.see"):
        tasks = count_tasks(Scope(list(person.lots("money.see")), at))
    return Attention(tasks, _is_red(person, at) if person.may("health.see") else None)


def _is_red(person: Access, at: datetime) -> bool:
    """Return whether an incident is open that nobody silenced; of the whole site or of one's own lots."""
    silenced = Silence.objects.filter(until__gt=at).values("kind")
    rows = Incident.objects.filter(ended_at=None).exclude(kind__in=silenced)
    if health_page.sees_machine(person, "health.see"):
        beat = measurements.last_beat()
        return beat is None or beat < at - NO_BEAT or rows.exists()
    labels = [measurements.lot_label(lot.name, lot.slug) for lot in person.lots("health.see")]
    return any(
        subject.endswith(label) for subject in rows.values_list("subject", flat=True) for label in labels
    )


@requires("account.see")
@require_safe
def attention(request: HttpRequest) -> JsonResponse:
    """Answer what an open page polls: a count and a flag, no names."""
    found = attention_of(access(request), at=now())
    return JsonResponse({"tasks": found.tasks, "red": found.is_red})
