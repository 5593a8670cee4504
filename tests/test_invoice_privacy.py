"""What a driver says for an invoice is led through everything, and is then found nowhere in clear.

As in test_privacy.py: the database as it lies on the disk, the log at DEBUG, heads of answers, what went to
the payment channel, pages kept in memory. The issuer and the mail server may hear it: that is what it is for.
Each place is planted once, to show that it would be found there.
"""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.db import connection
from django.utils.timezone import now

from core import jobs
from core.lanes import step
from lots.models import Lot
from lots.plates import parse
from lots.sign_register import new_sign
from payments.invoices import invoice_handling, invoice_issuing
from payments.invoices import invoice_mail as mailing
from payments.invoices.invoice_models import InvoiceRequest
from payments.models import Payment
from payments.settling import settle
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.needles import forms
from tests.payments.invoices.conftest import FakeIssuer
from tests.payments.payment_steps import look_up, start_paying
from tests.test_privacy import Traces, Visit, database_bytes, found_in, hits, log_file, traces

__all__ = ["log_file", "traces"]

pytestmark = pytest.mark.django_db
TITLE, TAX_NUMBER, EMAIL = "金丝雀贸易有限公司", "91350100M000100Y43", "canary.bird@example.cn"
LINK = "https://tax.example/i/canary-7f3a"
FIRST_TITLE = "金丝雀旧抬头"
NEEDLES = {text: forms(text) for text in (TITLE, TAX_NUMBER, EMAIL, LINK, FIRST_TITLE, "canary.bird")}


