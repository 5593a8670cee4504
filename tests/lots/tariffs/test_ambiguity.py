"""What can be read in two ways: which axes, the shortest stay, both prices, how often and how much."""

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import assume, given, settings

from lots import tariffs
from lots.tariffs import Place, Tariff, TariffError, ambiguity
from lots.tariffs.ambiguity import ENTRIES, LENGTHS, MOST_PRICED, find
from lots.tariffs.readings import AXES as ASKED
from lots.tariffs.readings import other_readings, plain, with_other_answer
from presentation.ambiguity_sentences import AXES, READINGS, sentences
from tests.effort import cases
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import (
    APPROVAL_2020,
    BAILIAN,
    HONGQIAO,
    HONGQIAO_CUMULATIVE,
    NANNING,
    NANNING_BEFORE,
    NO_CYCLE,
    OTHERS,
    PANYU,
    PUBLISHED,
    SHEUNG_SHUI,
    STATION_AGAIN,
    hourly,
    simple,
)
from tests.lots.tariffs.shared_boards import REMAINDER, STREET

FLAT = {**OTHERS, "cycle": NO_CYCLE, "steps_count": "stay", "steps": hourly(1000)}
FIRST_HOUR = {  # the first hour is the whole of the first step
    **FLAT,
    "format": 3,
    "steps": [{"until_min": 60, "unit_min": 60, "price": 1000}, *hourly(500)],
    "tail_min": 15,
}
ONE_STAY = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "free"}
TICKET = {
    **simple(400),
    "steps": [{"until_min": 300, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 2500}],
    "allows_cheaper_longer": True,
}
QUARTERS = {  # ¥2 for each quarter of an hour, at most ¥60 a calendar day; in RUN_ON none ends at midnight
    **FLAT,
    "format": 3,
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "steps_count": "cycle",
    "steps": [{"until_min": None, "unit_min": 15, "price": 200}],
    "caps": [{"cycle": "each", "amount": 6000}],
    "caps_count": "per_cycle",
}
RUN_ON = with_other_answer(QUARTERS, "day_units")
EARLY_BIRD = {  # ¥10 an hour; in from 6 to 10 o'clock and out by 18: ¥30
    **FLAT,
    "format": 3,
    "offers": [
        {
            "name": "early_bird",
            "enters": {"from": "06:00", "to": "10:00"},
            "leaves": {"by": "18:00", "day": "same"},
            "flat": 3000,
        }
    ],
    "allows_cheaper_longer": True,
}
AT_MOST = with_other_answer(EARLY_BIRD, "offer_amount")
CAPPED_NIGHT = {  # ¥10 an hour, nights at most ¥20
    **FLAT,
    "format": 3,
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "steps": hourly(1000), "cap": 2000}],
    "crossing": "sum_per_band",
}
FLAT_NIGHT = {  # ¥10 an hour, nights ¥5 each
    **CAPPED_NIGHT,
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "flat": 500}],
}
BEGIN_HOURS = [{"until_min": 60, "unit_min": 60, "price": 2000}, *hourly(1000)]


def by_axis(document, **how):
    return {one.axis: one for one in find(document, **how)}


