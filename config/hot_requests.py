"""Hot requests answered by their own views, without Django's handler and middleware around them.

A charge, its payment, a channel's notice and a camera's read are most of what a city sends. At their
addresses Django's middleware does nothing but set headers, which the same classes do here in the same order;
the view is found among these few. So the answers are Django's, byte for byte, which tests compare
(tests/driver/test_hot_requests.py). Whatever is unusual before a view was asked goes to Django itself.

What is asked most exists twice: a short way for what is usual, and its twin for everything, which decides
where the short way returns None. Tests run both and compare:

| Short way | Twin | Test |
| --- | --- | --- |
| `driver.hot_charge` | `driver.plate` | tests/driver/test_hot_charge.py |
| `driver.hot_notice` | `driver.channel_notices` | tests/driver/test_hot_notice.py |
| `devices.vzenith.hot_push` | `devices.vzenith.camera_views` | tests/driver/test_hot_push.py |
| `devices.api.hot_reads` | `devices.api.device_views` | tests/devices/test_hot_reads.py |
| `lots.plate_reads.record_at_once` | `record_read` there | tests/devices/test_remembered_devices.py |
| `payments.settling.settle`, an exit read | tests/slow_twins.py | tests/test_round_trips.py |
| `core.hot_sql`, `core.hot_writes` | Django's ORM | tests/lots/test_hot.py |
| `core.postgresql` | Django's connection and `atomic` | tests/test_round_trips.py |
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
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
from django.utils.csp import CSP, build_policy

from config.middleware import BY_ADDRESS, RequestLog, used_https
from presentation.plain_posts import PlainAnswer

HOT = {  # names of addresses, by surface: what each car asks for on its way
    "driver": ("driver.urls", {"page", "page-as-printed", "charge", "pay", "status", "state", "notice"}),
    "device": ("devices.urls", {"vzenith-push", "reads"}),
}
WITHOUT_VIEW = {  # by surface and beginning of the path: the module whose `answered` is asked before the view
    "driver": {"/p/": "driver.hot_charge", "/n/": "driver.hot_notice"},
    "device": {"/d/": "devices.vzenith.hot_push"},
}
CSP_HEADER = str(CSP.HEADER_ENFORCE)
BEGINS = 3  # characters of a path that tell apart which of them it may be

type Head = tuple[str, list[tuple[str, str]], dict[str, int]]  # and where each header stands
type Start = Callable[..., Any]
type Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class HotRequests:
    """The WSGI application that asks the views of hot requests, and leaves others to the one behind it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._patterns: dict[str, list[URLPattern]] = {}
        for pattern in _patterns():
            self._patterns.setdefault(f"/{pattern.pattern}"[:BEGINS], []).append(pattern)
        self._without_view = dict(_without_view())
        self._heads: dict[Hashable, Head] = {}  # by kind of answer and scheme
        self._policy = ContentSecurityPolicyMiddleware(_nothing)
        self._usual_policy = build_policy(settings.SECURE_CSP)  # has no nonce
        self._security = SecurityMiddleware(_nothing)
        self._log = RequestLog(_nothing)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        answer = self._at_once(environ)
        if answer is not None:
            start_response(*self._head_of(answer, environ))
            return [answer.body]
        match = self._match(environ)
        request = WSGIRequest(environ) if match else None
        if match is None or request is None or not _is_known_host(request):
            return self._application(environ, start_response)
        set_script_prefix("/")  # this thread's last request may have had another
        request_started.send(sender=WSGIHandler, environ=environ)
        if used_https(environ):
            environ["wsgi.url_scheme"] = "https"
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

    def _at_once(self, environ: dict[str, Any]) -> PlainAnswer | None:
        """Return the answer to a usual request; None where the view answers, as after a bug."""
        answer = self._without_view.get(environ["PATH_INFO"][:BEGINS])
        try:
            return answer(environ) if answer else None
        except Exception as error:  # noqa: BLE001 - logged, as Django does
            self._log.process_exception(WSGIRequest(environ), error)
            return None

    def _set_headers(self, request: HttpRequest, response: HttpResponse) -> None:
        """Set what Django's middleware sets, in its order."""
        if not hasattr(response, "_csp_config"):  # spare building it each time
            response.headers.setdefault(CSP_HEADER, self._usual_policy)
        self._policy.process_response(request, response)
        self._security.process_response(request, response)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers["Server"] = ""

    def _head_of(self, answer: PlainAnswer, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
        """Return status and headers of an answer that was given without a response: those of one."""
        is_https = used_https(environ) or environ["wsgi.url_scheme"] == "https"
        known = self._heads.get((answer.kind, is_https))
        if known is None:
            request = WSGIRequest(environ | {"wsgi.url_scheme": "https" if is_https else "http"})
            response = answer.response()
            self._set_headers(request, response)
            status = f"{response.status_code} {response.reason_phrase}"
            places = {name: place for place, name in enumerate(response.headers)}
            known = self._heads[answer.kind, is_https] = status, [*response.items()], places
        status, headers, places = known
        headers = [*headers]
        for name, value in (answer.own_headers or {}).items():
            headers[places[name]] = name, value
        return status, headers

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


def _without_view() -> Iterator[tuple[str, Callable[[dict[str, Any]], PlainAnswer | None]]]:
    for surface, modules in WITHOUT_VIEW.items():
        if surface in settings.SURFACES:
            yield from ((begins, import_module(name).answered) for begins, name in modules.items())


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
