"""Which surfaces this process serves (SURFACES), and nothing else."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from operations import probes
from payments.notices import notice

SURFACES: dict[str, list[URLPattern | URLResolver]] = {
    "driver": [
        path("", include("payments.driver.urls")),
        path("", include("compliance.urls")),
        path("", include("compliance.purity_urls")),
        path("n/<slug:provider>/<slug:merchant>", notice, name="notice"),
    ],
    "device": [path("", include("config.device_urls"))],
    "console": [
        path("console/", include("lots.console.accounts")),
        path("console/", include("lots.console.urls")),
        path("console/", include("payments.console.urls")),
        path("console/", include("compliance.console.urls")),
        path("console/", include("compliance.console.purity_urls")),
        path("console/", include("operations.console.urls")),
        path("metrics", probes.metrics),
    ],
}
if settings.MEMBERS:
    SURFACES["members"] = [path("", include("members.urls"))]
    SURFACES["console"].append(path("console/", include("members.console.urls")))
PROBES = [path("healthz", probes.alive), path("readyz", probes.ready)]  # every process has a load balancer
urlpatterns = [*PROBES, *(route for name in settings.SURFACES for route in SURFACES[name])]

handler400 = "payments.driver.handlers.bad_request"
handler403 = "payments.driver.handlers.forbidden"
handler404 = "payments.driver.handlers.not_found"
handler500 = "payments.driver.handlers.broken"