@pytest.mark.parametrize(
    ("document", "axis", "ours", "other", "minutes", "prices"),
    [
        (HONGQIAO, "caps", "per_cycle", "cumulative", 1441, (7000, 6500)),
        (HONGQIAO_CUMULATIVE, "caps", "cumulative", "per_cycle", 1441, (6500, 7000)),
        (HONGQIAO, "steps_after_cycle", "steps_begin_again", "steps_run_on", 1441, (7000, 6500)),
        (HONGQIAO_CUMULATIVE, "steps_after_cycle", "steps_run_on", "steps_begin_again", 1441, (6500, 7000)),
        (HONGQIAO, "cycle", "from_entry", "calendar_day", 141, (2500, 3500)),
        (BAILIAN, "cycle", "calendar_day", "from_entry", 141, (2000, 1500)),
        (QUARTERS, "day_units", "units_of_day", "units_over_days", 141, (2200, 2000)),
        (RUN_ON, "day_units", "units_over_days", "units_of_day", 141, (2000, 2200)),
        (NANNING, "free_mode", "deduct", "threshold", 61, (400, 800)),
        (NANNING_BEFORE, "free_mode", "threshold", "deduct", 61, (800, 400)),
        (BAILIAN, "free_repeat", "once", "each_cycle", 141, (2000, 1500)),
        (PANYU, "crossing", "sum_per_band", "unit_start", 291, (2200, 2000)),
        (SHEUNG_SHUI, "crossing", "unit_start", "sum_per_band", 141, (7200, 9900)),
        (STATION_AGAIN, "steps_after_band", "steps_begin_again", "steps_run_on", 561, (8000, 7500)),
        (FLAT, "reentry", "two_stays", "one_stay", 1, (1000, 0)),
        (FLAT | {"reentry": ONE_STAY}, "reentry", "one_stay", "two_stays", 1, (0, 1000)),
        (FLAT, "after_exit_window", "recomputed", "extra_time", 1, (1000, 0)),
        (
            FLAT | {"after_exit_window": "extra_time"},
            "after_exit_window",
            "extra_time",
            "recomputed",
            1,
            (0, 1000),
        ),
        (REMAINDER, "tail", "tail_of_first", "first_unit_due", 14, (0, 200)),
        (FIRST_HOUR, "tail", "tail_of_first", "first_unit_due", 15, (0, 1000)),
        (EARLY_BIRD, "offer_amount", "offer_exact", "offer_at_most", 1, (3000, 1000)),
        (AT_MOST, "offer_amount", "offer_at_most", "offer_exact", 1, (1000, 3000)),
        (AT_MOST, "hours", "stay_in_hours", "part_in_hours", 181, (4000, 3000)),
        (CAPPED_NIGHT, "hours", "part_in_hours", "stay_in_hours", 211, (4000, 5000)),
        (CAPPED_NIGHT, "band_cap", "cap_each_time", "cap_all_times", 1341, (15000, 14000)),
        (FLAT_NIGHT, "hours", "part_in_hours", "stay_in_hours", 91, (2500, 2000)),
        (TICKET, "longer_is_cheaper", "stay", "a_minute_longer", 300, (5000, 2500)),
    ],
)
def test_shortest_differing_stay_and_prices(document, axis, ours, other, minutes, prices):
    found = by_axis(document)[axis]
    assert (found.ours, found.other, found.minutes) == (ours, other, minutes)
    assert (found.fen, found.other_fen) == prices


FREE_DAYS = {  # 30 minutes free, 10 an hour, 24 hours from the entry
    **FLAT,
    "format": 3,
    "cycle": {"basis": "from_entry", "hours": 24},
    "steps_count": "cycle",
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
}
DEDUCTED = {
    **FREE_DAYS,
    "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
    "cycle_starts": "entry",
    "caps": [{"cycle": "each", "amount": 4000}],
    "caps_count": "per_cycle",
}


@pytest.mark.parametrize(
    ("document", "axis", "stay", "prices"),
    [
        (FREE_DAYS, "free_repeat", ("Mon 09:30", 1441), (25000, 24000)),
        (DEDUCTED, "cycle_starts", ("Mon 09:30", 1441), (5000, 4000)),
        (STREET, "free_hours", ("Tue 07:50", 31), (0, 500)),
    ],
)
def test_stay_off_the_grid_is_found(document, axis, stay, prices):
    """None of the usual stays ends just after a day, or begins just before charged hours."""
    found = by_axis(document)[axis]
    assert (f"{found.entered_at:%a %H:%M}", found.minutes) == stay
    assert (found.fen, found.other_fen) == prices
    assert (found.differ, found.total_fen) == (0, 0)
    chinese, english = in_both(found)
    assert chinese.splitlines()[-1] == "常见的 40 次停车中没有不同，仅在类似本例时不同"
    assert english.splitlines()[-1] == "Differs on none of 40 plausible stays, only on such as this one"


