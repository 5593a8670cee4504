"""Answers that are no answer, for every vendor: never an absent car, never a counted payment, never an error.

Each is sent in place of an honest answer, with no network but a simulator on this machine.
"""

import json
from dataclasses import replace

import pytest

from core.transport import Reply
from lots.plates import parse
from lots.systems.answer_reading import CallFault, number_of_bill
from lots.systems.fault_texts import MEANINGS
from lots.systems.parking_system import Accepted, Charge, NothingDue, SessionGone, TryAgain, Unreachable
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.lots.systems.test_tampered_answers import Replay, paths, put, unsigned  # noqa: F401 - a fixture
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

CODES = {"status", "resultCode", "resCode", "code", "errorCode", "state", "result_code", "result", "retCode"}
NO_ANSWERS = [
    b"",
    b"ok",
    b"true",
    b"\x00" * 40,
    b"<!doctype html><title>502 Bad Gateway</title>",
    "<html><body>系统维护中</body></html>".encode("gbk"),
    b"{}",
    b'{"error":"Bad Gateway"}',
    b'{"timestamp":1764201600000,"status":404,"error":"Not Found","path":"/"}',
    '{"success":false,"code":500,"msg":"系统异常","data":null}'.encode(),
    b'{"code":401,"message":"token expired"}',
    b'{"errcode":-1,"errmsg":"busy"}',
    b'{"data":null}',
    b'{"data":{}}',
    b'{"data":[]}',
    b'{"result":null,"state":null,"status":null,"resultCode":null,"code":null,"errorCode":null}',
    b'{"data":{"state":0,"errmsg":"' + "车场不存在".encode() + b'"}}',
    b'{"data":{"state":0,"message":"' + "签名错误".encode() + b'"}}',
    b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    b'{"padding":"' + b"x" * 10_000_000 + b'"}',
    '{"code":"0","data":{}}'.encode("utf-16"),
]
NO_AMOUNTS = [
    *("-1", -1, "-0.01", -0.01, "1.005", 1.005, "0.001", 1e-3, 10**9, "1000000000", 10**30, 1e308),
    *("NaN", "Infinity", "1e3", "0x10", "１２", "¥12.50", "12.50元", "12,50", "1 2", "+12", "", None),
    *(True, [], {}, [1050], {"fen": 1050}),
]


class Fixed:
    """Answers every call with one body."""

    def __init__(self, body):
        self.body = body

    def send(self, *_):
        return Reply(200, {}, self.body)


class Parked:
    """A car at a simulator that owes 10.50, its charge, and what the system answers to a changed body."""

    def __init__(self, name):
        self.vendor = vendor_named(name)
        self.car = self.vendor.simulator.park.enter(PLATE.text, 1050)
        self.system = self.vendor.system()
        self.charge = ask(self.system)
        assert self.charge.due_fen == 1050

    def settle(self):
        return self.system.settle(settlement_of(self.charge))

    def replaying(self, act):
        """Record the honest answers to an act; return them as places and JSON."""
        self.replay = self.system.transport = Replay()
        act()
        return [(place, json.loads(reply.body)) for place, reply in enumerate(self.replay.replies)]

    def changed(self, act, place, text):
        self.replay.place, self.replay.changed = 0, (place, text)
        return act()

    def asked(self):
        return ask(self.system)


@pytest.fixture
def parked(request):
    found = Parked(request.param)
    yield found
    found.vendor.simulator.clear()


each_parked = pytest.mark.parametrize("parked", every_vendor.args[1], indirect=True)


def is_a_fault(answer):
    return isinstance(answer, Unreachable | TryAgain) and answer.fault in MEANINGS


def without(value, path):
    """Return a copy of a JSON value without the field at this path."""
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    kept = [each for place, each in enumerate(parent) if place != path[-1]]
    smaller = {k: v for k, v in parent.items() if k != path[-1]} if isinstance(parent, dict) else kept
    return put(value, path[:-1], smaller)


@pytest.mark.usefixtures("unsigned")
@each_parked
@pytest.mark.parametrize("body", NO_ANSWERS, ids=lambda body: repr(body[:24]))
def test_no_answer_is_a_fault(parked, body):
    parked.system.transport = Fixed(body)
    assert is_a_fault(parked.asked()), parked.asked()
    assert is_a_fault(parked.settle()), parked.settle()


@pytest.mark.usefixtures("unsigned")
@each_parked
def test_cut_answer_is_a_fault(parked):
    for act in (parked.asked, parked.settle):
        for place, honest in parked.replaying(act):
            text = json.dumps(honest, ensure_ascii=False)
            for length in range(0, len(text), 5):
                assert is_a_fault(parked.changed(act, place, text[:length])), text[:length]


