"""WeChat Pay in its own browser and outside of it: the production client, and the sandbox as WeChat."""

from contextlib import suppress
from html import escape
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from payments.models import Payment, Refund
from payments.payment_jobs import send_refunds
from tests.browser.conftest import PLATE
from tests.browser.real import codes
from tests.browser.test_paying_pages import SCRIPTS
from tests.waiting import wait_for

PHONES = pytest.mark.parametrize("app", ["wechat-android", "wechat-ios"])
IN_WECHAT = "wechat-android"


def find_fee(phone, car_park, fee="10.00"):
    phone.open(car_park.scan(car_park.pure))
    phone.tap_plate(PLATE) if phone.scripts else phone.search(PLATE)
    phone.sees(fee)


def choose(phone, channel="微信支付"):
    phone.button(channel).first.click()


def pay(phone, car_park):
    find_fee(phone, car_park)
    choose(phone)


def states():
    return list(Payment.objects.order_by("pk").values_list("provider", "state"))


@PHONES
def test_two_acts_reach_the_cashier(car_park, real, phone_in, app):
    phone = phone_in(app)
    bridge = real.equip(phone)
    car_park.park()
    find_fee(phone, car_park)  # the first act
    assert phone.button("¥10.00").all_inner_texts()[0].startswith("微信支付")
    choose(phone)  # the second: the cashier opens by itself
    phone.sees("支付成功", "凭证码")
    assert len(bridge.prepaid) == 1
    assert [sorted(text) for text in codes(phone)] == [["code", "state"]]
    assert states() == [("wechat", "paid")]
    assert car_park.drive_up(car_park.way_out)


