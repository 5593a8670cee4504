"""Addresses of the console's pages on purity."""

from django.urls import path

from compliance.console import purity

app_name = "purity"
urlpatterns = [
    path("selfcheck", purity.selfchecks, name="selfchecks"),
    path("selfcheck/<slug:slug>", purity.selfcheck, name="selfcheck"),
    path("selfcheck/<slug:slug>/now", purity.test_now, name="selfcheck-now"),
    path("selfcheck/alarms/<int:pk>/handled", purity.handled, name="selfcheck-handled"),
]
