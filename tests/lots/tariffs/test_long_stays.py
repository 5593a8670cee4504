"""A stay of a year: what is over is priced once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.tariff_speed import ENTRY, HOURLY, NIGHT, PLACE, WEEKDAYS, WITHOUT_CYCLES, WORST
from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, Place, cycles
from lots.tariffs.cycles import Cycles, Point
from lots.tariffs.timeline import seconds_since_1970
from tests.effort import cases
from tests.lots.tariffs import reference
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import hourly, simple
from tests.lots.tariffs.stay_times import ENTRIES, moment
from tests.lots.tariffs.stay_times import PLACE as MAY
from tests.lots.tariffs.stay_times import PLACE as SPRING

YEAR = timedelta(days=365)
DOCUMENTS = [HOURLY, NIGHT, WEEKDAYS, WITHOUT_CYCLES, WORST]


@pytest.fixture
def priced_parts(monkeypatch):
    """The parts of stays that were priced from scratch."""
    parts = []
    piece = cycles.Cycles._piece
    monkeypatch.setattr(
        cycles.Cycles, "_piece", lambda self, *answer: parts.append(answer[0]) or piece(self, *answer)
    )
    return parts


@pytest.mark.parametrize("document", DOCUMENTS)
def test_growing_year_reprices_only_last_cycle(document, priced_parts):
    tariff = tariffs.read(document)
    first = tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    priced_parts.clear()
    again = tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    later = tariff.price(ENTRY, ENTRY + YEAR + timedelta(minutes=1), "ordinary", place=PLACE)
    assert again == first
    assert later.fen >= first.fen
    assert len(priced_parts) <= 2


BERLIN = Place(ZoneInfo("Europe/Berlin"), PLACE.calendar)


@pytest.mark.parametrize(("document", "place"), [*((one, PLACE) for one in DOCUMENTS), (NIGHT, BERLIN)])
def test_growing_year_resumes_previous_walk(document, place, monkeypatch):
    tariff, runs = tariffs.read(document), []
    walk = cycles.Cycles.walk

    def counted(self, *answer):
        for found in walk(self, *answer):
            runs.append(found)
            yield found

    monkeypatch.setattr(cycles.Cycles, "walk", counted)
    tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=place)
    runs.clear()
    tariff.price(ENTRY, ENTRY + YEAR + timedelta(minutes=1), "ordinary", place=place)
    assert len(runs) <= 2


def covering(first, last):
    return AccessRight("month", ENTRY + timedelta(days=first), ENTRY + timedelta(days=last))


@pytest.mark.parametrize(
    "other",
    [
        {"entered_at": ENTRY + timedelta(hours=3)},
        {"rights": [covering(2, 3)]},
        {"rights": [covering(2, 3), covering(5, 8)]},
        {"rights": [covering(2, 3), covering(6, 8)]},
        {"place": BERLIN},
        {"earlier": [EarlierSession(ENTRY - timedelta(hours=3), ENTRY - timedelta(minutes=9))]},
    ],
)
def test_cache_distinguishes_different_stays(other):
    back = {"as": "one_stay", "window": {"from": "left", "minutes": 30}, "gap": "free"}
    tariff, fresh = (tariffs.read(NIGHT | {"reentry": back}) for _ in range(2))
    common = {"entered_at": ENTRY, "until": ENTRY + timedelta(days=40), "kind": "ordinary", "place": PLACE}
    for one in (common, common | {"rights": [covering(2, 3), covering(5, 8)]}):
        tariff.price(**one)
    assert tariff.price(**common | other) == fresh.price(**common | other)


def test_uncycled_cache_is_correct_across_dst():
    tariff, fresh = (tariffs.read(WITHOUT_CYCLES) for _ in range(2))
    came = datetime(2026, 3, 2, 9, tzinfo=BERLIN.zone)
    for days in (20, 40):
        stay = (came, came + timedelta(days=days), "ordinary")
        priced = tariff.price(*stay, place=BERLIN)
    assert priced == fresh.price(*stay, place=BERLIN)


@pytest.mark.parametrize(
    ("document", "runs"),
    [
        (HOURLY, [365]),
        (HOURLY | {"cycle": {"basis": "from_entry", "hours": 12}}, [730]),
        (NIGHT, [1, 364, 1]),
    ],
)
def test_equal_cycles_of_year_are_merged(document, runs):
    rule = tariffs.read(document).rule
    start = seconds_since_1970(ENTRY)
    stay = [(start, start + YEAR // timedelta(seconds=1))]
    found = Cycles(rule).walk(stay, PLACE.zone, PLACE.calendar.kind_of_ordinal, Point(start))
    assert [run.times for run in found] == runs


@pytest.mark.parametrize(
    ("came", "days", "fen"),
    [
        ("04-03 00:00", 28, 28 * 2400),
        ("04-03 00:00", 36, 33 * 2400 + 3 * 4800),
        # the last second of each day is of the next already: a unit more at its price
        ("04-03 00:00:01", 28, 28 * 2400 + 200),
        ("04-03 00:00:01", 36, 33 * 2400 + 3 * 4800 + 3 * 200 + 2 * 100),
    ],
)
def test_holiday_price_ignores_cached_weekday(came, days, fen):
    """1 yuan an hour, 2 on Friday 1, Monday 4 and Tuesday 5 May."""
    holiday = {"name": "holiday", "from": "00:00", "to": "24:00", "days": ["holiday"], "steps": hourly(200)}
    document = simple(100) | {"bands": [holiday], "crossing": "sum_per_band", "band_days": "moment"}
    start = moment(came)
    price = tariffs.read(document).price(start, start + timedelta(days=days), "ordinary", place=MAY)
    assert price.fen == fen


def by_days(document, *, weekly):
    """Return the tariff of a document, with or without looking up whole weeks at once."""
    tariff = tariff_of(document)
    for free in (True, False):
        tariff._stays.courses_of("", free=free)._cycles._weekly &= weekly
    return tariff


@settings(max_examples=cases(40))
@given(documents(), ENTRIES, st.integers(0, 59), st.integers(7 * 86400, 120 * 86400))
def test_weeks_cost_as_much_as_their_days(document, entered_at, second, seconds):
    start = entered_at + timedelta(seconds=second)
    stay = (start, start + timedelta(seconds=seconds), "ordinary")
    for place in (MAY, Place(BERLIN.zone, MAY.calendar)):
        weekly, daily = (by_days(document, weekly=one).price(*stay, place=place) for one in (True, False))
        assert weekly.fen == daily.fen
        assert weekly == daily


@settings(max_examples=cases(6))
@given(documents(), ENTRIES, st.integers(7 * 1440, 30 * 1440))
def test_weeks_match_the_reference(document, entered_at, minutes):
    until = entered_at + timedelta(minutes=minutes)
    price = tariff_of(document).price(entered_at, until, "ordinary", place=SPRING)
    assert price.fen == reference.cost(document, entered_at, until, SPRING.zone, SPRING.calendar)


@pytest.mark.parametrize("document", [WEEKDAYS, WITHOUT_CYCLES])
def test_week_is_walked_once(document, monkeypatch):
    """A year of working weeks is looked up week by week; only weeks with holidays are new."""
    tariff, walked = tariffs.read(document), []
    week = cycles.Cycles._week_from
    monkeypatch.setattr(
        cycles.Cycles, "_week_from", lambda self, *answer: walked.append(answer[0]) or week(self, *answer)
    )
    tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    assert 1 < len(walked) < 20


@pytest.mark.parametrize(("number", "same"), [(1, False), (3, True)])
def test_capped_days_share_a_line(number, same):
    """Working days come to ¥48 and days off to ¥24; a cap of ¥20 holds on both, one of ¥30 does not."""
    off = {"name": "off", "from": "00:00", "to": "24:00", "days": ["restday"], "steps": hourly(100)}
    more = {"bands": [off], "crossing": "sum_per_band", "band_days": "moment"}
    document = simple(200, 2000 if same else 3000) | more
    stay = (moment("04-03 00:00"), moment("04-06 00:00"), "ordinary")  # from Friday to Monday
    lines = tariffs.read(document).price(*stay, place=MAY).lines
    assert sum(line.fen for line in lines) == (6000 if same else 3000 + 2 * 2400)
    assert lines[0].values["cycles"] == number


def test_equal_days_share_a_line():
    """Noon is dearer on working days; a cycle from Friday's morning ends on Saturday and costs the same."""
    noon = {"name": "noon", "from": "12:00", "to": "14:00", "days": ["workday"], "steps": hourly(300)}
    document = simple(100) | {"bands": [noon], "crossing": "sum_per_band", "band_days": "moment"}
    stay = (moment("06-01 10:00"), moment("06-15 10:00"), "ordinary")  # two weeks from a Monday
    lines = tariffs.read(document).price(*stay, place=MAY).lines
    cycles = {(line.values["cycle"], line.values["times"]) for line in lines if "cycle" in line.values}
    assert cycles == {(1, 5), (6, 2), (8, 5), (13, 2)}
    assert sum(line.fen for line in lines) == 10 * 2800 + 4 * 2400


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("left", [0, 5 * 3600, 20 * 3600])
def test_resumed_price_equals_fresh_price(document, left):
    tariff, fresh = tariffs.read(document), tariffs.read(document)
    until = ENTRY + timedelta(days=40, seconds=left)
    tariff.price(ENTRY, until, "ordinary", place=PLACE)
    for more in (timedelta(minutes=1), timedelta(hours=2), timedelta(days=2)):
        again = tariff.price(ENTRY, until + more, "ordinary", place=PLACE)
        assert again == fresh.price(ENTRY, until + more, "ordinary", place=PLACE)


