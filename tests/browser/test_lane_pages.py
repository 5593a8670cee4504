"""Lane codes: one tap at the exit, a ticket at the entry, and paying with it."""

import pytest

from lots import tickets
from lots.plates import parse
from payments.models import Payment
from tests.browser.conftest import PLATE
from tests.browser.test_paying_pages import LEAVE, SCRIPTS, pay


@SCRIPTS
def test_lane_code_payment_opens_the_barrier(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    assert not car_park.drive_up(car_park.way_out)
    assert not car_park.polled_open(car_park.way_out)
    phone.open(car_park.scan(car_park.exit_sign))
    phone.sees("沪A***45", "10.00")
    assert "停车约 2 小时" not in phone.page.content()  # a photo of the printed code works from anywhere
    assert PLATE not in phone.page.content()
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert LEAVE.search(phone.page.inner_text("main"))
    assert car_park.polled_open(car_park.way_out)
    assert not car_park.polled_open(car_park.way_out)


@SCRIPTS
def test_unplated_vehicle_pays_with_its_ticket(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    assert not car_park.drive_up(car_park.entry, None)
    phone.open(car_park.scan(car_park.entry_sign))
    phone.click("领取入场票")
    phone.sees("道闸抬起后请驶入")
    ticket = phone.page.inner_text(".ticket")
    assert car_park.polled_open(car_park.entry)
    car_park.wait(61)

    assert not car_park.drive_up(car_park.way_out, None)
    phone.open(car_park.scan(car_park.exit_sign))
    phone.sees("出口处没有待缴费的车辆")
    phone.page.locator("#plate").fill(ticket)
    if not scripts:
        phone.page.locator("#send .go").click()
    phone.sees(ticket if scripts else "10.00")  # the fee's own address keeps it masked
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert car_park.polled_open(car_park.way_out)
    assert Payment.objects.get().session.exit_lane == car_park.way_out.lane


@pytest.mark.parametrize("typed", ["on the screen", "behind the offered province"])
def test_ticket_can_be_typed_as_plate(car_park, phone, typed):
    assert not car_park.drive_up(car_park.entry, None)
    phone.open(car_park.scan(car_park.entry_sign))
    phone.click("领取入场票")
    ticket = phone.page.inner_text(".ticket")
    car_park.wait(61)
    phone.open(car_park.scan(car_park.pure))
    if typed == "on the screen":
        phone.click("无牌车票号")
        for letter in ticket[1:].replace("-", ""):
            phone.key(letter).click()
    else:
        phone.page.locator("#plate").press("End")
        phone.page.keyboard.type(ticket.lower())
    phone.sees(ticket, "支付 ¥10.00")


def test_ticket_like_a_plate_is_typed_on(car_park, phone, monkeypatch):
    """Behind the offered province its beginning is a whole plate, and is answered before the rest comes."""
    monkeypatch.setattr(tickets, "new_ticket", lambda: parse("TQF631ACSB"))
    assert not car_park.drive_up(car_park.entry, None)
    phone.open(car_park.scan(car_park.entry_sign))
    phone.click("领取入场票")
    phone.sees("TQF-631-ACSB")
    car_park.wait(61)
    phone.open(car_park.scan(car_park.pure))
    phone.page.locator("#plate").press("End")
    phone.page.keyboard.type("tqf631")
    phone.sees("没有待缴的停车费")
    phone.page.keyboard.type("acsb")
    phone.sees("TQF-631-ACSB", "支付 ¥10.00")


@SCRIPTS
def test_second_ticket_is_refused(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {409}
    phone.open(car_park.scan(car_park.entry_sign))
    phone.click("领取入场票")
    phone.sees("还没检测到您的车")


@SCRIPTS
def test_refresh_shows_newly_arrived_car(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    phone.open(car_park.scan(car_park.exit_sign))
    phone.sees("出口处没有待缴费的车辆")
    car_park.drive_up(car_park.way_out)
    phone.click("刷新")
    phone.sees("沪A***45")
    pay(phone, "付款成功")
    assert car_park.polled_open(car_park.way_out)
