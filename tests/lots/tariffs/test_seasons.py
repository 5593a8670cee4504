"""Seasons: the date of entry and its kind of day choose the rule, for the whole stay."""

from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import assume, given, settings
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import Calendar, Place, TariffError
from lots.tariffs.reading_rule import RULE, names_eves
from presentation import board_examples, class_boards, price_board
from tests.effort import cases
from tests.lots.tariffs.documents import documents
from tests.lots.tariffs.published import NO_CYCLE, OTHERS, hourly
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, moment
from tests.lots.tariffs.stay_times import PLACE as SPRING

CALENDAR = Calendar(holidays=frozenset({date(2026, 5, 1), date(2026, 10, 1)}), years=frozenset({2026}))
CHINA = Place(PLACE.zone, CALENDAR)


def flat(fen):
    return {"steps": [{"until_min": None, "flat": fen}]}


LAKE = {  # ¥30 in the golden weeks, ¥20 on other holidays and on weekends of the season, else ¥10
    **OTHERS,
    "format": 3,
    "cycle": NO_CYCLE,
    "steps_count": "stay",
    **flat(1000),
    "classes": [{"name": "large", "seen_as": ["large"], "rule": flat(4000)}],
    "seasons": [
        {
            "name": "golden_week",
            "dates": ["2026-10-01/2026-10-07", "2026-02-16/2026-02-22"],
            "rule": flat(3000),
        },
        {"name": "short_holiday", "dates": ["01-01/12-31"], "days": ["holiday"], "rule": flat(2000)},
        {"name": "peak", "dates": ["03-01/05-31", "09-01/11-30"], "days": ["weekend"], "rule": flat(2000)},
    ],
}


def price(document, entered, until, **more):
    tariff = tariffs.read_new(document)
    return tariff.price(moment(entered), moment(until), "ordinary", place=CHINA, **more).fen


@pytest.mark.parametrize(
    ("entered", "fen"),
    [
        ("10-01 09:00", 3000),  # a holiday in the golden week
        ("10-07 23:59", 3000),
        ("10-08 09:00", 1000),
        ("05-01 09:00", 2000),
        ("05-02 09:00", 2000),  # a Saturday in May
        ("05-04 09:00", 1000),
        ("06-06 09:00", 1000),  # a Saturday in June
    ],
)
def test_date_of_entry_chooses_the_rule(entered, fen):
    assert price(LAKE, entered, "12-31 12:00") == fen


def test_stay_keeps_the_rule_of_its_entry():
    document = {**LAKE, "steps": hourly(100)}
    assert price(document, "10-07 23:00", "10-09 00:00") == 3000
    assert price(document, "09-30 23:00", "10-01 02:00") == 300


def test_days_alone_make_a_season():
    """04-24 is a Friday; a stay that began on it keeps its price on Saturday."""
    document = {**LAKE, "seasons": [{"name": "saturday", "days": ["sat"], "rule": flat(1500)}]}
    assert price(document, "04-24 23:00", "04-25 12:00") == 1000
    assert price(document, "04-25 00:00", "04-26 12:00") == 1500
    with translation.override("zh-hans"):
        [_, board, _] = class_boards.class_boards(tariffs.read(document), CHINA)
    assert (board.kinds, board.sentences[0]) == ("入场日期：周六", "每次 ¥15。")


def test_class_rule_comes_before_the_season():
    assert price(LAKE, "10-01 09:00", "10-01 10:00", seen="large") == 4000


def test_class_has_own_price_in_a_season():
    """Small cars 10 and large ones 40, in the golden week 30 and 50."""
    golden = {**LAKE["seasons"][0], "classes": [{"name": "large", "rule": flat(5000)}]}
    document = {**LAKE, "seasons": [golden, *LAKE["seasons"][1:]]}
    prices = [
        price(document, f"{day} 09:00", f"{day} 10:00", seen=seen)
        for day in ("10-01", "10-08", "05-01")
        for seen in ("", "large")
    ]
    assert prices == [3000, 5000, 1000, 4000, 2000, 4000]
    with translation.override("zh-hans"):
        boards = class_boards.class_boards(tariffs.read(document), CHINA)
    assert [(one.title, one.sentences[0]) for one in boards[1:3]] == [
        ("黄金周", "每次 ¥30。"),
        ("黄金周 · 大型车", "每次 ¥50。"),
    ]
    Draft202012Validator(tariffs.schema()).validate(document)


