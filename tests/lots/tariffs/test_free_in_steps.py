"""Deducted minutes that count towards the steps: prices, lines, sentences, refusals, classes."""

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import EarlierSession, TariffError, ambiguity
from lots.tariffs.exchange import apds
from lots.tariffs.exchange.losses import Loss
from lots.tariffs.readings import other_readings, plain
from presentation import price_board
from tests.lots.tariffs.board_cases import check_document
from tests.lots.tariffs.board_makers import BY_DAY, DAYTIME, FREE_ELSE, NEW, band, cap, per, seen, until
from tests.lots.tariffs.clause_cases import at, check_price, lines, price, right
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import PLACE

FREE = {"minutes": 60, "mode": "deduct", "repeat": "once_a_day", "counts_in_steps": True}
STEPS = [until(180, 60, 200), *hourly(100)]
COUNTY = {**NEW, "free": FREE, "steps": STEPS}  # 每日首次 1 小时免费；第 2、3 小时 2 元，第 4 小时起 1 元
AFTER = {**COUNTY, "free": {key: FREE[key] for key in ("minutes", "mode", "repeat")}}
HALF = {**COUNTY, "free": {**FREE, "minutes": 30}}
STREET = {
    **COUNTY,
    "steps": FREE_ELSE,
    "bands": [band("day", *DAYTIME, [until(120, 30, 300), *per(30, 500)])],
    "crossing": "sum_per_band",
}
CYCLES = {**COUNTY, **cap(500), "cycle": DAY_FROM_ENTRY, "cycle_starts": "entry"}
LADDER = {**COUNTY, "steps": [{"until_min": 120, "flat": 300}, {"until_min": None, "flat": 200}]}
TURNED = {**COUNTY, "turn": {"after_min": 240, "from": "then", "rule": {"steps": hourly(1000)}}}


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (COUNTY, "06-01 09:00", "06-01 10:00", 0),
        (COUNTY, "06-01 09:00", "06-01 10:01", 200),
        (COUNTY, "06-01 09:00", "06-01 12:00", 400),  # the second and the third hour
        (COUNTY, "06-01 09:00", "06-01 13:10", 600),  # the fourth and a started fifth
        (AFTER, "06-01 09:00", "06-01 13:10", 700),  # steps from 10:00 on: three hours at 2 yuan
        (HALF, "06-01 09:00", "06-01 11:30", 400),  # units from 9:30 on
        (HALF, "06-01 09:00", "06-01 12:01", 600 + 100),  # the third unit ends with its step at 12:00
        (STREET, "06-01 07:30", "06-01 09:30", 600),  # 8:30–9:30, within two hours of the entry
        (STREET, "06-01 07:30", "06-01 10:30", 600 + 1000),  # from 9:30 on 5 yuan
        (CYCLES, "06-01 09:00", "06-02 10:00", 500 + 100),  # the steps continue on the second day
        (LADDER, "06-01 09:00", "06-01 10:30", 300),
        (LADDER, "06-01 09:00", "06-01 11:01", 500),
        (TURNED, "06-01 09:00", "06-01 14:00", 500 + 1000),
    ],
)
def test_steps_count_from_the_entry(document, entered, left, fen):
    check_price(document, entered, left, fen)


def test_used_free_hour_is_charged_as_first():
    """The second visit of a date has no free hour: its first hour costs 2 yuan, and so do two more."""
    assert price(COUNTY, "06-01 15:00", "06-01 19:00", free_used=True).fen == 700


def test_steps_count_from_the_end_of_a_pass():
    """A pass until 10:00: the free hour and the steps begin there."""
    covered = [right("06-01 08:00", "06-01 10:00")]
    assert price(COUNTY, "06-01 08:00", "06-01 13:00", rights=covered).fen == 400


def test_second_visit_of_a_stay_continues_its_steps():
    """In for two hours and again an hour later, as one stay without the time outside: four hours in all."""
    back = {"as": "one_stay", "window": {"from": "day"}, "gap": "not_counted"}
    document = {**COUNTY, "free": {**FREE, "repeat": "once"}, "reentry": back}
    earlier = [EarlierSession(at("06-01 09:00"), at("06-01 11:00"))]
    assert price(document, "06-01 12:00", "06-01 14:00", earlier=earlier).fen == 300


