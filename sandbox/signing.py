"""Signatures of the sandbox protocol: HMAC-SHA256 over five parts, each but the body ended by a line feed.

The first two parts name what is signed, so that no message can be used as one of another kind:

| Message  | first part      | second part         |
|----------|-----------------|---------------------|
| request  | method          | path with query     |
| response | `ANSWER` status | path of the request |
| notice   | `NOTICE`        | empty               |

Then follow timestamp (seconds), nonce and body. A response has the nonce of its request, so an old response
cannot be replayed. A notice has no path, because its receiver need not know its own URL.
"""

import hashlib
import hmac
import re
from email.message import Message

WINDOW_SECONDS = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)


def sign(key: bytes, what: str, path: str, timestamp: int, nonce: str, body: bytes) -> dict[str, str]:
    """Return the signature headers for `body`."""
    text = f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
    return {
        "X-Sandbox-Timestamp": str(timestamp),
        "X-Sandbox-Nonce": nonce,
        "X-Sandbox-Signature": hmac.new(key, text, hashlib.sha256).hexdigest(),
    }


def is_signed(key: bytes, headers: Message, what: str, path: str, body: bytes, now: float) -> bool:
    """Return whether `headers` contain a valid signature of `body`, made within the time window."""
    timestamp = headers.get("X-Sandbox-Timestamp") or ""
    nonce = headers.get("X-Sandbox-Nonce") or ""
    if not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
        return False
    expected = sign(key, what, path, int(timestamp), nonce, body)["X-Sandbox-Signature"]
    given = headers.get("X-Sandbox-Signature") or ""
    return (
        hmac.compare_digest(expected.encode(), given.encode("ascii", "replace"))
        and abs(now - int(timestamp)) <= WINDOW_SECONDS
    )
