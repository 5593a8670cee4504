"""What is sent to WeChat, to which host, and what is made of answers that the sandbox never gives."""

import base64
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from core.transport import OutcomeUnknown, Reply
from payments.providers.contract import Order, Outcome, Payer, ProviderRefused, Scene
from payments.providers.wechat import WechatProvider
from tests.payments.providers.wechat import known

NUMBER = "T" + "A" * 25
ORDER = Order(
    number=NUMBER,
    amount_fen=1200,
    expires_at=known.NOON + timedelta(minutes=5),
    description="停车费",
    notify_url="https://pay.example.test/n",
    return_url="https://pay.example.test/t/x?y=1&z",
)
MAIN, BACKUP = "https://main.example.test", "https://backup.example.test"
Sent = tuple[str, str, Mapping[str, str], bytes]


class Scripted:
    """Answers every request with the same words, signed, or with nothing; and remembers the requests."""

    def __init__(self, message: Any = None, *, status: int = 200, down: tuple[str, ...] = ()) -> None:
        self.message, self.status, self.down = message, status, down
        self.now = known.NOON
        self.sent: list[Sent] = []

    def clock(self) -> datetime:
        return self.now

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append((method, url, headers, body))
        if url.startswith(self.down):
            raise OutcomeUnknown("no usable answer")
        answer = b"" if self.message is None else json.dumps(self.message).encode()
        signed = known.signed(answer, self.now)
        return Reply(self.status, {name.lower(): value for name, value in signed.items()}, answer)

    @property
    def hosts(self) -> list[str]:
        return [re.sub(r"(?<=test)/.*", "", url) for _, url, _, _ in self.sent]


def provider(network: Scripted, **changed: Any) -> WechatProvider:
    config = known.config(known.settings(base_url=MAIN, backup_url=BACKUP, **changed))
    return WechatProvider(config, transport=network, bill_transport=network, clock=network.clock)


# requests


def test_request_signature_covers_sent_bytes() -> None:
    network = Scripted({"prepay_id": "wx1"})
    provider(network).start(ORDER, Payer(Scene.WECHAT, openid="oUpF8uMuAJO"))
    ((method, url, headers, body),) = network.sent
    scheme, _, rest = headers["Authorization"].partition(" ")
    parts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    text = f"POST\n/v3/pay/transactions/jsapi\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode()
    signature = base64.b64decode(parts["signature"])
    key = known.key("merchant").public_key()
    key.verify(signature, text + body + b"\n", padding.PKCS1v15(), hashes.SHA256())
    assert (method, url) == ("POST", MAIN + "/v3/pay/transactions/jsapi")
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    assert (parts["mchid"], parts["serial_no"]) == ("1900000109", "3775B6A45ACD588826D15E583A95F5DD")
    assert parts["timestamp"] == str(int(known.NOON.timestamp()))
    assert headers["Wechatpay-Serial"] == known.SERIAL
    assert (headers["Accept"], headers["Content-Type"]) == ("application/json", "application/json")
    assert headers["User-Agent"]


def test_two_requests_never_share_a_nonce() -> None:
    network = Scripted(known.ORDER)
    for _ in range(2):
        provider(network).query(NUMBER)
    first, second = (headers["Authorization"] for _, _, headers, _ in network.sent)
    assert first != second


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_order_expiry_uses_beijing_time(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    network = Scripted({"code_url": "weixin://wxpay/bizpayurl?pr=1"})
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        provider(network, products="native").start(ORDER, Payer(Scene.SCREEN))
    time.tzset()
    assert json.loads(network.sent[0][3])["time_expire"] == "2026-11-24T12:05:00+08:00"


def test_repeated_request_has_identical_body() -> None:
    network = Scripted({"prepay_id": "wx1"})
    for _ in range(2):
        provider(network).start(ORDER, Payer(Scene.WECHAT, openid="oUpF8uMuAJO"))
        network.now += timedelta(minutes=3)
    first, second = (body for _, _, _, body in network.sent)
    assert first == second


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "openid"),
        ({"sub_mchid": "1900008888"}, "sp_openid"),
        ({"sub_mchid": "1900008888", "sub_appid": "wx00000000000000aa"}, "sub_openid"),
    ],
)
def test_openid_field_matches_app(changed: dict[str, str], name: str) -> None:
    network = Scripted({"prepay_id": "wx1"})
    provider(network, **changed).start(ORDER, Payer(Scene.WECHAT, openid="oUpF8uMuAJO"))
    assert json.loads(network.sent[0][3])["payer"] == {name: "oUpF8uMuAJO"}


