"""Two people edit the same row at once: the second sees an error, nothing is lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from lots import tariff_drafts
from lots.models import SettingChange, TariffEdit
from payments.models import Refund, StaffAct
from payments.models.closing_models import DayClosingEvent
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see
from tests.payments.acting import PLATE, fresh, pay
from tests.payments.conftest import channel as channel  # a fixture
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lot():
    return make_lot(slug="own")


def two_of(role, lot):
    clients = Client(), Client()
    for client in clients:
        client.force_login(make_person(role, lot=lot))
    return clients


def both(clients, path, *forms):
    """Send a form each, at once; return the answers, the one that was done first."""
    answers = at_once(
        *[
            lambda client=client, form=form: client.post(f"/console/{path}", form)
            for client, form in zip(clients, forms, strict=True)
        ]
    )
    assert not faults(answers)
    return sorted(answers, key=lambda answer: answer.status_code)


def test_concurrent_day_closing_conflicts(lot):
    day = localdate() - timedelta(days=2)
    form = {"version": "0", "reason": ""}
    done, values = both(two_of(Role.FINANCE, lot), f"days/own/{day}/close", form, form)
    assert (done.status_code, values.status_code) == (302, 409)
    assert DayClosingEvent.objects.count() == 1


def test_concurrent_refund_happens_once(lot, channel):
    see(make_device(lot, "entry"), PLATE, now() - timedelta(minutes=61))
    payment = pay(lot, channel, at=now())
    forms = [{"act": uuid4(), "reason": "计费有误", "amount": "6", "owed": "waived"} for _ in range(2)]
    done, answer = both(two_of(Role.FINANCE, lot), f"payments/{payment.pk}/refund", *forms)
    assert (done.status_code, answer.status_code) in {(302, 409), (302, 422)}  # 422: the first was done
    assert 'class="error"' in answer.content.decode()
    assert (Refund.objects.get().amount_fen, fresh(payment).reserved_refund_fen) == (600, 600)
    assert StaffAct.objects.filter(kind="refund").count() == 1


def test_concurrent_draft_save_conflicts(lot):
    people = [make_person(Role.OWNER, lot=lot) for _ in range(2)]
    answers = at_once(
        *[
            lambda who=who: tariff_drafts.save(
                lot=lot, text=f"by {who.username}", revision=0, by=who, at=now()
            )
            for who in people
        ]
    )
    [answer] = faults(answers)
    assert isinstance(answer, tariff_drafts.StaleDraft)
    assert tariff_drafts.open_draft(lot).text == TariffEdit.objects.get().text


def test_double_click_rotates_key_once(lot):
    device, client = make_device(lot, "entry"), Client()
    client.force_login(make_person(Role.OWNER, operator=lot.operator))
    form = {"press": uuid4()}
    answers = both((client, client), f"devices/{device.pk}/rotate", form, form)
    device.refresh_from_db()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(device.next_key_id in answer.content.decode() for answer in answers)
    assert SettingChange.objects.get().kind == "rotating"
