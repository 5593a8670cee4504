"""What only WeChat Pay has, by the production client against the sandbox process."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from core.transport import OutcomeUnknown, PooledTransport
from payments.providers.contract import Order, Outcome, Payer, ProviderRefused, Scene
from payments.providers.wechat import WechatProvider
from payments.providers.wechat.wechat_config import BEIJING
from tests.payments.providers.conftest import RETURN_URL, new_number
from tests.payments.providers.wechat import known
from tests.payments.providers.wechat.conftest import (
    IN_BROWSER,
    IN_WECHAT,
    ON_SCREEN,
    OPENID,
    MakeProvider,
    Settings,
    WechatMerchant,
    get,
)
from tests.sandbox import SandboxServer
from tests.waiting import wait_for

JSAPI = "POST /v3/pay/transactions/jsapi"
REFUNDS = "POST /v3/refund/domestic/refunds"
SUB_MCHID = "1900008888"
ANY_ORDER = Order(
    number="T" + "A" * 25,
    amount_fen=100,
    expires_at=known.NOON,
    description="停车费",
    notify_url="https://pay.example.test/n",
    return_url=RETURN_URL,
)


def test_offered_modes_follow_merchant_products(make_provider: MakeProvider) -> None:
    assert make_provider().scenes() == {Scene.WECHAT, Scene.BROWSER, Scene.SCREEN}
    assert make_provider(products="jsapi").scenes() == {Scene.WECHAT}
    assert make_provider(products=["native", "h5"]).scenes() == {Scene.BROWSER, Scene.SCREEN}


# the ways to the cashier


def test_bridge_parameters_are_signed(merchant: WechatMerchant, settings_of_wechat: Settings) -> None:
    hand_over = merchant.start(merchant.order())
    bridge = dict(hand_over.bridge or {})
    assert set(bridge) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert (bridge["appId"], bridge["signType"]) == (settings_of_wechat["appid"], "RSA")
    assert re.fullmatch(r"prepay_id=wx[0-9a-f]+", bridge["package"])
    text = "".join(f"{bridge[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    key = load_pem_private_key(Path(settings_of_wechat["private_key"]).read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = base64.b64decode(bridge["paySign"])
    key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert (hand_over.url, hand_over.qr) == ("", "")
    assert bridge["paySign"] not in repr(hand_over)


def test_h5_payment_returns_to_merchant(merchant: WechatMerchant) -> None:
    order = merchant.order()
    hand_over = merchant.start(order, IN_BROWSER)
    assert (hand_over.bridge, hand_over.qr) == (None, "")
    assert parse_qs(urlsplit(hand_over.url).query)["redirect_url"] == [RETURN_URL]
    status, headers, _ = get(hand_over.url, Referer="http://pay.example.test/")
    assert status == 302
    cashier = merchant.server.url + headers["Location"]
    assert order.number in get(cashier)[2].decode()
    assert merchant.server.press(cashier, "pays")[1]["Location"] == RETURN_URL
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


def test_native_qr_code_opens_cashier(merchant: WechatMerchant) -> None:
    order = merchant.order()
    hand_over = merchant.start(order, ON_SCREEN)
    assert (hand_over.bridge, hand_over.url) == (None, "")
    cashier = merchant.server.url + get(hand_over.qr)[1]["Location"]
    assert merchant.server.press(cashier, "pays")[0] == 200
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ("payer", "reason"),
    [
        (Payer(Scene.ALIPAY), "scene_not_offered"),
        (Payer(Scene.WECHAT), "no_openid"),
        (Payer(Scene.WECHAT, openid='o"x'), "no_openid"),
        (Payer(Scene.BROWSER), "no_client_ip"),
        (Payer(Scene.BROWSER, client_ip="unknown"), "no_client_ip"),
    ],
)
def test_missing_payer_details_send_nothing(payer: Payer, reason: str) -> None:
    with pytest.raises(ProviderRefused, match=reason):
        known.provider(products="jsapi,h5").start(ANY_ORDER, payer)


def test_missing_product_is_refused() -> None:
    with pytest.raises(ProviderRefused, match="scene_not_offered"):
        known.provider(products="jsapi").start(ANY_ORDER, ON_SCREEN)


# orders


@pytest.mark.parametrize("payer", [IN_WECHAT, IN_BROWSER, ON_SCREEN], ids=lambda payer: payer.scene)
def test_order_is_open_until_paid(merchant: WechatMerchant, payer: Payer) -> None:
    order = merchant.order()
    merchant.start(order, payer)
    open_ = merchant.provider.query(order.number)
    assert (open_.outcome, open_.at, open_.provider_number) == (Outcome.OPEN, None, "")
    merchant.server.act(order.number, "pays")
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen, paid.currency) == (Outcome.PAID, 1200, "CNY")
    assert (paid.merchant, paid.app) == (merchant.provider.merchant, merchant.provider.app)
    assert paid.provider_number.startswith("4200")
    assert paid.at is not None
    assert abs(datetime.now(UTC) - paid.at) < timedelta(minutes=1)


def test_repeated_order_reuses_prepayment(merchant: WechatMerchant) -> None:
    order = merchant.order()
    first, second = merchant.start(order).bridge, merchant.start(order).bridge
    assert first
    assert second
    assert first["package"] == second["package"]


def test_changed_payer_needs_new_order(merchant: WechatMerchant) -> None:
    order = merchant.opened()
    for payer in (Payer(Scene.WECHAT, openid="oSOMEBODYelse000000000000000"), IN_BROWSER):
        with pytest.raises(ProviderRefused, match="invalid_request"):
            merchant.start(order, payer)
    assert merchant.start(order).bridge


def test_closing_is_idempotent_and_final(merchant: WechatMerchant) -> None:
    order = merchant.opened()
    for _ in range(2):
        assert merchant.provider.close(order.number).outcome == Outcome.CLOSED
    assert merchant.provider.query(order.number).outcome == Outcome.CLOSED
    with pytest.raises(ProviderRefused, match="order_closed"):
        merchant.start(order)


# refunds


def test_refund_is_pending_then_done(merchant: WechatMerchant) -> None:
    order = merchant.paid()
    refund = merchant.refund_of(order, 500)
    pending = merchant.provider.refund(refund)
    assert (pending.outcome, pending.amount_fen) == (Outcome.REFUND_PENDING, 500)
    assert pending.at is None
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    (statement,) = merchant.notices()[0].statements
    assert statement == merchant.provider.query_refund(refund)
    assert (statement.number, statement.refund_number) == (order.number, refund.number)
    assert statement.at is not None
    paid = merchant.provider.query(order.number)
    assert (paid.outcome, paid.amount_fen) == (Outcome.PAID, 1200)
    assert statement.provider_number == paid.provider_number


def test_second_refund_waits_one_minute(merchant: WechatMerchant) -> None:
    order = merchant.paid()
    merchant.provider.refund(merchant.refund_of(order, 500))
    second = merchant.refund_of(order, 500)
    with pytest.raises(ProviderRefused) as refused:
        merchant.provider.refund(second)
    assert (refused.value.reason, refused.value.for_now) == ("frequency_limited", True)

    def goes_through() -> bool:
        try:
            return merchant.provider.refund(second).outcome == Outcome.REFUND_PENDING
        except ProviderRefused:
            return False

    wait_for(goes_through)


def test_failed_refund_reaches_query_and_notice(merchant: WechatMerchant) -> None:
    merchant.server.fault("refund_failed")
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.provider.refund(refund)
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_FAILED)
    assert merchant.notices()[0].statements == (merchant.provider.query_refund(refund),)


def test_abnormal_refund_completes_after_application(merchant: WechatMerchant) -> None:
    merchant.server.fault("refund_abnormal")
    refund = merchant.refund_of(merchant.paid(), 500)
    merchant.provider.refund(refund)
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_ABNORMAL)
    assert merchant.notices()[0].statements[0].outcome == Outcome.REFUND_ABNORMAL
    assert merchant.provider.apply_abnormal_refund(refund).outcome == Outcome.REFUND_PENDING
    wait_for(lambda: merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    with pytest.raises(ProviderRefused, match="invalid_request"):
        merchant.provider.apply_abnormal_refund(refund)


# bad days


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("drop_answer", {}),
        ("delay", {"seconds": 1.5}),
        ("server_error", {}),
        ("bad_signature", {}),
        ("old_timestamp", {}),
        ("other_serial", {}),
        ("unsigned", {}),
        ("huge_body", {}),
        ("answer_changed", {"fields": {"prepay_id": ""}}),
    ],
)
def test_unusable_answer_is_unknown_and_retryable(
    merchant: WechatMerchant, fault: str, details: dict[str, Any]
) -> None:
    order = merchant.order()
    merchant.server.fault(fault, on=JSAPI, **details)
    with pytest.raises(OutcomeUnknown) as unknown:
        merchant.start(order)
    assert order.number not in str(unknown.value)
    assert unknown.value.__context__ is None
    assert merchant.start(order).bridge
    assert merchant.provider.query(order.number).outcome == Outcome.OPEN


@pytest.mark.parametrize("fault", ["bad_signature", "unsigned", "old_timestamp"])
@pytest.mark.parametrize("call", ["query", "close", "refund", "query_refund", "apply_abnormal_refund"])
def test_unverified_success_is_unknown(merchant: WechatMerchant, call: str, fault: str) -> None:
    order = merchant.opened() if call == "close" else merchant.paid()
    refund = merchant.refund_of(order, 100)
    if call in {"query_refund", "apply_abnormal_refund"}:
        merchant.provider.refund(refund)
    merchant.server.fault(fault, times=None)
    with pytest.raises(OutcomeUnknown):
        getattr(merchant.provider, call)(refund if "refund" in call else order.number)


@pytest.mark.parametrize("code", ["ORDERPAID", "ORDER_CLOSED"])
def test_unsigned_refusal_triggers_query(merchant: WechatMerchant, code: str) -> None:
    order = merchant.opened()
    merchant.server.fault("refusal", on="POST", status=400, code=code)
    merchant.server.fault("unsigned", on="POST")
    assert merchant.provider.close(order.number).outcome == Outcome.OPEN


def test_badly_signed_refusal_is_unknown(merchant: WechatMerchant) -> None:
    merchant.server.fault("refusal", status=404, code="ORDER_NOT_EXIST", times=None)
    merchant.server.fault("bad_signature")
    with pytest.raises(OutcomeUnknown):
        merchant.provider.query(new_number())
    merchant.server.fault("unsigned")
    assert merchant.provider.query(new_number()).outcome == Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "PARAM_ERROR", "param_error"),
        (400, "OUT_TRADE_NO_USED", "out_trade_no_used"),
        (401, "SIGN_ERROR", "sign_error"),
        (403, "NO_AUTH", "no_auth"),
        (400, "APPID_MCHID_NOT_MATCH", "appid_mchid_not_match"),
        (400, "BANK_ERROR", "try_again"),
        (403, "BIZERR_NEED_RETRY", "try_again"),
        (429, "FREQUENCY_LIMITED", "frequency_limited"),
        (429, "<html>", "frequency_limited"),
    ],
)
def test_refusal_carries_channel_reason(
    merchant: WechatMerchant, status: int, code: str, reason: str
) -> None:
    merchant.server.fault("refusal", on=JSAPI, status=status, code=code)
    with pytest.raises(ProviderRefused) as refused:
        merchant.opened()
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "SYSTEM_ERROR"),
        (400, "SYSTEM_ERROR"),
        (502, "PARAM_ERROR"),
        (302, "FOUND"),
        (400, "<b>"),
        (400, ""),
    ],
)
def test_unrecognised_refusal_is_unknown(merchant: WechatMerchant, status: int, code: str) -> None:
    merchant.server.fault("refusal", on=JSAPI, status=status, code=code)
    with pytest.raises(OutcomeUnknown):
        merchant.opened()


@pytest.mark.parametrize(
    "fields",
    [
        {"trade_state": "WON"},
        {"trade_state": None},
        {"amount": None},
        {"amount": {"total": 1200}},
        {"amount": {"total": "1200", "currency": "CNY"}},
        {"amount": {"total": 12.0, "currency": "CNY"}},
        {"amount": {"total": 0, "currency": "CNY"}},
        {"transaction_id": ""},
        {"success_time": "2026-11-24 12:00:00"},
        {"success_time": None},
        {"mchid": None},
        {"appid": 7},
        {"out_trade_no": "T" + "Z" * 25},
    ],
    ids=str,
)
def test_malformed_signed_answer_is_unknown(merchant: WechatMerchant, fields: dict[str, Any]) -> None:
    order = merchant.paid()
    merchant.server.fault("answer_changed", fields=fields)
    with pytest.raises(OutcomeUnknown) as unknown:
        merchant.provider.query(order.number)
    assert unknown.value.__context__ is None


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ({"mchid": "1900000001"}, ("merchant", "1900000001")),
        ({"appid": "wxffffffffffffffff"}, ("app", "wxffffffffffffffff")),
        ({"amount": {"total": 1, "currency": "CNY"}}, ("amount_fen", 1)),
        ({"amount": {"total": 1200, "currency": "USD"}}, ("currency", "USD")),
    ],
    ids=str,
)
def test_statement_reports_channel_values(
    merchant: WechatMerchant, fields: dict[str, Any], differs: tuple[str, object]
) -> None:
    order = merchant.paid()
    merchant.server.fault("answer_changed", fields=fields)
    name, value = differs
    assert getattr(merchant.provider.query(order.number), name) == value


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("REFUND", Outcome.PAID),
        ("REVOKED", Outcome.CLOSED),
        ("USERPAYING", Outcome.OPEN),
        ("PAYERROR", Outcome.OPEN),
    ],
)
def test_every_trade_state_is_read(merchant: WechatMerchant, state: str, outcome: Outcome) -> None:
    order = merchant.paid()
    merchant.server.fault("answer_changed", fields={"trade_state": state})
    assert merchant.provider.query(order.number).outcome == outcome


def test_mismatched_refund_answer_is_unknown(merchant: WechatMerchant) -> None:
    refund = merchant.refund_of(merchant.paid(), 100)
    merchant.server.fault("answer_changed", on=REFUNDS, fields={"out_refund_no": new_number()})
    with pytest.raises(OutcomeUnknown):
        merchant.provider.refund(refund)


# keys, clocks and hosts


def test_another_merchant_key_is_refused(make_provider: MakeProvider) -> None:
    with pytest.raises(ProviderRefused, match="sign_error"):
        make_provider(private_key=known.pem("stranger")).query(new_number())


def test_answers_use_requested_platform_key(
    make_provider: MakeProvider, settings_of_wechat: Settings, merchant: WechatMerchant
) -> None:
    order = merchant.paid()
    public, certificate = settings_of_wechat["platform_keys"].items()
    for ring in ([public], [certificate], [certificate, public]):
        provider = make_provider(platform_keys=dict(ring))
        assert provider.query(order.number).outcome == Outcome.PAID
        assert provider.unknown_serials == 0


def test_unknown_serial_answer_is_counted(merchant: WechatMerchant) -> None:
    order = merchant.paid()
    merchant.server.fault("other_serial")
    with pytest.raises(OutcomeUnknown):
        merchant.provider.query(order.number)
    assert merchant.provider.unknown_serials == 1
    assert merchant.provider.query(order.number).outcome == Outcome.PAID


@pytest.mark.parametrize("seconds", [-400, 400])
def test_wrong_clock_is_refused_and_measured(make_provider: MakeProvider, seconds: int) -> None:
    provider = make_provider(clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    assert provider.clock_skew is None
    with pytest.raises(ProviderRefused, match="sign_error"):
        provider.query(new_number())
    assert provider.clock_skew is not None
    assert abs(provider.clock_skew.total_seconds() + seconds) < 5


def test_network_failure_switches_host(make_provider: MakeProvider, merchant: WechatMerchant) -> None:
    provider = make_provider(base_url="http://127.0.0.1:1")
    order = merchant.order()
    with pytest.raises(OutcomeUnknown):
        provider.start(order, IN_WECHAT)
    assert provider.start(order, IN_WECHAT).bridge


# a partner's merchant


@pytest.fixture
def partner(sandbox_server: SandboxServer, make_provider: MakeProvider) -> WechatMerchant:
    return WechatMerchant(sandbox_server, make_provider(sub_mchid=SUB_MCHID))


@pytest.mark.parametrize("payer", [IN_WECHAT, IN_BROWSER, ON_SCREEN], ids=lambda payer: payer.scene)
def test_partner_payment_and_refund_complete(partner: WechatMerchant, payer: Payer) -> None:
    order = partner.order()
    partner.start(order, payer)
    assert partner.provider.query(order.number).outcome == Outcome.OPEN
    partner.server.act(order.number, "pays")
    paid = partner.provider.query(order.number)
    assert (paid.outcome, paid.merchant, paid.app) == (Outcome.PAID, SUB_MCHID, partner.provider.app)
    assert partner.notices()[0].statements == (paid,)
    assert partner.provider.close(order.number).outcome == Outcome.PAID
    refund = partner.refund_of(order, 1200)
    assert partner.provider.refund(refund).merchant == SUB_MCHID
    wait_for(lambda: partner.provider.query_refund(refund).outcome == Outcome.REFUND_DONE)
    assert partner.notices(2)[1].statements == (partner.provider.query_refund(refund),)


def test_partner_order_can_be_closed(partner: WechatMerchant) -> None:
    assert partner.provider.close(partner.opened().number).outcome == Outcome.CLOSED


def test_merchants_cannot_see_foreign_orders(merchant: WechatMerchant, partner: WechatMerchant) -> None:
    order = partner.opened()
    assert merchant.provider.query(order.number).outcome == Outcome.NOT_FOUND
    with pytest.raises(ProviderRefused):
        merchant.provider.refund(merchant.refund_of(order, 1))


def test_only_partner_can_close_advertising(merchant: WechatMerchant, partner: WechatMerchant) -> None:
    partner.provider.close_advertising()
    with pytest.raises(ProviderRefused, match="not_a_partner"):
        merchant.provider.close_advertising()


def test_sub_appid_is_used_for_openid(make_provider: MakeProvider, merchant: WechatMerchant) -> None:
    provider = make_provider(sub_mchid=SUB_MCHID, sub_appid="wx00000000000000aa")
    bridge = provider.start(merchant.order(), IN_WECHAT).bridge
    assert bridge
    assert bridge["appId"] == "wx00000000000000aa"
    assert "appid=wx00000000000000aa&" in provider.oauth_address("https://a.test/x", "s")


# the silent openid


def test_oauth_code_yields_openid_once(merchant: WechatMerchant) -> None:
    address = merchant.provider.oauth_address("http://pay.example.test/w/back", "STATE1")
    assert "scope=snsapi_base&" in address
    assert address.endswith("#wechat_redirect")
    status, headers, _ = get(address.partition("#")[0])
    back = urlsplit(headers["Location"])
    assert (status, back.netloc, back.path) == (302, "pay.example.test", "/w/back")
    query = parse_qs(back.query)
    assert query["state"] == ["STATE1"]
    (code,) = query["code"]
    assert merchant.provider.openid_for(code) == OPENID
    with pytest.raises(ProviderRefused, match="oauth_40163"):
        merchant.provider.openid_for(code)


@pytest.mark.parametrize(
    ("changed", "code", "reason"),
    [
        ({}, "c" * 32, "oauth_40029"),
        ({}, "&appid=", "oauth_40029"),
        ({"app_secret": "x" * 32}, "c" * 32, "oauth_40125"),
        ({"appid": "wxffffffffffffffff"}, "c" * 32, "oauth_40013"),
    ],
)
def test_invalid_oauth_code_is_refused(
    make_provider: MakeProvider, changed: dict[str, str], code: str, reason: str
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        make_provider(**changed).openid_for(code)
    assert refused.value.reason == reason


def test_unsafe_oauth_state_is_rejected(merchant: WechatMerchant) -> None:
    for state in ("", "沪A12345", "a&b=c", "x" * 129):
        with pytest.raises(ValueError, match="letters and digits"):
            merchant.provider.oauth_address("https://a.test/x", state)


# what leaves the provider


def test_provider_leaks_no_payer_data(merchant: WechatMerchant, caplog: pytest.LogCaptureFixture) -> None:
    order = merchant.order()
    found: list[object] = [merchant.start(order), IN_WECHAT, IN_BROWSER, merchant.provider._config]
    merchant.server.act(order.number, "pays")
    refund = merchant.refund_of(order, 500)
    found += [merchant.provider.query(order.number), merchant.provider.refund(refund), *merchant.notices(2)]
    found += list(merchant.provider.fetch_bill(datetime.now(UTC).astimezone(BEIJING).date()))
    merchant.server.fault("bad_signature")
    merchant.server.fault("server_error", on="POST")
    for call in (merchant.provider.query, merchant.provider.close):
        with pytest.raises(OutcomeUnknown) as unknown:
            call(order.number)
        found += [repr(unknown.value), unknown.value.__context__]
    written = caplog.text
    assert "wechat_answer_not_signed" in written
    assert "wechat_refused" in written
    for trace in (
        OPENID,
        "SANDBOX_BANK",
        "沙箱银行",
        "信用卡0403",
        "SANDBOX-DEVICE",
        "203.0.113.9",
        "BEGIN",
        order.number,
    ):
        assert trace not in written
        if trace != order.number:
            assert trace not in repr(found)


def test_order_sends_only_required_fields(make_provider: MakeProvider, merchant: WechatMerchant) -> None:
    sent: list[tuple[str, bytes]] = []

    class Listening(PooledTransport):
        def send(self, method: str, url: str, headers: Any, body: bytes) -> Any:
            sent.append((url, body))
            return super().send(method, url, headers, body)

    listening = Listening("wechat")
    provider = WechatProvider(make_provider()._config, transport=listening)
    for payer in (IN_WECHAT, IN_BROWSER, ON_SCREEN):
        provider.start(merchant.order(), payer)
    listening.close()
    common = {"appid", "mchid", "description", "out_trade_no", "time_expire", "notify_url", "amount"}
    bodies = [json.loads(body) for _, body in sent]
    assert [set(body) - common for body in bodies] == [{"payer"}, {"scene_info"}, set()]
    assert all(body["time_expire"].endswith("+08:00") for body in bodies)
    assert OPENID not in "".join(url for url, _ in sent)
    assert b"openid" not in sent[1][1] + sent[2][1]
    assert b"client_ip" not in sent[0][1] + sent[2][1]
