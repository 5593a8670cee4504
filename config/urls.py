"""Which surfaces this process serves (SURFACES), and nothing else: what it does not serve is not imported."""

from collections.abc import Callable

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import health_probes

type Routes = list[URLPattern | URLResolver]


def _console() -> Routes:
    routes: Routes = [
        path("console/", include("console.sign_in")),
        path("console/", include("console.urls")),
        path("metrics", health_probes.metrics),
    ]
    return [*routes, path("console/", include("members.console.urls"))] if settings.MEMBERS else routes


SURFACES: dict[str, Callable[[], Routes]] = {
    "driver": lambda: [path("", include("driver.urls"))],
    "device": lambda: [path("", include("devices.urls"))],
    "console": _console,
}
if settings.MEMBERS:
    SURFACES["members"] = lambda: [path("", include("members.urls"))]
# Every process has a load balancer.
PROBES = [path("healthz", health_probes.alive), path("readyz", health_probes.ready)]
urlpatterns = [*PROBES, *(route for name in settings.SURFACES for route in SURFACES[name]())]

handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.forbidden"
handler404 = "config.error_pages.not_found"
handler500 = "config.error_pages.broken"
