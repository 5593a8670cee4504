"""What only one vendor's protocol has: 捷顺, P云, 泊链, 海康 and the open pair."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils.timezone import now

from lots.plates import parse
from lots.systems import bolian, jieshun, keytop, pcloud
from lots.systems.answer_reading import CallFault
from lots.systems.hikvision import artemis_signature
from lots.systems.parking_system import (
    Accepted,
    ChargeQuery,
    ClosesAutopay,
    ConfirmsNothing,
    Nothing,
    NothingDue,
    SessionGone,
    TryAgain,
    Unreachable,
)
from lots.systems.remote import shared_transport
from sandbox.systems.system_server import SystemAnswer
from tests.lots.systems.simulated import LANE, LANE_CODE, vendor_named
from tests.lots.systems.test_tampered_answers import Replay, paths, put, unsigned  # noqa: F401 - a fixture
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("code", "reason"),
    [(2, "absent"), (5, "permit"), (9, "paid"), (10, "free"), (11, "free"), (12, "free"), (13, "free")],
)
def test_jieshun_codes_of_no_charge(code, reason):
    vendor = vendor_named("jieshun")
    vendor.simulator.fault("no_charge", code=code)
    assert ask(vendor.system()) == NothingDue(Nothing(reason))


@pytest.mark.parametrize(("code", "fault"), [(1, "device_fault"), (6, "no_tariff"), (9999, "system_error")])
def test_jieshun_codes_of_faults(code, fault):
    vendor = vendor_named("jieshun")
    vendor.simulator.fault("no_charge", code=code)
    assert ask(vendor.system()) == Unreachable(fault)


def test_jieshun_plate_has_a_dash():
    assert jieshun.spelled(PLATE) == "沪-A12345"
    assert jieshun.spelled(parse("WJ12345")) == "WJ12345"


def test_jieshun_login_is_renewed():
    vendor = vendor_named("jieshun")
    vendor.simulator.park.enter(PLATE.text, 500)
    assert ask(vendor.system()).due_fen == 500
    vendor.simulator.tokens.clear()
    assert ask(vendor.system()).due_fen == 500


def test_jieshun_autopay_is_closed():
    vendor = vendor_named("jieshun")
    vendor.simulator.autopay.add(PLATE.text)
    system = vendor.system()
    assert isinstance(system, ClosesAutopay)
    assert system.close_autopay(PLATE, entered_at=now()) == Accepted()
    assert not vendor.simulator.autopay
    vendor.simulator.fault("no_answer")
    assert system.close_autopay(PLATE, entered_at=now()) == TryAgain("no_answer")


@pytest.mark.parametrize("name", ["pcloud", "generic", "bolian_lot"])
def test_forged_answer_is_refused(name):
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE.text, 500)
    paid = settlement_of(ask(vendor.system()))
    vendor.simulator.fault("forged")
    assert ask(vendor.system()) == Unreachable("bad_signature")
    assert vendor.system().settle(paid) == TryAgain("bad_signature")


def test_bolian_reads_its_open_interface():
    """The documentation's own example: base64, and the signature before what it covers."""
    body = bolian._unpacked(
        b"eyJzaWduIjoiNzQzM0M1NDZFOTEzOTkwNjJFNDhDRENBQ0VCOEE2MTUiLCJkYXRh"
        b"\r\nIjp7Im1lc3NhZ2UiOiLnrb7lkI3plJnor68iLCJzdGF0ZSI6MH19"
    )
    assert b'"state":0' in body
    with pytest.raises(CallFault, match="bad_signature"):
        bolian._signed_part(body, "another key")
    data = '{"comid":"kytest2020032501","union_id":"200279","car_number":"晋QQ1234","lock_status":1}'.encode()
    for text in (
        b'{"data":' + data + b',"sign":"4973765089F20FCFE45868796F81278A"}',
        b'{"sign":"4973765089f20fcfe45868796f81278a", "data": ' + data + b"}",
    ):
        assert bolian._signed_part(text, "MAVXUU3C2545G9K1") == data
    assert bolian._signed_part(b'{"state":1,"errmsg":"x"}', "MAVXUU3C2545G9K1") is None


