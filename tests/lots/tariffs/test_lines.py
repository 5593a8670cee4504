"""The explanation, whole: code, amount, values, and the part of the stay that each line speaks of."""

from datetime import timedelta

import pytest

from lots import tariffs
from lots.tariffs import AccessRight, PriceLine
from tests.lots.tariffs.clause_cases import lines
from tests.lots.tariffs.published import (
    BAIGUAN,
    BAILIAN,
    HONGQIAO,
    HONGQIAO_CUMULATIVE,
    NO_CYCLE,
    PANYU,
    caps,
    hourly,
    simple,
)
from tests.lots.tariffs.stay_times import PLACE, moment

HOUR, DAY = 3600, 86400
NIGHT = {"band": "night", "from": "21:00", "to": "07:00"}


def units(cycle, units, fen, start, end, **values):
    fields = {"cycle": cycle, "units": units, "unit_minutes": 60, "unit_fen": fen, **values}
    times = values.get("times", 1)
    return PriceLine("units", units * fen * times, fields, start * HOUR, end * HOUR)


def test_equal_cycles_share_line_in_any_state():
    """The steps of a stay begin in its first cycle; that the second is priced by itself changes nothing."""
    found = lines({**simple(500), "steps_count": "stay"}, "04-27 10:00", "04-30 10:00")
    assert found == [units(1, 24, 500, 0, 72, times=3, hours=24, after_minutes=0)]


def test_equal_cumulative_rises_share_line():
    assert lines(HONGQIAO_CUMULATIVE, "04-27 10:00", "05-03 10:00") == [
        PriceLine("cap_so_far", 6000, {"cycle": 1, "cycles": 1, "amount_fen": 6000}, 0, DAY),
        PriceLine("cap_so_far", 2000, {"cycle": 2, "cycles": 1, "amount_fen": 8000}, DAY, 2 * DAY),
        PriceLine("cap_so_far", 4 * 3000, {"cycle": 3, "cycles": 4, "amount_fen": 20000}, 2 * DAY, 6 * DAY),
    ]


def test_cycles_below_cumulative_cap_show_units():
    document = simple(100) | {"caps_count": "cumulative", "caps": caps(2400, 4700, each_later_adds=2400)}
    whole = {"after_minutes": 0}
    assert lines(document, "04-27 10:00", "04-30 11:00") == [
        units(1, 24, 100, 0, 24, **whole),
        PriceLine("cap_so_far", 2300, {"cycle": 2, "cycles": 1, "amount_fen": 4700}, DAY, 2 * DAY),
        units(3, 24, 100, 48, 72, **whole),
        units(4, 1, 100, 72, 73, **whole),
    ]


def rising(document, band, most):
    """A document of calendar days with dearer ones, under caps that rise from day to day."""
    days = {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "caps_count": "cumulative", "caps": most}
    return document | days | {"bands": [band], "crossing": "sum_per_band", "band_days": "moment"}


def test_equal_rises_merge_across_prices():
    """Friday 1 May is a holiday, at twice the price; each day is far above its cap."""
    holiday = {"name": "holiday", "from": "00:00", "to": "24:00", "days": ["holiday"], "steps": hourly(2000)}
    document = rising(simple(1000), holiday, caps(5000, 8000, 10000, each_later_adds=2000))
    rises = {"cycle": 3, "cycles": 3, "amount_fen": 14000}
    assert lines(document, "04-29 00:00", "05-04 00:00") == [
        PriceLine("cap_so_far", 5000, {"cycle": 1, "cycles": 1, "amount_fen": 5000}, 0, DAY),
        PriceLine("cap_so_far", 3000, {"cycle": 2, "cycles": 1, "amount_fen": 8000}, DAY, 2 * DAY),
        PriceLine("cap_so_far", 6000, rises, 2 * DAY, 5 * DAY),
    ]


