"""A coupon on a small phone: typed into the one line for it, or scanned from the shop's code."""

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from payments.coupons.coupon_codes import address, pretty
from payments.coupons.coupon_models import Coupon
from payments.models import Payment
from tests.browser.conftest import PLATE
from tests.browser.page_watch import CUT_OFF
from tests.payments.coupons.making import hand_out, make_offer, make_shop

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])


@pytest.fixture
def shop(car_park):
    car_park.park(88)
    return make_shop(car_park.lot)


def enter(phone):
    phone.tap_plate(PLATE) if phone.scripts else phone.search(PLATE)


@SCRIPTS
def test_typed_coupon_reduces_the_fee(car_park, phones, shop, scripts):
    phone = phones(scripts=scripts)
    coupon = hand_out(shop, make_offer(shop), now(), plate=None)
    phone.open(car_park.scan(car_park.pure))
    enter(phone)
    phone.sees("支付 ¥10.00", "有停车券？")
    expect(phone.page.locator("#coupon")).to_be_hidden()
    phone.click("有停车券？")
    phone.page.locator("#coupon").fill(pretty(coupon.code).lower())
    phone.click("使用停车券")
    phone.sees("优惠前金额", "停车券：抵扣最先 1 小时", "−¥5.00", "支付 ¥5.00")
    if scripts:
        assert phone.page.evaluate(CUT_OFF) == []
    phone.click("支付 ¥5.00")
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功", "5.00")
    assert Payment.objects.get().amount_fen == 500
    assert car_park.drive_up(car_park.way_out)
    assert not [request.url for request in phone.asked if coupon.code in request.url.upper()]


@SCRIPTS
def test_scanned_coupon_covers_the_fee(car_park, phones, shop, scripts):
    phone = phones(scripts=scripts)
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), now(), plate=None)
    phone.open(address(coupon.code))
    phone.sees(pretty(coupon.code), "输入车牌后自动抵扣")
    if scripts:
        assert phone.page.evaluate(CUT_OFF) == []
    enter(phone)
    phone.sees("−¥10.00", "0.00")
    assert Coupon.objects.get().state == Coupon.State.ISSUED
    phone.click("使用停车券")
    phone.sees("停车券已抵扣全部费用", "−¥10.00", "0.00", "前离场")
    assert not Payment.objects.exists()
    assert car_park.drive_up(car_park.way_out)
    held = [request.url for request in phone.asked if coupon.code in request.url.upper()]
    assert len(held) == 1  # what the shop's code itself says


def test_unknown_coupon_code_shows_error(car_park, phones, shop):
    phone = phones()
    hand_out(shop, make_offer(shop), now(), plate=None)
    phone.open(car_park.scan(car_park.pure))
    enter(phone)
    phone.click("有停车券？")
    phone.page.locator("#coupon").fill("ABCD-EFGH-JKMN")
    phone.click("使用停车券")
    phone.sees("这不是本停车场的停车券", "支付 ¥10.00")
    expect(phone.page.locator("#coupon")).to_be_visible()
