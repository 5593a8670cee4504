"""The two days of the money: a channel's day is Beijing's, a lot's business day is that of its own zone.

Pure. A day is given as a date and means [midnight, next midnight) of its zone.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

BEIJING = timezone(timedelta(hours=8))  # no summer time since 1991
BILLS_FROM = time(10, 30)  # in Beijing: bills of the day before are promised for about ten


def day_of(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does, in UTC; 23 or 25 hours apart on odd days."""
    start, end = (
        datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    return start, end


def last_bill_day(at: datetime) -> date:
    """Return the newest Beijing day whose bill can be asked for: yesterday from 10:30 on."""
    here = at.astimezone(BEIJING)
    return here.date() - timedelta(days=1 if here.time() >= BILLS_FROM else 2)
