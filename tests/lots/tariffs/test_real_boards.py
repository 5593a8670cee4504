"""Boards that needed offers, tails, long caps or long lists; prices worked out by hand from their texts."""

import pytest

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.clauses import rule_clauses
from tests.lots.tariffs.board_cases import check_document
from tests.lots.tariffs.board_makers import NEW, offer
from tests.lots.tariffs.published import NO_CYCLE, hourly
from tests.lots.tariffs.shared_boards import BUS_STATION, EARLY_BIRD, GOULBURN, RUNGS, STOKE, WEEKLY
from tests.lots.tariffs.stay_times import PLACE, moment

LATER_BY_A_MINUTE = offer("b", "09:30", "24:00", "24:00", cap=500)
LATER = offer("b", "09:00", "11:00", "18:00", cap=500)


FROM_NOON = {
    **offer("early_bird", "05:00", "10:00", "18:00", cap=2000),
    "leaves": {"from": "12:00", "by": "18:00", "day": "same"},
}


def price(document, entered, until):
    return tariffs.read_new(document).price(moment(entered), moment(until), "ordinary", place=PLACE).fen


@pytest.mark.parametrize(
    ("document", "entered", "until", "fen"),
    [
        (STOKE, "04-27 07:00", "04-27 08:00", 200),
        (STOKE, "04-27 07:00", "04-27 17:00", 400),
        (STOKE, "04-27 07:30", "04-27 17:00", 600),
        (STOKE, "04-27 09:30", "04-27 17:00", 500),
        (STOKE, "04-27 09:30", "04-28 00:30", 3000),  # not out on the same day: by the hour
        (EARLY_BIRD, "04-27 09:59", "04-27 18:00", 2000),
        (EARLY_BIRD, "04-27 09:59", "04-27 18:01", 9000),
        (EARLY_BIRD, "04-27 10:00", "04-27 18:00", 8000),
        (EARLY_BIRD, "04-27 09:00", "04-27 09:30", 2000),  # the early bird is one price
        (GOULBURN, "05-08 18:00", "05-08 23:00", 1000),  # a Friday
        (GOULBURN, "05-08 20:00", "05-09 02:00", 1000),  # two offers fit: the lower
        (GOULBURN, "05-07 20:00", "05-08 02:00", 1500),
        (GOULBURN, "05-10 08:00", "05-10 20:00", 1000),  # a Sunday
        (BUS_STATION, "04-27 08:00", "04-27 08:10", 500),
        (BUS_STATION, "04-27 08:00", "04-27 11:15", 500),
        (BUS_STATION, "04-27 08:00", "04-27 11:16", 700),
        (BUS_STATION, "04-27 08:00", "04-27 12:15", 700),
        (BUS_STATION, "04-27 08:00", "04-27 12:16", 900),
        (WEEKLY, "04-01 08:00", "04-04 08:00", 2700),
        (WEEKLY, "04-01 08:00", "04-08 08:00", 5400),
        (WEEKLY, "04-01 08:00", "04-08 09:00", 5500),
        (WEEKLY, "04-01 08:00", "04-22 08:00", 15000),
        (WEEKLY, "04-01 08:00", "04-29 08:00", 15000),
        (WEEKLY, "04-01 08:00", "04-29 10:00", 15200),
        (RUNGS, "04-27 08:00", "04-27 13:30", 600),
        (RUNGS, "04-27 08:00", "04-27 22:00", 2200),
    ],
)
def test_board_price_is_met(document, entered, until, fen):
    assert price(document, entered, until) == fen


def test_offer_replaces_the_usual_lines():
    tariff = tariffs.read(EARLY_BIRD)
    lines = tariff.price(moment("04-27 09:00"), moment("04-27 17:00"), "ordinary", place=PLACE).lines
    assert [(line.code, line.fen, line.values["offer"]) for line in lines] == [("offer", 2000, "early_bird")]


def test_day_offer_tells_holidays_apart():
    """A working-day offer is not for a public holiday, so the board must not say that both cost the same."""
    for document, code in ((EARLY_BIRD, "holidays_alike"), (GOULBURN, "holidays_announced")):
        codes = {clause.code for clause in rule_clauses(tariffs.read(document).rule)}
        assert {code} == codes & {"holidays_alike", "holidays_announced"}


def test_short_cap_holds_after_longer_one():
    """¥10 an hour, at most 30 in 2 and 40 in 4 times 12 hours: what follows is within 30 again."""
    document = {
        **WEEKLY,
        "cycle": {"basis": "from_entry", "hours": 12},
        "steps": hourly(1000),
        "caps": [{"cycle": 1, "amount": 2000}, {"cycle": "2+", "amount": 2500}],
        "long_caps": [{"cycles": 2, "amount": 3000}, {"cycles": 4, "amount": 4000}],
    }
    assert price(document, "04-01 08:00", "04-03 08:00") == 4000
    assert price(document, "04-01 08:00", "04-04 08:00") == 4000 + 3000
    assert price(document, "04-01 08:00", "04-05 08:00") == 4000 + 4000


def test_week_at_its_cap_is_one_line():
    lines = (
        tariffs.read(WEEKLY)
        .price(moment("04-01 08:00"), moment("04-09 08:00"), "ordinary", place=PLACE)
        .lines
    )
    assert [(line.code, line.fen) for line in lines] == [("long_cap", 5400), ("cap", 900)]


