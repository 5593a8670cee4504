"""What a request must be before a driver's view looks at it.

There is no cookie, so there is nothing for a CSRF token to protect; still no other site must make a visitor's
browser search plates or start payments here. Sec-Fetch-Site and Origin show which site sends a form.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from core.body_length import announced_length
from presentation.failures import Failure

LARGEST_BODY = 64 * 1024
FORM = "application/x-www-form-urlencoded"


def check_post(request: HttpRequest) -> None:
    """Raise the `Failure` that explains why this POST is not taken; reads nothing of a body too large."""
    if not is_own(request.META, request.get_host):
        raise Failure("foreign_request")
    length = announced_length(request.META)
    if length is None or length > LARGEST_BODY:
        raise Failure("too_large")
    if request.content_type != FORM and (length or request.content_type):  # a form may be empty
        raise Failure("wrong_type")
    try:
        len(request.POST)
    except (BadRequest, SuspiciousOperation, RequestDataTooBig, UnreadablePostError, LookupError):
        raise Failure("bad_request") from None


def is_own(meta: Mapping[str, Any], host: Callable[[], str]) -> bool:
    """Return whether a form comes from a page of this site, which the browser reached as `host`.

    Old browsers send neither header; where one is sent it must name this site.
    """
    site, origin = meta.get("HTTP_SEC_FETCH_SITE"), meta.get("HTTP_ORIGIN")
    if site not in {None, "same-origin", "none"}:
        return False
    if origin is None or (origin == "null" and site == "same-origin"):
        return True
    try:
        named = urlsplit(str(origin)).netloc.lower()
    except ValueError:  # as of "http://["
        return False
    return named == urlsplit(settings.PUBLIC_URL).netloc.lower() or named == host().lower()


def client_of(request: HttpRequest) -> str:
    """As `client_in`, of a request."""
    return client_in(request.META)


def client_in(meta: Mapping[str, Any]) -> str:
    """Return the visitor's address for one call in memory: for a budget, or for a channel that demands it.

    With TRUSTED_PROXIES proxies in front, the last of the forwarded addresses that none of them wrote.
    """
    forwarded: str = meta.get("HTTP_X_FORWARDED_FOR", "")
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    proxies: int = settings.TRUSTED_PROXIES  # read once: each read is a function of Django's
    return hops[-proxies] if proxies and len(hops) >= proxies else str(meta.get("REMOTE_ADDR", ""))
