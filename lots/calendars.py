"""The calendar of a time zone: mainland China's holidays and 调休, then the operator's own dates."""

from functools import lru_cache

from chinese_calendar import constants
from django.conf import settings

from lots.operator_dates import Dates
from lots.tariffs import Calendar

MAINLAND = {"Asia/Shanghai", "Asia/Urumqi"}


def calendar_of(zone: str) -> Calendar:
    """Return which days of this zone are holidays, worked weekends, or plain days of the week.

    The package knows a year once the State Council has named its holidays and the package was updated; years
    beyond are plain weekends, and prices that depend on them say so, until CALENDARS_FILE names the year.
    """
    return _calendar(zone, settings.CALENDARS.get(zone, Dates()))


@lru_cache(maxsize=64)
def _calendar(zone: str, own: Dates) -> Calendar:
    national = _national() if zone in MAINLAND else Calendar()
    special = own.holidays | own.workdays | own.plain
    return Calendar(
        holidays=(national.holidays - special) | own.holidays,
        workdays=(national.workdays - special) | own.workdays,
        years=national.years | own.years,
    )


@lru_cache(maxsize=1)
def _national() -> Calendar:
    holidays = frozenset(constants.holidays)
    return Calendar(holidays, frozenset(constants.workdays), frozenset(day.year for day in holidays))
