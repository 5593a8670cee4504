"""Boards of car parks that serve different uses, worded and priced by hand before the language was asked.

A comment is the text of the board, and what it leaves open.
"""

import pytest

from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    NEW,
    cap,
    capped,
    deduct,
    deducted,
    first_then,
    free,
    once,
    per,
    seen,
    timed,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

BUSINESS_PARK = {  # 15 分钟以内免费；每小时 4 元，每日（0:00—24:00）最高 30 元，
    # 每周（周一至周日）最高 120 元，同一车辆多次停放合并计算
    **capped(3000, BY_DAY),
    **free(15),
    "steps": hourly(400),
    "week_cap": 12000,
}
VISITORS = {  # 访客每日首 2 小时免费；之后每小时 2 元，每日最高 10 元，每周最高 30 元
    **capped(1000, BY_DAY),
    "free": {"minutes": 120, "mode": "deduct", "repeat": "each_cycle"},
    "steps": hourly(200),
    "week_cap": 3000,
}
STATION = {  # 15 分钟以内免费；超过的自入场起每 15 分钟 2 元；每日（0:00—24:00）最高 60 元
    # the board does not begin again at midnight: a unit goes on, which cycles of a day cannot say
    **NEW,
    **free(15),
    "bands": [timed("day", "00:00", "24:00", steps=per(15, 200), cap=6000)],
    "crossing": "unit_start",
}
TAIL = {  # 首小时 5 元，之后每小时 3 元；尾数 15 分钟以内不计；24 小时最高 40 元
    # the board does not begin again after 24 hours, so ten minutes more are a remainder
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    **cap(4000),
    "steps": first_then(500, 300),
    "tail_min": 15,
}
STADIUM = {  # 15 分钟以内免费；首小时 5 元，之后每小时 3 元，每日最高 30 元；
    # 演出日 14:00—22:00 入场每次 50 元，停至次日 6:00
    **capped(3000, BY_DAY),
    **free(15),
    "steps": first_then(500, 300),
    "seasons": [
        {
            "name": "event",
            "dates": ["2026-06-06"],
            "enters": {"from": "14:00", "to": "22:00"},
            "rule": {"steps": once(5000), "cycle": {"basis": "none"}, "steps_count": "stay", "caps": None},
            "ends": {"at": "06:00", "free": "none"},
        }
    ],
}
TRUCKS = {  # 大型车每 12 小时 15 元，中型车 10 元，不足的按 12 小时计；
    # 1 小时以内免费；每 7 天最高 150 元、100 元
    **NEW,
    **free(60),
    "cycle": {"basis": "from_entry", "hours": 12},
    "steps_count": "cycle",
    "steps": once(500),
    "classes": [
        seen("large", steps=once(1500), long_caps=[{"cycles": 14, "amount": 15000}]),
        seen("medium", steps=once(1000), long_caps=[{"cycles": 14, "amount": 10000}]),
    ],
}
EVENINGS = {  # 首小时免费；周一至周五每小时 4 元，休息日 6 元；
    # 18:00 后入场至次日 2:00 最高 15 元；24 小时最高 50 元
    **capped(5000),
    **deducted(60),
    "steps": hourly(400),
    "bands": [timed("weekend", "00:00", "24:00", days=["restday"], steps=hourly(600))],
    "band_days": "moment",
    "crossing": "unit_start",
    "after_cycle": "begin_again",
    "offers": [
        {
            "name": "evening",
            "enters": {"from": "18:00", "to": "24:00"},
            "leaves": {"by": "02:00", "day": "next"},
            "cap": 1500,
        }
    ],
    "allows_cheaper_longer": True,
}
SCHOOL = {  # 工作日 7:00—8:00、16:00—17:30 入场 40 分钟以内免费，其他时间 15 分钟；
    # 超过的自入场起每小时 4 元，每日最高 30 元
    **capped(3000, BY_DAY),
    **free(15),
    "steps": hourly(400),
    "offers": [
        {
            "name": name,
            "days": ["workday"],
            "enters": {"from": start, "to": end},
            "leaves": {"within_min": 40},
            "flat": 0,
        }
        for name, start, end in (("morning", "07:00", "08:00"), ("afternoon", "16:00", "17:30"))
    ],
    "offers_apply": "first",
}
STREET = {  # 7:00—19:00 首小时内每 15 分钟 2.5 元，之后 3.75 元；夜间每 2 小时 1 元；不足一个计时单位不收费
    **BY_BAND,
    "steps_count": "stay",
    "rounding": "full",
    "bands": [
        timed("day", "07:00", "19:00", steps=[until(60, 15, 250), *per(15, 375)]),
        timed("night", "19:00", "07:00", steps=per(120, 100)),
    ],
}
CHARGING_BAYS = {  # 2 小时以内免费；超过的部分每小时收占位费 10 元，单次最高 60 元
    **NEW,
    **deduct(120),
    "steps": hourly(1000),
    "stay_cap": 6000,
}
BOARDS = {
    "business_park": BUSINESS_PARK, "visitors": VISITORS, "station": STATION, "tail": TAIL,
    "stadium": STADIUM, "trucks": TRUCKS, "evenings": EVENINGS, "school": SCHOOL, "street": STREET,
    "charging_bays": CHARGING_BAYS,
}  # fmt: skip
STAYS = """
business_park
06-01 09:00 06-01 09:15 0
06-01 09:00 06-01 10:00 4
06-01 08:00 06-01 18:00 30
06-01 00:00 06-06 00:00 120
06-04 00:00 06-09 00:00 150
06-06 20:00 06-08 02:00 54
visitors
06-01 09:00 06-01 11:00 0
06-01 09:00 06-01 12:00 2
06-01 09:00 06-01 20:00 10
06-01 20:00 06-02 08:00 14
06-01 00:00 06-06 00:00 30
station
06-01 09:00 06-01 09:15 0
06-01 09:00 06-01 09:16 4
06-01 09:00 06-01 10:05 10
06-01 08:00 06-01 17:00 60
06-01 22:00 06-02 02:00 32
06-01 23:50 06-02 00:20 4
06-01 08:00 06-02 08:00 120
06-01 14:00 06-02 03:00 84
tail
06-01 09:00 06-01 09:10 5
06-01 09:00 06-01 10:15 5
06-01 09:00 06-01 10:16 8
06-01 09:00 06-01 12:20 14
06-01 09:00 06-02 09:10 40
06-01 09:00 06-02 09:16 43
stadium
06-01 09:00 06-01 11:30 11
06-01 09:00 06-01 21:00 30
06-06 10:00 06-06 12:00 8
06-06 15:00 06-06 15:15 0
06-06 15:00 06-06 22:30 50
06-06 15:00 06-07 05:30 50
06-06 15:00 06-07 08:30 61
trucks
06-01 09:00 06-01 10:00 0 large
06-01 09:00 06-01 10:01 15 large
06-01 09:00 06-01 21:01 30 large
06-01 09:00 06-04 09:00 90 large
06-01 09:00 06-08 09:00 150 large
06-01 09:00 06-08 10:00 165 large
06-01 09:00 06-08 21:00 110 medium
evenings
06-01 12:00 06-01 13:00 0
06-01 12:00 06-01 13:01 4
06-01 12:00 06-01 16:30 16
06-06 12:00 06-06 16:30 24
06-01 18:00 06-01 20:30 8
06-06 18:30 06-06 23:30 15
06-05 22:00 06-06 02:00 15
06-01 08:00 06-02 00:00 50
school
06-01 07:20 06-01 08:00 0
06-01 07:20 06-01 08:01 4
06-01 08:00 06-01 08:30 4
06-01 10:00 06-01 10:15 0
06-01 10:00 06-01 10:20 4
06-01 16:00 06-01 18:30 12
06-06 07:20 06-06 07:50 4
06-01 07:00 06-01 17:00 30
street
06-01 09:00 06-01 09:14 0
06-01 09:00 06-01 10:15 13.75
06-01 09:00 06-01 10:29 13.75
06-01 09:00 06-01 12:00 40
06-01 19:00 06-01 20:59 0
06-01 18:00 06-01 20:00 10
06-01 18:30 06-01 21:00 6
charging_bays
06-01 09:00 06-01 11:00 0
06-01 09:00 06-01 11:01 10
06-01 09:00 06-01 12:01 20
06-01 09:00 06-01 19:00 60
06-01 09:00 06-02 15:00 60
"""


@pytest.mark.parametrize("name", BOARDS)
def test_board_of_a_use_is_a_document(name):
    check_board(name, BOARDS, STAYS, least=5)


@pytest.mark.parametrize(("board", "entered", "left", "fen", "who"), [*rows(STAYS, BOARDS)])
def test_stay_of_a_use_costs_as_stated(board, entered, left, fen, who):
    assert prices_of(BOARDS[board], entered, left, who) == (fen, fen)
