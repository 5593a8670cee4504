"""Which surfaces this process serves (SURFACES), and nothing else."""

from django.conf import settings
from django.urls import include, path

from payments.notices import notice

SURFACES = {
    "driver": [
        path("", include("payments.driver.urls")),
        path("n/<slug:provider>/<slug:merchant>", notice, name="notice"),
    ],
    "device": [path("", include("lots.devices.urls"))],
    "console": [
        path("console/", include("lots.console.urls")),
        path("console/", include("payments.console.urls")),
    ],
}
urlpatterns = [route for name in settings.SURFACES for route in SURFACES[name]]
