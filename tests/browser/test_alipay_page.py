"""Alipay in its own browser and outside of it: the production client, and the sandbox as Alipay.

Alipay knows no trade before its payer has logged in, so an order that was never opened cannot be closed.
"""

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from payments.models import Payment, Refund
from payments.payment_jobs import send_refunds
from tests.browser.test_paying_pages import SCRIPTS
from tests.browser.test_wechat_page import choose, find_fee, states
from tests.waiting import wait_for


def go(phone, car_park):
    """From the sign to Alipay's cashier."""
    find_fee(phone, car_park)
    choose(phone, "支付宝")
    phone.reaches("cashier")


def end(phone, act):
    phone.click(act)
    phone.reaches("t")


@SCRIPTS
def test_two_acts_reach_the_cashier(car_park, phone_in, scripts):
    phone = phone_in("alipay", scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)  # the first act
    assert phone.button("¥10.00").all_inner_texts()[0].startswith("支付宝")
    choose(phone, "支付宝")  # the second
    phone.reaches("cashier")
    end(phone, "付款成功")
    phone.sees("支付成功", "凭证码")
    assert states() == [("alipay", "paid")]
    assert car_park.drive_up(car_park.way_out)


@SCRIPTS
def test_plain_browser_pays_at_alipay(car_park, phone_in, scripts):
    phone = phone_in("browser", scripts=scripts)
    car_park.park()
    go(phone, car_park)
    end(phone, "付款成功")
    phone.sees("支付成功")
    assert states() == [("alipay", "paid")]


def test_wechat_gets_a_link_to_alipay(car_park, phone_in):
    phone = phone_in("wechat-android", scripts=False)
    phone.page.route("**/gateway.do?*", lambda route: route.fulfill(status=204))  # the page stays
    car_park.park()
    find_fee(phone, car_park)
    choose(phone, "支付宝")
    phone.sees("微信", "扫描")
    expect(phone.page.locator("a.go")).to_be_visible()


@SCRIPTS
def test_abandoned_alipay_order_is_reused(car_park, phone_in, scripts):
    phone = phone_in("alipay", scripts=scripts)
    car_park.park()
    go(phone, car_park)
    phone.click("登录")
    end(phone, "放弃")
    phone.sees("正在确认支付结果")
    phone.page.reload()
    phone.sees("正在确认支付结果")
    go(phone, car_park)
    end(phone, "付款成功")
    phone.sees("支付成功")
    phone.page.reload()
    phone.sees("支付成功")
    assert states() == [("alipay", "paid")]


def test_back_from_alipay_shows_the_fee(car_park, phone_in):
    phone = phone_in("alipay")
    car_park.park()
    go(phone, car_park)
    phone.page.go_back()
    phone.button("支付宝").click()
    phone.reaches("cashier")
    end(phone, "付款成功")
    phone.sees("支付成功")
    assert states() == [("alipay", "paid")]


def test_double_tap_creates_one_alipay_order(car_park, phone_in):
    phone = phone_in("alipay")
    car_park.park()
    find_fee(phone, car_park)
    phone.button("支付宝").dblclick(no_wait_after=True)
    phone.reaches("cashier")
    end(phone, "付款成功")
    phone.sees("支付成功")
    assert states() == [("alipay", "paid")]


def test_two_phones_share_one_order(car_park, phone_in):
    one, two = phone_in("alipay"), phone_in("browser", scripts=False)
    car_park.park()
    for phone in (one, two):
        go(phone, car_park)
    for phone in (one, two):
        end(phone, "付款成功")
        phone.sees("支付成功")
    assert states() == [("alipay", "paid")]


@pytest.mark.parametrize("login", [True, False], ids=["logged-in", "only-looked"])
def test_stale_amount_replaces_the_alipay_order(car_park, phone_in, login):
    phone = phone_in("alipay")
    car_park.park()
    go(phone, car_park)
    if login:
        phone.click("登录")
    car_park.wait(60)
    find_fee(phone, car_park, "15.00")
    choose(phone, "支付宝")
    phone.reaches("cashier")
    end(phone, "付款成功")
    phone.sees("支付成功", "15.00")
    assert states() == [("alipay", "closed"), ("alipay", "paid")]


def test_late_alipay_payment_is_refunded(car_park, real, phone_in):
    phone = phone_in("browser")
    car_park.park()
    go(phone, car_park)
    alipay = phone.page.url
    phone.page.go_back()
    find_fee(phone, car_park)
    choose(phone, "微信支付")
    phone.reaches("cashier")
    phone.page.wait_for_url(lambda url: url != alipay)
    end(phone, "付款成功")
    phone.sees("支付成功")
    phone.open(alipay)
    end(phone, "付款成功")
    second_is_refunded(phone)


def test_second_channel_payment_is_refunded(car_park, real, phone_in):
    one, two = phone_in("alipay"), phone_in("wechat-ios")
    real.equip(two)
    car_park.park()
    go(one, car_park)
    find_fee(two, car_park)
    choose(two, "微信支付")
    two.sees("支付成功")
    end(one, "付款成功")
    second_is_refunded(one)
    two.page.reload()
    two.sees("支付成功")
    two.sees_not("退")


def second_is_refunded(phone):
    phone.sees("此前已支付", "自动原路退回")
    wait_for(lambda: send_refunds(now()))
    wait_for(lambda: Refund.objects.get().state == Refund.State.DONE)
    phone.page.reload()
    phone.sees("已退款 ¥10.00")
    paid = Payment.objects.order_by("provider").values_list("provider", "state", "credited_fen")
    assert list(paid) == [("alipay", "paid", 0), ("wechat", "paid", 1000)]
    assert Refund.objects.get().payment.provider == "alipay"
