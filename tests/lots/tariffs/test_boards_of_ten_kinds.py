"""Boards of ten kinds of car park, written and priced by hand before the language was read.

A comment is the text of the board. Eleven more cost what their boards say and show nothing new.
"""

from datetime import timedelta

import pytest

from lots import tariffs
from lots.tariffs.permit_times import right_of
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.board_cases import check_board, check_document, chinese, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    NEW,
    band,
    cap,
    capped,
    deduct,
    free,
    ladder,
    offer,
    once,
    per,
    seen,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, NO_CYCLE, hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI, moment

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

WORKDAY = ["workday"]
KERB = {  # 10 分钟内免费，超过的部分每分钟 1 元；同一车辆每日前 2 次享受免费
    **NEW,
    "free": {"minutes": 10, "mode": "deduct", "repeat": "times_a_day", "times": 2},
    "steps": per(1, 100),
}
LAKE = {  # 工作日每小时 5 元，当日最高 30 元；双休及节假日首小时 10 元，以后每小时递增 5 元，最高 100 元
    **BY_BAND,
    "band_days": "moment",
    "bands": [
        band("work", "00:00", "24:00", hourly(500), WORKDAY, 3000),
        band(
            "rest",
            "00:00",
            "24:00",
            [*(until(60 * hour, 60, 500 + 500 * hour) for hour in range(1, 5)), *hourly(3000)],
            ["restday"],
            10000,
        ),
    ],
}
RAILWAY = {  # 7–22 时：自入场起首 2 小时每半小时 4 元，之后 5 元；夜间每小时 2 元，最高 15 元；20 分钟内免费
    **NEW,
    **free(20),
    "crossing": "sum_per_band",
    "bands": [
        band("day", "07:00", "22:00", [until(120, 30, 400), *per(30, 500)]),
        band("night", "22:00", "07:00", hourly(200), cap=1500),
    ],
}


def school_run(name, start, end):
    hours = {"from": start, "to": end}
    return {"name": name, "days": WORKDAY, "enters": hours, "leaves": {"within_min": 30}, "flat": 0}


