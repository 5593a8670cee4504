"""Cameras are let in by their address, answered in their own words, and leave no trace in any log."""

import io
import json
import logging
from base64 import b64decode
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.test import Client
from django.utils.timezone import now
from prometheus_client import REGISTRY

from console.setup.setup_words import TROUBLES
from devices.vzenith import camera_views
from devices.vzenith.lane_display import yuan
from lots import gates
from lots.models import (
    DeviceTrouble,
    GateCommand,
    Lane,
    ParkingSession,
    PlateRead,
    ReadPicture,
    TariffVersion,
)
from lots.sign_register import new_sign
from tests.devices.callers import PLATE, address, alarm, opens, poll, push, secret_of
from tests.factories import make_device, make_lot, see

ENDPOINTS = ["push", "heartbeat", "comet"]
pytestmark = pytest.mark.django_db


def send_request(device, endpoint, **place):
    return (
        push(device, alarm(device, now()), **place) if endpoint == "push" else poll(device, endpoint, **place)
    )


def order(device, *, minutes=0):
    """A car at the exit has paid: its barrier order waits for the camera's next poll."""
    at = now() - timedelta(minutes=minutes)
    see(device, PLATE, at, key=f"held {minutes}")
    read = PlateRead.objects.latest("pk")
    return gates.order_open(read, cause=GateCommand.Cause.PAID, session=None, at=at)


def refusal_count(endpoint, code):
    return (
        REGISTRY.get_sample_value("purecode_device_refusals_total", {"endpoint": endpoint, "code": code}) or 0
    )


def test_entry_push_opens_barrier_and_stay(entry):
    answer = push(entry, alarm(entry, now()))
    assert opens(answer)
    assert ParkingSession.objects.get().entry_lane == entry.lane


def test_doubted_push_does_not_open(entry):
    assert not opens(push(entry, alarm(entry, now(), confidence=20)))
    assert PlateRead.objects.get().outcome == PlateRead.Outcome.UNREAD


def test_repeated_push_stores_one_read(entry):
    body = alarm(entry, now())
    assert push(entry, body).json() == push(entry, body).json()
    assert PlateRead.objects.count() == 1


def test_unpaid_push_shows_fee_and_code(lot, entry, way_out):
    sign = new_sign(lot=lot, place="出口", lane=way_out.lane)
    see(entry, PLATE, now() - timedelta(minutes=61))
    answer = push(way_out, alarm(way_out, now()))
    assert not opens(answer)
    reply = answer.json()["Response_AlarmInfoPlate"]
    assert reply["content"] == "retransfer_stop"
    assert [b64decode(line).decode() for line in reply["body"]["custom"]] == ["停车费10元", "请扫码缴费"]
    assert reply["body"]["qrcode_text"] == f"HTTP://TESTSERVER/P/{sign.code}"
    assert b64decode(reply["playserver_json_request"]["voice"]).decode() == "停车费10元，请扫码缴费"
    assert PLATE not in answer.content.decode()


def test_unpaid_push_shows_changing_code(lot, entry, way_out):
    sign = new_sign(lot=lot, place="出口", lane=way_out.lane)
    Lane.objects.filter(pk=way_out.lane_id).update(has_screen=True)
    see(entry, PLATE, now() - timedelta(minutes=61))
    reply = push(way_out, alarm(way_out, now())).json()["Response_AlarmInfoPlate"]
    shown = reply["body"]["qrcode_text"]
    assert shown.startswith(f"HTTP://TESTSERVER/P/{sign.code}-")
    assert "10.00" in Client().get(shown.removeprefix("HTTP://TESTSERVER")).content.decode()


def test_repeated_unpaid_push_repeats_fee(entry, way_out):
    see(entry, PLATE, now() - timedelta(minutes=61))
    body = alarm(way_out, now())
    assert push(way_out, body).json() == push(way_out, body).json()


def test_unread_plate_push_shows_lane_code(lot, entry):
    new_sign(lot=lot, place="入口", lane=entry.lane)
    answer = push(entry, alarm(entry, now(), plate="_无_"))
    assert not opens(answer)
    assert "qrcode_text" in answer.json()["Response_AlarmInfoPlate"]["body"]


@pytest.mark.parametrize(("fen", "text"), [(500, "5"), (550, "5.50"), (5, "0.05"), (123400, "1234")])
def test_fee_is_formatted_in_yuan(fen, text):
    assert yuan(fen) == text


def test_offline_push_opens_nothing(entry):
    answer = push(entry, alarm(entry, now() - timedelta(hours=2), plate_id=7, isoffline=1))
    assert not opens(answer)
    assert answer.json()["Response_AlarmInfoPlate"] == {
        "info": "no",
        "content": "retransfer_stop",
        "is_pay": "false",
        "ContinuePushOffline": {"plateid": 7, "continue": 1},
    }


