"""The whole way on a small phone: scan, type, pay, leave; with scripts and without."""

import re

import pytest
from playwright.sync_api import expect

from payments.models import Payment, PaymentEvent, Refund
from tests.browser.conftest import PLATE

LEAVE = re.compile(r"请于\s+(?:\d\d-\d\d )?([0-2]\d:[0-5]\d)\s+前离场")  # with its date after midnight
RECEIPT = re.compile(r"[0-9A-Z]{4}[0-9A-Z-]{4,}")
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])


def find_fee(phone, car_park, plate=PLATE):
    phone.open(car_park.scan(car_park.pure))
    phone.tap_plate(plate) if phone.scripts else phone.search(plate)
    phone.sees("10.00")


def pay(phone, outcome):
    phone.click("支付 ¥10.00")
    phone.reaches("cashier")
    phone.click(outcome)
    phone.reaches("t")


def test_driver_pays_and_leaves(car_park, phone):
    car_park.park()
    assert not car_park.drive_up(car_park.way_out)
    assert car_park.scan(car_park.pure).startswith("HTTP://")
    phone.open(car_park.scan(car_park.pure))
    phone.page.wait_for_load_state("networkidle")
    assert len(phone.asked) == 1
    phone.tap_plate(PLATE)
    phone.sees("沪A·12345", "停车约 2 小时", "10.00")
    assert "/q/" in phone.page.url  # the fee has an address, to come back to
    assert PLATE[1:] not in phone.page.url
    assert phone.button("支付 ¥10.00").count() == 1  # the second act
    expect(phone.button("支付 ¥10.00")).to_be_in_viewport()
    pay(phone, "付款成功")
    phone.sees("支付成功", "10.00", "凭证码")
    assert LEAVE.search(phone.page.inner_text("main"))
    assert RECEIPT.search(phone.page.inner_text(".slip dd"))
    assert PLATE[1:] not in phone.page.content()
    assert car_park.polled_open(car_park.way_out)
    assert not car_park.polled_open(car_park.way_out)


def test_driver_pays_without_scripts(car_park, phones):
    phone = phones(scripts=False)
    car_park.park()
    find_fee(phone, car_park)
    expect(phone.button("支付 ¥10.00")).to_be_in_viewport()
    pay(phone, "付款成功")
    phone.sees("支付成功", "凭证码")
    assert LEAVE.search(phone.page.inner_text("main"))
    assert car_park.drive_up(car_park.way_out)


def test_keyboard_alone_can_pay(car_park, phones):
    phone = phones(has_touch=False, is_mobile=False)
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    keyboard = phone.page.keyboard
    tab_to(phone, "#plate")
    keyboard.type("A12345")  # behind the province that the field offers
    phone.sees("10.00")
    tab_to(phone, ".fee .go")
    keyboard.press("Enter")
    phone.reaches("cashier")
    tab_to(phone, ".go")
    keyboard.press("Enter")
    phone.reaches("t")
    phone.sees("支付成功")


def test_enter_searches_and_allows_correction(car_park, phones):
    phone = phones(has_touch=False, is_mobile=False)
    phone.statuses = {422}
    car_park.park(plate="粤B12345")
    phone.open(car_park.scan(car_park.pure))
    tab_to(phone, "#plate")
    compose = phone.page.context.new_cdp_session(phone.page).send
    compose("Input.imeSetComposition", {"text": "B12", "selectionStart": 3, "selectionEnd": 3})
    expect(phone.page.locator("#boxes")).to_have_text("沪B12")  # an input method has not ended the word yet
    compose("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    phone.page.keyboard.press("Control+A")
    phone.page.keyboard.type("粤B1234")
    phone.page.keyboard.press("Enter")
    phone.sees("位数")
    assert phone.page.evaluate("document.activeElement.id") == "plate"
    phone.page.keyboard.press("End")
    phone.page.keyboard.type("5")
    phone.sees("粤B·12345", "10.00")
    phone.page.keyboard.press("Tab")
    assert phone.page.evaluate("document.activeElement.matches('.pay .go')")


def test_enter_searches_without_scripts(car_park, phones):
    phone = phones(scripts=False)
    car_park.park()
    phone.open(car_park.scan(car_park.pure))
    phone.page.keyboard.press("Tab")
    phone.page.locator("#plate").press("End")
    phone.page.keyboard.type("A12345")
    phone.page.keyboard.press("Enter")
    phone.sees("10.00")


def tab_to(phone, selector):
    for _ in range(12):
        phone.page.keyboard.press("Tab")
        if phone.page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def paid_once(payment):
    moves = PaymentEvent.objects.filter(payment=payment, became=Payment.State.PAID)
    return payment.state == Payment.State.PAID and moves.count() == 1 and not Refund.objects.exists()


@SCRIPTS
@pytest.mark.parametrize("outcome", ["通知丢失", "通知重复", "逾时到账"])
def test_unreliable_notice_settles_once(car_park, phones, scripts, outcome):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, outcome)
    phone.sees("支付成功")
    assert paid_once(Payment.objects.get())
    assert car_park.drive_up(car_park.way_out)


@SCRIPTS
def test_declined_payment_can_be_retried(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, "拒绝")
    phone.sees("未支付", "没有扣款")
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["closed", "paid"]


@SCRIPTS
def test_abandoned_payment_order_is_reused(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, "放弃")
    phone.sees("正在确认支付结果")
    assert not car_park.drive_up(car_park.way_out)
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert paid_once(Payment.objects.get())


@pytest.mark.parametrize(
    ("language", "fee", "button", "paid"),
    [("/hant", "停車約 2 小時", "支付", "支付成功"), ("/en", "about 2 hours", "Pay ¥", "Paid")],
)
def test_language_persists_until_paid(car_park, phones, language, fee, button, paid):
    phone = phones(language=language)
    car_park.park()
    phone.open(f"/p/{car_park.pure.code}")
    phone.click({"/hant": "繁體", "/en": "English"}[language])
    phone.tap_plate(PLATE)
    phone.sees(fee)
    phone.click(button)
    phone.reaches("cashier")
    phone.click("付款成功")
    phone.reaches("t")
    phone.sees(paid)
    assert phone.at().endswith(language)


@SCRIPTS
def test_other_language_keeps_the_fee(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    car_park.park()
    find_fee(phone, car_park)
    for language, stay in [
        ("English", "about 2 hours"),
        ("繁體", "停車約 2 小時"),
        ("简体", "停车约 2 小时"),
    ]:
        phone.click(language)
        phone.sees(stay, "10.00")
        assert "/q/" in phone.page.url


def test_other_language_shows_no_former_fee(car_park, phone):
    car_park.park()
    find_fee(phone, car_park)
    phone.click("修改")
    phone.click("English")
    phone.sees("Find the fee")
    assert "/q/" not in phone.page.url


@pytest.mark.parametrize("plate", ["沪AD12345", "沪A1234警", "粤Z1234港", "WJ沪01234", "使123456"])
def test_screen_keyboard_types_every_plate_kind(car_park, phone, plate):
    car_park.park(plate=plate)
    phone.open(car_park.scan(car_park.pure))
    spell(phone, plate)
    phone.sees("支付 ¥10.00")


def spell(phone, plate):
    phone.key("⌫").click() if phone.key("⌫").count() else None
    if not phone.page.locator("#keys button:visible").get_by_text(plate[0], exact=True).count():
        phone.page.locator("#keys button:visible").get_by_text("ABC", exact=True).click()
    for letter in plate:
        phone.key(letter).click()
