"""Encryption of plates and their pictures (AES-GCM), and their blind index per lot.

A sealed value is `id length, id, nonce, ciphertext`: it names its key in PLATE_KEYS, so keys can change
month by month, and a dropped key makes its plates unreadable in every backup too. The context (which lot,
which device) is authenticated, so a value moved to another row does not open. The index is
HMAC(PLATE_INDEX_KEY, lot ‖ plate): one plate cannot be joined across lots.
"""

import base64
import binascii
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.errors import ParkingError
from core.keyed_hash import keyed_hash

NONCE = 12
LONGEST_TOKEN = 200  # characters


class Unreadable(ParkingError):
    """The key of a sealed value is gone, or the value was moved or damaged."""

    code = "unreadable"


def seal(text: str, context: str) -> bytes:
    """Encrypt `text` under the newest key."""
    return seal_bytes(text.encode(), context)


def seal_bytes(value: bytes, context: str) -> bytes:
    """Encrypt `value` under the newest key."""
    name, key = next(iter(settings.PLATE_KEYS.items()))
    nonce = secrets.token_bytes(NONCE)
    head = bytes([len(name)]) + name.encode()
    return head + nonce + _cipher(key).encrypt(nonce, value, context.encode())


@lru_cache(maxsize=256)
def _cipher(key: bytes) -> AESGCM:
    """Return the cipher of a key: setting it up costs more than sealing a plate."""
    return AESGCM(key)


def key_of(value: bytes | memoryview) -> str:
    """Return the id of the key that a sealed value was made under."""
    raw = bytes(value)
    return raw[1 : 1 + raw[0]].decode(errors="replace") if raw else ""


def unseal(value: bytes | memoryview, context: str) -> str:
    """Decrypt what `seal` made with the same context; raise `Unreadable` if that cannot be done."""
    return unseal_bytes(value, context).decode()


def unseal_bytes(value: bytes | memoryview, context: str) -> bytes:
    """Decrypt what `seal_bytes` made with the same context; raise `Unreadable` if that cannot be done."""
    raw = bytes(value)
    key = settings.PLATE_KEYS.get(key_of(raw))
    if key is None:
        raise Unreadable("its key is not in PLATE_KEYS")
    start = 1 + raw[0]
    nonce, body = raw[start : start + NONCE], raw[start + NONCE :]
    try:
        return _cipher(key).decrypt(nonce, body, context.encode())
    except (InvalidTag, ValueError):  # ValueError: cut short
        raise Unreadable("it does not open with its key") from None


def seal_token(text: str, context: str) -> str:
    """Return `text` sealed for an address; it is different each time."""
    return base64.urlsafe_b64encode(seal(text, context)).rstrip(b"=").decode()


def unseal_token(token: str, context: str) -> str:
    """Return what `seal_token` sealed. Raises `Unreadable`, also when the key of the token is gone."""
    try:
        raw = base64.b64decode(token[:LONGEST_TOKEN] + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return unseal(raw, context)
    except (binascii.Error, ValueError, IndexError):
        raise Unreadable("not sealed here") from None


def seal_plate(lot_id: int, text: str) -> bytes:
    return seal(text, f"plate {lot_id}")


def unseal_plate(lot_id: int, value: bytes | memoryview) -> str:
    return unseal(value, f"plate {lot_id}")


def seal_picture(lot_id: int, picture: bytes) -> bytes:
    return seal_bytes(picture, f"picture {lot_id}")


def unseal_picture(lot_id: int, value: bytes | memoryview) -> bytes:
    return unseal_bytes(value, f"picture {lot_id}")


def plate_index(lot_id: int, text: str) -> bytes:
    """Return the 16 bytes under which a plate is found in one lot, and only there."""
    return keyed_hash(settings.PLATE_INDEX_KEY, f"{lot_id}|{text}".encode())[:16]
