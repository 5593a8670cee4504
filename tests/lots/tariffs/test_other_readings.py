"""The other reading of each axis: both names and the document that means it, or none without a choice."""

from typing import Any

import pytest

from lots.tariffs.readings import AXES
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.published import hourly

STEPS = [{"until_min": 60, "unit_min": 60, "price": 800}, *hourly(500)]
DAY = {"cycle": {"basis": "from_entry", "hours": 24}}
HALF_DAY = {"cycle": {"basis": "from_entry", "hours": 12}}
BY_DAY = {"cycle": {"basis": "calendar_day", "reset": "00:00"}}
CYCLE = {**DAY, "steps_count": "cycle"}
BANDS = {
    "bands": [{"name": "night", "from": "22:00", "to": "08:00", "flat": 500}],
    "crossing": "sum_per_band",
}
BANDS_ONCE = {
    **BANDS,
    "bands": [{"name": "night", "from": "22:00", "to": "08:00", "flat": 500, "once": True}],
}
ONE = {"caps": [{"cycle": "each", "amount": 3000}], "caps_count": "per_cycle"}
FIRST, SECOND = {"cycle": 1, "amount": 3000}, {"cycle": "2+", "amount": 5000}
TWO = {"caps": [FIRST, SECOND], "caps_count": "per_cycle"}
RISING = {"caps": [FIRST, {**SECOND, "each_later_adds": 2000}], "caps_count": "cumulative"}

LOWER = {"cycle": "2+", "amount": 2000}
FALLING = {"caps": [FIRST, LOWER], "caps_count": "per_cycle"}
FALLING_SUM = {"caps": [FIRST, {**LOWER, "each_later_adds": 0}], "caps_count": "cumulative"}


def free(minutes=30, mode="threshold", repeat="once", **more):
    return {"free": {"minutes": minutes, "mode": mode, "repeat": repeat, **more}}


HOURS = (("early", "00:00", "08:00"), ("late", "20:00", "24:00"), ("noon", "12:00", "13:00"))
EARLY, LATE, NOON = (
    {"name": name, "from": start, "to": end, "steps": hourly(100)} for name, start, end in HOURS
)
FLAT_LATE = {**{key: value for key, value in LATE.items() if key != "steps"}, "flat": 300}
SHARED = [{"bands": ["early", "late"], "amount": 600}]
BACK = {"from": "day"}
ONE_STAY = {"as": "one_stay", "window": BACK, "gap": "free"}
LONG = {"after_min": 1440, "rule": {"stay_cap": 9000}}
HALF = {"percent": 50, **ONE}
NIGHT = {"at": "22:00", "amount": 1000, "nights": "each"}


ONCE = {"steps": [{"until_min": None, "flat": 1000}]}
NO_CYCLE = {"cycle": {"basis": "none"}, "steps_count": "stay"}
DATES = {**BY_DAY, **ONE, "steps": hourly(100), "steps_count": "cycle"}


def day_band(start="00:00", end="24:00", **more):
    """Return an hourly price without cycles whose only band is a day of at most ¥30."""
    day = {"name": "date", "from": start, "to": end, "steps": hourly(100), "cap": 3000, **more}
    return {**NO_CYCLE, "bands": [day], "crossing": "unit_start"}


def summed(how):
    return {"sum_rounding": {"unit": 100, "how": how}}


def steps(*found):
    return {"steps": list(found)}