EARLY = {  # lorries that enter from 2 to 7 o'clock pay ¥10; in all other hours ¥6 an hour, at most ¥40
    **LAKE,
    "steps": hourly(200),
    "cycle": {"basis": "from_entry", "hours": 24},
    "classes": [
        {
            "name": "goods",
            "seen_as": ["goods"],
            "rule": {
                "steps": hourly(600),
                "caps": [{"cycle": "each", "amount": 4000}],
                "caps_count": "per_cycle",
            },
        }
    ],
    "seasons": [
        {
            "name": "early",
            "enters": {"from": "02:00", "to": "07:00"},
            "rule": {},
            "classes": [{"name": "goods", "rule": {**flat(1000), "caps": None}}],
        }
    ],
}


def test_season_of_one_class_leaves_others():
    prices = [
        price(EARLY, f"05-04 {entry}:00", f"05-04 {entry + 3}:00", seen=seen)
        for entry in (10, 11)
        for seen in ("", "goods")
    ]
    assert prices == [600, 1800, 600, 1800]
    prices = [price(EARLY, "05-04 03:00", "05-04 06:00", seen=seen) for seen in ("", "goods")]
    assert prices == [600, 1000]
    Draft202012Validator(tariffs.schema()).validate(EARLY)


def test_season_without_difference_is_refused():
    season = {key: value for key, value in EARLY["seasons"][0].items() if key != "classes"}
    with pytest.raises(TariffError, match=r"seasons\[0\].rule: must say what is different"):
        tariffs.read_new({**EARLY, "seasons": [season]})


def test_season_removes_cap_with_its_count():
    """The class states how its caps count; in the season it has none."""
    assert price(EARLY, "05-04 10:00", "05-05 10:00", seen="goods") == 4000
    hours = {**EARLY["seasons"][0], "classes": [{"name": "goods", "rule": {"caps": None}}]}
    early = {**EARLY, "seasons": [hours]}
    assert price(early, "05-04 03:00", "05-05 03:00", seen="goods") == 24 * 600


def test_gap_in_class_of_season_is_refused():
    """Its bands leave 21:59 open, which nobody means."""
    day = {"name": "day", "from": "07:00", "to": "21:59", "flat": 500}
    night = {"name": "night", "from": "22:00", "to": "07:00", "flat": 100}
    gap = {"bands": [day, night], "crossing": "sum_per_band"}
    golden = {**LAKE["seasons"][0], "classes": [{"name": "large", "rule": gap}]}
    with pytest.raises(TariffError, match="one minute open: nothing holds at 21:59"):
        tariffs.read_new({**LAKE, "seasons": [golden]})


def test_season_past_new_year():
    winter = {"name": "off_peak", "dates": ["11-01/03-15"], "rule": flat(500)}
    document = {**LAKE, "seasons": [winter]}
    assert [
        price(document, f"{day} 09:00", f"{day} 10:00") for day in ("12-31", "01-01", "03-15", "03-16")
    ] == [
        *(500, 500, 500),
        1000,
    ]


def whole_rule(document, *others):
    """Return the rule of a document that leaves no part of other documents in it."""
    return {key: document.get(key) for key in sorted(RULE) if any(key in one for one in (document, *others))}


@settings(max_examples=cases(20))
@given(documents(), documents(), documents(), ENTRIES, MINUTES)
def test_season_and_class_cost_as_documented(usual, season, large, entered_at, minutes):
    """Whatever the usual rule has, none of it is left in a rule that replaces every part."""
    parts = (usual, season, large)
    assume(len({names_eves(one) for one in parts}) == 1)  # one rule that names them changes the days of all
    try:
        alone = {name: tariffs.read(one) for name, one in zip("ucl", parts, strict=True)}
    except TariffError:
        assume(False)  # bands that fill every day leave no time for steps
    document = {
        **usual,
        "allows_cheaper_longer": True,
        "seasons": [{"name": "peak", "days": ["restday"], "rule": whole_rule(season, usual)}],
        "classes": [{"name": "large", "seen_as": ["large"], "rule": whole_rule(large, usual, season)}],
    }
    tariff = tariffs.read(document)
    stay = (entered_at, entered_at + timedelta(minutes=minutes), "ordinary")
    day = entered_at.astimezone(SPRING.zone).date().toordinal()
    kind_of = SPRING.calendar.kind_or_eve if names_eves(usual) else SPRING.calendar.kind_of_ordinal
    off = kind_of(day) in ("sat", "sun", "holiday")
    assert tariff.price(*stay, place=SPRING).fen == alone["c" if off else "u"].price(*stay, place=SPRING).fen
    seen = tariff.price(*stay, seen="large", place=SPRING)
    assert seen.fen == alone["l"].price(*stay, place=SPRING).fen


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_each_season_has_a_board(language):
    tariff = tariffs.read(LAKE)
    with translation.override(language):
        boards = class_boards.class_boards(tariff, CHINA)
    assert len(boards) == 1 + 2 * 3
    assert all(board.sentences and board.examples and "%(" not in board.kinds for board in boards)


