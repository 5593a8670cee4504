"""Every fault of a document at once: which are named, in which order, and what only a repair causes."""

from typing import Any

import pytest

from lots.tariffs import all_faults as module
from lots.tariffs.all_faults import all_faults
from tests.lots.tariffs.board_makers import BASE

CYCLES: dict[str, Any] = {"cycle": {"basis": "from_entry", "hours": 24}}
CAP = {**CYCLES, "caps": [{"cycle": "each", "amount": 3000}], "caps_count": "per_cycle"}
GOODS = {"name": "goods", "seen_as": ["goods"]}
LARGE = {"name": "large", "seen_as": ["large"]}
NIGHT = {"name": "night", "from": "22:00", "to": "08:00"}
BY_BAND: dict[str, Any] = {"steps_count": "band", "crossing": "sum_per_band"}
DAY = {"name": "day", "from": "08:00", "to": "22:00", "flat": 1}
FIRST = {"until_min": 60, "flat": 1}
OFFER = {
    "name": "early",
    "enters": {"from": "07:00", "to": "09:00"},
    "leaves": {"by": "18:00", "day": "same"},
    "flat": 0,
}
DAY_PRICED = {"name": "day", "from": "08:00", "to": "22:00", "steps": BASE["steps"]}
NIGHT_PRICED = {**NIGHT, "to": "06:00", "steps": BASE["steps"]}
SHARED_CAP = {"bands": ["day", "night"], "amount": 9000}
SHARED: dict[str, Any] = {**BY_BAND, "bands": [DAY_PRICED, NIGHT_PRICED], "shared_caps": [SHARED_CAP]}

PASSES: dict[str, Any] = {"passes": []}
FREE = {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}
FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (
        {"steps": [{"until_min": None, "unit_min": 0, "price": -1}]},
        ["steps[0].unit_min", "steps[0].price"],
    ),
    ({"x": 1, "percent": 0}, ["x", "percent"]),
    ({"rounding": "maybe", "steps_count": "often"}, ["steps_count", "rounding"]),
    ({"crossing": "sum_per_band", "percent": 0}, ["crossing", "percent"]),  # a right value, out of place
    ({"classes": [{**LARGE, "name": "bus", "exempt": True}], **PASSES}, ["classes[0].name", "passes"]),
    ({"classes": [{**LARGE, "exempt": True}, {**GOODS, "name": "bus", "exempt": 1}]}, ["classes[1].name"]),
    ({"classes": [{**LARGE, "exempt": 1}], "max_stay_min": 0}, ["classes[0].exempt", "max_stay_min"]),
    ({"bands": [{**NIGHT, "steps": 5}], "crossing": "x"}, ["bands[0].steps", "crossing"]),
    ({"bands": [NIGHT], "crossing": "x"}, ["bands[0]"]),
    ({**CAP, "caps": 5, "day_caps": [{"days": ["fri"], "amount": 5000}]}, ["caps"]),
    ({"seasons": [{"name": "peak", "rule": {"stay_cap": 900}}], "percent": 0}, ["percent", "seasons[0]"]),
    # what is wrong between two parts is named, unless one of them is a replacement
    ({**CAP, "stay_cap": 2000}, ["stay_cap"]),
    ({**CAP, "caps": [{"cycle": "each", "amount": "x"}], "stay_cap": 2000}, ["caps[0].amount"]),
    ({**FREE, "max_stay_min": 30}, ["max_stay_min"]),
    # a setting is not at fault because its part was taken out
    ({"caps": [{"cycle": "each", "amount": 0}], "caps_count": "per_cycle"}, ["caps[0].amount", "caps"]),
    ({"bands": 5, "crossing": "sum_per_band", "percent": 0}, ["bands", "percent"]),
    ({"offers": [5, 6], "offers_apply": "first"}, ["offers[0]"]),
    (
        {**CAP, "classes": [{**LARGE, "rule": {"caps": 5, "caps_count": "pooled"}}], **PASSES},
        ["classes[0].rule.caps", "passes"],
    ),
    # nor is what only a wrong name, time or length makes look wrong
    ({**BY_BAND, "bands": [{**NIGHT, "name": "", "flat": 1}]}, ["bands[0].name"]),
    ({**BY_BAND, "bands": [{**NIGHT, "to": "x", "flat": 1}], "percent": 0}, ["bands[0].to", "percent"]),
    ({**BY_BAND, "bands": [DAY, {**NIGHT, "from": "x", "to": "12:00", "flat": 1}]}, ["bands[1].from"]),
    ({"steps": [{"until_min": "x", "flat": 1}, {"until_min": None, "flat": 1}]}, ["steps[0].until_min"]),
    (
        {"steps": [{**FIRST, "until_min": "x"}, FIRST, {"until_min": None, "flat": 1}]},
        ["steps[0].until_min"],
    ),
    ({"offers": [{**OFFER, "leaves": {"within_min": ""}}]}, ["offers[0].leaves.within_min"]),
    ({"offers": [{**OFFER, "enters": {"from": "07:00", "to": ""}}]}, ["offers[0].enters.to"]),
    ({"overnight": {"at": "x", "until": "00:00", "amount": 1, "nights": "each"}}, ["overnight.at"]),
    (
        {"seasons": [{"name": "peak", "enters": {"from": "x", "to": "24:00"}, "rule": {"stay_cap": 9000}}]},
        ["seasons[0].enters.from"],
    ),
    (
        {"steps": [FIRST, {**FIRST, "until_min": 90}, {"until_min": "x", "flat": 1}], "percent": 0},
        ["steps[2].until_min", "percent"],
    ),
    ({**SHARED, "bands": [{**DAY_PRICED, "to": "x"}, NIGHT_PRICED]}, ["bands[0].to"]),
    ({**SHARED, "shared_caps": [{**SHARED_CAP, "bands": ["day", "x"]}]}, ["shared_caps[0].bands[1]"]),
    # but what is wrong elsewhere is named
    ({"steps": [{"until_min": 60, "flat": 1}], "percent": 0}, ["steps[0].until_min", "percent"]),
    # a fault of a class in what it has from the lot
    (
        {
            **CYCLES,
            "steps": [{"until_min": None, "unit_min": 120, "price": 100}],
            "classes": [{**LARGE, "rule": {"cycle": {"basis": "from_entry", "hours": 1}}}],
            "max_stay_min": 0,
        },
        ["classes[0].rule.steps[0].unit_min", "max_stay_min"],
    ),
    (
        {**CYCLES, "free": {**FREE["free"], "mode": "x"}, "cycle_starts": "entry"},
        ["free.mode"],
    ),
    (
        {"turn": {"after_min": 0, "from": "start", "rule": {"stay_cap": "x"}}},
        ["turn.after_min", "turn.rule.stay_cap"],
    ),
]


