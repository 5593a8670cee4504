"""Boards of one district, written and priced by hand before the language was looked at.

Each is of a kind that is common in Chinese cities; a comment is the text of the board.
"""

import pytest

from lots.tariffs import read_new
from lots.tariffs.readings import with_other_answer
from tests.lots.tariffs.board_cases import check_board, chinese, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    EACH_DAY,
    NEW,
    band,
    cap,
    capped,
    deduct,
    deducted,
    flat,
    free,
    once,
    per,
    seen,
    size,
    until,
)
from tests.lots.tariffs.published import NO_CYCLE, hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

PER_DAY = {**NEW, "cycle": BY_DAY, "steps_count": "cycle"}

OFFICE = {  # 工作日 7–21 时每 30 分钟 4 元，最高 60 元；夜间每次 5 元；周末每天 10 元；15 分钟内免费
    **BY_BAND,
    **free(15),
    "bands": [
        band("day", "07:00", "21:00", per(30, 400), ["workday"], 6000),
        flat("night", "21:00", "07:00", 500, ["workday"]),
        flat("weekend", "00:00", "24:00", 1000, ["restday"]),
    ],
    "band_days": "moment",
}
SHARED_BAYS = {  # 工作日 8–18 时每小时 3 元，最高 15 元；18–8 时每小时 10 元；周末每小时 3 元，每天 15 元
    **BY_BAND,
    "bands": [
        band("day", "08:00", "18:00", hourly(300), ["workday"], 1500),
        band("night", "18:00", "08:00", hourly(1000), ["workday"]),
        band("weekend", "00:00", "24:00", hourly(300), ["restday"], 1500),
    ],
    "band_days": "moment",
}
SERVICE_HALL = {  # 工作日 8:30–17:30 前 2 小时免费，之后每小时 5 元；其余每小时 2 元；24 小时最高 30 元
    **EACH_DAY,
    **cap(3000),
    "steps": hourly(200),
    "bands": [band("day", "08:30", "17:30", [{"until_min": 120, "flat": 0}, *hourly(500)], ["workday"])],
    "band_days": "moment",
}
CAMPUS = {  # 30 分钟内免费，2 小时 5 元，之后每小时 3 元，24 小时最高 30 元；0–6 时在校停放另收过夜费 30 元
    **capped(3000),
    **free(30),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(300)],
    "overnight": {"at": "00:00", "until": "06:00", "amount": 3000, "nights": "each"},
}
STADIUM = {  # 每小时 5 元，24 小时最高 30 元，15 分钟内免费；赛事日 14 时后入场每次 50 元
    **capped(3000),
    **free(15),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "event",
            "dates": ["2026-03-07"],
            "enters": {"from": "14:00", "to": "24:00"},
            "rule": {"steps": once(5000), "cycle": NO_CYCLE, "steps_count": "stay", "caps": None},
        }
    ],
}
THEME_PARK = {  # 每天（6 时至次日 6 时）100 元；16 时后入场 50 元；过次日 6 时另计一天；10 分钟内免费
    **PER_DAY,
    **free(10),
    "cycle": {"basis": "calendar_day", "reset": "06:00"},
    "steps": once(10000),
    "seasons": [
        {
            "name": "evening",
            "enters": {"from": "16:00", "to": "06:00"},
            "rule": {"steps": once(5000)},
            "ends": {"at": "06:00", "free": "none"},
        }
    ],
}
FERRY = {  # 20 分钟内免费；前 2 小时 10 元，之后每小时 5 元，首个 24 小时最高 60 元；之后每 24 小时 40 元
    **capped(6000),
    **free(20),
    "steps": [{"until_min": 120, "flat": 1000}, *hourly(500)],
    "turn": {"after_min": 1440, "from": "then", "rule": {"steps": per(1440, 4000), "caps": None}},
}
EXHIBITION = {**PER_DAY, **free(30), "steps": once(3000)}  # 每车每天 30 元，过零点另计；30 分钟内免费
LOGISTICS = {  # 2 吨以下 4 小时 5 元，之后每 4 小时 3 元，最高 15 元；7 吨以下每 4 小时 10 元，最高 40 元；
    **capped(1500),  # 7 吨以上每 4 小时 15 元，最高 60 元；每车每月最高 900 元；30 分钟内免费
    **free(30),
    "steps": [{"until_min": 240, "flat": 500}, *per(240, 300)],
    "month_cap": 90000,
    "classes": [
        {**seen("goods", steps=per(240, 1000), **cap(4000)), **size("load", above="2", to="7")},
        {**seen("large", steps=per(240, 1500), **cap(6000)), **size("load", above="7")},
    ],
}
CHARGING = {  # 充电车位停车 2 小时内免费，之后每小时 5 元，24 小时（自入场起）最高 40 元
    **capped(4000),
    **deducted(120),
    "steps": hourly(500),
}
OCCUPIED = {**NEW, **deduct(15), "steps": per(1, 50), "stay_cap": 5000}  # 15 分钟后每分钟 0.5 元，最高 50 元
CITY_BLOCK = {  # 30 分钟内免费；8–20 时每 15 分钟 1.5 元，夜间每小时 2 元，24 小时最高 40 元，每周最高 150 元
    **EACH_DAY,
    **free(30),
    **cap(4000),
    "bands": [band("day", "08:00", "20:00", per(15, 150)), band("night", "20:00", "08:00", hourly(200))],
    "week_cap": 15000,
}
STREET = {  # 7–21 时首小时每 15 分钟 2.5 元，之后 3.75 元；夜间每 2 小时 1 元；不足一个计时单位不收费
    **BY_BAND,
    "rounding": "full",
    "bands": [
        band("day", "07:00", "21:00", [until(60, 15, 250), *per(15, 375)]),
        band("night", "21:00", "07:00", per(120, 100)),
    ],
}
BOARDS = {
    "office": OFFICE, "shared_bays": SHARED_BAYS, "service_hall": SERVICE_HALL, "campus": CAMPUS,
    "stadium": STADIUM, "theme_park": THEME_PARK, "ferry": FERRY, "exhibition": EXHIBITION,
    "logistics": LOGISTICS, "charging": CHARGING, "occupied": OCCUPIED, "city_block": CITY_BLOCK,
    "street": STREET,
}  # fmt: skip
STAYS = """
office
03-02 09:00 03-02 09:15 0
03-02 09:00 03-02 09:50 8
03-02 09:00 03-02 18:00 60
03-02 20:00 03-02 22:00 13
03-02 22:00 03-03 07:30 9
03-07 10:00 03-08 15:00 20
03-02 09:00 03-03 09:00 81
shared_bays
03-02 09:00 03-02 15:00 15
03-02 16:00 03-02 19:30 26
03-02 10:00 03-02 18:01 25
03-07 09:00 03-08 09:00 30
service_hall
03-02 09:00 03-02 11:00 0
03-02 09:00 03-02 12:30 10
03-02 16:30 03-02 18:30 2
03-07 10:00 03-07 12:00 4
03-02 08:30 03-02 17:30 30
campus
03-02 09:00 03-02 10:30 5
03-02 09:00 03-02 13:10 14
03-02 22:00 03-03 01:00 38
03-02 09:00 03-03 09:00 60
stadium
03-02 10:00 03-02 12:30 15
03-07 18:00 03-07 22:30 50
03-07 18:00 03-07 18:10 0
03-07 10:00 03-07 22:00 30
theme_park
03-07 08:00 03-08 05:59 100
03-07 08:00 03-08 09:00 200
03-07 16:30 03-07 22:00 50
03-07 16:30 03-08 09:00 150
ferry
03-02 07:00 03-02 12:00 25
03-02 07:00 03-03 07:00 60
03-02 07:00 03-03 08:00 100
03-02 07:00 03-05 07:00 140
exhibition
03-02 09:00 03-02 09:30 0
03-02 09:00 03-03 00:10 60
03-02 09:00 03-04 18:00 90
03-02 23:50 03-03 00:10 0
logistics
03-02 08:00 03-02 17:00 11
03-02 08:00 03-03 07:00 15
03-02 08:00 03-02 17:00 30 goods
03-02 08:00 03-03 08:00 60 large
03-02 08:00 03-18 09:00 900 large
charging
03-02 10:00 03-02 12:01 5
03-02 10:00 03-02 21:00 40
03-02 10:00 03-03 11:00 45
occupied
03-02 10:00 03-02 10:15 0
03-02 10:00 03-02 10:45 15
03-02 10:00 03-02 13:00 50
city_block
03-02 08:00 03-02 10:10 13.50
03-02 18:00 03-02 22:00 16
03-02 08:00 03-06 08:00 150
03-02 08:00 03-03 09:00 46
street
03-02 09:00 03-02 09:14 0
03-02 09:00 03-02 11:05 25
03-02 20:30 03-02 23:00 6
03-02 20:00 03-03 08:00 25
"""


