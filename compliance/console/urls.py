"""Addresses of the console's pages about people's rights."""

from django.urls import path

from compliance.console import views

app_name = "duties"
urlpatterns = [
    path("rights", views.requests, name="rights"),
    path("rights/<int:pk>/answer", views.answer, name="answer-right"),
]
