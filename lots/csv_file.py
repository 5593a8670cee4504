"""Tables for a spreadsheet: UTF-8 with a mark that Excel knows, and no cell that it would calculate."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """Return a cell as it is safe to open. Numbers stay numbers, also below zero."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def table(rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return f"\ufeff{out.getvalue()}"
