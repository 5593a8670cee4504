"""An amount for entering (入场费), on top of what the stay costs."""

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import EarlierSession, TariffError, why_not
from lots.tariffs.ambiguity import find
from lots.tariffs.clauses import rule_clauses
from lots.tariffs.exchange import apds
from lots.tariffs.readings import with_other_answer
from presentation import rule_line
from presentation.formatting import line as words_of
from tests.lots.tariffs.board_cases import check_document
from tests.lots.tariffs.board_makers import BASE, band, capped, free, offer, once, per, share
from tests.lots.tariffs.clause_cases import at, check_price, lines, price
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import PLACE

FEE = {**capped(3000), "steps": hourly(300), "entry_fee": 500}  # 入场费 5 元，每小时 3 元，24 小时封顶 30 元
PERIODS = {  # 入场费 5 元，日间每小时 3 元，夜间免费
    **FEE,
    **free(15),
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "free": True}],
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
}
FINE = [{"until_min": None, "unit_min": 60, "price": "300.5"}]
NIGHT = {"at": "00:00", "amount": 1000}


@pytest.mark.parametrize(
    ("change", "entered", "left", "fen"),
    [
        ({}, "03-02 10:00", "03-02 10:01", 800),
        ({}, "03-02 10:00", "03-02 11:01", 1100),
        ({}, "03-02 10:00", "03-02 22:00", 3500),
        ({}, "03-02 10:00", "03-03 12:00", 4100),
        (PERIODS, "03-02 10:00", "03-02 10:15", 0),
        (PERIODS, "03-02 20:30", "03-03 08:00", 0),
        (PERIODS, "03-02 19:30", "03-03 08:20", 1100),
        (share(50), "03-02 10:00", "03-02 11:00", 400),
        ({"stay_minimum": 900}, "03-02 10:00", "03-02 11:00", 900),
        ({"steps": FINE, "sum_rounding": {"unit": 1, "how": "up"}}, "03-02 10:00", "03-02 11:00", 801),
        (
            {
                "steps": FINE,
                "sum_rounding": {"unit": 1, "how": "up"},
                "offers": [offer("day", "09:00", "11:00", "18:00", cap=1000)],
            },
            "03-02 10:00",
            "03-02 13:00",
            1000,
        ),
        ({"overnight": {**NIGHT, "nights": "each"}}, "03-02 23:30", "03-03 00:30", 1800),
        ({"steps": once(0), "overnight": {**NIGHT, "nights": "each"}}, "03-02 23:30", "03-03 00:30", 1500),
        ({"overnight": {**NIGHT, "nights": "least"}}, "03-02 23:30", "03-03 00:30", 1000),
        ({"overnight": {**NIGHT, "nights": "least"}}, "03-02 22:30", "03-03 00:30", 1100),
        ({"offers": [offer("day", "09:00", "11:00", "18:00", cap=1000)]}, "03-02 10:00", "03-02 13:00", 1000),
        ({"turn": {"after_min": 60, "from": "start", "rule": {"steps": per(60, 600)}}}, "03-02 10:00",
         "03-02 12:00", 1700),
    ],
)  # fmt: skip
def test_stay_pays_for_entering(change, entered, left, fen):
    check_price({**FEE, **change}, entered, left, fen)


@pytest.mark.parametrize("document", [FEE, PERIODS])
def test_form_has_the_entry_fee(document):
    check_document(document)


def test_sentences_name_the_part_of_the_document():
    paths = {clause.code: clause.path for clause in rule_clauses(tariffs.read(FEE).rule)}
    assert (paths["entry_fee"], paths["entry_fee_uncapped"]) == ("entry_fee", "entry_fee")


def test_entry_fee_has_its_line():
    found = lines(FEE, "03-02 10:00", "03-02 12:00")
    assert [(line.code, line.fen) for line in found] == [("units", 600), ("entry_fee", 500)]
    assert (found[-1].start, found[-1].end) == (0, 7200)
    with translation.override("zh-hans"):
        assert words_of(found[-1].values, found[-1].code) == "入场费 ¥5"
        assert "另收入场费 ¥5" in rule_line.rule_line(tariffs.read(FEE))


def test_unreached_cap_counts_no_entry_fee():
    tariff = tariffs.read(FEE)
    stay = at("03-02 10:00"), at("03-02 12:00")
    [found] = why_not(tariff, tariff.price(*stay, "ordinary", place=PLACE), *stay, "ordinary", place=PLACE)
    assert (found.code, found.values["so_far_fen"]) == ("not_capped", 600)


def test_visits_as_one_stay_enter_once():
    back = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "not_counted"}
    earlier = [EarlierSession(at("03-02 10:00"), at("03-02 11:00"))]
    stay = "03-02 11:30", "03-02 12:00"
    assert price({**FEE, "reentry": back}, *stay, earlier=earlier).fen == 300


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"entry_fee": 0}, "entry_fee"),
        ({"month_cap": 30000}, "entry_fee"),
        (
            {"reentry": {"as": "capped", "window": {"from": "day"}, "amount": 4000, "free": "each"}},
            "entry_fee",
        ),
        ({"turn": {"after_min": 60, "from": "then", "rule": {"steps": per(60, 200)}}}, "entry_fee"),
        ({"turn": {"after_min": 60, "from": "then", "rule": {"entry_fee": 200}}}, "turn.rule.entry_fee"),
        (
            {
                "seasons": [{"name": "peak", "days": ["sat"], "rule": {"entry_fee": 800}}],
                "ends": {"at": "24:00"},
            },
            "entry_fee",
        ),
        (
            {"turn": {"after_min": 60, "from": "start", "rule": {"steps": per(60, 310), "entry_fee": None}}},
            "turn.rule",
        ),
    ],
)
def test_entry_fee_against_the_board_is_refused(change, path):
    with pytest.raises(TariffError) as error:
        tariffs.read({**FEE, **change})
    assert error.value.path == path


def test_entry_fee_is_named_as_lost():
    _, losses = apds.export(tariffs.read({**BASE, "entry_fee": 500}))
    assert "entry_fee" in {loss.code for loss in losses}


def test_first_unit_in_the_entry_fee_is_asked():
    [found] = [one for one in find(FEE) if one.axis == "entry_fee"]
    assert (found.ours, found.other) == ("fee_on_top", "fee_for_first_unit")
    assert found.fen - found.other_fen == 300
    other = with_other_answer(FEE, "entry_fee")
    assert price(other, "03-02 10:00", "03-02 12:00").fen == 800
    night = {"bands": [band("night", "20:00", "08:00", hourly(100))], "crossing": "sum_per_band"}
    assert not [one for one in find({**FEE, **night, "after_cycle": "run_on"}) if one.axis == "entry_fee"]
