"""Which surfaces this process serves (SURFACES), and nothing else."""

from django.conf import settings
from django.urls import include, path

SURFACES = {
    "driver": path("", include("payments.driver.urls")),
    "device": path("", include("lots.devices.urls")),
    "console": path("console/", include("lots.console.urls")),
}
urlpatterns = [SURFACES[name] for name in settings.SURFACES]
