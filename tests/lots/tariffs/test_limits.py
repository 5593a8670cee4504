"""Limits that a stay of exactly their length is beyond (满 30 分钟起收费): prices, questions, refusals."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError, examples
from lots.tariffs.ambiguity import find
from lots.tariffs.readings import with_other_answer
from tests.effort import cases
from tests.lots.tariffs.board_makers import BASE, HOURLY
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, SHANGHAI

FREE: dict[str, Any] = {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}
RUNGS = {"steps": [{"until_min": 60, "flat": 800}, {"until_min": 180, "flat": 600}, *HOURLY]}
DAY_TICKET = {
    "steps": [{"until_min": 180, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 2000}],
    "allows_cheaper_longer": True,
}
TURN: dict[str, Any] = {
    "turn": {"after_min": 120, "from": "start", "rule": {"steps": [{"until_min": None, "flat": 2500}]}}
}
TEN = datetime(2026, 6, 1, 10, tzinfo=SHANGHAI)


def price(change, seconds):
    tariff = tariffs.read_new({**BASE, **change})
    return tariff.price(TEN, TEN + timedelta(seconds=seconds), "ordinary").fen


@pytest.mark.parametrize(
    ("change", "limit", "second", "within", "beyond"),
    [
        (FREE, "free", 1800, 0, 500),
        (RUNGS, "steps", 3600, 800, 1400),
        (DAY_TICKET, "steps", 10800, 3000, 2000),
        ({"tail_min": 15}, "tail", 4500, 500, 1000),
        (TURN, "turn", 7200, 1000, 2500),
    ],
)
def test_exact_length_is_beyond(change, limit, second, within, beyond):
    reached = {**change, "reached": [limit]}
    assert [price(change, second + more) for more in (-1, 0, 1)] == [within, within, beyond]
    assert [price(reached, second + more) for more in (-1, 0, 1)] == [within, beyond, beyond]
    Draft202012Validator(tariffs.schema()).validate({**BASE, **reached})


def test_units_begin_with_time():
    """An hour is an hour: a unit of no time costs nothing, also after a step that counts as reached."""
    reached = {**RUNGS, "reached": ["steps"]}
    assert price(reached, 3 * 3600) == 1400
    assert price(reached, 3 * 3600 + 1) == 1900


def test_bands_that_fill_the_day_have_limits():
    bands = [
        {"name": "day", "from": "08:00", "to": "20:00", **RUNGS},
        {"name": "night", "from": "20:00", "to": "08:00", "flat": 500},
    ]
    document = {**BASE, "bands": bands, "crossing": "sum_per_band", "steps_count": "band"}
    del document["steps"]
    tariff = tariffs.read_new({**document, "reached": ["steps"]})
    assert tariff.price(TEN, TEN + timedelta(hours=1), "ordinary").fen == 1400


def test_lines_state_whole_minutes():
    tariff = tariffs.read({**BASE, **RUNGS, "reached": ["steps"]})
    first, second = tariff.price(TEN, TEN + timedelta(hours=1), "ordinary").lines
    assert (first.values["until_minutes"], second.values["after_minutes"]) == (60, 60)


def test_why_not_names_the_limit():
    tariff = tariffs.read({**BASE, **FREE, "reached": ["free"]})
    stay = (TEN, TEN + timedelta(minutes=30))
    [line] = tariffs.why_not(tariff, tariff.price(*stay, "ordinary"), *stay, "ordinary")
    assert (line.code, line.values) == ("not_free_reached", {"minutes": 30, "stay_minutes": 30})


def test_examples_show_both_sides():
    tariff = tariffs.read({**BASE, **FREE, "reached": ["free"]})
    assert {(29, 0), (30, 500)} <= set(examples(tariff))


@pytest.mark.parametrize("change", [FREE, RUNGS, {"tail_min": 15}, TURN])
def test_question_shows_the_exact_stay(change):
    declared = {**BASE, **change, "allows_cheaper_longer": True}
    [found] = [one for one in find(declared) if one.axis == "reached"]
    assert (found.ours, found.other, found.differ) == ("limit_within", "limit_reached", 0)
    answered = with_other_answer(declared, "reached")
    [other] = [one for one in find(answered) if one.axis == "reached"]
    assert (other.ours, other.fen, other.other_fen) == ("limit_reached", found.other_fen, found.fen)


def test_steps_reach_their_limit_beside_a_tail():
    """Only a reached tail forbids it: a remainder within another tail is compared to whole minutes."""
    tariff = tariffs.read_new({**BASE, **RUNGS, "tail_min": 15, "reached": ["steps"]})
    stays = {59: 800, 60: 1400, 180: 1400, 195: 1400, 196: 1900}
    assert {
        minutes: tariff.price(TEN, TEN + timedelta(minutes=minutes), "ordinary").fen for minutes in stays
    } == stays


def test_boards_without_limits_ask_nothing():
    assert not [one for one in find(BASE) if one.axis == "reached"]


def test_class_keeps_only_its_limits():
    """A class without free minutes has no such limit, and does not have to say so."""
    classes = [{"name": "large", "seen_as": ["large"], "rule": {"free": None, "tail_min": 15}}]
    document = {**BASE, **FREE, "reached": ["free"], "classes": classes}
    assert tariffs.read_new(document).classes[0].rule.reached == frozenset()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"reached": ["free"]}, "reached[0]"),
        ({**FREE, "free": {**FREE["free"], "mode": "deduct"}, "reached": ["free"]}, "reached[0]"),
        ({**FREE, "free": {**FREE["free"], "minutes": 0}, "reached": ["free"]}, "reached[0]"),
        ({**FREE, "reached": ["free", "steps"]}, "reached[1]"),
        ({**RUNGS, "rounding": "full", "reached": ["steps"]}, "reached[0]"),
        ({**RUNGS, "tail_min": 15, "reached": ["steps", "tail"]}, "reached[0]"),
        ({**RUNGS, "reached": ["steps", "tail"]}, "reached[1]"),
        ({"reached": ["tail"]}, "reached[0]"),
        ({"turn": {**TURN["turn"], "from": "then"}, "reached": ["turn"]}, "reached[0]"),
        ({"reached": []}, "reached"),
        ({"reached": "free"}, "reached"),
        ({"reached": ["free", 1]}, "reached[1]"),
        ({**FREE, "format": 2, "reached": ["free"]}, "reached"),
    ],
)
def test_limit_without_its_part_is_refused(change, path):
    with pytest.raises(TariffError) as caught:
        tariffs.read({**BASE, **change})
    assert caught.value.path == path


@settings(max_examples=cases(120), suppress_health_check=[HealthCheck.filter_too_much])
@given(documents(), ENTRIES, MINUTES, st.integers(1, 59))
def test_begun_minute_costs_a_whole_one(document, entered, minutes, seconds):
    """A begun unit and “more than” count from the first second on, and every limit is a whole minute."""
    assume(document["rounding"] == "started" and "reached" not in document)
    assume(not any("from" in offer["leaves"] for offer in document.get("offers", [])))
    tariff, end = tariff_of(document), entered + timedelta(minutes=minutes + 1)
    begun, whole = (
        tariff.price(entered, end - timedelta(seconds=less), "ordinary", place=PLACE).fen
        for less in (seconds, 0)
    )
    assert begun == whole


@pytest.mark.parametrize(
    ("change", "second", "fen"),
    [
        ({"rounding": "full"}, 3570, 0),
        ({**FREE, "reached": ["free"]}, 1770, 0),
        ({**FREE, "reached": ["free"]}, 1800, 500),
    ],
)
def test_other_limits_count_no_begun_minute(change, second, fen):
    assert price(change, second) == fen


def test_minutes_of_entry_and_exit_are_not_added():
    """10:00:00 to 11:00:00 is one hour; an exit at the first second of the night is before it."""
    night = {"bands": [{"name": "night", "from": "11:00", "to": "10:00", "flat": 900}]}
    assert price({}, 3600) == 500
    assert price({**night, "crossing": "sum_per_band"}, 3600) == 500
    assert price({**night, "crossing": "sum_per_band"}, 3601) == 1400
