"""Free visits and a cap that are counted by the calendar month of a plate: prices, sentences, refusals."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.ambiguity import find
from presentation import formatting, price_board
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import chinese
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.shared_boards import CAPPED, VISITS
from tests.lots.tariffs.stay_times import ENTRIES, PLACE, SHANGHAI

TEN = datetime(2026, 6, 1, 10, tzinfo=SHANGHAI)


def price(document, hours, entered_at=TEN, **history):
    tariff = tariffs.read_new(document)
    return tariff.price(entered_at, entered_at + timedelta(hours=hours), "ordinary", place=PLACE, **history)


def test_documents_fit_the_schema():
    for document in (VISITS, CAPPED, {**BASE, "unknown_entry": 5000}):
        Draft202012Validator(tariffs.schema()).validate(document)
        tariffs.read_new(document)


def test_used_visits_are_charged():
    assert [price(VISITS, 3, free_used=used).fen for used in (False, True)] == [500, 1500]
    note = price(VISITS, 3, free_used=True).lines[0]
    assert (note.code, note.fen, note.values) == ("free_used_month", 0, {"minutes": 120, "n": 3})
    with translation.override("zh-hans"):
        assert formatting.line(note.values, note.code) == "2 小时免费：本月 3 次免费已用完，不再适用"


def test_why_not_names_the_used_visits():
    tariff = tariffs.read(VISITS)
    stay = (TEN, TEN + timedelta(hours=3))
    lines = tariffs.why_not(tariff, tariff.price(*stay, "ordinary", free_used=True), *stay, "ordinary")
    assert [line.code for line in lines] == ["free_used_month"]


@pytest.mark.parametrize(
    ("free", "line"),
    [({}, "2 小时免费，每月 3 次"), ({"repeat": "once_a_day", "times": None}, "2 小时免费，每日一次")],
)
def test_first_page_says_how_often(free, line):
    rule = {key: value for key, value in {**VISITS["free"], **free}.items() if value is not None}
    with translation.override("zh-hans"):
        assert line in price_board.price_line(tariffs.read({**VISITS, "free": rule}))


@pytest.mark.parametrize(
    ("hours", "before", "fen"),
    [(10, 0, 5000), (100, 0, 30000), (10, 25000, 5000), (10, 25001, 4999), (10, 30000, 0), (1, 99999, 0)],
)
def test_month_costs_at_most_its_cap(hours, before, fen):
    assert price(CAPPED, hours, month_fen=before).fen == fen


def test_cap_rises_with_each_further_month():
    last_evening = datetime(2026, 6, 30, 22, tzinfo=SHANGHAI)
    assert price(CAPPED, 2, last_evening, month_fen=30000).fen == 0  # out at midnight: still June
    assert price(CAPPED, 3, last_evening, month_fen=30000).fen == 1500
    assert price(CAPPED, 24 * 50, last_evening).fen == 90000  # June, July, August


def test_charge_stores_the_month_before():
    lines = price(CAPPED, 10, month_fen=27000).lines
    assert [(line.code, line.fen) for line in lines] == [("month_cap", 3000), ("month_before", 0)]
    assert lines[1].values == {"before_fen": 27000}
    assert [line.code for line in price(CAPPED, 10).lines] == ["units"]


def test_bill_does_not_name_the_month_before():
    """Anyone can type a plate: what it paid in the month is not shown."""
    for line in price(CAPPED, 10, month_fen=27123).lines:
        assert "27" not in formatting.line(line.values, line.code)


def test_boards_state_the_month():
    with translation.override("zh-hans"):
        boards = [price_board.rule_board(tariffs.read(one).rule) for one in (VISITS, CAPPED)]
    assert boards[0][1] == "每个号牌每个自然月最多享受 3 次免费时长，以入场日期为准。"
    assert "同一号牌在同一自然月入场的各次停车，合计最高收费 ¥300" in boards[1][1]


def test_board_abroad_states_the_month():
    with translation.override("en"):
        board = price_board.rule_board(tariffs.read(CAPPED).rule, tariffs.CURRENCIES["HKD"])
    assert board[1].startswith("All stays of a plate that begin in one calendar month cost at most HK$300")


def test_questions_name_the_other_reading():
    free = [
        one for one in find({**VISITS, "free": {**VISITS["free"], "times": 1}}) if one.axis == "free_monthly"
    ]
    capped = [one for one in find({**BASE, "month_cap": 2000}) if one.axis == "month_cap"]
    assert [(one.ours, one.other) for one in free] == [("free_monthly", "free_each_visit")]
    assert [(one.ours, one.other) for one in capped] == [("month_together", "stay_alone")]
    assert free[0].fen > free[0].other_fen
    assert capped[0].fen < capped[0].other_fen


STAYS = st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 9000)), min_size=1, max_size=4)


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, STAYS, st.integers(30000, 60000))
def test_board_alone_gives_the_price_of_months(document, entered_at, lengths, cap):
    """Each stay is charged after those of its month, by the engine and by its sentence."""
    try:
        tariff = tariff_of({**document, "month_cap": cap})
    except TariffError as error:
        assume(error.path not in ("month_cap", "overnight"))  # one of a shorter time is higher, or outside it
        raise
    board = board_reader.read(chinese(tariff.rule))
    charged, read = {}, {}
    for inside, outside in lengths:
        stay = (entered_at, entered_at + timedelta(minutes=inside))
        month = f"{entered_at.astimezone(SHANGHAI):%Y-%m}"
        before = charged.get(month, 0)
        charged[month] = before + tariff.price(*stay, "ordinary", place=PLACE, month_fen=before).fen
        before = read.get(month, 0)
        read[month] = before + board_reader.in_month(board, before, stay, SHANGHAI, CALENDAR)
        entered_at = stay[1] + timedelta(minutes=outside)
    assert charged == read


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"month_cap": 0}, "month_cap"),
        ({"month_cap": 499}, "month_cap"),
        ({"month_cap": 7999, "stay_cap": 8000}, "month_cap"),
        ({"month_cap": 30000, "format": 2}, "month_cap"),
        (
            {"month_cap": 30000, "reentry": {"as": "one_stay", "gap": "free", "window": {"from": "day"}}},
            "month_cap",
        ),
        ({"free": {**VISITS["free"], "times": 0}}, "free.times"),
        ({"free": {**VISITS["free"], "times": 101}}, "free.times"),
        ({"free": {"minutes": 30, "mode": "deduct", "repeat": "times_a_month"}}, "free.times"),
        ({"free": {**VISITS["free"], "repeat": "once"}}, "free.times"),
        ({"free": VISITS["free"], "format": 2}, "free.repeat"),
        ({"unknown_entry": 0}, "unknown_entry"),
        ({"unknown_entry": 5000, "format": 2}, "unknown_entry"),
        (
            {"turn": {"after_min": 60, "from": "start", "rule": {"month_cap": 100}}},
            "turn.rule.month_cap",
        ),
    ],
)
def test_contradicting_clause_is_refused(change, path):
    with pytest.raises(TariffError) as caught:
        tariffs.read({**BASE, **change})
    assert caught.value.path == path
