"""A cap by the day on which each cycle begins, instead of the usual one."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import PriceLine, TariffError, ambiguity
from presentation.ambiguity_sentences import sentences
from tests.effort import cases
from tests.lots.tariffs.board_cases import check_document, chinese, prices_of
from tests.lots.tariffs.board_makers import BASE, BY_DAY, cap, capped, deduct, deducted, per, seen
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI

WEEKEND = {"day_caps": [{"days": ["fri", "weekend"], "amount": 9000}]}
MALL = {**capped(6000), **WEEKEND, "steps": hourly(1000)}
DAILY = {**MALL, "cycle": BY_DAY}
EARLY = {**MALL, "cycle": {"basis": "calendar_day", "reset": "06:00"}}
MONDAY = datetime(2026, 12, 7, 10, tzinfo=SHANGHAI)


@pytest.mark.parametrize("document", [MALL, DAILY, EARLY])
def test_form_can_say_day_caps(document):
    check_document(document)


STAYS = [
    (MALL, "12-10 10:00", "12-11 12:00", 6000 + 2000),  # from Thursday; two hours of Friday's 24
    (MALL, "12-10 10:00", "12-12 10:00", 6000 + 9000),
    (MALL, "12-13 10:00", "12-15 09:00", 9000 + 6000),  # from Sunday
    (MALL, "12-07 10:00", "12-14 10:00", 4 * 6000 + 3 * 9000),  # a week
    (MALL, "12-07 10:00", "12-28 10:00", 3 * (4 * 6000 + 3 * 9000)),
    (DAILY, "12-10 20:00", "12-11 20:00", 4000 + 9000),
    (EARLY, "12-12 04:00", "12-12 20:00", 2000 + 9000),  # Saturday until 6:00 is Friday's day
    (EARLY, "12-11 04:00", "12-11 20:00", 2000 + 9000),
    ({**MALL, "long_caps": [{"cycles": 7, "amount": 30000}]}, "12-07 10:00", "12-14 10:00", 30000),
    ({**MALL, "steps": per(1, "16.5"), "sum_rounding": {"unit": 1, "how": "down"}}, *(
        "12-11 10:00", "12-13 10:00", 2 * 9000
    )),
]  # fmt: skip


@pytest.mark.parametrize(("document", "entered", "left", "fen"), STAYS)
def test_cycle_has_the_cap_of_its_first_day(document, entered, left, fen):
    assert prices_of(document, entered, left, "ordinary") == (fen, fen)


def begins_at_entry(entered, until, shift=timedelta(0)):
    """Return when the last 24 hours begin, of those from `shift` after the entry on."""
    first = entered + shift
    return first + (until - timedelta(seconds=1) - first) // timedelta(days=1) * timedelta(days=1)


HALF = timedelta(minutes=30)
LAST_CYCLE = {  # when it begins
    "entry": (MALL, begins_at_entry),
    "day": (DAILY, lambda _, until: until - timedelta(seconds=1)),
    "reset": (EARLY, lambda _, until: until - timedelta(hours=6, seconds=1)),
    "deducted": ({**MALL, **deducted(30)}, begins_at_entry),
    "after_free": (
        {**MALL, **deduct(30), "cycle_starts": "after_free"},
        lambda entered, until: begins_at_entry(entered, until, HALF),
    ),
}


LENGTHS = [
    timedelta(days=days, **beyond)
    for days in (0, 1, 3)
    for beyond in ({"minutes": 31}, {"hours": 5}, {"hours": 5, "seconds": 1})
]


@pytest.mark.parametrize("name", LAST_CYCLE)
def test_unreached_cap_is_that_of_its_day(name):
    """Entries all through a week, so that the last 24 hours also lie in two days that differ."""
    document, begins = LAST_CYCLE[name]
    tariff = tariffs.read(document)
    for entered in (MONDAY + timedelta(minutes=minute) for minute in range(0, 7 * 1440, 45)):
        for length in LENGTHS:
            stay = (entered, entered + length)
            price = tariff.price(*stay, "ordinary", place=CHINA)
            most = 9000 if begins(*stay).weekday() in (4, 5, 6) else 6000
            so_far = price.lines[-1].fen
            unreached = [PriceLine("not_capped", 0, {"amount_fen": most, "so_far_fen": so_far})]
            found = tariffs.why_not(tariff, price, *stay, "ordinary", place=CHINA)
            assert found == (unreached if so_far < most else []), stay


def test_reached_cap_of_its_day_is_no_question():
    tariff, stay = tariffs.read(MALL), (MONDAY + timedelta(days=4), MONDAY + timedelta(days=5))
    price = tariff.price(*stay, "ordinary", place=CHINA)
    assert (price.fen, tariffs.why_not(tariff, price, *stay, "ordinary", place=CHINA)) == (9000, [])


def test_cycles_of_two_visits_count_from_the_first():
    """On Friday at 11:00 the second 24 hours of a car that came on Thursday at 10:00 are an hour old."""
    reentry = {"as": "one_stay", "window": {"from": "entered", "minutes": 2880}, "gap": "charged"}
    tariff = tariffs.read({**MALL, **deducted(30), "reentry": reentry})
    thursday = MONDAY + timedelta(days=3)
    earlier = [tariffs.EarlierSession(thursday, thursday + timedelta(hours=1))]
    stay = (thursday + timedelta(hours=2), thursday + timedelta(hours=25))
    price = tariff.price(*stay, "ordinary", place=CHINA, earlier=earlier)
    [line] = tariffs.why_not(tariff, price, *stay, "ordinary", place=CHINA)
    assert line.values == {"amount_fen": 9000, "so_far_fen": 1000}


@settings(max_examples=cases(20))
@given(st.integers(0, 8 * 1440), st.integers(1, 40))
def test_long_stay_is_the_sum_of_its_days(minute, days):
    """Days that are remembered, and weeks that are priced at once, have no cap of another day."""
    tariff = tariffs.read(MALL)
    entered = MONDAY + timedelta(minutes=minute)
    starts = [entered + timedelta(days=number) for number in range(days)]
    each = [tariff.price(at, at + timedelta(days=1), "ordinary", place=CHINA).fen for at in starts]
    until = starts[-1] + timedelta(days=1)
    assert tariff.price(entered, until, "ordinary", place=CHINA).fen == sum(each)


def test_equal_costs_of_days_keep_their_caps():
    """Three free days and four capped ones cost the same in each week, and are no line of one cap."""
    lines = tariffs.read(MALL).price(MONDAY, MONDAY + timedelta(days=7), "ordinary", place=CHINA).lines
    assert [(line.values["amount_fen"], line.values["cycles"]) for line in lines] == [(6000, 4), (9000, 3)]


def test_board_states_the_other_cap():
    assert chinese(tariffs.read(MALL).rule)[1:3] == [
        "自入场起每 24 小时最高收费 ¥60。",
        "但在周五、周末开始的，每 24 小时最高收费 ¥90。",
    ]
    assert "法定节假日与平日收费相同。" not in chinese(tariffs.read(MALL).rule)


def test_class_without_caps_has_no_day_caps():
    document = {**MALL, "classes": [seen("large", caps=None)]}
    assert prices_of(document, "12-11 10:00", "12-11 22:00", "large") == (12000, 12000)


REFUSED = [
    ({**BASE, **WEEKEND}, "day_caps", "must not be there: it belongs to one cap for each cycle"),
    ({**MALL, "caps_count": "pooled"}, "day_caps", "must not be there: it belongs to one cap"),
    ({**MALL, "day_caps": [{"days": ["fri"], "amount": 999}]}, "day_caps[0].amount", "must not be below the"),
    ({**MALL, "day_caps": [{"days": ["all"], "amount": 9000}]}, "day_caps[0].days", "must not be every day"),
    (
        {**MALL, "day_caps": [{"days": [one], "amount": 9000} for one in ("workday", "restday")]},
        "day_caps",
        "must not be every day",
    ),
    (
        {**MALL, "day_caps": [{"days": [one], "amount": 9000} for one in ("weekend", "sat")]},
        "day_caps[1].days",
        "must not be a day of a cap before",
    ),
    ({**MALL, "stay_cap": 8000}, "stay_cap", "must not be below a cap"),
    (
        {**MALL, "reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "not_counted"}},
        "reentry.gap",
        "must not be not_counted",
    ),
]


@pytest.mark.parametrize(("document", "path", "reason"), REFUSED)
def test_idle_day_cap_is_refused(document, path, reason):
    with pytest.raises(TariffError) as refused:
        tariffs.read(document)
    assert (refused.value.path, refused.value.reason[: len(reason)]) == (path, reason)


def test_finding_asks_for_the_day_that_counts():
    """Thursday to Saturday: each 24 hours by its own day, or all by the day of the entry."""
    [one] = [one for one in ambiguity.find(MALL, place=CHINA) if one.axis == "day_caps"]
    with translation.override("zh-hans"):
        text = str(sentences(one))
    assert "按每个周期开始当天" in text
    assert "整次停车按入场当天" in text
    assert one.fen != one.other_fen


def test_higher_band_cap_is_reached_on_its_day():
    """A cap of a band between both caps of a cycle holds on the days of the higher one."""
    bands = [{"name": "day", "from": "08:00", "to": "20:00", "steps": hourly(1000), "cap": 8000}]
    document = {
        **MALL,
        **cap(6000),
        "cycle": DAY_FROM_ENTRY,
        "bands": bands,
        "crossing": "sum_per_band",
        "after_cycle": "begin_again",
        "steps": hourly(100),
    }
    assert prices_of(document, "12-11 08:00", "12-11 20:00", "ordinary") == (8000, 8000)
    assert prices_of(document, "12-10 08:00", "12-10 20:00", "ordinary") == (6000, 6000)