def test_chinese_season_board_names_its_dates():
    with translation.override("zh-hans"):
        board = class_boards.class_boards(tariffs.read(LAKE), CHINA)[1]
    assert (board.title, board.kinds) == (
        "黄金周",
        "入场日期：2026-10-01 至 2026-10-07、2026-02-16 至 2026-02-22",
    )
    assert board.sentences[0] == "每次 ¥30。"


def test_seasonal_board_tells_holidays_apart():
    """A board that names a price for a holiday must not say that holidays cost the same."""
    alike = "法定节假日与平日收费相同。"
    with translation.override("zh-hans"):
        usual = {key: value for key, value in LAKE.items() if key != "seasons"}
        assert alike in price_board.price_board(tariffs.read(usual))
        tariff = tariffs.read(LAKE)
        boards = [price_board.price_board(tariff), price_board.usual_board(tariff)]
        boards += [one.sentences for one in class_boards.class_boards(tariff, CHINA)]
    assert len(boards) == 9
    assert not any(alike in sentence for board in boards for sentence in board)


WEEKEND = {"name": "weekend", "days": ["weekend"], "rule": flat(1500)}
DATED = {
    "bands": [{"name": "day", "from": "08:00", "to": "20:00", "days": ["workday"], "flat": 500}],
    "crossing": "sum_per_band",
    "band_days": "moment",
}


@pytest.mark.parametrize(("more", "times"), [({}, 0), (DATED, 1)])
@pytest.mark.parametrize("seasons", [{}, {"seasons": [WEEKEND]}], ids=["usual", "weekend"])
def test_weekend_season_states_holidays_once(seasons, more, times):
    usual = {key: value for key, value in LAKE.items() if key not in ("classes", "seasons")}
    with translation.override("en"):
        board = price_board.price_board(tariffs.read_new({**usual, **more, **seasons}))
    stated = [line for line in board if "not charged as their day of the week" in line]
    assert len(stated) == max(times, len(seasons))


def test_holiday_saturday_is_no_weekend():
    stay = moment("10-03 10:00"), moment("10-03 12:00")
    tariff = tariffs.read_new({**LAKE, "seasons": [WEEKEND]})
    holiday = Calendar(holidays=frozenset({date(2026, 10, 3)}), years=frozenset({2026}))
    prices = [
        tariff.price(*stay, "ordinary", place=place).fen for place in (CHINA, Place(PLACE.zone, holiday))
    ]
    assert prices == [1500, 1000]


def test_schema_accepts_seasons():
    Draft202012Validator(tariffs.schema()).validate(LAKE)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"dates": ["10-01"]}, "seasons[0].dates[0]"),
        ({"dates": ["2026-10-07/2026-10-01"]}, "seasons[0].dates[0]"),
        ({"dates": ["2026-13-01"]}, "seasons[0].dates[0]"),
        ({"dates": ["02-30/03-01"]}, "seasons[0].dates[0]"),
        ({"dates": [20261001]}, "seasons[0].dates[0]"),
        ({"dates": []}, "seasons[0].dates"),
        ({"dates": None, "days": None}, "seasons[0]"),
        ({"days": ["someday"]}, "seasons[0].days[0]"),
        ({"rule": {}}, "seasons[0].rule"),
        ({"rule": {"steps": None}}, "seasons[0].rule.steps"),
        ({"name": "peak"}, "seasons[2].name"),
        ({"classes": []}, "seasons[0].classes"),
        ({"classes": [{"name": "goods", "rule": flat(1)}]}, "seasons[0].classes[0].name"),
        ({"classes": [{"name": ["large"], "rule": flat(1)}]}, "seasons[0].classes[0].name"),
        ({"classes": [{"name": "large", "rule": flat(1)}] * 2}, "seasons[0].classes[1].name"),
        ({"classes": [{"name": "large", "rule": {}}]}, "seasons[0].classes[0].rule"),
        ({"classes": [{"name": "large", "rule": {"cycle": None}}]}, "seasons[0].classes[0].rule.cycle"),
        ({"classes": [{"name": "large", "rule": {"steps": 1}}]}, "seasons[0].classes[0].rule.steps"),
        ({"classes": [{"name": "large", "kinds": [], "rule": {}}]}, "seasons[0].classes[0].kinds"),
    ],
)
def test_faulty_season_is_refused_at_its_path(change, path):
    first = {key: value for key, value in (LAKE["seasons"][0] | change).items() if value is not None}
    seasons = [first, *LAKE["seasons"][1:]]
    with pytest.raises(TariffError) as caught:
        tariffs.read({**LAKE, "seasons": seasons})
    assert caught.value.path == path


