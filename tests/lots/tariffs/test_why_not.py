"""Why a free time, a cap or an offer did not apply: one line each, and their sentences."""

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings

from lots import tariffs
from lots.tariffs.document_formats import latest
from lots.tariffs.offers import fits
from lots.tariffs.timeline import seconds_since_1970
from presentation import formatting
from tests.effort import cases
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import BAILIAN, HONGQIAO, HONGQIAO_CUMULATIVE
from tests.lots.tariffs.shared_boards import EARLY_BIRD, GOULBURN, PORTLAND
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, moment


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


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, MINUTES)
def test_explanation_costs_nothing_and_is_worded(document, entered_at, minutes):
    tariff, until = tariff_of(document), entered_at + timedelta(minutes=minutes)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    for line in tariffs.why_not(tariff, price, entered_at, until, "ordinary", place=PLACE):
        assert line.fen == 0
        assert "%(" not in formatting.line(line.values, line.code)
        assert formatting.line(line.values, line.code)


LATE_BIRD = {**EARLY_BIRD, "offers": [PORTLAND["offers"][0] | {"days": ["sat"]}]}


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("04-25 14:59", "no_offer_early"),
        ("04-25 15:00", None),
        ("04-25 19:00", None),
        ("04-25 19:01", "no_offer_exit"),
    ],
)
def test_offer_fits_up_to_its_minute(until, code):
    """From 15:00 to 19:00, for cars that came in on a Saturday."""
    tariff, stay = tariffs.read(LATE_BIRD), (moment("04-25 09:00"), moment(until))
    price = tariff.price(*stay, "ordinary", place=PLACE)
    found = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)
    assert [line.code for line in found] == ([code] if code else [])
    assert (price.lines[0].code == "offer") == (code is None)


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, MINUTES)
def test_unfit_offers_are_named(document, entered_at, minutes):
    tariff, until = tariff_of(document), entered_at + timedelta(minutes=minutes)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    start, end = (seconds_since_1970(at) for at in (entered_at, until))
    rule, kind_of = tariff.rule_for("ordinary", "", start, end, PLACE), PLACE.calendar.kind_of_ordinal
    unfit = [one.name for one in rule.offers if not fits(one, (start, end), PLACE.zone, kind_of)]
    if not price.fen or any(line.code == "free_within" for line in price.lines):
        unfit = []
    found = tariffs.why_not(tariff, price, entered_at, until, "ordinary", place=PLACE)
    assert [line.values["offer"] for line in found if line.code.startswith("no_offer")] == unfit


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


def day_of(price, **more):
    """Return a document of ¥`price` an hour, with caps or a percentage."""
    steps = [{"until_min": None, "unit_min": 60, "price": price * 100}]
    return {**latest(HONGQIAO), "steps": steps, "free": None, **more}


BY_HOUR = {key: value for key, value in day_of(10).items() if value is not None}
RISES = {"cycle": "3+", "amount": 11000, "each_later_adds": 3000}
HALF = {"percent": 50, "sum_rounding": {"unit": 1, "how": "down"}}
STAY_CAP = {"caps": None, "caps_count": None, "stay_cap": 15000}


@pytest.mark.parametrize(
    ("document", "until", "expected"),
    [
        (day_of(10, **STAY_CAP, **HALF), "04-28 10:00", []),  # at its cap, then half of it
        (day_of(10, **STAY_CAP, **HALF), "04-27 11:00", ["单次停车封顶 ¥150：已计 ¥10，未达封顶"]),
        (day_of(10, **HALF), "04-28 10:00", []),
        (day_of(2), "04-28 10:00", ["封顶 ¥60：本周期已计 ¥48，未达封顶"]),
        (day_of(2), "04-30 10:00", ["封顶 ¥110：本周期已计 ¥48，未达封顶"]),
        (day_of(2), "05-02 10:00", ["封顶 ¥110：本周期已计 ¥48，未达封顶"]),  # three equal days in one line
        (day_of(10), "04-27 16:00", []),  # exactly the cap of the first day
        (day_of(10), "04-27 15:00", ["封顶 ¥60：本周期已计 ¥50，未达封顶"]),
    ],
)
def test_cap_is_compared_before_the_sum(document, until, expected):
    document = {key: value for key, value in document.items() if value is not None}
    assert sentences(document, "04-27 10:00", until) == expected


