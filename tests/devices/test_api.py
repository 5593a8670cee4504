"""Our own API lets in what is signed, once, and answers every fault in one shape without repeating it."""

import json
import logging
import secrets
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import LimitedStream
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils.timezone import now

from core.vault import plate_index
from devices.api import auth, device_views
from devices.request_signing import signed_headers
from lots import gates
from lots.lot_jobs import NONCES_STAY, drop_nonces
from lots.models import Device, DeviceNonce, GateCommand, ParkingSession, PlateRead, TariffVersion
from tests.devices.callers import PLATE, call, code, read, secret_of
from tests.factories import make_device, make_lot, see
from tests.test_races import at_once

pytestmark = pytest.mark.django_db


def make(direction, lot=None, **fields):
    return make_device(lot or make_lot(), direction, make="api", **fields)


@pytest.fixture
def entry():
    return make("entry")


@pytest.fixture
def way_out():
    return make("exit")


def order(device):
    see(device, PLATE, now())
    seen = PlateRead.objects.latest("pk")
    return gates.order_open(seen, cause=GateCommand.Cause.PAID, session=None, at=now())


def test_entry_read_returns_acknowledgeable_command(entry):
    answer = call(entry, "reads", read(now()))
    assert answer.status_code == 200
    reply = answer.json()
    assert (reply["outcome"], reply["open"], reply["due_fen"]) == ("entered", True, None)
    command = GateCommand.objects.get()
    assert reply["command"]["id"] == str(command.id)
    assert call(entry, f"commands/{command.id}/ack", {"opened": True}).json() == {
        "id": str(command.id),
        "state": "opened",
    }
    command.refresh_from_db()
    assert command.state == GateCommand.State.OPENED


def test_repeated_read_returns_same_answer(entry):
    answer = read(now())
    assert call(entry, "reads", answer).json() == call(entry, "reads", answer).json()
    assert PlateRead.objects.count() == ParkingSession.objects.count() == 1


def test_unpaid_car_held_on_every_report():
    lot = make_lot()
    way_in, way_out = make("entry", lot), make("exit", lot)
    see(way_in, PLATE, now() - timedelta(minutes=61))
    found = read(now())
    for _ in range(2):
        answer = call(way_out, "reads", found).json()
        assert answer == {"outcome": "held", "open": False, "command": None, "due_fen": 1000}


def test_exit_without_tariff_needs_review():
    lot = make_lot()
    see(make("entry", lot), PLATE, now() - timedelta(minutes=61))
    TariffVersion.objects.all().delete()
    way_out, found = make("exit", lot), read(now())
    for _ in range(2):
        answer = call(way_out, "reads", found)
        assert answer.status_code == 200
        assert (answer.json()["outcome"], answer.json()["open"], answer.json()["due_fen"]) == (
            "held",
            False,
            None,
        )
    session, held = ParkingSession.objects.get(), PlateRead.objects.latest("pk")
    assert (session.needs_review, session.left_at, held.session) == (True, None, session)


@pytest.mark.parametrize(
    ("plate", "outcome"),
    [("沪A\u200b12345", "entered"), ("沪A12\x00345", "entered"), ("x" * 33, "unread"), ("\ud800", "unread")],
)
def test_unsound_plate_loses_no_car(entry, plate, outcome):
    assert call(entry, "reads", read(now(), plate=plate)).json()["outcome"] == outcome


def test_an_unread_plate_is_null(entry):
    assert call(entry, "reads", read(now(), plate=None)).json()["outcome"] == "unread"


def test_offline_report_opens_no_barrier(entry):
    at = now() - timedelta(hours=3)
    answer = call(entry, "reads", read(at, offline=True)).json()
    assert (answer["outcome"], answer["open"], answer["command"]) == ("late", False, None)
    assert ParkingSession.objects.get().entered_at == at


def test_small_clock_error_is_corrected(entry):
    wrong = timedelta(seconds=590)
    answer = call(entry, "reads", read(now() + wrong), timestamp=int(time.time() + wrong.total_seconds()))
    assert answer.status_code == 200
    assert abs(ParkingSession.objects.get().entered_at - now()) < timedelta(seconds=10)


