"""Fees that turn, shared caps, parts of a fen, percentages and named holidays: prices worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.calendars import calendar_of
from lots.tariffs import AccessRight, EarlierSession, Place, TariffError
from lots.tariffs.checks import dependent_settings
from lots.tariffs.reading_rule import without_idle_limits
from presentation import class_boards, formatting, price_board
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import check_document, chinese
from tests.lots.tariffs.board_makers import BY_DAY, NEW, capped
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of, units
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.shared_boards import CHANGI, EARLY_AND_LATE
from tests.lots.tariffs.stay_times import BERLIN, ENTRIES, PLACE, SHANGHAI, moment

DAYS: list[dict[str, Any]] = [{"until_min": None, "unit_min": 1440, "price": 3000}]
LONG_STAY: dict[str, Any] = {  # ¥5 an hour; longer than 24 hours: ¥130 and more by the day, from the entry
    **NEW,
    "steps": hourly(500),
    "turn": {"after_min": 1440, "from": "start", "rule": {"steps": [{**DAYS[0], "price": 6500}]}},
}
BEYOND: dict[str, Any] = {  # 15 minutes free, ¥5 an hour; what is beyond 24 hours costs ¥30 a day
    **NEW,
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "steps": hourly(500),
    "turn": {"after_min": 1440, "from": "then", "rule": {"steps": DAYS}},
}
HALF: dict[str, Any] = {  # half of ¥5 an hour, at most half of ¥25; to the nearest yuan
    **NEW,
    "steps": hourly(500),
    "stay_cap": 2500,
    "percent": 50,
    "sum_rounding": {"unit": 100, "how": "half_up"},
}
EVENING = {"enters": {"from": "18:00", "to": "24:00"}, "leaves": {"by": "08:00", "day": "next"}}
ODD_OFFER = {"name": "evening", **EVENING, "cap": 1550}
DAILY = {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "stay_cap": None, "caps_count": "per_cycle"}
ODD_WEEK = {
    **DAILY,
    "caps": [{"cycle": "each", "amount": 2000}],
    "long_caps": [{"cycles": 7, "amount": 9950}],
}
ODD_RISE = {**DAILY, "caps": [{"cycle": "1+", "amount": 2000, "each_later_adds": 550}]}
VISITS: dict[str, Any] = {  # each visit by itself, at most ¥20 on one date
    **NEW,
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
    "steps": hourly(500),
    "reentry": {"as": "capped", "window": {"from": "day"}, "amount": 2000, "free": "first"},
}


def price(document, entered, until, **more):
    return tariffs.read_new(document).price(moment(entered), moment(until), "ordinary", place=PLACE, **more)


@pytest.mark.parametrize(
    ("document", "entered", "until", "fen"),
    [
        (LONG_STAY, "04-27 08:00", "04-28 08:00", 12000),
        (LONG_STAY, "04-27 08:00", "04-28 08:01", 13000),
        (LONG_STAY, "04-27 08:00", "04-29 08:01", 19500),
        (BEYOND, "04-27 08:00", "04-27 08:15", 0),
        (BEYOND, "04-27 08:00", "04-28 08:00", 12000),
        (BEYOND, "04-27 08:00", "04-28 08:01", 15000),
        (BEYOND, "04-27 08:00", "04-30 08:01", 21000),
        (EARLY_AND_LATE, "04-27 06:00", "04-27 08:00", 400),
        (EARLY_AND_LATE, "04-27 06:00", "04-27 22:00", 400 + 12 * 500 + 200),
        (EARLY_AND_LATE, "04-27 06:00", "04-28 01:00", 600 + 12 * 500 + 200),
        (EARLY_AND_LATE, "04-27 20:00", "04-28 08:00", 600 + 600),
        (CHANGI, "04-27 08:00", "04-27 08:01", 4),
        (CHANGI, "04-27 08:00", "04-27 08:02", 7),
        (CHANGI, "04-27 08:00", "04-27 09:00", 210),
        (CHANGI, "04-27 08:00", "04-27 08:33", 116),
        (HALF, "04-27 08:00", "04-27 08:10", 300),
        (HALF, "04-27 08:00", "04-27 09:10", 500),
        (HALF, "04-27 08:00", "04-27 20:10", 1300),
    ],
)
def test_hand_worked_price_is_met(document, entered, until, fen):
    assert price(document, entered, until).fen == fen
    Draft202012Validator(tariffs.schema()).validate(document)


def test_shared_cap_survives_clock_change():
    """Cycles of 6 hours from 00:30; 2 o'clock is 3. The bands cost ¥6 together, the rest ¥65."""
    document = {**EARLY_AND_LATE, "cycle": {"basis": "from_entry", "hours": 6}, "steps_count": "cycle"}
    stay = [
        datetime.fromisoformat(f"2026-03-29 {time}").replace(tzinfo=BERLIN) for time in ("00:30", "22:00")
    ]
    tariff = tariffs.read_new({**document, "after_cycle": "run_on"})
    assert tariff.price(*stay, "ordinary", place=Place(BERLIN, CALENDAR)).fen == 600 + 13 * 500


