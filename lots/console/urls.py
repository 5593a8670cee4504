"""Addresses of the operator's console."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from lots.console import sign_printing, sign_views, sign_wording, views

app_name = "console"
urlpatterns = [
    path("login", LoginView.as_view(template_name="console/login.html"), name="login"),
    path("logout", LogoutView.as_view(next_page="console:login"), name="logout"),
    path("", views.lots, name="lots"),
    path("lots/<slug:slug>", views.lot, name="lot"),
    path("reads/<int:pk>/picture.jpg", views.read_picture, name="read-picture"),
    path("signs/<int:pk>.png", views.sign_png, name="sign-png"),
    path("signs/<int:pk>/revoke", sign_views.revoke_sign, name="revoke-sign"),
    path("signs/<int:pk>/picture.png", sign_views.sign_picture, name="sign-picture"),
    path("lots/<slug:slug>/signs", sign_views.signs_of_lot, name="signs"),
    path("lots/<slug:slug>/signs.json", sign_views.signs_json, name="signs-json"),
    path("lots/<slug:slug>/signs/add", sign_views.add_sign, name="add-sign"),
    path("lots/<slug:slug>/signs/print", sign_printing.print_chosen, name="print-signs"),
    path("lots/<slug:slug>/signs/plan", sign_printing.print_plan, name="print-plan"),
    path("lots/<slug:slug>/signs/patrol.pdf", sign_views.patrol_pdf, name="patrol-pdf"),
    path("lots/<slug:slug>/signs/patrol.csv", sign_views.patrol_csv, name="patrol-csv"),
    path("lots/<slug:slug>/signs/wording", sign_wording.sign_wording, name="sign-wording"),
]