@pytest.mark.parametrize(
    ("change", "axis"), [({}, "steps_after_cycle"), ({"steps": hourly(0)}, "free_repeat")]
)
def test_equal_readings_ask_nothing(change, axis):
    """With one price for each hour, no step begins again after a day of whole hours."""
    document = {**FREE_DAYS, **change}
    assert axis in {one.axis for one in other_readings(plain(document))}
    assert axis not in by_axis(document)


def test_example_price_matches_engine():
    for one in find(HONGQIAO):
        if one.story == "stay":
            until = one.entered_at + timedelta(minutes=one.minutes)
            assert tariffs.read(HONGQIAO).price(one.entered_at, until, "ordinary").fen == one.fen


def test_no_free_reentry_is_two_stays():
    document = NANNING_BEFORE | {"reentry": {"as": "no_free", "window": {"from": "entered", "minutes": 240}}}
    found = by_axis(document)["reentry"]
    assert (found.ours, found.other, found.minutes) == ("two_stays_free_once", "one_stay", 1)


@pytest.mark.parametrize("minutes", [1, 2, 3, 10, 44640])
@pytest.mark.parametrize("since", ["left", "entered"])
def test_reentry_example_fits_window(since, minutes):
    document = FLAT | {"reentry": ONE_STAY | {"window": {"from": since, "minutes": minutes}}}
    assert by_axis(document)["reentry"].fen < 1000


@pytest.mark.parametrize(
    ("document", "axes"),
    [
        (FLAT, {"reentry", "after_exit_window"}),
        (
            FLAT | {"free": {"minutes": 0, "mode": "threshold", "repeat": "once"}},
            {"reentry", "after_exit_window"},
        ),
        (FLAT | {"steps": hourly(0)}, set()),
        (FLAT | {"steps": [{"until_min": None, "flat": 0}]}, set()),
        (simple(1000), {"reentry", "after_exit_window"}),
        (simple(1000, 4000), {"reentry", "after_exit_window", "cycle", "caps_pooled"}),
    ],
)
def test_only_real_differences_are_found(document, axes):
    assert set(by_axis(document)) == axes


def test_grid_measures_frequency_and_amount():
    found = by_axis(FLAT)["after_exit_window"]
    assert (found.differ, found.of, found.share) == (40, 40, 1.0)
    assert (found.severity_fen, found.most_fen) == (1000, 1000)
    caps = by_axis(HONGQIAO)["caps"]
    tariff, other = tariffs.read(HONGQIAO), tariffs.read(HONGQIAO_CUMULATIVE)
    gaps = []
    for entry in ENTRIES:
        came = entry.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        for minutes in LENGTHS:
            until = came + timedelta(minutes=minutes)
            gaps.append(abs(tariff.price(came, until, "x").fen - other.price(came, until, "x").fen))
    assert (caps.differ, caps.of) == (sum(map(bool, gaps)), len(gaps)) == (8, 40)
    assert (caps.most_fen, caps.total_fen, caps.share) == (max(gaps), sum(gaps), 0.2)
    assert caps.severity_fen == round(sum(gaps) / 40)


def test_findings_are_sorted_by_amount():
    severities = [one.severity_fen for one in find(HONGQIAO)]
    assert severities == sorted(severities, reverse=True)
    assert len(set(severities)) > 2


def test_cheaper_longer_stay_is_found():
    free = {"minutes": 20, "mode": "deduct", "repeat": "once"}
    found = by_axis(TICKET | {"free": free})["longer_is_cheaper"]
    assert (found.minutes, found.fen, found.other_fen) == (320, 5000, 2500)
    late = {**TICKET, "cycle": {"basis": "calendar_day", "reset": "06:00"}}
    late["steps"] = [{"until_min": 1430, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 2500}]
    found = by_axis(late)["longer_is_cheaper"]
    assert (f"{found.entered_at:%H:%M}", found.minutes, found.other_fen) == ("06:00", 1430, 2500)
    assert "longer_is_cheaper" not in by_axis(HONGQIAO)


