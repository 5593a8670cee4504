"""WeChat Pay v3's signatures, and the encryption of notices.

A request is signed over five lines: method, path with query, seconds, nonce, body. Responses and notices are
signed over three: seconds, nonce, body. Every line ends with a line feed.
"""

import base64
import json
import re
import secrets
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.gateway import GatewayRequest
from sandbox.wechat.wechat_keys import WechatKeys

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
_PART = re.compile(r'([a-z_]+)="([^"]*)"')
_PARTS = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}


def is_signed_by_merchant(keys: WechatKeys, request: GatewayRequest, now: float) -> bool:
    """Return whether the merchant signed exactly these bytes, for this path, within five minutes."""
    scheme, _, rest = (request.headers.get("Authorization") or "").partition(" ")
    parts = dict(_PART.findall(rest))
    if scheme != SCHEME or set(parts) != _PARTS or not parts["timestamp"].isdecimal():
        return False
    if parts["mchid"] != keys.mchid or parts["serial_no"] != keys.serial or not parts["nonce_str"]:
        return False
    text = f"{request.method}\n{request.path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode()
    try:
        given = base64.b64decode(parts["signature"], validate=True)
        keys.merchant.verify(given, text + request.body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return abs(now - int(parts["timestamp"])) <= WINDOW_SECONDS


def sign(key: RSAPrivateKey, serial: str, body: bytes, *, stale: int = 0) -> dict[str, str]:
    """Return WeChat's signature headers for `body`."""
    timestamp, nonce = str(int(time.time()) - stale), secrets.token_hex(16)
    signature = key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Signature-Type": SCHEME,
    }


def encrypt(api_key: bytes, content: bytes, associated: str) -> dict[str, Any]:
    """Return `content` encrypted with the APIv3 key."""
    nonce = secrets.token_hex(6)
    ciphertext = AESGCM(api_key).encrypt(nonce.encode(), content, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def encode(message: Any) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
