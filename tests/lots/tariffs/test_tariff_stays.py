"""Classes, passes, re-entry, what was settled, the longest stay, calendars: what is charged of a stay."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lots import tariffs
from lots.tariffs import (
    Calendar,
    EarlierSession,
    Place,
    PriceLine,
    Settled,
    TariffError,
    examples,
)
from lots.tariffs.charged_time import joined, without
from lots.tariffs.permit_times import right_of
from tests.lots.tariffs.clause_cases import right
from tests.lots.tariffs.documents import CALENDAR
from tests.lots.tariffs.published import (
    BAIGUAN,
    BAILIAN,
    CASTLE_PEAK,
    DONGCHENG,
    HONGQIAO,
    PANYU,
    TIANJIE,
    simple,
)
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI, moment

HOURLY = simple(1000, 10000)
FREE = HOURLY | {"free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}


def price(document, entered, until, kind="ordinary", **more):
    return tariffs.read(document).price(moment(entered), moment(until), kind, **({"place": PLACE} | more))


def line_codes(found):
    return [(line.code, line.fen) for line in found.lines]


def test_first_matching_class_wins():
    document = HOURLY | {
        "classes": [
            {"name": "new_energy", "kinds": ["nev_large"], "rule": {"steps": simple(500)["steps"]}},
            {"name": "large", "seen_as": ["large"], "rule": {"steps": simple(2000)["steps"]}},
            {"name": "motorcycle", "seen_as": ["motorcycle"], "exempt": True},
        ]
    }
    stay = ("04-27 10:00", "04-27 11:00")
    assert price(document, *stay, "nev_large", seen="large").fen == 500
    assert price(document, *stay, "ordinary", seen="large").fen == 2000
    assert price(document, *stay, "ordinary", seen="small").fen == 1000
    free = price(document, *stay, seen="motorcycle")
    assert [line.as_json() for line in free.lines] == [
        {
            "code": "exempt",
            "fen": 0,
            "values": {"kind": "ordinary", "vehicle": "motorcycle"},
            "from": 0,
            "to": 3600,
        }
    ]


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([], 10000),
        ([right("04-01 00:00", "05-01 00:00")], 0),
        ([right("04-27 12:00", "05-01 00:00")], 4000),  # 08–12 before it was bought
        ([right("04-01 00:00", "04-27 12:00")], 8000),
        ([right("04-27 10:00", "04-27 18:30")], 2000 + 2000),
        ([right("04-27 10:00", "04-27 14:00"), right("04-27 12:00", "04-27 19:30")], 2000 + 1000),
        ([right("05-01 00:00", "05-02 00:00")], 10000),
        ([right("04-01 00:00", "05-01 00:00", start=20 * 3600, end=8 * 3600)], 10000),
        (
            [right("04-01 00:00", "05-01 00:00", start=8 * 3600, end=20 * 3600, days=frozenset({"tue"}))],
            10000,
        ),
        ([right("04-01 00:00", "05-01 00:00", start=8 * 3600, end=19 * 3600, days=frozenset({"mon"}))], 1000),
    ],
)
def test_time_outside_pass_is_charged(rights, expected):
    assert price(HOURLY, "04-27 08:00", "04-27 20:00", rights=rights).fen == expected


def test_night_pass_covers_following_morning():
    tariff = tariffs.read(DONGCHENG)
    night = right_of(tariff.passes[1], moment("04-27 20:00"), moment("04-28 20:00"))
    found = tariff.price(
        moment("04-27 19:00"), moment("04-28 09:00"), "ordinary", place=PLACE, rights=[night]
    )
    assert line_codes(found) == [("covered", 0), ("band_units", 3500), ("band_units", 3500)]
    assert found.lines[0].values == {"right": "night", "minutes": 720}
    assert (found.lines[0].start, found.lines[0].end) == (3600, 13 * 3600)


def test_free_minutes_exclude_pass_time():
    found = price(FREE, "04-27 08:00", "04-27 12:30", rights=[right("04-27 00:00", "04-27 12:00")])
    assert line_codes(found) == [("covered", 0), ("free_within", 0)]


@pytest.mark.parametrize(
    ("reentry", "earlier", "expected"),
    [
        # one stay, time outside free: 08–10 cost 20, then 14–15 within the same 24 h under the same cap
        (
            {"as": "one_stay", "window": {"from": "entered", "minutes": 360}, "gap": "free"},
            "08:00 10:00",
            1000,
        ),
        (
            {"as": "one_stay", "window": {"from": "entered", "minutes": 360}, "gap": "free"},
            "08:00 13:59",
            1000,
        ),
        (
            {"as": "one_stay", "window": {"from": "entered", "minutes": 359}, "gap": "free"},
            "08:00 10:00",
            1000,
        ),
        (
            {"as": "one_stay", "window": {"from": "left", "minutes": 240}, "gap": "charged"},
            "08:00 10:00",
            5000,
        ),
        (
            {"as": "one_stay", "window": {"from": "left", "minutes": 239}, "gap": "charged"},
            "08:00 10:00",
            1000,
        ),
        ({"as": "one_stay", "window": {"from": "day"}, "gap": "free"}, "04:00 13:00", 1000),
        (
            {"as": "one_stay", "window": {"from": "day"}, "gap": "free"},
            "03:00 13:30",
            0,
        ),  # the cap is reached
    ],
)
def test_reentry_charges_only_added_amount(reentry, earlier, expected):
    start, end = (moment(f"04-27 {time}") for time in earlier.split())
    found = price(
        HOURLY | {"reentry": reentry}, "04-27 14:00", "04-27 15:00", earlier=[EarlierSession(start, end)]
    )
    assert found.fen == expected


def test_earlier_stays_deducted_in_own_line():
    reentry = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
    stays = [EarlierSession(moment("04-27 08:00"), moment("04-27 10:00"))]
    found = price(HOURLY | {"reentry": reentry}, "04-27 14:00", "04-27 15:00", earlier=stays)
    assert line_codes(found) == [("units", 3000), ("earlier_stays", -2000)]
    assert found.lines[-1].values == {"stays": 1}


def test_earlier_stay_uses_up_free_minutes():
    stays = [EarlierSession(moment("04-27 08:00"), moment("04-27 08:20"))]
    for how in ({"as": "no_free"}, {"as": "one_stay", "gap": "free"}):
        reentry = {**how, "window": {"from": "left", "minutes": 60}}
        assert price(FREE | {"reentry": reentry}, "04-27 09:20", "04-27 09:40", earlier=stays).fen == (
            1000 if how["as"] == "no_free" else 2000
        )
        assert price(FREE | {"reentry": reentry}, "04-27 09:20:01", "04-27 09:40", earlier=stays).fen == 0


@pytest.mark.parametrize(
    ("earlier", "entered", "together"),
    [
        ("04-27 01:00/04-27 02:00", "04-27 22:00", True),
        ("04-26 20:00/04-26 23:00", "04-27 02:00", False),
    ],
)
def test_reentry_day_follows_lot_clock(earlier, entered, together):
    reentry = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
    start, end = map(moment, earlier.split("/"))
    found = price(
        HOURLY | {"reentry": reentry}, entered, f"{entered[:6]}23:00", earlier=[EarlierSession(start, end)]
    )
    assert (found.lines[-1].code == "earlier_stays") is together


@pytest.mark.parametrize(
    ("since", "minutes", "earlier", "together"),
    [
        ("entered", 420, ["07:00 13:30"], True),
        ("entered", 419, ["07:00 13:30"], False),
        ("left", 30, ["07:00 13:30"], True),
        ("left", 29, ["07:00 13:30"], False),
        ("left", 1, ["07:00 14:00"], True),  # out and in at the same second
        ("left", 60, ["14:00 14:30"], False),  # it is this stay itself
        ("left", 60, ["08:00 13:30", "09:00 10:00"], True),
    ],
)
def test_reentry_window_start_follows_rule(since, minutes, earlier, together):
    reentry = {"as": "one_stay", "window": {"from": since, "minutes": minutes}, "gap": "free"}
    stays = [EarlierSession(*(moment(f"04-27 {time}") for time in stay.split())) for stay in earlier]
    found = price(HOURLY | {"reentry": reentry}, "04-27 14:00", "04-27 15:00", earlier=stays)
    assert (found.lines[-1].code == "earlier_stays") is together


def test_workday_pass_excludes_weekends():
    sold = [{"name": "month", "price": 1, "from": "08:00", "to": "20:00", "days": ["workday"]}]
    tariff = tariffs.read(HOURLY | {"passes": sold})
    month = right_of(tariff.passes[0], moment("04-01 00:00"), moment("06-01 00:00"))
    for day, expected in (("04-27", 0), ("05-01", 1000), ("05-09", 0), ("05-10", 1000)):
        assert price(HOURLY, f"{day} 10:00", f"{day} 11:00", rights=[month]).fen == expected


def test_examples_assume_ordinary_monday_morning():
    tariff = tariffs.read(BAIGUAN | {"exempt": ["police"]})
    assert dict(examples(tariff, place=PLACE))[16] == 500
    berlin = Place(ZoneInfo("Europe/Berlin"), CALENDAR)
    assert examples(tariff, place=berlin) == examples(tariff, place=PLACE)
    assert dict(examples(tariff, place=PLACE, entry=moment("05-01 10:00")))[16] == 0
    monday_off = Place(SHANGHAI, Calendar(holidays=frozenset({date(2026, 3, 2)})))
    assert dict(examples(tariff, place=monday_off))[16] == 0


def test_examples_follow_bands_and_deduction():
    assert examples(tariffs.read(DONGCHENG))[:3] == [(1, 3500), (60, 3500), (61, 7000)]
    deducted = HOURLY | {"free": {"minutes": 30, "mode": "deduct", "repeat": "once"}}
    assert examples(tariffs.read(deducted)) == [
        (30, 0),
        (31, 1000),
        (90, 1000),
        (91, 2000),
        (120, 2000),
        (480, 8000),
        (571, 10000),
        (1470, 10000),
        (1471, 11000),
    ]


def test_stays_outside_window_are_ignored():
    reentry = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "charged"}
    stays = [
        EarlierSession(moment("04-27 06:00"), moment("04-27 07:00")),
        EarlierSession(moment("04-27 09:00"), moment("04-27 09:30")),
        EarlierSession(moment("04-27 20:00"), moment("04-27 21:00")),
    ]
    found = price(HOURLY | {"reentry": reentry}, "04-27 10:00", "04-27 11:00", earlier=stays)
    assert line_codes(found) == [("units", 2000), ("earlier_stays", -1000)]


@pytest.mark.parametrize(
    ("then", "paid", "expected"),
    [
        ("recomputed", 1000, 4000),
        ("extra_time", 1000, 3000),
        ("extra_time", 2000, 4000),
        ("extra_time", 2500, 4000),
    ],
)
def test_extra_time_charge_follows_setting(then, paid, expected):
    """Two hours for 20 yuan were settled for `paid`; now the stay is of four hours."""
    settled = Settled(moment("04-27 10:00"), paid)
    found = price(HOURLY | {"after_exit_window": then}, "04-27 08:00", "04-27 12:00", settled=settled)
    assert found.fen == expected
    assert found.fen - paid == (2000 if then == "extra_time" and paid <= 2000 else expected - paid)


CLASSED = {
    **HOURLY,
    "after_exit_window": "extra_time",
    "classes": [
        {"name": "new_energy", "kinds": ["nev_large"], "rule": {"steps": simple(500)["steps"]}},
        {"name": "large", "seen_as": ["large"], "rule": {"steps": simple(2000)["steps"]}},
    ],
}


@pytest.mark.parametrize(
    ("kind", "seen", "paid", "expected"),
    [("nev_large", "", 500, 2000 - 500), ("ordinary", "large", 3000, 8000 - 1000)],
)
def test_settled_amount_uses_vehicle_class(kind, seen, paid, expected):
    settled = Settled(moment("04-27 10:00"), paid)
    assert price(CLASSED, "04-27 08:00", "04-27 12:00", kind, seen=seen, settled=settled).fen == expected


def test_forgiven_amount_has_own_line():
    document = HOURLY | {
        "after_exit_window": "extra_time",
        "reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"},
    }
    earlier = [EarlierSession(moment("04-27 06:00"), moment("04-27 08:00"))]
    settled = Settled(moment("04-27 14:00"), 500)
    found = price(document, "04-27 12:00", "04-27 16:00", earlier=earlier, settled=settled)
    assert line_codes(found) == [("units", 6000), ("earlier_stays", -2000), ("settled", -1500)]
    assert (found.lines[0].start, found.lines[0].end) == (-6 * 3600, 4 * 3600)
    assert found.lines[-1] == PriceLine("settled", -1500, {"paid_fen": 500})


def test_full_payment_adds_no_line():
    settled = Settled(moment("04-27 10:00"), 2000)
    found = price(HOURLY | {"after_exit_window": "extra_time"}, "04-27 08:00", "04-27 12:00", settled=settled)
    assert line_codes(found) == [("units", 4000)]


def test_covered_cycle_needs_no_free_minutes():
    document = HOURLY | {"free": {"minutes": 30, "mode": "deduct", "repeat": "each_cycle"}}
    found = price(document, "04-27 08:00", "04-30 08:00", rights=[right("04-28 08:00", "04-29 08:00")])
    assert line_codes(found) == [("covered", 0), ("cap", 10000), ("cap", 10000)]


def test_cycle_starts_after_pass_coverage():
    """Covered from the entry to noon: 23 hours are left, all under one cap."""
    month = right("04-27 08:00", "04-27 12:00")
    assert price(HOURLY, "04-27 08:00", "04-28 11:00", rights=[month]).fen == 10000


@pytest.mark.parametrize(
    ("times", "as_one"),
    [
        ([(0, 5), (5, 9)], [(0, 9)]),
        ([(4, 9), (0, 5)], [(0, 9)]),
        ([(0, 5), (6, 9)], [(0, 5), (6, 9)]),
        ([(0, 9), (2, 5)], [(0, 9)]),
        ([(3, 3), (7, 6)], []),
    ],
)
def test_touching_intervals_are_merged(times, as_one):
    assert joined(times) == as_one


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], [(0, 9)]),
        ([(0, 4)], [(4, 9)]),
        ([(4, 9)], [(0, 4)]),
        ([(2, 4), (6, 7)], [(0, 2), (4, 6), (7, 9)]),
        ([(0, 9)], []),
        ([(-5, 0), (9, 12)], [(0, 9)]),
    ],
)
def test_interval_subtraction_leaves_no_empty_part(taken, left):
    assert without([(0, 9)], taken) == left


def test_stay_beyond_maximum_is_noted():
    document = HOURLY | {"max_stay_min": 120}
    assert line_codes(price(document, "04-27 08:00", "04-27 10:00")) == [("units", 2000)]
    found = price(document, "04-27 08:00", "04-27 10:00:01")
    assert line_codes(found) == [("units", 3000), ("over_max_stay", 0)]
    assert found.lines[-1] == PriceLine("over_max_stay", 0, {"minutes": 120}, 7200, 7201)
    assert type(found.lines[-1].values["minutes"]) is int


def test_stay_lists_every_remark():
    later = [datetime(2027, 5, 3, hour, tzinfo=SHANGHAI) for hour in (9, 12)]
    found = tariffs.read(BAIGUAN | {"max_stay_min": 121}).price(*later, "ordinary", place=PLACE)
    assert line_codes(found) == [("band_units", 1500), ("over_max_stay", 0), ("calendar_unknown", 0)]


def test_zero_length_stay_is_free():
    month = right("04-01 00:00", "05-01 00:00")
    back = HOURLY | {"reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}}
    earlier = [EarlierSession(moment("04-27 08:00"), moment("04-27 08:00"))]
    for found in (
        price(HOURLY, "04-27 09:00", "04-27 09:00"),
        price(HOURLY, "04-27 09:00", "04-27 09:00", rights=[month]),
        price(back, "04-27 09:00", "04-27 09:00", rights=[month], earlier=earlier),
    ):
        assert found.lines == (PriceLine("free_within", 0, {"minutes": 0}),)


def test_earlier_stays_ignored_without_reentry():
    earlier = [EarlierSession(moment("04-27 08:00"), moment("04-27 08:20"))] * 2
    assert line_codes(price(HOURLY, "04-27 09:00", "04-27 10:00", earlier=earlier)) == [("units", 1000)]


def test_exempt_plate_overrides_its_class():
    found = price(
        CLASSED | {"exempt": ["emergency"]}, "04-27 09:00", "04-27 10:00", "emergency", seen="large"
    )
    assert found.lines == (PriceLine("exempt", 0, {"kind": "emergency"}, 0, 3600),)


def test_full_units_count_from_step_start():
    steps = [
        {"until_min": 60, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 60, "price": 500},
    ]
    document = HOURLY | {"rounding": "full", "steps": steps}
    found = price(document, "04-27 08:00", "04-27 11:30")
    assert line_codes(found) == [("first_units", 1000), ("units", 1000)]


def test_daily_total_replaces_counted_units():
    steps = [{"until_min": 120, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 2500}]
    document = simple(0, 2500) | {"steps": steps, "allows_cheaper_longer": True}
    assert line_codes(price(document, "04-27 08:00", "04-27 12:00")) == [("total", 2500)]


def test_night_shared_by_cycles_paid_once():
    night = {"name": "night", "from": "22:00", "to": "06:00", "flat": 2000}
    document = simple(1000) | {"bands": [night], "crossing": "sum_per_band"}
    assert price(document, "04-27 23:00", "06-27 23:30").fen == 62 * 2000 + 61 * 16 * 1000


def test_unknown_calendar_year_is_reported():
    later = [datetime(2027, 5, 3, hour, tzinfo=SHANGHAI) for hour in (9, 10)]
    tariff = tariffs.read(BAIGUAN)
    found = tariff.price(*later, "ordinary", place=PLACE)
    assert line_codes(found) == [("band_units", 500), ("calendar_unknown", 0)]
    assert found.lines[-1].values == {"year": 2027}
    known = Place(SHANGHAI, Calendar(holidays=frozenset({date(2027, 5, 3)}), years=frozenset({2027})))
    assert line_codes(tariff.price(*later, "ordinary", place=known)) == [("flat", 0)]
    assert line_codes(tariffs.read(HOURLY).price(*later, "ordinary", place=PLACE)) == [("units", 1000)]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 4, 27), "mon"),
        (date(2026, 5, 1), "holiday"),
        (date(2026, 5, 2), "sat"),
        (date(2026, 5, 9), "makeup"),
    ],
)
def test_each_date_has_one_day_kind(day, kind):
    assert CALENDAR.kind_of(day) == CALENDAR.kind_of_ordinal(day.toordinal()) == kind


def test_worked_weekday_is_ordinary():
    assert Calendar(workdays=frozenset({date(2026, 4, 27)})).kind_of(date(2026, 4, 27)) == "mon"


def test_friday_band_crosses_midnight_by_setting():
    night = {"name": "night", "from": "22:00", "to": "06:00", "days": ["fri"], "flat": 4000}
    document = CASTLE_PEAK | {"bands": [night]}
    assert price(document, "05-09 00:30", "05-09 01:30").fen == 4000
    assert price(document | {"band_days": "moment"}, "05-09 00:30", "05-09 01:30").fen == 1000
    assert price(document | {"band_days": "moment"}, "05-08 00:30", "05-08 01:30").fen == 4000


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [("2026-03-28", 12, 1000), ("2026-10-24", 14, 1000)],
)
def test_dst_night_is_one_night(day, hours, expected):
    berlin = Place(ZoneInfo("Europe/Berlin"), CALENDAR)
    entered_at = datetime.fromisoformat(f"{day} 19:00").replace(tzinfo=berlin.zone)
    tariff = tariffs.read(PANYU)
    until = entered_at.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)
    found = tariff.price(entered_at, until, "ordinary", place=berlin)
    assert line_codes(found) == [("band_cap", expected)]
    one_more = tariff.price(entered_at, until + timedelta(seconds=1), "ordinary", place=berlin)
    assert line_codes(one_more) == [("band_cap", expected), ("units", 200)]


def test_cycle_basis_decides_dst_handling():
    berlin = ZoneInfo("Europe/Berlin")
    entered_at = datetime(2026, 3, 28, 12, tzinfo=berlin)
    by_day = HOURLY | {"cycle": {"basis": "calendar_day", "reset": "12:00"}}
    for document, hours in ((HOURLY, 24), (by_day, 23)):
        tariff, place = tariffs.read(document), Place(berlin)
        until = entered_at.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)
        assert tariff.price(entered_at, until, "ordinary", place=place).fen == 10000
        assert tariff.price(entered_at, until + timedelta(seconds=1), "ordinary", place=place).fen == 11000


def test_night_fee_spans_cycle_end():
    night = {"name": "night", "from": "22:00", "to": "06:00", "flat": 4000}
    document = {**HONGQIAO, "bands": [night], "crossing": "sum_per_band"}
    without_caps = {key: value for key, value in document.items() if not key.startswith("caps")}
    found = price(without_caps, "04-27 23:00", "04-29 05:00")
    assert [line.fen for line in found.lines if line.code == "band_flat"] == [4000, 4000]


def test_each_line_names_its_interval():
    found = price(BAILIAN, "04-27 20:00", "04-28 08:30")
    assert [(line.code, line.start // 60, line.end // 60) for line in found.lines] == [
        ("units", 0, 60),
        ("band_units", 60, 240),
        ("band_cap", 240, 660),
        ("units", 660, 750),
    ]
    assert found.lines[2].values == {
        "cycle": 2,
        "band": "night",
        "from": "21:00",
        "to": "07:00",
        "amount_fen": 3000,
        "before_fen": 1500,
    }


def test_follows_the_clock_property():
    assert not tariffs.read(TIANJIE).follows_the_clock
    assert tariffs.read(BAILIAN).follows_the_clock
    daily = {"reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}}
    assert tariffs.read(TIANJIE | daily).follows_the_clock


def test_empty_document_raises_tariff_error():
    with pytest.raises(TariffError):
        tariffs.read({})
