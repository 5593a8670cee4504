"""Why a free time, a cap or an offer did not apply: one line each, and their sentences."""

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings

from lots import tariffs
from lots.tariffs.document_formats import latest
from presentation import formatting
from tests.effort import cases
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import BAILIAN, HONGQIAO
from tests.lots.tariffs.test_published import PLACE, moment
from tests.lots.tariffs.test_real_boards import EARLY_BIRD, GOULBURN
from tests.lots.tariffs.test_reference import ENTRIES, MINUTES


def sentences(document, entered, until, language="zh-hans"):
    tariff = tariffs.read(document)
    stay = (moment(entered), moment(until))
    price = tariff.price(*stay, "ordinary", place=PLACE)
    found = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)
    with translation.override(language):
        return [formatting.line(line.values, line.code) for line in found]


@pytest.mark.parametrize(
    ("document", "entered", "until", "expected"),
    [
        (BAILIAN, "04-27 10:00", "04-27 10:30", []),
        (
            BAILIAN,
            "04-27 10:00",
            "04-27 10:31",
            ["30 分钟免费：停了 31 分钟，超出 1 分钟，不适用", "封顶 ¥100：本周期已计 ¥10，未达封顶"],
        ),
        (HONGQIAO, "04-27 10:00", "04-27 23:00", []),
        (HONGQIAO, "04-27 10:00", "04-28 11:00", ["封顶 ¥80：本周期已计 ¥10，未达封顶"]),
        (EARLY_BIRD, "04-27 09:00", "04-27 17:00", []),
        (EARLY_BIRD, "04-27 09:00", "04-27 18:01", ["优惠价 ¥20：离场时间超过规定，不适用"]),
        (EARLY_BIRD, "04-27 10:00", "04-27 17:00", ["优惠价 ¥20：入场时间不在适用时段内，不适用"]),
        (
            GOULBURN,
            "05-07 18:00",
            "05-07 19:00",
            [
                "优惠价 ¥10：入场当日不在适用日期内，不适用",
                "优惠价 ¥10：入场当日不在适用日期内，不适用",
                "优惠价 ¥15：入场时间不在适用时段内，不适用",
            ],
        ),
    ],
)
def test_missing_advantage_is_explained(document, entered, until, expected):
    assert sentences(document, entered, until) == expected
    for language in ("zh-hant", "en"):
        assert len(sentences(document, entered, until, language)) == len(expected)


@settings(max_examples=cases(50), deadline=None)
@given(documents(), ENTRIES, MINUTES)
def test_explanation_costs_nothing_and_is_worded(document, entered_at, minutes):
    tariff, until = tariff_of(document), entered_at + timedelta(minutes=minutes)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    for line in tariffs.why_not(tariff, price, entered_at, until, "ordinary", place=PLACE):
        assert line.fen == 0
        assert "%(" not in formatting.line(line.values, line.code)
        assert formatting.line(line.values, line.code)


def test_driver_page_keeps_minutes_to_itself():
    """Anyone can type a plate: the exact length of the stay would tell when the car came in."""
    with translation.override("zh-hans"):
        text = formatting.line({"minutes": 30, "stay_minutes": 31, "over_minutes": 1}, "not_free_longer")
    assert text == "30 分钟免费：停车已超过，不适用"


WINTER = {"name": "off_peak", "dates": ["11-01/03-31"], "rule": {"free": None}}


@pytest.mark.parametrize(
    ("change", "entered", "until", "expected"),
    [
        ({"seasons": [WINTER]}, "12-01 10:00", "12-01 11:00", ["封顶 ¥100：本周期已计 ¥10，未达封顶"]),
        (
            {"caps": None, "caps_count": None, "stay_cap": 5000},
            "04-27 10:00",
            "04-27 10:31",
            ["30 分钟免费：停了 31 分钟，超出 1 分钟，不适用", "单次停车封顶 ¥50：已计 ¥10，未达封顶"],
        ),
    ],
)
def test_reasons_follow_the_rule_of_the_stay(change, entered, until, expected):
    document = {key: value for key, value in {**latest(BAILIAN), **change}.items() if value is not None}
    assert sentences(document, entered, until) == expected


def test_used_free_minutes_are_explained():
    document = {**latest(BAILIAN), "reentry": {"as": "no_free", "window": {"from": "day"}}}
    tariff, stay = tariffs.read(document), (moment("04-27 10:00"), moment("04-27 10:20"))
    earlier = [tariffs.EarlierStay(moment("04-27 08:00"), moment("04-27 09:00"))]
    price = tariff.price(*stay, "ordinary", place=PLACE, earlier=earlier)
    [line] = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)[:1]
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "30 分钟免费：此前的停车已享受，不再适用"
