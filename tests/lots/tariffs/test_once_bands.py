"""One amount of a period for a whole stay (夜间 10 元/次，不论几夜): prices, lines, sentences, refusals."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, Place, TariffError
from lots.tariffs.ambiguity import find
from lots.tariffs.day_kinds import PLAIN
from presentation import rule_line
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.clause_cases import at, check_price, price
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import PLACE

NIGHT = {"name": "night", "from": "20:00", "to": "08:00", "flat": 1000, "once": True}
GARAGE: dict[str, Any] = {**BASE, "bands": [NIGHT], "crossing": "sum_per_band"}  # 5 an hour by day
EACH = {**GARAGE, "bands": [{key: value for key, value in NIGHT.items() if key != "once"}]}
DAYS = {
    **GARAGE,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "caps": [{"cycle": "each", "amount": 6000}],
    "caps_count": "per_cycle",
    "after_cycle": "begin_again",
}
TWO_AMOUNTS = {  # an evening and a night, each once
    **GARAGE,
    "bands": [{**NIGHT, "name": "evening", "to": "23:00", "flat": 400}, {**NIGHT, "from": "23:00"}],
}


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (GARAGE, "06-01 22:00", "06-02 08:00", 1000),
        (GARAGE, "06-01 22:00", "06-03 08:00", 7000),  # 12 hours of a day, and one of two nights
        (EACH, "06-01 22:00", "06-03 08:00", 8000),
        (GARAGE, "06-01 22:00", "06-04 08:00", 13000),
        (GARAGE, "06-01 10:00", "06-01 12:00", 1000),
        (TWO_AMOUNTS, "06-01 22:00", "06-03 08:00", 7400),
        (DAYS, "06-01 19:00", "06-03 19:00", 6000 + 6000),  # 5 + 10 + 55, and 5 + 55
        (DAYS, "06-01 19:00", "06-03 09:00", 6000 + 1000),
        ({**DAYS, "after_cycle": "run_on"}, "06-01 22:00", "06-03 08:00", 6000),  # 10 + 60; nothing
    ],
)
def test_all_nights_cost_one_amount(document, entered, left, fen):
    check_price(document, entered, left, fen)


def test_year_has_one_amount():
    document = {**GARAGE, "steps": [{"until_min": None, "flat": 0}]}
    tariff = tariffs.read(document)
    entered, left = at("01-01 10:00"), at("12-31 10:00")
    assert [tariff.price(entered, left, "ordinary", place=PLACE).fen for _ in range(2)] == [1000, 1000]


def test_line_stands_where_the_amount_fell_due():
    lines = [(one.code, one.fen, one.start) for one in price(GARAGE, "06-01 19:00", "06-03 09:00").lines]
    assert lines == [
        ("units", 500, 0),
        ("band_flat", 1000, 3600),
        ("units", 6000, 13 * 3600),
        ("units", 500, 37 * 3600),
    ]


def test_pass_leaves_a_later_night_due():
    night = AccessRight("night", at("06-01 20:00"), at("06-02 08:00"))
    assert price(GARAGE, "06-01 22:00", "06-02 08:00", rights=[night]).fen == 0
    assert price(GARAGE, "06-01 22:00", "06-03 08:00", rights=[night]).fen == 7000


def test_stays_counted_as_one_pay_once():
    back = {"as": "one_stay", "window": {"from": "left", "minutes": 1440}, "gap": "free"}
    earlier = [EarlierSession(at("06-01 21:00"), at("06-01 22:00"))]
    document = {**GARAGE, "reentry": back}
    assert price(document, "06-02 21:00", "06-02 22:00", earlier=earlier).fen == 0
    assert price(document, "06-02 21:00", "06-02 22:00").fen == 1000


def test_doubled_hour_is_the_same_night():
    berlin = Place(ZoneInfo("Europe/Berlin"), PLAIN)
    document = {**GARAGE, "bands": [{**NIGHT, "from": "02:00", "to": "03:00"}]}
    assert price(document, "10-25 01:30", "10-25 03:30", berlin).fen == 500 + 1000 + 500


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"bands": [{**NIGHT, "once": False}]}, "bands[0].once"),
        ({"bands": [{**NIGHT, "flat": 0}]}, "bands[0].once"),
        ({"bands": [{**NIGHT, "flat": None, "steps": hourly(100)}]}, "bands[0].once"),
        (
            {**TWO_AMOUNTS, "shared_caps": [{"bands": ["evening", "night"], "amount": 1200}]},
            "shared_caps[0].bands[0]",
        ),
        ({"turn": {"after_min": 60, "from": "then", "rule": {"steps": hourly(100)}}}, "bands[0].once"),
        (
            {
                **EACH,
                "turn": {"after_min": 60, "from": "then", "rule": {"bands": [NIGHT]}},
            },
            "turn.rule.bands[0].once",
        ),
    ],
)
def test_amount_without_a_stay_is_refused(change, path):
    document = {**GARAGE, **change}
    bands = [{key: value for key, value in band.items() if value is not None} for band in document["bands"]]
    with pytest.raises(TariffError) as error:
        tariffs.read({**document, "bands": bands})
    assert error.value.path == path


def test_other_rule_for_whole_stays_may_have_it():
    turn = {"after_min": 1440, "from": "start", "rule": {"steps": hourly(600)}}
    document = {**GARAGE, "turn": turn, "allows_cheaper_longer": True}
    assert price(document, "06-01 22:00", "06-03 08:00").fen == 12 * 600 + 1000


@pytest.mark.parametrize(("document", "ours", "fen"), [(EACH, "band_each", 1000), (GARAGE, "band_once", 0)])
def test_amount_of_second_night_is_asked(document, ours, fen):
    [found] = [one for one in find(document) if one.axis == "band_amount"]
    assert found.ours == ours
    assert found.differ
    assert found.fen - found.other_fen == (1000 if ours == "band_each" else -1000)


def test_first_page_tells_once_from_each():
    with translation.override("zh-hans"):
        lines = [rule_line.rule_line(tariffs.read(document)) for document in (GARAGE, EACH)]
    assert lines == ["每小时 ¥5；20:00–08:00 整次停车 ¥10", "每小时 ¥5；20:00–08:00 每次 ¥10"]
