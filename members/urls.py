"""The members' addresses. A code, a lot's name or a screen's key; never a phone, a plate or a name."""

from django.urls import path

from members.pages import account, change_phone, join_pages, lane, leave
from presentation.languages import localised

app_name = "members"
urlpatterns = [
    *localised("m/<str:code>", join_pages.scanned, "scanned"),
    *localised("M/<str:code>", join_pages.scanned, "scanned-as-printed"),
    *localised("member/<slug:slug>/join", join_pages.join, "join"),
    *localised("member/<slug:slug>/code", join_pages.ask, "ask"),
    *localised("member/<slug:slug>/enter", join_pages.enter, "enter"),
    *localised("member/<slug:slug>", account.account, "account"),
    *localised("member/<slug:slug>/agree", account.agree, "agree"),
    *localised("member/<slug:slug>/take", account.take, "take"),
    *localised("member/<slug:slug>/points", account.claim_points, "points"),
    *localised("member/<slug:slug>/spend", account.spend_points, "spend"),
    *localised("member/<slug:slug>/plate", account.bind, "bind"),
    *localised("member/<slug:slug>/unbind", account.unbind, "unbind"),
    *localised("member/<slug:slug>/name", account.name, "name"),
    *localised("member/<slug:slug>/phone", change_phone.ask, "phone"),
    *localised("member/<slug:slug>/change", change_phone.change, "change"),
    *localised("member/<slug:slug>/withdraw", leave.withdraw, "withdraw"),
    *localised("member/<slug:slug>/delete", leave.delete, "delete"),
    *localised("member/<slug:slug>/out", leave.sign_out, "sign-out"),
    path("member/<slug:slug>/copy.json", leave.copy, name="copy"),
    path("lane/<str:token>", lane.screen, name="screen"),
]
