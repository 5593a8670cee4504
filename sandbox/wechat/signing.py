"""WeChat Pay v3's signatures as WeChat makes and checks them, and the sealing of what notices carry.

A request is signed over five lines: method, path with query, seconds, nonce, body. What WeChat says is
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

from sandbox.gateway import Asked
from sandbox.wechat.keys import Keys

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
_PART = re.compile(r'([a-z_]+)="([^"]*)"')
_PARTS = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}


def is_merchant(keys: Keys, asked: Asked, now: float) -> bool:
    """Say whether the merchant signed these very bytes, for this path, within five minutes."""
    scheme, _, rest = (asked.headers.get("Authorization") or "").partition(" ")
    said = dict(_PART.findall(rest))
    if scheme != SCHEME or set(said) != _PARTS or not said["timestamp"].isdecimal():
        return False
    if said["mchid"] != keys.mchid or said["serial_no"] != keys.serial or not said["nonce_str"]:
        return False
    text = f"{asked.method}\n{asked.path}\n{said['timestamp']}\n{said['nonce_str']}\n".encode()
    try:
        given = base64.b64decode(said["signature"], validate=True)
        keys.merchant.verify(given, text + asked.body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return abs(now - int(said["timestamp"])) <= WINDOW_SECONDS


def sign(key: RSAPrivateKey, serial: str, body: bytes, *, stale: int = 0) -> dict[str, str]:
    """Return the headers with which WeChat signs `body`."""
    timestamp, nonce = str(int(time.time()) - stale), secrets.token_hex(16)
    signature = key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Signature-Type": SCHEME,
    }


def seal(api_key: bytes, content: bytes, associated: str) -> dict[str, Any]:
    """Return `content` as only who holds the APIv3 key can read it."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(api_key).encrypt(nonce.encode(), content, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def encoded(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
