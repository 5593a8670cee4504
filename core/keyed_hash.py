"""HMAC-SHA256 under keys that stay: begun once for each key, which takes two thirds of its time."""

import hmac
from functools import lru_cache


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return what `hmac.digest(key, message, "sha256")` returns. `key`: one of few."""
    begun = _begun(key).copy()
    begun.update(message)
    return begun.digest()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
