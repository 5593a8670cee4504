"""Reads what a channel sends, field by field and strictly. What is not read here goes no further.

Each function but `believed` raises `ValueError` with the field's name, never with its value.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from core import shallow_json
from core.transport import OutcomeUnknown

_TIME = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_MOST_FEN = 10**12


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`. The error does not carry the body, as the parser's own would."""
    content = None
    with suppress(ValueError, RecursionError):
        content = shallow_json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("body")  # noqa: TRY004 - damaged input, not a wrong call
    return content


def inner(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = message.get(name)
    if not isinstance(value, dict):
        raise ValueError(name)  # noqa: TRY004 - as above
    return value


def believed[T](read: Callable[[], T]) -> T:
    """Read a signed answer; one that makes no sense leaves the outcome unknown."""
    with suppress(ValueError):
        return read()
    raise OutcomeUnknown("an answer that makes no sense")


def text(message: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(name)
    return value


def choice[T](message: Mapping[str, Any], name: str, choices: Mapping[str, T]) -> T:
    value = message.get(name)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(name)
    return choices[value]


def fen(message: Mapping[str, Any], name: str) -> int:
    """Return a whole, positive number of fen: no float, no text, no `true`."""
    value = message.get(name)
    if type(value) is not int or not 0 < value < _MOST_FEN:
        raise ValueError(name)
    return value


def moment(message: Mapping[str, Any], name: str) -> datetime:
    """Return an RFC 3339 time, which names its offset, in UTC."""
    return datetime.fromisoformat(text(message, name, _TIME)).astimezone(UTC)