@pytest.mark.parametrize(("how", "fen"), [("down", 3), ("half_up", 4), ("up", 4)])
def test_sum_is_rounded_as_stated(how, fen):
    document = {**CHANGI, "sum_rounding": {"unit": 1, "how": how}}
    assert price(document, "04-27 08:00", "04-27 08:01").fen == fen


def test_rounding_has_a_line_of_its_own():
    lines = price(CHANGI, "04-27 08:00", "04-27 08:33").lines
    assert [(line.code, line.fen) for line in lines] == [("units", 115), ("rounded", 1)]
    with translation.override("zh-hans"):
        assert "0.035 元" in formatting.line(lines[0].values, lines[0].code)


@pytest.mark.parametrize(("free", "second"), [("first", 500), ("each", 0)])
def test_visits_share_free_minutes_and_cap(free, second):
    document = {**VISITS, "reentry": {**VISITS["reentry"], "free": free}}
    first = EarlierSession(moment("04-27 08:00"), moment("04-27 08:20"))
    assert price(document, "04-27 09:00", "04-27 09:20", earlier=[first]).fen == second
    long = EarlierSession(moment("04-27 08:00"), moment("04-27 11:00"))
    assert price(document, "04-27 12:00", "04-27 16:00", earlier=[long]).fen == 500
    assert price(document, "04-28 12:00", "04-28 16:00", earlier=[long]).fen == 2000


def test_capped_visit_names_what_was_charged():
    long = EarlierSession(moment("04-27 08:00"), moment("04-27 11:00"))
    [line] = price(VISITS, "04-27 12:00", "04-27 16:00", earlier=[long]).lines
    with translation.override("zh-hans"):
        assert formatting.line(line.values, line.code) == "多次停车合计封顶 ¥20，此前各次已计 ¥15"


EARLY, LATE = EARLY_AND_LATE["bands"]
TWICE_EARLY = [{**EARLY, "days": ["mon"]}, LATE, {**EARLY, "name": "sunday", "days": ["sun"]}]
INTO_MONDAY = [{**LATE, "to": "06:00", "days": ["sun"]}, {**EARLY, "days": ["mon"]}]
INTO_WEDNESDAY = [INTO_MONDAY[0], {**EARLY, "days": ["wed"]}]
NEVER_FULL = {
    "name": "early",
    "from": "00:00",
    "to": "08:00",
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 200},
        {"until_min": 90, "unit_min": 60, "price": 300},
        *hourly(400),
    ],
}
DAY_TOTAL = {"until_min": None, "total": 2000}
UNITS_ACROSS_BANDS = {"crossing": "unit_start", "steps_count": "stay", "shared_caps": None}


