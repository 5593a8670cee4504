"""An amount on top for staying over night (过夜加收): prices, lines, sentences, refusals."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, Place, TariffError
from lots.tariffs.ambiguity import find
from presentation import formatting, price_board
from tests.lots.tariffs.board_cases import by_sentences
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.clause_cases import at, check_price, price
from tests.lots.tariffs.published import DAY_FROM_ENTRY
from tests.lots.tariffs.stay_times import PLACE

NIGHT = {"at": "00:00", "amount": 1000, "nights": "each"}
CAPPED: dict[str, Any] = {  # 5 an hour, at most 30 in 24 hours; 10 more for each night
    **BASE,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "caps": [{"cycle": "each", "amount": 3000}],
    "caps_count": "per_cycle",
    "overnight": NIGHT,
}
ONCE = {**CAPPED, "overnight": {**NIGHT, "nights": "once"}}
FREE = {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (CAPPED, "06-01 20:00", "06-03 09:00", 8000),
        (ONCE, "06-01 20:00", "06-03 09:00", 7000),
        (CAPPED, "06-01 20:00", "06-02 00:00", 2000),  # it leaves as the night begins
        (CAPPED, "06-01 20:00", "06-02 00:01", 3500),
        (CAPPED, "06-02 00:00", "06-02 03:00", 1500),  # it comes as the night has begun
        ({**CAPPED, **FREE}, "06-01 23:45", "06-02 00:15", 0),
        ({**CAPPED, **FREE}, "06-01 23:45", "06-02 00:16", 1500),
        (
            {**BASE, "steps": [{"until_min": None, "flat": 0}], "overnight": NIGHT},
            "06-01 08:00",
            "06-04 08:00",
            3000,
        ),
        ({**CAPPED, "stay_cap": 3000}, "06-01 20:00", "06-03 09:00", 5000),
        (
            {**CAPPED, "percent": 50, "sum_rounding": {"unit": 1, "how": "down"}},
            "06-01 20:00",
            "06-03 09:00",
            4000,
        ),
        ({**CAPPED, "overnight": {**NIGHT, "at": "05:00"}}, "06-01 20:00", "06-02 05:00", 3000),
        ({**CAPPED, "overnight": {**NIGHT, "at": "05:00"}}, "06-01 20:00", "06-02 06:00", 4000),
    ],
)
def test_night_is_charged_on_top(document, entered, left, fen):
    check_price(document, entered, left, fen)


@pytest.mark.parametrize(
    ("entered", "left", "nights"),
    [
        ("06-01 20:00", "06-02 00:00:00", 0),
        ("06-01 20:00", "06-02 00:00:01", 1),
        ("06-01 23:59:59", "06-02 00:30", 1),
        ("06-02 00:00:00", "06-02 00:30", 0),
        ("06-02 00:00:00", "06-03 00:00:01", 1),
    ],
)
def test_night_begins_with_its_second(entered, left, nights):
    flat = {**BASE, "steps": [{"until_min": None, "flat": 0}], "overnight": NIGHT}
    assert price(flat, entered, left).fen == 1000 * nights


def test_stay_without_night_has_no_line():
    lines = price(CAPPED, "06-01 10:00", "06-01 12:00").lines
    assert [line.code for line in lines] == ["units"]


def test_stay_of_no_length_has_no_night():
    """A car that turns round at the gate at 23:00 is charged for no part of the night."""
    within = {**CAPPED, "overnight": {**NIGHT, "at": "22:00", "until": "06:00"}}
    assert price(within, "06-01 23:00", "06-01 23:00").fen == 0
    assert price(within, "06-01 23:00", "06-01 23:00:01").fen == 1500


@pytest.mark.parametrize(("left", "fen"), [("06-01 22:00:00", 500), ("06-01 22:00:01", 2000)])
def test_part_of_a_night_is_a_second(left, fen):
    within = {**CAPPED, "overnight": {**NIGHT, "at": "22:00", "until": "06:00"}}
    assert price(within, "06-01 21:00", left).fen == fen


def test_deducted_minutes_are_no_night():
    document = {**BASE, "free": {"minutes": 60, "mode": "deduct", "repeat": "once"}, "overnight": NIGHT}
    assert price(document, "06-01 23:30", "06-02 01:30").fen == 500
    assert price(document, "06-01 22:30", "06-02 01:30").fen == 2000


def test_pass_covers_the_night():
    night = AccessRight("night", at("06-01 22:00"), at("06-02 06:00"))
    stay = ("06-01 20:00", "06-03 09:00")
    assert price(CAPPED, *stay, rights=[night]).fen == price(CAPPED, *stay).fen - 1000


def test_night_outside_is_free():
    document = {
        **BASE,
        "overnight": NIGHT,
        "reentry": {"as": "one_stay", "window": {"from": "left", "minutes": 600}, "gap": "free"},
    }
    earlier = [EarlierSession(at("06-01 20:00"), at("06-01 23:00"))]
    assert price(document, "06-02 03:00", "06-02 04:00", earlier=earlier).fen == 500


def test_offer_includes_the_night():
    offer = {
        "name": "evening",
        "enters": {"from": "18:00", "to": "24:00"},
        "leaves": {"by": "08:00", "day": "next"},
    }
    document = {**CAPPED, "offers": [{**offer, "cap": 2500}]}
    assert price(document, "06-01 18:00", "06-02 08:00").fen == 2500
    assert price(document, "06-01 18:00", "06-02 08:01").fen == 4000


@pytest.mark.parametrize(("hour", "fen"), [("01:30", 2000), ("00:30", 2000), ("04:00", 1000)])
def test_changed_clock_passes_once(hour, fen):
    """London turns its clock back on 25 October and forward on 29 March: both nights pass 01:30 once."""
    london = Place(ZoneInfo("Europe/London"))
    flat = {**BASE, "steps": [{"until_min": None, "flat": 1000}], "overnight": {**NIGHT, "at": hour}}
    for day, next_day in (("10-24", "10-25"), ("03-28", "03-29")):
        assert price(flat, f"{day} 20:00", f"{next_day} 03:30", london).fen == fen


WHOLE = {**CAPPED, "overnight": {**NIGHT, "at": "22:00", "until": "06:00"}}
EARLY = {**CAPPED, "overnight": {**NIGHT, "until": "06:00"}}
EVENING = {**CAPPED, "overnight": {**NIGHT, "at": "18:00", "until": "24:00"}}
ONE_WHOLE = {**WHOLE, "overnight": {**WHOLE["overnight"], "nights": "once"}}
DEDUCTED = {"free": {**FREE["free"], "mode": "deduct"}, "cycle_starts": "entry"}
FLAT_WHOLE = {  # 小型车 10 元/次，大型车 20 元/次；过夜（22:00–次日 6:00）加收 10 元
    **BASE,
    "steps": [{"until_min": None, "flat": 1000}],
    "overnight": WHOLE["overnight"],
    "classes": [
        {"name": "large", "seen_as": ["large"], "rule": {"steps": [{"until_min": None, "flat": 2000}]}}
    ],
}


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (FLAT_WHOLE, "06-01 09:00", "06-01 18:00", 1000),
        (FLAT_WHOLE, "06-01 21:00", "06-01 22:00", 1000),  # it leaves as the night begins
        (FLAT_WHOLE, "06-01 21:00", "06-01 22:01", 2000),
        (FLAT_WHOLE, "06-01 23:00", "06-01 23:30", 2000),
        (FLAT_WHOLE, "06-01 20:00", "06-02 09:00", 2000),
        (FLAT_WHOLE, "06-02 05:59", "06-02 09:00", 2000),
        (FLAT_WHOLE, "06-02 06:00", "06-02 09:00", 1000),  # it comes as the night has ended
        (FLAT_WHOLE, "06-01 09:00", "06-03 09:00", 3000),
        (FLAT_WHOLE, "06-01 23:00", "06-02 22:30", 3000),
        (WHOLE, "06-01 20:00", "06-03 23:00", 10500),  # 30, 30 and 15, and the nights of three dates
        ({**WHOLE, **FREE}, "06-01 21:45", "06-01 22:15", 0),
        ({**WHOLE, **DEDUCTED}, "06-01 21:45", "06-01 22:15", 0),
        (EARLY, "06-01 20:00", "06-02 00:01", 3500),
        (EARLY, "06-02 03:00", "06-02 04:00", 1500),
        (EVENING, "06-02 00:00", "06-02 01:00", 500),
        (ONE_WHOLE, "06-01 20:00", "06-03 23:00", 8500),
    ],
)
def test_any_part_of_a_night_is_charged(document, entered, left, fen):
    tariff = tariffs.read_new(document)
    Draft202012Validator(tariffs.schema()).validate(document)
    stay = at(entered), at(left)
    assert tariff.price(*stay, "ordinary", place=PLACE).fen == fen
    assert by_sentences(tariff, stay, "ordinary", "", PLACE) == fen


def test_parts_of_one_night_are_one_night():
    """A pass covers the middle of the night: the car is charged before and after it, for one night."""
    rights = [AccessRight("night", at("06-01 23:00"), at("06-02 05:00"))]
    free = {**BASE, "steps": [{"until_min": None, "flat": 0}], "overnight": WHOLE["overnight"]}
    assert price(free, "06-01 22:30", "06-02 05:30", rights=rights).fen == 1000
    assert price(free, "06-01 23:00", "06-02 05:00", rights=rights).fen == 0


def test_night_with_an_end_names_its_hours():
    *_, line = price(WHOLE, "06-01 20:00", "06-03 09:00").lines
    assert line.values == {"at": "22:00", "until": "06:00", "amount_fen": 1000, "times": 2}
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "过夜加收（22:00–06:00）：¥10 × 2"


def test_question_compares_part_with_passing():
    [found] = [one for one in find(FLAT_WHOLE) if one.axis == "night"]
    assert (found.ours, found.other) == ("night_in_part", "night_passed")
    assert (found.fen, found.other_fen) == (2000, 1000)
    assert (found.minutes, found.entered_at.hour) == (20, 2)  # from the middle of the night
    [found] = [one for one in find({**FLAT_WHOLE, **FREE}) if one.axis == "night"]
    assert (found.minutes, found.fen, found.other_fen) == (40, 2000, 1000)
    assert not [one for one in find(CAPPED) if one.axis == "night"]


def test_line_counts_the_nights():
    *_, line = price(CAPPED, "06-01 20:00", "06-03 09:00").lines
    assert (line.code, line.fen) == ("overnight", 2000)
    assert line.values == {"at": "00:00", "amount_fen": 1000, "times": 2}
    assert (line.start, line.end) == (0, 37 * 3600)
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "过夜加收（过 00:00）：¥10 × 2"
    *_, line = price(ONCE, "06-01 20:00", "06-03 09:00").lines
    assert (line.fen, line.values) == (1000, {"at": "00:00", "amount_fen": 1000})


def test_cap_is_compared_without_the_night():
    tariff = tariffs.read(CAPPED)
    stay = (at("06-01 22:00"), at("06-02 01:00"))
    lines = tariffs.why_not(tariff, tariff.price(*stay, "ordinary", place=PLACE), *stay, "ordinary")
    assert [(line.code, line.values) for line in lines] == [
        ("not_capped", {"amount_fen": 3000, "so_far_fen": 1500})
    ]


def test_parts_of_fen_keep_night_whole():
    fine = {**BASE, "steps": [{"until_min": None, "unit_min": 1, "price": "3.5"}], "overnight": NIGHT}
    document = {**fine, "sum_rounding": {"unit": 1, "how": "up"}}
    assert price(document, "06-01 23:00", "06-02 00:01").fen == 1214


def test_board_says_how_often():
    for document, sentence in (
        (CAPPED, "停车过 00:00 仍未离场的，每过一次加收 ¥10。"),
        (ONCE, "停车过 00:00 仍未离场的，整次停车只加收一次 ¥10。"),
    ):
        with translation.override("zh-hans"):
            board = price_board.rule_board(tariffs.read(document).rule)
        assert board[board.index(sentence) + 1] == "该加收金额不计入封顶。"


def test_board_without_cap_names_none():
    uncapped = {key: value for key, value in CAPPED.items() if not key.startswith("caps")}
    with translation.override("zh-hans"):
        assert "封顶" not in " ".join(price_board.rule_board(tariffs.read(uncapped).rule))


def test_question_compares_each_night_with_one():
    found = [one for document in (CAPPED, ONCE) for one in find(document) if one.axis == "overnight"]
    assert [(one.ours, one.other) for one in found] == [
        ("nights_each", "nights_once"),
        ("nights_once", "nights_each"),
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"overnight": {**NIGHT, "at": "24:00"}}, "overnight.at"),
        ({"overnight": {**NIGHT, "until": "24:00"}}, "overnight.until"),
        ({"overnight": {**NIGHT, "at": "22:00", "until": "22:00"}}, "overnight.until"),
        ({"overnight": {**NIGHT, "at": "22:00", "until": "25:00"}}, "overnight.until"),
        ({"overnight": {**NIGHT, "at": "０0:00"}}, "overnight.at"),
        ({"overnight": {**NIGHT, "amount": 0}}, "overnight.amount"),
        ({"overnight": {**NIGHT, "amount": 10.0}}, "overnight.amount"),
        ({"overnight": {**NIGHT, "nights": "all"}}, "overnight.nights"),
        ({"overnight": {"at": "00:00", "amount": 1000}}, "overnight.nights"),
        ({"overnight": NIGHT, "month_cap": 30000}, "overnight"),
        ({"overnight": NIGHT, "format": 2}, "overnight"),
        (
            {
                "overnight": NIGHT,
                "reentry": {"as": "capped", "window": {"from": "day"}, "amount": 900, "free": "each"},
            },
            "overnight",
        ),
        (
            {"overnight": NIGHT, "turn": {"after_min": 60, "from": "then", "rule": {"steps_count": "stay"}}},
            "overnight",
        ),
        (
            {"turn": {"after_min": 60, "from": "then", "rule": {"overnight": NIGHT}}},
            "turn.rule.overnight",
        ),
        (
            {
                "overnight": NIGHT,
                "free": {"minutes": 30, "mode": "threshold", "repeat": "each_cycle"},
                "cycle": DAY_FROM_ENTRY,
            },
            "overnight",
        ),
    ],
)
def test_contradiction_is_refused(change, path):
    with pytest.raises(TariffError) as error:
        tariffs.read({**BASE, **change})
    assert error.value.path == path


def test_long_stay_can_turn_without_the_night():
    turn = {
        "after_min": 1440,
        "from": "start",
        "rule": {"overnight": None, "steps": [{"until_min": None, "flat": 9000}]},
    }
    document = {**BASE, "overnight": NIGHT, "turn": turn, "allows_cheaper_longer": True}
    assert [price(document, "06-01 20:00", left).fen for left in ("06-02 04:00", "06-03 20:00")] == [
        5000,
        9000,
    ]