CASES: list[tuple[str, dict[str, Any], str, str, dict[str, Any]]] = [
    ("free_mode", free(), "threshold", "deduct", free(mode="deduct")),
    ("free_mode", free(mode="deduct"), "deduct", "threshold", free()),
    ("free_repeat", free(), "once", "each_cycle", free(repeat="each_cycle")),
    ("free_repeat", free(repeat="each_cycle"), "each_cycle", "once", free()),
    ("free_hours", free(), "free_all_hours", "free_charged_hours", free(charged_hours_only=True)),
    ("free_hours", free(charged_hours_only=True), "free_charged_hours", "free_all_hours", free()),
    (
        "free_steps",
        {**DAY, **free(mode="deduct"), "steps": STEPS},
        "steps_after_free",
        "steps_with_free",
        {**DAY, **free(mode="deduct", counts_in_steps=True), "steps": STEPS},
    ),
    (
        "free_steps",
        {**DAY, **free(mode="deduct", counts_in_steps=True), "steps": STEPS},
        "steps_with_free",
        "steps_after_free",
        {**DAY, **free(mode="deduct"), "steps": STEPS},
    ),
    ("free_daily", free(repeat="once_a_day"), "free_daily", "free_each_visit", free()),
    ("free_daily", free(repeat="times_a_day", times=3), "free_times_daily", "free_each_visit", free()),
    ("free_monthly", free(repeat="times_a_month", times=3), "free_monthly", "free_each_visit", free()),
    ("month_cap", {"month_cap": 9000}, "month_together", "stay_alone", {"stay_cap": 9000}),
    ("week_cap", {"week_cap": 9000}, "week_together", "stay_alone", {"stay_cap": 9000}),
    (
        "month_cap",
        {"month_cap": 9000, "stay_cap": 5000},
        "month_together",
        "stay_alone",
        {"stay_cap": 5000},
    ),
    ("month_cap", {"month_cap": 5_000_000}, "month_together", "stay_alone", {"stay_cap": 1_000_000}),
    ("cycle", {**DAY, **ONE}, "from_entry", "calendar_day", {**BY_DAY, **ONE}),
    ("cycle", {**BY_DAY, **ONE}, "calendar_day", "from_entry", {**DAY, **ONE}),
    ("cycle", {**CYCLE, **ONCE}, "from_entry", "calendar_day", {**CYCLE, **BY_DAY, **ONCE}),
    ("band_amount", BANDS, "band_each", "band_once", BANDS_ONCE),
    ("band_amount", BANDS_ONCE, "band_once", "band_each", BANDS),
    ("one_amount", {**NO_CYCLE, **ONCE}, "amount_of_stay", "amount_of_day", {**CYCLE, **ONCE}),
    ("one_amount", {**CYCLE, **BY_DAY, **ONCE}, "amount_of_day", "amount_of_stay", {**NO_CYCLE, **ONCE}),
    ("one_amount", {**CYCLE, **ONCE}, "amount_of_day", "amount_of_stay", {**NO_CYCLE, **ONCE}),
    ("cycle", {**CYCLE, "steps": STEPS}, "from_entry", "calendar_day", {**CYCLE, **BY_DAY, "steps": STEPS}),
    (
        "cycle",
        {**DAY, **free(repeat="each_cycle")},
        "from_entry",
        "calendar_day",
        {**BY_DAY, **free(repeat="each_cycle")},
    ),
    ("steps_after_cycle", CYCLE, "steps_begin_again", "steps_run_on", DAY),
    ("steps_after_cycle", DAY, "steps_run_on", "steps_begin_again", CYCLE),
    (
        "steps_after_band",
        {**BANDS, "steps_count": "band"},
        "steps_begin_again",
        "steps_run_on",
        {**BANDS, "steps_count": "stay"},
    ),
    (
        "steps_after_band",
        {**BANDS, **DAY, "steps_count": "band"},
        "steps_begin_again",
        "steps_run_on",
        {**BANDS, **CYCLE},
    ),
    (
        "steps_after_band",
        {**BANDS, **CYCLE},
        "steps_run_on",
        "steps_begin_again",
        {**BANDS, **DAY, "steps_count": "band"},
    ),
    ("caps", {**CYCLE, **TWO}, "per_cycle", "cumulative", {**DAY, **RISING}),
    ("caps", {**DAY, **RISING}, "cumulative", "per_cycle", {**CYCLE, **TWO}),
    ("caps", {**CYCLE, **FALLING}, "per_cycle", "cumulative", {**DAY, **FALLING_SUM}),
    (
        "caps",
        {**BANDS, **DAY, **TWO, "steps_count": "band"},
        "per_cycle",
        "cumulative",
        {**BANDS, **DAY, **RISING, "steps_count": "band"},
    ),
    ("caps_pooled", {**DAY, **ONE}, "per_cycle", "pooled", {**DAY, **ONE, "caps_count": "pooled"}),
    ("caps_pooled", {**DAY, **ONE, "caps_count": "pooled"}, "pooled", "per_cycle", {**DAY, **ONE}),
    (
        "bands_after_cycle",
        {"after_cycle": "begin_again"},
        "bands_begin_again",
        "bands_run_on",
        {"after_cycle": "run_on"},
    ),
    (
        "bands_after_cycle",
        {"after_cycle": "run_on"},
        "bands_run_on",
        "bands_begin_again",
        {"after_cycle": "begin_again"},
    ),
    (
        "cycle_starts",
        {"cycle_starts": "entry"},
        "cycles_from_entry",
        "cycles_after_free",
        {"cycle_starts": "after_free"},
    ),
    (
        "cycle_starts",
        {"cycle_starts": "after_free"},
        "cycles_after_free",
        "cycles_from_entry",
        {"cycle_starts": "entry"},
    ),
    ("crossing", BANDS, "sum_per_band", "unit_start", {**BANDS, "crossing": "unit_start"}),
    ("crossing", {**BANDS, "crossing": "unit_start"}, "unit_start", "sum_per_band", BANDS),
    (
        "crossing",
        {**BANDS, **DAY, "steps_count": "band"},
        "sum_per_band",
        "unit_start",
        {**BANDS, **CYCLE, "crossing": "unit_start"},
    ),
    ("reentry", {}, "two_stays", "one_stay", {"reentry": ONE_STAY}),
    ("reentry", {"reentry": ONE_STAY}, "one_stay", "two_stays", {}),
    ("reentry", {"reentry": {"as": "capped", "window": BACK}}, "stays_capped", "two_stays", {}),
    (
        "reentry",
        {"reentry": {"as": "no_free", "window": BACK}},
        "two_stays_free_once",
        "one_stay",
        {"reentry": ONE_STAY},
    ),
    ("after_exit_window", {}, "recomputed", "extra_time", {"after_exit_window": "extra_time"}),
    ("after_exit_window", {"after_exit_window": "extra_time"}, "extra_time", "recomputed", {}),
    (
        "turn",
        {"turn": {**LONG, "from": "start"}},
        "turn_from_start",
        "turn_then",
        {"turn": {**LONG, "from": "then"}},
    ),
    (
        "turn",
        {"turn": {**LONG, "from": "then"}},
        "turn_then",
        "turn_from_start",
        {"turn": {**LONG, "from": "start"}},
    ),
    (
        "shared_caps",
        {"bands": [EARLY, {**LATE, "cap": 400}, NOON], "shared_caps": SHARED},
        "bands_together",
        "bands_each",
        {"bands": [{**EARLY, "cap": 600}, {**LATE, "cap": 400}, NOON]},
    ),
    (
        "shared_caps",
        {"bands": [{**EARLY, "cap": 900}, FLAT_LATE], "shared_caps": SHARED},
        "bands_together",
        "bands_each",
        {"bands": [{**EARLY, "cap": 600}, FLAT_LATE]},
    ),
    (
        "percent",
        {**HALF, **steps(*hourly(500))},
        "percent_of_sum",
        "percent_of_prices",
        {**ONE, **steps(*hourly(250))},
    ),
    (
        "percent",
        {"percent": 50, "stay_cap": 900, **steps(*hourly(5))},
        "percent_of_sum",
        "percent_of_prices",
        {"stay_cap": 900, **steps({**hourly(0)[0], "price": "2.5"})},
    ),
    (
        "percent",
        {**HALF, **steps({"until_min": 60, "flat": 5}, {"until_min": None, "total": 401})},
        "percent_of_sum",
        "percent_of_prices",
        {**ONE, **steps({"until_min": 60, "flat": 2}, {"until_min": None, "total": 200})},
    ),
    ("sum_rounding", summed("down"), "sum_down", "sum_half_up", summed("half_up")),
    ("sum_rounding", summed("up"), "sum_up", "sum_half_up", summed("half_up")),
    ("sum_rounding", summed("half_up"), "sum_half_up", "sum_down", summed("down")),
    (
        "overnight",
        {"overnight": NIGHT},
        "nights_each",
        "nights_once",
        {"overnight": {**NIGHT, "nights": "once"}},
    ),
    (
        "night",
        {"overnight": {**NIGHT, "until": "06:00"}},
        "night_in_part",
        "night_passed",
        {"overnight": NIGHT},
    ),
    (
        "tail",
        {"tail_min": 15},
        "tail_of_first",
        "first_unit_due",
        {"tail_min": 15, **steps({"until_min": 60, "flat": 500}, *hourly(500))},
    ),
    ("day_units", {**day_band(), "steps": []}, "units_over_days", "units_of_day", {**DATES}),
    (
        "day_units",
        day_band("06:00", "06:00"),
        "units_over_days",
        "units_of_day",
        {**DATES, "cycle": {"basis": "calendar_day", "reset": "06:00"}},
    ),
    ("day_units", {**BY_DAY, "steps_count": "cycle"}, "units_of_day", "units_over_days", NO_CYCLE),
    (
        "tail",
        {"tail_min": 15, "steps": STEPS},
        "tail_of_first",
        "first_unit_due",
        {"tail_min": 15, **steps({"until_min": 60, "flat": 800}, *hourly(500))},
    ),
    (
        "offers_apply",
        {"offers_apply": "first"},
        "offers_first",
        "offers_cheapest",
        {"offers_apply": "cheapest"},
    ),
    (
        "offers_apply",
        {"offers_apply": "cheapest"},
        "offers_cheapest",
        "offers_first",
        {"offers_apply": "first"},
    ),
    ("reached", {"reached": ["tail"], "tail_min": 5}, "limit_reached", "limit_within", {"tail_min": 5}),
    (
        "reached",
        {**free(), "tail_min": 5},
        "limit_within",
        "limit_reached",
        {**free(), "tail_min": 5, "reached": ["free", "tail"]},
    ),
]


