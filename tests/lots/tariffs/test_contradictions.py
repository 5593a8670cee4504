"""A document that is malformed or contradicts itself is refused, with its place and the reason."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError, schema
from tests.effort import cases
from tests.lots.tariffs.documents import VALUES, documents, is_monotone, tariff_of
from tests.lots.tariffs.published import BAILIAN, HONGQIAO, HONGQIAO_CUMULATIVE, PUBLISHED, hourly
from tests.lots.tariffs.shared_boards import MALL
from tests.lots.tariffs.stay_times import PLACE, moment

NIGHT: dict[str, Any] = PUBLISHED["10"]["bands"][0]
FLAT_NIGHT = {"name": "night", "from": "21:00", "to": "07:00", "flat": 3000}
NO_CAPS = {"caps": None, "caps_count": None}
NO_CYCLE = {"cycle": {"basis": "none"}, **NO_CAPS, "steps_count": "stay", "free": None}
NEW_ENERGY = {"name": "new_energy", "kinds": ["nev_small"], "rule": {"free": None}}
WHOLE_DAY = {"name": "all_day", "from": "00:00", "to": "24:00", "flat": 500}
THEN_TOTAL: list[dict[str, Any]] = [
    {"until_min": 180, "unit_min": 60, "price": 1000},
    {"until_min": None, "total": 2500},
]
FULL = {"rounding": "full"}
REENTRY = {"as": "one_stay", "window": {"from": "entered", "minutes": 1440}, "gap": "free"}


def changed(base: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Return a document with some parts in place of others; None takes one away."""
    return {key: value for key, value in (deepcopy(base) | parts).items() if value is not None}


def starts(minutes: int, mode: str, repeat: str = "once") -> dict[str, Any]:
    """Return parts that state from where cycles count; only minutes deducted once can move them."""
    free = {"minutes": minutes, "mode": mode, "repeat": repeat}
    return {"format": 3, "free": free, "cycle_starts": "entry"}


