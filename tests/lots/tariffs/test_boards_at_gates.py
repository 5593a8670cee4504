"""Boards as they hang at gates; each stay was worked out by hand from the words before the engine was asked.

A comment is the text of the board. What it leaves open is read as the second comment says.
"""

from typing import Any

import pytest
from django.utils import translation

from lots import tariffs
from lots.tariffs.ambiguity import find
from presentation import price_board
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
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    share,
)
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import CHINA

ALL_DAY = {"from": "00:00", "to": "24:00"}
BY_MOMENT = {"band_days": "moment"}


def flat(name, start, end, fen, days=None):
    return {"name": name, "from": start, "to": end, "flat": fen} | ({"days": days} if days else {})


def first_unit(minutes, fen, *others):
    """Return a first unit at a price of its own, and the steps after it."""
    return [{"until_min": minutes, "unit_min": minutes, "price": fen}, *others]


INNER_RING = {  # 7:30–19:30 首小时 15 元，之后每 30 分钟 10 元；19:30–7:30 10 元/次
    **BY_BAND,  # each morning has its first hour
    "bands": [
        band("day", "07:30", "19:30", first_unit(60, 1500, *per(30, 1000))),
        flat("night", "19:30", "07:30", 1000),
    ],
}
FIRST_CLASS = {  # 一类地区路外：7:00–21:00 每 15 分钟 2 元；21:00–7:00 每 2 小时 1 元
    **BY_BAND,
    "bands": [band("day", "07:00", "21:00", per(15, 200)), band("night", "21:00", "07:00", per(120, 100))],
}
WORKDAYS = {  # 7:30–21:00：工作日首半小时 5 元，之后每半小时 10 元；非工作日 2 元、3 元；其余免费
    **BY_BAND,  # each day has its first half hour
    **BY_MOMENT,
    "steps": FREE_ELSE,
    "bands": [
        band("day", "07:30", "21:00", first_unit(30, 500, *per(30, 1000)), ["workday"]),
        band("rest_day", "07:30", "21:00", first_unit(30, 200, *per(30, 300)), REST),
    ],
}
TWO_MAXIMA = {  # 8:00–22:00 每小时 5 元，最高 30 元；22:00–8:00 每小时 2 元，最高 10 元
    **BY_BAND,
    "bands": [
        band("day", "08:00", "22:00", hourly(500), cap=3000),
        band("night", "22:00", "08:00", hourly(200), cap=1000),
    ],
}
SHORT_STAY = {  # 15 分钟内免费；15–30 分钟 5 元；30–60 分钟 10 元；之后每小时 8 元；24 小时最高 80 元
    **capped(8000),  # the free minutes are given once
    **free(15),
    "steps": [{"until_min": 30, "flat": 500}, {"until_min": 60, "flat": 500}, *hourly(800)],
}
KERB = {  # 航站楼短停：10 分钟内免费；首小时 10 元，之后每 30 分钟 5 元；24 小时最高 120 元
    **capped(12000),
    **free(10),
    "steps": first_unit(60, 1000, *per(30, 500)),
}
LONG_STAY = {  # 长停：4 小时内 20 元，超过 4 小时每天 50 元；第 4 天起每天最高 30 元
    **capped(0),  # a day is 24 hours from the entry
    "steps": ladder((240, 2000), (None, 5000)),
    "caps": [*({"cycle": n, "amount": 5000} for n in (1, 2, 3)), {"cycle": "4+", "amount": 3000}],
}
CLINIC = {  # 30 分钟内免费；第 1 小时 2 元，第 2 小时 4 元，第 3、4 小时每小时 6 元，之后每小时 10 元
    **NEW,
    **free(30),
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 200},
        {"until_min": 120, "unit_min": 60, "price": 400},
        {"until_min": 240, "unit_min": 60, "price": 600},
        *hourly(1000),
    ],
}
SCHOOL = {  # 工作日 7:00–18:00 每小时 5 元、最高 40 元，18:00–7:00 5 元/次；休息日全天 5 元/次
    **BY_BAND,  # a night of a workday ends at midnight before a rest day, which has its own amount
    **BY_MOMENT,
    "bands": [
        band("day", "07:00", "18:00", hourly(500), ["workday"], 4000),
        flat("night", "18:00", "07:00", 500, ["workday"]),
        flat("rest_day", "00:00", "24:00", 500, REST),
    ],
}
PARK = {  # 首 2 小时 5 元，之后每小时 2 元，每天最高 20 元；双休日及节假日 10 元、5 元、50 元
    **BY_BAND,
    **BY_MOMENT,
    "bands": [
        band("work", "00:00", "24:00", [{"until_min": 120, "flat": 500}, *hourly(200)], ["workday"], 2000),
        band("rest_day", "00:00", "24:00", [{"until_min": 120, "flat": 1000}, *hourly(500)], REST, 5000),
    ],
}
HOTEL = {**capped(10000), **free(15), "steps": hourly(1500)}  # 15 分钟内免费；每小时 15 元；24 小时 100 元
TONNAGE = {  # 小车首 2 小时 5 元，之后每小时 2 元；货车每 12 小时：10 吨以下 15 元，10 吨以上 25 元
    **NEW,
    "steps": [{"until_min": 120, "flat": 500}, *hourly(200)],
    "classes": [seen("goods", steps=per(720, 1500)), seen("large", steps=per(720, 2500))],
}
VISITORS = {  # 访客前 2 小时免费；7:00–22:00 每小时 2 元、最高 10 元；22:00–7:00 5 元/次
    **BY_BAND,  # the two hours are deducted, also at night
    "free": {"minutes": 120, "mode": "deduct", "repeat": "once"},
    "bands": [band("day", "07:00", "22:00", hourly(200), cap=1000), flat("night", "22:00", "07:00", 500)],
}
CHARGING = {  # 每小时 8 元；新能源车充电免停 2 小时
    **NEW,  # deducted
    "steps": hourly(800),
    "classes": [green(free={"minutes": 120, "mode": "deduct", "repeat": "once"})],
}
TWO_HOURS = {  # 限时停车：2 小时内 10 元，超过 2 小时每小时 30 元
    **NEW,
    "max_stay_min": 120,
    "steps": [{"until_min": 120, "flat": 1000}, *hourly(3000)],
}
CONCERT = {  # 每小时 10 元；周六 18:00–24:00 入场、次日 6:00 前离场 50 元/次
    **NEW,
    "steps": hourly(1000),
    "offers": [offer("event", "18:00", "24:00", "06:00", "next", ["sat"], flat=5000)],
    "allows_cheaper_longer": True,
}
PER_VISIT = {  # 10 元/次（4 小时内），超过 4 小时每小时加收 3 元，24 小时最高 40 元
    **capped(4000),
    "steps": [{"until_min": 240, "flat": 1000}, *hourly(300)],
}
NIGHT_ONCE = {  # 8:00–20:00 每小时 4 元；夜间 10 元/次，一次停车不论停几夜只收一次
    **BY_BAND,
    "steps": hourly(400),
    "bands": [{**flat("night", "20:00", "08:00", 1000), "once": True}],
}
CHARGED_HOURS: dict[str, Any] = {  # 8:00–20:00 每 30 分钟 2 元；15 分钟内免费，免费时段进场的从 8:00 起算
    **BY_BAND,
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once", "charged_hours_only": True},
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "20:00", per(30, 200))],
}
SECOND_RING = {  # 20 分钟内免费；8:00–22:00 每 30 分钟 3 元；22:00–8:00 10 元/次
    **BY_BAND,
    **free(20),
    "bands": [band("day", "08:00", "22:00", per(30, 300)), flat("night", "22:00", "08:00", 1000)],
}
LIBRARY = {  # 前 3 小时免费，之后每小时 5 元，每天最高 25 元
    **capped(2500, BY_DAY),  # deducted, once a stay; the day is that of the calendar
    "free": {"minutes": 180, "mode": "deduct", "repeat": "once"},
    "steps": hourly(500),
}
TWO_WHEELS = {  # 小型车每小时 5 元，摩托车 1 元/次，新能源车减半
    **NEW,
    "steps": hourly(500),
    "classes": [seen("motorcycle", steps=once(100)), green(**share(50))],
}
METRO = {
    **capped(1000, BY_DAY),
    **free(60),
    "steps": hourly(200),
}  # 1 小时内免费；每小时 2 元，全天封顶 10 元
SCENIC = {  # 小型车每天 20 元，7、8 月 30 元；大型车每天 40 元；24 小时为一天
    **NEW,
    "cycle": {"basis": "from_entry", "hours": 24},
    "steps_count": "cycle",
    "steps": once(2000),
    "classes": [seen("large", steps=once(4000))],
    "seasons": [{"name": "peak", "dates": ["07-01/08-31"], "rule": {"steps": once(3000)}}],
}
OFFICE = {  # 工作日 8:00–20:00 首小时 12 元，之后每 30 分钟 6 元，夜间每小时 5 元；休息日 20 元；封顶 120 元
    **EACH_DAY,
    **BY_MOMENT,
    **cap(12000),
    "bands": [
        band("day", "08:00", "20:00", first_unit(60, 1200, *per(30, 600)), ["workday"]),
        band("night", "20:00", "08:00", hourly(500), ["workday"]),
        flat("rest_day", "00:00", "24:00", 2000, REST),
    ],
}
NIGHT_MARKET = {  # 17:00–24:00 10 元/次；其余时间每小时 3 元
    **BY_BAND,
    "steps": hourly(300),
    "bands": [flat("evening", "17:00", "24:00", 1000)],
}
FULL_HOURS = {
    **capped(3000),
    "rounding": "full",
    "steps": hourly(400),
}  # 每小时 4 元，不足 1 小时不计；30 元封顶
QUARTER_TAIL = {  # 每半小时 2.5 元，不足 15 分钟不计，15 分钟以上按半小时计
    **NEW,
    "steps": per(30, 250),
    "tail_min": 15,
    "reached": ["tail"],
}
BY_MINUTE = {  # 每分钟 0.1 元，四舍五入到元，24 小时最高 60 元
    **capped(6000),
    "steps": per(1, 10),
    "sum_rounding": {"unit": 100, "how": "half_up"},
}
WEEKLY = {  # 每小时 8 元，24 小时最高 50 元，7 天最高 200 元
    **capped(5000),
    "steps": hourly(800),
    "long_caps": [{"cycles": 7, "amount": 20000}],
}
FORECOURT = {  # 落客区：5 分钟内免费，10 分钟内 10 元，超过 10 分钟每 5 分钟 20 元
    **NEW,
    **free(5),
    "steps": [{"until_min": 10, "flat": 1000}, *per(5, 2000)],
}
EACH_DAY_FREE = {  # 每天前 2 小时免费，之后每小时 5 元，每天最高 20 元
    **capped(2000, BY_DAY),
    "free": {"minutes": 120, "mode": "deduct", "repeat": "each_cycle"},
    "steps": hourly(500),
}
OFF_PEAK = {  # 每小时 4 元；工作日 18:00 后入场、次日 8:00 前离场，及休息日当天离场，最高 5 元
    **NEW,
    "steps": hourly(400),
    "offers": [
        offer("evening", "18:00", "24:00", "08:00", "next", ["workday"], cap=500),
        offer("rest_day", "00:00", "24:00", "24:00", days=REST, cap=500),
    ],
    "offers_apply": "cheapest",
}
FREE_NIGHT = {  # 22:00–6:00 免费；6:00 后驶离的，从入场时起每小时 3 元
    **NEW,
    "steps": hourly(300),
    "offers": [
        offer("night", "22:00", "24:00", "06:00", "next", flat=0),
        offer("early", "00:00", "06:00", "06:00", flat=0),
    ],
    "offers_apply": "first",
}
SECOND_DAY = {  # 每小时 6 元，首日最高 40 元；超过 24 小时的部分每小时 3 元，每天最高 20 元
    **capped(4000),
    "steps": hourly(600),
    "turn": {
        "after_min": 1440,
        "from": "then",
        "rule": {"steps": hourly(300), "caps": [{"cycle": "each", "amount": 2000}]},
    },
}
THREE_MAXIMA = {  # 8:00–20:00 每小时 2 元、最高 8 元；夜间每小时 1 元、最高 4 元；每天最高 10 元
    **BY_BAND,
    "cycle": BY_DAY,
    "after_cycle": "begin_again",
    **cap(1000),
    "bands": [
        band("day", "08:00", "20:00", hourly(200), cap=800),
        band("night", "20:00", "08:00", hourly(100), cap=400),
    ],
}
FREE_HOLIDAYS = {  # 8:00–18:00 每小时 3 元，法定节假日免费
    **BY_BAND,
    **BY_MOMENT,
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "18:00", hourly(300), ["workday", "weekend"])],
}
DAY_TICKET = {  # 2 小时内每小时 10 元，2 小时以上（含 2 小时）全天 30 元
    **NEW,
    "steps": [{"until_min": 120, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 3000}],
    "reached": ["steps"],
}
PEAK_HOURS = {  # 工作日 7–9 时、17–19 时每 15 分钟 4 元，9–17 时 1 元；10 分钟内免费，从收费时段起算
    **CHARGED_HOURS,
    **BY_MOMENT,
    "free": {**CHARGED_HOURS["free"], "minutes": 10},
    "bands": [
        band("morning", "07:00", "09:00", per(15, 400), ["workday"]),
        band("noon", "09:00", "17:00", per(15, 100), ["workday"]),
        band("afternoon", "17:00", "19:00", per(15, 400), ["workday"]),
    ],
}
FIRST_QUARTER = {  # 8:00–20:00 每 30 分钟 3 元；每车每天首 15 分钟免费，从收费时段起算
    **CHARGED_HOURS,
    "free": {**CHARGED_HOURS["free"], "mode": "deduct", "repeat": "once_a_day"},
    "bands": [band("day", "08:00", "20:00", per(30, 300))],
}
BOARDS = {
    "inner_ring": INNER_RING,
    "first_class": FIRST_CLASS,
    "workdays": WORKDAYS,
    "two_maxima": TWO_MAXIMA,
    "short_stay": SHORT_STAY,
    "kerb": KERB,
    "long_stay": LONG_STAY,
    "clinic": CLINIC,
    "school": SCHOOL,
    "park": PARK,
    "hotel": HOTEL,
    "tonnage": TONNAGE,
    "visitors": VISITORS,
    "charging": CHARGING,
    "two_hours": TWO_HOURS,
    "concert": CONCERT,
    "per_visit": PER_VISIT,
    "night_once": NIGHT_ONCE,
    "charged_hours": CHARGED_HOURS,
    "second_ring": SECOND_RING,
    "library": LIBRARY,
    "two_wheels": TWO_WHEELS,
    "metro": METRO,
    "scenic": SCENIC,
    "office": OFFICE,
    "night_market": NIGHT_MARKET,
    "full_hours": FULL_HOURS,
    "quarter_tail": QUARTER_TAIL,
    "by_minute": BY_MINUTE,
    "weekly": WEEKLY,
    "forecourt": FORECOURT,
    "each_day_free": EACH_DAY_FREE,
    "off_peak": OFF_PEAK,
    "free_night": FREE_NIGHT,
    "second_day": SECOND_DAY,
    "three_maxima": THREE_MAXIMA,
    "free_holidays": FREE_HOLIDAYS,
    "day_ticket": DAY_TICKET,
    "peak_hours": PEAK_HOURS,
    "first_quarter": FIRST_QUARTER,
}
STAYS = """
inner_ring
06-01 10:00 06-01 11:00 15
06-01 10:00 06-01 11:10 25
06-01 19:00 06-01 20:00 25
06-01 21:00 06-02 07:30 10
06-01 18:00 06-02 09:00 60
first_class
06-01 10:00 06-01 10:20 4
06-01 10:00 06-01 12:00 16
06-01 20:50 06-01 21:10 3
06-01 21:00 06-02 07:00 5
06-01 20:30 06-02 07:10 11
workdays
06-01 10:00 06-01 10:30 5
06-01 10:00 06-01 11:00 15
06-06 10:00 06-06 11:10 8
06-01 20:40 06-01 22:00 5
06-01 20:00 06-02 08:00 20
two_maxima
06-01 10:00 06-01 18:00 30
06-01 10:00 06-02 10:00 50
06-01 21:30 06-01 22:30 7
06-01 22:00 06-02 03:00 10
06-01 22:00 06-02 02:00 8
short_stay
06-01 10:00 06-01 10:15 0
06-01 10:00 06-01 10:16 5
06-01 10:00 06-01 10:31 10
06-01 10:00 06-01 11:01 18
06-01 10:00 06-02 10:00 80
06-01 10:00 06-02 10:01 85
kerb
06-01 10:00 06-01 10:09 0
06-01 10:00 06-01 11:00 10
06-01 10:00 06-01 11:01 15
06-01 10:00 06-02 10:00 120
06-01 10:00 06-02 11:00 130
long_stay
06-01 10:00 06-01 13:00 20
06-01 10:00 06-01 15:00 50
06-01 10:00 06-02 10:01 70
06-01 10:00 06-04 15:00 180
06-01 10:00 06-06 10:00 210
clinic
06-01 10:00 06-01 10:30 0
06-01 10:00 06-01 10:31 2
06-01 10:00 06-01 11:01 6
06-01 10:00 06-01 13:00 12
06-01 10:00 06-01 15:00 28
school
06-01 09:00 06-01 10:30 10
06-01 08:00 06-01 18:00 40
06-01 17:00 06-01 19:00 10
06-06 09:00 06-06 16:00 5
06-05 20:00 06-06 10:00 10
park
06-01 09:00 06-01 11:00 5
06-01 09:00 06-01 12:00 7
06-06 09:00 06-06 12:00 15
06-06 09:00 06-06 21:00 50
06-01 09:00 06-01 20:00 20
06-19 09:00 06-19 11:00 10
hotel
06-01 09:00 06-01 09:15 0
06-01 09:00 06-01 10:00 15
06-01 09:00 06-01 10:01 30
06-01 09:00 06-02 09:00 100
06-01 09:00 06-02 11:00 130
tonnage
06-01 09:00 06-01 11:00 5
06-01 09:00 06-01 12:00 7
06-01 09:00 06-01 19:00 15 goods
06-01 09:00 06-01 22:00 30 goods
06-01 09:00 06-02 10:00 75 large
visitors
06-01 10:00 06-01 12:00 0
06-01 10:00 06-01 13:00 2
06-01 10:00 06-01 20:00 10
06-01 20:00 06-01 23:00 5
06-01 22:00 06-02 07:00 5
charging
06-01 10:00 06-01 11:00 8
06-01 10:00 06-01 12:01 24
06-01 10:00 06-01 12:00 0 nev_small
06-01 10:00 06-01 12:01 8 nev_small
06-01 10:00 06-01 14:00 16 nev_small
two_hours
06-01 10:00 06-01 10:10 10
06-01 10:00 06-01 12:00 10
06-01 10:00 06-01 12:01 40
06-01 10:00 06-01 14:00 70
06-01 10:00 06-01 14:01 100
concert
06-06 19:00 06-06 23:00 50
06-06 19:00 06-06 19:10 50
06-06 16:00 06-06 20:00 40
06-01 19:00 06-01 23:00 40
06-06 19:00 06-07 07:00 120
per_visit
06-01 10:00 06-01 14:00 10
06-01 10:00 06-01 14:01 13
06-01 10:00 06-01 20:00 28
06-01 10:00 06-02 10:00 40
06-01 10:00 06-02 14:00 50
night_once
06-01 10:00 06-01 12:00 8
06-01 19:00 06-01 21:00 14
06-01 22:00 06-02 07:00 10
06-01 19:00 06-03 09:00 66
06-01 08:00 06-01 20:00 48
charged_hours
06-01 07:50 06-01 08:15 0
06-01 07:50 06-01 08:16 2
06-01 19:50 06-01 20:30 0
06-01 10:00 06-01 11:00 4
06-01 19:40 06-02 08:10 4
second_ring
06-01 10:00 06-01 10:20 0
06-01 10:00 06-01 10:21 3
06-01 21:30 06-01 22:30 13
06-01 21:50 06-01 22:10 0
06-01 22:05 06-01 22:30 10
library
06-01 09:00 06-01 12:00 0
06-01 09:00 06-01 12:01 5
06-01 09:00 06-01 17:00 25
06-01 09:00 06-01 19:00 25
06-01 20:00 06-02 01:00 10
two_wheels
06-01 10:00 06-01 11:00 5
06-01 10:00 06-02 10:01 125
06-01 10:00 06-01 15:00 1 motorcycle
06-01 10:00 06-04 10:00 1 motorcycle
06-01 10:00 06-01 13:00 7.5 nev_small
metro
06-01 10:00 06-01 11:00 0
06-01 10:00 06-01 11:01 4
06-01 10:00 06-01 15:00 10
06-01 09:00 06-01 23:00 10
06-01 20:00 06-02 06:00 18
scenic
06-01 09:00 06-01 17:00 20
06-01 09:00 06-02 09:01 40
07-01 09:00 07-01 17:00 30
06-01 09:00 06-01 17:00 40 large
07-01 09:00 07-01 17:00 40 large
office
06-01 10:00 06-01 11:00 12
06-01 10:00 06-01 11:31 24
06-01 19:00 06-01 21:00 17
06-06 10:00 06-06 18:00 20
06-01 10:00 06-02 10:00 120
night_market
06-01 18:00 06-01 22:00 10
06-01 16:00 06-01 18:00 13
06-01 23:00 06-02 01:00 13
06-01 10:00 06-01 12:00 6
06-01 17:00 06-02 09:00 37
full_hours
06-01 10:00 06-01 10:59 0
06-01 10:00 06-01 11:00 4
06-01 10:00 06-01 11:59 4
06-01 10:00 06-01 20:00 30
06-01 10:00 06-02 11:00 34
quarter_tail
06-01 10:00 06-01 10:14 0
06-01 10:00 06-01 10:15 2.5
06-01 10:00 06-01 10:30 2.5
06-01 10:00 06-01 10:44 2.5
06-01 10:00 06-01 10:45 5
by_minute
06-01 10:00 06-01 10:05 1
06-01 10:00 06-01 10:14 1
06-01 10:00 06-01 10:15 2
06-01 10:00 06-01 11:00 6
06-01 10:00 06-01 12:05 13
weekly
06-01 10:00 06-01 20:00 50
06-01 10:00 06-05 10:00 200
06-01 10:00 06-06 10:00 200
06-01 10:00 06-08 10:00 200
06-01 10:00 06-09 10:00 250
forecourt
06-01 10:00 06-01 10:05 0
06-01 10:00 06-01 10:06 10
06-01 10:00 06-01 10:10 10
06-01 10:00 06-01 10:11 30
06-01 10:00 06-01 10:20 50
each_day_free
06-01 10:00 06-01 12:00 0
06-01 10:00 06-01 13:30 10
06-01 20:00 06-02 03:00 15
06-01 08:00 06-02 10:00 40
06-01 08:00 06-02 02:00 20
off_peak
06-01 18:30 06-02 07:50 5
06-01 17:30 06-01 19:30 8
06-06 10:00 06-06 22:00 5
06-06 22:00 06-07 01:00 12
06-01 18:30 06-02 08:30 56
free_night
06-01 22:30 06-02 05:50 0
06-01 22:30 06-02 06:10 24
06-02 01:00 06-02 06:00 0
06-01 21:00 06-01 23:00 6
06-01 10:00 06-01 12:00 6
second_day
06-01 10:00 06-01 12:00 12
06-01 10:00 06-02 10:00 40
06-01 10:00 06-02 12:00 46
06-01 10:00 06-03 10:00 60
06-01 10:00 06-03 11:00 63
three_maxima
06-01 08:00 06-01 20:00 8
06-01 08:00 06-02 00:00 10
06-01 20:00 06-02 08:00 8
06-01 10:00 06-02 10:00 18
06-01 10:00 06-01 12:00 4
free_holidays
06-19 09:00 06-19 12:00 0
06-18 09:00 06-18 12:00 9
06-18 17:00 06-19 12:00 3
06-18 20:00 06-18 22:00 0
06-06 09:00 06-06 11:00 6
day_ticket
06-01 10:00 06-01 11:00 10
06-01 10:00 06-01 11:01 20
06-01 10:00 06-01 11:59 20
06-01 10:00 06-01 12:00 30
06-01 10:00 06-02 10:00 30
peak_hours
06-01 06:50 06-01 07:10 0
06-01 06:50 06-01 07:11 4
06-01 08:30 06-01 09:30 10
06-01 18:55 06-02 07:05 0
06-05 18:50 06-08 07:05 8
first_quarter
06-01 07:00 06-01 08:15 0
06-01 07:00 06-01 08:45 3
06-01 19:50 06-02 08:20 3
06-01 19:50 06-02 08:05 0
06-01 10:00 06-01 11:00 6
"""
QUESTIONS = {  # what a reader of the words alone would ask; others may come with it
    "inner_ring": {"steps_after_band", "crossing", "band_amount"},
    "workdays": {"steps_after_band", "crossing"},
    "short_stay": {"free_mode", "free_repeat", "cycle", "steps_after_cycle"},
    "long_stay": {"cycle", "steps_after_cycle"},
    "clinic": {"free_mode", "reached"},
    "hotel": {"cycle", "free_mode", "free_repeat", "reached"},
    "visitors": {"free_mode", "crossing"},
    "per_visit": {"cycle", "steps_after_cycle"},
    "night_once": {"band_amount", "crossing"},
    "charged_hours": {"free_hours", "free_mode"},
    "library": {"cycle", "free_repeat"},
    "scenic": {"cycle", "one_amount"},
    "quarter_tail": {"tail", "reached"},
    "by_minute": {"sum_rounding", "cycle"},
}


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_at_gate_is_charged_as_worded(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS, least=5)


@pytest.mark.parametrize("name", QUESTIONS)
def test_open_words_are_asked_before_signing(name):
    """Each question shows a stay with two prices."""
    found = {one.axis: one for one in find(BOARDS[name], place=CHINA)}
    assert set(found) >= QUESTIONS[name]
    assert all(one.fen != one.other_fen for one in found.values())


def test_amount_of_a_visit_is_asked():
    """摩托车 1 元/次: three days may be one visit, or three."""
    [found] = [one for one in find(TWO_WHEELS, vehicle="motorcycle") if one.axis == "one_amount"]
    assert (found.ours, found.minutes, found.fen, found.other_fen) == ("amount_of_stay", 1441, 100, 200)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_time_beyond_counts_from_its_limit(language):
    """The day of the other price begins after 24 hours, or after any other limit, and not with the entry."""
    with translation.override(language):
        *usual, _, cap_of_day, _, _ = price_board.rule_board(tariffs.read(SECOND_DAY).rule)
    assert any(word in "".join(usual) for word in ("自入场起", "自入場起", "from entry"))
    assert not any(word in cap_of_day for word in ("入场", "入場", "entry"))
    assert "20" in cap_of_day
