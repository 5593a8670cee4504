"""Addresses of the operator's console."""

from django.urls import path

from lots.console import devices, language, people, reads, sign_printing, sign_views, sign_wording, views

app_name = "console"
urlpatterns = [
    path("language", language.choose, name="language"),
    path("join", people.join, name="join"),
    path("people", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<int:pk>/invite-back", people.invite_back, name="invite-back"),
    path("people/<int:pk>/drop-factors", people.drop_factors, name="drop-factors"),
    path("people/invitations/<int:pk>/withdraw", people.withdraw, name="withdraw"),
    path("people/grants/<int:pk>/end", people.end_grant, name="end-grant"),
    path("account/sign-ins", people.sign_ins, name="sign-ins"),
    path("account/second-factor", people.second_factor, name="second-factor"),
    path("lots", views.lots, name="lots"),
    path("lots/<slug:slug>", views.lot, name="lot"),
    path("devices", devices.devices, name="devices"),
    path("devices/<int:pk>", devices.device, name="device"),
    path("devices/<int:pk>/revoke", devices.revoke, name="revoke-device"),
    path("reads", reads.reads, name="reads"),
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
