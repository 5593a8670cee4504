"""The sandbox as WeChat Pay: as strict as the real one, and as untrustworthy on demand."""

import base64
import json
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payments.providers.contract import NoticeRefused, Outcome
from payments.providers.wechat import WechatConfig
from sandbox.wechat.wechat_keys import open_keys
from sandbox.wechat.wechat_notifier import WechatNoticeFormat
from tests.payments.providers.wechat.conftest import (
    IN_BROWSER,
    IN_WECHAT,
    OPENID,
    MakeProvider,
    Settings,
    WechatMerchant,
    get,
)
from tests.sandbox import ROOT, SandboxServer


def ask(
    server: SandboxServer,
    settings: Settings,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    signed_as: tuple[str, str, bytes] | None = None,
    age: int = 0,
    **changed: str,
) -> tuple[int, dict[str, str], bytes]:
    """Send a request signed by hand; `signed_as` signs other words than those that are sent."""
    key = serialization.load_pem_private_key(Path(settings["private_key"]).read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    timestamp, nonce = str(int(time.time()) - age), secrets.token_hex(16)
    answer = signed_as or (method, path, body)
    text = f"{answer[0]}\n{answer[1]}\n{timestamp}\n{nonce}\n".encode() + answer[2] + b"\n"
    parts = {
        "mchid": settings["mchid"],
        "serial_no": settings["serial"],
        "nonce_str": nonce,
        "timestamp": timestamp,
        "signature": base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode(),
        **changed,
    }
    listed = ",".join(f'{name}="{value}"' for name, value in parts.items())
    headers = {
        "Accept": "application/json",
        "Authorization": f"WECHATPAY2-SHA256-RSA2048 {listed}",
        "Content-Type": "application/json",
        "User-Agent": "tests",
    }
    return server.browse(method, path, body, headers)


PATH = "/v3/refund/domestic/refunds/UNKNOWN"


def test_request_signature_is_verified_exactly(
    sandbox_server: SandboxServer, settings_of_wechat: Settings
) -> None:
    def status(method: str = "GET", path: str = PATH, body: bytes = b"", **changed: Any) -> int:
        return ask(sandbox_server, settings_of_wechat, method, path, body, **changed)[0]

    assert status() == 404
    assert status(age=240) == 404  # of 300; the request itself may take seconds
    assert status(age=310) == 401
    assert status(age=-310) == 401
    assert status(signed_as=("POST", PATH, b"")) == 401
    assert status(signed_as=("GET", PATH + "?", b"")) == 401
    assert status(signed_as=("GET", PATH, b"{}")) == 401
    assert status("POST", "/v3/goldplan/merchants/close-advertising-show", b"{}") == 400
    assert status("POST", "/v3/x", b'{"a": 1}', signed_as=("POST", "/v3/x", b'{"a":1}')) == 401
    assert status(mchid="1900000001") == 401
    assert status(serial_no="00") == 401
    assert status(nonce_str="other") == 401
    assert status(signature="é") == 401
    assert sandbox_server.browse("GET", PATH)[0] == 401


def test_certificate_is_encrypted_with_api_key(
    sandbox_server: SandboxServer, settings_of_wechat: Settings
) -> None:
    status, headers, body = ask(sandbox_server, settings_of_wechat, "GET", "/v3/certificates")
    (entry,) = json.loads(body)["data"]
    sealed = entry["encrypt_certificate"]
    key = settings_of_wechat["api_keys"][0].encode()
    ciphertext = base64.b64decode(sealed["ciphertext"])
    pem = AESGCM(key).decrypt(sealed["nonce"].encode(), ciphertext, b"certificate")
    certificate = x509.load_pem_x509_certificate(pem)
    assert (status, int(entry["serial_no"], 16)) == (200, certificate.serial_number)
    assert headers["Wechatpay-Serial"] == entry["serial_no"]  # as long as no other key is asked for


BAD_ORDERS: list[dict[str, Any]] = [
    {"appid": "wxffffffffffffffff"},
    {"mchid": "1900000001"},
    {"out_trade_no": "short"},
    {"out_trade_no": "WITH/SLASH"},
    {"description": ""},
    {"description": "长" * 128},
    {"amount": {"total": 0, "currency": "CNY"}},
    {"amount": {"total": "1", "currency": "CNY"}},
    {"amount": {"total": 1, "currency": "USD"}},
    {"amount": 1},
    {"notify_url": "https://a.test/n?x=1"},
    {"notify_url": "ftp://a.test/n"},
    {"time_expire": "2099-01-01T00:00:00"},
    {"payer": {}},
    {"payer": {"openid": ""}},
    {"payer": None},
    {"plate": "A12345"},
]


@pytest.mark.parametrize("change", BAD_ORDERS, ids=str)
def test_invalid_wechat_order_is_refused(
    sandbox_server: SandboxServer, settings_of_wechat: Settings, change: dict[str, Any]
) -> None:
    order = {
        "appid": settings_of_wechat["appid"],
        "mchid": settings_of_wechat["mchid"],
        "description": "停车费",
        "out_trade_no": "T" + secrets.token_hex(12),
        "time_expire": "2099-01-01T00:00:00+08:00",
        "notify_url": "https://a.test/n",
        "amount": {"total": 100, "currency": "CNY"},
        "payer": {"openid": OPENID},
    }
    path = "/v3/pay/transactions/jsapi"
    assert ask(sandbox_server, settings_of_wechat, "POST", path, json.dumps(order).encode())[0] == 200
    changed = {**order, "out_trade_no": "T" + secrets.token_hex(12), **change}
    assert ask(sandbox_server, settings_of_wechat, "POST", path, json.dumps(changed).encode())[0] == 400


# the payer's side


def test_sandbox_bridge_has_cashier_page(merchant: WechatMerchant) -> None:
    order = merchant.order()
    bridge = merchant.start(order).bridge
    assert bridge
    prepay_id = bridge["package"].removeprefix("prepay_id=")
    back = "http%3A%2F%2Fpay.example.test%2Fchecking"
    status, headers, _ = get(f"{merchant.server.url}/cashier/prepay/{prepay_id}?redirect_url={back}")
    assert status == 302
    cashier = merchant.server.url + headers["Location"]
    assert "http://pay.example.test;" in get(cashier)[1]["Content-Security-Policy"]
    pressed = merchant.server.press(cashier, "pays")
    assert (pressed[0], pressed[1]["Location"]) == (303, "http://pay.example.test/checking")
    assert merchant.notices()[0].statements[0].outcome == Outcome.PAID
    assert get(f"{merchant.server.url}/cashier/prepay/wx{'0' * 34}")[0] == 404


def test_h5_url_requires_referer_and_browser(merchant: WechatMerchant) -> None:
    url = merchant.start(merchant.order(), IN_BROWSER).url
    assert get(url)[0] == 403
    assert get(url, Referer="http://a.test/", User_Agent="MicroMessenger/8.0")[0] == 403
    assert get(url, Referer="http://a.test/", User_Agent="Safari")[0] == 302


def test_jsapi_prepayment_has_no_h5_url(merchant: WechatMerchant) -> None:
    bridge = merchant.start(merchant.order()).bridge
    assert bridge
    url = f"{merchant.server.url}/cashier/h5?{bridge['package']}"
    assert get(url, Referer="http://a.test/")[0] == 410


def test_h5_url_expires_and_is_renewable(merchant: WechatMerchant) -> None:
    order = merchant.order()
    url = merchant.start(order, IN_BROWSER).url  # five minutes are six seconds here
    started = time.monotonic()
    while get(url, Referer="http://a.test/")[0] == 302:
        assert time.monotonic() - started < 30
        time.sleep(0.2)
    assert get(url, Referer="http://a.test/")[0] == 410
    assert time.monotonic() - started > 4
    assert get(merchant.start(order, IN_BROWSER).url, Referer="http://a.test/")[0] == 302


@pytest.mark.parametrize(
    "changed",
    [
        "appid=wxffffffffffffffff",
        "scope=snsapi_userinfo",
        "response_type=token",
        "state=a%26b",
        "redirect_uri=javascript:alert(1)",
    ],
)
def test_authorize_page_refuses_unknown_values(merchant: WechatMerchant, changed: str) -> None:
    address = merchant.provider.oauth_address("http://pay.example.test/w", "S").partition("#")[0]
    assert get(address)[0] == 302
    assert get(f"{address}&{changed}")[0] == 400


# its notices


@pytest.mark.parametrize(
    ("fault", "believed"),
    [
        ("notice_by_certificate", True),
        ("notice_forged", False),
        ("notice_stale", False),
        ("notice_probe", False),
        ("notice_other_serial", False),
    ],
)
def test_only_genuine_notices_are_accepted(merchant: WechatMerchant, fault: str, believed: bool) -> None:
    order = merchant.opened()
    merchant.server.fault(fault)
    merchant.server.act(order.number, "pays")
    merchant.server.notices.wait()
    if believed:
        assert merchant.notices()[0].statements[0].number == order.number
    else:
        with pytest.raises(NoticeRefused):
            merchant.notices()
    assert merchant.provider.unknown_serials == (fault == "notice_other_serial")


def test_repeated_notice_is_signed_again(merchant: WechatMerchant) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "repeats_notice")
    first, second, third = merchant.notices(3)
    assert first == second == third
    received = merchant.server.notices.received
    assert len({body for _, body in received}) == 1
    assert len({headers["Wechatpay-Nonce"] for headers, _ in received}) == 3


