"""What an answer must be before a word of it is believed: no network here, only bytes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given
from hypothesis import strategies as st

from core.transport import OutcomeUnknown, Reply
from payments.providers.contract import Order, Outcome, Payer, ProviderRefused, RefundOrder, Scene
from tests.payments.providers.alipay.made import (
    APP,
    NOON,
    NUMBER,
    REFUND_NUMBER,
    SELLER,
    STRANGERS,
    TRADE_NO,
    Says,
    answer,
    provider,
)

QUERY = "alipay_trade_query_response"
PAID = {
    "code": "10000",
    "msg": "Success",
    "buyer_logon_id": "138****0000",
    "buyer_user_id": "2088CANARYBUYER",
    "fund_bill_list": [{"fund_channel": "CANARYBANK"}],
    "store_name": "CANARYSTORE",
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.00",
    "buyer_pay_amount": "11.00",
    "send_pay_date": "2026-11-24 11:59:58",
}
REFUND = RefundOrder(REFUND_NUMBER, NUMBER, 500, 1200, "https://pay.example.test/n")


def query(body: bytes, status: int = 200) -> Any:
    return provider(Says(body, status)).query(NUMBER)


def test_paid_trade_omits_buyer_data() -> None:
    statement = query(answer(QUERY, PAID))
    assert (statement.outcome, statement.amount_fen, statement.currency) == (Outcome.PAID, 1200, "CNY")
    assert (statement.provider, statement.merchant, statement.app) == ("alipay", SELLER, APP)
    assert (statement.number, statement.provider_number) == (NUMBER, TRADE_NO)
    assert statement.at == NOON - timedelta(seconds=2)
    assert "CANARY" not in repr(statement)
    assert "138*" not in repr(statement)


STATUSES = [
    ({"trade_status": "WAIT_BUYER_PAY", "send_pay_date": None}, Outcome.OPEN),
    ({"trade_status": "TRADE_FINISHED"}, Outcome.PAID),
    ({"trade_status": "TRADE_CLOSED"}, Outcome.PAID),  # it was paid, and refunded in full
    ({"trade_status": "TRADE_CLOSED", "send_pay_date": None}, Outcome.CLOSED),
    ({"trade_status": "TRADE_CLOSED", "send_pay_date": ""}, Outcome.CLOSED),
]


class ThenPaid(Says):
    """A transport whose second answer is that the order is paid."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = super().send(method, url, headers, body)
        self.reply = Reply(200, {}, answer(QUERY, PAID))
        return reply


@pytest.mark.parametrize(
    "word", ["TRADE_STATUS_ERROR", "REASON_TRADE_STATUS_INVALID", "REASON_ILLEGAL_STATUS"]
)
def test_closing_a_paid_order_reports_payment(word: str) -> None:
    refusal = {"code": "40004", "sub_code": f"ACQ.{word}"}
    says = ThenPaid(answer("alipay_trade_close_response", refusal))
    assert provider(says).close(NUMBER).outcome == Outcome.PAID


@pytest.mark.parametrize(("change", "outcome"), STATUSES)
def test_closed_trade_depends_on_payment_date(change: dict[str, Any], outcome: Outcome) -> None:
    statement = query(answer(QUERY, PAID | change))
    assert statement.outcome == outcome
    assert (statement.at is None) == (outcome != Outcome.PAID)


INNER = json.dumps(PAID, ensure_ascii=False)
SIGNED_TEXTS = {
    "a brace in a string": json.dumps({"body": 'a } brace, a \\ and a " and {', **PAID}),
    "escaped slashes": json.dumps({"url": "https://a/b", **PAID}).replace("/", "\\/"),
    "odd spaces": " " + json.dumps(PAID, indent=3).replace("\n", "\r\n"),
    "escaped letters": json.dumps({"store": "停车场", **PAID}, ensure_ascii=True),
    "a float": INNER[:-1] + ', "rate": 0.10}',
}


@pytest.mark.parametrize("inner", SIGNED_TEXTS.values(), ids=SIGNED_TEXTS.keys())
def test_signature_covers_raw_characters(inner: str) -> None:
    assert query(answer(QUERY, inner.strip())).outcome == Outcome.PAID


@pytest.mark.parametrize(
    "wrap",
    [
        '{{"sign":"{sign}","{name}":{inner}}}',
        ' {{ "{name}" : {inner} ,\r\n"sign":"{sign}", "alipay_cert_sn":"1" }}\n',
    ],
)
def test_outer_member_order_is_irrelevant(wrap: str) -> None:
    assert query(answer(QUERY, PAID, wrap=wrap)).outcome == Outcome.PAID


