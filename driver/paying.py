"""From the press of Pay to a way into the cashier: a link, a code for another phone, or WeChat's bridge."""

import json
from functools import partial
from typing import Any
from urllib.parse import quote as quoted

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import get_language

from driver.fee_view import choices
from driver.sign_page import SignPage, page_context
from driver.user_agents import scene_of
from lots.sign_qr import qr_svg
from payments.channels import ChannelDown, provider_for, way
from payments.charge_token import SealedCharge, seal
from payments.charges import Due, ask_again
from payments.checkout import start_payment
from payments.models import Payment
from payments.openid import AsksOpenid, asks_openid, new_state
from payments.providers.contract import HandOver, Payer, Scene
from presentation import formatting
from presentation.frames import framed
from presentation.guard import client_of
from presentation.respond import answer, page, render

COME_BACK = "/w"  # constant: WeChat knows our domain, and nothing of the payment stands in the address
# Where a script that pays goes at once; it gets no page between (templates/driver/fee.js).
CASHIER = "X-Cashier"
HAND_OVER = "hand_over.html"
LOT_SHOWN = (
    *("name", "slug", "legal_name", "phone_link", "service_phone"),
    *("cash_information", "complaint_phones"),
)


def begin(sign: SignPage, charge: SealedCharge, token: str, *, channel: str) -> HttpResponse:
    """Start a payment where the driver's page runs; inside WeChat first ask WeChat who pays."""
    request, lot, at = sign.request, sign.sign.lot, sign.at
    where = scene_of(request.META.get("HTTP_USER_AGENT", ""))
    provider = provider_for(lot, channel)
    start_in = way(provider, where)
    if start_in is None:
        raise ChannelDown(channel)
    asks = asks_openid(provider, start_in)
    if asks and isinstance(ask_again(charge, lot=lot, at=at), Due):  # else the way to WeChat is for nothing
        return to_wechat(sign, asks, charge)
    by_h5 = channel == "wechat" and start_in is Scene.BROWSER  # the one way that asks for the address
    payment, hand_over = start_payment(
        charge,
        lot=lot,
        channel=channel,
        payer=Payer(scene=start_in, client_ip=client_of(request) if by_h5 else ""),
        at=at,
        language=get_language() or "zh-hans",
    )
    return hand_over_page(sign, payment, hand_over, token=token, where=where)


def to_wechat(
    sign: SignPage, asks: AsksOpenid, charge: SealedCharge, *, is_last: bool = False
) -> HttpResponse:
    """Lead to WeChat and back by a page of our own: a redirect to another site would be blocked."""
    in_this_language = charge._replace(language=get_language() or "zh-hans")
    state = new_state(charge=seal(in_this_language), at=sign.at, is_last=is_last)
    address = asks.oauth_address(f"{settings.PUBLIC_URL}{COME_BACK}", state)
    if _asks_script(sign):
        return _to_cashier(HttpResponse(), address)
    shown = page_context(sign.facts, amount=formatting.yuan(charge.amount_fen), url=address)
    return _to_cashier(page(sign.request, "to_wechat.html", shown), address)


def _asks_script(sign: SignPage) -> bool:
    """Return whether a script asks, which wants no page but the address of the cashier."""
    return sign.request.POST.get("part") == "1"


def _to_cashier(response: HttpResponse, address: str) -> HttpResponse:
    response.headers[CASHIER] = address
    response.headers["Content-Length"] = str(len(response.content))
    return response


def hand_over_page(
    sign: SignPage, payment: Payment, hand_over: HandOver, *, token: str, where: Scene
) -> HttpResponse:
    """Show the page that leads to the cashier. `token`: of the charge, for the other channels."""
    is_blocked = where is Scene.WECHAT and payment.provider == "alipay"
    leads_on = bool(hand_over.url) and not is_blocked
    if leads_on and _asks_script(sign):
        return _to_cashier(HttpResponse(), hand_over.url)
    link = sandbox_link(payment, hand_over)
    shown = {
        "amount": formatting.yuan(payment.amount_fen),
        "token": payment.token,
        "channel": payment.provider,
        "url": hand_over.url or (link if hand_over.bridge else ""),
        "qr": qr_svg(hand_over.qr) if hand_over.qr else "",
        "bridge": json.dumps(dict(hand_over.bridge)) if hand_over.bridge and not link else "",
        "link": link,
        "charge": token,
        "others": choices(sign.sign.lot, where, without=payment.provider),
        "blocked": is_blocked,
    }
    context = page_context(sign.facts, **shown)
    if shown["qr"] or shown["bridge"]:
        response = page(sign.request, HAND_OVER, context)
    else:  # the usual one, of which thousands are alike
        html = framed(partial(render, HAND_OVER), "hand over", narrowed(context))
        response = answer(sign.request, HAND_OVER, html)
    return _to_cashier(response, hand_over.url) if leads_on else response


def narrowed(context: dict[str, Any]) -> dict[str, Any]:
    """Return a context with only what the page shows of sign and lot, so that all signs share its frames."""
    sign, lot = context["sign"], context["lot"]
    shown = {name: getattr(lot, name) for name in LOT_SHOWN}
    return context | {
        "sign": {"number": sign.number, "place": sign.place},
        "lot": shown,
        "provinces": "",
        "channel": "",
    }


def sandbox_link(payment: Payment, hand_over: HandOver) -> str:
    """Return a plain link in place of a bridge or a code, which nothing but the sandbox has."""
    if not settings.SANDBOX_URL:
        return ""
    origin = settings.SANDBOX_PUBLIC_URL
    back = quoted(f"{settings.PUBLIC_URL}/t/{payment.token}", safe="")
    prepaid = f"{origin}/cashier/prepay/"
    if hand_over.bridge:
        return f"{prepaid}{hand_over.bridge['package'].removeprefix('prepay_id=')}?redirect_url={back}"
    if hand_over.qr.startswith(prepaid):
        return f"{hand_over.qr}?redirect_url={back}"
    return hand_over.qr if hand_over.qr.startswith(f"{origin}/") else ""
