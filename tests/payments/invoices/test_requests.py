"""Asking for an invoice: one a payment, of what was paid less what went back, correctable until issued."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.invoices import invoice_handling, invoice_jobs
from payments.invoices.invoice_handling import BadInvoice, ChangedMeanwhile
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.invoices.invoice_requests import InvoiceUnderWay, NothingToInvoice, ask, open_fen, withdraw
from payments.models import Payment, Refund
from payments.providers.contract import Outcome
from payments.refunds import request_refund, settle_refund
from tests.payments.invoices.conftest import COMPANY, LEAVING, PERSON

pytestmark = pytest.mark.django_db
State = InvoiceRequest.State
NUMBER = "24312000000012345678"


@pytest.fixture
def clerk(django_user_model):
    return django_user_model.objects.create_user("clerk", is_superuser=True)


@pytest.fixture
def asked(payment):
    return ask(payment, buyer=COMPANY, at=LEAVING)


def issue(request, clerk, at=LEAVING, **fields):
    values = {"invoice_number": NUMBER, "link": "", "amount_fen": open_fen(request.payment), **fields}
    invoice_handling.mark_issued(request, by=clerk, at=at, **values)


def refund(payment, fen, *, outcome=Outcome.REFUND_DONE):
    row = request_refund(payment, amount_fen=fen, reason=Refund.Reason.STAFF, at=LEAVING)
    if outcome is not None:
        finish(row, outcome)
    return row


def finish(row, outcome=Outcome.REFUND_DONE):
    from payments.providers.contract import RefundOrder
    from tests.payments.fakes import FakeProvider

    order = RefundOrder(row.number, row.payment.number, row.amount_fen, row.payment.amount_fen, "")
    fake = FakeProvider(refunds={row.number: outcome})
    with transaction.atomic():
        settle_refund(row.payment, fake.refund_statement(order), cause="test", at=LEAVING)


def test_buyer_is_stored_encrypted(asked):
    row = InvoiceRequest.objects.get()
    assert row.who() == COMPANY
    assert COMPANY.title.encode() not in bytes(row.made_out_to)
    assert COMPANY.tax_number.encode() not in bytes(row.made_out_to)
    assert (row.state, row.is_company, row.next_check_at) == (State.WAITING, True, None)


def test_request_repr_hides_buyer(asked):
    assert COMPANY.title not in repr(COMPANY) + repr(asked) + str(asked)
    assert COMPANY.tax_number not in repr(COMPANY)


def test_repeated_invoice_request_is_one(payment, asked):
    assert ask(payment, buyer=COMPANY, at=LEAVING + timedelta(minutes=1)).pk == asked.pk
    assert InvoiceEvent.objects.count() == 1


def test_payment_has_at_most_one_request(payment, asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceRequest.objects.create(
            lot_id=payment.lot_id,
            payment=payment,
            number="B" * 26,
            made_out_to=b"x",
            is_company=False,
            asked_at=LEAVING,
        )


def test_correction_gets_new_number(payment, asked):
    first = asked.number
    again = ask(payment, buyer=PERSON, at=LEAVING + timedelta(minutes=1))
    assert again.pk == asked.pk
    assert again.number != first
    assert InvoiceRequest.objects.get().who() == PERSON
    assert list(InvoiceEvent.objects.values_list("became", "cause")) == [("waiting", "driver")] * 2


def test_rejected_request_can_be_corrected(payment, asked, clerk):
    invoice_handling.reject(asked, reason="title", by=clerk, at=LEAVING)
    assert (asked.state, asked.reason, asked.done_at) == (State.REJECTED, "title", LEAVING)
    again = ask(payment, buyer=PERSON, at=LEAVING)
    assert (again.state, again.reason, again.done_at) == (State.WAITING, "", None)


def test_issued_invoice_cannot_be_changed(payment, asked, clerk):
    issue(asked, clerk)
    with pytest.raises(InvoiceUnderWay):
        ask(payment, buyer=PERSON, at=LEAVING)
    with pytest.raises(InvoiceUnderWay):
        withdraw(InvoiceRequest.objects.get(), at=LEAVING)
    assert InvoiceRequest.objects.get().who() == COMPANY


RED, SECOND = "24312000000099999999", "24312000000055555555"
HOUR = timedelta(hours=1)


def reverse(asked, clerk, at, fen=1000):
    invoice_handling.reverse(asked, amount_fen=fen, invoice_number=RED, by=clerk, at=at)


def test_reversed_invoice_is_issued_again(payment, asked, clerk):
    issue(asked, clerk)
    reverse(asked, clerk, LEAVING + HOUR)
    assert (asked.state, asked.reason, asked.amount_fen) == (State.REJECTED, "reissue", None)
    red = RedLetter.objects.get()
    assert (red.amount_fen, red.invoice_number, red.done_by) == (1000, RED, clerk)
    again = ask(payment, buyer=PERSON, at=LEAVING + 2 * HOUR)
    assert (again.state, again.reason, again.who()) == (State.WAITING, "", PERSON)
    issue(again, clerk, at=LEAVING + 3 * HOUR)
    assert invoice_handling.standing_fen(again) == 1000
    assert InvoiceEvent.objects.filter(cause=f"reversed {NUMBER}", by=clerk).count() == 1


def test_refund_after_reissue_needs_a_red_letter(payment, asked, clerk):
    """What was reversed with the first invoice does not make the second one lower."""
    issue(asked, clerk)
    reverse(asked, clerk, LEAVING + HOUR)
    again = ask(payment, buyer=PERSON, at=LEAVING + 2 * HOUR)
    issue(again, clerk, at=LEAVING + 3 * HOUR)
    assert invoice_jobs.see_refunds(LEAVING + 3 * HOUR) == 0
    refund(payment, 400)
    assert invoice_jobs.see_refunds(LEAVING + 4 * HOUR) == 1
    assert RedLetter.objects.get(done_at=None).amount_fen == 400


def test_reversal_takes_what_still_stands(payment, asked, clerk):
    """After a refund and its red letter, the rest is reversed; an open red letter becomes a part of it."""
    issue(asked, clerk)
    refund(payment, 400)
    invoice_jobs.see_refunds(LEAVING)
    invoice_handling.finish_red_letter(
        RedLetter.objects.get(), invoice_number=RED, by=clerk, at=LEAVING + HOUR
    )
    refund(payment, 100)
    invoice_jobs.see_refunds(LEAVING + HOUR)
    with pytest.raises(ChangedMeanwhile):
        reverse(asked, clerk, LEAVING + 2 * HOUR)
    reverse(asked, clerk, LEAVING + 2 * HOUR, fen=600)
    assert list(RedLetter.objects.order_by("pk").values_list("amount_fen", flat=True)) == [400, 600]
    assert not RedLetter.objects.filter(done_at=None).exists()


@pytest.mark.parametrize("fen", [0, -1, 999])
def test_reversal_needs_the_issued_amount(asked, clerk, fen):
    with pytest.raises(ChangedMeanwhile):
        reverse(asked, clerk, LEAVING)
    issue(asked, clerk)
    with pytest.raises(ChangedMeanwhile):
        reverse(asked, clerk, LEAVING, fen=fen)
    with pytest.raises(BadInvoice):
        invoice_handling.reverse(asked, amount_fen=1000, invoice_number="x", by=clerk, at=LEAVING)


def test_withdrawn_request_is_erased_and_repeatable(payment, asked):
    assert withdraw(asked, at=LEAVING)
    row = InvoiceRequest.objects.get()
    assert (row.state, row.made_out_to, row.forgotten_at) == (State.WITHDRAWN, None, LEAVING)
    assert withdraw(row, at=LEAVING)
    assert ask(payment, buyer=PERSON, at=LEAVING).who() == PERSON


@pytest.mark.parametrize(("fen", "left"), [(1, 999), (400, 600), (999, 1)])
def test_invoice_amount_excludes_refunds(payment, fen, left):
    refund(payment, fen, outcome=None)
    assert open_fen(payment) == left


def test_failed_refund_is_invoiced_again(payment):
    refund(payment, 400, outcome=Outcome.REFUND_FAILED)
    assert open_fen(payment) == 1000


def test_fully_refunded_payment_has_no_invoice(payment):
    refund(payment, 1000)
    with pytest.raises(NothingToInvoice):
        ask(payment, buyer=PERSON, at=LEAVING)


def test_waived_fee_has_no_invoice(payment):
    Payment.objects.update(provider="waiver")
    with pytest.raises(NothingToInvoice):
        ask(payment, buyer=PERSON, at=LEAVING)


def test_staff_take_and_issue_request(asked, clerk):
    invoice_handling.take(asked, by=clerk, at=LEAVING)
    invoice_handling.take(asked, by=clerk, at=LEAVING)  # a second press
    issue(asked, clerk, link="https://invoices.example/x")
    row = InvoiceRequest.objects.get()
    assert (row.state, row.invoice_number, row.amount_fen) == (State.ISSUED, NUMBER, 1000)
    assert row.who().link == "https://invoices.example/x"
    assert list(row.events.order_by("pk").values_list("became", "by")) == [
        ("waiting", None),
        ("taken", clerk.pk),
        ("issued", clerk.pk),
    ]


def test_staff_cannot_issue_corrected_request(payment, asked, clerk):
    seen = InvoiceRequest.objects.get()
    ask(payment, buyer=PERSON, at=LEAVING)
    with pytest.raises(ChangedMeanwhile):
        issue(seen, clerk)
    assert InvoiceRequest.objects.get().state == State.WAITING


def test_second_decision_changes_nothing(asked, clerk):
    second = InvoiceRequest.objects.get()
    issue(asked, clerk)
    with pytest.raises(ChangedMeanwhile):
        issue(second, clerk, invoice_number="99999999")
    with pytest.raises(ChangedMeanwhile):
        invoice_handling.reject(second, reason="other", by=clerk, at=LEAVING)
    assert InvoiceRequest.objects.get().invoice_number == NUMBER


@pytest.mark.parametrize(
    "fields",
    [
        {"invoice_number": ""},
        {"invoice_number": "12 34"},
        {"invoice_number": "<svg>12"},
        {"link": "http://plain.example/x"},
        {"link": "javascript:alert(1)"},
        {"amount_fen": 0},
        {"amount_fen": 1001},
    ],
)
def test_invalid_invoice_is_refused(asked, clerk, fields):
    with pytest.raises(BadInvoice):
        issue(asked, clerk, **fields)
    assert InvoiceRequest.objects.get().state == State.WAITING


def test_later_refund_creates_one_task(payment, asked, clerk):
    issue(asked, clerk)
    assert invoice_jobs.see_refunds(LEAVING) == 0
    row = refund(payment, 400, outcome=None)
    assert invoice_jobs.see_refunds(LEAVING) == 0, "it is only promised, and may fail"
    finish(row)
    assert [invoice_jobs.see_refunds(LEAVING) for _ in range(2)] == [1, 0]
    assert RedLetter.objects.get().amount_fen == 400


def test_second_refund_updates_or_opens_task(payment, asked, clerk):
    issue(asked, clerk)
    refund(payment, 400)
    invoice_jobs.see_refunds(LEAVING)
    refund(payment, 100)
    invoice_jobs.see_refunds(LEAVING)
    red = RedLetter.objects.get()
    assert red.amount_fen == 500
    invoice_handling.finish_red_letter(red, invoice_number="RED-123456", by=clerk, at=LEAVING)
    assert invoice_jobs.see_refunds(LEAVING) == 0
    refund(payment, 200)
    invoice_jobs.see_refunds(LEAVING)
    assert list(RedLetter.objects.order_by("pk").values_list("amount_fen", "done_by")) == [
        (500, clerk.pk),
        (200, None),
    ]


def test_earlier_refund_creates_no_task(payment, asked, clerk):
    row = refund(payment, 400, outcome=None)
    issue(asked, clerk)
    finish(row)
    assert InvoiceRequest.objects.get().amount_fen == 600
    assert invoice_jobs.see_refunds(LEAVING) == 0


def test_red_letter_requires_current_amount(payment, asked, clerk):
    issue(asked, clerk)
    refund(payment, 400)
    invoice_jobs.see_refunds(LEAVING)
    seen = RedLetter.objects.get()
    refund(payment, 100)
    invoice_jobs.see_refunds(LEAVING)
    with pytest.raises(ChangedMeanwhile):
        invoice_handling.finish_red_letter(seen, invoice_number="RED-123456", by=clerk, at=LEAVING)
    with pytest.raises(BadInvoice):
        invoice_handling.finish_red_letter(RedLetter.objects.get(), invoice_number="", by=clerk, at=LEAVING)


@pytest.mark.parametrize("days", [0, 7])
@pytest.mark.parametrize("end", ["issued", "rejected"])
def test_buyer_is_erased_after_retention(asked, clerk, settings, days, end):
    settings.INVOICE_RETENTION_DAYS = days
    if end == "issued":
        issue(asked, clerk, link="https://invoices.example/x")
    else:
        invoice_handling.reject(asked, reason="buyer", by=clerk, at=LEAVING)
    over = LEAVING + timedelta(days=days)
    assert invoice_jobs.forget_buyers(over - timedelta(seconds=1)) == 0
    assert invoice_jobs.forget_buyers(over) == 1
    row = InvoiceRequest.objects.get()
    assert (row.state, row.made_out_to, row.forgotten_at) == (end, None, over)
    assert invoice_jobs.forget_buyers(over) == 0


def test_open_request_is_not_erased(asked):
    assert invoice_jobs.forget_buyers(LEAVING + timedelta(days=400)) == 0


def test_database_requires_buyer_while_open(asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceRequest.objects.update(made_out_to=None)


def test_link_is_stored_with_buyer(asked, clerk):
    issue(asked, clerk, link="https://invoices.example/x")
    assert asked.who() == replace(COMPANY, link="https://invoices.example/x")
    assert b"invoices.example" not in bytes(InvoiceRequest.objects.get().made_out_to)
