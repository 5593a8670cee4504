"""A typed reason is stored as far as the database can store it."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from console.typed_text import typed
from lots import patrol
from lots.models import SignAlarm
from lots.sign_register import new_sign
from staff.models import Role
from tests.factories import NOON, make_lot, make_person, signed_in


@pytest.mark.parametrize(
    ("value", "stored"),
    [(" 已揭下 ", "已揭下"), ("x" * 201, "x" * 200), (None, "")],
)
def test_typed_text_can_be_stored(value, stored):
    data = {} if value is None else {"why": value}
    assert typed(RequestFactory().post("/", data), "why") == stored


@pytest.mark.both_engines
@pytest.mark.django_db
def test_nul_in_a_reason_is_dropped():
    lot = make_lot(slug="own")
    owner = make_person(Role.OWNER, lot=lot)
    sign = new_sign(lot=lot, place="B1")
    patrol.raise_alarm(lot, SignAlarm.Kind.choices[0][0], by=owner, at=NOON, sign=sign)
    alarm = SignAlarm.objects.get()
    answer = signed_in(owner).post(
        reverse("console:sign-alarm-handled", args=[alarm.pk]), {"done": "揭下\0了"}
    )
    alarm.refresh_from_db()
    assert (answer.status_code, alarm.done) == (302, "揭下了")
