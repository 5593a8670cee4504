"""Web floors: a WSGI callable as large as the first page, and Django returning five bytes."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

type Start = Callable[[str, list[tuple[str, str]]], Any]


BODY = b"hello".ljust(3_430)  # with twelve headers as large as the first page of a sign
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]
HEADERS += [(f"X-Header-{number}", "x" * 36) for number in range(10)]


def bare(_environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    start_response("200 OK", list(HEADERS))
    return [BODY]


def five_bytes(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


urlpatterns = [path("", five_bytes)]


def django() -> Any:
    """Return the product's WSGI application, middleware included, with `five_bytes` as its only view."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.floor_settings"
    return get_wsgi_application()
