"""Error pages of the whole site: the console answers for its own addresses, the driver's pages for theirs."""

from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.middleware import is_console
from driver import fallback_pages as driver


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if request.path_info == "/" and _is_console_host(request):
        home: HttpResponse = _console().home()
        return home
    answer: HttpResponse = _of(request).not_found(request, exception)
    return answer


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    answer: HttpResponse = _of(request).bad_request(request, exception)
    return answer


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    answer: HttpResponse = _of(request).forbidden(request, exception)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = _of(request).broken(request)
    return answer


def _of(request: HttpRequest) -> ModuleType:
    return _console() if is_console(request) else driver


def _console() -> ModuleType:
    """Return the console's error pages: a process that does not serve it has not its packages."""
    return import_module("console.console_errors")


def _is_console_host(request: HttpRequest) -> bool:
    """Return whether staff, and no drivers, use this host; on a host of both, drivers' pages answer.

    Not in a demo, where the person who opens the bare address is trying out the product.
    """
    if "console" not in settings.SURFACES:
        return False
    if settings.SANDBOX_URL and not settings.PRODUCTION:
        return True
    hosts = [urlsplit(url or "").netloc for url in (settings.CONSOLE_URL, settings.PUBLIC_URL)]
    return "driver" not in settings.SURFACES or (request.get_host() == hosts[0] != hosts[1])
