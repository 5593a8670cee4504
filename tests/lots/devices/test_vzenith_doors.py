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

from lots import gates
from lots.devices.vzenith import views
from lots.devices.vzenith.lane import yuan
from lots.models import GateCommand, ParkingSession, PlateRead, ReadPicture, TariffVersion
from lots.signs import new_sign
from tests.factories import make_device, make_lot, see
from tests.lots.devices.callers import PLATE, address, alarm, opens, poll, push, secret_of

DOORS = ["push", "heartbeat", "comet"]
pytestmark = pytest.mark.django_db


def knock(device, door, **place):
    return push(device, alarm(device, now()), **place) if door == "push" else poll(device, door, **place)


def order(device, *, minutes=0):
    """A car at the exit has paid: its barrier order waits for the camera's next poll."""
    at = now() - timedelta(minutes=minutes)
    see(device, PLATE, at, key=f"held {minutes}")
    read = PlateRead.objects.latest("pk")
    return gates.order_open(read, cause=GateCommand.Cause.PAID, session=None, at=at)


def counted(door, code):
    return REGISTRY.get_sample_value("purecode_device_refusals_total", {"door": door, "code": code}) or 0


def test_a_car_coming_in_opens_the_barrier_and_a_stay(entry):
    answer = push(entry, alarm(entry, now()))
    assert opens(answer)
    assert ParkingSession.objects.get().entry_lane == entry.lane


def test_a_repeated_push_gets_the_same_answer_and_makes_one_read(entry):
    body = alarm(entry, now())
    assert push(entry, body).json() == push(entry, body).json()
    assert PlateRead.objects.count() == 1


def test_a_car_that_owes_is_told_the_fee_and_shown_the_lanes_code_but_never_its_plate(lot, entry, way_out):
    sign = new_sign(lot=lot, place="出口", lane=way_out.lane)
    see(entry, PLATE, now() - timedelta(minutes=61))
    answer = push(way_out, alarm(way_out, now()))
    assert not opens(answer)
    said = answer.json()["Response_AlarmInfoPlate"]
    assert said["content"] == "retransfer_stop"
    assert [b64decode(line).decode() for line in said["body"]["custom"]] == ["停车费10元", "请扫码缴费"]
    assert said["body"]["qrcode_text"] == f"HTTP://TESTSERVER/P/{sign.code}"
    assert b64decode(said["playserver_json_request"]["voice"]).decode() == "停车费10元，请扫码缴费"
    assert PLATE not in answer.content.decode()


def test_a_repeated_push_of_a_car_that_owes_says_the_fee_again(entry, way_out):
    see(entry, PLATE, now() - timedelta(minutes=61))
    body = alarm(way_out, now())
    assert push(way_out, body).json() == push(way_out, body).json()


def test_a_car_without_a_plate_is_shown_the_lanes_code(lot, entry):
    new_sign(lot=lot, place="入口", lane=entry.lane)
    answer = push(entry, alarm(entry, now(), plate="_无_"))
    assert not opens(answer)
    assert "qrcode_text" in answer.json()["Response_AlarmInfoPlate"]["body"]


@pytest.mark.parametrize(("fen", "text"), [(500, "5"), (550, "5.50"), (5, "0.05"), (123400, "1234")])
def test_money_is_written_as_on_a_price_board(fen, text):
    assert yuan(fen) == text


def test_a_replayed_record_opens_nothing_and_asks_for_the_next(entry):
    answer = push(entry, alarm(entry, now() - timedelta(hours=2), plate_id=7, isoffline=1))
    assert not opens(answer)
    assert answer.json()["Response_AlarmInfoPlate"] == {
        "info": "no",
        "content": "retransfer_stop",
        "is_pay": "false",
        "ContinuePushOffline": {"plateid": 7, "continue": 1},
    }


