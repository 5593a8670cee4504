"""Boards of 24 car parks, worded and priced by hand by a person who knew neither documents nor sentences.

A comment is the text of the board, shortened. Coupons that price by another tariff (patients, loaded trucks,
a pressed button) are boards of their own. Not here, because no document expresses it: charging bays, a card
for off-hours, caps of a calendar week, a kind of day before a holiday, an amount on top for a lost ticket.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from lots import tariffs
from lots.tariffs import AccessRight, Calendar, Place
from tests.lots.tariffs.board_cases import by_sentences, check_document, rows
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
    flat,
    free,
    offer,
    once,
    per,
    rungs,
    seen,
    share,
    timed,
    until,
)
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import CHINA

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_FRI = ["mon", "tue", "wed", "thu", "fri"]
MON_THU, FRI_SUN = MON_FRI[:4], ["fri", "sat", "sun", "holiday"]
MON_SAT = [*MON_FRI, "sat", "makeup"]
REST = ["sat", "sun", "holiday"]


def place(zone, *holidays):
    days = frozenset(date.fromisoformat(day) for day in holidays)
    return Place(ZoneInfo(zone), Calendar(holidays=days, years=frozenset({2026, 2027})))


PLACES = {  # by the currency of a board
    "CNY": CHINA,
    "HKD": place("Asia/Hong_Kong", "2026-12-25", "2026-12-26", "2027-01-01"),
    "MOP": place("Asia/Macau"),
    "TWD": place("Asia/Taipei"),
    "EUR": place("Europe/Berlin"),
    "GBP": place("Europe/London", "2026-12-25", "2026-12-28", "2027-01-01"),
    "USD": place("America/Chicago"),
    "JPY": place("Asia/Tokyo"),
    "AUD": place("Australia/Sydney", "2026-12-25", "2026-12-28", "2027-01-01"),
    "SGD": place("Asia/Singapore", "2026-12-25"),
}


def ends(at, *again):
    return {"ends": {"at": at} | dict(zip(["free"], again, strict=False))}


def season(name, rule, **when):
    return {"name": name, "rule": rule, **when}


def kerb(day, rest, **more):
    """Return the bands of a street: days that are worked, and days off."""
    hours = {"workday": ("07:30", "21:00", day), "restday": ("10:00", "21:00", rest)}
    return {"bands": [band(kind, *parts, [kind]) for kind, parts in hours.items()], **more}


def half_hours(first, later):
    return [{"until_min": 30, "flat": first}, *per(30, later)]


def trucks(fen):
    """Return blocks of four hours at this price, with caps and a night for those that come late."""
    return {
        **capped(4 * fen),
        "steps": per(240, fen),
        "long_caps": [{"cycles": 7, "amount": 20 * fen}],
        "offers": [offer("night", "20:00", "24:00", "09:00", "next", flat=fen * 3 // 2)],
        "allows_cheaper_longer": True,
    }


def macau(day, night):
    """Return the prices of an hour by day and by night, which are doubled after seven days."""
    doubled = [[until(10080, 60, fen), *hourly(2 * fen)] for fen in (day, night)]
    return {"steps": doubled[0], "bands": [band("night", "20:00", "08:00", doubled[1])]}


def coins(rest):
    return [
        band("day", "08:00", "20:00", per(30, 220), ["workday"], cap=1100),
        band("rest", "08:00", "20:00", per(30, 220), ["restday"], cap=rest),
        band("night", "20:00", "08:00", per(60, 110), cap=440),
    ]


def market(steps):
    return {
        **NEW,
        **free(10),
        "currency": "GBP",
        "cycle": BY_DAY,
        "steps_count": "band",
        "crossing": "sum_per_band",
        "band_days": "moment",
        "after_cycle": "begin_again",
        "steps": FREE_ELSE,
        "bands": [
            timed("day", "08:00", "18:00", days=MON_SAT, steps=steps),
            timed("rest", "08:00", "18:00", days=["sun", "holiday"], flat=150),
            flat("evening", "18:00", "23:00", 200),
        ],
    }


MALL = {  # 15 分钟内免费；8–22 时首 2 小时 15 元，之后每 30 分钟 5 元；22–8 时 10 元/夜；
    # 首 2 小时每 24 小时只计一次；每 24 小时封顶 60 元，周六、周日入场 80 元
    **EACH_DAY,
    **cap(6000),
    **free(15),
    "steps_count": "cycle",
    "steps": [{"until_min": 120, "flat": 1500}, *per(30, 500)],
    "bands": [flat("night", "22:00", "08:00", 1000)],
    "seasons": [season("weekend", cap(8000), days=["sat", "sun"])],
}
STREET = {  # 7–19 时首小时每 15 分钟 2.5 元，之后 3.75 元；夜间每 2 小时 1 元；不满单位不收费；
    # 计至角；大型车加倍
    **BY_BAND,
    "rounding": "full",
    "steps": [until(60, 15, 250), *per(15, 375)],
    "bands": [band("night", "19:00", "07:00", per(120, 100))],
    "sum_rounding": {"unit": 10, "how": "down"},
    "classes": [
        seen(
            "large",
            steps=[until(60, 15, 500), *per(15, 750)],
            bands=[band("night", "19:00", "07:00", per(120, 200))],
        )
    ],
}
AIRPORT = {  # 30 分钟内免费；首小时 10 元（每次只计一次），之后每 30 分钟 3 元；
    # 每 24 小时封顶 60 元，每 72 小时 150 元；大型车 1.5 倍；摩托车每 24 小时 5 元
    **capped(6000),
    **free(30),
    "steps_count": "stay",
    "steps": [{"until_min": 60, "flat": 1000}, *per(30, 300)],
    "long_caps": [{"cycles": 3, "amount": 15000}],
    "classes": [
        seen("large", **share(150)),
        seen("motorcycle", free=None, caps=None, long_caps=None, steps=once(500), steps_count="cycle"),
    ],
}
PATIENT_AGAIN = {  # 8–20 时前 2 小时每 30 分钟 4 元，之后 6 元，封顶 60 元；
    # 20–8 时每小时 2 元，每夜封顶 10 元
    **{key: value for key, value in BY_BAND.items() if key != "steps"},
    "bands": [
        band("day", "08:00", "20:00", [until(120, 30, 400), *per(30, 600)], cap=6000),
        band("night", "20:00", "08:00", hourly(200), cap=1000),
    ],
}
HOSPITAL = {**PATIENT_AGAIN, **free(30)}  # 30 分钟内免费
PATIENT = {**PATIENT_AGAIN, **deduct(120)}  # 凭当日挂号单，每日首次免收前 2 小时，余下时间从头起算
COMPANION = {**NEW, "cycle": BY_DAY, "steps_count": "cycle", "steps": once(1500)}  # 陪护 15 元/自然日
LIGHT_TRUCKS = trucks(1000)  # 每 4 小时 10 元；24 小时封顶 40 元，7 天 200 元；
# 20–24 时入场、次日 9 时前离场包夜 15 元，否则自入场起按段计费
HEAVY_TRUCKS = trucks(2000)
LOADED = {  # 凭装卸单免首 4 小时，之后每 4 小时 10 元；减免后每次最低 5 元（24 小时封顶不能照此移后）
    **NEW,
    "steps": [{"until_min": 240, "flat": 500}, {"until_min": 480, "flat": 500}, *per(240, 1000)],
}
LAKE = {  # 旺季工作日首小时 8 元，之后 6 元，当日封顶 50 元，双休日 12、10、80 元；淡季 4 元、20 元；
    # 国庆 60 元/日，节前夜 18 时后入场当日 30 元；元旦按旺季双休日；大型客车 2 倍，淡季 1.5 倍；
    # 跨零点按自然日分段计费；10 分钟内免费
    **capped(5000, BY_DAY),
    **free(10),
    "steps": [until(60, 60, 800), *hourly(600)],
    "classes": [seen("large", **share(200))],
    "seasons": [
        season(
            "eve",
            {"steps": once(3000), "caps": None},
            dates=["09-30/09-30"],
            enters={"from": "18:00", "to": "24:00"},
            **ends("24:00", "none"),
        ),
        season(
            "golden_week",
            {"steps": once(6000), "caps": None},
            dates=["10-01/10-07"],
            **ends("24:00", "none"),
        ),
        season(
            "new_year",
            {"steps": [until(60, 60, 1200), *hourly(1000)], **cap(8000)},
            dates=["01-01/01-03"],
            **ends("24:00", "none"),
        ),
        season(
            "off_peak",
            {"steps": hourly(400), **cap(2000)},
            dates=["12-01/02-29"],
            classes=[{"name": "large", "rule": share(150)}],
            **ends("24:00", "none"),
        ),
        season(
            "peak",
            {"steps": [until(60, 60, 1200), *hourly(1000)], **cap(8000)},
            days=["weekend", "holiday"],
            **ends("24:00", "none"),
        ),
    ],
    **ends("24:00", "none"),
}
CAMPUS = {  # 30 分钟内免费；第 1 小时 5 元，第 2–4 小时 3 元，第 5 小时起 8 元，自然日封顶 50 元；
    # 2–5 时在校每夜加收 20 元，不计入封顶；寒假 10 元/自然日
    **capped(5000, BY_DAY),
    **free(30),
    "steps": [until(60, 60, 500), until(240, 60, 300), *hourly(800)],
    "overnight": {"at": "02:00", "until": "05:00", "amount": 2000, "nights": "each"},
    "seasons": [
        season(
            "winter",
            {"steps": once(1000), "caps": None},
            dates=["2027-01-18/2027-02-21"],
            **ends("24:00", "none"),
        )
    ],
    **ends("24:00", "none"),
}
STUDENTS = {  # 时长费半价，过夜费不减
    **capped(2500, BY_DAY),
    **free(30),
    "steps": [until(60, 60, 250), until(240, 60, 150), *hourly(400)],
    "overnight": {"at": "02:00", "until": "05:00", "amount": 2000, "nights": "each"},
}
SHARED_BAYS = {
    **capped(3000),
    "steps": [until(60, 60, 500), *hourly(200)],
}  # 首小时 5 元，之后 2 元，24 小时 30 元
STATION = {  # 10 分钟内免费，30 分钟 10 元，60 分钟 20 元，之后每 15 分钟 10 元，24 小时封顶 300 元；
    # 22:30–5:30 入场每 30 分钟 5 元，计至 5:30，此后视同 5:30 新入场；2 小时内再次入场无免费；大巴 2 倍
    **capped(30000),
    **free(10),
    "steps": [{"until_min": 30, "flat": 1000}, {"until_min": 60, "flat": 1000}, *per(15, 1000)],
    "reentry": {"as": "no_free", "window": {"from": "left", "minutes": 120}},
    "seasons": [
        season(
            "night",
            {"steps": per(30, 500), "caps": None, "steps_count": "stay"},
            enters={"from": "22:30", "to": "05:30"},
            **ends("05:30", "again"),
        )
    ],
    "classes": [seen("large", **share(200))],
}
HOTEL_GUEST = {**capped(8000, BY_DAY), "steps": hourly(1000), "stay_minimum": 2000}
HOTEL = {**HOTEL_GUEST, **free(15)}  # 15 分钟内免费；每小时 10 元，每次最低 20 元；自然日封顶 80 元
BANQUET = {**HOTEL_GUEST, **deduct(240)}  # 凭盖章小票免前 4 小时
SECOND_CAR = {  # 住店第二辆车 50 元/晚
    **NEW,
    "steps": once(0),
    "overnight": {"at": "00:00", "amount": 5000, "nights": "each"},
}
KERB = {  # 工作日 7:30–21:00 首半小时 5 元，之后 10 元；非工作日 10–21 时 2.5 元、5 元；其余时间免费；
    # 每日 5 分钟内免费；新能源车每日首停免首 2 小时，计入停放时长；大型车 2 倍
    **BY_BAND,
    "cycle": BY_DAY,
    "after_cycle": "begin_again",
    "free": {"minutes": 5, "mode": "threshold", "repeat": "each_cycle", "charged_hours_only": True},
    "steps": FREE_ELSE,
    "band_days": "moment",
    **kerb(half_hours(500, 1000), half_hours(250, 500)),
    "classes": [
        seen("large", **share(200)),
        seen(
            "new_energy",
            **kerb(
                [{"until_min": 120, "flat": 0}, *per(30, 1000)],
                [{"until_min": 120, "flat": 0}, *per(30, 500)],
                free=None,
            ),
        ),
    ],
}
OFFICE = {  # 17:30–2:00 入场，停至 9:00，8 元/次，此后另按白天标准（无免费时间）；其他时间入场：
    # 首 30 分钟从时长中扣除；8–20 时每半小时 3 元，20–8 时每小时 1 元，每夜封顶 6 元；24 小时封顶 48 元
    **EACH_DAY,
    **cap(4800),
    **deducted(30),
    "steps": per(30, 300),
    "bands": [band("night", "20:00", "08:00", hourly(100), cap=600)],
    "seasons": [
        season(
            "night",
            {"free": None, "steps": once(800), "bands": None, "caps": None, "steps_count": "stay"},
            enters={"from": "17:30", "to": "02:00"},
            **ends("09:00", "none"),
        )
    ],
}
RECEIPTS = {  # 首 2 小时 6 元，之后每小时 3 元；跨零点分日计时；自然日封顶 30 元
    **capped(3000, BY_DAY),
    "steps_count": "stay",
    "steps": [{"until_min": 120, "flat": 600}, *hourly(300)],
}
HONG_KONG = {  # 周一至四每小时 20 元，周五至日及假期 26 元，按开始时间；23–8 时合计最高 80 元；24 小时 300 元
    **capped(30000),
    "currency": "HKD",
    "steps_count": "stay",
    "band_days": "moment",
    "after_cycle": "begin_again",
    "crossing": "unit_start",
    "steps": hourly(2000),
    "bands": [
        band("rest", "08:00", "23:00", hourly(2600), FRI_SUN),
        band("night", "23:00", "08:00", hourly(2000), MON_THU, cap=8000),
        band("rest_night", "23:00", "08:00", hourly(2600), FRI_SUN, cap=8000),
    ],
    "classes": [seen("motorcycle", **share(50))],
}
DAY_PARK = {**NEW, "currency": "HKD", "steps": once(12000)}
MACAU = {  # 日间每小时 6 元，夜间 3 元，按开始时间；超过 7 日其后加倍；夜间月票 19–9 时免费
    **NEW,
    **macau(600, 300),
    "currency": "MOP",
    "crossing": "unit_start",
    "passes": [{"name": "night", "price": 50000, "from": "19:00", "to": "09:00"}],
    "classes": [seen("motorcycle", **macau(200, 100))],
}
TAIPEI = {  # 平日前 2 小時每半小時 20 元，之後 25 元；假日 30 元；當日最高 240 元；15 分鐘內離場免費
    **capped(24000, BY_DAY),
    **free(15),
    "currency": "TWD",
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
    "steps": [until(120, 30, 2000), *per(30, 2500)],
    "bands": [band("weekend", "00:00", "24:00", per(30, 3000), ["weekend"])],
}
DISABLED = {  # 身障車輛前 4 小時免費，其後半價，元以下四捨五入
    **capped(24000, BY_DAY),
    **share(50, 100, "half_up"),
    "currency": "TWD",
    "steps": [{"until_min": 240, "flat": 0}, *per(30, 2500)],
}
SCOOTERS = {**COMPANION, "currency": "TWD", "steps": once(2000)}  # 機車 20 元/次，隔日另計
PARKHAUS = {  # 1. Stunde 2,00, jede weitere halbe 1,20; 24 Stunden 14,00; abends höchstens 4,00;
    # Einfahrt an Sonntagen 3,00 bis 24 Uhr, ab 0 Uhr Normaltarif
    **capped(1400),
    "currency": "EUR",
    "steps": [until(60, 60, 200), *per(30, 120)],
    "offers": [offer("evening", "19:00", "24:00", "07:00", "next", days=MON_SAT, cap=400)],
    "seasons": [
        season("sunday", {"steps": once(300), "caps": None, "offers": None}, days=["sun"], **ends("24:00"))
    ],
}
BUTTON = {  # Brötchentaste: bis 20 Minuten kostenlos
    **PARKHAUS,
    **free(20),
    "seasons": [{**PARKHAUS["seasons"][0], **ends("24:00", "none")}],
}
MOTORBIKES = {**PARKHAUS, **share(50)}
RUNGS = [(60, 140), (120, 260), (180, 390), (300, 520)]
MARKET = market(rungs(*RUNGS, last=800))  # Mon-Sat 8-18 rungs, Sundays and bank holidays 1.50, evenings 2.00
BLUE_BADGE = market(rungs((60, 0), *((end + 60, fen) for end, fen in RUNGS), last=800))  # one hour off
CHICAGO = {  # 20 minutes 5.00, 24 hours 36.00; early bird 16.00, evening 12.00, weekend 10.00, if lower;
    # event days in 4-9 PM 40.00 until 3 AM, then regular
    **capped(3600),
    "currency": "USD",
    "steps": per(20, 500),
    "offers": [
        offer("evening", "17:00", "24:00", "03:00", "next", days=MON_FRI, cap=1200),
        offer("weekend", "00:00", "24:00", "24:00", days=["sat", "sun"], cap=1000),
        {
            **offer("early_bird", "06:00", "09:31", "19:00", days=MON_FRI, cap=1600),
            "leaves": {"from": "15:00", "by": "19:00", "day": "same"},
        },
    ],
    "offers_apply": "cheapest",
    "allows_cheaper_longer": True,
    "unknown_entry": 3600,
    "seasons": [
        season(
            "event",
            {"steps": once(4000), "caps": None, "offers": None},
            dates=["2026-12-12"],
            enters={"from": "16:00", "to": "21:01"},
            **ends("03:00"),
        )
    ],
}
COINS = {  # 8–20時 30分220円、20–8時 60分110円；最大料金 平日1100円・土日祝1600円・夜間440円（繰返し）；
    # 平日入庫は24時間最大1300円（1回限り）；5分以内無料
    **EACH_DAY,
    **cap(1300),
    **free(5),
    "currency": "JPY",
    "band_days": "start",
    "bands": coins(1600),
    "turn": {"after_min": 1440, "from": "then", "rule": {"caps": None}},
    "seasons": [season("rest", {"caps": None, "turn": None}, days=["restday"])],
    "unknown_entry": 3000,
}
SYDNEY = {  # to 30 min 8, 1 h 15, 2 h 28, 3 h 40, 24 h 59; early bird 22; night 12; weekend 14 a calendar day
    **capped(5900),
    "currency": "AUD",
    "steps": rungs((30, 800), (60, 1500), (120, 2800), (180, 4000), last=5900),
    "offers": [
        {
            **offer("early_bird", "06:00", "09:31", "19:30", days=MON_FRI, flat=2200),
            "leaves": {"from": "15:30", "by": "19:30", "day": "same"},
        },
        offer("night", "17:00", "24:00", "06:00", "next", days=MON_FRI, flat=1200),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
    "unknown_entry": 7900,
    "seasons": [
        season("weekend", {"offers": None, "caps": None, "cycle": BY_DAY, "steps": once(1400)}, days=REST)
    ],
    "classes": [seen("motorcycle", offers=None, caps=None, cycle=BY_DAY, steps=once(800))],
}
SINGAPORE = {  # Mon-Fri 7-18 first hour 1.60, then 0.90 per half hour; Sat, Sun, PH 2 hours 2.60, then 1.10;
    # evenings 3.20 per entry, Fri-Sun and PH 4.50; grace 10 minutes
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "band_days": "start",
    "steps": FREE_ELSE,
    "bands": [
        band("day", "07:00", "18:00", [{"until_min": 60, "flat": 160}, *per(30, 90)], MON_FRI),
        band("rest", "07:00", "18:00", [{"until_min": 120, "flat": 260}, *per(30, 110)], REST),
        flat("evening", "18:00", "07:00", 320, MON_THU),
        flat("rest_evening", "18:00", "07:00", 450, FRI_SUN),
    ],
}
MOTORCYCLES = {**COMPANION, "currency": "SGD", "steps": once(130)}
THEATRE = {  # le quart d'heure 0,70 pendant 2 heures, puis 0,50; nuit 0,20, plafond 3,00;
    # 24 heures 18,00; 7 jours 70,00
    **capped(1800),
    "currency": "EUR",
    "after_cycle": "begin_again",
    "crossing": "unit_start",
    "steps": [until(120, 15, 70), *per(15, 50)],
    "bands": [band("night", "20:00", "08:00", per(15, 20), cap=300)],
    "long_caps": [{"cycles": 7, "amount": 7000}],
}
FIRST_VISIT = {**THEATRE, **deducted(60)}  # 1re heure gratuite, déduite de la durée
HALF = {**THEATRE, **share(50)}  # motos
NAMES = """
mall street airport hospital patient patient_again companion light_trucks heavy_trucks loaded lake
campus students shared_bays station hotel banquet second_car kerb office receipts hong_kong day_park
macau taipei disabled scooters button parkhaus motorbikes market blue_badge chicago coins sydney
singapore motorcycles first_visit theatre half
"""
BOARDS = {name: globals()[name.upper()] for name in NAMES.split()}


@pytest.mark.parametrize("name", BOARDS)
def test_board_of_a_stranger_is_a_document(name):
    check_document(BOARDS[name])


STAYS = """
mall
2026-12-07 10:00 2026-12-07 10:15 0
2026-12-07 10:00 2026-12-07 10:15:01 15
2026-12-07 10:00 2026-12-07 12:00 15
2026-12-07 10:00 2026-12-07 12:00:01 20
2026-12-07 21:00 2026-12-08 09:10 40
2026-12-04 10:00 2026-12-05 10:00 60
2026-12-05 10:00 2026-12-06 10:00:01 95
2026-12-06 20:00 2026-12-08 09:00 115
street
2026-12-07 09:00 2026-12-07 10:00 10
2026-12-07 09:00 2026-12-07 09:14 0
2026-12-07 09:00 2026-12-07 10:15 13.7
2026-12-07 09:00 2026-12-07 11:40 32.5
2026-12-07 18:30 2026-12-07 21:10 6
2026-12-07 18:50 2026-12-08 07:20 8.5
2026-12-07 09:00 2026-12-07 10:15 27.5 large
2026-12-05 08:00 2026-12-07 08:30 364.5
airport
2026-12-07 10:00 2026-12-07 10:30 0
2026-12-07 10:00 2026-12-07 10:30:01 10
2026-12-07 10:00 2026-12-07 12:40 22
2026-12-07 10:00 2026-12-08 10:00 60
2026-12-07 10:00 2026-12-08 11:10 69
2026-12-07 10:00 2026-12-10 10:00 150
2026-12-07 10:00 2026-12-11 10:00:01 213
2026-12-07 22:00 2026-12-10 23:30 238.5 large
2026-12-07 10:00 2026-12-08 10:00:01 10 motorcycle
hospital
2026-12-07 09:00 2026-12-07 09:30 0
2026-12-07 09:00 2026-12-07 09:30:01 8
2026-12-07 09:00 2026-12-07 12:10 34
2026-12-07 08:00 2026-12-07 20:00 60
2026-12-07 19:20 2026-12-08 08:20 22
patient
2026-12-07 09:00 2026-12-07 11:00 0
2026-12-07 09:00 2026-12-07 12:10 12
patient_again
2026-12-07 14:00 2026-12-07 15:00 8
companion
2026-12-07 16:00 2026-12-10 09:00 60
light_trucks
2026-12-07 10:00 2026-12-07 14:00 10
2026-12-07 10:00 2026-12-07 14:00:01 20
2026-12-07 19:59 2026-12-08 06:00 30
heavy_trucks
2026-12-07 21:00 2026-12-08 09:00 30
2026-12-07 21:00 2026-12-08 09:00:01 80
2026-12-01 08:00 2026-12-08 10:00 420
loaded
2026-12-07 10:00 2026-12-07 17:00 10
2026-12-07 10:00 2026-12-07 13:00 5
lake
2026-10-13 10:00 2026-10-13 13:00 20
2026-10-13 10:00 2026-10-13 13:00:01 26
2026-10-17 10:00 2026-10-17 13:00 32
2026-09-30 17:59 2026-10-01 00:30 104
2026-09-30 18:00 2026-10-01 00:30 90
2026-10-07 20:00 2026-10-08 02:00 148 large
2026-11-30 22:00 2026-12-01 03:30 30
2026-12-05 10:00 2026-12-06 16:00 60 large
2026-12-31 23:30 2027-01-02 10:00 164
campus
2026-12-07 09:00 2026-12-07 09:30 0
2026-12-07 09:00 2026-12-07 13:00 14
2026-12-07 09:00 2026-12-07 13:00:01 22
2026-12-07 22:00 2026-12-08 02:00 16
2026-12-07 22:00 2026-12-08 02:00:01 39
2026-12-05 08:00 2026-12-07 09:00 190
2027-01-17 20:00 2027-01-19 04:00 74
students
2026-12-07 18:00 2026-12-08 08:00 58
shared_bays
2026-12-07 10:00 2026-12-08 11:00 35
station
2026-12-07 10:00 2026-12-07 10:10 0
2026-12-07 10:00 2026-12-07 10:10:01 10
2026-12-07 10:00 2026-12-07 11:00 20
2026-12-07 10:00 2026-12-07 11:20 40
2026-12-07 22:29:59 2026-12-07 23:40 30
2026-12-07 22:30 2026-12-07 23:40 15
2026-12-07 23:00 2026-12-08 05:50 75
2026-12-07 10:00 2026-12-09 10:20 610
2026-12-07 10:00 2026-12-07 11:20 80 large
hotel
2026-12-07 10:00 2026-12-07 10:15 0
2026-12-07 10:00 2026-12-07 10:40 20
2026-12-07 10:00 2026-12-07 13:00:01 40
2026-12-07 22:00 2026-12-08 01:10 40
2026-12-05 09:00 2026-12-07 09:00 240
banquet
2026-12-05 18:00 2026-12-05 22:30 20
second_car
2026-12-07 15:00 2026-12-09 12:00 100
kerb
2026-12-07 09:00 2026-12-07 09:05 0
2026-12-07 09:00 2026-12-07 09:05:01 5
2026-12-07 09:00 2026-12-07 10:30 25
2026-12-07 20:40 2026-12-08 07:50 10
2026-12-04 19:00 2026-12-05 11:10 47.5
2026-12-07 09:00 2026-12-07 11:00 0 new_energy
2026-12-07 09:00 2026-12-07 11:10 10 new_energy
2026-12-07 14:00 2026-12-07 15:00 15
2026-12-06 10:00 2026-12-06 11:00 15 large
2026-12-07 20:00 2026-12-08 10:00 10 new_energy
office
2026-12-07 17:30 2026-12-08 09:00 8
2026-12-07 17:29:59 2026-12-08 09:00 27
2026-12-07 10:00 2026-12-07 12:00 9
2026-12-07 10:00 2026-12-07 10:30 0
2026-12-07 10:00 2026-12-07 10:30:01 3
2026-12-08 01:59 2026-12-08 08:50 8
2026-12-08 02:00 2026-12-08 08:50 12
2026-12-07 18:00 2026-12-08 11:10 23
2026-12-07 08:00 2026-12-08 10:00 60
receipts
2026-12-07 10:00 2026-12-07 12:00 6
2026-12-07 10:00 2026-12-07 12:00:01 9
hong_kong
2026-12-07 10:15 2026-12-07 12:15 40
2026-12-07 10:15 2026-12-07 12:15:01 60
2026-12-10 22:30 2026-12-11 01:00 66
2026-12-07 22:00 2026-12-08 08:00 100
2026-12-07 10:15 2026-12-07 12:15 20 motorcycle
2026-12-07 10:00 2026-12-09 11:30 640
day_park
2026-12-07 07:30 2026-12-07 18:50 120
macau
2026-12-07 10:00 2026-12-07 12:00 12
2026-12-07 10:00 2026-12-07 12:00:01 18
2026-12-07 19:30 2026-12-07 21:00 9
2026-12-07 07:30 2026-12-07 08:30 3
2026-12-07 07:30 2026-12-07 08:31 9
2026-12-07 22:00 2026-12-08 09:00 12 motorcycle
2026-12-07 10:00 2026-12-15 12:00 996
taipei
2026-12-07 10:00 2026-12-07 10:15 0
2026-12-07 10:00 2026-12-07 10:15:01 20
2026-12-07 10:00 2026-12-07 13:10 155
2026-12-11 23:10 2026-12-12 00:50 100
2026-12-05 10:00 2026-12-05 16:00 240
2026-12-05 10:00 2026-12-07 01:00 520
disabled
2026-12-07 10:00 2026-12-07 15:10 38
scooters
2026-12-07 09:00 2026-12-09 08:00 60
button
2026-12-07 10:00 2026-12-07 10:20 0
2026-12-07 10:00 2026-12-07 10:20:01 2
parkhaus
2026-12-07 10:00 2026-12-07 10:15 2
2026-12-07 10:00 2026-12-07 12:10 5.6
2026-12-07 19:00 2026-12-08 07:00 4
2026-12-07 19:00 2026-12-07 20:00 2
2026-12-07 19:00 2026-12-08 07:00:01 14
2026-12-06 15:00 2026-12-07 01:30 6.2
2026-12-07 10:00 2026-12-09 10:30 30
2026-10-24 18:00 2026-10-25 18:30 17.2
motorbikes
2026-12-07 10:00 2026-12-07 12:10 2.8
market
2026-12-07 09:00 2026-12-07 09:10 0
2026-12-07 09:00 2026-12-07 09:10:01 1.4
2026-12-07 09:00 2026-12-07 11:00 2.6
2026-12-07 09:00 2026-12-07 11:00:01 3.9
2026-12-07 09:00 2026-12-07 14:00:01 8
2026-12-07 16:30 2026-12-07 20:00 4.6
2026-12-06 09:00 2026-12-06 19:00 3.5
2026-12-05 22:00 2026-12-06 09:00 3.5
2026-12-07 07:00 2026-12-08 08:30 11.4
2026-12-25 12:00 2026-12-28 09:00 18.5
blue_badge
2026-12-07 09:00 2026-12-07 12:00 2.6
chicago
2026-12-07 10:00 2026-12-07 10:40 10
2026-12-07 10:00 2026-12-07 10:40:01 15
2026-12-07 09:30 2026-12-07 15:00 16
2026-12-07 08:00 2026-12-07 14:59 36
2026-12-07 17:00 2026-12-08 03:00 12
2026-12-07 17:05 2026-12-08 03:00:01 36
2026-12-07 17:10 2026-12-07 17:45 10
2026-12-05 11:00 2026-12-05 23:00 10
2026-12-12 16:00 2026-12-12 22:00 40
2026-12-07 10:00 2026-12-08 10:30 46
coins
2026-12-07 10:00 2026-12-07 10:05 0
2026-12-07 10:00 2026-12-07 11:00 4.4
2026-12-07 10:00 2026-12-07 11:00:01 6.6
2026-12-07 10:00 2026-12-07 13:00 11
2026-12-07 19:40 2026-12-07 21:10 4.4
2026-12-07 20:00 2026-12-08 08:00 4.4
2026-12-05 09:00 2026-12-06 09:00 24.8
2026-12-07 09:00 2026-12-08 09:00 13
2026-12-07 09:00 2026-12-09 10:00 37.2
sydney
2026-12-07 10:00 2026-12-07 10:30 8
2026-12-07 10:00 2026-12-07 10:30:01 15
2026-12-07 10:00 2026-12-07 12:00 28
2026-12-07 09:30 2026-12-07 15:30 22
2026-12-07 09:00 2026-12-07 19:30:01 59
2026-12-07 17:00 2026-12-08 06:00 12
2026-12-07 17:10 2026-12-07 17:30 12
2026-12-05 20:00 2026-12-06 02:00 28
2026-12-04 18:00 2026-12-05 10:00 59
2026-12-25 10:00 2026-12-25 15:00 14
2026-12-07 09:00 2026-12-08 10:00 16 motorcycle
2026-12-07 10:00 2026-12-08 11:00 74
singapore
2026-12-07 10:00 2026-12-07 10:10 0
2026-12-07 10:00 2026-12-07 10:10:01 1.6
2026-12-07 10:00 2026-12-07 12:10 4.3
2026-12-07 16:30 2026-12-07 20:00 5.7
2026-12-05 12:00 2026-12-05 14:00:01 3.7
2026-12-07 20:00 2026-12-08 08:00 4.8
2026-12-05 01:00 2026-12-05 03:00 4.5
2026-12-11 17:30 2026-12-13 08:00 35.6
motorcycles
2026-12-07 09:00 2026-12-08 01:00 2.6
first_visit
2026-12-07 10:00 2026-12-07 11:00 0
2026-12-07 10:00 2026-12-07 11:00:01 0.7
2026-12-07 10:00 2026-12-07 14:00 7.6
2026-12-07 10:00 2026-12-09 10:30 37.4
theatre
2026-12-07 10:00 2026-12-07 11:00 2.8
2026-12-07 19:30 2026-12-07 22:00 3
2026-12-07 19:50 2026-12-07 20:10 0.9
2026-12-07 20:00 2026-12-08 08:00 3
2026-12-01 09:00 2026-12-09 09:00 88
half
2026-12-07 10:00 2026-12-07 11:00 1.4
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_stranger_pays_what_the_board_asks(name, entered, left, amount, who):
    """The sentences are read by the minute, so a stay that begins within one is for the engine alone."""
    tariff = tariffs.read_new(BOARDS[name])
    where = PLACES[tariff.currency.code]
    stay = at(entered, where.zone), at(left, where.zone)
    assert tariff.price(*stay, "ordinary", seen=who, place=where).fen == amount
    if not stay[0].second:
        assert by_sentences(tariff, stay, "ordinary", who, where) == amount


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("left", "fen"), [("2026-12-09 14:00", 2000), ("2026-12-09 15:20", 4000)])
def test_hotel_guest_pays_outside_the_nights(left, fen):
    """From noon of the arrival to 14:00 of the departure the guest has a permit."""
    nights = AccessRight("guest", at("2026-12-07 12:00", CHINA.zone), at("2026-12-09 14:00", CHINA.zone))
    stay = at("2026-12-07 10:30", CHINA.zone), at(left, CHINA.zone)
    tariff = tariffs.read_new(HOTEL_GUEST)
    assert tariff.price(*stay, "ordinary", place=CHINA, rights=[nights]).fen == fen


def test_night_pass_leaves_hours_outside():
    where = PLACES["MOP"]
    month = at("2026-12-01 00:00", where.zone), at("2027-01-01 00:00", where.zone)
    right = AccessRight("night", *month, start=19 * 3600, end=9 * 3600)
    stay = at("2026-12-07 18:00", where.zone), at("2026-12-08 09:30", where.zone)
    assert tariffs.read_new(MACAU).price(*stay, "ordinary", place=where, rights=[right]).fen == 1200


def test_bus_station_gives_no_free_minutes_again():
    before = tariffs.EarlierSession(at("2026-12-07 09:00", CHINA.zone), at("2026-12-07 09:20", CHINA.zone))
    stay = at("2026-12-07 10:00", CHINA.zone), at("2026-12-07 10:05", CHINA.zone)
    assert tariffs.read_new(STATION).price(*stay, "ordinary", place=CHINA, earlier=[before]).fen == 1000
