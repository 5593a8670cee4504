"""The lines of a bill, amount by amount: caps over several cycles, percentages and rounding."""

from datetime import datetime, timedelta

import pytest

from lots import tariffs
from lots.tariffs import TariffError
from tests.lots.tariffs.board_makers import BASE, HOURLY
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI

RUNGS = {"steps": [{"until_min": 60, "flat": 800}, {"until_min": 180, "flat": 600}, *HOURLY]}

TEN = datetime(2026, 6, 1, 10, tzinfo=SHANGHAI)
DAY = 86400
BY_24_HOURS = {**BASE, "cycle": {"basis": "from_entry", "hours": 24}, "steps_count": "cycle"}
RISING = {
    **BY_24_HOURS,
    "caps": [{"cycle": 1, "amount": 3000}, {"cycle": "2+", "amount": 5000, "each_later_adds": 1000}],
    "caps_count": "cumulative",
}
FINE = {**BASE, "steps": [{"until_min": None, "unit_min": 1, "price": "3.5"}]}


def lines(document, **length):
    return tariffs.read_new(document).price(TEN, TEN + timedelta(**length), "ordinary", place=PLACE).lines


def amounts(document, **length):
    return [(line.code, line.fen) for line in lines(document, **length)]


@pytest.mark.parametrize("days", [2, 3])
def test_line_of_equal_cycles_counts_them(days):
    whole, rest = lines(BY_24_HOURS, days=days, hours=1)
    assert (whole.fen, whole.start, whole.end) == (days * 12000, 0, days * DAY)
    assert (whole.values["cycle"], whole.values["times"], whole.values["hours"]) == (1, days, 24)
    assert (rest.fen, rest.start, rest.end) == (500, days * DAY, days * DAY + 3600)
    assert (rest.values["cycle"], "times" in rest.values) == (days + 1, False)


def test_rising_caps_join_equal_rises():
    first, second, later = lines(RISING, days=4)
    assert [line.fen for line in (first, second, later)] == [3000, 2000, 2000]
    assert {line.code for line in (first, second, later)} == {"cap_so_far"}
    assert [line.values["cycle"] for line in (first, second, later)] == [1, 2, 3]
    assert (later.values["cycles"], later.values["amount_fen"]) == (2, 7000)
    assert (later.start, later.end) == (2 * DAY, 4 * DAY)


def test_percentage_is_a_line():
    half = {"percent": 50, "sum_rounding": {"unit": 1, "how": "down"}}
    units, percent = lines({**BASE, **half}, hours=3)
    assert (units.fen, percent.fen, percent.values) == (1500, -750, {"percent": 50})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sum_rounding": {"unit": 1, "how": "down"}}, [("units", 115)]),
        ({"sum_rounding": {"unit": 1, "how": "half_up"}}, [("units", 115), ("rounded", 1)]),
        ({"sum_rounding": {"unit": 100, "how": "up"}}, [("units", 115), ("rounded", 85)]),
        ({"sum_rounding": {"unit": 100, "how": "half_up"}}, [("units", 115), ("rounded", -15)]),
        ({"sum_rounding": {"unit": 1, "how": "down"}, "percent": 50}, [("units", 115), ("percent", -58)]),
        (
            {"sum_rounding": {"unit": 1, "how": "half_up"}, "percent": 50},
            [("units", 115), ("percent", -58), ("rounded", 1)],
        ),
    ],
)
def test_last_line_takes_parts_of_fen(change, expected):
    """33 minutes at 3.5 fen are 115.5 fen; half of it is 57.75."""
    assert amounts({**FINE, **change}, minutes=33) == expected


@pytest.mark.parametrize(("unit", "fen"), [(1, 1), (100, 85)])
def test_rounding_names_its_unit(unit, fen):
    last = lines({**FINE, "sum_rounding": {"unit": unit, "how": "up"}}, minutes=33)[-1]
    assert (last.fen, last.values) == (fen, {"unit_fen": unit})