SCHOOL = {  # 上学日 7–8 时、16:30–18 时入场 30 分钟内免费；7–20 时每半小时 2 元，其余时间免费
    **NEW,
    "crossing": "sum_per_band",
    "steps": per(30, 200),
    "bands": [{"name": "night", "from": "20:00", "to": "07:00", "free": True}],
    "offers": [school_run("morning", "07:00", "08:00"), school_run("afternoon", "16:30", "18:00")],
    "offers_apply": "first",
    "seasons": [{"name": "holidays", "dates": ["07-01/08-31"], "rule": {"offers": None}}],
}
OFFICE = {  # 工作日 8–20 时首小时 15 元，之后每半小时 6 元；其余时间每次 10 元；夜间月卡 19:00–8:30
    **NEW,
    "crossing": "sum_per_band",
    "band_days": "moment",
    "steps": once(1000),
    "bands": [band("day", "08:00", "20:00", [until(60, 60, 1500), *per(30, 600)], WORKDAY)],
    "passes": [{"name": "night", "price": 30000, "from": "19:00", "to": "08:30"}],
}
GOODS_FROM_TWO_HOURS = [{"until_min": 120, "flat": 1000}, *hourly(400)]
MARKET = {  # 小型车首 2 小时 5 元，之后每小时 2 元；货车 10 元、4 元，2–7 时入场 12 小时 10 元；30 分钟内免费
    **capped(2000),
    **free(30),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(200)],
    "classes": [seen("goods", steps=GOODS_FROM_TWO_HOURS, **cap(4000))],
    "seasons": [
        {
            "name": "early",
            "enters": {"from": "02:00", "to": "07:00"},
            "rule": {},
            "classes": [
                {
                    "name": "goods",
                    "rule": {"steps": [{"until_min": 720, "flat": 1000}, *hourly(400)], "caps": None},
                }
            ],
        }
    ],
}
HONG_KONG = {  # Mon–Fri 7–23 h $24, others $28, nights $10; day park $150, night park $80, any 24 hours $260
    **capped(26000),
    "currency": "HKD",
    "crossing": "unit_start",
    "after_cycle": "begin_again",
    "band_days": "moment",
    "bands": [
        band("day", "07:00", "23:00", hourly(2400), WORKDAY),
        band("rest", "07:00", "23:00", hourly(2800), ["restday"]),
        band("night", "23:00", "07:00", hourly(1000)),
    ],
    "offers": [
        offer("day", "07:00", "19:00", "19:00", days=WORKDAY, cap=15000),
        offer("night", "18:00", "24:00", "09:00", "next", cap=8000),
        offer("early", "00:00", "09:00", "09:00", cap=8000),
    ],
    "offers_apply": "cheapest",
    "allows_cheaper_longer": True,
}
TAIPEI = {  # 每小時 40 元，逾 1 小時後每半小時 20 元；夜間每小時 10 元，每夜最高 50 元；每日最高 200 元
    **capped(20000, BY_DAY),
    **free(10),
    "currency": "TWD",
    "steps_count": "stay",
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
    "steps": [until(60, 60, 4000), *per(30, 2000)],
    "bands": [band("night", "22:00", "08:00", hourly(1000), cap=5000)],
    "classes": [seen("motorcycle", steps=once(2000), bands=None, cycle=NO_CYCLE, caps=None, free=None)],
}
EUROS = [until(60, 60, 250), *per(30, 150)]
BERLIN = {  # 1. Stunde 2,50, weitere 30 Minuten 1,50, 24 Stunden 22 €; Nachttarif 19–7 Uhr höchstens 6 €
    **capped(2200),
    **free(10),
    "currency": "EUR",
    "steps_count": "stay",
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
    "steps": EUROS,
    "bands": [band("night", "19:00", "07:00", EUROS, cap=600)],
}
BOSTON = {  # 30 min $12, 1 h 20, 1½ h 28, 2 h 36, 10 h 42, 24 h 46; in by 8:30, out by 19 h 28; nights 14
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "currency": "USD",
    "steps": ladder((30, 1200), (60, 2000), (90, 2800), (120, 3600), (600, 4200), (None, 4600)),
    "offers": [
        offer("early_bird", "05:00", "08:30", "19:00", days=["mon", "tue", "wed", "thu", "fri"], flat=2800),
        offer("night", "16:00", "24:00", "06:00", "next", flat=1400),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
}
VISITORS = {  # 2 小时内免费，超过的部分每小时 1 元，每日最高 10 元；跨越 0 点的，每夜另收 5 元
    **capped(1000, BY_DAY),
    **deduct(120),
    "steps": hourly(100),
    "overnight": {"at": "00:00", "amount": 500, "nights": "each"},
}
STADIUM = {  # 每小时 5 元，24 小时最高 30 元；演出日 16–24 时入场 50 元/次
    **capped(3000),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "show",
            "dates": ["2026-03-07"],
            "enters": {"from": "16:00", "to": "24:00"},
            "rule": {"steps": once(5000), "cycle": NO_CYCLE, "steps_count": "stay", "caps": None},
        }
    ],
}