def test_notice_is_repeated_until_accepted(merchant: WechatMerchant) -> None:
    merchant.server.notices.status = 401
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    merchant.server.notices.wait(3)
    merchant.server.notices.status = 200
    assert len({notice.statements for notice in merchant.notices(4)}) == 1


def test_notice_retries_follow_wechat_schedule() -> None:
    assert len(WechatNoticeFormat.repeat_after) == 15
    assert sum(WechatNoticeFormat.repeat_after) == 24 * 3600 + 4 * 60


def test_old_api_key_still_opens_notice(merchant: WechatMerchant, make_provider: MakeProvider) -> None:
    order = merchant.opened()
    merchant.server.act(order.number, "pays")
    ((headers, body),) = merchant.server.notices.wait()
    old = merchant.provider._config.api_keys[0].decode()
    now = datetime.now(UTC)
    assert make_provider(api_keys=["n" * 32, old]).read_notice(headers, body, now).statements
    with pytest.raises(NoticeRefused):
        make_provider(api_keys=["n" * 32]).read_notice(headers, body, now)


# its keys


@pytest.mark.servers
def test_keys_command_creates_shared_keys(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "keys", str(tmp_path)]
    for _ in range(2):  # the second time it leaves them as they are
        assert subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout == b""
        keys = open_keys(tmp_path / "wechat")
        settings = json.loads((tmp_path / "wechat" / "settings.json").read_text())
        config = WechatConfig.from_mapping(settings)
        assert (config.mchid, config.serial) == (keys.mchid, keys.serial)
        assert config.private_key.public_key() == keys.merchant
        assert config.answer_serial == keys.platform_id
        assert config.api_keys == (keys.api_key,)
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "wechat").iterdir())


