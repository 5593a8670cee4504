"""The price board and the privacy notice of a lot, and the words they are made of."""

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from driver import privacy_page
from lots import tariffs
from presentation import formatting, rule_line
from tests.driver.conftest import text
from tests.factories import TARIFF, make_lot
from tests.lots.tariffs.published import BAILIAN, DAY_FROM_ENTRY, NO_CYCLE
from tests.lots.tariffs.shared_boards import DAYS_OFF, EXPO, LATER, LIBRARY, SHARED

STEPS = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 30, "price": 550},
    ],
    "cycle": {"basis": "from_entry", "hours": 24},
    "exempt": [],
}
PLAIN = {key: value for key, value in TARIFF.items() if key not in ("caps", "caps_count")} | {"format": 3}
FINE = {
    **PLAIN,
    "steps": [{"until_min": None, "unit_min": 1, "price": "3.5"}],
    "percent": 50,
    "sum_rounding": {"unit": 1, "how": "down"},
}
RISING_DAYS = {
    **TARIFF,
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "caps": [{"cycle": 1, "amount": 3000}, {"cycle": "2+", "amount": 4000}],
}
STEPPED_NIGHT = {
    **STEPS,
    "steps": TARIFF["steps"],
    "bands": [
        {
            "name": "night",
            "from": "21:00",
            "to": "07:00",
            "steps": [
                {"until_min": 60, "unit_min": 60, "price": 300},
                {"until_min": None, "unit_min": 60, "price": 200},
            ],
        }
    ],
    "crossing": "sum_per_band",
}


def test_price_board_shows_required_facts(mall):
    page = text(mall.get("/lot/pujiang/tariff"))
    for sentence in (
        "不超过 15 分钟免费",
        "每小时 ¥5",
        "自入场起每 24 小时最高收费 ¥40",
        "按一个计时单位收费",
    ):
        assert sentence in page
    for fact in (
        "上海浦江商业管理有限公司",
        "浦江路 100 号",
        "12345 / 12315",
        "15 分钟内离场",
    ):
        assert fact in page
    assert "<td>16 分钟</td><td>¥5.00</td>" in page


def test_examples_show_entry_time_when_relevant(mall):
    assert "入场为例" not in text(mall.get("/lot/pujiang/tariff"))
    make_lot(slug="cheap-nights", tariff=BAILIAN)
    page = text(mall.get("/lot/cheap-nights/tariff/hant"))
    assert "以週一（非法定節假日）入場為例" in page
    assert "20:00 入場</th>" in page
    assert "夜間 21:00–07:00：每小時 ¥5" in page


def test_board_of_entry_hours_has_its_examples(mall):
    """¥5 an hour; who enters from 20:00 on pays ¥3 an hour, and so does the example of that hour."""
    make_lot(slug="late-entry", tariff=LATE_ENTRY)
    page = text(mall.get("/lot/late-entry/tariff"))
    for shown in ("按入场时间 <small>入场时间：20:00–06:00</small>", "以 20:00 入场为例：", "每小时 ¥3。"):
        assert shown in page
    assert "<td>2 小时</td><td>¥10.00</td><td>¥6.00</td>" in page
    assert "入场时间另有标准的，整次停车按该标准收费。" in page


def test_price_board_date_stays_in_one_line(mall):
    page = text(mall.get("/lot/pujiang/tariff"))
    assert '<span class="day">2020-01-01</span> 08:00 起入场' in page
    assert ".day{white-space:nowrap}" in page


def test_missing_tariff_points_to_entrance_board(mall):
    mall.lot.tariffs.all().delete()
    assert "入口处的公示牌" in text(mall.get("/lot/pujiang/tariff"))
    assert "收费标准" not in text(mall.get(f"/p/{mall.pure.code}"))


def test_privacy_notice_shows_required_facts(mall):
    page = text(mall.get("/lot/pujiang/privacy"))
    for fact in ("只用车牌查本次停车费", "24 小时清除", "privacy@example.cn", "上海浦江商业管理有限公司"):
        assert fact in page


def test_privacy_notice_shows_sections(mall, monkeypatch):
    section = privacy_page.PrivacySection("Stored fields", ("All of them.",), (("Plate", "fee", "24 h"),))
    monkeypatch.setattr(privacy_page, "_sections", lambda lot: [section])
    page = text(mall.get("/lot/pujiang/privacy"))
    assert "Stored fields" in page
    assert "<td>Plate</td>" in page


@pytest.mark.parametrize("page", ["tariff", "privacy"])
def test_unknown_lot_pages_return_404(mall, page):
    assert mall.get(f"/lot/nowhere/{page}").status_code == 404


@pytest.mark.parametrize("page", ["tariff", "privacy"])
@pytest.mark.parametrize(("end", "tag"), [("", "zh-Hans"), ("/hant", "zh-Hant"), ("/en", "en")])
def test_public_pages_are_translated_and_cached(mall, page, end, tag):
    answer = mall.get(f"/lot/pujiang/{page}{end}")
    assert f'lang="{tag}"' in text(answer)
    assert answer["Cache-Control"] == "private, no-cache"
    assert mall.get(f"/lot/pujiang/{page}{end}", if_none_match=answer["ETag"]).status_code == 304


OVER_NIGHT = {
    **TARIFF,
    "format": 3,
    "overnight": {"at": "00:00", "amount": 1000, "nights": "each"},
    "seasons": [{"name": "peak", "holidays": ["national_day"], "rule": {"caps": None}}],
}


