"""A tariff and a price in the words of the driver's pages, in every language."""

import pytest
from django.utils import translation

from lots import tariffs
from presentation import board_examples, formatting, price_board, rule_line
from tests.lots.tariffs.clause_cases import right
from tests.lots.tariffs.published import (
    APPROVAL_2020,
    BAIGUAN,
    BAILIAN,
    HONGQIAO,
    HONGQIAO_CUMULATIVE,
    PANYU,
    PUBLISHED,
    SHEUNG_SHUI,
    STATION,
    hourly,
)
from tests.lots.tariffs.stay_times import PLACE, moment

LANGUAGES = ["zh-hans", "zh-hant", "en"]
WHOLE_SATURDAY = {
    **SHEUNG_SHUI,
    "steps": hourly(1000),
    "bands": [{"name": "day", "from": "00:00", "to": "24:00", "days": ["sat"], "steps": hourly(800)}],
}


def price_sentences(document, entered, until, **more):
    price = tariffs.read(document).price(moment(entered), moment(until), "ordinary", place=PLACE, **more)
    return [formatting.line(line.values, line.code) for line in price.lines]


@pytest.mark.parametrize(
    ("document", "entered", "until", "expected"),
    [
        (
            BAILIAN,
            "04-27 20:00",
            "04-27 23:10",
            ["每小时 10 元，共 1 小时", "夜间 21:00–07:00：每小时 5 元，共 3 小时"],
        ),
        (
            BAILIAN,
            "04-27 20:00",
            "04-28 06:00",
            [
                "每小时 10 元，共 1 小时",
                "夜间 21:00–07:00：每小时 5 元，共 3 小时",
                "夜间 21:00–07:00：封顶 ¥30，此前已计 ¥15",
            ],
        ),
        (PANYU, "04-27 19:00", "04-28 08:00", ["夜间 19:00–08:00：封顶 ¥10"]),
        (
            STATION,
            "04-27 20:00",
            "04-28 09:00",
            [
                "前 9 小时每小时 10 元，共 3 小时",
                "夜间 23:00–07:00：每次 ¥50 × 1",
                "9 小时后每小时 5 元，共 2 小时",
            ],
        ),
        (BAIGUAN, "05-01 10:00", "05-01 11:00", ["免费"]),
        (BAILIAN, "04-27 07:00", "04-28 00:00", ["当日封顶 ¥100"]),
        # a weekend's hours and a working day's, and the second of two different caps, tell themselves apart
        (
            SHEUNG_SHUI,
            "04-30 22:00",
            "05-01 02:00",
            ["工作日：每小时 24 元，共 2 小时", "周末及法定节假日：每小时 27 元，共 2 小时"],
        ),
        (HONGQIAO, "04-27 12:00", "04-29 12:00", ["24 小时封顶 ¥60", "第 2 个 24 小时封顶 ¥80"]),
        (
            HONGQIAO_CUMULATIVE,
            "04-27 12:00",
            "04-29 12:00",
            ["封顶：至此累计最高 ¥60", "封顶：至此累计最高 ¥80"],
        ),
        (APPROVAL_2020, "04-27 18:30", "04-27 20:30", ["前 2 小时 ¥3 × 1"]),
    ],
)
def test_price_lines_explain_the_fee(document, entered, until, expected):
    with translation.override("zh-hans"):
        assert price_sentences(document, entered, until) == expected


def test_cumulative_steps_do_not_restart():
    with translation.override("zh-hans"):
        run_on, again = (
            price_board.price_board(tariffs.read(document)) for document in (HONGQIAO_CUMULATIVE, HONGQIAO)
        )
    assert "分段价格按整次停车连续计算。" in run_on
    assert "每满 24 小时，重新开始计费。" not in run_on
    assert "每满 24 小时，重新开始计费。" in again


def test_equal_days_are_merged_with_count():
    hourly = PUBLISHED["4"]
    with translation.override("zh-hans"):
        assert price_sentences(hourly, "04-27 10:00", "04-29 11:00") == [
            "每小时 15 元，共 24 小时 × 2",
            "每小时 15 元，共 1 小时",
        ]


