"""Boards that public pages print and no other test has; each stay worked out by hand from the text.

A comment names the page. Where a board leaves something open, the comment says how it is read. The language
cannot say three that were tried: a day price that ends after twelve hours or at midnight, whichever comes
first (每12小時之最高收費,由入閘時間起計算至同日午夜), a weekly ticket that a driver chooses to buy, and a
price that depends on a tram ride.
"""

from zoneinfo import ZoneInfo

import pytest

from lots import tariffs
from lots.tariffs import PLAIN, Place
from tests.lots.tariffs.board_cases import by_sentences, check_document, rows
from tests.lots.tariffs.board_makers import (
    BY_DAY,
    NEW,
    REST,
    band,
    capped,
    first_then,
    free,
    ladder,
    offer,
    per,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import SHANGHAI, moment

TOKYO, NEW_YORK, LONDON = map(ZoneInfo, ("Asia/Tokyo", "America/New_York", "Europe/London"))


QIANSHAN = {  # 白天 7–19 时 1 元/半小时，夜间 0.5 元/小时；未超过半小时免费；全天 24 小时按白天 10 小时收费
    **capped(2000),  # vuedarkmode.com, 千山积翠门
    **free(30),
    "steps": per(30, 100),
    "bands": [band("night", "19:00", "07:00", per(60, 50))],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
}
ZHUMADIAN = {  # 30 分钟免费；至 1 小时 4 元，每增加 1 小时加收 1 元，24 小时最高 20 元
    **capped(2000),  # tzwb.zmdnews.cn 2020-10-28, 一类区域路外
    **free(30),
    "steps": first_then(400, 100),
}
ZHUMADIAN_STREET = {  # 至 1 小时 5 元，每增加 1 小时 1.5 元，7:30–19:30 最高 20 元；夜间免费；30 分钟免费
    **NEW,  # the same page, 一类区域路内
    **free(30),
    "steps": [{"until_min": None, "flat": 0}],
    "steps_count": "band",
    "bands": [band("day", "07:30", "19:30", first_then(500, 150), cap=2000)],
    "crossing": "sum_per_band",
}
SEATS = {  # 1.5 小时免费，至 2 小时 5 元，之后每小时 1 元，24 小时最高 20 元；新能源 3 小时免费
    **capped(2000),  # zuomama.com; the free time is given once a stay
    **free(90),
    "steps": [{"until_min": 120, "flat": 500}, *hourly(100)],
    "classes": [
        {
            "name": "new_energy",
            "kinds": ["nev_small", "nev_large"],
            "rule": {
                **free(180),
                "steps": [{"until_min": 240, "flat": 250}, *hourly(100)],
                "caps": [{"cycle": "each", "amount": 1000}],
            },
        },
        {
            "name": "large",
            "seen_as": ["large"],
            "rule": {
                "steps": [{"until_min": 120, "flat": 600}, *hourly(200)],
                "caps": [{"cycle": "each", "amount": 3000}],
            },
        },
    ],
}
ZHANGYE = {  # 1 小时以内 2 元，每增加 1 小时 1 元，24 小时最高 25 元，超过的重新计算；不足 15 分钟不收费
    **capped(2500),  # m.ljsggw.cn, 张掖机场
    **free(15),
    "reached": ["free"],
    "steps": first_then(200, 100),
    "classes": [
        {
            "name": "motorcycle",
            "seen_as": ["motorcycle"],
            "rule": {"steps": first_then(100, 50), "caps": [{"cycle": "each", "amount": 500}]},
        },
        {
            "name": "large",
            "seen_as": ["large"],
            "rule": {"steps": first_then(500, 200), "caps": [{"cycle": "each", "amount": 3000}]},
        },
    ],
}
STRATFORD = {  # 30 minutes - 1 hour 2.60, 2 hours 3.10, 4 hours 4.70, 6 hours 7.30, 24 hours 9.40
    **NEW,  # swft.nhs.uk
    **free(30),
    "currency": "GBP",
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((60, 260), (120, 310), (240, 470), (360, 730), (None, 940)),
}
HINCHINGBROOKE = {  # 30 minutes free, £3 an hour up, each hour £1 more up to £10; 12 hours 11, 24 hours 12
    **STRATFORD,  # nwangliaft.nhs.uk
    "steps": ladder(*((60 * n, 200 + 100 * n) for n in range(1, 9)), (720, 1100), (None, 1200)),
}
LANCASTER = {  # $5 from 5 pm to 5 am on Friday, Saturday and Sunday; out later: all of it by the hour
    **NEW,  # lancasterparkingauthority.com; the hourly rate, which the page does not name, is taken as 3
    "currency": "USD",
    "steps": hourly(300),
    "offers": [
        offer("evening", "17:00", "24:00", "05:00", "next", ["fri", "sat", "sun"], flat=500),
        offer("night", "00:00", "05:00", "05:00", "same", ["sat", "sun", "mon"], flat=500),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
}
BARTA = {  # $2 for the first hour, $1 each further, at most $14 a day; a lost ticket pays $14
    **capped(1400),  # bartabus.com; a day is 24 hours
    "currency": "USD",
    "steps": first_then(200, 100),
    "unknown_entry": 1400,
}
NIGHT_MAXIMUM = {  # 30分100円、24時間最大900円、夜間(20–8時)最大500円; 18:00 to 7:50 is 900 there
    **capped(900),  # trip.awaisora.com
    "currency": "JPY",
    "steps": per(30, 100),
    "bands": [band("night", "20:00", "08:00", per(30, 100), cap=500)],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
}
SAME_DAY_MAXIMUM = {  # 10分100円、当日最大2,000円; 22:00 to 8:00 is 3,200 there
    **capped(2000, BY_DAY),  # coyabadance.org
    "currency": "JPY",
    "steps": per(10, 100),
}
DAY_MAXIMUM = {**SAME_DAY_MAXIMUM, **capped(2000), "currency": "JPY", "steps": per(10, 100)}  # 24時間最大
TWO_TIMES = {  # 8–22時 30分200円、最大1,100円; 22–8時 60分100円、最大400円
    **NEW,  # page.line.me
    "currency": "JPY",
    "steps_count": "band",
    "bands": [
        band("day", "08:00", "22:00", per(30, 200), cap=1100),
        band("night", "22:00", "08:00", per(60, 100), cap=400),
    ],
    "crossing": "sum_per_band",
}
HALF_DAY_MAXIMUM = {  # 15分200円、駐車後12時間最大1,000円、繰り返し
    **capped(1000, {"basis": "from_entry", "hours": 12}),  # the shape of times-info.net/info/max_fee
    "currency": "JPY",
    "steps": per(15, 200),
}
EAST_TOWN = {  # 一至六 07–22 $35、22–07 $24，日及假期 $31；日泊 08–20 $180，夜泊 20–08 $90
    **NEW,  # parkhaus.hk; a day or night parking is taken as the most that such a stay costs
    "currency": "HKD",
    "steps": hourly(3100),
    "bands": [
        band("day", "07:00", "22:00", hourly(3500), ["workday", "sat"]),
        band("night", "22:00", "07:00", hourly(2400), ["workday", "sat"]),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "offers": [
        offer("day_park", "08:00", "20:00", "20:00", cap=18000),
        offer("night_park", "20:00", "24:00", "08:00", "next", cap=9000),
        offer("early_park", "00:00", "08:00", "08:00", cap=9000),
    ],
    "offers_apply": "cheapest",
}
KERRY = {  # 一至五 22–18 $10；一至四 18–22 $20，五 $40；六日及假期 22–18 $20，18–22 $40
    **NEW,  # parkhaus.hk; the columns of the weekend are read as Saturdays, Sundays and holidays
    "currency": "HKD",
    "steps": hourly(1000),
    "bands": [
        band("evening", "18:00", "22:00", hourly(2000), ["mon", "tue", "wed", "thu", "makeup"]),
        band("friday", "18:00", "22:00", hourly(4000), ["fri"]),
        band("rest_evening", "18:00", "22:00", hourly(4000), REST),
        band("rest", "22:00", "18:00", hourly(2000), REST),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
}
KWAN_YICK = {  # 每小時 $20；日泊 07–20 $120，夜泊 18–08 $70，全日 00:00–23:59 $140
    **capped(14000, BY_DAY),  # parkhaus.hk
    "currency": "HKD",
    "steps": hourly(2000),
    "offers": [
        offer("day_park", "07:00", "20:00", "20:00", cap=12000),
        offer("night_park", "18:00", "24:00", "08:00", "next", cap=7000),
        offer("early_park", "00:00", "08:00", "08:00", cap=7000),
    ],
    "offers_apply": "cheapest",
}
QUARTERS = {  # par quart d'heure: 1,00 les 4 premières heures, puis 0,50; 24 heures 24,00
    **capped(2400),  # the shape of a French garage, which has charged by quarters since 2015; from memory
    "currency": "EUR",
    "steps": [{"until_min": 240, "unit_min": 15, "price": 100}, *per(15, 50)],
}
LOYAL = {  # 每小时 10 元，每天 60 元封顶；每号牌每月前 3 次停车各免费 2 小时，每月最高 300 元
    **capped(6000),  # the shape of malls' notices to regular customers; from memory
    "steps": hourly(1000),
    "free": {"minutes": 120, "mode": "deduct", "repeat": "times_a_month", "times": 3},
    "cycle_starts": "entry",
    "month_cap": 30000,
}
EIGHT_HOURS = {  # 2 小时以内 5 元，2 小时以上（含 2 小时）8 元，8 小时以上（含）15 元，每 24 小时
    **NEW,  # the shape of county boards that write 含; from memory
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((120, 500), (480, 800), (None, 1500)),
    "reached": ["steps"],
}
BOARDS = {
    "qianshan": QIANSHAN, "zhumadian": ZHUMADIAN, "zhumadian_street": ZHUMADIAN_STREET, "seats": SEATS,
    "zhangye": ZHANGYE, "stratford": STRATFORD, "hinchingbrooke": HINCHINGBROOKE, "lancaster": LANCASTER,
    "barta": BARTA, "night_maximum": NIGHT_MAXIMUM, "same_day_maximum": SAME_DAY_MAXIMUM,
    "day_maximum": DAY_MAXIMUM, "two_times": TWO_TIMES, "half_day_maximum": HALF_DAY_MAXIMUM,
    "east_town": EAST_TOWN, "kerry": KERRY, "kwan_yick": KWAN_YICK, "quarters": QUARTERS, "loyal": LOYAL,
    "eight_hours": EIGHT_HOURS,
}  # fmt: skip
ZONES = {
    **dict.fromkeys(("stratford", "hinchingbrooke"), LONDON),
    **dict.fromkeys(("lancaster", "barta"), NEW_YORK),
    **dict.fromkeys(("night_maximum", "same_day_maximum", "day_maximum", "two_times"), TOKYO),
    "half_day_maximum": TOKYO,
}
STAYS = """
qianshan
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:30:01 2
04-20 18:50 04-20 19:10 0
04-20 18:30 04-20 20:00 1.5
04-20 19:00 04-21 07:00 6
04-20 07:00 04-20 17:00 20
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 11:00 22
04-20 10:00 04-27 10:00 140
zhumadian
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 4
04-20 10:00 04-20 11:00 4
04-20 10:00 04-20 11:01 5
04-20 10:00 04-21 02:00 19
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 10:10 24
04-20 10:00 04-27 10:00 140
zhumadian_street
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 5
04-20 10:00 04-20 12:00 6.5
04-20 07:30 04-20 19:30 20
04-20 19:00 04-21 08:00 10
04-20 19:30 04-21 07:30 0
04-20 07:30 04-27 07:30 140
seats
04-20 10:00 04-20 11:30 0
04-20 10:00 04-20 11:31 5
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 12:01 6
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 10:30 25
04-20 10:00 04-20 13:00 0 nev_small
04-20 10:00 04-20 13:01 2.5 nev_small
04-20 10:00 04-20 14:01 3.5 nev_large
04-20 10:00 04-21 10:00 10 nev_small
04-20 10:00 04-20 12:01 8 large
04-20 10:00 04-21 10:00 30 large
04-20 10:00 04-27 10:00 140
zhangye
04-20 10:00 04-20 10:14 0
04-20 10:00 04-20 10:14:59 0
04-20 10:00 04-20 10:15 2
04-20 10:00 04-20 11:00 2
04-20 10:00 04-20 11:01 3
04-20 10:00 04-21 10:00 25
04-20 10:00 04-21 10:01 27
04-20 10:00 04-20 15:00 3 motorcycle
04-20 10:00 04-21 10:00 5 motorcycle
04-20 10:00 04-20 13:00 9 large
04-20 10:00 04-21 10:00 30 large
04-20 10:00 04-27 10:00 175
stratford
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 2.6
04-20 10:00 04-20 11:00 2.6
04-20 10:00 04-20 11:01 3.1
04-20 10:00 04-20 14:00 4.7
04-20 10:00 04-20 16:00 7.3
04-20 10:00 04-20 16:01 9.4
04-20 10:00 04-21 10:00 9.4
04-20 10:00 04-21 10:31 12
04-20 10:00 04-27 10:00 65.8
hinchingbrooke
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 11:00 3
04-20 10:00 04-20 13:30 6
04-20 10:00 04-20 18:00 10
04-20 10:00 04-20 18:01 11
04-20 10:00 04-20 22:01 12
04-20 10:00 04-21 10:00 12
04-20 10:00 04-21 11:30 16
04-20 10:00 04-27 10:00 84
lancaster
04-24 18:00 04-24 23:00 5
04-24 17:00 04-25 05:00 5
04-24 17:00 04-25 05:01 39
04-25 01:00 04-25 04:00 5
04-23 18:00 04-23 21:00 9
04-27 01:00 04-27 04:00 5
04-24 16:59 04-24 18:00 6
04-20 10:00 04-27 10:00 504
barta
04-20 10:00 04-20 11:00 2
04-20 10:00 04-20 11:01 3
04-20 10:00 04-20 22:00 13
04-20 10:00 04-20 23:00 14
04-20 10:00 04-21 10:00 14
04-20 10:00 04-21 11:00 16
04-20 10:00 04-27 10:00 98
night_maximum
04-20 18:00 04-21 07:50 9
04-20 10:00 04-20 12:00 4
04-20 10:00 04-20 14:30 9
04-20 10:00 04-20 18:00 9
04-20 20:00 04-21 08:00 5
04-20 20:00 04-20 20:01 1
04-20 18:00 04-21 18:00 9
04-20 18:00 04-21 18:01 10
04-20 18:00 04-27 18:00 63
same_day_maximum
04-20 22:00 04-21 08:00 32
04-20 10:00 04-20 13:00 18
04-20 10:00 04-20 13:20 20
04-20 10:00 04-21 00:00 20
04-20 10:00 04-21 00:10 21
04-20 00:00 04-27 00:00 140
day_maximum
04-20 22:00 04-21 08:00 20
04-20 10:00 04-20 13:00 18
04-20 10:00 04-21 00:10 20
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 10:10 21
04-20 10:00 04-27 10:00 140
two_times
04-20 10:00 04-20 10:30 2
04-20 10:00 04-20 13:00 11
04-20 21:30 04-20 22:30 3
04-20 22:00 04-21 02:00 4
04-20 22:00 04-21 08:00 4
04-20 08:00 04-21 08:00 15
04-20 07:30 04-20 08:30 3
04-20 08:00 04-27 08:00 105
half_day_maximum
04-20 10:00 04-20 10:15 2
04-20 10:00 04-20 11:00 8
04-20 10:00 04-20 11:01 10
04-20 10:00 04-20 22:00 10
04-20 10:00 04-20 22:15 12
04-20 10:00 04-21 10:00 20
04-20 10:00 04-27 10:00 140
east_town
04-20 10:00 04-20 12:00 70
04-20 10:00 04-20 16:00 180
04-20 10:00 04-20 20:01 385
04-20 20:00 04-21 08:00 90
04-20 21:30 04-20 22:30 59
04-21 01:00 04-21 07:00 90
04-26 10:00 04-26 12:00 62
04-26 23:00 04-27 01:00 55
04-20 10:00 04-21 10:00 741
kerry
04-20 17:00 04-20 19:00 30
04-24 18:00 04-24 22:00 160
04-24 21:30 04-24 22:30 50
04-24 23:00 04-25 01:00 30
04-25 12:00 04-25 14:00 40
04-26 18:00 04-26 22:00 160
04-20 22:00 04-21 18:00 200
04-20 00:00 04-27 00:00 2600
kwan_yick
04-20 10:00 04-20 12:00 40
04-20 10:00 04-20 17:00 120
04-20 10:00 04-20 20:00 120
04-20 10:00 04-20 20:01 140
04-20 18:00 04-21 08:00 70
04-20 17:59 04-21 08:00 280
04-20 01:00 04-20 05:00 70
04-20 00:00 04-21 00:00 140
04-20 10:00 04-22 10:00 420
quarters
04-20 10:00 04-20 10:15 1
04-20 10:00 04-20 10:16 2
04-20 10:00 04-20 14:00 16
04-20 10:00 04-20 15:00 18
04-20 10:00 04-20 18:00 24
04-20 10:00 04-21 10:00 24
04-20 10:00 04-21 10:20 26
04-20 10:00 04-27 10:00 168
loyal
04-20 10:00 04-20 12:00 0
04-20 10:00 04-20 12:01 10
04-20 10:00 04-20 17:00 50
04-20 10:00 04-21 10:00 60
04-20 10:00 04-22 10:00 120
04-20 10:00 04-27 10:00 300
04-29 10:00 05-06 10:00 420
eight_hours
04-20 10:00 04-20 11:59 5
04-20 10:00 04-20 11:59:59 5
04-20 10:00 04-20 12:00 8
04-20 10:00 04-20 17:59 8
04-20 10:00 04-20 18:00 15
04-20 10:00 04-21 10:00 15
04-20 10:00 04-21 12:00 23
04-20 10:00 04-27 10:00 105
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_public_board_is_charged_as_printed(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the printed board asks."""
    tariff, zone = tariffs.read_new(BOARDS[name]), ZONES.get(name, SHANGHAI)
    stay, place = (moment(entered, zone), moment(left, zone)), Place(zone, PLAIN)
    kind = who if who.startswith("nev") else "ordinary"
    seen = who if who in {"large", "motorcycle"} else ""
    assert tariff.price(*stay, kind, seen=seen, place=place).fen == amount
    if not left.endswith(":59"):  # the reader counts whole minutes
        assert by_sentences(tariff, stay, kind, seen, place) == amount


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    assert len([row for row in rows(STAYS, BOARDS) if row[0] == name]) >= 5
    check_document(BOARDS[name])
