"""Each axis of a document by itself, at the second before, on and after each of its boundaries.

The boards of car parks (test_published) mix them; here a boundary that moves can have moved for one reason.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lots import tariffs
from lots.tariffs import EarlierSession, Place, Settled
from tests.lots.tariffs.clause_cases import lines
from tests.lots.tariffs.documents import CALENDAR
from tests.lots.tariffs.published import simple
from tests.lots.tariffs.stay_times import PLACE, moment

SECOND = timedelta(seconds=1)
HOURLY = simple(1000)  # ¥10 an hour
CAPPED = simple(1000, 10000)  # … at most ¥100 in 24 hours from the entry


def resets(at):
    return {"cycle": {"basis": "calendar_day", "reset": at}}


BY_DAY, FROM_SIX = resets("00:00"), resets("06:00")
NO_CYCLES = {"cycle": {"basis": "none"}, "steps_count": "stay"}
TWO_STEPS = [
    {"until_min": 60, "unit_min": 60, "price": 700},
    {"until_min": None, "unit_min": 30, "price": 350},
]
HALF_PAST_TWO = resets("02:30") | {"steps": TWO_STEPS}
DAY_TICKET = [{"until_min": 240, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 5000}]


def free(mode, repeat="once"):
    return {"free": {"minutes": 30, "mode": mode, "repeat": repeat}}


def night(**more):
    band = {"name": "night", "from": "21:00", "to": "07:00", **more}
    return {"bands": [band], "crossing": "sum_per_band"}


HALF_DAYS = {"cycle": {"basis": "from_entry", "hours": 12}}
BY_MOMENT = {"band_days": "moment"}
WHOLE_DAY = {"from": "00:00", "to": "24:00"}
HALF_AT_NIGHT = night(steps=[{"until_min": None, "unit_min": 60, "price": 500}])
HALF_BY_DAY = {
    "bands": [{"name": "day", "from": "08:00", "to": "20:00", "steps": HALF_AT_NIGHT["bands"][0]["steps"]}],
    "crossing": "sum_per_band",
}
RISING: list[dict[str, Any]] = [
    {"cycle": 1, "amount": 6000},
    {"cycle": 2, "amount": 8000},
    {"cycle": "3+", "amount": 11000},
]
CUMULATIVE = {"caps": [*RISING[:2], {**RISING[2], "each_later_adds": 3000}], "caps_count": "cumulative"}
MONDAY = "04-27 12:00"


@pytest.mark.parametrize(
    ("document", "entered", "boundary", "before", "on", "after"),
    [
        # free minutes: a threshold, a deduction; once, in each 24 h, in each calendar day
        (HOURLY | free("threshold"), MONDAY, "04-27 12:30", 0, 0, 1000),
        (HOURLY | free("threshold"), MONDAY, "04-27 13:00", 1000, 1000, 2000),
        (HOURLY | free("deduct"), MONDAY, "04-27 12:30", 0, 0, 1000),
        (HOURLY | free("deduct"), MONDAY, "04-27 13:30", 1000, 1000, 2000),
        (CAPPED | free("threshold"), MONDAY, "04-28 12:00", 10000, 10000, 11000),
        (CAPPED | free("threshold", "each_cycle"), MONDAY, "04-28 12:30", 10000, 10000, 11000),
        (CAPPED | free("deduct", "each_cycle"), MONDAY, "04-28 13:30", 11000, 11000, 12000),
        (CAPPED | BY_DAY | free("threshold", "each_cycle"), "04-27 22:00", "04-28 00:30", 2000, 2000, 3000),
        # the unit, and whether a begun one counts
        (HOURLY, MONDAY, "04-27 13:00", 1000, 1000, 2000),
        (simple(300, minutes=15), MONDAY, "04-27 12:15", 300, 300, 600),
        (simple(400, minutes=30), MONDAY, "04-27 12:30", 400, 400, 800),
        (HOURLY | {"rounding": "full"}, MONDAY, "04-27 13:00", 0, 1000, 1000),
        # another first hour; steps that begin again or run on
        (HOURLY | {"steps": TWO_STEPS}, MONDAY, "04-27 13:00", 700, 700, 1050),
        (HOURLY | {"steps": TWO_STEPS}, MONDAY, "04-27 13:30", 1050, 1050, 1400),
        (HOURLY | {"steps": TWO_STEPS}, MONDAY, "04-28 12:00", 16800, 16800, 17500),
        (HOURLY | {"steps": TWO_STEPS, "steps_count": "stay"}, MONDAY, "04-28 12:00", 16800, 16800, 17150),
        # the cycle: 24 hours, or the calendar day with its own reset
        (CAPPED, MONDAY, "04-27 22:00", 10000, 10000, 10000),
        (CAPPED, MONDAY, "04-28 12:00", 10000, 10000, 11000),
        (CAPPED | BY_DAY, MONDAY, "04-28 00:00", 10000, 10000, 11000),
        (CAPPED | FROM_SIX, MONDAY, "04-28 06:00", 10000, 10000, 11000),
        (HOURLY | NO_CYCLES, MONDAY, "04-28 12:00", 24000, 24000, 25000),
        # caps: of each cycle, rising, of the stay up to a cycle, of the stay
        (CAPPED | {"caps": RISING}, MONDAY, "04-27 18:00", 6000, 6000, 6000),
        (CAPPED | {"caps": RISING}, MONDAY, "04-28 12:00", 6000, 6000, 7000),
        (CAPPED | {"caps": RISING}, MONDAY, "04-29 12:00", 14000, 14000, 15000),
        (CAPPED | {"caps": RISING}, MONDAY, "04-30 12:00", 25000, 25000, 26000),
        (CAPPED | CUMULATIVE, MONDAY, "04-28 12:00", 6000, 6000, 7000),
        (CAPPED | CUMULATIVE, MONDAY, "04-28 13:00", 7000, 7000, 8000),
        (CAPPED | CUMULATIVE, MONDAY, "04-29 12:00", 8000, 8000, 9000),
        (CAPPED | CUMULATIVE, MONDAY, "04-30 12:00", 11000, 11000, 12000),
        (HOURLY | {"stay_cap": 25000}, MONDAY, "04-28 12:00", 24000, 24000, 25000),
        (HOURLY | {"stay_cap": 25000}, MONDAY, "04-28 13:00", 25000, 25000, 25000),
        # bands: into the night and out of it, each with its own part or by where the unit began
        (HOURLY | HALF_AT_NIGHT, "04-27 20:30", "04-27 21:00", 1000, 1000, 1500),
        (HOURLY | HALF_AT_NIGHT, "04-27 20:30", "04-27 22:00", 1500, 1500, 2000),
        (HOURLY | HALF_AT_NIGHT | {"crossing": "unit_start"}, "04-27 20:30", "04-27 21:30", 1000, 1000, 1500),
        (HOURLY | HALF_AT_NIGHT, "04-28 05:30", "04-28 07:00", 1000, 1000, 2000),
        (HOURLY | HALF_AT_NIGHT | {"crossing": "unit_start"}, "04-28 05:30", "04-28 07:30", 1000, 1000, 2000),
        (HOURLY | night(flat=5000), "04-27 20:00", "04-27 21:00", 1000, 1000, 6000),
        (HOURLY | night(flat=5000), "04-27 23:00", "04-28 07:00", 5000, 5000, 6000),
        (HOURLY | night(free=True), "04-27 20:00", "04-27 21:00", 1000, 1000, 1000),
        (HOURLY | night(free=True), "04-27 22:00", "04-28 07:00", 0, 0, 1000),
        (
            HOURLY | night(steps=HALF_AT_NIGHT["bands"][0]["steps"], cap=2000),
            "04-27 21:00", "04-28 01:00", 2000, 2000, 2000,
        ),
        (
            HOURLY | night(steps=HALF_AT_NIGHT["bands"][0]["steps"], cap=2000),
            "04-27 21:00", "04-28 00:00", 1500, 1500, 2000,
        ),
        # kinds of day: Thursday 30 April to the holiday of 1 May; the worked Saturday 9 May to Sunday
        (
            HOURLY | night(**WHOLE_DAY, days=["holiday"], free=True) | BY_MOMENT,
            "04-30 23:00", "05-01 00:00", 1000, 1000, 1000,
        ),
        (
            HOURLY | night(**WHOLE_DAY, days=["workday"], flat=3000) | BY_MOMENT,
            "05-09 23:00", "05-10 00:00", 3000, 3000, 4000,
        ),
        (
            HOURLY | night(flat=3000, days=["workday"]) | {"band_days": "start"},
            "04-30 20:00", "05-01 07:00", 4000, 4000, 5000,
        ),
        (
            HOURLY | night(flat=3000, days=["workday"]) | BY_MOMENT,
            "04-30 20:00", "05-01 00:00", 4000, 4000, 5000,
        ),
        # midnight cuts neither a band nor the time outside of all bands, and is where a day begins
        (HOURLY | HALF_AT_NIGHT, "04-27 23:30", "04-28 00:30", 500, 500, 1000),
        (HOURLY | HALF_BY_DAY, "04-27 23:30", "04-28 00:30", 1000, 1000, 2000),
        (HOURLY | HALF_BY_DAY, "04-28 00:00", "04-28 01:00", 1000, 1000, 2000),
        # cycles of twelve hours, which begin by turns before the night and in it
        (HOURLY | HALF_DAYS | HALF_AT_NIGHT, MONDAY, "04-30 12:00", 57000, 57000, 58000),
        # a day ticket in place of the hours
        (
            HOURLY | {"steps": DAY_TICKET},
            MONDAY, "04-27 16:00", 4000, 4000, 5000,
        ),
    ],
)  # fmt: skip
def test_price_changes_at_boundary_second(document, entered, boundary, before, on, after):
    tariff = tariffs.read(document)
    found = [
        tariff.price(moment(entered), moment(boundary) + shift, "ordinary", place=PLACE).fen
        for shift in (-SECOND, 0 * SECOND, SECOND)
    ]
    assert found == [before, on, after]


LEFT = [EarlierSession(moment("04-27 10:00"), moment("04-27 11:00"))]
BACK = {"as": "one_stay", "gap": "free", "window": {"from": "left", "minutes": 60}}


@pytest.mark.parametrize(("shift", "due"), [(-SECOND, 10), (0 * SECOND, 10), (SECOND, 0)])
def test_reentry_window_includes_last_second(shift, due):
    tariff = tariffs.read(HOURLY | free("threshold") | {"reentry": BACK})
    came = moment("04-27 12:00") + shift
    price = tariff.price(came, came + timedelta(minutes=20), "ordinary", place=PLACE, earlier=LEFT)
    assert price.fen == due * 100


@pytest.mark.parametrize(
    ("way", "after", "due"),
    [
        ("extra_time", -SECOND, 0),
        ("extra_time", 0 * SECOND, 0),
        ("extra_time", SECOND, 1000),
        ("recomputed", SECOND, 1500),
    ],
)
def test_charge_after_exit_window_by_setting(way, after, due):
    """Paid 5 of 10 yuan within the first hour, the rest by a coupon; what is due beyond those 5."""
    tariff = tariffs.read(HOURLY | {"after_exit_window": way})
    until = moment("04-27 13:00") + after
    paid = Settled(moment("04-27 12:30"), 500)
    assert tariff.price(moment(MONDAY), until, "ordinary", place=PLACE, settled=paid).fen - 500 == due


@pytest.mark.parametrize(("shift", "is_over"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)])
def test_max_stay_ends_after_last_second(shift, is_over):
    tariff = tariffs.read(HOURLY | {"max_stay_min": 120})
    price = tariff.price(moment(MONDAY), moment("04-27 14:00") + shift, "ordinary", place=PLACE)
    assert ("over_max_stay" in [line.code for line in price.lines]) is is_over


BERLIN = Place(ZoneInfo("Europe/Berlin"), CALENDAR)


@pytest.mark.parametrize(
    ("document", "entered", "hours", "before", "after"),
    [
        # 29 March, 02:00 becomes 03:00: the night has nine hours; 25 October, 03:00 becomes 02:00: eleven
        (HOURLY | HALF_AT_NIGHT, "2026-03-28 21:00", 9, 4500, 5500),
        (HOURLY | HALF_AT_NIGHT, "2026-10-24 21:00", 11, 5500, 6500),
        (HOURLY | HALF_AT_NIGHT, "2026-03-28 20:00", 10, 5500, 6500),
        # a night that costs one amount is one night, whichever way the clock goes in it
        (HOURLY | night(flat=3000), "2026-03-28 21:00", 9, 3000, 4000),
        (HOURLY | night(flat=3000), "2026-10-24 21:00", 11, 3000, 4000),
        # a band that begins in the doubled hour lasts an hour longer, one in the hour left out does not hold
        (HOURLY | night(**{"from": "02:00", "to": "03:00", "free": True}), "2026-10-25 00:00", 4, 2000, 3000),
        (HOURLY | night(**{"from": "02:00", "to": "03:00", "free": True}), "2026-03-29 00:00", 2, 2000, 3000),
        # a calendar day of 23 or of 25 hours
        (CAPPED | BY_DAY, "2026-03-29 00:00", 23, 10000, 11000),
        (CAPPED | BY_DAY, "2026-10-25 00:00", 25, 10000, 11000),
        (HOURLY | BY_DAY, "2026-10-25 00:00", 25, 25000, 26000),
        (CAPPED | resets("01:00"), "2026-03-28 01:00", 24, 10000, 11000),
        (CAPPED | resets("03:00"), "2026-10-24 03:00", 25, 10000, 11000),
        # a night that goes on over the end of a cycle is one night, though its clock has changed
        (HOURLY | night(flat=5000), "2026-03-28 04:00", 26, 24000, 25000),
        (HOURLY | night(flat=5000), "2026-10-24 04:00", 28, 24000, 25000),
        # an evening that was over and comes back with the hour is paid, though a cycle ended in between
        (
            HOURLY | night(**{"from": "20:00", "to": "02:30", "flat": 5000}),
            "2026-10-24 02:45", 25.75, 26000, 27000,
        ),
        # a unit runs on over the change
        (HOURLY | HALF_AT_NIGHT, "2026-10-24 21:30", 6, 3000, 3500),
        (HOURLY | HALF_BY_DAY, "2026-10-24 21:30", 6, 6000, 7000),
        # … and of 23 and a half, where the moment at which it would end is left out
        (HOURLY | HALF_PAST_TWO, "2026-03-28 02:30", 23.5, 16450, 17150),
    ],
)  # fmt: skip
def test_dst_change_moves_no_boundary(document, entered, hours, before, after):
    tariff = tariffs.read(document)
    came = datetime.fromisoformat(entered).replace(tzinfo=BERLIN.zone)
    until = came.astimezone(UTC) + timedelta(hours=hours)
    found = [
        tariff.price(came, until + shift, "ordinary", place=BERLIN).fen
        for shift in (-SECOND, 0 * SECOND, SECOND)
    ]
    assert found == [before, before, after]


def test_band_across_dst_is_one_line():
    tariff = tariffs.read(HOURLY | HALF_AT_NIGHT)
    came = datetime(2026, 10, 24, 20, tzinfo=BERLIN.zone)
    found = tariff.price(came, came.astimezone(UTC) + timedelta(hours=13), "ordinary", place=BERLIN)
    assert [(line.code, line.fen, line.start, line.end) for line in found.lines] == [
        ("units", 1000, 0, 3600),
        ("band_units", 5500, 3600, 12 * 3600),
        ("units", 1000, 12 * 3600, 13 * 3600),
    ]


def test_equal_cumulative_cycles_merge_until_cap():
    """24 yuan a day; from the second day on there is room for 25.50 more, and for 1 less each day."""
    caps = [{"cycle": 1, "amount": 5000}, {"cycle": "2+", "amount": 7350, "each_later_adds": 2300}]
    document = simple(100) | {"caps": caps, "caps_count": "cumulative"}
    found = lines(document, "04-01 10:00", "05-01 10:00")
    assert [(line.code, line.fen, line.values["cycle"]) for line in found] == [
        ("units", 2400, 1),
        ("units", 26 * 2400, 2),
        ("cap_so_far", 2350, 28),
        ("cap_so_far", 2 * 2300, 29),
    ]


def test_unknown_calendar_year_uses_lot_clock():
    """23:30 in Shanghai is another day than in UTC; only the year that is touched is named."""
    document = HOURLY | night(days=["workday"], free=True) | BY_MOMENT
    tariff = tariffs.read(document)
    new_year = datetime(2027, 1, 1, tzinfo=PLACE.zone)
    years = []
    for end in (new_year - SECOND, new_year, new_year + SECOND):
        found = tariff.price(new_year - timedelta(hours=2), end, "ordinary", place=PLACE)
        years.append([line.values["year"] for line in found.lines if line.code == "calendar_unknown"])
    assert years == [[], [2027], [2027]]
