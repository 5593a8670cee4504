"""Tariffs of steps, one cap and 24 hours from the entry: prices, lines, and faults in the document."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import TariffError, examples
from tests.lots.tariffs.shared_boards import MALL

ENTRY = datetime(2026, 3, 1, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOURLY: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "steps": [{"until_min": None, "unit_min": 60, "price": 800}],
    "cycle": {"basis": "from_entry", "hours": 24},
}
AIRPORT: dict[str, Any] = {  # Hongqiao's first day, for every day
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "steps": [
        {"until_min": 120, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 60, "price": 500},
    ],
    "cycle": {"basis": "from_entry", "hours": 24},
    "caps": [{"cycle": "each", "amount": 6000}],
    "caps_count": "per_cycle",
}
TIANJIE: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 700},
        {"until_min": None, "unit_min": 30, "price": 350},
    ],
    "cycle": {"basis": "from_entry", "hours": 24},
}
HALF_HOUR_FREE = HOURLY | {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}
HALF_HOUR_OFF = HOURLY | {"free": {"minutes": 30, "mode": "deduct", "repeat": "once"}}


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def fen(document: dict[str, Any], stay: int, kind: str = "ordinary") -> int:
    return tariffs.read(document).price(ENTRY, ENTRY + timedelta(seconds=stay), kind).fen


def lines(document: dict[str, Any], stay: str, kind: str = "ordinary") -> list[Any]:
    until = ENTRY + timedelta(seconds=seconds(stay))
    found = [line.as_json() for line in tariffs.read(document).price(ENTRY, until, kind).lines]
    return [{key: line[key] for key in ("code", "fen", "values")} for line in found]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid documents of every shape, with units that do and do not divide their step and cycle."""
    hours = draw(st.integers(1, 48))
    ends = sorted(draw(st.sets(st.integers(1, hours * 60 - 1), max_size=3)))
    steps = [
        {"until_min": end, "unit_min": draw(st.integers(1, hours * 60)), "price": draw(st.integers(0, 3000))}
        for end in [*ends, None]
    ]
    document: dict[str, Any] = {**HOURLY, "steps": steps, "cycle": {"basis": "from_entry", "hours": hours}}
    if draw(st.booleans()):
        document["caps"] = [{"cycle": "each", "amount": draw(st.integers(3000, 20_000))}]
        document["caps_count"] = "per_cycle"
    if draw(st.booleans()):
        mode = draw(st.sampled_from(["threshold", "deduct"]))
        document["free"] = {"minutes": draw(st.integers(0, hours * 60)), "mode": mode, "repeat": "once"}
    return document


stays = st.integers(0, 20 * 86400)


@pytest.mark.parametrize(
    ("document", "stay", "expected"),
    [
        (MALL, "00:00:00", 0),
        (MALL, "00:15:00", 0),
        (MALL, "00:15:01", 1000),
        (MALL, "01:00:00", 1000),
        (MALL, "01:00:01", 1500),
        (MALL, "01:30:00", 1500),
        (MALL, "01:30:01", 2000),
        (MALL, "06:00:00", 6000),
        (MALL, "06:00:01", 6000),
        (MALL, "24:00:00", 6000),
        (MALL, "24:00:01", 7000),  # the steps begin again, the free minutes do not
        (MALL, "25:00:01", 7500),
        (MALL, "48:00:00", 12000),
        (MALL, "48:00:01", 13000),
        (HOURLY, "00:00:00", 0),
        (HOURLY, "00:00:01", 800),
        (HOURLY, "01:00:00", 800),
        (HOURLY, "01:00:01", 1600),
        (HOURLY, "24:00:00", 24 * 800),
        (AIRPORT, "01:00:00", 1000),
        (AIRPORT, "02:00:00", 2000),
        (AIRPORT, "02:01:00", 2500),
        (AIRPORT, "10:00:00", 6000),
        (AIRPORT, "24:00:00", 6000),
        (AIRPORT, "25:00:00", 7000),
        (TIANJIE, "01:28:00", 1050),
        (TIANJIE, "00:28:00", 700),  # what a coupon that moves the entry leaves
        (HALF_HOUR_FREE, "02:00:00", 1600),
        (HALF_HOUR_OFF, "00:30:00", 0),
        (HALF_HOUR_OFF, "00:30:01", 800),
        (HALF_HOUR_OFF, "01:30:00", 800),
        (HALF_HOUR_OFF, "02:00:00", 1600),
        (HALF_HOUR_OFF, "02:30:00", 1600),
        (HALF_HOUR_OFF, "24:30:00", 24 * 800),  # the whole stay moves, its cycles too
    ],
)
def test_simple_prices_match_board(document: dict[str, Any], stay: str, expected: int) -> None:
    assert fen(document, seconds(stay)) == expected


