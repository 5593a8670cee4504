"""Cars that come back soon pay for the time parked in all (停放时间累加计算); time outside does not count."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import PLAIN, EarlierSession, Place, TariffError, ambiguity
from lots.tariffs.permit_times import right_of
from lots.tariffs.readings import with_other_answer
from presentation import price_board
from tests.console.tariff_forms import through_form
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_makers import NEW, band, capped, deducted, free, offer, per
from tests.lots.tariffs.documents import random_document, tariff_of
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.shared_boards import HUB
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI

ADDED = {"reentry": {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "not_counted"}}
LOT = {**NEW, **free(30), "steps": per(30, 200), **ADDED}  # 30 分钟内免费，每 30 分钟 2 元


def stays_of(text):
    moments = [datetime.fromisoformat(f"2026-09-{one}").replace(tzinfo=SHANGHAI) for one in text.split(", ")]
    return list(zip(moments[::2], moments[1::2], strict=True))


def price(document, text, **more):
    return price_of(tariffs.read_new(document), text, **more)


def price_of(tariff, text, **more):
    *before, last = stays_of(text)
    earlier = [EarlierSession(*stay) for stay in before]
    return tariff.price(*last, "ordinary", place=CHINA, earlier=earlier, **more)


STAYS = [
    ("07 10:00, 07 10:20", 0),
    ("07 10:00, 07 10:20, 07 10:50, 07 11:10", 400),  # 40 minutes
    ("07 10:00, 07 10:10, 07 10:20, 07 10:30, 07 10:40, 07 10:50", 0),  # 30 minutes
    ("07 10:00, 07 10:10, 07 10:20, 07 10:30, 07 10:40, 07 10:51", 400),  # 31 minutes
    ("07 10:00, 07 11:00, 07 11:30, 07 11:50", 200),  # 80 minutes, of which 60 were paid
    ("07 10:00, 07 10:20, 07 11:20, 07 11:40", 400),  # back after exactly an hour
    ("07 10:00, 07 10:20, 07 11:21, 07 11:40", 0),  # too late: a stay of its own
    ("07 23:50, 08 00:10, 08 00:40, 08 01:00", 400),
]


@pytest.mark.parametrize(("text", "fen"), STAYS)
def test_parked_minutes_are_added(text, fen):
    assert price(LOT, text).fen == fen
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariffs.read(LOT).rule))
        sentence = price_board.conditions(tariffs.read(LOT))[0]
    assert sentence == "离场后 1 小时内再次入场的，与前次合并为一次停车计费，停放时间累加计算，场外时间不计。"
    assert board_reader.visits(board, sentence, stays_of(text), SHANGHAI, CHINA.calendar) == fen


def test_cap_and_cycle_count_parked_time():
    """12 and 13 hours at ¥5 an hour, at most ¥30 in 24 hours: the 25th hour is the next day's first."""
    lot = {**capped(3000), "steps": hourly(500), **ADDED}
    assert price(lot, "07 00:00, 07 12:00").fen == 3000
    assert price(lot, "07 00:00, 07 12:00, 07 12:30, 08 00:30").fen == 0
    assert price(lot, "07 00:00, 07 12:00, 07 12:30, 08 01:30").fen == 500


def test_deducted_minutes_are_had_once():
    lot = {**NEW, "cycle": DAY_FROM_ENTRY, **deducted(60), **ADDED}
    lot |= {"caps": [{"cycle": "each", "amount": 3000}], "caps_count": "per_cycle", "steps": hourly(500)}
    assert price(lot, "07 10:00, 07 10:40, 07 11:00, 07 11:20").fen == 0
    assert price(lot, "07 10:00, 07 10:40, 07 11:00, 07 11:21").fen == 500


def test_covered_time_is_still_counted_across():
    """A pass covers the second hour of the second visit: its units are not charged, the others are."""
    tariff = tariffs.read_new({**LOT, "passes": [{"name": "month", "price": 100}]})
    first, second = stays_of("07 10:00, 07 10:30, 07 11:00, 07 13:00")
    covered = right_of(tariff.passes[0], second[0] + timedelta(hours=1), second[1])
    cost = tariff.price(*second, "ordinary", place=CHINA, earlier=[EarlierSession(*first)], rights=[covered])
    assert cost.fen == 600  # 30 and 60 minutes
    assert [line.code for line in cost.lines] == ["covered", "units"]


