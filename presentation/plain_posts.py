"""The way in and out of a plain POST that is answered without Django's request (docs/decisions/042)."""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

from django.core.exceptions import DisallowedHost
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse

from core.body_length import announced_length


class PlainAnswer(NamedTuple):
    """What is answered without a response; `config.hot_requests` adds the headers."""

    body: bytes
    kind: Hashable  # what the headers depend on
    response: Callable[[], HttpResponse]  # makes the one that the view returns, for its headers
    own_headers: Mapping[str, str] | None = None  # which two answers of one kind do not share


def is_plain_post(environ: dict[str, Any]) -> bool:
    return environ["REQUEST_METHOD"] == "POST" and not environ.get("SCRIPT_NAME")


def whole_body(environ: dict[str, Any], *, limit: int) -> bytes | None:
    """Return the body, which can be read again; None where it stopped half way or is longer than `limit`."""
    length = announced_length(environ)
    if not length or length > limit:
        return None
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except OSError:
        return None
    environ["wsgi.input"] = BytesIO(body)
    return body if len(body) == length else None


@lru_cache(maxsize=64)
def is_known_host(host: str | None) -> bool:
    request = HttpRequest()
    request.META = {"HTTP_HOST": host}
    try:
        return bool(host and request.get_host())
    except DisallowedHost:
        return False


def give_back_connection() -> None:
    """End the use of the connection, as Django does at the end of a request."""
    here = connections[DEFAULT_DB_ALIAS]
    if not here.in_atomic_block:  # of a test
        here.close_if_unusable_or_obsolete()
