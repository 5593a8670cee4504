"""Free minutes that a plate has once a day: prices, sentences, what is refused."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.ambiguity import find
from lots.tariffs.charging_rules import CalendarPeriod
from lots.tariffs.reading_rule import without_idle_limits
from presentation import formatting, price_board, rule_line
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import chinese
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.shared_boards import DAILY
from tests.lots.tariffs.stay_times import ENTRIES, PLACE, SHANGHAI

TEN = datetime(2026, 6, 1, 10, tzinfo=SHANGHAI)


def price(document=DAILY, minutes=20, *, used):
    return tariffs.read_new(document).price(TEN, TEN + timedelta(minutes=minutes), "ordinary", free_used=used)


def with_free(**free):
    return {**DAILY, "free": {**DAILY["free"], **free}}


@pytest.mark.parametrize(
    ("mode", "minutes", "used", "fen"),
    [
        ("threshold", 20, False, 0),
        ("threshold", 20, True, 500),
        ("threshold", 31, False, 500),
        ("threshold", 31, True, 500),
        ("deduct", 80, False, 500),
        ("deduct", 80, True, 1000),
    ],
)
def test_used_minutes_are_charged(mode, minutes, used, fen):
    assert price(with_free(mode=mode), minutes, used=used).fen == fen
    Draft202012Validator(tariffs.schema()).validate(with_free(mode=mode))


def test_other_repeats_ignore_earlier_use():
    assert price(with_free(repeat="once"), used=True).fen == 0


def test_charge_stores_that_they_were_used():
    [note, units] = price(used=True).lines
    assert (note.code, note.fen, note.values) == ("free_used_today", 0, {"minutes": 30})
    assert units.fen == 500
    with translation.override("zh-hans"):
        assert formatting.line(note.values, note.code) == "30 分钟免费：今天已免费一次，不再适用"


def test_why_not_names_the_earlier_use():
    tariff = tariffs.read(DAILY)
    stay = (TEN, TEN + timedelta(minutes=45))
    used, fresh = (tariff.price(*stay, "ordinary", free_used=one) for one in (True, False))
    codes = [[line.code for line in tariffs.why_not(tariff, one, *stay, "ordinary")] for one in (used, fresh)]
    assert codes == [["free_used_today"], ["not_free"]]


@pytest.mark.parametrize(
    ("mode", "minutes", "uses"),
    [("threshold", 30, True), ("threshold", 31, False), ("threshold", 0, False), ("deduct", 300, True)],
)
def test_stay_uses_the_minutes(mode, minutes, uses):
    tariff = tariffs.read(with_free(mode=mode))
    assert tariff.uses_free(TEN, TEN + timedelta(minutes=minutes), "ordinary") is uses
    assert not tariff.uses_free(TEN, TEN + timedelta(minutes=minutes), "emergency")


def test_covered_stay_uses_none():
    tariff = tariffs.read(DAILY)
    month = tariffs.AccessRight("month", TEN, TEN + timedelta(days=30))
    assert not tariff.uses_free(TEN, TEN + timedelta(minutes=20), "ordinary", rights=[month])


VISITS = st.lists(st.tuples(st.integers(1, 200), st.integers(1, 700)), min_size=1, max_size=4)


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, VISITS, st.sampled_from(["threshold", "deduct"]), st.integers(0, 60))
def test_board_alone_gives_the_price_of_visits(document, entered_at, lengths, mode, minutes):
    minutes = min(minutes, document.get("turn", {}).get("after_min", minutes))
    document = {**document, "free": {"minutes": minutes, "mode": mode, "repeat": "once_a_day"}}
    document = {
        key: value for key, value in document.items() if key not in ("cycle_starts", "week_cap", "month_cap")
    }
    if mode == "deduct" and minutes and document["cycle"]["basis"] == "from_entry":
        document["cycle_starts"] = "entry"
    tariff = tariff_of(without_idle_limits(document))
    stays = []
    for inside, outside in lengths:
        stays.append((entered_at, entered_at + timedelta(minutes=inside)))
        entered_at = stays[-1][1] + timedelta(minutes=outside)
    last = stays[-1]
    today = [
        one for one in stays[:-1] if one[0].astimezone(SHANGHAI).date() == last[0].astimezone(SHANGHAI).date()
    ]
    used = any(tariff.uses_free(*one, "ordinary", place=PLACE) for one in today)
    board = board_reader.read(chinese(tariff.rule))
    charged = tariff.price(*last, "ordinary", place=PLACE, free_used=used).fen
    assert board_reader.with_counted_free(board, stays, SHANGHAI, CALENDAR) == charged


SOON = {"as": "no_free", "window": {"from": "left", "minutes": 60}}


@settings(max_examples=cases(50))
@given(VISITS, st.sampled_from(["threshold", "deduct"]), st.integers(1, 60), st.integers(1, 3), ENTRIES)
def test_times_a_day_and_reentry_are_read(lengths, mode, minutes, times, entered_at):
    """Free at most so many times a day, and not within an hour of leaving: both sentences together."""
    free = {"minutes": minutes, "mode": mode, "repeat": "times_a_day", "times": times}
    tariff = tariffs.read_new({**DAILY, "free": free, "reentry": SOON})
    stays = []
    for inside, outside in lengths:
        stays.append((entered_at, entered_at + timedelta(minutes=inside)))
        entered_at = stays[-1][1] + timedelta(minutes=outside)
    *before, last = stays
    known = [tariffs.EarlierSession(*one) for one in before]
    day = last[0].astimezone(SHANGHAI).date()
    uses = sum(
        tariff.uses_free(*one, "ordinary", place=PLACE, earlier=known[:index])
        for index, one in enumerate(before)
        if one[0].astimezone(SHANGHAI).date() == day
    )
    charged = tariff.price(*last, "ordinary", place=PLACE, earlier=known, free_used=uses >= times).fen
    board = board_reader.read(chinese(tariff.rule))
    with translation.override("zh-hans"):
        [sentence] = [one for one in price_board.conditions(tariff) if "再次入场" in one]
    assert board_reader.with_counted_free(board, stays, SHANGHAI, CALENDAR, sentence) == charged


def test_times_a_day_are_said():
    document = with_free(repeat="times_a_day", times=4)
    tariff = tariffs.read_new(document)
    [note, units] = price(document, used=True).lines
    assert (note.code, note.values, units.fen) == ("free_used_day", {"minutes": 30, "n": 4}, 500)
    Draft202012Validator(tariffs.schema()).validate(document)
    with translation.override("zh-hans"):
        assert "每个号牌每日最多享受 4 次免费时长，以入场日期为准。" in price_board.rule_board(tariff.rule)
        assert "30 分钟免费，每日 4 次" in rule_line.rule_line(tariff)
        assert formatting.line(note.values, note.code) == "30 分钟免费：今日 4 次免费已用完，不再适用"
    [found] = [one for one in find(document) if one.axis == "free_daily"]
    assert (found.ours, found.other) == ("free_times_daily", "free_each_visit")


@pytest.mark.parametrize(
    ("free", "path"),
    [
        ({"repeat": "times_a_day"}, "free.times"),
        ({"repeat": "times_a_day", "times": 0}, "free.times"),
        ({"repeat": "times_a_day", "times": 101}, "free.times"),
        ({"times": 4}, "free.times"),
    ],
)
def test_number_of_times_is_checked(free, path):
    with pytest.raises(TariffError) as error:
        tariffs.read(with_free(**free))
    assert error.value.path == path


def test_board_states_once_a_day():
    with translation.override("zh-hans"):
        board = price_board.rule_board(tariffs.read(DAILY).rule)
    assert board[1] == "每个号牌每日只享受一次免费时长，以入场日期为准。"


def test_question_compares_with_every_visit():
    [found] = [one for one in find(DAILY) if one.axis == "free_daily"]
    assert (found.ours, found.other, found.story) == ("free_daily", "free_each_visit", "reentry")
    assert found.fen > found.other_fen
    assert not [one for one in find(with_free(repeat="once")) if one.axis == "free_daily"]


@pytest.mark.parametrize(
    "way", [{"as": "capped", "amount": 900, "free": "each"}, {"as": "one_stay", "gap": "free"}]
)
def test_reentry_is_refused_with_it(way):
    with pytest.raises(TariffError, match=r"free.repeat: must not be once_a_day: reentry"):
        tariffs.read({**DAILY, "reentry": {**way, "window": {"from": "day"}}})


def test_format_2_does_not_know_it():
    with pytest.raises(
        TariffError, match=r"free.repeat: must not be once_a_day: it is a setting of format 3"
    ):
        tariffs.read({**DAILY, "format": 2})


def test_class_seen_by_camera_has_own_free_minutes():
    hour = {"minutes": 60, "mode": "threshold", "repeat": "once_a_day"}
    large = {"name": "large", "seen_as": ["large"], "rule": {"free": hour}}
    tariff = tariffs.read({**DAILY, "classes": [large]})
    found = [tariff.free_of(TEN, kind="ordinary", seen=seen) for seen in ("", "large")]
    assert [free.seconds for free in found] == [30 * 60, 60 * 60]


@pytest.mark.parametrize(
    ("window", "hours"), [(None, 24), ({"from": "day"}, 24), ({"from": "left", "minutes": 120}, 2)]
)
def test_earlier_stays_count_since_their_window(window, hours):
    reentry = {"as": "one_stay", "window": window, "gap": "free"}
    document = {key: value for key, value in DAILY.items() if key != "free"}
    tariff = tariffs.read({**document, "reentry": reentry} if window else document)
    assert tariff.stays_before(TEN, [], PLACE) == (0, TEN - timedelta(hours=hours))


def test_one_class_makes_months_counted():
    monthly = {"minutes": 60, "mode": "threshold", "repeat": "times_a_month", "times": 3}
    large = {"name": "large", "seen_as": ["large"], "rule": {"free": monthly}}
    assert tariffs.read({**DAILY, "classes": [large]}).periods == {CalendarPeriod.MONTH}
