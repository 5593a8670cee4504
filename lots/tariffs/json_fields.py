"""Reading JSON values with a path for everything that is wrong with them."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lots.tariffs.charging_rules import DAY, HOUR, MINUTE
from lots.tariffs.tariff_errors import TariffError

MOST_FEN = 1_000_000  # 10,000 yuan for one unit or cycle is a slip
MOST_MINUTES = 31 * 24 * 60

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_FINE = re.compile(r"(0|[1-9]\d{0,6})\.(\d{0,2}[1-9])", re.ASCII)
_DECIMAL = re.compile(r"0\.[1-9]|[1-9]\d{0,2}(\.[1-9])?", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)


def fields(
    value: object, path: str, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()
) -> dict[str, Any]:
    """Return the members of an object that has all the required keys and none unknown."""
    if not isinstance(value, Mapping):
        raise TariffError(path, "must be an object")
    for key in sorted(required - set(value)):
        raise TariffError(below(path, key), "is missing")
    for key in value:
        if key not in required | optional:
            raise TariffError(below(path, shown(str(key))), "is not known")
    return dict(value)


def shown(key: str) -> str:
    """Return an unknown key as a message can show it: short, and without control characters."""
    return key if key.isascii() and key.isidentifier() and len(key) <= 40 else ascii(key[:40])


def below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def items(value: object, path: str, *, least: int = 1, most: int = 48) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise TariffError(path, f"must be a list of {least} to {most}")
    return value


def whole(value: object, path: str, least: int, most: int) -> int:
    """Return a whole number in these bounds. Neither 8.0 nor true is one: an amount is never guessed."""
    if type(value) is not int or not least <= value <= most:
        raise TariffError(path, f"must be a whole number from {least} to {most}")
    return value


def fen(value: object, path: str, least: int = 0) -> int:
    return whole(value, path, least, MOST_FEN)


def fine_fen(value: object, path: str) -> tuple[int, int]:
    """Return an amount as whole fen and thousandths of one; "3.5" is text, as no float is exact."""
    match = _FINE.fullmatch(value) if isinstance(value, str) else None
    if match:
        return whole(int(match[1]), path, 0, MOST_FEN), int(match[2].ljust(3, "0"))
    return fen(value, path), 0


def decimal(value: object, path: str) -> str:
    """Return a number of metres, tonnes or the like as the text it is: "6.8", as no float is exact."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise TariffError(path, "must be a number as text, such as 6 or 6.8")
    return value


def seconds(value: object, path: str, least: int, most: int = MOST_MINUTES) -> int:
    """Return whole minutes as seconds."""
    return whole(value, path, least, most) * MINUTE


def choice[E: StrEnum](value: object, path: str, choices: type[E]) -> E:
    if not isinstance(value, str) or value not in set(choices):
        raise TariffError(path, "must be " + " or ".join(choices))
    return choices(value)


def words(value: object, path: str, known: Iterable[str], what: str, least: int = 1) -> list[str]:
    """Return a list of known words, each once."""
    known = list(known)
    found: list[str] = []
    for index, word in enumerate(items(value, path, least=least, most=len(known))):
        if not isinstance(word, str) or word not in known:
            raise TariffError(f"{path}[{index}]", f"must be {what}")
        found.append(word)
    return found


def name(value: object, path: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise TariffError(path, "must be 1 to 32 small letters, digits and _, beginning with a letter")
    return value


def time_of_day(value: object, path: str, *, end: bool = False) -> int:
    """Return HH:MM as seconds after midnight; 24:00, allowed as an `end`, as 0."""
    if end and value == "24:00":
        return 0
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise TariffError(path, "must be a time of day such as 08:00")
    return int(match[1]) * HOUR + int(match[2]) * MINUTE


@lru_cache(maxsize=2048)
def hh_mm(second: int) -> str:
    """Return seconds after midnight as HH:MM."""
    return f"{second // HOUR % 24:02}:{second % HOUR // MINUTE:02}"


def end_hh_mm(second: int) -> str:
    """Return the end of a part of the day as HH:MM; midnight is 24:00."""
    return hh_mm(second) if second else "24:00"


def length(start: int, end: int) -> int:
    """Return how long it is from one time of day to the next such `end`; a whole day where both are equal."""
    return (end - start) % DAY or DAY
