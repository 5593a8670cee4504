"""Reads JSON that others send. Deep nesting is refused before it is parsed: parsing it takes a second."""

import json
import re
from typing import Any

MAX_DEPTH = 32  # nothing that this product reads from outside is nested ten deep
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class NamedTwice(ValueError):
    """An object has one key twice."""


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object (`object_pairs_hook`); JSON would drop the first of two values of one key silently.

    Raises `NamedTwice`, with the key.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NamedTwice(f"{key[:40]!a} twice in one object")
        found[key] = value
    return found


def loads(text: str | bytes, **options: Any) -> Any:
    """Return the value as `json.loads` does. Raises `ValueError` also for what is nested too deep."""
    if is_deep(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text):
        raise ValueError("nested too deep")
    return json.loads(text, **options)


def strict(body: bytes) -> Any:
    """Return the value of a UTF-8 body without NaN, Infinity, keys that come twice, and deep nesting.

    Raises `ValueError`.
    """
    return loads(body.decode(), parse_constant=_refused, object_pairs_hook=named_once)


def _refused(_constant: str) -> Any:
    raise ValueError("no number of JSON")


def is_deep(body: bytes) -> bool:
    """Return whether lists and objects are nested deeper than `MAX_DEPTH`. Brackets in texts do not count."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    if b"\0" in body[:4]:  # UTF-16 or UTF-32, which no client sends
        return True
    depth = 0
    for token in _TOKENS.finditer(body):
        bracket = token.group()
        if bracket in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif bracket in (b"]", b"}"):
            depth -= 1
    return False