DAILY = [{"until_min": None, "unit_min": 1440, "price": 1500}]
LATE_ENTRY = {
    **TARIFF,
    "format": 3,
    "seasons": [
        {
            "name": "late",
            "enters": {"from": "20:00", "to": "06:00"},
            "rule": {"steps": [{"until_min": None, "unit_min": 60, "price": 300}]},
        }
    ],
}


def with_amounts(first):
    document = {key: value for key, value in TARIFF.items() if key not in {"free", "caps", "caps_count"}}
    return {**document, "steps": [first, {"until_min": None, "flat": 300}]}


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (TARIFF, "15 分钟内免费，每小时 ¥5，24 小时封顶 ¥40"),
        (STEPS, "前 1 小时 ¥10，之后每 30 分钟 ¥5.50"),
        (with_amounts({"until_min": 60, "flat": 300}), "前 1 小时 ¥3，之后共 ¥6"),
        (
            with_amounts({"until_min": 60, "unit_min": 30, "price": 300}),
            "前 1 小时每 30 分钟 ¥3，之后另收 ¥3",
        ),
        (FINE, "15 分钟内免费，每分钟 ¥0.035，按合计金额的 50% 收取"),
        (RISING_DAYS, "15 分钟内免费，每小时 ¥5，有封顶"),
        (STEPPED_NIGHT, "每小时 ¥5；21:00–07:00 前 1 小时 ¥3，之后每小时 ¥2"),
        (EXPO, "每天 ¥40"),
        ({**EXPO, "cycle": DAY_FROM_ENTRY}, "每 24 小时 ¥40"),
        ({**EXPO, "steps_count": "stay"}, "每天 ¥40"),
        ({**EXPO, "steps_count": "stay", "cycle": NO_CYCLE}, "每次 ¥40"),
        (LIBRARY, "每小时 ¥5；周末及法定节假日 每天 ¥10"),
        (DAYS_OFF, "工作日 每小时 ¥10、每天最高 ¥60；周末及法定节假日 每小时 ¥15、每天最高 ¥100"),
        (LATER, "每小时 ¥4，超过 24 小时另有标准"),
        (
            {**LATER, "turn": {"after_min": 43200, "from": "then", "rule": {"steps": DAILY}}},
            "每小时 ¥4，超过 30 天（720 小时）另有标准",
        ),
        (SHARED, "每小时 ¥4，部分时间入场另有标准"),
        (LATE_ENTRY, "15 分钟内免费，每小时 ¥5，24 小时封顶 ¥40，部分时间入场另有标准"),
        (OVER_NIGHT, "15 分钟内免费，每小时 ¥5，24 小时封顶 ¥40，过夜加收 ¥10，部分日期另有标准"),
    ],
)
def test_price_rule_fits_one_line(document, line):
    with translation.override("zh-hans"):
        assert rule_line.rule_line(tariffs.read(document)) == line


@pytest.mark.parametrize(
    ("fen", "long", "short"), [(800, "8.00", "8"), (5, "0.05", "0.05"), (850, "8.50", "8.50")]
)
def test_fen_are_formatted_as_yuan(fen, long, short):
    assert (formatting.yuan(fen), formatting.short_yuan(fen)) == (long, short)


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        ("free_deducted", {"minutes": 30}, "免费 30 分钟，不计费"),
        ("cycles", {"cycles": 2, "hours": 24, "cycle_fen": 4000}, "2 个 24 小时，每个 ¥40"),
        ("cap", {"cycle": 1, "cycles": 1, "hours": 24, "amount_fen": 4000}, "24 小时封顶 ¥40"),
        ("nonsense", {}, ""),
    ],
)
def test_price_line_codes_have_sentences(code, values, sentence):
    with translation.override("zh-hans"):
        assert formatting.line(values, code) == sentence


@pytest.mark.parametrize("name", ["zh_Hans", "zh_Hant"])
def test_translations_are_complete_and_compiled(name, tmp_path):
    folder = Path(settings.LOCALE_PATHS[0]) / name / "LC_MESSAGES"
    source = (folder / "django.po").read_text(encoding="utf-8")
    entries = source.split("\n\n")[1:]
    assert not [entry for entry in entries if 'msgstr ""' in entry or "fuzzy" in entry]
    with (folder / "django.mo").open("rb") as compiled:
        catalog = gettext.GNUTranslations(compiled)
    assert len([key for key in catalog._catalog if key]) >= len(entries)


NOT_TRADITIONAL = re.compile(  # say 回應 登入 標識牌 辨識 網路 撥打 and so on
    "響應|登錄|標示牌|識別|網絡|腳本|致電|刷新|賬|裏|臺|攝像機|開具|密鑰|批量|免費時數|享受|個人資訊|抬杆|升桿"
    "|手機號(?!碼)|(?:停車|繳費|支付|辨識|操作)記錄"
)


@pytest.mark.parametrize("folder", ["locale", "members/locale"])
def test_traditional_has_one_word_each(folder):
    source = settings.BASE_DIR / folder / "zh_Hant" / "LC_MESSAGES" / "django.po"
    texts = re.findall(r'^msgstr "(.+)"$', source.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(texts) > 100
    assert [text for text in texts if NOT_TRADITIONAL.search(text)] == []
