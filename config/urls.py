"""Which surfaces this process serves (SURFACES), and nothing else."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from payments.notices import notice

SURFACES: dict[str, list[URLPattern | URLResolver]] = {
    "driver": [
        path("", include("payments.driver.urls")),
        path("", include("compliance.urls")),
        path("n/<slug:provider>/<slug:merchant>", notice, name="notice"),
    ],
    "device": [path("", include("lots.devices.urls"))],
    "console": [
        path("console/", include("lots.console.urls")),
        path("console/", include("payments.console.urls")),
        path("console/", include("compliance.console.urls")),
    ],
}
urlpatterns = [route for name in settings.SURFACES for route in SURFACES[name]]

handler400 = "payments.driver.handlers.bad_request"
handler403 = "payments.driver.handlers.forbidden"
handler404 = "payments.driver.handlers.not_found"
handler500 = "payments.driver.handlers.broken"