EPOCH = pytest.param(-time.time() // 1, id="1970")  # two processes must give it one name


@pytest.mark.parametrize("wrong", [-620, 620, -86400, EPOCH, 10**10])
def test_stale_timestamp_returns_clock_skew(entry, wrong):
    answer = call(entry, "reads", read(now()), timestamp=int(time.time() + wrong))
    assert (answer.status_code, code(answer)) == (401, "clock_skew")
    assert abs(answer.json()["server_time"] - time.time()) < 10
    assert not PlateRead.objects.exists()


def test_nonce_is_single_use(entry):
    answer = read(now())
    assert call(entry, "reads", answer, nonce="once-only").status_code == 200
    again = call(entry, "reads", answer, nonce="once-only")
    assert (again.status_code, code(again)) == (401, "replayed")
    assert call(make("entry"), "reads", read(now()), nonce="once-only").status_code == 200


def test_nonce_stored_while_timestamp_valid(entry):
    ahead = int(time.time()) + 590
    call(entry, "heartbeat", {"clock": now().isoformat()}, timestamp=ahead)
    drop_nonces(now() + NONCES_STAY + timedelta(seconds=590 + 600))
    assert DeviceNonce.objects.exists()
    drop_nonces(now() + NONCES_STAY + timedelta(seconds=590 + 700))
    assert not DeviceNonce.objects.exists()


def unauthenticated_answers(device):
    """Requests that no device of ours has signed."""
    answer, path = read(now()), "reads"
    stranger = Device(key_id="stranger", make="api")
    signature = "0" * 64
    return {
        "another secret": call(device, path, answer, secret="wrong"),
        "unknown key": call(stranger, path, answer),
        "key that cannot be": call(Device(key_id="x" * 200, make="api"), path, answer),
        "revoked": call(make("entry", revoked_at=now()), path, answer),
        "key of a camera": call(make_device(make_lot(), "entry"), path, answer),
        "no signature": call(device, path, answer, **{"X-PureCode-Signature": ""}),
        "truncated": call(device, path, answer, **{"X-PureCode-Signature": signature[:-1]}),
        "not ASCII": call(device, path, answer, **{"X-PureCode-Signature": "ä" * 64}),
        "short nonce": call(device, path, answer, nonce="short"),
        "stamp in words": call(device, path, answer, **{"X-PureCode-Timestamp": "now"}),
        "other digits": call(device, path, answer, **{"X-PureCode-Timestamp": "１２３"}),
        "body changed": call(device, path, answer, **{"X-PureCode-Signature": signature}),
        "unsigned": Client().post(f"/api/v1/{path}", answer, "application/json"),
        "other path": call(device, "reads?x=1", answer, **{"X-PureCode-Signature": signature}),
    }


def test_unauthenticated_requests_get_identical_401(entry):
    answers = unauthenticated_answers(entry)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401)
    assert len({answer.content for answer in answers.values()}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers.values()} == {"PureCode-HMAC-SHA256"}
    assert not PlateRead.objects.exists()
    assert not DeviceNonce.objects.exists()


HEARTBEAT = b'{"clock": "2026-11-24T04:00:00Z"}'


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/heartbeat", HEARTBEAT, 200),
        ("PUT", "/api/v1/heartbeat", HEARTBEAT, 401),
        ("POST", "/api/v1/reads", HEARTBEAT, 401),
        ("POST", "/api/v1/heartbeat?x=1", HEARTBEAT, 401),
        ("POST", "/api/v1/heartbeat", HEARTBEAT + b" ", 401),
    ],
)
def test_signature_covers_whole_request(entry, method, path, body, status):
    headers = signed_headers(
        entry.key_id,
        secret_of(entry),
        method="POST",
        path="/api/v1/heartbeat",
        body=HEARTBEAT,
        timestamp=int(time.time()),
        nonce="a-nonce-of-ours",
    )
    answer = Client().generic(method, path, body, "application/json", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"null", b'"x"', b"\xff", b"{", b"[" * 60_000, b"1" * 5000, b'{"a": NaN}'],
    ids=range(10),
)
def test_non_object_body_returns_400(entry, body):
    for path in ("reads", "heartbeat", f"commands/{uuid4()}/ack"):
        answer = call(entry, path, body=body)
        assert answer.status_code == 400
        assert answer.json()["errors"]


