"""Boards of hospitals, airports, stations, streets, malls and lots abroad, and their stays at the boundaries.

Each stay was worked out by hand before the engine was asked. A comment is the text of the board; a page is
named where one has it, the others are of the common kind. What a board leaves open is read as it says.
"""

from datetime import datetime, timedelta

import pytest

from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession
from payments.coupons.coupon_rules import CouponKind, Position, Right, reduce
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
    first_then,
    flat,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    until,
)
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.shared_boards import BAY, WEEKENDS
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI, moment

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

WORK_AND_SAT = ["mon", "tue", "wed", "thu", "fri", "sat", "makeup"]
PER_ENTRY = {"cycle": {"basis": "none"}, "steps_count": "stay"}


MUSEUM = {  # 平日首小時 30 元，之後每 30 分鐘 15 元，當日最高 180 元；假日 40、20、240
    **capped(18000, BY_DAY),  # chimeimuseum.org; 大客車平日 80、40、200，假日 100、50、300
    "currency": "TWD",
    "steps": [until(60, 60, 3000), *per(30, 1500)],
    "classes": [seen("large", steps=[until(60, 60, 8000), *per(30, 4000)], caps=cap(20000)["caps"])],
    "seasons": [
        {
            "name": "peak",
            "days": ["restday"],
            "rule": {"steps": [until(60, 60, 4000), *per(30, 2000)], "caps": cap(24000)["caps"]},
            "classes": [
                {
                    "name": "large",
                    "rule": {"steps": [until(60, 60, 10000), *per(30, 5000)], "caps": cap(30000)["caps"]},
                }
            ],
        }
    ],
}
TOWER = {  # 一至六 07:00–22:00 每小時 $35，22:00–07:00 $24；日及假期 $31；日泊 08–20 $180；夜泊 20–08 $90
    **NEW,  # parkhaus.hk, 東城大廈
    "currency": "HKD",
    "bands": [
        band("day", "07:00", "22:00", hourly(3500), WORK_AND_SAT),
        band("night", "22:00", "07:00", hourly(2400), WORK_AND_SAT),
        band("sunday", "00:00", "24:00", hourly(3100), ["sun", "holiday"]),
    ],
    "crossing": "unit_start",
    "band_days": "moment",
    "offers": [
        offer("day_park", "08:00", "20:00", "20:00", cap=18000),
        offer("night_park", "20:00", "24:00", "08:00", "next", cap=9000),
        offer("early_hours", "00:00", "08:00", "08:00", cap=9000),
    ],
    "offers_apply": "cheapest",
}
STREETS = {  # 30 分钟以内（含）免费；第一个小时 3 元，第二个小时起每小时 2 元；每日累计不超过 20 元
    **capped(2000, BY_DAY),  # 51jto.cn, 随州一类区域
    **free(30),
    "steps": first_then(300, 200),
}
FORECOURT = {  # 15 分钟内免费；白天每小时 5 元，夜间 22:00–8:00 每小时 3 元；24 小时内最高 50 元
    **capped(5000),  # m.fqmxn.com
    **free(15),
    "steps": hourly(500),
    "bands": [band("night", "22:00", "08:00", hourly(300))],
    "crossing": "unit_start",
    "after_cycle": "begin_again",
}
FULL_QUARTERS = {  # 7–21 时首小时 1.5 元/15 分钟，之后 2.25 元；夜间 1 元/2 小时；不足一个单位不收费
    **BY_BAND,
    "rounding": "full",
    "bands": [
        band("day", "07:00", "21:00", [until(60, 15, 150), *per(15, 225)]),
        band("night", "21:00", "07:00", per(120, 100)),
    ],
}
AIRPORT = {  # 10 分钟内免费；每 30 分钟 5 元；首日最高 80 元，第 2 至 7 日 60 元，第 8 日起每日 40 元
    **capped(0),
    **free(10),
    "steps": per(30, 500),
    "caps": [
        {"cycle": 1, "amount": 8000},
        *({"cycle": n, "amount": 6000} for n in range(2, 8)),
        {"cycle": "8+", "amount": 4000},
    ],
}
LADDER = {  # 15 分钟内免费；1 小时内 5 元，2 小时 10 元，3 小时 15 元，4 小时 20 元，24 小时 30 元
    **capped(3000),
    **free(15),
    "steps": ladder((60, 500), (120, 1000), (180, 1500), (240, 2000), (None, 3000)),
}
del LADDER["caps"], LADDER["caps_count"]
DROP_OFF = {  # 即停即走：10 分钟内免费；20 分钟内 10 元，30 分钟内 30 元，之后每 10 分钟加收 20 元
    **NEW,
    **free(10),
    "steps": [*ladder((20, 1000), (30, 3000)), *per(10, 2000)],
}
RAILWAY = {  # 15 分钟内免费；首小时 5 元，之后每半小时 2.5 元；首个 24 小时最高 40 元，此后每 24 小时 30 元
    **capped(0),
    **free(15),
    "steps": [{"until_min": 60, "flat": 500}, *per(30, 250)],
    "caps": [{"cycle": 1, "amount": 4000}, {"cycle": "2+", "amount": 3000}],
}
LAKE = {  # 前 2 小时 10 元，之后每小时 2 元，每日最高 30 元；大客车加倍；11 月 16 日至次年 2 月底减半
    **capped(3000, BY_DAY),
    "steps": [{"until_min": 120, "flat": 1000}, *hourly(200)],
    "classes": [seen("large", percent=200, sum_rounding={"unit": 1, "how": "down"})],
    "seasons": [
        {
            "name": "off_peak",
            "dates": ["11-16/02-29"],
            "rule": {"percent": 50, "sum_rounding": {"unit": 1, "how": "down"}},
            "classes": [{"name": "large", "rule": {"percent": 100}}],
        }
    ],
}
PEAK_HOURS = {  # 工作日 7:30–9:30、16:30–19:30 每半小时 8 元，其间 5 元；其他日 5 元；19:30–7:30 每次 8 元
    **BY_BAND,
    "bands": [
        band("morning", "07:30", "09:30", per(30, 800), ["workday"]),
        band("noon", "09:30", "16:30", per(30, 500), ["workday"]),
        band("afternoon", "16:30", "19:30", per(30, 800), ["workday"]),
        band("rest", "07:30", "19:30", per(30, 500), REST),
        flat("night", "19:30", "07:30", 800),
    ],
    "band_days": "moment",
}
THIRD_CLASS = {  # 8–20 时：15 分钟内免费；首小时每 15 分钟 1 元，之后 1.5 元，每日最高 20 元；夜间免费
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "20:00", [until(60, 15, 100), *per(15, 150)], cap=2000)],
}
CHARGERS = {  # 燃油车占用每半小时 10 元；新能源车每日首 2 小时免费一次，之后每半小时 3 元，24 小时最高 40 元
    **capped(0),
    "steps": per(30, 1000),
    "classes": [
        green(
            free={"minutes": 120, "mode": "deduct", "repeat": "once_a_day"},
            cycle_starts="entry",
            steps=per(30, 300),
            **cap(4000),
        )
    ],
}
del CHARGERS["caps"], CHARGERS["caps_count"]
FREIGHT = {  # 小车每小时 2 元，24 小时最高 15 元；货车每 12 小时 10 元，大车 20 元，挂车 30 元
    **capped(1500),
    "steps": hourly(200),
    "classes": [
        seen("goods", steps=per(720, 1000), caps=None),
        seen("large", steps=per(720, 2000), caps=None),
        {"name": "extra_large", "kinds": ["trailer"], "rule": {"steps": per(720, 3000), "caps": None}},
    ],
}
COACHES = {  # 小车每天 10 元；大客车每天 40 元，零点过夜另收 30 元
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": once(1000),
    "classes": [seen("large", steps=once(4000), overnight={"at": "00:00", "amount": 3000, "nights": "each"})],
}
RESIDENTS = {  # 工作日 8–18 时每半小时 4 元，18–8 时每次 5 元；双休日及节假日 8 时至次日 8 时每次 10 元
    **BY_BAND,
    "bands": [
        band("day", "08:00", "18:00", per(30, 400), ["workday"]),
        flat("night", "18:00", "08:00", 500, ["workday"]),
        flat("rest", "08:00", "08:00", 1000, REST),
    ],
    "band_days": "start",
}
LATE = {  # 12–18 时每小时 3 元，18–2 时每小时 6 元，2–12 时每小时 2 元、最高 10 元
    **BY_BAND,
    "bands": [
        band("afternoon", "12:00", "18:00", hourly(300)),
        band("evening", "18:00", "02:00", hourly(600)),
        band("morning", "02:00", "12:00", hourly(200), cap=1000),
    ],
}
BY_DATE = {**capped(5000, BY_DAY), "steps": hourly(800)}  # 每小时 8 元，每个自然日最高 50 元
BY_24_HOURS = {**capped(5000), "steps": hourly(800)}  # 每小时 8 元，自入场起每 24 小时最高 50 元
TAIL_5 = {  # 首小时 5 元，之后每半小时 2 元；尾数 5 分钟以内不计
    **NEW,
    "steps": [{"until_min": 60, "flat": 500}, *per(30, 200)],
    "tail_min": 5,
}
TAIL_15 = {
    **NEW,
    "steps": hourly(400),
    "tail_min": 15,
    "reached": ["tail"],
}  # 不足 15 分钟不计，满 15 分钟按 1 小时
TWELVE_HOURS = {  # 首小时每 15 分钟 1 元，之后每半小时 3 元，每 12 小时最高 30 元
    **capped(3000, {"basis": "from_entry", "hours": 12}),
    "steps": [until(60, 15, 100), *per(30, 300)],
}
EARLY = {  # 每小时 10 元，24 小时最高 80 元；工作日 7–9 时入场、17–20 时离场的 30 元
    **capped(8000),
    "steps": hourly(1000),
    "offers": [
        {
            "name": "early_bird",
            "days": ["workday"],
            "enters": {"from": "07:00", "to": "09:00"},
            "leaves": {"from": "17:00", "by": "20:00", "day": "same"},
            "flat": 3000,
        }
    ],
    "allows_cheaper_longer": True,
}
CINEMA = {  # 每小时 6 元；18:00 后入场、24:00 前离场的最高 10 元
    **NEW,
    "steps": hourly(600),
    "offers": [offer("evening", "18:00", "24:00", "24:00", cap=1000)],
}
HOLIDAYS_FREE = {  # 每小时 3 元；春节、清明节、劳动节、国庆节假期入场的免费
    **NEW,
    "steps": hourly(300),
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival", "qingming", "labour_day", "national_day"],
            "rule": {"steps": FREE_ELSE},
        }
    ],
}
VISITORS = {  # 访客前 2 小时免费，之后每小时 2 元；凌晨 2 点仍在场的另收 10 元
    **NEW,
    "free": {"minutes": 120, "mode": "deduct", "repeat": "once"},
    "steps": hourly(200),
    "overnight": {"at": "02:00", "amount": 1000, "nights": "each"},
}
LONG_STAY = {  # 每小时 4 元，24 小时最高 30 元；超过 3 天的部分每天 15 元
    **capped(3000),
    "steps": hourly(400),
    "turn": {
        "after_min": 4320,
        "from": "then",
        "rule": {"steps": per(1440, 1500), "caps": None},
    },
}
HALF_MONTH = {  # 每小时 5 元，24 小时最高 40 元；停放超过 15 天的，全程每天 20 元
    **capped(4000),
    "steps": hourly(500),
    "turn": {
        "after_min": 21600,
        "from": "start",
        "rule": {"steps": per(1440, 2000), "caps": None},
    },
    "allows_cheaper_longer": True,
}
MORNING_AND_EVENING = {  # 8–20 时每小时 3 元、最高 24 元；0–8 时与 20–24 时每小时 2 元，同日合计最高 6 元
    **BY_BAND,
    "bands": [
        band("early", "00:00", "08:00", hourly(200)),
        band("day", "08:00", "20:00", hourly(300), cap=2400),
        band("late", "20:00", "24:00", hourly(200)),
    ],
    "shared_caps": [{"bands": ["early", "late"], "amount": 600}],
}
POOLED = {  # 每小时 4 元，最高收费为 30 元乘以停放所跨天数
    **capped(3000, BY_DAY),
    "steps": hourly(400),
    "caps_count": "pooled",
}
KUALA_LUMPUR = {  # weekdays first hour RM3, then RM2 an hour, at most RM15 a day; rest days RM5 per entry
    **capped(1500, BY_DAY),
    "currency": "MYR",
    "steps": first_then(300, 200),
    "seasons": [
        {"name": "other", "days": ["restday"], "rule": {"steps": once(500), "caps": None, **PER_ENTRY}}
    ],
}
OSAKA = {  # 8–20 時 200 円/30 分，20–8 時 100 円/60 分 最大 400 円；入庫後 24 時間最大 1500 円（繰り返し）
    **EACH_DAY,
    "currency": "JPY",
    "bands": [
        band("day", "08:00", "20:00", per(30, 200)),
        band("night", "20:00", "08:00", per(60, 100), cap=400),
    ],
    **cap(1500),
}
SEOUL = {  # 기본 30분 3,000원, 10분당 1,000원, 1일 최대 30,000원
    **capped(30000),
    "currency": "KRW",
    "steps": [{"until_min": 30, "flat": 3000}, *per(10, 1000)],
}
MACAU = {  # 輕型汽車 8–20 時每小時 $6，20–8 時每小時 $3；電單車 $1、$0.5
    **NEW,
    "currency": "MOP",
    "steps": hourly(600),
    "bands": [band("night", "20:00", "08:00", hourly(300))],
    "crossing": "unit_start",
    "classes": [seen("motorcycle", steps=hourly(100), bands=[band("night", "20:00", "08:00", hourly(50))])],
}
SINGAPORE = {  # 10 min grace; first hour $2.14, each half hour $1.07; 18:00–03:00 $3.21 per entry
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "steps": [{"until_min": 60, "flat": 214}, *per(30, 107)],
    "bands": [flat("evening", "18:00", "03:00", 321)],
}
DUBAI = {  # Mon–Sat 8–10 and 16–20 AED 4 an hour, 10–16 and 20–22 AED 2; nights and Sundays free
    **NEW,
    "currency": "AED",
    "steps": FREE_ELSE,
    "bands": [
        band("morning", "08:00", "10:00", hourly(400), WORK_AND_SAT),
        band("noon", "10:00", "16:00", hourly(200), WORK_AND_SAT),
        band("afternoon", "16:00", "20:00", hourly(400), WORK_AND_SAT),
        band("late", "20:00", "22:00", hourly(200), WORK_AND_SAT),
    ],
    "crossing": "unit_start",
    "band_days": "moment",
}
SECOND_ENTRY = {  # 15 分钟内免费；每小时 5 元；离场后 2 小时内再次入场的，不再享受免费时长
    **NEW,
    **free(15),
    "steps": hourly(500),
    "reentry": {"as": "no_free", "window": {"from": "left", "minutes": 120}},
}
TWICE_A_DAY = {  # 每小时 5 元；每个号牌每日可免费停放 2 次，每次不超过 30 分钟
    **NEW,
    "free": {"minutes": 30, "mode": "threshold", "repeat": "times_a_day", "times": 2},
    "steps": hourly(500),
}
BOARDS = {
    "museum": MUSEUM, "tower": TOWER, "bay": BAY, "streets": STREETS, "forecourt": FORECOURT,
    "full_quarters": FULL_QUARTERS, "airport": AIRPORT, "ladder": LADDER, "drop_off": DROP_OFF,
    "railway": RAILWAY, "lake": LAKE, "peak_hours": PEAK_HOURS, "third_class": THIRD_CLASS,
    "chargers": CHARGERS, "freight": FREIGHT, "coaches": COACHES, "residents": RESIDENTS, "late": LATE,
    "weekends": WEEKENDS, "by_date": BY_DATE, "by_24_hours": BY_24_HOURS, "tail_5": TAIL_5,
    "tail_15": TAIL_15, "twelve_hours": TWELVE_HOURS, "early": EARLY, "cinema": CINEMA,
    "holidays_free": HOLIDAYS_FREE, "visitors": VISITORS, "long_stay": LONG_STAY, "half_month": HALF_MONTH,
    "morning_and_evening": MORNING_AND_EVENING, "pooled": POOLED, "kuala_lumpur": KUALA_LUMPUR,
    "osaka": OSAKA, "seoul": SEOUL, "macau": MACAU, "singapore": SINGAPORE, "dubai": DUBAI,
    "second_entry": SECOND_ENTRY, "twice_a_day": TWICE_A_DAY,
}  # fmt: skip
STAYS = """
museum
04-20 10:00 04-20 11:00 30
04-20 10:00 04-20 11:01 45
04-20 10:00 04-20 12:30 75
04-20 10:00 04-20 20:00 180
04-20 23:00 04-21 01:00 60
04-25 10:00 04-25 13:00 120
04-20 10:00 04-20 12:00 160 large
04-25 10:00 04-25 12:00 200 large
tower
04-20 10:00 04-20 12:00 70
04-20 10:00 04-20 20:00 180
04-20 10:00 04-20 20:01 385
04-20 20:00 04-21 08:00 90
04-20 20:00 04-21 08:01 356
04-20 21:30 04-20 23:30 59
04-25 23:00 04-26 01:00 55
04-26 10:00 04-26 12:00 62
bay
04-20 17:00 04-20 19:00 30
04-24 17:00 04-24 19:00 50
04-25 17:00 04-25 19:00 60
04-20 08:00 04-20 18:00 40
04-25 08:00 04-25 18:00 60
04-20 22:00 04-21 08:00 30
04-24 22:00 04-25 08:00 30
04-25 22:00 04-26 08:00 40
04-24 23:00 04-25 01:00 30
streets
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 3
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 22:00 20
04-20 20:00 04-21 10:00 29
forecourt
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 12:00 10
04-20 21:30 04-20 23:00 8
04-20 20:00 04-21 08:00 40
04-20 10:00 04-21 10:00 50
full_quarters
04-20 10:00 04-20 10:14 0
04-20 10:00 04-20 10:15 1.5
04-20 10:00 04-20 11:00 6
04-20 10:00 04-20 12:00 15
04-20 20:30 04-20 22:30 3
04-20 21:00 04-20 23:00 1
04-20 20:50 04-20 21:10 0
airport
04-20 10:00 04-20 10:10 0
04-20 10:00 04-20 10:11 5
04-20 10:00 04-21 10:00 80
04-20 10:00 04-22 10:00 140
04-20 10:00 04-27 10:00 440
04-20 10:00 04-27 11:00 450
04-20 10:00 04-28 10:00 480
ladder
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 11:01 10
04-20 10:00 04-20 14:00 20
04-20 10:00 04-21 10:00 30
04-20 10:00 04-21 10:01 35
04-20 10:00 04-21 11:01 40
drop_off
04-20 10:00 04-20 10:10 0
04-20 10:00 04-20 10:11 10
04-20 10:00 04-20 10:20 10
04-20 10:00 04-20 10:21 30
04-20 10:00 04-20 10:31 50
04-20 10:00 04-20 10:41 70
railway
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 11:01 7.5
04-20 10:00 04-20 12:00 10
04-20 10:00 04-21 10:00 40
04-20 10:00 04-21 11:00 45
04-20 10:00 04-22 10:00 70
lake
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 12:01 12
04-20 10:00 04-20 23:00 30
04-20 10:00 04-20 13:00 24 large
11-15 23:00 11-16 01:00 20
11-16 10:00 11-16 13:00 6
11-16 10:00 11-16 13:00 12 large
02-28 10:00 02-28 12:00 5
03-01 10:00 03-01 12:00 10
peak_hours
04-20 09:00 04-20 10:00 13
04-20 09:10 04-20 09:40 13
04-20 09:00 04-20 09:30 8
04-20 16:30 04-20 19:30 48
04-20 19:00 04-21 07:30 16
04-25 09:00 04-25 10:00 10
04-30 23:00 05-01 08:00 13
05-09 09:00 05-09 09:30 8
third_class
04-20 08:00 04-20 08:15 0
04-20 08:00 04-20 08:16 2
04-20 08:00 04-20 10:00 10
04-20 08:00 04-20 20:00 20
04-20 18:00 04-21 09:00 14
04-20 20:00 04-21 08:00 0
chargers
04-20 10:00 04-20 11:00 20
04-20 10:00 04-20 12:00 0 nev_small
04-20 10:00 04-20 12:01 3 nev_small
04-20 10:00 04-20 13:00 6 nev_small
04-20 10:00 04-21 10:00 40 nev_small
04-20 10:00 04-21 10:01 43 nev_small
freight
04-20 10:00 04-20 12:00 4
04-20 10:00 04-21 10:00 15
04-20 10:00 04-20 22:00 10 goods
04-20 10:00 04-20 22:01 20 goods
04-20 10:00 04-21 10:00 40 large
04-20 10:00 04-21 22:00 90 trailer
coaches
04-20 10:00 04-20 18:00 10
04-20 10:00 04-21 00:00 40 large
04-20 10:00 04-21 10:00 110 large
04-20 22:00 04-21 00:01 20
residents
04-20 18:00 04-21 08:00 5
04-20 18:00 04-21 08:01 9
04-20 17:30 04-21 08:00 9
04-24 18:00 04-25 08:00 5
04-24 18:00 04-25 09:00 15
04-25 10:00 04-27 07:59 20
04-30 20:00 05-01 08:00 5
05-01 07:00 05-01 09:00 15
late
04-20 17:30 04-20 18:30 9
04-20 23:00 04-21 01:00 12
04-20 01:30 04-20 02:30 8
04-20 02:00 04-20 12:00 10
04-20 12:00 04-21 12:00 76
weekends
04-24 23:00 04-25 00:30 10
04-24 23:30 04-25 00:30 6
04-25 10:00 04-25 11:00 8
04-25 10:00 04-25 11:30 12
04-26 23:30 04-27 01:00 11
04-20 10:00 04-21 10:00 60
04-20 10:00 04-21 11:00 66
by_date
04-20 20:00 04-21 08:00 82
04-20 23:30 04-21 00:30 16
04-20 10:00 04-21 00:00 50
04-20 10:00 04-21 00:01 58
by_24_hours
04-20 20:00 04-21 08:00 50
04-20 23:30 04-21 00:30 8
04-20 10:00 04-21 10:00 50
04-20 10:00 04-21 10:01 58
tail_5
04-20 10:00 04-20 10:01 5
04-20 10:00 04-20 11:05 5
04-20 10:00 04-20 11:06 7
04-20 10:00 04-20 11:35 7
04-20 10:00 04-20 11:36 9
tail_15
04-20 10:00 04-20 10:14 0
04-20 10:00 04-20 10:15 4
04-20 10:00 04-20 11:14 4
04-20 10:00 04-20 11:15 8
twelve_hours
04-20 10:00 04-20 11:00 4
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 22:00 30
04-20 10:00 04-20 22:15 31
04-20 10:00 04-21 10:00 60
early
04-20 08:30 04-20 18:00 30
04-20 08:30 04-20 16:59 80
04-20 08:30 04-20 17:00 30
04-20 08:30 04-20 20:01 80
04-20 09:00 04-20 18:00 80
04-20 08:30 04-20 09:30 10
05-01 08:30 05-01 18:00 80
cinema
04-20 18:00 04-21 00:00 10
04-20 18:00 04-21 00:01 42
04-20 17:59 04-20 23:00 36
04-20 18:00 04-20 19:00 6
holidays_free
04-30 23:00 05-01 02:00 9
05-01 00:00 05-01 12:00 0
05-05 23:00 05-06 05:00 0
05-06 00:00 05-06 01:00 3
06-19 10:00 06-19 11:00 3
visitors
04-20 22:00 04-21 01:59 4
04-20 22:00 04-21 02:00 4
04-20 22:00 04-21 02:01 16
04-20 23:30 04-21 02:30 12
04-20 00:30 04-20 02:20 0
long_stay
04-20 10:00 04-23 10:00 90
04-20 10:00 04-23 11:00 105
04-20 10:00 04-24 10:00 105
04-20 10:00 04-24 11:00 120
half_month
04-20 10:00 05-05 10:00 600
04-20 10:00 05-05 10:01 320
04-20 10:00 04-20 12:00 10
morning_and_evening
04-20 06:00 04-20 22:00 30
04-20 20:00 04-21 08:00 12
04-20 08:00 04-20 20:00 24
04-20 07:00 04-20 09:00 5
pooled
04-20 23:50 04-21 12:00 52
04-20 10:00 04-20 20:00 30
04-20 10:00 04-21 20:00 60
kuala_lumpur
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 20:00 15
04-25 10:00 04-25 20:00 5
04-25 22:00 04-26 02:00 5
04-24 22:00 04-25 02:00 10
osaka
04-20 10:00 04-20 10:01 2
04-20 10:00 04-20 12:00 8
04-20 20:00 04-21 08:00 4
04-20 08:00 04-21 08:00 15
04-20 08:00 04-21 08:31 19
seoul
04-20 10:00 04-20 10:30 30
04-20 10:00 04-20 10:31 40
04-20 10:00 04-20 11:00 60
04-20 10:00 04-21 10:00 300
macau
04-20 19:30 04-20 20:30 6
04-20 19:30 04-20 21:00 9
04-20 20:00 04-21 08:00 36
04-20 20:00 04-21 08:00 6 motorcycle
singapore
04-20 16:00 04-20 16:10 0
04-20 16:00 04-20 17:30 3.21
04-20 17:30 04-20 19:00 5.35
04-20 18:00 04-20 23:00 3.21
04-20 02:30 04-20 03:30 5.35
dubai
04-20 09:30 04-20 11:00 6
04-20 19:00 04-20 23:00 8
04-20 22:00 04-21 08:00 0
04-26 10:00 04-26 12:00 0
second_entry
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 10:16 5
04-20 10:00 04-20 11:01 10
twice_a_day
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 5
04-20 23:45 04-21 00:15 0
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_is_charged_as_worded(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)


def price(document, entered, left, **more):
    stay = (datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) for text in (entered, left))
    return tariffs.read_new(document).price(*stay, "ordinary", place=CHINA, **more).fen


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (BY_DATE, "2028-02-28 22:00", "2028-03-01 01:00", 1600 + 5000 + 800),
        (BY_DATE, "2027-02-28 22:00", "2027-03-01 01:00", 1600 + 800),
        (BY_24_HOURS, "2028-02-28 22:00", "2028-03-01 01:00", 5000 + 2400),
        (LAKE, "2028-02-29 10:00", "2028-02-29 12:00", 500),
        (LAKE, "2028-02-29 23:00", "2028-03-01 01:00", 1000),  # 两天各 10 元，减半
        (LAKE, "2028-03-01 00:00", "2028-03-01 02:00", 1000),
        (BY_DATE, "2026-12-31 23:30", "2027-01-01 00:30", 1600),
    ],
)
def test_leap_day_is_a_day(document, entered, left, fen):
    assert price(document, entered, left) == fen


@pytest.mark.parametrize(
    ("back", "fen"), [("10:11", 500), ("12:10", 500), ("12:11", 0), ("12:10:00", 500), ("12:10:01", 0)]
)
def test_quick_return_has_no_free_time(back, fen):
    """Out at 10:10: 12:10 is within two hours, and a second later is not."""
    entered = datetime.fromisoformat(f"2026-04-20 {back}")
    times = (moment("04-20 10:00", SHANGHAI), moment("04-20 10:10", SHANGHAI))
    left = str(entered + timedelta(minutes=10))
    assert price(SECOND_ENTRY, str(entered), left, earlier=[EarlierSession(*times)]) == fen


@pytest.mark.parametrize(
    ("document", "valid", "stay", "fen"),
    [
        (LATE, ("04-20 10:00", "04-20 18:30"), ("04-20 17:00", "04-20 19:30"), 600),
        (LATE, ("04-20 18:30", "04-25 00:00"), ("04-20 17:00", "04-20 19:30"), 300 + 600),
        (LATE, ("04-20 17:00", "04-20 19:30"), ("04-20 17:00", "04-20 19:30"), 0),
        (LATE, ("04-20 17:30", "04-20 18:30"), ("04-20 17:00", "04-20 19:30"), 300 + 600),
        (BY_24_HOURS, ("04-01 00:00", "04-20 12:00"), ("04-20 10:00", "04-21 12:00"), 5000),
        (BY_24_HOURS, ("04-01 00:00", "04-20 12:00"), ("04-20 10:00", "04-21 12:01"), 5800),
        (BY_DATE, ("04-01 00:00", "04-20 20:00"), ("04-20 10:00", "04-21 08:00"), 3200 + 5000),
        (VISITORS, ("04-20 01:00", "04-20 03:00"), ("04-19 22:00", "04-20 05:00"), 200 + 400),
    ],
)
def test_permit_may_begin_and_end_inside(document, valid, stay, fen):
    """The covered part is free: of an hour, a band and a night alike; what lies on both sides is charged."""
    right = AccessRight("month", *(moment(text, SHANGHAI) for text in valid))
    assert price(document, *(f"2026-{text}" for text in stay), rights=[right]) == fen


@pytest.mark.parametrize(
    ("position", "left"),
    [
        (Position.SHIFT_ENTRY, 600),  # 按 18:30 入场计：晚间一小时
        (Position.DEDUCT_HEAD, 1500 - 900),  # 减去 17:30–18:30 的 3 元和 6 元
        (Position.DEDUCT_TAIL, 900),  # 按 18:30 离场计
    ],
)
def test_coupon_minutes_cross_a_band(position, left):
    tariff = tariffs.read_new(LATE)
    stay = moment("04-20 17:30", SHANGHAI), moment("04-20 19:30", SHANGHAI)
    found = reduce(
        lambda a, b: tariff.price(a, b, "ordinary", place=CHINA),
        *stay,
        [Right(1, CouponKind.MINUTES, 60, position)],
    )
    assert (found.price.fen, found.fen) == (1500, left)
