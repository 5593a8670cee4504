"""A camera that the process remembers gets the answers, and leaves the rows, of one that it asks for."""

import random
from datetime import timedelta

import pytest
from django.utils.timezone import now

from core.vault import seal
from devices.vzenith import camera_views
from lots import device_keys
from lots.models import Device, Lane, ParkingSession, PlateRead
from lots.sign_register import new_sign
from tests.devices.callers import alarm, opens, push, secret_of
from tests.effort import cases
from tests.factories import make_device, make_lot, see
from tests.test_round_trips import stored

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]
PLATES = ["沪A12345", "沪B1234学", "粤Z1234港", "沪AD12345", "ABC123", "_无_", "", "停", "沪A1234"]
START = timedelta(hours=3)


@pytest.fixture(autouse=True)
def _forgetful():
    device_keys.clear_remembered()


def known(device, at):
    """Have the process remember a camera, by a read that changes nothing else."""
    push(device, alarm(device, at, plate="_无_", plate_id=99))
    found = device_keys.remembered(device.key_id, make=device.make, proof=lambda _: True)
    return found is not None


class Place:
    """A lot with cameras in three lanes; its last exit has a sign and a screen."""

    def __init__(self):
        self.lot = make_lot()
        self.cameras = [make_device(self.lot, way) for way in ("entry", "exit", "exit", "both")]
        new_sign(lot=self.lot, place="出口", lane=self.cameras[2].lane)

    def push(self, camera, at, monkeypatch, **fields):
        with monkeypatch.context() as patch:
            patch.setattr(camera_views, "now", lambda: at)
            body = alarm(camera, at - fields.pop("late"), **fields)
            answer = push(camera, body[: fields.get("cut") or len(body)])
        shown = answer.content.decode()
        for sign in self.lot.signs.all():
            shown = shown.replace(sign.code, "SIGN")
        return answer.status_code, shown


def drawn(draw, number):
    return {
        "plate": draw.choice(PLATES),
        "plate_id": number if draw.random() < 0.85 else max(1, number - 1),
        "late": draw.choice([timedelta(0)] * 8 + [timedelta(minutes=1), timedelta(hours=1)]),
        "isoffline": int(draw.random() < 0.1),
        "confidence": draw.choice([97, 97, 97, 20, None, 101]),
        "colorType": draw.choice([1, 2, 5, 9]),
    }


@pytest.mark.parametrize("seed", range(cases(6)))
def test_remembered_camera_equals_unknown_one(monkeypatch, seed):
    draw, places, at = random.Random(seed), [Place(), Place()], now() - START
    for number in range(1, 40):
        at += timedelta(seconds=draw.choice([1, 20, 70, 600]))
        which, fields = draw.randrange(4), drawn(draw, number)
        answers = []
        for place, memory in zip(places, (True, False), strict=True):
            with monkeypatch.context() as patch:
                if not memory:
                    patch.setattr(camera_views, "remembered", lambda *_, **__: None)
                answers.append(place.push(place.cameras[which], at, monkeypatch, **fields))
        assert answers[0] == answers[1], fields
    assert stored(places[0].lot) == stored(places[1].lot)
    seen = [
        list(Device.objects.filter(lot=place.lot).order_by("pk").values_list("last_seen_at", "clock_offset"))
        for place in places
    ]
    assert seen[0] == seen[1]


def test_usual_pushes_are_recorded_at_once(monkeypatch, lot, entry, way_out):
    at = now() - START
    monkeypatch.setattr(camera_views, "now", lambda: at)
    assert known(entry, at)
    assert known(way_out, at)
    monkeypatch.setattr(camera_views, "_camera", None)
    at += timedelta(seconds=30)
    assert opens(push(entry, alarm(entry, at)))
    assert opens(push(way_out, alarm(way_out, at + timedelta(seconds=9))))
    assert set(PlateRead.objects.exclude(outcome="unread").values_list("outcome", flat=True)) == {
        "entered",
        "left",
    }


def revoked(device):
    Device.objects.filter(pk=device.pk).update(revoked_at=now())
    return 404


def given_another_key(device):
    Device.objects.filter(pk=device.pk).update(secret=seal("other", "device"))
    return 404


def named_otherwise(device):
    Device.objects.filter(pk=device.pk).update(serial="another")
    return 403


def deleted(device):
    PlateRead.objects.filter(device=device).delete()
    device.delete()
    return 404


@pytest.mark.parametrize("change", [revoked, given_another_key, named_otherwise, deleted])
def test_changed_camera_is_asked_for_again(entry, change):
    secret, body = secret_of(entry), alarm(entry, now())
    key_id = entry.key_id
    known(entry, now())
    status = change(entry)
    assert push(entry, body, key_id=key_id, secret=secret).status_code == status
    assert not ParkingSession.objects.exists()


def test_changed_lane_is_asked_for_again(entry):
    known(entry, now())
    Lane.objects.filter(pk=entry.lane_id).update(direction="exit")
    assert not opens(push(entry, alarm(entry, now())))
    assert PlateRead.objects.latest("pk").outcome == "unmatched"


def test_wrong_secret_of_remembered_camera_is_refused(entry):
    known(entry, now())
    assert push(entry, alarm(entry, now()), secret="wrong").status_code == 404
    assert not ParkingSession.objects.exists()


def test_new_key_is_never_remembered(entry):
    Device.objects.filter(pk=entry.pk).update(next_key_id="new-key", next_secret=seal("next", "device"))
    push(entry, alarm(entry, now()), key_id="new-key", secret="next")
    assert "new-key" not in device_keys._rows | device_keys._remembered
    assert Device.objects.get(pk=entry.pk).next_used_at is not None


def test_memory_is_bounded(monkeypatch, lot):
    monkeypatch.setattr(device_keys, "MOST", 2)
    for _ in range(3):
        known(make_device(lot, "entry"), now())
    assert len(device_keys._remembered) + len(device_keys._rows) <= 3


def test_one_camera_makes_others_known(lot, entry, way_out):
    make_device(lot, "exit", revoked_at=now())
    push(entry, alarm(entry, now()))
    assert set(device_keys._rows) == {entry.key_id, way_out.key_id}


def test_car_with_due_fee_stays_shut_in(entry, way_out):
    known(way_out, now())
    see(entry, "沪A12345", now() - timedelta(minutes=61))
    assert not opens(push(way_out, alarm(way_out, now())))
    assert PlateRead.objects.latest("pk").outcome == "held"


@pytest.mark.parametrize("key_id", ["key1", "unknown"])
def test_each_key_is_compared_once(entry, key_id):
    known(entry, now())
    compared = []
    device_keys.remembered(
        entry.key_id if key_id == "key1" else key_id, make=entry.make, proof=lambda _: compared.append(1)
    )
    assert len(compared) == 1
