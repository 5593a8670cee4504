"""Tables from and for a spreadsheet.

What is written is UTF-8 with a mark that Excel knows, and has no cell that it would calculate.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from core.errors import ParkingError

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xls
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class NotATable(ParkingError):
    """The file is not the table that is asked for; `why` is the message for the user."""

    code = "not_a_table"

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


def plain_text(data: bytes) -> str:
    """Return what a file says; raise `NotATable` where it is a workbook or in another encoding."""
    if data.startswith(_WORKBOOKS):
        raise NotATable(
            _(
                "This is an Excel workbook. In Excel choose “Save as”, the type “CSV UTF-8”, "
                "and upload that file."
            )
        )
    try:
        return text_of(data)
    except UnicodeDecodeError:
        raise NotATable(_("The file is neither UTF-8 nor GB18030.")) from None


def lines_of(text: str) -> list[list[str]]:
    """Return the lines of a table, split at commas, tabs or semicolons, as its first line is.

    Raises `NotATable`.
    """
    first = text.partition("\n")[0]
    try:
        return list(csv.reader(io.StringIO(text), delimiter=max(",\t;", key=first.count), strict=True))
    except csv.Error:
        raise NotATable(_("The file is not valid CSV.")) from None


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
