"""What a notice must be before a word of it is believed: no network here, only bytes."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transport import Reply
from payments.providers.contract import NoticeRefused, Outcome
from payments.providers.sandbox import SandboxProvider

KEY = b"k" * 32
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
ORDER = {
    "merchant": "sandbox",
    "number": "T" + "A" * 25,
    "state": "paid",
    "amount_fen": 1200,
    "currency": "CNY",
    "channel_number": "SB1",
    "paid_at": "2026-11-24T11:59:58+08:00",
}
BODY = json.dumps({"id": "n1", "type": "payment", "merchant": "sandbox", "order": ORDER}).encode()


class NoTransport:
    def send(self, *_: object) -> Reply:
        raise AssertionError("a notice never causes a call")


PROVIDER = SandboxProvider("http://127.0.0.1:1", KEY, transport=NoTransport())


def signed(body: bytes, what: str = "NOTICE", at: datetime = NOON, key: bytes = KEY) -> dict[str, str]:
    timestamp, nonce = str(int(at.timestamp())), "n" * 32
    text = f"{what}\n\n{timestamp}\n{nonce}\n".encode() + body
    return {
        "X-Sandbox-Timestamp": timestamp,
        "X-Sandbox-Nonce": nonce,
        "X-Sandbox-Signature": hmac.new(key, text, hashlib.sha256).hexdigest(),
    }


def test_genuine_notice_ignores_header_case() -> None:
    for change in (str.lower, str.upper, str.title):
        headers = {change(name): value for name, value in signed(BODY).items()}
        (statement,) = PROVIDER.read_notice(headers, BODY, NOON).statements
        assert (statement.outcome, statement.amount_fen) == (Outcome.PAID, 1200)
        assert statement.at == datetime(2026, 11, 24, 3, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_notice_within_five_minutes_is_accepted(seconds: int) -> None:
    assert PROVIDER.read_notice(signed(BODY), BODY, NOON + timedelta(seconds=seconds)).statements


@pytest.mark.parametrize("seconds", [-301, 301, 30 * 86400])
def test_notice_outside_time_window_is_refused(seconds: int) -> None:
    with pytest.raises(NoticeRefused):
        PROVIDER.read_notice(signed(BODY), BODY, NOON + timedelta(seconds=seconds))


BIG = BODY + b" " * (64 * 1024)
BAD = {
    "no headers": ({}, BODY),
    "changed body": (signed(BODY), BODY.replace(b"1200", b"1")),
    "other key": (signed(BODY, key=b"o" * 32), BODY),
    "a signed request": (signed(BODY, what="POST"), BODY),
    "a signed answer": (signed(BODY, what="ANSWER 200"), BODY),
    "signature not ASCII": (signed(BODY) | {"X-Sandbox-Signature": "é" * 64}, BODY),
    "timestamp not ASCII": (signed(BODY) | {"X-Sandbox-Timestamp": "１２３"}, BODY),
    "timestamp with a sign": (signed(BODY) | {"X-Sandbox-Timestamp": "+123"}, BODY),
    "nonce with a line feed": (signed(BODY) | {"X-Sandbox-Nonce": "n" * 31 + "\n"}, BODY),
    "too large": (signed(BIG), BIG),
    "not JSON": (signed(b"{"), b"{"),
    "not UTF-8": (signed(b"\xff"), b"\xff"),
    "not an object": (signed(b"[]"), b"[]"),
    "without its order": (signed(b'{"type":"payment"}'), b'{"type":"payment"}'),
    "nested too deep": (signed(b"[" * 60000), b"[" * 60000),
}


@pytest.mark.parametrize(("headers", "body"), BAD.values(), ids=BAD.keys())
def test_invalid_notice_is_refused_uniformly(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused) as refused:
        PROVIDER.read_notice(headers, body, NOON)
    assert (refused.value.answer.status, str(refused.value)) == (401, "notice refused")
    assert refused.value.__context__ is None


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=80), max_size=4), st.binary(max_size=200))
def test_arbitrary_notice_bytes_are_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        PROVIDER.read_notice(headers, body, NOON)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(ORDER)), JSON)
def test_odd_signed_field_is_handled(name: str, value: object) -> None:
    body = json.dumps({"type": "payment", "order": ORDER | {name: value}}).encode()
    try:
        (statement,) = PROVIDER.read_notice(signed(body), body, NOON).statements
    except NoticeRefused:
        return
    assert type(statement.amount_fen) is int
    assert statement.amount_fen > 0
