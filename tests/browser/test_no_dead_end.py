"""Ways back to a payable fee with facts of their own; tests.browser.matrix walks all of them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from lots.models import ParkingSession
from payments.models import Payment
from tests.browser.conftest import PLATE, CarPark
from tests.browser.page_watch import Phone
from tests.browser.test_paying_pages import SCRIPTS, find_fee, pay

SIZES = [(320, 480), (360, 520), (375, 603), (412, 780)]
PAYABLE = "支付 ¥10.00"


def payable(phone: Phone, tap: str = "") -> None:
    """Tap once if need be, and see a fee that can be paid."""
    if tap:
        phone.click(tap)
    expect(phone.button(PAYABLE).first).to_be_visible()


def looks(size: tuple[int, int]) -> dict[str, Any]:
    return {"viewport": {"width": size[0], "height": size[1]}}


@pytest.fixture
def start(car_park: CarPark, phones: Callable[..., Phone]) -> Callable[..., Phone]:
    def begin(*, scripts: bool = True, size: tuple[int, int] = (360, 520)) -> Phone:
        car_park.park()
        phone = phones(scripts=scripts, **looks(size))
        find_fee(phone, car_park)
        return phone

    return begin


@SCRIPTS
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pay_is_in_view_without_scrolling(start, size, scripts):
    phone = start(size=size, scripts=scripts)
    expect(phone.button(PAYABLE)).to_be_in_viewport(ratio=1)
    assert phone.page.evaluate("scrollY") == 0


@SCRIPTS
@pytest.mark.parametrize("way", ["继续支付", "换一种方式"])
def test_cancelled_at_the_cashier(start, scripts, way):
    phone = start(scripts=scripts)
    pay(phone, "放弃")
    phone.sees("正在确认支付结果")
    phone.click(way)  # shown after three seconds; without scripts at the second sight
    if way == "继续支付":
        phone.reaches("cashier")
        phone.click("付款成功")
        phone.sees("支付成功")
        assert Payment.objects.count() == 1
    else:
        payable(phone)


def test_back_from_the_cashier(start):
    phone = start()
    phone.click(PAYABLE)
    phone.reaches("cashier")
    phone.page.go_back()
    expect(phone.button(PAYABLE).or_(phone.page.locator("#plate")).first).to_be_visible()
    if not phone.button(PAYABLE).count():
        phone.tap_plate(PLATE)
    payable(phone)


def test_offline_pay_keeps_the_page(start):
    phone = start()
    phone.context.set_offline(True)
    phone.click(PAYABLE)
    phone.sees("网络没有响应，没有扣款")
    phone.complaints.clear()  # the browser's own report of the missing network
    phone.context.set_offline(False)
    pay(phone, "付款成功")
    phone.sees("支付成功")


@SCRIPTS
def test_second_phone_pays_what_the_first_left(car_park, start, phones, scripts):
    phone = start(scripts=scripts)
    pay(phone, "放弃")
    if scripts:
        phone.sees("继续支付")
        phone.context.set_offline(True)
        phone.click("继续支付")
        phone.sees("没有网络")
        phone.complaints.clear()  # the browser's own report of the missing network
        phone.context.set_offline(False)
        phone.sees_not("没有网络")
    second = phones(scripts=scripts)
    find_fee(second, car_park)
    pay(second, "付款成功")
    second.sees("支付成功")
    phone.sees("支付成功")  # it is the same order
    assert Payment.objects.count() == 1


@SCRIPTS
def test_expired_order(car_park, start, scripts):
    phone = start(scripts=scripts)
    pay(phone, "放弃")
    car_park.wait(61)
    phone.click("重新支付")  # which replaces 继续支付 once the page sees that the order is closed
    expect(phone.button("支付 ¥15.00").first).to_be_visible()


@SCRIPTS
def test_result_leads_to_its_sign(car_park, start, scripts):
    phone = start(scripts=scripts)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    phone.click("为其他车辆缴费")
    assert phone.at() == f"/p/{car_park.pure.code}"


@SCRIPTS
def test_not_found_leads_back_to_the_plate(car_park, phones, scripts):
    car_park.park()
    phone = phones(scripts=scripts, **looks((360, 520)))
    phone.open(car_park.scan(car_park.pure))
    phone.tap_plate("沪B99999") if scripts else phone.search("沪B99999")
    phone.sees("没有待缴的停车费")
    expect(phone.page.locator("#plate")).to_be_visible()


def test_seven_characters_ask_before_the_eighth(car_park, phone):
    car_park.park(plate="沪AD12345")
    phone.open(car_park.scan(car_park.pure))
    phone.tap_plate("沪AD1234")
    phone.sees("没有待缴的停车费")
    phone.key("5").click()
    phone.sees("沪A·D12345", PAYABLE)
    assert phone.page.locator(".plate.green").count() == 1


def test_waiting_keeps_its_height(car_park, phone):
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    top = phone.page.locator("#send").bounding_box()["y"]
    phone.page.route("**/p/*", lambda route: None)  # the answer never comes
    phone.tap_plate("沪A12345")
    phone.sees("正在查询")
    row = phone.page.locator("#keys > div:visible").last.bounding_box()["height"] + 4  # 警 学 挂 …
    assert abs(phone.page.locator("#send").bounding_box()["y"] - top - row) < 2
    phone.page.unroute_all()


def test_bookmark_fills_in_the_plate(car_park, phone):
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.tap_plate(PLATE)
    phone.click("下次少输入")
    expect(phone.page).to_have_url(re.compile(f"#{quote(PLATE)}$"))
    phone.page.goto("about:blank")
    phone.open(f"/p/{car_park.pure.code}#{PLATE}")
    payable(phone)
    assert all(PLATE[1:] not in request.url.split("#")[0] for request in phone.asked)


def test_bookmark_of_a_lane_code_shows_the_fee(car_park, phone):
    assert car_park.drive_up(car_park.entry, "沪B67890")
    car_park.park()
    assert not car_park.drive_up(car_park.way_out, "沪B67890")
    phone.open(f"/p/{car_park.exit_sign.code}#{PLATE}")
    phone.sees("沪A·12345")
    payable(phone)


def test_bookmark_fills_in_an_overseas_plate(car_park, phone):
    car_park.park(plate="HK1234")
    phone.open(car_park.scan(car_park.pure))
    phone.page.locator("#other").check()
    phone.search("HK1234")
    phone.click("下次少输入")
    expect(phone.page).to_have_url(re.compile("#~HK1234$"))
    phone.page.goto("about:blank")
    phone.open(f"/p/{car_park.pure.code}#~HK1234")
    payable(phone)


def test_hung_pay_can_be_tapped_again(car_park, phone):
    phone.page.clock.install()
    car_park.park()
    find_fee(phone, car_park)
    phone.page.route("**/pay", lambda route: None)  # the answer never comes
    phone.click(PAYABLE)
    phone.page.clock.fast_forward(21_000)
    phone.sees("网络没有响应，没有扣款")
    phone.page.unroute_all()
    pay(phone, "付款成功")
    phone.sees("支付成功")


def test_receipt_code_stays_without_network(start):
    phone = start()
    pay(phone, "付款成功")
    phone.sees("支付成功")
    ParkingSession.objects.update(exit_until=now() + timedelta(seconds=4))
    phone.page.reload()
    expect(phone.page.locator("#left")).to_be_visible()
    phone.context.set_offline(True)
    expect(phone.page.locator("#left b")).to_have_text("0:00", timeout=10_000)
    phone.page.wait_for_timeout(1_000)
    phone.sees("凭证码")
    phone.complaints.clear()  # the browser's own report of the missing network
    phone.context.set_offline(False)
    expect(phone.page.locator("body")).to_contain_text("离场时限", timeout=20_000)
    phone.complaints.clear()


@SCRIPTS
def test_ticket_survives_a_reload(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    assert not car_park.drive_up(car_park.entry, None)
    phone.open(car_park.scan(car_park.entry_sign))
    phone.click("领取入场票")
    ticket = phone.page.inner_text(".ticket")
    phone.page.reload()
    assert phone.page.inner_text(".ticket") == ticket
    assert ticket.replace("-", "") not in phone.page.url


@SCRIPTS
def test_departed_car_pays_on_lot_page(car_park, phones, scripts):
    phone = phones(scripts=scripts, **looks((360, 520)))
    car_park.park()
    phone.open(f"/lot/{car_park.lot.slug}/pay")
    phone.sees("已离场还没缴费")
    phone.tap_plate(PLATE) if scripts else phone.search(PLATE)
    payable(phone)
    phone.sees_not("已离场还没缴费")  # so that pay is in reach
    expect(phone.button(PAYABLE)).to_be_in_viewport(ratio=1)
    phone.click("修改")
    expect(phone.page.locator("#plate")).to_be_visible()