@pytest.mark.usefixtures("unsigned")
@each_parked
def test_missing_field_is_no_absent_car(parked):
    for place, honest in parked.replaying(parked.asked):
        for path in paths(honest):
            if isinstance(path[-1], int):
                continue  # an empty list is how 科拓 answers for a car that is not inside
            for changed in (without(honest, path), put(honest, path, None), put(honest, path, "")):
                if path == ("data",) and "data" in changed:
                    continue  # so is an empty object of others
                answer = parked.changed(parked.asked, place, json.dumps(changed))
                assert is_a_fault(answer) or (isinstance(answer, Charge) and answer.due_fen == 1050), changed


def test_bill_without_number_is_a_fault():
    assert number_of_bill({"orderNo": "B1", "payable": 5}, "orderNo") == "B1"
    for nothing in ({}, {"orderNo": None}, {"orderNo": "", "plateNo": "", "details": []}):
        assert number_of_bill(nothing, "orderNo") == ""
    for bill in ({"payable": 0}, {"orderNo": None, "payable": 1050}, {"plateNo": "沪A12345"}):
        with pytest.raises(CallFault):
            number_of_bill(bill, "orderNo")


@pytest.mark.usefixtures("unsigned")
@each_parked
@pytest.mark.parametrize("nothing", ["null", "0", 0, "undefined", "-1", "00000000"])
def test_no_number_names_no_car(parked, nothing):
    """It would be the same for every car, and the payment for one would count for the next."""
    for place, honest in parked.replaying(parked.asked):
        for path in paths(honest):
            answer = parked.changed(parked.asked, place, json.dumps(put(honest, path, nothing)))
            if isinstance(answer, Charge):
                assert str(nothing) not in {answer.reference, answer.session}, path


@pytest.mark.usefixtures("unsigned")
@each_parked
@pytest.mark.parametrize("code", [777, "777", -777, "abc", 999_999])
def test_unknown_code_is_never_an_outcome(parked, code):
    for act in (parked.asked, parked.settle):
        for place, honest in parked.replaying(act):
            for path in paths(honest):
                if path[-1] in CODES:
                    answer = parked.changed(act, place, json.dumps(put(honest, path, code)))
                    assert is_a_fault(answer), (path, answer)


@pytest.mark.usefixtures("unsigned")
@each_parked
def test_missing_field_refunds_nothing(parked):
    for place, honest in parked.replaying(parked.settle):
        for path in paths(honest):
            answer = parked.changed(parked.settle, place, json.dumps(without(honest, path)))
            assert isinstance(answer, Accepted) or is_a_fault(answer), (path, answer)


@each_parked
@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
def test_impossible_amount_is_a_fault(parked, value):
    parked.vendor.simulator.fault("wrong_amount", value=value)
    assert is_a_fault(parked.asked()), parked.asked()


@each_parked
def test_amount_in_any_notation_is_exact(parked):
    yuan = [10.5, "10.5", "10.50", "10.500"]
    for value in [1050, "1050"] if parked.vendor.simulator.is_in_fen else yuan:
        parked.vendor.simulator.fault("wrong_amount", value=value)
        assert parked.asked().due_fen == 1050


@each_parked
@pytest.mark.parametrize("seconds", [-600, 600])
def test_other_clock_is_named(parked, seconds):
    paid = settlement_of(parked.charge)
    parked.vendor.simulator.fault("wrong_clock", seconds=seconds)
    answer, settled = parked.asked(), parked.system.settle(paid)
    assert answer == Unreachable("clock") or answer.due_fen == 1050
    assert settled == TryAgain("clock") or isinstance(settled, Accepted)
    parked.vendor.simulator.clear()
    assert isinstance(parked.system.settle(paid), Accepted)
    assert parked.car.paid_fen == 1050


@each_parked
def test_replayed_answer_is_for_no_other_car(parked):
    """The older 海康 platform names no plate in a bill: only its tunnel keeps answers apart."""
    parked.replaying(parked.asked)
    parked.replay.place = 0
    answer = ask(parked.system, parse("沪B54321"))
    assert is_a_fault(answer) or parked.vendor.kind == "hikvision8700"


@each_parked
def test_refused_repeat_refunds_nothing(parked):
    """A payment that is counted already, and whose repeat is refused, is not given back by itself."""
    paid = settlement_of(parked.charge)
    assert isinstance(parked.system.settle(paid), Accepted)
    parked.vendor.simulator.fault("offline")
    assert not isinstance(parked.system.settle(paid), SessionGone | NothingDue)
    parked.vendor.simulator.clear()
    again = parked.system.settle(replace(paid, coupon=None))
    assert not isinstance(again, SessionGone)
