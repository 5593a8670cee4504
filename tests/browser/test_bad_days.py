"""What goes wrong on the way: fingers, phones, clocks, channels, the database, signs."""

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.timezone import now
from playwright.sync_api import expect

from lots.models import Lot
from lots.signs import revoke
from payments import channels
from payments.driver import kept
from payments.models import Payment, Quote
from payments.providers.sandbox import SandboxProvider
from payments.providers.transport import PooledTransport
from tests.browser.conftest import PLATE
from tests.browser.test_paying import SCRIPTS, find_fee, pay
from tests.sandbox import KEY, address_of, end, start_sandbox

PHONE = "021-5555 0100"


@pytest.fixture
def database():
    """Take the database away with `database.goes()`; `database.returns()`."""

    patch = pytest.MonkeyPatch()

    class Database:
        def goes(self):
            def gone(*_, **__):
                raise OperationalError("no database")

            patch.setattr(BaseDatabaseWrapper, "cursor", gone)
            patch.setattr(kept, "TTL", -1.0)

        def returns(self):
            patch.undo()

    database = Database()
    yield database
    database.returns()


def test_the_back_button_after_paying_leads_to_no_second_payment(car_park, phone):
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    paid = phone.page.url
    phone.page.go_back()
    phone.sees("已付款")  # the cashier's own page
    phone.page.go_back()
    phone.page.locator("#plate").wait_for()
    phone.tap_plate(PLATE)
    phone.sees("未查到需要缴纳的费用")
    phone.open(paid)
    phone.sees("支付成功")
    assert Payment.objects.count() == 1


@SCRIPTS
def test_reloading_changes_nothing(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    phone.page.reload()
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    for _ in range(2):
        phone.sees("支付成功")
        phone.page.reload()
    assert Payment.objects.count() == 1


@SCRIPTS
def test_a_double_tap_is_one_payment(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    phone.button("支付 ¥10.00").dblclick(no_wait_after=True)
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功")
    assert Payment.objects.count() == 1


def test_two_phones_share_one_order_and_both_see_it_paid(car_park, phones):
    one, two = phones(), phones(scripts=False)
    car_park.park()
    for phone in (one, two):
        find_fee(phone, car_park)
        phone.click("支付 ¥10.00")
        phone.reaches("cashier")
    one.click("付款成功")
    one.reaches("t")
    two.click("付款成功")
    two.reaches("t")
    for phone in (one, two):
        phone.sees("支付成功")
    assert Payment.objects.count() == 1


@SCRIPTS
def test_an_amount_out_of_date_is_shown_anew_before_it_is_charged(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    car_park.wait(60)
    phone.click("支付 ¥10.00")
    phone.sees("没有扣款", "15.00")
    assert not Payment.objects.exists()
    phone.click("支付 ¥15.00")
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功", "15.00")


def test_while_the_page_is_open_the_amount_renews_itself(car_park, phone):
    car_park.park()
    phone.page.clock.install()
    find_fee(phone, car_park)
    first = phone.page.locator("[name=quote]").input_value()
    car_park.wait(60)
    phone.page.clock.fast_forward("05:00")
    phone.sees("15.00")
    assert phone.page.locator("[name=quote]").input_value() != first


@SCRIPTS
def test_with_the_channel_down_the_fee_stays_with_the_way_to_the_booth(
    car_park, phones, scripts, monkeypatch
):
    process, transport = start_sandbox(), PooledTransport(read_seconds=1)
    provider = SandboxProvider(address_of(process), KEY, transport=transport)
    monkeypatch.setattr(channels, "providers", lambda: {(provider.name, provider.merchant): provider})
    phone = phones(scripts=scripts)
    phone.statuses = {503}
    car_park.park()
    find_fee(phone, car_park)
    end(process)
    phone.click("支付 ¥10.00")
    phone.sees("支付渠道没有响应", "没有扣款", "岗亭", "10.00", PHONE)
    transport.close()


@SCRIPTS
def test_without_any_channel_the_fee_stays_with_the_way_to_the_booth(car_park, phones, scripts, monkeypatch):
    monkeypatch.setattr(channels, "providers", dict)
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    phone.sees("暂时无法线上支付", "没有扣款", "岗亭", PHONE)
    expect(phone.button("支付")).to_have_count(0)


@SCRIPTS
def test_without_the_database_there_is_a_calm_page_with_the_lots_phone(car_park, phones, scripts, database):
    phone = phones(scripts=scripts)
    phone.statuses = {503}
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    database.goes()
    phone.tap_plate(PLATE) if scripts else phone.search(PLATE)
    phone.sees("系统暂时无法使用", PHONE)
    phone.open(car_park.scan(car_park.pure))
    phone.sees("浦江广场地下停车库", "系统暂时无法使用", PHONE)
    database.returns()
    find_fee(phone, car_park)


def test_a_database_that_comes_back_is_found_by_asking_again(car_park, phone, database):
    phone.statuses = {503}
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    database.goes()
    phone.tap_plate(PLATE)
    phone.sees("系统暂时无法使用")
    database.returns()
    phone.click("修改车牌")
    phone.page.locator("#send button").click()
    phone.sees("支付 ¥10.00")


def test_a_phone_off_the_air_says_so_and_charges_nothing(car_park, phone):
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.context.set_offline(True)
    phone.tap_plate(PLATE)
    phone.sees("网络没有响应", "没有扣款")
    phone.complaints.clear()  # the browser's own word on the air
    phone.context.set_offline(False)
    phone.page.locator("#send button").click()
    phone.sees("支付 ¥10.00")


@SCRIPTS
def test_a_revoked_code_takes_no_money(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {410}
    car_park.park()
    find_fee(phone, car_park)
    revoke(car_park.pure, at=now())
    phone.click("支付 ¥10.00")
    phone.sees("这块标识牌已停用", "没有扣款", PHONE)
    kept.SIGNS.clear()
    phone.open(car_park.scan(car_park.pure))
    phone.sees("这块标识牌已停用", PHONE)
    assert not Payment.objects.exists()


def test_a_mistyped_code_is_known_without_asking_and_a_lenient_one_is_read(car_park, phone):
    phone.statuses = {404}
    code = car_park.pure.code
    phone.open(f"/p/{code[:-1]}{'0' if code[-1] != '0' else '1'}")
    phone.sees("不是有效的停车缴费码", "没有扣款")
    phone.open(f"/p/{code.lower()[:4]}-{code.lower()[4:]}")
    phone.page.locator("#plate").wait_for()


@SCRIPTS
def test_a_closed_lot_takes_no_plate_and_gives_its_phone(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {503}
    car_park.park()
    find_fee(phone, car_park)
    Lot.objects.update(closed_at=now())
    phone.click("支付 ¥10.00")
    phone.sees("暂停线上缴费", "没有扣款", PHONE)
    kept.SIGNS.clear()
    for sign in (car_park.pure, car_park.exit_sign, car_park.entry_sign):
        phone.open(car_park.scan(sign))
        phone.sees("暂停线上缴费", PHONE)
        expect(phone.page.locator("#plate")).to_have_count(0)


@SCRIPTS
def test_a_wrong_plate_is_explained_beside_the_field_and_corrected(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {422}
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.search("沪A123")
    phone.sees("位数")
    phone.search(PLATE)
    phone.sees("支付 ¥10.00")
    assert Quote.objects.count() == 1