@pytest.mark.parametrize(
    ("base", "change", "path"),
    [
        (BUS_STATION, {"rounding": "full"}, "tail_min"),
        (BUS_STATION, {"tail_min": 60}, "tail_min"),
        (BUS_STATION, {"format": 2}, "tail_min"),
        (WEEKLY, {"long_caps": [{"cycles": 7, "amount": 800}]}, "long_caps[0].amount"),
        (
            WEEKLY,
            {"long_caps": [*WEEKLY["long_caps"], {"cycles": 30, "amount": 15000}]},
            "long_caps[2].cycles",
        ),
        (WEEKLY, {"cycle": NO_CYCLE, "steps_count": "stay", "caps": None, "caps_count": None}, "long_caps"),
        (EARLY_BIRD, {"allows_cheaper_longer": None}, "offers[0].flat"),
        (STOKE, {"offers": [offer("a", "06:00", "10:00", "12:00", cap=900), LATER]}, "offers[1].cap"),
        (EARLY_BIRD, {"offers_apply": "first"}, "offers_apply"),
        (STOKE, {"offers_apply": None}, "offers_apply"),
        (EARLY_BIRD, {"offers": [offer("x", "10:00", "11:00", "09:00", cap=100)]}, "offers[0].leaves.by"),
        (STOKE, {"offers": [STOKE["offers"][0]] * 2}, "offers[1].name"),
        (EARLY_BIRD, {"offers": [FROM_NOON], "allows_cheaper_longer": None}, "offers[0].cap"),
        (
            EARLY_BIRD,
            {"offers": [{**FROM_NOON, "leaves": {"from": "18:00", "by": "18:00", "day": "same"}}]},
            "offers[0].leaves.from",
        ),
        (
            EARLY_BIRD,
            {"offers": [{**FROM_NOON, "leaves": {"from": "05:00", "by": "18:00", "day": "same"}}]},
            "offers[0].leaves.from",
        ),
    ],
)
def test_contradicting_clause_is_refused(base, change, path):
    document = {key: value for key, value in {**base, **change}.items() if value is not None}
    with pytest.raises(TariffError) as caught:
        tariffs.read(document)
    assert caught.value.path == path


def test_pooled_cap_counts_touched_days():
    """In at 23:50 and out at noon at 4 an hour with 30 a day: pooled, as one public engine counts."""
    by_day = {"basis": "calendar_day", "reset": "00:00"}
    document = {**WEEKLY, "cycle": by_day, "steps": hourly(400), "caps": [{"cycle": "each", "amount": 3000}]}
    del document["long_caps"]
    stay = ("04-27 23:50", "04-28 12:00")
    assert price(document, *stay) == 3400
    assert price({**document, "caps_count": "pooled"}, *stay) == 5200


TO_DAY = {"name": "day", "from": "07:00", "to": "21:59", "steps": hourly(300)}
FROM_NIGHT = {"name": "night", "from": "22:00", "to": "07:00", "steps": hourly(100)}
SLIP = {"crossing": "sum_per_band", "bands": [TO_DAY, FROM_NIGHT]}
ON_OTHER_DAYS = {
    "band_days": "start",
    "crossing": "sum_per_band",
    "bands": [{**TO_DAY, "days": ["workday"]}, {**FROM_NIGHT, "days": ["restday"]}],
}
PLAIN = {**NEW, "steps": hourly(500)}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"offers": [offer("a", "07:00", "09:29", "18:00", cap=5), LATER_BY_A_MINUTE]}, "offers[0]"),
        ({"offers": None, "offers_apply": None, **SLIP}, "bands[0]"),
    ],
)
def test_new_tariffs_refuse_gap_of_one_minute(change, path):
    document = {key: value for key, value in {**STOKE, **change}.items() if value is not None}
    tariffs.read(document)
    with pytest.raises(TariffError, match="one minute") as caught:
        tariffs.read_new(document)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"classes": [{"name": "large", "seen_as": ["large"], "rule": SLIP}]}, "classes[0].rule.bands[0]"),
        ({"seasons": [{"name": "peak", "days": ["sat"], "rule": SLIP}]}, "seasons[0].rule.bands[0]"),
        ({"turn": {"after_min": 1440, "from": "then", "rule": SLIP}}, "turn.rule.bands[0]"),
    ],
)
def test_gap_in_another_rule_is_refused(change, path):
    with pytest.raises(TariffError, match="one minute") as caught:
        tariffs.read_new({**PLAIN, **change})
    assert caught.value.path == path


def test_covered_minute_is_no_gap():
    """Between 9:29 and 9:30 a third offer holds; bands of other days are no neighbours."""
    early = offer("early", "07:00", "09:29", "18:00", cap=500)
    all_day = offer("all_day", "09:00", "20:00", "22:00", cap=900)
    tariffs.read_new({**STOKE, "offers": [early, LATER_BY_A_MINUTE, all_day]})
    tariffs.read_new({**PLAIN, **ON_OTHER_DAYS})


@pytest.mark.parametrize("document", [BUS_STATION, EARLY_BIRD, GOULBURN, RUNGS, STOKE, WEEKLY])
def test_form_can_say_the_board(document):
    check_document(document)
