"""HMAC-SHA256 under keys that stay: the hashes begun with a key are cached, which halves its time."""

import hashlib
from functools import lru_cache
from typing import Any

_BLOCK = 64  # bytes, of SHA-256
_INNER, _OUTER = bytes(byte ^ 0x36 for byte in range(256)), bytes(byte ^ 0x5C for byte in range(256))


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return what `hmac.digest(key, message, "sha256")` returns. `key`: one of few, of 64 bytes at most."""
    begun, end = _begun(key)
    inner, outer = begun.copy(), end.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()  # type: ignore[no-any-return]


@lru_cache(maxsize=8)
def _begun(key: bytes) -> tuple[Any, Any]:
    """Return the two hashes of HMAC (RFC 2104) after their first block."""
    if len(key) > _BLOCK:
        raise ValueError("the key is longer than a block")
    block = key.ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))
