"""Boards of other countries, in their currencies; prices worked out by hand from boards of this kind.

The sentences alone must give the same price, and no new tariff among them leaves a gap open.
"""

from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs import Calendar, Place
from presentation import class_boards, price_board
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import check_document
from tests.lots.tariffs.board_makers import BY_DAY, FREE_ELSE, NEW, capped, offer, per, rungs, timed
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.shared_boards import PORTLAND
from tests.lots.tariffs.stay_times import SHANGHAI, moment

GAME = Calendar(holidays=frozenset({date(2026, 5, 1)}), years=frozenset({2026}))
PLACE = Place(SHANGHAI, GAME)


ENGLISH_TOWN = {  # pay and display, Mon-Sat 8-18: 1 h 1.50, 2 h 3.00, 4 h 5.00, longer 10.00; Sun 1.50
    **NEW,
    "currency": "GBP",
    "cycle": BY_DAY,
    "steps_count": "band",
    "steps": FREE_ELSE,
    "bands": [
        timed(
            "day",
            "08:00",
            "18:00",
            days=["mon", "tue", "wed", "thu", "fri", "sat", "holiday", "makeup"],
            steps=rungs((60, 150), (120, 300), (240, 500), last=1000),
        ),
        timed("sunday", "08:00", "18:00", days=["sun"], flat=150),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
}
PARKHAUS = {  # each started hour 2.00, at most 15.00 in 24 hours; evening from 18:00 to 6:00 at most 5.00
    **capped(1500),
    "currency": "EUR",
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "steps": hourly(200),
    "offers": [offer("evening", "18:00", "24:00", "06:00", "next", cap=500)],
}
SAN_FRANCISCO = {  # 4.00 per 20 minutes, 38.00 a day; early bird in by 9:30, out by 19:00: 20.00; games 50.00
    **capped(3800),
    "currency": "USD",
    "steps": per(20, 400),
    "offers": [offer("early_bird", "06:00", "09:30", "19:00", days=["workday"], cap=2000)],
    "seasons": [
        {
            "name": "games",
            "dates": ["2026-05-12", "2026-05-14/2026-05-15"],
            "rule": {"offers": None, "caps": None, "steps": [{"until_min": None, "flat": 5000}]},
        }
    ],
}
HONG_KONG = {  # 25 an hour, 30 at weekends; day park 7-19 150; night park 18-9 100; 24 hours 300
    **capped(30000),
    "currency": "HKD",
    "steps": hourly(2500),
    "steps_count": "stay",
    "bands": [timed("weekend", "00:00", "24:00", days=["restday"], steps=hourly(3000))],
    "crossing": "unit_start",
    "band_days": "moment",
    "after_cycle": "run_on",
    "offers": [
        offer("day", "07:00", "12:00", "19:00", days=["workday"], cap=15000),
        offer("night", "18:00", "24:00", "09:00", "next", cap=10000),
    ],
    "offers_apply": "cheapest",
}
TAIPEI = {  # 30 per half hour by day, 10 by night; a remainder of up to 5 minutes is free; 210 a day
    **capped(21000, BY_DAY),
    "currency": "TWD",
    "steps_count": "band",
    "bands": [
        timed("day", "08:00", "20:00", steps=per(30, 1500)),
        timed("night", "20:00", "08:00", steps=per(30, 500)),
    ],
    "tail_min": 5,
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
}
TOKYO = {  # 8-22 330 per 20 minutes, at most 1980; 22-8 110 an hour, at most 440
    **NEW,
    "currency": "JPY",
    "steps_count": "band",
    "bands": [
        timed("day", "08:00", "22:00", steps=per(20, 330), cap=1980),
        timed("night", "22:00", "08:00", steps=hourly(110), cap=440),
    ],
    "crossing": "sum_per_band",
}
SINGAPORE_MALL = {  # 2.14 the first hour, then 1.07 per half hour; in after 18:00: 3.21 per entry
    **NEW,
    "currency": "SGD",
    "steps": [{"until_min": 60, "flat": 214}, {"until_min": None, "unit_min": 30, "price": 107}],
    "offers": [offer("evening", "18:00", "24:00", "03:00", "next", flat=321)],
    "allows_cheaper_longer": True,
}
SYDNEY = {  # 15, 30, 50, 65, then 79 up to midnight; weekends 20; night 15; early bird 28
    **NEW,
    "currency": "AUD",
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": rungs((30, 1500), (60, 3000), (120, 5000), (180, 6500), last=7900),
    "offers": [
        offer("early_bird", "06:00", "10:00", "19:00", days=["workday"], cap=2800),
        offer("night", "17:00", "24:00", "06:00", "next", days=["workday"], cap=1500),
        offer("weekend", "00:00", "24:00", "24:00", days=["weekend"], cap=2000),
    ],
    "offers_apply": "cheapest",
}
MACAU = {  # 6 an hour by day, 3 by night; motorcycles 1 an hour all day
    **NEW,
    "currency": "MOP",
    "bands": [
        timed("day", "08:00", "20:00", steps=hourly(600)),
        timed("night", "20:00", "08:00", steps=hourly(300)),
    ],
    "crossing": "unit_start",
    "classes": [
        {
            "name": "motorcycle",
            "seen_as": ["motorcycle"],
            "rule": {"bands": None, "steps": hourly(100)},
        }
    ],
}
SEOUL = {  # 1000 for 30 minutes, then 500 per 10 minutes, at most 20,000 a day; small cars half
    **capped(20000, BY_DAY),
    "currency": "KRW",
    "steps": [{"until_min": 30, "flat": 1000}, {"until_min": None, "unit_min": 10, "price": 500}],
    "classes": [
        {
            "name": "small",
            "seen_as": ["small"],
            "rule": {"percent": 50, "sum_rounding": {"unit": 10, "how": "down"}},
        }
    ],
}
DUBAI_MALL = {  # 4 hours free, then 20, 40, 60, 100, 150 and 200; weekends free
    **NEW,
    "currency": "AED",
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": rungs((240, 0), (300, 2000), (360, 4000), (420, 6000), (480, 10000), (540, 15000), last=20000),
    "bands": [timed("weekend", "00:00", "24:00", days=["weekend"], free=True)],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
}
VIENNA = {  # short-term zone: 1.30 per half hour on working days 9-22, 15 minutes free, longest 2 hours
    **NEW,
    "currency": "EUR",
    "cycle": BY_DAY,
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "steps_count": "band",
    "steps": FREE_ELSE,
    "bands": [timed("day", "09:00", "22:00", days=["workday"], steps=per(30, 130))],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
    "max_stay_min": 120,
}
AIRPORT_US = {  # 5 per half hour, 36 a day, the seventh day free: 216 a week
    **capped(3600),
    "currency": "USD",
    "steps": per(30, 500),
    "long_caps": [{"cycles": 7, "amount": 21600}],
}
TAURANGA = {  # early bird before 9:30 at most 8.00; in after 15:00 free; else 3 an hour
    **NEW,
    "currency": "NZD",
    "steps": hourly(300),
    "offers": [
        offer("early_bird", "06:00", "09:30", "18:00", days=["workday"], cap=800),
        offer("afternoon", "15:00", "24:00", "06:00", "next", flat=0),
    ],
    "offers_apply": "first",
}
KINGS_CROSS = {  # in from 18:00, out by 4:00: 20.00, else the ladder of the day
    **NEW,
    "currency": "AUD",
    "steps": [{"until_min": 60, "flat": 1200}, {"until_min": None, "unit_min": 60, "price": 800}],
    "offers": [offer("night", "18:00", "24:00", "04:00", "next", flat=2000)],
    "allows_cheaper_longer": True,
}
BY_DAY_OF_ENTRY = {  # the day of entry decides for the whole stay: 4 an hour, at weekends 6
    **NEW,
    "steps": hourly(400),
    "seasons": [{"name": "peak", "days": ["weekend"], "rule": {"steps": hourly(600)}}],
}
BOARDS = {
    "english town": ENGLISH_TOWN,
    "parkhaus": PARKHAUS,
    "san francisco": SAN_FRANCISCO,
    "hong kong": HONG_KONG,
    "taipei": TAIPEI,
    "tokyo": TOKYO,
    "singapore": SINGAPORE_MALL,
    "sydney": SYDNEY,
    "macau": MACAU,
    "seoul": SEOUL,
    "dubai": DUBAI_MALL,
    "vienna": VIENNA,
    "us airport": AIRPORT_US,
    "tauranga": TAURANGA,
    "portland": PORTLAND,
    "kings cross": KINGS_CROSS,
    "by day of entry": BY_DAY_OF_ENTRY,
}
PRICES = [  # 04-27 is a Monday, 05-01 a holiday
    ("english town", "04-27 09:00", "04-27 10:30", 300),
    ("english town", "04-27 09:00", "04-27 13:01", 1000),
    ("english town", "04-27 17:30", "04-27 19:30", 150),
    ("english town", "04-26 10:00", "04-26 17:00", 150),
    ("english town", "04-27 18:00", "04-28 08:00", 0),
    ("parkhaus", "04-27 09:00", "04-27 09:15", 0),
    ("parkhaus", "04-27 09:00", "04-27 12:10", 800),
    ("parkhaus", "04-27 09:00", "04-27 19:00", 1500),
    ("parkhaus", "04-27 09:00", "04-28 10:00", 1700),
    ("parkhaus", "04-27 18:30", "04-28 01:00", 500),
    ("parkhaus", "04-27 18:30", "04-28 06:01", 1500),
    ("san francisco", "04-27 09:00", "04-27 09:41", 1200),
    ("san francisco", "04-27 09:00", "04-27 19:00", 2000),
    ("san francisco", "04-27 09:30", "04-27 19:00", 3800),
    ("san francisco", "05-14 18:00", "05-14 18:30", 5000),
    ("hong kong", "04-27 10:00", "04-27 13:00", 7500),
    ("hong kong", "04-27 10:00", "04-27 18:00", 15000),
    ("hong kong", "04-27 10:00", "04-27 19:30", 25000),
    ("hong kong", "05-01 10:00", "05-01 13:00", 9000),
    ("hong kong", "04-27 19:00", "04-28 08:00", 10000),
    ("hong kong", "04-27 09:00", "04-28 08:00", 30000),
    ("taipei", "04-27 08:00", "04-27 09:05", 3000),
    ("taipei", "04-27 08:00", "04-27 09:06", 4500),
    ("taipei", "04-27 08:00", "04-27 20:00", 21000),
    ("taipei", "04-27 20:00", "04-27 22:00", 2000),
    ("tokyo", "04-27 10:00", "04-27 10:41", 990),
    ("tokyo", "04-27 09:00", "04-27 21:00", 1980),
    ("tokyo", "04-27 20:00", "04-28 07:00", 1980 + 440),
    ("tokyo", "04-27 23:00", "04-28 01:30", 330),
    ("singapore", "04-27 10:00", "04-27 11:31", 214 + 214),
    ("singapore", "04-27 18:00", "04-27 18:10", 321),
    ("singapore", "04-27 18:00", "04-28 03:00", 321),
    ("sydney", "04-27 11:00", "04-27 12:30", 5000),
    ("sydney", "04-27 08:00", "04-27 18:30", 2800),
    ("sydney", "04-27 08:00", "04-27 19:01", 7900),
    ("sydney", "04-27 17:00", "04-27 23:00", 1500),
    ("sydney", "04-26 09:00", "04-26 18:00", 2000),
    ("macau", "04-27 18:30", "04-27 21:00", 600 + 600 + 300),
    ("seoul", "04-27 10:00", "04-27 10:30", 1000),
    ("seoul", "04-27 10:00", "04-27 11:05", 1000 + 4 * 500),
    ("seoul", "04-27 08:00", "04-27 20:00", 20000),
    ("dubai", "04-27 10:00", "04-27 14:00", 0),
    ("dubai", "04-27 10:00", "04-27 14:01", 2000),
    ("dubai", "04-27 10:00", "04-27 20:00", 20000),
    ("dubai", "04-26 10:00", "04-26 20:00", 0),
    ("vienna", "04-27 09:00", "04-27 10:01", 390),
    ("vienna", "04-27 20:30", "04-27 23:30", 390),
    ("vienna", "04-26 10:00", "04-26 12:00", 0),
    ("us airport", "04-20 08:00", "04-22 08:00", 7200),
    ("us airport", "04-20 08:00", "04-27 08:00", 21600),
    ("us airport", "04-20 08:00", "04-27 09:00", 22600),
    ("tauranga", "04-27 09:00", "04-27 11:00", 600),
    ("tauranga", "04-27 09:00", "04-27 17:00", 800),
    ("tauranga", "04-27 09:30", "04-27 17:00", 2400),
    ("tauranga", "04-27 15:00", "04-27 23:00", 0),
    ("portland", "04-27 09:29", "04-27 15:00", 1500),
    ("portland", "04-27 09:29", "04-27 14:59", 11 * 400),
    ("portland", "04-27 09:29", "04-27 19:01", 20 * 400),
    ("portland", "04-27 09:30", "04-27 15:00", 11 * 400),
    ("kings cross", "04-27 18:30", "04-28 03:30", 2000),
    ("kings cross", "04-27 18:30", "04-28 04:01", 1200 + 9 * 800),
    ("by day of entry", "04-26 22:00", "04-27 02:00", 2400),
    ("by day of entry", "04-27 22:00", "04-28 02:00", 1600),
]


@pytest.mark.parametrize(("name", "entered", "until", "amount"), PRICES)
def test_board_price_is_met(name, entered, until, amount):
    tariff = tariffs.read_new(BOARDS[name])
    stay = moment(entered), moment(until)
    assert tariff.price(*stay, "ordinary", place=PLACE).fen == amount
    with translation.override("zh-hans"):
        usual = board_reader.read(price_board.rule_board(tariff.rule, tariff.currency))
        seasons = [
            (one.kinds, one.sentences)
            for one in class_boards.class_boards(tariff, PLACE)
            if "日期" in one.kinds
        ]
    board = board_reader.board_of_entry(usual, seasons, stay[0], GAME)
    assert board_reader.price(board, *stay, SHANGHAI, GAME) == amount


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_has_prices(name):
    assert name in {row[0] for row in PRICES}
    check_document(BOARDS[name])


@pytest.mark.parametrize(
    ("name", "seen", "entered", "until", "amount"),
    [
        ("macau", "motorcycle", "04-27 18:30", "04-27 21:00", 300),
        ("seoul", "small", "04-27 10:00", "04-27 11:05", 1500),
    ],
)
def test_class_price_is_met(name, seen, entered, until, amount):
    tariff = tariffs.read_new(BOARDS[name])
    stay = moment(entered), moment(until)
    assert tariff.price(*stay, "ordinary", seen=seen, place=PLACE).fen == amount


@pytest.mark.parametrize("name", BOARDS)
def test_amounts_stand_in_their_currency(name):
    tariff = tariffs.read_new(BOARDS[name])
    with translation.override("en"):
        board = price_board.price_board(replace(tariff, exempt=frozenset()))
    sign = tariff.currency.sign
    shown = " ".join(board).replace(f"JP{tariffs.CNY.sign}", "")
    assert sign in " ".join(board)
    assert tariff.currency is tariffs.CNY or tariffs.CNY.sign not in shown


def test_vienna_names_the_longest_stay():
    tariff = tariffs.read_new(VIENNA)
    codes = [
        line.code
        for line in tariff.price(moment("04-27 09:00"), moment("04-27 12:00"), "ordinary", place=PLACE).lines
    ]
    assert "over_max_stay" in codes
