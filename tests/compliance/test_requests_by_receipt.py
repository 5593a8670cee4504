"""A receipt code allows access, correction and erasure; each request leaves a row without personal data."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from compliance import data_requests
from compliance.compliance_jobs import erase_as_asked
from compliance.data_requests import AlreadyAnswered, ErasureObstacle, erasure_obstacle
from compliance.models import DataRequest
from lots.models import ParkingSession, PlateRead, ReadPicture
from payments.invoices import invoice_handling
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import ask
from payments.models import Payment, Refund
from payments.refunds import request_refund
from tests.driver.conftest import text
from tests.factories import NOON, make_device, see
from tests.payments.conftest import channel
from tests.payments.invoices.conftest import COMPANY, LEAVING, payment

__all__ = ["channel", "payment"]

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
OUT = LEAVING + timedelta(minutes=5)
State, Answer = DataRequest.State, DataRequest.Answer


@pytest.fixture
def departed(payment):
    """The car has left, seen with a picture."""
    way_out = make_device(payment.lot, "exit", keep_images=True)
    see(way_out, PLATE, OUT, picture=b"JPEG")
    payment.refresh_from_db()
    assert payment.session.left_at is not None
    return payment


def plates():
    rows = [*ParkingSession.objects.all(), *PlateRead.objects.all()]
    return [row.pk for row in rows if row.plate is not None or row.plate_index is not None]


def test_finished_session_is_erased_at_once(departed):
    assert len(plates()) == 3
    assert ReadPicture.objects.count() == 1
    request = data_requests.request_erasure(departed, at=OUT)
    assert (request.state, request.answer, request.done_at) == (State.DONE, Answer.ERASED, OUT)
    assert plates() == []
    assert not ReadPicture.objects.exists()
    assert ParkingSession.objects.get().forgotten_at == OUT


def test_erasure_keeps_money_and_times(departed):
    data_requests.request_erasure(departed, at=OUT)
    session = ParkingSession.objects.get()
    assert (session.entered_at, session.left_at, session.paid_fen) == (NOON, OUT, 1000)
    assert Payment.objects.get().receipt_code == departed.receipt_code


def test_unlinked_read_is_erased_too(departed):
    PlateRead.objects.filter(direction="exit").update(session=None)
    data_requests.request_erasure(departed, at=OUT)
    assert plates() == []


def test_other_session_is_not_erased(departed):
    see(make_device(departed.lot, "entry"), PLATE, OUT + timedelta(hours=1))
    data_requests.request_erasure(departed, at=OUT + timedelta(hours=1))
    assert len(plates()) == 2


def test_erasure_waits_for_exit(payment):
    assert erasure_obstacle(payment.session) is ErasureObstacle.INSIDE
    request = data_requests.request_erasure(payment, at=LEAVING)
    assert (request.state, request.done_at) == (State.OPEN, None)
    assert erase_as_asked(LEAVING + timedelta(minutes=1)) == 0
    assert plates()
    see(make_device(payment.lot, "exit"), PLATE, OUT)
    assert erase_as_asked(OUT) == 1
    assert plates() == []
    assert DataRequest.objects.get().state == State.DONE


def test_erasure_waits_for_refund(departed):
    refund = request_refund(departed, amount_fen=100, reason=Refund.Reason.STAFF, at=OUT)
    assert erasure_obstacle(departed.session) is ErasureObstacle.REFUND
    assert data_requests.request_erasure(departed, at=OUT).state == State.OPEN
    Refund.objects.filter(pk=refund.pk).update(state="done", next_check_at=None)
    assert erase_as_asked(OUT) == 1


def test_open_payment_blocks_erasure(departed):
    Payment.objects.update(state="open", next_check_at=OUT)
    assert erasure_obstacle(departed.session) is ErasureObstacle.PAYMENT


def test_erasure_waits_for_correction(departed, admin_user):
    asked = data_requests.request_correction(departed, topic="plate", at=OUT)
    assert erasure_obstacle(departed.session) is ErasureObstacle.CORRECTION
    assert data_requests.request_erasure(departed, at=OUT).state == State.OPEN
    data_requests.answer(asked, answer="right", by=admin_user, at=OUT)
    assert erase_as_asked(OUT) == 1


def test_already_erased_request_is_done(departed):
    ParkingSession.objects.update(plate=None, plate_index=None, forgotten_at=OUT)
    assert data_requests.request_erasure(departed, at=OUT).state == State.DONE


def test_repeated_data_request_is_one_row(payment):
    assert (
        data_requests.request_erasure(payment, at=LEAVING).pk
        == data_requests.request_erasure(payment, at=LEAVING).pk
    )
    first = data_requests.request_correction(payment, topic="fee", at=LEAVING)
    assert data_requests.request_correction(payment, topic="fee", at=LEAVING).pk == first.pk
    assert data_requests.request_correction(payment, topic="exit", at=LEAVING).pk != first.pk


def test_database_allows_one_open_request(payment):
    first = data_requests.request_correction(payment, topic="fee", at=LEAVING)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.create(
            lot=payment.lot,
            payment=payment,
            kind="correction",
            topic="fee",
            asked_at=LEAVING,
            due_on=first.due_on,
        )


def test_access_is_recorded_once_daily(payment):
    for minutes in (0, 5, 60):
        data_requests.record_access(payment, at=LEAVING + timedelta(minutes=minutes))
    assert DataRequest.objects.count() == 1
    data_requests.record_access(payment, at=LEAVING + timedelta(days=1, minutes=1))
    assert DataRequest.objects.count() == 2


def test_request_is_due_in_fifteen_workdays(payment):
    assert data_requests.request_correction(payment, topic="fee", at=LEAVING).due_on == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("answer", "state"), [("corrected", "done"), ("right", "refused"), ("call", "refused")]
)
def test_staff_answer_only_once(payment, admin_user, answer, state):
    asked = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    data_requests.answer(asked, answer=answer, by=admin_user, at=OUT)
    row = DataRequest.objects.get()
    assert (row.state, row.answer, row.done_at, row.done_by) == (state, answer, OUT, admin_user)
    with pytest.raises(AlreadyAnswered):
        data_requests.answer(asked, answer="corrected", by=admin_user, at=OUT)


def test_erasure_includes_issued_invoice_title(departed, admin_user):
    request = ask(departed, buyer=COMPANY, at=LEAVING)
    invoice_handling.mark_issued(
        request, invoice_number="12345678", link="", amount_fen=1000, by=admin_user, at=OUT
    )
    data_requests.request_erasure(departed, at=OUT)
    assert InvoiceRequest.objects.get().made_out_to is None


def test_erasure_spares_pending_invoice(departed):
    ask(departed, buyer=COMPANY, at=LEAVING)
    data_requests.request_erasure(departed, at=OUT)
    assert InvoiceRequest.objects.get().who() == COMPANY


def test_request_has_no_free_text():
    kinds = {field.get_internal_type() for field in DataRequest._meta.local_concrete_fields}
    assert "TextField" not in kinds
    long = [field.name for field in DataRequest._meta.local_concrete_fields if (field.max_length or 0) > 10]
    assert long == []


def post(client, code, end="", **fields):
    from urllib.parse import urlencode

    form = "application/x-www-form-urlencoded"
    body = urlencode({"code": code, **fields})
    return client.post(f"/r/data{end}", body, content_type=form, follow=True)


@pytest.mark.parametrize(
    ("end", "words"), [("", "已加密保存"), ("/hant", "已加密保存"), ("/en", "encrypted")]
)
def test_data_page_shows_stored_data(departed, client, end, words):
    page = text(post(client, departed.receipt_code, end))
    for part in (words, departed.number, "2026-11-24 12:00", "2026-11-25 13:06"):
        assert part in page
    assert DataRequest.objects.get().answer == Answer.SHOWN


def test_data_page_explains_the_delay(payment, client):
    page = text(post(client, payment.receipt_code, erase="1"))
    assert "车辆离场后立即清除" in page
    assert "已登记" in page
    assert plates()


def test_data_page_erases_the_plate(departed, client):
    assert "不可恢复" in text(post(client, departed.receipt_code, erase="1"))
    assert plates() == []
    assert "已经清除" in text(post(client, departed.receipt_code))


def test_data_page_shows_correction_answer(payment, client, admin_user):
    assert "15 个工作日内" in text(post(client, payment.receipt_code, topic="entry"))
    data_requests.answer(DataRequest.objects.get(), answer="call", by=admin_user, at=OUT)
    assert "请拨打服务电话沟通" in text(post(client, payment.receipt_code))


@pytest.mark.parametrize("topic", ["", "nonsense", "<svg>"])
def test_unknown_topic_is_refused(payment, client, topic):
    answer = post(client, payment.receipt_code, topic=topic)
    assert answer.status_code == 400
    assert "<svg>" not in text(answer)
    assert not DataRequest.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"erase": "1"}, {"topic": "fee"}])
def test_unknown_receipt_code_changes_nothing(departed, client, fields):
    assert post(client, "ZZZZZZZZZZZZ", **fields).status_code == 404
    assert plates()
    assert not DataRequest.objects.exists()


def test_receipt_links_to_the_data_page(payment, client):
    from urllib.parse import urlencode

    form = "application/x-www-form-urlencoded"
    code = urlencode({"code": payment.receipt_code})
    page = client.post("/r/en", code, content_type=form, follow=True)
    assert '/data/en"' in text(page)
    with translation.override("en"):
        assert "Your data and your rights" in text(page)