def test_exit_sign_needs_one_act(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    real.equip(phone)
    car_park.park()
    assert not car_park.drive_up(car_park.way_out)
    phone.open(car_park.scan(car_park.exit_sign))
    choose_at_exit(phone)
    phone.sees("支付成功")
    assert car_park.polled_open(car_park.way_out)


def choose_at_exit(phone):
    """A page that anybody could ask for does not know its visitor, so both channels stand there."""
    expect(phone.button("¥10.00")).to_have_count(2)
    choose(phone)


def test_cancelled_cashier_opens_again(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone, "cancel")
    car_park.park()
    pay(phone, car_park)
    phone.sees("尚未支付", "您已退出微信支付，没有扣款")
    phone.sees_not("正在打开收银台", "支付宝")
    phone.click("微信支付")
    phone.sees("支付成功")
    assert bridge.prepaid[0] == bridge.prepaid[1]
    assert states() == [("wechat", "paid")]


def test_failed_cashier_offers_retry_and_alipay(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    real.equip(phone, "fail")
    car_park.park()
    pay(phone, car_park)
    phone.sees("微信支付暂时打不开，没有扣款", "支付宝 ¥10.00")
    phone.click("微信支付")
    phone.sees("支付成功")


def test_missing_bridge_offers_alipay(car_park, phone_in):
    phone = phone_in(IN_WECHAT)
    phone.page.clock.install()
    car_park.park()
    pay(phone, car_park)
    phone.reaches("t")
    phone.page.clock.run_for(6000)
    phone.sees("微信支付暂时打不开，没有扣款")
    expect(phone.button("微信支付")).to_have_count(0)
    choose(phone, "支付宝")
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.sees("支付成功")
    assert states() == [("wechat", "open"), ("alipay", "paid")]


def test_missing_scripts_offer_alipay(car_park, phone_in):
    phone = phone_in(IN_WECHAT, scripts=False)
    car_park.park()
    pay(phone, car_park)
    phone.sees("需启用脚本", "支付宝 ¥10.00")
    choose(phone, "支付宝")
    phone.reaches("cashier")


def test_reload_reuses_the_wechat_order(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone, "cancel")
    car_park.park()
    find_fee(phone, car_park)
    phone.page.reload()
    pay(phone, car_park)
    phone.sees("尚未支付")
    phone.page.reload()
    phone.sees("正在确认支付结果")
    pay(phone, car_park)
    phone.sees("支付成功")
    phone.page.reload()
    phone.sees("支付成功")
    assert bridge.prepaid[0] == bridge.prepaid[1]
    assert states() == [("wechat", "paid")]


def test_back_after_wechat_owes_nothing(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone)
    car_park.park()
    pay(phone, car_park)
    phone.sees("支付成功")
    phone.page.go_back()
    phone.sees("没有待缴的停车费")
    assert len(bridge.prepaid) == len(codes(phone)) == 1


def test_double_tap_opens_one_cashier(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone, "cancel")
    car_park.park()
    find_fee(phone, car_park)
    phone.button("微信支付").dblclick(no_wait_after=True)
    phone.sees("尚未支付")
    phone.button("微信支付").dblclick(no_wait_after=True)
    phone.sees("支付成功")
    assert states() == [("wechat", "paid")]
    assert len(bridge.prepaid) == 2


@pytest.fixture
def two_phones(car_park, real, phone_in):
    """Two phones of one car, each of its own payer, both before the cashier."""
    phones = phone_in("wechat-android"), phone_in("wechat-ios")
    bridges = [real.equip(phone, "cancel") for phone in phones]
    car_park.park()
    pay(phones[0], car_park)
    phones[0].sees("尚未支付")
    real.another_payer()
    pay(phones[1], car_park)
    phones[1].sees("尚未支付")
    return phones, bridges


def test_second_phone_replaces_the_order(two_phones):
    (first, second), bridges = two_phones
    assert states() == [("wechat", "closed"), ("wechat", "open")]
    first.click("微信支付")
    first.sees("微信支付暂时打不开，没有扣款")
    second.click("微信支付")
    second.sees("支付成功")
    assert bridges[0].prepaid[0] != bridges[1].prepaid[0]
    assert states() == [("wechat", "closed"), ("wechat", "paid")]
    assert not Refund.objects.exists()


def test_second_payer_is_refunded(two_phones, real):
    (first, second), _ = two_phones
    second.click("微信支付")
    second.sees("支付成功")
    late, paid = Payment.objects.order_by("pk")
    real.lands(late.number)
    wait_for(lambda: send_refunds(now()))
    wait_for(lambda: Refund.objects.get().state == Refund.State.DONE)
    first.open(f"/t/{late.token}")
    first.sees("此前已支付", "自动原路退回", "已退款 ¥10.00")
    given = Refund.objects.get()
    assert (given.payment, given.amount_fen) == (late, 1000)
    assert (late.credited_fen, paid.credited_fen) == (0, 1000)


def test_stale_amount_is_confirmed_before_wechat(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    real.equip(phone)
    car_park.park()
    find_fee(phone, car_park)
    car_park.wait(60)
    choose(phone)
    phone.sees("没有扣款", "15.00")
    assert codes(phone) == []
    choose(phone)
    phone.sees("支付成功", "15.00")
    assert states() == [("wechat", "paid")]


def test_stale_wechat_order_is_closed_first(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone, "cancel")
    car_park.park()
    pay(phone, car_park)
    phone.sees("尚未支付")
    car_park.wait(60)
    find_fee(phone, car_park, "15.00")
    choose(phone)
    phone.sees("支付成功", "15.00")
    assert states() == [("wechat", "closed"), ("wechat", "paid")]
    assert bridge.prepaid[0] != bridge.prepaid[1]


# the openid


def repeat_callback(phone, *, times):
    """Let WeChat load the way back twice, as it does now and then: what it shows is the second answer."""

    def twice(route):
        back = route.fetch(max_redirects=0).headers["location"]
        with suppress(HTTPError), urlopen(back.partition("#")[0], timeout=60) as first:
            first.read()
        page = f'<link rel="icon" href="data:,"><meta http-equiv="refresh" content="0;url={escape(back)}">'
        route.fulfill(body=page, content_type="text/html")

    phone.page.route("**/connect/oauth2/authorize?*", twice, times=times)


def test_reused_oauth_code_is_renewed_once(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    bridge = real.equip(phone)
    car_park.park()
    repeat_callback(phone, times=1)
    pay(phone, car_park)
    phone.sees("支付成功")
    assert len(codes(phone)) == 2
    assert len(bridge.prepaid) == 1
    assert states() == [("wechat", "paid")]


def test_reused_oauth_code_never_loops(car_park, real, phone_in):
    phone = phone_in(IN_WECHAT)
    phone.statuses = {503}
    bridge = real.equip(phone)
    car_park.park()
    repeat_callback(phone, times=9)
    pay(phone, car_park)
    phone.sees("没有扣款", "支付 ¥10.00", "支付宝")
    assert len(codes(phone)) == 2
    assert bridge.prepaid == []
    phone.click("支付 ¥10.00")
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.sees("支付成功")
    assert states() == [("wechat", "open"), ("alipay", "paid")]


def test_back_without_scripts_renews_oauth_code(car_park, phone_in):
    phone = phone_in(IN_WECHAT, scripts=False)
    car_park.park()
    pay(phone, car_park)
    phone.click("我已支付")
    phone.reaches("t")
    phone.page.go_back()
    phone.sees("支付宝 ¥10.00")
    assert len(codes(phone)) == 3  # used, used again, again
    assert states() == [("wechat", "open")]


# outside of WeChat


@SCRIPTS
def test_plain_browser_pays_at_wechat(car_park, phone_in, scripts):
    phone = phone_in("browser", scripts=scripts)
    car_park.park()
    pay(phone, car_park)
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功")
    assert codes(phone) == []
    assert states() == [("wechat", "paid")]
    assert car_park.drive_up(car_park.way_out)


def test_unknown_browser_can_use_both_channels(car_park, phone_in):
    phone = phone_in("dingtalk")
    car_park.park()
    for channel in ("微信支付", "支付宝"):
        find_fee(phone, car_park)
        choose(phone, channel)
        phone.reaches("cashier")
    phone.click("付款成功")
    phone.sees("支付成功")


def test_forwarded_h5_link_is_refused(car_park, real, phone_in):
    outside, inside = phone_in("browser"), phone_in(IN_WECHAT)
    real.equip(inside)
    inside.statuses = {401, 403}  # the first for want of an icon
    car_park.park()
    pay(outside, car_park)
    outside.reaches("cashier")
    (link,) = [each.url for each in outside.asked if "/cashier/h5?" in each.url]
    inside.page.goto(link, referer=car_park.url)
    inside.sees("请在微信外打开订单")
    pay(inside, car_park)
    inside.sees("支付成功")
    assert states() == [("wechat", "closed"), ("wechat", "paid")]


@SCRIPTS
def test_unpaid_return_reuses_the_wechat_order(car_park, phone_in, scripts):
    phone = phone_in("browser", scripts=scripts)
    car_park.park()
    for act in ("放弃", "付款成功"):
        pay(phone, car_park)
        phone.reaches("cashier")
        phone.click(act)
        phone.reaches("t")
    phone.sees("支付成功")
    assert states() == [("wechat", "paid")]
