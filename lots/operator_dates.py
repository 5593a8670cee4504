"""The operator's own dates, which go before the national calendar. Pure.

CALENDARS_FILE is a JSON object, one member a time zone:

    {"Asia/Shanghai": {"years": [2027], "holidays": ["2027-01-01"], "workdays": ["2027-01-10"], "plain": []}}

years      years that this file covers in full: no price then warns that their holidays are unknown.
holidays   dates that are public holidays, or that the operator charges as such.
workdays   weekend days on which people work (调休).
plain      dates that the national calendar calls special, and this operator does not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core import shallow_json

_MEMBERS = ("holidays", "workdays", "plain")


@dataclass(frozen=True)
class Dates:
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    plain: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


def read_dates(text: str) -> dict[str, Dates]:
    """Read the file, or raise `ValueError` that says what is wrong where."""
    try:
        found = shallow_json.loads(text, object_pairs_hook=shallow_json.named_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(found, Mapping):
        raise ValueError("must be an object with time zones")  # noqa: TRY004 - what settings report
    return {zone: _dates(zone, value) for zone, value in found.items()}


def _dates(zone: str, value: object) -> Dates:
    try:
        ZoneInfo(zone)
    except (LookupError, OSError, ValueError):
        raise ValueError(f"{zone} is no IANA time zone such as Asia/Shanghai") from None
    if not isinstance(value, Mapping) or set(value) - {"years", *_MEMBERS}:
        raise ValueError(f"{zone}: must have years, holidays, workdays and plain, and nothing else")
    holidays, workdays, plain = (_days(f"{zone}.{name}", value.get(name, [])) for name in _MEMBERS)
    if holidays & workdays or holidays & plain or workdays & plain:
        raise ValueError(f"{zone}: a date can be only one of holiday, workday and plain")
    if weekdays := sorted(day for day in workdays if day.weekday() < 5):
        raise ValueError(f"{zone}.workdays: {weekdays[0]} is no weekend day")
    years = value.get("years", [])
    if not isinstance(years, list) or not all(type(year) is int for year in years):
        raise ValueError(f"{zone}.years: must be a list of years")
    return Dates(holidays, workdays, plain, frozenset(years))


def _days(where: str, value: object) -> frozenset[date]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: must be a list of dates")  # noqa: TRY004 - what settings report
    try:
        return frozenset(date.fromisoformat(day) for day in value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: must be a list of dates such as 2027-01-01") from None