def test_unordered_offline_pushes_rebuild_stays(entry, way_out):
    start = now() - timedelta(hours=5)
    records = [
        (device, 60 * session + minutes)
        for session in range(3)
        for device, minutes in ((entry, 0), (way_out, 30))
    ]
    for device, minutes in [record for record in reversed(records) for _ in range(2)]:
        at = start + timedelta(minutes=minutes)
        assert not opens(push(device, alarm(device, at, plate_id=minutes, isoffline=1)))
    assert ParkingSession.objects.count() == 3
    assert all(
        session.left_at - session.entered_at == timedelta(minutes=30)
        for session in ParkingSession.objects.all()
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_invalid_credentials_get_identical_404(lot, entry, endpoint):
    revoked = make_device(lot, "entry", revoked_at=now())
    api = make_device(lot, "entry", make="api")
    answers = [
        send_request(entry, endpoint, key_id="nobody"),
        send_request(entry, endpoint, key_id="沪A12345"),
        send_request(entry, endpoint, key_id="x" * 300),
        send_request(entry, endpoint, key_id="nul\0"),
        send_request(entry, endpoint, secret="wrong"),
        send_request(entry, endpoint, secret="密码"),
        send_request(entry, endpoint, secret=secret_of(entry)[:-1]),
        send_request(revoked, endpoint),
        send_request(api, endpoint),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b'{"error": "not_found"}')}
    assert not PlateRead.objects.exists()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_wrong_serial_is_refused_and_counted(entry, endpoint):
    before = refusal_count(endpoint, "wrong_serial")
    enrolled, entry.serial = entry.serial, "other-serial"
    answer = send_request(entry, endpoint)
    assert (answer.status_code, answer.json()) == (403, {"error": "wrong_serial"})
    assert refusal_count(endpoint, "wrong_serial") == before + 1
    entry.serial = enrolled
    assert send_request(entry, endpoint).status_code == 200


def test_device_without_serial_accepts_any(lot):
    device = make_device(lot, "entry")
    type(device).objects.filter(pk=device.pk).update(serial="")
    assert opens(push(device, alarm(device, now())))


GARBAGE = [
    b"",
    b"not json",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 200_000,
    b'{"AlarmInfoPlate": 1}',
    b'{"AlarmInfoPlate": {"result": {"license": "\\u6caaA12345"}}}',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_unreadable_push_is_counted_and_acknowledged(entry, body, caplog):
    before = refusal_count("push", "unreadable")
    answer = push(entry, body)
    assert answer.status_code == 200
    reply = answer.json()["Response_AlarmInfoPlate"]
    assert (reply["info"], reply["content"], reply["is_pay"]) == ("no", "retransfer_stop", "false")
    assert reply["ContinuePushOffline"]["continue"] == 1
    assert refusal_count("push", "unreadable") == before + 1
    assert "push_unreadable" in caplog.text
    assert not PlateRead.objects.exists()


@pytest.mark.parametrize(
    ("late", "changes", "outcome"),
    [
        (0, {"timeStamp": None}, "entered"),  # a live one is of now, whatever its clock says
        (0, {"isoffline": 2}, "entered"),
        (60, {"isoffline": 2}, "late"),  # it was an hour ago: no barrier moves
        (0, {"isoffline": 1, "timeStamp": None}, "quarantined"),
        (0, {"isoffline": 2, "timeStamp": None}, "quarantined"),
    ],
)
def test_unsound_time_or_flag_loses_no_car(entry, late, changes, outcome):
    body = alarm(entry, now() - timedelta(minutes=late), **changes)
    for _ in range(2):
        assert opens(push(entry, body)) == (outcome == "entered")
    read = PlateRead.objects.get()
    assert (read.outcome, read.plate is None) == (outcome, False)
    assert GateCommand.objects.count() == (outcome == "entered")


def test_next_car_under_untimed_number_enters(entry, monkeypatch):
    assert opens(push(entry, alarm(entry, now(), timeStamp=None)))
    at = now() + timedelta(minutes=5)
    monkeypatch.setattr(camera_views, "now", lambda: at)
    assert opens(push(entry, alarm(entry, at, plate="沪B12345", timeStamp=None)))
    assert ParkingSession.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"license": "沪A\u200b12345"}, "entered"),
        ({"license": 7}, "unread"),
        ({"license": "沪" * 99}, "unread"),
    ],
)
def test_unsound_plate_loses_no_car(entry, changes, outcome):
    assert opens(push(entry, alarm(entry, now(), **changes))) == (outcome == "entered")
    assert PlateRead.objects.get().outcome == outcome


def test_incomplete_body_returns_400(entry):
    body = alarm(entry, now())
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(body[:100]),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    answer = camera_views.push(WSGIRequest(environ), entry.key_id, secret_of(entry))
    assert (answer.status_code, json.loads(answer.content)) == (400, {"error": "incomplete"})


