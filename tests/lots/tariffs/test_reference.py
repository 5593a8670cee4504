"""The engine against the slow reference, and what holds for every document."""

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lots.tariffs import AccessRight, Place
from lots.tariffs.day_kinds import PLAIN
from tests.effort import cases
from tests.lots.tariffs import reference
from tests.lots.tariffs.documents import CALENDAR, documents, is_monotone, tariff_of
from tests.lots.tariffs.stay_times import BERLIN, ENTRIES, MINUTES, PLACE, SHANGHAI

NO_BANDS_LATER = {  # a long stay has neither bands nor what belongs to them, so one amount is due once
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "stay",
    "after_exit_window": "recomputed",
    "cycle": {"basis": "from_entry", "hours": 1},
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
    "bands": [{"name": "b0", "from": "00:00", "to": "24:00", "flat": 0}],
    "turn": {
        "after_min": 1,
        "from": "start",
        "rule": {"bands": None, "steps": [{"until_min": 1, "flat": 0}, {"until_min": None, "flat": 2000}]},
    },
    "allows_cheaper_longer": True,
}


FREE_OVER_RESET = {  # in on Thursday at 18:30; the first charged minute is of Friday's cycle, with its cap
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "stay",
    "after_exit_window": "recomputed",
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "free": {"minutes": 360, "mode": "deduct", "repeat": "once"},
    "steps": [{"until_min": None, "unit_min": 60, "price": 1000}],
    "caps": [{"cycle": "each", "amount": 2000}],
    "caps_count": "per_cycle",
    "day_caps": [{"days": ["thu"], "amount": 5000}],
}


@settings(max_examples=cases(100))
@example(document=NO_BANDS_LATER, entered_at=datetime(2026, 4, 27, tzinfo=UTC), minutes=61)
@example(document=FREE_OVER_RESET, entered_at=datetime(2026, 5, 7, 10, 30, tzinfo=UTC), minutes=900)
@given(documents(), ENTRIES, MINUTES)
def test_engine_matches_reference(document, entered_at, minutes):
    until = entered_at + timedelta(minutes=minutes)
    price = tariff_of(document).price(entered_at, until, "ordinary", place=PLACE)
    assert price.fen == reference.cost(document, entered_at, until, SHANGHAI, CALENDAR)


ALL_DAY = {  # a cycle ends where the clock goes forward, in the middle of a band that costs one amount
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "cycle": {"basis": "from_entry", "hours": 1},
    "crossing": "sum_per_band",
    "bands": [{"name": "b0", "from": "00:00", "to": "24:00", "flat": 1}],
}


@settings(max_examples=cases(40))
@example(document=ALL_DAY, start=0, minutes=2941, day="2026-03-27")
@given(documents(), st.integers(0, 4 * 1440), MINUTES, st.sampled_from(["2026-03-27", "2026-10-23"]))
def test_engine_matches_reference_across_dst(document, start, minutes, day):
    entered_at = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=start)
    until = entered_at + timedelta(minutes=minutes)
    price = tariff_of(document).price(entered_at, until, "ordinary", place=Place(BERLIN, CALENDAR))
    assert price.fen == reference.cost(document, entered_at, until, BERLIN, CALENDAR)


@settings(max_examples=cases(40))
@given(
    documents(), ENTRIES, MINUTES, st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 900)), max_size=3)
)
def test_engine_matches_reference_with_passes(document, entered_at, minutes, passes):
    until = entered_at + timedelta(minutes=minutes)
    covered = [(entered_at + timedelta(minutes=a), entered_at + timedelta(minutes=a + b)) for a, b in passes]
    rights = [AccessRight("month", a, b) for a, b in covered]
    price = tariff_of(document).price(entered_at, until, "ordinary", place=PLACE, rights=rights)
    assert price.fen == reference.cost(document, entered_at, until, SHANGHAI, CALENDAR, covered)


@settings(max_examples=cases(70))
@given(documents(), ENTRIES, st.integers(0, 400 * 86400))
def test_lines_are_consistent_and_non_negative(document, entered_at, seconds):
    price = tariff_of(document).price(
        entered_at, entered_at + timedelta(seconds=seconds), "ordinary", place=PLACE
    )
    assert price.lines
    of_sum = {"percent", "rounded"}  # what they take off is a line of its own
    assert all(line.fen >= 0 or line.code in of_sum for line in price.lines)
    assert all(0 <= line.start <= line.end <= seconds for line in price.lines)
    for line in price.lines:
        values = line.values
        if line.code in of_sum:
            continue
        each = values.get("units", 1) * Fraction(values.get("unit_fen", values.get("flat_fen", 0)))
        assert "unit_fen" not in values or line.fen == each * values.get("times", 1) // 1
        assert "flat_fen" not in values or line.fen == each * values.get("times", 1)


