"""The driver's addresses. None ever holds a plate; a language is the last part of the path."""

from django.urls import path

from driver import (
    arrears,
    channel_notices,
    charge_page,
    coupon_link,
    data_request_page,
    entry_ticket,
    fee_assets,
    invoice_page,
    plate,
    price_page,
    privacy_page,
    purity_page,
    receipt_pages,
    resume,
    status,
    system_notices,
    wechat_return,
)
from presentation.languages import localised

app_name = "driver"


# A sign's QR holds its address in capitals, which is one symbol version smaller; no redirect brings it here.
urlpatterns = [
    *localised("p/<str:code>", plate.plate_page, "page"),
    *localised("P/<str:code>", plate.plate_page, "page-as-printed"),
    *localised("p/<str:code>/ticket", entry_ticket.issue, "ticket"),
    *localised("q/<str:token>", charge_page.charge_page, "charge"),
    *localised("q/<str:token>/pay", charge_page.pay, "pay"),
    *localised("q/<str:token>/coupon", charge_page.coupon, "use-coupon"),
    *localised("c/<str:code>", coupon_link.coupon_page, "coupon"),
    *localised("C/<str:code>", coupon_link.coupon_page, "coupon-as-printed"),
    *localised("t/<str:token>", status.status_page, "status"),
    path("t/<str:token>/state", status.state, name="state"),
    *localised("t/<str:token>/leave.ics", status.reminder, "reminder"),
    *localised("t/<str:token>/pay", resume.resume, "resume"),
    *localised("e/<str:token>", entry_ticket.show, "entry-ticket"),
    path("fee", fee_assets.fee_assets, name="fee-assets"),
    path("w", wechat_return.come_back, name="come-back"),
    *localised("r", receipt_pages.receipt, "receipt"),
    *localised("r/invoice", invoice_page.invoice, "invoice-form"),
    *localised("r/data", data_request_page.rights_page, "data-request-form"),
    *localised("r/<str:token>", receipt_pages.receipt, "receipt-shown"),
    *localised("r/<str:token>/invoice", invoice_page.invoice, "invoice"),
    *localised("r/<str:token>/data", data_request_page.rights_page, "data-requests"),
    *localised("lot/<slug:slug>/tariff", price_page.tariff_page, "tariff"),
    *localised("lot/<slug:slug>/tariff/<int:version>", price_page.tariff_page, "tariff-version"),
    *localised("lot/<slug:slug>/pay", arrears.arrears_page, "arrears"),
    *localised("lot/<slug:slug>/privacy", privacy_page.privacy_page, "privacy"),
    path("lot/<slug:slug>/facts.json", purity_page.lot_facts_document, name="lot-facts"),
    *localised("operator/<str:operator>", purity_page.operator_page, "operator"),
    path(".well-known/pure-code.json", purity_page.well_known, name="declaration"),
    path("n/<slug:provider>/<slug:merchant>", channel_notices.notice, name="notice"),
    path("v/<slug:slug>", system_notices.notice, name="system-notice"),
    path("v/<slug:slug>/<path:rest>", system_notices.notice, name="system-notice-below"),
]
