"""Reads an ID token of OpenID Connect. Pure: keys and time come in, an identity or a refusal comes out.

Only what is asked for is believed: two signature methods, with a key of the kind that each needs, our own
client alone as its audience, the nonce of this very sign-in, and a life of minutes.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LEEWAY = timedelta(minutes=1)  # two clocks
OLDEST = timedelta(minutes=10)  # a token is made while we wait for it
SMALLEST_KEY = 2048
LONGEST_SUBJECT = 255
LAST = 2**40  # seconds since 1970; JSON as Python reads it knows endless numbers, and some that are none

type Key = Mapping[str, Any]


class NotBelieved(Exception):
    """The token proves nothing. The reason is a word of ours and quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(NotBelieved):
    """No key of the provider's that we know made it; it may have a new one."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider, and how they showed it there (`amr` and `acr`)."""

    issuer: str
    subject: str = field(repr=False)
    methods: frozenset[str] = frozenset()


def read_token(
    text: str, *, keys: Sequence[Key], issuer: str, client: str, nonce: str, at: datetime
) -> Identity:
    """Return whom an ID token names. Raises `NotBelieved`; `UnknownKey` where its key is none of these."""
    parts = text.split(".")
    if len(parts) != 3:
        raise NotBelieved("form")
    head, claims = _object(parts[0]), _object(parts[1])
    _check_signature(head, keys, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
    _check_claims(claims, issuer=issuer, client=client, nonce=nonce, at=at)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotBelieved("subject")
    return Identity(issuer, subject, _methods(claims))


def _check_signature(head: Key, keys: Sequence[Key], signed: bytes, signature: bytes) -> None:
    method = METHODS.get(str(head.get("alg")))
    if method is None or "crit" in head:
        raise NotBelieved("algorithm")
    kind, verify = method
    fitting = [key for key in keys if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    if "kid" in head:
        fitting = [key for key in fitting if key.get("kid") == head["kid"]]
    if len(fitting) != 1:
        raise UnknownKey("key")
    try:
        verify(fitting[0], signed, signature)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise NotBelieved("signature") from None


def _check_claims(claims: Key, *, issuer: str, client: str, nonce: str, at: datetime) -> None:
    audience = claims.get("aud")
    if claims.get("iss") != issuer:
        raise NotBelieved("issuer")
    if audience not in (client, [client]) or claims.get("azp", client) != client:
        raise NotBelieved("audience")
    if not nonce or claims.get("nonce") != nonce:
        raise NotBelieved("nonce")
    now, ends, made = at.timestamp(), _number(claims, "exp"), _number(claims, "iat")
    if now >= ends + LEEWAY.total_seconds():
        raise NotBelieved("expired")
    if not now - OLDEST.total_seconds() <= made <= now + LEEWAY.total_seconds():
        raise NotBelieved("issued")


def _methods(claims: Key) -> frozenset[str]:
    said = claims.get("amr")
    words = [*(said if isinstance(said, list) else []), claims.get("acr")]
    return frozenset(word for word in words if isinstance(word, str) and word)


def _rsa(key: Key, signed: bytes, signature: bytes) -> None:
    public = rsa.RSAPublicNumbers(_whole(key["e"]), _whole(key["n"])).public_key()
    if public.key_size < SMALLEST_KEY:
        raise ValueError("too small")
    public.verify(signature, signed, padding.PKCS1v15(), SHA256())


def _p256(key: Key, signed: bytes, signature: bytes) -> None:
    if key["crv"] != "P-256" or len(signature) != 64:
        raise ValueError("not P-256")
    public = ec.EllipticCurvePublicNumbers(_whole(key["x"]), _whole(key["y"]), ec.SECP256R1()).public_key()
    halves = (int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    public.verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA256()))


METHODS: dict[str, tuple[str, Callable[[Key, bytes, bytes], None]]] = {
    "RS256": ("RSA", _rsa),
    "ES256": ("EC", _p256),
}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotBelieved("form") from None


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(_bytes(text))
    except (ValueError, RecursionError):
        raise NotBelieved("form") from None
    if not isinstance(said, dict):
        raise NotBelieved("form")
    return said


def _number(claims: Key, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST:
        raise NotBelieved(name)
    return float(value)


def _whole(text: str) -> int:
    return int.from_bytes(_bytes(text))
