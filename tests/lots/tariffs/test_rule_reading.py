"""What the reader of a rule refuses at its edges, and what classes and long stays take from the lot."""

from typing import Any

import pytest

from lots import tariffs
from lots.tariffs import TariffError
from tests.lots.tariffs.board_makers import BASE, band, cap, offer
from tests.lots.tariffs.clause_cases import at, price
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import PLACE

NIGHT = {"at": "00:00", "amount": 1000, "nights": "each"}

DAY = {"cycle": {"basis": "from_entry", "hours": 24}}
HOURS = (("a", "08:00", "12:00"), ("b", "13:00", "18:00"))
TWO: dict[str, Any] = {
    "bands": [band(*one, hourly(100)) for one in HOURS],
    "crossing": "sum_per_band",
}
LONG = {"after_min": 1440, "from": "start", "rule": {"steps": hourly(100)}}
THEN = {**LONG, "from": "then"}
POOLED = {**cap(3000), "caps_count": "pooled"}
LARGE: dict[str, Any] = {"name": "large", "seen_as": ["large"]}
CLASS = "classes[0].rule."
SEEN_TWICE = "classes[1].seen_as[0]"
CAPPED_VISITS = {"as": "capped", "window": {"from": "day"}}


def refused(**change):
    with pytest.raises(TariffError) as caught:
        tariffs.read({**BASE, **change})
    return caught.value.path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"steps": [5]}, "steps[0]"),
        ({"steps": [["flat"]]}, "steps[0]"),
        ({"offers": [5]}, "offers[0]"),
        ({"classes": [5]}, "classes[0]"),
        ({"bands": ["flat"], "crossing": "sum_per_band"}, "bands[0]"),
        ({**TWO, "shared_caps": [{"bands": ["a", "a"], "amount": 900}]}, "shared_caps[0].bands[1]"),
        ({**TWO, "shared_caps": [{"bands": ["a", "c"], "amount": 900}]}, "shared_caps[0].bands[1]"),
        ({**TWO, "shared_caps": [{"bands": ["a", 5], "amount": 900}]}, "shared_caps[0].bands[1]"),
        ({**TWO, "shared_caps": 2 * [{"bands": ["a", "b"], "amount": 900}]}, "shared_caps[1].bands[0]"),
        ({"percent": 50, "sum_rounding": {"unit": True, "how": "down"}}, "sum_rounding.unit"),
        ({"percent": 50, "sum_rounding": {"unit": 1.0, "how": "down"}}, "sum_rounding.unit"),
        ({"percent": 50, "sum_rounding": {"unit": 2, "how": "down"}}, "sum_rounding.unit"),
        ({"turn": {**LONG, "rule": {"month_cap": 90000}}}, "turn.rule.month_cap"),
        ({"turn": {**LONG, "rule": {"turn": LONG}}}, "turn.rule.turn"),
        ({"turn": {**LONG, "rule": {}}}, "turn.rule"),
        ({"turn": {**LONG, "rule": {"rounding": None}}}, "turn.rule.rounding"),
        ({"turn": {**THEN, "rule": {"stay_cap": 9000}}}, "turn.rule.stay_cap"),
        ({"turn": {**THEN, "rule": {"percent": 50}}}, "turn.rule.percent"),
        ({"turn": THEN, "stay_cap": 9000}, "stay_cap"),
        ({"turn": THEN, "overnight": NIGHT}, "overnight"),
        ({"turn": THEN, "offers": [offer("o", "06:00", "10:00", "20:00", cap=900)]}, "offers"),
        ({**DAY, **POOLED, "turn": THEN}, "caps_count"),
        ({**DAY, "turn": {**THEN, "rule": POOLED}}, "caps_count"),
        (
            {"classes": [{**LARGE, "rule": {"turn": THEN, "stay_cap": 9000}}]},
            "classes[0].rule.stay_cap",
        ),
        ({"free": {"minutes": 30, "mode": "deduct", "repeat": "once", "times": 2}}, "free.times"),
        ({"bands": [{**TWO["bands"][0], "flat": 5}], "crossing": "sum_per_band"}, "bands[0]"),
        ({"bands": [{"name": "a", "from": "08:00", "to": "12:00", "free": False}]}, "bands[0].free"),
        ({"bands": [{"name": "a", "from": "08:00", "to": "12:00", "flat": 5, "cap": 9}]}, "bands[0].cap"),
        ({"bands": [TWO["bands"][0]] * 2, "crossing": "sum_per_band"}, "bands[1].name"),
        ({**DAY, "caps": [{"cycle": 2, "amount": 900}], "caps_count": "per_cycle"}, "caps[0].cycle"),
        ({**DAY, "caps": [{"cycle": 1, "amount": 900}], "caps_count": "per_cycle"}, "caps[0].cycle"),
        ({**DAY, "caps": [{"cycle": True, "amount": 900}], "caps_count": "per_cycle"}, "caps[0].cycle"),
        (
            {
                **DAY,
                "caps": [{"cycle": 1, "amount": 900}, {"cycle": "each", "amount": 900}],
                "caps_count": "per_cycle",
            },
            "caps[1].cycle",
        ),
        (
            {**DAY, "long_caps": [{"cycles": 4, "amount": 900}, {"cycles": 6, "amount": 2000}]},
            "long_caps[1].cycles",
        ),
        (
            {**TWO, "classes": [{**LARGE, "rule": {"bands": None, "crossing": "unit_start"}}]},
            CLASS + "crossing",
        ),
        ({"classes": [{**LARGE, "rule": {"cycle": 5}}]}, CLASS + "cycle"),
        ({"classes": [{**LARGE, "rule": {"cycle": {}}}]}, CLASS + "cycle.basis"),
        ({"classes": [{**LARGE, "rule": {"free": 5}}]}, CLASS + "free"),
        ({"classes": [{**LARGE, "rule": {"bands": 5}}]}, CLASS + "bands"),
        ({"format": 3.0}, "format"),
        ({"classes": [{"name": "large", "exempt": True}]}, "classes[0]"),
        ({"classes": [{**LARGE, "exempt": True}, {**LARGE, "name": "goods", "exempt": True}]}, SEEN_TWICE),
        ({"passes": [{"name": "night", "price": 1, "to": "08:00"}]}, "passes[0].from"),
        ({"passes": [{"name": "night", "price": 1, "from": "08:00"}]}, "passes[0].to"),
        ({"reentry": {**CAPPED_VISITS, "amount": 900}}, "reentry.free"),
        ({"reentry": {**CAPPED_VISITS, "free": "each"}}, "reentry.amount"),
        ({"rounding": ["started"]}, "rounding"),
        ({"rounding": 1}, "rounding"),
        ({"exempt": [["emergency"]]}, "exempt[0]"),
        ({"exempt": [5]}, "exempt[0]"),
        ({"passes": [{"name": 5, "price": 1}]}, "passes[0].name"),
        ({"passes": [{"name": "Ab", "price": 1}]}, "passes[0].name"),
        ({"passes": [{"name": "a" * 33, "price": 1}]}, "passes[0].name"),
        ({"passes": [{"name": "a", "price": 1, "from": 5, "to": "08:00"}]}, "passes[0].from"),
    ],
)
def test_edge_is_refused_at_its_path(change, path):
    assert refused(**change) == path


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("x" * 40, "x" * 40),
        ("x" * 41, repr("x" * 40)),
        ("日", "'\\u65e5'"),
        ("a b", "'a b'"),
        ("\x1b", "'\\x1b'"),
    ],
)
def test_unknown_key_is_shown_plainly(key, shown):
    assert refused(**{key: 1}) == shown


