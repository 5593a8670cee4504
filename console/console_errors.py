"""The console's pages for an address that is not there, a refusal, a form that came late, our own faults."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override

from console.kept_forms import can_keep, is_opened, kept_context
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
REFUSED_FORMS: dict[int, tuple[Promise, Promise]] = {  # an act, where TEXTS are about a page
    403: (
        _("Nothing was changed: your role does not include this"),
        _(
            "It may have been taken away while the page was open. If you need it for your work, ask an "
            "owner, who can change roles under People."
        ),
    ),
    404: (
        _("Nothing was changed: what this was about is gone"),
        _(
            "A colleague may have deleted, merged or handled it while the page was open. Look for it with "
            "the menu or the search above before you repeat it."
        ),
    ),
}
TOO_MUCH = (
    _("Too much text was sent"),
    _(
        "Nothing was changed. Something very long was pasted into the form. "
        "Open the page again and paste less."
    ),
)
SIGNED_OUT = (
    _("You were signed out before this was sent"),
    _("Nothing was changed, and what you typed is still on this page."),
)
KEPT = _(
    "Nothing was changed: the page was open for too long, or you signed in again in another window. What you "
    "typed is still on this page; check it and send it again."
)
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


class KeepForms:
    """Answer a form of a person who is signed out with a page that keeps it, not with the bare sign-in.

    The address of a form that is opened as a page, by a reload or a link that tries again, leads to the form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and is_opened(request):
            return redirect(page_above(request.path_info))
        leads_to = urlsplit(response.headers.get("Location", ""))
        is_sent_away = leads_to.path == settings.LOGIN_URL and REDIRECT_FIELD_NAME in parse_qs(leads_to.query)
        if not is_sent_away or request.user.is_authenticated or not can_keep(request):
            return response
        return _kept(request, *SIGNED_OUT)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return _page(request, 404, *_texts(request)[404], HOME)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return _page(request, 403, *(NO_ROLE if _has_no_role(request) else _texts(request)[403]), HOME)


def _texts(request: HttpRequest) -> dict[int, tuple[Promise, Promise]]:
    return REFUSED_FORMS if request.method == "POST" else TEXTS


def _has_no_role(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.is_superuser:
        return False
    try:
        return not Grant.objects.filter(user=user, ended_at=None).exists()
    except DatabaseError:
        return False


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = TOO_MUCH if isinstance(exception, RequestDataTooBig) else TEXTS[400]
    return _page(request, 400, *text, page_above(request.path_info))


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or stale (CSRF_FAILURE_VIEW)."""
    log.warning("csrf_refused", reason=reason)
    if can_keep(request):
        return _kept(request, EXPIRED[0], KEPT)
    return _page(request, 403, *EXPIRED, page_above(request.path_info))


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer a fault of ours without asking the database for anything: it may be the cause."""
    return HttpResponse(render_to_string("console/broken.html"), status=500)


@never_cache
def _kept(request: HttpRequest, title: Promise, text: Promise) -> HttpResponse:
    back = page_above(request.path_info)
    return _page(request, 403, title, text, back, template="console/kept_form.html", **kept_context(request))


@csp_override(settings.CONSOLE_CSP)
def _page(
    request: HttpRequest,
    status: int,
    title: Promise,
    text: Promise,
    back: str,
    *,
    template: str = "console/error.html",
    **more: Any,
) -> HttpResponse:
    context = {"title": title, "text": text, "back": back, **more}
    try:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and not hasattr(request, "access"):
            request.access = Access(user, "account.see")  # type: ignore[attr-defined] # for the menu
        return render(request, template, context, status=status)
    except Error as error:
        return unavailable(request) if is_unusable(error) else broken(request)


def home() -> HttpResponse:
    """Redirect the bare address of the console's host to its first page."""
    return redirect("console:today")
