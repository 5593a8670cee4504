"""Boards of hospitals, stations, markets, estates and lots abroad, priced before any was a document.

A comment is the text of the board; what it leaves open is read as it says. The language does not say two of
the twenty as they were worded: free hours once a day after which the steps go on as if they had counted
(GREEN counts them from the end of the free hours), and the currency of the last but one (pesos).
"""

import pytest

from lots import tariffs
from lots.tariffs import EarlierSession
from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    EACH_DAY,
    FREE_ELSE,
    NEW,
    band,
    cap,
    capped,
    deduct,
    deducted,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    share,
    size,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, NO_CYCLE, caps, hourly
from tests.lots.tariffs.shared_boards import ESTATE
from tests.lots.tariffs.stay_times import CHINA, moment

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_FRI = ["mon", "tue", "wed", "thu", "fri"]


def within(name, start, end, minutes):
    """Return an offer: entries in these hours are free for so many minutes."""
    return {"name": name, "enters": {"from": start, "to": end}, "leaves": {"within_min": minutes}, "flat": 0}


HOSPITAL = {  # 30 分钟内免费，超过的从入场起计：首小时 5 元，之后每 30 分钟 3 元；
    # 24 小时最高 60 元，满 24 小时重新计费
    **capped(6000),
    **free(30),
    "steps": [until(60, 60, 500), *per(30, 300)],
}
STATION = {  # 15 分钟内免费；首小时 10 元，之后每小时 5 元，每天最高 60 元；
    # 0–6 时在场的过夜车最低收费 30 元
    **capped(6000, BY_DAY),
    **free(15),
    "steps_count": "stay",
    "steps": [until(60, 60, 1000), *hourly(500)],
    "overnight": {"at": "00:00", "until": "06:00", "amount": 3000, "nights": "least"},
}
AIRPORT = {  # 每 15 分钟 2.5 元，每 24 小时最高 80 元；超过 72 小时的，全程每 24 小时 50 元
    **capped(8000),
    "steps": per(15, 250),
    "turn": {
        "after_min": 4320,
        "from": "start",
        "rule": {"steps": per(1440, 5000), "caps": None, "cycle": NO_CYCLE, "steps_count": "stay"},
    },
    "allows_cheaper_longer": True,
}
TEMPLE = {  # 小型车 10 元/次，周末、法定节假日入场的 20 元/次；每过一个 0 点加 10 元；大型客车加倍
    **NEW,
    "steps": once(1000),
    "overnight": {"at": "00:00", "amount": 1000, "nights": "each"},
    "classes": [seen("large", **share(200))],
    "seasons": [{"name": "peak", "days": ["restday"], "rule": {"steps": once(2000)}}],
}
MARKET = {  # 3–7 时入场的前 4 小时免费，其余 30 分钟内免费；首 2 小时 5 元，之后每小时 2 元；
    # 24 小时最高 30 元
    **capped(3000),
    **free(30),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(200)],
    "seasons": [{"name": "morning", "enters": {"from": "03:00", "to": "07:00"}, "rule": deducted(240)}],
}
SCHOOL = {  # 7–8 时、16:00–17:30 入场的 30 分钟内免费，其余 10 分钟；每 30 分钟 3 元；
    # 20–7 时每小时 1 元，最高 5 元；7 月 10 日至 8 月 31 日入场的每小时 2 元，24 小时最高 15 元
    **BY_BAND,
    **free(10),
    "steps": per(30, 300),
    "bands": [band("night", "20:00", "07:00", hourly(100), cap=500)],
    "offers": [within("morning", "07:00", "08:00", 30), within("afternoon", "16:00", "17:30", 30)],
    "offers_apply": "first",
    "seasons": [
        {
            "name": "off_peak",
            "dates": ["07-10/08-31"],
            "rule": {
                "cycle": DAY_FROM_ENTRY,
                "steps_count": "cycle",
                "steps": hourly(200),
                **cap(1500),
                "bands": None,
            },
        }
    ],
}
YARD = {  # 1 小时内免费；每 12 小时 10 元，4.2 至 9.6 米 20 元，更长 30 元；超过 48 小时的部分 7 折
    **NEW,
    **free(60),
    "steps": [until(2880, 720, 1000), *per(720, 700)],
    "classes": [
        seen("large", steps=[until(2880, 720, 2000), *per(720, 1400)])
        | size("length", above="4.2", to="9.6"),
        seen("extra_large", steps=[until(2880, 720, 3000), *per(720, 2100)]) | size("length", above="9.6"),
    ],
}
GREEN = {  # 首小时 5 元，之后每小时 3 元，每天最高 25 元；
    # 新能源车每天首次前 2 小时免费，之后每小时 3 元，减半收取
    **capped(2500, BY_DAY),
    "steps": [until(60, 60, 500), *hourly(300)],
    "classes": [
        green(free={"minutes": 120, "mode": "deduct", "repeat": "once_a_day"}, steps=hourly(300), **share(50))
    ],
}
NIGHT_RATE = {  # 7–21 时首小时 6 元，之后每 30 分钟 2.5 元；21–7 时每小时 1 元，
    # 最低 5 元（首 5 小时 5 元）、最高 10 元
    **BY_BAND,
    "bands": [
        band("day", "07:00", "21:00", [until(60, 60, 600), *per(30, 250)]),
        band("night", "21:00", "07:00", [{"until_min": 300, "flat": 500}, *hourly(100)], cap=1000),
    ],
}
CHARGERS = {  # 未充电：10 分钟内免费，每 15 分钟 5 元，每天最高 100 元
    **capped(10000, BY_DAY),
    **free(10),
    "steps": per(15, 500),
}
STREET = {  # 当日首停前 1 小时免费，再停 15 分钟内免费；每 30 分钟 3 元，当日各次合计最高 30 元
    **NEW,
    **deduct(60),
    "steps": per(30, 300),
    "offers": [within("short", "00:00", "24:00", 15)],
    "reentry": {"as": "capped", "window": {"from": "day"}, "amount": 3000, "free": "first"},
}
MALL = {  # 前 30 分钟免费；每小时 5 元，24 小时最高 40 元；
    # 周五、周末、节假日入场的全程每小时 8 元，最高 60 元
    **capped(4000),
    **deducted(30),
    "steps": hourly(500),
    "seasons": [{"name": "weekend", "days": ["fri", "restday"], "rule": {"steps": hourly(800), **cap(6000)}}],
}
MUSEUM = {  # 淡季首 3 小时 6 元，之后每小时 1 元，最高 12 元；4–10 月入场的 10 元、2 元、20 元
    **capped(1200),
    "steps": [{"until_min": 180, "flat": 600}, *hourly(100)],
    "seasons": [
        {
            "name": "peak",
            "dates": ["04-01/10-31"],
            "rule": {"steps": [{"until_min": 180, "flat": 1000}, *hourly(200)], **cap(2000)},
        }
    ],
}
FARMERS = {  # 前 30 分钟免费；6–22 时每小时 2 元，22–6 时一次 3 元，
    # 不足 1 小时不收；每次最低 2 元，24 小时最高 15 元
    **EACH_DAY,
    **deducted(30),
    **cap(1500),
    "stay_minimum": 200,
    "bands": [
        band("day", "06:00", "22:00", hourly(200)),
        band("night", "22:00", "06:00", [{"until_min": 60, "flat": 0}, *once(300)]),
    ],
    "reached": ["steps"],
}
ROME = {  # lun–sab 8–20 €1,50 l'ora al minuto, minimo €0,50, al massimo €4 ogni 8 ore
    **EACH_DAY,
    "currency": "EUR",
    "cycle": {"basis": "from_entry", "hours": 8},
    **cap(400),
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "20:00", per(1, "2.5"), [*MON_FRI, "sat", "makeup"])],
    "band_days": "moment",
    "stay_minimum": 50,
    "sum_rounding": {"unit": 1, "how": "up"},
}
BANGKOK = {  # 2 h free, hours 3–4 at 20, each further hour 50; 02:00–05:00 no hourly fee, but 500 a night
    **NEW,  # hours count on through the night
    "currency": "THB",
    **deduct(120),
    "steps": [until(120, 60, 2000), *hourly(5000)],
    "bands": [{"name": "night", "from": "02:00", "to": "05:00", "free": True}],
    "crossing": "sum_per_band",
    "overnight": {"at": "02:00", "until": "05:00", "amount": 50000, "nights": "each"},
}
MELBOURNE = {  # Mon–Fri in 6:00–9:30 and out 15:00–19:00 18; in from 17:00, out by 6:00 10;
    # Sat, Sun 12 a day; else 30 min 10, 1 h 22, 1 h 30 36, a day 65
    **NEW,
    "currency": "AUD",
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((30, 1000), (60, 2200), (90, 3600), (None, 6500)),
    "offers": [
        offer("early_bird", "06:00", "09:30", "19:00", days=MON_FRI, flat=1800)
        | {"leaves": {"from": "15:00", "by": "19:00", "day": "same"}},
        offer("evening", "17:00", "24:00", "06:00", "next", MON_FRI, flat=1000),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
    "seasons": [
        {
            "name": "weekend",
            "days": ["weekend"],
            "rule": {"cycle": BY_DAY, "steps": once(1200), "offers": None},
        }
    ],
}
MEXICO = {  # tolerancia 10 min; primera hora 20, cada 15 min 5, máximo 180 en 24 h;
    # 20–8 h 60; boleto perdido 150
    **capped(18000),
    "currency": "USD",
    **free(10),
    "steps": [{"until_min": 60, "flat": 2000}, *per(15, 500)],
    "offers": [offer("night", "20:00", "24:00", "08:00", "next", cap=6000)],
    "unknown_entry": 15000,
}
FRANKFURT = {  # je angefangene Stunde 5; 1. Tag höchstens 35, 2. Tag 30, ab dem 3. je 20;
    # 8 Tage höchstens 130
    **NEW,
    "currency": "EUR",
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": hourly(500),
    "caps": caps(3500, 3000, 2000),
    "caps_count": "per_cycle",
    "long_caps": [{"cycles": 8, "amount": 13000}],
}
BOARDS = {
    "hospital": HOSPITAL,
    "station": STATION,
    "airport": AIRPORT,
    "temple": TEMPLE,
    "market": MARKET,
    "school": SCHOOL,
    "yard": YARD,
    "estate": ESTATE,
    "green": GREEN,
    "night_rate": NIGHT_RATE,
    "chargers": CHARGERS,
    "street": STREET,
    "mall": MALL,
    "museum": MUSEUM,
    "farmers": FARMERS,
    "rome": ROME,
    "bangkok": BANGKOK,
    "melbourne": MELBOURNE,
    "mexico": MEXICO,
    "frankfurt": FRANKFURT,
}
STAYS = """
hospital
03-02 10:00 03-02 10:25 0
03-02 10:00 03-02 10:31 5
03-02 10:00 03-02 11:40 11
03-02 10:00 03-03 10:00 60
03-02 10:00 03-03 10:20 65
station
03-02 10:00 03-02 10:15 0
03-02 10:00 03-02 12:30 20
03-02 23:30 03-03 00:30 30
03-02 20:00 03-03 02:00 35
03-02 05:50 03-02 06:10 30
03-02 23:55 03-03 00:05 0
03-02 10:00 03-03 09:00 105
airport
03-02 10:00 03-02 10:50 10
03-02 10:00 03-02 15:00 50
03-02 10:00 03-02 20:00 80
03-02 10:00 03-05 10:00 240
03-02 10:00 03-05 10:10 200
03-02 10:00 03-06 10:01 250
temple
03-03 09:00 03-03 15:00 10
03-07 09:00 03-07 15:00 20
03-06 20:00 03-07 10:00 20
03-07 08:00 03-09 10:00 40
03-07 09:00 03-07 15:00 40 large
03-06 20:00 03-07 10:00 40 large
market
03-02 04:00 03-02 07:55 0
03-02 04:00 03-02 09:00 5
03-02 04:00 03-02 12:00 9
03-02 07:30 03-02 08:00 0
03-02 07:30 03-02 08:01 5
03-02 07:00 03-02 11:00 9
school
03-02 16:10 03-02 16:40 0
03-02 16:10 03-02 16:41 6
03-02 10:00 03-02 10:11 3
03-02 19:30 03-02 21:30 5
03-02 20:00 03-03 07:00 5
07-15 09:00 07-15 12:10 8
yard
03-02 10:00 03-02 10:50 0
03-02 10:00 03-02 11:30 10
03-02 10:00 03-02 23:00 40 large
03-02 10:00 03-04 10:00 120 extra_large
03-02 10:00 03-04 22:00 141 extra_large
03-02 10:00 03-04 11:00 47
estate
03-02 09:00 03-02 11:00 4
03-02 08:00 03-02 18:00 8
03-02 17:30 03-02 19:30 22
green
03-02 10:00 03-02 14:00 14
03-02 10:00 03-02 12:00 0 nev_small
03-02 10:00 03-02 14:00 3 nev_small
03-02 10:00 03-02 14:30 4.50 nev_small
03-02 10:00 03-02 22:00 12.50 nev_small
night_rate
03-02 09:00 03-02 10:00 6
03-02 09:00 03-02 10:40 11
03-02 21:00 03-02 22:00 5
03-02 20:30 03-02 21:30 11
03-02 21:00 03-03 07:00 10
03-02 22:00 03-03 05:00 7
03-02 06:50 03-02 07:20 11
chargers
03-02 10:00 03-02 10:10 0
03-02 10:00 03-02 10:11 5
03-02 10:00 03-02 11:00 20
03-02 10:00 03-02 16:00 100
street
03-02 10:00 03-02 10:55 0
03-02 10:00 03-02 12:00 6
03-02 10:00 03-02 13:00 12
mall
03-02 10:00 03-02 12:30 10
03-06 10:00 03-06 12:30 16
03-05 22:00 03-06 02:30 20
03-08 22:00 03-09 06:30 60
03-05 08:00 03-06 08:00 40
museum
04-10 10:00 04-10 13:00 10
04-10 10:00 04-10 15:30 16
01-10 10:00 01-10 13:00 6
03-31 22:00 04-01 04:00 9
10-31 20:00 11-01 12:00 20
farmers
03-02 10:00 03-02 10:30 0
03-02 10:00 03-02 11:30 2
03-02 21:00 03-02 23:30 5
03-02 22:00 03-03 06:00 3
03-02 21:30 03-02 22:40 0
rome
03-02 10:00 03-02 10:10 0.50
03-02 10:00 03-02 11:00 1.50
03-02 10:00 03-02 11:30 2.25
03-02 08:00 03-02 16:00 4
03-02 08:00 03-02 20:00 8
03-08 10:00 03-08 12:00 0
bangkok
03-02 10:00 03-02 11:59 0
03-02 10:00 03-02 12:30 20
03-02 10:00 03-02 14:00 40
03-02 10:00 03-02 15:00 90
03-02 23:00 03-03 06:00 570
melbourne
03-02 09:00 03-02 16:00 18
03-02 09:00 03-02 14:00 65
03-02 09:00 03-02 09:45 22
03-02 18:00 03-02 23:00 10
03-02 18:00 03-02 18:20 10
03-07 10:00 03-07 15:00 12
03-02 12:00 03-02 13:15 36
mexico
03-02 10:00 03-02 10:10 0
03-02 10:00 03-02 10:15 20
03-02 10:00 03-02 11:20 30
03-02 20:30 03-03 07:30 60
03-02 20:30 03-02 21:00 20
03-02 20:30 03-03 08:30 180
frankfurt
03-02 10:00 03-02 13:00 15
03-02 10:00 03-02 20:00 35
03-02 10:00 03-03 16:00 65
03-02 10:00 03-05 10:00 85
03-02 10:00 03-10 10:00 130
03-02 10:00 03-11 10:00 150
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_of_a_trade_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)


@pytest.mark.parametrize(
    ("entered", "left", "amount"),
    [
        ("03-02 14:00", "03-02 14:14", 0),
        ("03-02 14:00", "03-02 14:20", 300),
        ("03-02 14:00", "03-02 18:00", 1800),
    ],
)
def test_second_stay_has_fewer_free_minutes(entered, left, amount):
    earlier = [EarlierSession(moment("03-02 10:00"), moment("03-02 13:00"))]  # ¥12
    stay = moment(entered), moment(left)
    assert tariffs.read(STREET).price(*stay, "ordinary", place=CHINA, earlier=earlier).fen == amount