def test_rises_merge_with_following_days():
    """From Friday to Wednesday; Saturday and Sunday are dearer, and every day is far above its cap."""
    days = {"name": "weekend", "from": "00:00", "to": "24:00", "days": ["sat", "sun"], "steps": hourly(200)}
    document = rising(simple(100), days, caps(1000, 1500, each_later_adds=500))
    assert lines(document, "04-17 00:00", "04-23 00:00") == [
        PriceLine("cap_so_far", 1000, {"cycle": 1, "cycles": 1, "amount_fen": 1000}, 0, DAY),
        PriceLine("cap_so_far", 2500, {"cycle": 2, "cycles": 5, "amount_fen": 3500}, DAY, 6 * DAY),
    ]


def test_band_line_names_its_days():
    days = {"name": "weekend", "from": "08:00", "to": "20:00", "days": ["sun", "sat"], "steps": hourly(200)}
    document = PANYU | {"cycle": NO_CYCLE, "bands": [days], "band_days": "start"}
    (line,) = lines(document, "04-18 09:00", "04-18 10:00")
    where = {"band": "weekend", "from": "08:00", "to": "20:00", "days": "sat sun"}
    units = {"units": 1, "unit_minutes": 60, "unit_fen": 200, "after_minutes": 0}
    assert (line.fen, line.values) == (200, where | units)


@pytest.mark.parametrize("adds", [0, 1000, 2300, 2398, 2399, 2400, 2401, 3000])
@pytest.mark.parametrize("second", [2400, 3000, 4799, 4800, 7350])
def test_cumulative_caps_match_daily_sum(second, adds):
    """24 yuan a day, one cap for the first day and one that rises; one line for each day."""
    document = simple(100) | {"caps_count": "cumulative", "caps": caps(2400, second, each_later_adds=adds)}
    tariff, cost = tariffs.read(document), 0
    for day in range(1, 41):
        cost = min(cost + 2400, 2400 if day == 1 else second + (day - 2) * adds)
        found = tariff.price(
            moment("04-01 10:00"), moment("04-01 10:00") + timedelta(days=day), "ordinary", place=PLACE
        )
        assert found.fen == cost, day
        listed = [
            (line.values["cycle"], line.values.get("cycles", line.values.get("times", 1)))
            for line in found.lines
        ]
        assert [first for first, _ in listed] == [
            1 + sum(n for _, n in listed[:at]) for at in range(len(listed))
        ]
        assert sum(n for _, n in listed) == day


def test_rising_caps_are_separate_lines():
    values = {"hours": 24}
    assert lines(HONGQIAO, "04-27 10:00", "05-01 10:00") == [
        PriceLine("cap", 6000, {"cycle": 1, "cycles": 1, **values, "amount_fen": 6000}, 0, DAY),
        PriceLine("cap", 8000, {"cycle": 2, "cycles": 1, **values, "amount_fen": 8000}, DAY, 2 * DAY),
        PriceLine("cap", 22000, {"cycle": 3, "cycles": 2, **values, "amount_fen": 11000}, 2 * DAY, 4 * DAY),
    ]


def test_calendar_day_caps_span_actual_length():
    assert lines(BAILIAN, "04-27 07:00", "04-29 00:00") == [
        PriceLine("day_cap", 10000, {"cycle": 1, "cycles": 1, "amount_fen": 10000}, 0, 17 * HOUR),
        PriceLine("day_cap", 10000, {"cycle": 2, "cycles": 1, "amount_fen": 10000}, 17 * HOUR, 41 * HOUR),
    ]


def test_stay_cap_replaces_all_lines():
    document = HONGQIAO | {"stay_cap": 12000}
    assert lines(document, "04-27 10:00", "04-28 11:00")[-1].code == "first_units"
    for days, until in ((2, "04-29 10:00"), (3, "04-30 10:00")):
        assert lines(document, "04-27 10:00", until) == [
            PriceLine("stay_cap", 12000, {"amount_fen": 12000}, 0, days * DAY)
        ]


