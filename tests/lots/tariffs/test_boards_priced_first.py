"""Boards of kinds that are seldom met, written and priced by hand before the language was read.

A comment is the text of the board. Ten more cost what their boards say and show nothing new.
"""

import pytest

from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    FREE_ELSE,
    NEW,
    band,
    capped,
    free,
    ladder,
    offer,
    once,
    per,
    until,
)
from tests.lots.tariffs.published import hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

END = {"at": "24:00", "free": "none"}

DROP_OFF = {  # 8 分钟内免费；15 分钟内 5 元，30 分钟内 15 元，60 分钟内 40 元，之后每 30 分钟 40 元，不封顶
    **NEW,
    **free(8),
    "steps": [*ladder((15, 500), (30, 1500), (60, 4000)), *per(30, 4000)],
}
KERB = {  # 8–20 时：15 分钟内免费，首小时每 15 分钟 2.5 元，之后 3.75 元，超过 4 小时的一律 60 元
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [
        band(
            "day",
            "08:00",
            "20:00",
            [until(60, 15, 250), until(240, 15, 375), {"until_min": None, "flat": 500}],
        )
    ],
}
PARK_AND_RIDE = {  # 工作日 6–10 时每小时 3 元，10–24 时 1 元，合计最高 8 元，0–6 时免费；周末每小时 2 元
    **BY_BAND,
    "bands": [
        {"name": "early", "from": "00:00", "to": "06:00", "free": True, "days": ["workday"]},
        band("peak", "06:00", "10:00", hourly(300), ["workday"]),
        band("day", "10:00", "24:00", hourly(100), ["workday"]),
        band("weekend", "00:00", "24:00", hourly(200), ["restday"]),
    ],
    "shared_caps": [{"bands": ["peak", "day"], "amount": 800}],
    "band_days": "moment",
}
SCENIC = {  # 每自然日：3、11 月 15 元，4–10 月 20 元，12–2 月 10 元，法定节假日 30 元；30 分钟内免费
    **NEW,
    **free(30),
    "steps": once(1500),
    "ends": END,
    "seasons": [
        {
            "name": "golden_week",
            "holidays": [
                *("new_year", "spring_festival", "qingming", "labour_day"),
                *("dragon_boat", "mid_autumn", "national_day"),
            ],
            "rule": {"steps": once(3000)},
            "ends": END,
        },
        {"name": "peak", "dates": ["04-01/10-31"], "rule": {"steps": once(2000)}, "ends": END},
        {"name": "off_peak", "dates": ["12-01/02-29"], "rule": {"steps": once(1000)}, "ends": END},
    ],
}
CHEAPEST = {  # 每小时 4 元、日票（自然日）20 元、夜票（18 时后入场、次日 8 时前离场）10 元，取低者
    **capped(2000, BY_DAY),
    "steps": hourly(400),
    "offers": [offer("night", "18:00", "24:00", "08:00", "next", cap=1000)],
    "allows_cheaper_longer": True,
}
RUNGS = {  # 2 小时内每小时 3 元；超过 2 小时，全程每小时 5 元；超过 4 小时，全程每小时 8 元；最高 60 元
    **NEW,
    "steps": [
        until(120, 60, 300),
        *(
            {"until_min": 60 * hours, "total": 100 * yuan}
            for hours, yuan in ((3, 15), (4, 20), (5, 40), (6, 48), (7, 56))
        ),
        {"until_min": None, "total": 6000},
    ],
}
HOTEL = {  # 14 时后入场：至次日 14 时共 20 元；之后每小时 5 元，每天（14 时至次日 14 时）最高 20 元
    **capped(2000, {"basis": "calendar_day", "reset": "14:00"}),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "night",
            "enters": {"from": "14:01", "to": "24:00"},
            "rule": {"steps": once(2000)},
            "ends": {"at": "14:00"},
        }
    ],
}
BOARDS = {
    "rungs": RUNGS,
    "hotel": HOTEL,
    "drop_off": DROP_OFF,
    "kerb": KERB,
    "park_and_ride": PARK_AND_RIDE,
    "scenic": SCENIC,
    "cheapest": CHEAPEST,
}
STAYS = """
rungs
03-02 10:00 03-02 12:00 6
03-02 10:00 03-02 12:01 15
03-02 10:00 03-02 14:00 20
03-02 10:00 03-02 14:01 40
03-02 10:00 03-02 18:00 60
hotel
03-02 16:00 03-02 18:00 20
03-02 16:00 03-03 14:00 20
03-02 16:00 03-03 14:01 25
03-02 16:00 03-03 15:30 30
03-02 16:00 03-03 20:00 40
03-02 16:00 03-04 10:00 40
drop_off
03-02 10:00 03-02 10:08 0
03-02 10:00 03-02 10:08:01 5
03-02 10:00 03-02 10:16 15
03-02 10:00 03-02 11:00 40
03-02 10:00 03-02 11:01 80
03-02 10:00 03-02 12:01 160
kerb
03-02 10:00 03-02 10:16 5
03-02 10:00 03-02 11:20 17.5
03-02 10:00 03-02 14:00 55
03-02 10:00 03-02 14:10 60
03-02 06:00 03-02 09:00 10
03-02 21:00 03-03 07:00 0
park_and_ride
03-02 07:00 03-02 09:00 6
03-02 09:00 03-02 18:00 8
03-02 11:00 03-02 15:00 4
03-07 09:00 03-07 18:00 18
03-06 20:00 03-07 10:00 24
scenic
03-31 20:00 04-01 08:00 35
10-01 10:00 10-01 12:00 30
09-30 22:00 10-01 01:00 50
11-30 23:00 12-02 01:00 35
12-01 10:00 12-01 10:30 0
02-28 12:00 03-01 12:00 25
cheapest
03-02 09:00 03-02 11:00 8
03-02 09:00 03-02 16:00 20
03-02 18:30 03-02 20:00 8
03-02 18:30 03-03 07:00 10
03-02 18:00 03-03 08:30 40
"""


@pytest.mark.parametrize("name", BOARDS)
def test_board_priced_first_is_a_document(name):
    check_board(name, BOARDS, STAYS)


@pytest.mark.parametrize(("board", "entered", "left", "fen", "who"), [*rows(STAYS, BOARDS)])
def test_stay_priced_first_costs_its_board(board, entered, left, fen, who):
    assert prices_of(BOARDS[board], entered, left, who) == (fen, fen)
