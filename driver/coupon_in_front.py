"""A driver's coupon at a fee of another vendor's parking system: priced by it, or given to it by a tap."""

from django.http import HttpResponse

from core import budget
from core.client_networks import client_from
from driver.plate import ask_for_plate, keeps_plate, unreachable
from driver.sign_page import SignPage, see_charge
from lots.plates import Plate
from lots.systems import takes_coupons
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from payments.charge_token import SealedCharge
from payments.charges import Due, Expired, ask, ask_again, is_from_present_system
from payments.coupons.coupon_codes import digest, read_code
from payments.coupons.coupon_models import Coupon
from payments.coupons.coupon_rules import Refusal
from payments.coupons.handover import hand_over, note_taken
from payments.models import CouponHandover
from presentation.failures import Failure
from presentation.guard import client_of
from presentation.plate_form import PlateForm

State = CouponHandover.State


def coupon_in_front(sign: SignPage, charge: SealedCharge) -> HttpResponse:
    """Count the code that the driver shows; without one, use the coupon that covers all of the charge."""
    lot, client = sign.sign.lot, client_from(client_of(sign.request)).name
    if not sign.codes:
        return _cover(sign, charge)
    if not budget.COUPONS.allowed(client, lot.pk):
        raise Failure("too_many_coupons", sign.facts.lot)
    form = PlateForm.of(sign.request) if "plate" in sign.request.POST else None
    query = _query(sign, charge, form.plate if form else None)
    if query is None:
        return ask_for_plate(sign)
    match ask(lot, query, codes=sign.codes, coupons=charge.coupons):
        case Due() as due:
            budget.COUPONS.spend(client, lot.pk, found=not due.has_guess)
            if not takes_coupons(lot):
                due = due._replace(refused=tuple((code, Refusal.NOT_HERE) for code in sign.codes))
            return _give(sign, form, query, due) if due.offered else _show(sign, form, due)
        case NothingDue():
            budget.COUPONS.spend(client, lot.pk, found=False)
            return sign.show(nothing=True)
        case Unreachable(fault="not_supported"):  # that system can be asked only by plate
            return ask_for_plate(sign)
        case Unreachable() as silent:
            raise unreachable(sign, silent)


def _query(sign: SignPage, charge: SealedCharge, plate: Plate | None) -> ChargeQuery | None:
    """Return what to ask the system; None where the charge is over, or not of this system and plate."""
    if charge.is_over(sign.at) or not is_from_present_system(charge, lot=sign.sign.lot):
        return None
    if plate is None:
        return ChargeQuery(sign.at, reference=charge.reference, session=charge.session)
    return ChargeQuery(sign.at, plate=plate) if charge.is_of(plate) else None


def _give(sign: SignPage, form: PlateForm | None, query: ChargeQuery, due: Due) -> HttpResponse:
    """Pass one coupon to the system and show the fee that is left."""
    lot, code = sign.sign.lot, due.offered[0]
    coupon = Coupon.objects.get(digest=digest(read_code(code) or ""))
    row = hand_over(coupon, due.charge, lot=lot, at=sign.at)
    if row is None or row.state != State.TAKEN:
        why = Refusal.IN_USE if row is None else _REFUSALS[State(row.state)]
        return _show(sign, form, due._replace(offered=(), refused=(*due.refused, (code, why))))
    match ask(lot, query):
        case Due() as after:
            note_taken(row, left_fen=after.charge.due_fen, at=sign.at)
            return _show(sign, form, after)
        case NothingDue():
            note_taken(row, left_fen=0, at=sign.at)
            return sign.show(nothing=True)
        case Unreachable() as silent:
            raise unreachable(sign, silent)


_REFUSALS = {State.OPEN: Refusal.WAITING, State.REFUSED: Refusal.NOT_HERE}


def _show(sign: SignPage, form: PlateForm | None, due: Due) -> HttpResponse:
    plate = form.plate.pretty if form and form.plate else ""
    is_brief = bool(sign.exit_lane) and not plate and not sign.facts.has_screen
    token = sign.seal(due, sign.exit_lane, is_brief=is_brief, plate=form.plate if form else None)
    if due.refused or due.offered or keeps_plate(sign.sign.lot):
        return sign.show_fee(due, token, plate=plate, form=form, is_brief=is_brief)
    return see_charge(token)


def _cover(sign: SignPage, charge: SealedCharge) -> HttpResponse:
    lot = sign.sign.lot
    match ask_again(charge, lot=lot, at=sign.at):
        case Due(amount_fen=0) as due if due.coupons:
            coupon = Coupon.objects.get(pk=due.coupons[0])
            row = hand_over(coupon, due.charge, lot=lot, covers=True, at=sign.at)
            if row is None or row.state == State.REFUSED:
                return ask_for_plate(sign)
            return sign.show(nothing=True)
        case NothingDue():
            return sign.show(nothing=True)
        case Unreachable() as silent:
            raise unreachable(sign, silent)
        case Due() | Expired():
            return ask_for_plate(sign)
