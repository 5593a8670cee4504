"""Published boards of Heathrow, Parkable and Westpoint: as many rungs, minutes and visits as they have."""

import pytest
from django.utils import translation

from lots import tariffs
from presentation import price_board
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import check_document, prices_of
from tests.lots.tariffs.board_makers import NEW, cap, free, ladder, per
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI, moment

HEATHROW = {  # short stay, terminals 1 to 3: fourteen rungs, over 48 hours 45.20 per 24 hours or part
    **NEW,
    "currency": "GBP",
    "steps": [
        *ladder(
            *((30, 240), (60, 410), (90, 610), (120, 770), (180, 1060), (240, 1390), (300, 1710)),
            *((360, 2110), (540, 3060), (720, 3960), (1080, 4320), (1440, 4520), (2160, 7110), (2880, 9040)),
        ),
        *per(1440, 4520),
    ],
}
PARKABLE = {  # under 5 minutes free; 2.00 for the first hour, then by the minute; 12.00 a day, also beyond
    **NEW,
    **free(5),
    **cap(1200),
    "reached": ["free"],
    "currency": "NZD",
    "cycle": DAY_FROM_ENTRY,
    "steps": [
        {"until_min": 60, "flat": 200},
        {"until_min": 1440, "unit_min": 1, "price": "3.333"},
        {"until_min": None, "unit_min": 1, "price": "0.833"},
    ],
    "sum_rounding": {"unit": 1, "how": "half_up"},
}
EARLY_BIRD = {  # in from 6:00 to 9:00: one price covers 12 hours, then the hourly rate (amounts: examples)
    **NEW,
    "currency": "NZD",
    "steps": hourly(400),
    "seasons": [
        {
            "name": "early",
            "enters": {"from": "06:00", "to": "09:00"},
            "rule": {"steps": [{"until_min": 720, "flat": 1500}, *hourly(400)]},
        }
    ],
}
WESTPOINT = {  # first 3 hours free; back within 60 minutes: from the original entry (amounts: examples)
    **NEW,
    "currency": "AUD",
    "steps": [{"until_min": 180, "flat": 0}, {"until_min": 240, "flat": 500}, *hourly(500)],
    "reentry": {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "charged"},
}
BOARDS = {"heathrow": HEATHROW, "parkable": PARKABLE, "early bird": EARLY_BIRD, "westpoint": WESTPOINT}


@pytest.mark.parametrize("name", BOARDS)
def test_published_board_is_a_document(name):
    check_document(BOARDS[name])


@pytest.mark.parametrize(
    ("document", "entered", "left", "amount"),
    [
        (HEATHROW, "09-07 10:00", "09-07 10:30", 240),
        (HEATHROW, "09-07 10:00", "09-07 11:15", 610),
        (HEATHROW, "09-07 10:00", "09-07 19:01", 3960),
        (HEATHROW, "09-07 10:00", "09-08 10:00", 4520),
        (HEATHROW, "09-07 10:00", "09-09 10:00", 9040),
        (HEATHROW, "09-07 10:00", "09-09 10:01", 9040 + 4520),
        (HEATHROW, "09-07 10:00", "09-11 10:00", 9040 + 2 * 4520),
        (PARKABLE, "09-07 10:00", "09-07 10:04", 0),
        (PARKABLE, "09-07 10:00", "09-07 10:05", 200),
        (PARKABLE, "09-07 10:00", "09-07 11:30", 300),
        (PARKABLE, "09-07 10:00", "09-08 10:00", 1200),
        (PARKABLE, "09-07 10:00", "09-08 22:00", 1800),
        (EARLY_BIRD, "09-07 08:59", "09-07 20:59", 1500),
        (EARLY_BIRD, "09-07 08:59", "09-07 21:00", 1900),
        (EARLY_BIRD, "09-07 09:00", "09-07 20:59", 12 * 400),
        (WESTPOINT, "09-07 10:00", "09-07 13:00", 0),
        (WESTPOINT, "09-07 10:00", "09-07 14:01", 1000),
    ],
)
def test_published_board_is_charged(document, entered, left, amount):
    assert prices_of(document, entered, left, "") == (amount, amount)


@pytest.mark.parametrize(
    ("back", "left", "amount"),
    [
        ("09-07 12:30", "09-07 13:30", 500),  # half an hour outside: counted from 10:00, 3 h 30 min
        ("09-07 13:00", "09-07 15:00", 1000),  # an hour outside: five hours
        ("09-07 13:01", "09-07 15:00", 0),  # a new free period
    ],
)
def test_westpoint_counts_from_first_entry(back, left, amount):
    """The first visit, from 10 to 12 o'clock, was free."""
    tariff = tariffs.read_new(WESTPOINT)
    first, second = (moment("09-07 10:00"), moment("09-07 12:00")), (moment(back), moment(left))
    earlier = [tariffs.EarlierSession(*first)]
    assert tariff.price(*second, "ordinary", place=CHINA, earlier=earlier).fen == amount
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariff.rule, tariff.currency))
        [sentence] = [one for one in price_board.conditions(tariff) if "再次入场" in one]
    assert board_reader.visits(board, sentence, [first, second], SHANGHAI, CHINA.calendar) == amount