def test_vehicle_class_has_own_readings():
    assert "free_mode" in by_axis(NANNING)
    assert by_axis(NANNING, vehicle="new_energy")["free_mode"].other_fen == 400
    assert "crossing" not in by_axis(APPROVAL_2020, vehicle="large")
    with pytest.raises(TariffError, match="classes"):
        find(NANNING, vehicle="large")


def test_exempt_vehicles_hide_no_findings():
    assert set(by_axis(FLAT | {"exempt": ["ordinary"]})) == set(by_axis(FLAT))


def test_examples_use_place_time_zone():
    berlin = Place(ZoneInfo("Europe/Berlin"))
    assert {one.entered_at.tzinfo for one in find(BAILIAN, place=berlin)} == {berlin.zone}


def test_invalid_document_has_no_readings():
    with pytest.raises(TariffError, match="format"):
        find({**FLAT, "format": 9})


def test_find_leaves_document_unchanged():
    before = repr(HONGQIAO)
    find(HONGQIAO)
    assert repr(HONGQIAO) == before


@pytest.mark.parametrize("name", sorted(set(PUBLISHED) - {"12"}))
def test_no_shorter_stay_differs(name):
    document = plain(PUBLISHED[name])
    desk = ambiguity._Desk(ambiguity.HERE)
    desk.limit = 10**9
    tariff, found = tariffs.read(document), by_axis(PUBLISHED[name])
    for reading in other_readings(document):
        compared = ambiguity._Comparison(desk, tariff, reading, 1)
        one = found.get(reading.axis)
        on_grid = one is not None and one.differ > 0  # off it, any stay that differs is shown
        shorter = list(range(1, one.minutes) if one and on_grid else LENGTHS)
        some = shorter[-1:] + Random(name).sample(shorter, min(len(shorter), cases(100)))
        assert not any(compared._gap(entry, minutes) for minutes in some for entry in ENTRIES)


def is_readable(document):
    try:
        tariffs.read(document)
    except TariffError:
        return False
    return True


@settings(max_examples=cases(25))
@given(documents())
def test_find_does_bounded_work(document):
    if not is_readable(document):
        document = {
            key: value for key, value in document.items() if key not in {"steps", "tail_min", "reached"}
        }
        assume(is_readable(document))
    calls = []
    price = Tariff.price
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tariff, "price", lambda *args, **more: calls.append(1) or price(*args, **more))
        found = find(document)
    assert len(calls) <= MOST_PRICED
    tariff_of(document)
    for one in found:
        assert one.fen != one.other_fen
        assert one.minutes > 0
        assert one.most_fen * one.of >= one.total_fen >= one.differ


@pytest.mark.parametrize("most", [0, 45, 100, 500])
def test_find_ends_when_stays_are_spent(monkeypatch, most):
    monkeypatch.setattr(ambiguity, "MOST_PRICED", most)
    few = [{one.axis for one in find(document)} for document in (TICKET, HONGQIAO, EVENT)]
    monkeypatch.undo()
    assert all(
        axes <= {*by_axis(document)} for axes, document in zip(few, (TICKET, HONGQIAO, EVENT), strict=True)
    )


def in_both(one):
    texts = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            texts.append(str(sentences(one)))
    return texts


def test_readings_have_words_in_both_languages():
    assert set(ASKED) | {"longer_is_cheaper", "seasons", "season_end", "season_free"} == set(AXES)
    for document in (*PUBLISHED.values(), TICKET):
        for one in find(document):
            assert {one.ours, one.other} <= set(READINGS)
            chinese, english = in_both(one)
            assert f"{one.fen // 100}.{one.fen % 100:02} 元" in chinese
            assert f"¥{one.other_fen // 100}.{one.other_fen % 100:02}" in english