def test_wechat_routes_need_sandbox_keys(sandbox_process: str) -> None:
    assert get(f"{sandbox_process}/v3/certificates")[0] == 401
    assert get(f"{sandbox_process}/cashier/h5?prepay_id=x", Referer="http://a.test/")[0] == 404


def test_wechat_orders_survive_restart(
    tmp_path: Path, sandbox_keys: Path, settings_of_wechat: Settings, transport: Any, notice_sink: Any
) -> None:
    from payments.providers.wechat import WechatProvider
    from tests.sandbox import address_of, end, start_sandbox

    arguments = ("--state", str(tmp_path / "s.json"), "--keys", str(sandbox_keys), "--time-scale", "0.01")
    order = prepay_id = None
    for run in range(2):
        process = start_sandbox(*arguments)
        try:
            url = address_of(process)
            config = WechatConfig.from_mapping({**settings_of_wechat, "base_url": url, "backup_url": url})
            provider = WechatProvider(config, transport=transport)
            shop = WechatMerchant(SandboxServer(url, notice_sink), provider)
            if run == 0:
                order = shop.order()
                bridge = shop.start(order, IN_WECHAT).bridge
                assert bridge
                prepay_id = bridge["package"].removeprefix("prepay_id=")
            assert order
            assert get(f"{url}/cashier/prepay/{prepay_id}")[0] == 302
            assert provider.query(order.number).outcome == Outcome.OPEN
        finally:
            end(process)
