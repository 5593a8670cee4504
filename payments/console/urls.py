"""Addresses of the console's pages about money."""

from django.urls import path

from payments.console import invoices, views

app_name = "money"
urlpatterns = [
    path("payments", views.payments, name="payments"),
    path("invoices", invoices.invoices, name="invoices"),
    path("invoices/<int:pk>", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/take", invoices.take, name="take-invoice"),
    path("invoices/<int:pk>/issued", invoices.issued, name="invoice-issued"),
    path("invoices/<int:pk>/reject", invoices.reject, name="reject-invoice"),
    path("red-letters/<int:pk>", invoices.red_letter, name="red-letter"),
]
