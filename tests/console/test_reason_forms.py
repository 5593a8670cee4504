"""A reason is stored as it was typed, or comes back with a message; it never names a car or a phone."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from console.reason_forms import ReasonForm
from lots import patrol
from lots.models import SignAlarm, SignEvent
from lots.sign_register import new_sign
from monitoring.models import Silence
from staff.models import Role
from tests.factories import NOON, make_lot, make_person, signed_in

PLATE_IN_REASON = "车主 沪A·12345 要求"

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def owner(lot):
    return signed_in(make_person(Role.OWNER, lot=lot))


@pytest.mark.parametrize(
    ("value", "stored"),
    [(" 已揭下 ", "已揭下"), ("x" * 200, "x" * 200), ("x" * 201, None), (" ", None), (PLATE_IN_REASON, None)],
)
def test_reason_is_trimmed_or_refused(value, stored):
    form = ReasonForm({"why": value})
    assert (form.cleaned_data["why"] if form.is_valid() else None) == stored


@pytest.mark.both_engines
def test_nul_in_a_reason_is_dropped(lot):
    owner = make_person(Role.OWNER, lot=lot)
    sign = new_sign(lot=lot, place="B1")
    patrol.raise_alarm(lot, SignAlarm.Kind.choices[0][0], by=owner, at=NOON, sign=sign)
    alarm = SignAlarm.objects.get()
    answer = signed_in(owner).post(
        reverse("console:sign-alarm-handled", args=[alarm.pk]), {"done": "揭下\0了"}
    )
    alarm.refresh_from_db()
    assert (answer.status_code, alarm.done) == (302, "揭下了")


def test_refused_reason_comes_back_with_text(lot, owner):
    sign = new_sign(lot=lot, place="B1")
    address = reverse("console:revoke-sign", args=[sign.pk])
    page = owner.post(address, {"why": PLATE_IN_REASON})
    assert page.status_code == 422
    assert f'value="{PLATE_IN_REASON}"' in page.content.decode()
    assert f'action="{address}"' in page.content.decode()
    assert not SignEvent.objects.filter(kind="revoked").exists()
    assert owner.post(address, {"why": "贴了假码"}).status_code == 302
    assert SignEvent.objects.get(kind="revoked").why == "贴了假码"


def test_refused_form_keeps_its_other_fields():
    staff = signed_in(make_person())
    form = {"kind": "refunds", "hours": "8", "why": PLATE_IN_REASON}
    page = staff.post("/console/health/silence", form).content.decode()
    assert 'name="kind" value="refunds"' in page
    assert 'value="8" selected' in page
    assert not Silence.objects.exists()


def test_closing_note_must_not_name_a_car(lot, owner):
    address = reverse("console:close-day", args=["own", f"{now():%Y-%m-%d}"])
    page = owner.post(address, {"version": "0", "reason": PLATE_IN_REASON})
    assert (page.status_code, PLATE_IN_REASON in page.content.decode()) == (422, True)
