"""Hands long work to the worker and leads to its page."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _

from staff import background
from staff.access import access


def key_of(request: HttpRequest) -> UUID:
    """Return the key that the page gave to its form: a second press is the same task."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def start(request: HttpRequest, name: str, *, key: UUID | None = None, **work: Any) -> HttpResponse:
    """Hand work to the worker and lead to its page; `work` as in `background.begin`."""
    try:
        row = background.begin(name, key=key or key_of(request), by=access(request).user, at=now(), **work)
    except background.TooManyOpen:
        return too_many_open(request)
    return redirect("console:background-task", row.pk)


def too_many_open(request: HttpRequest) -> HttpResponse:
    """Lead to the person's own work, which must go on first."""
    messages.error(
        request, _("Five pieces of your work are still open. Wait for one, or stop it, then try again.")
    )
    return redirect("console:background")
