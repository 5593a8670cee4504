"""Documents with something wrong anywhere in them: one clear sentence that names the part, never a crash."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.all_faults import all_faults
from tests.effort import cases
from tests.lots.tariffs.boards_by_hand import BOARDS
from tests.lots.tariffs.documents import documents
from tests.lots.tariffs.published import HONGQIAO, hourly
from tests.lots.tariffs.stay_times import PLACE, moment

JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1, 10**30, 8.0, 0.1, float("inf"), float("nan"), "", "8", "1e400", "24:00"),
    *(
        "25:61",
        "02-30/03-01",
        "2026-02-30",
        "\u0000",
        "９",
        "each",
        [],
        {},
        [[]],
        [None],
        {"a": {}},
        {"flat": []},
    ),
    *([{}], ["all", "all"], "steps", {"until_min": None}, [{"until_min": None, "unit_min": 0, "price": 1}]),
]
KEYS = ["flat", "total", "cap", "days", "x" * 5000, "\u001b[2J", "Steps", "", "steps[0]"]


def damaged(random, document):
    """Return the document with some parts replaced, removed, doubled or added."""
    document = deepcopy(document)
    for _ in range(random.randint(1, 3)):
        holder = random.choice(list(parts_of(document)))
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        act = random.randint(0, 5)
        if act == 0 and isinstance(holder, dict):
            holder[random.choice(KEYS)] = deepcopy(random.choice(JUNK))
        elif act == 1 and isinstance(holder, list):
            holder.extend(deepcopy(holder) * random.choice([1, 50]))
        elif places and act == 2:
            del holder[random.choice(places)]
        elif places:
            holder[random.choice(places)] = deepcopy(random.choice(JUNK))
    return document


def parts_of(value):
    if isinstance(value, dict | list):
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts_of(part)


@settings(max_examples=cases(400))
@given(documents() | st.sampled_from(list(BOARDS.values())), st.randoms(use_true_random=False))
def test_damaged_document_has_one_clear_fault(document, random):
    document = damaged(random, document)
    found = all_faults(document)
    assert len(found) <= 60
    if found:
        with pytest.raises(TariffError) as caught:
            tariffs.read(document)
        assert 0 < len(str(caught.value)) < 400
        assert str(caught.value).isprintable()
        return
    tariff = tariffs.read(document)
    stay = moment("04-27 10:00"), moment("04-27 10:00") + timedelta(days=3, seconds=1)
    assert type(tariff.price(*stay, "ordinary", place=PLACE).fen) is int


def changed(**parts):
    return {key: value for key, value in {**HONGQIAO, **parts}.items() if value is not None}


STEP = {"until_min": None, "unit_min": 60, "price": 100}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"steps": [{**STEP, "unit_min": 0}]}, "steps[0].unit_min: must be a whole number from 1 to 1440"),
        ({"steps": [{**STEP, "price": -1}]}, "steps[0].price: must be a whole number from 0 to 1000000"),
        ({"steps": [{**STEP, "price": "100"}]}, "steps[0].price: must be a whole number from 0 to 1000000"),
        ({"steps": [{**STEP, "price": 1e400}]}, "steps[0].price: must be a whole number from 0 to 1000000"),
        ({"steps": [{**STEP, "price": 8.0}]}, "steps[0].price: must be a whole number from 0 to 1000000"),
        ({"steps": [{**STEP, "price": 10**9}]}, "steps[0].price: must be a whole number from 0 to 1000000"),
        ({"steps": hourly(100) * 49}, "steps: must be a list of 1 to 48"),
        ({"steps": {}}, "steps: must be a list of 1 to 48"),
        ({"x" * 9000: 1}, f"{'x' * 40!r}: is not known"),
        ({"\u001b[31m": 1}, "'\\x1b[31m': is not known"),
        (
            {"seasons": [{"name": "peak", "dates": ["2026-02-29"], "rule": {"stay_cap": 9000}}], "format": 3},
            "seasons[0].dates[0]: must be dates such as 2026-10-01/2026-10-08, or 04-01/10-31 for every year",
        ),
        (
            {
                "bands": [
                    {"name": "a", "from": "08:00", "to": "12:00", "steps": hourly(1)},
                    {"name": "b", "from": "11:00", "to": "13:00", "steps": hourly(1)},
                ],
                "crossing": "sum_per_band",
            },
            "bands[1]: must not overlap: a and b both hold on mon at 11:00",
        ),
        (
            {
                "steps": None,
                "bands": [{"name": "a", "from": "08:00", "to": "12:00", "steps": hourly(1)}],
                "crossing": "sum_per_band",
            },
            "steps: is missing: no band holds on mon at 00:00",
        ),
        ({"caps": None}, "caps_count: must not be there: there are no caps"),
    ],
)
def test_fault_is_one_sentence(parts, sentence):
    with pytest.raises(TariffError) as caught:
        tariffs.read(changed(**parts))
    assert str(caught.value) == sentence


def test_deep_document_is_refused():
    deep = json.loads("[" * 400 + "]" * 400)
    for key in ("steps", "free", "turn", "seasons"):
        with pytest.raises(TariffError):
            tariffs.read(changed(**{key: deep, "format": 3}))


@pytest.mark.parametrize("key", ["steps", "turn", "seasons", "unknown", "basis"])
def test_deepest_document_has_one_fault(key):
    deep: Any = 1
    for _ in range(5_000):
        deep = [{"rule": deep}]
    [found] = all_faults(changed(**{key: deep}))
    assert str(found) == "must not be deeper than 16"


def test_huge_document_is_read_few_times():
    """Each class in each season is a rule of its own: the faults of a huge document come a few at a time."""
    seen = ["small", "large", "goods"]
    rungs = [{"until_min": minutes, "unit_min": 1, "price": 100} for minutes in range(1, 48)]
    document = {
        **changed(format=3, steps=[*rungs, *hourly(100)]),
        "classes": [{"name": one, "seen_as": [one], "rule": {"stay_cap": 90000}} for one in seen],
        "seasons": [{"name": f"s{n}", "days": ["sat"], "rule": {"stay_cap": -n}} for n in range(48)],
    }
    found = all_faults(document)
    assert [one.path for one in found] == [f"seasons[{n}].rule.stay_cap" for n in range(len(found))]
    assert 5 < len(found) < 30
    assert len(all_faults({**document, "seasons": document["seasons"][:9]})) == 9
