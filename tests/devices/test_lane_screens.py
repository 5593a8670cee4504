"""What a lane's screen fetches: an address that changes, and only for its own lane."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from lots.models import Lane
from lots.sign_register import new_sign
from tests.devices.callers import PLATE, call, code
from tests.factories import make_device, make_lot, see

pytestmark = pytest.mark.django_db
NONE = {"address": None, "valid_until": None}


@pytest.fixture
def lot():
    lot = make_lot()
    see(make_device(lot, "entry"), PLATE, now() - timedelta(minutes=61))
    return lot


@pytest.fixture
def way_out(lot):
    found = make_device(lot, "exit", make="api")
    Lane.objects.filter(pk=found.lane_id).update(has_screen=True)
    found.lane.refresh_from_db()
    return found


@pytest.fixture
def sign(lot, way_out):
    return new_sign(lot=lot, place="东出口", lane=way_out.lane)


def fetch(device):
    answer = call(device, "lane-code", method="GET")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return answer.json()


def test_screen_shows_code_while_car_stands(way_out, sign):
    assert fetch(way_out) == NONE
    see(way_out, PLATE, now())
    found = fetch(way_out)
    assert found["address"].startswith(f"HTTP://TESTSERVER/P/{sign.code}-")
    assert now() < datetime.fromisoformat(found["valid_until"]) < now() + timedelta(minutes=11)
    assert "12345" not in found["address"]


def test_fetched_code_shows_fee(way_out, sign):
    see(way_out, PLATE, now())
    path = fetch(way_out)["address"].removeprefix("HTTP://TESTSERVER")
    assert "10.00" in Client().get(path).content.decode()


def test_unread_car_has_a_code(way_out, sign):
    see(way_out, None, now())
    assert fetch(way_out)["address"]


def test_printed_code_is_shown_without_setting(lot):
    plain = make_device(lot, "exit", make="api")
    sign = new_sign(lot=lot, place="西出口", lane=plain.lane)
    assert fetch(plain) == {"address": f"HTTP://TESTSERVER/P/{sign.code}", "valid_until": None}


def test_lane_without_sign_has_no_code(way_out):
    see(way_out, PLATE, now())
    assert fetch(way_out) == NONE


def test_device_fetches_code_of_own_lane_only(lot, way_out, sign):
    see(way_out, PLATE, now())
    assert fetch(make_device(lot, "entry", make="api")) == NONE


def test_unsigned_request_gets_no_code(way_out, sign):
    answer = Client().get("/api/v1/lane-code")
    assert (answer.status_code, code(answer)) == (401, "authentication_failed")
