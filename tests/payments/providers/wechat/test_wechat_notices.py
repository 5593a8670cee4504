"""What a notice must be before a word of it is believed: no network here, only bytes."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.providers.contract import NoticeRefused, Outcome, Statement
from payments.providers.wechat import WechatProvider
from payments.providers.wechat.wechat_notices import MAX_NOTICE
from tests.payments.providers.wechat import known
from tests.payments.providers.wechat.known import NOON, notice, provider, signed

Headers = dict[str, str]


def read(body: bytes, headers: Headers | None = None, **changed: Any) -> tuple[Statement, ...]:
    answer = provider(**changed).read_notice(signed(body) if headers is None else headers, body, NOON)
    assert (answer.accept.status, answer.accept.body, answer.try_again.status) == (204, b"", 503)
    return answer.statements


def refused(channel: WechatProvider, headers: Headers, body: bytes) -> None:
    with pytest.raises(NoticeRefused) as refusal:
        channel.read_notice(headers, body, NOON)
    answer = refusal.value.answer
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "FAIL")
    assert refusal.value.__context__ is None


def test_a_genuine_payment_notice_is_read() -> None:
    (statement,) = read(notice())
    assert statement == Statement(
        provider="wechat",
        merchant="1900000109",
        number="T" + "A" * 25,
        outcome=Outcome.PAID,
        app="wx0123456789abcdef",
        provider_number="4200000000202611240000000000",
        amount_fen=1200,
        currency="CNY",
        at=NOON - timedelta(seconds=2),
    )


@pytest.mark.parametrize(
    ("event", "state", "outcome"),
    [
        ("REFUND.SUCCESS", "SUCCESS", Outcome.REFUND_DONE),
        ("REFUND.ABNORMAL", "ABNORMAL", Outcome.REFUND_ABNORMAL),
        ("REFUND.CLOSED", "CLOSED", Outcome.REFUND_FAILED),
    ],
)
def test_a_genuine_refund_notice_is_read(event: str, state: str, outcome: Outcome) -> None:
    (statement,) = read(notice({**known.REFUND, "refund_status": state}, event))
    assert (statement.outcome, statement.amount_fen, statement.refund_number) == (
        outcome,
        500,
        "R" + "B" * 25,
    )
    assert statement.number == "T" + "A" * 25
    assert statement.provider_number == "4200000000202611240000000000"
    assert (statement.at is not None) == (outcome is Outcome.REFUND_DONE)


def test_foreign_card_amount_uses_total() -> None:
    amount = {"total": 1200, "payer_total": 168, "currency": "CNY", "payer_currency": "USD"}
    (statement,) = read(notice({**known.ORDER, "amount": amount}))
    assert (statement.amount_fen, statement.currency) == (1200, "CNY")
    (other,) = read(notice({**known.ORDER, "amount": {**amount, "currency": "USD"}}))
    assert other.currency == "USD"


def test_partner_notice_names_sub_merchant() -> None:
    values = {name: value for name, value in known.ORDER.items() if name not in {"appid", "mchid"}}
    values |= {"sp_appid": "wx0123456789abcdef", "sp_mchid": "1900000109", "sub_mchid": "1900008888"}
    (statement,) = read(notice(values), sub_mchid="1900008888")
    assert (statement.merchant, statement.app) == ("1900008888", "wx0123456789abcdef")


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_header_name_case_is_irrelevant(change: Callable[[str], str]) -> None:
    body = notice()
    assert read(body, {change(name): value for name, value in signed(body).items()})


def test_certificate_signed_notice_is_accepted() -> None:
    body = notice()
    for serial in (
        known.CERTIFICATE_SERIAL,
        known.CERTIFICATE_SERIAL.lower(),
        "00" + known.CERTIFICATE_SERIAL,
    ):
        assert read(body, signed(body, by="certificate", serial=serial))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_notice_within_five_minutes_is_accepted(seconds: int) -> None:
    body = notice()
    assert read(body, signed(body, NOON + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-301, 301, -30 * 86400])
def test_stale_or_replayed_notice_is_refused(seconds: int) -> None:
    body = notice()
    refused(provider(), signed(body, NOON + timedelta(seconds=seconds)), body)


def _without(name: str) -> Callable[[Headers], Headers]:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def _with(name: str, value: str) -> Callable[[Headers], Headers]:
    return lambda headers: {**headers, name: value}


def _edited(edit: Callable[[str], str]) -> Callable[[Headers], Headers]:
    return lambda headers: {**headers, "Wechatpay-Signature": edit(headers["Wechatpay-Signature"])}


@pytest.mark.parametrize(
    "spoil",
    [
        _without("Wechatpay-Timestamp"),
        _without("Wechatpay-Nonce"),
        _without("Wechatpay-Serial"),
        _without("Wechatpay-Signature"),
        _with("Wechatpay-Timestamp", "1e9"),
        _with("Wechatpay-Timestamp", "１７６３９５６８００"),
        _with("Wechatpay-Timestamp", "9" * 400),
        _with("Wechatpay-Nonce", "another"),
        _with("Wechatpay-Nonce", "a\nb"),
        _with("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"),
        _with("Wechatpay-Signature", ""),
        _with("Wechatpay-Signature", "é"),
        _edited(lambda signature: "WECHATPAY/SIGNTEST/" + signature),
        _edited(lambda signature: signature[:-1]),
        _edited(lambda signature: signature + "\n"),
        _edited(lambda signature: signature[:8] + " " + signature[8:]),
        _edited(lambda signature: signature + "===="),
        _edited(lambda signature: signature[::-1]),
    ],
)
def test_malformed_notice_headers_are_refused(spoil: Callable[[Headers], Headers]) -> None:
    body = notice()
    refused(provider(), spoil(signed(body)), body)


def test_noncanonical_signature_is_refused() -> None:
    body = notice()
    headers = signed(body)
    signature = headers["Wechatpay-Signature"]
    assert signature.endswith("==")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(signature[-3]) + 1]
    spelt = signature[:-3] + other + "=="
    assert base64.b64decode(spelt) == base64.b64decode(signature)
    refused(provider(), {**headers, "Wechatpay-Signature": spelt}, body)


def test_forged_notice_counts_unknown_serial() -> None:
    body, channel = notice(), provider()
    refused(channel, signed(body, by="stranger"), body)
    refused(channel, signed(body, by="certificate"), body)  # a good key under another one's serial
    assert channel.unknown_serials == 0
    for serial in ("PUB_KEY_ID_0", "5157F09EFDC096DE15EBE81A47057A73", ""):
        refused(channel, signed(body, by="stranger", serial=serial), body)
    assert channel.unknown_serials == 3


def test_a_changed_body_is_refused() -> None:
    body = notice()
    for changed in (body + b" ", body[:-1], body.replace(b"encrypt", b"decrypt"), b""):
        refused(provider(), signed(body), changed)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60000, b'{"event_type":"TRANSACTION.SUCCESS"}'],
    ids=lambda body: str(body[:20]),
)
def test_signed_junk_is_refused(body: bytes) -> None:
    refused(provider(), signed(body), body)


def test_oversized_notice_is_refused() -> None:
    body = notice(padding="x" * MAX_NOTICE)
    refused(provider(), signed(body), body)
    assert read(notice(padding="x" * 40000))


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": "AEAD_SM4_GCM"},
        {"algorithm": None},
        {"ciphertext": ""},
        {"ciphertext": "AAAA"},
        {"ciphertext": "!" * 40},
        {"ciphertext": None},
        {"nonce": "short"},
        {"nonce": "x" * 12},
        {"nonce": "é" * 12},
        {"associated_data": "refund"},
        {"associated_data": ""},
        {"associated_data": 1},
    ],
    ids=str,
)
def test_undecryptable_resource_is_refused(changed: dict[str, Any]) -> None:
    body = notice(resource={**known.resource(known.ORDER), **changed})
    refused(provider(), signed(body), body)


def test_truncated_base64_is_refused() -> None:
    sealed = known.resource(known.ORDER)
    for cut in (1, 2, 3, 4, 24):
        body = notice(resource={**sealed, "ciphertext": sealed["ciphertext"][:-cut]})
        refused(provider(), signed(body), body)
    body = notice()
    headers = signed(body)
    for cut in (1, 2, 4):
        changed = {**headers, "Wechatpay-Signature": headers["Wechatpay-Signature"][:-cut]}
        refused(provider(), changed, body)


def test_associated_data_is_optional() -> None:
    sealed = known.resource(known.ORDER, associated="")
    absent = {name: value for name, value in sealed.items() if name != "associated_data"}
    for resource in (sealed, absent, {**absent, "associated_data": None}):
        assert read(notice(resource=resource))


def test_rotated_api_key_still_decrypts_notices() -> None:
    old = notice(resource=known.resource(known.ORDER, known.OLD_API_KEY))
    assert read(old)
    assert read(notice())
    strange = notice(resource=known.resource(known.ORDER, b"x" * 32))
    refused(provider(), signed(strange), strange)
    refused(provider(api_keys=known.API_KEY.decode()), signed(old), old)


@pytest.mark.parametrize("event", ["PAYSCORE.USER_OPEN_SERVICE", "", None, 7, ["TRANSACTION.SUCCESS"]])
def test_irrelevant_event_yields_no_statements(event: Any) -> None:
    assert read(notice(event=event, resource="whatever")) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": {"total": 12.0, "currency": "CNY"}},
        {"amount": {"total": "1200", "currency": "CNY"}},
        {"amount": {"total": True, "currency": "CNY"}},
        {"amount": {"total": -1, "currency": "CNY"}},
        {"amount": {"payer_total": 1200, "currency": "CNY"}},
        {"amount": {"total": 1200}},
        {"amount": {"total": 1200, "currency": "yuan"}},
        {"amount": [1200]},
        {"trade_state": "success"},
        {"trade_state": ["SUCCESS"]},
        {"out_trade_no": {}},
        {"out_trade_no": "../secret"},
        {"transaction_id": ""},
        {"success_time": "2026-11-24T12:00:00"},
        {"success_time": "2026-13-24T12:00:00+08:00"},
        {"success_time": 1},
        {"mchid": ""},
        {"appid": None},
    ],
    ids=str,
)
def test_damaged_sealed_order_is_refused(changed: dict[str, Any]) -> None:
    body = notice({**known.ORDER, **changed})
    refused(provider(), signed(body), body)


@pytest.mark.parametrize(
    "changed",
    [
        {"refund_status": "DONE"},
        {"amount": {"total": 1200}},
        {"amount": {"refund": "500"}},
        {"out_refund_no": ""},
        {"out_trade_no": None},
        {"success_time": None},
        {"mchid": 1},
    ],
    ids=str,
)
def test_damaged_sealed_refund_is_refused(changed: dict[str, Any]) -> None:
    body = notice({**known.REFUND, **changed}, "REFUND.SUCCESS")
    refused(provider(), signed(body), body)


@pytest.mark.parametrize("content", [b"[]", b"\xff", b"{", b"12"])
def test_sealed_junk_is_refused(content: bytes) -> None:
    body = notice(resource=known.resource(content))
    refused(provider(), signed(body), body)


def test_refund_is_not_read_as_payment() -> None:
    body = notice(known.REFUND, "TRANSACTION.SUCCESS")
    refused(provider(), signed(body), body)


def test_statements_omit_payer_data() -> None:
    answer = read(notice()) + read(notice(known.REFUND, "REFUND.SUCCESS"))
    for trace in known.PERSONAL:
        assert trace in json.dumps([known.ORDER, known.REFUND], ensure_ascii=False)
        assert trace not in repr(answer)


GENUINE, PROVIDER = signed(notice()), provider()


@given(body=st.binary(max_size=200), signature=st.text(max_size=40), serial=st.text(max_size=40))
def test_fuzzed_headers_and_body_are_refused(body: bytes, signature: str, serial: str) -> None:
    headers = {**GENUINE, "Wechatpay-Signature": signature, "Wechatpay-Serial": serial}
    for given_headers in (headers, dict.fromkeys(headers, signature)):
        with pytest.raises(NoticeRefused):
            PROVIDER.read_notice(given_headers, body, NOON)
