"""The codes that member signs carry: those of `core.codes` in an address space of their own.

The checksum has another key: a pure code typed here is no member code, and the other way round, both without
asking the database.
"""

from core import codes
from members.member_keys import derived


def new_code() -> str:
    """Return a fresh code of 16 characters."""
    return codes.new_code(derived("sign"))


def read_code(text: str) -> str | None:
    """Return the code that `text` spells, or None if it is no member code of ours."""
    return codes.read_code(text, derived("sign"))
