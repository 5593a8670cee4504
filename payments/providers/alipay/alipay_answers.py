"""Opens Alipay's answers: what was signed is the inner object as it was sent, character by character."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from payments.providers.alipay.alipay_signing import is_signed

ERROR = "error_response"
_SPACE = re.compile(r"[ \t\r\n]*")
_SCAN = json.JSONDecoder(parse_float=str, parse_constant=str)


@dataclass(frozen=True)
class Inner:
    """The inner object of an answer, and whether Alipay signed it. Unsigned it is only a hint."""

    content: dict[str, Any] = field(repr=False)
    signed: bool


def open_answer(body: bytes, method: str, key: RSAPublicKey) -> Inner:
    """Return the inner object of an answer to `method`. Raises `ValueError`, which holds none of it."""
    found: dict[str, tuple[Any, str]] | None = None
    with suppress(ValueError, RecursionError):
        found = _members(body.decode())
    wanted = {method.replace(".", "_") + "_response", ERROR} & (found or {}).keys()
    if found is None or len(wanted) != 1:
        raise ValueError("answer")
    content, raw = found[wanted.pop()]
    if not isinstance(content, dict):
        raise ValueError("answer")  # noqa: TRY004 - damaged input, not a wrong call
    signature, _ = found.get("sign", (None, ""))
    return Inner(content, is_signed(key, raw, signature))


def _members(text: str) -> dict[str, tuple[Any, str]]:
    """Return each member of a JSON object as its value and its own characters; none may come twice.

    The scanner says where a value ends. Counting braces does not: one may stand inside a string.
    """
    found: dict[str, tuple[Any, str]] = {}
    at = _after(text, _past(text, 0), "{")
    while True:
        name, at = _SCAN.raw_decode(text, at)
        if not isinstance(name, str) or name in found:
            raise ValueError("answer")
        at = _after(text, _past(text, at), ":")
        value, end = _SCAN.raw_decode(text, at)
        found[name] = value, text[at:end]
        at = _past(text, end)
        if text[at : at + 1] == "}":
            break
        at = _after(text, at, ",")
    if _past(text, at + 1) != len(text):
        raise ValueError("answer")
    return found


def _past(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space
    return space.end()


def _after(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise ValueError("answer")
    return _past(text, at + 1)
