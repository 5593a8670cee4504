"""The cached hashes of a key give HMAC (core.keyed_hash)."""

import hmac

import pytest

from core.keyed_hash import keyed_hash

KEYS = [b"k", bytes(range(32)), b"x" * 65]
MESSAGES = [b"", b"1|A", "1|沪A12345".encode(), b"y" * 500]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("message", MESSAGES)
def test_keyed_hash_is_hmac(key: bytes, message: bytes) -> None:
    for _ in range(2):  # begun, and cached
        assert keyed_hash(key, message) == hmac.digest(key, message, "sha256")
