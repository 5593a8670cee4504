"""Boards as car parks put them up, each stay worked out by hand at and around the edges of its text.

The sentences alone must give the same price. Dates are of 2026: 27 April is a Monday, 1 May a holiday, 9 May
a worked Saturday; the Spring Festival is from 15 to 23 February.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.calendars import calendar_of
from lots.tariffs import Place
from lots.tariffs.permit_times import right_of
from presentation import price_board
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.test_boards_abroad import BY_DAY, band, capped, rungs, units
from tests.lots.tariffs.test_real_boards import NEW, offer

SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
CHINA = calendar_of("Asia/Shanghai")
NO_CYCLE = {"basis": "none"}


def free(minutes, mode="threshold", repeat="once"):
    return {"minutes": minutes, "mode": mode, "repeat": repeat}


AIRPORT = {  # 15 分钟内免费；前 2 小时每 15 分钟 2.5 元，之后每 15 分钟 1.5 元；24 小时最高 60 元
    **capped(6000),
    "free": free(15),
    "steps": [{"until_min": 120, "unit_min": 15, "price": 250}, *units(15, 150)],
}
HOSPITAL = {  # 首小时免费，之后每小时 3 元，24 小时（自入场起）最高 30 元
    **capped(3000),
    "free": free(60, "deduct"),
    "cycle_starts": "entry",
    "steps": hourly(300),
}
CAP_BY_DAY = {  # 每小时 10 元；工作日每天最高 50 元，周末及节假日每天最高 80 元
    **NEW,
    "bands": [
        band("working_day", "00:00", "24:00", days=["workday"], steps=hourly(1000), cap=5000),
        band("rest_day", "00:00", "24:00", days=["restday"], steps=hourly(1000), cap=8000),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
}
RISING = {  # 第 1 小时 5 元，第 2 小时 6 元，第 3 小时起每小时 8 元，自然日最高 50 元
    **capped(5000, BY_DAY),
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 500},
        {"until_min": 120, "unit_min": 60, "price": 600},
        *hourly(800),
    ],
}
BY_ENTRY = {  # 首小时：8–18 时入场 10 元，其余 5 元；之后每小时日间 5 元、夜间 2 元
    **NEW,
    "bands": [
        band("day", "08:00", "18:00", steps=[{"until_min": 60, "unit_min": 60, "price": 1000}, *hourly(500)]),
        band(
            "night", "18:00", "08:00", steps=[{"until_min": 60, "unit_min": 60, "price": 500}, *hourly(200)]
        ),
    ],
    "crossing": "unit_start",
}
CHARGING = {  # 每小时 10 元，24 小时最高 60 元；新能源车前 2 小时免费
    **capped(6000),
    "steps": hourly(1000),
    "classes": [
        {
            "name": "new_energy",
            "kinds": ["nev_small", "nev_large"],
            "rule": {"free": free(120, "deduct"), "cycle_starts": "entry"},
        }
    ],
}
BY_VEHICLE = {  # 小型车首小时 4 元，之后每半小时 2 元，每天最高 40 元；大型车加倍，摩托车减半
    **capped(4000, BY_DAY),
    "steps": [{"until_min": 60, "unit_min": 60, "price": 400}, *units(30, 200)],
    "classes": [
        {"name": name, "seen_as": [name], "rule": {"percent": percent, "sum_rounding": rounding}}
        for rounding in [{"unit": 1, "how": "down"}]
        for name, percent in (("large", 200), ("motorcycle", 50))
    ],
}
NIGHT_PASS = {  # 每小时 5 元；包夜卡 150 元，20:00–次日 8:00 有效
    **NEW,
    "steps": hourly(500),
    "passes": [{"name": "night", "price": 15000, "from": "20:00", "to": "08:00"}],
}
LUMP = {  # 每小时 10 元，24 小时最高 60 元；停车超过 3 天的，共收 200 元
    **capped(6000),
    "steps": hourly(1000),
    "turn": {
        "after_min": 4320,
        "from": "start",
        "rule": {
            "steps": [{"until_min": None, "flat": 20000}],
            "cycle": NO_CYCLE,
            "steps_count": "stay",
            "caps": None,
        },
    },
}
LATER_DAYS = {  # 首 24 小时每小时 5 元、最高 40 元，之后每 24 小时 20 元
    **capped(4000),
    "steps": hourly(500),
    "turn": {
        "after_min": 1440,
        "from": "then",
        "rule": {"steps": units(1440, 2000), "caps": None},
    },
}
SPRING_FESTIVAL = {  # 每小时 10 元；春节假期入场的车辆免费
    **NEW,
    "steps": hourly(1000),
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival"],
            "rule": {"steps": [{"until_min": None, "flat": 0}]},
        }
    ],
}
MINIMUM = {  # 每分钟 0.1 元，最低收费 2 元，24 小时最高 60 元
    **capped(6000),
    "steps": [{"until_min": 20, "flat": 200}, *units(1, 10)],
}
TWICE_A_DAY = {  # 每 12 小时 5 元
    **NEW,
    "cycle": {"basis": "from_entry", "hours": 12},
    "steps_count": "cycle",
    "steps": [{"until_min": None, "flat": 500}],
}
LUNCH = {  # 每小时 6 元；午间 11:30–13:30 免费
    **NEW,
    "steps": hourly(600),
    "bands": [band("lunch", "11:30", "13:30", free=True)],
    "crossing": "sum_per_band",
}
FREE_BOTH_ENDS = {  # 前 2 小时免费，2 至 4 小时 10 元，之后不收费；每天重新计
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": [
        {"until_min": 120, "flat": 0},
        {"until_min": 240, "flat": 1000},
        {"until_min": None, "flat": 0},
    ],
}
OFFICE = {  # 工作日 8–18 时每小时 8 元，其余时间每次 5 元
    **NEW,
    "steps": [{"until_min": None, "flat": 500}],
    "bands": [band("day", "08:00", "18:00", days=["workday"], steps=hourly(800))],
    "crossing": "sum_per_band",
    "band_days": "moment",
}
REPEATED_MAXIMUM = {  # 20分100円、入庫後24時間最大800円（繰り返し）
    **capped(800),
    "currency": "JPY",
    "steps": units(20, 100),
}
ONE_MAXIMUM = {  # 20分100円、入庫後24時間最大800円（1回限り）
    **REPEATED_MAXIMUM,
    "turn": {"after_min": 1440, "from": "then", "rule": {"caps": None}},
}
TIEFGARAGE = {  # je Stunde 1,50, nachts (20–7 Uhr) 1,00, höchstens 4,00; Tageshöchstsatz 12,00; 10 min frei
    **capped(1200, BY_DAY),
    "currency": "EUR",
    "free": free(10),
    "bands": [
        band("day", "07:00", "20:00", steps=hourly(150)),
        band("night", "20:00", "07:00", steps=hourly(100), cap=400),
    ],
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
}
GARAGE = {**capped(4000), "currency": "USD", "steps": hourly(1000)}  # $10 an hour, $40 in 24 hours
HALF_HOURS = {  # 每半小時 15 元，最少一小時；星期五至日及公眾假期 18 元
    **NEW,
    "currency": "HKD",
    "bands": [
        band(
            name,
            "00:00",
            "24:00",
            days=days,
            steps=[{"until_min": 60, "unit_min": 60, "price": 2 * price}, *units(30, price)],
        )
        for name, days, price in (
            ("week", ["mon", "tue", "wed", "thu", "makeup"], 1500),
            ("weekend", ["fri", "restday"], 1800),
        )
    ],
    "crossing": "unit_start",
    "band_days": "moment",
}
TAICHUNG = {  # 第一小時 40 元，之後每半小時 20 元，當日最高 200 元
    **capped(20000, BY_DAY),
    "currency": "TWD",
    "steps": [{"until_min": 60, "unit_min": 60, "price": 4000}, *units(30, 2000)],
}
KUALA_LUMPUR = {  # RM2 for 2 hours, RM1 each hour after, RM15 a day; in after 18:00 RM3
    **capped(1500, BY_DAY),
    "currency": "MYR",
    "steps": [{"until_min": 120, "flat": 200}, *hourly(100)],
    "offers": [offer("evening", "18:00", "24:00", "06:00", "next", flat=300)],
    "allows_cheaper_longer": True,
}
NIGHT_BY_ENTRY = {  # 每小时 6 元；18 时后入场、次日 8 时前离场 10 元封顶
    **NEW,
    "steps": hourly(600),
    "offers": [offer("night", "18:00", "24:00", "08:00", "next", cap=1000)],
}
STREET = {  # 工作日 7–21 时：首小时 10 元，之后每半小时 5 元，时段最高 80 元；其余时间免费
    **NEW,
    "steps": [{"until_min": None, "flat": 0}],
    "steps_count": "band",
    "bands": [
        band(
            "day",
            "07:00",
            "21:00",
            days=["workday"],
            steps=[{"until_min": 60, "unit_min": 60, "price": 1000}, *units(30, 500)],
            cap=8000,
        )
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
}
TWO_CAPS = {  # 每小时 4 元；自然日最高 30 元，每 30 天合计最高 300 元
    **capped(3000, BY_DAY),
    "steps": hourly(400),
    "long_caps": [{"cycles": 30, "amount": 30000}],
}
SCENIC = {  # 小型车每天 15 元，大型车 30 元；淡季（11 月至 3 月）10 元和 15 元
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": [{"until_min": None, "flat": 1500}],
    "classes": [
        {"name": "large", "seen_as": ["large"], "rule": {"steps": [{"until_min": None, "flat": 3000}]}}
    ],
    "seasons": [
        {
            "name": "off_peak",
            "dates": ["11-01/03-31"],
            "rule": {"steps": [{"until_min": None, "flat": 1000}]},
            "classes": [{"name": "large", "rule": {"steps": [{"until_min": None, "flat": 1500}]}}],
        }
    ],
}
NHS = {  # up to 1 hour £1.50, up to 2 £3.00, up to 4 £5.00, up to 24 £10.00
    **NEW,
    "currency": "GBP",
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": rungs((60, 150), (120, 300), (240, 500), last=1000),
}
ZURICH = {  # 5.67 Rappen a minute, rounded to 5 Rappen
    **NEW,
    "currency": "CHF",
    "steps": [{"until_min": None, "unit_min": 1, "price": "5.67"}],
    "sum_rounding": {"unit": 5, "how": "half_up"},
}
BOARDS = {
    "airport": AIRPORT,
    "hospital": HOSPITAL,
    "cap by day": CAP_BY_DAY,
    "rising": RISING,
    "by entry": BY_ENTRY,
    "charging": CHARGING,
    "by vehicle": BY_VEHICLE,
    "night pass": NIGHT_PASS,
    "lump": LUMP,
    "later days": LATER_DAYS,
    "spring festival": SPRING_FESTIVAL,
    "minimum": MINIMUM,
    "twice a day": TWICE_A_DAY,
    "lunch": LUNCH,
    "free both ends": FREE_BOTH_ENDS,
    "office": OFFICE,
    "repeated maximum": REPEATED_MAXIMUM,
    "one maximum": ONE_MAXIMUM,
    "tiefgarage": TIEFGARAGE,
    "garage": GARAGE,
    "half hours": HALF_HOURS,
    "taichung": TAICHUNG,
    "kuala lumpur": KUALA_LUMPUR,
    "night by entry": NIGHT_BY_ENTRY,
    "street": STREET,
    "two caps": TWO_CAPS,
    "scenic": SCENIC,
    "nhs": NHS,
    "zurich": ZURICH,
}
ZONES = {"tiefgarage": BERLIN, "garage": NEW_YORK}
STAYS = """
airport
04-27 10:00 04-27 10:15 0
04-27 10:00 04-27 10:15:01 5
04-27 10:00 04-27 10:30 5
04-27 10:00 04-27 10:30:01 7.5
04-27 10:00 04-27 12:00 20
04-27 10:00 04-27 12:00:01 21.5
04-27 10:00 04-27 18:30 59
04-27 10:00 04-27 18:30:01 60
04-27 10:00 04-28 10:00 60
04-27 10:00 04-28 10:01 62.5
04-27 10:00 04-28 12:00 80
04-27 10:00 04-29 10:00 120
hospital
04-27 10:00 04-27 11:00 0
04-27 10:00 04-27 11:00:01 3
04-27 10:00 04-27 12:00 3
04-27 10:00 04-27 12:00:01 6
04-27 10:00 04-27 21:00 30
04-27 10:00 04-27 21:01 30
04-27 10:00 04-28 10:00 30
04-27 10:00 04-28 10:01 33
04-27 10:00 04-28 11:00 33
04-27 10:00 04-28 11:01 36
cap by day
04-27 10:00 04-27 14:00 40
04-27 10:00 04-27 14:00:01 50
04-27 10:00 04-27 20:00 50
04-25 10:00 04-25 18:00 80
04-25 10:00 04-25 20:00 80
04-24 22:00 04-25 02:00 40
04-24 22:30 04-25 00:30 30
05-01 10:00 05-01 20:00 80
05-09 10:00 05-09 20:00 50
04-26 20:00 04-27 06:00 90
04-27 20:00 04-28 20:00 90
rising
04-27 10:00 04-27 11:00 5
04-27 10:00 04-27 11:00:01 11
04-27 10:00 04-27 12:00 11
04-27 10:00 04-27 12:00:01 19
04-27 10:00 04-27 16:00 43
04-27 10:00 04-27 16:01 50
04-27 22:00 04-28 00:00 11
04-27 22:00 04-28 00:00:01 16
04-27 23:30 04-28 00:30 10
04-27 22:00 04-28 02:00 22
by entry
04-27 17:00 04-27 18:00 10
04-27 17:30 04-27 18:30 10
04-27 17:30 04-27 18:30:01 12
04-27 17:59 04-27 19:00 12
04-27 18:00 04-27 19:00 5
04-27 18:00 04-27 19:00:01 7
04-27 07:30 04-27 08:30 5
04-27 07:30 04-27 08:31 10
04-27 17:30 04-27 20:30 14
charging
04-27 10:00 04-27 10:01 10
04-27 10:00 04-27 12:00 0 nev_small
04-27 10:00 04-27 12:00:01 10 nev_small
04-27 10:00 04-27 13:00 10 nev_large
04-27 10:00 04-27 18:00 60 nev_small
04-27 10:00 04-28 10:00 60 nev_small
04-27 10:00 04-28 10:01 70 nev_small
04-27 10:00 04-27 16:00 60
04-27 10:00 04-28 10:01 70
by vehicle
04-27 10:00 04-27 11:00 4
04-27 10:00 04-27 11:00:01 6
04-27 10:00 04-27 22:00 40
04-27 10:00 04-27 11:00 8 large
04-27 10:00 04-27 11:01 12 large
04-27 10:00 04-27 22:00 80 large
04-27 10:00 04-27 11:00 2 motorcycle
04-27 10:00 04-27 22:00 20 motorcycle
04-27 23:30 04-28 00:30 4 motorcycle
night pass
04-27 19:00 04-28 09:00 70
04-27 20:00 04-28 08:00 0 pass
04-27 19:59 04-28 08:00 5 pass
04-27 20:00 04-28 08:00:01 5 pass
04-27 19:00 04-28 09:00 10 pass
04-27 10:00 04-27 11:00 5 pass
04-27 10:00 04-27 20:00 50 pass
04-27 10:00 04-28 20:00 110 pass
lump
04-27 10:00 04-27 11:00 10
04-27 10:00 04-28 10:00 60
04-27 10:00 04-28 10:00:01 70
04-27 10:00 04-30 10:00 180
04-27 10:00 04-30 10:00:01 200
04-27 10:00 04-30 10:01 200
04-27 10:00 05-07 10:00 200
04-27 10:00 05-27 10:00 200
later days
04-27 10:00 04-27 11:00 5
04-27 10:00 04-27 17:00:01 40
04-27 10:00 04-28 10:00 40
04-27 10:00 04-28 10:00:01 60
04-27 10:00 04-29 10:00 60
04-27 10:00 04-29 10:01 80
04-27 10:00 04-30 10:00 80
04-27 10:00 05-07 10:00 220
spring festival
02-14 10:00 02-14 12:00 20
02-14 23:00 02-15 01:00 20
02-15 00:00 02-15 01:00 0
02-17 10:00 02-18 12:00 0
02-23 23:00 02-24 10:00 0
02-23 23:59 02-25 00:00 0
02-24 00:00 02-24 01:00 10
05-01 10:00 05-01 11:00 10
minimum
04-27 10:00 04-27 10:01 2
04-27 10:00 04-27 10:20 2
04-27 10:00 04-27 10:20:01 2.1
04-27 10:00 04-27 11:00 6
04-27 10:00 04-27 20:00 60
04-27 10:00 04-27 19:59 59.9
04-27 10:00 04-28 10:00 60
04-27 10:00 04-28 10:01 62
twice a day
04-27 10:00 04-27 10:01 5
04-27 10:00 04-27 22:00 5
04-27 10:00 04-27 22:00:01 10
04-27 10:00 04-28 10:00 10
04-27 10:00 04-28 10:01 15
04-27 23:00 04-28 01:00 5
04-27 10:00 05-04 10:00 70
04-27 00:00 04-28 00:00 10
lunch
04-27 11:00 04-27 12:00 6
04-27 11:30 04-27 13:30 0
04-27 11:30 04-27 13:30:01 6
04-27 11:29 04-27 13:30 6
04-27 11:00 04-27 14:00 12
04-27 10:00 04-27 11:30 12
04-27 10:00 04-27 15:00 24
04-27 11:30 04-28 11:30 132
free both ends
04-27 10:00 04-27 12:00 0
04-27 10:00 04-27 12:00:01 10
04-27 10:00 04-27 14:00 10
04-27 10:00 04-28 00:00 10
04-27 10:00 04-28 02:00 10
04-27 10:00 04-28 02:00:01 20
04-27 22:00 04-28 02:00 0
04-27 21:59 04-28 00:00 10
office
04-27 09:00 04-27 10:00 8
04-27 17:00 04-27 18:00 8
04-27 17:00 04-27 18:00:01 13
04-27 18:00 04-28 08:00 5
04-27 17:00 04-28 09:00 21
04-24 17:00 04-27 09:00 21
05-01 10:00 05-01 16:00 5
05-09 10:00 05-09 16:00 48
repeated maximum
04-27 10:00 04-27 10:20 1.00
04-27 10:00 04-27 10:20:01 2.00
04-27 10:00 04-27 12:40 8.00
04-27 10:00 04-27 12:41 8.00
04-27 10:00 04-28 10:00 8.00
04-27 10:00 04-28 10:00:01 9.00
04-27 10:00 04-28 12:40 16.00
04-27 10:00 04-29 10:00 16.00
one maximum
04-27 10:00 04-27 10:20 1.00
04-27 10:00 04-27 12:41 8.00
04-27 10:00 04-28 10:00 8.00
04-27 10:00 04-28 10:00:01 9.00
04-27 10:00 04-28 10:21 10.00
04-27 10:00 04-28 13:00 17.00
04-27 10:00 04-29 10:00 80.00
04-27 10:00 04-29 10:20 81.00
tiefgarage
04-27 10:00 04-27 10:10 0
04-27 10:00 04-27 10:10:01 1.5
04-27 10:00 04-27 13:00 4.5
04-27 07:00 04-27 20:00 12
04-27 19:30 04-27 20:30 2.5
04-27 20:00 04-28 07:00 4
04-27 10:00 04-28 10:00 16.5
03-29 00:30 03-29 04:30 3
03-28 22:00 03-29 03:30 4
10-25 00:30 10-25 03:00 4
10-24 00:30 10-24 03:00 3
garage
03-08 00:30 03-08 04:30 30
11-01 00:30 11-01 03:00 40
11-01 00:30 11-01 01:00 10
03-07 12:00 03-08 12:00 40
03-07 12:00 03-08 13:00 40
03-07 12:00 03-08 13:00:01 50
04-27 12:00 04-28 12:00 40
04-27 12:00 04-28 12:01 50
half hours
04-27 10:00 04-27 10:01 30
04-27 10:00 04-27 11:00 30
04-27 10:00 04-27 11:00:01 45
04-27 10:00 04-27 13:00 90
04-24 10:00 04-24 11:30 54
04-23 23:30 04-24 00:30 30
04-23 23:30 04-24 01:00 48
04-26 23:15 04-27 01:15 66
05-01 10:00 05-01 11:00 36
taichung
04-27 10:00 04-27 10:05 40
04-27 10:00 04-27 11:00 40
04-27 10:00 04-27 11:00:01 60
04-27 10:00 04-27 11:30 60
04-27 10:00 04-27 15:00 200
04-27 10:00 04-27 16:00 200
04-27 22:30 04-28 00:00 60
04-27 23:00 04-28 00:30 80
kuala lumpur
04-27 10:00 04-27 12:00 2
04-27 10:00 04-27 12:00:01 3
04-27 10:00 04-27 23:00 13
04-27 00:00 04-27 23:00 15
04-27 17:59 04-27 19:59 2
04-27 18:00 04-27 18:01 3
04-27 18:00 04-28 06:00 3
04-27 18:00 04-28 06:01 13
night by entry
04-27 18:00 04-27 19:00 6
04-27 18:00 04-27 20:00 10
04-27 18:00 04-28 08:00 10
04-27 18:00 04-28 08:00:01 90
04-27 17:59 04-28 07:59 84
04-27 23:59 04-28 08:00 10
04-28 00:00 04-28 02:00 12
04-27 10:00 04-27 12:00 12
street
04-27 06:00 04-27 07:00 0
04-27 06:00 04-27 07:00:01 10
04-27 07:00 04-27 08:00 10
04-27 07:00 04-27 08:30:01 20
04-27 07:00 04-27 15:00 80
04-27 07:00 04-27 21:00 80
04-27 20:30 04-28 07:30 20
04-25 07:00 04-25 21:00 0
05-09 07:00 05-09 09:00 20
two caps
04-27 10:00 04-27 17:00 28
04-27 10:00 04-27 17:00:01 30
04-27 22:00 04-28 01:00 12
04-01 00:00 04-11 00:00 300
04-01 00:00 04-30 00:00 300
04-01 00:00 05-01 00:00 300
04-01 00:00 05-01 01:00 304
04-20 10:00 05-24 00:00 420
scenic
07-01 10:00 07-01 18:00 15
07-01 10:00 07-02 00:00 15
07-01 10:00 07-02 00:00:01 30
07-01 10:00 07-01 18:00 30 large
12-01 10:00 12-01 18:00 10
12-01 10:00 12-01 18:00 15 large
10-31 23:00 11-01 01:00 30
11-01 00:00 11-01 01:00 10
11-01 00:00 11-02 01:00 30 large
03-31 23:59 04-01 00:01 20
nhs
04-27 10:00 04-27 11:00 1.5
04-27 10:00 04-27 11:00:01 3
04-27 10:00 04-27 12:00 3
04-27 10:00 04-27 12:00:01 5
04-27 10:00 04-27 14:00 5
04-27 10:00 04-27 14:00:01 10
04-27 10:00 04-28 10:00 10
04-27 10:00 04-28 10:00:01 11.5
04-27 10:00 04-28 12:01 15
zurich
04-27 10:00 04-27 10:01 0.05
04-27 10:00 04-27 10:10 0.55
04-27 10:00 04-27 10:22 1.25
04-27 10:00 04-27 10:30 1.70
04-27 10:00 04-27 10:44 2.50
04-27 10:00 04-27 11:00 3.40
04-27 10:00 04-27 11:00:01 3.45
04-27 10:00 04-27 11:40 5.65
"""


def stays():
    name = ""
    for line in STAYS.strip().splitlines():
        if line in BOARDS:
            name = line
            continue
        day, time, last_day, last_time, amount, *who = line.split()
        yuan, _, cents = amount.partition(".")
        yield name, f"{day} {time}", f"{last_day} {last_time}", int(yuan + cents.ljust(2, "0")), "".join(who)


def moment(text, zone):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(stays()))
def test_board_price_is_met(name, entered, left, amount, who):
    tariff, zone = tariffs.read_new(BOARDS[name]), ZONES.get(name, SHANGHAI)
    stay = moment(entered, zone), moment(left, zone)
    kind = who if who.startswith("nev") else "ordinary"
    seen = who if who in {"large", "motorcycle"} else ""
    rights = [right_of(tariff.passes[0], stay[0] - timedelta(1), stay[1])] if who == "pass" else []
    place = Place(zone, CHINA)
    assert tariff.price(*stay, kind, seen=seen, place=place, rights=rights).fen == amount
    if not rights:
        assert by_sentences(tariff, stay, kind, seen, place) == amount


def by_sentences(tariff, stay, kind, seen, place):
    """Return the price by the board for this vehicle and date; a begun minute is a whole one."""
    vehicle = tariff.class_of(kind, seen)
    rule = vehicle.rule if vehicle else tariff.rule
    with translation.override("zh-hans"):
        usual = board_reader.read(price_board.rule_board(rule, tariff.currency))
        boards = price_board.class_boards(tariff, place)
    of_season = [one for one in boards if one.kinds.startswith("入场")]
    seasons = [(one.kinds, one.sentences) for one in of_season if ("·" in one.title) == bool(vehicle)]
    board = board_reader.board_of_entry(usual, seasons, stay[0], place.calendar)
    whole = -(-(stay[1].timestamp() - stay[0].timestamp()) // 60)
    left = stay[0].astimezone(ZoneInfo("UTC")) + timedelta(minutes=whole)
    return board_reader.price(board, stay[0].astimezone(left.tzinfo), left, place.zone, place.calendar)


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_has_eight_stays(name):
    assert len([row for row in stays() if row[0] == name]) >= 8
    Draft202012Validator(tariffs.schema()).validate(BOARDS[name])
