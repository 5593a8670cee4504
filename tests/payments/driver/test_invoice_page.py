"""The page that takes the wish for an invoice: optional, explained, correctable, and soon forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.invoices import staff
from payments.invoices.models import InvoiceRequest
from payments.models import Refund
from payments.refunds import request_refund
from tests.payments.driver.conftest import text
from tests.payments.driver.test_receipts import PAYING, paid
from tests.payments.invoices.conftest import COMPANY, PERSON

__all__ = ["paid"]

FIELDS = {"kind": "company", "title": COMPANY.title, "tax_number": COMPANY.tax_number}


@pytest.fixture
def can_mail(settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def asked(mall, paid):
    send(mall, paid, **FIELDS)
    return InvoiceRequest.objects.get()


def send(mall, paid, end="", **fields):
    return mall.send(f"/r/invoice{end}", code=paid.receipt_code, **fields)


def test_it_opens_with_a_form_and_asks_for_nothing_yet(mall, paid):
    page = text(send(mall, paid))
    assert "提交开票申请" in page
    assert "¥10.00" in page
    assert not InvoiceRequest.objects.exists()


def test_a_company_asks_with_title_and_tax_number(mall, paid):
    answer = send(mall, paid, **FIELDS)
    assert (answer.status_code, "已收到开票申请" in text(answer)) == (200, True)
    assert InvoiceRequest.objects.get().who() == COMPANY


def test_a_person_asks_with_a_title_alone(mall, paid):
    send(mall, paid, kind="person", title="张三", tax_number="left over")
    assert InvoiceRequest.objects.get().who() == PERSON


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"title": ""}, "title", "请填写发票抬头"),
        ({"title": "　"}, "title", "请填写发票抬头"),
        ({"title": "名" * 101}, "title", "不超过 100 个字"),
        ({"title": "上海\0公司"}, "title", "不换行"),
        ({"title": "上海\u202e公司"}, "title", "不换行"),
        ({"tax_number": ""}, "tax_number", "单位抬头请填写税号"),
        ({"tax_number": "91350100M000100Y44"}, "tax_number", "税号有误"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_in_a_summary(mall, paid, fields, name, words):
    answer = send(mall, paid, **{**FIELDS, **fields})
    page = text(answer)
    assert answer.status_code == 422
    assert page.count(words) == 2
    assert f'<a href="#{name}">' in page
    assert 'aria-invalid="true"' in page
    assert not InvoiceRequest.objects.exists()


def test_what_was_typed_stays_in_the_form_and_cannot_break_out(mall, paid):
    page = text(send(mall, paid, **{**FIELDS, "title": '"><svg>', "tax_number": "'><svg>"}))
    assert "<svg" not in page
    assert "&quot;&gt;&lt;svg&gt;" in page


def test_an_address_is_asked_for_only_where_mail_can_be_sent(mall, paid):
    assert 'name="email"' not in text(send(mall, paid))
    send(mall, paid, **FIELDS, email="a@example.cn")
    assert InvoiceRequest.objects.get().who().email == ""


def test_an_address_is_taken_where_mail_can_be_sent(mall, paid, can_mail):
    assert 'name="email"' in text(send(mall, paid))
    send(mall, paid, **FIELDS, email="a@example.cn")
    row = InvoiceRequest.objects.get()
    assert (row.who().email, row.mail) == ("a@example.cn", "wanted")


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a@example.cn\nBcc: b@example.cn", "@", "a@" + "b" * 300 + ".cn"]
)
def test_a_wrong_address_is_said(mall, paid, can_mail, email):
    assert "请检查邮箱地址" in text(send(mall, paid, **FIELDS, email=email))
    assert not InvoiceRequest.objects.exists()


def test_reloading_asks_once(mall, paid, asked):
    send(mall, paid, **FIELDS)
    assert InvoiceRequest.objects.get().number == asked.number


def test_a_request_may_be_corrected(mall, paid, asked):
    page = text(send(mall, paid))
    assert "更正申请" in page
    assert COMPANY.title in page
    send(mall, paid, kind="person", title="张三")
    assert InvoiceRequest.objects.get().who() == PERSON


def test_a_request_may_be_withdrawn_and_what_was_typed_is_gone(mall, paid, asked):
    page = text(send(mall, paid, withdraw="1"))
    assert "申请已撤回" in page
    assert COMPANY.title not in page
    assert InvoiceRequest.objects.get().made_out_to is None


def test_withdrawing_nothing_is_no_fault(mall, paid):
    assert send(mall, paid, withdraw="1").status_code == 200


def issue(row, admin_user, link=""):
    staff.mark_issued(row, invoice_number="12345678", link=link, amount_fen=1000, by=admin_user, at=PAYING)


def test_an_issued_invoice_is_shown_with_its_number_and_link(mall, paid, asked, admin_user):
    issue(asked, admin_user, link="https://tax.example/i/1")
    page = text(send(mall, paid))
    for words in ("发票已开具", "12345678", "¥10.00", 'href="https://tax.example/i/1"'):
        assert words in page
    assert "更正申请" not in page


def test_it_is_too_late_to_change_an_issued_one(mall, paid, asked, admin_user):
    issue(asked, admin_user)
    for fields in ({"kind": "person", "title": "张三"}, {"withdraw": "1"}):
        answer = send(mall, paid, **fields)
        assert (answer.status_code, "未作改动" in text(answer)) == (409, True)
    assert InvoiceRequest.objects.get().who() == replace(COMPANY, link="")


def test_once_forgotten_the_number_stays_and_the_title_is_gone(mall, paid, asked, admin_user):
    issue(asked, admin_user, link="https://tax.example/i/1")
    InvoiceRequest.objects.update(made_out_to=None, forgotten_at=PAYING)
    page = text(send(mall, paid))
    assert "12345678" in page
    assert "已在本系统清除" in page
    assert "tax.example" not in page


@pytest.mark.parametrize("reason", ["buyer", "title", "nothing", "elsewhere", "other"])
@pytest.mark.parametrize("end", ["", "/hant", "/en"])
def test_a_rejected_request_says_why_and_may_be_sent_again(mall, paid, asked, admin_user, reason, end):
    staff.reject(asked, reason=reason, by=admin_user, at=PAYING)
    from django.utils import translation

    from payments.driver.invoices import WHY

    page = text(send(mall, paid, end))
    with translation.override({"": "zh-hans", "/hant": "zh-hant", "/en": "en"}[end]):
        assert str(WHY[reason]) in page
    assert 'name="title"' in page


def test_while_the_issuer_has_it_nothing_can_be_changed(mall, paid, asked):
    later = PAYING + timedelta(minutes=5)
    InvoiceRequest.objects.update(state="unknown", amount_fen=1000, next_check_at=later)
    page = text(send(mall, paid))
    assert "发票正在开具" in page
    assert 'name="title"' not in page


def test_money_that_all_went_back_has_no_form(mall, paid):
    request_refund(paid, amount_fen=1000, reason=Refund.Reason.STAFF, at=PAYING)
    for page in (text(send(mall, paid)), text(send(mall, paid, **FIELDS))):
        assert "没有可开票的金额" in page
        assert 'name="title"' not in page
    assert not InvoiceRequest.objects.exists()


def test_the_receipt_says_how_far_the_invoice_is(mall, paid, asked, admin_user):
    assert "电子发票（已申请）" in text(mall.send("/r", code=paid.receipt_code))
    issue(asked, admin_user)
    assert "电子发票（已开具）" in text(mall.send("/r", code=paid.receipt_code))
