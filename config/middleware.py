"""Middleware of every request, and of the console's requests only."""

import time
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string

from console.unavailable import unavailable
from core import database, row_security

type Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("request")
BY_ADDRESS = ("/healthz", "/readyz", "/metrics", "/api/", "/d/")
ANSWERED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest)  # Django's answers, and no bugs


class PublicScheme:
    """Give a request the scheme that its client used: a proxy in front ends TLS and speaks http to us.

    Believed only behind `TRUSTED_PROXIES`: first what the outermost trusted proxy wrote in
    X-Forwarded-Proto; without that header, the scheme of the configured origin with this host.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if used_https(request.META):
            request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)


def used_https(meta: Mapping[str, Any]) -> bool:
    """Return whether the client of a WSGI request used https."""
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return str(meta.get("wsgi.url_scheme", "")) == "https"
    forwarded, host = str(meta.get("HTTP_X_FORWARDED_PROTO", "")), str(meta.get("HTTP_HOST", ""))
    return _was_https(forwarded, host, proxies, tuple(settings.ORIGINS))


@lru_cache(maxsize=64)  # few, for a stranger may send long ones
def _was_https(forwarded: str, host: str, proxies: int, origins: tuple[str, ...]) -> bool:
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if hops:
        return hops[-min(proxies, len(hops))].lower() == "https"
    return any(urlsplit(url).netloc == host.lower() for url in origins if url.startswith("https://"))


class KnownHost:
    """Refuse pages under a host name that is not ours. Probes and devices may come by address."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BY_ADDRESS):
            request.get_host()  # raises DisallowedHost, which is answered 400
        return self.get_response(request)


class NoServerName:
    """Name no product in the Server header: the server writes its own where there is none."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Server"] = ""
        return response


class OwnOrigin:
    """Forbid other origins to load our answers as scripts, pictures or frames."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class RequestLog:
    """One line a request: which view, what status, how long.

    Never the path, the query or an address: a path may hold a code or a token.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        log.debug(
            "request",
            view=match.view_name if match else None,
            method=request.method,
            status=response.status_code,
            ms=round((time.perf_counter() - start) * 1000, 1),
        )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Record a bug by its type and where it happened; its message may hold what a user typed."""
        if isinstance(error, ANSWERED):
            return
        if database.is_unusable(error):
            log.warning("database_away", **database.fault_of(error))
            return
        match = request.resolver_match
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        log.error(
            "unhandled",
            view=match.view_name if match else None,
            error=type(error).__name__,
            where=[f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
        )


class ConsoleStack:
    """Session, CSRF, user and messages for /console/ alone: a driver's page never meets them."""

    def __init__(self, get_response: Handler) -> None:
        self.plain = self.console = get_response
        self.rescuers: list[Callable[[HttpRequest, Exception], HttpResponse | None]] = []
        for name in reversed(settings.CONSOLE_MIDDLEWARE if "console" in settings.SURFACES else []):
            self.console = import_string(name)(self.console)
            if hasattr(self.console, "process_exception"):
                self.rescuers.append(self.console.process_exception)
        self.csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_console(request):
            return self.plain(request)
        try:
            with database.patient(), row_security.console():
                response = self.console(request)
        except Error as error:  # of the session, before there is a view
            if not database.is_unusable(error):
                raise
            return unavailable(request)
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Check the CSRF token where Django would: this hook is not called on inner middleware."""
        if not is_console(request):
            return None
        try:
            return self.csrf.process_view(request, view, args, kwargs)  # it reads the form, and its files
        except OSError as error:
            if not database.is_out_of_space(error):
                raise
            return unavailable(request, is_full=True)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Let inner middleware answer an exception; Django asks only the outer one."""
        if not is_console(request):
            return None
        if database.is_unusable(error):
            return unavailable(request)
        if database.is_out_of_space(error):
            return unavailable(request, is_full=True)
        return next((answer for rescue in self.rescuers if (answer := rescue(request, error))), None)


def is_console(request: HttpRequest) -> bool:
    return request.path_info.startswith("/console/") and "console" in settings.SURFACES
