"""The console's page while the database is not usable. It needs no session, no user and no database."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from console.console_language import chosen_language

RETRY_AFTER = 10  # seconds


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 in the reader's language, with whom to call."""
    with translation.override(chosen_language(request)):
        body = render_to_string("console/unavailable.html", {"phone": settings.SUPPORT_PHONE})
    response = HttpResponse(body, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response
