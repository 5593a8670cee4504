"""The way back from WeChat with a code for the silent openid: exchange it, start the payment, forget it.

No openid and no code reach a row, a log or an error: both are arguments of one call. The page that answers
takes the code out of the address bar.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.timezone import now
from django.views.decorators.debug import sensitive_variables

from core.transport import OutcomeUnknown
from driver import paying
from driver.charge_page import explained, open_charge, show_again
from driver.driver_view import driver_view
from driver.sign_page import SignPage
from lots.systems.parking_system import NothingDue
from payments.channels import note_failure, provider_for
from payments.charge_token import SealedCharge, unseal
from payments.charges import ask_again
from payments.checkout import start_payment
from payments.openid import AsksOpenid, StaleReturn, asks_openid, take_back
from payments.providers.contract import Payer, Provider, ProviderRefused, Scene
from payments.refusals import ForgedCharge, NothingOwed
from presentation.failures import Failure

# Our own settings are wrong: the appid or its secret. Any other refusal is about this one code.
MISCONFIGURED = {"oauth_40013", "oauth_40125"}


@dataclass(frozen=True)
class Return:
    """A driver who comes back: to which sign, to pay what, and whether this is the second try."""

    sign: SignPage
    charge: SealedCharge
    token: str
    is_last: bool


@driver_view("GET")
@sensitive_variables()
def come_back(request: HttpRequest) -> HttpResponse:
    """Continue where the driver pressed Pay; WeChat adds `code` and our `state` to the address."""
    code: str | None = request.GET.get("code", "")
    try:
        row = take_back(request.GET.get("state", "")[:64], at=now())
    except StaleReturn as stale:
        if stale.used is None:
            raise Failure("stale_return") from None
        row, code = stale.used, None
    _speak_as_before(row.charge)
    sign, charge = open_charge(request, row.charge)
    back = Return(sign, charge, row.charge, row.is_last)
    return explained(sign, lambda: _go_on(back, code), down=lambda: _another_way(back))


def _speak_as_before(token: str) -> None:
    """Answer in the language of the charge, also what fails: the address that WeChat knows names none."""
    with suppress(ForgedCharge):
        translation.activate(unseal(token, at=now()).language)  # `driver_view` ends it


def _go_on(back: Return, code: str | None) -> HttpResponse:
    """Exchange the code for an openid and start. None: the code was used, by a reload or going back."""
    lot = back.sign.sign.lot
    provider = provider_for(lot, "wechat")
    asks = asks_openid(provider, Scene.WECHAT)
    if asks is None:
        return _another_way(back)
    if code is None:
        return _once_more(back, asks)
    try:
        openid = asks.openid_for(code)
    except (OutcomeUnknown, ProviderRefused) as fault:
        if isinstance(fault, OutcomeUnknown) or fault.reason in MISCONFIGURED:
            note_failure(lot.pk, provider, fault, at=back.sign.at)
        return _once_more(back, asks)
    return _start(back, provider, openid)


def _start(back: Return, provider: Provider, openid: str) -> HttpResponse:
    payment, hand_over = start_payment(
        back.charge,
        lot=back.sign.sign.lot,
        channel=provider.name,
        payer=Payer(scene=Scene.WECHAT, openid=openid),
        at=back.sign.at,
    )
    return paying.hand_over_page(back.sign, payment, hand_over, token=back.token, where=Scene.WECHAT)


def _once_more(back: Return, asks: AsksOpenid) -> HttpResponse:
    """Ask for another code, but not in a circle: a code works once, and the back button brings a used one."""
    if isinstance(ask_again(back.charge, lot=back.sign.sign.lot, at=back.sign.at), NothingDue):
        raise NothingOwed
    if back.is_last or back.charge.is_over(back.sign.at):
        return _another_way(back)
    return paying.to_wechat(back.sign, asks, back.charge, is_last=True)


def _another_way(back: Return) -> HttpResponse:
    """Show the fee with the other channels."""
    return show_again(back.sign, back.charge, back.token, without="wechat", notice="channel_down", status=503)
