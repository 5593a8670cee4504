"""Boards by kind of car park; each stay was worked out by hand before the engine was asked.

A comment is the text of the board. The stays lie on both sides of what it names: an hour, a band, a date.
"""

import pytest

from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    EACH_DAY,
    FREE_ELSE,
    NEW,
    REST,
    band,
    cap,
    capped,
    deducted,
    first_then,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    share,
)
from tests.lots.tariffs.published import caps, hourly
from tests.lots.tariffs.shared_boards import EXPO, LATER, LIBRARY, SHARED

CLINIC = {  # 30 分钟内免费；7–19 时前 2 小时每小时 3 元，之后 5 元，最高 40 元；19–7 时每次 5 元
    **BY_BAND,
    **free(30),
    "bands": [
        band(
            "day",
            "07:00",
            "19:00",
            [{"until_min": 120, "unit_min": 60, "price": 300}, *hourly(500)],
            cap=4000,
        ),
        {"name": "night", "from": "19:00", "to": "07:00", "flat": 500},
    ],
}
DROP_OFF = {  # 8 分钟内免费；15 分钟内 5 元，之后每 5 分钟 5 元；30 分钟内再次进入的不再免费
    **NEW,
    **free(8),
    "steps": [{"until_min": 15, "flat": 500}, *per(5, 500)],
    "reentry": {"as": "no_free", "window": {"from": "left", "minutes": 30}},
}
CHARGERS = {  # 占位费：7–23 时，前 2 小时免费，之后每 15 分钟 5 元，每日最高 100 元；夜间免费
    **BY_BAND,
    "cycle": BY_DAY,
    "after_cycle": "begin_again",
    "free": {"minutes": 120, "mode": "deduct", "repeat": "once"},
    "steps": FREE_ELSE,
    "bands": [band("day", "07:00", "23:00", per(15, 500))],
    **cap(10000),
}
HOTEL = {  # 非住店：1 小时内免费，每小时 6 元，20–8 时最高 15 元，24 小时最高 50 元
    **EACH_DAY,
    **free(60),
    "steps": hourly(600),
    "bands": [band("night", "20:00", "08:00", hourly(600), cap=1500)],
    **cap(5000),
}
MOUNTAIN = {  # 每次：平日小车 10 元、大客车 20 元；双休日 15、30 元；春节和国庆假期 30、60 元
    **NEW,
    "steps": once(1000),
    "classes": [seen("large", steps=once(2000))],
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival", "national_day"],
            "rule": {"steps": once(3000)},
            "classes": [{"name": "large", "rule": {"steps": once(6000)}}],
        },
        {
            "name": "weekend",
            "days": ["weekend"],
            "rule": {"steps": once(1500)},
            "classes": [{"name": "large", "rule": {"steps": once(3000)}}],
        },
    ],
}
STREET = {  # 30 分钟内免费；7:30–21:30 首小时 3 元，之后每半小时 2 元，最高 20 元；夜间每次 2 元
    **BY_BAND,
    **free(30),
    "bands": [
        band("day", "07:30", "21:30", [{"until_min": 60, "flat": 300}, *per(30, 200)], cap=2000),
        {"name": "night", "from": "21:30", "to": "07:30", "flat": 200},
    ],
}
SCHOOL = {  # 工作日每小时 5 元，每日最高 20 元；双休日和节假日前 2 小时免费，之后每小时 2 元，每日最高 10 元
    **capped(2000, BY_DAY),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "open_days",
            "days": REST,
            "rule": {
                "free": {"minutes": 120, "mode": "deduct", "repeat": "once"},
                "steps": hourly(200),
                "caps": [{"cycle": "each", "amount": 1000}],
            },
        }
    ],
}
BARS = {  # 17–次日 2 时：周五、周六每小时 10 元，其他日 6 元；其余时间每小时 2 元
    **BY_BAND,
    "steps": hourly(200),
    "bands": [
        band("weekend", "17:00", "02:00", hourly(1000), ["fri", "sat"]),
        band(
            "evening", "17:00", "02:00", hourly(600), ["mon", "tue", "wed", "thu", "sun", "holiday", "makeup"]
        ),
    ],
    "band_days": "start",
}
AIRPORT = {  # 每小时 5 元；前 7 天每 24 小时最高 30 元，第 8 天起 20 元
    **capped(0),
    "steps": hourly(500),
    "caps": caps(*[3000] * 7, 2000),
}
FREIGHT = {  # 每 6 小时 8 元，挂车 15 元；每月最高 600 元
    **NEW,
    "steps": per(360, 800),
    "month_cap": 60000,
    "classes": [{"name": "extra_large", "kinds": ["trailer"], "rule": {"steps": per(360, 1500)}}],
}
STADIUM = {  # 每小时 5 元，24 小时最高 30 元；比赛日（6 月 6 日）12–20 时入场、当日离场的每次 50 元
    **capped(3000),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "match",
            "dates": ["2026-06-06"],
            "rule": {"offers": [offer("match", "12:00", "20:00", "24:00", flat=5000)]},
        }
    ],
    "allows_cheaper_longer": True,
}
WHOLESALE = {  # 小车每小时 3 元；货车每 2 小时 5 元，3–7 时入场装卸 60 分钟内免费
    **NEW,
    "steps": hourly(300),
    "classes": [
        seen(
            "goods",
            steps=per(120, 500),
            offers=[
                {
                    "name": "loading",
                    "enters": {"from": "03:00", "to": "07:00"},
                    "leaves": {"within_min": 60},
                    "flat": 0,
                }
            ],
        )
    ],
}
CAMP = {  # 每次 15 元；2 时仍在场的加收过夜费 20 元，只收一次
    **NEW,
    "steps": once(1500),
    "overnight": {"at": "02:00", "amount": 2000, "nights": "once"},
}
FULL_UNITS = {  # 前 30 分钟免费；8–20 时每半小时 2 元，夜间每小时 1 元；不足一个计时单位的不收费
    **BY_BAND,
    "rounding": "full",
    "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
    "bands": [band("day", "08:00", "20:00", per(30, 200)), band("night", "20:00", "08:00", hourly(100))],
}
GREEN = {  # 首小时 5 元，之后每小时 3 元，24 小时最高 30 元；新能源车首小时免费后减半，舍去不足 5 角的部分
    **capped(3000),
    "steps": first_then(500, 300),
    "classes": [green(**deducted(60), **share(50, 50))],
}
TIDAL = {  # 每半小时 3 元；工作日 7–9、17–19 时 5 元；跨时段的半小时按其开始时的价格
    **NEW,
    "steps": per(30, 300),
    "bands": [
        band("morning", "07:00", "09:00", per(30, 500), ["workday"]),
        band("evening", "17:00", "19:00", per(30, 500), ["workday"]),
    ],
    "crossing": "unit_start",
    "band_days": "moment",
}
STATION = {  # 前 2 小时每小时 10 元，之后 5 元；1 天最高 60 元，2 天累计 100 元，之后每天增加 40 元
    **capped(0),
    "steps_count": "stay",
    "steps": [{"until_min": 120, "unit_min": 60, "price": 1000}, *hourly(500)],
    "caps": caps(6000, 10000, each_later_adds=4000),
    "caps_count": "cumulative",
}
WEEK = {  # 每小时 5 元，24 小时最高 30 元，每 7 天最高 150 元
    **capped(3000),
    "steps": hourly(500),
    "long_caps": [{"cycles": 7, "amount": 15000}],
}
STAY_CAP = {**capped(1000, BY_DAY), "steps": hourly(200), "stay_cap": 5000}  # 2 元，每日 10 元，单次 50 元
ROUNDED = {  # 30 分钟内免费；1 小时内 3 元，2 小时内 5 元，之后每半小时 1.5 元，合计四舍五入到元
    **NEW,
    **free(30),
    "steps": [*ladder((60, 300), (120, 500)), *per(30, 150)],
    "sum_rounding": {"unit": 100, "how": "half_up"},
}
DINERS = {  # 午市 11–14 时每次 3 元，晚市 17–21 时每次 5 元，其余每小时 2 元；每日最高 15 元
    **BY_BAND,
    "cycle": BY_DAY,
    "after_cycle": "begin_again",
    "steps": hourly(200),
    "bands": [
        {"name": "lunch", "from": "11:00", "to": "14:00", "flat": 300},
        {"name": "dinner", "from": "17:00", "to": "21:00", "flat": 500},
    ],
    **cap(1500),
}
DAILY_HOUR = {  # 每小时 4 元，每日最高 20 元；每日首小时免费
    **capped(2000, BY_DAY),
    "steps": hourly(400),
    "free": {"minutes": 60, "mode": "deduct", "repeat": "each_cycle"},
}
HALF_DAYS = {  # 每小时 3 元，每 12 小时最高 15 元，每 24 小时最高 25 元
    **capped(1500, {"basis": "from_entry", "hours": 12}),
    "steps": hourly(300),
    "long_caps": [{"cycles": 2, "amount": 2500}],
}
FROM_FIVE = {  # 每小时 5 元，每日（5 时至次日 5 时）最高 20 元
    **capped(2000, {"basis": "calendar_day", "reset": "05:00"}),
    "steps": hourly(500),
}
BOARDS = {
    "clinic": CLINIC, "drop_off": DROP_OFF, "chargers": CHARGERS, "hotel": HOTEL, "mountain": MOUNTAIN,
    "street": STREET, "school": SCHOOL, "bars": BARS, "airport": AIRPORT, "expo": EXPO, "freight": FREIGHT,
    "stadium": STADIUM, "shared": SHARED, "wholesale": WHOLESALE, "camp": CAMP, "full_units": FULL_UNITS,
    "green": GREEN, "tidal": TIDAL, "station": STATION, "later": LATER, "week": WEEK, "stay_cap": STAY_CAP,
    "rounded": ROUNDED, "diners": DINERS, "daily_hour": DAILY_HOUR, "half_days": HALF_DAYS,
    "from_five": FROM_FIVE, "library": LIBRARY,
}  # fmt: skip
STAYS = """
clinic
04-20 06:50 04-20 07:20 0
04-20 06:50 04-20 07:21 8
04-20 08:00 04-20 10:01 11
04-20 07:00 04-20 19:00 40
04-20 18:30 04-21 07:30 11
drop_off
04-20 10:00 04-20 10:08 0
04-20 10:00 04-20 10:09 5
04-20 10:00 04-20 10:15 5
04-20 10:00 04-20 10:26 20
chargers
04-20 10:00 04-20 12:16 10
04-20 22:00 04-21 08:00 20
04-20 07:00 04-20 23:00 100
04-20 07:00 04-21 09:00 140
hotel
04-20 18:00 04-20 19:00 0
04-20 18:00 04-20 20:30 18
04-20 19:00 04-21 09:00 27
04-20 10:00 04-21 12:00 62
04-20 22:00 04-21 23:00 56
mountain
04-20 10:00 04-20 18:00 10
04-25 10:00 04-26 10:00 15
10-02 10:00 10-02 18:00 30
10-10 10:00 10-10 18:00 10
05-02 10:00 05-02 18:00 10
04-25 10:00 04-25 18:00 30 large
10-02 10:00 10-02 18:00 60 large
street
04-20 21:15 04-20 21:40 0
04-20 07:30 04-20 08:31 5
04-20 21:00 04-20 22:00 5
04-20 07:30 04-20 21:30 20
04-20 20:00 04-21 08:00 10
school
04-24 22:00 04-25 02:00 20
04-25 10:00 04-25 12:00 0
04-25 10:00 04-25 20:00 10
04-25 20:00 04-26 06:00 14
05-09 10:00 05-09 12:00 10
bars
04-24 16:00 04-25 03:00 94
04-26 23:00 04-27 03:00 20
04-23 23:30 04-24 02:30 20
05-01 18:00 05-01 20:00 12
airport
04-20 10:00 04-20 15:00 25
04-20 10:00 04-27 10:00 210
04-20 10:00 04-27 13:00 225
04-20 10:00 04-28 10:00 230
expo
04-20 10:00 04-20 18:00 40
04-20 20:00 04-21 00:00 40
04-20 20:00 04-21 08:00 80
freight
04-20 10:00 04-20 16:00 8
04-20 10:00 04-20 16:01 16
04-20 10:00 04-20 16:00 15 trailer
04-01 00:00 04-21 00:00 600
04-20 10:00 05-10 10:00 640
stadium
06-06 13:00 06-06 13:30 50
06-06 11:00 06-06 23:00 30
06-06 19:00 06-07 01:00 30
06-07 13:00 06-07 14:00 5
shared
04-20 18:00 04-21 08:30 5
04-20 18:00 04-21 08:31 60
04-24 18:00 04-25 08:00 5
04-25 09:00 04-25 23:59 10
05-09 18:00 05-10 08:00 5
wholesale
04-20 10:00 04-20 12:00 6
04-20 03:00 04-20 04:00 0 goods
04-20 03:00 04-20 04:01 5 goods
04-20 06:59 04-20 07:59 0 goods
04-20 07:00 04-20 07:30 5 goods
camp
04-20 10:00 04-20 18:00 15
04-20 22:00 04-21 02:00 15
04-20 22:00 04-21 02:01 35
04-20 22:00 04-23 10:00 35
full_units
04-20 10:00 04-20 11:00 2
04-20 10:00 04-20 11:29 2
04-20 19:40 04-20 21:00 0
04-20 18:00 04-20 22:00 8
green
04-20 10:00 04-20 12:00 8
04-20 10:00 04-20 11:00 0 nev_small
04-20 10:00 04-20 12:00 2.5 nev_small
04-20 10:00 04-20 14:00 5.5 nev_small
04-20 10:00 04-21 12:00 19 nev_small
tidal
04-20 06:45 04-20 07:15 3
04-20 06:45 04-20 07:16 8
04-20 08:50 04-20 09:21 8
04-25 07:00 04-25 08:00 6
station
04-20 10:00 04-20 12:00 20
04-20 10:00 04-20 22:00 60
04-20 10:00 04-21 11:00 65
04-20 10:00 04-22 10:00 100
04-20 10:00 04-23 10:00 140
later
04-20 10:00 04-20 11:15 4
04-20 10:00 04-21 10:00 96
04-20 10:00 04-21 10:15 96
04-20 10:00 04-21 10:16 116
week
04-20 10:00 04-21 10:00 30
04-20 10:00 04-25 10:00 150
04-20 10:00 04-27 10:00 150
04-20 10:00 04-28 10:00 180
stay_cap
04-20 20:00 04-21 04:00 16
04-20 08:00 04-21 08:00 20
04-20 08:00 04-30 08:00 50
rounded
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 11:30 5
04-20 10:00 04-20 12:30 7
04-20 10:00 04-20 13:00 8
diners
04-20 10:30 04-20 14:30 7
04-20 11:00 04-20 11:05 3
04-20 20:59 04-20 21:01 7
04-20 09:00 04-20 22:00 15
daily_hour
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 13:00 8
04-20 23:30 04-21 01:30 4
04-20 10:00 04-21 10:00 40
half_days
04-20 10:00 04-20 22:00 15
04-20 10:00 04-20 23:00 18
04-20 10:00 04-21 10:00 25
04-20 10:00 04-21 11:00 28
from_five
04-20 22:00 04-21 04:00 20
04-21 02:00 04-21 08:00 30
04-21 04:59 04-21 05:01 10
library
04-24 10:00 04-24 12:00 10
04-25 10:00 04-25 20:00 10
04-24 23:00 04-26 01:00 25
05-09 10:00 05-09 12:00 10
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_of_a_kind_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)
