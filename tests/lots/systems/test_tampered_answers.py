"""Answers that lie or are malformed, in every field of every vendor: a clear fault, never a broken page."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import now

from core.transport import Reply
from lots.systems import bolian, generic, pcloud
from lots.systems.answer_reading import (
    MAX_FEN,
    CallFault,
    check_plate,
    fen_of,
    fen_of_yuan,
    iso_time_of,
    number_of,
    read_json,
    text_of,
    time_of,
)
from lots.systems.fault_texts import MEANINGS
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    NothingDue,
    SessionGone,
    TryAgain,
    Unreachable,
)
from lots.systems.remote import MOST_OFFSET, _offset_of, shared_transport
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

HOSTILE = [
    "-1",
    "-0.01",
    "0.001",
    "1000000000",
    "99999999999999999999",
    "1e999999999",
    "1E-999999999",
    "1" * 400,
    '"--5"',
    '"-"',
    '"1_000"',
    '" 12.5"',
    '"１２"',
    '"1e3"',
    '"NaN"',
    '"Infinity"',
    '"999999999999999"',
    '"00010101000000"',
    '"99991231235959"',
    '"0001-01-01 00:00:00"',
    '"9999-12-31 23:59:59"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-12:00"',
    '"\\ud800"',
    '"沪A12345"',
    '"' + "x" * 300 + '"',
    '"\\u0000"',
    '"S1\\u00001"',
    "true",
    "null",
    '""',
    "[]",
    "{}",
    "[[]]",
    '[{"a":1},{"b":2}]',
    '"[1"',
    '"{"',
]


@dataclass
class Replay:
    """Sends the calls of one question for real once, then answers from memory, one field changed."""

    replies: list[Reply] = field(default_factory=list)
    changed: tuple[int, str] = (-1, "")
    place: int = -1

    def send(self, method, url, headers, body):
        if self.place < 0:
            reply = shared_transport().send(method, url, headers, body)
            self.replies.append(reply)
            return reply
        self.place += 1
        reply = self.replies[min(self.place, len(self.replies)) - 1]
        if self.changed[0] != self.place - 1:
            return reply
        return Reply(reply.status, reply.headers, self.changed[1].encode("utf-8", "surrogatepass"))


def variants(body):
    """Yield the answer with each of its values replaced by each hostile one, as text."""
    honest = json.loads(body)
    for path in paths(honest):
        for value in HOSTILE:
            yield json.dumps(put(honest, path, "@@"), ensure_ascii=False).replace('"@@"', value)


def paths(value, before=()):
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield (*before, key)
            yield from paths(inner, (*before, key))


def put(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


@pytest.fixture
def unsigned(monkeypatch):
    """The answers of some vendors are signed; a vendor that lies signs its lies."""
    monkeypatch.setattr(bolian, "_signed_part", lambda body, _: body)
    monkeypatch.setattr(generic, "_verify", lambda *_: None)
    monkeypatch.setattr(pcloud.hmac, "compare_digest", lambda *_: True)


@pytest.mark.usefixtures("unsigned")
def test_no_field_breaks_a_question(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    assert ask(system).due_fen == 1050  # a login is done
    replay = system.transport = Replay()
    assert ask(system).due_fen == 1050
    for place, reply in enumerate(list(replay.replies)):
        for text in variants(reply.body):
            replay.place, replay.changed = 0, (place, text)
            check_answer(ask(system), text)


def check_answer(answer, text):
    if isinstance(answer, Charge):
        assert 0 < answer.due_fen <= answer.price_fen <= MAX_FEN, text
        assert sum(line.fen for line in answer.lines) == answer.price_fen, text
        assert answer.until < answer.valid_until, text
        assert answer.reference.isascii(), text
        assert answer.session.isascii(), text
        assert answer.entered_at is None or answer.entered_at <= answer.until, text
    else:
        assert isinstance(answer, NothingDue | Unreachable), text
        assert not isinstance(answer, Unreachable) or answer.fault in MEANINGS, text


@pytest.mark.usefixtures("unsigned")
def test_no_field_breaks_a_settlement(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    replay = system.transport = Replay()
    assert isinstance(system.settle(paid), Accepted)
    for place, reply in enumerate(list(replay.replies)):
        for text in variants(reply.body):
            replay.place, replay.changed = 0, (place, text)
            answer = system.settle(paid)
            assert isinstance(answer, Accepted | SessionGone | TryAgain), text
            assert not isinstance(answer, TryAgain) or answer.fault in MEANINGS, text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b'"\\"twice\\""',
        b"\xff\xfe{\x00}\x00",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e99999999999999999999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"a":1}{"b":2}',
    ],
)
def test_malformed_answer_is_a_fault(body):
    with pytest.raises(CallFault) as fault:
        read_json(body)
    assert fault.value.code == "malformed"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_text_in_any_encoding_is_read(encoding):
    assert read_json('{"name":"浦江广场","due":12.50}'.encode(encoding)) == {
        "name": "浦江广场",
        "due": Decimal("12.50"),
    }


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        *[("12.50", 1250), ("0", 0), (0, 0), (3, 300), (Decimal("12.5"), 1250), ("0.10", 10), ("3.000", 300)],
        *[(Decimal("12.600000000000001"), 1260), (Decimal("0.30000000000000004"), 30)],  # binary fractions
        (Decimal("12.299999999999999"), 1230),
    ],
)
def test_yuan_is_read_exactly(value, fen):
    assert fen_of_yuan({"due": value}, "due") == fen


@pytest.mark.parametrize(
    "value",
    [
        *(
            -1,
            "-0.01",
            "0.001",
            "1e2",
            " 1",
            "１",
            "1_0",
            "1,000.00",
            "¥5",
            "0x5",
            "",
            None,
            True,
            [],
            100_001,
        ),
        *(Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999"), Decimal("1e-999"), 10**30),
        *("12.600000000000001", Decimal("12.6001"), Decimal("0.00000000000000001")),
    ],
)
def test_other_yuan_is_refused(value):
    with pytest.raises(CallFault):
        fen_of_yuan({"due": value}, "due")


@pytest.mark.parametrize("value", [1250, "1250", Decimal("1250.0")])
def test_fen_are_whole(value):
    assert fen_of({"due": value}, "due") == 1250


@pytest.mark.parametrize("value", ["--5", "-", "1250.5", Decimal("1250.5"), "12 50", "٣", 10**16, True])
def test_other_numbers_are_refused(value):
    with pytest.raises(CallFault):
        number_of({"due": value}, "due")


@pytest.mark.parametrize("text", ["\0", "S1\0", "\ud800", "x" * 201])
def test_unstorable_text_is_refused(text):
    with pytest.raises(CallFault):
        text_of({"session": text}, "session")


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        ("Fri, 31 Dec 9999 23:59:59 GMT", MOST_OFFSET),
        ("Thu, 01 Jan 1970 00:00:00 GMT", -MOST_OFFSET),
        ("Thu, 01 Jan 1970 00:00:00 -0000", None),
        ("Thu, 01 Jan 1970 00:00:00 +99999999999999999999", None),
        ("99999999999999999999", None),
        ("", None),
    ],
)
def test_offset_of_any_clock_can_be_stored(date, offset):
    assert _offset_of(date) == offset


@pytest.mark.parametrize("text", ["00010101000000", "20261301000000", "later", "20260230000000"])
def test_impossible_time_is_refused(text):
    with pytest.raises(CallFault):
        time_of({"at": text}, "at", "%Y%m%d%H%M%S", vendor_named("aike").link().zone)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00", "soon"])
def test_impossible_iso_time_is_refused(text):
    with pytest.raises(CallFault):
        iso_time_of({"at": text}, "at")


@pytest.mark.parametrize("spelling", ["沪A12345", "沪-A12345", "A12345", "a12345", ""])
def test_plate_spellings_are_accepted(spelling):
    check_plate({"plate": spelling}, "plate", PLATE)


@pytest.mark.parametrize("other", ["沪A12346", "苏A12345", "2345", "沪AD12345"])
def test_bill_of_another_car_is_refused(other):
    with pytest.raises(CallFault) as fault:
        check_plate({"plate": other}, "plate", PLATE)
    assert fault.value.code == "needs_a_choice"


def test_bill_in_another_currency_is_refused(monkeypatch):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 1050)
    fee = vendor.simulator.charge
    for currency, is_read in (("CNY", True), ("USD", False), ("HKD", False)):
        monkeypatch.setattr(vendor.simulator, "charge", lambda body, c=currency: {**fee(body), "currency": c})
        assert isinstance(ask(vendor.system()), Charge) == is_read


@pytest.mark.parametrize(("minutes", "is_read"), [(-1, False), (0, False), (2, True), (60 * 24 * 365, True)])
def test_expired_charge_is_no_charge(monkeypatch, minutes, is_read):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 1050)
    fee, until = vendor.simulator.charge, (now() + timedelta(minutes=minutes)).isoformat()
    monkeypatch.setattr(vendor.simulator, "charge", lambda body: {**fee(body), "valid_until": until})
    answer = ask(vendor.system())
    assert (
        answer.valid_until <= now() + timedelta(minutes=5)
        if is_read
        else answer == Unreachable("charge_too_old")
    )


@pytest.mark.parametrize("name", ["keytop", "jieshun", "hikvision8700"])
def test_two_bills_name_one_session(name):
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE.text, 1050)
    first, second = ask(vendor.system()), ask(vendor.system())
    assert first.session == second.session
    assert "12345" not in first.session
    vendor.simulator.park.leave(PLATE.text)
    vendor.simulator.park.enter(PLATE.text, 1050, minutes=30)
    assert ask(vendor.system()).session != first.session


def test_status_of_success_hides_no_fault(monkeypatch):
    vendor = vendor_named("aike")
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    for code, fault in ((902, "lot_offline"), (906, "bill_refused")):
        body = json.dumps({"status": 1, "resultCode": code, "data": None}).encode()
        monkeypatch.setattr(system, "post", lambda *_, body=body, **__: Reply(200, {}, body))
        assert system.charge(ChargeQuery(now(), plate=PLATE)) == Unreachable(fault)
        assert system.settle(paid) == TryAgain(fault)
