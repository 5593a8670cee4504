"""The way back from WeChat with a code for the silent openid: exchange it, start the payment, forget it.

No openid and no code reach a row, a log or an error: both are arguments of one call. The page that answers
takes the code out of the address bar.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.timezone import now
from django.views.decorators.debug import sensitive_variables

from core.transport import OutcomeUnknown
from driver import paying
from driver.driver_view import driver_view
from driver.plate import Scene as Page
from driver.plate import explained, open_scene, page_context
from lots.sessions import due_fen
from payments.channels import note_failure, provider_for
from payments.checkout import start_payment
from payments.models import WechatReturn
from payments.openid import AsksOpenid, StaleReturn, asks_openid, take_back
from payments.providers.contract import Payer, Provider, ProviderRefused, Scene
from payments.quotes import NothingOwed
from presentation.failures import Failure

# Our own settings are wrong: the appid or its secret. Any other refusal is about this one code.
MISCONFIGURED = {"oauth_40013", "oauth_40125"}


@driver_view("GET")
@sensitive_variables()
def come_back(request: HttpRequest) -> HttpResponse:
    """Go on where the driver pressed Pay; WeChat adds `code` and our `state` to the address."""
    at = now()
    code: str | None = request.GET.get("code", "")
    try:
        back = take_back(request.GET.get("state", "")[:64], at=at)
    except StaleReturn as stale:
        if stale.used is None:
            raise Failure("stale_return") from None
        back, code = stale.used, None
    with translation.override(back.language):
        scene = open_scene(request, back.sign.code)
        return explained(scene, lambda: _go_on(scene, back, code, at), down=lambda: _another_way(scene, back))


def _go_on(scene: Page, back: WechatReturn, code: str | None, at: datetime) -> HttpResponse:
    """Exchange the code and start. None: it is used up, by a page loaded twice or by the back button."""
    lot = back.quote.session.lot
    provider = provider_for(lot, "wechat")
    asks = asks_openid(provider, Scene.WECHAT)
    if asks is None:
        return _another_way(scene, back)
    if code is None:
        return _once_more(scene, back, asks, at)
    try:
        openid = asks.openid_for(code)
    except (OutcomeUnknown, ProviderRefused) as fault:
        if isinstance(fault, OutcomeUnknown) or fault.reason in MISCONFIGURED:
            note_failure(lot.pk, provider, fault, at=at)
        return _once_more(scene, back, asks, at)
    return _start(scene, back, provider, openid, at)


def _start(scene: Page, back: WechatReturn, provider: Provider, openid: str, at: datetime) -> HttpResponse:
    payment, hand_over = start_payment(
        quote_token=back.quote.token,
        channel=provider.name,
        payer=Payer(scene=Scene.WECHAT, openid=openid),
        at=at,
        language=back.language,
    )
    return paying.hand_over_page(
        scene.request, payment, hand_over, context=page_context(scene.facts), where=Scene.WECHAT
    )


def _once_more(scene: Page, back: WechatReturn, asks: AsksOpenid, at: datetime) -> HttpResponse:
    """A code works once: the back button brings a used one. Ask for another, but never in a circle."""
    if not due_fen(back.quote.session, at=at):
        raise NothingOwed
    if back.is_last or at >= back.quote.valid_until:
        return _another_way(scene, back)
    return paying.to_wechat(
        scene.request,
        asks,
        quote=back.quote,
        sign=back.sign,
        context=page_context(scene.facts),
        at=at,
        is_last=True,
    )


def _another_way(scene: Page, back: WechatReturn) -> HttpResponse:
    """Show the fee with the other channels. The plate is not shown: it was never sent along."""
    fee = scene.fee(back.quote, plate="", without="wechat")
    return scene.show(status=503, fee=fee, notice="channel_down")
