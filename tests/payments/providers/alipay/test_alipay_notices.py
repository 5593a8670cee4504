"""What a notice must be before a word of it is believed: no network here, only bytes."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from hypothesis import given
from hypothesis import strategies as st

from payments.providers.contract import NoticeRefused, Outcome, Statement
from tests.payments.providers.alipay.made import (
    APP,
    NOON,
    NUMBER,
    OURS,
    PAID,
    REFUND_NUMBER,
    SELLER,
    STRANGERS,
    TRADE_NO,
    notice,
    provider,
)

PROVIDER = provider()
REFUNDED = PAID | {
    "refund_fee": "9.00",
    "gmt_refund": "2026-11-24 11:59:59.320",
    "out_biz_no": REFUND_NUMBER,
}


def read(body: bytes, at: datetime = NOON) -> tuple[Statement, ...]:
    return PROVIDER.read_notice({}, body, at).statements


def without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in names}


def test_genuine_notice_reports_paid_order() -> None:
    (statement,) = read(notice(PAID))
    assert statement == Statement(
        provider="alipay",
        merchant=SELLER,
        number=NUMBER,
        outcome=Outcome.PAID,
        app=APP,
        provider_number=TRADE_NO,
        amount_fen=1200,
        at=datetime(2026, 11, 24, 3, 59, 58, tzinfo=UTC),
    )


def test_notice_responses_match_alipay_protocol() -> None:
    answer = PROVIDER.read_notice({}, notice(PAID), NOON)
    assert (answer.accept.status, answer.accept.body) == (200, b"success")
    assert (answer.try_again.status, answer.try_again.body) == (503, b"fail")
    with pytest.raises(NoticeRefused) as refused:
        read(b"")
    assert (refused.value.answer.status, refused.value.answer.body) == (401, b"fail")


def test_partial_refund_notice_yields_both_statements() -> None:
    paid, refund = read(notice(REFUNDED))
    assert (paid,) == read(notice(PAID))
    assert (refund.outcome, refund.number, refund.refund_number) == (
        Outcome.REFUND_DONE,
        NUMBER,
        REFUND_NUMBER,
    )
    assert refund.amount_fen is None, "refund_fee is the sum of all refunds, not this one"
    assert refund.at == datetime(2026, 11, 24, 3, 59, 59, 320000, tzinfo=UTC)


CLOSED = PAID | {"trade_status": "TRADE_CLOSED"}
NOTICE_STATUSES = {
    "time-out": (without(CLOSED, "gmt_payment"), [Outcome.CLOSED]),
    "full refund": (REFUNDED | {"trade_status": "TRADE_CLOSED"}, [Outcome.PAID, Outcome.REFUND_DONE]),
    "full refund without its payment": (
        without(CLOSED | {"refund_fee": "12.00"}, "gmt_payment"),
        [Outcome.PAID, Outcome.REFUND_DONE],
    ),
    "closed, but it was paid": (CLOSED, [Outcome.PAID]),
    "finished": (PAID | {"trade_status": "TRADE_FINISHED"}, [Outcome.PAID]),
    "finished, with an old refund": (REFUNDED | {"trade_status": "TRADE_FINISHED"}, [Outcome.PAID]),
    "waiting": (without(PAID | {"trade_status": "WAIT_BUYER_PAY"}, "gmt_payment"), [Outcome.OPEN]),
    "refund of nothing": (PAID | {"refund_fee": "0.00"}, [Outcome.PAID]),
    "something else": (without(PAID, "trade_status"), []),
}


@pytest.mark.parametrize(("fields", "outcomes"), NOTICE_STATUSES.values(), ids=NOTICE_STATUSES.keys())
def test_notice_status_follows_money_movement(fields: dict[str, str], outcomes: list[Outcome]) -> None:
    statements = read(notice(fields))
    assert [statement.outcome for statement in statements] == outcomes
    assert all((each.at is None) for each in statements if each.outcome in {Outcome.CLOSED, Outcome.OPEN})


def test_merchant_portal_refund_uses_order_number() -> None:
    _, refund = read(notice(without(REFUNDED, "out_biz_no")))
    assert refund.refund_number == NUMBER


@pytest.mark.parametrize(
    ("name", "value"), [("seller_id", "2088000000000009"), ("app_id", "2021000000000009")]
)
def test_foreign_notice_is_reported_unchanged(name: str, value: str) -> None:
    """It may be money: `settle` compares it with the order, and keeps it for staff."""
    (statement,) = read(notice(PAID | {name: value}))
    assert value in {statement.merchant, statement.app}
    assert (statement.merchant, statement.app) != (SELLER, APP)


def test_wrong_amount_is_reported_unchanged() -> None:
    (statement,) = read(notice(PAID | {"total_amount": "0.01"}))
    assert statement.amount_fen == 1


def test_notice_omits_buyer_data() -> None:
    text = repr(PROVIDER.read_notice({}, notice(REFUNDED), NOON))
    for trace in ("CANARYBUYER", "canary-open-id", "138", "CANARYBANK", "Parking"):
        assert trace in notice(REFUNDED).decode(), "the notice should tempt us"
        assert trace not in text


@pytest.mark.parametrize("hours", [-48, 0, 25, 48])
def test_notice_within_retry_period_is_accepted(hours: int) -> None:
    sent_at = datetime(2026, 11, 24, 3, 59, 59, tzinfo=UTC)
    assert read(notice(PAID), sent_at + timedelta(hours=hours))


@pytest.mark.parametrize("days", [-3, 3, 365])
def test_notice_outside_time_window_is_refused(days: int) -> None:
    with pytest.raises(NoticeRefused):
        read(notice(PAID), NOON + timedelta(days=days))


GOOD = notice(PAID)
BAD = {
    "empty": b"",
    "unsigned": urlencode(PAID).encode(),
    "changed": GOOD.replace(b"total_amount=12.00", b"total_amount=1.00"),
    "a field more": GOOD + b"&refund_fee=12.00",
    "a field twice": GOOD + b"&total_amount=12.00",
    "a field less": GOOD.replace(b"version=1.0&", b""),
    "another's key": notice(PAID, key=STRANGERS),
    "our own key": notice(PAID, key=OURS),
    "SHA-1, and says so": notice(PAID, sign_type="RSA", kind=SHA1()),
    "SHA-1, and does not say so": notice(PAID, kind=SHA1()),
    "MD5": notice(PAID, sign_type="MD5", kind=MD5()),
    "sign_type was signed": notice({**PAID, "sign_type": "RSA2"}),
    "too large": notice(PAID | {"body": "x" * 70000}),
    "too many fields": notice(PAID | {f"f{at}": "1" for at in range(100)}),
    "JSON": b'{"trade_status":"TRADE_SUCCESS"}',
    "not ASCII": GOOD + "&é=1".encode(),
    "not UTF-8 inside": GOOD + b"&a=%ff",
    "no pairs": b"&&&",
    "without its time": notice(without(PAID, "notify_time")),
    "without its seller": notice(without(PAID, "seller_id")),
    "without its app": notice(without(PAID, "app_id")),
    "without its order": notice(without(PAID, "out_trade_no")),
    "without an amount": notice(without(PAID, "total_amount")),
    "an odd amount": notice(PAID | {"total_amount": "1e3"}),
    "a status we do not know": notice(PAID | {"trade_status": "TRADE_PENDING"}),
    "a time without a date": notice(PAID | {"gmt_payment": "11:59"}),
    "a number with a line feed": notice(PAID | {"out_trade_no": NUMBER + "\n"}),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_invalid_notice_is_refused_uniformly(body: bytes) -> None:
    with pytest.raises(NoticeRefused) as refused:
        read(body)
    assert (refused.value.answer.status, refused.value.answer.body) == (401, b"fail")
    assert str(refused.value) == "notice refused"
    assert refused.value.__context__ is None


def test_claimed_signature_type_is_ignored() -> None:
    assert read(notice(PAID, sign_type="MD5")) == read(notice(PAID))


@given(st.binary(max_size=300) | st.text("abc=&%+_1é", max_size=100).map(str.encode))
def test_arbitrary_notice_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        read(body)


@given(st.sampled_from(sorted(REFUNDED)), st.text(max_size=20))
def test_odd_signed_field_is_handled(name: str, value: str) -> None:
    try:
        statements = read(notice(REFUNDED | {name: value}))
    except NoticeRefused:
        return
    for statement in statements:
        assert statement.amount_fen is None or statement.amount_fen > 0
