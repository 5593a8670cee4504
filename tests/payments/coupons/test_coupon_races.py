"""Two cars, two phones, two desks at the same moment: a coupon is used once. Real threads, both engines."""

from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from lots.models import ParkingSession
from lots.plates import parse
from payments.coupons import late_coupons
from payments.coupons.coupon_issuing import LimitReached, revoke
from payments.coupons.coupon_models import Coupon, CouponEvent, CouponUse
from payments.coupons.discounts import late_bill
from payments.models import Payment, Refund
from payments.refusals import ChargeExpired
from payments.settling import settle
from payments.shown_coupons import PaperCouponRefused, take_coupon
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.acting import by
from tests.payments.coupons.making import PLATE, booked, hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, start_paying, tap
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.django_db(transaction=True)]
OTHER = "沪B12345"
AT = NOON + timedelta(minutes=88)
ROUNDS = pytest.mark.parametrize("round_", range(5))


@pytest.fixture
def lot():
    lot = make_lot()
    entry = make_device(lot, "entry")
    for plate in (PLATE, OTHER):
        see(entry, plate, NOON)
    return lot


@pytest.fixture
def shop(lot):
    return make_shop(lot)


def quote(lot, *codes, plate=PLATE):
    return look_up(lot=lot, plate=parse(plate), at=AT, codes=codes)


def press(quoted, channel="one"):
    return lambda: start_paying(quoted, channel, at=AT)


def notice(fake, payment):
    statement = fake.pay(payment.number)
    return lambda: settle(statement, cause="notice", at=AT)


def assert_used_once():
    assert CouponUse.objects.count() == 1
    assert CouponEvent.objects.filter(became="used").count() == 1


@ROUNDS
def test_concurrent_payments_use_coupon_once(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    quotes = [quote(lot, coupon.code, plate=plate) for plate in (PLATE, OTHER)]
    answers = at_once(*[press(one) for one in quotes])
    assert [type(answer) for answer in faults(answers)] == [ChargeExpired]
    (payment,) = [answer for answer in answers if isinstance(answer, Payment)]
    assert not faults(at_once(*[notice(fakes[0], payment)] * 3))
    assert_used_once()
    assert CouponUse.objects.get().session_id == payment.session_id


@ROUNDS
def test_paper_coupon_is_used_for_one_car(lot, shop, round_):
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    cars, presses = ParkingSession.objects.all(), [by(), by()]
    answers = at_once(
        *[
            lambda car=car, press=press: take_coupon(car, code=coupon.code, by=press, at=AT)
            for car, press in zip(cars, presses, strict=True)
        ]
    )
    assert [type(answer) for answer in faults(answers)] == [PaperCouponRefused]
    assert_used_once()


@ROUNDS
def test_free_coupon_covers_only_one_car(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    shown = [quote(lot, coupon.code, plate=plate) for plate in (PLATE, OTHER)]
    answers = at_once(*[lambda s=one: tap(s, at=AT) for one in shown])
    assert sorted(answers, key=str) == [0, None]
    assert_used_once()
    assert sorted(ParkingSession.objects.values_list("relief_fen", flat=True)) == [0, 1000]
    assert booked() == {f"shop:{shop.pk}": 1000, "validated": -1000}


@ROUNDS
def test_two_phones_use_coupon_once(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    shown = quote(lot, coupon.code)
    answers = at_once(*[lambda: tap(shown, at=AT)] * 4)
    assert sorted(answers, key=str) == [0, None, None, None]
    assert_used_once()


@ROUNDS
def test_second_channel_coupon_payment_is_refunded(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    payments = at_once(press(quote(lot, coupon.code), "one"), press(quote(lot, coupon.code), "two"))
    assert not faults(payments)
    assert not faults(at_once(notice(fakes[0], payments[0]), notice(fakes[1], payments[1])))
    assert_used_once()
    session = ParkingSession.objects.get(paid_fen__gt=0)
    assert (session.paid_fen, session.relief_fen, Refund.objects.get().amount_fen) == (500, 500, 500)


@ROUNDS
def test_revoking_and_paying_exclude_each_other(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    pressed, revoked = at_once(
        press(quote(lot, coupon.code)),
        lambda: revoke(coupon, why="发错", at=AT),
        delays=[round_ / 2000, 0.001],
    )
    coupon.refresh_from_db()
    assert (isinstance(pressed, Payment), revoked) in {(True, False), (False, True)}
    assert coupon.state == ("revoked" if revoked else "held")


@ROUNDS
def test_second_car_cannot_use_held_coupon(lot, shop, fakes, round_):
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    payment = press(quote(lot, coupon.code))()
    paid = notice(fakes[0], payment)
    answers = at_once(paid, lambda: quote(lot, coupon.code, plate=OTHER), paid, delays=[round_ / 2000, 0, 0])
    assert not faults(answers)
    assert answers[1].amount_fen == 1000
    assert_used_once()


@ROUNDS
def test_exit_and_quote_use_coupon_once(lot, shop, fakes, round_):
    way_out = make_device(lot, "exit")
    hand_out(shop, make_offer(shop, "all_free", 0), AT)
    shown = quote(lot)
    verdict, _ = at_once(
        lambda: see(way_out, PLATE, AT), lambda: tap(shown, at=AT), delays=[round_ / 2000, 0.001]
    )
    assert verdict.opens(AT)
    assert_used_once()
    assert booked() == {f"shop:{shop.pk}": 1000, "validated": -1000}


@ROUNDS
def test_concurrent_late_coupons_refund_once(lot, shop, fakes, round_):
    notice(fakes[0], press(quote(lot))())()
    offer = make_offer(shop, "all_free", 0)
    assert not faults(at_once(*[lambda: hand_out(shop, offer, AT)] * 3))
    session = ParkingSession.objects.get(relief_fen__gt=0)
    assert (session.paid_fen, session.relief_fen, Refund.objects.get().amount_fen) == (0, 1000, 1000)
    assert_used_once()


@pytest.mark.postgresql
def test_late_coupon_waits_for_no_payment(lot, shop, fakes, monkeypatch):
    """Else a payment that is paid at this moment waits for the stay, and the coupon for it: a deadlock."""
    first, second = (press(quote(lot), name)() for name in ("one", "two"))
    notice(fakes[0], first)()

    def lock_at_once():
        with transaction.atomic():
            Payment.objects.select_for_update(nowait=True).get(pk=second.pk)

    def look(*args, **options):
        assert [type(answer) for answer in at_once(lock_at_once)] == [OperationalError]
        return late_bill(*args, **options)

    monkeypatch.setattr(late_coupons, "late_bill", look)
    hand_out(shop, make_offer(shop), AT)
    assert Refund.objects.get().amount_fen == 500


def test_shop_limit_holds_under_concurrency(lot):
    shop = make_shop(lot, per_day=3)
    offer = make_offer(shop)
    answers = at_once(*[lambda: hand_out(shop, offer, AT, plate=None)] * 6)
    assert [type(answer) for answer in faults(answers)] == [LimitReached] * 3
    assert Coupon.objects.count() == 3


def test_concurrent_repeat_issues_one_coupon(lot, shop):
    offer = make_offer(shop)
    answers = at_once(*[lambda: hand_out(shop, offer, AT, plate=None, request="one")] * 4)
    assert len({coupon.pk for coupon in answers}) == Coupon.objects.count() == 1
