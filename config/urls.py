"""Which surfaces this process serves (SURFACES), and nothing else."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import probes

SURFACES: dict[str, list[URLPattern | URLResolver]] = {
    "driver": [path("", include("driver.urls"))],
    "device": [path("", include("devices.urls"))],
    "console": [
        path("console/", include("console.sign_in")),
        path("console/", include("console.urls")),
        path("metrics", probes.metrics),
    ],
}
if settings.MEMBERS:
    SURFACES["members"] = [path("", include("members.urls"))]
    SURFACES["console"].append(path("console/", include("members.console.urls")))
PROBES = [path("healthz", probes.alive), path("readyz", probes.ready)]  # every process has a load balancer
urlpatterns = [*PROBES, *(route for name in settings.SURFACES for route in SURFACES[name])]

handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.forbidden"
handler404 = "config.error_pages.not_found"
handler500 = "config.error_pages.broken"