def test_stay_at_its_cap_shows_units():
    document = simple(1000) | {"stay_cap": 25000}
    assert [line.code for line in lines(document, "04-27 10:00", "04-28 11:00")] == ["units", "units"]


def test_time_outside_weekly_band_is_merged():
    """Wednesday 22 April 10:00 to Monday 10:00; the holiday of 1 May is a week later."""
    friday = {"name": "friday", "from": "08:00", "to": "20:00", "days": ["fri"], "steps": hourly(500)}
    document = simple(200) | {
        "cycle": NO_CYCLE,
        "steps_count": "stay",
        "bands": [friday],
        "crossing": "sum_per_band",
        "band_days": "moment",
    }
    found = lines(document, "04-22 10:00", "04-27 10:00")
    assert [(line.code, line.fen, line.start // HOUR, line.end // HOUR) for line in found] == [
        ("units", 46 * 200, 0, 46),
        ("band_units", 12 * 500, 46, 58),
        ("units", 62 * 200, 58, 120),
    ]


def test_equal_cycles_share_one_line():
    assert lines(simple(800), "04-27 10:00", "04-30 11:30") == [
        units(1, 24, 800, 0, 72, times=3, hours=24, after_minutes=0),
        PriceLine(
            "units",
            1600,
            {"cycle": 4, "units": 2, "unit_minutes": 60, "unit_fen": 800, "after_minutes": 0},
            72 * HOUR,
            73 * HOUR + 1800,
        ),
    ]


def test_equal_calendar_days_share_one_line():
    """From Monday: 12 hours at 5 yuan on each working day, 30 at most; Friday 1 May is a holiday."""
    cycles = {"hours": 24, "amount_fen": 3000}
    assert lines(BAIGUAN, "04-27 00:00", "05-02 00:00") == [
        PriceLine("cap", 12000, {"cycle": 1, "cycles": 4, **cycles}, 0, 4 * DAY),
        PriceLine("flat", 0, {"cycle": 5, "units": 1, "flat_fen": 0, "after_minutes": 0}, 4 * DAY, 5 * DAY),
    ]


def test_day_at_its_cap_shows_units():
    found = [line.code for line in lines(simple(1000, 24000), "04-27 10:00", "04-28 10:00")]
    assert found == ["units"]


def test_uncycled_lines_merge_equal_nights():
    found = lines(PANYU, "04-27 10:00", "04-30 10:00")
    assert [(line.code, line.fen, line.values.get("times")) for line in found] == [
        ("units", 3600, None),
        ("band_cap", 2000, 2),
        ("units", 8800, 2),
        ("band_cap", 1000, None),
        ("units", 800, None),
    ]
    assert not any("cycle" in line.values or "hours" in line.values for line in found)
    assert found[1].values == {
        "times": 2,
        "band": "night",
        "from": "19:00",
        "to": "08:00",
        "amount_fen": 1000,
    }


def test_step_lines_show_their_limits():
    document = simple(0) | {
        "steps": [{"until_min": 60, "flat": 500}, {"until_min": 180, "flat": 300}, *hourly(100)],
        "steps_count": "cycle",
    }
    assert lines(document, "04-27 10:00", "04-27 14:00") == [
        PriceLine("first_flat", 500, {"cycle": 1, "units": 1, "flat_fen": 500, "until_minutes": 60}, 0, HOUR),
        PriceLine(
            "first_flat",
            300,
            {"cycle": 1, "units": 1, "flat_fen": 300, "after_minutes": 60, "until_minutes": 180},
            HOUR,
            3 * HOUR,
        ),
        units(1, 1, 100, 3, 4, after_minutes=180),
    ]


def test_total_line_replaces_earlier_units():
    hours = {"until_min": 120, "unit_min": 60, "price": 1000}
    document = simple(0) | {"steps": [hours, {"until_min": None, "total": 2500}]}
    assert lines(document, "04-27 10:00", "04-27 12:00:01") == [
        PriceLine(
            "total",
            2500,
            {"cycle": 1, "units": 1, "flat_fen": 2500, "after_minutes": 120},
            2 * HOUR,
            2 * HOUR + 1,
        )
    ]


@pytest.mark.parametrize(
    ("band", "code", "values"),
    [
        ({"free": True}, "band_free", {"units": 1, "flat_fen": 0, "after_minutes": 0}),
        ({"flat": 900}, "band_flat", {"units": 1, "flat_fen": 900, "after_minutes": 0}),
        (
            {"steps": [{"until_min": 60, "flat": 900}, *hourly(100)]},
            "band_first_flat",
            {"units": 1, "flat_fen": 900, "until_minutes": 60},
        ),
        (
            {"steps": [{"until_min": 60, "unit_min": 30, "price": 900}, *hourly(100)]},
            "band_first_units",
            {"units": 1, "unit_minutes": 30, "unit_fen": 900, "until_minutes": 60},
        ),
        (
            {"steps": hourly(900)},
            "band_units",
            {"units": 1, "unit_minutes": 60, "unit_fen": 900, "after_minutes": 0},
        ),
    ],
)
def test_band_line_shows_its_hours(band, code, values):
    document = {
        **PANYU,
        "cycle": NO_CYCLE,
        "bands": [{"name": "night", "from": "21:00", "to": "07:00", **band}],
    }
    fen = values.get("flat_fen", values.get("unit_fen"))
    assert lines(document, "04-27 22:00", "04-27 22:20") == [
        PriceLine(code, fen, {**NIGHT, **values}, 0, 1200)
    ]


RISING = [{"until_min": 60, "unit_min": 60, "price": 500}, *hourly(600)]


def test_band_cap_spans_all_steps():
    night = {"name": "night", "from": "21:00", "to": "07:00", "steps": RISING, "cap": 2000}
    document = {**simple(100), "cycle": NO_CYCLE, "steps_count": "stay", "bands": [night]}
    values = {**NIGHT, "amount_fen": 2000}
    assert lines({**document, "crossing": "sum_per_band"}, "04-27 21:00", "04-28 02:00") == [
        PriceLine("band_cap", 2000, values, 0, 5 * HOUR)
    ]
    night["cap"] = 500 + 600  # just what 2 hours cost
    units_only = lines({**document, "crossing": "sum_per_band"}, "04-27 21:00", "04-27 23:00")
    assert [line.code for line in units_only] == ["band_first_units", "band_units"]


def test_shared_cap_spans_all_steps():
    """3 hours before 8 cost just the ¥15 that both bands cost at most; from 20 on nothing is added."""
    early = {"name": "early", "from": "00:00", "to": "08:00", "steps": hourly(500)}
    late = {"name": "late", "from": "20:00", "to": "24:00", "steps": RISING}
    document = {
        **simple(100),
        "format": 3,
        "cycle": {"basis": "calendar_day", "reset": "00:00"},
        "steps_count": "band",
        "bands": [early, late],
        "crossing": "sum_per_band",
        "after_cycle": "begin_again",
        "shared_caps": [{"bands": ["early", "late"], "amount": 1500}],
    }
    whole = {"cycle": 1, "unit_minutes": 60, "after_minutes": 0}
    before = {"band": "early", "from": "00:00", "to": "08:00", "units": 3, "unit_fen": 500}
    after = {"cycle": 1, "band": "late", "from": "20:00", "to": "24:00"}
    assert lines(document, "04-27 05:00", "04-27 23:00") == [
        PriceLine("band_units", 1500, whole | before, 0, 3 * HOUR),
        units(1, 12, 100, 3, 15, after_minutes=0),
        PriceLine("shared_cap", 0, {**after, "amount_fen": 1500, "before_fen": 1500}, 15 * HOUR, 18 * HOUR),
    ]


def test_free_minutes_are_shown_per_cycle():
    document = simple(1000) | {"free": {"minutes": 30, "mode": "deduct", "repeat": "each_cycle"}}
    found = lines(document, "04-27 10:00", "04-29 10:20")
    assert found == [
        PriceLine("free_deducted", 0, {"cycle": 1, "times": 2, "hours": 24, "minutes": 30}, 0, DAY + 1800),
        PriceLine(
            "units",
            48000,
            {
                "cycle": 1,
                "times": 2,
                "hours": 24,
                "units": 24,
                "unit_minutes": 60,
                "unit_fen": 1000,
                "after_minutes": 0,
            },
            1800,
            2 * DAY,
        ),
        PriceLine("free_within", 0, {"cycle": 3, "minutes": 30}, 2 * DAY, 2 * DAY + 1200),
    ]


def test_flat_step_charged_per_cycle_or_night():
    daily = simple(0) | {"steps": [{"until_min": None, "flat": 500}]}
    assert [line.fen for line in lines(daily, "04-27 10:00", "04-29 11:00")] == [1000, 500]
    night = {"name": "night", "from": "21:00", "to": "07:00"}
    banded = daily | {"crossing": "sum_per_band", "bands": [{**night, "flat": 900}]}
    found = lines(banded, "04-27 23:00", "04-29 06:00")
    assert [(line.code, line.fen) for line in found] == [
        ("band_flat", 900),
        ("flat", 500),
        ("band_flat", 900),  # until 07:00, although a cycle ended at 23:00
    ]
    stepped = {**night, "steps": [{"until_min": 60, "flat": 900}, *hourly(0)]}
    again = lines(banded | {"bands": [stepped]}, "04-27 23:00", "04-29 06:00")
    assert [line.fen for line in again if line.code == "band_first_flat"] == [900, 900]
    by_band = lines(banded | {"bands": [stepped], "steps_count": "band"}, "04-27 23:00", "04-29 06:00")
    assert [line.fen for line in by_band if line.code == "band_first_flat"] == [900, 900]


def test_cycle_end_restarts_only_cycle_steps():
    night = {
        "name": "night",
        "from": "21:00",
        "to": "07:00",
        "steps": [{"until_min": 60, "flat": 900}, *hourly(0)],
    }
    document = simple(0) | {
        "cycle": {"basis": "from_entry", "hours": 5},
        "steps": [{"until_min": None, "flat": 500}],
        "bands": [night],
        "crossing": "sum_per_band",
    }
    for count, nights, days in (("cycle", [900, 900], [500]), ("band", [900], [500])):
        by = document | {"steps_count": count}
        found = lines(by, "04-27 22:00", "04-28 05:00")
        assert [line.fen for line in found if line.code == "band_first_flat"] == nights
        found = lines(by, "04-27 08:00", "04-27 15:00")
        assert [line.fen for line in found if line.code == "flat"] == days


def test_cumulative_cap_counts_every_cycle():
    document = simple(100) | {"caps_count": "cumulative", "caps": caps(2400, 4800, 6000, each_later_adds=0)}
    found = lines(document, "04-27 10:00", "05-01 10:00")
    assert [(line.code, line.fen) for line in found] == [
        ("units", 2400),
        ("units", 2400),
        ("cap_so_far", 1200),
        ("cap_so_far", 0),
    ]


def test_deducted_minutes_exclude_covered_time():
    document = simple(100, minutes=1) | {"free": {"minutes": 30, "mode": "deduct", "repeat": "once"}}
    rights = [AccessRight("month", moment("04-27 10:10"), moment("04-27 10:20"))]
    found = lines(document, "04-27 10:00", "04-27 11:00", rights=rights)
    assert [(line.code, line.fen, line.start // 60, line.end // 60) for line in found] == [
        ("covered", 0, 10, 20),
        ("free_deducted", 0, 0, 40),
        ("units", 2000, 40, 60),
    ]
    exact = lines(document, "04-27 10:00", "04-27 10:40", rights=rights)
    assert [line.code for line in exact] == ["covered", "free_within"]
