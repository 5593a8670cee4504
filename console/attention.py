"""Counts in the header of every page: open tasks, and whether a signal is red.

Counting takes ten queries, more than most pages. So a page shows what this process counted for the same
person up to `KEPT_SECONDS` ago; an open page asks again by itself (`attention`).
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from console import health_page
from monitoring import measurements
from monitoring.models import Incident, Silence
from payments.today_figures import Scope, count_tasks
from staff import session_limits
from staff.access import Access, access, requires

KEPT_SECONDS = 10
MOST_KEPT = 1000  # people
NO_BEAT = timedelta(minutes=3)  # as monitoring.signal_rules: then the worker records no incident either


@dataclass(frozen=True)
class Attention:
    """Counts for the header; None where the person lacks the permission."""

    tasks: int | None
    is_red: bool | None


_kept: dict[int, tuple[float, Attention]] = {}  # by user


def forget(user: int | None = None) -> None:
    """Count again for one person, whose act has changed the count, or for everybody."""
    if user is None:
        _kept.clear()
    else:
        _kept.pop(user, None)


def kept_attention(person: Access, *, at: datetime) -> Attention:
    """Return what waited for this person a few seconds ago, or now."""
    counted_at, found = _kept.get(person.user.pk, (0.0, None))
    if found is not None and time.monotonic() - counted_at < KEPT_SECONDS:
        return found
    return attention_of(person, at=at)


def attention_of(person: Access, *, at: datetime) -> Attention:
    """Return what waits for this person now, by a few indexed queries."""
    tasks = None
    if person.may("money.see"):
        tasks = count_tasks(Scope(list(person.lots_with_trial("money.see")), at))
    found = Attention(tasks, _is_red(person, at) if person.may("health.see") else None)
    if len(_kept) >= MOST_KEPT:
        forget()
    _kept[person.user.pk] = (time.monotonic(), found)
    return found


def _is_red(person: Access, at: datetime) -> bool:
    """Return whether an incident is open that is not silenced; of the whole site or of one's own lots."""
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
@require_http_methods(["GET", "HEAD", "POST"])
def attention(request: HttpRequest) -> JsonResponse:
    """Answer what an open page polls: a count and a flag, no names; and how many seconds the sign-in lasts.

    It asks by POST when a person did something on it, which counts as activity (`session_limits`). The token
    lets its forms still be sent after a sign-in in another tab, which ends older tokens.
    """
    person, at = access(request), now()
    found = attention_of(person, at=at)
    idle, whole = session_limits.remaining(request, person.all_roles(), at=at)
    return JsonResponse(
        {
            "tasks": found.tasks,
            "red": found.is_red,
            "token": get_token(request),
            "idle": int(idle.total_seconds()),
            "whole": int(whole.total_seconds()),
        }
    )
