"""Counts in the header of every page: open tasks, and whether a signal is red.

Counting takes some twenty queries, more than most pages. So a page shows what this process counted for the
same person up to `KEPT_SECONDS` ago; an open page asks again by itself (`attention`).
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from console.health_scope import muted_kinds, sees_machine, unmuted
from monitoring import measurements
from monitoring.models import Incident
from monitoring.signal_rules import judge
from payments.today_figures import Scope, count_tasks
from staff import session_limits
from staff.access import Access, access, requires

KEPT_SECONDS = 10
MOST_KEPT = 1000  # people
NO_BEAT = timedelta(minutes=3)  # as monitoring.signal_rules: then the worker records no incident either
EVALUATED = timedelta(minutes=1)  # the worker judges every 30 s: what it saw before that is over


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
    """Return whether the health page shows a fault that is not muted.

    Of the whole site it takes what the worker found last. Of some lots it looks: their faults have no
    incidents of their own where one concerns several operators, such as refunds or a shared merchant.
    """
    if not sees_machine(person, "health.see"):
        signals = judge(measurements.measure_of(list(person.lots("health.see")), at=at))
        return bool(unmuted(signals, muted_kinds(at)))
    beat = measurements.last_beat()
    if beat is None or beat < at - NO_BEAT:
        return True
    rows = Incident.objects.filter(ended_at=None, red_at__gte=beat - EVALUATED)
    return rows.exclude(kind__in=muted_kinds(at)).exists()


def note_health(person: Access, *, is_red: bool, at: datetime) -> None:
    """Let the header say what the health page has just found."""
    found = kept_attention(person, at=at)
    _kept[person.user.pk] = (time.monotonic(), Attention(found.tasks, is_red))


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
