"""How a device signs a request to our own API. Pure, and the whole of what a device maker must build.

The signature is HMAC-SHA256, in hexadecimal, under the secret's characters, over five lines joined by a line
feed: method, path (with its query, if any), time stamp, nonce, SHA-256 of the body in hexadecimal.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

KEY, TIMESTAMP = "X-PureCode-Key", "X-PureCode-Timestamp"
NONCE, SIGNATURE = "X-PureCode-Nonce", "X-PureCode-Signature"
WINDOW = timedelta(seconds=600)  # how far a time stamp may be from our clock, either way

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of a request claim; nothing of it is proven yet."""

    key_id: str
    timestamp: int
    nonce: str
    signature: str = field(repr=False)


def read_claim(headers: Mapping[str, str]) -> Claim | None:
    """Return the claim, or None where a header is missing or cannot be one."""
    stamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    if not _TIMESTAMP.fullmatch(stamp) or not _NONCE.fullmatch(nonce):
        return None
    return Claim(headers.get(KEY, ""), int(stamp), nonce, headers.get(SIGNATURE, ""))


def sign(secret: str, *, method: str, path: str, timestamp: int, nonce: str, body: bytes) -> str:
    lines = [method, path, str(timestamp), nonce, hashlib.sha256(body).hexdigest()]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def is_signed(claim: Claim, secret: str, *, method: str, path: str, body: bytes) -> bool:
    expected = sign(secret, method=method, path=path, timestamp=claim.timestamp, nonce=claim.nonce, body=body)
    return hmac.compare_digest(expected.encode(), claim.signature.encode())


def is_timely(claim: Claim, at: datetime) -> bool:
    return abs(claim.timestamp - at.timestamp()) <= WINDOW.total_seconds()


def expiry(claim: Claim) -> datetime:
    """Return until when the nonce must be remembered: as long as the time stamp would be accepted."""
    return datetime.fromtimestamp(claim.timestamp, UTC) + WINDOW + timedelta(minutes=1)


def signed_headers(
    key_id: str, secret: str, *, method: str, path: str, body: bytes, timestamp: int, nonce: str
) -> dict[str, str]:
    """Return the four headers of one request. Each attempt needs a nonce of its own, a retry too."""
    signature = sign(secret, method=method, path=path, timestamp=timestamp, nonce=nonce, body=body)
    return {KEY: key_id, TIMESTAMP: str(timestamp), NONCE: nonce, SIGNATURE: signature}
