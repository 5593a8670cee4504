"""Working days in mainland China: public holidays and the weekend days worked in exchange are known for the
years that the State Council has announced; later ones count Monday to Friday."""

from datetime import date, timedelta

import chinese_calendar


def is_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # not announced yet
        return day.weekday() < 5


def after_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, which itself does not count."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
