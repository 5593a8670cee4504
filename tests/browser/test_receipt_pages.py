"""From the paid page to the receipt, the invoice and the rights, on a small phone; and onto paper."""

import re
import unicodedata
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from pypdf import PdfReader

from compliance.models import DataRequest
from lots.models import ParkingSession
from payments.invoices.invoice_models import InvoiceRequest
from payments.models import Payment
from tests.browser.conftest import PLATE
from tests.browser.gallery import Gallery, hang
from tests.browser.test_paying_pages import SCRIPTS, find_fee, pay
from tests.driver.conftest import budget, clock, mall, parked, static_root
from tests.payments.conftest import channel

__all__ = ["budget", "channel", "clock", "mall", "parked", "static_root"]

MM = 72 / 25.4


def paid(car_park, phone):
    car_park.park()
    return paid_by(phone, car_park)


def paid_by(phone, car_park):
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    return Payment.objects.get()


@SCRIPTS
def test_receipt_code_appears_in_no_url(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    payment = paid(car_park, phone)
    phone.click("凭证与发票")
    phone.sees("停车缴费凭证", "实付金额", "¥10.00", "浦江广场地下停车库", payment.receipt_code[-4:])
    assert re.fullmatch(r"/r/[\w-]{60,}", phone.at())
    phone.sees_not(PLATE[1:])
    phone.click("开电子发票")
    phone.sees("提交开票申请")
    phone.page.go_back()
    phone.sees("停车缴费凭证")
    assert not [one for one in phone.asked if payment.receipt_code in one.url]
    assert not [one for one in phone.asked if payment.receipt_code in one.headers.get("referer", "")]


@SCRIPTS
def test_typed_receipt_code_opens_the_receipt(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {404}
    code = paid(car_park, phone).receipt_code
    phone.open("/r")
    phone.page.locator("#code").fill("ZZZZ ZZZZ ZZZZ")
    phone.click("查看凭证")
    phone.sees("没有找到这个凭证码")
    phone.page.locator("#code").fill(f" {code[:4]}-{code[4:8]} {code[8:].lower()}")
    phone.click("查看凭证")
    phone.sees("停车缴费凭证")


@SCRIPTS
def test_bill_number_opens_shared_receipt(car_park, phones, scripts):
    stranger, phone = phones(scripts=scripts), phones(scripts=scripts)
    car_park.park()
    find_fee(stranger, car_park)
    stranger.click("支付 ¥10.00")
    stranger.reaches("cashier")
    payment = paid_by(phone, car_park)
    assert payment.is_shared
    stranger.open(f"/t/{payment.token}")
    for each in (phone, stranger):
        each.sees("支付成功", "前离场", "交易单号", "订单号")
        each.sees_not(payment.receipt_code[-4:])
    phone.click("凭证与发票")
    phone.page.locator("#code").fill(" ".join(re.findall("....", payment.provider_number)))
    phone.click("查看凭证")
    phone.sees("停车缴费凭证", "¥10.00")
    assert not [one for one in phone.asked if payment.provider_number in one.url]


@SCRIPTS
def test_invoice_request_is_corrected_and_withdrawn(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    phone.statuses = {422}
    paid(car_park, phone)
    phone.click("凭证与发票")
    phone.click("开电子发票")
    phone.page.locator("#title").fill("上海示例贸易有限公司")
    phone.page.locator("#tax_number").fill("91350100M000100Y44")
    phone.click("提交开票申请")
    phone.sees("税号有误")
    assert phone.page.evaluate("document.activeElement.className") == "faults" or not scripts
    phone.page.locator("#tax_number").fill("9135 0100 m000 100y 43")
    phone.click("提交开票申请")
    phone.sees("已收到开票申请", "91350100M000100Y43")
    phone.click("更正申请")
    phone.page.locator("label[for=person]").click()
    assert not phone.page.locator("#tax_number").is_visible()
    phone.page.locator("#title").fill("张三")
    phone.click("提交更正")
    phone.sees("已收到开票申请", "张三")
    assert InvoiceRequest.objects.get().who().title == "张三"
    phone.click("撤回申请")
    phone.click("确认撤回")
    phone.sees("申请已撤回")
    assert InvoiceRequest.objects.get().made_out_to is None


@SCRIPTS
def test_departed_driver_erases_the_plate(car_park, phones, scripts):
    phone = phones(scripts=scripts)
    paid(car_park, phone)
    phone.click("凭证与发票")
    phone.click("个人信息查询")
    phone.sees("已加密保存", "车辆仍在场")
    assert car_park.drive_up(car_park.way_out) or car_park.polled_open(car_park.way_out)
    ParkingSession.objects.filter(left_at=None).update(left_at=Payment.objects.get().paid_at)
    phone.click("返回缴费凭证")
    phone.click("个人信息查询")
    phone.click("立即清除车牌")
    phone.sees("不可恢复")
    assert ParkingSession.objects.get().plate is None
    phone.page.locator("label[for=topic-entry]").click()
    phone.click("申请更正")
    phone.sees("15 个工作日内")
    assert DataRequest.objects.count() == 3


def test_language_switch_keeps_the_receipt(car_park, phone):
    paid(car_park, phone)
    phone.click("凭证与发票")
    phone.click("English")
    phone.sees("Parking receipt", "¥10.00")
    assert re.fullmatch(r"/r/[\w-]+/en", phone.at())


def test_receipt_forms_post_only_the_code(car_park, phone):
    code = paid(car_park, phone).receipt_code
    phone.click("凭证与发票")
    phone.click("开电子发票")
    posted = [one for one in phone.asked if urlsplit(one.url).path.startswith("/r") and one.method == "POST"]
    assert [dict(parse_qsl(one.post_data or "")) for one in posted] == [{"code": code}]


@pytest.fixture
def gallery(mall, parked, channel, clock, monkeypatch):
    return Gallery(mall, channel, clock, monkeypatch, "")


@pytest.mark.parametrize(("width", "height"), [(210, 297), (80, 200)], ids=["A4", "roll"])
@pytest.mark.parametrize("name", ["receipt", "receipt_refunded"])
def test_receipt_prints_on_one_page(gallery, chromium, name, width, height):
    page = chromium.new_page(color_scheme="dark")
    hang(page, getattr(gallery, name)())
    pdf = PdfReader(BytesIO(page.pdf(width=f"{width}mm", height=f"{height}mm")))
    page.close()
    assert len(pdf.pages) == 1
    box = pdf.pages[0].mediabox
    assert (round(box.width / MM), round(box.height / MM)) == (width, height)
    text = unicodedata.normalize("NFKC", pdf.pages[0].extract_text())  # a font may spell 广 as a radical
    printed = re.sub(r"\s", "", text)
    for part in ("浦江广场", "上海浦江商业管理有限公司", "¥10.00", "不作发票使用", "2026-11-2412:00"):
        assert part in printed
    for unprinted in ("English", "开电子发票", "打印", "个人信息查询"):
        assert unprinted not in printed


def test_dark_mode_prints_black_on_white(gallery, chromium):
    page = chromium.new_page(color_scheme="dark")
    hang(page, gallery.receipt())
    page.emulate_media(media="print", color_scheme="dark")
    colours = page.evaluate(
        "() => [document.body, document.querySelector('.card'), document.querySelector('dt')].map("
        "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color])"
    )
    page.close()
    assert colours[0] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert colours[1][0] == "rgb(255, 255, 255)"
    assert colours[2][1] == "rgb(51, 51, 51)"
