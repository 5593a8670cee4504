"""The least and the most of every number of a document, and of its lists: reader and schema have the same."""

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from tests.lots.tariffs.board_makers import BASE, BY_DAY, band

YUAN = 1_000_000  # fen: the most of one amount
MONTH = 31 * 24 * 60  # minutes
FREE_STEP = {"until_min": None, "unit_min": 60, "price": 0}
NIGHT = {"at": "00:00", "amount": 1, "nights": "each"}
EACH_CAP = {"caps": [{"cycle": "each", "amount": 1}], "caps_count": "per_cycle"}
RISING = {"caps": [{"cycle": "1+", "amount": 1, "each_later_adds": 1}], "caps_count": "cumulative"}
CYCLES: dict[str, Any] = {"cycle": {"basis": "from_entry", "hours": 24}, "steps_count": "cycle"}
OFFER = {
    "name": "offer",
    "enters": {"from": "06:00", "to": "10:00"},
    "leaves": {"by": "20:00", "day": "same"},
}
CHEAPER = {"allows_cheaper_longer": True}
TWO_BANDS = {
    "bands": [
        band(name, *hours, [FREE_STEP])
        for name, hours in (("a", ("08:00", "12:00")), ("b", ("13:00", "18:00")))
    ],
    "crossing": "sum_per_band",
}
TIMES = {"free": {"minutes": 30, "mode": "threshold", "repeat": "times_a_day", "times": 1}}
VISITS = {"as": "capped", "window": {"from": "entered", "minutes": 60}, "amount": 1, "free": "each"}
TOTAL = {"until_min": None, "total": 0}
STEPPED = [{**FREE_STEP, "until_min": 60}, FREE_STEP]
CASES: list[tuple[str, dict[str, Any], int, int]] = [  # the path, what it needs, the least, the most
    ("steps[0].unit_min", {}, 1, MONTH),
    ("steps[0].price", {}, 0, YUAN),
    ("steps[0].flat", {"steps": [{"until_min": None, "flat": 0}]}, 0, YUAN),
    ("steps[0].until_min", {"steps": STEPPED}, 1, MONTH - 1),
    ("steps[1].total", {"steps": [STEPPED[0], TOTAL], **CHEAPER}, 0, YUAN),
    ("cycle.hours", {"cycle": {"basis": "from_entry", "hours": 24}}, 1, 744),
    ("free.minutes", {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}, 0, MONTH),
    ("free.times", TIMES, 1, 100),
    ("stay_cap", {}, 1, YUAN),
    ("month_cap", {}, 1, 10 * YUAN),
    ("week_cap", {}, 1, 10 * YUAN),
    ("percent", {"sum_rounding": {"unit": 1, "how": "down"}}, 1, 1000),
    ("caps[0].amount", {**CYCLES, **EACH_CAP}, 1, YUAN),
    ("caps[0].each_later_adds", {**CYCLES, "steps_count": "stay", **RISING}, 0, YUAN),
    ("long_caps[0].cycles", {**CYCLES, "long_caps": [{"cycles": 7, "amount": 1}]}, 2, 400),
    ("long_caps[0].amount", {**CYCLES, "long_caps": [{"cycles": 7, "amount": 1}]}, 1, 10 * YUAN),
    ("bands[0].cap", TWO_BANDS, 1, YUAN),
    ("shared_caps[0].amount", {**TWO_BANDS, "shared_caps": [{"bands": ["a", "b"], "amount": 1}]}, 1, YUAN),
    ("overnight.amount", {"overnight": NIGHT}, 1, YUAN),
    ("offers[0].flat", {"offers": [{**OFFER, "flat": 0}], **CHEAPER}, 0, YUAN),
    ("offers[0].cap", {"offers": [{**OFFER, "cap": 0}], **CHEAPER}, 0, YUAN),
    (
        "offers[0].leaves.within_min",
        {"offers": [{**OFFER, "leaves": {"within_min": 1}, "flat": 0}], **CHEAPER},
        1,
        MONTH,
    ),
    ("turn.after_min", {"turn": {"after_min": 60, "from": "start", "rule": {"stay_cap": 1}}}, 1, MONTH),
    ("passes[0].price", {"passes": [{"name": "month", "price": 0}]}, 0, YUAN),
    ("reentry.amount", {"reentry": VISITS}, 1, YUAN),
    ("reentry.window.minutes", {"reentry": VISITS}, 1, MONTH),
    ("max_stay_min", {}, 1, 365 * 24 * 60),
    ("unknown_entry", {}, 1, YUAN),
]


