"""What real boards say, to the second before, on and after every edge of theirs."""

import itertools
from datetime import timedelta

import pytest

from lots import tariffs
from tests.lots.tariffs import reference
from tests.lots.tariffs.documents import CALENDAR, is_monotone
from tests.lots.tariffs.published import (
    AIRPORT,
    APPROVAL_2020,
    BAIGUAN,
    BAILIAN,
    DAY_FROM_ENTRY,
    DONGCHENG,
    PANYU,
    PUBLISHED,
    STATION,
    caps,
)
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI, moment


def fen(board, entered, until, kind="ordinary", seen=""):
    """The price of a stay by a board: its number, or a document."""
    tariff = tariffs.read(PUBLISHED[board] if isinstance(board, str) else board)
    return tariff.price(moment(entered), moment(until), kind, seen=seen, place=PLACE).fen


def after(board, hours, **vehicle):
    """The price of a stay of h:mm:ss from Monday noon."""
    parts = [*map(int, hours.split(":")), 0][:3]
    until = moment("04-27 12:00") + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])
    return fen(board, "04-27 12:00", f"{until:%m-%d %H:%M:%S}", **vehicle)


@pytest.mark.parametrize(
    ("number", "stay", "expected"),
    [
        *[
            ("1 per cycle", *row)
            for row in [
                ("0:00:01", 1000),
                ("1:00", 1000),
                ("1:00:01", 2000),
                ("2:00", 2000),
                ("2:00:01", 2500),
                ("2:01", 2500),
                ("9:00:01", 6000),
                ("10:00", 6000),
                ("10:00:01", 6000),
                ("24:00", 6000),
                ("24:00:01", 7000),
                ("25:00", 7000),
                ("26:00:01", 8500),
                ("48:00", 14000),
                ("48:00:01", 15000),
                ("72:00", 25000),
                ("96:00", 36000),
                ("97:00", 37000),
            ]
        ],
        *[
            ("1 cumulative", *row)
            for row in [
                ("2:01", 2500),
                ("10:00", 6000),
                ("24:00", 6000),
                ("24:00:01", 6500),
                ("25:00", 6500),
                ("25:00:01", 7000),
                ("28:00", 8000),
                ("28:00:01", 8000),
                ("48:00", 8000),
                ("48:00:01", 8500),
                ("54:00", 11000),
                ("72:00", 11000),
                ("72:00:01", 11500),
                ("96:00", 14000),
                ("120:00", 17000),
            ]
        ],
        *[
            ("2", *row)
            for row in [("0:28", 700), ("1:00", 700), ("1:00:01", 1050), ("1:28", 1050), ("1:30:01", 1400)]
        ],
        *[("3", *row) for row in [("9:00", 9000), ("9:00:01", 10000), ("24:00", 10000), ("24:00:01", 11000)]],
        *[("4", *row) for row in [("1:00", 1500), ("1:00:01", 3000), ("24:00", 36000)]],
        *[("5 A", *row) for row in [("17:00:01", 36000), ("24:00", 36000), ("25:00", 38000)]],
        ("5 B", "3:00", 4500),
        *[("6", *row) for row in [("3:00", 3000), ("3:00:01", 4000), ("8:00", 4000)]],
        *[
            ("8", *row)
            for row in [
                ("0:30", 200),
                ("0:30:01", 700),
                ("1:30", 700),
                ("1:30:01", 1200),
                ("6:30", 3000),
                ("24:00", 3000),
                ("24:30", 3200),
                ("48:00", 7000),
                ("72:00", 12000),
                ("96:00", 17000),
            ]
        ],
        *[("16", *row) for row in [("1:59", 4000), ("2:00", 4000), ("2:00:01", 6000)]],
        *[
            ("17", *row)
            for row in [("0:30", 0), ("0:30:01", 400), ("2:00", 800), ("2:30", 800), ("2:30:01", 1200)]
        ],
        *[("17 before", *row) for row in [("0:30", 0), ("0:30:01", 400), ("2:00", 800), ("2:00:01", 1200)]],
        *[("18", *row) for row in [("1:00", 500), ("1:00:01", 700), ("1:30:01", 900)]],
    ],
)
def test_noon_stay_matches_published_board(number, stay, expected):
    assert after(number, stay) == expected


