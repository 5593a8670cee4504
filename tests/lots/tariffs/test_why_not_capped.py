"""Which caps a stay did not reach: of several days, of shared hours, of a plate's week or month."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.fee_view import WITHOUT_TIMES
from lots import tariffs
from presentation import formatting
from tests.effort import cases
from tests.lots.tariffs.board_makers import BASE, BY_BAND, FREE_ELSE, HOURLY, band, cap, capped
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import ENTRIES, PLACE, moment

DAILY = {**capped(2000), "steps": HOURLY}  # ¥5 an hour, at most ¥20 in 24 hours
WEEKS = {**DAILY, "long_caps": [{"cycles": 3, "amount": 5000}, {"cycles": 6, "amount": 9000}]}
POOLED = {**DAILY, "caps_count": "pooled"}
OF_STAY = {**DAILY, "stay_cap": 7000}
NIGHTS = {  # early and late hours at ¥5: together ¥15 on one date
    **BY_BAND,
    "steps": FREE_ELSE,
    "bands": [band("early", "00:00", "08:00", HOURLY), band("late", "20:00", "24:00", HOURLY)],
    "shared_caps": [{"bands": ["early", "late"], "amount": 1500}],
}
ALL_NIGHTS = {
    **NIGHTS,
    "bands": [band("night", "20:00", "08:00", HOURLY)],
    "shared_caps": [{"bands": ["night"], "amount": 2500, "whole_stay": True}],
}
CAPPED_NIGHTS = {**NIGHTS, "cycle": DAY_FROM_ENTRY, **cap(4000), "after_cycle": "run_on"}
HALF_DAYS = {**CAPPED_NIGHTS, "steps": HOURLY, **cap(2000), "cycle": {"basis": "from_entry", "hours": 12}}
AGAIN = {**CAPPED_NIGHTS, "cycle": {"basis": "calendar_day", "reset": "06:00"}, "after_cycle": "begin_again"}


def unreached(document, entered, until, **more):
    """Return the code of each cap that a stay did not reach, with its amount and what counted so far."""
    tariff, stay = tariffs.read(document), (moment(entered), moment(until))
    price = tariff.price(*stay, "ordinary", place=PLACE, **more)
    found = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)
    return [(line.code, line.values["amount_fen"], line.values["so_far_fen"]) for line in found]


@pytest.mark.parametrize(
    ("document", "entered", "until", "expected"),
    [
        (WEEKS, "04-27 10:00", "04-27 12:00", [("not_capped", 2000, 1000)]),  # the day's is nearer
        (
            WEEKS,
            "04-27 10:00",
            "04-28 11:00",
            [("not_capped", 2000, 500), ("not_capped_long", 5000, 2500), ("not_capped_long", 9000, 2500)],
        ),
        (
            WEEKS,
            "04-27 10:00",
            "04-28 20:00",
            [("not_capped_long", 5000, 4000), ("not_capped_long", 9000, 4000)],
        ),
        (WEEKS, "04-27 10:00", "04-30 10:00", [("not_capped_long", 9000, 5000)]),
        (
            WEEKS,
            "04-27 10:00",
            "04-30 12:00",
            [("not_capped", 2000, 1000), ("not_capped_long", 5000, 1000), ("not_capped_long", 9000, 6000)],
        ),
        (WEEKS, "04-27 10:00", "05-03 10:00", []),
        (POOLED, "04-27 10:00", "04-28 11:00", []),  # ¥120, so twice ¥20
        (POOLED, "04-27 10:00", "04-27 12:00", [("not_capped_so_far", 2000, 1000)]),
        (
            OF_STAY,
            "04-27 10:00",
            "04-28 11:00",
            [("not_capped", 2000, 500), ("not_capped_stay", 7000, 2500)],
        ),
        ({**POOLED, "steps": hourly(100)}, "04-27 10:00", "04-28 11:00", [("not_capped_so_far", 4000, 2500)]),
        (  # two equal days
            {**WEEKS, "steps": hourly(50)},
            "04-27 10:00",
            "04-29 10:00",
            [("not_capped", 2000, 1200), ("not_capped_long", 5000, 2400), ("not_capped_long", 9000, 2400)],
        ),
        (OF_STAY, "04-27 10:00", "05-01 10:00", []),
        (NIGHTS, "04-27 06:00", "04-27 09:00", [("not_shared_cap", 1500, 1000)]),
        (NIGHTS, "04-27 06:00", "04-27 21:00", []),  # exactly the cap
        (NIGHTS, "04-27 06:00", "04-27 22:00", []),
        (NIGHTS, "04-27 06:00", "04-28 02:00", [("not_shared_cap", 1500, 1000)]),  # of the second date
        (NIGHTS, "04-27 10:00", "04-27 12:00", []),
        (ALL_NIGHTS, "04-27 22:00", "04-28 00:00", [("not_shared_cap_stay", 2500, 1000)]),
        (ALL_NIGHTS, "04-27 22:00", "04-28 22:00", []),
        (AGAIN, "04-27 01:00", "04-27 07:00", [("not_capped", 4000, 500), ("not_shared_cap", 1500, 500)]),
        (
            CAPPED_NIGHTS,
            "04-27 21:00",
            "04-27 23:00",
            [("not_capped", 4000, 1000), ("not_shared_cap", 1500, 1000)],
        ),
        # what early hours of the date cost is within the cap of a cycle that ended at 1:00, or at 18:00
        ({**CAPPED_NIGHTS, "steps": HOURLY}, "04-28 01:00", "04-29 01:30", [("not_capped", 4000, 500)]),
        (HALF_DAYS, "04-28 06:00", "04-28 20:30", [("not_capped", 2000, 1500)]),
        (
            HALF_DAYS,  # the cycle ended on the day before
            "04-27 11:00",
            "04-28 00:30",
            [("not_capped", 2000, 500), ("not_shared_cap", 1500, 500)],
        ),
    ],
)
def test_unreached_caps_are_named(document, entered, until, expected):
    assert unreached(document, entered, until) == expected


@pytest.mark.parametrize(
    ("entered", "until", "before", "expected"),
    [
        ("04-27 10:00", "04-27 12:00", 0, [("not_week_cap", 6000, 1000)]),
        ("04-27 10:00", "04-27 12:00", 3000, [("not_week_cap", 6000, 4000)]),
        ("04-27 10:00", "04-27 12:00", 5000, []),  # exactly
        ("04-27 10:00", "04-27 12:00", 5500, []),
        ("05-03 23:00", "05-04 01:00", 3000, [("not_week_cap", 12000, 4000)]),  # into the next week
    ],
)
def test_unreached_cap_of_week_counts_earlier(entered, until, before, expected):
    document = {**BASE, "week_cap": 6000}
    assert unreached(document, entered, until, week_fen=before) == expected


def test_week_counts_what_the_month_left_out():
    """The stay costs ¥10, of which the month leaves ¥5; towards the week count all ten."""
    document = {**BASE, "week_cap": 12000, "month_cap": 30000}
    history = {"week_fen": 1000, "month_fen": 29500}
    expected = [("not_week_cap", 12000, 2000)]
    assert unreached(document, "04-27 10:00", "04-27 12:00", **history) == expected


def test_turned_stay_names_no_cap_of_a_day():
    turn = {"after_min": 120, "from": "then", "rule": {"steps": hourly(100)}}
    assert unreached({**DAILY, "turn": turn}, "04-27 10:00", "04-27 13:00") == []


def test_undated_time_names_no_date_cap():
    """Stays counted together without the time between them lie on no date."""
    apart = {"as": "one_stay", "window": {"from": "left", "minutes": 240}, "gap": "not_counted"}
    stay = ("04-27 06:00", "04-27 07:00")
    assert unreached({**NIGHTS, "reentry": {**apart, "gap": "free"}}, *stay) == [
        ("not_shared_cap", 1500, 500)
    ]
    assert unreached({**NIGHTS, "reentry": apart}, *stay) == []


def test_caps_of_several_entries_are_not_named():
    """Each part of a stay that is charged as a new entry has caps of its own."""
    season = {"name": "night", "enters": {"from": "22:00", "to": "06:00"}, "rule": {"stay_cap": 7000}}
    document = {**DAILY, "seasons": [{**season, "ends": {"at": "06:00"}}]}
    assert unreached(document, "04-27 23:00", "04-28 01:00") == [("not_capped", 2000, 1000)]
    assert unreached(document, "04-27 23:00", "04-28 07:00") == []


def test_cap_of_month_counts_a_percentage():
    document = {**BASE, "month_cap": 6000, "percent": 50, "sum_rounding": {"unit": 1, "how": "down"}}
    assert unreached(document, "04-27 10:00", "04-27 12:00", month_fen=100) == [("not_month_cap", 6000, 600)]


@pytest.mark.parametrize("period", ["week", "month"])
def test_driver_page_hides_earlier_fees(period):
    """Anyone can type a plate: what it paid before is not shown, nor what would tell it."""
    with translation.override("zh-hans"):
        code = WITHOUT_TIMES[f"not_{period}_cap"]
        text = formatting.line({"amount_fen": 6000, "so_far_fen": 4000}, code)
    assert "¥60" in text
    assert "40" not in text


CAPS_OF_RULE = {
    "not_capped_long": "long_caps",
    "not_shared_cap": "shared_caps",
    "not_shared_cap_stay": "shared_caps",
    "not_capped_stay": "stay_cap",
    "not_week_cap": "plate_caps",
    "not_month_cap": "plate_caps",
}
OF_ONE_PERIOD = CAPS_OF_RULE.keys() - {"not_capped_long", "not_shared_cap"}


def with_cap(rule, line, less):
    """Return the rule with the cap of a line at what counted so far, or so much less that it binds."""
    part, fen = CAPS_OF_RULE[line.code], line.values["so_far_fen"]
    held = getattr(rule, part)
    if part == "plate_caps":
        [one] = [cap for cap in held if line.code == f"not_{cap.key}"]
        periods = line.values["amount_fen"] // one.fen
        other = replace(one, fen=(fen - 1) // periods if less else -(-fen // periods))
        return replace(rule, plate_caps=tuple(other if cap is one else cap for cap in held))
    if part == "stay_cap":
        return replace(rule, stay_cap=fen - less)
    [one] = [cap for cap in held if cap.fen == line.values["amount_fen"]][:1]
    return replace(rule, **{part: tuple(replace(cap, fen=fen - less) if cap is one else cap for cap in held)})


@settings(max_examples=cases(150))
@given(documents(), ENTRIES, st.integers(1, 6 * 1440))
def test_unreached_cap_would_bind_below_its_count(document, entered_at, minutes):
    """A cap of what counted so far changes nothing; one fen less makes the stay cheaper.

    A lower cap of a date or of several days also ends those before: only one fen less is tried for these.
    """
    tariff, until = tariff_of(document), entered_at + timedelta(minutes=minutes)
    plain = replace(tariff.rule, percent=100, sum=None, stay_minimum=0, overnight=None, offers=())
    tariff = replace(tariff, rule=plain)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    if plain.turn or any(line.code == "rounded" for line in price.lines):
        return
    for line in tariffs.why_not(tariff, price, entered_at, until, "ordinary", place=PLACE):
        if line.code in CAPS_OF_RULE and line.values["so_far_fen"]:
            for less in (False, True) if line.code in OF_ONE_PERIOD else (True,):
                other = replace(tariff, rule=with_cap(plain, line, less))
                other_fen = other.price(entered_at, until, "ordinary", place=PLACE).fen
                assert (other_fen < price.fen) == less, line
