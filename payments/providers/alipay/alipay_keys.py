"""Reads RSA keys as the Alipay key tool prints them: bare base64, or PEM. Errors never hold the key."""

import base64
from collections.abc import Callable
from contextlib import suppress

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

LEAST_BITS = 2048  # what RSA2 asks for


def private_key(text: str) -> RSAPrivateKey:
    """Return the key, which may be PKCS#8 ("Java") or PKCS#1 ("other languages")."""
    key = _load(
        text,
        lambda pem: serialization.load_pem_private_key(pem, None),
        lambda der: serialization.load_der_private_key(der, None),
    )
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise ValueError("say an RSA private key of 2048 bits, as PEM or as the key tool prints it")
    return key


def public_key(text: str) -> RSAPublicKey:
    key = _load(text, serialization.load_pem_public_key, serialization.load_der_public_key)
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise ValueError("say Alipay's RSA public key (支付宝公钥) of 2048 bits, as PEM or bare base64")
    return key


def _load(text: str, from_pem: Callable[[bytes], object], from_der: Callable[[bytes], object]) -> object:
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        if "-----BEGIN" in text:
            return from_pem(text.strip().replace("\\n", "\n").encode())
        return from_der(base64.b64decode("".join(text.split()), validate=True))
    return None
