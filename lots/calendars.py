"""The calendar of a time zone: mainland China's holidays and 调休, then the operator's own dates."""

from functools import lru_cache

from chinese_calendar import constants
from django.conf import settings

from lots.operator_dates import Dates
from lots.tariffs import Calendar

NAMES = {  # as the package names them, and as a tariff does
    "New Year's Day": "new_year",
    "Spring Festival": "spring_festival",
    "Tomb-sweeping Day": "qingming",
    "Labour Day": "labour_day",
    "Dragon Boat Festival": "dragon_boat",
    "Mid-autumn Festival": "mid_autumn",
    "National Day": "national_day",
}
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
        names=frozenset(one for one in national.names if one[0] not in special),
    )


@lru_cache(maxsize=1)
def _national() -> Calendar:
    holidays = frozenset(constants.holidays)
    names = frozenset((day, NAMES[name]) for day, name in constants.holidays.items() if name in NAMES)
    return Calendar(holidays, frozenset(constants.workdays), frozenset(day.year for day in holidays), names)
