"""The console's language: Chinese, unless the person at this browser chose English.

A cookie of the console's own path keeps the choice, before signing in as after; a driver's page never
receives it. What the browser prefers is not asked: a PC that a booth shares says whatever it was sold with.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE, PATH = "console-language", "/console/"
LANGUAGES = ("zh-hans", "en")
A_YEAR = 365 * 24 * 3600


class Language:
    """Serve each console page in the language that its user chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            return self.get_response(request)


def chosen_language(request: HttpRequest) -> str:
    """Return the language that was chosen in this browser, else the usual one."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE


def in_english() -> bool:
    """Return whether this page is in English; anything else is Chinese."""
    return (translation.get_language() or "").startswith("en")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in a cookie, and return to the page where it was chosen."""
    chosen, back = request.POST.get("language", ""), request.POST.get("back", "")
    if chosen not in LANGUAGES:
        return HttpResponseBadRequest("There is no such language.", content_type="text/plain")
    if not back.startswith(PATH) or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = PATH
    response = redirect(back)
    response.set_cookie(
        COOKIE,
        chosen,
        max_age=A_YEAR,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
