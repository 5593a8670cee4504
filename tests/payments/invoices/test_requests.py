"""Asking for an invoice: one a payment, of what was paid less what went back, correctable until issued."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.invoices import staff, work
from payments.invoices.models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.invoices.requests import InvoiceUnderWay, NothingToInvoice, ask, open_fen, withdraw
from payments.invoices.staff import BadInvoice, ChangedMeanwhile
from payments.models import Payment, Refund
from payments.providers.base import Outcome
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


def issue(request, clerk, **fields):
    said = {"invoice_number": NUMBER, "link": "", "amount_fen": open_fen(request.payment), **fields}
    staff.mark_issued(request, by=clerk, at=LEAVING, **said)


def refund(payment, fen, *, outcome=Outcome.REFUND_DONE):
    row = request_refund(payment, amount_fen=fen, reason=Refund.Reason.STAFF, at=LEAVING)
    if outcome is not None:
        finish(row, outcome)
    return row


def finish(row, outcome=Outcome.REFUND_DONE):
    from payments.providers.base import RefundOrder
    from tests.payments.fakes import FakeProvider

    order = RefundOrder(row.number, row.payment.number, row.amount_fen, row.payment.amount_fen, "")
    fake = FakeProvider(refunds={row.number: outcome})
    with transaction.atomic():
        settle_refund(row.payment, fake.refund_statement(order), cause="test", at=LEAVING)


def test_what_was_asked_is_sealed_and_can_be_read_again(asked):
    row = InvoiceRequest.objects.get()
    assert row.who() == COMPANY
    assert COMPANY.title.encode() not in bytes(row.made_out_to)
    assert COMPANY.tax_number.encode() not in bytes(row.made_out_to)
    assert (row.state, row.is_company, row.next_check_at) == (State.WAITING, True, None)


def test_no_repr_shows_who_an_invoice_is_for(asked):
    assert COMPANY.title not in repr(COMPANY) + repr(asked) + str(asked)
    assert COMPANY.tax_number not in repr(COMPANY)


def test_asking_twice_is_one_request(payment, asked):
    assert ask(payment, buyer=COMPANY, at=LEAVING + timedelta(minutes=1)).pk == asked.pk
    assert InvoiceEvent.objects.count() == 1


def test_a_payment_has_one_request_whatever_happens(payment, asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceRequest.objects.create(
            lot_id=payment.lot_id,
            payment=payment,
            number="B" * 26,
            made_out_to=b"x",
            is_company=False,
            asked_at=LEAVING,
        )


def test_a_correction_has_a_new_number_and_the_new_words(payment, asked):
    first = asked.number
    again = ask(payment, buyer=PERSON, at=LEAVING + timedelta(minutes=1))
    assert again.pk == asked.pk
    assert again.number != first
    assert InvoiceRequest.objects.get().who() == PERSON
    assert list(InvoiceEvent.objects.values_list("became", "cause")) == [("waiting", "driver")] * 2


def test_a_rejected_request_may_be_corrected(payment, asked, clerk):
    staff.reject(asked, reason="title", by=clerk, at=LEAVING)
    assert (asked.state, asked.reason, asked.done_at) == (State.REJECTED, "title", LEAVING)
    again = ask(payment, buyer=PERSON, at=LEAVING)
    assert (again.state, again.reason, again.done_at) == (State.WAITING, "", None)


def test_an_issued_invoice_can_neither_be_corrected_nor_withdrawn(payment, asked, clerk):
    issue(asked, clerk)
    with pytest.raises(InvoiceUnderWay):
        ask(payment, buyer=PERSON, at=LEAVING)
    with pytest.raises(InvoiceUnderWay):
        withdraw(InvoiceRequest.objects.get(), at=LEAVING)
    assert InvoiceRequest.objects.get().who() == COMPANY


def test_a_withdrawn_request_is_forgotten_at_once_and_may_be_made_anew(payment, asked):
    assert withdraw(asked, at=LEAVING)
    row = InvoiceRequest.objects.get()
    assert (row.state, row.made_out_to, row.forgotten_at) == (State.WITHDRAWN, None, LEAVING)
    assert withdraw(row, at=LEAVING)
    assert ask(payment, buyer=PERSON, at=LEAVING).who() == PERSON


@pytest.mark.parametrize(("fen", "left"), [(1, 999), (400, 600), (999, 1)])
def test_an_invoice_is_of_what_was_paid_less_what_goes_back(payment, fen, left):
    refund(payment, fen, outcome=None)
    assert open_fen(payment) == left


def test_a_refund_that_failed_is_invoiced_again(payment):
    refund(payment, 400, outcome=Outcome.REFUND_FAILED)
    assert open_fen(payment) == 1000


def test_money_that_all_went_back_has_no_invoice(payment):
    refund(payment, 1000)
    with pytest.raises(NothingToInvoice):
        ask(payment, buyer=PERSON, at=LEAVING)


def test_a_fee_that_was_waived_has_no_invoice(payment):
    Payment.objects.update(provider="waiver")
    with pytest.raises(NothingToInvoice):
        ask(payment, buyer=PERSON, at=LEAVING)


def test_staff_take_a_request_and_say_that_it_is_issued(asked, clerk):
    staff.take(asked, by=clerk, at=LEAVING)
    staff.take(asked, by=clerk, at=LEAVING)  # a second press
    issue(asked, clerk, link="https://invoices.example/x")
    row = InvoiceRequest.objects.get()
    assert (row.state, row.invoice_number, row.amount_fen) == (State.ISSUED, NUMBER, 1000)
    assert row.who().link == "https://invoices.example/x"
    assert list(row.events.values_list("became", "by")) == [
        ("waiting", None),
        ("taken", clerk.pk),
        ("issued", clerk.pk),
    ]


def test_staff_do_not_issue_what_the_driver_corrected_meanwhile(payment, asked, clerk):
    seen = InvoiceRequest.objects.get()
    ask(payment, buyer=PERSON, at=LEAVING)
    with pytest.raises(ChangedMeanwhile):
        issue(seen, clerk)
    assert InvoiceRequest.objects.get().state == State.WAITING


def test_the_second_of_two_presses_changes_nothing(asked, clerk):
    second = InvoiceRequest.objects.get()
    issue(asked, clerk)
    with pytest.raises(ChangedMeanwhile):
        issue(second, clerk, invoice_number="99999999")
    with pytest.raises(ChangedMeanwhile):
        staff.reject(second, reason="other", by=clerk, at=LEAVING)
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
def test_what_is_no_invoice_is_refused(asked, clerk, fields):
    with pytest.raises(BadInvoice):
        issue(asked, clerk, **fields)
    assert InvoiceRequest.objects.get().state == State.WAITING


def test_a_refund_after_the_invoice_becomes_one_task_for_staff(payment, asked, clerk):
    issue(asked, clerk)
    assert work.see_refunds(LEAVING) == 0
    row = refund(payment, 400, outcome=None)
    assert work.see_refunds(LEAVING) == 0, "it is only promised, and may fail"
    finish(row)
    assert [work.see_refunds(LEAVING) for _ in range(2)] == [1, 0]
    assert RedLetter.objects.get().amount_fen == 400


def test_a_second_refund_raises_the_open_task_or_opens_another(payment, asked, clerk):
    issue(asked, clerk)
    refund(payment, 400)
    work.see_refunds(LEAVING)
    refund(payment, 100)
    work.see_refunds(LEAVING)
    red = RedLetter.objects.get()
    assert red.amount_fen == 500
    staff.finish_red_letter(red, invoice_number="RED-123456", by=clerk, at=LEAVING)
    assert work.see_refunds(LEAVING) == 0
    refund(payment, 200)
    work.see_refunds(LEAVING)
    assert list(RedLetter.objects.order_by("pk").values_list("amount_fen", "done_by")) == [
        (500, clerk.pk),
        (200, None),
    ]


def test_a_refund_before_the_invoice_makes_no_task(payment, asked, clerk):
    row = refund(payment, 400, outcome=None)
    issue(asked, clerk)
    finish(row)
    assert InvoiceRequest.objects.get().amount_fen == 600
    assert work.see_refunds(LEAVING) == 0


def test_a_red_letter_is_finished_once_and_for_the_amount_that_was_seen(payment, asked, clerk):
    issue(asked, clerk)
    refund(payment, 400)
    work.see_refunds(LEAVING)
    seen = RedLetter.objects.get()
    refund(payment, 100)
    work.see_refunds(LEAVING)
    with pytest.raises(ChangedMeanwhile):
        staff.finish_red_letter(seen, invoice_number="RED-123456", by=clerk, at=LEAVING)
    with pytest.raises(BadInvoice):
        staff.finish_red_letter(RedLetter.objects.get(), invoice_number="", by=clerk, at=LEAVING)


@pytest.mark.parametrize("days", [0, 7])
@pytest.mark.parametrize("end", ["issued", "rejected"])
def test_who_it_was_for_is_forgotten_after_some_days_and_the_row_stays(asked, clerk, settings, days, end):
    settings.INVOICE_RETENTION_DAYS = days
    if end == "issued":
        issue(asked, clerk, link="https://invoices.example/x")
    else:
        staff.reject(asked, reason="buyer", by=clerk, at=LEAVING)
    over = LEAVING + timedelta(days=days)
    assert work.forget_buyers(over - timedelta(seconds=1)) == 0
    assert work.forget_buyers(over) == 1
    row = InvoiceRequest.objects.get()
    assert (row.state, row.made_out_to, row.forgotten_at) == (end, None, over)
    assert work.forget_buyers(over) == 0


def test_an_open_request_is_not_forgotten(asked):
    assert work.forget_buyers(LEAVING + timedelta(days=400)) == 0


def test_the_database_holds_no_open_request_without_its_buyer(asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceRequest.objects.update(made_out_to=None)


def test_a_link_is_kept_with_the_buyer_and_goes_with_it(asked, clerk):
    issue(asked, clerk, link="https://invoices.example/x")
    assert asked.who() == replace(COMPANY, link="https://invoices.example/x")
    assert b"invoices.example" not in bytes(InvoiceRequest.objects.get().made_out_to)