def test_h5_url_encodes_return_url() -> None:
    network = Scripted({"h5_url": "https://wx.example.test/checkmweb?prepay_id=wx1&package=2"})
    url = provider(network, products="h5").start(ORDER, Payer(client_ip="2001:db8::9")).url
    assert url.endswith("&package=2&redirect_url=https%3A%2F%2Fpay.example.test%2Ft%2Fx%3Fy%3D1%26z")
    assert json.loads(network.sent[0][3])["scene_info"]["payer_client_ip"] == "2001:db8::9"


def test_cashier_url_must_be_http() -> None:
    for url in ("javascript:alert(1)", "weixin://x", "https://a b", "", None):
        with pytest.raises(OutcomeUnknown):
            provider(Scripted({"h5_url": url}), products="h5").start(ORDER, Payer(client_ip="203.0.113.9"))


# hosts


def test_network_failure_uses_backup_temporarily() -> None:
    network = Scripted(known.ORDER, down=(MAIN,))
    channel = provider(network)
    with pytest.raises(OutcomeUnknown):
        channel.query(NUMBER)
    for minutes in (0, 4):
        network.now = known.NOON + timedelta(minutes=minutes)
        assert channel.query(NUMBER).outcome == Outcome.PAID
    network.down, network.now = (), known.NOON + timedelta(minutes=5)
    channel.query(NUMBER)
    assert network.hosts == [MAIN, BACKUP, BACKUP, MAIN]


def test_failing_hosts_are_tried_alternately() -> None:
    network = Scripted(known.ORDER, down=(MAIN, BACKUP))
    channel = provider(network)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            channel.query(NUMBER)
    assert network.hosts == [MAIN, BACKUP, MAIN]


def test_error_response_does_not_switch_host() -> None:
    network = Scripted({"code": "SYSTEM_ERROR"}, status=500)
    channel = provider(network)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            channel.query(NUMBER)
    assert network.hosts == [MAIN, MAIN]


# answers


@pytest.mark.parametrize("status", [201, 202, 206, 301, 302, 304, 500, 503])
def test_unexpected_status_is_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        provider(Scripted(known.ORDER, status=status)).query(NUMBER)


def test_empty_answer_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        provider(Scripted(None, status=204)).query(NUMBER)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"errcode": -1, "errmsg": "system error"}, OutcomeUnknown),
        ({"errcode": "40029"}, OutcomeUnknown),
        ({"errcode": 45011}, ProviderRefused),
        ({"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "is_snapshotuser": 1}, ProviderRefused),
        ({"openid": ""}, OutcomeUnknown),
        ({"openid": ["o" * 28]}, OutcomeUnknown),
        ({}, OutcomeUnknown),
        ([], OutcomeUnknown),
    ],
    ids=str,
)
def test_invalid_openid_answer_is_rejected(message: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as failed:
        provider(Scripted(message)).openid_for("c" * 32)
    assert "oUpF8uMuAJO" not in repr(failed.value)
    assert failed.value.__context__ is None


def test_openid_requires_success_status() -> None:
    values = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
    assert provider(Scripted(values)).openid_for("c" * 32) == values["openid"]
    with pytest.raises(OutcomeUnknown):
        provider(Scripted(values, status=500)).openid_for("c" * 32)
