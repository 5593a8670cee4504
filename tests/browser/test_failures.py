"""What goes wrong on the way: fingers, phones, clocks, channels, the database, signs."""

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.timezone import now
from playwright.sync_api import expect

from core import hot_sql
from core.transport import PooledTransport
from driver import page_cache
from lots import changes
from lots.models import Lot
from lots.sign_register import revoke
from payments import channels
from payments.models import Payment
from tests.browser.conftest import PLATE
from tests.browser.real import providers, sandbox_wechat
from tests.browser.test_paying_pages import SCRIPTS, find_fee, pay
from tests.sandbox import NoticeSink, SandboxServer, address_of, end, start_sandbox

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
            patch.setattr(hot_sql, "_executed", gone)
            patch.setattr(changes, "REFRESH", -1.0)

        def returns(self):
            patch.undo()

    database = Database()
    yield database
    database.returns()


def test_back_after_paying_creates_no_payment(car_park, phone):
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    paid = phone.page.url
    phone.page.go_back()
    phone.sees("已付款")  # the cashier's own page
    phone.page.go_back()
    phone.sees("没有待缴的停车费")
    phone.open(paid)
    phone.sees("支付成功")
    assert Payment.objects.count() == 1


@SCRIPTS
def test_reloading_creates_no_second_payment(car_park, phones, scripts):
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
def test_double_tap_creates_one_payment(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    phone.button("支付 ¥10.00").dblclick(no_wait_after=True)
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功")
    assert Payment.objects.count() == 1


def test_two_phones_share_one_order(car_park, phones):
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
def test_stale_amount_is_confirmed_before_charging(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    car_park.wait(60)
    phone.click("支付 ¥10.00")
    phone.sees("没有扣款")
    assert not Payment.objects.exists()
    if not scripts:  # no address and no cookie holds the plate
        phone.search(PLATE)
    phone.sees("15.00")
    phone.click("支付 ¥15.00")
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees("支付成功", "15.00")


def test_open_page_renews_the_amount(car_park, phone):
    car_park.park()
    phone.page.clock.install()
    find_fee(phone, car_park)
    first = phone.at()
    car_park.wait(60)
    phone.page.clock.fast_forward("05:00")
    phone.sees("15.00")
    assert phone.at() != first


@SCRIPTS
def test_channel_outage_keeps_the_fee(car_park, phones, scripts, monkeypatch, sandbox_keys):
    process, transport = start_sandbox("--keys", str(sandbox_keys)), PooledTransport("wechat", read_seconds=1)
    server = SandboxServer(address_of(process), NoticeSink())
    found = providers(sandbox_wechat(sandbox_keys, server), transport)
    monkeypatch.setattr(channels, "providers", lambda: found)
    phone = phones(scripts=scripts)
    phone.statuses = {503}
    car_park.park()
    find_fee(phone, car_park)
    end(process)
    phone.click("支付 ¥10.00")
    phone.sees("支付暂时打不开", "没有扣款", "岗亭", "10.00", PHONE)
    transport.close()


@SCRIPTS
def test_missing_channel_keeps_the_fee(car_park, phones, scripts, monkeypatch):
    monkeypatch.setattr(channels, "providers", dict)
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    phone.sees("暂时无法线上支付", "没有扣款", "岗亭", PHONE)
    expect(phone.button("支付")).to_have_count(0)


@SCRIPTS
def test_database_outage_shows_the_service_phone(car_park, phones, scripts, database):
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


def test_retry_works_after_database_recovery(car_park, phone, database):
    phone.statuses = {503}
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    database.goes()
    phone.tap_plate(PLATE)
    phone.sees("系统暂时无法使用")
    database.returns()
    phone.click("重试")
    phone.sees("支付 ¥10.00")


def test_offline_phone_charges_nothing(car_park, phone):
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.context.set_offline(True)
    phone.tap_plate(PLATE)
    phone.sees("网络没有响应", "没有扣款")
    phone.complaints.clear()  # the browser's own word on the air
    phone.context.set_offline(False)
    phone.sees("支付 ¥10.00")  # nothing but the first page had come before, and the rest comes by itself
    phone.click("修改")
    phone.context.set_offline(True)
    phone.page.locator("#send .go").click()
    phone.sees("网络没有响应")
    expect(phone.page.locator("#send .go")).to_be_in_viewport(ratio=1)
    phone.complaints.clear()
    phone.context.set_offline(False)
    phone.sees("支付 ¥10.00")  # asked for by itself


@SCRIPTS
def test_revoked_sign_takes_no_money(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {410}
    car_park.park()
    find_fee(phone, car_park)
    revoke(car_park.pure, at=now())
    phone.click("支付 ¥10.00")
    phone.sees("这块标识牌已停用", "没有扣款", PHONE)
    page_cache.STAMP.forget()
    phone.open(car_park.scan(car_park.pure))
    phone.sees("这块标识牌已停用", PHONE, "输入车牌号缴费")
    assert not Payment.objects.exists()


def test_mistyped_sign_code_is_rejected(car_park, phone):
    phone.statuses = {404}
    code = car_park.pure.code
    phone.open(f"/p/{code[:-1]}{'0' if code[-1] != '0' else '1'}")
    phone.sees("不是有效的停车缴费码", "没有扣款")
    phone.open(f"/p/{code.lower()[:4]}-{code.lower()[4:]}")
    phone.page.locator("#plate").wait_for()


@SCRIPTS
def test_closed_lot_takes_no_plate(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {503}
    car_park.park()
    find_fee(phone, car_park)
    Lot.objects.update(closed_at=now())
    phone.click("支付 ¥10.00")
    phone.sees("暂停线上缴费", "没有扣款", PHONE)
    page_cache.STAMP.forget()
    for sign in (car_park.pure, car_park.exit_sign, car_park.entry_sign):
        phone.open(car_park.scan(sign))
        phone.sees("暂停线上缴费", PHONE)
        expect(phone.page.locator("#plate")).to_have_count(0)


@SCRIPTS
def test_invalid_plate_can_be_corrected(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {422}
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.search("沪A123")
    phone.sees("位数")
    phone.search(PLATE)
    phone.sees("支付 ¥10.00")
