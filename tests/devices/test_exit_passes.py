"""What an exit may keep for the time when the server cannot be asked: who has paid, and no plate."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots import sessions
from lots.exit_passes import digest_of
from lots.models import ParkingSession, PlateRead
from lots.setup.change_recorder import ChangedBy
from lots.setup.device_settings import begin_rotation
from tests.devices.callers import PLATE, call, code, read, secret_of
from tests.factories import make_device, make_lot, see

pytestmark = pytest.mark.django_db
OTHER = "沪B67890"


@pytest.fixture
def lot():
    return make_lot()


@pytest.fixture
def way_out(lot):
    return make_device(lot, "exit", make="api")


@pytest.fixture
def paid(lot):
    """Two cars came an hour ago; the first has paid just now and may leave within 15 minutes."""
    entry, at = make_device(lot, "entry"), now()
    for plate in (PLATE, OTHER):
        see(entry, plate, at - timedelta(minutes=61))
    session = ParkingSession.objects.earliest("pk")
    sessions.credit(session, fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))
    return session


def fetch(device, **key):
    answer = call(device, "passes", method="GET", **key)
    assert answer.status_code == 200
    return answer.json()


def test_pass_digests_are_device_specific(lot, way_out, paid):
    answer = fetch(way_out)
    mine = hmac.new(secret_of(way_out).encode(), f"pass\n{PLATE}".encode(), hashlib.sha256).hexdigest()
    assert [one["digest"] for one in answer["passes"]] == [mine]
    assert answer["passes"][0]["leave_by"].startswith(f"{paid.exit_until:%Y-%m-%dT%H:%M}")
    assert "12345" not in json.dumps(answer, ensure_ascii=False)
    another = make_device(lot, "both", make="api")
    assert fetch(another)["passes"][0]["digest"] != mine


def test_pass_digests_follow_key_rotation(way_out, paid):
    old = secret_of(way_out)
    began = begin_rotation(way_out, by=ChangedBy(), at=now())
    for key_id, secret in ((way_out.key_id, old), (began.key_id, began.secret)):
        way_out.key_id = key_id
        (one,) = fetch(way_out, secret=secret)["passes"]
        assert one["digest"] == digest_of(secret, PLATE)


def test_pass_list_drops_expired_stays(way_out, paid):
    answer = fetch(way_out)
    assert answer["keep_until"] <= (now() + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    ParkingSession.objects.filter(pk=paid.pk).update(exit_until=now() - timedelta(seconds=1))
    assert fetch(way_out)["passes"] == []
    ParkingSession.objects.filter(pk=paid.pk).update(exit_until=paid.exit_until, left_at=now())
    assert fetch(way_out)["passes"] == []


def test_pass_list_limited_to_own_exit(lot, way_out, paid):
    assert fetch(make_device(lot, "entry", make="api"))["passes"] == []
    assert fetch(make_device(make_lot(), "exit", make="api"))["passes"] == []
    refused = call(way_out, "passes", method="GET", secret="wrong")
    assert (refused.status_code, code(refused)) == (401, "authentication_failed")


def test_offline_exit_ends_paid_stay(way_out, paid):
    left = now() + timedelta(minutes=1)
    answer = call(way_out, "reads", read(left, offline=True))
    assert answer.json()["open"] is False
    paid.refresh_from_db()
    assert (paid.departure, PlateRead.objects.latest("pk").outcome) == ("offline", "late")
    assert paid.left_at <= paid.exit_until
