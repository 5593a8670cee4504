"""A request on its way through the issuer: sent once, asked about until it is known, mailed if wanted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail

from payments.invoices import invoice_handling, invoice_jobs
from payments.invoices import invoice_mail as mailing
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import TIME_TO_CORRECT, InvoiceUnderWay, ask, withdraw
from payments.models import Payment, Refund
from payments.refunds import request_refund
from tests.payments.invoices.conftest import COMPANY, LEAVING, PERSON

pytestmark = pytest.mark.django_db
State = InvoiceRequest.State
SENDING = LEAVING + TIME_TO_CORRECT
MAILED = replace(PERSON, email="zhang.san@example.cn")


@pytest.fixture
def asked(payment, issuer):
    return ask(payment, buyer=COMPANY, at=LEAVING)


@pytest.fixture
def mails(settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    settings.DEFAULT_FROM_EMAIL = "parking@example.cn"
    mail.outbox = []
    return mail.outbox


def stored_request():
    return InvoiceRequest.objects.get()


def work_until(issuer, *, steps=30):
    """Let the worker come whenever something is due."""
    for _ in range(steps):
        due = stored_request().next_check_at
        if due is None:
            return
        invoice_jobs.chase_invoices(due)


def test_request_is_issued_after_two_minutes(asked, issuer):
    assert invoice_jobs.chase_invoices(SENDING - timedelta(seconds=1)) == 0
    assert invoice_jobs.chase_invoices(SENDING) == 1
    row = stored_request()
    assert (row.state, row.amount_fen, row.next_check_at) == (State.ISSUED, 1000, None)
    assert row.invoice_number == "24312000000012345678"
    (order,) = issuer.orders.values()
    assert (order.amount_fen, order.buyer, order.seller) == (1000, COMPANY, "上海浦江商业管理有限公司")


def test_order_omits_plate_email_and_receipt(payment, issuer):
    ask(payment, buyer=replace(COMPANY, email="a@example.cn"), at=LEAVING)
    invoice_jobs.chase_invoices(SENDING)
    from payments.invoices.issuer import order_json

    (order,) = issuer.orders.values()
    text = str(order_json(order))
    assert "A12345" not in text
    assert "a@example.cn" not in text
    assert payment.receipt_code not in text
    assert COMPANY.title not in repr(order)


@pytest.mark.parametrize(
    ("mood", "calls"),
    [
        ("", ["issue"]),
        ("lost", ["issue", "query"]),  # it was issued, but the answer was lost: never a second time
        ("unknown", ["issue", "query", "issue"]),  # it never arrived: again, under the same number
        ("pending", ["issue", "query"]),
    ],
)
def test_one_invoice_despite_lost_responses(asked, issuer, mood, calls):
    issuer.mood = mood
    number = asked.number
    invoice_jobs.chase_invoices(SENDING)
    assert stored_request().state == {"": State.ISSUED, "pending": State.SENT}.get(mood, State.UNKNOWN)
    issuer.mood = ""
    work_until(issuer)
    assert stored_request().state == State.ISSUED
    assert issuer.calls == calls
    assert list(issuer.orders) == [number]


def test_unreachable_issuer_is_polled_less_often(asked, issuer):
    issuer.mood = "unknown"
    due, pauses = SENDING, []
    for _ in range(8):
        invoice_jobs.chase_invoices(due)
        later = stored_request().next_check_at
        pauses.append(int((later - due).total_seconds()))
        due = later
    assert pauses == [10, 30, 60, 120, 300, 900, 900, 900]


def test_request_is_queried_after_worker_crash(asked, issuer, monkeypatch):
    def dies(order):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(issuer, "issue", dies)
        with pytest.raises(KeyboardInterrupt):
            invoice_jobs.chase_invoices(SENDING)
    assert stored_request().state == State.UNKNOWN
    work_until(issuer)
    assert (stored_request().state, issuer.calls) == (State.ISSUED, ["query", "issue"])


@pytest.mark.parametrize("mood", ["unknown", "pending", "lost"])
def test_sent_request_cannot_be_changed(asked, payment, issuer, mood):
    issuer.mood = mood
    invoice_jobs.chase_invoices(SENDING)
    with pytest.raises(InvoiceUnderWay):
        ask(payment, buyer=PERSON, at=SENDING)
    with pytest.raises(InvoiceUnderWay):
        withdraw(stored_request(), at=SENDING)


def test_request_taken_over_stays_locked(asked, payment, issuer, admin_user):
    issuer.mood = "unknown"
    invoice_jobs.chase_invoices(SENDING)
    invoice_handling.take(stored_request(), by=admin_user, at=SENDING)
    with pytest.raises(InvoiceUnderWay):
        ask(payment, buyer=PERSON, at=SENDING)
    assert stored_request().was_sent


def test_rejected_title_can_be_corrected(asked, payment, issuer):
    issuer.mood = "rejected"
    invoice_jobs.chase_invoices(SENDING)
    assert (stored_request().state, stored_request().reason) == (State.REJECTED, "buyer")
    issuer.mood = ""
    first = asked.number
    ask(payment, buyer=PERSON, at=SENDING)
    work_until(issuer)
    assert stored_request().state == State.ISSUED
    assert first not in issuer.orders or len(issuer.orders) == 2


def test_refused_request_waits_for_staff(asked, payment, issuer):
    issuer.mood = "refused"
    invoice_jobs.chase_invoices(SENDING)
    row = stored_request()
    assert (row.state, row.next_check_at, row.was_sent) == (State.WAITING, None, False)
    assert row.events.last().cause == "refused no_quota"
    assert ask(payment, buyer=PERSON, at=SENDING).who() == PERSON


def test_invoice_issued_during_takeover_counts(asked, issuer, admin_user, monkeypatch):
    issue = issuer.issue

    def slow(order):
        invoice_handling.take(InvoiceRequest.objects.get(), by=admin_user, at=SENDING)
        return issue(order)

    monkeypatch.setattr(issuer, "issue", slow)
    invoice_jobs.chase_invoices(SENDING)
    assert (stored_request().state, stored_request().amount_fen) == (State.ISSUED, 1000)


def test_request_refunded_before_sending_is_rejected(asked, payment, issuer):
    request_refund(payment, amount_fen=1000, reason=Refund.Reason.STAFF, at=LEAVING)
    invoice_jobs.chase_invoices(SENDING)
    assert (stored_request().state, stored_request().reason, issuer.calls) == (State.REJECTED, "nothing", [])


def test_invoice_retry_uses_original_amount(asked, payment, issuer):
    issuer.mood = "unknown"
    invoice_jobs.chase_invoices(SENDING)
    request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=SENDING)
    issuer.mood = ""
    work_until(issuer)
    (order,) = issuer.orders.values()
    assert (order.amount_fen, stored_request().amount_fen) == (1000, 1000)


def test_lost_buyer_key_requires_staff(asked, issuer, settings):
    settings.PLATE_KEYS = {"later": b"\x99" * 32}
    invoice_jobs.chase_invoices(SENDING)
    assert (stored_request().state, stored_request().next_check_at) == (State.WAITING, None)
    assert issuer.calls == []


def test_without_an_issuer_nothing_is_sent(payment):
    ask(payment, buyer=COMPANY, at=LEAVING)
    assert invoice_jobs.chase_invoices(LEAVING + timedelta(days=1)) == 0


def test_mail_is_sent_only_on_request(payment, issuer, mails):
    ask(payment, buyer=PERSON, at=LEAVING)
    work_until(issuer)
    assert (stored_request().state, stored_request().mail, mails) == (State.ISSUED, "", [])


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "电子发票"), ("zh-hant", "電子發票"), ("en", "Parking invoice")]
)
def test_mail_shows_invoice_without_plate(payment, issuer, mails, language, words):
    Payment.objects.update(language=language)
    ask(payment, buyer=MAILED, at=LEAVING)
    work_until(issuer)
    (letter,) = mails
    assert letter.to == ["zhang.san@example.cn"]
    assert words in letter.subject
    output = letter.subject + letter.body
    for needed in ("浦江广场", "10.00", "24312000000012345678", "https://invoices.example/x"):
        assert needed in output
    for never in ("12345 ", "沪A", payment.receipt_code, PERSON.title):
        assert never not in output


def test_email_is_erased_after_sending(payment, issuer, mails):
    ask(payment, buyer=MAILED, at=LEAVING)
    work_until(issuer)
    row = stored_request()
    assert (row.mail, row.who().email, row.next_check_at) == ("sent", "", None)
    assert row.who().title == PERSON.title


def test_failing_mail_is_retried_then_abandoned(payment, issuer, mails, monkeypatch):
    tries = []

    def fails(self, **_):
        tries.append(1)
        raise OSError("550 zhang.san@example.cn unknown")

    monkeypatch.setattr(mailing.EmailMessage, "send", fails)
    ask(payment, buyer=MAILED, at=LEAVING)
    work_until(issuer)
    row = stored_request()
    assert (row.state, row.mail, row.who().email) == (State.ISSUED, "failed", "")
    assert len(tries) == len(mailing.STEPS) + 1


def test_buyer_corrected_during_the_mail_stays(payment, issuer, mails, admin_user, monkeypatch):
    ask(payment, buyer=MAILED, at=LEAVING)
    other = replace(COMPANY, email="b@example.cn")

    def reversed_meanwhile(_letter):
        red = {"amount_fen": 1000, "invoice_number": "24312000000012345679"}
        invoice_handling.reverse(stored_request(), **red, by=admin_user, at=SENDING)
        ask(payment, buyer=other, at=SENDING)

    monkeypatch.setattr(mailing.EmailMessage, "send", reversed_meanwhile)
    invoice_jobs.chase_invoices(SENDING)
    row = stored_request()
    assert (row.state, row.mail, row.who()) == (State.WAITING, "wanted", other)
    assert row.next_check_at == SENDING + TIME_TO_CORRECT


def test_staff_issued_invoice_is_mailed(payment, mails, admin_user):
    row = ask(payment, buyer=MAILED, at=LEAVING)
    invoice_handling.mark_issued(
        row, invoice_number="12345678", link="", amount_fen=1000, by=admin_user, at=LEAVING
    )
    assert invoice_jobs.chase_invoices(LEAVING) == 1
    assert len(mails) == 1