UNIT_START = {
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "steps": HOURLY}],
    "crossing": "unit_start",
}


@pytest.mark.parametrize(
    "change", [{"steps": [{**HOURLY[0], "until_min": 60}, *HOURLY]}, {**RUNGS, **UNIT_START}]
)
def test_reached_steps_need_own_amount(change):
    with pytest.raises(TariffError, match=r"reached\[0\]: must not be steps"):
        tariffs.read({**BASE, **change, "reached": ["steps"]})


@pytest.mark.parametrize(
    ("first_day", "shown"),
    [(0, [("band_flat", 3000), ("cap", 3000)]), (-1, [("cap", 3000), ("band_flat", 3000)])],
)
def test_cycle_at_its_cap_keeps_its_lines(first_day, shown):
    """Monday costs exactly the cap, other days more: one is explained by its price, the others by the cap."""
    monday = {"name": "monday", "from": "00:00", "to": "24:00", "days": ["mon"], "flat": 3000}
    document = {
        **BY_24_HOURS,
        "bands": [monday],
        "crossing": "sum_per_band",
        "band_days": "moment",
        "after_cycle": "begin_again",
        "caps": [{"cycle": "each", "amount": 3000}],
        "caps_count": "per_cycle",
    }
    begin = TEN.replace(hour=0) + timedelta(days=first_day)
    price = tariffs.read_new(document).price(begin, begin + timedelta(days=2), "ordinary", place=PLACE)
    assert [(line.code, line.fen) for line in price.lines if line.code != "calendar_unknown"] == shown


def test_equal_days_are_one_line():
    """Saturdays cost otherwise, so each day is looked up; three equal ones are one line."""
    saturday = {"name": "saturday", "from": "00:00", "to": "24:00", "days": ["sat"], "flat": 3000}
    document = {
        **BY_24_HOURS,
        "bands": [saturday],
        "crossing": "sum_per_band",
        "band_days": "moment",
        "after_cycle": "begin_again",
    }
    [line] = [line for line in lines(document, days=3) if line.fen]
    assert (line.fen, line.values["times"], line.end) == (36000, 3, 3 * DAY)


def test_offer_that_saves_nothing_is_not_named():
    early = {
        "name": "early_bird",
        "enters": {"from": "09:00", "to": "11:00"},
        "leaves": {"by": "20:00", "day": "same"},
        "cap": 1500,
    }
    document = {**BASE, "offers": [early]}
    assert amounts(document, hours=3) == [("units", 1500)]
    assert amounts(document, hours=4) == [("offer", 1500)]


@pytest.mark.parametrize(("how", "fen"), [("first", 2000), ("cheapest", 1000)])
def test_one_of_two_offers_counts(how, fen):
    leaves = {"by": "20:00", "day": "same"}
    offers = [
        {"name": name, "enters": {"from": "09:00", "to": "11:00"}, "leaves": leaves, "cap": cap}
        for name, cap in (("dear", 2000), ("cheap", 1000))
    ]
    assert amounts({**BASE, "offers": offers, "offers_apply": how}, hours=9) == [("offer", fen)]


def test_rises_of_unlike_days_join():
    """Every second day costs more, and the cap lets each add ¥10 to the stay."""
    dear = {
        "name": "dear",
        "from": "00:00",
        "to": "24:00",
        "days": ["tue", "thu"],
        "steps": [{"until_min": None, "unit_min": 60, "price": 600}],
    }
    document = {
        **RISING,
        "caps": [{"cycle": 1, "amount": 3000}, {"cycle": "2+", "amount": 4000, "each_later_adds": 1000}],
        "bands": [dear],
        "crossing": "sum_per_band",
        "band_days": "moment",
        "after_cycle": "begin_again",
    }
    first, later = [line for line in lines(document, days=4) if line.fen]
    assert (first.fen, later.fen) == (3000, 3000)
    assert (later.values["cycle"], later.values["cycles"], later.values["amount_fen"]) == (2, 3, 6000)
    assert (later.start, later.end) == (DAY, 4 * DAY)


