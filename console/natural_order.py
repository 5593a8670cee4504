"""The order in which people count what carries a number: 东出口 2 before 东出口 10."""

import re
from collections.abc import Iterable
from typing import Protocol

_NUMBER = re.compile(r"([0-9]+)")


class Named(Protocol):
    name: str


def in_order[N: Named](rows: Iterable[N]) -> list[N]:
    """Return rows by name, with the numbers in a name by their value."""
    return sorted(rows, key=lambda row: _key(row.name))


def _key(name: str) -> list[tuple[bool, int, str]]:
    parts = filter(None, _NUMBER.split(name))
    return [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]
