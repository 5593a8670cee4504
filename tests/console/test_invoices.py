"""The queue of invoices in the console: who sees whom is recorded, who did what too, and twice is once."""

import logging
from datetime import timedelta

import pytest

from payments.invoices import invoice_jobs
from payments.invoices.invoice_models import InvoiceRequest, RedLetter
from payments.invoices.invoice_requests import ask
from payments.models import Refund
from payments.refunds import request_refund
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in
from tests.payments.conftest import channel
from tests.payments.invoices.conftest import COMPANY, LEAVING, PERSON, payment

__all__ = ["channel", "payment"]

pytestmark = pytest.mark.django_db
NUMBER = "24312000000012345678"


@pytest.fixture
def clerk(admin_user):
    return signed_in(admin_user)


@pytest.fixture
def asked(payment):
    return ask(payment, buyer=COMPANY, at=LEAVING)


def page(clerk, address):
    answer = clerk.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def do(clerk, asked, act, **fields):
    address = f"/console/invoices/{asked.pk}/{act}"
    return clerk.post(address, {"number": asked.number, **fields}, follow=True).content.decode()


def issued(clerk, asked, **fields):
    values = {"invoice_number": NUMBER, "amount_fen": "1000", "link": "", **fields}
    return do(clerk, asked, "issued", **values)


def test_invoice_list_hides_buyer_title(clerk, asked):
    shown = page(clerk, "/console/invoices")
    assert "浦江广场" in shown
    assert "10.00" in shown
    assert COMPANY.title not in shown
    assert COMPANY.tax_number not in shown


def test_viewing_invoice_request_is_logged(clerk, asked, caplog):
    with caplog.at_level(logging.INFO):
        shown = page(clerk, f"/console/invoices/{asked.pk}")
    assert COMPANY.title in shown
    assert COMPANY.tax_number in shown
    assert "A12345" not in shown
    assert "invoice_buyer_seen" in caplog.text
    assert COMPANY.title not in caplog.text


def test_staff_take_over_and_register_invoice(clerk, asked, admin_user):
    assert "已由您接手" in do(clerk, asked, "take")
    assert "已登记开具" in issued(clerk, asked, link="https://tax.example/i/1")
    row = InvoiceRequest.objects.get()
    assert (row.state, row.invoice_number, row.taken_by) == ("issued", NUMBER, admin_user)
    assert list(row.events.order_by("pk").values_list("became", "by"))[1:] == [
        ("taken", admin_user.pk),
        ("issued", admin_user.pk),
    ]


def test_second_invoice_submission_changes_nothing(clerk, asked):
    issued(clerk, asked)
    assert "未作改动" in issued(clerk, asked, invoice_number="99999999")
    assert InvoiceRequest.objects.get().invoice_number == NUMBER


def test_stale_invoice_request_is_not_registered(clerk, asked, payment):
    ask(payment, buyer=PERSON, at=LEAVING)
    assert "未作改动" in issued(clerk, asked)
    assert InvoiceRequest.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "fields",
    [{"invoice_number": "1"}, {"link": "http://tax.example"}, {"amount_fen": "x"}, {"amount_fen": "²"}],
)
def test_invalid_invoice_fields_are_rejected(clerk, asked, fields):
    assert "发票号码为" in issued(clerk, asked, **fields)
    assert InvoiceRequest.objects.get().state == "waiting"


def test_rejection_requires_listed_reason(clerk, asked):
    address = f"/console/invoices/{asked.pk}/reject"
    assert clerk.post(address, {"number": asked.number, "reason": "nonsense"}).status_code == 422
    assert "已退回" in do(clerk, asked, "reject", reason="title")
    assert InvoiceRequest.objects.get().reason == "title"


def test_invoice_leads_to_its_payment(clerk, asked, payment):
    shown = clerk.get(f"/console/invoices/{asked.pk}").content.decode()
    assert f'<a href="/console/payments/{payment.pk}">{payment.number}</a>' in shown


def test_a_late_request_is_marked(clerk, asked):
    assert "<dd>\n        0" in page(clerk, "/console/invoices")
    InvoiceRequest.objects.update(asked_at=LEAVING - timedelta(days=9999))
    assert 'class="alarm"' in page(clerk, "/console/invoices")