def test_error_response_key_is_accepted() -> None:
    values = {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}
    assert query(answer("error_response", values)).outcome == Outcome.NOT_FOUND


GOOD = answer(QUERY, PAID)
UNTRUSTED_ANSWERS = {
    "changed": GOOD.replace(b'"12.00"', b'"1.00"'),
    "spaced": GOOD.replace(b'"code": ', b'"code":'),
    "another's key": answer(QUERY, PAID, key=STRANGERS),
    "SHA-1": answer(QUERY, PAID, kind=SHA1()),
    "unsigned": answer(QUERY, PAID, wrap='{{"{name}":{inner}}}'),
    "signature is no text": answer(QUERY, PAID, wrap='{{"{name}":{inner},"sign":1}}'),
    "another method": answer("alipay_trade_close_response", PAID),
    "both keys": answer(QUERY, PAID, wrap='{{"{name}":{inner},"error_response":{inner},"sign":"{sign}"}}'),
    "a key twice": answer(QUERY, PAID, wrap='{{"{name}":{{}},"{name}":{inner},"sign":"{sign}"}}'),
    "something after it": GOOD + b"{}",
    "cut": GOOD[:-1],
    "no object inside": answer(QUERY, "[]"),
    "no object": b"[]",
    "empty": b"",
    "a page": b"<html>busy</html>",
    "not UTF-8": b'{"a":"\xff"}',
    "nested too deep": b'{"a":' + b"[" * 60000,
    "another order": answer(QUERY, PAID | {"out_trade_no": "T" + "C" * 25}),
    "no status": answer(QUERY, PAID | {"trade_status": "TRADE_WON"}),
    "an amount that is a number": answer(QUERY, PAID | {"total_amount": 12}),
    "an odd amount": answer(QUERY, PAID | {"total_amount": "1e2"}),
    "an odd time": answer(QUERY, PAID | {"send_pay_date": "yesterday"}),
    "a path as trade number": answer(QUERY, PAID | {"trade_no": "../x"}),
    "code 20000": answer(QUERY, PAID | {"code": "20000", "sub_code": "isp.unknow-error"}),
    "code 10003": answer(QUERY, PAID | {"code": "10003"}),
    "no code": answer(QUERY, {key: value for key, value in PAID.items() if key != "code"}),
    "a code that is a number": answer(QUERY, PAID | {"code": 10000}),
    "a system error": answer(QUERY, {"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}),
    "a system error with a prefix": answer(QUERY, {"code": "40004", "sub_code": "aop.ACQ.SYSTEM_ERROR"}),
    "an unsigned no": answer(
        QUERY, {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, wrap='{{"{name}":{inner}}}'
    ),
}


@pytest.mark.parametrize("body", UNTRUSTED_ANSWERS.values(), ids=UNTRUSTED_ANSWERS.keys())
def test_untrusted_answer_is_unknown(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown) as unknown:
        query(body)
    assert NUMBER not in str(unknown.value)
    assert unknown.value.__context__ is None


@pytest.mark.parametrize("status", [302, 400, 500, 503])
def test_non_200_status_is_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        query(GOOD, status)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_answer_bytes_are_unknown(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        query(body)


@pytest.mark.parametrize(
    "change", [{"out_trade_no": "OTHER"}, {"qr_code": "javascript:alert(1)"}, {"qr_code": 1}]
)
def test_qr_code_must_match_order(change: dict[str, object]) -> None:
    values = {"code": "10000", "out_trade_no": NUMBER, "qr_code": "https://qr.alipay.com/bax1"}
    order = Order(
        NUMBER,
        1200,
        NOON + timedelta(minutes=5),
        "停车费",
        "https://a.example.test/n",
        "https://a.example.test/t",
    )
    key = "alipay_trade_precreate_response"
    assert provider(Says(answer(key, values))).start(order, Payer(Scene.SCREEN)).qr == values["qr_code"]
    with pytest.raises(OutcomeUnknown):
        provider(Says(answer(key, values | change))).start(order, Payer(Scene.SCREEN))


def test_unsigned_refusal_reports_error_code() -> None:
    values = {"code": "40002", "sub_code": "isv.invalid-app-id"}
    with pytest.raises(OutcomeUnknown, match=r"isv\.invalid-app-id"):
        query(answer("error_response", values, wrap='{{"{name}":{inner}}}'))
    with pytest.raises(OutcomeUnknown) as unknown:
        query(answer("error_response", {"sub_code": "a b\n" * 9}, wrap='{{"{name}":{inner}}}'))
    assert "\n" not in str(unknown.value)


REASONS = [
    ("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "not_enough", True),
    ("40004", "ACQ.TRADE_HAS_SUCCESS", "order_paid", False),
    ("40004", "ACQ.TRADE_HAS_CLOSE", "order_closed", False),
    ("40004", "ACQ.CONTEXT_INCONSISTENT", "invalid_request", False),
    ("40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR", "reason_trade_refund_fee_err", False),
    ("40002", "isv.invalid-signature", "invalid_signature", False),
    ("40005", "isv.app-call-limited", "frequency_limited", True),
    ("40005", "", "frequency_limited", True),
    ("40006", "isv.insufficient-isv-permissions", "insufficient_isv_permissions", False),
    ("40004", "", "code_40004", False),
]


@pytest.mark.parametrize(("code", "sub_code", "reason", "for_now"), REASONS)
def test_signed_refusal_carries_reason(code: str, sub_code: str, reason: str, for_now: bool) -> None:
    with pytest.raises(ProviderRefused) as refused:
        query(answer(QUERY, {"code": code, "sub_code": sub_code}))
    assert (refused.value.reason, refused.value.for_now) == (reason, for_now)


# refunds

REFUND_ANSWER = {
    "code": "10000",
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "refund_fee": "9.00",  # with an earlier refund of four yuan
    "buyer_user_id": "2088CANARYBUYER",
}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"fund_change": "Y"}, Outcome.REFUND_DONE),
        ({"fund_change": "N"}, Outcome.REFUND_PENDING),
        ({}, Outcome.REFUND_PENDING),
    ],
)
def test_refund_done_requires_fund_change(change: dict[str, str], outcome: Outcome) -> None:
    transport = Says(answer("alipay_trade_refund_response", REFUND_ANSWER | change))
    statement = provider(transport).refund(REFUND)
    assert (statement.outcome, statement.number, statement.refund_number) == (outcome, NUMBER, REFUND_NUMBER)
    assert statement.amount_fen is None, "refund_fee is the sum of all refunds, not this one"
    asked = _content(transport)
    assert asked == {"out_trade_no": NUMBER, "refund_amount": "5.00", "out_request_no": REFUND_NUMBER}


FOUND = {
    "code": "10000",
    "out_trade_no": NUMBER,
    "trade_no": TRADE_NO,
    "out_request_no": REFUND_NUMBER,
    "refund_status": "REFUND_SUCCESS",
    "refund_amount": "5.00",
    "total_amount": "12.00",
    "gmt_refund_pay": "2026-11-24 12:00:00",
}
_FOUND = "alipay_trade_fastpay_refund_query_response"


def test_completed_refund_has_own_amount() -> None:
    statement = provider(Says(answer(_FOUND, FOUND))).query_refund(REFUND)
    assert (statement.outcome, statement.amount_fen, statement.at) == (Outcome.REFUND_DONE, 500, NOON)


@pytest.mark.parametrize(
    "content",
    [
        {"code": "10000"},
        FOUND | {"refund_status": "REFUND_PROCESSING"},
        {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"},
    ],
)
def test_unfinished_refund_is_not_found(content: Mapping[str, str]) -> None:
    statement = provider(Says(answer(_FOUND, content))).query_refund(REFUND)
    assert (statement.outcome, statement.refund_number) == (Outcome.NOT_FOUND, REFUND_NUMBER)


def test_answer_for_other_refund_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        provider(Says(answer(_FOUND, FOUND | {"out_request_no": "OTHER"}))).query_refund(REFUND)


# the clock, and what is sent


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Tue, 24 Nov 2026 04:00:07 GMT", timedelta(seconds=7)),
        ("Tue, 24 Nov 2026 03:53:00 GMT", timedelta(minutes=-7)),
        ("soon", None),
        ("", None),
        ("Tue, 24 Nov 2026 04:00:07 -0000", None),
    ],
)
def test_clock_skew_comes_from_date_header(date: str, skew: timedelta | None) -> None:
    ours = provider(Says(GOOD, headers={"date": date}))
    assert ours.clock_skew is None
    ours.query(NUMBER)
    assert ours.clock_skew == skew


def test_request_url_omits_order_number() -> None:
    transport = Says(GOOD)
    provider(transport).query(NUMBER)
    ((method, url, body),) = transport.asked
    common = parse_qs(urlsplit(url).query)
    assert method == "POST"
    assert NUMBER not in url
    assert NUMBER in body.decode()
    assert common["timestamp"] == ["2026-11-24 12:00:00"]
    assert common["charset"] == ["utf-8"]


def _content(transport: Says) -> Any:
    ((_, _, body),) = transport.asked
    return json.loads(parse_qs(body.decode())["biz_content"][0])
