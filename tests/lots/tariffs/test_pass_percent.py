"""A pass with a percentage of the price outside its hours (月卡时段外 8 折)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import assume, given, settings
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, TariffError
from lots.tariffs.permit_times import right_of
from presentation import formatting, price_board
from tests.console.tariff_forms import through_form
from tests.effort import cases
from tests.lots.tariffs import reference
from tests.lots.tariffs.board_makers import BASE, capped, per
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.shared_boards import ESTATE
from tests.lots.tariffs.stay_times import CHINA, ENTRIES, MINUTES, PLACE, SHANGHAI, moment

SHARED = {"name": "month", "price": 20000, "from": "08:00", "to": "18:00", "days": ["workday"]}
CARD: dict[str, Any] = {**ESTATE, "passes": [{**SHARED, "otherwise_percent": 80}]}
NEVER = {"from": "00:00", "to": "00:01", "days": ["makeup"]}  # outside these hours is nearly always


def held(document, entered, left, *, begins="03-01 00:00", ends="04-01 00:00", **more):
    tariff = tariffs.read_new(document)
    rights = [right_of(one, moment(begins), moment(ends)) for one in tariff.passes]
    return tariff.price(moment(entered), moment(left), "ordinary", place=CHINA, rights=rights, **more)


@pytest.mark.parametrize(
    ("entered", "left", "fen"),
    [
        ("03-02 09:00", "03-02 11:00", 0),
        ("03-02 17:00", "03-02 19:30", 1600),  # 2 hours of 10 beyond 18:00
        ("03-02 19:00", "03-02 20:00", 800),
        ("03-07 10:00", "03-07 12:00", 1600),  # a Saturday
        ("03-02 07:00", "03-02 19:00", 1600),
    ],
)
def test_pass_gives_a_percentage_outside_its_hours(entered, left, fen):
    assert held(CARD, entered, left).fen == fen
    usual = {**CARD, "passes": [SHARED]}
    assert held(usual, entered, left).fen == fen * 100 // 80


@pytest.mark.parametrize(
    ("begins", "ends", "fen"),
    [
        ("03-02 19:00", "03-02 19:01", 800),  # it is held at the entry
        ("03-02 19:00:01", "04-01 00:00", 1000),
        ("03-01 00:00", "03-02 19:00", 1000),  # it is over as the car comes in
        ("03-02 19:00", "03-02 19:00", 800),  # as it is stored when the plate is erased
    ],
)
def test_pass_counts_at_the_entry(begins, ends, fen):
    assert held(CARD, "03-02 19:00", "03-02 20:00", begins=begins, ends=ends).fen == fen


def test_lowest_of_several_passes_counts():
    night = {"name": "night", "price": 100, "from": "20:00", "to": "08:00", "otherwise_percent": 50}
    assert held({**CARD, "passes": [*CARD["passes"], night]}, "03-02 18:30", "03-02 19:30").fen == 500


def test_other_rights_give_no_percentage():
    rights = [AccessRight("whitelist", moment("03-01 00:00"), moment("03-02 18:30"))]
    tariff = tariffs.read_new(CARD)
    stay = moment("03-02 18:00"), moment("03-02 19:30")
    assert tariff.price(*stay, "ordinary", place=CHINA, rights=rights).fen == 1000


def test_percentages_are_rounded_once():
    """A third of 83.25 fen is charged of half, up to ten fen: neither part is rounded before."""
    pass_ = {"name": "month", "price": 1, **NEVER, "otherwise_percent": 33}
    document = {**BASE, "steps": per(1, "3.33"), "percent": 50, "passes": [pass_]}
    document |= {"sum_rounding": {"unit": 1, "how": "up"}}
    assert held(document, "03-02 10:00", "03-02 10:25").fen == 14  # 83.25 × 0.5 × 0.33 is 13.74
    lines = held(document, "03-02 10:00", "03-02 10:25").lines
    assert [line.code for line in lines] == ["units", "percent", "pass_percent", "rounded"]
    assert sum(line.fen for line in lines) == 14


def test_fen_without_rounding_is_rounded_down():
    assert held({**CARD, "steps": hourly(1001)}, "03-02 19:00", "03-02 20:00").fen == 800


def test_long_stay_keeps_the_percentage():
    document = {
        **capped(5000),
        "steps": hourly(1000),
        "turn": {"after_min": 1440, "from": "then", "rule": {"steps": hourly(500)}},
        "passes": [{"name": "month", "price": 1, **NEVER, "otherwise_percent": 80}],
    }
    assert held(document, "03-02 10:00", "03-03 12:00").fen == (5000 + 1000) * 80 // 100


def test_earlier_stay_is_reduced_too():
    again = {"reentry": {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "free"}}
    earlier = [EarlierSession(moment("03-02 19:00"), moment("03-02 20:00"))]
    assert held({**CARD, **again}, "03-02 20:30", "03-02 21:30", earlier=earlier).fen == 800


def test_line_names_the_pass():
    *_, line = held(CARD, "03-02 19:00", "03-02 20:00").lines
    assert (line.code, line.fen, line.values) == ("pass_percent", -200, {"right": "month", "percent": 80})
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "月卡有效时段外，按 80% 收取"
    assert "pass_percent" not in {one.code for one in held(CARD, "03-02 09:00", "03-02 10:00").lines}


def test_board_states_the_percentage():
    Draft202012Validator(tariffs.schema()).validate(CARD)
    with translation.override("zh-hans"):
        *_, sentence = price_board.price_board(tariffs.read_new(CARD))
    assert sentence == (
        "月卡：¥200，工作日 08:00–18:00 有效；有效期内入场的车辆，其余时段按临停收费的 80% 收取。"
    )


def test_form_can_say_the_percentage():
    assert tariffs.read_new(through_form(CARD)) == tariffs.read_new(CARD)


@settings(max_examples=cases(40))
@given(documents(), ENTRIES, MINUTES)
def test_engine_matches_reference_with_a_percentage(document, entered_at, minutes):
    turned = document.get("turn", {}).get("rule", {})
    assume("percent" not in document and "percent" not in turned and "sum_rounding" not in turned)
    until = entered_at + timedelta(minutes=minutes)
    sold = {"name": "month", "price": 1, **NEVER, "otherwise_percent": 80}
    tariff = tariff_of({**document, "passes": [sold]})
    rights = [AccessRight("month", entered_at, entered_at)]
    price = tariff.price(entered_at, until, "ordinary", place=PLACE, rights=rights)
    share = {"sum_rounding": {"unit": 1, "how": "down"}, **document, "percent": 80}
    assert price.fen == reference.cost(share, entered_at, until, SHANGHAI, CALENDAR)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"otherwise_percent": 0}, "passes[0].otherwise_percent"),
        ({"otherwise_percent": 100}, "passes[0].otherwise_percent"),
        ({"otherwise_percent": 80.0}, "passes[0].otherwise_percent"),
        ({"days": ["all"], "from": "00:00", "to": "24:00"}, "passes[0].otherwise_percent"),
        ({"days": ["all"], "from": "08:00", "to": "08:00"}, "passes[0].otherwise_percent"),
    ],
)
def test_percentage_without_effect_is_refused(change, path):
    with pytest.raises(TariffError) as error:
        tariffs.read({**CARD, "passes": [{**CARD["passes"][0], **change}]})
    assert error.value.path == path