@pytest.mark.parametrize(
    ("number", "entered", "until", "expected"),
    [
        # 7: each band for its own part
        ("7", "04-27 18:30", "04-27 19:00", 200),
        ("7", "04-27 18:30", "04-27 19:00:01", 400),
        ("7", "04-27 18:40", "04-27 19:10", 400),
        ("7", "04-27 18:30", "04-27 21:30:00", 1200),
        ("7", "04-27 18:30", "04-27 21:30:01", 1200),
        ("7", "04-27 19:00", "04-28 08:00", 1000),
        ("7", "04-27 19:00", "04-28 08:00:01", 1200),
        ("7", "04-27 17:00", "04-28 09:00", 800 + 1000 + 400),
        ("7", "04-27 19:00", "04-29 08:00", 1000 + 22 * 200 + 1000),
        # 9: free minutes once, two hours for 3 yuan, nights free, at most 10 yuan in 24 hours
        ("9", "04-27 18:30", "04-27 19:15", 0),
        ("9", "04-27 18:30", "04-27 19:15:01", 300),
        ("9", "04-27 18:30", "04-27 20:30:01", 300),
        ("9", "04-27 18:30", "04-28 05:00", 300),
        ("9", "04-27 18:30", "04-28 05:00:01", 400),
        ("9", "04-27 18:30", "04-28 11:00", 900),
        ("9", "04-27 18:30", "04-28 11:00:01", 1000),
        ("9", "04-27 18:30", "04-28 18:30", 1000),
        ("9", "04-27 18:30", "04-28 18:30:01", 1300),
        ("9", "04-27 18:30", "04-28 20:30", 1300),
        ("9", "04-27 10:00", "04-27 12:00:01", 400),
        ("9", "04-27 16:30", "04-27 19:00", 400),
        # 10: a night that midnight does not divide, under a cap of calendar days
        ("10", "04-27 20:00", "04-27 20:30", 0),
        ("10", "04-27 20:00", "04-27 20:30:01", 1000),
        ("10", "04-27 20:00", "04-27 21:00:01", 1500),
        ("10", "04-27 20:00", "04-28 02:59:59", 1000 + 3000),
        ("10", "04-27 20:00", "04-28 07:00", 1000 + 3000),
        ("10", "04-27 20:00", "04-28 08:00", 1000 + 3000 + 1000),
        ("10", "04-27 07:00", "04-28 00:00", 10000),
        ("10", "04-27 07:00", "04-28 00:00:01", 10500),
        # 11: two readings of what the night does to the nine hours
        ("11 running on", "04-27 20:00", "04-27 23:00", 3000),
        ("11 running on", "04-27 20:00", "04-27 23:00:01", 8000),
        ("11 running on", "04-27 20:00", "04-28 07:00", 8000),
        ("11 running on", "04-27 20:00", "04-28 09:00", 9000),
        ("11 beginning again", "04-27 20:00", "04-28 09:00", 10000),
        ("11 running on", "04-27 08:00", "04-27 18:00", 9500),
        # 12: working days alone, 调休 Saturdays too
        ("12", "04-27 07:00", "04-27 08:00", 0),
        ("12", "04-27 07:00", "04-27 08:00:01", 500),
        ("12", "04-27 19:30", "04-27 20:10", 500),
        ("12", "05-01 10:00", "05-01 12:00", 0),
        ("12", "05-02 10:00", "05-02 12:00", 0),
        ("12", "05-09 10:00", "05-09 12:00", 1000),
        ("12", "04-27 08:00", "04-27 20:00", 3000),
        # 13: Sunday begins at midnight, also for the night
        ("13", "05-02 21:30", "05-03 00:00", 3500 + 2 * 2400),
        ("13", "05-02 21:30", "05-03 00:00:01", 3500 + 2 * 2400 + 3100),
        ("13", "04-30 23:00", "05-01 01:00", 2400 + 3100),
        # 14: the evening at once, dearer from Friday
        ("14", "04-27 17:30", "04-27 18:30", 1000 + 2000),
        ("14", "04-30 17:30", "04-30 22:30", 1000 + 2000 + 1000),
        ("14", "05-01 19:00", "05-01 20:00", 4000),
        ("14", "05-08 19:00", "05-08 20:00", 4000),
        # 15: the hour begun on Friday is Friday's
        ("15", "05-08 23:30", "05-09 00:30", 2400),
        ("15", "04-30 23:30", "05-01 00:30:01", 2400 + 2700),
    ],
)
def test_time_of_day_matches_published_board(number, entered, until, expected):
    assert fen(number, entered, until) == expected