@pytest.mark.parametrize("sign", ["x", "0" * 32, "4973765089F20FCFE45868796F81278A"])
def test_bolian_signature_must_be_right(monkeypatch, sign):
    vendor = vendor_named("bolian")
    vendor.simulator.park.enter(PLATE.text, 500)
    system, send = vendor.system(), shared_transport().send

    def signed(*request):
        reply = send(*request)
        return replace(reply, body=json.dumps(json.loads(reply.body) | {"sign": sign}).encode())

    monkeypatch.setattr(system, "transport", SimpleNamespace(send=signed))
    assert ask(system) == Unreachable("bad_signature")


def test_generic_clock_is_named():
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    vendor.simulator.fault("wrong_clock", seconds=290)
    assert ask(vendor.system()).due_fen == 500
    vendor.simulator.fault("wrong_clock", seconds=3600)
    assert ask(vendor.system()) == Unreachable("clock")


@pytest.mark.parametrize("module", [pcloud, keytop])
def test_json_values_are_signed_as_json(module):
    assert module._flat(True) == "true"
    assert module._flat([1, {"a": "停"}]) == '[1,{"a":"停"}]'
    assert (module._flat(5), module._flat(Decimal("10.50")), module._flat("x")) == ("5", "10.50", "x")


def test_pcloud_settlement_opens_the_lane():
    vendor = vendor_named("pcloud")
    vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    paid = settlement_of(ask(system), lane=LANE)
    assert system.settle(paid) == Accepted()
    assert f'"gate_id": "{LANE_CODE}"'.encode() in vendor.simulator.received[-1]


def test_bolian_refusal_refunds_only_a_lost_order(monkeypatch):
    refusal = SystemAnswer({"data": {"state": 0, "errmsg": "系统繁忙"}})
    for name in ("bolian", "bolian_lot"):
        vendor = vendor_named(name)
        vendor.simulator.park.enter(PLATE.text, 500)
        system = vendor.system()
        paid = settlement_of(ask(system))
        monkeypatch.setattr(vendor.simulator, "pay", lambda _: refusal)
        assert system.settle(paid) == TryAgain("bill_refused")
        vendor.simulator.park.leave(PLATE.text)
        assert system.settle(paid) == SessionGone()


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("未查询到在场订单", NothingDue(Nothing.ABSENT)),
        ("该车牌没有入场记录", NothingDue(Nothing.ABSENT)),
        ("order not found", NothingDue(Nothing.ABSENT)),
        ("签名错误", Unreachable("refused_us")),
        ("sign error", Unreachable("refused_us")),
        ("车场不存在", Unreachable("unknown_code")),
        ("系统异常", Unreachable("unknown_code")),
        ("x" * 300, Unreachable("unknown_code")),
    ],
)
def test_bolian_tells_failures_by_their_text(message, answer, monkeypatch):
    vendor = vendor_named("bolian")
    failed = SystemAnswer({"data": {"state": 0, "errmsg": message}})
    monkeypatch.setattr(vendor.simulator, "answer", lambda _: failed)
    assert ask(vendor.system()) == answer


def test_whole_plate_of_a_lane_is_masked(monkeypatch):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500).lane = LANE_CODE
    fee = vendor.simulator.charge
    for sent, shown in (
        (PLATE.text, PLATE.masked),
        ("沪A***45", "沪A***45"),
        ("王某", ""),
        ("王某 1380000", ""),
    ):
        monkeypatch.setattr(vendor.simulator, "charge", lambda body, s=sent: fee(body) | {"masked_plate": s})
        assert vendor.system().charge(ChargeQuery(now(), lane=LANE)).masked_plate == shown


@pytest.mark.parametrize(("minutes", "is_kept"), [(-1, False), (15, True), (60 * 24, True), (60 * 25, False)])
def test_impossible_deadline_is_dropped(monkeypatch, minutes, is_kept):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    paid = settlement_of(ask(system))
    leave_by = (now() + timedelta(minutes=minutes)).isoformat()
    answer = {"result": "accepted", "leave_by": leave_by}
    monkeypatch.setattr(vendor.simulator, "settle", lambda _: answer)
    assert (system.settle(paid).leave_by is not None) == is_kept


