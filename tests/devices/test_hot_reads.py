"""Reads answered without the framework get its answers, byte for byte, and leave the same rows."""

import json
import random
import re
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from core.errors import ParkingError
from devices.api import auth, device_views, hot_reads
from lots import device_keys
from lots.models import Device, DeviceNonce, PlateRead
from tests.devices.callers import call, code
from tests.effort import cases
from tests.factories import make_device, make_lot, see
from tests.test_round_trips import stored

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]
IDS = re.compile(rb'"id": ?"[0-9a-f-]{36}"')
SECONDS = re.compile(rb'"server_time":[0-9]+')
PLATES = [
    "沪A12345",
    "沪B12345",
    "沪AD12345",
    " 沪A12345",
    "",
    None,
    7,
    "停",
    "x" * 33,
    "沪A\u0000345",
    "\ud800",
]
ODD_BODIES = [
    b"",
    b"[]",
    b"null",
    b"{",
    b"\xff",
    b'{"plate": NaN}',
    b"[" * 40,
    b"\xef\xbb\xbf{}",
    b'{"a": 1}',
]


@pytest.fixture(autouse=True)
def _forgetful():
    device_keys.clear_remembered()


def remember(device):
    call(device, "heartbeat", {"clock": now().isoformat()})


def an_instant(draw, at):
    at -= draw.choice([timedelta(0)] * 6 + [timedelta(minutes=1), timedelta(hours=2)])
    text = at.isoformat()
    return draw.choice(
        [text] * 9 + [text.replace("+00:00", "Z"), text[:19], text[:19] + "+08:00", "2026-13-01", 5]
    )


def a_message(draw, number, at):
    message = {"read_id": f"r{number}", "plate": draw.choice(PLATES[:3]), "captured_at": an_instant(draw, at)}
    odd = {
        "plate": draw.choice(PLATES),
        "read_id": draw.choice([f"r{number - 1}", "", "a b", 3, None, "r" * 65, "é"]),
        "offline": draw.choice([True, False, 0, None]),
        "confidence": draw.choice([97, 20, 101, -1, None, True, 97.0, "97"]),
        "vehicle_class": draw.choice(["small", "large", "", "van", None]),
        "speed": 30,
    }
    message |= {name: value for name, value in odd.items() if draw.random() < 0.1}
    if draw.random() < 0.05:
        del message[draw.choice(list(message))]
    return message


def a_request(draw, number, at):
    body = json.dumps(a_message(draw, number, at)).encode()
    request = {
        "body": body if draw.random() < 0.93 else draw.choice(ODD_BODIES),
        "nonce": f"nonce-{number:04}",
    }
    odd = [
        {"content_type": draw.choice(["application/json; charset=utf-8", "text/plain", ""])},
        {"nonce": f"nonce-{number - 1:04}"},
        {"secret": "wrong"},
        {"timestamp": int(at.timestamp()) - 700},
        {"Accept": draw.choice(["text/html", "application/json; indent=4", "*/*", "application/json"])},
    ]
    return request | (draw.choice(odd) if draw.random() < 0.15 else {})


@pytest.mark.parametrize("seed", range(cases(6)))
def test_usual_reads_equal_the_frameworks(monkeypatch, seed):
    draw, at = random.Random(seed), now() - timedelta(hours=3)
    lots = [make_lot(), make_lot()]
    devices = [[make_device(lot, way, make="api") for way in ("entry", "exit", "both")] for lot in lots]
    statuses = []
    for number in range(1, 40):
        at += timedelta(seconds=draw.choice([1, 20, 70, 600]))
        for module in (auth, device_views, hot_reads):
            monkeypatch.setattr(module, "now", lambda at=at: at)
        request, which, answers = a_request(draw, number, at), draw.randrange(3), []
        for mine, memory in zip(devices, (True, False), strict=True):
            with monkeypatch.context() as patch:
                if not memory:
                    patch.setattr(hot_reads, "remembered", lambda *_, **__: None)
                answer = call(mine[which], "reads", **{"timestamp": int(at.timestamp()), **request})
            shown = SECONDS.sub(b"TIME", IDS.sub(b"ID", answer.content))
            answers.append((answer.status_code, sorted(answer.headers.items()), shown))
        assert answers[0] == answers[1], request
        statuses.append(answers[0][0])
    assert statuses.count(200) > 5
    assert stored(lots[0]) == stored(lots[1])
    nonces = [
        set(DeviceNonce.objects.filter(device__lot=lot).values_list("nonce", "expires_at")) for lot in lots
    ]
    assert nonces[0] == nonces[1]


def test_usual_read_never_meets_the_framework(monkeypatch):
    lot = make_lot()
    ways = [make_device(lot, way, make="api") for way in ("entry", "exit")]
    for device in ways:
        remember(device)
    monkeypatch.setattr(device_views.DeviceView, "dispatch", None)
    for device, outcome in zip(ways, ("entered", "left"), strict=True):
        message = {"read_id": "1", "plate": "沪A12345", "captured_at": now().isoformat()}
        assert call(device, "reads", message).json()["outcome"] == outcome


@pytest.mark.parametrize("way", ["entry", "exit"])
def test_replayed_usual_read_is_refused(way):
    device = make_device(make_lot(), way, make="api")
    see(device, "沪A12345", now() - timedelta(minutes=61), key="entry")
    remember(device)
    for number, expected in enumerate((200, 401)):
        message = {"read_id": f"{number}", "plate": "沪B12345", "captured_at": now().isoformat()}
        answer = call(device, "reads", message, nonce="nonce-used-once")
        assert answer.status_code == expected
    assert code(answer) == "replayed"
    assert not PlateRead.objects.filter(key="1").exists()


def test_revoked_device_is_refused_at_once():
    device = make_device(make_lot(), "entry", make="api")
    remember(device)
    Device.objects.filter(pk=device.pk).update(revoked_at=now())
    message = {"read_id": "1", "plate": "沪A12345", "captured_at": now().isoformat()}
    assert call(device, "reads", message).status_code == 401
    assert not PlateRead.objects.exists()


def test_halved_body_of_known_device_is_refused(monkeypatch):
    device = make_device(make_lot(), "entry", make="api")
    remember(device)
    message = {"read_id": "1", "plate": "沪A12345", "captured_at": now().isoformat()}

    def broken(*_):
        raise OSError

    monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", broken)
    assert call(device, "reads", message).status_code == 400


@pytest.mark.parametrize(
    "fault", [OperationalError("locked"), ParkingError("lot 1")], ids=["database", "lot"]
)
def test_fault_of_usual_read_is_503(monkeypatch, fault):
    device = make_device(make_lot(), "entry", make="api")
    remember(device)

    def fails(*_args, **_kwargs):
        raise fault

    monkeypatch.setattr(hot_reads, "record_at_once", fails)
    answer = call(device, "reads", {"read_id": "r1", "plate": "沪A12345", "captured_at": now().isoformat()})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert code(answer) == getattr(fault, "code", "unavailable")
