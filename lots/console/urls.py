"""Addresses of the operator's console."""

from django.urls import URLPattern

app_name = "console"
urlpatterns: list[URLPattern] = []