def test_free_stay_line_names_minutes() -> None:
    assert lines(MALL, "00:10:00") == [{"code": "free_within", "fen": 0, "values": {"minutes": 15}}]


def test_emergency_plate_is_exempt_by_default() -> None:
    assert lines(HOURLY, "99:00:00", "emergency") == [
        {"code": "exempt", "fen": 0, "values": {"kind": "emergency"}}
    ]
    assert fen(HOURLY | {"exempt": []}, 3600, "emergency") == 800
    assert fen(HOURLY | {"exempt": ["police"]}, 3600, "police") == 0


def test_units_are_explained_step_by_step() -> None:
    first = {"cycle": 1, "units": 1, "unit_minutes": 60, "unit_fen": 1000, "until_minutes": 60}
    later = {"cycle": 1, "units": 2, "unit_minutes": 30, "unit_fen": 500, "after_minutes": 60}
    assert lines(MALL, "01:45:00") == [
        {"code": "first_units", "fen": 1000, "values": first},
        {"code": "units", "fen": 1000, "values": later},
    ]


def test_capped_cycle_is_one_line() -> None:
    days = {"cycle": 1, "cycles": 2, "hours": 24, "amount_fen": 6000}
    today = {"cycle": 3, "cycles": 1, "hours": 24, "amount_fen": 6000}
    assert lines(MALL, "60:00:00") == [
        {"code": "cap", "fen": 12000, "values": days},
        {"code": "cap", "fen": 6000, "values": today},
    ]


def test_uncapped_whole_cycles_are_one_line() -> None:
    whole, begun = lines(HOURLY, "49:00:00")
    assert (whole["code"], whole["fen"]) == ("units", 2 * 24 * 800)
    assert whole["values"] == {
        "cycle": 1,
        "times": 2,
        "hours": 24,
        "units": 24,
        "unit_minutes": 60,
        "unit_fen": 800,
        "after_minutes": 0,
    }
    assert (begun["code"], begun["values"]["cycle"]) == ("units", 3)


def test_deducted_minutes_have_own_line() -> None:
    deducted, units = lines(HALF_HOUR_OFF, "02:00:00")
    assert deducted == {"code": "free_deducted", "fen": 0, "values": {"minutes": 30}}
    assert units["values"]["units"] == 2


def test_partial_second_is_not_counted() -> None:
    tariff = tariffs.read(HOURLY)
    assert tariff.price(ENTRY, ENTRY + timedelta(hours=1, milliseconds=999), "ordinary").fen == 800


def test_duration_is_elapsed_time_across_dst() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    entered_at = datetime(2026, 3, 29, 1, 30, tzinfo=berlin)
    price = tariffs.read(HOURLY).price(entered_at, datetime(2026, 3, 29, 3, 30, tzinfo=berlin), "ordinary")
    assert price.fen == 800


def test_time_zone_does_not_change_price() -> None:
    tariff = tariffs.read(MALL)
    until = ENTRY + timedelta(hours=3)
    assert tariff.price(ENTRY.astimezone(UTC), until, "ordinary") == tariff.price(ENTRY, until, "ordinary")


def test_ten_year_stay_has_two_lines() -> None:
    tariff = tariffs.read(MALL)
    price = tariff.price(ENTRY, ENTRY + timedelta(days=3652, hours=12), "ordinary")
    assert (price.fen, len(price.lines)) == (3653 * 6000, 2)