def test_name_may_have_thirty_two_letters():
    assert tariffs.read({**BASE, "passes": [{"name": "a" * 32, "price": 1}]}).passes[0].name == "a" * 32


def test_steps_of_stay_outlast_a_cycle():
    """Steps that count from the stay may end after the first day: 26 hours are 25 at ¥1 and one at ¥2."""
    steps = [{"until_min": 1500, "unit_min": 60, "price": 100}, *hourly(200)]
    assert price({**BASE, **DAY, "steps": steps}, "06-01 10:00", "06-02 12:00").fen == 2700


def test_class_has_bands_of_its_own():
    bands = {"bands": [band("a", "08:00", "12:00", hourly(700))]}
    tariff = tariffs.read({**BASE, **TWO, "classes": [{**LARGE, "rule": bands}]})
    assert [one.steps[0].fen for one in tariff.rule.bands] == [100, 100]
    assert [one.steps[0].fen for one in tariff.classes[0].rule.bands] == [700]


@pytest.mark.parametrize(
    "rule",
    [
        {"cycle": {"basis": "from_entry", "hours": 1}},  # the units of two hours do not fit any more
        {"steps_count": "band"},  # and five hours end after a band of four
    ],
)
def test_bands_are_read_for_each_class(rule):
    steps = [{"until_min": 300, "unit_min": 120, "price": 100}, *hourly(100)]
    bands = {"bands": [band("a", "08:00", "12:00", steps)], "crossing": "sum_per_band"}
    document = {**BASE, **DAY, **bands, "after_cycle": "run_on", "classes": [{**LARGE, "rule": rule}]}
    with pytest.raises(TariffError, match=r"classes\[0\].rule.bands\[0\]"):
        tariffs.read(document)


def test_whole_long_stay_has_its_free_minutes():
    """25 hours with one deducted: 24 at the price of long stays."""
    free = {"free": {"minutes": 60, "mode": "deduct", "repeat": "once"}}
    turn = {"turn": LONG, "allows_cheaper_longer": True}
    assert price({**BASE, **free, **turn}, "06-01 10:00", "06-02 11:00").fen == 2400


def test_daily_free_minutes_are_one_use():
    free = {"minutes": 30, "mode": "threshold", "repeat": "once_a_day"}
    assert tariffs.read({**BASE, "free": free}).rule.free.times == 1


def test_exempt_class_is_free_in_seasons_too():
    season = {"name": "peak", "days": ["mon"], "rule": {"steps": hourly(900)}}
    document = {**BASE, "exempt": [], "classes": [{**LARGE, "exempt": True}], "seasons": [season]}
    tariff = tariffs.read_new(document)
    monday = at("06-01 10:00"), at("06-01 11:00")
    assert tariff.price(*monday, "ordinary", seen="large", place=PLACE).fen == 0
    assert tariff.price(*monday, "ordinary", place=PLACE).fen == 900
    assert tariff.price(*monday, "emergency", place=PLACE).fen == 900
