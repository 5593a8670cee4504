"""The least that a stay costs which touches the night (过夜最低收费): prices, lines, sentences, refusals."""

from typing import Any

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, TariffError
from lots.tariffs.ambiguity import find
from presentation import formatting, price_board, rule_line
from tests.console.tariff_forms import through_form
from tests.lots.tariffs.board_makers import BASE, BY_DAY, capped, deduct, free, offer, per
from tests.lots.tariffs.clause_cases import at, check_price, price
from tests.lots.tariffs.published import hourly

LEAST = {"at": "00:00", "until": "06:00", "amount": 3000, "nights": "least"}
PASSING = {"at": "00:00", "amount": 3000, "nights": "least"}
STATION: dict[
    str, Any
] = {  # 每小时 5 元，15 分钟内免费，每天最高 60 元；过夜车辆（0–6 时在场）最低收费 30 元
    **capped(6000, BY_DAY),
    **free(15),
    "steps": hourly(500),
    "overnight": LEAST,
}
FREE_NIGHT = {
    "bands": [{"name": "night", "from": "22:00", "to": "08:00", "free": True}],
    "crossing": "sum_per_band",
}


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (STATION, "06-01 10:00", "06-01 12:00", 1000),
        (STATION, "06-01 23:30", "06-02 00:00", 500),  # it leaves as the night begins
        (STATION, "06-01 23:30", "06-02 00:01", 3000),
        (STATION, "06-01 23:50", "06-02 00:05", 0),  # within the free minutes
        (STATION, "06-02 05:40", "06-02 06:20", 3000),
        (STATION, "06-02 06:00", "06-02 07:00", 500),
        (STATION, "06-01 20:00", "06-02 02:00", 3000),
        (STATION, "06-01 20:00", "06-02 02:01", 3500),
        (STATION, "06-01 23:00", "06-03 01:00", 7000),  # both nights together: 5, 60 and 5 are more
        ({**STATION, "overnight": PASSING}, "06-02 00:00", "06-02 01:00", 500),
        ({**STATION, "overnight": PASSING}, "06-01 23:30", "06-02 00:30", 3000),
        ({**STATION, "stay_minimum": 800}, "06-01 10:00", "06-01 11:00", 800),
        ({**STATION, "stay_minimum": 800}, "06-01 23:30", "06-02 00:01", 3000),
        ({**STATION, **deduct(60)}, "06-01 23:30", "06-02 00:30", 0),
        ({**STATION, **deduct(60)}, "06-01 23:30", "06-02 00:31", 3000),
        ({**BASE, **FREE_NIGHT, "overnight": LEAST}, "06-01 22:00", "06-02 08:00", 0),
        ({**BASE, **FREE_NIGHT, "overnight": LEAST}, "06-01 21:00", "06-02 08:00", 3000),
        (
            {**STATION, "percent": 50, "sum_rounding": {"unit": 1, "how": "down"}},
            "06-01 23:30",
            "06-02 00:30",
            1500,
        ),
        (
            {**BASE, "steps": per(1, "3.5"), "overnight": LEAST, "sum_rounding": {"unit": 1, "how": "up"}},
            "06-01 23:00",
            "06-02 00:01",
            3000,
        ),
        ({**STATION, "offers": [offer("late", "22:00", "24:00", "08:00", "next", cap=3500)]},
         "06-01 22:00", "06-02 08:00", 3500),
        ({**STATION, "offers": [offer("late", "22:00", "24:00", "08:00", "next", flat=0)]},
         "06-01 23:00", "06-02 01:00", 0),
        ({**STATION, "month_cap": 9000}, "06-01 23:30", "06-02 00:30", 3000),
    ],
)  # fmt: skip
def test_night_costs_at_least_this(document, entered, left, fen):
    check_price(document, entered, left, fen)
    assert tariffs.read_new(through_form(document)) == tariffs.read_new(document)