CASES = [
    # a part and its setting
    (BAILIAN, {"bands": None, "steps_count": "cycle"}, "crossing", "must not be there: there are no bands"),
    (BAILIAN, {"crossing": None}, "crossing", "is missing"),
    (BAILIAN, {"band_days": "start"}, "band_days", "must not be there: no band names its days"),
    (BAILIAN, {"bands": [{**NIGHT, "days": ["mon"]}]}, "band_days", "is missing"),
    (BAILIAN, {"caps_count": None}, "caps_count", "is missing"),
    (BAILIAN, {"caps": None}, "caps_count", "must not be there: there are no caps"),
    (HONGQIAO, starts(30, "threshold"), "cycle_starts", "must not be there"),
    (HONGQIAO, starts(0, "deduct"), "cycle_starts", "must not be there"),
    (HONGQIAO, starts(30, "deduct", "each_cycle"), "cycle_starts", "must not be there"),
    # what steps count from
    (HONGQIAO, {"steps_count": "band"}, "steps_count", "must not be band: there are no bands"),
    (BAILIAN, {"crossing": "unit_start"}, "steps_count", "must not be band: with unit_start"),
    (BAILIAN, {**NO_CYCLE, "steps_count": "cycle"}, "steps_count", "must not be cycle: there are no cycles"),
    # cycles and caps
    (BAILIAN, {"cycle": {"basis": "none"}, "free": None}, "caps", "must not be there: without cycles"),
    (HONGQIAO, {"caps": [{"cycle": 1, "amount": 6000}]}, "caps[0].cycle", "must be each or 1+"),
    (
        HONGQIAO,
        {"caps": [{"cycle": 2, "amount": 6000}, {"cycle": "3+", "amount": 8000}]},
        "caps[0].cycle",
        "must be 1:",
    ),
    (
        HONGQIAO,
        {"caps": [{"cycle": 1, "amount": 6000}, {"cycle": "3+", "amount": 8000}]},
        "caps[1].cycle",
        "must be 2+:",
    ),
    (
        HONGQIAO,
        {"caps": [{"cycle": True, "amount": 6000}, {"cycle": "2+", "amount": 8000}]},
        "caps[0].cycle",
        "must be 1:",
    ),
    (HONGQIAO, {"caps": [{"cycle": "each", "amount": 999}]}, "caps[0].amount", "must not be below the price"),
    (
        HONGQIAO,
        {"caps": [{"cycle": "each", "amount": 6000, "each_later_adds": 1}]},
        "caps[0].each_later_adds",
        "is not known",
    ),
    (
        HONGQIAO_CUMULATIVE,
        {"caps": [{"cycle": "each", "amount": 6000}]},
        "caps[0].each_later_adds",
        "is missing",
    ),
    (
        HONGQIAO_CUMULATIVE,
        {"caps": [{"cycle": 1, "amount": 6000}, {"cycle": "2+", "amount": 5999, "each_later_adds": 0}]},
        "caps[1].amount",
        "must not be below the cap before it",
    ),
    (HONGQIAO, {"stay_cap": 999}, "stay_cap", "must not be below the price of one unit"),
    (HONGQIAO, {"stay_cap": 10999}, "stay_cap", "must not be below a cap"),
    # free minutes
    (
        HONGQIAO,
        {"free": {"minutes": 1440, "mode": "deduct", "repeat": "each_cycle"}},
        "free.minutes",
        "must be below the length of a cycle",
    ),
    (
        HONGQIAO,
        {"free": {"minutes": 1441, "mode": "deduct", "repeat": "once"}},
        "free.minutes",
        "must be a whole number from 0 to 1440",
    ),
    (
        BAILIAN,
        {**NO_CYCLE, "free": {"minutes": 15, "mode": "deduct", "repeat": "each_cycle"}},
        "free.repeat",
        "must be once: there are no cycles",
    ),
    # steps
    (HONGQIAO, {"steps": None}, "steps", "is missing"),
    (
        HONGQIAO,
        {"steps": [{"until_min": 1440, "flat": 1}, *hourly(500)]},
        "steps[0].until_min",
        "must be a whole number from 1 to 1439",
    ),
    (HONGQIAO, {"steps": [{"until_min": None, "flat": 1, "price": 1}]}, "steps[0].price", "is not known"),
    (HONGQIAO, {"steps": [{"until_min": 5, "total": 1}]}, "steps[0].until_min", "must be null"),
    (
        BAILIAN,
        {"bands": [{**NIGHT, "cap": None, "steps": [{"until_min": 600, "flat": 1}, *hourly(1)]}]},
        "bands[0].steps[0].until_min",
        "must be a whole number from 1 to 599",
    ),
    # rounding
    (BAILIAN, {**FULL, "crossing": "unit_start", "steps_count": "stay"}, "rounding", "must be started:"),
    (
        HONGQIAO,
        {**FULL, "steps": [{"until_min": 30, "unit_min": 60, "price": 1}, *hourly(500)]},
        "steps[0].unit_min",
        "must fit into its step",
    ),
    (
        BAILIAN,
        {**FULL, "bands": [{**NIGHT, "to": "21:30"}]},
        "bands[0].steps[0].unit_min",
        "must fit into its",
    ),
    # totals
    (BAILIAN, {"steps": [{"until_min": None, "total": 100}]}, "steps[0].total", "must not be there: a total"),
    (
        HONGQIAO,
        {"steps": THEN_TOTAL, "steps_count": "stay"},
        "steps[1].total",
        "must not be there: a total is",
    ),
    (
        HONGQIAO,
        {"steps": THEN_TOTAL},
        "steps[1].total",
        "must not make longer cheaper, or declare allows_cheaper_longer: it costs 3000 fen up to minute 180"
        " and 2500 after it",
    ),
    # bands
    (
        BAILIAN,
        {"bands": [NIGHT, {**FLAT_NIGHT, "name": "late", "from": "23:00"}]},
        "bands[1]",
        "must not overlap: night and late both hold on mon at 00:00",
    ),
    (
        BAILIAN,
        {"bands": [NIGHT, {**FLAT_NIGHT, "name": "late", "from": "06:59", "to": "08:00"}]},
        "bands[1]",
        "must not overlap: night and late both hold on mon at 06:59",
    ),
    (
        BAILIAN,
        {
            "band_days": "start",
            "bands": [{**FLAT_NIGHT, "days": ["workday"]}, {**WHOLE_DAY, "days": ["restday"]}],
        },
        "bands[1]",
        "must not overlap: night and all_day both hold on sat at 00:00",
    ),
    (BAILIAN, {"bands": [WHOLE_DAY]}, "steps", "must not be there: the bands fill every day"),
    (BAILIAN, {"steps": None}, "steps", "is missing: no band holds on mon at 07:00"),
    (BAILIAN, {"bands": [NIGHT, NIGHT]}, "bands[1].name", "must not be the name of a band before"),
    (BAILIAN, {"bands": [{**NIGHT, "flat": 1}]}, "bands[0]", "must say one of steps, flat and free"),
    (
        BAILIAN,
        {"bands": [{**FLAT_NIGHT, "cap": 3000}]},
        "bands[0].cap",
        "must not be there: a flat or free band",
    ),
    (BAILIAN, {"bands": [{**FLAT_NIGHT, "flat": None} | {"free": False}]}, "bands[0]", None),
    (BAILIAN, {"bands": [{**NIGHT, "cap": 499}]}, "bands[0].cap", "must not be below the price of one unit"),
    (
        BAILIAN,
        {"format": 3, "after_cycle": "begin_again", "bands": [{**NIGHT, "cap": 10001}]},
        "bands[0].cap",
        "must not be above every cap of a cycle",
    ),
    (
        BAILIAN,
        {"bands": [{**NIGHT, "from": "24:00"}]},
        "bands[0].from",
        "must be a time of day such as 08:00",
    ),
    (BAILIAN, {"bands": [{**NIGHT, "to": "8:00"}]}, "bands[0].to", "must be a time of day such as 08:00"),
    (BAILIAN, {"bands": [{**NIGHT, "name": "夜间"}]}, "bands[0].name", "must be 1 to 32 small letters"),
    (BAILIAN, {"bands": [{**NIGHT, "days": ["sunday"]}]}, "bands[0].days[0]", "must be a kind of day"),
    # classes
    (
        HONGQIAO,
        {"classes": [NEW_ENERGY, {**NEW_ENERGY, "name": "small"}]},
        "classes[1].kinds[0]",
        "must not be",
    ),
    (
        HONGQIAO,
        {"classes": [NEW_ENERGY, {**NEW_ENERGY, "kinds": ["police"]}]},
        "classes[1].name",
        "must not be",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "kinds": ["emergency"]}]},
        "classes[0].kinds[0]",
        "must not be exempt",
    ),
    (
        HONGQIAO,
        {"classes": [{"name": "small", "rule": {"free": None}}]},
        "classes[0]",
        "must say kinds or seen_as",
    ),
    (HONGQIAO, {"classes": [{**NEW_ENERGY, "exempt": True}]}, "classes[0]", "must say either exempt or rule"),
    (HONGQIAO, {"classes": [{**NEW_ENERGY, "rule": {}}]}, "classes[0].rule", "must say what is different"),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "rule": {"cycle": None}}]},
        "classes[0].rule.cycle",
        "must not be null",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "rule": {"steps": hourly(7000)}}]},
        "classes[0].rule.caps[0].amount",
        "must not be below the price of one unit",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "rule": {"steps": THEN_TOTAL}}]},
        "classes[0].rule.steps[1].total",
        "must not make longer cheaper",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "name": "bus"}]},
        "classes[0].name",
        "must be small or medium or large",
    ),
    (HONGQIAO, {"exempt": ["ambulance"]}, "exempt[0]", "must be a kind of plate"),
    # passes, re-entry, the rest
    (HONGQIAO, {"passes": [{"name": "day", "price": 1, "from": "08:00"}]}, "passes[0].to", "is missing"),
    (
        HONGQIAO,
        {"passes": [{"name": "day", "price": 1}] * 2},
        "passes[1].name",
        "must not be the name of a pass",
    ),
    (HONGQIAO, {"reentry": {**REENTRY, "as": "no_free"}}, "reentry.gap", "must not be there"),
    (
        HONGQIAO,
        {"reentry": {"as": "no_free", "window": {"from": "day"}}},
        "reentry.as",
        "must not be no_free: there are no free minutes",
    ),
    (HONGQIAO, {"reentry": changed(REENTRY, gap=None)}, "reentry.gap", "is missing"),
    (HONGQIAO, {"reentry": {**REENTRY, "window": {"from": "left"}}}, "reentry.window.minutes", "is missing"),
    (
        HONGQIAO,
        {"reentry": {**REENTRY, "window": {"from": "day", "minutes": 5}}},
        "reentry.window.minutes",
        "is not known",
    ),
    (HONGQIAO, {"reentry": 1}, "reentry", "must be an object"),
    (HONGQIAO, {"reentry": {"window": {}}}, "reentry.as", "is missing"),
    (HONGQIAO, {"reentry": {**REENTRY, "as": "free"}}, "reentry.as", "must be one_stay or no_free"),
    (HONGQIAO, {"reentry": {**REENTRY, "gap": "half"}}, "reentry.gap", "must be charged or free"),
    (HONGQIAO, {"reentry": {**REENTRY, "window": 60}}, "reentry.window", "must be an object"),
    (HONGQIAO, {"reentry": {**REENTRY, "window": {"minutes": 1}}}, "reentry.window.from", "is missing"),
    (
        HONGQIAO,
        {"reentry": {**REENTRY, "window": {"from": "exit"}}},
        "reentry.window.from",
        "must be left or",
    ),
    (
        HONGQIAO,
        {"reentry": {**REENTRY, "window": {"from": "left", "minutes": 0}}},
        "reentry.window.minutes",
        "must be a whole number from 1 to 44640",
    ),
    (HONGQIAO, {"max_stay_min": 525601}, "max_stay_min", "must be a whole number from 1 to 525600"),
    (
        HONGQIAO,
        {"passes": [{"name": "day", "price": -1}]},
        "passes[0].price",
        "must be a whole number from 0",
    ),
    (HONGQIAO, {"passes": [{"name": "", "price": 1}]}, "passes[0].name", "must be 1 to 32 small letters"),
    (
        HONGQIAO,
        {"passes": [{"name": "day", "price": 1, "from": "8", "to": "9"}]},
        "passes[0].from",
        "must be a time",
    ),
    (
        HONGQIAO,
        {"passes": [{"name": "day", "price": 1, "from": "08:00", "to": "25:00"}]},
        "passes[0].to",
        "must be",
    ),
    (
        HONGQIAO,
        {"passes": [{"name": "day", "price": 1, "days": []}]},
        "passes[0].days",
        "must be a list of 1 to 13",
    ),
    (HONGQIAO, {"passes": []}, "passes", "must be a list of 1 to 48"),
    (HONGQIAO, {"classes": []}, "classes", "must be a list of 1 to 48"),
    (HONGQIAO, {"classes": [{**NEW_ENERGY, "rule": 1}]}, "classes[0].rule", "must be an object"),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "rule": {"exempt": []}}]},
        "classes[0].rule.exempt",
        "is not known",
    ),
    (
        HONGQIAO,
        {"classes": [{"name": "small", "kinds": ["nev_small"], "exempt": 1}]},
        "classes[0].exempt",
        "must be true",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "seen_as": ["bus"]}]},
        "classes[0].seen_as[0]",
        "must be a class of",
    ),
    (
        HONGQIAO,
        {"classes": [{**NEW_ENERGY, "kinds": ["bus"]}]},
        "classes[0].kinds[0]",
        "must be a kind of plate",
    ),
    (BAILIAN, {"max_stay_min": 30}, "max_stay_min", "must be above the free minutes"),
    (HONGQIAO, {"allows_cheaper_longer": 1}, "allows_cheaper_longer", "must be true or false"),
    (HONGQIAO, {"after_exit_window": None}, "after_exit_window", "is missing"),
    (HONGQIAO, {"after_exit_window": "free"}, "after_exit_window", "must be extra_time or recomputed"),
    (HONGQIAO, {"format": 4}, "format", "must be 2 or 3"),
    (HONGQIAO, {"format": True}, "format", "must be 2 or 3"),
    (HONGQIAO, {"currency": "HKD"}, "currency", "must be CNY"),
    (HONGQIAO, {"cycle": {"basis": "calendar_day"}}, "cycle.reset", "is missing"),
    (HONGQIAO, {"cycle": {"basis": "none", "hours": 24}}, "cycle.hours", "is not known"),
    (HONGQIAO, {"cycle": {"basis": "from_entry", "hours": 745}}, "cycle.hours", "must be a whole number"),
]


