"""Seasons of entry hours: the time at which a car enters chooses the rule, for the whole stay."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from presentation import board_examples, class_boards, price_board
from tests.console.tariff_forms import through_form
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_makers import NEW, free, seen
from tests.lots.tariffs.clause_cases import at
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI

NIGHT = {"name": "night", "enters": {"from": "20:00", "to": "06:00"}, "rule": {"steps": hourly(300)}}
FRIDAY = {
    "name": "friday",
    "days": ["fri"],
    "enters": {"from": "17:00", "to": "24:00"},
    "rule": {"steps": hourly(800)},
}
PLAIN = {**NEW, "steps": hourly(500), "classes": [seen("large", steps=hourly(1000))]}
LOT = {**PLAIN, "seasons": [FRIDAY, NIGHT]}


def price(document, entered, minutes, **more):
    tariff = tariffs.read_new(document)
    start = at(entered)
    return tariff.price(start, start + timedelta(minutes=minutes), "ordinary", place=CHINA, **more).fen


@pytest.mark.parametrize(
    ("entered", "fen"),
    [
        ("09-07 19:59:59", 500),  # a Monday
        ("09-07 20:00", 300),
        ("09-08 05:59:59", 300),
        ("09-08 06:00", 500),
        ("09-11 16:59:59", 500),  # a Friday
        ("09-11 17:00", 800),
        ("09-11 23:59:59", 800),
        ("09-12 00:00", 300),  # a Saturday
    ],
)
def test_time_of_entry_chooses_the_rule(entered, fen):
    assert price(LOT, entered, 60) == fen


def test_stay_keeps_the_price_of_its_entry():
    assert price(LOT, "09-07 19:00", 300) == 2500
    assert price(LOT, "09-07 20:00", 24 * 60) == 24 * 300


def test_class_keeps_its_own_price():
    assert price(LOT, "09-07 20:00", 60, seen="large") == 1000


@pytest.mark.parametrize(
    ("season", "path"),
    [
        ({**NIGHT, "days": ["fri"]}, "seasons[0].enters.to"),
        ({**NIGHT, "dates": ["2026-09-30"]}, "seasons[0].enters.to"),
        ({**NIGHT, "enters": {"from": "08:00", "to": "08:00"}}, "seasons[0].enters"),
        ({**NIGHT, "enters": {"from": "00:00", "to": "24:00"}}, "seasons[0].enters"),
        ({**NIGHT, "enters": {"from": "24:00", "to": "08:00"}}, "seasons[0].enters.from"),
        ({**NIGHT, "enters": {"from": "20:00"}}, "seasons[0].enters.to"),
        ({"name": "night", "rule": NIGHT["rule"]}, "seasons[0]"),
    ],
)
def test_wrong_entry_hours_are_refused(season, path):
    with pytest.raises(TariffError) as fault:
        tariffs.read_new({**PLAIN, "seasons": [season]})
    assert fault.value.path == path


def test_open_minute_between_hours_is_refused():
    morning = {"name": "morning", "enters": {"from": "06:00", "to": "19:59"}, "rule": free(30)}
    with pytest.raises(TariffError, match="nothing holds at 19:59"):
        tariffs.read_new({**PLAIN, "seasons": [morning, NIGHT]})
    morning["enters"]["to"] = "20:00"
    assert tariffs.read_new({**PLAIN, "seasons": [morning, NIGHT]})


def test_hours_of_other_dates_leave_nothing_open():
    june = {"name": "june", "dates": ["2026-06-01/2026-06-30"], "enters": {"from": "06:00", "to": "19:59"}}
    july = {"name": "july", "dates": ["2026-07-01/2026-07-31"], "enters": {"from": "20:00", "to": "24:00"}}
    seasons = [{**one, "rule": {"steps": hourly(900)}} for one in (june, july)]
    assert tariffs.read_new({**PLAIN, "seasons": seasons})


def test_past_season_has_examples_of_its_hours():
    past = {**FRIDAY, "dates": ["2020-01-01"], "days": ["all"]}
    tariff = tariffs.read_new({**NEW, "steps": hourly(500), "seasons": [past]})
    [board] = class_boards.class_boards(tariff, CHINA)
    assert (board.entry, dict(board.examples)["2 小时"]) == ("17:00", "¥16.00")


def test_headings_name_dates_and_hours():
    with translation.override("zh-hans"):
        tariff = tariffs.read_new({**LOT, "classes": [seen("motorcycle", steps=hourly(100))]})
        boards = class_boards.class_boards(tariff, CHINA)[1::2]
        assert price_board.conditions(tariff)[0] == "入场日期或入场时间另有标准的，整次停车按该标准收费。"
        alone = tariffs.read_new({**NEW, "steps": hourly(500), "seasons": [NIGHT]})
        assert price_board.conditions(alone)[0] == "入场时间另有标准的，整次停车按该标准收费。"
    assert [(one.title, one.kinds, one.sentences[0]) for one in boards] == [
        ("特定日期", "入场日期：周五；入场时间：17:00–24:00", "每小时 ¥8。"),
        ("按入场时间", "入场时间：20:00–06:00", "每小时 ¥3。"),
    ]


def test_examples_enter_within_the_hours():
    boards = class_boards.class_boards(tariffs.read_new(LOT), CHINA)
    assert [(one.entry, one.has_dates) for one in boards[1::2]] == [("17:00", True), ("20:00", False)]
    assert [dict(one.examples)["2 小时"] for one in boards[1::2]] == ["¥16.00", "¥6.00"]


def test_usual_examples_cost_what_their_entry_does():
    """A car that enters at 10 o'clock is in the hours of the season, so the example has its price."""
    day = {"name": "day", "enters": {"from": "06:00", "to": "20:00"}, "rule": {"steps": hourly(900)}}
    tariff = tariffs.read_new({**NEW, "steps": hourly(500), "seasons": [day]})
    assert dict(board_examples.worked_examples(tariff, CHINA))["2 小时"] == "¥18.00"