@pytest.mark.parametrize("kind", ["ordinary", "emergency"])
def test_negative_stay_raises_value_error(kind: str) -> None:
    with pytest.raises(ValueError, match="before it begins"):
        tariffs.read(MALL).price(ENTRY, ENTRY - timedelta(microseconds=1), kind)


def test_naive_time_raises_value_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        tariffs.read(MALL).price(ENTRY.replace(tzinfo=None), ENTRY, "ordinary")


@pytest.mark.parametrize(
    ("path", "key", "value", "where"),
    [
        ([], "currency", "HKD", "currency"),
        ([], "unit", "fen", "unit"),
        ([], "steps", [], "steps"),
        ([], "steps", {"0": 1}, "steps"),
        ([], "steps", [1], "steps[0]"),
        ([], "cycle", 24, "cycle"),
        ([], "free", None, "free"),
        ([], "caps", {"amount": 6000}, "caps"),
        ([], "caps", [{"cycle": "each", "amount": 6000}] * 2, "caps[0].cycle"),
        ([], "exempt", "emergency", "exempt"),
        ([], "exempt", ["emergency", "ambulance"], "exempt[1]"),
        ([], "exempt", [["emergency"]], "exempt[0]"),
        (["cycle"], "hours", 0, "cycle.hours"),
        (["cycle"], "hours", 24.0, "cycle.hours"),
        (["cycle"], "basis", "calendar", "cycle.basis"),
        (["free"], "minutes", -1, "free.minutes"),
        (["free"], "minutes", 1441, "free.minutes"),
        (["free"], "mode", "once", "free.mode"),
        (["free"], "mode", ["deduct"], "free.mode"),
        (["free"], "repeat", "daily", "free.repeat"),
        (["steps", 0], "until_min", None, "steps[0].until_min"),
        (["steps", 0], "until_min", 1440, "steps[0].until_min"),
        (["steps", 0], "unit_min", 0, "steps[0].unit_min"),
        (["steps", 0], "price", -1, "steps[0].price"),
        (["steps", 0], "price", 10.0, "steps[0].price"),
        (["steps", 0], "price", True, "steps[0].price"),
        (["steps", 0], "price", "1000", "steps[0].price"),
        (["steps", 0], "price", 10**7, "steps[0].price"),
        (["steps", 0], "flat", 300, "steps[0].unit_min"),
        (["steps", 1], "until_min", 600, "steps[1].until_min"),
        (["caps", 0], "cycle", "3+", "caps[0].cycle"),
        (["caps", 0], "amount", 0, "caps[0].amount"),
        (["caps", 0], "amount", 60, "caps[0].amount"),  # yuan for fen
        (["caps", 0], "amount", 999, "caps[0].amount"),  # a unit costs 1000
    ],
)
def test_malformed_document_names_path(path: list[Any], key: str, value: Any, where: str) -> None:
    document = deepcopy(MALL)
    part = document
    for name in path:
        part = part[name]
    part[key] = value
    with pytest.raises(TariffError) as caught:
        tariffs.read(document)
    assert caught.value.path == where
    assert caught.value.reason.startswith(("must ", "is not known"))


@pytest.mark.parametrize("key", ["format", "currency", "rounding", "steps", "steps_count", "cycle"])
def test_a_missing_part_is_named(key: str) -> None:
    with pytest.raises(TariffError) as caught:
        tariffs.read({name: value for name, value in MALL.items() if name != key})
    assert (caught.value.path, caught.value.reason) == (key, "is missing")


def test_steps_must_follow_each_other() -> None:
    step = {"until_min": 60, "unit_min": 60, "price": 1000}
    with pytest.raises(TariffError) as caught:
        tariffs.read(MALL | {"steps": [step, step, MALL["steps"][1]]})
    assert caught.value.path == "steps[1].until_min"


@pytest.mark.parametrize("document", [None, [], "CNY", 1])
def test_non_object_document_is_refused(document: Any) -> None:
    with pytest.raises(TariffError):
        tariffs.read(document)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(MALL)) | st.text(), inner),
    max_leaves=10,
)