@pytest.mark.parametrize(
    ("number", "stay", "vehicle", "expected"),
    [
        ("8", "0:30", {"kind": "nev_large"}, 500),
        ("8", "24:00", {"seen": "large"}, 6000),
        ("8", "73:00", {"seen": "large"}, 6000 + 7000 + 8000 + 1500),
        ("9", "0:45", {"seen": "large"}, 0),
        ("9", "12:00", {"seen": "large"}, 2500),
        ("9", "12:00:01", {"seen": "large"}, 2800),
        ("9", "24:00", {"seen": "large"}, 4000),
        ("12", "2:00", {"kind": "nev_small"}, 0),
        ("12", "2:00:01", {"kind": "nev_small"}, 500),
        ("15", "1:00", {"seen": "goods"}, 3600),
        ("17", "2:30", {"kind": "nev_small"}, 400),
        ("18", "1:30", {"seen": "special"}, 800 + 500),
    ],
)
def test_vehicle_class_matches_published_board(number, stay, vehicle, expected):
    assert after(number, stay, **vehicle) == expected


BY_START = {"crossing": "unit_start", "steps_count": "stay"}
SMALL_AT_AIRPORT = {key: value for key, value in AIRPORT.items() if key != "classes"}
CUMULATIVE = {
    "steps_count": "stay",
    "caps": caps(3000, 4000, 5000, each_later_adds=1000),
    "caps_count": "cumulative",
}
FREE_EACH_DAY = {"free": {"minutes": 45, "mode": "threshold", "repeat": "each_cycle"}}


@pytest.mark.parametrize(
    ("board", "other", "entered", "until", "ours", "theirs"),
    [
        # 7, 10, 11, 13: the unit that is running when a band begins is its own, or the last band's
        (PANYU, BY_START, "04-27 18:40", "04-27 19:10", 400, 200),
        (BAILIAN, BY_START, "04-27 20:30", "04-27 21:30", 1500, 1000),
        (STATION, BY_START, "04-27 22:30", "04-27 23:30", 6000, 1000),
        (DONGCHENG, BY_START, "05-02 21:30", "05-03 00:00:01", 3500 + 2 * 2400 + 3100, 3500 + 2 * 2400),
        # 8: the caps of the days are each its own, or of the stay up to there
        (SMALL_AT_AIRPORT, CUMULATIVE, "04-27 12:00", "04-29 12:00", 7000, 4000),
        # 9: the free 45 minutes again after 24 hours, which this board denies
        (APPROVAL_2020, FREE_EACH_DAY, "04-27 18:30", "04-28 19:15", 1300, 1000),
        (APPROVAL_2020, FREE_EACH_DAY, "04-27 18:30", "04-28 19:15:01", 1300, 1300),
        # 10: a day is one of the calendar, or 24 hours from the entry
        (BAILIAN, {"cycle": DAY_FROM_ENTRY}, "04-27 07:00", "04-28 00:00:01", 10500, 10000),
        (BAILIAN, {"cycle": DAY_FROM_ENTRY}, "04-27 07:00", "04-28 07:00:01", 10000 + 1500 + 1000, 11000),
    ],
)
def test_alternative_reading_has_own_price(board, other, entered, until, ours, theirs):
    assert [fen(one, entered, until) for one in (board, board | other)] == [ours, theirs]


@pytest.mark.parametrize(("stay", "deducted", "threshold"), [("2:00", 0, 0), ("2:00:01", 500, 1500)])
def test_green_plate_free_hours_by_mode(stay, deducted, threshold):
    rule = {"free": {"minutes": 120, "mode": "threshold", "repeat": "once"}}
    waiting = BAIGUAN | {"classes": [BAIGUAN["classes"][0] | {"rule": rule}]}
    prices = [after(document, stay, kind="nev_small") for document in (BAIGUAN, waiting)]
    assert prices == [deducted, threshold]


@pytest.mark.parametrize("number", PUBLISHED)
def test_reference_agrees_on_every_board(number):
    tariff = tariffs.read(PUBLISHED[number])
    for start, minutes in itertools.product(range(0, 5 * 1440, 1291), (1, 29, 61, 185, 613, 1441, 3011)):
        entered_at = moment("04-29 00:00") + timedelta(minutes=start)
        until = entered_at + timedelta(minutes=minutes)
        expected = reference.cost(PUBLISHED[number], entered_at, until, SHANGHAI, CALENDAR)
        assert tariff.price(entered_at, until, "ordinary", place=PLACE).fen == expected, (start, minutes)


@pytest.mark.parametrize("number", PUBLISHED)
def test_no_board_makes_longer_cheaper(number):
    tariff = tariffs.read(PUBLISHED[number])
    assert is_monotone(tariff)
    prices = [
        tariff.price(
            moment("04-30 18:00"), moment("04-30 18:00") + timedelta(minutes=n), "ordinary", place=PLACE
        ).fen
        for n in range(0, 3 * 1440, 7)
    ]
    assert prices == sorted(prices)