@pytest.mark.parametrize(
    ("base", "change", "path"),
    [
        (LONG_STAY, {"turn": {**LONG_STAY["turn"], "rule": {"steps": DAYS}}}, "turn.rule"),
        (LONG_STAY, {"turn": {**LONG_STAY["turn"], "rule": {}}}, "turn.rule"),
        (LONG_STAY, {"turn": {**LONG_STAY["turn"], "from": "now"}}, "turn.from"),
        (LONG_STAY, {"turn": {**LONG_STAY["turn"], "after_min": 0}}, "turn.after_min"),
        (BEYOND, {"turn": {**BEYOND["turn"], "after_min": 14}}, "turn.after_min"),
        (LONG_STAY, {"turn": {**LONG_STAY["turn"], "rule": {"turn": None}}}, "turn.rule.turn"),
        (LONG_STAY, {"format": 2}, "turn"),
        (BEYOND, {"stay_cap": 90000}, "stay_cap"),
        (BEYOND, {"turn": {**BEYOND["turn"], "rule": {"percent": 50}}}, "turn.rule.percent"),
        (EARLY_AND_LATE, {"shared_caps": [{"bands": ["early"], "amount": 600}]}, "shared_caps[0].bands"),
        (
            EARLY_AND_LATE,
            {"shared_caps": [{"bands": ["early", "noon"], "amount": 600}]},
            "shared_caps[0].bands[1]",
        ),
        (
            EARLY_AND_LATE,
            {"shared_caps": [{"bands": ["early", "late"], "amount": 100}]},
            "shared_caps[0].amount",
        ),
        (CHANGI, {"sum_rounding": None}, "sum_rounding"),
        (CHANGI, {"steps": [{**DAYS[0], "price": "3.50"}]}, "steps[0].price"),
        (CHANGI, {"steps": [{**DAYS[0], "price": "3.1234"}]}, "steps[0].price"),
        (CHANGI, {"steps": [{**DAYS[0], "price": 3.5}]}, "steps[0].price"),
        (CHANGI, {"steps": [{**CHANGI["steps"][0], "until_min": 600}, DAY_TOTAL]}, "steps[1].total"),
        (
            EARLY_AND_LATE,
            {"bands": TWICE_EARLY, "band_days": "start"},
            "shared_caps[0].bands",
        ),
        (EARLY_AND_LATE, {"bands": [{**EARLY, "cap": 700}, LATE]}, "shared_caps[0].amount"),
        (EARLY_AND_LATE, {"shared_caps": None, "bands": INTO_MONDAY, "band_days": "start"}, "bands[1]"),
        (EARLY_AND_LATE, {"turn": LONG_STAY["turn"]}, "turn.rule"),
        (LONG_STAY, {"turn": None, "long_caps": [{"cycles": 7, "amount": 50000}]}, "long_caps"),
        (VISITS, {"free": {**VISITS["free"], "repeat": "once_a_day"}}, "free.repeat"),
        (CHANGI, {"stay_cap": 3}, "stay_cap"),
        (EARLY_AND_LATE, {**UNITS_ACROSS_BANDS, "tail_min": 5}, "tail_min"),
        (EARLY_AND_LATE, {"rounding": "full", "tail_min": 5}, "tail_min"),
        (
            EARLY_AND_LATE,
            {"rounding": "full", "bands": [NEVER_FULL], "shared_caps": None},
            "bands[0].steps[1].unit_min",
        ),
        (HALF, {"percent": 0}, "percent"),
        (HALF, {"percent": None, "stay_cap": 2550}, "sum_rounding.unit"),
        (HALF, {"percent": None, "offers": [ODD_OFFER]}, "sum_rounding.unit"),
        (HALF, {"percent": None, **ODD_WEEK}, "sum_rounding.unit"),
        (HALF, {"percent": None, **ODD_RISE, "caps_count": "cumulative"}, "sum_rounding.unit"),
        (HALF, {"sum_rounding": {"unit": 3, "how": "up"}}, "sum_rounding.unit"),
        (VISITS, {"reentry": {"as": "capped", "window": {"from": "day"}, "free": "each"}}, "reentry.amount"),
        (
            VISITS,
            {"reentry": {**VISITS["reentry"], "window": {"from": "left", "minutes": 9}}},
            "reentry.window.from",
        ),
        (VISITS, {"reentry": {"as": "no_free", "window": {"from": "day"}, "amount": 5}}, "reentry.amount"),
    ],
)
def test_contradicting_clause_is_refused(base, change, path):
    document = {key: value for key, value in {**base, **change}.items() if value is not None}
    with pytest.raises(TariffError) as caught:
        tariffs.read(document)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (CHANGI, {"stay_cap": 4, "steps": hourly(4)}),
        (EARLY_AND_LATE, {"tail_min": 5}),
        (EARLY_AND_LATE, {"shared_caps": None, "bands": INTO_WEDNESDAY, "band_days": "start"}),
        (EARLY_AND_LATE, {"bands": [{**EARLY, "cap": 600}, LATE]}),
        (EARLY_AND_LATE, {"long_caps": [{"cycles": n, "amount": 50000} for n in (7, 14)]}),
    ],
)
def test_limits_may_be_equal(base, change):
    tariffs.read({key: value for key, value in {**base, **change}.items() if value is not None})


@pytest.mark.parametrize(("count", "is_refused"), [("band", True), ("stay", False)])
def test_full_unit_must_fit_its_band(count, is_refused):
    """Where steps count over the whole stay, a unit can be longer than the band in which it begins."""
    short = {**NEVER_FULL, "to": "01:00", "steps": [{"until_min": None, "unit_min": 120, "price": 400}]}
    document = EARLY_AND_LATE | {"rounding": "full", "bands": [short], "steps_count": count}
    del document["shared_caps"]
    if is_refused:
        with pytest.raises(TariffError) as caught:
            tariffs.read(document)
        assert caught.value.path == "bands[0].steps[0].unit_min"
    else:
        tariffs.read(document)