@pytest.mark.parametrize(("base", "parts", "path", "reason"), CASES)
def test_contradiction_is_refused_at_its_path(base, parts, path, reason):
    with pytest.raises(TariffError) as caught:
        tariffs.read(changed(base, **parts))
    assert caught.value.path == path
    assert reason is None or caught.value.reason.startswith(reason)


def test_cheaper_longer_stay_can_be_declared():
    document = changed(HONGQIAO, steps=THEN_TOTAL, allows_cheaper_longer=True)
    assert tariffs.read(document).allows_cheaper_longer


@pytest.mark.parametrize(
    "parts",
    [
        {"steps": [THEN_TOTAL[0], {"until_min": None, "total": 3000}]},
        {"steps": [THEN_TOTAL[0], {"until_min": 360, "total": 3500}, {"until_min": None, "total": 4000}]},
        {"steps": [{**THEN_TOTAL[0], "until_min": 170}, {"until_min": None, "total": 2500}], **FULL},
        {"caps": [{"cycle": "each", "amount": 2500}]},  # the cap had cut it to as much before
        {"free": {"minutes": 180, "mode": "threshold", "repeat": "each_cycle"}},  # hides the dearer part
        {"free": {"minutes": 1260, "mode": "deduct", "repeat": "each_cycle"}},  # the total is never reached
    ],
)
def test_harmless_total_needs_no_declaration(parts):
    assert is_monotone(tariffs.read(changed(HONGQIAO, **({"steps": THEN_TOTAL} | parts))))


