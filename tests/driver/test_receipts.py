"""The receipt behind its code: posted, never in an address; true to the payment; silent about the plate."""

import re
from datetime import timedelta

import pytest

from core import budget
from lots.models import Operator, ParkingSession
from lots.setup.change_recorder import ChangedBy
from lots.setup.place_settings import change_operator
from payments.models import Payment, Refund
from payments.refunds import request_refund
from payments.settling import settle
from tests.driver.conftest import text
from tests.factories import NOON

PAYING = NOON + timedelta(minutes=61)
UNKNOWN = "没有找到这个凭证码"


@pytest.fixture
def paid(mall, parked, channel):
    mall.pay(text(mall.search()))
    settle(channel.pay(Payment.objects.get().number), cause="notice", at=PAYING)
    return Payment.objects.get()


def show(mall, code, end=""):
    return mall.send(f"/r{end}", code=code)


def test_receipt_page_asks_only_for_code(mall):
    answer = mall.get("/r")
    page = text(answer)
    assert answer.status_code == 200
    assert page.count("<input") == 1
    assert 'method="post" action="/r"' in page
    assert not answer.cookies


def test_paid_page_links_to_receipt(mall, paid):
    page = text(mall.get(f"/t/{paid.token}/en"))
    assert f'action="/r/en"><input type="hidden" name="code" value="{paid.receipt_code}">' in page


def test_receipts_are_hidden_before_payment(mall, parked):
    for page in (text(mall.get(f"/p/{mall.pure.code}")), text(mall.search())):
        assert "发票" not in page
        assert "/r" not in [part.split('"')[0] for part in page.split('action="')[1:]]


def test_receipt_shows_required_fields(mall, paid):
    page = text(show(mall, paid.receipt_code))
    code = paid.receipt_code
    for words in (
        *("浦江广场", "浦江路 100 号", "上海浦江商业管理有限公司", "¥10.00"),
        *("2026-11-24 12:00", "2026-11-24 13:01", "1 小时 1 分钟", "每小时 5 元，共 2 小时"),
        *("计费规则第 1 版", paid.provider_number[-6:], f"{code[:4]}-{code[4:8]}-{code[8:]}"),
        *("不作发票使用", "021-5555 0100"),
    ):
        assert words in page
    assert paid.provider_number not in page


@pytest.mark.parametrize("end", ["", "/hant", "/en"])
def test_receipt_pages_omit_plate(mall, paid, end):
    for path in ("/r", "/r/invoice", "/r/data"):
        page = text(mall.send(path + end, code=paid.receipt_code))
        assert "A12345" not in page
        assert "沪A" not in page


def test_receipt_code_is_in_no_url(mall, paid):
    for path in ("/r", "/r/invoice", "/r/data"):
        sent = mall.submit(path, code=paid.receipt_code)
        assert (sent.status_code, paid.receipt_code in sent["Location"]) == (303, False)
        answer = mall.get(sent["Location"])
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies
        page = text(answer)
        links = [part.split('"')[0] for name in ('href="', 'action="') for part in page.split(name)[1:]]
        assert not [link for link in links if paid.receipt_code in link]


@pytest.mark.parametrize(
    "spell",
    [
        str.lower,
        lambda c: f" {c[:4]} {c[4:8]} {c[8:]} ",
        lambda c: f"{c[:4]}-{c[4:8]}-{c[8:]}",
        lambda c: "".join(chr(ord(x) + 0xFEE0) for x in c),
        lambda c: c.replace("0", "o").replace("1", "l"),
    ],
)
def test_receipt_code_spelling_is_tolerant(mall, paid, spell):
    Payment.objects.update(receipt_code="A0B1C2D3E4F5")
    assert "缴费凭证" in text(show(mall, spell("A0B1C2D3E4F5")))


@pytest.mark.parametrize("typed", ["ZZZZZZZZZZZZ", "Z", "", "😀", "A" * 10_000, "\0" * 12, "' OR 1=1--"])
def test_malformed_code_matches_unknown_code(mall, paid, typed):
    known = show(mall, "YYYYYYYYYYYY")
    answer = show(mall, typed)
    assert (answer.status_code, UNKNOWN in text(answer)) == (404, True)
    assert answer.headers.keys() == known.headers.keys()


def test_unpaid_payment_has_no_receipt(mall, paid):
    Payment.objects.update(state="closed")
    assert UNKNOWN in text(show(mall, paid.receipt_code))


def test_redisplayed_receipt_code_is_escaped(mall):
    page = text(show(mall, '"><svg onload=1>'))
    assert "<svg" not in page
    assert "&quot;&gt;&lt;svg" in page


def test_missing_receipt_code_shows_form(mall):
    for path in ("/r", "/r/invoice", "/r/data", "/r/invoice/en"):
        assert 'name="code"' in text(mall.get(path))
        assert mall.send(path).status_code == 400


def test_receipt_code_guessing_is_rate_limited(mall, paid):
    statuses = [show(mall, f"{n:012}").status_code for n in range(20)]
    tries = budget.PER_CLIENT // budget.NOTHING
    assert statuses == [404] * tries + [429] * (20 - tries)
    refused = show(mall, paid.receipt_code)
    assert refused.status_code == 429
    assert "尝试次数过多" in text(refused)


