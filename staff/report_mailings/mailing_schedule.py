"""When a report that goes by mail is due, and which days it is of. Pure.

It is due in the morning of its place: a daily one is of yesterday, a weekly one on Mondays of the week
before, a monthly one on the first of the month before.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MORNING = time(7, 0)  # the night's refunds and corrections are in


def next_due(every: str, after: datetime, zone: tzinfo) -> datetime:
    """Return the first morning after a moment on which it is due."""
    day = after.astimezone(zone).date()
    while not _is_day(every, day) or _morning(day, zone) <= after:
        day += timedelta(days=1)
    return _morning(day, zone)


def days_of(every: str, due: datetime, zone: tzinfo) -> tuple[date, date]:
    """Return the first and last day of what is due at a moment."""
    last = due.astimezone(zone).date() - timedelta(days=1)
    return FIRST[every](last), last


def _is_day(every: str, day: date) -> bool:
    """Return whether the day before is the last of its week or month."""
    return every == "day" or (day.weekday() == 0 if every == "week" else day.day == 1)


def _morning(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


FIRST: dict[str, Callable[[date], date]] = {
    "day": lambda last: last,
    "week": lambda last: last - timedelta(days=6),
    "month": lambda last: last.replace(day=1),
}
