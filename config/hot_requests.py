"""Hot requests answered by their own views, without Django's handler and middleware around them.

A charge, its payment, a channel's notice and a camera's read are most of what a city sends. At their
addresses Django's middleware does nothing but set headers, which the same classes do here in the same order;
the view is found among these few. So the answers are Django's, byte for byte, which tests compare
(tests/driver/test_hot_requests.py). Whatever is unusual before a view was asked goes to Django itself.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_started
from django.http import HttpRequest, HttpResponse
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, URLPattern, resolve, set_script_prefix

from config.middleware import BY_ADDRESS, RequestLog, used_https

HOT = {  # names of addresses, by surface: what each car asks for on its way
    "driver": ("driver.urls", {"page", "page-as-printed", "charge", "pay", "status", "state", "notice"}),
    "device": ("devices.urls", {"vzenith-push", "reads"}),
}
BEGINS = 3  # characters of a path that tell apart which of them it may be

type Start = Callable[..., Any]
type Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class HotRequests:
    """The WSGI application that asks the views of hot requests, and leaves others to the one behind it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._patterns: dict[str, list[URLPattern]] = {}
        for pattern in _patterns():
            self._patterns.setdefault(f"/{pattern.pattern}"[:BEGINS], []).append(pattern)
        self._charge = _charge()
        self._headers: dict[tuple[bool, bool], list[tuple[str, str]]] = {}  # zipped or not, https or not
        self._policy = ContentSecurityPolicyMiddleware(_nothing)
        self._security = SecurityMiddleware(_nothing)
        self._log = RequestLog(_nothing)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        part = self._part(environ)
        if part is not None:
            start_response("200 OK", self._part_headers(part, environ))
            return [part.body]
        match = self._match(environ)
        request = WSGIRequest(environ) if match else None
        if match is None or request is None or not _is_known_host(request):
            return self._application(environ, start_response)
        set_script_prefix("/")  # this thread's last request may have had another
        request_started.send(sender=WSGIHandler, environ=environ)
        if used_https(environ):
            environ["wsgi.url_scheme"] = "https"
        self._policy.process_request(request)
        try:
            response = match.func(request, *match.args, **match.kwargs)
            if hasattr(response, "render"):  # of Django REST framework
                response = response.render()
        except Exception as error:  # noqa: BLE001 - as Django does: it is logged, and answered by a page
            response = self._failed(request, error)
        self._set_headers(request, response)
        response._resource_closers.append(request.close)
        response._handler_class = WSGIHandler
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
        return response  # type: ignore[no-any-return]

    def _part(self, environ: dict[str, Any]) -> Any:
        """Return the part that answers a look-up, if it is a usual one; after a bug the view does."""
        try:
            return self._charge(environ) if self._charge else None
        except Exception as error:  # noqa: BLE001 - logged, as Django does
            self._log.process_exception(WSGIRequest(environ), error)
            return None

    def _set_headers(self, request: HttpRequest, response: HttpResponse) -> None:
        """Set what Django's middleware sets, in its order."""
        self._policy.process_response(request, response)
        self._security.process_response(request, response)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers["Server"] = ""

    def _part_headers(self, part: Any, environ: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the headers of a part that was answered without a response: those that one would have."""
        is_https = used_https(environ) or environ["wsgi.url_scheme"] == "https"
        known = self._headers.get((part.is_zipped, is_https))
        if known is None:
            request = WSGIRequest(environ | {"wsgi.url_scheme": "https" if is_https else "http"})
            response = part.response()
            self._policy.process_request(request)
            self._set_headers(request, response)
            known = self._headers[part.is_zipped, is_https] = [*response.items()]
        own = {"Content-Length": str(len(part.body)), "X-Part": part.address}
        return [(name, own.get(name, value)) for name, value in known]

    def _match(self, environ: dict[str, Any]) -> ResolverMatch | None:
        path = environ["PATH_INFO"]
        is_plain = path.isascii() and not environ.get("SCRIPT_NAME")
        for pattern in self._patterns.get(path[:BEGINS], ()) if is_plain else ():
            if match := pattern.resolve(path[1:]):
                return match
        return None

    def _failed(self, request: HttpRequest, error: Exception) -> HttpResponse:
        request.resolver_match = resolve(request.path_info)
        self._log.process_exception(request, error)
        return response_for_exception(request, error)


def _patterns() -> Iterator[URLPattern]:
    for surface, (module, names) in HOT.items():
        if surface in settings.SURFACES:
            yield from (each for each in import_module(module).urlpatterns if each.name in names)


def _charge() -> Callable[[dict[str, Any]], Any] | None:
    """Return what answers the look-ups of scripts, where this process serves drivers."""
    return import_module("driver.hot_charge").part_of if "driver" in settings.SURFACES else None


def _is_known_host(request: HttpRequest) -> bool:
    if request.path_info.startswith(BY_ADDRESS):  # see `KnownHost`
        return True
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _nothing(_request: HttpRequest) -> HttpResponse:
    raise AssertionError("this middleware stands around no view")