def test_removed_bands_take_their_settings_along():
    turned = {**EARLY_AND_LATE, "turn": {"after_min": 1440, "from": "then", "rule": {"bands": None}}}
    with pytest.raises(TariffError) as caught:
        tariffs.read(turned)
    assert caught.value.path == "turn.rule.steps_count"
    turned["turn"]["rule"]["steps_count"] = "cycle"
    assert tariffs.read(turned).rule.turn.rule.shared_caps == ()


LAKE: dict[str, Any] = {  # West Lake: by the name of the holiday, in every year
    **NEW,
    "steps": [{"until_min": None, "flat": 1000}],
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival", "national_day"],
            "rule": {"steps": [{"until_min": None, "flat": 3000}]},
        },
        {
            "name": "peak",
            "dates": ["03-01/05-31"],
            "holidays": ["mid_autumn"],
            "days": ["restday"],
            "rule": {"steps": [{"until_min": None, "flat": 2000}]},
        },
    ],
}
CHINA = Place(SHANGHAI, calendar_of("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("entered", "fen"),
    [
        ("2026-10-01", 3000),
        ("2025-01-29", 3000),
        ("2026-10-08", 1000),
        ("2026-03-07", 2000),
        ("2026-03-09", 1000),
    ],
)
def test_named_holidays_choose_the_rule(entered, fen):
    start = datetime.fromisoformat(f"{entered} 09:00").replace(tzinfo=SHANGHAI)
    tariff = tariffs.read_new(LAKE)
    assert tariff.price(start, start + timedelta(hours=2), "ordinary", place=CHINA).fen == fen
    Draft202012Validator(tariffs.schema()).validate(LAKE)


def test_season_boards_alone_choose_the_price():
    tariff = tariffs.read(LAKE)
    with translation.override("zh-hans"):
        seasons = [(one.kinds, one.sentences) for one in class_boards.class_boards(tariff, CHINA)]
        usual = board_reader.read(price_board.rule_board(tariff.rule))
    assert seasons[0][0] == "入场日期：春节假期、国庆节假期"
    start = datetime(2025, 1, 1, 9, tzinfo=SHANGHAI)
    for day in range(700):
        entered = start + timedelta(days=day)
        board = board_reader.board_of_entry(usual, seasons, entered, CHINA.calendar)
        stay = (entered, entered + timedelta(minutes=90))
        read = board_reader.price(board, *stay, SHANGHAI, CHINA.calendar)
        assert read == tariff.price(*stay, "ordinary", place=CHINA).fen, entered


WAYS = [
    {"as": "one_stay", "gap": "charged"},
    {"as": "one_stay", "gap": "free"},
    {"as": "one_stay", "gap": "not_counted"},
    {"as": "no_free"},
    {"as": "capped", "amount": 3000, "free": "each"},
    {"as": "capped", "amount": 3000, "free": "first"},
]
WINDOWS = [{"from": "day"}, {"from": "entered", "minutes": 700}, {"from": "left", "minutes": 90}]


def length_alone(document):
    """Return a document whose prices depend on the length of a stay, and not on its hours."""
    of_hours = ("bands", "crossing", "band_days", "overnight", "shared_caps", "after_cycle")
    found = {key: value for key, value in document.items() if key not in of_hours}
    found.setdefault("steps", [{"until_min": None, "unit_min": 30, "price": 200}])
    if found["cycle"]["basis"] == "calendar_day":
        found["cycle"] = {"basis": "from_entry", "hours": 24}
        if any(key == "cycle_starts" and wanted for key, wanted, _ in dependent_settings(found)):
            found["cycle_starts"] = "entry"
    if found["steps_count"] == "band":
        found["steps_count"] = "stay"
    if "free" in found:
        found["free"] = {key: value for key, value in found["free"].items() if key != "charged_hours_only"}
    if found.get("tail_min", 0) >= min(units(found), default=0):
        found.pop("tail_min", None)
    return found


NONE_FREE = {  # none are deducted, so nothing says from where cycles count
    **capped(3000, BY_DAY),
    "steps": hourly(500),
    "free": {"minutes": 0, "mode": "deduct", "repeat": "once"},
}


@settings(max_examples=cases(70))
@example(NONE_FREE, datetime(2026, 4, 27, tzinfo=UTC), [(60, 30), (60, 30)], WAYS[2], WINDOWS[2])
@given(
    documents(),
    ENTRIES,
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 300)), min_size=2, max_size=3),
    st.sampled_from(WAYS),
    st.sampled_from(WINDOWS),
)
def test_sentence_on_coming_back_gives_the_price(document, entered_at, lengths, way, window):
    document = {
        key: value
        for key, value in document.items()
        if key not in ("turn", "offers", "offers_apply", "week_cap", "month_cap")
    }
    if way["as"] == "capped":
        document.pop("overnight", None)
    if way.get("gap") == "not_counted":
        document = length_alone(document)
    if way["as"] != "one_stay":
        document = {"free": {"minutes": 20, "mode": "threshold", "repeat": "once"}, **document}
        document.pop("cycle_starts", None)
        document["free"] = {"minutes": 20, "mode": "threshold", "repeat": "once"}
    if document.get("free", {}).get("repeat") in ("once_a_day", "times_a_day", "times_a_month"):
        once = {key: document["free"][key] for key in ("minutes", "mode")} | {"repeat": "once"}
        document["free"] = once  # the sentence on coming back says it
    window = WINDOWS[0] if way["as"] == "capped" and window["from"] == "left" else window
    document = without_idle_limits({**document, "reentry": {**way, "window": window}})
    tariff = tariff_of(document)
    stays = []
    for minutes, outside in lengths:
        stays.append((entered_at, entered_at + timedelta(minutes=minutes)))
        entered_at = stays[-1][1] + timedelta(minutes=outside)
    with translation.override("zh-hans"):
        [sentence] = [one for one in price_board.conditions(tariff) if "再次入场" in one]
    earlier = [EarlierSession(*one) for one in stays[:-1]]
    charged = tariff.price(*stays[-1], "ordinary", place=PLACE, earlier=earlier).fen
    board = board_reader.read(chinese(tariff.rule))
    assert board_reader.visits(board, sentence, stays, SHANGHAI, CALENDAR) == charged, sentence


