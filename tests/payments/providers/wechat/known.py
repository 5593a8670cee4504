"""WeChat Pay's side for tests without a network: keys, signatures and sealed notices, written once more."""

import base64
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.transport import Reply
from payments.providers.wechat import WechatConfig, WechatProvider

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
API_KEY, OLD_API_KEY = b"0123456789abcdef0123456789ABCDEF", b"old-old-old-old-old-old-old-old!"
SERIAL, CERTIFICATE_SERIAL = "PUB_KEY_ID_0114232134912410000000000000", "5157F09EFDC096DE15EBE81A47057A72"
ORDER = {
    "appid": "wx0123456789abcdef",
    "mchid": "1900000109",
    "out_trade_no": "T" + "A" * 25,
    "transaction_id": "4200000000202611240000000000",
    "trade_type": "JSAPI",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMB_CREDIT",
    "attach": "attached",
    "success_time": "2026-11-24T11:59:58+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 1200, "payer_total": 1100, "currency": "CNY", "payer_currency": "CNY"},
    "scene_info": {"device_id": "device-13"},
    "promotion_detail": [{"coupon_id": "coupon-7"}],
}
REFUND = {
    "mchid": "1900000109",
    "out_trade_no": "T" + "A" * 25,
    "transaction_id": "4200000000202611240000000000",
    "out_refund_no": "R" + "B" * 25,
    "refund_id": "50300000002026112400000000000",
    "refund_status": "SUCCESS",
    "success_time": "2026-11-24T12:00:00+08:00",
    "user_received_account": "招商银行信用卡0403",
    "amount": {"total": 1200, "refund": 500, "payer_total": 1100, "payer_refund": 500},
}
PERSONAL = ("oUpF8uMuAJO", "CMB", "招商银行", "信用卡0403", "device-13", "coupon-7", "attached")


class NoTransport:
    def send(self, *_: object) -> Reply:
        raise AssertionError("a notice never causes a call")


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """Return the private key of that name: merchant, platform, certificate, stranger."""
    assert name
    return rsa.generate_private_key(65537, 2048)


@cache
def pem(name: str) -> str:
    return (
        key(name)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


@cache
def public_pem(name: str) -> str:
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def settings(**changed: Any) -> dict[str, Any]:
    return {
        "mchid": "1900000109",
        "appid": "wx0123456789abcdef",
        "app_secret": "s" * 32,
        "serial": "3775B6A45ACD588826D15E583A95F5DD",
        "private_key": pem("merchant"),
        "api_keys": [API_KEY.decode(), OLD_API_KEY.decode()],
        "platform_keys": {SERIAL: public_pem("platform"), CERTIFICATE_SERIAL: public_pem("certificate")},
        **changed,
    }


def config(read: dict[str, Any]) -> WechatConfig:
    """Read settings, the same ones once: to check a private key takes a while."""
    return _config(json.dumps(read))


@cache
def _config(read: str) -> WechatConfig:
    return WechatConfig.from_mapping(json.loads(read))


def provider(**changed: Any) -> WechatProvider:
    return WechatProvider(config(settings(**changed)), transport=NoTransport(), bill_transport=NoTransport())


def signed(body: bytes, at: datetime = NOON, by: str = "platform", serial: str = SERIAL) -> dict[str, str]:
    timestamp, nonce = str(int(at.timestamp())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    text = b"\n".join((timestamp.encode(), nonce.encode(), body, b""))
    signature = key(by).sign(text, padding.PKCS1v15(), hashes.SHA256())
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }


def resource(message: Any, api_key: bytes = API_KEY, associated: str = "transaction") -> dict[str, str]:
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    sealed = AESGCM(api_key).encrypt(b"fdasflkja484", content, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": "fdasflkja484",
        "original_type": "transaction",
    }


def notice(message: Any = ORDER, event: str = "TRANSACTION.SUCCESS", **changed: Any) -> bytes:
    return json.dumps(
        {
            "id": "EV-2018022511223320873",
            "create_time": "2026-11-24T12:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功",
            "resource": resource(message),
            **changed,
        }
    ).encode()
