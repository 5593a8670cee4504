"""The codes that member signs carry: an address space of its own, so that none passes for a pure code.

As `lots.codes`, with another key for the checksum: a pure code typed here is no member code, and the other
way round, both without asking the database.
"""

import hmac
import secrets

from lots.codes import ALPHABET, LENGTH, RANDOM
from members.keys import derived

CHECK = LENGTH - RANDOM
_AS_READ = str.maketrans("OIL", "011", "- ")


def new_code() -> str:
    """Return a fresh code of 16 characters."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + _checksum(body)


def read_code(text: str) -> str | None:
    """Return the code that `text` spells, or None if it is no member code of ours."""
    if len(text) > 2 * LENGTH:
        return None
    code = text.upper().translate(_AS_READ)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        return None
    return code if hmac.compare_digest(_checksum(code[:RANDOM]), code[RANDOM:]) else None


def _checksum(body: str) -> str:
    digest = hmac.digest(derived("sign"), body.encode(), "sha256")
    return "".join(ALPHABET[byte & 31] for byte in digest[:CHECK])