@pytest.mark.parametrize("endpoint", ["heartbeat", "comet"])
@pytest.mark.parametrize("body", [b"", b"serialno=", b"serialno=%00", b"\xff" * 1000, b'name="serialno"'])
def test_form_without_serial_returns_400(entry, endpoint, body):
    answer = Client().generic("POST", address(entry, endpoint), body, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()) == (400, {"error": "unreadable"})


def test_unwanted_pictures_are_dropped(entry):
    picture = "/9j/" + "A" * (4 * 1024 * 1024)
    assert opens(push(entry, alarm(entry, now(), imageFile=picture, imageFragmentFile=picture)))
    assert not ReadPicture.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "largest"), [("push", 16 << 20), ("heartbeat", 64 << 10), ("comet", 64 << 10)]
)
def test_oversized_body_is_not_read(entry, endpoint, largest):
    class Unread(io.RawIOBase):
        def read(self, *_):
            raise AssertionError("it was read")

    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(largest + 1),
        "wsgi.input": Unread(),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    answer = getattr(camera_views, endpoint)(WSGIRequest(environ), entry.key_id, secret_of(entry))
    assert (answer.status_code, json.loads(answer.content)) == (413, {"error": "too_large"})


@pytest.mark.parametrize(
    ("header", "status", "why"),
    [
        ({"CONTENT_LENGTH": "99999999"}, 413, "too_large"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411, "length_required"),
        ({}, 415, "packed"),
    ],
)
def test_unread_body_is_counted_with_camera(entry, header, status, why):
    """An answer of 200 would make the camera forget the record, and staff would not know why it is closed."""
    answer = Client().post(address(entry, "push"), b"\x1f\x8b", "application/json", **header)
    assert (answer.status_code, answer.json()) == (status, {"error": why})
    assert DeviceTrouble.objects.get(device=entry).code == why
    assert why in TROUBLES


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_only_post_is_allowed(entry, endpoint):
    answer = Client().get(address(entry, endpoint))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_heartbeat_updates_last_seen_rarely(entry, django_assert_num_queries):
    assert poll(entry, "heartbeat").status_code == 200
    entry.refresh_from_db()
    assert now() - entry.last_seen_at < timedelta(seconds=10)
    with django_assert_num_queries(1):
        poll(entry, "heartbeat")


def test_poll_delivers_command_once(way_out):
    order(way_out)
    first = poll(way_out, "comet")
    assert opens(first)
    assert b64decode(
        first.json()["Response_AlarmInfoPlate"]["playserver_json_request"]["voice"]
    ).decode() == ("缴费成功，一路平安")
    assert poll(way_out, "comet").json() == {"Response_AlarmInfoPlate": {}}


def test_each_poll_delivers_one_command(way_out):
    order(way_out)
    see(way_out, "沪B12345", now())
    gates.order_open(PlateRead.objects.latest("pk"), cause=GateCommand.Cause.PAID, session=None, at=now())
    assert [opens(poll(way_out, "comet")) for _ in range(3)] == [True, True, False]


def test_expired_command_is_not_delivered(way_out):
    order(way_out, minutes=2)
    assert not opens(poll(way_out, "comet"))


def test_poll_excludes_other_lots_commands(way_out):
    order(way_out)
    assert not opens(poll(make_device(make_lot(), "exit"), "comet"))
    assert opens(poll(way_out, "comet"))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_database_outage_asks_camera_to_retry(entry, endpoint, monkeypatch):
    def gone(*_, **__):
        raise OperationalError("no database")

    monkeypatch.setattr(camera_views, "prove", gone)
    answer = send_request(entry, endpoint)
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    assert int(answer["Retry-After"]) > 0


def test_push_without_tariff_is_held(entry, way_out):
    see(entry, PLATE, now() - timedelta(hours=1))
    TariffVersion.objects.all().delete()
    body = alarm(way_out, now())
    for answer in (push(way_out, body), push(way_out, body)):
        assert (answer.status_code, opens(answer)) == (200, False)
        reply = answer.json()["Response_AlarmInfoPlate"]
        assert reply["content"] == "retransfer_stop"
        assert [b64decode(line).decode() for line in reply["body"]["custom"]] == ["请联系工作人员"]
    session, held = ParkingSession.objects.get(), PlateRead.objects.latest("pk")
    assert (session.needs_review, session.left_at) == (True, None)
    assert (held.outcome, held.session, held.moved_at) == ("held", session, None)


@pytest.mark.parametrize("answers", ["well", "badly"])
def test_vzenith_logs_contain_no_secrets(entry, answers, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    if answers == "badly":
        type(entry).objects.filter(pk=entry.pk).update(serial="another")
    for endpoint in ENDPOINTS:
        send_request(entry, endpoint)
        send_request(entry, endpoint, secret="wrong-one")
    push(entry, alarm(entry, now(), confidence="x"))
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert "refused" in logged
    for text in (
        "hunter2",
        "admin",
        PLATE,
        "A12345",
        secret_of(entry),
        entry.key_id,
        entry.serial,
        "wrong-one",
    ):
        assert text not in logged