@pytest.mark.parametrize(("axis", "change", "ours", "other", "changed"), CASES)
def test_other_reading_is_another_document(axis, change, ours, other, changed):
    found = AXES[axis][0]({**BASE, **change})
    assert found is not None
    assert found[:2] == (ours, other)
    assert found[2][0] == {**BASE, **changed}


@pytest.mark.parametrize(
    ("axis", "change"),
    [
        *((axis, {}) for axis in AXES if axis not in {"reentry", "after_exit_window"}),
        ("free_mode", free(minutes=0)),
        *(("free_repeat", free(repeat=one)) for one in ("once_a_day", "times_a_day", "times_a_month")),
        ("free_hours", free(minutes=0)),
        ("band_amount", {"bands": [NOON]}),
        ("band_amount", {"bands": [{**FLAT_LATE, "flat": 0}]}),
        ("free_hours", {**free(), "turn": {**LONG, "from": "then"}}),
        ("cycle", {**CYCLE, **ONCE, **BANDS}),
        ("one_amount", {**CYCLE, **ONCE, **BANDS}),
        ("one_amount", {**CYCLE, **HALF_DAY, **ONCE}),
        ("one_amount", steps({"until_min": None, "flat": 0})),
        ("free_steps", {**free(minutes=0, mode="deduct"), "steps": STEPS}),
        ("free_steps", {**free(), "steps": STEPS}),
        ("free_steps", {**free(mode="deduct", repeat="each_cycle"), "steps": STEPS}),
        ("free_steps", free(mode="deduct")),
        ("free_steps", {**CYCLE, **free(mode="deduct"), "steps": STEPS}),
        ("free_daily", free()),
        ("free_daily", free(minutes=0, repeat="once_a_day")),
        ("free_monthly", free(repeat="times_a_day", times=3)),
        ("free_monthly", free(minutes=0, repeat="times_a_month", times=3)),
        ("day_units", {**BY_DAY, "steps": STEPS}),
        ("day_units", {**BY_DAY, **ONCE}),
        ("day_units", {**BY_DAY, **BANDS}),
        ("day_units", {**BY_DAY, **TWO}),
        ("day_units", {**BY_DAY, **ONE, "caps_count": "pooled"}),
        ("day_units", {**day_band(), "crossing": "sum_per_band"}),
        ("day_units", day_band(days=["workday"])),
        ("day_units", day_band(end="20:00")),
        (
            "day_units",
            {**day_band(), "bands": [{"name": "date", "from": "00:00", "to": "24:00", "flat": 100}]},
        ),
        ("cycle", DAY),
        ("cycle", {**HALF_DAY, **ONE}),
        ("steps_after_cycle", {**BANDS, **DAY, "steps_count": "band"}),
        ("steps_after_band", {**BANDS, "crossing": "unit_start"}),
        ("caps", {**DAY, **ONE}),
        ("caps_pooled", {**DAY, **TWO}),
        ("percent", {"percent": 50}),
        ("percent", {**HALF, **BANDS}),
        ("percent", {**HALF, "steps": []}),
        ("night", {"overnight": NIGHT}),
        ("tail", {"tail_min": 15, **BANDS}),
        ("tail", {"tail_min": 15, "steps": [{"until_min": 60, "flat": 800}, *hourly(500)]}),
        ("caps_pooled", {**DAY, **ONE, "caps_count": "cumulative"}),
    ],
)
def test_axis_without_a_choice_has_no_reading(axis, change):
    assert AXES[axis][0]({**BASE, **change}) is None
