"""The codes that signs carry: random, with a keyed checksum, in the letters that a QR stores compactly.

13 random characters of 5 bits (65 bits, too many to guess) and 3 of a checksum under CODE_KEY. A mistyped,
made-up or foreign code is recognised without asking the database.
"""

import hmac
import secrets

from django.conf import settings

# Digits and capitals without I, L, O and U: nothing is mistaken for another, no word appears by chance.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM, CHECK = 13, 3
LENGTH = RANDOM + CHECK
_LETTERS = (ALPHABET * 8).encode()  # of each byte: 5 of its bits
_AS_READ = str.maketrans("OIL", "011", "- ")


def new_code(key: bytes | None = None) -> str:
    """Return a fresh code of 16 characters, or one in the address space of another key than CODE_KEY."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + _checksum(body, key)


def read_code(text: str, key: bytes | None = None) -> str | None:
    """Return the code that `text` spells (any case, O for 0, I or L for 1), or None if it is not ours."""
    code = spelled(text, LENGTH)
    genuine = code and hmac.compare_digest(_checksum(code[:RANDOM], key), code[RANDOM:])
    return code if genuine else None


def spelled(text: str, length: int) -> str | None:
    """Return the `length` letters of ours that `text` spells, or None; no checksum is looked at."""
    if len(text) > 2 * length:
        return None
    code = text.upper().translate(_AS_READ)
    return code if len(code) == length and set(code) <= set(ALPHABET) else None


def in_letters(digest: bytes, length: int) -> str:
    """Return the first bytes as characters of our alphabet, 5 bits of each."""
    return digest[:length].translate(_LETTERS).decode()


def _checksum(body: str, key: bytes | None) -> str:
    digest = hmac.digest(key or settings.CODE_KEY, body.encode(), "sha256")
    return in_letters(digest, CHECK)
