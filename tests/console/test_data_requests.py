"""The list of what people asked about their data, and answering it."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from compliance import data_requests
from compliance.models import DataRequest
from console.templatetags.console_tags import dated
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in
from tests.payments.conftest import channel
from tests.payments.invoices.conftest import LEAVING, payment

__all__ = ["channel", "payment"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(admin_user):
    return signed_in(admin_user)


def shown(clerk):
    return clerk.get("/console/rights").content.decode()


def test_request_list_shows_due_date(clerk, payment):
    data_requests.request_correction(payment, topic="entry", at=LEAVING)
    page = shown(clerk)
    assert dated(date(2026, 12, 15), "m-d") in page
    assert "更正：入场时间" in page
    assert "A12345" not in page


def test_request_leads_to_its_session(clerk, payment):
    """What is to be corrected is checked and corrected there."""
    data_requests.request_correction(payment, topic="entry", at=LEAVING)
    assert f'href="/console/stays/{payment.session_id}"' in shown(clerk)


@pytest.mark.parametrize(("days", "late"), [(-1, True), (0, False), (1, False)])
def test_overdue_data_request_is_marked(clerk, payment, days, late):
    data_requests.request_correction(payment, topic="entry", at=LEAVING)
    DataRequest.objects.update(due_on=localdate() + timedelta(days=days))
    assert ("已逾期" in shown(clerk)) is late


def test_data_requests_sorted_by_due_date(clerk, payment):
    data_requests.request_correction(payment, topic="entry", at=LEAVING)
    DataRequest.objects.update(due_on=localdate() + timedelta(days=9))
    later = data_requests.request_correction(payment, topic="fee", at=LEAVING)
    DataRequest.objects.filter(pk=later.pk).update(due_on=localdate() + timedelta(days=2))
    page = shown(clerk)
    first, last = (dated(localdate() + timedelta(days=days), "m-d") for days in (2, 9))
    assert page.index(f">{first}<") < page.index(f">{last}<")


def test_data_request_is_answered_once(clerk, payment, admin_user):
    row = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    address = f"/console/rights/{row.pk}/answer"
    for answer, text in (("corrected", "已答复"), ("right", "未作改动")):
        assert text in clerk.post(address, {"answer": answer}, follow=True).content.decode()
    row.refresh_from_db()
    assert (row.answer, row.done_by) == ("corrected", admin_user)


def test_missing_answer_is_named(clerk, payment):
    row = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    page = clerk.post(f"/console/rights/{row.pk}/answer", {"answer": ""}, follow=True)
    assert "请先选择答复" in page.content.decode()
    row.refresh_from_db()
    assert row.state == "open"


@pytest.mark.parametrize("answer", ["erased", "shown", "nonsense"])
def test_unlisted_answer_is_rejected(clerk, payment, answer):
    row = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    assert clerk.post(f"/console/rights/{row.pk}/answer", {"answer": answer}).status_code == 404


def test_deletion_request_has_no_manual_answer(clerk, payment):
    row = data_requests.request_erasure(payment, at=LEAVING)
    assert clerk.post(f"/console/rights/{row.pk}/answer", {"answer": "right"}).status_code == 404
    assert "车辆离场后自动清除" in shown(clerk)


@pytest.mark.parametrize(
    ("role", "answers"), [(Role.DUTY, True), (Role.AUDITOR, False), (Role.REGULATOR, False)]
)
def test_read_only_roles_cannot_answer(payment, role, answers):
    row = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    client = signed_in(make_person(role, lot=payment.lot))
    assert ('<select name="answer"' in shown(client)) is answers
    answer = client.post(f"/console/rights/{row.pk}/answer", {"answer": "right"})
    assert answer.status_code == (302 if answers else 403)


def test_other_lots_duty_cannot_see_request(payment):
    row = data_requests.request_correction(payment, topic="entry", at=LEAVING)
    client = signed_in(make_person(Role.DUTY, lot=make_lot()))
    assert "更正：入场时间" not in shown(client)
    assert client.post(f"/console/rights/{row.pk}/answer", {"answer": "right"}).status_code == 404
