"""The open pair as another programmer writes it from its description: other habits, and common mistakes."""

import gzip
import hashlib
import hmac
import json
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from lots.systems.base import Accepted, Charge, CouponRefused, NothingDue, StayGone, SystemCoupon, Unreachable
from lots.systems.generic import GenericSystem, sign
from lots.systems.remote import Link
from tests.lots.systems.test_vendors import OTHER, PLATE, ask, settlement_of

SECRET = "another-secret"


class Server:
    """A vendor's own server. Its habits are those of other languages; each can be left out or be wrong."""

    def __init__(self, **habits):
        self.habits, self.paid = habits, {}
        handler = type("Handler", (_Handler,), {"server_of": self, **habits.get("handler", {})})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}{habits.get('prefix', '')}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def system(self):
        return GenericSystem(Link(self.url, "L1", ZoneInfo("Asia/Shanghai"), secrets={"secret": SECRET}))

    def answer(self, path, asked):
        if asked["lot"] != "L1":
            return {"result": "lot_unknown"}
        name = path.rsplit("/", 1)[-1]
        if name == "settle":
            return self.settle(asked)
        if name != "charge":
            return None
        is_known = asked.get("plate") == PLATE.text or asked.get("session") == "7001"
        if not is_known:
            return {"result": "nothing_due", "reason": "absent"}
        due = 1050 - sum(self.paid.values())
        if due <= 0:
            return {"result": "nothing_due", "reason": "paid", "leave_by": self.habits.get("leave_by")}
        entered = datetime.now(UTC) - timedelta(hours=1)
        return {
            "result": "due",
            "reference": f"R{time.time_ns()}",
            "session": "7001",
            "price_fen": 1050,
            "due_fen": due,
            "entered_at": entered.isoformat(),
            **self.habits.get("fields", {}),
        }

    def settle(self, asked):
        if asked["session"] != "7001":
            return {"result": "stay_gone"}
        self.paid.setdefault(asked["number"], asked["amount_fen"])
        return {"result": "accepted", "leave_by": self.habits.get("leave_by")}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server, habits = self.server_of, self.server_of.habits
        body = self.rfile.read(int(self.headers["content-length"]))
        stamp, nonce = self.headers["x-parking-timestamp"], self.headers["x-parking-nonce"]
        signed = f"POST\n{self.path}\n{stamp}\n{nonce}\n".encode() + body
        wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        is_checked = not (habits.get("believes_payments") and self.path.endswith("/settle"))
        is_right = wanted == self.headers["x-parking-signature"] and abs(time.time() - int(stamp)) <= 300
        if is_checked and not is_right:
            self.send(401, b"", nonce)
            return
        answer = server.answer(self.path, json.loads(body))
        if answer is None:
            self.send(404, b"", nonce)
        else:
            self.send(habits.get("status", 200), habits.get("written", json.dumps)(answer), nonce)

    def send(self, status, text, nonce):
        habits = self.server_of.habits
        body = text.encode() if isinstance(text, str) else text
        stamp = str(int(time.time()))
        signed = f"ANSWER {status}\n{self.path}\n{stamp}\n{nonce}\n".encode() + body
        signature = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        self.send_response(status)
        for name, value in habits.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("x-parking-timestamp", stamp)
        self.send_header("X-PARKING-SIGNATURE", habits.get("cased", str)(signature))
        if habits.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for place in range(0, len(body), 7):
                piece = body[place : place + 7]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        if not habits.get("unsized"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    running = []

    def start(**habits):
        running.append(Server(**habits))
        return running[-1]

    yield start
    for server in running:
        server.close()


def changed(answer, kind):
    """Return an answer with its amounts as this type."""
    return {name: kind(value) if name.endswith("_fen") else value for name, value in answer.items()}


HABITS = {
    "plain": {},
    "capital signature": {"cased": str.upper},
    "http 1.0": {"handler": {"protocol_version": "HTTP/1.0"}, "unsized": True},
    "chunked": {"handler": {"protocol_version": "HTTP/1.1"}, "chunked": True},
    "indented": {"written": lambda answer: json.dumps(answer, indent=4).replace("\n", "\r\n")},
    "escaped": {"written": lambda answer: re.sub('"due"', '"\\\\u0064ue"', json.dumps(answer))},
    "byte order mark": {"written": lambda answer: "\ufeff" + json.dumps(answer)},
    "gb 18030": {
        "written": lambda answer: json.dumps(answer | {"lot": "车场"}, ensure_ascii=False).encode("gbk")
    },
    "further fields": {"fields": {"photo": "http://x/1.jpg", "owner": {"name": "王某"}, "list": [1, [2]]}},
    "number of the session": {"fields": {"session": 7001}},
    "numbers as texts": {"written": lambda answer: json.dumps(changed(answer, str))},
    "whole fractions": {"written": lambda answer: json.dumps(changed(answer, float))},
    "null fields": {"fields": {"paid_fen": None, "valid_until": None, "masked_plate": None}},
    "zulu time": {"fields": {"entered_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z"}},
    "nanoseconds": {"fields": {"entered_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.123456789+00:00"}},
    "path before": {"prefix": "/api/v2/pure"},
    "unreadable deadline": {"leave_by": "2026-01-05 09:30"},
    "deadline as a number": {"leave_by": 12345},
}


@pytest.mark.parametrize("habit", sorted(HABITS))
def test_other_habits_are_read(serve, habit):
    server = serve(**HABITS[habit])
    system = server.system()
    charge = ask(system)
    assert isinstance(charge, Charge), charge
    assert (charge.due_fen, charge.session) == (1050, "7001")
    assert ask(system, OTHER).reason.value == "absent"
    paid = settlement_of(charge)
    assert [isinstance(system.settle(paid), Accepted) for _ in range(2)] == [True, True]
    assert sum(server.paid.values()) == 1050
    assert isinstance(ask(system), NothingDue)
    assert system.settle(settlement_of(charge, number="M" * 26, session="gone")) == StayGone()


FAULTS: dict[str, dict[str, Any]] = {
    "no_such_address": {"status": 404},
    "redirected": {"status": 302, "headers": {"Location": "https://elsewhere.example/charge"}},
    "http_error": {"status": 500},
    "refused_us": {"status": 403},
    "too_many": {"status": 429, "headers": {"Retry-After": "60"}},
    "malformed": {
        "written": lambda answer: gzip.compress(json.dumps(answer).encode()),
        "headers": {"Content-Encoding": "gzip"},
    },
    "bad_signature": {"cased": lambda text: text[:-1]},
    "bad_amount": {"fields": {"due_fen": 0}},
    "bad_reference": {"fields": {"reference": "单号1"}},
    "plate_in_reference": {"fields": {"session": "20260105-A12345"}},
    "bad_time": {"fields": {"entered_at": "0001-01-01T00:00:00Z"}},
    "unknown_code": {"fields": {"result": "DUE"}},
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_common_mistakes_are_named(serve, fault):
    assert ask(serve(**FAULTS[fault]).system()) == Unreachable(fault)


def conform(server, monkeypatch):
    monkeypatch.setenv("PARKING_SECRET", SECRET)
    out = StringIO()
    try:
        call_command("conform", server.url, lot="L1", stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error)
    return out.getvalue()


@pytest.mark.parametrize(
    "habit", ["plain", "capital signature", "chunked", "path before", "numbers as texts"]
)
def test_another_server_conforms(serve, monkeypatch, habit):
    shown = conform(serve(**HABITS[habit]), monkeypatch)
    assert "FAULT" not in shown, shown
    assert "ok    no list of payments is offered (optional)" in shown
    assert "ok    no coupons are taken (optional)" in shown


@pytest.mark.parametrize(
    ("habits", "message"),
    [
        ({"believes_payments": True}, "FAULT a forged payment is refused: it was answered with status 200"),
        ({"fields": {"due_fen": 0}}, "due_fen must be 1 to 10000000; a car that has nothing to pay"),
        (FAULTS["malformed"], "the body is compressed (gzip)"),
        ({"status": 302}, "a question is answered with status 200, not 302"),
    ],
)
def test_broken_rule_is_named(serve, monkeypatch, habits, message):
    assert message in conform(serve(**habits), monkeypatch)


def test_server_that_ignores_the_lot_is_found(serve, monkeypatch):
    server = serve()
    monkeypatch.setattr(
        server, "answer", lambda path, asked: Server.answer(server, path, asked | {"lot": "L1"})
    )
    assert "FAULT another lot is not answered for: the answer was a fee" in conform(server, monkeypatch)


def test_unknown_lot_is_named(serve):
    system = serve().system()
    system.link = Link(system.link.base_url, "L2", system.link.zone, secrets=system.link.secrets)
    assert ask(system) == Unreachable("lot_unknown")


def test_optional_requests_may_be_absent(serve):
    system = serve().system()
    assert system.paid_list(now() - timedelta(days=1), now()) == Unreachable("not_offered")
    coupon = SystemCoupon("PC1", "amount", 100, "券", "店", "1")
    assert system.give_coupon(coupon, session="7001", is_repeat=False) == CouponRefused()


def test_example_of_a_signature_is_right():
    page = (Path(__file__).resolve().parents[3] / "docs/systems-for-vendors.md").read_text()
    body = b'{"lot":"east"}'
    assert sign("change-me", "POST", "/charge", "1767571200", "0123456789abcdef", body) in page
