"""The least that a stay costs (每次最低收费), and caps of all nights of a stay (夜间累计封顶)."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import EarlierSession, TariffError
from lots.tariffs.ambiguity import find
from lots.tariffs.exchange import apds
from lots.tariffs.readings import with_other_answer
from presentation import rule_line
from presentation.formatting import line as words_of
from tests.lots.tariffs.board_cases import by_sentences
from tests.lots.tariffs.board_makers import BASE, band, capped, offer, per
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.shared_boards import CLINIC, COACH_NIGHTS, NIGHTS_TOGETHER
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI

LEAST = {**BASE, "steps": per(15, 100), "stay_minimum": 400}
NIGHT = band("night", "20:00", "08:00", hourly(100))
NIGHTS: dict[str, Any] = {**BASE, "steps": hourly(300), "bands": [NIGHT], "crossing": "sum_per_band"}
OF_STAY = {"bands": ["night"], "amount": 1200, "whole_stay": True}
DAYS = {"cycle": DAY_FROM_ENTRY, "steps_count": "cycle", "after_cycle": "begin_again"}


def at(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def price(document, entered, left, **more):
    return tariffs.read_new(document).price(at(entered), at(left), "ordinary", place=CHINA, **more)


@pytest.mark.parametrize(
    ("change", "left", "fen"),
    [
        ({}, "06-01 10:01", 400),
        ({}, "06-01 11:00", 400),
        ({}, "06-01 11:01", 500),
        ({"percent": 50, "sum_rounding": {"unit": 1, "how": "down"}}, "06-01 10:01", 200),
        ({"stay_minimum": 450, "sum_rounding": {"unit": 50, "how": "up"}}, "06-01 10:01", 450),
        ({"overnight": {"at": "10:30", "amount": 350, "nights": "each"}}, "06-01 10:29", 400),
        ({"overnight": {"at": "10:30", "amount": 350, "nights": "each"}}, "06-01 10:31", 650),
        (
            {
                "steps": [{"until_min": None, "unit_min": 1, "price": "3.5"}],
                "sum_rounding": {"unit": 1, "how": "up"},
            },
            "06-01 11:00",
            400,
        ),
        ({"turn": {"after_min": 30, "from": "then", "rule": {"steps": per(60, 150)}}}, "06-01 10:40", 400),
        ({"turn": {"after_min": 30, "from": "start", "rule": {"steps": per(60, 250)}}}, "06-01 10:40", 400),
    ],
)
def test_small_sum_is_raised(change, left, fen):
    document = {**LEAST, **change}
    assert price(document, "06-01 10:00", left).fen == fen
    stay = at("06-01 10:00"), at(left)
    assert by_sentences(tariffs.read(document), stay, "ordinary", "", CHINA) == fen
    Draft202012Validator(tariffs.schema()).validate(document)


def test_free_stay_stays_free():
    free_else = [{"until_min": 30, "flat": 0}, *per(15, 100)]
    assert price({**LEAST, "steps": free_else}, "06-01 10:00", "06-01 10:30").fen == 0
    assert price(CLINIC, "06-01 10:00", "06-01 10:00").fen == 0


def test_minimum_has_a_line():
    lines = price(LEAST, "06-01 10:00", "06-01 10:20").lines
    assert [(line.code, line.fen) for line in lines] == [("units", 200), ("stay_minimum", 200)]
    with translation.override("zh-hans"):
        assert words_of(lines[-1].values, lines[-1].code) == "补足每次最低收费 ¥4"


def test_stay_at_its_minimum_has_no_line():
    lines = price({**LEAST, "steps": per(60, LEAST["stay_minimum"])}, "06-01 10:00", "06-01 10:20").lines
    assert [line.code for line in lines] == ["units"]


def test_visits_as_one_stay_have_one_minimum():
    back = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "not_counted"}
    earlier = [EarlierSession(at("06-01 10:00"), at("06-01 10:20"))]
    document = {**LEAST, "reentry": back}
    assert price(document, "06-01 10:30", "06-01 10:50", earlier=earlier).fen == 0
    assert price(document, "06-01 10:30", "06-01 11:30", earlier=earlier).fen == 200


def test_first_page_names_the_minimum():
    with translation.override("zh-hans"):
        assert rule_line.rule_line(tariffs.read(LEAST)) == "每 15 分钟 ¥1，每次最低 ¥4"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({**capped(300), "steps": per(15, 100)}, "stay_minimum"),
        ({"stay_cap": 399}, "stay_minimum"),
        ({"month_cap": 399}, "stay_minimum"),
        ({"bands": [{**NIGHT, "cap": 399}], "crossing": "sum_per_band"}, "stay_minimum"),
        ({"offers": [offer("early_bird", "06:00", "09:00", "18:00", cap=399)]}, "stay_minimum"),
        ({"sum_rounding": {"unit": 100, "how": "up"}, "stay_minimum": 450}, "sum_rounding.unit"),
        (
            {"reentry": {"as": "capped", "window": {"from": "day"}, "amount": 399, "free": "each"}},
            "stay_minimum",
        ),
        ({"stay_minimum": 0}, "stay_minimum"),
        (
            {"turn": {"after_min": 60, "from": "then", "rule": {"stay_minimum": 500}}},
            "turn.rule.stay_minimum",
        ),
    ],
)
def test_minimum_against_the_board_is_refused(change, path):
    with pytest.raises(TariffError) as error:
        tariffs.read({**LEAST, **change})
    assert error.value.path == path


def test_minimum_may_equal_a_cap():
    rest = {"stay_cap": 400, "offers": [offer("night", "20:00", "24:00", "08:00", "next", cap=400)]}
    assert price({**LEAST, **rest}, "06-01 10:00", "06-01 18:00").fen == 400
    half = {"percent": 50, "sum_rounding": {"unit": 1, "how": "down"}, "month_cap": 200}
    assert price({**LEAST, **half}, "06-01 10:00", "06-01 10:01").fen == 200


def test_minimum_is_named_as_lost():
    _, losses = apds.export(tariffs.read(LEAST))
    assert "stay_minimum" in {loss.code for loss in losses}


def test_percentage_of_a_minimum_is_asked():
    document = {**LEAST, "percent": 50, "sum_rounding": {"unit": 1, "how": "down"}}
    [found] = [one for one in find(document) if one.axis == "percent"]
    assert (found.fen, found.other_fen) == (200, 400)


@pytest.mark.parametrize(
    ("change", "left", "fen"),
    [
        ({}, "06-02 08:00", 1200),
        ({}, "06-03 08:00", 1200 + 3600),
        ({}, "06-05 21:00", 1200 + 4 * 3600),
        ({"bands": [{**NIGHT, "cap": 700}]}, "06-03 08:00", 700 + 500 + 3600),
        (
            {**DAYS, "caps": [{"cycle": "each", "amount": 4000}], "caps_count": "per_cycle"},
            "06-03 08:00",
            5200 - 1200,
        ),
        ({**DAYS, "after_cycle": "run_on"}, "06-03 20:30", 1200 + 2 * 3600),
        (
            {
                "bands": [
                    band("evening", "20:00", "24:00", hourly(200)),
                    band("night", "00:00", "08:00", hourly(100)),
                ],
                "shared_caps": [{"bands": ["evening", "night"], "amount": 1500, "whole_stay": True}],
            },
            "06-03 08:00",
            1500 + 3600,
        ),
        (
            {"bands": [{"name": "night", "from": "20:00", "to": "08:00", "flat": 500, "once": True}]},
            "06-03 08:00",
            4100,
        ),
    ],
)
def test_nights_share_one_cap(change, left, fen):
    document = {**NIGHTS, "shared_caps": [OF_STAY], **change}
    assert price(document, "06-01 20:00", left).fen == fen
    stay = at("06-01 20:00"), at(left)
    assert by_sentences(tariffs.read(document), stay, "ordinary", "", CHINA) == fen
    Draft202012Validator(tariffs.schema()).validate(document)


def test_later_nights_are_named_as_capped():
    lines = price(NIGHTS_TOGETHER, "03-02 20:00", "03-06 08:00").lines
    nights = [(line.code, line.fen) for line in lines if line.code != "band_units"]
    assert nights[:3] == [("band_cap", 500), ("band_cap", 500), ("shared_cap_stay", 200)]
    with translation.override("zh-hans"):
        shown = [words_of(line.values, line.code) for line in lines if line.code == "shared_cap_stay"]
    assert shown[0].endswith("整次停车合计封顶 ¥12，此前已计 ¥10")


def test_nights_of_a_year_cost_one_cap():
    document = {**NIGHTS, "steps": [{"until_min": None, "flat": 0}], "shared_caps": [OF_STAY]}
    assert price(document, "01-01 10:00", "12-31 10:00").fen == 1200


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"shared_caps": [{**OF_STAY, "whole_stay": False}]}, "shared_caps[0].whole_stay"),
        ({"shared_caps": [{"bands": ["night"], "amount": 1200}]}, "shared_caps[0].bands"),
        ({"shared_caps": [{**OF_STAY, "amount": 99}]}, "shared_caps[0].amount"),
        (
            {
                "shared_caps": [OF_STAY],
                "turn": {"after_min": 60, "from": "then", "rule": {"steps": hourly(200)}},
            },
            "shared_caps[0].whole_stay",
        ),
        (
            {"turn": {"after_min": 60, "from": "then", "rule": {"shared_caps": [OF_STAY]}}},
            "turn.rule.shared_caps[0].whole_stay",
        ),
    ],
)
def test_cap_without_a_stay_is_refused(change, path):
    with pytest.raises(TariffError) as error:
        tariffs.read({**NIGHTS, **change})
    assert error.value.path == path


def test_scope_of_shared_cap_is_asked():
    document = {**NIGHTS, "shared_caps": [OF_STAY], "bands": [{**NIGHT, "cap": 700}]}
    [found] = [one for one in find(document) if one.axis == "shared_caps"]
    assert (found.ours, found.other) == ("cap_of_stay", "cap_of_date")
    assert found.fen < found.other_fen
    other = with_other_answer(document, "shared_caps")
    assert "shared_caps" not in other
    assert price(other, "06-01 20:00", "06-03 08:00").fen == 700 + 700 + 3600


def test_amounts_of_nights_are_asked_too():
    assert "shared_caps" in {one.axis for one in find(COACH_NIGHTS)}