@pytest.mark.parametrize(("change", "paths"), FAULTS)
def test_each_fault_is_named_once(change, paths):
    found = all_faults({**BASE, **change})
    assert [one.path for one in found] == paths


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_other_values_are_no_documents(value):
    assert [str(one) for one in all_faults(value)] == ["must be an object"]


def test_document_stays_as_it_was():
    document = {**BASE, "steps": [{"until_min": None, "unit_min": 0, "price": -1}], "x": 1}
    all_faults(document)
    assert document == {**BASE, "steps": [{"until_min": None, "unit_min": 0, "price": -1}], "x": 1}


def test_at_most_sixty_faults():
    assert len(all_faults({**BASE, **{f"x{n}": 1 for n in range(70)}})) == 60


@pytest.mark.parametrize(("missing", "reads"), [(0, 4), (1, 3)])
def test_reads_are_bounded_by_size(monkeypatch, missing, reads):
    """A document is read the less often the longer its rule is, and for each class in each season."""
    rule = {**BASE, **{f"x{n}": 1 for n in range(10)}}
    rules = (1 + 1) * (1 + 2)
    monkeypatch.setattr(module, "MOST_WORK", len(repr(rule)) * rules * 4 - missing)
    document = {**rule, "classes": [{}], "seasons": [{}, {}]}
    assert len(all_faults(document)) == reads


def test_longest_document_has_its_first_fault(monkeypatch):
    monkeypatch.setattr(module, "MOST_WORK", 1)
    assert [one.path for one in all_faults({**BASE, "x": 1, "y": 1})] == ["x"]
    assert [one.path for one in all_faults({**BASE, "x": 1, "classes": 5})] == ["x"]


@pytest.mark.parametrize(("depth", "is_deep"), [(15, False), (16, True)])
def test_depth_is_bounded(depth, is_deep):
    deep: Any = []
    for _ in range(depth - 1):
        deep = [deep]
    found, *_ = all_faults({**BASE, "steps": deep})
    assert (found.path == "") == is_deep