def test_records_replayed_newest_first_and_twice_make_the_stays_that_happened(entry, way_out):
    start = now() - timedelta(hours=5)
    records = [
        (device, 60 * stay + minutes) for stay in range(3) for device, minutes in ((entry, 0), (way_out, 30))
    ]
    for device, minutes in [record for record in reversed(records) for _ in range(2)]:
        at = start + timedelta(minutes=minutes)
        assert not opens(push(device, alarm(device, at, plate_id=minutes, isoffline=1)))
    assert ParkingSession.objects.count() == 3
    assert all(
        stay.left_at - stay.entered_at == timedelta(minutes=30) for stay in ParkingSession.objects.all()
    )


@pytest.mark.parametrize("door", DOORS)
def test_unknown_wrong_and_revoked_are_refused_alike(lot, entry, door):
    revoked = make_device(lot, "entry", revoked_at=now())
    api = make_device(lot, "entry", make="api")
    answers = [
        knock(entry, door, key_id="nobody"),
        knock(entry, door, key_id="沪A12345"),
        knock(entry, door, key_id="x" * 300),
        knock(entry, door, key_id="nul\0"),
        knock(entry, door, secret="wrong"),
        knock(entry, door, secret="密码"),
        knock(entry, door, secret=secret_of(entry)[:-1]),
        knock(revoked, door),
        knock(api, door),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b'{"error": "not_found"}')}
    assert not PlateRead.objects.exists()


@pytest.mark.parametrize("door", DOORS)
def test_another_serial_number_than_enrolled_is_refused_and_counted(entry, door):
    before = counted(door, "wrong_serial")
    enrolled, entry.serial = entry.serial, "other-serial"
    answer = knock(entry, door)
    assert (answer.status_code, answer.json()) == (403, {"error": "wrong_serial"})
    assert counted(door, "wrong_serial") == before + 1
    entry.serial = enrolled
    assert knock(entry, door).status_code == 200


def test_a_camera_enrolled_without_a_serial_number_may_call_itself_anything(lot):
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
    b'{"AlarmInfoPlate": {"result": {"PlateResult": {"license": "\\u6caaA12345"}}}}',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_what_nobody_can_read_is_counted_and_answered_so_that_it_does_not_come_again(entry, body, caplog):
    before = counted("push", "unreadable")
    answer = push(entry, body)
    assert answer.status_code == 200
    said = answer.json()["Response_AlarmInfoPlate"]
    assert (said["info"], said["content"], said["is_pay"]) == ("no", "retransfer_stop", "false")
    assert said["ContinuePushOffline"]["continue"] == 1
    assert counted("push", "unreadable") == before + 1
    assert "push_unreadable" in caplog.text
    assert not PlateRead.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"plateid": -1}, {"confidence": 101}, {"license": 7}, {"license": "沪" * 99}]
)
def test_a_field_out_of_its_bounds_makes_a_push_unreadable(entry, changes):
    assert not opens(push(entry, alarm(entry, now(), **changes)))
    assert not PlateRead.objects.exists()


def test_a_body_that_stopped_half_way_is_asked_for_again(entry):
    body = alarm(entry, now())
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(body[:100]),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    answer = views.push(WSGIRequest(environ), entry.key_id, secret_of(entry))
    assert (answer.status_code, json.loads(answer.content)) == (400, {"error": "incomplete"})


@pytest.mark.parametrize("door", ["heartbeat", "comet"])
@pytest.mark.parametrize("body", [b"", b"serialno=", b"serialno=%00", b"\xff" * 1000, b'name="serialno"'])
def test_a_form_without_a_serial_number_is_refused(entry, door, body):
    answer = Client().generic("POST", address(entry, door), body, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()) == (400, {"error": "unreadable"})


def test_a_push_with_pictures_is_taken_and_its_pictures_are_dropped(entry):
    picture = "/9j/" + "A" * (4 * 1024 * 1024)
    assert opens(push(entry, alarm(entry, now(), imageFile=picture, imageFragmentFile=picture)))
    assert not ReadPicture.objects.exists()


