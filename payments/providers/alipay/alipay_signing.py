"""RSA2: RSA with PKCS#1 v1.5 and SHA-256. Nothing weaker is believed, whatever a message claims of itself."""

import base64
import re
from collections.abc import Mapping
from contextlib import suppress

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

_BASE64 = re.compile(r"[A-Za-z0-9+/]{64,1400}={0,2}", re.ASCII)


def request_text(parameters: Mapping[str, str]) -> str:
    """Return what is signed of a request: sorted, not yet URL-encoded, without empty values."""
    return _joined({name: value for name, value in parameters.items() if value and name != "sign"})


def notice_text(parameters: Mapping[str, str]) -> str:
    """Return what is signed of a notice: everything but the signature and its claimed kind."""
    return _joined({name: value for name, value in parameters.items() if name not in {"sign", "sign_type"}})


def _joined(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))


def sign(key: RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, text: str, signature: object) -> bool:
    if not isinstance(signature, str) or not _BASE64.fullmatch(signature):
        return False
    with suppress(ValueError, InvalidSignature):
        key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
        return True
    return False
