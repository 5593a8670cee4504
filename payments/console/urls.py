"""Addresses of the console's pages about money."""

from django.urls import path

from payments.console import views

app_name = "money"
urlpatterns = [path("payments", views.payments, name="payments")]