def test_bolian_waits_for_the_lot():
    """The cloud took the payment; as long as the order does not show as prepaid, it is asked again."""
    vendor = vendor_named("bolian")
    car = vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    paid = settlement_of(ask(system))
    car.price_fen = 900  # the order still owes something: the lot has not confirmed
    assert system.settle(paid) == TryAgain("waiting_for_lot")
    car.price_fen = 500
    assert system.settle(paid) == Accepted()
    assert car.paid_fen == 500


@pytest.mark.parametrize("name", ["hikvision", "hikvision8700"])
def test_hikvision_bill_of_zero_opens_the_barrier(name):
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 0)
    system = vendor.system()
    nothing = ask(system)
    assert isinstance(system, ConfirmsNothing)
    assert system.confirm_nothing(nothing) == Accepted()
    assert vendor.simulator.opened[-1] == car.session
    vendor.simulator.fault("no_answer")
    assert system.confirm_nothing(nothing) == TryAgain("no_answer")


def test_artemis_signature_is_stable():
    signed = artemis_signature("secret", "23456789", "/artemis/api/pms/v1/pay/quickPreBill")
    assert signed == artemis_signature("secret", "23456789", "/artemis/api/pms/v1/pay/quickPreBill")
    assert signed != artemis_signature("secret", "23456789", "/artemis/api/pms/v1/pay/receipt")


def test_only_some_systems_act_beyond_the_pair():
    names = ["aike", "generic", "pcloud", "keytop", "bolian"]
    assert not any(isinstance(vendor_named(name).system(), ClosesAutopay | ConfirmsNothing) for name in names)


@pytest.mark.parametrize("name", ["bolian", "bolian_lot"])
def test_bolian_refunds_departed_car(name, monkeypatch):
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    paid = settlement_of(ask(system))
    refusal = {"data": {"state": 0, "errmsg": "车辆已离场"}}
    monkeypatch.setattr(system, "call", lambda *_: refusal["data"])
    assert system.settle(paid) == SessionGone()
    assert ask(system) == NothingDue(Nothing.ABSENT)


def test_pcloud_failure_needs_no_signature(monkeypatch):
    vendor = vendor_named("pcloud")
    for code, fault in (("1500", "system_error"), ("1002", "bad_signature"), ("1001", "bad_signature")):
        failed = SystemAnswer({"result_code": code, "message": "系统异常"})
        monkeypatch.setattr(vendor.simulator, "answer", lambda _, answer=failed: answer)
        assert ask(vendor.system()) == Unreachable(fault)


@pytest.mark.parametrize("name", ["aike", "bolian", "generic", "hikvision", "keytop", "pcloud"])
@pytest.mark.parametrize("value", ["soon", "15.5", {}, [15]])
@pytest.mark.usefixtures("unsigned")
def test_unreadable_deadline_changes_nothing(name, value):
    """A car that owes nothing, and an accepted payment, are so without a time to leave by."""
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    assert isinstance(system.settle(settlement_of(ask(system))), Accepted)
    replay = system.transport = Replay()
    paid = ask(system)
    assert paid.reason is Nothing.PAID
    honest = json.loads(replay.replies[0].body)
    for path in paths(honest):
        if path[-1] in {"timeoutLength", "free_out_time", "leave_by", "delayTime", "buffer_time", "payTime"}:
            replay.place, replay.changed = 0, (0, json.dumps(put(honest, path, value)))
            assert isinstance(ask(system), NothingDue)


@pytest.mark.parametrize("name", ["hikvision", "hikvision8700"])
@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%S.000+08:00", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+0800", "milliseconds"]
)
def test_hikvision_entry_time_in_any_form(name, form):
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE.text, 500)
    system = vendor.system()
    entered = (now() - timedelta(hours=2)).replace(microsecond=0)
    ask(system)
    replay = system.transport = Replay()
    ask(system)
    text = entered.astimezone(system.link.zone).strftime(form)
    place = len(replay.replies) - 1
    bill = json.loads(replay.replies[place].body)
    changed = put(
        bill, ("data", "enterTime"), int(entered.timestamp() * 1000) if form == "milliseconds" else text
    )
    replay.place, replay.changed = 0, (place, json.dumps(changed))
    assert ask(system).entered_at == entered