def banded(since, until, price):
    band = {"name": "night", "from": since, "to": until, "steps": hourly(price)}
    return simple(100) | {"bands": [band], "crossing": "sum_per_band"}


@pytest.mark.parametrize(
    ("document", "came", "days", "fen"),
    [
        # 16 hours at 1 yuan and 8 at 2, but for the night of 7 hours in March and that of 9 in October
        (banded("22:00", "06:00", 200), "2026-10-23 12:00", 5, 4 * 3200 + 3300),
        (banded("22:00", "06:00", 200), "2026-03-20 12:00", 230, 228 * 3200 + 3100 + 3300),
        # the hour that comes twice: the cycle ends with its second time, or just before it
        (banded("02:00", "03:00", 500), "2026-10-20 04:00", 5, 4 * 2800 + 3200),
        (banded("02:00", "03:00", 500), "2026-10-20 03:00", 5, 5 * 2800),
    ],
)
def test_dst_night_priced_among_equal_nights(document, came, days, fen):
    start = datetime.fromisoformat(came).replace(tzinfo=BERLIN.zone)
    until = start.astimezone(UTC) + timedelta(days=days)
    assert tariffs.read(document).price(start, until, "ordinary", place=BERLIN).fen == fen


def test_band_steps_continue_into_next_cycle():
    """In at 23:00: each night from the second on lies in two cycles, and its first hour costs 10 yuan."""
    steps = [
        {"until_min": 60, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 60, "price": 100},
    ]
    night = {"name": "night", "from": "22:00", "to": "06:00", "steps": steps}
    document = simple(0) | {"bands": [night], "crossing": "sum_per_band", "steps_count": "band"}
    start = moment("04-27 23:00")
    for nights, fen in {1: 1600, 2: 1600 + 1700, 9: 1600 + 8 * 1700}.items():
        until = moment("04-28 06:00") + timedelta(days=nights - 1)
        assert tariffs.read(document).price(start, until, "ordinary", place=MAY).fen == fen


