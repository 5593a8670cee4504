"""A push answered without a view gets, byte for byte, the answer of the view (devices.vzenith.hot_push)."""

import random
import string
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from config.hot_requests import HotRequests
from devices.vzenith import camera_views
from lots import device_keys
from lots.models import Device, PlateRead
from tests.devices.callers import address, alarm
from tests.devices.test_remembered_devices import drawn, known
from tests.driver.test_hot_requests import both, undone
from tests.effort import cases
from tests.factories import see

__all__ = ["both"]  # fixture
pytestmark = pytest.mark.both_engines
JSON = "application/json"


@pytest.fixture
def cameras(mall):
    """The cameras of a lot, which the process remembers; a car that owes is inside."""
    device_keys.clear_remembered()
    see(mall.entry, "沪B99999", now() - timedelta(minutes=61))
    found = [mall.entry, mall.way_out]
    assert all(known(camera, now() - timedelta(minutes=5)) for camera in found)
    return found


@pytest.fixture
def answered(both):
    return both.without_view("/d/")


def deliver(both, camera, body, *, path="", **environ):
    """Return the answer of both to a push."""
    return both.ask(path or address(camera, "push"), body=body, content_type=JSON, **environ)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("plate", ["沪A12345", "沪B99999", "沪AD12345", "ABC123"])
def test_usual_entry_needs_no_view(both, cameras, answered, plate, scheme):
    answer = deliver(both, cameras[0], alarm(cameras[0], now(), plate=plate), **{"wsgi.url_scheme": scheme})
    assert answer[0] == "200 OK"
    assert (None in answered) == (plate == "沪B99999")  # inside already


def test_usual_exit_needs_no_view(both, cameras, answered):
    _, _, body = deliver(both, cameras[1], alarm(cameras[1], now(), plate="沪B99999"))
    assert b'"no"' in body
    assert None not in answered


def test_push_without_view_is_recorded_once(both, cameras, answered):
    body = alarm(cameras[0], now(), plate_id=7)
    with undone(0):
        for _ in range(2):
            assert both._one(both.hot, address(cameras[0], "push"), "POST", body, JSON)[0] == "200 OK"
        assert (
            PlateRead.objects.filter(device=cameras[0], outcome="entered").count() == 2
        )  # one of the fixture
    assert [answer is None for answer in answered] == [False, True]


@pytest.mark.parametrize("seed", range(cases(8)))
def test_any_push_is_answered_alike(both, cameras, seed):
    draw = random.Random(seed)
    for number in range(1, 9):
        camera, fields = draw.choice(cameras), drawn(draw, number)
        body = bytearray(alarm(camera, now() - fields.pop("late"), **fields))
        if draw.random() < 0.2:
            body[draw.randrange(len(body))] = ord(draw.choice(string.printable))
        deliver(both, camera, bytes(body))


UNUSUAL = {
    "another method": {"method": "GET"},
    "a mount point": {"SCRIPT_NAME": "/x"},
    "in chunks": {"HTTP_TRANSFER_ENCODING": "chunked"},
    "cut short": {"CONTENT_LENGTH": "99999"},
    "too large": {"CONTENT_LENGTH": str(1 << 30)},
    "no number": {"CONTENT_LENGTH": "1\u0661"},
    "no length": {"CONTENT_LENGTH": ""},
    "wrong secret": {"path": "/d/vzenith/{key}/wrong/push"},
    "unknown key": {"path": "/d/vzenith/nobody/{secret}/push"},
    "long key": {"path": "/d/vzenith/{key}{key}{key}{key}{key}{key}{key}/{secret}/push"},
    "more behind it": {"path": "/d/vzenith/{key}/{secret}/push/x"},
    "another address": {"path": "/d/vzenith/{key}/{secret}/comet"},
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_push_is_left_to_view(both, cameras, answered, name):
    camera, change = cameras[0], {**UNUSUAL[name]}
    key, secret = address(camera, "push").split("/")[3:5]
    path = change.pop("path", "").format(key=key, secret=secret)
    deliver(both, camera, alarm(camera, now()), path=path, **change)
    assert answered == [None]


def revoked(camera):
    Device.objects.filter(pk=camera.pk).update(revoked_at=now())
    return "404 Not Found"


def of_another_serial(camera):
    Device.objects.filter(pk=camera.pk).update(serial="another")
    return "403 Forbidden"


def with_pictures(camera):
    Device.objects.filter(pk=camera.pk).update(keep_images=True)
    return "200 OK"


@pytest.mark.parametrize("change", [revoked, of_another_serial, with_pictures])
def test_changed_camera_is_left_to_view(both, cameras, answered, change):
    expected = change(cameras[0])
    assert deliver(both, cameras[0], alarm(cameras[0], now()))[0] == expected
    assert answered == [None]


def test_unusual_push_is_tried_once(both, cameras, monkeypatch):
    tried = []
    monkeypatch.setattr(camera_views, "record_at_once", lambda *_: tried.append(1))
    with undone(0):
        both._one(both.hot, address(cameras[0], "push"), "POST", alarm(cameras[0], now()), JSON)
    assert tried == [1]


def test_missing_database_is_answered_alike(both, cameras, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    for name in ("record_at_once", "record_read"):
        monkeypatch.setattr(camera_views, name, away)
    assert deliver(both, cameras[0], alarm(cameras[0], now()))[0] == "503 Service Unavailable"


def test_view_answers_after_a_bug(both, cameras, monkeypatch, caplog):
    def broken(*_, **__):
        raise ValueError("secret words")

    monkeypatch.setattr("devices.vzenith.hot_push.pushed_at_once", broken)
    assert deliver(both, cameras[0], alarm(cameras[0], now()))[0] == "200 OK"
    assert [record.msg["error"] for record in caplog.records] == ["ValueError"]
    assert "secret words" not in caplog.text


def test_only_device_processes_take_pushes(settings):
    settings.SURFACES = ["driver"]
    assert set(HotRequests(lambda *_: [])._without_view) == {"/p/", "/n/"}
