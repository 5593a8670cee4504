"""How long a body a request announces (RFC 9110, section 8.6), read in one way at every door."""

from collections.abc import Mapping
from typing import Any

DIGITS = 18  # no body is longer, and Python refuses numbers of some thousand digits


def announced_length(meta: Mapping[str, Any]) -> int | None:
    """Return the bytes that Content-Length announces, 0 without one; None if it is not a length.

    `int` alone would also take "+5", "1_0" and digits of other scripts.
    """
    text: str = meta.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
