"""What devices talk to: the car park's doors, and the money's. Also what docs/openapi.yaml describes."""

from django.urls import include, path

urlpatterns = [path("", include("lots.devices.urls")), path("", include("payments.devices.urls"))]