@pytest.fixture
def mails(settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    settings.DEFAULT_FROM_EMAIL = "parking@example.cn"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def issuer(settings, monkeypatch, traces):
    settings.INVOICE_ISSUER_URL, settings.INVOICE_ISSUER_KEY = "https://tax.example", b"k" * 32
    fake = FakeIssuer()
    monkeypatch.setattr(invoice_issuing, "issuer", lambda: fake)
    return fake


def post(visit: Visit, path: str, **form: str) -> Any:
    """Submit a form; `Visit.post` has a `kind` of its own."""
    kept = visit.client.post(path, urlencode(form), content_type="application/x-www-form-urlencoded")
    kept = visit._keep(kept)
    return visit.get(kept["Location"]) if kept.status_code == 303 else kept


def paid(traces: Traces) -> Payment:
    at, lot = now(), make_lot(slug="canary")
    new_sign(lot=lot, place="B1")
    see(make_device(lot, "entry"), "沪A12345", at - timedelta(minutes=61))
    quote = look_up(lot=lot, plate=parse("沪A12345"), at=at)
    payment = start_paying(quote, "fake", at=at)
    settle(traces.channel.pay(payment.number), cause="notice", at=at)
    payment.refresh_from_db()
    return payment


def run_jobs(after: timedelta) -> None:
    for job in jobs.load().values():
        step(job.name, job.run, at=now() + after)


def ask_by_page(visit: Visit, payment: Payment) -> None:
    """Ask, mistype, correct, look again, break, and put words where they do not belong."""
    code = str(payment.receipt_code)
    fields = {"kind": "company", "title": FIRST_TITLE, "tax_number": TAX_NUMBER, "email": EMAIL}
    post(visit, "/r/invoice", code=code, **{**fields, "tax_number": TAX_NUMBER[:-1] + "4"})
    post(visit, "/r/invoice", code=code, **{**fields, "email": EMAIL + "@"})
    post(visit, "/r/invoice", code=code, **{**fields, "title": TITLE * 20})
    assert post(visit, "/r/invoice", code=code, **fields).status_code == 200
    assert post(visit, "/r/invoice/en", code=code, **{**fields, "title": TITLE}).status_code == 200
    post(visit, "/r", code=code)
    post(visit, "/r/data", code=code)
    connection.force_debug_cursor = False  # who types a title in place of a code has it in the statement
    post(visit, "/r", code=TITLE)
    post(visit, "/r/invoice", code=EMAIL, title=TITLE)
    visit.get(f"/r?title={TITLE}")
    visit.get(f"/r/{EMAIL}")
    connection.force_debug_cursor = True


def test_invoice_title_is_not_found_in_clear(traces, issuer, mails, monkeypatch):
    payment, visit = paid(traces), Visit(traces)
    ask_by_page(visit, payment)
    for mood in ("unknown", "lost", ""):
        issuer.mood = mood
        run_jobs(timedelta(minutes=3))
    for hours in (1, 2):
        run_jobs(timedelta(hours=hours))
    row = InvoiceRequest.objects.get()
    assert (row.state, row.mail, row.who().title, row.who().email) == ("issued", "sent", TITLE, "")
    assert post(visit, "/r/invoice", code=payment.receipt_code).status_code == 200
    assert len(mails) == 1
    assert found_in(traces.places(), NEEDLES) == {}
    assert b"payments_invoicerequest" in traces.places()["log"], "the log was listening"

    run_jobs(timedelta(days=8))
    assert InvoiceRequest.objects.get().made_out_to is None
    assert found_in(traces.places(), NEEDLES) == {}


def test_staff_and_mail_failures_leak_no_title(traces, mails, monkeypatch, tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    payment, visit = paid(traces), Visit(traces)
    ask_by_page(visit, payment)
    clerk = make_person(Role.FINANCE, lot=payment.lot)
    console = signed_in(clerk)
    row = InvoiceRequest.objects.get()
    assert TITLE in console.get(f"/console/invoices/{row.pk}").content.decode()
    invoice_handling.take(row, by=clerk, at=now())

    def fails(self, **_):
        raise OSError(f"550 <{self.to[0]}> {TITLE}")

    monkeypatch.setattr(mailing.EmailMessage, "send", fails)
    connection.force_debug_cursor = False  # a session's row in the statement is none of ours
    values = {"number": row.number, "amount_fen": "1000", "invoice_number": "12345678", "link": LINK}
    console.post(f"/console/invoices/{row.pk}/issued", values)
    connection.force_debug_cursor = True
    assert InvoiceRequest.objects.get().state == "issued"
    for hours in (1, 9, 40):
        run_jobs(timedelta(hours=hours))
    assert b"mail_failed" in traces.places()["log"]
    assert found_in(traces.places(), NEEDLES) == {}


def test_invoice_exception_logs_no_personal_data(traces, mails, monkeypatch):
    from driver import invoice_page

    def breaks(payment, *, buyer, at):
        raise RuntimeError(buyer)

    payment, visit = paid(traces), Visit(traces)
    monkeypatch.setattr(invoice_page, "ask", breaks)
    fields = {"kind": "company", "title": TITLE, "tax_number": TAX_NUMBER, "email": EMAIL}
    assert post(visit, "/r/invoice", code=payment.receipt_code, **fields).status_code == 500
    assert b"RuntimeError" in traces.places()["log"]
    assert found_in(traces.places(), NEEDLES) == {}


@pytest.mark.parametrize("text", NEEDLES)
def test_planted_invoice_leak_is_found(traces, text):
    lot = make_lot(slug="canary")
    Lot.objects.filter(pk=lot.pk).update(name=f"{text}")
    logging.getLogger("anything").debug("seen %s", text)
    traces.channel.received.append(text)
    visit = Visit(traces)
    visit.get("/lot/canary/tariff")
    traces.heads.append(f"Location: /?title={text}")
    assert all(text in hits(left, NEEDLES) for left in traces.places().values())


def test_plaintext_title_would_be_found(traces, mails):
    payment, visit = paid(traces), Visit(traces)
    ask_by_page(visit, payment)
    assert hits(database_bytes(), NEEDLES) == []
    InvoiceRequest.objects.update(made_out_to=f'{{"title": "{TITLE}"}}'.encode())
    assert TITLE in hits(database_bytes(), NEEDLES)


def test_receipt_code_is_not_logged(traces, mails):
    """It is the key to all of that: it stands in its column and in the pages that were asked for by it."""
    payment, visit = paid(traces), Visit(traces)
    connection.force_debug_cursor = False  # the statement that looks for it holds it
    for path in ("/r", "/r/invoice", "/r/data", "/r/en"):
        post(visit, path, code=payment.receipt_code)
    post(visit, "/r/data", code=payment.receipt_code, erase="1")
    places = traces.places()
    for place in ("log", "heads of answers", "kept pages", "channel"):
        text = places[place].split(b"receipt_code")[0] if place == "log" else places[place]
        assert payment.receipt_code.encode() not in text, place


def test_bill_number_is_not_logged(traces, mails):
    """It opens the receipt as the code does."""
    connection.force_debug_cursor = False
    payment, visit, number = paid(traces), Visit(traces), "4200002713202611243141592653"
    Payment.objects.update(provider="wechat", provider_number=number)
    for typed in (number, f"{number[:-1]}4"):
        post(visit, "/r", code=typed)
    places = traces.places()
    for place in ("log", "heads of answers", "kept pages"):
        assert number[:-1].encode() not in places[place], place
        assert payment.receipt_code.encode() not in places[place], place
