"""Boards in the words that Chinese car parks hang up; each stay was worked out before the engine was asked.

A comment is the text of the board. What it leaves open is read as the rest of the comment says.
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
)
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.shared_boards import DAYS_OFF, REMAINDER

MALL = {  # 15 分钟内免费，首小时 10 元，之后每 15 分钟 3 元，24 小时封顶 80 元（自入场起）
    **capped(8000),
    **free(15),
    "steps": [{"until_min": 60, "flat": 1000}, *per(15, 300)],
}
YARD = {  # 7–21 时首小时每 15 分钟 2.5 元，之后 3.75 元；夜间每 2 小时 1 元；不足一个计时单位不收费
    **BY_BAND,
    "rounding": "full",
    "bands": [
        band("day", "07:00", "21:00", [{"until_min": 60, "unit_min": 15, "price": 250}, *per(15, 375)]),
        band("night", "21:00", "07:00", per(120, 100)),
    ],
}
KERB = {  # 7:30–19:30 首小时 15 元，以后每 30 分钟 10 元；夜间 10 元/次
    **BY_BAND,
    "bands": [
        band("day", "07:30", "19:30", [{"until_min": 60, "flat": 1500}, *per(30, 1000)]),
        {"name": "night", "from": "19:30", "to": "07:30", "flat": 1000},
    ],
}
BASEMENT = {  # 30 分钟内免费；8–21 时每 30 分钟 4 元，夜间 1 元、最高 5 元；24 小时最高 60 元
    **EACH_DAY,
    **free(30),
    **cap(6000),
    "bands": [
        band("day", "08:00", "21:00", per(30, 400)),
        band("night", "21:00", "08:00", per(30, 100), cap=500),
    ],
}
BAYS = {  # 工作日 7:30–21:00 首半小时 5 元，之后每半小时 10 元；非工作日 10–21 时 2 元、4 元；其余免费
    **BY_BAND,
    "steps": FREE_ELSE,
    "bands": [
        band("work", "07:30", "21:00", [{"until_min": 30, "flat": 500}, *per(30, 1000)], ["workday"]),
        band("rest", "10:00", "21:00", [{"until_min": 30, "flat": 200}, *per(30, 400)], REST),
    ],
    "band_days": "moment",
}
LAKESIDE = {  # 8–20 时：30 分钟内免费，首小时 5 元，之后每半小时 3 元；20–8 时每次 5 元
    **BY_BAND,
    **free(30),
    "bands": [
        band("day", "08:00", "20:00", [{"until_min": 60, "flat": 500}, *per(30, 300)]),
        {"name": "night", "from": "20:00", "to": "08:00", "flat": 500},
    ],
}
SQUARE = {  # 30 分钟内免费，首两小时 10 元，超过后每小时 3 元，每日 0 时至 24 时封顶 40 元
    **capped(4000, BY_DAY),
    **free(30),
    "steps_count": "stay",
    "steps": [{"until_min": 120, "flat": 1000}, *hourly(300)],
}
CLINIC = {  # 30 分钟内免费，首 2 小时 5 元，之后每小时 2 元，连续停放 24 小时内最高 20 元
    **capped(2000),
    **free(30),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(200)],
}
TOWER = {  # 首 2 小时 10 元，之后每半小时 2 元，每 12 小时封顶 30 元
    **capped(3000, {"basis": "from_entry", "hours": 12}),
    "steps": [{"until_min": 120, "flat": 1000}, *per(30, 200)],
}
CORE = {  # 首 15 分钟免费；8–20 时首小时每 15 分钟 3 元，之后每 15 分钟 4 元；夜间每 2 小时 1 元
    **BY_BAND,
    "bands": [
        band(
            "day",
            "08:00",
            "20:00",
            [{"until_min": 15, "flat": 0}, {"until_min": 60, "unit_min": 15, "price": 300}, *per(15, 400)],
        ),
        band("night", "20:00", "08:00", per(120, 100)),
    ],
}
RAIL = {  # 15 分钟内免费；不超过 1 小时 10 元；之后每 30 分钟 5 元；24 小时封顶 80 元
    **capped(8000),
    **free(15),
    "steps": [{"until_min": 60, "flat": 1000}, *per(30, 500)],
}
RUNWAY = {  # 首小时 10 元，第二小时起每小时 5 元，连续 24 小时最高 80 元，满 24 小时后重新计费
    **capped(8000),
    "steps": first_then(1000, 500),
}
DROP_OFF = {  # 8 分钟内免费；8–15 分钟 10 元；15–30 分钟 30 元；30 分钟以上每 30 分钟加收 50 元
    **NEW,
    **free(8),
    "steps": [*ladder((15, 1000), (30, 3000)), *per(30, 5000)],
}
PARK = {  # 工作日 7–19 时 8 元/次；19–7 时 5 元/次；连续 24 小时不超过 13 元；周末白天免费
    **EACH_DAY,
    **cap(1300),
    "steps": FREE_ELSE,
    "bands": [
        {"name": "day", "from": "07:00", "to": "19:00", "days": ["workday"], "flat": 800},
        {"name": "night", "from": "19:00", "to": "07:00", "flat": 500},
    ],
    "band_days": "start",
}
COURT = {  # 外来车辆 2 小时内免费，超出部分每小时 1 元，当天封顶 10 元
    **capped(1000, BY_DAY),
    "free": {"minutes": 120, "mode": "deduct", "repeat": "once"},
    "steps": hourly(100),
}
GREEN = {  # 每小时 6 元，24 小时封顶 60 元；新能源汽车首小时免费，之后每小时减半
    **capped(6000),
    "steps": hourly(600),
    "classes": [green(**deducted(60), steps=hourly(300))],
}
SUMMIT = {  # 小型车 10 元/次，大型车 20 元/次，过夜（22:00–次日 6:00）每晚加收 10 元
    **NEW,
    "steps": once(1000),
    "overnight": {"at": "22:00", "until": "06:00", "amount": 1000, "nights": "each"},
    "classes": [seen("large", steps=once(2000))],
}
YARD_OF_TRUCKS = {  # 小型车 5 元/小时，大型车 10 元/小时，摩托车 1 元/次
    **NEW,
    "steps": hourly(500),
    "classes": [seen("large", steps=hourly(1000)), seen("motorcycle", steps=once(100))],
}
TWO_PARTS = {  # 8–20 时每小时 5 元，封顶 30 元；20–8 时每小时 2 元，封顶 10 元；24 小时封顶 35 元
    **EACH_DAY,
    **cap(3500),
    "bands": [
        band("day", "08:00", "20:00", hourly(500), cap=3000),
        band("night", "20:00", "08:00", hourly(200), cap=1000),
    ],
}
PEAKS = {  # 7–10、16–19 时每半小时 5 元，10–16、19–22 时每半小时 3 元，22–7 时免费
    **BY_BAND,
    "steps": per(30, 300),
    "bands": [
        band("morning", "07:00", "10:00", per(30, 500)),
        band("evening", "16:00", "19:00", per(30, 500)),
        {"name": "night", "from": "22:00", "to": "07:00", "free": True},
    ],
}
FROM_THE_FIRST = {  # 30 分钟内免费，超过的从入场时起计费，每小时 4 元，24 小时最高 20 元
    **capped(2000),
    **free(30),
    "steps": hourly(400),
}
NIGHT_DEAL = {  # 18–8 时包夜 10 元（不足包夜的每小时 3 元，以 10 元为限），8–18 时每小时 5 元
    **BY_BAND,
    "steps": hourly(500),
    "bands": [band("night", "18:00", "08:00", hourly(300), cap=1000)],
}
PER_VISIT = {  # 3 小时内 5 元/次，超过 3 小时每小时加收 1 元，超过 24 小时重新计次
    **NEW,
    "cycle": {"basis": "from_entry", "hours": 24},
    "steps_count": "cycle",
    "steps": [{"until_min": 180, "flat": 500}, *hourly(100)],
}
SHARED_HOURS = {  # 错峰时段 17:30–8:30 5 元/次；其余时段每 15 分钟 3 元
    **BY_BAND,
    "steps": per(15, 300),
    "bands": [{"name": "night", "from": "17:30", "to": "08:30", "flat": 500}],
}
CLIMB = {  # 第 1 至 2 小时每小时 5 元，第 3 至 4 小时每小时 8 元，第 5 小时起每小时 10 元
    **NEW,
    "steps": [
        {"until_min": 120, "unit_min": 60, "price": 500},
        {"until_min": 240, "unit_min": 60, "price": 800},
        *hourly(1000),
    ],
}
TABLE = {  # 1 小时内免费；1–3 小时 5 元；3–6 小时 10 元；6–12 小时 15 元；12–24 小时 20 元
    **NEW,  # 24 小时以上每 24 小时加收 20 元
    "steps": [*ladder((60, 0), (180, 500), (360, 1000), (720, 1500), (1440, 2000)), *per(1440, 2000)],
}
XIANGYANG = {  # 1 小时内免费；4 小时内 5 元，之后每小时加收 1 元，24 小时最高 20 元，超过的重新计收
    **capped(2000),
    **free(60),
    "steps": [{"until_min": 240, "flat": 500}, *hourly(100)],
}
WHOLE_YUAN = {  # 每 15 分钟 1.25 元，合计不足 1 元的部分舍去，每日封顶 30 元
    **capped(3000, BY_DAY),
    "steps": per(15, 125),
    "sum_rounding": {"unit": 100, "how": "down"},
}
FREE_NIGHT = {  # 首小时免费，之后每 15 分钟 1 元；20:00 后入场且次日 7:00 前离场免费；24 小时最高 60 元
    **capped(6000),
    **deducted(60),
    "steps": per(15, 100),
    "offers": [offer("night", "20:00", "24:00", "07:00", "next", flat=0)],
}
UNCOUNTED_NIGHT = {  # 前 30 分钟免费，之后每半小时 3 元；22–6 时不计费
    **BY_BAND,
    "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
    "steps": per(30, 300),
    "bands": [{"name": "night", "from": "22:00", "to": "06:00", "free": True}],
}
BOARDS = {
    "mall": MALL, "yard": YARD, "kerb": KERB, "basement": BASEMENT, "bays": BAYS, "lakeside": LAKESIDE,
    "square": SQUARE, "clinic": CLINIC, "tower": TOWER, "core": CORE, "rail": RAIL, "runway": RUNWAY,
    "drop_off": DROP_OFF, "park": PARK, "court": COURT, "green": GREEN, "summit": SUMMIT,
    "trucks": YARD_OF_TRUCKS, "two_parts": TWO_PARTS, "remainder": REMAINDER, "peaks": PEAKS,
    "days_off": DAYS_OFF,
    "from_the_first": FROM_THE_FIRST, "night_deal": NIGHT_DEAL, "per_visit": PER_VISIT,
    "shared_hours": SHARED_HOURS, "climb": CLIMB, "table": TABLE, "xiangyang": XIANGYANG,
    "whole_yuan": WHOLE_YUAN, "free_night": FREE_NIGHT, "uncounted_night": UNCOUNTED_NIGHT,
}  # fmt: skip
STAYS = """
mall
06-01 10:00 06-01 10:15 0
06-01 10:00 06-01 10:16 10
06-01 10:00 06-01 11:01 13
06-01 10:00 06-01 13:00 34
06-01 10:00 06-02 10:00 80
yard
06-01 09:00 06-01 09:14 0
06-01 09:00 06-01 10:00 10
06-01 09:00 06-01 10:20 13.75
06-01 20:30 06-01 22:30 5
06-01 20:00 06-01 23:10 11
kerb
06-01 10:00 06-01 11:00 15
06-01 10:00 06-01 11:10 25
06-01 19:00 06-01 20:00 25
06-01 20:00 06-02 08:00 25
06-01 22:00 06-01 23:00 10
basement
06-01 09:00 06-01 09:30 0
06-01 09:00 06-01 09:31 8
06-01 20:00 06-01 22:00 10
06-01 20:00 06-02 08:00 13
06-01 09:00 06-01 20:00 60
bays
06-01 10:00 06-01 10:20 5
06-01 10:00 06-01 11:00 15
06-06 10:00 06-06 11:00 6
06-01 20:30 06-01 22:00 5
06-06 08:00 06-06 10:30 2
lakeside
06-01 09:00 06-01 09:30 0
06-01 09:00 06-01 09:40 5
06-01 09:00 06-01 10:10 8
06-01 21:00 06-01 23:00 5
06-01 18:00 06-01 21:00 16
square
06-01 10:00 06-01 10:31 10
06-01 10:00 06-01 12:00 10
06-01 10:00 06-01 12:01 13
06-01 08:00 06-01 23:00 40
06-01 22:00 06-02 01:00 13
clinic
06-01 08:00 06-01 10:00 5
06-01 08:00 06-01 11:30 9
06-01 08:00 06-01 20:00 20
06-01 08:00 06-02 08:00 20
06-01 08:00 06-02 10:00 25
tower
06-01 09:00 06-01 11:00 10
06-01 09:00 06-01 12:00 14
06-01 09:00 06-01 15:30 28
06-01 09:00 06-01 21:00 30
06-01 09:00 06-02 09:00 60
core
06-01 09:00 06-01 09:15 0
06-01 09:00 06-01 09:30 3
06-01 09:00 06-01 10:00 9
06-01 09:00 06-01 11:00 25
06-01 21:00 06-02 06:00 5
rail
06-01 09:00 06-01 09:15 0
06-01 09:00 06-01 10:00 10
06-01 09:00 06-01 10:01 15
06-01 09:00 06-01 18:00 80
06-01 09:00 06-01 12:00 30
runway
06-01 09:00 06-01 09:05 10
06-01 09:00 06-01 11:30 20
06-01 09:00 06-01 23:00 75
06-01 09:00 06-02 09:00 80
06-01 09:00 06-02 10:01 95
drop_off
06-01 09:00 06-01 09:08 0
06-01 09:00 06-01 09:15 10
06-01 09:00 06-01 09:30 30
06-01 09:00 06-01 09:31 80
06-01 09:00 06-01 10:01 130
park
06-01 09:00 06-01 10:00 8
06-01 20:00 06-01 21:00 5
06-01 18:00 06-01 20:00 13
06-01 09:00 06-02 08:00 13
06-06 09:00 06-06 20:00 5
court
06-01 10:00 06-01 12:00 0
06-01 10:00 06-01 12:01 1
06-01 10:00 06-01 15:00 3
06-01 06:00 06-01 23:00 10
06-01 20:00 06-02 02:00 4
green
06-01 10:00 06-01 11:00 0 nev_small
06-01 10:00 06-01 12:00 3 nev_small
06-01 10:00 06-01 15:30 15 nev_small
06-01 10:00 06-01 22:00 33 nev_small
06-01 10:00 06-02 10:00 60 nev_small
summit
06-01 09:00 06-01 18:00 10
06-01 21:00 06-01 23:00 20
06-01 20:00 06-02 09:00 20
06-01 23:00 06-01 23:30 20
06-01 09:00 06-03 09:00 30
06-01 20:00 06-02 09:00 30 large
trucks
06-01 10:00 06-01 11:00 10 large
06-01 10:00 06-01 11:01 20 large
06-01 10:00 06-01 10:01 10 large
06-01 10:00 06-02 10:00 240 large
06-01 10:00 06-02 10:00 1 motorcycle
two_parts
06-01 08:00 06-01 20:00 30
06-01 20:00 06-02 08:00 10
06-01 08:00 06-02 08:00 35
06-01 19:30 06-01 20:30 7
06-01 08:00 06-02 09:00 40
remainder
06-01 10:00 06-01 10:14 0
06-01 10:00 06-01 10:15 2
06-01 10:00 06-01 10:44 2
06-01 10:00 06-01 10:45 4
06-01 10:00 06-01 11:00 4
peaks
06-01 07:00 06-01 08:00 10
06-01 09:30 06-01 10:30 8
06-01 15:00 06-01 17:00 16
06-01 21:00 06-01 23:30 6
06-01 09:45 06-01 10:15 8
days_off
06-01 10:00 06-01 11:00 10
06-06 10:00 06-06 11:00 15
06-05 23:00 06-06 01:00 25
06-06 00:00 06-07 00:00 100
06-01 00:00 06-02 00:00 60
from_the_first
06-01 10:00 06-01 10:30 0
06-01 10:00 06-01 10:31 4
06-01 10:00 06-01 11:01 8
06-01 10:00 06-01 20:00 20
06-01 10:00 06-02 10:31 24
night_deal
06-01 18:00 06-02 08:00 10
06-01 18:00 06-01 20:00 6
06-01 17:00 06-01 19:00 8
06-01 18:00 06-02 09:00 15
06-01 10:00 06-01 12:00 10
per_visit
06-01 10:00 06-01 10:10 5
06-01 10:00 06-01 13:00 5
06-01 10:00 06-01 14:10 7
06-01 10:00 06-02 10:00 26
06-01 10:00 06-02 10:01 31
shared_hours
06-01 17:30 06-02 08:30 5
06-01 17:00 06-01 19:00 11
06-01 18:00 06-02 09:00 11
06-01 10:00 06-01 11:00 12
06-01 18:00 06-01 18:10 5
climb
06-01 10:00 06-01 11:00 5
06-01 10:00 06-01 12:01 18
06-01 10:00 06-01 14:00 26
06-01 10:00 06-01 15:30 46
06-01 10:00 06-02 10:00 226
table
06-01 10:00 06-01 11:00 0
06-01 10:00 06-01 13:00 5
06-01 10:00 06-01 13:01 10
06-01 10:00 06-02 10:00 20
06-01 10:00 06-02 10:01 40
xiangyang
06-01 10:00 06-01 11:00 0
06-01 10:00 06-01 14:00 5
06-01 10:00 06-01 14:01 6
06-01 10:00 06-02 10:00 20
06-01 10:00 06-02 11:01 25
whole_yuan
06-01 10:00 06-01 10:15 1
06-01 10:00 06-01 10:30 2
06-01 10:00 06-01 10:45 3
06-01 10:00 06-01 11:00 5
06-01 06:00 06-01 22:00 30
free_night
06-01 20:30 06-02 06:30 0
06-01 19:00 06-01 21:00 4
06-01 10:00 06-01 12:00 4
06-01 10:00 06-01 11:00 0
06-01 10:00 06-02 10:00 60
uncounted_night
06-01 10:00 06-01 10:30 0
06-01 10:00 06-01 11:00 3
06-01 21:45 06-01 23:00 0
06-01 21:00 06-01 23:00 3
06-01 23:00 06-02 06:20 3
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_hung_board_is_charged_as_worded(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_hung_board_has_stays(name):
    check_board(name, BOARDS, STAYS, least=5)
