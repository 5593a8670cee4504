"""The open pair as another programmer writes it from its description: other habits, and common mistakes."""

import base64
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

from core.outside import LIMITS
from lots.systems import answer_flaws, conformance
from lots.systems.generic import GenericSystem, sign
from lots.systems.parking_system import (
    Accepted,
    Charge,
    CouponRefused,
    NothingDue,
    SessionGone,
    SystemCoupon,
    Unreachable,
)
from lots.systems.remote import Link
from tests.lots.systems.test_vendors import OTHER, PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

SECRET = "another-secret"


def knows(asked):
    return asked.get("plate") == PLATE.text or asked.get("session") == "7001" or asked.get("lane") == "1"


def is_now_within(seconds):
    return lambda stamp: abs(time.time() - stamp) <= seconds


class Server:
    """A vendor's own server. Its habits are those of other languages; each can be left out or be wrong."""

    def __init__(self, **habits):
        self.habits, self.paid, self.later = habits, {}, {}
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
        name = path.rsplit("/", 1)[-1]
        if asked["lot"] != "L1" and name not in self.habits.get("any_lot", ()):
            return {"result": "lot_unknown"}
        if name == "settle":
            return self.habits.get("settle", Server.settle)(self, asked)
        if name != "charge":
            return self.habits.get("further", {}).get(name, lambda *_: None)(self, asked)
        return self.charge(asked)

    def charge(self, asked):
        is_known = self.habits.get("knows", knows)(asked)
        if not is_known:
            reason = "no_lane_car" if "lane" in asked else "absent"
            return {"result": "nothing_due", "reason": reason, **self.habits.get("nothing", {})}
        due = 1050 - sum(self.paid.values())
        self.paid |= self.later
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
            **{name: moment() for name, moment in self.habits.get("times", {}).items()},
        }

    def settle(self, asked):
        if asked["session"] != "7001":
            return {"result": "stay_gone"}
        self.paid.setdefault(asked["number"], asked["amount_fen"])
        return {"result": "accepted", "leave_by": self.habits.get("leave_by")}


class _Handler(BaseHTTPRequestHandler):
    is_used = False

    def do_POST(self):
        server, habits = self.server_of, self.server_of.habits
        if habits.get("answers_once") and self.is_used:  # of each connection, which it had promised to keep
            self.close_connection = True
            return
        self.is_used = True
        body = self.rfile.read(int(self.headers["content-length"]))
        stamp, nonce = self.headers["x-parking-timestamp"], self.headers["x-parking-nonce"]
        read = habits.get("read", bytes)(body)
        signed = f"POST\n{self.path}\n{stamp}\n{nonce}\n".encode() + read
        wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        is_checked = not (habits.get("believes_payments") and self.path.endswith("/settle"))
        is_now = habits.get("is_now", is_now_within(300))(int(stamp))
        if is_checked and not (wanted == self.headers["x-parking-signature"] and is_now):
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
        stamp = habits.get("stamp", lambda: str(int(time.time())))()
        signed = f"ANSWER {status}\n{self.path}\n{stamp}\n{nonce}\n".encode() + habits.get("signs", bytes)(
            body
        )
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
            self.send_header("Content-Length", str(len(body) + habits.get("longer", 0)))
        self.end_headers()
        for place in range(0, len(body), size := habits.get("piece", len(body) or 1)):
            time.sleep(habits.get("pause", 0))
            self.wfile.write(body[place : place + size])
            self.wfile.flush()

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


