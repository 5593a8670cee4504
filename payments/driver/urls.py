"""The driver's addresses. None ever holds a plate; a language is the last part of the path."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path, register_converter

from payments.driver import coupons, invoices, price_page, public, receipts, status, views, wechat
from payments.driver.languages import LanguageConverter

register_converter(LanguageConverter, "language")
app_name = "driver"


def localised(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    return [path(route, view, name=name), path(f"{route}/<language:language>", view, name=name)]


# A sign's QR holds its address in capitals, which is one symbol version smaller; no redirect brings it here.
urlpatterns = [
    *localised("p/<str:code>", views.plate_page, "page"),
    *localised("P/<str:code>", views.plate_page, "page-as-printed"),
    *localised("p/<str:code>/pay", views.pay, "pay"),
    *localised("p/<str:code>/ticket", views.ticket, "ticket"),
    *localised("c/<str:code>", coupons.coupon_page, "coupon"),
    *localised("C/<str:code>", coupons.coupon_page, "coupon-as-printed"),
    *localised("t/<str:token>", status.status_page, "status"),
    path("t/<str:token>/state", status.state, name="state"),
    path("w", wechat.come_back, name="come-back"),
    *localised("r", receipts.receipt, "receipt"),
    *localised("r/invoice", invoices.invoice, "invoice"),
    *localised("lot/<slug:slug>/tariff", price_page.tariff_page, "tariff"),
    *localised("lot/<slug:slug>/tariff/<int:version>", price_page.tariff_page, "tariff-version"),
    *localised("lot/<slug:slug>/privacy", public.privacy_page, "privacy"),
]
