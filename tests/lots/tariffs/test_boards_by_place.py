"""Twenty boards by the kind of place: hospital, airport, station, market, yard, roadside, school and others.

A comment is the text of the board; each stay was worked out by hand from it before the engine was asked.
"""

import pytest

from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    FREE_ELSE,
    NEW,
    REST,
    band,
    capped,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

NO_CYCLE = {"cycle": {"basis": "none"}, "steps_count": "stay"}
MON_TO_FRI = ["mon", "tue", "wed", "thu", "fri"]
HOSPITAL = {  # 30 分钟内免费；7:00–21:00 首小时 5 元，后每小时 3 元，最高 20 元；夜间每小时 1 元，最高 5 元
    **BY_BAND,
    **free(30),
    "bands": [
        band(
            "day", "07:00", "21:00", [{"until_min": 60, "unit_min": 60, "price": 500}, *hourly(300)], cap=2000
        ),
        band("night", "21:00", "07:00", hourly(100), cap=500),
    ],
}
SCENIC = {  # 旺季（3.15–11.15）2 小时内 10 元，后每小时 5 元，当日最高 30 元；淡季每次 5 元；大客车 20、10 元
    **NEW,
    "steps": once(500),
    "classes": [seen("large", steps=once(1000))],
    "seasons": [
        {
            "name": "peak",
            "dates": ["03-15/11-15"],
            "rule": {
                "steps": [{"until_min": 120, "flat": 1000}, *hourly(500)],
                "cycle": BY_DAY,
                "steps_count": "cycle",
                "caps": [{"cycle": "each", "amount": 3000}],
                "caps_count": "per_cycle",
            },
            "classes": [{"name": "large", "rule": {**NO_CYCLE, "steps": once(2000), "caps": None}}],
        }
    ],
}
AIRPORT_P1 = {  # P1：15 分钟内免费；30 分钟内 5 元，1 小时内 10 元，之后每 30 分钟 5 元；每 24 小时最高 80 元
    **capped(8000),
    **free(15),
    "steps": [*ladder((30, 500), (60, 1000)), *per(30, 500)],
}
AIRPORT_P2 = {  # P2 长时停车：24 小时内 30 元，之后每 12 小时 15 元，不足 12 小时按 12 小时计
    **NEW,
    "steps": [{"until_min": 1440, "flat": 3000}, *per(720, 1500)],
}
AIRPORT_P3 = {  # P3 接客区：10 分钟内免费，超过的从进场起每 10 分钟 10 元，不封顶
    **NEW,
    **free(10),
    "steps": per(10, 1000),
}
AIRPORT_P4 = {  # P4：每小时 5 元，每自然日最高 40 元；大巴 2 小时内 20 元，超时每小时 10 元
    **capped(4000, BY_DAY),
    "steps": hourly(500),
    "classes": [
        seen("large", **NO_CYCLE, steps=[{"until_min": 120, "flat": 2000}, *hourly(1000)], caps=None)
    ],
}
RAILWAY = {  # 15 分钟内免费；首小时 6 元，之后每 30 分钟 4 元；连续停放每 24 小时最高 60 元
    **capped(6000),
    **free(15),
    "steps": [{"until_min": 60, "flat": 600}, *per(30, 400)],
}
MARKET = {  # 周一至周五 6:00–18:00 每小时 2 元；周六、周日及法定节假日每天 5 元；其余时间免费
    **BY_BAND,
    "steps": FREE_ELSE,
    "bands": [
        band("day", "06:00", "18:00", hourly(200), MON_TO_FRI),
        {"name": "rest", "from": "00:00", "to": "24:00", "days": REST, "flat": 500},
    ],
    "band_days": "moment",
}
ESTATE = {  # 外来车辆 30 分钟内免费，每小时 2 元，24 小时最高 10 元，每月累计最高 150 元；业主月租 200 元
    **capped(1000),
    **free(30),
    "steps": hourly(200),
    "month_cap": 15000,
    "passes": [{"name": "month", "price": 20000}],
}
CHARGING = {  # 充电车位：新能源车 2 小时内免费，之后每半小时 3 元；燃油车占用每半小时 10 元，不封顶
    **NEW,
    "steps": per(30, 1000),
    "classes": [green(free={"minutes": 120, "mode": "deduct", "repeat": "once"}, steps=per(30, 300))],
}
TRUCK_YARD = {  # 2 小时内免费；每 12 小时：轻型 10 元，货车 20 元，挂车 30 元；不足 12 小时按 12 小时计
    **NEW,
    **free(120),
    "steps": per(720, 1000),
    "classes": [
        {"name": "extra_large", "kinds": ["trailer"], "rule": {"steps": per(720, 3000)}},
        seen("goods", steps=per(720, 2000)),
    ],
}
ROADSIDE = {  # 一类地区 7–19 时：首小时每 15 分钟 2.5 元，之后 3.75 元；夜间每 2 小时 1 元；满一个单位方计费
    **BY_BAND,
    "rounding": "full",
    "bands": [
        band("day", "07:00", "19:00", [{"until_min": 60, "unit_min": 15, "price": 250}, *per(15, 375)]),
        band("night", "19:00", "07:00", per(120, 100)),
    ],
}
PICK_UP = [{"until_min": 20, "flat": 0}, *once(1000)]
SCHOOL = {  # 工作日 7:00–8:30、16:00–17:30 接送 20 分钟内免费，超过的 10 元；其余时间每小时 5 元
    **BY_BAND,
    "steps": hourly(500),
    "bands": [
        band("morning", "07:00", "08:30", PICK_UP, ["workday"]),
        band("afternoon", "16:00", "17:30", PICK_UP, ["workday"]),
    ],
    "band_days": "moment",
}
THEATRE = {  # 每小时 4 元，每日最高 20 元；演出日（以公告为准）每次 30 元
    **capped(2000, BY_DAY),
    "steps": hourly(400),
    "seasons": [
        {"name": "show", "dates": ["2026-05-16"], "rule": {**NO_CYCLE, "steps": once(3000), "caps": None}}
    ],
}
CINEMA = {  # 前 2 小时免费，第 3 至 5 小时每小时 5 元，第 6 小时起 10 元；每日（至次日 6 时）最高 80 元
    **capped(8000, {"basis": "calendar_day", "reset": "06:00"}),
    "steps": [{"until_min": 120, "flat": 0}, {"until_min": 300, "unit_min": 60, "price": 500}, *hourly(1000)],
}
FERRY = {  # 首 4 小时 8 元，其后每 4 小时 6 元，24 小时最高 30 元；过零点的每晚加收 10 元
    **capped(3000),
    "steps": [{"until_min": 240, "flat": 800}, *per(240, 600)],
    "overnight": {"at": "00:00", "amount": 1000, "nights": "each"},
}
CAMPUS = {  # 校外车辆：工作日 7:00–19:00 每小时 4 元，最高 24 元；其余时间每次 5 元
    **BY_BAND,
    "steps": once(500),
    "bands": [band("day", "07:00", "19:00", hourly(400), ["workday"], cap=2400)],
    "band_days": "moment",
}
NIGHT_MARKET = {  # 18–24 时每半小时 3 元，最高 15 元；0–8 时每次 5 元；8–18 时每小时 2 元
    **BY_BAND,
    "bands": [
        band("evening", "18:00", "24:00", per(30, 300), cap=1500),
        {"name": "night", "from": "00:00", "to": "08:00", "flat": 500},
        band("day", "08:00", "18:00", hourly(200)),
    ],
}
LADDER = {  # 1 小时内 5 元，2 小时内 8 元，4 小时内 12 元，8 小时内 18 元，24 小时内 25 元；此后重新计费
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((60, 500), (120, 800), (240, 1200), (480, 1800), (None, 2500)),
}
HALF_HOURS = {  # 首小时每 30 分钟 2 元，之后每 30 分钟 3 元；尾数不足 15 分钟的不计，满 15 分钟的按 30 分钟计
    **NEW,
    "steps": [{"until_min": 60, "unit_min": 30, "price": 200}, *per(30, 300)],
    "tail_min": 15,
    "reached": ["tail"],
}
COMMUTERS = {  # 工作日 6:30 前入场、当日 20:00 前离场的每次 8 元；其他每小时 4 元，24 小时最高 32 元
    **capped(3200),
    "steps": hourly(400),
    "offers": [offer("early_bird", "00:00", "06:30", "20:00", days=["workday"], flat=800)],
    "allows_cheaper_longer": True,
}
BOARDS = {
    "hospital": HOSPITAL, "scenic": SCENIC, "airport_p1": AIRPORT_P1, "airport_p2": AIRPORT_P2,
    "airport_p3": AIRPORT_P3, "airport_p4": AIRPORT_P4, "railway": RAILWAY, "market": MARKET,
    "estate": ESTATE, "charging": CHARGING, "truck_yard": TRUCK_YARD, "roadside": ROADSIDE,
    "school": SCHOOL, "theatre": THEATRE, "cinema": CINEMA, "ferry": FERRY, "campus": CAMPUS,
    "night_market": NIGHT_MARKET, "ladder": LADDER, "half_hours": HALF_HOURS, "commuters": COMMUTERS,
}  # fmt: skip
STAYS = """
hospital
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 5
04-20 10:00 04-20 12:30 11
04-20 08:00 04-20 20:00 20
04-20 20:00 04-20 23:00 7
04-20 20:00 04-21 09:00 18
scenic
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 15:10 30
04-20 10:00 04-20 14:00 20
11-20 10:00 11-20 18:00 5
04-20 10:00 04-20 18:00 20 large
11-20 10:00 11-20 18:00 10 large
04-20 22:00 04-21 01:00 20
airport_p1
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 10:16 5
04-20 10:00 04-20 10:45 10
04-20 10:00 04-20 12:10 25
04-20 10:00 04-20 22:00 80
04-20 10:00 04-21 10:40 90
airport_p2
04-20 10:00 04-20 11:00 30
04-20 10:00 04-21 10:00 30
04-20 10:00 04-21 10:01 45
04-20 10:00 04-21 22:00 45
04-20 10:00 04-21 22:01 60
04-20 10:00 04-23 10:00 90
airport_p3
04-20 10:00 04-20 10:10 0
04-20 10:00 04-20 10:11 20
04-20 10:00 04-20 10:20 20
04-20 10:00 04-20 10:30 30
04-20 10:00 04-20 11:00 60
04-20 10:00 04-20 12:00 120
airport_p4
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 20:00 40
04-20 22:00 04-21 02:00 20
04-20 10:00 04-20 12:00 20 large
04-20 10:00 04-20 13:30 40 large
04-20 10:00 04-21 10:00 240 large
railway
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 10:16 6
04-20 10:00 04-20 11:01 10
04-20 10:00 04-20 15:00 38
04-20 10:00 04-20 23:00 60
04-20 10:00 04-21 11:00 66
market
04-20 08:00 04-20 11:00 6
04-20 17:30 04-20 20:00 2
04-25 10:00 04-25 18:00 5
04-24 17:00 04-25 09:00 7
05-01 10:00 05-01 12:00 5
04-25 22:00 04-26 02:00 10
estate
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 2
04-20 10:00 04-20 14:10 10
04-20 10:00 04-20 20:00 10
04-20 10:00 04-22 10:00 20
04-01 10:00 04-20 10:00 150
charging
04-20 10:00 04-20 10:40 20
04-20 10:00 04-20 12:00 40
04-20 10:00 04-20 12:00 0 nev_small
04-20 10:00 04-20 12:01 3 nev_small
04-20 10:00 04-20 14:00 12 nev_small
04-20 10:00 04-20 20:00 48 nev_small
truck_yard
04-20 10:00 04-20 12:00 0
04-20 10:00 04-20 13:00 10
04-20 10:00 04-20 22:01 20
04-20 10:00 04-20 13:00 20 goods
04-20 10:00 04-21 10:00 40 goods
04-20 10:00 04-21 11:00 90 trailer
roadside
04-20 10:00 04-20 10:14 0
04-20 10:00 04-20 10:15 2.5
04-20 10:00 04-20 11:00 10
04-20 10:00 04-20 11:20 13.75
04-20 18:50 04-20 19:50 0
04-20 20:00 04-21 00:30 2
04-20 18:00 04-20 21:00 11
school
04-20 07:10 04-20 07:30 0
04-20 07:10 04-20 07:31 10
04-20 08:20 04-20 09:10 5
04-25 07:10 04-25 08:10 5
04-20 15:00 04-20 17:00 15
04-20 16:15 04-20 16:30 0
theatre
04-20 10:00 04-20 12:00 8
04-20 10:00 04-20 20:00 20
04-20 22:00 04-21 02:00 16
05-16 18:00 05-16 22:00 30
05-16 23:00 05-17 01:00 30
05-15 23:00 05-16 01:00 8
cinema
04-20 10:00 04-20 12:00 0
04-20 10:00 04-20 13:00 5
04-20 10:00 04-20 15:00 15
04-20 10:00 04-20 16:00 25
04-20 10:00 04-20 23:00 80
04-20 04:00 04-20 08:00 0
ferry
04-20 10:00 04-20 14:00 8
04-20 10:00 04-20 15:00 14
04-20 10:00 04-20 23:00 26
04-20 10:00 04-21 09:00 40
04-20 22:00 04-21 02:00 18
04-20 10:00 04-22 10:00 80
campus
04-20 10:00 04-20 12:00 8
04-20 07:00 04-20 19:00 24
04-20 18:00 04-20 20:00 9
04-25 10:00 04-25 12:00 5
04-20 18:00 04-21 08:00 13
04-25 10:00 04-26 10:00 5
night_market
04-20 19:00 04-20 20:00 6
04-20 18:00 04-21 00:00 15
04-20 18:00 04-21 01:00 20
04-20 17:00 04-20 19:00 8
04-20 23:30 04-21 08:30 10
04-20 08:00 04-20 18:00 20
ladder
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 11:01 8
04-20 10:00 04-20 13:00 12
04-20 10:00 04-20 17:00 18
04-20 10:00 04-20 19:00 25
04-20 10:00 04-21 11:00 30
half_hours
04-20 10:00 04-20 10:14 0
04-20 10:00 04-20 10:15 2
04-20 10:00 04-20 10:40 2
04-20 10:00 04-20 10:45 4
04-20 10:00 04-20 11:10 4
04-20 10:00 04-20 11:20 7
commuters
04-20 06:00 04-20 19:00 8
04-20 06:00 04-20 20:00 8
04-20 06:00 04-20 20:01 32
04-20 06:30 04-20 10:00 16
04-25 06:00 04-25 09:00 12
04-20 06:00 04-20 07:00 8
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_of_a_place_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS, least=6)
