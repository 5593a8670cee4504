"""The question whose prices a stay has that goes on into another season."""

from datetime import UTC, timedelta

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import PLAIN, Place
from lots.tariffs.ambiguity import find
from lots.tariffs.season_edges import SeasonEdges
from presentation.ambiguity_sentences import sentences
from tests.lots.tariffs.board_makers import BASE, deduct, once, seen
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import BERLIN, CHINA, moment

YEARLY = {  # 每小时 5 元；4–10 月入场的每小时 8 元
    **BASE,
    "seasons": [{"name": "peak", "dates": ["04-01/10-31"], "rule": {"steps": hourly(800)}}],
}
SATURDAYS = {**BASE, "seasons": [{"name": "saturday", "days": ["sat"], "rule": {"steps": hourly(800)}}]}
EVENINGS = {  # 17–22 时入场的每小时 8 元
    **BASE,
    "seasons": [{"name": "late", "enters": {"from": "17:00", "to": "22:00"}, "rule": {"steps": hourly(800)}}],
}


def asked(document, **how):
    return next((one for one in find(document, place=CHINA, **how) if one.axis == "seasons"), None)


def by_moment(document, entered, left, vehicle="", place=CHINA):
    edges = SeasonEdges(tariffs.read_new(document), vehicle, place)
    entered_at, until = moment(entered, place.zone), moment(left, place.zone)

    def due(tariff, minutes):
        until = entered_at.astimezone(UTC) + timedelta(minutes=minutes)
        return tariff.price(entered_at, until, "ordinary", place=place).fen

    return edges.by_moment(
        entered_at, int((until.astimezone(UTC) - entered_at.astimezone(UTC)).total_seconds()) // 60, due
    )


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (YEARLY, "03-31 20:00", "03-31 23:00", 1500),
        (YEARLY, "03-31 22:00", "04-01 00:00", 1000),
        (YEARLY, "03-31 22:00", "04-01 02:00", 1000 + 1600),
        (YEARLY, "10-31 22:00", "11-01 02:00", 1600 + 1000),
        (SATURDAYS, "03-06 22:00", "03-08 02:00", 1000 + 24 * 800 + 1000),
        (EVENINGS, "03-02 16:00", "03-02 23:00", 500 + 5 * 800 + 500),
        ({**YEARLY, **deduct(60)}, "03-31 22:00", "04-01 02:00", 500 + 1600),  # free minutes once
        ({**YEARLY, "steps": once(500)}, "03-31 22:00", "04-01 02:00", 500 + 1600),
    ],
)
def test_each_part_has_its_own_prices(document, entered, left, fen):
    assert by_moment(document, entered, left) == fen


def test_stay_in_one_season_costs_the_same():
    tariff = tariffs.read_new(YEARLY)
    for entered, left in (("03-02 10:00", "03-05 10:00"), ("06-01 10:00", "06-03 10:00")):
        stay = moment(entered), moment(left)
        assert by_moment(YEARLY, entered, left) == tariff.price(*stay, "ordinary", place=CHINA).fen


def test_changed_clock_moves_no_edge():
    """Berlin turns its clock back on 25 October at 3: the day has 25 hours, and the edge is at midnight."""
    autumn = {**BASE, "seasons": [{"name": "fair", "dates": ["10-26/10-27"], "rule": {"steps": hourly(800)}}]}
    assert by_moment(autumn, "10-25 00:00", "10-26 01:00", place=Place(BERLIN, PLAIN)) == 25 * 500 + 800


@pytest.mark.parametrize(
    ("document", "entered", "prices", "differ"),
    [
        (YEARLY, "2026-03-31 23:30", (1000, 1300), 0),
        (SATURDAYS, "2026-03-06 21:40", (2000, 2300), 7),
        (EVENINGS, "2026-03-06 21:40", (1600, 1300), 20),
    ],
)
def test_differing_stay_is_shown(document, entered, prices, differ):
    found = asked(document)
    assert (found.ours, found.other) == ("season_of_entry", "season_of_moment")
    assert (f"{found.entered_at:%Y-%m-%d %H:%M}", found.differ) == (entered, differ)
    assert (found.fen, found.other_fen) == prices
    until = found.entered_at + timedelta(minutes=found.minutes)
    assert tariffs.read(document).price(found.entered_at, until, "ordinary", place=CHINA).fen == found.fen


def test_example_names_its_date():
    with translation.override("zh-hans"):
        text = str(sentences(asked(YEARLY)))
    assert text.splitlines()[:3] == [
        "停车跨入另有收费标准的日期或时间的，按哪一标准收费？",
        "例：2026-03-31 23:30 入场，停 1 小时 5 分钟",
        "  本规则·始终按入场时的标准：10.00 元",
    ]
    assert "各段时间按各自日期、时间的标准：13.00 元" in text


def test_class_is_asked_by_its_own_prices():
    document = {**YEARLY, "classes": [seen("large", steps=hourly(1000))]}
    assert asked(document) is not None
    assert asked(document, vehicle="large") is None  # the season leaves its price as it is


def test_equal_prices_ask_nothing():
    assert asked(BASE) is None
    assert asked({**YEARLY, "seasons": [{**YEARLY["seasons"][0], "rule": {"rounding": "started"}}]}) is None
    past = {**YEARLY["seasons"][0], "dates": ["2020-05-01/2020-05-03"]}
    assert asked({**YEARLY, "seasons": [past]}) is None
