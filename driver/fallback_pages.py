"""The last resort (config.urls): safe pages for addresses that no view took, and for our own faults."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.views import defaults

from driver import driver_view
from presentation import respond
from presentation.failures import Failure


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return (
        _answer(request, "not_found") if _is_drivers(request) else defaults.page_not_found(request, exception)
    )


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return (
        _answer(request, "bad_request") if _is_drivers(request) else defaults.bad_request(request, exception)
    )


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return (
        _answer(request, "foreign_request")
        if _is_drivers(request)
        else defaults.permission_denied(request, exception)
    )


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, "broken") if _is_drivers(request) else defaults.server_error(request)


def _is_drivers(request: HttpRequest) -> bool:
    return "driver" in settings.SURFACES and not request.path_info.startswith(("/console/", "/api/"))


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    try:
        names = resolve(request.path_info).kwargs
    except Resolver404:
        names = {}
    names.pop("language", None)
    with translation.override(driver_view.language_of(request.path_info)):
        return respond.sealed(driver_view.explain(request, Failure(code), **names))
