"""The last resort (config.urls): safe pages for addresses that no view took, and for our own faults."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from payments.driver import desk, respond
from payments.driver.failures import Failure


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _answer(request, "not_found")


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _answer(request, "bad_request")


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _answer(request, "foreign_request")


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, "broken")


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    try:
        names = resolve(request.path_info).kwargs
    except Resolver404:
        names = {}
    names.pop("language", None)
    with translation.override(desk.language_of(request.path_info)):
        return respond.sealed(desk.explain(request, Failure(code), **names))