@pytest.mark.parametrize("document", [LONG_STAY, BEYOND, EARLY_AND_LATE, CHANGI, HALF])
def test_board_alone_gives_the_price(document):
    tariff = tariffs.read(document)
    board = board_reader.read(chinese(tariff.rule))
    for hour, minutes in ((3, 33), (0, 1441), (12, 1439), (13, 4000)):
        entered = datetime(2026, 4, 27, hour, 16, tzinfo=UTC)
        stay = (entered, entered + timedelta(minutes=minutes))
        read = board_reader.price(board, *stay, SHANGHAI, CALENDAR)
        assert read == tariff.price(*stay, "ordinary", place=PLACE).fen


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (LONG_STAY, {"turn": None}),
        (EARLY_AND_LATE, {"shared_caps": ()}),
        (CHANGI, {"sum": None}),
        (HALF, {"percent": 100}),
    ],
)
def test_planted_disagreement_is_found(document, part):
    tariff = tariffs.read(document)
    board = board_reader.read(chinese(tariff.rule))
    wrong = replace(tariff, rule=replace(tariff.rule, **part))
    entered = datetime(2026, 4, 26, 18, tzinfo=UTC)
    stays = [(entered, entered + timedelta(minutes=minutes)) for minutes in range(7, 4000, 211)]
    assert any(
        board_reader.price(board, *stay, SHANGHAI, CALENDAR)
        != wrong.price(*stay, "ordinary", place=PLACE).fen
        for stay in stays
    )
    assert tariff_of(document)


@pytest.mark.parametrize(("after_cycle", "fen"), [("run_on", 600), ("begin_again", 800)])
def test_shared_cap_crosses_a_cycle(after_cycle, fen):
    """Early from 4 to 8 with a new day of the tariff at 6: one date, so one cap unless all begins again."""
    document = {
        **EARLY_AND_LATE,
        "cycle": {"basis": "calendar_day", "reset": "06:00"},
        "after_cycle": after_cycle,
    }
    assert price(document, "04-27 04:00", "04-27 08:00").fen == fen


def test_third_visit_pays_what_the_cap_leaves():
    visits = [("08:00", "10:00"), ("11:00", "12:00")]  # ¥10 and ¥5
    earlier = [EarlierSession(moment(f"04-27 {start}"), moment(f"04-27 {end}")) for start, end in visits]
    assert price(VISITS, "04-27 13:00", "04-27 15:00", earlier=earlier).fen == 500


