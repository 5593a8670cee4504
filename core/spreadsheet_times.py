"""Dates and times as spreadsheets and parking systems write them."""

import re
from datetime import datetime, timedelta

FIRST, LAST = 1900, 9000  # years; beyond them a moment may have none in another zone
EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
_TIME = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[\sT]*"
    r"(上午|下午|AM|PM)?\s*(\d{1,2})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2})(?:\.\d+)?\s*秒?|分)?"
    r"\s*(AM|PM)?\s*(Z|[+-]\d\d:?\d\d)?",
    re.I,
)


def read_time(text: str) -> datetime | None:
    """Return a moment as spreadsheets and parking systems write it, without a zone unless it has one.

    Days before months (26/11/2026) are not read: 5/11 would be a guess.
    """
    text = text.strip().strip("'")
    if re.fullmatch(r"\d{5}\.\d{1,12}", text):  # Excel's own number of days
        moment = EXCEL_DAY_0 + timedelta(days=float(text))
        return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    if re.fullmatch(r"\d{14}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, half, hour, minute, second, late, zone = found.groups()
    hours = int(hour)
    half = {"上午": "AM", "下午": "PM"}.get(half or "", (half or late or "").upper())
    if half:
        if hours > 12:
            return None
        hours = hours % 12 + 12 * (half == "PM")
    if not FIRST <= int(year) <= LAST:
        return None
    try:
        moment = datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0))  # noqa: DTZ001
        return datetime.fromisoformat(f"{moment.isoformat()}{zone.upper()}") if zone else moment
    except ValueError:
        return None