def test_price_line_names_monthly_pass():
    rights = [right("04-27 08:00", "04-27 10:00")]
    with translation.override("zh-hans"):
        found = price_sentences(PUBLISHED["4"], "04-27 08:00", "04-27 11:00", rights=rights)
    assert found == ["月卡抵扣 2 小时", "每小时 15 元，共 1 小时"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", PUBLISHED)
def test_published_tariff_lines_are_worded(language, number):
    with translation.override(language):
        for until in ("04-27 10:05", "04-27 23:30", "04-29 13:00", "05-04 09:00"):
            for sentence in price_sentences(PUBLISHED[number], "04-27 10:00", until):
                assert sentence
                assert "%(" not in sentence


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        ("earlier_stays", {"stays": 1}, "前次停车已计费"),
        ("settled", {"paid_fen": 500}, "已结清，不再计收"),
        ("over_max_stay", {"minutes": 4320}, "已超过最长停放时间 72 小时"),
        ("calendar_unknown", {"year": 2031}, "2031 年节假日安排尚未公布，暂按一般周末计费。"),
        ("stay_cap", {"amount_fen": 50000}, "本次停车最高收费 ¥500"),
        ("total", {"flat_fen": 2500, "units": 1, "after_minutes": 0}, "至此共收 ¥25"),
        ("total", {"flat_fen": 2500, "units": 1, "after_minutes": 180}, "超过 3 小时，至此共收 ¥25"),
        ("flat", {"flat_fen": 300, "units": 1, "after_minutes": 120}, "2 小时后 ¥3 × 1"),
    ],
)
def test_rare_price_lines_are_worded(code, values, sentence):
    with translation.override("zh-hans"):
        assert formatting.line(values, code) == sentence


def test_negative_amounts_use_minus_sign():
    assert (formatting.yuan(-550), formatting.yuan(-5)) == ("−5.50", "−0.05")


@pytest.mark.parametrize(
    ("document", "sentences", "line"),
    [
        (
            BAILIAN,
            [
                "停车不超过 30 分钟免费；超过的，从入场时起计费。",
                "其余时间：每小时 ¥10。",
                "夜间 21:00–07:00：每小时 ¥5。 最高 ¥30。",
                "每个自然日最高收费 ¥100。",
                "跨时段停放，各时段分别计费后相加。",
                "每天 00:00 重新计费。",
            ],
            "30 分钟内免费；每小时 ¥10；21:00–07:00 每小时 ¥5、最高 ¥30；每天封顶 ¥100",
        ),
        (
            HONGQIAO,
            [
                "前 2 小时：每小时 ¥10。",
                "2 小时之后：每小时 ¥5。",
                "第 1 个 24 小时最高收费 ¥60。",
                "第 3 个 24 小时及以后，每个最高收费 ¥110。",
            ],
            "前 2 小时每小时 ¥10，之后每小时 ¥5，首个 24 小时封顶 ¥60",
        ),
        (
            HONGQIAO_CUMULATIVE,
            ["至第 2 个 24 小时结束，累计最高收费 ¥80。", "其后每个周期最多再收 ¥30。"],
            "前 2 小时每小时 ¥10，之后每小时 ¥5，首个 24 小时封顶 ¥60",
        ),
        (
            SHEUNG_SHUI,
            [
                "工作日：每小时 ¥24。",
                "周末及法定节假日：每小时 ¥27。",
                "计时单位跨时段的，按开始时所在时段收费。",
            ],
            "工作日 每小时 ¥24；周末及法定节假日 每小时 ¥27",
        ),
        (
            BAIGUAN,
            ["工作日 日间 08:00–20:00：每小时 ¥5。", "其余时间免费。"],
            "15 分钟内免费；工作日 08:00–20:00 每小时 ¥5；其余时间免费",
        ),
        (
            WHOLE_SATURDAY,
            ["周六：每小时 ¥8。"],
            "每小时 ¥10；周六 每小时 ¥8",
        ),
    ],
)
def test_board_states_bands_days_caps(document, sentences, line):
    tariff = tariffs.read(document)
    with translation.override("zh-hans"):
        board = price_board.price_board(tariff)
        assert [sentence for sentence in sentences if sentence not in board] == []
        assert rule_line.rule_line(tariff).startswith(line)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", PUBLISHED)
def test_published_boards_render_in_every_language(language, number):
    tariff = tariffs.read(PUBLISHED[number])
    with translation.override(language):
        found = [*price_board.price_board(tariff), rule_line.rule_line(tariff)]
        examples = board_examples.worked_examples(tariff, PLACE)
    assert all(found)
    assert not [sentence for sentence in found if "%(" in sentence]
    assert len(examples) >= 3
