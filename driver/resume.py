"""On from an unfinished or failed payment: the same order while it is open, else the fee as of now.

Only the payer knows the address of a payment, so no plate has to be typed again, and none is shown whole.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from core.vault import Unreadable, unseal_plate
from driver import paying
from driver.driver_view import driver_view
from driver.plate import Scene, explained, open_scene, page_context
from driver.status import payment_named
from lots.models import ParkingSession
from lots.plates import parse
from lots.sign_register import sign_of_lot
from payments.models import Payment
from payments.quotes import quote_session
from presentation.failures import Failure
from presentation.languages import SUFFIXES


@driver_view("POST")
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Go on with a payment (`way=same`), or show the fee with all channels (`way=new`)."""
    payment, at = payment_named(token), now()
    if payment.state == Payment.State.PAID and request.POST.get("way") == "same":
        return HttpResponseRedirect(f"/t/{payment.token}{SUFFIXES[get_language() or 'zh-hans']}", status=303)
    sign = sign_of_lot(payment.lot)
    if sign is None:
        raise Failure("payment_unknown")
    scene = open_scene(request, sign.code)
    is_open = payment.state in Payment.UNFINISHED and payment.state != Payment.State.CLOSING
    if request.POST.get("way") == "same" and is_open and payment.expires_at > at:
        return explained(
            scene,
            lambda: paying.begin(
                request,
                sign=sign,
                quote_token=payment.quote.token,
                channel=payment.provider,
                context=page_context(scene.facts),
                at=at,
            ),
            down=lambda: fee_again(scene, payment, notice="channel_down", status=503),
        )
    return explained(scene, lambda: fee_again(scene, payment), down=lambda: scene.show(status=503))


def fee_again(scene: Scene, payment: Payment, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show what the session of a payment owes now. An order that is still open is closed, or its money given
    back, by the rules that hold for any second attempt."""
    quote = quote_session(payment.session, lane=payment.quote.lane, at=scene.at)
    fee = scene.fee(quote, masked_plate(payment.session))
    return scene.show(status=status, fee=fee, **context)


def masked_plate(session: ParkingSession) -> str:
    """Return the plate of a session as anyone may see it; "" where it is erased."""
    if not session.plate:
        return ""
    try:
        text = unseal_plate(session.lot_id, session.plate)
        return parse(text, overseas=session.plate_kind == "overseas").masked
    except Unreadable:
        return ""
