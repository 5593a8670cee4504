"""HMAC-SHA256 under keys that stay: begun once for each key, which takes two thirds of its time.

By cryptography and not by Python's `hmac`, whose copy, update and digest are four functions around each call.
"""

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return what `hmac.digest(key, message, "sha256")` returns. `key`: one of few."""
    begun = _begun(key).copy()
    begun.update(message)
    return begun.finalize()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> HMAC:
    return HMAC(key, SHA256())
