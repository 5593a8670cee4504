"""Boards in the words of Chinese car parks; each stay was worked out by hand before the engine was asked.

A comment is the text of the board. What it leaves open is read as the second comment says.
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
from tests.lots.tariffs.published import hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

HOSPITAL = {  # 30 分钟内免费；30 分钟至 2 小时 5 元；超过 2 小时每小时加收 2 元，24 小时封顶 25 元
    **capped(2500),
    **free(30),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(200)],
}
TERMINAL = {  # 15 分钟内免费；1 小时内 10 元，之后每 30 分钟 3 元；首 24 小时封顶 60 元，此后 50 元
    **capped(0),
    **free(15),
    "steps": [{"until_min": 60, "flat": 1000}, *per(30, 300)],
    "caps": [{"cycle": 1, "amount": 6000}, {"cycle": "2+", "amount": 5000}],
}
SCENIC = {  # 小型车：旺季（4 月 1 日至 10 月 31 日）20 元/次，淡季 10 元/次；大型车加倍；过零点另计
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": once(1000),
    "classes": [seen("large", **share(200))],
    "seasons": [{"name": "peak", "dates": ["04-01/10-31"], "rule": {"steps": once(2000)}}],
}
ESTATE = {  # 外来车辆 1 小时内免费；每小时 2 元，22:00–7:00 每次 5 元，24 小时最高 20 元
    **EACH_DAY,
    **free(60),
    "steps": hourly(200),
    "bands": [{"name": "night", "from": "22:00", "to": "07:00", "flat": 500}],
    **cap(2000),
}
MARKET = {  # 7:00–18:00 首小时 3 元，之后每半小时 1 元；其余时间免费；货车加倍
    **BY_BAND,
    "steps": FREE_ELSE,
    "bands": [band("day", "07:00", "18:00", [{"until_min": 60, "flat": 300}, *per(30, 100)])],
    "classes": [seen("goods", **share(200))],
}
PARK_AND_RIDE = {  # 5:30–23:30 每次 10 元；23:30–5:30 每小时 5 元
    **BY_BAND,
    "steps": hourly(500),
    "bands": [{"name": "day", "from": "05:30", "to": "23:30", "flat": 1000}],
}
STREET = {  # 一类路段 8:00–20:00：15 分钟（含）内免费；首小时每 15 分钟 2 元，之后每 15 分钟 3 元；夜间免费
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [
        band("day", "08:00", "20:00", [{"until_min": 60, "unit_min": 15, "price": 200}, *per(15, 300)])
    ],
}
NIGHT_FLAT = {  # 每小时 6 元；19:00 后入场、次日 9:00 前离场的，每次 10 元
    **NEW,
    "steps": hourly(600),
    "offers": [offer("evening", "19:00", "24:00", "09:00", "next", flat=1000)],
    "allows_cheaper_longer": True,
}
CHARGING_BAY = {  # 充电车位：新能源车前 2 小时免费，之后每小时 5 元；其他车辆每小时 20 元
    **NEW,
    "steps": hourly(2000),
    "classes": [green(free={"minutes": 120, "mode": "deduct", "repeat": "once"}, steps=hourly(500))],
}
TRUCKS = {  # 4 小时内 10 元，12 小时内 15 元，24 小时内 25 元；超过 24 小时每 12 小时加收 10 元；挂车加收 50%
    **NEW,
    "steps": [*ladder((240, 1000), (720, 1500), (1440, 2500)), *per(720, 1000)],
    "classes": [{"name": "extra_large", "kinds": ["trailer"], "rule": share(150)}],
}
EXHIBITION = {  # 展会期间每次 30 元，过夜（零点）每晚另收 30 元
    **NEW,
    "steps": once(3000),
    "overnight": {"at": "00:00", "amount": 3000, "nights": "each"},
}
STATION = {  # 每小时 5 元，24 小时封顶 30 元；过夜车辆（零点）每晚加收 10 元
    **capped(3000),
    "steps": hourly(500),
    "overnight": {"at": "00:00", "amount": 1000, "nights": "each"},
}
CAMPUS = {  # 校外车辆：第 1 小时免费，第 2 至 5 小时每小时 2 元，第 6 小时起每小时 5 元
    **NEW,
    "steps": [{"until_min": 60, "flat": 0}, {"until_min": 300, "unit_min": 60, "price": 200}, *hourly(500)],
}
HOTEL = {**capped(8000, BY_DAY), "steps": hourly(1500)}  # 非住店客人每小时 15 元，每自然日封顶 80 元
MALL_DAYS = {  # 周一至周四每小时 5 元，周五至周日及节假日每小时 8 元；30 分钟免费；24 小时封顶 60 元
    **capped(6000),
    **free(30),
    "steps_count": "band",
    "steps": hourly(500),
    "bands": [band("end", "00:00", "24:00", hourly(800), ["fri", *REST])],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
}
TAIL = {**NEW, "steps": hourly(400), "tail_min": 15}  # 每小时 4 元；不足一小时的，超过 15 分钟按一小时计
TWO_CAPS = {  # 7:00–21:00 每半小时 2 元，最高 20 元；21:00–7:00 每小时 1 元，最高 5 元
    **BY_BAND,
    "bands": [
        band("day", "07:00", "21:00", per(30, 200), cap=2000),
        band("night", "21:00", "07:00", hourly(100), cap=500),
    ],
}
DAILY_RENT = {  # 每小时 3 元；停满 24 小时的按日计费，每日 30 元
    **NEW,
    "steps": hourly(300),
    "turn": {"after_min": 1440, "from": "start", "rule": {"steps": per(1440, 3000)}},
    "reached": ["turn"],
    "allows_cheaper_longer": True,
}
MONTH = {**NEW, "steps": hourly(300), "month_cap": 20000}  # 每小时 3 元，单车每月累计不超过 200 元
MOTORCYCLES = {  # 汽车每小时 5 元；摩托车每天 2 元
    **NEW,
    "steps": hourly(500),
    "classes": [seen("motorcycle", steps=once(200), cycle=BY_DAY, steps_count="cycle")],
}
LONG_TERM = {  # 每 24 小时 40 元，不足 24 小时按 24 小时计；连续停放满 7 天的每天 30 元
    **NEW,
    "steps": per(1440, 4000),
    "turn": {"after_min": 10080, "from": "start", "rule": {"steps": per(1440, 3000)}},
    "reached": ["turn"],
    "allows_cheaper_longer": True,
}
OFFICE = {  # 工作日 8–12、13:30–18 时每小时 6 元，午间免费，18–8 时每次 3 元；周末及节假日每天 10 元
    **BY_BAND,
    "steps": FREE_ELSE,
    "bands": [
        band("morning", "08:00", "12:00", hourly(600), ["workday"]),
        band("afternoon", "13:30", "18:00", hourly(600), ["workday"]),
        {"name": "evening", "from": "18:00", "to": "08:00", "days": ["workday"], "flat": 300},
        {"name": "rest", "from": "00:00", "to": "24:00", "days": REST, "flat": 1000},
    ],
    "band_days": "moment",
}
SHOPS = {
    **capped(5000),
    **free(180),
    "steps": hourly(1000),
}  # 3 小时内免费，超过的从进场起每小时 10 元，封顶 50 元
BY_MINUTE = {  # 每分钟 0.05 元，合计四舍五入到元
    **NEW,
    "steps": per(1, 5),
    "sum_rounding": {"unit": 100, "how": "half_up"},
}
FALLING = {  # 首小时 5 元，以后每小时递减 1 元，减至 1 元为止
    **NEW,
    "steps": [
        *({"until_min": 60 * n, "unit_min": 60, "price": 600 - 100 * n} for n in range(1, 5)),
        *hourly(100),
    ],
}
GREEN_HALF = {  # 首小时 6 元，之后每小时 4 元，24 小时封顶 40 元；新能源车首小时免费，之后减半
    **capped(4000),
    "steps": first_then(600, 400),
    "classes": [green(**deducted(60), **share(50), steps=hourly(400))],
}
BOARDS = {
    "hospital": HOSPITAL, "terminal": TERMINAL, "scenic": SCENIC, "estate": ESTATE, "market": MARKET,
    "park_and_ride": PARK_AND_RIDE, "street": STREET, "night_flat": NIGHT_FLAT, "charging_bay": CHARGING_BAY,
    "trucks": TRUCKS, "exhibition": EXHIBITION, "station": STATION, "campus": CAMPUS, "hotel": HOTEL,
    "mall_days": MALL_DAYS, "tail": TAIL, "two_caps": TWO_CAPS, "daily_rent": DAILY_RENT, "month": MONTH,
    "motorcycles": MOTORCYCLES, "long_term": LONG_TERM, "office": OFFICE, "shops": SHOPS,
    "by_minute": BY_MINUTE, "falling": FALLING, "green_half": GREEN_HALF,
}  # fmt: skip
STAYS = """
hospital
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 13:10 9
04-20 10:00 04-21 11:00 30
terminal
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 11:00 10
04-20 10:00 04-20 11:31 16
04-20 10:00 04-22 10:00 110
scenic
04-20 10:00 04-20 18:00 20
04-20 20:00 04-21 09:00 40
04-20 10:00 04-20 18:00 40 large
11-05 10:00 11-05 18:00 10
estate
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 13:30 8
04-20 20:00 04-21 08:00 11
04-20 08:00 04-20 22:00 20
market
04-20 08:00 04-20 10:30 6
04-20 17:30 04-20 20:00 3
04-20 08:00 04-20 10:30 12 goods
park_and_ride
04-20 08:00 04-20 18:00 10
04-20 08:00 04-21 01:00 20
04-20 23:00 04-21 05:00 40
street
04-20 08:00 04-20 08:15 0
04-20 08:00 04-20 09:00 8
04-20 08:00 04-20 10:10 23
04-20 19:00 04-21 09:00 16
night_flat
04-20 19:30 04-21 08:30 10
04-20 18:59 04-20 22:00 24
04-20 19:30 04-21 09:30 84
charging_bay
04-20 10:00 04-20 12:00 0 nev_small
04-20 10:00 04-20 13:00 5 nev_small
04-20 10:00 04-20 11:00 20
trucks
04-20 10:00 04-20 14:00 10
04-20 10:00 04-20 23:00 25
04-20 10:00 04-21 10:01 35
04-20 10:00 04-20 14:00 15 trailer
exhibition
04-20 10:00 04-20 18:00 30
04-20 22:00 04-21 02:00 60
04-20 10:00 04-23 10:00 120
station
04-20 20:00 04-20 23:00 15
04-20 22:00 04-21 01:00 25
04-20 10:00 04-22 10:00 80
campus
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 12:00 2
04-20 10:00 04-20 16:00 13
hotel
04-20 10:00 04-20 18:00 80
04-20 22:00 04-21 02:00 60
04-20 12:00 04-21 12:00 160
mall_days
04-23 22:00 04-24 02:00 26
04-25 10:00 04-25 12:00 16
04-20 10:00 04-20 12:00 10
05-01 10:00 05-01 12:00 16
tail
04-20 10:00 04-20 11:15 4
04-20 10:00 04-20 11:16 8
04-20 10:00 04-20 10:10 0
two_caps
04-20 07:00 04-20 21:00 20
04-20 21:00 04-21 07:00 5
04-20 18:00 04-20 23:00 14
daily_rent
04-20 10:00 04-20 15:00 15
04-20 10:00 04-21 09:00 69
04-20 10:00 04-21 10:00 30
04-20 10:00 04-21 12:00 60
month
04-20 10:00 04-20 12:00 6
04-20 10:00 04-24 10:00 200
04-29 10:00 05-03 10:00 288
motorcycles
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 20:00 2 motorcycle
04-20 20:00 04-21 08:00 4 motorcycle
long_term
04-20 10:00 04-20 11:00 40
04-20 10:00 04-26 10:00 240
04-20 10:00 04-27 10:00 210
04-20 10:00 04-28 11:00 270
office
04-20 11:00 04-20 14:00 12
04-21 17:00 04-21 20:00 9
04-25 10:00 04-25 20:00 10
04-25 10:00 04-26 10:00 20
shops
04-20 10:00 04-20 13:00 0
04-20 10:00 04-20 13:01 40
04-20 10:00 04-20 20:00 50
by_minute
04-20 10:00 04-20 10:09 0
04-20 10:00 04-20 10:10 1
04-20 10:00 04-20 11:13 4
falling
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 13:00 12
04-20 10:00 04-20 16:00 16
green_half
04-20 10:00 04-20 13:00 14
04-20 10:00 04-20 11:00 0 nev_small
04-20 10:00 04-20 13:00 4 nev_small
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_unseen_board_is_charged_as_worded(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)