HABITS: dict[str, dict[str, Any]] = {
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
    assert system.settle(settlement_of(charge, number="M" * 26, session="gone")) == SessionGone()


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


def conform(server, monkeypatch, **options):
    monkeypatch.setenv("PARKING_SECRET", SECRET)
    out = StringIO()
    try:
        call_command("conform", server.url, lot="L1", stdout=out, **options)
    except CommandError as error:
        return out.getvalue() + str(error)
    return out.getvalue()


@pytest.mark.parametrize(
    "habit",
    [
        *("plain", "capital signature", "chunked", "path before", "numbers as texts"),
        *("http 1.0", "further fields", "nanoseconds"),
    ],
)
def test_another_server_conforms(serve, monkeypatch, habit):
    shown = conform(serve(**HABITS[habit]), monkeypatch)
    assert "FAULT" not in shown, shown
    assert "ok    no list of payments is offered (optional)" in shown
    assert "ok    no coupons are taken (optional)" in shown


def counts_each(server, asked):
    server.paid[f"{asked['number']} {time.time_ns()}"] = asked["amount_fen"]
    return {"result": "accepted"}


def counts_by_amount(server, asked):
    return Server.settle(server, asked | {"number": asked["amount_fen"]})


def counts_late(server, asked):
    if asked["session"] != "7001":
        return {"result": "stay_gone"}
    server.later[asked["number"]] = asked["amount_fen"]
    return {"result": "accepted"}


def counts_without_a_lock(server, asked):
    if asked["session"] == "7001" and asked["number"] not in server.paid:
        time.sleep(0.1)
        server.paid[f"{asked['number']}{threading.get_ident()}"] = asked["amount_fen"]
        server.paid[asked["number"]] = 0
    return Server.settle(server, asked)


def counts_all_as_paid(server, asked):
    return Server.settle(server, asked | {"amount_fen": 1050})


def voids_what_is_paid(server, asked):
    return {"result": "stay_gone"} if sum(server.paid.values()) >= 1050 else Server.settle(server, asked)


def lists(*, fen=1, keeps_to_its_times=True, empty=(), more=None):
    def listed(server, asked):
        is_now = datetime.fromisoformat(asked["until"]) > now() or not keeps_to_its_times
        rows = [
            {"number": number, "amount_fen": paid * fen} for number, paid in server.paid.items() if is_now
        ]
        return {"payments": rows or empty, "more": more}

    return {"further": {"payments": listed}}


def ago(**span):
    return lambda: (datetime.now(UTC) - timedelta(**span)).isoformat()


def spaced(body):
    return json.dumps(json.loads(body), ensure_ascii=False).encode()


def compact(body):
    return json.dumps(json.loads(body or b"{}"), ensure_ascii=False, separators=(",", ":")).encode()


SIGNED = "X-Parking-Signature must be the hex HMAC-SHA256 of b'ANSWER 200"
NO_LENGTH = "see the server's own log, and whether Content-Length is right"
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "yuan as text": ({"fields": {"due_fen": "10.50"}}, "due_fen must be a whole number of fen"),
    "yuan as fraction": ({"fields": {"due_fen": 10.5}}, "due_fen must be a whole number of fen"),
    "amount that is none": ({"fields": {"price_fen": float("nan")}}, "the body is not one JSON object"),
    "amount is true": ({"fields": {"due_fen": True}}, "due_fen must be a whole number of fen"),
    "nothing is due": ({"fields": {"due_fen": 0}}, "due_fen must be 1 to 10000000; a car that has nothing"),
    "negative amount": ({"fields": {"due_fen": -5}}, "due_fen must be 1 to 10000000"),
    "negative amount paid": ({"fields": {"paid_fen": -5}}, "paid_fen must be 0 to"),
    "price below what is due": ({"fields": {"price_fen": 10}}, "price_fen is what the whole stay costs"),
    "another currency": ({"fields": {"currency": "USD"}}, "currency must be left out"),
    "time without zone": (
        {"fields": {"entered_at": "2026-01-05 09:30:00"}},
        "entered_at must be a time with zone",
    ),
    "local time as UTC": ({"times": {"entered_at": ago(hours=-7)}}, "min ahead of now: is it local time"),
    "charge is over": ({"times": {"valid_until": ago(minutes=5)}}, "valid_until is over since 5 min"),
    "deadline is over": ({"leave_by": "2026-01-05T09:30:00+08:00"}, "leave_by is over since"),
    "deadline without zone": ({"leave_by": "2026-01-05 09:30:00"}, "leave_by must be a time with zone"),
    "plate in the session": ({"fields": {"session": "20260105-A12345"}}, "session must be 1 to 64 ASCII"),
    "Chinese reference": ({"fields": {"reference": "单号1"}}, "reference must be 1 to 64 ASCII characters"),
    "unknown reason": ({"nothing": {"reason": "gone"}}, "reason must be one of absent, free"),
    "unknown result": ({"fields": {"result": "ok"}}, "result must be one of due, nothing_due"),
    "error as success": ({"written": lambda _: '{"code":500}'}, "result must be one of due, nothing_due"),
    "web page as success": ({"written": lambda _: "<html>"}, "the body is not one JSON object"),
    "name twice": (
        {"written": lambda answer: '{"result":"due",' + json.dumps(answer)[1:]},
        "has a name twice",
    ),
    "redirect": (FAULTS["redirected"], "a question is answered with status 200, not 302"),
    "server error": ({"status": 500}, "a question is answered with status 200, not 500"),
    "no content": ({"status": 204}, "not one JSON object"),
    "compressed": (FAULTS["malformed"], "the body is compressed (gzip)"),
    "time stamp in milliseconds": (
        {"stamp": lambda: str(time.time_ns() // 1_000_000)},
        "X-Parking-Timestamp must be Unix seconds",
    ),
    "time stamp of another clock": (
        {"stamp": lambda: str(int(time.time()) - 3600)},
        "X-Parking-Timestamp is 36",
    ),
    "answer signed as it was parsed": ({"signs": compact}, SIGNED),
    "signature in base64": ({"cased": lambda text: base64.b64encode(bytes.fromhex(text)).decode()}, SIGNED),
    "no signature": ({"cased": lambda _: ""}, "the header X-Parking-Signature is missing"),
    "request checked as it was parsed": ({"read": compact}, "the server refuses our signature. It is the"),
    "request written again": ({"read": spaced}, "FAULT a body is signed as it is sent"),
    "time read as milliseconds": (
        {"is_now": lambda stamp: abs(time.time() * 1000 - stamp) < 300_000},
        "X-Parking-Timestamp is in seconds",
    ),
    "old requests count": ({"is_now": is_now_within(3600)}, "FAULT an old request is refused"),
    "coming requests count": (
        {"is_now": lambda stamp: time.time() - stamp <= 300},
        "FAULT a request of the future is refused",
    ),
    "clock must be exact": ({"is_now": is_now_within(60)}, "FAULT a clock that is four minutes slow"),
    "forged payments count": (
        {"believes_payments": True},
        "FAULT a forged payment is refused: it was answered",
    ),
    "plate in lower case": (
        {"knows": lambda asked: asked.get("plate") == PLATE.text.lower()},
        "FAULT the test car owes something: the answer was that nothing is due (absent)",
    ),
    "any session is the car": (
        {"knows": lambda asked: "session" in asked or knows(asked)},
        "FAULT an unknown session is absent: the answer was a fee",
    ),
    "fee of any lot": (
        {"any_lot": ["charge"]},
        "FAULT another lot is not answered for: the answer was a fee",
    ),
    "payment of any lot": ({"any_lot": ["settle"]}, "FAULT a payment for another lot is not counted"),
    "repeat counts again": ({"settle": counts_each}, "350 of 1050 fen were paid, twice with one number"),
    "equal amounts count once": ({"settle": counts_by_amount}, "FAULT repeats at the same moment"),
    "answer before it counts": ({"settle": counts_late}, "it was counted after it was answered"),
    "race of two repeats": ({"settle": counts_without_a_lock}, "FAULT repeats at the same moment"),
    "part counts as all": ({"settle": counts_all_as_paid}, "due are still 700 fen, but the answer was that"),
    "repeat of a paid stay is void": (
        {"settle": voids_what_is_paid},
        "FAULT a repeat after that is accepted too: the answer was stay_gone",
    ),
    "unknown address answers": (
        {"further": {"payments": lambda *_: {"result": "ok"}, "coupon": lambda *_: {"result": "ok"}}},
        "FAULT a coupon of an unknown session is refused: result was ok; it must be refused",
    ),
    "list in yuan": (lists(fen=100), "the payments of this test are not in it once each"),
    "list of any day": (lists(keeps_to_its_times=False), "FAULT the list of payments keeps to its times"),
    "no list of an empty day": (lists(empty="none"), "of a time without payments it is an empty list"),
    "more as a text": (lists(more="true"), "FAULT the list of payments can be read"),
    "plate shown in a lane": ({"fields": {"masked_plate": PLATE.pretty}}, "FAULT its plate is masked"),
    "huge answer": ({"fields": {"padding": "x" * 300_000}}, "the answer is larger than 262144 bytes"),
    "huger answer": ({"fields": {"padding": "x" * 3_000_000}}, "the connection ended without a whole answer"),
    "connection is not kept": (
        {"handler": {"protocol_version": "HTTP/1.1"}, "answers_once": True},
        "it closes connections that it promised to keep",
    ),
    "body shorter than its length": ({"longer": 50}, NO_LENGTH),
}
REMARKS: dict[str, tuple[dict[str, Any], str]] = {
    "GBK": (HABITS["gb 18030"], "the body is not UTF-8"),
    "byte order mark": (HABITS["byte order mark"], "the body begins with a byte order mark"),
    "JSON in a text": ({"written": lambda answer: json.dumps(json.dumps(answer))}, "a JSON text that holds"),
    "numbers as texts": (HABITS["numbers as texts"], "due_fen should be a number without a fraction"),
    "whole fractions": (HABITS["whole fractions"], "due_fen should be a number without a fraction"),
    "session as number": (HABITS["number of the session"], "session should be a text"),
    "another status": ({"status": 201}, "its status is 201; the description says 200"),
    "short validity": ({"times": {"valid_until": ago(seconds=-50)}}, "less than a minute to pay"),
    "yuan for fen": ({}, "compare with your own screen: ¥10.50, here for 1 h 0 min"),
    "slow": ({"pause": 0.02}, "answers come within two seconds: the slowest took"),
}


@pytest.fixture
def hasty(monkeypatch):
    """Have the test wait less, and mind slowness sooner."""
    LIMITS.forget()
    monkeypatch.setattr(conformance, "SLOW_SECONDS", 0.01)
    monkeypatch.setattr(conformance, "LATER_SECONDS", 0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_broken_rule_is_named(serve, monkeypatch, mistake):
    habits, message = MISTAKES[mistake]
    shown = conform(serve(**habits), monkeypatch, lane="1")
    assert message in shown, shown
    assert "FAULT" in shown
    assert PLATE.text not in shown


@pytest.mark.usefixtures("hasty")
def test_dripping_answer_is_named(serve, monkeypatch):
    monkeypatch.setattr(answer_flaws, "READ_SECONDS", 1.0)
    shown = conform(serve(piece=1, pause=0.05), monkeypatch)
    assert "FAULT an absent car is absent: there was no usable answer; no whole answer within 1 s" in shown


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("habit", sorted(REMARKS))
def test_unusual_habit_is_remarked(serve, monkeypatch, habit):
    habits, message = REMARKS[habit]
    shown = conform(serve(**habits), monkeypatch)
    assert message in shown, shown
    assert "FAULT" not in shown, shown


def test_unknown_lot_is_named(serve):
    system = serve().system()
    system.link = Link(system.link.base_url, "L2", system.link.zone, secrets=system.link.secrets)
    assert ask(system) == Unreachable("lot_unknown")


def test_empty_list_may_be_null(serve):
    system = serve(**lists(empty=None)).system()
    assert system.paid_list(now() - timedelta(days=1), now()) == []


def test_optional_requests_may_be_absent(serve):
    system = serve().system()
    assert system.paid_list(now() - timedelta(days=1), now()) == Unreachable("not_offered")
    coupon = SystemCoupon("PC1", "amount", 100, "券", "店", "1")
    assert system.give_coupon(coupon, session="7001", is_repeat=False) == CouponRefused()


def test_example_of_a_signature_is_right():
    page = (Path(__file__).resolve().parents[3] / "docs/systems-for-vendors.md").read_text()
    body = b'{"lot":"east"}'
    assert sign("change-me", "POST", "/charge", "1767571200", "0123456789abcdef", body) in page
