"""What a driver sees in front of another vendor's parking system besides the answers of test_staging_walk."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.plates import parse
from lots.sign_qr import sign_address
from lots.sign_register import new_sign
from lots.systems.notices import NoticeKind, SystemEvent
from lots.systems.parking_system import ChargeQuery
from payments import settlements
from payments.charges import ask, sealed
from payments.models import Payment, Refund
from payments.notice_effects import receive
from tests.browser.conftest import PLATE
from tests.browser.page_watch import CUT_OFF
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.payments.coupons.making import hand_out, make_offer, make_shop

PHONE = {"width": 360, "height": 520}
NOTHING, SILENT = "没有待缴的停车费", "系统暂时无法使用"


class Front:
    """A sign in a lot in front of a simulated system, and a phone before it."""

    def __init__(self, name, phone):
        self.vendor = vendor_named(name)
        self.park = self.vendor.simulator.park
        self.lot = lot_in_front_of(self.vendor, options={**self.vendor.simulator.options, "coupons": "yes"})
        self.sign = new_sign(lot=self.lot, place="B1 层电梯厅")
        self.phone = phone

    def look(self, plate=PLATE):
        self.phone.open(sign_address(self.sign))
        self.phone.tap_plate(plate) if self.phone.scripts else self.phone.search(plate)

    def pay(self, amount="12.50"):
        self.phone.click(re.compile(f"支付 ¥{amount}"))
        self.phone.reaches("cashier")
        self.phone.click("付款成功")
        self.phone.reaches("t")

    def fits(self):
        if self.phone.scripts:
            assert self.phone.page.evaluate(CUT_OFF) == []


@pytest.fixture
def small(phones):
    return phones(viewport=PHONE)


def test_nothing_due_is_one_page(car_park, small):
    """Free minutes, a permit, paid and not inside: the page does not show which."""
    front = Front("aike", small)
    shown = []
    for car in ({}, {"price_fen": 0}, {"price_fen": 1250, "is_permit": True}):
        front.park.clear()
        if car:
            front.park.enter(PLATE, **car)
        front.look()
        small.sees(NOTHING)
        front.fits()
        shown.append(small.page.inner_text("#fee"))
    front.park.clear()
    front.park.enter(PLATE, 1250).paid_fen = 1250
    front.look()
    small.sees(NOTHING)
    shown.append(small.page.inner_text("#fee"))
    assert len(set(shown)) == 1


@pytest.mark.parametrize(
    ("name", "fault", "details"),
    [
        ("aike", "offline", {}),
        ("aike", "no_answer", {}),
        ("pcloud", "forged", {}),
        ("jieshun", "not_json", {}),
        ("generic", "wrong_amount", {"value": -5}),
        ("keytop", "two_cars", {}),
    ],
)
def test_silent_or_lying_system_calls_staff(car_park, small, name, fault, details):
    front = Front(name, small)
    front.park.enter(PLATE, 1250)
    front.vendor.simulator.fault(fault, **details)
    small.statuses.add(503)
    front.look()
    small.sees(SILENT, front.lot.operator.service_phone)
    small.sees_not(NOTHING, "12.50")
    front.fits()
    assert not Payment.objects.exists()


def test_expired_charge_shows_the_fee_of_now(car_park, small):
    front = Front("aike", small)
    car = front.park.enter(PLATE, 1250)
    earlier = now() - timedelta(minutes=6)
    due = ask(front.lot, ChargeQuery(earlier, plate=parse(PLATE)))
    token = sealed(due, lot=front.lot, sign=front.sign, lane=None, language="zh-hans", at=earlier)
    car.price_fen = 1500
    small.statuses.add(410)
    small.open(f"{car_park.url}/q/{token}")
    small.sees("原来的金额已失效")
    front.fits()
    front.look()
    small.sees("15.00")


def test_void_payment_is_refunded(car_park, small):
    front = Front("aike", small)
    front.park.enter(PLATE, 1250)
    front.look()
    front.pay()
    front.park.leave(PLATE)
    settlements.settle_with_systems(now())
    assert [(row.amount_fen, row.reason) for row in Refund.objects.all()] == [(1250, Refund.Reason.OVERPAID)]
    small.page.reload()
    small.sees("退")
    front.fits()


def test_payment_elsewhere_is_shown(car_park, small):
    front = Front("aike", small)
    car = front.park.enter(PLATE, 1250)
    front.look()
    small.sees("12.50")
    car.paid_fen = 1250
    receive(front.lot, SystemEvent(NoticeKind.PAID, "B1", car.session), at=now())
    small.page.reload()
    small.sees("已通过其他方式支付")
    front.fits()


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("name", ["aike", "pcloud"])
def test_coupon_is_taken_off(car_park, phones, name, scripts):
    phone = phones(viewport=PHONE, scripts=scripts)
    front = Front(name, phone)
    car = front.park.enter(PLATE, 1250)
    shop = make_shop(front.lot)
    coupon = hand_out(shop, make_offer(shop, "amount", 300), now(), plate=None)
    front.look()
    phone.click("有停车券？")
    phone.page.locator("#coupon").fill(coupon.code)
    phone.button("使用停车券").last.click()
    phone.sees("支付 ¥9.50")
    front.fits()
    front.pay("9.50")
    settlements.settle_with_systems(now())
    assert (car.paid_fen, car.relief_fen) == (950, 300)