def test_finding_text_shows_entry_and_prices():
    chinese, english = in_both(by_axis(HONGQIAO)["caps"])
    assert chinese.splitlines() == [
        "逐日递增的封顶是单日还是累计？",
        "例：周一 09:30 入场，停 24 小时 1 分钟",
        "  本规则·各日分别封顶：70.00 元",
        "  另一种·各日累计封顶：65.00 元",
        "常见停车中 8/40 次不同，平均相差 7.50 元，最多 70.00 元",
    ]
    assert "in on Mon 09:30, parked 24 hours 1 minute\n" in english
    assert "Differs on 8 of 40 plausible stays, by ¥7.50 on average, at most ¥70.00" in english


@pytest.mark.parametrize(
    "change",
    [
        {"steps": [{"until_min": 60, "flat": 1000}, *hourly(500)]},  # the first hour is always due
        {"tail_min": None},
        {"steps": [{**hourly(0)[0], "price": "3.5"}], "sum_rounding": {"unit": 1, "how": "up"}},
        {"free": {"minutes": 15, "mode": "threshold", "repeat": "once"}},  # it is free anyway
    ],
)
def test_tail_is_asked_of_first_units_only(change):
    document = {key: value for key, value in {**FIRST_HOUR, **change}.items() if value is not None}
    assert "tail" not in by_axis(document)


DAYTIME = {"name": "day", "from": "08:00", "to": "20:00", "steps": hourly(1000), "cap": 5000}
ON_WORKDAYS = {"days": ["workday"]}


@pytest.mark.parametrize(
    ("change", "offers"),
    [
        ({}, [("20:00", "24:00", "08:00", "next"), ("00:00", "08:00", "08:00", "same")]),
        (ON_WORKDAYS, [("20:00", "24:00", "08:00", "next")]),  # the day before decides after midnight
        ({"to": "00:00"}, [("20:00", "24:00", "00:00", "next")]),
        ({"from": "06:00"}, [("06:00", "08:00", "08:00", "same")]),
        ({"from": "08:00"}, None),  # a whole day
        ({"to": "20:00"}, None),
        ({"from": "00:00", "to": "24:00"}, None),
    ],
)
def test_cap_of_hours_becomes_offers(change, offers):
    band = {**CAPPED_NIGHT["bands"][0], **change}
    dated = {"band_days": "start"} if "days" in band else {}
    other = with_other_answer({**CAPPED_NIGHT, "bands": [band], **dated}, "hours")
    found = other and [
        (one["enters"]["from"], one["enters"]["to"], one["leaves"]["by"], one["leaves"]["day"])
        for one in other["offers"]
    ]
    assert found == offers
    if other:
        assert other["bands"] == [{key: value for key, value in band.items() if key != "cap"}]
        assert other["offers"][0].get("days") == change.get("days")


@pytest.mark.parametrize(
    ("cycle", "count"), [(NO_CYCLE, "stay"), ({"basis": "from_entry", "hours": 24}, "cycle")]
)
def test_amount_of_hours_leaves_no_band(cycle, count):
    """The steps that began again in each band count from the stay or the cycle."""
    again = {"steps": BEGIN_HOURS, "steps_count": "band", "cycle": cycle, "after_cycle": "run_on"}
    document = {**FLAT_NIGHT, **again}
    if cycle is NO_CYCLE:
        del document["after_cycle"]
    other = with_other_answer(document, "hours")
    assert other["steps_count"] == count
    assert not {"bands", "crossing", "after_cycle"} & set(other)
    assert [one["flat"] for one in other["offers"]] == [500, 500]


def test_cap_of_hours_within_days_is_clear():
    day = {"cycle": {"basis": "from_entry", "hours": 24}, "after_cycle": "run_on"}
    caps = {"caps": [{"cycle": "each", "amount": 9000}], "caps_count": "per_cycle"}
    assert "band_cap" not in by_axis({**CAPPED_NIGHT, **day, **caps})


