"""Limits of a sign-in: without activity, and in all (ASVS 7.3).

A booth's computer is shared and stands in public, so its roles are signed out after half an hour without a
touch. The absolute limits are a shift and a working day. With several roles the strictest limits apply.
Activity is what a person does, also within a page: its script reports keys and clicks by POST
(`console.attention`), so that those who work on one screen are not signed out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.timezone import now

from staff.models import Role, SignIn

SINCE, SEEN = "since", "used_at"  # keys of the session
SEEN_EVERY = timedelta(minutes=1)  # a session is written at most so often for being used


@dataclass(frozen=True)
class SessionLimits:
    idle: timedelta
    absolute: timedelta


_SHARED = SessionLimits(timedelta(minutes=30), timedelta(hours=12))
_OFFICE = SessionLimits(timedelta(hours=1), timedelta(hours=12))
LIMITS = {
    Role.OWNER: _OFFICE,
    Role.FINANCE: _OFFICE,
    Role.DUTY: _SHARED,
    Role.BOOTH: _SHARED,
    Role.TECHNICIAN: _OFFICE,
    Role.AUDITOR: _OFFICE,
    Role.REGULATOR: _OFFICE,
    Role.SHOP: _SHARED,
}


def limits_of(roles: Iterable[str]) -> SessionLimits:
    """Return the strictest limits of some roles; those of an office for a superuser, who has none."""
    found = [LIMITS[Role(role)] for role in roles] or [_OFFICE]
    return SessionLimits(min(one.idle for one in found), min(one.absolute for one in found))


def is_over(request: HttpRequest, roles: Iterable[str], *, at: datetime) -> bool:
    """Return whether a session is over; else note that it is used."""
    idle, whole = remaining(request, roles, at=at)
    if min(idle, whole) <= timedelta():
        return True
    if limits_of(roles).idle - idle >= SEEN_EVERY and _is_touched(request):
        request.session[SEEN] = at.isoformat()
    return False


def remaining(request: HttpRequest, roles: Iterable[str], *, at: datetime) -> tuple[timedelta, timedelta]:
    """Return how long a session lasts yet: without activity, and at most.

    Of a session that began later than now, since the server's clock was set back, that time has passed.
    """
    limits, session = limits_of(roles), request.session
    since = datetime.fromisoformat(session.get(SINCE) or at.isoformat())
    seen = datetime.fromisoformat(session.get(SEEN) or since.isoformat())
    return limits.idle - abs(at - seen), limits.absolute - abs(at - since)


def started(request: HttpRequest, **_: Any) -> None:
    """Start the clock at signing in (receiver of `user_logged_in`): the form may have been open for long."""
    request.session[SINCE] = now().isoformat()
    request.session.pop(SEEN, None)


def end_others(request: HttpRequest, user: User, **_: Any) -> None:
    """Sign a user out elsewhere who enrolled a second factor: who is in there never showed one
    (receiver of `authenticator_added`).
    """
    SignIn.objects.end(user, but=request.session.session_key)


def _is_touched(request: HttpRequest) -> bool:
    """Return whether someone did something: a page that refreshes itself must not keep a session alive.

    A navigation by a person has Sec-Fetch-User; browsers before 2020 send no Sec-Fetch header at all.
    """
    by_person = request.headers.get("Sec-Fetch-User") == "?1"
    return request.method == "POST" or by_person or "Sec-Fetch-Mode" not in request.headers