def test_price_below_fen_makes_all_exact():
    first = {"until_min": 60, "unit_min": 60, "price": 500}
    document = {**FINE, "steps": [first, *FINE["steps"]], "sum_rounding": {"unit": 1, "how": "down"}}
    assert [line.fen for line in lines(document, minutes=70)] == [500, 35]
    assert lines(document, minutes=70)[1].values["unit_fen"] == "3.5"


def test_least_part_of_fen_rounds_up():
    thousandth = [{"until_min": None, "unit_min": 1, "price": "0.001"}]
    document = {**BASE, "steps": thousandth, "percent": 1, "sum_rounding": {"unit": 1, "how": "up"}}
    assert sum(line.fen for line in lines(document, minutes=1)) == 1


@pytest.mark.parametrize(
    ("change", "fen"),
    [
        ({"stay_cap": 3000}, 3000),
        ({"caps": [{"cycle": "each", "amount": 900}], "caps_count": "per_cycle"}, 3600),
        (
            {
                "caps": [{"cycle": "1+", "amount": 900, "each_later_adds": 100}],
                "caps_count": "cumulative",
            },
            1200,
        ),
        (
            {
                "caps": [{"cycle": "each", "amount": 900}],
                "caps_count": "per_cycle",
                "long_caps": [{"cycles": 2, "amount": 1000}],
            },
            2000,
        ),
    ],
)
def test_caps_hold_over_parts_of_fen(change, fen):
    """Four days at 3.5 fen a minute are ¥201.60."""
    cycle = {"cycle": BY_24_HOURS["cycle"], "sum_rounding": {"unit": 1, "how": "down"}}
    found = lines({**FINE, **cycle, **change}, days=4)
    assert sum(line.fen for line in found) == fen
    if "stay_cap" in change:
        assert found[0].values["amount_fen"] == fen


@pytest.mark.parametrize(("minutes", "fen"), [(119, 1000), (120, 500), (600, 500), (601, 5500)])
def test_offer_includes_its_exit_limits(minutes, fen):
    late = {
        "name": "late",
        "enters": {"from": "09:00", "to": "11:00"},
        "leaves": {"from": "12:00", "by": "20:00", "day": "same"},
        "cap": 500,
    }
    [line] = lines({**BASE, "offers": [late], "allows_cheaper_longer": True}, minutes=minutes)
    assert line.fen == fen
    assert line.code != "offer" or line.values == {"offer": "late", "amount_fen": 500}


def test_pooled_cap_names_its_days():
    by_day = {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "steps_count": "cycle"}
    pooled = {"caps": [{"cycle": "each", "amount": 2500}], "caps_count": "pooled"}
    [line] = lines({**BASE, **by_day, **pooled}, hours=26)
    assert (line.code, line.fen, line.values) == ("cap_pooled", 5000, {"cycles": 2, "amount_fen": 2500})
    pooled["caps"][0]["amount"] = 6500  # exactly what it costs without a cap
    assert amounts({**BASE, **by_day, **pooled}, hours=26) == [("units", 7000), ("units", 6000)]
    assert (line.start, line.end) == (0, 26 * 3600)


def test_long_cap_names_its_cycles():
    capped = {"caps": [{"cycle": "each", "amount": 3000}], "caps_count": "per_cycle"}
    document = {**BY_24_HOURS, **capped, "long_caps": [{"cycles": 7, "amount": 15000}]}
    first, second = lines(document, days=13)
    assert (first.fen, second.fen) == (15000, 15000)
    assert first.values == {"cycle": 1, "cycles": 7, "of": 7, "amount_fen": 15000}
    assert second.values == {"cycle": 8, "cycles": 6, "of": 7, "amount_fen": 15000}
    assert (second.start, second.end) == (7 * DAY, 13 * DAY)
