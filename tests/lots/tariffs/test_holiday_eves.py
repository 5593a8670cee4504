"""Days before public holidays as a kind of day: only where a document names them, and then in all of it."""

from datetime import date, datetime

import pytest
from django.utils import translation

from lots import tariffs
from lots.calendars import calendar_of
from lots.tariffs import Calendar, Place, TariffError, ambiguity
from presentation import class_boards, price_board
from presentation.ambiguity_sentences import sentences
from tests.lots.tariffs.board_cases import by_sentences, check_document, chinese, prices_of
from tests.lots.tariffs.board_makers import BASE, BY_BAND, BY_DAY, NEW, band, cap, capped, offer
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI

EVE_SENTENCE = "法定节假日前一天（当天为节假日的除外）不再按星期几、工作日或周末计费。"
MON_THU = ["mon", "tue", "wed", "thu", "makeup"]
DEAR = ["fri", "weekend", "holiday", "eve"]
MALL = {  # Mondays to Thursdays 22 an hour; Fridays to Sundays, holidays and days before them 28
    **{key: value for key, value in BY_BAND.items() if key != "steps"},
    "crossing": "unit_start",
    "steps_count": "stay",
    "band_days": "moment",
    "bands": [
        band("cheap", "00:00", "24:00", hourly(2200), MON_THU),
        band("dear", "00:00", "24:00", hourly(2800), DEAR),
    ],
}
BY_ENTRY = {  # the same as dates of entry, each date with its own prices
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": hourly(2200),
    **cap(10000),
    "ends": {"at": "24:00"},
    "seasons": [
        {"name": "dear", "days": DEAR, "rule": {"steps": hourly(2800), **cap(15000)}, "ends": {"at": "24:00"}}
    ],
}
NIGHT = {  # cars that enter after 18:00 on a day before a holiday pay ¥20 until 8:00
    **BASE,
    "offers": [offer("night", "18:00", "24:00", "08:00", "next", days=["eve"], cap=2000)],
}


BY_CAP = {**capped(6000), "steps": hourly(1000)}


@pytest.mark.parametrize(
    ("day", "kind"),
    [("2026-09-30", "eve"), ("2026-10-01", "holiday"), ("2026-09-29", "tue"), ("2026-04-30", "eve")],
)
def test_eve_is_a_day_before_a_holiday(day, kind):
    ordinal = date.fromisoformat(day).toordinal()
    assert calendar_of("Asia/Shanghai").kind_or_eve(ordinal) == kind


@pytest.mark.parametrize("document", [MALL, BY_ENTRY, NIGHT])
def test_form_can_say_eves(document):
    check_document(document)


STAYS = [
    (MALL, "09-29 10:00", "09-29 12:00", 4400),  # a Tuesday
    (MALL, "09-30 10:00", "09-30 12:00", 5600),  # a Wednesday before National Day
    (MALL, "09-29 22:30", "09-30 01:30", 2200 * 2 + 2800),
    (BY_ENTRY, "09-30 10:00", "09-30 12:00", 5600),
    (BY_ENTRY, "09-29 20:00", "09-30 08:00", 8800 + 15000),
    (NIGHT, "09-30 19:00", "10-01 07:00", 2000),
    (NIGHT, "09-29 19:00", "09-30 07:00", 6000),
]


@pytest.mark.parametrize(("document", "entered", "left", "fen"), STAYS)
def test_eve_is_charged_as_the_board_states(document, entered, left, fen):
    assert prices_of(document, entered, left, "ordinary") == (fen, fen)


def test_eves_remain_weekdays_where_none_is_named():
    """The board does not mention them, so a Wednesday before a holiday is a Wednesday."""
    bands = [MALL["bands"][0], band("dear", "00:00", "24:00", hourly(2800), ["fri", "weekend", "holiday"])]
    document = MALL | {"bands": bands}
    assert prices_of(document, "09-30 10:00", "09-30 12:00", "ordinary") == (4400, 4400)
    assert EVE_SENTENCE not in chinese(tariffs.read(document).rule)


@pytest.mark.parametrize("document", [MALL, NIGHT])
def test_board_states_what_an_eve_is(document):
    assert EVE_SENTENCE in chinese(tariffs.read(document).rule)


