"""On from an unfinished or failed payment: the same order while it is open, else the fee as of now.

Only the payer knows the address of a payment, so no plate has to be typed again, and none is shown whole.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from driver import paying
from driver.charge_page import explained
from driver.driver_view import driver_view
from driver.plate import ask_for_plate, unreachable
from driver.sign_page import SignPage, reopen_page, see_charge
from driver.status import payment_named
from lots.sign_register import sign_of_lot
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from payments.charge_token import seal
from payments.charges import Due, ask, charge_paid_by, is_of_present_system, session_of
from payments.models import Payment
from payments.outstanding import known_at
from payments.refusals import ChargeExpired
from presentation.failures import Failure
from presentation.languages import SUFFIXES
from presentation.page_data import lot_facts


@driver_view("POST", page="/t/{token}")
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Continue a payment (`way=same`), or show the fee with all channels: of its stay (`way=new`), or of an
    earlier stay that is unpaid (`way=earlier`)."""
    payment, at = payment_named(token), now()
    if payment.state == Payment.State.PAID and request.POST.get("way") == "same":
        return HttpResponseRedirect(f"/t/{payment.token}{SUFFIXES[get_language() or 'zh-hans']}", status=303)
    found = sign_of_lot(payment.lot)
    if found is None:
        raise Failure("lot_closed", lot_facts(payment.lot, at=at))
    sign = reopen_page(request, found.code)
    is_open = payment.state in Payment.UNFINISHED and payment.state != Payment.State.CLOSING
    if request.POST.get("way") == "same" and is_open and payment.expires_at > at:
        return explained(
            sign,
            lambda: same_order(sign, payment),
            down=lambda: fee_again(sign, payment, notice="channel_down", status=503),
        )
    if request.POST.get("way") == "earlier" and not payment.is_shared and (debt := known_at(payment)):
        return fee_for(sign, payment, ChargeQuery(at, session=str(debt.session_id)))
    return fee_again(sign, payment)


def same_order(sign: SignPage, payment: Payment) -> HttpResponse:
    """Lead to the cashier of an open order again, or show the fee where its amount is out of date."""
    charge = charge_paid_by(payment, sign=sign.sign)
    try:
        return paying.begin(sign, charge, seal(charge), channel=payment.provider)
    except ChargeExpired:
        return fee_again(sign, payment, notice="expired")


def fee_again(sign: SignPage, payment: Payment, **context: Any) -> HttpResponse:
    """Show what the session of a payment owes now; `context` says why, where that is needed. An order that is
    still open is closed, or its money given back, by the rules that hold for any second attempt."""
    query = ChargeQuery(sign.at, reference=payment.reference, session=session_of(payment))
    return fee_for(sign, payment, query, coupons=payment.coupons, **context)


def fee_for(
    sign: SignPage, payment: Payment, query: ChargeQuery, *, coupons: Sequence[int] = (), **context: Any
) -> HttpResponse:
    """Show what is due for a stay that is asked for from the page of a payment."""
    if not is_of_present_system(payment):
        return ask_for_plate(sign)
    answer = ask(payment.lot, query, coupons=coupons)
    match answer:
        case Due():
            token = sign.seal(answer, payment.lane, continues=payment.pk)
            return sign.show_fee(answer, token, **context) if context else see_charge(token)
        case NothingDue():
            return sign.show(nothing=True)
        case Unreachable(fault="not_supported"):  # that system can be asked only by plate
            return ask_for_plate(sign)
        case Unreachable():
            raise unreachable(sign, answer)
