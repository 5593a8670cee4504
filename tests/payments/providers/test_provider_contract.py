"""The contract of a provider, for each channel: its production client against the sandbox process.

What only one channel has stands in the folder of that channel.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.transport import OutcomeUnknown, PooledTransport
from payments.providers.contract import (
    Answer,
    NoticeRefused,
    Outcome,
    Provider,
    ProviderRefused,
    RefundOrder,
    Statement,
)
from payments.providers.wechat import WechatProvider
from tests.payments.providers.alipay.conftest import alipay_at
from tests.payments.providers.conftest import Merchant, new_number
from tests.payments.providers.wechat import known
from tests.payments.providers.wechat.conftest import wechat_settings
from tests.sandbox import NoticeSink, SandboxServer
from tests.waiting import wait_for


@dataclass(frozen=True)
class Channel:
    """How a channel names what all of them have."""

    name: str
    number_prefix: str  # of the channel's own order numbers
    refund_outcome: Outcome  # of a refund just accepted
    too_much: str  # reasons of refusals
    unpaid: str
    unknown: str
    start: str  # endpoints, for faults
    refund: str
    accept: Answer
    try_again: Answer
    refused: Answer


PLAIN = "text/plain"
WECHAT_FAIL = '{"code":"FAIL","message":"失败"}'.encode()
CHANNELS = {
    "wechat": Channel(
        name="wechat",
        number_prefix="4200",
        refund_outcome=Outcome.REFUND_PENDING,
        too_much="invalid_request",
        unpaid="invalid_request",
        unknown="resource_not_exists",
        start="POST /v3/pay/transactions/native",
        refund="POST /v3/refund/domestic/refunds",
        accept=Answer(204),
        try_again=Answer(503, WECHAT_FAIL),
        refused=Answer(401, WECHAT_FAIL),
    ),
    "alipay": Channel(
        name="alipay",
        number_prefix="2026",
        refund_outcome=Outcome.REFUND_DONE,
        too_much="reason_trade_refund_fee_err",
        unpaid="trade_status_error",
        unknown="order_not_found",
        start="alipay.trade.precreate",
        refund="alipay.trade.refund",
        accept=Answer(200, b"success", PLAIN),
        try_again=Answer(503, b"fail", PLAIN),
        refused=Answer(401, b"fail", PLAIN),
    ),
}


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest) -> Channel:
    return CHANNELS[request.param]


@pytest.fixture
def notice_sink(notice_sink: NoticeSink) -> NoticeSink:
    notice_sink.status, notice_sink.answer = 200, b"success"  # what both accept
    return notice_sink


@pytest.fixture
def merchant(
    channel: Channel, sandbox_server: SandboxServer, sandbox_keys: Path, transport: PooledTransport
) -> Merchant:
    url = sandbox_server.url
    if channel.name == "alipay":
        return Merchant(sandbox_server, alipay_at(url, sandbox_keys, transport))
    config = known.config(wechat_settings(url, sandbox_keys))
    return Merchant(sandbox_server, WechatProvider(config, transport=transport, bill_transport=transport))


def test_client_implements_provider(merchant: Merchant, channel: Channel) -> None:
    provider: Provider = merchant.provider
    order = merchant.paid()
    paid = provider.query(order.number)
    assert provider.name == channel.name
    assert (paid.provider, paid.merchant, paid.app) == (provider.name, provider.merchant, provider.app)
    assert provider.merchant
    assert provider.app
    assert provider.has_bills


# orders


def test_order_is_open_until_paid(merchant: Merchant, channel: Channel) -> None:
    order = merchant.opened()
    open_ = merchant.provider.query(order.number)
    assert (open_.outcome, open_.at) == (Outcome.OPEN, None)
    merchant.server.act(order.number, "pays")
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen, paid.currency) == (Outcome.PAID, 1200, "CNY")
    assert paid.provider_number.startswith(channel.number_prefix)
    assert paid.at is not None
    assert abs(datetime.now(UTC) - paid.at) < timedelta(minutes=1)


def test_repeated_order_returns_same_cashier(merchant: Merchant) -> None:
    order = merchant.order()
    assert merchant.start(order) == merchant.start(order)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": 1300},
        {"description": "other"},
        {"notify_url": "http://pay.example.test/other"},
        {"expires_at": datetime.now(UTC) + timedelta(hours=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_reused_number_with_changes_is_refused(merchant: Merchant, change: dict[str, Any]) -> None:
    order = merchant.opened()
    with pytest.raises(ProviderRefused) as refused:
        merchant.start(replace(order, **change))
    assert refused.value.reason == "invalid_request"


def test_paid_order_cannot_be_restarted(merchant: Merchant) -> None:
    order = merchant.paid()
    with pytest.raises(ProviderRefused, match="order_paid"):
        merchant.start(order)


def test_unknown_order_is_not_found(merchant: Merchant) -> None:
    number = new_number()
    for ask in (merchant.provider.query, merchant.provider.close):
        statement = ask(number)
        assert (statement.number, statement.outcome) == (number, Outcome.NOT_FOUND)


def test_closing_is_idempotent_and_final(merchant: Merchant) -> None:
    order = merchant.opened()
    cashier = merchant.cashier(order)
    for _ in range(2):
        assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    assert merchant.server.press(cashier, "pays")[0] == 409
    assert merchant.provider.query(order.number).outcome == Outcome.CLOSED
    with pytest.raises(ProviderRefused, match="order_closed"):
        merchant.start(order)


def test_closing_paid_order_returns_paid(merchant: Merchant) -> None:
    statement = merchant.provider.close(merchant.paid().number)
    assert (statement.outcome, statement.amount_fen) == (Outcome.PAID, 1200)
    assert statement.at is not None
    assert abs(datetime.now(UTC) - statement.at) < timedelta(minutes=1)


def test_order_closes_at_expiry(merchant: Merchant) -> None:
    order = merchant.order(seconds=2)
    merchant.start(order)
    merchant.server.act(order.number, "logs_in")
    wait_for(lambda: merchant.provider.query(order.number).outcome == Outcome.CLOSED)


def test_only_declined_payment_closes_order(merchant: Merchant) -> None:
    declined, abandoned = merchant.opened(), merchant.opened()
    merchant.server.act(declined.number, "refuses")
    merchant.server.act(abandoned.number, "abandons")
    assert merchant.provider.query(declined.number).outcome == Outcome.CLOSED
    assert merchant.provider.query(abandoned.number).outcome == Outcome.OPEN


def test_payment_can_arrive_after_closing(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("paid_after_close")
    assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    wait_for(lambda: merchant.provider.query(order.number).outcome == Outcome.PAID)
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


def test_coupon_does_not_change_amount(merchant: Merchant) -> None:
    merchant.server.fault("coupon", fen=300)
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    assert merchant.provider.query(order.number).amount_fen == 1200
    assert merchant.notices()[0].statements[0].amount_fen == 1200


# refunds


def refund_when_allowed(merchant: Merchant, refund: RefundOrder) -> Statement:
    """Repeat while the channel wants more time between two refunds of an order."""
    end = time.monotonic() + 5
    while True:
        try:
            return merchant.provider.refund(refund)
        except (OutcomeUnknown, ProviderRefused) as error:
            if isinstance(error, ProviderRefused) and not error.for_now:
                raise
            assert time.monotonic() < end, "the channel never took the refund"
            time.sleep(0.05)


def test_refund_is_accepted_then_done(merchant: Merchant, channel: Channel) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    accepted = merchant.provider.refund(refund)
    assert accepted.outcome == channel.refund_outcome
    assert (accepted.number, accepted.refund_number) == (order.number, refund.number)
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    found = merchant.provider.query_refund(refund)
    assert (found.number, found.refund_number, found.amount_fen) == (order.number, refund.number, 500)
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen) == (Outcome.PAID, 1200)
    assert found.provider_number == paid.provider_number
    (notified,) = [each for each in merchant.notices()[0].statements if each.refund_number]
    assert (notified.outcome, notified.number) == (Outcome.REFUND_DONE, order.number)
    assert notified.refund_number == refund.number


def test_order_tells_of_full_refund(merchant: Merchant) -> None:
    order = merchant.paid()
    assert not merchant.provider.query(order.number).is_refunded
    merchant.provider.refund(merchant.refund_of(order, order.amount_fen))
    wait_for(lambda: merchant.provider.query(order.number).is_refunded)
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


def test_repeated_refund_moves_money_once(merchant: Merchant) -> None:
    refund = merchant.refund_of(merchant.paid(), 1200)
    for _ in range(3):
        assert merchant.provider.refund(refund).refund_number == refund.number
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.refund(replace(refund, amount_fen=100))
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    assert merchant.provider.query_refund(refund).amount_fen == 1200


def test_refunds_cannot_exceed_payment(merchant: Merchant, channel: Channel) -> None:
    order = merchant.paid()
    with pytest.raises(ProviderRefused, match=channel.too_much):
        refund_when_allowed(merchant, merchant.refund_of(order, 1201))
    for amount in (500, 500, 200):
        refund_when_allowed(merchant, merchant.refund_of(order, amount))
    with pytest.raises(ProviderRefused, match=channel.too_much):
        refund_when_allowed(merchant, merchant.refund_of(order, 1))
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


def test_refund_without_funds_is_retryable(merchant: Merchant, channel: Channel) -> None:
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.server.fault("not_enough")
    with pytest.raises(ProviderRefused) as refused:
        merchant.provider.refund(refund)
    assert (refused.value.reason, refused.value.for_now) == ("not_enough", True)
    assert merchant.provider.refund(refund).outcome == channel.refund_outcome


def test_refund_of_unpaid_order_is_refused(merchant: Merchant, channel: Channel) -> None:
    unpaid = merchant.refund_of(merchant.opened(), 500)
    nowhere = merchant.refund_of(merchant.order(), 500)
    for refund, reason in ((unpaid, channel.unpaid), (nowhere, channel.unknown)):
        with pytest.raises(ProviderRefused, match=reason):
            merchant.provider.refund(refund)
        statement = merchant.provider.query_refund(refund)
        assert (statement.outcome, statement.refund_number) == (Outcome.NOT_FOUND, refund.number)


# unusable answers


UNSIGNED = {
    "wechat": ("bad_signature", "unsigned", "old_timestamp"),
    "alipay": ("bad_signature", "unsigned", "weak_signature"),
}
UNUSABLE: list[tuple[str, str, dict[str, Any]]] = [
    (name, fault, details)
    for name in CHANNELS
    for fault, details in (
        ("drop_answer", {}),
        ("delay", {"seconds": 1.5}),
        ("server_error", {}),
        ("huge_body", {}),
        *((fault, {}) for fault in UNSIGNED[name]),
    )
] + [("wechat", "other_serial", {}), ("alipay", "unknown_outcome", {})]


@pytest.mark.parametrize(
    ("channel", "fault", "details"),
    [
        *UNUSABLE,
        ("wechat", "answer_changed", {"fields": {"code_url": ""}}),
        ("alipay", "answer_changed", {"fields": {"qr_code": ""}}),
    ],
    indirect=["channel"],
)
def test_unusable_start_is_unknown_and_retryable(
    merchant: Merchant, channel: Channel, fault: str, details: dict[str, Any]
) -> None:
    order = merchant.order()
    merchant.server.fault(fault, on=channel.start, **details)
    with pytest.raises(OutcomeUnknown) as unknown:
        merchant.start(order)
    assert order.number not in str(unknown.value)
    assert unknown.value.__context__ is None
    assert merchant.start(order).qr
    merchant.server.act(order.number, "logs_in")
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


@pytest.mark.parametrize(
    ("channel", "fault", "details"),
    [
        *UNUSABLE,
        ("wechat", "answer_changed", {"fields": {"out_refund_no": "R" + "Z" * 25}}),
        ("alipay", "answer_changed", {"fields": {"out_trade_no": "OTHER"}}),
    ],
    indirect=["channel"],
)
def test_unusable_refund_is_unknown_and_retryable(
    merchant: Merchant, channel: Channel, fault: str, details: dict[str, Any]
) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    merchant.server.fault(fault, on=channel.refund, **details)
    with pytest.raises(OutcomeUnknown) as unknown:
        merchant.provider.refund(refund)
    assert order.number not in str(unknown.value)
    assert unknown.value.__context__ is None
    merchant.provider.refund(refund)
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)


@pytest.mark.parametrize(
    ("channel", "fault"),
    [(name, fault) for name, faults in UNSIGNED.items() for fault in faults],
    indirect=["channel"],
)
@pytest.mark.parametrize("call", ["query", "close", "refund", "query_refund"])
def test_unverified_answer_is_unknown(merchant: Merchant, call: str, fault: str) -> None:
    order = merchant.opened() if call == "close" else merchant.paid()
    refund = merchant.refund_of(order, 100)
    if call == "query_refund":
        merchant.provider.refund(refund)
    merchant.server.fault(fault, times=None)
    with pytest.raises(OutcomeUnknown):
        getattr(merchant.provider, call)(refund if "refund" in call else order.number)


def test_dropped_response_leaves_order_open(merchant: Merchant, channel: Channel) -> None:
    order = merchant.order()
    merchant.server.fault("drop_answer", on=channel.start)
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    merchant.server.act(order.number, "logs_in")
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


def test_rate_limit_refusal_is_temporary(merchant: Merchant) -> None:
    for call in (lambda: merchant.provider.query(new_number()), merchant.opened):
        merchant.server.fault("too_many")
        with pytest.raises(ProviderRefused) as refused:
            call()
        assert (refused.value.reason, refused.value.for_now) == ("frequency_limited", True)


# notices


def test_payment_notice_matches_query(merchant: Merchant, channel: Channel) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    (notice,) = merchant.notices()
    assert notice.statements == (merchant.provider.query(order.number),)
    assert (notice.accept, notice.try_again) == (channel.accept, channel.try_again)


def test_late_payment_is_notified_later(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays_late")
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


def test_lost_notice_is_found_by_query(merchant: Merchant) -> None:
    lost, notified = merchant.paid(), merchant.opened()
    merchant.server.act(notified.number, "pays")
    assert [notice.statements[0].number for notice in merchant.notices()] == [notified.number]
    assert merchant.provider.query(lost.number).outcome == Outcome.PAID


def test_repeated_notices_are_identical(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "repeats_notice")
    first, second, third = merchant.notices(3)
    assert first == second == third
    assert first.statements[0].number == order.number


def test_notice_can_arrive_before_response(merchant: Merchant, channel: Channel) -> None:
    order = merchant.order()
    merchant.server.fault("notice_early")
    merchant.server.fault("drop_answer", on=channel.start)
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    assert merchant.notices()[0].statements[0].number == order.number


def test_refund_notice_can_precede_payment_notice(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_reordered")
    merchant.server.act(order.number, "pays")
    merchant.provider.refund(merchant.refund_of(order, 500))
    first, second = merchant.notices(2)
    assert first.statements[-1].outcome == Outcome.REFUND_DONE
    assert [each.outcome for each in second.statements] == [Outcome.PAID]


def test_notice_amount_is_reported_unchanged(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed")
    merchant.server.act(order.number, "pays")
    assert merchant.notices()[0].statements[0].amount_fen == 1201


@pytest.mark.parametrize(
    ("channel", "fault"),
    [
        *((name, fault) for name in CHANNELS for fault in ("notice_forged", "notice_stale")),
        ("alipay", "notice_weak"),
    ],
    indirect=["channel"],
)
def test_untrusted_notices_are_refused(merchant: Merchant, channel: Channel, fault: str) -> None:
    order = merchant.opened()
    merchant.server.fault(fault, times=None)  # a late retry of another test may take one
    merchant.server.act(order.number, "pays")
    with pytest.raises(NoticeRefused) as refused:
        merchant.notices()
    assert refused.value.answer == channel.refused
    assert refused.value.__context__ is None