def test_earlier_stays_count_towards_the_cap():
    back = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
    document = {
        key: value for key, value in day_of(10, **STAY_CAP, reentry=back).items() if value is not None
    }
    tariff, stay = tariffs.read(document), (moment("04-27 10:00"), moment("04-27 23:00"))
    earlier = [tariffs.EarlierSession(moment("04-27 00:00"), moment("04-27 09:00"))]
    price = tariff.price(*stay, "ordinary", place=PLACE, earlier=earlier)
    assert price.fen == 15000 - 9000
    assert tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE) == []


def test_covered_time_does_not_count():
    """A pass covers the first hour of 100 minutes: what is charged is 10 minutes beyond the free 30."""
    tariff, stay = tariffs.read(BAILIAN), (moment("04-27 10:00"), moment("04-27 11:40"))
    month = tariffs.AccessRight("month", stay[0], moment("04-27 11:00"))
    price = tariff.price(*stay, "ordinary", place=PLACE, rights=[month])
    [line] = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)[:1]
    assert (line.code, line.values["stay_minutes"], line.values["over_minutes"]) == ("not_free", 40, 10)


def test_stays_counted_together_are_explained():
    together = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
    tariff = tariffs.read({**latest(BAILIAN), "reentry": together})
    stay = (moment("04-27 10:00"), moment("04-27 10:20"))
    earlier = [tariffs.EarlierSession(moment("04-27 08:00"), moment("04-27 08:20"))]
    price = tariff.price(*stay, "ordinary", place=PLACE, earlier=earlier)
    assert price.fen > 0
    [line] = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)[:1]
    with translation.override("zh-hans"):
        text = formatting.line(line.values, line.code)
    assert text == "30 分钟免费：与此前停车合并计时已超过，不适用"


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("04-27 14:00", ["至此累计封顶 ¥60：已计 ¥30，未达封顶"]),
        ("04-28 10:00", []),  # ¥60 of 24 hours and more
        ("04-28 11:00", ["至此累计封顶 ¥80：已计 ¥65，未达封顶"]),
        ("04-30 11:00", ["至此累计封顶 ¥140：已计 ¥115，未达封顶"]),
    ],
)
def test_unreached_cumulative_cap_is_named(until, expected):
    assert sentences(latest(HONGQIAO_CUMULATIVE), "04-27 10:00", until) == expected


RISING = {"caps_count": "cumulative", "caps": [*BY_HOUR["caps"][:2], RISES]}


@pytest.mark.parametrize("caps", [{}, RISING])
def test_cap_of_the_month_ends_the_question(caps):
    """What a month leaves is no longer about the cap of a day."""
    document = {**BY_HOUR, **caps, "month_cap": 20000}
    tariff = tariffs.read(document)
    stay = (moment("04-27 10:00"), moment("04-27 13:00"))
    price = tariff.price(*stay, "ordinary", place=PLACE, month_fen=19000)
    assert (price.fen, price.lines[0].code) == (1000, "month_cap")
    assert tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE) == []
    of_day, of_month = sentences(document, "04-27 10:00", "04-27 13:00")
    assert of_day.endswith("封顶 ¥60：已计 ¥30，未达封顶" if caps else "封顶 ¥60：本周期已计 ¥30，未达封顶")
    assert of_month == "本号牌当月各次停车合计封顶 ¥200：已计 ¥30，未达封顶"


def test_cycles_after_a_turn_are_not_compared():
    turn = {"after_min": 1440, "from": "then", "rule": {"steps": [{"until_min": None, "flat": 100}]}}
    document = {**BY_HOUR, **RISING, "turn": turn, "allows_cheaper_longer": True}
    assert sentences(document, "04-27 10:00", "04-28 11:00") == []


@pytest.mark.parametrize("until", ["04-27 10:20", "04-27 10:30"])
def test_used_free_minutes_are_explained(until):
    document = {**latest(BAILIAN), "reentry": {"as": "no_free", "window": {"from": "day"}}}
    tariff, stay = tariffs.read(document), (moment("04-27 10:00"), moment(until))
    earlier = [tariffs.EarlierSession(moment("04-27 08:00"), moment("04-27 09:00"))]
    price = tariff.price(*stay, "ordinary", place=PLACE, earlier=earlier)
    line, *others = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "30 分钟免费：此前的停车已享受，不再适用"
    assert [one.code for one in others] == ["not_capped"]
