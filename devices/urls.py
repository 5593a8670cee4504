"""Addresses of the device surface; docs/openapi.yaml describes those below /api/v1."""

from django.urls import path

from devices.api import device_views, openapi, payment_views
from devices.vzenith import camera_views as vzenith

app_name = "device"
urlpatterns = [
    path("d/vzenith/<str:key_id>/<str:secret>/push", vzenith.push, name="vzenith-push"),
    path("d/vzenith/<str:key_id>/<str:secret>/heartbeat", vzenith.heartbeat, name="vzenith-heartbeat"),
    path("d/vzenith/<str:key_id>/<str:secret>/comet", vzenith.comet, name="vzenith-comet"),
    path("api/v1/schema", openapi.schema, name="schema"),
    path("api/v1/reads", device_views.ReadsView.as_view(), name="reads"),
    path("api/v1/commands", device_views.CommandsView.as_view(), name="commands"),
    path("api/v1/commands/<uuid:command_id>/ack", device_views.AckView.as_view(), name="ack"),
    path("api/v1/lane-code", device_views.LaneCodeView.as_view(), name="lane-code"),
    path("api/v1/passes", device_views.PassesView.as_view(), name="passes"),
    path("api/v1/heartbeat", device_views.HeartbeatView.as_view(), name="heartbeat"),
    path("api/v1/payments", payment_views.PaymentsView.as_view(), name="payments"),
    path("api/v1/refunds", payment_views.RefundsView.as_view(), name="refunds"),
    path("api/v1/refunds/<str:number>/done", payment_views.RefundDoneView.as_view(), name="refund-done"),
    path("api/v1/<path:rest>", device_views.UnknownAddressView.as_view(), name="unknown"),
]
