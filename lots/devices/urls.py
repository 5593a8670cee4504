"""Addresses of the device surface."""

from django.urls import path

from lots.devices.api import schema, views
from lots.devices.vzenith import views as vzenith

app_name = "device"
urlpatterns = [
    path("d/vzenith/<str:key_id>/<str:secret>/push", vzenith.push, name="vzenith-push"),
    path("d/vzenith/<str:key_id>/<str:secret>/heartbeat", vzenith.heartbeat, name="vzenith-heartbeat"),
    path("d/vzenith/<str:key_id>/<str:secret>/comet", vzenith.comet, name="vzenith-comet"),
    path("api/v1/schema", schema.schema, name="schema"),
    path("api/v1/reads", views.ReadsView.as_view(), name="reads"),
    path("api/v1/commands", views.CommandsView.as_view(), name="commands"),
    path("api/v1/commands/<uuid:command_id>/ack", views.AckView.as_view(), name="ack"),
    path("api/v1/passes", views.PassesView.as_view(), name="passes"),
    path("api/v1/heartbeat", views.HeartbeatView.as_view(), name="heartbeat"),
]