@settings(max_examples=cases(70))
@given(documents(), ENTRIES, st.integers(0, 9 * 86400), st.integers(0, 86400) | st.integers(1, 2))
def test_longer_monotone_stay_costs_no_less(document, entered_at, seconds, more):
    tariff = tariff_of(document)
    assume(is_monotone(tariff))
    one, other = (
        tariff.price(entered_at, entered_at + timedelta(seconds=stay), "ordinary", place=PLACE).fen
        for stay in (seconds, seconds + more)
    )
    assert one <= other


@settings(max_examples=cases(80))
@given(documents(), ENTRIES, MINUTES, st.integers(1, 59))
def test_started_minute_costs_a_whole_one(document, entered_at, minutes, seconds):
    """Every time of a document is a whole minute, so a second beyond one is as good as the next."""
    assume(document["rounding"] == "started")
    tariff = tariff_of(document)
    begun, over = (
        tariff.price(
            entered_at, entered_at + timedelta(minutes=minutes, seconds=more), "ordinary", place=PLACE
        )
        for more in (seconds, 59)  # at the sixtieth an offer by time of exit may begin
    )
    assert begun.fen == over.fen


@settings(max_examples=cases(25))
@given(documents(), ENTRIES, MINUTES)
def test_time_zones_of_server_are_irrelevant(document, entered_at, minutes):
    until = entered_at + timedelta(minutes=minutes)
    tariff = tariff_of(document)
    prices = [
        tariff.price(entered_at.astimezone(one), until.astimezone(other), "ordinary", place=PLACE)
        for one, other in [(UTC, UTC), (BERLIN, SHANGHAI), (SHANGHAI, BERLIN)]
    ]
    with server_time_zone("America/St_Johns"):
        prices.append(tariff_of(document).price(entered_at, until, "ordinary", place=PLACE))
    assert prices == prices[:1] * 4


@settings(max_examples=cases(40))
@given(documents(), ENTRIES, st.integers(0, 9 * 86400))
def test_cache_changes_no_price(document, entered_at, seconds):
    fresh, used = tariff_of(document), tariff_of(document)
    for days in (40, 1, 9):
        used.price(entered_at - timedelta(days=days), entered_at, "ordinary", place=PLACE)
    until = entered_at + timedelta(seconds=seconds)
    assert used.price(entered_at, until, "ordinary", place=PLACE) == fresh.price(
        entered_at, until, "ordinary", place=PLACE
    )


PRICINGS = st.tuples(st.integers(0, 40 * 86400), st.booleans(), st.sampled_from([CALENDAR, PLAIN]))


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, st.lists(PRICINGS, min_size=2, max_size=5), st.sampled_from([SHANGHAI, BERLIN]))
def test_repriced_stay_equals_fresh_price(document, entered_at, looks, zone):
    """Also where it got a pass, or lost it, or the calendar was changed between two looks."""
    entered_at -= timedelta(days=35)  # so that clocks in Berlin change within long stays
    until = entered_at + timedelta(days=3)
    week = AccessRight("week", entered_at + timedelta(hours=5), until)
    used = tariff_of(document)
    for seconds, has_pass, calendar in looks:
        end, place = entered_at + timedelta(seconds=seconds), Place(zone, calendar)
        prices = [
            tariff.price(entered_at, end, "ordinary", place=place, rights=[week] if has_pass else [])
            for tariff in (used, tariff_of(document))
        ]
        assert prices[0] == prices[1]


@settings(max_examples=cases(40))
@given(documents(), ENTRIES, st.integers(0, 9 * 86400))
def test_no_cap_is_exceeded(document, entered_at, seconds):
    assume(not {"turn", "percent"} & set(document))  # these change what a cap is for
    price = tariff_of(document).price(
        entered_at, entered_at + timedelta(seconds=seconds), "ordinary", place=PLACE
    )
    assert price.fen <= document.get("stay_cap", price.fen)
    if document.get("caps_count") == "cumulative" and document["cycle"]["basis"] == "from_entry":
        cycles = max(1, -(-seconds // (document["cycle"]["hours"] * 3600)))
        caps, last = document["caps"], document["caps"][-1]
        later = max(0, cycles - len(caps)) * last["each_later_adds"]
        assert price.fen <= caps[min(cycles, len(caps)) - 1]["amount"] + later


@contextmanager
def server_time_zone(zone):
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