@pytest.mark.parametrize(
    ("door", "largest"), [("push", 16 << 20), ("heartbeat", 64 << 10), ("comet", 64 << 10)]
)
def test_a_huge_body_is_refused_before_it_is_read(entry, door, largest):
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
    answer = getattr(views, door)(WSGIRequest(environ), entry.key_id, secret_of(entry))
    assert (answer.status_code, json.loads(answer.content)) == (413, {"error": "too_large"})


@pytest.mark.parametrize("door", DOORS)
def test_nothing_but_post_is_understood(entry, door):
    answer = Client().get(address(entry, door))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_heartbeat_keeps_when_the_camera_was_heard_but_writes_it_rarely(entry, django_assert_num_queries):
    assert poll(entry, "heartbeat").status_code == 200
    entry.refresh_from_db()
    assert now() - entry.last_seen_at < timedelta(seconds=10)
    with django_assert_num_queries(1):
        poll(entry, "heartbeat")


def test_a_poll_gets_a_waiting_order_once(way_out):
    order(way_out)
    first = poll(way_out, "comet")
    assert opens(first)
    assert b64decode(
        first.json()["Response_AlarmInfoPlate"]["playserver_json_request"]["voice"]
    ).decode() == ("缴费成功，一路平安")
    assert poll(way_out, "comet").json() == {"Response_AlarmInfoPlate": {}}


def test_a_poll_gets_one_order_at_a_time(way_out):
    order(way_out)
    see(way_out, "沪B12345", now())
    gates.order_open(PlateRead.objects.latest("pk"), cause=GateCommand.Cause.PAID, session=None, at=now())
    assert [opens(poll(way_out, "comet")) for _ in range(3)] == [True, True, False]


def test_an_order_past_its_expiry_opens_nothing(way_out):
    order(way_out, minutes=2)
    assert not opens(poll(way_out, "comet"))


def test_a_camera_gets_no_order_of_another_lot(way_out):
    order(way_out)
    assert not opens(poll(make_device(make_lot(), "exit"), "comet"))
    assert opens(poll(way_out, "comet"))


@pytest.mark.parametrize("door", DOORS)
def test_without_the_database_a_camera_is_told_to_come_again(entry, door, monkeypatch):
    def gone(*_, **__):
        raise OperationalError("no database")

    monkeypatch.setattr(views, "prove", gone)
    answer = knock(entry, door)
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    assert int(answer["Retry-After"]) > 0


def test_an_exit_of_a_lot_without_a_tariff_is_held_for_staff_however_often_it_is_pushed(entry, way_out):
    see(entry, PLATE, now() - timedelta(hours=1))
    TariffVersion.objects.all().delete()
    body = alarm(way_out, now())
    for answer in (push(way_out, body), push(way_out, body)):
        assert (answer.status_code, opens(answer)) == (200, False)
        said = answer.json()["Response_AlarmInfoPlate"]
        assert said["content"] == "retransfer_stop"
        assert [b64decode(line).decode() for line in said["body"]["custom"]] == ["请联系工作人员"]
    stay, held = ParkingSession.objects.get(), PlateRead.objects.latest("pk")
    assert (stay.needs_review, stay.left_at) == (True, None)
    assert (held.outcome, held.session, held.moved_at) == ("held", stay, None)


@pytest.mark.parametrize("answers", ["well", "badly"])
def test_no_log_holds_a_password_plate_secret_key_or_serial_number(entry, answers, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    if answers == "badly":
        type(entry).objects.filter(pk=entry.pk).update(serial="another")
    for door in DOORS:
        knock(entry, door)
        knock(entry, door, secret="wrong-one")
    push(entry, alarm(entry, now(), confidence="x"))
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert "refused" in logged
    for said in (
        "hunter2",
        "admin",
        PLATE,
        "A12345",
        secret_of(entry),
        entry.key_id,
        entry.serial,
        "wrong-one",
    ):
        assert said not in logged
