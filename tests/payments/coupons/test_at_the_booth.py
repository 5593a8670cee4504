"""Coupons where staff take the money: those of the plate count, those on paper are entered by their code."""

from datetime import timedelta

import pytest

from lots.models import GateCommand, ParkingSession
from lots.sessions import due_of_many as due_without_coupons
from payments import booth
from payments.coupons.coupon_models import Coupon
from payments.coupons.discounts import due_of, due_of_many
from payments.models import Payment, Refund, StaffAct
from payments.shown_coupons import PaperCouponRefused, take_coupon
from tests.factories import NOON, make_device, see
from tests.payments.acting import LATER, LEAVING, PLATE, by, fresh, on_shift, park
from tests.payments.coupons.making import hand_out, make_offer, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def parked(lot):
    return park(make_device(lot, "entry"))


@pytest.fixture
def offer(lot):
    return make_offer(make_shop(lot))


def issue(offer, plate=PLATE, at=NOON):
    return hand_out(offer.shops.get(), offer, at, plate)


def test_coupon_of_plate_lowers_due(lot, parked, offer):
    issue(offer)
    assert due_of(parked, at=LEAVING) == 500
    assert due_of_many([parked], at=LEAVING) == {parked.pk: 500}
    assert due_without_coupons([parked], at=LEAVING) == {parked.pk: 1000}


def test_due_of_many_agrees_without_coupon(parked):
    assert due_of_many([parked], at=LEAVING) == {parked.pk: 1000}
    assert due_of(parked, at=LEAVING) == 1000


def test_cash_uses_the_coupon(lot, parked, offer):
    coupon = issue(offer)
    see(make_device(lot, "exit"), PLATE, LEAVING)
    on_shift(lot)
    payment = booth.take_cash(parked, amount_fen=500, by=by(), at=LEAVING).payment
    assert (payment.price_fen, payment.discount_fen, payment.due_fen, payment.credited_fen) == (
        *(1000, 500, 500, 500),
    )
    assert fresh(coupon).state == Coupon.State.USED
    assert fresh(parked).exit_until == LEAVING + timedelta(minutes=15)
    assert GateCommand.objects.filter(cause="paid").count() == 1


def test_cash_beyond_coupon_is_returned(lot, parked, offer):
    issue(offer)
    on_shift(lot)
    booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    assert Refund.objects.get().amount_fen == 500


def test_waiver_leaves_the_coupon_part(parked, offer):
    issue(offer)
    booth.waive(parked, by=by(), at=LEAVING)
    assert Payment.objects.get().amount_fen == 500


def test_left_car_owes_without_open_coupon(lot, parked, offer):
    issue(offer)
    ParkingSession.objects.update(left_at=LEAVING)
    assert due_of(fresh(parked), at=LATER) == 1000


@pytest.mark.parametrize("shown", ["{code}", " {code} ", "HTTP://PAY.EXAMPLE/C/{code}"])
def test_code_on_paper_is_used(parked, offer, shown):
    coupon = issue(offer, plate=None)
    act = take_coupon(parked, code=shown.format(code=coupon.code), by=by(), at=LEAVING)
    assert (act.kind, act.amount_fen, act.subject) == ("coupon", 500, f"coupon {coupon.pk}")
    assert (fresh(coupon).state, coupon.session_id) == (Coupon.State.USED, parked.pk)
    assert due_of(fresh(parked), at=LEAVING) == 500


def test_second_press_uses_it_once(parked, offer):
    coupon, press = issue(offer, plate=None), by()
    first = take_coupon(parked, code=coupon.code, by=press, at=LEAVING)
    assert take_coupon(parked, code=coupon.code, by=press, at=LEAVING) == first
    assert StaffAct.objects.count() == 1


def test_covering_coupon_opens_the_barrier(lot, parked):
    see(make_device(lot, "exit"), PLATE, LEAVING)
    coupon = issue(make_offer(make_shop(lot), "all_free", 0), plate=None)
    take_coupon(parked, code=coupon.code, by=by(), at=LEAVING)
    assert due_of(fresh(parked), at=LEAVING) == 0
    assert GateCommand.objects.filter(cause="paid").count() == 1


def test_late_coupon_gives_money_back(lot, parked, offer):
    on_shift(lot)
    booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    coupon = issue(offer, plate=None, at=LEAVING)
    take_coupon(fresh(parked), code=coupon.code, by=by(), at=LEAVING)
    assert Refund.objects.get().amount_fen == 500


def test_used_or_unknown_code_is_refused(lot, parked, offer):
    coupon = issue(offer, plate=None)
    take_coupon(parked, code=coupon.code, by=by(), at=LEAVING)
    other = park(make_device(lot, "entry"), "沪B67890")
    for code, why in ((coupon.code, "coupon_used"), ("ABCD", "coupon_unknown")):
        with pytest.raises(PaperCouponRefused) as refused:
            take_coupon(other, code=code, by=by(), at=LEAVING)
        assert refused.value.code == why
    assert StaffAct.objects.count() == 1