def test_format_2_has_no_seasons():
    with pytest.raises(TariffError) as caught:
        tariffs.read({**LAKE, "format": 2})
    assert caught.value.path == "seasons"


@pytest.mark.parametrize(
    ("dates", "open_day"),
    [
        (["04-01/10-31", "11-02/03-31"], "11-01"),
        (["2026-04-01/2026-04-30", "2026-05-02/2026-05-31"], "2026-05-01"),
        (["04-01/10-31", "11-01/03-31"], None),
        (["04-01/10-31"], None),
        (["2026-04-01/2026-04-30", "2026-05-01", "2026-05-02/2026-05-31"], None),
        (["2026-05-12", "2026-05-14"], None),  # events
        (["12-01/02-28", "03-01/11-30"], None),  # a day that most years do not have
    ],
)
def test_one_day_gap_is_refused(dates, open_day):
    seasons = [{"name": f"s{n}", "dates": [one], "rule": {"stay_cap": 9000}} for n, one in enumerate(dates)]
    document = {**LAKE, "seasons": seasons}
    if open_day is None:
        tariffs.read_new(document)
        return
    with pytest.raises(TariffError, match=f"holds on {open_day}") as caught:
        tariffs.read_new(document)
    assert caught.value.path == "seasons[0].dates[0]"


@pytest.mark.parametrize(("days", "is_gap"), [(["workday"], True), (["weekend"], False)])
def test_open_day_needs_season_of_its_kind(days, is_gap):
    """A season of weekends does not hold on a day between two of working days."""
    between = {"name": "between", "dates": ["11-01/11-01"], "days": days, "rule": flat(500)}
    two = [
        {"name": f"s{n}", "dates": [one], "days": ["weekend"], "rule": flat(900)}
        for n, one in enumerate(["04-01/10-31", "11-02/03-31"])
    ]
    document = {**LAKE, "seasons": [*two, between]}
    if not is_gap:
        tariffs.read_new(document)
        return
    with pytest.raises(TariffError, match="holds on 11-01"):
        tariffs.read_new(document)


@pytest.mark.parametrize("dates", [["03-01/05-31"], ["2026-03-02"]])
def test_usual_examples_are_of_no_season(dates):
    """The dates of the examples may lie in a season: the usual board must not show its prices."""
    season = {"name": "peak", "dates": dates, "rule": flat(9000)}
    tariff = tariffs.read_new({**LAKE, "seasons": [season]})
    assert {amount for _, amount in board_examples.worked_examples(tariff, CHINA)} == {"¥10.00"}
    shown = [{amount for _, amount in one.examples} for one in class_boards.class_boards(tariff, CHINA)]
    assert shown == [{"¥40.00"}, {"¥90.00"}, {"¥40.00"}]


def test_season_examples_enter_in_the_season():
    """A weekend's prices are shown for a Saturday, also where the season has prices by the day."""
    sunday = {"name": "sun", "from": "00:00", "to": "24:00", "days": ["sun"], "flat": 3000}
    rule = {**flat(2000), "bands": [sunday], "crossing": "sum_per_band", "band_days": "moment"}
    season = {"name": "peak", "days": ["weekend"], "rule": rule}
    tariff = tariffs.read_new(
        {key: part for key, part in LAKE.items() if key != "classes"} | {"seasons": [season]}
    )
    with translation.override("en"):
        [board] = class_boards.class_boards(tariff, CHINA)
    assert board.entry
    assert ("8 hours", "¥20.00") in board.examples
    assert ("24 hours", "¥50.00") in board.examples
