"""Addresses of the console's pages about members."""

from django.urls import path

from members.console import member_sign_pages, views

app_name = "members-console"
urlpatterns = [
    path("members", views.members, name="members"),
    path("members/<slug:slug>", views.lot, name="lot"),
    path("members/<slug:slug>/start", views.start, name="start"),
    path("members/<slug:slug>/bind", views.bind, name="bind"),
    path("members/<slug:slug>/pass", views.give_pass, name="pass"),
    path("members/<slug:slug>/screen", views.screen, name="screen"),
    path("members/<slug:slug>/signs/add", member_sign_pages.add, name="add-sign"),
    path("members/<slug:slug>/signs/print", member_sign_pages.print_signs, name="print-signs"),
    path("members/benefits/<int:pk>/end", views.end, name="end"),
    path("members/signs/<int:pk>/revoke", member_sign_pages.revoke, name="revoke-sign"),
]
