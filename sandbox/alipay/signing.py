"""Alipay's signatures as Alipay makes and checks them: RSA2 over text, and RSA (SHA-1) for the forger."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from sandbox.alipay.keys import Keys


def is_app(keys: Keys, asked: Mapping[str, str]) -> bool:
    """Say whether the app signed these parameters: by name, decoded, empty ones and `sign` left out."""
    pairs = [f"{name}={asked[name]}" for name in sorted(asked) if name != "sign" and asked[name] != ""]
    try:
        signature = base64.b64decode(asked.get("sign", ""), validate=True)
        keys.app.verify(signature, "&".join(pairs).encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return asked.get("sign_type") == "RSA2"


def sign(key: RSAPrivateKey, text: str, *, weak: bool = False) -> str:
    kind = SHA1() if weak else SHA256()  # noqa: S303 - what must be refused
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), kind)).decode()