def test_off_band_steps_restart_after_dst():
    """22 hours, two in the band of nothing, and three more: each time the first hour costs 10 yuan."""
    steps = [
        {"until_min": 60, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 60, "price": 100},
    ]
    document = banded("02:00", "03:00", 0) | {"steps": steps, "steps_count": "band"}
    start, until = (datetime(2026, 10, day, hour, tzinfo=BERLIN.zone) for day, hour in ((24, 4), (25, 6)))
    price = tariffs.read(document).price(start, until, "ordinary", place=BERLIN)
    assert price.fen == 1000 + 21 * 100 + 1000 + 2 * 100


@pytest.mark.parametrize(("after_cycle", "night"), [("run_on", 500), ("begin_again", 1000)])
@pytest.mark.parametrize("named", [True, False])
def test_amount_of_other_times_spans_cycles(after_cycle, night, named):
    """By day ¥2 an hour, else ¥5 each time, whether or not the night is a period with a name."""
    day = {"name": "day", "from": "08:00", "to": "20:00", "steps": hourly(200)}
    other = {"name": "night", "from": "20:00", "to": "08:00", "flat": 500}
    document = simple(500) | {
        "format": 3,
        "steps": [{"until_min": None, "flat": 500}],
        "cycle": {"basis": "calendar_day", "reset": "00:00"},
        "bands": [day, other] if named else [day],
        "crossing": "sum_per_band",
        "after_cycle": after_cycle,
    }
    if named:
        del document["steps"]
    tariff = tariffs.read_new(document)
    evening, midnight, morning = (moment(f"05-{at}") for at in ("04 20:00", "05 00:00", "05 08:00"))
    assert tariff.price(evening, midnight, "ordinary", place=MAY).fen == 500
    assert tariff.price(evening, morning, "ordinary", place=MAY).fen == night
    assert tariff.price(evening, morning + timedelta(days=1), "ordinary", place=MAY).fen == 2 * night + 2400