def test_repeated_receipt_views_are_allowed(mall, paid):
    assert {show(mall, paid.receipt_code).status_code for _ in range(30)} == {200}


def test_receipt_guesses_spare_plate_budget(mall, parked):
    for n in range(20):
        show(mall, f"{n:012}")
    assert "10.00" in text(mall.search())


def test_cross_site_receipt_post_is_rejected(mall, paid):
    answer = mall.browser.post("/r", headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("state", "words"), [("requested", "退款中"), ("done", "已退款")])
def test_receipt_shows_refund_and_remainder(mall, paid, state, words):
    refund = request_refund(paid, amount_fen=400, reason=Refund.Reason.STAFF, at=PAYING)
    Refund.objects.filter(pk=refund.pk).update(state=state)
    page = text(show(mall, paid.receipt_code))
    for part in (words, "-¥4.00", "扣除退款后", "¥6.00"):
        assert part in page


def test_refunded_receipt_offers_no_invoice(mall, paid):
    assert "/invoice" in text(show(mall, paid.receipt_code))
    request_refund(paid, amount_fen=paid.amount_fen, reason=Refund.Reason.STAFF, at=PAYING)
    assert "/invoice" not in text(show(mall, paid.receipt_code))


def test_receipt_omits_failed_refund(mall, paid):
    refund = request_refund(paid, amount_fen=400, reason=Refund.Reason.STAFF, at=PAYING)
    Refund.objects.filter(pk=refund.pk).update(state="failed", next_check_at=None)
    assert "4.00" not in text(show(mall, paid.receipt_code))


def test_receipt_deduction_has_minus_sign(mall, paid):
    lines = Payment.objects.get().lines
    off = {"code": lines[0]["code"], "values": lines[0]["values"], "fen": -550}
    Payment.objects.update(lines=[*lines, off], due_fen=450)
    assert "-¥5.50" in text(show(mall, paid.receipt_code))


def test_receipt_deducts_earlier_payments(mall, paid):
    Payment.objects.update(due_fen=600)
    page = text(show(mall, paid.receipt_code))
    assert "此前已付" in page
    assert "-¥4.00" in page


def test_receipt_notes_duplicate_payment(mall, paid):
    Payment.objects.update(credited_fen=0)
    assert "此前已支付" in text(show(mall, paid.receipt_code))


def test_receipt_times_are_exact_to_seconds(mall, paid):
    entered_at = NOON + timedelta(seconds=30, microseconds=900_000)
    ParkingSession.objects.update(entered_at=entered_at)
    Payment.objects.update(until=entered_at + timedelta(hours=1, seconds=59, microseconds=200_000))
    page = text(show(mall, paid.receipt_code))
    for words in ("2026-11-24 12:00:30", "2026-11-24 13:01:29", ">1 小时 59 秒<"):
        assert words in page


def test_receipt_names_payee_of_then(mall, paid):
    for number, name in enumerate(("新名称公司", "更新的公司")):
        operator = Operator.objects.get()
        values, later = {"legal_name": name}, PAYING + timedelta(days=1 + number)
        assert change_operator(operator, values, revision=operator.revision, by=ChangedBy(), at=later)
    page = text(show(mall, paid.receipt_code))
    assert "上海浦江商业管理有限公司" in page
    assert "新名称" not in page
    assert "更新的" not in page
    Payment.objects.update(paid_at=PAYING + timedelta(days=1, hours=1))
    assert "新名称公司" in text(show(mall, paid.receipt_code))


def test_receipt_survives_plate_erasure(mall, paid):
    ParkingSession.objects.update(plate=None, plate_index=None, left_at=PAYING, forgotten_at=PAYING)
    assert "2026-11-24 12:00" in text(show(mall, paid.receipt_code))


def test_receipt_times_use_lot_timezone(mall, paid):
    mall.lot.zone = "Asia/Tokyo"
    mall.lot.save()
    assert "2026-11-24 14:01" in text(show(mall, paid.receipt_code))


@pytest.mark.parametrize(("end", "words"), [("/hant", "停車繳費憑證"), ("/en", "Parking receipt")])
def test_receipt_language_switch_preserves_code(mall, paid, end, words):
    page = text(show(mall, paid.receipt_code, end))
    assert words in page
    back = mall.get(re.search(r'href="(/r/[^/"]+)" lang="zh-Hans"', page)[1])
    assert "停车缴费凭证" in text(back)


def test_receipt_address_ends_after_an_hour(mall, paid, clock):
    address = mall.submit("/r", code=paid.receipt_code)["Location"]
    clock(PAYING + timedelta(minutes=59))
    assert "停车缴费凭证" in text(mall.get(f"{address}/invoice").client.get(address))
    clock(PAYING + timedelta(minutes=61))
    for wrong in (address, f"{address}/invoice", f"{address}/data/en", "/r/x", f"{address[:-2]}AA"):
        answer = mall.get(wrong)
        assert answer.status_code == 404
        assert 'name="code" value=""' in text(answer)
