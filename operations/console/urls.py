"""Addresses of the console's pages about the state of the house, and of the way in by single sign-on."""

from django.urls import path

from operations.console import sso, views

app_name = "operations"
urlpatterns = [
    path("health", views.health, name="health"),
    path("health/silence", views.silence, name="silence"),
    path("sso/start", sso.start, name="sso-start"),
    path("sso/back", sso.back, name="sso-back"),
    path("account/sso", sso.own, name="sso"),
    path("account/sso/link", sso.link, name="sso-link"),
    path("account/sso/unlink", sso.unlink, name="sso-unlink"),
]