def test_lines_say_which_steps_were_reached():
    found = [(one.code, one.fen, one.start, one.end) for one in lines(COUNTY, "06-01 09:00", "06-01 13:00")]
    assert found == [
        ("free_deducted", 0, 0, 3600),
        ("first_units", 400, 3600, 3 * 3600),
        ("units", 100, 3 * 3600, 4 * 3600),
    ]


def test_cache_distinguishes_where_steps_begin():
    """Both are charged from 11:00 on, but the steps of one begin at 10:00 and of the other at 9:00."""
    document = {**COUNTY, "cycle": DAY_FROM_ENTRY, "cycle_starts": "entry"}
    tariff = tariffs.read(document)
    stay = (at("06-01 09:00"), at("07-01 09:00"), "ordinary")
    passes = [("06-01 09:00", "06-01 10:00"), ("06-01 10:00", "06-01 11:00")]
    known, fresh = (
        [
            one.price(*stay, place=PLACE, rights=[right(*hours)]).fen
            for one, hours in zip(priced, passes, strict=True)
        ]
        for priced in ([tariff] * 2, [tariffs.read(document) for _ in passes])
    )
    assert known == fresh
    assert known[0] - known[1] == 100


def test_board_and_questions_name_the_steps():
    with translation.override("zh-hans"):
        board = price_board.rule_board(tariffs.read_new(COUNTY).rule)
        assert "前 1 小时免费，但计入分段价格的时间。" in board
    with translation.override("en"):
        board = price_board.rule_board(tariffs.read_new(COUNTY).rule)
        assert "Free for the first hour; this time counts towards the steps." in board
    for document, ours in ((COUNTY, "steps_with_free"), (AFTER, "steps_after_free")):
        [found] = [one for one in ambiguity.find(document) if one.axis == "free_steps"]
        assert found.ours == ours


@pytest.mark.parametrize(
    "change",
    [
        {"free": {**FREE, "counts_in_steps": False}},
        {"free": {**FREE, "mode": "threshold"}},
        {"free": {**FREE, "repeat": "each_cycle"}, "cycle": DAY_FROM_ENTRY, "cycle_starts": None},
        {"steps": hourly(500)},
        {"cycle": BY_DAY, "steps_count": "cycle"},
        {**STREET, "steps_count": "band"},
    ],
)
def test_setting_without_effect_is_refused(change):
    document = {key: value for key, value in {**COUNTY, **change}.items() if value is not None}
    with pytest.raises(TariffError) as error:
        tariffs.read(document)
    assert error.value.path == "free.counts_in_steps"


@pytest.mark.parametrize(("rule", "counts"), [({"steps": hourly(900)}, False), ({"stay_cap": 9000}, True)])
def test_class_has_setting_with_steps_alone(rule, counts):
    document = {**COUNTY, "classes": [seen("large", **rule)]}
    [large] = tariffs.read_new(document).classes
    assert large.rule.free.counts_in_steps is counts
    assert ("counts_in_steps" in plain(document, "large")["free"]) is counts


def test_questions_about_other_settings_remain():
    """A reading in which nothing is deducted, or steps begin again, has no such minutes."""
    document = {**CYCLES, "free": {**FREE, "repeat": "once"}}
    found = {one.axis for one in other_readings(plain(document))}
    assert found >= {"free_mode", "free_repeat", "free_steps", "steps_after_cycle"}


def test_rate_table_names_the_loss():
    once = {"minutes": 60, "mode": "deduct", "repeat": "once"}
    for free, is_lost in ((once, False), ({**once, "counts_in_steps": True}, True)):
        _, lost = apds.export(tariffs.read({**COUNTY, "free": free}))
        assert (Loss("free_minutes", "free") in lost) is is_lost


@pytest.mark.parametrize("document", [COUNTY, STREET, CYCLES, LADDER, TURNED])
def test_form_can_say_the_document(document):
    check_document(document)
