"""Addresses of the console's pages on purity."""

from django.urls import path

from compliance.console import views

app_name = "purity"
urlpatterns = [
    path("selfcheck", views.selfchecks, name="selfchecks"),
    path("selfcheck/<slug:slug>", views.selfcheck, name="selfcheck"),
    path("selfcheck/<slug:slug>/now", views.test_now, name="selfcheck-now"),
    path("selfcheck/alarms/<int:pk>/handled", views.handled, name="selfcheck-handled"),
]