@pytest.mark.parametrize(
    "free",
    [
        {"minutes": 180, "mode": "threshold", "repeat": "once"},  # the second day has none
        {"minutes": 179, "mode": "threshold", "repeat": "each_cycle"},
        {"minutes": 1440, "mode": "deduct", "repeat": "once"},
        {"minutes": 1259, "mode": "deduct", "repeat": "each_cycle"},
    ],
)
def test_short_free_minutes_hide_no_undercut(free):
    with pytest.raises(TariffError, match="must not make longer cheaper"):
        tariffs.read(changed(HONGQIAO, steps=THEN_TOTAL, free=free))


def test_uncycled_free_minutes_can_hide_undercut():
    whole = changed(HONGQIAO, **{**NO_CYCLE, "free": None}, steps=THEN_TOTAL)
    for minutes, hidden in ((180, True), (179, False)):
        document = whole | {"free": {"minutes": minutes, "mode": "threshold", "repeat": "once"}}
        if hidden:
            assert is_monotone(tariffs.read(document))
        else:
            with pytest.raises(TariffError, match="longer cheaper"):
                tariffs.read(document)


@settings(max_examples=cases(15), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(documents())
def test_monotone_tariff_prices_never_fall(document):
    tariff = tariff_of(document)
    assume(document.get("allows_cheaper_longer"))
    entered_at = moment("04-27 00:00")
    prices = [
        tariff.price(entered_at, entered_at + timedelta(minutes=n), "ordinary", place=PLACE).fen
        for n in range(2200)
    ]
    assert prices == sorted(prices) or not is_monotone(tariff)


@pytest.mark.parametrize("document", [*PUBLISHED.values(), MALL])
def test_schema_accepts_published_documents(document):
    tariffs.read(document)
    Draft202012Validator(schema()).validate(document)


@settings(max_examples=cases(50))
@given(documents())
def test_schema_accepts_any_valid_document(document):
    Draft202012Validator(schema()).validate(document)


KEYS = sorted(
    {key for document in PUBLISHED.values() for key in document}
    | {"passes", "reentry", "max_stay_min", "tail_min", "long_caps", "offers", "offers_apply", "seasons"}
    | {"shared_caps", "percent", "sum_rounding", "turn"}
)


@settings(max_examples=cases(120))
@given(st.sampled_from(sorted(PUBLISHED)), st.sampled_from(KEYS), VALUES)
def test_reader_refuses_schema_violations(number, key, value):
    document = {**PUBLISHED[number], key: value}
    if not Draft202012Validator(schema()).is_valid(document):
        with pytest.raises(TariffError):
            tariffs.read(document)


@given(VALUES)
def test_random_value_raises_tariff_error(value):
    with pytest.raises(TariffError):
        tariffs.read(value)