@pytest.mark.parametrize("name", BOARDS)
def test_district_board_is_a_document(name):
    check_board(name, BOARDS, STAYS)


@pytest.mark.parametrize(("board", "entered", "left", "fen", "who"), [*rows(STAYS, BOARDS)])
def test_district_stay_costs_its_board(board, entered, left, fen, who):
    assert prices_of(BOARDS[board], entered, left, who) == (fen, fen)


QUARTERS = {**capped(6000, BY_DAY), "steps": per(15, 200)}  # 每 15 分钟 2 元，每自然日最高 60 元


@pytest.mark.parametrize(
    ("entered", "left", "of_day", "over_days"),
    [
        ("03-02 23:50", "03-03 00:05", 400, 200),  # one quarter, cut at midnight or not
        ("03-02 23:50", "03-03 00:20", 600, 400),
        ("03-02 23:45", "03-03 00:15", 400, 400),  # no unit runs over midnight
        ("03-02 10:00", "03-03 00:30", 6400, 6400),
        ("03-02 10:05", "03-03 00:10", 6200, 6200),  # at the cap of the first day: 56 units, 60 yuan
        ("03-02 21:00", "03-03 21:00", 8400, 8400),
    ],
)
def test_quarter_over_midnight_by_either_answer(entered, left, of_day, over_days):
    other = with_other_answer(QUARTERS, "day_units")
    assert prices_of(QUARTERS, entered, left, "") == (of_day, of_day)
    assert prices_of(other, entered, left, "") == (over_days, over_days)
    assert with_other_answer(other, "day_units") == QUARTERS
    assert "全天：每 15 分钟 ¥2。 每天最高 ¥60。" in chinese(read_new(other).rule)
