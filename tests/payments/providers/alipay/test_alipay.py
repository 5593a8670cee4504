"""What only Alipay has, by the production client against the sandbox process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest

from core.transport import OutcomeUnknown, PooledTransport
from payments.providers.alipay.alipay_values import BEIJING
from payments.providers.contract import (
    BillDamaged,
    BillNotReady,
    Outcome,
    Payer,
    Provider,
    ProviderRefused,
    Scene,
)
from sandbox.alipay.alipay_notifier import AlipayNoticeFormat
from tests.payments.providers.alipay.conftest import SCREEN, AlipayMerchant, alipay_at
from tests.payments.providers.alipay.made import CONFIG, NOON
from tests.payments.providers.alipay.made import provider as made_provider
from tests.payments.providers.conftest import RETURN_URL, new_number
from tests.sandbox import NoticeSink, SandboxServer, address_of, end, start_sandbox
from tests.waiting import wait_for

PERSONAL = ("138****", "2088SANDBOXBUYER", "oSANDBOXbuyer", "SANDBOX_BANK", "沙箱商场", "example.test")


def content_of(address: str) -> dict[str, str]:
    content = parse_qs(urlsplit(address).query)["biz_content"][0]
    return dict(json.loads(content))


def test_client_implements_provider(merchant: AlipayMerchant) -> None:
    provider: Provider = merchant.provider
    assert (provider.name, provider.merchant[:4], provider.app[:4]) == ("alipay", "2088", "2021")
    assert provider.scenes() == {Scene.ALIPAY, Scene.BROWSER, Scene.SCREEN}


# starting


def test_wap_url_needs_no_request() -> None:
    """Its transport would fail the test."""
    for scene in (Scene.ALIPAY, Scene.BROWSER):
        server = SandboxServer("", NoticeSink(url="http://pay.example.test/n/alipay"))
        order = AlipayMerchant(server, made_provider()).order(amount_fen=1205)
        order = replace(order, description="停车费/Parking=&fee", expires_at=NOON + timedelta(minutes=5))
        url = made_provider().start(order, Payer(scene)).url
        common = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
        assert common["method"] == "alipay.trade.wap.pay"
        assert (common["timestamp"], common["sign_type"]) == ("2026-11-24 12:00:00", "RSA2")
        assert (common["notify_url"], common["return_url"]) == (order.notify_url, RETURN_URL)
        assert content_of(url) == {
            "out_trade_no": order.number,
            "total_amount": "12.05",
            "subject": "停车费 Parking  fee",
            "time_expire": "2026-11-24 12:05:00",
            "seller_id": CONFIG.seller_id,
            "product_code": "QUICK_WAP_WAY",
            "quit_url": RETURN_URL,
        }


def test_unconfigured_payment_modes_are_refused(merchant: AlipayMerchant) -> None:
    phones = made_provider(config=replace(CONFIG, scenes=frozenset({Scene.BROWSER})))
    assert phones.scenes() == {Scene.BROWSER}
    for scene in (Scene.WECHAT, Scene.ALIPAY, Scene.SCREEN):
        with pytest.raises(ProviderRefused, match="scene_not_offered"):
            phones.start(merchant.order(), Payer(scene))
    with pytest.raises(ProviderRefused, match="scene_not_offered"):
        merchant.provider.start(merchant.order(), Payer(Scene.WECHAT))


def test_precreate_qr_code_opens_cashier(merchant: AlipayMerchant) -> None:
    order = merchant.order()
    hand_over = merchant.provider.start(order, SCREEN)
    assert (hand_over.url, hand_over.bridge) == ("", None)
    assert merchant.provider.query(order.number).outcome == Outcome.NOT_FOUND
    assert merchant.server.press(hand_over.qr, "pays")[0] in {200, 303}
    assert merchant.provider.query(order.number).outcome == Outcome.PAID
    with pytest.raises(ProviderRefused, match="order_paid"):
        merchant.provider.start(order, SCREEN)


def test_repeated_order_returns_same_cashier(merchant: AlipayMerchant) -> None:
    order = merchant.order()
    assert merchant.cashier(order) == merchant.cashier(order)
    for other in (replace(order, amount_fen=1), replace(order, return_url=f"{RETURN_URL}/other")):
        assert merchant.visit(merchant.start(other).url)[0] == 409
    screen = merchant.order()
    assert merchant.provider.start(screen, SCREEN) == merchant.provider.start(screen, SCREEN)
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.start(replace(screen, amount_fen=1), SCREEN)


@pytest.mark.parametrize("change", [("12.00", "1.00"), ("停车费", "停车"), ("total_amount", "total")])
def test_tampered_cashier_url_is_rejected(merchant: AlipayMerchant, change: tuple[str, str]) -> None:
    url = merchant.start(merchant.order()).url
    changed = url.replace(quote_plus(change[0]), quote_plus(change[1]))
    assert changed != url
    assert merchant.visit(changed)[0] == 400


# the trade exists late


def test_trade_appears_once_payer_acts(merchant: AlipayMerchant) -> None:
    order = merchant.order()
    cashier = merchant.cashier(order)
    for ask in (merchant.provider.query, merchant.provider.close):
        statement = ask(order.number)
        assert (statement.number, statement.outcome) == (order.number, Outcome.NOT_FOUND)
    assert "登录" in merchant.server.browse("GET", cashier)[2].decode()
    status, _, page = merchant.server.press(cashier, "logs_in")
    assert (status, "登录" in page.decode()) == (200, False)
    statement = merchant.provider.query(order.number)
    assert (statement.outcome, statement.at, statement.amount_fen) == (Outcome.OPEN, None, 1200)


def test_closing_does_not_stop_open_page(merchant: AlipayMerchant) -> None:
    order = merchant.order()
    cashier = merchant.cashier(order)
    assert merchant.provider.close(order.number).outcome == Outcome.NOT_FOUND
    assert merchant.server.press(cashier, "pays")[0] == 303
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


def test_untouched_order_ends_at_expiry(merchant: AlipayMerchant) -> None:
    order = merchant.order(seconds=2)
    cashier = merchant.cashier(order)
    time.sleep(max(0, (order.expires_at - datetime.now(UTC)).total_seconds()))
    assert merchant.server.press(cashier, "pays")[0] == 409
    assert merchant.provider.query(order.number).outcome == Outcome.NOT_FOUND


def test_coupon_changes_only_buyer_payment(merchant: AlipayMerchant) -> None:
    merchant.server.fault("coupon", fen=300)
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    (notice,) = merchant.notices()
    assert b"buyer_pay_amount=9.00" in merchant.server.notices.received[0][1]
    assert notice.statements[0].amount_fen == merchant.provider.query(order.number).amount_fen == 1200


# refunds


def test_refund_completes_immediately(merchant: AlipayMerchant) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    done = merchant.provider.refund(refund)
    assert (done.outcome, done.number, done.refund_number) == (
        Outcome.REFUND_DONE,
        order.number,
        refund.number,
    )
    found = merchant.provider.query_refund(refund)
    assert (found.outcome, found.amount_fen) == (Outcome.REFUND_DONE, 500)
    paid, statement = merchant.notices()[0].statements
    assert paid == merchant.provider.query(order.number)
    assert (statement.outcome, statement.refund_number) == (Outcome.REFUND_DONE, refund.number)


def test_repeated_refund_is_pending_then_found(merchant: AlipayMerchant) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    assert merchant.provider.refund(refund).outcome == Outcome.REFUND_DONE
    assert merchant.provider.refund(refund).outcome == Outcome.REFUND_PENDING
    assert merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.refund(replace(refund, amount_fen=100))


def test_refund_without_fund_change_completes_later(merchant: AlipayMerchant) -> None:
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.server.fault("refund_unchanged")
    assert merchant.provider.refund(refund).outcome == Outcome.REFUND_PENDING
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    assert len(merchant.notices()[0].statements) == 2


def test_failed_refund_is_not_found(merchant: AlipayMerchant) -> None:
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.server.fault("refund_failed")
    assert merchant.provider.refund(refund).outcome == Outcome.REFUND_PENDING
    assert merchant.provider.query_refund(refund).outcome == Outcome.NOT_FOUND


def test_full_refund_leaves_order_paid(merchant: AlipayMerchant) -> None:
    order = merchant.paid()
    for amount_fen in (500, 700):
        time.sleep(0.1)  # Alipay wants three seconds between two refunds
        merchant.provider.refund(merchant.refund_of(order, amount_fen))
    time.sleep(0.1)
    with pytest.raises(ProviderRefused, match="reason_trade_refund_fee_err"):
        merchant.provider.refund(merchant.refund_of(order, 1))
    assert merchant.provider.query(order.number).outcome == Outcome.PAID
    last = merchant.notices(2)[1].statements
    assert [statement.outcome for statement in last] == [Outcome.PAID, Outcome.REFUND_DONE]
    assert any(b"TRADE_CLOSED" in body for _, body in merchant.server.notices.received)


def test_rapid_second_refund_is_retryable(merchant: AlipayMerchant) -> None:
    order = merchant.paid()
    second = merchant.refund_of(order, 200)
    merchant.provider.refund(merchant.refund_of(order, 100))
    merchant.server.fault("refund_interval")
    with pytest.raises(OutcomeUnknown):
        merchant.provider.refund(second)
    time.sleep(0.1)
    assert merchant.provider.refund(second).outcome == Outcome.REFUND_DONE


# bad days

UNUSABLE_ANSWERS = [
    ("drop_answer", {}),
    ("delay", {"seconds": 1.5}),
    ("server_error", {}),
    ("bad_signature", {}),
    ("weak_signature", {}),
    ("unsigned", {}),
    ("unknown_outcome", {}),
    ("huge_body", {}),
    ("answer_changed", {"fields": {"out_trade_no": "OTHER"}}),
]


@pytest.mark.parametrize("fault", ["brace_in_string", "error_key"])
def test_unusual_signed_answers_are_accepted(merchant: AlipayMerchant, fault: str) -> None:
    order = merchant.paid()
    merchant.server.fault(fault)
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


def test_wrong_app_or_key_is_rejected(
    merchant: AlipayMerchant, sandbox_keys: Path, transport: PooledTransport
) -> None:
    number = merchant.paid().number
    stranger = made_provider(
        transport, at=datetime.now(UTC), config=replace(CONFIG, gateway=f"{merchant.server.url}/gateway.do")
    )
    with pytest.raises(OutcomeUnknown, match=r"isv\.invalid-app-id"):
        stranger.query(number)
    ours = alipay_at(merchant.server.url, sandbox_keys, transport)
    ours._gateway._config = replace(ours._gateway._config, private_key=CONFIG.private_key)
    with pytest.raises(ProviderRefused, match="invalid_signature"):
        ours.query(number)


def test_clock_skew_is_refused_and_recorded(
    merchant: AlipayMerchant, sandbox_keys: Path, transport: PooledTransport
) -> None:
    slow = alipay_at(
        merchant.server.url, sandbox_keys, transport, clock=lambda: datetime.now(UTC) - timedelta(hours=8)
    )
    with pytest.raises(ProviderRefused, match="invalid_timestamp"):
        slow.query(new_number())
    assert slow.clock_skew is not None
    assert abs(slow.clock_skew - timedelta(hours=8)) < timedelta(seconds=10)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kathmandu"])
def server_timezone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Move this process to another time zone."""
    with monkeypatch.context() as moved:
        moved.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_alipay_requests_use_beijing_time(server_timezone: str, merchant: AlipayMerchant) -> None:
    order = merchant.order()
    url = merchant.start(order).url
    expires = f"{order.expires_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    assert content_of(url)["time_expire"] == expires
    found = datetime.strptime(parse_qs(urlsplit(url).query)["timestamp"][0], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    assert abs(found.replace(tzinfo=BEIJING) - datetime.now(UTC)) < timedelta(minutes=1)
    merchant.server.press(merchant.visit(url)[1], "pays")
    paid = merchant.provider.query(order.number)
    assert paid.at is not None
    assert abs(paid.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert merchant.notices()[0].statements == (paid,)


# notices


def test_notice_retries_follow_alipay_schedule() -> None:
    minutes = [seconds / 60 for seconds in AlipayNoticeFormat.repeat_after]
    assert minutes == [4, 10, 10, 60, 120, 360, 900]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("status", "answer"), [(200, b"fail"), (503, b"success"), (200, b'"success"'), (204, b"")]
)
def test_notice_repeats_until_exact_success(
    sandbox_keys: Path, notice_sink: NoticeSink, transport: PooledTransport, status: int, answer: bytes
) -> None:
    process = start_sandbox("--keys", str(sandbox_keys), "--time-scale", "0.0005")
    try:
        server = SandboxServer(address_of(process), notice_sink)
        merchant = AlipayMerchant(server, alipay_at(server.url, sandbox_keys, transport))
        server.notices.status, server.notices.answer = status, answer
        order = merchant.opened()
        server.act(order.number, "pays")
        server.notices.wait(2)
        server.notices.status, server.notices.answer = 200, b"success"
        assert len({notice.statements for notice in merchant.notices(2)}) == 1
    finally:
        end(process)


# the bill


def set_client_clock(provider: Provider, at: datetime) -> None:
    """Move the client's clock; what it says to Alipay keeps the real time."""
    provider._clock = lambda: at  # type: ignore[attr-defined]


def test_bill_lists_payments_and_refunds(merchant: AlipayMerchant) -> None:
    merchant.server.fault("coupon", fen=300)
    order = merchant.paid()
    paid = merchant.provider.query(order.number)
    refund = merchant.refund_of(order, 500)
    merchant.provider.refund(refund)
    set_client_clock(merchant.provider, datetime.now(UTC) + timedelta(days=2))
    merchant.server.fault("bill_today")
    rows = [
        row
        for row in merchant.provider.fetch_bill(datetime.now(BEIJING).date())
        if row.number == order.number
    ]
    payment, back = rows
    assert (payment.amount_fen, payment.provider_number, payment.at) == (1200, paid.provider_number, paid.at)
    assert (back.amount_fen, back.refund_number) == (500, refund.number)
    assert "138*" not in repr(rows)  # whose account it was


@pytest.mark.parametrize("how", ["cut", "sum"])
def test_inconsistent_bill_is_refused(merchant: AlipayMerchant, how: str) -> None:
    merchant.paid()
    set_client_clock(merchant.provider, datetime.now(UTC) + timedelta(days=2))
    merchant.server.fault("bill_today")
    merchant.server.fault("bill_damaged", how=how)
    with pytest.raises(BillDamaged):
        list(merchant.provider.fetch_bill(datetime.now(BEIJING).date()))


def test_expired_bill_url_is_unknown(merchant: AlipayMerchant) -> None:
    merchant.paid()
    set_client_clock(merchant.provider, datetime.now(UTC) + timedelta(days=2))
    merchant.server.fault("bill_today")
    merchant.server.fault("bill_expired")
    with pytest.raises(OutcomeUnknown):
        merchant.provider.fetch_bill(datetime.now(BEIJING).date())


def test_day_without_trades_has_empty_bill(merchant: AlipayMerchant) -> None:
    long_ago = datetime.now(BEIJING).date() - timedelta(days=30)
    assert list(merchant.provider.fetch_bill(long_ago)) == []
    merchant.server.fault("bill_not_ready")
    yesterday = datetime.now(BEIJING).date() - timedelta(days=1)
    set_client_clock(merchant.provider, datetime.now(BEIJING).replace(hour=9))
    with pytest.raises(BillNotReady):
        merchant.provider.fetch_bill(yesterday)


def test_provider_leaks_no_payer_data(merchant: AlipayMerchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    refund = merchant.refund_of(order, 500)
    found = [
        merchant.provider.query(order.number),
        merchant.provider.refund(refund),
        merchant.provider.query_refund(refund),
        *merchant.notices(2),
    ]
    sent = parse_qs(merchant.server.notices.received[0][1].decode())
    assert "138****0000" in sent["buyer_logon_id"], "the sandbox should tempt us"
    for trace in PERSONAL:
        assert trace not in repr(found)


# the keys


@pytest.mark.servers
def test_alipay_sandbox_keys_are_created_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "keys", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"]}
    root = Path(__file__).resolve().parents[4]
    made = []
    for _ in range(2):
        subprocess.run(command, cwd=root, env=environment, check=True, timeout=300)
        made.append((tmp_path / "alipay" / "settings.json").read_text(encoding="utf-8"))
    assert made[0] == made[1]
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "alipay").iterdir())
