"""WeChat Pay v3's cryptography: RSA with SHA-256 for signatures, AES-256-GCM for what notices carry.

A request is signed over five lines: method, path with query, seconds, nonce, body. What WeChat says is
signed over three: seconds, nonce, body. Every line ends with a line feed, the last one too. Nothing weaker
is accepted, whatever a message claims. Source: WeChat Pay documents 4012365336 and 4012365341.
"""

import base64
import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from payments.providers import message_fields

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
SIGNATURE = "wechatpay-signature"

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[!-~]{1,128}", re.ASCII)
_SEALED = re.compile(r"[0-9A-Za-z+/=]{24,90000}", re.ASCII)
_SEAL_NONCE = re.compile(r"[ -~]{12}", re.ASCII)
_ASSOCIATED = re.compile(r"[ -~]{0,64}", re.ASCII)


def sign(key: RSAPrivateKey, *lines: str | bytes) -> str:
    """Return our signature of `lines` in base64."""
    return base64.b64encode(key.sign(_joined(lines), PKCS1v15(), SHA256())).decode()


def strict_base64(text: str) -> bytes:
    """Return the bytes that `text` stands for; `ValueError` where there is another way to write them."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError("base64")
    return content


class KeyRing:
    """WeChat's public keys by serial: public keys and certificates side by side, as in a migration.

    The ring is never extended because a message names a serial: a forged one would make us call out.
    """

    def __init__(self, keys: Mapping[str, RSAPublicKey]) -> None:
        self._keys = {_normal(serial): key for serial, key in keys.items()}
        self._lock = threading.Lock()
        self.unknown_serials = 0  # how often a message named a key that we do not have

    def knows(self, serial: str) -> bool:
        return _normal(serial) in self._keys

    def is_signed(self, headers: Mapping[str, str], body: bytes, at: datetime) -> bool:
        """Return whether WeChat signed `body` within five minutes of `at`. Header names are in lower case."""
        timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            return False
        if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
            return False
        key = self._key(headers.get("wechatpay-serial", ""))
        if key is None or abs(at.timestamp() - int(timestamp)) > WINDOW_SECONDS:
            return False
        try:
            given = strict_base64(headers.get(SIGNATURE, ""))
            key.verify(given, _joined((timestamp, nonce, body)), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _key(self, serial: str) -> RSAPublicKey | None:
        key = self._keys.get(_normal(serial))
        if key is None:
            with self._lock:
                self.unknown_serials += 1
        return key


def unseal(api_keys: Iterable[bytes], resource: Mapping[str, Any]) -> bytes:
    """Return what a notice carries. The keys are tried in turn: retries outlive a change of the key."""
    if resource.get("algorithm") != "AEAD_AES_256_GCM":
        raise ValueError("algorithm")
    nonce = message_fields.text(resource, "nonce", _SEAL_NONCE).encode()
    sealed = strict_base64(message_fields.text(resource, "ciphertext", _SEALED))
    associated = b""
    if resource.get("associated_data") is not None:
        associated = message_fields.text(resource, "associated_data", _ASSOCIATED).encode()
    for key in api_keys:
        try:
            return _cipher(key).decrypt(nonce, sealed, associated)
        except InvalidTag:
            continue
    raise ValueError("ciphertext")


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _joined(lines: Iterable[str | bytes]) -> bytes:
    return b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)


def _normal(serial: str) -> str:
    """Return a serial as it is compared: hexadecimal ones come with and without leading zeros."""
    return serial.upper().lstrip("0")