def test_long_stay_turns_by_parked_time():
    turn = {"after_min": 120, "from": "then", "rule": {"steps": hourly(100)}}
    lot = {**NEW, "steps": hourly(500), "turn": turn, **ADDED}
    assert price(lot, "07 10:00, 07 11:30, 07 12:00, 07 13:30").fen == 1000 + 100 - 1000
    assert price(lot, "07 10:00, 07 11:00, 07 12:00, 07 13:30").fen == 1000 + 100 - 500


BY_NIGHT = {"bands": [band("night", "22:00", "08:00", per(60, 100))], "crossing": "sum_per_band"}
BY_FREE_NIGHT = {**BY_NIGHT, "bands": [{"name": "night", "from": "22:00", "to": "08:00", "free": True}]}
HUB_DAYS = {**HUB, "cycle": DAY_FROM_ENTRY, "after_cycle": "begin_again", "steps_count": "cycle"}
CAPPED_NIGHTS = {**HUB, "bands": [band("night", "22:00", "06:00", hourly(200), cap=500)]}
NIGHT = {"at": "00:00", "amount": 1000, "nights": "each"}


@pytest.mark.parametrize(
    "change",
    [
        {**BY_FREE_NIGHT, "free": {**LOT["free"], "charged_hours_only": True}},
        {"offers": [offer("evening", "18:00", "24:00", "24:00", cap=500)]},
        {"overnight": NIGHT},
        {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "stay_cap": 9900},
        {
            "turn": {"after_min": 60, "from": "start", "rule": {"overnight": NIGHT}},
            "allows_cheaper_longer": True,
        },
        {"seasons": [{"name": "peak", "days": ["sat"], "rule": {"overnight": NIGHT}}]},
    ],
)
def test_prices_by_the_clock_are_refused(change):
    with pytest.raises(TariffError, match="depends on the time of day") as fault:
        tariffs.read_new({**LOT, **change})
    assert fault.value.path == "reentry.gap"


@pytest.mark.parametrize(
    ("document", "text", "fen"),
    [
        (HUB, "07 08:00, 07 08:30", 1000),
        (HUB, "07 08:00, 07 08:30, 07 09:00, 07 09:30", 0),  # 60 minutes
        (HUB, "07 08:00, 07 08:30, 07 09:00, 07 09:30, 07 10:00, 07 10:10", 500),
        (HUB, "07 08:00, 07 08:30, 07 22:00, 07 23:00", 200),
        (HUB, "07 08:00, 07 08:30, 07 21:30, 07 23:00", 200),  # 30 minutes of the first hour were left
        (HUB, "07 21:30, 07 23:30", 1400),
        (HUB, "07 21:30, 07 22:20, 07 23:00, 07 23:40", 0),  # 60 minutes of the night
        (HUB, "07 21:30, 07 22:20, 07 23:00, 07 23:41", 200),
        (HUB, "07 20:30, 07 21:30, 08 07:00, 08 07:10", 500),  # by day again, after the first hour
        (HUB, "07 23:00, 08 00:00, 08 08:00, 08 09:00", 500),  # the first hour was at night
        (HUB, "07 08:00, 07 08:30, 08 09:00, 08 09:30", 1000),  # a stay of its own
        (CAPPED_NIGHTS, "07 22:00, 08 02:00, 08 03:00, 08 05:00", 0),
        (CAPPED_NIGHTS, "07 22:00, 07 23:00, 08 03:00, 08 05:00", 300),
        (HUB_DAYS, "07 08:00, 07 20:00, 07 21:00, 08 07:00", 100 * (5 + 16 + 5)),  # 21–22, 8 hours, 6–7
    ],
)
def test_each_hour_keeps_its_price(document, text, fen):
    assert price(document, text).fen == fen
    assert by_board(tariffs.read(document), text) == fen
    Draft202012Validator(tariffs.schema()).validate(document)
    assert tariffs.read_new(through_form(document)) == tariffs.read_new(document)


def by_board(tariff, text):
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariff.rule))
        sentence = next(one for one in price_board.conditions(tariff) if "再次入场" in one)
    return board_reader.visits(board, sentence, stays_of(text), SHANGHAI, CHINA.calendar)


def test_pass_covers_its_own_hours():
    tariff = tariffs.read_new(
        {**HUB, "passes": [{"name": "night", "price": 100, "from": "22:00", "to": "06:00"}]}
    )
    first, second = stays_of("07 08:00, 07 08:30, 07 21:30, 08 06:20")
    covered = right_of(tariff.passes[0], first[0], second[1])
    cost = tariff.price(*second, "ordinary", place=CHINA, earlier=[EarlierSession(*first)], rights=[covered])
    assert cost.fen == 500


