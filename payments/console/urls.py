"""Addresses of the console's pages about money."""

from django.urls import path

from payments.console import money, shifts, stays, views, waiting

app_name = "money"
urlpatterns = [
    path("payments", views.payments, name="payments"),
    path("payments/<int:pk>", money.payment, name="payment"),
    path("payments/<int:pk>/<slug:act>", money.payment_act, name="payment-act"),
    path("stays/<int:pk>", stays.stay, name="stay"),
    path("stays/<int:pk>/<slug:act>", stays.stay_act, name="stay-act"),
    path("shifts", shifts.shifts, name="shifts"),
    path("shifts/open", shifts.open_shift, name="open-shift"),
    path("shifts/<int:pk>", shifts.shift, name="shift"),
    path("shifts/<int:pk>/close", shifts.close_shift, name="close-shift"),
    path("tasks", waiting.tasks, name="tasks"),
    path("discrepancies/<int:pk>/resolve", waiting.resolve, name="resolve"),
]
