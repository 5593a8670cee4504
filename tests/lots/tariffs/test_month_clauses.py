"""Free visits and caps counted by the calendar week or month of a plate: prices, sentences, refusals."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.ambiguity import find
from presentation import formatting, price_board, rule_line
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import check_document, chinese
from tests.lots.tariffs.board_makers import BASE, BY_DAY, cap
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.shared_boards import CAPPED, VISITS
from tests.lots.tariffs.stay_times import ENTRIES, PLACE, SHANGHAI, moment


def cap_of_day(fen):
    return {"cycle": BY_DAY, **cap(fen)}


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
        assert line in rule_line.rule_line(tariffs.read({**VISITS, "free": rule}))


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
    december = datetime(2026, 12, 20, tzinfo=SHANGHAI)
    assert price(CAPPED, 24 * 30, december).fen == 60000  # the months go on over the new year


@pytest.mark.parametrize(
    ("entered_at", "hours", "fen"),
    [
        ("06-05 20:00", 40, 20000),  # Friday to Sunday, 12:00
        ("06-07 22:00", 2, 0),  # out on Sunday at midnight
        ("06-07 22:00", 3, 1500),  # a second week begins
        ("06-07 22:00", 24 * 8 + 3, 60000),  # and a third: 3 x 300, less what the first cost
        ("12-31 22:00", 24 * 4 + 3, 30000),  # Thursday; the week goes on over the new year
    ],
)
def test_cap_rises_with_each_further_week(entered_at, hours, fen):
    document = {**BASE, "week_cap": 30000}
    before = 0 if entered_at == "06-05 20:00" else 30000
    assert price(document, hours, moment(entered_at), week_fen=before).fen == fen


@pytest.mark.parametrize("period", ["week", "month"])
def test_charge_stores_the_period_before(period):
    lines = price({**BASE, f"{period}_cap": 30000}, 10, **{f"{period}_fen": 27000}).lines
    assert [(line.code, line.fen) for line in lines] == [(f"{period}_cap", 3000), (f"{period}_before", 0)]
    assert lines[1].values == {"before_fen": 27000}
    assert [line.code for line in price(CAPPED, 10).lines] == ["units"]


def test_bill_does_not_name_the_month_before():
    """Anyone can type a plate: what it paid in the month is not shown."""
    for document in (CAPPED, {**BASE, "week_cap": 30000}):
        for line in price(document, 10, week_fen=27123, month_fen=27123).lines:
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
    capped = [
        one for key in ("month_cap", "week_cap") for one in find({**BASE, key: 2000}) if one.axis == key
    ]
    assert [(one.ours, one.other) for one in free] == [("free_monthly", "free_each_visit")]
    assert [(one.ours, one.other) for one in capped] == [
        ("month_together", "stay_alone"),
        ("week_together", "stay_alone"),
    ]
    assert free[0].fen > free[0].other_fen
    assert all(one.fen < one.other_fen for one in capped)


@pytest.mark.parametrize("key", ["week_cap", "month_cap"])
@pytest.mark.parametrize("rest", [{}, {"stay_cap": 500}, {"stay_cap": 700}, cap_of_day(600)])
def test_longer_cap_is_no_smaller(key, rest):
    least = rest.get("stay_cap", 600 if rest else 500)
    tariffs.read({**BASE, **rest, key: least})
    with pytest.raises(TariffError) as caught:
        tariffs.read({**BASE, **rest, key: least - 1})
    assert caught.value.path == key


STAYS = st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 9000)), min_size=1, max_size=4)


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, STAYS, st.integers(30000, 60000), st.sampled_from(["week_cap", "month_cap"]))
def test_board_alone_gives_the_price_of_periods(document, entered_at, lengths, cap, key):
    """Each stay is charged after those of its week or month, by the engine and by its sentence."""
    rest = {name: part for name, part in document.items() if name not in ("week_cap", "month_cap")}
    try:
        tariff = tariff_of({**rest, key: cap})
    except TariffError as error:  # a shorter one is higher or none is for it, or visits of a month count
        assume(error.path not in (key, "overnight", "entry_fee", "free.repeat"))
        raise
    board = board_reader.read(chinese(tariff.rule))
    charged, read = {}, {}
    for inside, outside in lengths:
        stay = (entered_at, entered_at + timedelta(minutes=inside))
        period = f"{entered_at.astimezone(SHANGHAI):{'%Y-%m' if key == 'month_cap' else '%G-%V'}}"
        before = charged.get(period, 0)
        history = {key.replace("cap", "fen"): before}
        charged[period] = before + tariff.price(*stay, "ordinary", place=PLACE, **history).fen
        before = read.get(period, 0)
        read[period] = before + board_reader.in_periods(board, (before, before), stay, SHANGHAI, CALENDAR)[1]
        entered_at = stay[1] + timedelta(minutes=outside)
    assert charged == read


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"month_cap": 0}, "month_cap"),
        ({"month_cap": 499}, "month_cap"),
        ({"month_cap": 7999, "stay_cap": 8000}, "month_cap"),
        ({"month_cap": 30000, "format": 2}, "month_cap"),
        ({"week_cap": 499}, "week_cap"),
        ({"week_cap": 7999, "stay_cap": 8000}, "week_cap"),
        ({"week_cap": 30000, "format": 2}, "week_cap"),
        ({"week_cap": 30000, "month_cap": 29999}, "month_cap"),
        (
            {"week_cap": 30000, "overnight": {"at": "00:00", "amount": 1000, "nights": "each"}},
            "overnight",
        ),
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


BOTH = {**BASE, **cap_of_day(3000), "steps_count": "cycle", "week_cap": 10000, "month_cap": 30000}


def test_week_is_capped_before_the_month():
    """Five yuan an hour, 30 a day, 100 a week, 300 a month; in from 8 to 16 on every working day."""
    charged, week, month = [], 0, 0
    for day in [n for n in range(2, 32) if moment(f"03-{n:02}").weekday() < 5]:
        at = moment(f"03-{day:02} 08:00")
        week *= at.weekday() > 0
        price_of_day = price(BOTH, 8, at, week_fen=week, month_fen=month)
        week, month = week + price_of_day.week_fen, month + price_of_day.fen
        charged.append(price_of_day.fen)
    of_week = [3000, 3000, 3000, 1000, 0]
    assert charged == [*of_week, *of_week, *of_week, *[0] * 7]
    assert week == 6000  # Monday and Tuesday, which the month did not charge: 40 are left from Wednesday on
    april = price(BOTH, 8, moment("04-01 08:00"), week_fen=8000)
    assert [line.values.get("amount_fen") for line in april.lines] == [10000, None]


def test_board_states_which_cap_is_first():
    check_document(BOTH)
    sentence = "先按周封顶，再按月封顶；按月免收的金额，仍计入当周的合计。"
    assert sentence in " ".join(chinese(tariffs.read_new(BOTH).rule))
    assert sentence not in " ".join(chinese(tariffs.read_new(CAPPED).rule))
