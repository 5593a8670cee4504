"""What a board says is what is charged: its Chinese sentences alone give the engine's price."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings

from lots import tariffs
from lots.tariffs.charging_rules import AfterCycle
from lots.tariffs.day_kinds import kinds_of
from lots.tariffs.presets import PRESETS
from presentation import board_sentences, price_board
from presentation.formatting import on_days
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import chinese
from tests.lots.tariffs.clause_cases import check_paths
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.published import PUBLISHED
from tests.lots.tariffs.shared_boards import AGAIN, UNDERGROUND
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, SHANGHAI

BASE = {
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
    "steps_count": "stay",
    "cycle": {"basis": "none"},
    "after_exit_window": "recomputed",
}


def from_board(sentences, entered_at, minutes):
    board = board_reader.read(sentences)
    return board_reader.price(board, entered_at, entered_at + timedelta(minutes=minutes), SHANGHAI, CALENDAR)


def charged(tariff, entered_at, minutes):
    until = entered_at + timedelta(minutes=minutes)
    return tariff.price(entered_at, until, "ordinary", place=PLACE).fen


@settings(max_examples=cases(120))
@given(documents(), ENTRIES, MINUTES)
def test_board_alone_gives_the_price(document, entered_at, minutes):
    tariff = tariff_of(document)
    sentences = chinese(tariff.rule)
    assert from_board(sentences, entered_at, minutes) == charged(tariff, entered_at, minutes), sentences


DOCUMENTS = [*PUBLISHED.values(), UNDERGROUND, AGAIN, *PRESETS.values()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_published_boards_give_the_price(document):
    tariff = tariffs.read(document)
    for rule in (tariff.rule, *(one.rule for one in tariff.classes if one.rule)):
        one = replace(tariff, rule=rule, classes=(), seasons=())
        sentences = chinese(rule)
        for day, hour, minutes in ((0, 10, 200), (2, 20, 700), (4, 21, 3000), (8, 9, 2000)):
            entered_at = datetime(2026, 4, 27, hour, tzinfo=UTC) + timedelta(days=day)
            assert from_board(sentences, entered_at, minutes) == charged(one, entered_at, minutes), sentences


def disagreements(sentences, tariff):
    entries = [datetime(2026, 4, 27, hour, 16, tzinfo=UTC) for hour in (3, 13)]
    stays = [(entered_at, minutes) for entered_at in entries for minutes in range(20, 4000, 170)]
    return [stay for stay in stays if from_board(sentences, *stay) != charged(tariff, *stay)]


def test_planted_engine_disagreement_is_found():
    """The fault that this reader was written for: a board that begins again, an engine that runs on."""
    tariff = tariffs.read(AGAIN)
    sentences = chinese(tariff.rule)
    assert not disagreements(sentences, tariff)
    wrong = replace(tariff, rule=replace(tariff.rule, after_cycle=AfterCycle.RUN_ON))
    assert disagreements(sentences, wrong)


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("bands_begin_again", "bands_run_on_with_steps"),
        ("steps_again_in_band", "steps_over_bands"),
        ("started", "full"),
        ("free_within", "free_deducted"),
    ],
)
def test_planted_sentence_disagreement_is_found(monkeypatch, code, other):
    tariff = tariffs.read(AGAIN)
    monkeypatch.setitem(board_sentences.SENTENCES, code, board_sentences.SENTENCES[other])
    assert disagreements(chinese(tariff.rule), tariff)


FIRST_HOURS = [{"until_min": 60, "flat": 800}, {"until_min": None, "unit_min": 60, "price": 500}]
RUNNING_ON = {  # a first hour that began by day is charged by day up to its end
    **BASE,
    "steps": FIRST_HOURS,
    "bands": [
        {
            "name": "night",
            "from": "22:00",
            "to": "08:00",
            "steps": [{"until_min": 60, "flat": 400}, {"until_min": None, "unit_min": 60, "price": 300}],
        }
    ],
    "crossing": "unit_start",
}


def test_board_says_that_amounts_run_on(monkeypatch):
    """Without the words on amounts, half an hour by day and half by night would be both first hours."""
    tariff = tariffs.read_new(RUNNING_ON)
    stay = (datetime(2026, 4, 27, 13, 30, tzinfo=UTC), 60)
    assert from_board(chinese(tariff.rule), *stay) == charged(tariff, *stay) == 800
    monkeypatch.setitem(
        board_sentences.SENTENCES, "unit_start_amounts", board_sentences.SENTENCES["unit_start"]
    )
    assert from_board(chinese(tariff.rule), *stay) == 1200


def test_units_that_run_on_keep_their_sentence():
    """Amounts without an end belong to their period, so only units run on."""
    night = {"name": "night", "from": "22:00", "to": "08:00", "flat": 1000}
    document = {**BASE, "bands": [night], "crossing": "unit_start"}
    assert "计时单位跨时段的，按开始时所在时段收费。" in chinese(tariffs.read_new(document).rule)


def test_board_says_that_free_minutes_count():
    """Free minutes are “not counted”: the board states whether those of a later day count for the steps."""
    document = {
        **BASE,
        "steps": [{"until_min": 1440, "unit_min": 60, "price": 500}, *FIRST_HOURS[1:]],
        "free": {"minutes": 60, "mode": "deduct", "repeat": "each_cycle"},
        "cycle": {"basis": "from_entry", "hours": 24},
    }
    sentences = chinese(tariffs.read_new(document).rule)
    counts = "再次享受的免费时长，计入分段价格的时间。"
    assert counts in sentences
    sentences.remove(counts)
    with pytest.raises(AssertionError, match="left open"):
        board_reader.read(sentences)


@pytest.mark.parametrize(
    "change",
    [
        {"free": {"minutes": 60, "mode": "threshold", "repeat": "each_cycle"}},  # such a day ends the stay
        {"steps_count": "cycle"},
        {"steps": FIRST_HOURS[1:]},
    ],
)
def test_free_minutes_are_named_only_with_steps(change):
    document = {
        **BASE,
        "steps": FIRST_HOURS,
        "free": {"minutes": 60, "mode": "deduct", "repeat": "each_cycle"},
        "cycle": {"basis": "from_entry", "hours": 24},
        **change,
    }
    assert not any("计入分段价格" in one for one in chinese(tariffs.read_new(document).rule))


@pytest.mark.parametrize(
    ("minutes", "chinese_words", "english_words"),
    [
        (1, "每分钟 ¥1。", "¥1 per minute."),
        (60, "每小时 ¥1。", "¥1 per hour."),
        (120, "每 2 小时 ¥1。", "¥1 per 2 hours."),
    ],
)
def test_price_per_unit_reads_as_no_fraction(minutes, chinese_words, english_words):
    document = {**BASE, "steps": [{"until_min": None, "unit_min": minutes, "price": 100}]}
    rule = tariffs.read_new(document).rule
    assert chinese(rule)[0] == chinese_words
    with translation.override("en"):
        assert price_board.rule_board(rule)[0] == english_words


def test_part_of_a_fen_is_a_price():
    """Units of half a fen end at midnight, and the board says so: 2 by day, and 1 after it."""
    half = [{"until_min": None, "unit_min": 60, "price": "0.5"}]
    cycle = {"basis": "calendar_day", "reset": "00:00"}
    document = {**BASE, "steps": half, "cycle": cycle, "sum_rounding": {"unit": 1, "how": "up"}}
    sentences = chinese(tariffs.read_new(document).rule)
    assert "每天 00:00 计时单位截止，重新起算。" in sentences
    assert from_board(sentences, datetime(2026, 4, 27, 14, 30, tzinfo=UTC), 110) == 2


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["mon", "tue", "wed", "thu"], "周一至周四"),
        (["mon", "tue", "sat"], "周一、周二、周六"),
        (["tue", "wed", "thu", "weekend"], "周二至周四、周末"),
        (["fri", "sat", "sun"], "周五、周末"),
    ],
)
def test_days_in_a_row_are_a_range(days, words):
    with translation.override("zh-hans"):
        shown = on_days(kinds_of(days), "")
    assert shown == words
    assert board_reader.days_named(shown) == kinds_of(days)


def test_board_of_other_times_is_labelled():
    """What holds outside all bands comes after them, under a heading of its own."""
    night = {"name": "night", "from": "22:00", "to": "08:00", "flat": 1000}
    document = {**BASE, "bands": [night], "crossing": "sum_per_band"}
    assert chinese(tariffs.read_new(document).rule) == [
        "夜间 22:00–08:00：每次 ¥10。",
        "其余时间：每小时 ¥5。",
        "不足一个计时单位的，按一个计时单位收费。",
        "跨时段停放，各时段分别计费后相加。",
        "法定节假日与平日收费相同。",
    ]


@pytest.mark.parametrize(
    ("minutes", "cycle", "is_named"),
    [
        (60, {"basis": "from_entry", "hours": 24}, False),
        (50, {"basis": "from_entry", "hours": 24}, True),  # the last unit is cut short
        (60, {"basis": "calendar_day", "reset": "00:00"}, True),
        (50, {"basis": "none"}, False),
    ],
)
def test_cycle_is_named_where_it_matters(minutes, cycle, is_named):
    steps = [{"until_min": None, "unit_min": minutes, "price": 500}]
    board = chinese(tariffs.read_new({**BASE, "steps": steps, "cycle": cycle}).rule)
    assert any("计时单位截止" in sentence for sentence in board) == is_named


def test_flat_board_names_no_units():
    """Nothing is charged by units, and a free day has no price at all."""
    for steps, first in (({"flat": 1000}, "每次 ¥10。"), ({"flat": 0}, "免费停放。")):
        document = {**BASE, "steps": [{"until_min": None, **steps}]}
        assert chinese(tariffs.read_new(document).rule) == [first, "法定节假日与平日收费相同。"]


def test_foreign_board_names_no_state_council():
    band = {"name": "day", "from": "08:00", "to": "20:00", "days": ["workday"], "flat": 1000}
    document = {**BASE, "bands": [band], "crossing": "sum_per_band", "band_days": "moment"}
    rule = tariffs.read_new(document).rule
    with translation.override("zh-hans"):
        boards = [price_board.rule_board(rule, tariffs.CURRENCIES[code]) for code in ("CNY", "HKD")]
    assert boards[0][-1] == "法定节假日及调休上班日以国务院公布的安排为准，当天不再按星期几或周末计费。"
    assert boards[1][-1] == "公众假期以当地公布的安排为准，当天不再按星期几或周末计费。"


def test_unknown_sentence_is_an_error():
    with pytest.raises(AssertionError, match="unknown"):
        board_reader.read(["停车请联系保安。"])


@given(documents())
@settings(max_examples=cases(40))
def test_clause_has_sentence_per_language(document):
    rule = tariff_of(document).rule
    clauses = price_board.rule_clauses(rule)
    assert len({(one.code, one.path, one.band) for one in clauses}) == len(clauses)
    for language in ("zh-hans", "zh-hant", "en"):
        with translation.override(language):
            sentences = [board_sentences.sentence(one) for one in clauses]
        assert all(sentences)
        assert not [one for one in sentences if "%(" in one]


@given(documents())
@settings(max_examples=cases(40))
def test_each_clause_names_its_part(document):
    check_paths(document, tariff_of(document).rule)


@pytest.mark.parametrize("code", board_sentences.SENTENCES)
def test_each_sentence_is_translated(code):
    with translation.override("en"):
        english = str(board_sentences.SENTENCES[code])
    for language in ("zh-hans", "zh-hant"):
        with translation.override(language):
            assert str(board_sentences.SENTENCES[code]) != english
