"""Data from outside, refused before anything reads it: too much, too deep, or no JSON value at all. Pure."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any

from lots.tariffs.json_fields import below
from lots.tariffs.tariff_errors import TariffError

MOST_TEXT = 256 * 1024  # characters
MOST_VALUES, DEEPEST = 2000, 12
LONGEST_KEY, LONGEST_STRING = 40, 2000
MOST_NUMBER = 10**12


def parse(text: str, path: str = "") -> Any:
    """Return the JSON value that a text says. A repeated key, NaN or a number without measure is refused."""
    if len(text) > MOST_TEXT:
        raise TariffError(path, f"must not be longer than {MOST_TEXT} characters")
    try:
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except TariffError as error:
        raise TariffError(below(path, error.path) if error.path else path, error.reason) from None
    except (ValueError, RecursionError):  # also a number of thousands of digits, and a thousand brackets
        raise TariffError(path, "must be JSON") from None
    check(value, path)
    return value


def _no_number(word: str) -> None:
    raise TariffError("", f"must not say {word}: it is no number")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise TariffError(key[:LONGEST_KEY], "must not come twice")
        found[key] = value
    return found


def check(value: object, path: str = "") -> None:
    """Refuse a value that is no JSON or is out of all measure, without recursion."""
    left = [(value, path, 0)]
    seen = 0
    while left:
        one, where, depth = left.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise TariffError(path, f"must not hold more than {MOST_VALUES} values")
        if depth > DEEPEST:
            raise TariffError(path, f"must not be deeper than {DEEPEST}")
        if isinstance(one, dict):
            left += [(item, below(where, _key(key, where)), depth + 1) for key, item in one.items()]
        elif isinstance(one, list):
            left += [
                (item, f"{where}[{index}]", depth + 1) for index, item in enumerate(one[: MOST_VALUES + 1])
            ]
        else:
            _scalar(one, where)


def _key(key: object, path: str) -> str:
    if not isinstance(key, str) or len(key) > LONGEST_KEY:
        raise TariffError(path, f"must have keys of at most {LONGEST_KEY} characters")
    return key


def _scalar(value: object, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > LONGEST_STRING:
            raise TariffError(path, f"must not be longer than {LONGEST_STRING} characters")
    elif not isinstance(value, int | float):
        raise TariffError(path, "must be a JSON value")
    elif not isfinite(value) if isinstance(value, float) else abs(value) > MOST_NUMBER:
        raise TariffError(path, "must be a number that can be")