FINE: dict[str, Any] = {
    **CHANGI,
    "steps": [{"until_min": None, "unit_min": 60, "price": "100.5"}],
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
}


@pytest.mark.parametrize(
    ("caps", "days", "fen"),
    [
        ({"caps": [{"cycle": "each", "amount": 900}], "caps_count": "per_cycle"}, 3, 2700),
        (
            {
                "caps": [
                    {"cycle": 1, "amount": 1000},
                    {"cycle": "2+", "amount": 2000, "each_later_adds": 500},
                ],
                "caps_count": "cumulative",
            },
            3,
            2500,
        ),
        ({"long_caps": [{"cycles": 7, "amount": 5400}]}, 7, 5400),
        ({"stay_cap": 3000}, 3, 3000),
        ({}, 1, 2412),
    ],
)
def test_caps_hold_for_fine_prices(caps, days, fen):
    start = moment("04-01 08:00")
    stay = (start, start + timedelta(days=days))
    assert tariffs.read_new({**FINE, **caps}).price(*stay, "ordinary", place=PLACE).fen == fen


def test_smallest_part_is_rounded_up():
    steps = [{"until_min": None, "unit_min": 60, "price": "0.001"}]
    document = {**CHANGI, "steps": steps, "percent": 1, "sum_rounding": {"unit": 1, "how": "up"}}
    assert price(document, "04-27 08:00", "04-27 09:00").fen == 1


def test_turn_begins_after_its_limit():
    document = {**BEYOND, "free": None, "turn": {**BEYOND["turn"], "after_min": 60}}
    document = {key: value for key, value in document.items() if value is not None}
    assert price(document, "04-27 08:00", "04-27 09:00").fen == 500
    lines = price(document, "04-27 08:00", "04-27 09:30").lines
    assert [(line.code, line.fen, line.start, line.end) for line in lines] == [
        ("units", 500, 0, 3600),
        ("turned", 0, 3600, 5400),
        ("units", 3000, 3600, 5400),
    ]


def test_turn_after_one_visit_begins_with_the_next():
    """The first visit is exactly as long as the limit; the time outside costs nothing."""
    again = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
    document = {**BEYOND, "free": None, "turn": {**BEYOND["turn"], "after_min": 60}, "reentry": again}
    document = {key: value for key, value in document.items() if value is not None}
    first = tariffs.EarlierSession(moment("04-27 08:00"), moment("04-27 09:00"))
    lines = price(document, "04-27 11:00", "04-27 11:30", earlier=[first]).lines
    assert [(line.code, line.fen, line.start, line.end) for line in lines] == [
        ("units", 500, -10800, -7200),
        ("turned", 0, 0, 1800),
        ("units", 3000, 0, 1800),
        ("earlier_stays", -500, 0, 0),
    ]


def test_turn_keeps_free_minutes_of_whole_stays():
    """Up to an hour is free; a longer stay is charged from its first minute, and by the day after an hour."""
    free = {"minutes": 60, "mode": "threshold", "repeat": "once"}
    document = {**BEYOND, "free": free, "turn": {**BEYOND["turn"], "after_min": 60}}
    prices = [price(document, "04-27 08:00", until).fen for until in ("04-27 09:00", "04-27 09:01")]
    assert prices == [0, 500 + 3000]


def test_turn_counts_free_minutes_outside_passes():
    """A pass covers the first day; what is left of the stay is within the free minutes, or is not."""
    right = AccessRight("day", moment("04-27 08:00"), moment("04-28 08:00"))
    untils = ("04-28 08:15", "04-28 08:16")
    assert [price(BEYOND, "04-27 08:00", until, rights=[right]).fen for until in untils] == [0, 3000]
    right = AccessRight("most", moment("04-27 08:00"), moment("04-28 07:50"))
    assert price(BEYOND, "04-27 08:00", "04-28 08:10", rights=[right]).fen == 500 + 3000


def test_percentage_has_a_line_of_its_own():
    lines = price(HALF, "04-27 08:00", "04-27 08:10").lines
    assert [(line.code, line.fen) for line in lines] == [("units", 500), ("percent", -250), ("rounded", 50)]


@pytest.mark.parametrize("document", [BEYOND, CHANGI, EARLY_AND_LATE, HALF, LAKE, LONG_STAY, VISITS])
def test_form_can_say_the_board(document):
    check_document(document)
