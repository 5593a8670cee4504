"""Addresses of the device surface."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
