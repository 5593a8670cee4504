"""Speed of the tariff engine, from the simplest document to the worst: python -m benchmarks.tariff_speed.

Each row: prices per second for stays of about 3 hours with different entry times; then processor time in
milliseconds for the first price of a one-year stay, for the same stay a minute later, and for other one-year
stays (median). No database, no Django.
"""

import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter, process_time
from typing import Any

from lots import tariffs
from lots.tariffs import Calendar, Place
from lots.tariffs.tariff_place import SHANGHAI

ENTRY = datetime(2026, 1, 5, 9, 17, 23, tzinfo=SHANGHAI)
YEAR = timedelta(days=365)
REPEATS = 30
HOURLY: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "steps": [{"until_min": None, "unit_min": 60, "price": 800}],
    "cycle": {"basis": "from_entry", "hours": 24},
}
NIGHT: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "band",
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "steps": [{"until_min": None, "unit_min": 60, "price": 1000}],
    "bands": [
        {
            "name": "night",
            "from": "21:00",
            "to": "07:00",
            "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
            "cap": 3000,
        }
    ],
    "crossing": "sum_per_band",
    "caps": [{"cycle": "each", "amount": 10000}],
    "caps_count": "per_cycle",
    "after_exit_window": "recomputed",
}
WORST: dict[str, Any] = {
    **NIGHT,
    "free": {"minutes": 15, "mode": "deduct", "repeat": "each_cycle"},
    "steps_count": "stay",
    "cycle": {"basis": "from_entry", "hours": 23},
    "bands": [
        {
            "name": f"band_{start:02}_{'_'.join(days)}",
            "from": f"{start:02}:00",
            "to": f"{(start + 4) % 24:02}:00",
            "days": list(days),
            "steps": [
                {"until_min": 60, "unit_min": 7, "price": 100},
                {"until_min": None, "unit_min": 11, "price": 200},
            ],
        }
        for start in (0, 4, 8, 12, 16)
        for days in (("workday",), ("restday",))
    ],
    "crossing": "unit_start",
    "band_days": "start",
    "caps": [{"cycle": 1, "amount": 20000}, {"cycle": "2+", "amount": 30000, "each_later_adds": 25000}],
    "caps_count": "cumulative",
}
WEEKDAYS: dict[str, Any] = {
    **NIGHT,
    "steps_count": "cycle",
    "cycle": {"basis": "from_entry", "hours": 24},
    "bands": [{"name": "day", "from": "08:00", "to": "20:00", "days": ["workday"], "steps": HOURLY["steps"]}],
    "band_days": "moment",
}
WITHOUT_CYCLES: dict[str, Any] = {
    **{key: value for key, value in WEEKDAYS.items() if key not in ("caps", "caps_count")},
    "steps_count": "stay",
    "cycle": {"basis": "none"},
}
YEARS = (2026, 2027)
PLACE = Place(
    calendar=Calendar(
        holidays=frozenset(
            date(year, month, day) for year in YEARS for month in (1, 5, 10) for day in (1, 2, 3)
        ),
        years=frozenset(YEARS),
    )
)


def rate(price: Callable[[int], object]) -> float:
    """Return how many prices a second this makes, over half a second."""
    done, begin = 0, perf_counter()
    while perf_counter() - begin < 0.5:
        for number in range(done, done + 100):
            price(number)
        done += 100
    return done / (perf_counter() - begin)


def row(name: str, document: dict[str, Any]) -> str:
    tariff = tariffs.read(document)

    def short(number: int) -> object:
        entry = ENTRY + timedelta(seconds=number * 61)
        return tariff.price(entry, entry + timedelta(hours=3, seconds=number % 3600), "ordinary", place=PLACE)

    def year(entry: datetime, *, minutes: int = 0) -> float:
        begin = process_time()
        tariff.price(entry, ENTRY + YEAR + timedelta(minutes=minutes), "ordinary", place=PLACE)
        return (process_time() - begin) * 1000

    first, later = year(ENTRY), median(year(ENTRY, minutes=number) for number in range(REPEATS))
    other = median(year(ENTRY + timedelta(seconds=number)) for number in range(1, REPEATS))
    return f"{name:<34}{rate(short):>12,.0f}{first:>14.3f}{later:>14.3f}{other:>14.3f}"


def main() -> int:
    print(f"{'document':<34}{'prices/s':>12}{'year, first':>14}{'year, again':>14}{'other year':>14}")
    for name, document in (
        ("hourly", HOURLY),
        ("night band, day cap", NIGHT),
        ("workdays, day cap", WEEKDAYS),
        ("workdays, no cycles", WITHOUT_CYCLES),
        ("worst", WORST),
    ):
        print(row(name, document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