def test_refund_creates_one_red_letter_task(clerk, asked, payment, admin_user):
    issued(clerk, asked)
    refund = request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=LEAVING)
    Refund.objects.filter(pk=refund.pk).update(state="done", next_check_at=None)
    invoice_jobs.see_refunds(LEAVING)
    assert "待红冲" in page(clerk, f"/console/invoices/{asked.pk}")
    red = RedLetter.objects.get()
    fields = {"amount_fen": "400", "invoice_number": "RED-12345678"}
    for text in ("已登记红字发票", "没有重复执行"):
        assert text in clerk.post(f"/console/red-letters/{red.pk}", fields, follow=True).content.decode()
    red.refresh_from_db()
    assert (red.invoice_number, red.done_by) == ("RED-12345678", admin_user)


def test_wrong_title_is_reversed_and_asked_again(clerk, asked, payment):
    assert "抬头开错了" not in page(clerk, f"/console/invoices/{asked.pk}")
    issued(clerk, asked)
    shown = page(clerk, f"/console/invoices/{asked.pk}")
    assert "对 ¥10.00 全额开具红字发票" in shown
    fields = {"amount_fen": "1000", "invoice_number": "24312000000099999999"}
    for text in ("已登记红冲", "没有重复执行"):
        assert text in do(clerk, asked, "reverse", **fields)
    shown = page(clerk, f"/console/invoices/{asked.pk}")
    assert f"发票 {NUMBER} 已红冲" in shown
    assert "结果未知" not in shown
    ask(payment, buyer=PERSON, at=LEAVING)
    assert f"/console/invoices/{asked.pk}/issued" in page(clerk, f"/console/invoices/{asked.pk}")
    assert NUMBER not in page(clerk, "/console/invoices")  # that invoice is void
    asked.refresh_from_db()
    issued(clerk, asked, invoice_number="24312000000055555555")
    assert "24312000000055555555" in page(clerk, "/console/invoices?state=all")


def test_reversal_is_no_reason_to_reject(clerk, asked):
    answer = do(clerk, asked, "reject", reason="reissue")
    assert "已退回" not in answer
    assert InvoiceRequest.objects.get().state == "waiting"


def test_take_over_warns_of_double_issue(clerk, asked):
    InvoiceRequest.objects.update(state="unknown", amount_fen=1000, next_check_at=LEAVING)
    assert "避免重复开具" in page(clerk, f"/console/invoices/{asked.pk}")
    assert "避免重复开具" in do(clerk, asked, "take")


def test_erased_buyer_is_shown_as_erased(clerk, asked):
    issued(clerk, asked)
    InvoiceRequest.objects.update(made_out_to=None, forgotten_at=LEAVING)
    shown = page(clerk, f"/console/invoices/{asked.pk}")
    assert COMPANY.title not in shown
    assert "清除" in shown


def test_lost_buyer_key_does_not_break_page(clerk, asked, settings):
    settings.PLATE_KEYS = {"later": b"\x99" * 32}
    assert "密钥已销毁" in page(clerk, f"/console/invoices/{asked.pk}")


def as_role(role, **where):
    return signed_in(make_person(role, **where))


def test_auditor_sees_no_title_or_forms(asked, caplog):
    auditor = as_role(Role.AUDITOR, lot=asked.lot)
    with caplog.at_level(logging.INFO):
        shown = page(auditor, f"/console/invoices/{asked.pk}")
    assert "仅经办人员可见" in shown
    assert COMPANY.title not in shown
    assert "登记已开具" not in shown
    assert "invoice_buyer_seen" not in caplog.text
    assert auditor.post(f"/console/invoices/{asked.pk}/take", {"number": asked.number}).status_code == 403


def test_other_lots_finance_cannot_see_invoice(asked):
    stranger = as_role(Role.FINANCE, lot=make_lot())
    assert f"/console/invoices/{asked.pk}" not in page(stranger, "/console/invoices")
    assert stranger.get(f"/console/invoices/{asked.pk}").status_code == 404
    for act in ("take", "issued", "reject"):
        answer = stranger.post(f"/console/invoices/{asked.pk}/{act}", {"number": asked.number})
        assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.DUTY, Role.BOOTH, Role.TECHNICIAN, Role.SHOP, Role.REGULATOR])
def test_unrelated_roles_cannot_open_invoices(asked, role):
    assert as_role(role, lot=asked.lot).get("/console/invoices").status_code == 403