def test_full_units_run_on_from_visit_to_visit():
    """12 hours and 1 h 20: the first hour and twelve more are over, the last 20 minutes are not."""
    lot = {**HUB, "rounding": "full"}
    text = "07 08:00, 07 20:00, 08 07:20, 08 08:40"
    assert price(lot, text).fen == by_board(tariffs.read(lot), text) == 500


def test_long_visits_are_not_taken_for_others():
    """Two cars differ in the hours of their first visit alone, which is as long: one came by night."""
    lot = {**HUB_DAYS, "reentry": {**ADDED["reentry"], "window": {"from": "left", "minutes": 1440}}}
    by_day, by_night = (f"06 {first}, 07 08:00, 18 08:00" for first in ("08:00, 06 18:00", "20:00, 07 06:00"))
    tariff = tariffs.read_new(lot)
    prices = [price_of(tariff, text).fen for text in (by_day, by_night)]
    assert prices == [price(lot, text).fen for text in (by_day, by_night)]
    assert price(lot, "06 08:00, 06 18:00").fen > price(lot, "06 20:00, 07 06:00").fen


def test_doubled_hour_is_parked_twice():
    berlin = Place(ZoneInfo("Europe/Berlin"), PLAIN)
    first, last = (
        [datetime.fromisoformat(f"2026-10-{one}").replace(tzinfo=berlin.zone) for one in stay]
        for stay in (("24 22:00", "24 23:00"), ("25 01:30", "25 03:30"))
    )
    tariff, earlier = tariffs.read_new(HUB), [EarlierSession(*first)]
    assert tariff.price(*last, "ordinary", place=berlin, earlier=earlier).fen == 3 * 200


def random_visits(random):
    """Return two to four visits within a day and a half, in whole minutes, as text."""
    ends = sorted(random.sample(range(2200), 2 * random.randint(2, 4)))
    begin = datetime(2026, 9, random.randint(7, 13), tzinfo=SHANGHAI)
    return ", ".join(f"{begin + timedelta(minutes=minute):%d %H:%M}" for minute in ends)


def random_case(random):
    """Return a tariff whose visits add up, and some visits of one plate."""
    document = random_document(random, ("from_entry", "none"))
    for key in ("offers", "offers_apply", "overnight", "week_cap", "month_cap", "day_caps"):
        document.pop(key, None)
    if document.get("free", {}).get("repeat", "once") not in ("once", "each_cycle"):
        document["free"] = {"minutes": document["free"]["minutes"], "mode": "threshold", "repeat": "once"}
        document.pop("cycle_starts", None)
    document.get("free", {}).pop("charged_hours_only", None)
    document["reentry"] = HUB["reentry"] | {"window": {"from": "left", "minutes": 1440}}
    return tariff_of(document), random_visits(random)


@pytest.mark.parametrize("seed", range(120))
def test_visits_cost_what_the_board_says(seed):
    tariff, text = random_case(Random(seed))
    assert price_of(tariff, text).fen == by_board(tariff, text)


def test_season_is_that_of_the_first_entry():
    season = {"name": "peak", "days": ["tue"], "rule": {"steps": per(30, 900)}}
    assert price({**LOT, "seasons": [season]}, "07 23:30, 07 23:50, 08 00:20, 08 00:40").fen == 400


def test_form_and_schema_know_the_choice():
    assert through_form(LOT) == {**LOT, "exempt": ["emergency"]}
    Draft202012Validator(tariffs.schema()).validate(LOT)


@pytest.mark.parametrize(("ours", "other"), [("not_counted", "free"), ("free", "not_counted")])
def test_author_is_asked_about_time_outside(ours, other):
    """In for 90 minutes, out for 20: a unit that was paid runs on outside, or goes on inside."""
    lot = {**LOT, "steps": hourly(500), "reentry": {**ADDED["reentry"], "gap": ours}}
    [found] = [one for one in ambiguity.find(lot) if one.axis == "reentry_gap"]
    assert (found.ours, found.other) == (f"gap_{ours}", f"gap_{other}")
    assert found.fen != found.other_fen


def test_other_questions_are_asked_too():
    """Whether a day is 24 hours or a date is asked, though dates cannot be the answer of this tariff."""
    lot = {**capped(3000), "steps": hourly(500), **ADDED}
    asked = {one.axis for one in ambiguity.find(lot)}
    assert "cycle" in asked
    assert with_other_answer(lot, "cycle") is None
    assert with_other_answer(lot, "reentry_gap")["reentry"]["gap"] == "free"
