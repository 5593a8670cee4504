"""Boards of ten cities, worded and priced by hand before anyone looked for a document that says them.

A comment is the text of the board, shortened. Written at once: Hangzhou, Munich, Paris, San Francisco and
London. For the others the language grew: medium-sized cars (Chengdu), days before holidays (Shenzhen, Hong
Kong, Singapore), a cap by the day of each cycle (Shenzhen, Tokyo).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from lots import tariffs
from lots.tariffs import Calendar, Place
from tests.lots.tariffs.board_cases import by_sentences, check_document, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    EACH_DAY,
    FREE_ELSE,
    band,
    cap,
    capped,
    flat,
    free,
    green,
    offer,
    once,
    per,
    rungs,
    seen,
    share,
    until,
)
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import CHINA

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_FRI = ["mon", "tue", "wed", "thu", "fri"]
MON_THU = MON_FRI[:4]


def place(zone, *holidays):
    days = frozenset(date.fromisoformat(day) for day in holidays)
    return Place(ZoneInfo(zone), Calendar(holidays=days, years=frozenset({2026, 2027})))


PLACES = {  # by the currency of a board
    "CNY": CHINA,
    "HKD": place("Asia/Hong_Kong", "2026-12-25", "2026-12-26", "2027-01-01"),
    "SGD": place("Asia/Singapore", "2026-12-25", "2027-01-01"),
    "EUR": place("Europe/Berlin", "2026-12-25", "2026-12-26", "2027-01-01"),
    "JPY": place("Asia/Tokyo", "2027-01-01"),
    "USD": place("America/Los_Angeles"),
    "GBP": place("Europe/London", "2026-12-25", "2026-12-28", "2027-01-01"),
}
CHENGDU = {  # 8:00–22:00 收费，其余时间免费；停车不超过 15 分钟免费；每日首 2 小时每半小时 3 元，之后 4 元；
    # 中型车 1.5 倍，大型车 2 倍
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "22:00", [until(120, 30, 300), *per(30, 400)])],
    "classes": [seen("medium", **share(150)), seen("large", **share(200))],
}
SHENZHEN = {  # 15 分钟内免费；每小时 10 元；每 24 小时封顶 60 元，周五至周日、节假日及其前一天开始的 90 元
    **capped(6000),
    **free(15),
    "steps": hourly(1000),
    "day_caps": [{"days": ["fri", "weekend", "holiday", "eve"], "amount": 9000}],
}
HANGZHOU = {  # 8:00–20:00 首小时每半小时 5 元，之后每半小时 6 元；20:00–8:00 每夜 10 元；10 分钟内免费；
    # 新能源汽车减半
    **BY_BAND,
    **free(10),
    "steps": [until(60, 30, 500), *per(30, 600)],
    "bands": [flat("night", "20:00", "08:00", 1000)],
    "classes": [green(**share(50))],
}
HONG_KONG = {  # 星期一至四每小時 22 元；星期五至日、公眾假期及前夕 28 元，按開始時間；24 小時最高 300 元；
    # 夜泊：星期一至四 18 時後入場、次日 8 時前離場，最高 110 元
    **EACH_DAY,
    **cap(30000),
    "currency": "HKD",
    "steps_count": "cycle",
    "crossing": "unit_start",
    "band_days": "moment",
    "steps": hourly(2200),
    "bands": [band("dear", "00:00", "24:00", hourly(2800), ["fri", "sat", "sun", "holiday", "eve"])],
    "offers": [offer("night", "18:00", "24:00", "08:00", "next", days=MON_THU, cap=11000)],
}
SINGAPORE = {  # Mon-Fri 7-18 first hour 3.00, then 1.50 per half hour; Sat, Sun, PH and eve of PH 2 hours
    # 4.00, then 1.80 per half hour; after 18 per entry 3.50 (4.00); grace 10 minutes
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "band_days": "start",
    "steps": FREE_ELSE,
    "bands": [
        band("day", "07:00", "18:00", [{"until_min": 60, "flat": 300}, *per(30, 150)], MON_FRI),
        band(
            "rest",
            "07:00",
            "18:00",
            [{"until_min": 120, "flat": 400}, *per(30, 180)],
            ["sat", "sun", "holiday", "eve"],
        ),
        flat("evening", "18:00", "07:00", 350, MON_FRI),
        flat("rest_evening", "18:00", "07:00", 400, ["sat", "sun", "holiday", "eve"]),
    ],
}
MUNICH = {  # je angefangene Stunde 4,50, ab der 4. Stunde 3,50; höchstens 32,00 je 24 Stunden ab Einfahrt;
    # Einfahrt 18-24, Ausfahrt bis 7 Uhr höchstens 10,00; Einfahrt an Sonn- und Feiertagen höchstens 12,00
    **capped(3200),
    "currency": "EUR",
    "steps": [until(180, 60, 450), *hourly(350)],
    "offers": [offer("evening", "18:00", "24:00", "07:00", "next", cap=1000)],
    "seasons": [{"name": "rest", "days": ["sun", "holiday"], "rule": cap(1200)}],
    "unknown_entry": 3200,
}
PARIS = {  # le quart d'heure: 1re heure 1,20, jusqu'à la 4e 1,00, puis 0,80; 24 heures 38,00; 7 jours 160,00;
    # entrée après 19 h, sortie avant 9 h: 12,00 au plus; motos demi-tarif
    **capped(3800),
    "currency": "EUR",
    "steps": [until(60, 15, 120), until(240, 15, 100), *per(15, 80)],
    "long_caps": [{"cycles": 7, "amount": 16000}],
    "offers": [offer("night", "19:00", "24:00", "09:00", "next", cap=1200)],
    "classes": [seen("motorcycle", **share(50))],
}
TOKYO = {  # 8–22時 20分330円、22–8時 60分110円；最大料金 当日24時まで 平日2200円、土日祝2750円；夜間最大440円
    **{key: value for key, value in BY_BAND.items() if key != "steps"},
    **cap(2200),
    "currency": "JPY",
    "cycle": BY_DAY,
    "after_cycle": "run_on",
    "day_caps": [{"days": ["restday"], "amount": 2750}],
    "bands": [
        band("day", "08:00", "22:00", per(20, 330)),
        band("night", "22:00", "08:00", per(60, 110), cap=440),
    ],
}
SAN_FRANCISCO = {  # each started hour by its beginning: to 9 AM $1, to noon $3, to 3 PM $4, to 6 PM $3.50,
    # then $2; 24 hours $33; Mon-Fri in by 8:30 AM, out from 3 to 7 PM at most $19; motorcycles 40 %
    **{key: value for key, value in EACH_DAY.items() if key != "steps"},
    **cap(3300),
    "currency": "USD",
    "steps_count": "cycle",
    "crossing": "unit_start",
    "bands": [
        band("night", "00:00", "09:00", hourly(100)),
        band("morning", "09:00", "12:00", hourly(300)),
        band("noon", "12:00", "15:00", hourly(400)),
        band("afternoon", "15:00", "18:00", hourly(350)),
        band("evening", "18:00", "24:00", hourly(200)),
    ],
    "offers": [
        {
            **offer("early_bird", "00:00", "08:31", "19:00", days=MON_FRI, cap=1900),
            "leaves": {"from": "15:00", "by": "19:00", "day": "same"},
        }
    ],
    "allows_cheaper_longer": True,
    "classes": [seen("motorcycle", **share(40))],
}
LONDON = {  # up to 1 h 9.50, 2 h 19.00, 3 h 28.00, 4 h 36.00, 24 h 50.00; in from 17:00, out by 2:00 at most
    # 15.00; entries on Sundays at most 20.00; motorcycles 5.00 per 24 hours
    **capped(5000),
    "currency": "GBP",
    "steps": rungs((60, 950), (120, 1900), (180, 2800), (240, 3600), last=5000),
    "offers": [offer("theatre", "17:00", "24:00", "02:00", "next", cap=1500)],
    "seasons": [{"name": "sunday", "days": ["sun"], "rule": cap(2000)}],
    "classes": [seen("motorcycle", steps=once(500), caps=None, offers=None)],
}
NAMES = "chengdu shenzhen hangzhou hong_kong singapore munich paris tokyo san_francisco london"
BOARDS = {name: globals()[name.upper()] for name in NAMES.split()}


@pytest.mark.parametrize("name", BOARDS)
def test_board_of_a_city_is_a_document(name):
    check_document(BOARDS[name])


STAYS = """
chengdu
2026-12-07 09:00 2026-12-07 09:15 0
2026-12-07 09:00 2026-12-07 09:15:01 3
2026-12-07 09:00 2026-12-07 11:10 16
2026-12-07 09:00 2026-12-07 11:10 24 medium
2026-12-07 21:40 2026-12-08 08:20 6
2026-12-07 10:00 2026-12-07 10:20 6 large
shenzhen
2026-12-07 10:00 2026-12-07 20:00 60
2026-12-11 10:00 2026-12-11 20:00 90
2026-12-10 10:00 2026-12-11 12:00 80
2026-12-10 10:00 2026-12-12 10:00 150
2026-12-13 10:00 2026-12-15 09:00 150
2026-09-30 10:00 2026-09-30 20:00 90
hangzhou
2026-12-07 10:00 2026-12-07 10:10 0
2026-12-07 10:00 2026-12-07 11:20 16
2026-12-07 19:30 2026-12-07 21:00 15
2026-12-07 07:30 2026-12-07 09:00 20
2026-12-07 10:00 2026-12-07 11:20 8 nev_small
hong_kong
2026-12-07 10:15 2026-12-07 12:15 44
2026-12-07 10:15 2026-12-07 12:15:01 66
2026-12-24 10:00 2026-12-24 13:00 84
2026-12-10 22:30 2026-12-11 01:30 72
2026-12-07 18:00 2026-12-08 08:00 110
2026-12-08 18:00 2026-12-09 08:00:01 300
singapore
2026-12-07 10:00 2026-12-07 10:10 0
2026-12-07 10:00 2026-12-07 11:40 6
2026-12-07 17:00 2026-12-07 19:00 6.5
2026-12-24 10:00 2026-12-24 12:31 7.6
2026-12-07 23:00 2026-12-08 08:30 8
munich
2026-12-07 10:00 2026-12-07 11:00:01 9
2026-12-07 10:00 2026-12-07 15:00 20.5
2026-12-07 18:00 2026-12-08 07:00 10
2026-12-07 18:00 2026-12-08 07:00:01 32
2026-12-13 10:00 2026-12-13 20:00 12
2026-12-07 10:00 2026-12-08 12:00 41
paris
2026-12-07 10:00 2026-12-07 10:15 1.2
2026-12-07 10:00 2026-12-07 11:20 6.8
2026-12-07 10:00 2026-12-07 15:00 20
2026-12-07 10:00 2026-12-08 10:00 38
2026-12-07 19:30 2026-12-08 08:30 12
2026-12-07 10:00 2026-12-14 10:00 160
2026-12-07 10:00 2026-12-14 11:00 164.8
2026-12-07 10:00 2026-12-07 11:20 3.4 motorcycle
tokyo
2026-12-07 10:00 2026-12-07 10:20 3.3
2026-12-07 10:00 2026-12-07 11:00:01 13.2
2026-12-07 10:00 2026-12-07 16:00 22
2026-12-12 10:00 2026-12-12 16:00 27.5
2026-12-07 21:00 2026-12-08 09:00 24.2
2026-12-11 10:00 2026-12-12 16:00 49.5
san_francisco
2026-12-07 10:00 2026-12-07 13:00 10
2026-12-07 11:30 2026-12-07 14:00 11
2026-12-07 08:00 2026-12-07 16:00 19
2026-12-07 08:00 2026-12-07 14:00 18
2026-12-07 08:31 2026-12-07 16:00 25.5
2026-12-07 08:00 2026-12-08 09:00 34
2026-12-07 10:00 2026-12-07 13:00 4 motorcycle
london
2026-12-07 10:00 2026-12-07 11:00 9.5
2026-12-07 10:00 2026-12-07 11:00:01 19
2026-12-07 10:00 2026-12-07 14:01 50
2026-12-07 17:00 2026-12-08 02:00 15
2026-12-07 10:00 2026-12-08 11:00 59.5
2026-12-13 10:00 2026-12-13 18:00 20
2026-12-07 10:00 2026-12-09 09:00 10 motorcycle
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_city_asks_what_its_board_states(name, entered, left, amount, who):
    tariff = tariffs.read_new(BOARDS[name])
    where = PLACES[tariff.currency.code]
    stay = at(entered, where.zone), at(left, where.zone)
    kind, camera = (who, "") if who.startswith("nev") else ("ordinary", who)
    assert tariff.price(*stay, kind, seen=camera, place=where).fen == amount
    assert by_sentences(tariff, stay, kind, camera, where) == amount


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone)
