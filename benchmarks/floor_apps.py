"""Web floors: a WSGI callable without Django, and Django returning five bytes."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

type Start = Callable[[str, list[tuple[str, str]]], Any]


def bare(_environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def five_bytes(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


urlpatterns = [path("", five_bytes)]


def django() -> Any:
    """Return the product's WSGI application, middleware included, with `five_bytes` as its only view."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.floor_settings"
    return get_wsgi_application()