def yard(price, most):
    """Return an hourly price with a cap in 24 hours, of which both are halved from the eighth day on."""
    half = {"steps": hourly(price // 2), "caps": cap(most // 2)["caps"]}
    return {
        "steps": hourly(price),
        **cap(most),
        "turn": {"after_min": 7 * 1440, "from": "then", "rule": half},
    }


YARD = {  # 小型车 3 元/小时、24 小时最高 20 元，中型 5 元、40 元，大型 8 元、60 元；第 8 日起按半价
    **capped(2000),
    **free(20),
    **yard(300, 2000),
    "classes": [seen("medium", **yard(500, 4000)), seen("large", **yard(800, 6000))],
}
BOARDS = {
    "lake": LAKE,
    "railway": RAILWAY,
    "school": SCHOOL,
    "office": OFFICE,
    "market": MARKET,
    "hong kong": HONG_KONG,
    "taipei": TAIPEI,
    "berlin": BERLIN,
    "boston": BOSTON,
    "visitors": VISITORS,
    "stadium": STADIUM,
    "yard": YARD,
}
STAYS = """
lake
03-04 10:00 03-04 18:00 30
03-07 10:00 03-07 12:10 45
03-07 10:00 03-07 16:00 100
03-06 23:00 03-07 01:00 15
railway
03-02 08:00 03-02 08:20 0
03-02 08:00 03-02 11:10 31
03-02 21:00 03-02 23:30 12
03-02 20:00 03-03 09:00 51
school
03-02 07:10 03-02 07:38 0
03-02 07:10 03-02 07:45 4
03-02 10:00 03-02 10:20 2
03-02 19:40 03-02 21:00 2
03-07 07:10 03-07 07:38 2
07-01 07:10 07-01 07:38 2
office
03-04 09:00 03-04 11:20 33
03-04 19:00 03-04 22:00 25
03-07 10:00 03-07 15:00 10
market
03-02 03:00 03-02 08:00 10 goods
03-02 03:00 03-02 16:00 14 goods
03-02 07:30 03-02 12:30 22 goods
03-02 03:00 03-02 05:00 5
03-02 09:00 03-02 13:30 11
03-02 09:00 03-02 09:25 0 goods
hong kong
03-02 10:00 03-02 11:10 48
03-02 08:00 03-02 18:00 150
03-07 12:00 03-07 15:00 84
03-02 19:00 03-03 08:00 80
03-02 22:30 03-02 23:30 24
03-02 10:00 03-03 10:00 260
taipei
03-02 10:00 03-02 11:01 60
03-02 10:00 03-02 15:00 20 motorcycle
03-02 10:00 03-02 18:00 200
03-02 21:00 03-03 09:00 130
berlin
03-02 10:00 03-02 11:31 5.5
03-02 07:00 03-02 17:00 22
03-02 20:00 03-03 06:00 6
03-02 18:00 03-02 22:00 8.5
boston
03-04 10:00 03-04 11:45 36
03-04 08:00 03-04 17:00 28
03-04 08:00 03-04 19:30 46
03-04 18:00 03-04 23:00 14
03-04 10:00 03-05 13:00 88
visitors
03-02 10:00 03-02 12:00 0
03-02 10:00 03-02 23:00 10
03-02 20:00 03-03 08:00 15
03-02 10:00 03-03 10:00 25
stadium
03-04 10:00 03-04 18:00 30
03-07 18:00 03-08 02:00 50
03-07 15:00 03-07 22:00 30
yard
03-02 10:00 03-03 16:00 70 medium
03-02 10:00 03-09 10:00 420 large
03-02 10:00 03-10 10:00 450 large
"""


@pytest.mark.parametrize("name", BOARDS)
def test_board_of_kind_is_a_document(name):
    check_board(name, BOARDS, STAYS)


@pytest.mark.parametrize(("board", "entered", "left", "fen", "who"), [*rows(STAYS, BOARDS)])
def test_stay_of_kind_costs_its_board(board, entered, left, fen, who):
    assert prices_of(BOARDS[board], entered, left, who) == (fen, fen)


@pytest.mark.parametrize(("minutes", "fen"), [((8,), 0), ((8, 8), 0), ((8, 8, 8), 800), ((25,), 1500)])
def test_kerb_is_free_twice_a_day(minutes, fen):
    check_document(KERB)
    tariff, first = tariffs.read_new(KERB), moment("03-02 10:00")
    visits = [
        (first + timedelta(hours=n), first + timedelta(hours=n, minutes=m)) for n, m in enumerate(minutes)
    ]
    used = len(visits) > 2
    assert tariff.price(*visits[-1], "ordinary", place=CHINA, free_used=used).fen == fen
    board = board_reader.read(chinese(tariff.rule))
    assert board_reader.with_counted_free(board, visits, SHANGHAI, CHINA.calendar) == fen


def test_night_card_pays_hours_outside():
    tariff, stay = tariffs.read_new(OFFICE), (moment("03-04 18:00"), moment("03-05 09:00"))
    card = right_of(tariff.passes[0], moment("03-01 00:00"), moment("04-01 00:00"))
    assert tariff.price(*stay, "ordinary", place=CHINA, rights=[card]).fen == 2100
