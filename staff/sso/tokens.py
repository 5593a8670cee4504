"""Reads an ID token of OpenID Connect. Pure: keys and time in, an identity or `TokenRejected` out.

PyJWT checks the signature. A token is accepted only with one of two signature methods, a key of the matching
type, our client as its sole audience, the nonce of this sign-in, and a lifetime of minutes. Claims are
checked here and not by PyJWT, because the time is an argument and each refusal has a reason for the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt

from core import shallow_json

LEEWAY = timedelta(minutes=1)  # between two clocks
MAX_AGE = timedelta(minutes=10)  # a token is made while we wait for it
MAX_SUBJECT = 255
MAX_TIME = 2**40  # seconds since 1970; Python's JSON also reads Infinity and NaN
KEY_TYPES = {"RS256": {"kty": "RSA"}, "ES256": {"kty": "EC", "crv": "P-256"}}

type Key = Mapping[str, Any]

_signatures = jwt.PyJWS(list(KEY_TYPES), {"enforce_minimum_key_length": True})


class TokenRejected(Exception):
    """The token proves nothing. The reason is a code of ours and quotes nothing from the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(TokenRejected):
    """None of the provider's keys that we know signed it; the provider may have a new one."""


@dataclass(frozen=True)
class Identity:
    """A person's account at the provider, and how they signed in there (`amr` and `acr`)."""

    issuer: str
    subject: str = field(repr=False)
    methods: frozenset[str] = frozenset()


def read_token(
    text: str, *, keys: Sequence[Key], issuer: str, client: str, nonce: str, at: datetime
) -> Identity:
    """Return the identity in an ID token. Raises `TokenRejected`; `UnknownKey` if no key here matches."""
    claims = _signed_claims(text, keys)
    _check_claims(claims, issuer=issuer, client=client, nonce=nonce, at=at)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise TokenRejected("subject")
    return Identity(issuer, subject, _methods(claims))


def _signed_claims(text: str, keys: Sequence[Key]) -> dict[str, Any]:
    key = _key_for(_header(text), keys)
    try:
        payload = _signatures.decode(text, jwt.PyJWK(dict(key), _algorithm(key)))
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):  # or a malformed key
        raise TokenRejected("signature") from None
    try:
        claims = shallow_json.loads(payload)
    except (ValueError, RecursionError):
        raise TokenRejected("form") from None
    if not isinstance(claims, dict):
        raise TokenRejected("form")
    return claims


def _header(text: str) -> dict[str, Any]:
    try:
        return _signatures.get_unverified_header(text)
    except (jwt.DecodeError, UnicodeEncodeError):
        raise TokenRejected("form") from None
    except jwt.InvalidTokenError:  # a header that changes how the token is to be read
        raise TokenRejected("algorithm") from None


def _key_for(header: Key, keys: Sequence[Key]) -> Key:
    """Return the one key that the header names and that its algorithm needs."""
    wanted = KEY_TYPES.get(str(header.get("alg")))
    if wanted is None or "crit" in header or "b64" in header:
        raise TokenRejected("algorithm")
    matching = [key for key in keys if wanted.items() <= key.items() and key.get("use", "sig") == "sig"]
    if "kid" in header:
        matching = [key for key in matching if key.get("kid") == header["kid"]]
    if len(matching) != 1:
        raise UnknownKey("key")
    return matching[0]


def _algorithm(key: Key) -> str:
    return "RS256" if key["kty"] == "RSA" else "ES256"


def _check_claims(claims: Key, *, issuer: str, client: str, nonce: str, at: datetime) -> None:
    audience = claims.get("aud")
    if claims.get("iss") != issuer:
        raise TokenRejected("issuer")
    if audience not in (client, [client]) or claims.get("azp", client) != client:
        raise TokenRejected("audience")
    if not nonce or claims.get("nonce") != nonce:
        raise TokenRejected("nonce")
    now, ends, made = at.timestamp(), _number(claims, "exp"), _number(claims, "iat")
    if now >= ends + LEEWAY.total_seconds():
        raise TokenRejected("expired")
    if not now - MAX_AGE.total_seconds() <= made <= now + LEEWAY.total_seconds():
        raise TokenRejected("issued")


def _methods(claims: Key) -> frozenset[str]:
    listed = claims.get("amr")
    methods = [*(listed if isinstance(listed, list) else []), claims.get("acr")]
    return frozenset(method for method in methods if isinstance(method, str) and method)


def _number(claims: Key, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME:
        raise TokenRejected(name)
    return float(value)
