"""A stranger who presses Pay before a car's owner does learns nothing that only a payer may know."""

from datetime import timedelta

import pytest

from core import budget
from lots.sign_register import new_sign
from payments.models import Payment
from payments.receipts import written
from payments.settling import settle
from tests.driver.conftest import text
from tests.factories import NOON

pytestmark = pytest.mark.both_engines

PAYING = NOON + timedelta(minutes=61)
UNKNOWN = "没有找到这个凭证码或单号"
NUMBERS = {"wechat": "4200002713202611243141592653", "alipay": "2026112422001498761404271828"}


@pytest.fixture
def paid(mall, parked, channel, clock):
    """Two phones looked up the fee and pressed Pay; one paid."""
    mall.pay(text(mall.search()))
    clock(PAYING + timedelta(seconds=1))
    mall.pay(text(mall.search()))
    return settled(channel)


def settled(channel):
    settle(channel.pay(Payment.objects.get().number), cause="notice", at=PAYING)
    return Payment.objects.get()


def seen_of(mall, payment):
    """Return all that the address of a payment shows."""
    paths = ("", "/hant", "/en", "?again", "/state", "/leave.ics", "/leave.ics/en")
    return "".join(text(mall.get(f"/t/{payment.token}{path}")) for path in paths)


def test_shared_payment_shows_no_receipt(mall, paid):
    page = text(mall.get(f"/t/{paid.token}"))
    for words in ("支付成功", "请于 <b>13:16</b> 前离场", "交易单号", "订单号", 'href="/r"'):
        assert words in page
    shown = seen_of(mall, paid)
    for hidden in (paid.receipt_code, written(paid.receipt_code), 'name="code"', f"/t/{paid.token}/r"):
        assert hidden not in shown


@pytest.mark.parametrize(("end", "words"), [("/hant", "不顯示憑證碼"), ("/en", "transaction number")])
def test_shared_payment_explains_in_each_language(mall, paid, end, words):
    page = text(mall.get(f"/t/{paid.token}{end}"))
    assert words in page
    assert f'href="/r{end}"' in page


def test_one_look_up_shows_its_receipt(mall, parked, channel, clock):
    fee = text(mall.search())
    mall.pay(fee)
    clock(PAYING + timedelta(seconds=30))
    mall.pay(fee)
    payment = settled(channel)
    assert not payment.is_shared
    assert payment.receipt_code in seen_of(mall, payment)


@pytest.mark.parametrize("way", ["same", "new"])
def test_continuing_shares_nothing(mall, parked, channel, clock, way):
    mall.pay(text(mall.search()))
    clock(PAYING + timedelta(seconds=20))
    answer = mall.send(f"/t/{Payment.objects.get().token}/pay", way=way)
    if way == "new":
        mall.pay(text(answer))
    payment = settled(channel)
    assert not payment.is_shared
    assert payment.receipt_code in seen_of(mall, payment)


def test_strangers_continuation_reveals_nothing(mall, parked, channel, clock):
    mall.pay(text(mall.search()))
    clock(PAYING + timedelta(seconds=1))
    mall.pay(text(mall.search()))
    mall.send(f"/t/{Payment.objects.get().token}/pay", way="same")
    payment = settled(channel)
    assert payment.receipt_code not in seen_of(mall, payment)


def test_other_sign_is_another_look_up(mall, parked, channel, clock):
    mall.pay(text(mall.search()))
    clock(PAYING + timedelta(microseconds=1))
    mall.pay(text(mall.send(f"/p/{new_sign(lot=mall.lot, place='B2').code}", plate="沪A12345")))
    assert Payment.objects.get().is_shared


# --- the number in the payer's own bill ---


@pytest.fixture(params=NUMBERS)
def billed(request, paid):
    Payment.objects.update(provider=request.param, provider_number=NUMBERS[request.param])
    return Payment.objects.get()


def grouped(number):
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


@pytest.mark.parametrize(
    "spell", [str, grouped, lambda n: f"  {n}\u3000", lambda n: "".join(chr(ord(x) + 0xFEE0) for x in n)]
)
def test_bill_number_opens_the_receipt(mall, billed, spell):
    sent = mall.submit("/r", code=spell(billed.provider_number))
    assert (sent.status_code, billed.provider_number in sent["Location"]) == (303, False)
    page = text(mall.get(sent["Location"]))
    assert "停车缴费凭证" in page
    assert billed.provider_number not in page


@pytest.mark.parametrize("path", ["/r/invoice", "/r/data"])
def test_bill_number_opens_invoice_and_rights(mall, billed, path):
    assert mall.send(path, code=billed.provider_number).status_code == 200


@pytest.mark.parametrize("fields", [{"state": "closed"}, {"provider": "etc"}])
def test_other_numbers_open_nothing(mall, billed, fields):
    """Numbers of other sources are short, and known to their staff."""
    Payment.objects.update(**fields)
    answer = mall.send("/r", code=billed.provider_number)
    assert (answer.status_code, UNKNOWN in text(answer)) == (404, True)


def test_order_number_opens_nothing(mall, billed):
    """It stands in the cashier's address, which the stranger has, too."""
    assert mall.send("/r", code=billed.number).status_code == 404


def test_unknown_number_matches_unknown_code(mall, billed, django_assert_num_queries):
    answers = []
    for typed in ("ZZZZZZZZZZZZ", "9" * 28, NUMBERS["wechat"][:-1], "0" * 13):
        with django_assert_num_queries(1):
            answers.append(mall.send("/r", code=typed))
    pages = {text(answer).replace(typed_in(answer), "") for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(pages) == 1


def typed_in(answer):
    return f'value="{text(answer).split(chr(34) + " maxlength")[0].rpartition(chr(34))[2]}"'


def test_numbers_share_the_brake_of_codes(mall, billed):
    tries = budget.PER_CLIENT // budget.NOTHING
    statuses = [mall.send("/r", code=f"{n:028}").status_code for n in range(tries + 1)]
    assert statuses == [404] * tries + [429]
    assert mall.send("/r", code=billed.provider_number).status_code == 429