@given(st.sampled_from(list(MALL)), json_values)
def test_random_document_parses_or_raises(key: str, value: Any) -> None:
    where = key
    try:
        tariffs.read(MALL | {key: value})
    except TariffError as error:
        where = error.path
    assert where.startswith((key, "caps"))  # a dearer step can make the cap too low


@given(documents(), stays, stays)
def test_a_longer_stay_never_costs_less(document: dict[str, Any], one: int, other: int) -> None:
    assert fen(document, min(one, other)) <= fen(document, max(one, other))


@given(documents(), stays)
def test_one_second_more_never_costs_less(document: dict[str, Any], stay: int) -> None:
    assert fen(document, stay) <= fen(document, stay + 1)


@given(documents(), stays)
def test_json_lines_sum_to_price(document: dict[str, Any], stay: int) -> None:
    price = tariffs.read(document).price(ENTRY, ENTRY + timedelta(seconds=stay), "ordinary")
    found = json.loads(json.dumps([line.as_json() for line in price.lines]))
    assert found
    assert price.fen == sum(line["fen"] for line in found)
    assert all(line["fen"] >= 0 for line in found)
    assert len(found) <= 1 + 2 * len(document["steps"])


@given(documents(), stays)
def test_no_cycle_exceeds_its_cap(document: dict[str, Any], stay: int) -> None:
    if "caps" in document:
        cycles = -(-stay // (document["cycle"]["hours"] * 3600))
        assert fen(document, stay) <= cycles * document["caps"][0]["amount"]


@given(documents(), stays)
def test_closed_form_matches_unit_counting(document: dict[str, Any], stay: int) -> None:
    free = document.get("free", {"minutes": 0, "mode": "threshold", "repeat": "once"})
    expected, charged = 0, stay - free["minutes"] * 60
    if charged > 0:
        charged = stay if free["mode"] == "threshold" else charged
        cycle = document["cycle"]["hours"] * 3600
        cap = document["caps"][0]["amount"] if "caps" in document else 10**12
        for begin in range(0, charged, cycle):
            moment, cost = 0, 0
            while moment < min(cycle, charged - begin):
                step = next(
                    s for s in document["steps"] if s["until_min"] is None or moment < s["until_min"] * 60
                )
                end = cycle if step["until_min"] is None else step["until_min"] * 60
                moment, cost = min(moment + step["unit_min"] * 60, end), cost + step["price"]
            expected += min(cost, cap)
    assert fen(document, stay) == expected


@given(documents(), st.integers(1, 1440), stays)
def test_deduct_shifts_entry_threshold_does_not(document: dict[str, Any], free: int, stay: int) -> None:
    document = {key: value for key, value in document.items() if key != "free"}
    free = min(free, document["cycle"]["hours"] * 60)
    threshold = fen(document | {"free": {"minutes": free, "mode": "threshold", "repeat": "once"}}, stay)
    deduct = fen(document | {"free": {"minutes": free, "mode": "deduct", "repeat": "once"}}, stay)
    paid = stay > free * 60
    assert threshold == (fen(document, stay) if paid else 0)
    assert deduct == (fen(document, stay - free * 60) if paid else 0)
    assert deduct <= threshold


@given(st.integers(1, 120), st.integers(1, 3000), st.integers(1, 12))
def test_next_unit_begins_one_second_later(minutes: int, price: int, units: int) -> None:
    step = {"until_min": None, "unit_min": minutes, "price": price}
    document = HOURLY | {"steps": [step], "cycle": {"basis": "from_entry", "hours": 744}}
    assert fen(document, units * minutes * 60) == units * price
    assert fen(document, units * minutes * 60 + 1) == (units + 1) * price


def test_examples_cover_mall_edges() -> None:
    assert examples(tariffs.read(MALL)) == [
        (15, 0),
        (16, 1000),
        (60, 1000),
        (61, 1500),
        (120, 2000),
        (331, 6000),
        (480, 6000),
        (1440, 6000),
        (1441, 7000),
    ]


@given(documents())
def test_examples_rise_and_are_few(document: dict[str, Any]) -> None:
    shown = examples(tariffs.read(document))
    assert 3 <= len(shown) <= 15
    assert all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(shown))
