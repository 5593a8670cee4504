"""The page that takes the wish for an invoice: optional, explained, correctable, and soon forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.invoices import invoice_handling
from payments.invoices.invoice_models import InvoiceRequest
from payments.models import Refund
from payments.refunds import request_refund
from tests.driver.conftest import text
from tests.driver.test_receipts import PAYING, paid
from tests.payments.invoices.conftest import COMPANY, PERSON

__all__ = ["paid"]

FIELDS = {"kind": "company", "title": COMPANY.title, "tax_number": COMPANY.tax_number}


@pytest.fixture
def mail_configured(settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def invoice_request(mall, paid):
    send(mall, paid, **FIELDS)
    return InvoiceRequest.objects.get()


def send(mall, paid, end="", **fields):
    return mall.send(f"/r/invoice{end}", code=paid.receipt_code, **fields)


def test_opening_form_creates_no_request(mall, paid):
    page = text(send(mall, paid))
    assert "提交开票申请" in page
    assert "¥10.00" in page
    assert not InvoiceRequest.objects.exists()


def test_company_request_stores_tax_number(mall, paid):
    answer = send(mall, paid, **FIELDS)
    assert (answer.status_code, "已收到开票申请" in text(answer)) == (200, True)
    assert InvoiceRequest.objects.get().who() == COMPANY


def test_person_request_ignores_tax_number(mall, paid):
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
        ({"tax_number": ""}, "tax_number", "请填写税号；个人发票"),
        ({"tax_number": "91350100M000100Y44"}, "tax_number", "税号有误"),
    ],
)
def test_errors_show_inline_and_in_summary(mall, paid, fields, name, words):
    answer = send(mall, paid, **{**FIELDS, **fields})
    page = text(answer)
    assert answer.status_code == 422
    assert page.count(words) == 2
    assert f'<a href="#{name}">' in page
    assert 'aria-invalid="true"' in page
    assert not InvoiceRequest.objects.exists()


def test_redisplayed_invoice_input_is_escaped(mall, paid):
    page = text(send(mall, paid, **{**FIELDS, "title": '"><svg>', "tax_number": "'><svg>"}))
    assert "<svg" not in page
    assert "&quot;&gt;&lt;svg&gt;" in page


def test_email_field_needs_configured_mail(mall, paid):
    assert 'name="email"' not in text(send(mall, paid))
    send(mall, paid, **FIELDS, email="a@example.cn")
    assert InvoiceRequest.objects.get().who().email == ""


def test_email_is_stored_with_configured_mail(mall, paid, mail_configured):
    assert 'name="email"' in text(send(mall, paid))
    send(mall, paid, **FIELDS, email="a@example.cn")
    row = InvoiceRequest.objects.get()
    assert (row.who().email, row.mail) == ("a@example.cn", "wanted")


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a@example.cn\nBcc: b@example.cn", "@", "a@" + "b" * 300 + ".cn"]
)
def test_invalid_email_is_rejected(mall, paid, mail_configured, email):
    assert "请检查邮箱地址" in text(send(mall, paid, **FIELDS, email=email))
    assert not InvoiceRequest.objects.exists()


def test_resubmitting_creates_one_request(mall, paid, invoice_request):
    send(mall, paid, **FIELDS)
    assert InvoiceRequest.objects.get().number == invoice_request.number


def test_invoice_request_can_be_corrected(mall, paid, invoice_request):
    page = text(send(mall, paid))
    assert "更正申请" in page
    assert COMPANY.title in page
    send(mall, paid, kind="person", title="张三")
    assert InvoiceRequest.objects.get().who() == PERSON


def test_withdrawing_request_erases_buyer_data(mall, paid, invoice_request):
    page = text(send(mall, paid, withdraw="1"))
    assert "申请已撤回" in page
    assert COMPANY.title not in page
    assert InvoiceRequest.objects.get().made_out_to is None


def test_withdrawing_without_request_succeeds(mall, paid):
    assert send(mall, paid, withdraw="1").status_code == 200


def issue(row, admin_user, link=""):
    invoice_handling.mark_issued(
        row, invoice_number="12345678", link=link, amount_fen=1000, by=admin_user, at=PAYING
    )


def test_issued_invoice_shows_number_and_link(mall, paid, invoice_request, admin_user):
    issue(invoice_request, admin_user, link="https://tax.example/i/1")
    page = text(send(mall, paid))
    for words in ("发票已开具", "12345678", "¥10.00", 'href="https://tax.example/i/1"'):
        assert words in page
    assert "更正申请" not in page


def test_issued_invoice_page_rejects_changes(mall, paid, invoice_request, admin_user):
    issue(invoice_request, admin_user)
    for fields in ({"kind": "person", "title": "张三"}, {"withdraw": "1"}):
        answer = send(mall, paid, **fields)
        assert (answer.status_code, "未作改动" in text(answer)) == (409, True)
    assert InvoiceRequest.objects.get().who() == replace(COMPANY, link="")


def test_reversed_invoice_can_be_corrected(mall, paid, invoice_request, admin_user):
    issue(invoice_request, admin_user)
    red = {"amount_fen": 1000, "invoice_number": "87654321"}
    invoice_handling.reverse(invoice_request, **red, by=admin_user, at=PAYING)
    for end, words in (
        ("", "原发票已作废"),
        ("/hant", "原發票已作廢"),
        ("/en", "The invoice was cancelled."),
    ):
        page = text(send(mall, paid, end))
        assert words in page
        assert COMPANY.title in page
    assert "已收到开票申请" in text(send(mall, paid, kind="person", title="张三"))


def test_erased_invoice_shows_only_number(mall, paid, invoice_request, admin_user):
    issue(invoice_request, admin_user, link="https://tax.example/i/1")
    InvoiceRequest.objects.update(made_out_to=None, forgotten_at=PAYING)
    page = text(send(mall, paid))
    assert "12345678" in page
    assert "已在本系统清除" in page
    assert "tax.example" not in page


@pytest.mark.parametrize("reason", ["buyer", "title", "nothing", "elsewhere", "other"])
@pytest.mark.parametrize("end", ["", "/hant", "/en"])
def test_rejected_request_shows_reason_and_form(mall, paid, invoice_request, admin_user, reason, end):
    invoice_handling.reject(invoice_request, reason=reason, by=admin_user, at=PAYING)
    from django.utils import translation

    from driver.invoice_page import WHY

    page = text(send(mall, paid, end))
    with translation.override({"": "zh-hans", "/hant": "zh-hant", "/en": "en"}[end]):
        assert str(WHY[reason]) in page
    assert 'name="title"' in page


def test_request_being_issued_is_locked(mall, paid, invoice_request):
    later = PAYING + timedelta(minutes=5)
    InvoiceRequest.objects.update(state="unknown", amount_fen=1000, next_check_at=later)
    page = text(send(mall, paid))
    assert "发票正在开具" in page
    assert 'name="title"' not in page


def test_fully_refunded_payment_offers_no_invoice(mall, paid):
    request_refund(paid, amount_fen=1000, reason=Refund.Reason.STAFF, at=PAYING)
    for page in (text(send(mall, paid)), text(send(mall, paid, **FIELDS))):
        assert "没有可开票的金额" in page
        assert 'name="title"' not in page
    assert not InvoiceRequest.objects.exists()


def test_receipt_shows_invoice_status(mall, paid, invoice_request, admin_user):
    assert "电子发票（已申请）" in text(mall.send("/r", code=paid.receipt_code))
    issue(invoice_request, admin_user)
    assert "电子发票（已开具）" in text(mall.send("/r", code=paid.receipt_code))
