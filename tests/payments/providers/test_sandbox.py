"""The contract of a provider, kept by the sandbox's client against the real sandbox process."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payments.providers.base import NoticeRefused, Outcome, OutcomeUnknown, Provider, ProviderRefused
from payments.providers.sandbox import SandboxProvider
from payments.providers.transport import PooledTransport
from tests.payments.providers.conftest import Merchant, new_number

WaitUntil = Callable[[Callable[[], bool]], None]
PERSONAL = ("oSANDBOXpayer", "138****", "SANDBOX_BANK", "SANDBOX BANK")


def test_the_client_is_a_provider(merchant: Merchant) -> None:
    provider: Provider = merchant.provider
    assert (provider.name, provider.merchant, provider.app) == ("sandbox", "sandbox", "")


# orders


def test_an_order_is_open_until_it_is_paid(merchant: Merchant) -> None:
    order = merchant.opened()
    open_ = merchant.provider.query(order.number)
    assert (open_.outcome, open_.at, open_.provider_number) == (Outcome.OPEN, None, "")
    merchant.server.act(order.number, "pays")
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen, paid.currency) == (Outcome.PAID, 1200, "CNY")
    assert paid.provider_number.startswith("SB")
    assert paid.at is not None
    assert abs(datetime.now(UTC) - paid.at) < timedelta(minutes=1)


def test_the_same_order_again_leads_to_the_same_cashier(merchant: Merchant) -> None:
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
def test_the_same_number_with_another_parameter_is_refused(
    merchant: Merchant, change: dict[str, object]
) -> None:
    order = merchant.opened()
    with pytest.raises(ProviderRefused) as refused:
        merchant.start(replace(order, **change))  # type: ignore[arg-type]
    assert refused.value.reason == "invalid_request"


def test_a_paid_order_cannot_be_started_again(merchant: Merchant) -> None:
    order = merchant.paid()
    with pytest.raises(ProviderRefused, match="order_paid"):
        merchant.start(order)


def test_an_unknown_order_is_not_found(merchant: Merchant) -> None:
    number = new_number()
    for ask in (merchant.provider.query, merchant.provider.close):
        statement = ask(number)
        assert (statement.number, statement.outcome) == (number, Outcome.NOT_FOUND)


def test_closing_repeats_and_a_closed_order_takes_no_money(merchant: Merchant) -> None:
    order = merchant.order()
    cashier = merchant.start(order).url
    for _ in range(2):
        assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    assert merchant.server.press(cashier, "pays")[0] == 409
    assert merchant.provider.query(order.number).outcome == Outcome.CLOSED


def test_closing_a_paid_order_says_that_it_is_paid(merchant: Merchant) -> None:
    assert merchant.provider.close(merchant.paid().number).outcome == Outcome.PAID


def test_an_order_closes_when_its_time_is_over(merchant: Merchant, wait_until: WaitUntil) -> None:
    order = merchant.order(seconds=0.5)
    merchant.start(order)
    wait_until(lambda: merchant.provider.query(order.number).outcome == Outcome.CLOSED)


def test_a_refused_payment_closes_the_order_and_an_abandoned_one_does_not(merchant: Merchant) -> None:
    refused, abandoned = merchant.opened(), merchant.opened()
    merchant.server.act(refused.number, "refuses")
    merchant.server.act(abandoned.number, "abandons")
    assert merchant.provider.query(refused.number).outcome == Outcome.CLOSED
    assert merchant.provider.query(abandoned.number).outcome == Outcome.OPEN


def test_money_may_arrive_after_the_order_was_closed(merchant: Merchant, wait_until: WaitUntil) -> None:
    order = merchant.opened()
    merchant.server.fault("paid_after_close")
    assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    wait_until(lambda: merchant.provider.query(order.number).outcome == Outcome.PAID)
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


# refunds


def test_a_refund_is_pending_and_then_done(merchant: Merchant, wait_until: WaitUntil) -> None:
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


def test_a_repeated_refund_moves_money_once(merchant: Merchant) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 1200)
    for _ in range(3):
        assert merchant.provider.refund(refund).refund_number == refund.number
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.refund(replace(refund, amount_fen=100))


def test_partial_refunds_stay_within_the_payment(merchant: Merchant) -> None:
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
def test_a_refund_may_end_badly(
    merchant: Merchant, wait_until: WaitUntil, fault: str, outcome: Outcome
) -> None:
    merchant.server.fault(fault)
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.provider.refund(refund)
    wait_until(lambda: merchant.provider.query_refund(refund).outcome == outcome)
    assert merchant.notices()[0].statements[0].outcome == outcome


def test_a_refund_of_nothing_is_refused_and_an_unknown_refund_is_not_found(merchant: Merchant) -> None:
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
def test_a_call_without_a_usable_answer_is_unknown_and_can_be_repeated(
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
def test_every_call_is_unknown_under_a_bad_signature(merchant: Merchant, call: str) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 100)
    merchant.server.fault("bad_signature", times=None)
    with pytest.raises(OutcomeUnknown):
        getattr(merchant.provider, call)(refund if "refund" in call else order.number)


def test_a_dropped_answer_hides_an_order_that_exists(merchant: Merchant) -> None:
    order = merchant.order()
    merchant.server.fault("drop_answer", on="POST /orders")
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


def test_too_many_calls_are_a_signed_no(merchant: Merchant) -> None:
    merchant.server.fault("too_many")
    with pytest.raises(ProviderRefused, match="frequency_limited"):
        merchant.opened()


def test_another_key_gets_no_answer_it_can_believe(merchant: Merchant, transport: PooledTransport) -> None:
    stranger = SandboxProvider(merchant.server.url, b"x" * 32, transport=transport)
    with pytest.raises(OutcomeUnknown):
        stranger.query(merchant.opened().number)


def test_a_wrong_clock_gets_no_answer_it_can_believe(merchant: Merchant, transport: PooledTransport) -> None:
    slow = SandboxProvider(
        merchant.server.url,
        merchant.server.key,
        transport=transport,
        clock=lambda: datetime.now(UTC) - timedelta(seconds=310),
    )
    with pytest.raises(OutcomeUnknown):
        slow.query(merchant.opened().number)


def test_another_merchant_is_named_in_what_the_channel_says(
    merchant: Merchant, transport: PooledTransport
) -> None:
    mall = SandboxProvider(merchant.server.url, merchant.server.key, merchant="mall-2", transport=transport)
    order = Merchant(merchant.server, mall).paid()
    assert mall.query(order.number).merchant == "mall-2"


# notices


def test_a_payment_notice_says_what_a_query_says(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    (notice,) = merchant.notices()
    assert notice.statements == (merchant.provider.query(order.number),)
    assert (notice.accept.status, notice.try_again.status) == (204, 503)


def test_late_money_is_told_later(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays_late")
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID


def test_a_lost_notice_is_found_by_query(merchant: Merchant) -> None:
    lost, told = merchant.paid(), merchant.opened()
    merchant.server.act(told.number, "pays")
    assert [notice.statements[0].number for notice in merchant.notices()] == [told.number]
    assert merchant.provider.query(lost.number).outcome == Outcome.PAID


def test_a_tripled_notice_says_the_same_three_times(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "repeats_notice")
    first, second, third = merchant.notices(3)
    assert first == second == third
    assert len({body for _, body in merchant.server.notices.received}) == 1


def test_a_notice_is_repeated_until_accepted(merchant: Merchant) -> None:
    merchant.server.notices.status = 503
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    merchant.server.notices.wait(2)
    merchant.server.notices.status = 204
    assert len({notice.statements for notice in merchant.notices(2)}) == 1


def test_an_early_notice_overtakes_the_answer(merchant: Merchant) -> None:
    order = merchant.order()
    merchant.server.fault("notice_early")
    merchant.server.fault("drop_answer", on="POST /orders")
    with pytest.raises(OutcomeUnknown):
        merchant.start(order)
    assert merchant.notices()[0].statements[0].number == order.number


def test_refund_news_may_come_before_payment_news(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_reordered")
    merchant.server.act(order.number, "pays")
    merchant.provider.refund(merchant.refund_of(order, 500))
    outcomes = [notice.statements[0].outcome for notice in merchant.notices(2)]
    assert outcomes == [Outcome.REFUND_DONE, Outcome.PAID]


def test_a_notice_with_another_amount_is_read_as_it_stands(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed")
    merchant.server.act(order.number, "pays")
    assert merchant.notices()[0].statements[0].amount_fen == 1201


@pytest.mark.parametrize("fault", ["notice_forged", "notice_stale"])
def test_a_forged_or_stale_notice_is_refused(merchant: Merchant, fault: str) -> None:
    order = merchant.opened()
    merchant.server.fault(fault, times=None)  # another test's late retry may take one
    merchant.server.act(order.number, "pays")
    with pytest.raises(NoticeRefused) as refused:
        merchant.notices()
    assert (refused.value.answer.status, refused.value.answer.body) == (401, b'{"code":"FAIL"}')


def test_an_unknown_kind_of_notice_is_accepted_and_says_nothing(merchant: Merchant) -> None:
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
def test_a_damaged_notice_is_refused_although_it_is_signed(
    merchant: Merchant, fields: dict[str, object]
) -> None:
    order = merchant.opened()
    merchant.server.fault("notice_changed", fields=fields, times=None)  # a late retry may take one
    merchant.server.act(order.number, "pays")
    with pytest.raises(NoticeRefused) as refused:
        merchant.notices()
    assert refused.value.__context__ is None


def test_nothing_about_the_payer_leaves_the_provider(merchant: Merchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    refund = merchant.refund_of(order, 500)
    said = [merchant.provider.query(order.number), merchant.provider.refund(refund), *merchant.notices(2)]
    sent = b"".join(body for _, body in merchant.server.notices.received).decode()
    for trace in PERSONAL:
        assert trace in sent, "the sandbox should tempt us"
        assert trace not in repr(said)