def test_headings_alone_choose_the_price():
    tariff, random = tariffs.read_new({**NEW, "steps": hourly(500), "seasons": [FRIDAY, NIGHT]}), Random(1)
    with translation.override("zh-hans"):
        seasons = [(one.kinds, one.sentences) for one in class_boards.class_boards(tariff, CHINA)]
        usual = board_reader.read(price_board.rule_board(tariff.rule))
    for _ in range(300):
        entered = at("09-01") + timedelta(minutes=random.randrange(40 * 1440))
        stay = entered, entered + timedelta(minutes=random.randint(1, 3000))
        board = board_reader.board_of_entry(usual, seasons, entered, CHINA.calendar)
        read = board_reader.price(board, *stay, SHANGHAI, CHINA.calendar)
        assert read == tariff.price(*stay, "ordinary", place=CHINA).fen, stay


def test_form_and_schema_have_entry_hours():
    assert through_form(LOT) == {**LOT, "exempt": ["emergency"]}
    Draft202012Validator(tariffs.schema()).validate(LOT)


def test_earlier_stay_of_one_stay_chooses():
    """Both stays count as one, which began at 19 o'clock."""
    rule = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "charged"}
    tariff = tariffs.read_new({**LOT, "reentry": rule})
    before = [tariffs.EarlierSession(at("09-07 19:00"), at("09-07 20:00"))]
    back = at("09-07 20:30"), at("09-07 22:00")
    assert tariff.price(*back, "ordinary", place=CHINA, earlier=before).fen == 1000


def test_dated_hours_need_their_date():
    hours = {"from": "12:00", "to": "24:00"}
    eve = {"name": "eve", "dates": ["2026-09-30"], "enters": hours, "rule": {"steps": hourly(900)}}
    document = {**PLAIN, "seasons": [eve]}
    assert [price(document, f"{day} 13:00", 60) for day in ("09-29", "09-30")] == [500, 900]