@pytest.mark.parametrize("charset", ["gb18030", "utf-7", "unicode_escape", "punycode", "no-such"])
def test_body_is_utf8_whatever_its_charset(entry, charset):
    kind, body = f"application/json; charset={charset}", json.dumps(read(now()), ensure_ascii=False)
    assert call(entry, "reads", body=body.encode(), content_type=kind).status_code == 200
    assert PlateRead.objects.get().plate_index == plate_index(entry.lot_id, PLATE)
    answer = call(entry, "reads", body=body.encode("gb18030"), content_type=kind)
    assert (answer.status_code, code(answer)) == (400, "parse_error")


def test_field_named_twice_returns_400(entry):
    body = json.dumps({"read_id": "r1", "plate": PLATE, "captured_at": now().isoformat()}, ensure_ascii=False)
    call(entry, "heartbeat", {"clock": now().isoformat()})
    twice = body.replace("{", '{"plate": "沪B67890", ', 1).encode()
    answer = call(entry, "reads", body=twice)
    assert answer.status_code == 400
    assert not PlateRead.objects.exists()
    assert call(entry, "reads", body=body.encode()).status_code == 200


INVALID_FIELDS: dict[str, list[object]] = {
    "read_id": [None, "", 7, "a b", "x" * 65, "ü", "a\n", {}],
    "plate": [7, ["沪A12345"], True],
    "captured_at": [
        None,
        "",
        7,
        "yesterday",
        "2026-11-24T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "2026-02-30T00:00:00Z",
    ],
    "offline": ["true", 1, None, {}],
    "confidence": [-1, 101, "96", 9.5, True],
    "vehicle_class": [7, "", "\ud800", PLATE],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field in INVALID_FIELDS for value in INVALID_FIELDS[field]],
    ids=str,
)
def test_invalid_field_is_named_without_value(entry, field, value):
    answer = call(entry, "reads", read(now(), **{field: value}))
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [field]
    assert PLATE not in answer.content.decode()
    assert not PlateRead.objects.exists()


def test_stopped_body_returns_400(entry, monkeypatch):
    monkeypatch.setattr(LimitedStream, "read", stopped)
    answer = call(entry, "reads", read(now()))
    assert (answer.status_code, code(answer)) == (400, "parse_error")


def stopped(*_):
    raise OSError("the client went away")


def test_unknown_field_error_omits_its_name(entry):
    answer = call(entry, "reads", read(now(), **{PLATE: 1}))
    assert (answer.status_code, code(answer)) == (400, "unknown_field")
    assert PLATE not in answer.content.decode()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "沪A12345/x"]
)
def test_wrong_content_type_returns_415(entry, content_type):
    answer = call(entry, "reads", read(now()), content_type=content_type)
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")
    assert content_type not in answer.content.decode() or not content_type


