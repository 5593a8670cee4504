"""A charge at its own address: see it again, pay it, use coupons for it.

Back, reload, a second phone, the price rule and the invoice lead here. Nothing was stored for the look-up:
the address itself is the charge, sealed.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from core import budget
from core.client_networks import client_from
from driver import page_cache, paying
from driver.coupon_in_front import coupon_in_front
from driver.driver_view import driver_view
from driver.plate import ask_for_plate, unreachable
from driver.sign_page import SignPage, page_of, see_charge
from lots.models import Lot, ParkingSession
from lots.sign_register import UnknownCode, sign_with_id
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from monitoring import payment_speed
from payments.channels import ChannelDown
from payments.charge_token import SealedCharge, unseal
from payments.charges import Due, Expired, ask, ask_again
from payments.check_before_paying import check_before_paying
from payments.checkout import EarlierPaymentPending
from payments.coupons.coupon_models import Coupon
from payments.coupons.discounts import used_bill
from payments.coupons.late_coupons import give_back_late_coupons
from payments.coupons.redemption import use_coupons
from payments.notice_effects import paid_elsewhere
from payments.refusals import (
    ChargeExpired,
    CurrencyRefused,
    ForeignCharge,
    ForgedCharge,
    NothingOwed,
    SystemUnreachable,
)
from presentation import formatting
from presentation.failures import Failure
from presentation.guard import client_of
from presentation.plate_form import PlateForm


@driver_view("GET", "HEAD")
def charge_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a charge as it was shown first, while it is still due and its time is not over."""
    sign, charge = open_charge(request, token, only_shows=True)
    return show_again(sign, charge, token)