def test_line_adds_what_is_missing():
    *_, line = price(STATION, "06-01 23:30", "06-02 00:30").lines
    assert (line.code, line.fen) == ("overnight_least", 2000)
    assert line.values == {"at": "00:00", "until": "06:00", "amount_fen": 3000}
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "补足过夜（00:00–06:00）最低收费 ¥30"
        *_, line = price({**STATION, "overnight": PASSING}, "06-01 23:30", "06-02 00:30").lines
        assert formatting.line(line.values, line.code) == "补足过夜（过 00:00）最低收费 ¥30"
    assert "overnight_least" not in {one.code for one in price(STATION, "06-01 20:00", "06-02 02:01").lines}


def test_cap_is_compared_without_the_minimum():
    stay = at("06-01 23:30"), at("06-02 00:30")
    tariff = tariffs.read(STATION)
    reasons = tariffs.why_not(tariff, tariff.price(*stay, "ordinary"), *stay, "ordinary")
    assert ("not_capped", {"amount_fen": 6000, "so_far_fen": 500}) in [
        (one.code, one.values) for one in reasons
    ]


def test_board_names_no_amount_on_top():
    for night, sentence in (
        (LEAST, "00:00–06:00 期间停放的，每次停车最低收费 ¥30，免费停放的除外。"),
        (PASSING, "停车过 00:00 仍未离场的，每次停车最低收费 ¥30，免费停放的除外。"),
    ):
        tariff = tariffs.read({**STATION, "overnight": night})
        with translation.override("zh-hans"):
            board = price_board.rule_board(tariff.rule)
            assert "过夜最低 ¥30" in rule_line.rule_line(tariff)
        assert sentence in board
        assert not any("加收" in one for one in board)


def test_covered_night_costs_no_minimum():
    rights = [AccessRight("night", at("06-01 22:00"), at("06-02 06:00"))]
    assert price(STATION, "06-01 20:00", "06-02 07:00", rights=rights).fen == 1500


def test_earlier_stay_counts_towards_the_minimum():
    again = {"reentry": {"as": "one_stay", "window": {"from": "left", "minutes": 120}, "gap": "free"}}
    earlier = [EarlierSession(at("06-01 22:00"), at("06-01 23:00"))]
    assert price({**STATION, **again}, "06-01 23:30", "06-02 00:30", earlier=earlier).fen == 2500


def test_question_compares_minimum_with_amount():
    [found] = [one for one in find(STATION) if one.axis == "night_amount"]
    assert (found.ours, found.other) == ("night_least", "night_on_top")
    on_top = {**STATION, "overnight": {**LEAST, "nights": "once"}}
    [found] = [one for one in find(on_top) if one.axis == "night_amount"]
    assert (found.ours, found.other) == ("night_on_top", "night_least")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"overnight": {**LEAST, "amount": 6001}}, "overnight.amount"),
        ({"stay_cap": 2999, "caps": None}, "overnight.amount"),
        ({"offers": [offer("late", "22:00", "24:00", "08:00", "next", cap=2999)]}, "overnight.amount"),
        ({"month_cap": 6000, "overnight": {**LEAST, "amount": 6001}, "caps": None}, "overnight.amount"),
        ({"stay_minimum": 3000}, "overnight.amount"),
        ({"sum_rounding": {"unit": 100, "how": "down"}, "overnight": {**LEAST, "amount": 3050}},
         "sum_rounding.unit"),
        ({"reentry": {"as": "capped", "window": {"from": "day"}, "amount": 2999, "free": "each"}},
         "overnight.amount"),
        ({"turn": {"after_min": 1440, "from": "start",
                   "rule": {"caps": [{"cycle": "each", "amount": 2999}]}},
          "allows_cheaper_longer": True}, "turn.rule.overnight.amount"),
        ({"free": {"minutes": 15, "mode": "threshold", "repeat": "each_cycle"}}, "overnight"),
    ],
)  # fmt: skip
def test_contradicting_minimum_is_refused(change, path):
    document = {**STATION, **change}
    if document["caps"] is None:
        del document["caps"], document["caps_count"]
    with pytest.raises(TariffError) as error:
        tariffs.read(document)
    assert error.value.path == path
