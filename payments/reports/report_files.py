"""A report as CSV and as a workbook. Text stays text in both: no cell is ever a formula."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter

from core.csv_file import table
from payments.amount_csv import Yuan
from payments.reports.report import Report, Unit

DATE = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
SHARE = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?%", re.ASCII)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlainNumber(int):
    """An integer that names something, such as a shift or a sign: no thousands are set apart in it."""


class Share(Decimal):
    """A part of a whole, 0.125 for 12.5%."""


def as_csv(report: Report) -> str:
    """Return the table as CSV, amounts as plain yuan."""
    return table([[str(label) for label, _ in report.columns], *lines(report)])


def lines(report: Report) -> Iterator[Sequence[object]]:
    """Yield the rows and the sums, amounts as plain yuan."""
    for row in [*report.rows, *([report.totals] if report.totals else [])]:
        yield [
            Yuan(value) if unit is Unit.FEN and isinstance(value, int) else value
            for value, (_, unit) in zip(row, report.columns, strict=True)
        ]


def as_xlsx(report: Report, title: str) -> bytes:
    """Return the table as a workbook of one sheet: amounts as numbers of yuan, days and shares as such."""
    units = [unit for _, unit in report.columns]
    rows = ([_typed(*cell) for cell in zip(row, units, strict=True)] for row in lines(report))
    return workbook([str(label) for label, _ in report.columns], rows, title)


def _typed(value: object, unit: Unit) -> object:
    """Return a day or a share that a report states as text in a type that a spreadsheet can reckon with."""
    if unit is Unit.TEXT and isinstance(value, str) and DATE.fullmatch(value):
        return date.fromisoformat(value)
    if unit is Unit.SHARE and isinstance(value, str) and SHARE.fullmatch(value):
        return Share(Decimal(value.removesuffix("%")) / 100)
    return value


def workbook(labels: Sequence[str], rows: Iterable[Sequence[object]], title: str) -> bytes:
    """Return a table as a workbook of one sheet with a fixed head."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True})
        yuan, count, plain, share, day, moment = (
            book.add_format({"num_format": form})
            for form in ("#,##0.00", "#,##0", "0", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss")
        )
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(labels) - 1, 19)  # a moment, or ¥1,000,000,000.00
        for column, label in enumerate(labels):
            sheet.write_string(0, column, label, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, Yuan):
                    sheet.write_number(number, column, Decimal(value.fen) / 100, yuan)
                elif isinstance(value, PlainNumber):
                    sheet.write_number(number, column, value, plain)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value, count)
                elif isinstance(value, Share):
                    sheet.write_number(number, column, value, share)
                elif isinstance(value, date):
                    form = moment if isinstance(value, datetime) else day
                    sheet.write_datetime(number, column, value, form)
                else:
                    sheet.write_string(number, column, str(value))
    return out.getvalue()
