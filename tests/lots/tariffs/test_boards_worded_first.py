"""Boards worded before they were written as documents: minimums, nights together, classes, lots abroad.

The words and the stays were written down, and each stay was priced by hand, before the language was asked
whether it can say them. A comment is the text of the board; what it leaves open is read as it says.
"""

import pytest

from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    DAYTIME,
    FREE_ELSE,
    NEW,
    NIGHT,
    REST,
    band,
    cap,
    capped,
    deduct,
    first_then,
    flat,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    share,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.shared_boards import AXLES, CLINIC, COACH_NIGHTS, HUB, LENGTHS, NIGHTS_TOGETHER

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_FRI = ["mon", "tue", "wed", "thu", "fri"]
MON_SAT = [*MON_FRI, "sat", "holiday", "makeup"]


PICKUP = {  # 接客道：8 分钟内免费；超过的 15 分钟内 10 元，之后每 5 分钟 10 元；30 分钟内再次进场不再免费
    **NEW,
    **free(8),
    "steps": [{"until_min": 15, "flat": 1000}, *per(5, 1000)],
    "reentry": {"as": "no_free", "window": {"from": "left", "minutes": 30}},
}
SPRING = {  # 景区：小车每 24 小时 20 元，大客车 40 元；春节假期进场的免费
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": once(2000),
    "classes": [seen("large", steps=once(4000))],
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival"],
            "rule": {"steps": once(0)},
            "classes": [{"name": "large", "rule": {"steps": once(0)}}],
        }
    ],
}
GREEN_HALF = {  # 首小时 6 元，之后每半小时 2 元，24 小时封顶 40 元；
    # 新能源车前 2 小时免费，之后半价，封顶 20 元
    **capped(4000),
    "steps": [{"until_min": 60, "flat": 600}, *per(30, 200)],
    "classes": [green(**deduct(120), cycle_starts="entry", steps=per(30, 100), **cap(2000))],
}
CONCERT = {  # 每小时 6 元，24 小时 48 元；演出日（9 月 12 日）15–22 时进场 50 元/次
    **capped(4800),
    "steps": hourly(600),
    "seasons": [
        {
            "name": "event",
            "dates": ["2026-09-12"],
            "enters": {"from": "15:00", "to": "22:00"},
            "rule": {"steps": once(5000), "cycle": {"basis": "none"}, "steps_count": "stay", "caps": None},
        }
    ],
}
MALL = {  # 首小时 8 元，之后每半小时 4 元，24 小时 80 元；双休日、节假日进场：10 元、5 元
    **capped(8000),
    "steps": [{"until_min": 60, "flat": 800}, *per(30, 400)],
    "seasons": [
        {
            "name": "peak",
            "days": ["restday"],
            "rule": {"steps": [{"until_min": 60, "flat": 1000}, *per(30, 500)]},
        }
    ],
}
LONG_CAPS = {  # 每小时 5 元；24 小时内最高 60 元，48 小时内 100 元，72 小时内 130 元，以后每 24 小时 30 元
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps": hourly(500),
    "caps": [
        {"cycle": 1, "amount": 6000},
        {"cycle": 2, "amount": 10000},
        {"cycle": "3+", "amount": 13000, "each_later_adds": 3000},
    ],
    "caps_count": "cumulative",
}
KINDS = {  # 小车 3 元/半小时，24 小时 50 元；摩托车 1 元/小时，5 元；大巴首小时 20 元，以后 10 元，150 元
    **capped(5000),
    "steps": per(30, 300),
    "classes": [
        seen("motorcycle", steps=hourly(100), **cap(500)),
        seen("large", steps=first_then(2000, 1000), **cap(15000)),
    ],
}
CAMPUS = {  # 访客 1 小时内免费，之后每小时 5 元，每日 40 元；23 时后未离校的，每夜加收 30 元
    **capped(4000, BY_DAY),
    **deduct(60),
    "steps": hourly(500),
    "overnight": {"at": "23:00", "until": "06:00", "amount": 3000, "nights": "each"},
}
HONG_KONG = {  # 星期一至四每小時 26 元，五六日及公眾假期 30 元；最低收費兩小時；
    # 平日 8–18 時日泊 130 元；18–8 時夜泊 100 元
    **NEW,
    "currency": "HKD",
    "steps": hourly(2600),
    "stay_minimum": 5200,
    "seasons": [
        {"name": "weekend", "days": ["fri", *REST], "rule": {"steps": hourly(3000), "stay_minimum": 6000}}
    ],
    "offers": [
        offer("day", "08:00", "18:00", "18:00", "same", MON_FRI, cap=13000),
        offer("night", "18:00", "24:00", "08:00", "next", cap=10000),
    ],
    "offers_apply": "first",
}
SINGAPORE = {  # Mon-Fri before 5 pm $2 1st hour, $1 per 30 min; after 5 pm $3 per entry till 3 am;
    # Sat, Sun and PH $2.50 first 2 hours, $0.80 per 30 min; 10 min grace; 3 am to 8 am free
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "steps": FREE_ELSE,
    "bands": [
        band("day", "08:00", "17:00", [{"until_min": 60, "flat": 200}, *per(30, 100)], MON_FRI),
        flat("evening", "17:00", "03:00", 300, MON_FRI),
        band("rest", "08:00", "03:00", [{"until_min": 120, "flat": 250}, *per(30, 80)], REST),
    ],
    "band_days": "start",
}
TOKYO = {  # 8–20 時 25 分 300 円、20–8 時 60 分 100 円；最大料金：入庫当日 24 時まで 1,800 円
    # （土日祝 2,400 円）、夜間 500 円、いずれも繰り返し
    **capped(1800, BY_DAY),
    "steps_count": "band",
    "currency": "JPY",
    "after_cycle": "run_on",
    "bands": [band("day", *DAYTIME, per(25, 300)), band("night", *NIGHT, per(60, 100), cap=500)],
    "crossing": "sum_per_band",
    "seasons": [{"name": "weekend", "days": ["restday"], "rule": cap(2400)}],
}
PARKHAUS = {  # erste Stunde 2,50, jede weitere halbe 1,20, Tageshöchstsatz 16;
    # 19–7 Uhr 1 je Stunde, höchstens 4; sonntags (7–7 Uhr) 5 pauschal
    **BY_BAND,
    "currency": "EUR",
    "bands": [
        band("day", "07:00", "19:00", [{"until_min": 60, "flat": 250}, *per(30, 120)], MON_SAT, cap=1600),
        band("night", "19:00", "07:00", hourly(100), MON_SAT, cap=400),
        flat("sunday", "07:00", "07:00", 500, ["sun"]),
    ],
    "band_days": "start",
}
COUNCIL = {  # Mon-Sat 8-18: up to 1 hour 1.50, 2 hours 3, 4 hours 5, over 4 hours 9; Sundays 8-18 2.00;
    # every evening 18-22 1.50; other times free
    **BY_BAND,
    "currency": "GBP",
    "steps": FREE_ELSE,
    "bands": [
        band("day", "08:00", "18:00", ladder((60, 150), (120, 300), (240, 500), (None, 900)), MON_SAT),
        flat("sunday", "08:00", "18:00", 200, ["sun"]),
        flat("evening", "18:00", "22:00", 150),
    ],
    "band_days": "moment",
}
DOWNTOWN = {  # $4 each 20 min, minimum $8, $28 max per 24 h; early bird in by 9 and out by 6 pm $14;
    # in after 5 pm and out by 3 am $10
    **capped(2800),
    "currency": "USD",
    "steps": per(20, 400),
    "stay_minimum": 800,
    "offers": [
        offer("early_bird", "05:00", "09:00", "18:00", flat=1400),
        offer("evening", "17:00", "24:00", "03:00", "next", flat=1000),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
}
ECONOMY = {  # $3 an hour, $14 each 24 hours, $84 a week; 15 min free
    **capped(1400),
    **free(15),
    "currency": "USD",
    "steps": hourly(300),
    "long_caps": [{"cycles": 7, "amount": 8400}],
}
QUARTERS = {  # 7–21 时：首小时每 15 分钟 1 元，之后 1.5 元；21–7 时每 2 小时 1 元；不足一个计时单位的不收费
    **BY_BAND,
    "rounding": "full",
    "bands": [
        band("day", "07:00", "21:00", [until(60, 15, 100), *per(15, 150)]),
        band("night", "21:00", "07:00", per(120, 100)),
    ],
}
HOTEL = {  # 10 分钟内免费；每小时 6 元，每次最低收费 10 元，24 小时最高 80 元
    **capped(8000),
    **free(10),
    "steps": hourly(600),
    "stay_minimum": 1000,
}
TWO_PRICES = {  # 街区：8–20 时每半小时 2 元，夜间每小时 1 元；15 分钟内免费；每次最低收费 3 元；新能源减半
    **BY_BAND,
    **free(15),
    "bands": [band("day", *DAYTIME, per(30, 200)), band("night", *NIGHT, hourly(100))],
    "stay_minimum": 300,
    "classes": [green(**share(50))],
}
BOARDS = {
    "clinic": CLINIC,
    "nights_together": NIGHTS_TOGETHER,
    "coach_nights": COACH_NIGHTS,
    "axles": AXLES,
    "lengths": LENGTHS,
    "pickup": PICKUP,
    "spring": SPRING,
    "green_half": GREEN_HALF,
    "concert": CONCERT,
    "mall": MALL,
    "long_caps": LONG_CAPS,
    "kinds": KINDS,
    "campus": CAMPUS,
    "hong_kong": HONG_KONG,
    "singapore": SINGAPORE,
    "tokyo": TOKYO,
    "parkhaus": PARKHAUS,
    "council": COUNCIL,
    "downtown": DOWNTOWN,
    "economy": ECONOMY,
    "quarters": QUARTERS,
    "hotel": HOTEL,
    "two_prices": TWO_PRICES,
    "hub": HUB,
}
STAYS = """
clinic
03-02 09:00 03-02 09:20 0
03-02 09:00 03-02 09:21 4
03-02 09:00 03-02 10:00 4
03-02 09:00 03-02 10:16 6
03-02 09:00 03-02 15:00 20
03-02 09:00 03-03 09:15 21
nights_together
03-02 19:00 03-03 09:00 11
03-02 20:00 03-03 08:00 5
03-02 20:00 03-04 20:00 82
03-02 20:00 03-05 08:00 84
03-02 20:00 03-06 08:00 120
03-02 08:00 03-02 10:00 6
coach_nights
03-02 22:00 03-03 06:00 10
03-02 20:00 03-03 08:00 26
03-02 22:00 03-05 06:00 153
03-02 22:00 03-05 06:00 210 large
03-02 22:00 03-06 06:00 290 large
axles
03-02 08:00 03-02 10:00 0
03-02 08:00 03-02 10:01 10
03-02 08:00 03-03 08:01 20
03-02 08:00 03-02 11:00 15 large
03-02 08:00 03-04 10:00 75 extra_large
lengths
03-02 08:00 03-02 12:00 5
03-02 08:00 03-02 12:01 10
03-02 08:00 03-03 08:00 32 large
03-02 08:00 03-03 09:00 60 extra_large
03-02 08:00 03-02 11:00 12 extra_large
pickup
03-02 08:00 03-02 08:08 0
03-02 08:00 03-02 08:09 10
03-02 08:00 03-02 08:15 10
03-02 08:00 03-02 08:16 20
03-02 08:00 03-02 08:31 50
spring
02-14 10:00 02-14 12:00 20
02-17 10:00 02-18 12:00 0
02-17 10:00 02-17 12:00 0 large
02-14 10:00 02-15 09:00 20
02-24 10:00 02-24 13:00 40 large
green_half
03-02 08:00 03-02 09:00 6
03-02 08:00 03-02 09:01 8
03-02 08:00 03-03 08:00 40
03-02 08:00 03-02 10:00 0 nev_small
03-02 08:00 03-02 10:01 1 nev_small
03-02 08:00 03-02 13:00 6 nev_small
concert
09-11 15:00 09-11 18:00 18
09-12 15:00 09-12 23:30 50
09-12 14:59 09-12 17:00 18
09-12 21:59 09-12 22:30 50
09-12 22:01 09-12 23:00 6
mall
03-02 08:00 03-02 09:00 8
03-02 08:00 03-02 09:01 12
03-02 08:00 03-02 11:00 24
03-07 08:00 03-07 11:00 30
long_caps
03-02 08:00 03-02 18:00 50
03-02 08:00 03-03 09:00 65
03-02 08:00 03-04 00:00 100
03-02 08:00 03-04 10:00 110
03-02 08:00 03-05 09:00 135
03-02 08:00 03-05 16:00 160
03-02 08:00 03-06 09:00 165
kinds
03-02 08:00 03-02 08:31 6
03-02 08:00 03-02 11:00 3 motorcycle
03-02 08:00 03-02 18:00 5 motorcycle
03-02 08:00 03-02 10:01 40 large
campus
03-02 08:00 03-02 08:59 0
03-02 08:00 03-02 09:01 5
03-02 08:00 03-02 12:00 15
03-02 20:00 03-02 23:30 45
03-02 22:00 03-03 07:00 70
hong_kong
03-02 09:00 03-02 09:30 52
03-02 09:00 03-02 11:01 78
03-02 08:30 03-02 17:30 130
03-02 19:00 03-03 07:00 100
03-07 10:00 03-07 11:00 60
03-06 18:30 03-07 07:30 100
singapore
03-02 09:00 03-02 10:00 2
03-02 09:00 03-02 11:10 5
03-02 16:00 03-02 19:00 5
03-02 18:00 03-02 22:00 3
03-07 12:00 03-07 14:00 2.50
03-07 12:00 03-07 15:00 4.10
03-02 09:00 03-02 09:10 0
tokyo
03-02 09:00 03-02 09:25 3
03-02 09:00 03-02 09:26 6
03-02 09:00 03-02 19:00 18
03-02 20:00 03-03 08:00 5
03-02 21:00 03-02 23:00 2
03-02 09:00 03-03 00:00 18
03-07 09:00 03-07 19:00 24
parkhaus
03-02 09:00 03-02 10:00 2.50
03-02 09:00 03-02 11:00 4.90
03-02 07:00 03-02 19:00 16
03-02 20:00 03-02 22:00 2
03-02 18:00 03-02 20:00 3.50
03-02 19:00 03-03 07:00 4
03-07 22:00 03-08 03:00 4
03-08 10:00 03-08 18:00 5
council
03-02 09:00 03-02 10:00 1.50
03-02 09:00 03-02 10:01 3
03-02 09:00 03-02 13:00 5
03-02 09:00 03-02 17:00 9
03-02 17:00 03-02 20:00 3
03-08 12:00 03-08 15:00 2
03-02 22:00 03-03 08:00 0
downtown
03-02 10:00 03-02 10:10 8
03-02 10:00 03-02 11:00 12
03-02 10:00 03-02 13:00 28
03-02 08:30 03-02 17:30 14
03-02 08:30 03-02 18:01 28
03-02 18:00 03-02 23:00 10
economy
03-02 08:00 03-02 08:15 0
03-02 08:00 03-02 08:16 3
03-02 08:00 03-02 13:00 14
03-02 08:00 03-03 09:00 17
03-02 08:00 03-08 08:00 84
03-02 08:00 03-09 10:00 90
quarters
03-02 07:00 03-02 07:14 0
03-02 07:00 03-02 07:15 1
03-02 07:00 03-02 08:30 7
03-02 20:30 03-02 23:30 3
03-02 22:00 03-03 06:00 4
hotel
03-02 08:00 03-02 08:10 0
03-02 08:00 03-02 08:11 10
03-02 08:00 03-02 09:01 12
03-02 08:00 03-03 08:00 80
two_prices
03-02 10:00 03-02 10:15 0
03-02 10:00 03-02 10:16 3
03-02 10:00 03-02 11:00 4
03-02 21:00 03-02 22:00 3
03-02 19:30 03-02 20:30 3
03-02 10:00 03-02 10:16 1.50 nev_small
hub
03-02 21:30 03-02 23:30 14
03-02 08:00 03-02 10:00 15
03-02 22:00 03-03 06:00 16
03-02 08:00 03-02 08:30 10
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_worded_first_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)
