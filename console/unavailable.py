"""The console's page while the database or the disk is not usable. It needs no session, user or database."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from console.console_language import chosen_language

RETRY_AFTER = 10  # seconds


def unavailable(request: HttpRequest, *, is_full: bool = False) -> HttpResponse:
    """Answer 503 in the reader's language, with whom to call. `is_full`: a file found no room on the disk."""
    with translation.override(chosen_language(request)):
        shown = {"phone": settings.SUPPORT_PHONE, "is_full": is_full}
        body = render_to_string("console/unavailable.html", shown)
    response = HttpResponse(body, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response