def with_value(part: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the base with a part, and a value at a path in it."""
    document = deepcopy({**BASE, "steps": [FREE_STEP], **part})
    *way, last = path.replace("[", ".").replace("]", "").split(".")
    holder: Any = document
    for key in way:
        holder = holder[int(key) if key.isdecimal() else key]
    holder[last] = value
    return document


def refused_at(document: dict[str, Any]) -> str:
    try:
        tariffs.read(document)
    except TariffError as error:
        return error.path
    return ""


@pytest.mark.parametrize(("path", "part", "least", "most"), CASES, ids=[case[0] for case in CASES])
def test_number_has_its_bounds(path, part, least, most):
    validator = Draft202012Validator(tariffs.schema())
    for value in (least, most):
        assert refused_at(with_value(part, path, value)) == ""
        assert validator.is_valid(with_value(part, path, value))
    for value in (least - 1, most + 1):
        assert refused_at(with_value(part, path, value)) == path
        assert not validator.is_valid(with_value(part, path, value))


def rungs(count: int) -> list[dict[str, Any]]:
    return [*({**FREE_STEP, "until_min": 60 * n} for n in range(1, count)), FREE_STEP]


def offers(count: int) -> list[dict[str, Any]]:
    return [{**OFFER, "name": f"o{n}", "flat": 0} for n in range(count)]


@pytest.mark.parametrize(
    ("path", "part", "made", "most"),
    [
        ("steps", {}, rungs, 48),
        ("offers", {"offers_apply": "first", **CHEAPER}, offers, 48),
        (
            "long_caps",
            CYCLES,
            lambda count: [{"cycles": 2 ** (n + 1), "amount": n + 1} for n in range(count)],
            4,
        ),
        (
            "caps",
            {**CYCLES, "caps_count": "per_cycle"},
            lambda count: [{"cycle": n if n < count else f"{n}+", "amount": 1} for n in range(1, count + 1)],
            48,
        ),
        (
            "caps",
            {**CYCLES, "steps_count": "stay", "caps_count": "pooled"},
            lambda count: [{"cycle": n if n < count else f"{n}+", "amount": 1} for n in range(1, count + 1)],
            1,
        ),
        (
            "seasons",
            {},
            lambda count: [{"name": f"s{n}", "days": ["sat"], "rule": {"stay_cap": 1}} for n in range(count)],
            48,
        ),
    ],
)
def test_list_has_its_most(path, part, made, most):
    assert refused_at({**with_value(part, path, made(most))}) == ""
    assert refused_at({**with_value(part, path, made(most + 1))}) == path


@pytest.mark.parametrize(("minutes", "is_refused"), [(60, True), (61, False)])
def test_step_ends_after_the_one_before(minutes, is_refused):
    steps = [STEPPED[0], {**FREE_STEP, "until_min": minutes}, FREE_STEP]
    assert bool(refused_at({**BASE, "steps": steps})) == is_refused


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([{**FREE_STEP, "until_min": 24 * 60 - 1}, FREE_STEP], ""),
        ([{**FREE_STEP, "until_min": 24 * 60}, FREE_STEP], "steps[0].until_min"),
        ([{**FREE_STEP, "unit_min": 24 * 60}], ""),
        ([{**FREE_STEP, "unit_min": 24 * 60 + 1}], "steps[0].unit_min"),
        ([STEPPED[0]], "steps[0].until_min"),
    ],
)
def test_steps_end_within_their_cycle(steps, path):
    assert refused_at({**BASE, **CYCLES, "steps": steps}) == path


@pytest.mark.parametrize(
    ("count", "until", "path"),
    [
        ("band", 239, ""),
        ("band", 240, "bands[0].steps[0].until_min"),  # the band has four hours
        ("cycle", 240, ""),
        ("cycle", 24 * 60, "bands[0].steps[0].until_min"),
    ],
)
def test_steps_of_band_end_within_their_count(count, until, path):
    bands = [band("a", "08:00", "12:00", [{**FREE_STEP, "until_min": until}, FREE_STEP])]
    part = {"bands": bands, "crossing": "sum_per_band", "after_cycle": "begin_again", "steps_count": count}
    assert refused_at({**BASE, "cycle": BY_DAY, **part}) == path


@pytest.mark.parametrize(("minutes", "is_refused"), [(0, True), (1, False), (59, False), (60, True)])
def test_tail_is_below_a_unit(minutes, is_refused):
    assert bool(refused_at({**BASE, "tail_min": minutes})) == is_refused


@pytest.mark.parametrize(
    ("leaves", "path"),
    [
        ({"by": "06:00", "day": "same"}, "offers[0].leaves.by"),
        ({"by": "06:01", "day": "same"}, ""),
        ({"by": "24:00", "day": "same"}, ""),
        ({"by": "00:00", "day": "next"}, ""),
        ({"by": "00:00", "day": "same"}, "offers[0].leaves.by"),
        ({"from": "06:00", "by": "20:00", "day": "same"}, "offers[0].leaves.from"),
        ({"from": "06:01", "by": "20:00", "day": "same"}, ""),
        ({"from": "19:59", "by": "20:00", "day": "same"}, ""),
        ({"from": "20:00", "by": "20:00", "day": "same"}, "offers[0].leaves.from"),
        ({"from": "05:00", "by": "20:00", "day": "next"}, ""),
    ],
)
def test_offer_ends_after_its_entry(leaves, path):
    document = {**BASE, "offers": [{**OFFER, "leaves": leaves, "flat": 0}], **CHEAPER}
    assert refused_at(document) == path