@pytest.mark.parametrize("query", ["", "?format=xml"])
def test_any_accept_header_gets_json(entry, query):
    answer = call(entry, f"commands{query}", method="GET", Accept="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_oversized_body_returns_413(entry, monkeypatch):
    monkeypatch.setattr(auth, "prove", None)
    answer = call(entry, "reads", body=b" " * (64 * 1024 + 1))
    assert (answer.status_code, code(answer)) == (413, "too_large")


def test_chunked_body_returns_411(entry, monkeypatch):
    monkeypatch.setattr(auth, "prove", None)
    answer = call(entry, "reads", body=b"", **{"Transfer-Encoding": "chunked"})
    assert (answer.status_code, code(answer)) == (411, "length_required")


def test_query_is_not_read(entry):
    answer = call(entry, f"commands?{'a=1&' * 1001}", method="GET")
    assert (answer.status_code, answer.json()) == (200, {"commands": []})


def test_database_outage_returns_503(entry, monkeypatch):
    def gone(**_):
        raise OperationalError("no database")

    monkeypatch.setattr(device_views, "record_read", gone)
    answer = call(entry, "reads", read(now()))
    assert (answer.status_code, code(answer)) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("address", ["reads/", "commands/7/ack", "nothing"])
def test_unknown_address_returns_json(entry, address):
    answer = call(entry, address)
    assert (answer.status_code, code(answer)) == (404, "not_found")


def test_malformed_length_returns_400(entry):
    answer = call(entry, "commands", method="GET", **{"Content-Length": "x"})
    assert (answer.status_code, code(answer)) == (400, "parse_error")


def test_command_is_delivered_once(way_out):
    command = order(way_out)
    first = call(way_out, "commands", method="GET").json()
    assert [one["id"] for one in first["commands"]] == [str(command.id)]
    assert call(way_out, "commands", method="GET").json() == {"commands": []}


def test_foreign_device_cannot_access_command(way_out):
    command = order(way_out)
    for stranger in (make("exit"), make("exit", way_out.lot)):
        assert call(stranger, "commands", method="GET").json() == {"commands": []}
        answer = call(stranger, f"commands/{command.id}/ack", {"opened": True})
        assert (answer.status_code, code(answer)) == (404, "not_found")
    assert call(way_out, f"commands/{uuid4()}/ack", {"opened": True}).status_code == 404
    command.refresh_from_db()
    assert command.state == GateCommand.State.QUEUED


def test_unopened_barrier_leaves_car_inside():
    lot = make_lot()
    way_in, way_out = make("entry", lot), make("exit", lot)
    see(way_in, PLATE, now() - timedelta(minutes=5))
    command = call(way_out, "reads", read(now())).json()["command"]
    assert ParkingSession.objects.get().left_at is not None
    for opened in (False, True):
        answer = call(way_out, f"commands/{command['id']}/ack", {"opened": opened}).json()
        assert answer["state"] == "failed"
    assert ParkingSession.objects.get().left_at is None


@pytest.mark.parametrize("ahead", [-300, 0, 90])
def test_heartbeat_measures_clock_offset(entry, ahead):
    answer = call(entry, "heartbeat", {"clock": (now() + timedelta(seconds=ahead)).isoformat()})
    assert abs(answer.json()["clock_offset"] - ahead) <= 1
    entry.refresh_from_db()
    assert abs(entry.clock_offset - ahead) <= 1
    assert entry.last_seen_at is not None


def test_api_responses_are_not_cached(entry):
    assert call(entry, "commands", method="GET")["Cache-Control"] == "no-store"


def test_api_logs_contain_no_secrets(entry, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    call(entry, "reads", read(now()), nonce="canary-nonce")
    call(entry, "reads", read(now()), nonce="canary-nonce")
    call(entry, "reads", read(now(), plate=[PLATE]))
    call(entry, "reads", read(now()), content_type=f"{PLATE}/x")
    unauthenticated_answers(entry)

    def broken(**values):
        raise OperationalError(values["sighting"].plate)

    monkeypatch.setattr(device_views, "record_read", broken)
    call(entry, "reads", read(now()))
    monkeypatch.setattr(device_views, "record_read", lambda **values: {}[values["sighting"].plate])
    assert call(entry, "reads", read(now())).status_code == 500
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert "refused" in logged
    assert "unavailable" in logged
    assert "KeyError" in logged
    for values in (PLATE, "A12345", "canary-nonce", entry.key_id, secret_of(entry)):
        assert values not in logged


def test_committed_schema_matches_served(tmp_path):
    """Write it with: manage.py spectacular --urlconf devices.urls --lang en --file docs/openapi.yaml"""
    committed = Path("docs/openapi.yaml").read_bytes()
    answer = Client().get("/api/v1/schema")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/yaml")
    assert answer.content == committed
    fresh = tmp_path / "openapi.yaml"
    call_command(
        "spectacular",
        urlconf="devices.urls",
        lang="en",
        file=str(fresh),
        validate=True,
        fail_on_warn=True,
    )
    assert fresh.read_bytes() == committed


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nonces", ["different", "same"])
def test_concurrent_polls_deliver_command_once(nonces):
    device = make("exit")
    command = order(device)
    names = ["one-and-the-same"] * 2 if nonces == "same" else [secrets.token_hex(8) for _ in range(2)]
    answers = at_once(*(partial(call, device, "commands", method="GET", nonce=nonce) for nonce in names))
    found = [one["id"] for answer in answers for one in answer.json().get("commands", [])]
    assert found == [str(command.id)]
    assert sorted(answer.status_code for answer in answers) == (
        [200, 401] if nonces == "same" else [200, 200]
    )


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_concurrent_duplicate_reads_create_one():
    device = make("entry")
    answers = at_once(*10 * [partial(call, device, "reads", read(now()))])
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.content for answer in answers}) == 1
    assert PlateRead.objects.count() == ParkingSession.objects.count() == GateCommand.objects.count() == 1