def test_free_time_beside_amount_asks_nothing():
    free = {**FLAT_NIGHT, "steps": [{"until_min": None, "flat": 0}]}
    assert "hours" not in by_axis(free)
    assert with_other_answer(free, "hours") is None


@pytest.mark.parametrize(
    ("change", "band"),
    [
        ({}, {"flat": 3000}),
        ({"flat": 0}, {"free": True}),
        ({"days": ["workday"]}, {"flat": 3000, "days": ["workday"]}),
        ({"leaves": {"by": "02:00", "day": "next"}}, {"flat": 3000, "to": "02:00"}),
        ({"leaves": {"by": "18:00", "day": "next"}}, None),  # more than a day
        ({"leaves": {"by": "18:00", "day": "2"}}, None),
        ({"leaves": {"within_min": 300}}, None),
        ({"leaves": {"from": "12:00", "by": "18:00", "day": "same"}}, None),
    ],
)
def test_offer_becomes_hours_of_day(change, band):
    document = {**EARLY_BIRD, "offers": [{**EARLY_BIRD["offers"][0], **change}]}
    other = with_other_answer(document, "hours")
    assert (other and other["bands"]) == (
        band and [{"name": "early_bird", "from": "06:00", "to": "18:00", **band}]
    )


EVENT = {  # ¥10 an hour; ¥50 for a stay that begins on 7 March from 16 o'clock on
    **FLAT,
    "format": 3,
    "seasons": [
        {
            "name": "peak",
            "dates": ["2026-03-07"],
            "enters": {"from": "16:00", "to": "24:00"},
            "rule": {"steps": [{"until_min": None, "flat": 5000}]},
        }
    ],
}


def test_prices_of_season_are_asked_about():
    found = by_axis(EVENT)["one_amount"]
    assert (found.season.name, f"{found.entered_at:%m-%d %H:%M}", found.minutes) == (
        "peak",
        "03-07 16:00",
        1441,
    )
    assert (found.fen, found.other_fen, found.of) == (5000, 10000, 30)
    assert {one.entered_at.tzinfo for one in find(EVENT)} == {ambiguity.HERE.zone}
    chinese, english = in_both(found)
    assert chinese.splitlines()[:2] == [
        "旺季：一次收费是整次停车还是每天都收？",
        "例：2026-03-07 16:00 入场，停 24 小时 1 分钟",
    ]
    assert english.startswith("Peak season: Whether one amount")


@pytest.mark.parametrize(
    "change",
    [
        {"steps": [{"until_min": None, "flat": 1000}]},  # it is asked of the usual prices
        {"ends": {"at": "24:00"}},
        {"dates": ["2025-03-07"]},  # it is over
    ],
)
def test_season_asks_only_what_is_new(change):
    steps = {key: value for key, value in change.items() if key == "steps"}
    season = {**EVENT["seasons"][0], **{key: value for key, value in change.items() if key != "steps"}}
    found = find({**EVENT, **steps, "seasons": [season]})
    assert not [one for one in found if one.season]


def test_earlier_season_hides_the_later_one():
    """All its entries are in the first season, so nobody pays by it."""
    [season] = EVENT["seasons"]
    first = {"name": "short_holiday", "dates": ["2026-03-07"], "rule": {"steps": hourly(2000)}}
    found = find({**EVENT, "seasons": [first, season]})
    assert not [one for one in found if one.season]


def test_class_in_season_is_asked_about():
    large = {"name": "large", "seen_as": ["large"], "rule": {"steps": hourly(3000)}}
    own = {"name": "large", "rule": {"steps": [{"until_min": None, "flat": 9000}]}}
    season = {**EVENT["seasons"][0], "classes": [own]}
    found = by_axis({**EVENT, "classes": [large], "seasons": [season]}, vehicle="large")["one_amount"]
    assert (found.season.name, found.fen, found.other_fen) == ("peak", 9000, 18000)
