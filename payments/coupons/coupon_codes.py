"""The codes that coupons carry: short enough to type, and too long to guess.

9 random characters of 5 bits (45 bits) and 3 of a checksum under CODE_KEY: of 32,768 made-up codes one
reaches the database. The letters are those of signs, the checksum is not: no sign passes for a coupon.
"""

import hmac
import secrets

from django.conf import settings

from core.codes import ALPHABET, in_letters, spelled
from core.vault import Unreadable, seal, unseal

RANDOM, CHECK = 9, 3
LENGTH = RANDOM + CHECK


def new_code() -> str:
    """Return a fresh code of 12 characters."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + _checksum(body)


def read_code(text: str) -> str | None:
    """Return the code that `text` spells (any case, with or without dashes), or None if it is not ours."""
    code = spelled(text, LENGTH)
    genuine = code and hmac.compare_digest(_checksum(code[:RANDOM]), code[RANDOM:])
    return code if genuine else None


def pretty(code: str) -> str:
    """Return ABCD-EFGH-JKMN, for reading out and typing."""
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def digest(code: str) -> bytes:
    """Return the 16 bytes under which a coupon is found. The code itself is in no statement and no log."""
    return hmac.digest(settings.CODE_KEY, f"coupon code {code}".encode(), "sha256")[:16]


def seal_code(code: str) -> bytes:
    return seal(code, "coupon")


def reveal(sealed: bytes | memoryview | None) -> str | None:
    """Return a code that was sealed; None where there is none, or where its key was dropped."""
    try:
        return unseal(sealed, "coupon") if sealed is not None else None
    except Unreadable:
        return None


def address(code: str) -> str:
    """Return what a coupon's QR says; in capitals it is one symbol version smaller."""
    return f"{settings.PUBLIC_URL}/C/{code}".upper()


def _checksum(body: str) -> str:
    digest = hmac.digest(settings.CODE_KEY, f"coupon {body}".encode(), "sha256")
    return in_letters(digest, CHECK)
