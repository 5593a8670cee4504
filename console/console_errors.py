"""The console's pages for an address that is not there, a refusal, an expired form and our own faults."""

from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from console.unavailable import unavailable
from core.database import is_unusable
from staff.access import HOME, Access, page_above
from staff.models import Grant

log = structlog.get_logger("request")
TEXTS: dict[int, tuple[Promise, Promise]] = {
    400: (
        _("This request could not be read"),
        _("Nothing was changed. Go back and fill in the form again."),
    ),
    403: (
        _("You have no permission to open this page"),
        _(
            "Your role does not include it. If you need it for your work, ask an owner, who can change "
            "roles under People."
        ),
    ),
    404: (
        _("There is no such page"),
        _(
            "The address may be mistyped, or what it was about is gone, or belongs to another operator. "
            "Use the menu or the search above."
        ),
    ),
}
NO_ROLE = (
    _("Your account has no role"),
    _("It was not given one, or its last one has ended. Ask an owner to invite you again under People."),
)
EXPIRED = (
    _("This page has expired"),
    _(
        "Nothing was changed. It was open for too long, or you signed in again in another window. "
        "Open it again and repeat the last step."
    ),
)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return _page(request, 404, *TEXTS[404], HOME)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return _page(request, 403, *(NO_ROLE if _has_no_role(request) else TEXTS[403]), HOME)


def _has_no_role(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.is_superuser:
        return False
    try:
        return not Grant.objects.filter(user=user, ended_at=None).exists()
    except DatabaseError:
        return False


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return _page(request, 400, *TEXTS[400], page_above(request.path_info))


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or stale (CSRF_FAILURE_VIEW)."""
    log.warning("csrf_refused", reason=reason)
    return _page(request, 403, *EXPIRED, page_above(request.path_info))


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer a fault of ours without asking the database for anything: it may be the cause."""
    return HttpResponse(render_to_string("console/broken.html"), status=500)


@csp_override(settings.CONSOLE_CSP)
def _page(request: HttpRequest, status: int, title: Promise, text: Promise, back: str) -> HttpResponse:
    context = {"title": title, "text": text, "back": back}
    try:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and not hasattr(request, "access"):
            request.access = Access(user, "account.see")  # type: ignore[attr-defined] # for the menu
        return render(request, "console/error.html", context, status=status)
    except Error as error:
        return unavailable(request) if is_unusable(error) else broken(request)


def home() -> HttpResponse:
    """Redirect the bare address of the console's host to its first page."""
    return redirect("console:today")