@driver_view("POST", page="/q/{token}")
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Start the payment of a charge and lead to the cashier: a plain link, since a 303 to another site is
    blocked by `form-action 'self'`."""
    sign, charge = open_charge(request, token)
    channel = request.POST.get("channel", "")
    if not channel:
        raise Failure("bad_request", sign.facts.lot)
    payment_speed.note_tap(sign.sign.lot_id, request.POST.get("ms", ""), at=sign.at)

    def begin() -> HttpResponse:
        plate = PlateForm.of(request).plate if "plate" in request.POST else None
        check_before_paying(charge, lot=sign.sign.lot, plate=plate, at=sign.at)
        return paying.begin(sign, charge, token, channel=channel[:16])

    return explained(
        sign,
        begin,
        charge=charge,
        down=lambda: show_again(sign, charge, token, notice="channel_down", status=503),
    )


@driver_view("POST", page="/q/{token}")
def coupon(request: HttpRequest, token: str) -> HttpResponse:
    """Use the coupons that the charge counts on, or count one more code that the driver shows."""
    sign, charge = open_charge(request, token)
    if sign.sign.lot.system != Lot.System.BUILTIN:
        return coupon_in_front(sign, charge)
    if sign.codes:
        return _count_more(sign, charge)
    match ask_again(charge, lot=sign.sign.lot, at=sign.at):
        case Due(amount_fen=0, back_fen=0):
            use_coupons(_session(charge), ids=charge.coupons, lane=sign.exit_lane, at=sign.at)
        case Due(amount_fen=0):
            fen = give_back_late_coupons(_session(charge), ids=charge.coupons, at=sign.at)
            if fen:
                return sign.show(nothing=True, given=formatting.yuan(fen))
    return see_charge(token)


def open_charge(
    request: HttpRequest, token: str, *, only_shows: bool = False
) -> tuple[SignPage, SealedCharge]:
    """Return the page of the sign that a token names, and what it says. A forged one asks no database.

    `only_shows`: the sign as it was within the last seconds will do.
    """
    try:
        charge = unseal(token, at=now())
        pk = charge.sign
        sign = page_cache.ROWS.facts(f"#{pk}", lambda: sign_with_id(pk)) if only_shows else sign_with_id(pk)
    except (ForgedCharge, UnknownCode):
        raise Failure("charge_over") from None
    if sign.lot_id != charge.lot:
        raise Failure("charge_over")
    return page_of(request, sign), charge


def show_again(
    sign: SignPage, charge: SealedCharge, token: str, *, without: str = "", **context: Any
) -> HttpResponse:
    """Show a sealed charge, or what became of it."""
    answer = ask_again(charge, lot=sign.sign.lot, at=sign.at)
    match answer:
        case Due():
            form = PlateForm.of(sign.request) if "plate" in sign.request.POST else None
            plate = form.plate.pretty if form and form.plate else ""
            return sign.show_fee(
                answer,
                token,
                valid_until=charge.valid_until,
                plate=plate or charge.masked_plate,
                form=form,
                without=without,
                is_brief=charge.is_brief and not plate,
                lane=bool(charge.lane) and not plate,
                **context,
            )
        case NothingDue():
            elsewhere = paid_elsewhere(sign.sign.lot, charge.session, since=charge.at)
            return _show_covered(sign, charge, token) or sign.show(nothing=True, elsewhere=elsewhere)
        case Unreachable():
            raise unreachable(sign, answer)
        case Expired():
            return ask_for_plate(sign)


def explained(
    sign: SignPage,
    start: Callable[[], HttpResponse],
    *,
    down: Callable[[], HttpResponse],
    charge: SealedCharge | None = None,
) -> HttpResponse:
    """Answer with what `start` does, or with why no payment was started; `down` says it of the channel."""
    try:
        return start()
    except NothingOwed:
        elsewhere = charge and paid_elsewhere(sign.sign.lot, charge.session, since=charge.at)
        return sign.show(nothing=True, elsewhere=elsewhere)
    except (ChargeExpired, ForeignCharge):
        return ask_for_plate(sign)
    except (ChannelDown, CurrencyRefused):
        return down()
    except SystemUnreachable:
        raise unreachable(sign, Unreachable()) from None
    except EarlierPaymentPending:
        raise Failure("earlier_payment_pending", sign.facts.lot) from None


def _count_more(sign: SignPage, charge: SealedCharge) -> HttpResponse:
    """Ask again with the codes that the driver shows, and name those that do not count, with the reason."""
    lot, client = sign.sign.lot, client_from(client_of(sign.request)).name
    if not budget.COUPONS.allowed(client, lot.pk):
        raise Failure("too_many_coupons", sign.facts.lot)
    if charge.is_over(sign.at):
        return ask_for_plate(sign)
    query = ChargeQuery(sign.at, reference=charge.reference, session=charge.session)
    answer = ask(lot, query, codes=sign.codes, coupons=charge.coupons)
    match answer:
        case Due():
            budget.COUPONS.spend(client, lot.pk, found=not answer.has_guess)
            token = sign.seal(answer, sign.exit_lane, is_brief=charge.is_brief)
            if answer.refused:
                return sign.show_fee(answer, token, is_brief=charge.is_brief)
            return see_charge(token)
        case NothingDue():
            budget.COUPONS.spend(client, lot.pk, found=False)
            return sign.show(nothing=True)
        case Unreachable():
            raise unreachable(sign, answer)


def _session(charge: SealedCharge) -> ParkingSession:
    return ParkingSession(pk=int(charge.session), lot_id=charge.lot)


def _show_covered(sign: SignPage, charge: SealedCharge, token: str) -> HttpResponse | None:
    """Show a price that coupons cover: what they took, and until when to leave; None if they do not."""
    if charge.amount_fen or not charge.coupons:  # also each charge of another vendor's system
        return None
    session_id = int(charge.session)
    used = Coupon.objects.filter(pk__in=charge.coupons, state=Coupon.State.USED, session_id=session_id)
    if used.count() < len(charge.coupons):
        return None
    session = ParkingSession.objects.get(pk=session_id)
    bill, zone = used_bill(session, until=charge.at), sign.facts.lot.tz
    leave, here = session.exit_until, sign.at.astimezone(zone)
    return sign.show(
        nothing=True,
        covered=True,
        here=f"/q/{token}",
        full_price=formatting.yuan(bill.reduced.price.fen),
        coupon_lines=formatting.coupon_lines([line.as_json() for line in bill.reduced.lines]),
        leave=formatting.clock(leave.astimezone(zone), on=here) if leave else "",
    )
