"""A proof of work in place of a refusal: the visitor's phone works for about a second, without a cookie.

A challenge is `when, how hard, random` under a MAC that binds it to the client, the lot and the plate: a
solution is of use to no one else and for no other plate, so none has to be stored as used. The work is 16
small puzzles, which makes the time even: for puzzle i find n so that SHA-256(seed, i, n) begins with
`bits - 4` zero bits. `templates/driver/fee.js` solves it in slices of some milliseconds.

Without scripts the visitor waits instead: a challenge of a certain age is taken unsolved, a few times.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PUZZLES, PUZZLE_BITS = 16, 4  # 2 ** 4 == 16
WAIT = 20  # seconds that a visitor without script waits
LIFE = 300  # seconds; a weak phone may take long over a hard one
LONGEST = 400  # characters of the form's field
EASIER = 1  # bits by which the need may have grown since: some of another visitor's misses

_HEAD = struct.Struct(">IB8s")  # seconds, bits, random
_MAC = 16


@dataclass(frozen=True)
class Challenge:
    """One challenge, as made or as it came back."""

    text: str
    bits: int
    age: int = 0  # seconds

    @property
    def seed(self) -> str:
        """Return what the puzzles begin with, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def zeros(self) -> int:
        """Return the zero bits that each puzzle's hash begins with."""
        return max(1, self.bits - PUZZLE_BITS)


def challenge(*, bits: int, to: str, at: datetime) -> Challenge:
    """Return a new challenge. `to` names whom and what it is for: client, lot and plate."""
    head = _HEAD.pack(int(at.timestamp()), bits, secrets.token_bytes(8))
    text = base64.urlsafe_b64encode(head + _mac(head, to)).rstrip(b"=").decode()
    return Challenge(text, bits)


def read(text: str, *, to: str, at: datetime) -> Challenge | None:
    """Return the challenge that came back; None if it is not ours, not for this, or too old."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    if len(head) != _HEAD.size or not hmac.compare_digest(mac, _mac(head, to)):
        return None
    when, bits, _ = _HEAD.unpack(head)
    age = int(at.timestamp()) - when
    return Challenge(text, bits, age) if 0 <= age <= LIFE else None


def is_solved(given: Challenge, answers: list[str]) -> bool:
    """Return whether these are the answers to all puzzles of a challenge."""
    if len(answers) != PUZZLES:
        return False
    seed, limit = bytes.fromhex(given.seed), 1 << (32 - given.zeros)
    for number, answer in enumerate(answers):
        if not (answer.isascii() and answer.isdecimal() and len(answer) <= 10 and int(answer) < 1 << 32):
            return False
        digest = hashlib.sha256(seed + struct.pack(">II", number, int(answer))).digest()
        if int.from_bytes(digest[:4]) >= limit:
            return False
    return True


def _mac(head: bytes, to: str) -> bytes:
    return hmac.digest(_key(next(iter(settings.PLATE_KEYS.values()))), head + to.encode(), "sha256")[:_MAC]


@lru_cache(maxsize=2)
def _key(root: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"proof of work").derive(root)