@pytest.mark.parametrize(("count", "second"), [("stay", 500), ("cycle", 1000)])
def test_amount_of_step_is_due_once(count, second):
    """The first hour costs ¥5 in all, also over midnight, if the steps continue over the stay."""
    steps = [{"until_min": 60, "flat": 500}, *hourly(200)]
    day = {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "steps": steps, "steps_count": count}
    tariff, entered = tariffs.read_new(simple(500) | day), moment("05-04 23:30")
    prices = [
        tariff.price(entered, moment(f"05-05 {at}"), "ordinary", place=MAY).fen for at in ("00:00", "00:30")
    ]
    assert prices == [500, second]


def test_band_cap_spans_cycles():
    night = {"name": "night", "from": "19:00", "to": "08:00", "steps": hourly(200, 30), "cap": 1000}
    document = simple(0) | {"bands": [night], "crossing": "sum_per_band"}
    price = tariffs.read(document).price
    answer = price(moment("04-27 23:00"), moment("04-28 23:30"), "ordinary", place=MAY).lines
    assert [(line.code, line.fen) for line in answer if line.code.startswith("band")] == [
        ("band_cap", 1000),
        ("band_cap", 1000),
        ("band_cap", 0),
    ]
    (exact,) = price(moment("04-27 19:00"), moment("04-27 21:30"), "ordinary", place=MAY).lines
    assert (exact.code, exact.fen) == ("band_units", 1000)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_year_pricing_work_is_bounded(document, priced_parts):
    tariffs.read(document).price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    assert len(priced_parts) < 200


def test_shorter_stay_price_is_unchanged():
    tariff = tariffs.read(WORST)
    week = tariff.price(ENTRY, ENTRY + timedelta(days=7), "ordinary", place=PLACE)
    tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    assert tariff.price(ENTRY, ENTRY + timedelta(days=7), "ordinary", place=PLACE) == week


def test_long_stay_cache_is_bounded():
    tariff = tariffs.read(NIGHT)
    for number in range(40):
        tariff.price(ENTRY + timedelta(hours=number), ENTRY + YEAR, "ordinary", place=PLACE)
    (courses,) = tariff._stays._courses.values()
    assert len(courses._known) <= 16


@pytest.mark.parametrize("days", [1, 5])
def test_short_stays_are_not_cached(days):
    tariff = tariffs.read(NIGHT)
    tariff.price(ENTRY, ENTRY + timedelta(days=days), "ordinary", place=PLACE)
    (courses,) = tariff._stays._courses.values()
    assert not courses._known