def test_conditions_state_eves_of_seasons():
    tariff = tariffs.read(BY_ENTRY)
    with translation.override("zh-hans"):
        assert EVE_SENTENCE in price_board.conditions(tariff)
        [season] = class_boards.class_boards(tariff, CHINA)
    assert season.kinds == "入场日期：周五、周末及法定节假日、法定节假日前一天"


def test_all_other_days_are_not_every_day():
    """With a price for eves alone, a band that names the nine other kinds leaves them out."""
    days = ["workday", "weekend", "holiday"]
    bands = [
        band("usual", "00:00", "24:00", hourly(500), days),
        band("eve", "00:00", "24:00", hourly(900), ["eve"]),
    ]
    document = MALL | {"bands": bands}
    check_document(document)
    assert prices_of(document, "09-30 10:00", "09-30 11:00", "ordinary") == (900, 900)


def test_list_of_all_other_days_is_every_day():
    """Without eves in the document, the nine kinds of day are all that there are."""
    bands = [
        tariffs.read(MALL | {"bands": [band("usual", "00:00", "24:00", hourly(500), days)]}).rule.bands
        for days in (["workday", "weekend", "holiday"], ["all"])
    ]
    assert bands[0] == bands[1]


def test_only_an_eve_precedes_a_holiday():
    """A Thursday night reaches into no holiday, so its band and that of holidays do not overlap."""
    bands = [
        band("night", "20:00", "08:00", hourly(100), ["thu"]),
        band("rest", "00:00", "24:00", hourly(200), ["holiday"]),
    ]
    document = MALL | {"bands": bands, "steps": hourly(500), "band_days": "start"}
    with pytest.raises(TariffError, match="must not overlap"):
        tariffs.read(document)
    tariffs.read(document | {"offers": NIGHT["offers"]})


def test_passes_know_no_eves():
    document = BASE | {"passes": [{"name": "day", "price": 2000, "days": ["eve"]}]}
    with pytest.raises(TariffError, match="kind of day") as refused:
        tariffs.read(document)
    assert refused.value.path == "passes[0].days[0]"


def test_last_day_of_known_year_has_note():
    """Whether 31 December is before a holiday, the calendar of the next year decides."""
    here = Place(SHANGHAI, Calendar(years=frozenset({2026})))
    stay = [datetime(2026, 12, 31, hour, tzinfo=SHANGHAI) for hour in (10, 12)]
    [*_, note] = tariffs.read(MALL).price(*stay, "ordinary", place=here).lines
    assert (note.code, note.values) == ("calendar_unknown", {"year": 2027})


def test_finding_names_a_date_before_a_holiday():
    findings = {one.axis: one for one in ambiguity.find(MALL, place=CHINA)}
    one = findings["eves"]
    assert CHINA.calendar.kind_or_eve(one.entered_at.toordinal()) == "eve"
    assert (one.fen, one.other_fen) == (2800, 2200)
    with translation.override("zh-hans"):
        text = str(sentences(one))
    assert "节假日前一天是否按星期几计费" in text
    assert f"{one.entered_at:%Y-%m-%d}" in text


@pytest.mark.parametrize(
    ("document", "fen", "other"),
    [
        (NIGHT, 2000, 2500),  # 300 minutes from 19:00: the offer, or five hours
        ({**BY_CAP, "day_caps": [{"days": ["fri", "eve"], "amount": 9000}]}, 9000, 6000),
        ({**BY_CAP, "day_caps": [{"days": ["eve"], "amount": 9000}]}, 9000, 6000),
    ],
)
def test_other_reading_has_no_eves_at_all(document, fen, other):
    [one] = [one for one in ambiguity.find(document, place=CHINA) if one.axis == "eves"]
    assert (one.fen, one.other_fen) == (fen, other)


def test_eve_board_is_priced_abroad():
    """Hong Kong: Christmas Eve 2026 is a Thursday."""
    days = frozenset(date(2026, 12, day) for day in (25, 26))
    here = Place(SHANGHAI, Calendar(holidays=days, years=frozenset({2026})))
    tariff = tariffs.read_new(MALL | {"currency": "HKD"})
    stay = datetime(2026, 12, 24, 10, tzinfo=SHANGHAI), datetime(2026, 12, 24, 13, tzinfo=SHANGHAI)
    assert tariff.price(*stay, "ordinary", place=here).fen == 8400
    assert by_sentences(tariff, stay, "ordinary", "", here) == 8400
