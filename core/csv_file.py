"""Tables from and for a spreadsheet.

What is written is UTF-8 with a mark that Excel knows, and has no cell that it would calculate.
"""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def text_of(data: bytes) -> str:
    """Return what a file says: UTF-8, UTF-16 or GB 18030, as Excel writes it. Or `UnicodeDecodeError`."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


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
