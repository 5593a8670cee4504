"""Addresses of the console's pages about the state of the house."""

from django.urls import path

from operations.console import views

app_name = "operations"
urlpatterns = [
    path("health", views.health, name="health"),
    path("health/silence", views.silence, name="silence"),
]
