"""For machines: is this process alive, is it ready, and the metrics. None says anything of anybody."""

import hmac
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.background_look import BackgroundLook
from core import row_security
from monitoring import measurements
from monitoring.models import WriteProbe

TEXT = "text/plain; version=0.0.4; charset=utf-8"
WRITE_AGAIN_SECONDS = 1.0
AWAY_SECONDS, SLOW_SECONDS = 0.3, 0.8  # that an answer waits for a write: who asks gives up in seconds
# Once all migrations were seen to have run, this process need not look again.
_current: dict[str, Any] = {"schema": False, "written_at": -WRITE_AGAIN_SECONDS}


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's shape
    """Answer that the process runs. It uses nothing else, or a database outage would have it killed."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Answer whether this process can serve: the database has the needed tables and takes a write."""
    if _written_lately() or _writes_soon():
        return JsonResponse({"ready": True})
    return JsonResponse({"ready": False}, status=503, headers={"Retry-After": "5"})


def _written_lately() -> bool:
    """Return whether this process has just written: a flood of probes must not become one of writes."""
    return bool(time.monotonic() - _current["written_at"] < WRITE_AGAIN_SECONDS)


def _writes_soon() -> bool:
    """Try a write. On PostgreSQL, which may be away or hang, the answer waits for it only for a while."""
    if not getattr(connection, "pool", None):
        with suppress(Error):
            _write()
        return _written_lately()
    database: Any = connection
    faults = database.connection_faults()
    _look.wait(AWAY_SECONDS)
    is_away = _look.is_failing(late=SLOW_SECONDS) or database.connection_faults() > faults
    if not _written_lately() and not is_away:
        _look.wait(SLOW_SECONDS - AWAY_SECONDS)
    return _written_lately()


def _write() -> None:
    if not _current["schema"]:
        _current["schema"] = not measurements.pending_migrations()
    if _current["schema"]:
        WriteProbe.objects.update_or_create(pk=1, defaults={"at": now()})
        _current["written_at"] = time.monotonic()


_look = BackgroundLook("write", lambda: _write())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics for Prometheus; 404 without a valid token."""
    if not _may_scrape(request):
        return HttpResponse(status=404)
    from monitoring import metrics as page  # with its library, which only a scraped process needs

    with row_security.console(), row_security.every_operator():  # as the console's role, for the whole site
        measured = measurements.measure(at=now())
    return HttpResponse(page.render(measured), content_type=TEXT)


def _may_scrape(request: HttpRequest) -> bool:
    """Allow requests with the token; else, if set so, those from this machine that no proxy forwarded."""
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers)
    return bool(settings.METRICS_LOOPBACK) and not forwarded and _is_here(request.META.get("REMOTE_ADDR", ""))


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
