"""Addresses of the device surface about money."""

from django.urls import path

from payments.devices import views

app_name = "outside"
urlpatterns = [
    path("api/v1/payments", views.PaymentsView.as_view(), name="payments"),
    path("api/v1/refunds", views.RefundsView.as_view(), name="refunds"),
    path("api/v1/refunds/<str:number>/done", views.RefundDoneView.as_view(), name="refund-done"),
]
