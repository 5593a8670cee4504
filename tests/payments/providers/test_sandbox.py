"""The contract of a provider, kept by the sandbox's client against the real sandbox process."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.transport import OutcomeUnknown, PooledTransport
from payments.providers.contract import NoticeRefused, Outcome, Provider, ProviderRefused
from payments.providers.sandbox import SandboxProvider
from tests.payments.providers.conftest import Merchant, new_number

WaitUntil = Callable[[Callable[[], bool]], None]
PERSONAL = ("oSANDBOXpayer", "138****", "SANDBOX_BANK", "SANDBOX BANK")


def test_client_implements_provider(merchant: Merchant) -> None:
    provider: Provider = merchant.provider
    assert (provider.name, provider.merchant, provider.app) == ("sandbox", "sandbox", "")


# orders


def test_order_is_open_until_paid(merchant: Merchant) -> None:
    order = merchant.opened()
    open_ = merchant.provider.query(order.number)
    assert (open_.outcome, open_.at, open_.provider_number) == (Outcome.OPEN, None, "")
    merchant.server.act(order.number, "pays")
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen, paid.currency) == (Outcome.PAID, 1200, "CNY")
    assert paid.provider_number.startswith("SB")
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
        {"return_url": "http://pay.example.test/other"},
        {"expires_at": datetime.now(UTC) + timedelta(hours=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_reused_number_with_changes_is_refused(merchant: Merchant, change: dict[str, object]) -> None:
    order = merchant.opened()
    with pytest.raises(ProviderRefused) as refused:
        merchant.start(replace(order, **change))  # type: ignore[arg-type]
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
    order = merchant.order()
    cashier = merchant.start(order).url
    for _ in range(2):
        assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    assert merchant.server.press(cashier, "pays")[0] == 409
    assert merchant.provider.query(order.number).outcome == Outcome.CLOSED


def test_closing_paid_order_returns_paid(merchant: Merchant) -> None:
    assert merchant.provider.close(merchant.paid().number).outcome == Outcome.PAID


def test_order_closes_at_expiry(merchant: Merchant, wait_until: WaitUntil) -> None:
    order = merchant.order(seconds=0.5)
    merchant.start(order)
    wait_until(lambda: merchant.provider.query(order.number).outcome == Outcome.CLOSED)


def test_only_declined_payment_closes_order(merchant: Merchant) -> None:
    refused, abandoned = merchant.opened(), merchant.opened()
    merchant.server.act(refused.number, "refuses")
    merchant.server.act(abandoned.number, "abandons")
    assert merchant.provider.query(refused.number).outcome == Outcome.CLOSED
    assert merchant.provider.query(abandoned.number).outcome == Outcome.OPEN


def test_payment_can_arrive_after_closing(merchant: Merchant, wait_until: WaitUntil) -> None:
    order = merchant.opened()
    merchant.server.fault("paid_after_close")
    assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    wait_until(lambda: merchant.provider.query(order.number).outcome == Outcome.PAID)
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


# refunds


def test_refund_is_pending_then_done(merchant: Merchant, wait_until: WaitUntil) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    pending = merchant.provider.refund(refund)
    assert (pending.outcome, pending.amount_fen, pending.refund_number) == (
        Outcome.REFUND_PENDING,
        500,
        refund.number,
    )
    wait_until(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    (statement,) = merchant.notices()[0].statements
    assert statement == merchant.provider.query_refund(refund)
    assert (statement.number, statement.refund_number) == (order.number, refund.number)
    assert statement.at is not None


def test_repeated_refund_moves_money_once(merchant: Merchant) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 1200)
    for _ in range(3):
        assert merchant.provider.refund(refund).refund_number == refund.number
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.refund(replace(refund, amount_fen=100))


def test_partial_refunds_cannot_exceed_payment(merchant: Merchant) -> None:
    order = merchant.paid()
    for amount in (500, 500, 200):
        merchant.provider.refund(merchant.refund_of(order, amount))
    with pytest.raises(ProviderRefused, match="refund_exceeds_payment"):
        merchant.provider.refund(merchant.refund_of(order, 1))
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("refund_abnormal", Outcome.REFUND_ABNORMAL), ("refund_failed", Outcome.REFUND_FAILED)],
)
def test_refund_can_fail_or_be_abnormal(
    merchant: Merchant, wait_until: WaitUntil, fault: str, outcome: Outcome
) -> None:
    merchant.server.fault(fault)
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.provider.refund(refund)
    wait_until(lambda: merchant.provider.query_refund(refund).outcome == outcome)
    assert merchant.notices()[0].statements[0].outcome == outcome


def test_refund_of_unpaid_order_is_refused(merchant: Merchant) -> None:
    unpaid = merchant.refund_of(merchant.opened(), 500)
    nowhere = merchant.refund_of(merchant.order(), 500)
    for refund, reason in ((unpaid, "order_not_paid"), (nowhere, "order_not_found")):
        with pytest.raises(ProviderRefused, match=reason):
            merchant.provider.refund(refund)
        statement = merchant.provider.query_refund(refund)
        assert (statement.outcome, statement.refund_number) == (Outcome.NOT_FOUND, refund.number)


# bad days


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("drop_answer", {}),
        ("delay", {"seconds": 1.5}),
        ("server_error", {}),
        ("bad_signature", {}),
        ("old_timestamp", {}),
        ("huge_body", {}),
    ],
)
def test_unusable_answer_is_unknown_and_retryable(
    merchant: Merchant, fault: str, details: dict[str, object]
) -> None:
    order = merchant.order()
    merchant.server.fault(fault, on="POST /orders", **details)
    with pytest.raises(OutcomeUnknown) as unknown:
        merchant.start(order)
    assert order.number not in str(unknown.value)
    assert unknown.value.__context__ is None
    assert merchant.start(order).url
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


@pytest.mark.parametrize("call", ["query", "close", "refund", "query_refund"])
def test_badly_signed_answers_are_unknown(merchant: Merchant, call: str) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 100)
    merchant.server.fault("bad_signature", times=None)
    with pytest.raises(OutcomeUnknown):
        getattr(merchant.provider, call)(refund if "refund" in call else order.number)


def test_dropped_response_leaves_order_open(merchant: Merchant) -> None:
    order = merchant.order()
    merchant.server.fault("drop_answer", on="POST /orders")
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


def test_rate_limited_call_is_refused(merchant: Merchant) -> None:
    merchant.server.fault("too_many")
    with pytest.raises(ProviderRefused, match="frequency_limited"):
        merchant.opened()


def test_wrong_key_makes_answer_unknown(merchant: Merchant, transport: PooledTransport) -> None:
    stranger = SandboxProvider(merchant.server.url, b"x" * 32, transport=transport)
    with pytest.raises(OutcomeUnknown):
        stranger.query(merchant.opened().number)


def test_wrong_clock_makes_answer_unknown(merchant: Merchant, transport: PooledTransport) -> None:
    slow = SandboxProvider(
        merchant.server.url,
        merchant.server.key,
        transport=transport,
        clock=lambda: datetime.now(UTC) - timedelta(seconds=310),
    )
    with pytest.raises(OutcomeUnknown):
        slow.query(merchant.opened().number)


def test_statement_names_configured_merchant(merchant: Merchant, transport: PooledTransport) -> None:
    mall = SandboxProvider(merchant.server.url, merchant.server.key, merchant="mall-2", transport=transport)
    order = Merchant(merchant.server, mall).paid()
    assert mall.query(order.number).merchant == "mall-2"


# notices


def test_payment_notice_matches_query(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    (notice,) = merchant.notices()
    assert notice.statements == (merchant.provider.query(order.number),)
    assert (notice.accept.status, notice.try_again.status) == (204, 503)


def test_late_payment_is_notified_later(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays_late")
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


def test_lost_notice_is_found_by_query(merchant: Merchant) -> None:
    lost, told = merchant.paid(), merchant.opened()
    merchant.server.act(told.number, "pays")
    assert [notice.statements[0].number for notice in merchant.notices()] == [told.number]
    assert merchant.provider.query(lost.number).outcome == Outcome.PAID


def test_repeated_notices_are_identical(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "repeats_notice")
    first, second, third = merchant.notices(3)
    assert first == second == third
    assert len({body for _, body in merchant.server.notices.received}) == 1


def test_notice_is_repeated_until_accepted(merchant: Merchant) -> None:
    merchant.server.notices.status = 503
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    merchant.server.notices.wait(2)
    merchant.server.notices.status = 204
    assert len({notice.statements for notice in merchant.notices(2)}) == 1


def test_notice_can_arrive_before_response(merchant: Merchant) -> None:
    order = merchant.order()
    merchant.server.fault("notice_early")
    merchant.server.fault("drop_answer", on="POST /orders")
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    assert merchant.notices()[0].statements[0].number == order.number


def test_refund_notice_can_precede_payment_notice(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_reordered")
    merchant.server.act(order.number, "pays")
    merchant.provider.refund(merchant.refund_of(order, 500))
    outcomes = [notice.statements[0].outcome for notice in merchant.notices(2)]
    assert outcomes == [Outcome.REFUND_DONE, Outcome.PAID]


def test_notice_amount_is_reported_unchanged(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed")
    merchant.server.act(order.number, "pays")
    assert merchant.notices()[0].statements[0].amount_fen == 1201


@pytest.mark.parametrize("fault", ["notice_forged", "notice_stale"])
def test_forged_and_stale_notices_are_refused(merchant: Merchant, fault: str) -> None:
    order = merchant.opened()
    merchant.server.fault(fault, times=None)  # another test's late retry may take one
    merchant.server.act(order.number, "pays")
    with pytest.raises(NoticeRefused) as refused:
        merchant.notices()
    assert (refused.value.answer.status, refused.value.answer.body) == (401, b'{"code":"FAIL"}')


def test_unknown_notice_type_yields_no_statements(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed", notice={"type": "coupon"})
    merchant.server.act(order.number, "pays")
    assert merchant.notices()[0].statements == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"amount_fen": 12.0},
        {"amount_fen": "1200"},
        {"amount_fen": True},
        {"amount_fen": -1200},
        {"amount_fen": None},
        {"state": "won"},
        {"state": ["paid"]},
        {"paid_at": "2026-11-24T08:00:00"},
        {"paid_at": "0001-01-01T00:00:00+14:00"},
        {"paid_at": 1},
        {"currency": "yuan"},
        {"channel_number": ""},
        {"number": {}},
    ],
    ids=str,
)
def test_damaged_signed_notice_is_refused(merchant: Merchant, fields: dict[str, object]) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed", fields=fields, times=None)  # a late retry may take one
    merchant.server.act(order.number, "pays")
    with pytest.raises(NoticeRefused) as refused:
        merchant.notices()
    assert refused.value.__context__ is None


def test_provider_leaks_no_payer_data(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    refund = merchant.refund_of(order, 500)
    said = [merchant.provider.query(order.number), merchant.provider.refund(refund), *merchant.notices(2)]
    sent = b"".join(body for _, body in merchant.server.notices.received).decode()
    for trace in PERSONAL:
        assert trace in sent, "the sandbox should tempt us"
        assert trace not in repr(said)
