"""Races of asking, correcting, sending, registering and erasing: each effect happens once."""

from datetime import timedelta

import pytest

from compliance import data_requests
from compliance.compliance_jobs import erase_as_asked
from compliance.models import DataRequest
from lots.models import ParkingSession
from payments.invoices import invoice_handling, invoice_jobs
from payments.invoices.invoice_handling import ChangedMeanwhile
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.invoices.invoice_requests import TIME_TO_CORRECT, InvoiceUnderWay, ask
from payments.models import Refund
from payments.refunds import request_refund
from tests.payments.invoices.conftest import COMPANY, LEAVING, PERSON
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
SENDING = LEAVING + TIME_TO_CORRECT


@pytest.fixture
def clerk(django_user_model):
    return django_user_model.objects.create_user("clerk")


def test_concurrent_tabs_create_one_request(payment):
    answers = at_once(*[lambda: ask(payment, buyer=COMPANY, at=LEAVING)] * 10)
    assert not [fault for fault in faults(answers) if not isinstance(fault, InvoiceUnderWay)]
    assert InvoiceRequest.objects.count() == 1


def test_concurrent_clerks_register_one_invoice(payment, clerk):
    row = ask(payment, buyer=COMPANY, at=LEAVING)

    def register(number):
        mine = InvoiceRequest.objects.get(pk=row.pk)
        return lambda: invoice_handling.mark_issued(
            mine, invoice_number=number, link="", amount_fen=1000, by=clerk, at=LEAVING
        )

    answers = at_once(*[register(f"1234567{n}") for n in range(4)])
    assert [type(fault) for fault in faults(answers)] == [ChangedMeanwhile] * 3
    assert InvoiceEvent.objects.filter(became="issued").count() == 1


@pytest.mark.parametrize("delays", [(0, 0), (0.01, 0), (0, 0.01)])
def test_correction_during_sending_wins_or_fails(payment, issuer, delays):
    ask(payment, buyer=COMPANY, at=LEAVING)
    answers = at_once(
        lambda: ask(payment, buyer=PERSON, at=SENDING),
        lambda: invoice_jobs.chase_invoices(SENDING),
        delays=delays,
    )
    row = InvoiceRequest.objects.get()
    sent = [order.buyer for order in issuer.orders.values()]
    if isinstance(answers[0], InvoiceUnderWay):
        assert (row.state, sent) == ("issued", [COMPANY])
    else:
        assert (row.state, sent, row.who()) == ("waiting", [], PERSON)


def test_concurrent_workers_send_request_once(payment, issuer):
    ask(payment, buyer=COMPANY, at=LEAVING)
    assert not faults(at_once(*[lambda: invoice_jobs.chase_invoices(SENDING)] * 4))
    assert issuer.calls == ["issue"]


def test_concurrent_workers_make_one_red_letter(payment, clerk):
    row = ask(payment, buyer=COMPANY, at=LEAVING)
    invoice_handling.mark_issued(
        row, invoice_number="12345678", link="", amount_fen=1000, by=clerk, at=LEAVING
    )
    refund = request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=LEAVING)
    Refund.objects.filter(pk=refund.pk).update(state="done", next_check_at=None)
    assert not faults(at_once(*[lambda: invoice_jobs.see_refunds(LEAVING)] * 4))
    assert RedLetter.objects.get().amount_fen == 400


def test_concurrent_erasure_closes_the_request(payment):
    ParkingSession.objects.update(left_at=LEAVING + timedelta(minutes=1))
    later = LEAVING + timedelta(minutes=2)
    calls = [lambda: data_requests.request_erasure(payment, at=later)] * 3 + [
        lambda: erase_as_asked(later)
    ] * 2
    assert not faults(at_once(*calls))
    assert ParkingSession.objects.get().plate is None
    assert not DataRequest.objects.filter(state="open").exists()
