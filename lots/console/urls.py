"""Addresses of the operator's console."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from lots.console import views

app_name = "console"
urlpatterns = [
    path("login", LoginView.as_view(template_name="console/login.html"), name="login"),
    path("logout", LogoutView.as_view(next_page="console:login"), name="logout"),
    path("", views.lots, name="lots"),
    path("lots/<slug:slug>", views.lot, name="lot"),
    path("reads/<int:pk>/picture.jpg", views.read_picture, name="read-picture"),
    path("signs/<int:pk>.png", views.sign_png, name="sign-png"),
    path("signs/<int:pk>/revoke", views.revoke_sign, name="revoke-sign"),
]
