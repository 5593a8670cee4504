"""Alipay's signatures: RSA2 (SHA-256), and RSA (SHA-1) to test that it is rejected."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from sandbox.alipay.simulated_alipay_keys import AlipayKeys


def is_signed_by_app(keys: AlipayKeys, fields: Mapping[str, str]) -> bool:
    """Return whether the app signed these parameters: sorted, decoded, without empty ones and `sign`."""
    pairs = [f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name] != ""]
    try:
        signature = base64.b64decode(fields.get("sign", ""), validate=True)
        keys.app.verify(signature, "&".join(pairs).encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return fields.get("sign_type") == "RSA2"


def sign(key: RSAPrivateKey, text: str, *, weak: bool = False) -> str:
    algorithm = SHA1() if weak else SHA256()  # noqa: S303 - to test that it is rejected
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), algorithm)).decode()
