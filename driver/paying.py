"""From the press of Pay to a way into the cashier: a link, a code for another phone, or WeChat's bridge."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote as quoted

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from driver.fee_view import choices
from driver.user_agents import scene_of
from lots.models import Sign
from lots.sign_qr import qr_svg
from payments.channels import ChannelDown, provider_for, way
from payments.checkout import start_payment
from payments.models import Payment, Quote
from payments.openid import AsksOpenid, asks_openid, new_state
from payments.providers.contract import HandOver, Payer, Scene
from presentation import formatting
from presentation.guard import client_of
from presentation.respond import page

COME_BACK = "/w"  # constant: WeChat knows our domain, and nothing of the payment stands in the address
# Where a script that pays goes at once, without the page between (templates/driver/fee.js).
CASHIER = "X-Cashier"


def begin(
    request: HttpRequest, *, sign: Sign, quote_token: str, channel: str, context: dict[str, Any], at: datetime
) -> HttpResponse:
    """Start a payment where the driver's page runs; inside WeChat first ask WeChat who pays."""
    where = scene_of(request.headers.get("User-Agent", ""))
    quote = Quote.objects.select_related("session__lot").filter(token=quote_token).first()
    provider = provider_for(quote.session.lot if quote else sign.lot, channel)
    start_in = way(provider, where)
    if start_in is None:
        raise ChannelDown(channel)
    asks = asks_openid(provider, start_in)
    if asks and quote and at < quote.valid_until:
        return to_wechat(request, asks, quote=quote, sign=sign, context=context, at=at)
    by_h5 = channel == "wechat" and start_in is Scene.BROWSER  # the one way that asks for the address
    payment, hand_over = start_payment(
        quote_token=quote_token,
        channel=channel,
        payer=Payer(scene=start_in, client_ip=client_of(request) if by_h5 else ""),
        at=at,
        language=get_language() or "zh-hans",
    )
    return hand_over_page(request, payment, hand_over, context=context, where=where)


def to_wechat(
    request: HttpRequest,
    asks: AsksOpenid,
    *,
    quote: Quote,
    sign: Sign,
    context: dict[str, Any],
    at: datetime,
    is_last: bool = False,
) -> HttpResponse:
    """Lead to WeChat and back by a page of our own: a redirect to another site would be blocked."""
    language = get_language() or "zh-hans"
    state = new_state(quote=quote, sign=sign, language=language, at=at, is_last=is_last)
    address = asks.oauth_address(f"{settings.PUBLIC_URL}{COME_BACK}", state)
    shown = {**context, "amount": formatting.yuan(quote.amount_fen), "url": address}
    response = page(request, "to_wechat.html", shown)
    response.headers[CASHIER] = address
    return response


def hand_over_page(
    request: HttpRequest, payment: Payment, hand_over: HandOver, *, context: dict[str, Any], where: Scene
) -> HttpResponse:
    link = sandbox_link(payment, hand_over)
    shown = {
        "amount": formatting.yuan(payment.amount_fen),
        "token": payment.token,
        "channel": payment.provider,
        "url": hand_over.url or (link if hand_over.bridge else ""),
        "qr": qr_svg(hand_over.qr) if hand_over.qr else "",
        "bridge": json.dumps(dict(hand_over.bridge)) if hand_over.bridge and not link else "",
        "link": link,
        "quote": payment.quote.token,
        "others": choices(payment.lot, where, without=payment.provider),
        "blocked": where is Scene.WECHAT and payment.provider == "alipay",
    }
    response = page(request, "hand_over.html", {**context, **shown})
    if hand_over.url and not shown["blocked"]:
        response.headers[CASHIER] = hand_over.url
    return response


def sandbox_link(payment: Payment, hand_over: HandOver) -> str:
    """Return a plain link in place of a bridge or a code, which nothing but the sandbox has."""
    if not settings.SANDBOX_URL:
        return ""
    back = quoted(f"{settings.PUBLIC_URL}/t/{payment.token}", safe="")
    prepaid = f"{settings.SANDBOX_URL}/cashier/prepay/"
    if hand_over.bridge:
        return f"{prepaid}{hand_over.bridge['package'].removeprefix('prepay_id=')}?redirect_url={back}"
    if hand_over.qr.startswith(prepaid):
        return f"{hand_over.qr}?redirect_url={back}"
    return hand_over.qr if hand_over.qr.startswith(f"{settings.SANDBOX_URL}/") else ""
