"""Boards worded and priced before the language was read: streets of cities, trades, five lots abroad.

A comment is the text of the board. Patients, companions and guests of a hotel have a coupon that prices by
another tariff, so the words for them are a board of their own.
"""

import pytest

from lots import tariffs
from payments.coupons.coupon_rules import CouponKind, Position, Right, reduce
from tests.lots.tariffs.board_cases import check_board, prices_of, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    DAYTIME,
    EACH_DAY,
    FREE_ELSE,
    NEW,
    NIGHT,
    REST,
    band,
    cap,
    capped,
    deduct,
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
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import CHINA, moment

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_FRI = ["mon", "tue", "wed", "thu", "fri"]
MON_SAT = [*MON_FRI, "sat", "makeup"]
FIRST_HALF_HOUR = [{"until_min": 30, "flat": 400}, *per(30, 800)]


def first_hour(fen, unit, later):
    return [{"until_min": 60, "flat": fen}, *per(unit, later)]


SHANGHAI_KERB = {  # 7:30–19:30 首小时 15 元，之后每半小时 10 元；夜间 10 元/次；15 分钟内免费
    **BY_BAND,
    **free(15),
    "steps": first_hour(1500, 30, 1000),
    "bands": [flat("night", "19:30", "07:30", 1000)],
}
BEIJING_SECOND = {  # 7–19 时首小时每 15 分钟 1.5 元，之后 2.25 元；夜间每 2 小时 1 元；
    # 不满一个计时单位不收费；大型车加倍
    **BY_BAND,
    "rounding": "full",
    "steps": [until(60, 15, 150), *per(15, 225)],
    "bands": [band("night", "19:00", "07:00", per(120, 100))],
    "classes": [seen("large", **share(200))],
}
SHENZHEN_KERB = {  # 工作日 7:30–21:00 前半小时 4 元，之后每半小时 8 元；非工作日 10–21 时 2 元、3 元；
    # 其余时间免费；10 分钟内免费
    **BY_BAND,
    **free(10),
    "steps": FREE_ELSE,
    "band_days": "moment",
    "bands": [
        band("day", "07:30", "21:00", FIRST_HALF_HOUR, ["workday"]),
        band("rest", "10:00", "21:00", [{"until_min": 30, "flat": 200}, *per(30, 300)], ["restday"]),
    ],
}
GUANGZHOU_INDOOR = {  # 首个小时 10 元，以后每半小时 5 元；22–8 时每小时 2 元；
    # 24 小时最高 60 元；15 分钟内免费
    **capped(6000),
    **free(15),
    "steps": first_hour(1000, 30, 500),
    "bands": [band("night", "22:00", "08:00", hourly(200))],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
}
CHENGDU_KERB = {  # 8–22 时前 2 小时每半小时 3 元，2 小时后 4 元；22–8 时每小时 1 元，最高 5 元；
    # 新能源车前 2 小时免费，超出部分减半
    **BY_BAND,
    "steps": [until(120, 30, 300), *per(30, 400)],
    "bands": [band("night", "22:00", "08:00", hourly(100), cap=500)],
    "classes": [
        green(
            steps=[{"until_min": 120, "flat": 0}, *per(30, 200)],
            bands=[band("night", "22:00", "08:00", hourly(50), cap=250)],
        )
    ],
}
WUHAN_PUBLIC = {  # 30 分钟内免费；首小时 4 元（含免费时间），之后每小时 3 元；
    # 22–7 时每次 5 元，不另计时；每日最高 30 元
    **BY_BAND,
    **free(30),
    **cap(3000),
    "cycle": BY_DAY,
    "after_cycle": "run_on",
    "steps": first_hour(400, 60, 300),
    "bands": [flat("night", "22:00", "07:00", 500)],
}
XIAN_CLASSES = {  # 首小时小型车 3 元、大型车 8 元、拖挂车 12 元，之后每半小时减半；
    # 夜间包夜 8 元、15 元、20 元；15 分钟内免费
    **BY_BAND,
    **free(15),
    "steps": first_hour(300, 30, 150),
    "bands": [flat("night", *NIGHT, 800)],
    "classes": [
        seen("large", steps=first_hour(800, 30, 400), bands=[flat("night", *NIGHT, 1500)]),
        seen("extra_large", steps=first_hour(1200, 30, 600), bands=[flat("night", *NIGHT, 2000)]),
    ],
}
NANJING_DAYS = {  # 8–20 时首小时每 15 分钟 3 元，之后 4 元；20–8 时免费；15 分钟内免费；次日首小时重新计算
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [band("day", *DAYTIME, [until(60, 15, 300), *per(15, 400)])],
}
SUZHOU_ONCE = {  # 30 分钟内免费，每车每天一次；首小时 5 元（含免费时间），之后每小时 3 元；24 小时最高 40 元
    **capped(4000),
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once_a_day"},
    "steps": first_hour(500, 60, 300),
}
QINGDAO_SEA = {  # 首小时 6 元，之后每半小时 4 元，每日（8 时至次日 8 时）最高 60 元；22–6 时免费；
    # 淡季（11 月至次年 3 月）4 元、2 元、最高 30 元
    **NEW,
    **cap(6000),
    "cycle": {"basis": "calendar_day", "reset": "08:00"},
    "after_cycle": "begin_again",
    "crossing": "sum_per_band",
    "steps": first_hour(600, 30, 400),
    "bands": [{"name": "night", "from": "22:00", "to": "06:00", "free": True}],
    "seasons": [
        {
            "name": "off_peak",
            "dates": ["11-01/03-31"],
            "rule": {"steps": first_hour(400, 30, 200), **cap(3000)},
        }
    ],
}
COUNTY_TOWN = {  # 每次停车每天前 1 小时免费；第 2、3 小时每小时 2 元，第 4 小时起 1 元，
    # 每天最高 10 元；21–7 时免费
    **NEW,
    **cap(1000),
    "cycle": BY_DAY,
    "steps_count": "band",
    "after_cycle": "begin_again",
    "crossing": "sum_per_band",
    "steps": [{"until_min": 60, "flat": 0}, until(180, 60, 200), *hourly(100)],
    "bands": [{"name": "night", "from": "21:00", "to": "07:00", "free": True}],
}
COUNTY_DAILY = {  # 每车每天前 1 小时免费（计入时长）；第 2、3 小时每小时 2 元，
    # 第 4 小时起 1 元，每天最高 10 元
    **NEW,
    **cap(1000),
    "free": {"minutes": 60, "mode": "deduct", "repeat": "once_a_day", "counts_in_steps": True},
    "cycle": BY_DAY,
    "steps": [until(180, 60, 200), *hourly(100)],
}
MALL_DAYS = {  # 工作日首小时免费，之后每小时 5 元，最高 30 元；休息日 30 分钟内免费，
    # 首小时 8 元，之后每半小时 5 元，最高 80 元
    **capped(3000, BY_DAY),
    **deduct(60),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "weekend",
            "days": ["restday"],
            "rule": {**free(30), "steps": first_hour(800, 30, 500), **cap(8000)},
        }
    ],
}
HOSPITAL = {  # 30 分钟内免费；前 2 小时每小时 4 元，之后 6 元；24 小时最高 50 元
    **capped(5000),
    **free(30),
    "steps": [until(120, 60, 400), *hourly(600)],
}
PATIENT = {**NEW, **deduct(120), "steps": hourly(200)}  # 就诊患者：2 小时免费，之后每小时 2 元
COMPANION = {
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": once(1000),
}  # 陪护每 24 小时 10 元
HOTEL = {**capped(10000), **free(30), "steps": hourly(1000)}  # 30 分钟内免费，每小时 10 元，24 小时 100 元
HOTEL_GUEST = {  # 住客每晚 20 元（0 时在场算一晚），当日离店 10 元
    **NEW,
    "steps": once(1000),
    "offers": [
        offer("day", "00:00", "24:00", "24:00", "same", flat=1000),
        offer("one_night", "00:00", "24:00", "24:00", "next", flat=2000),
        *(
            offer(f"nights_{nights}", "00:00", "24:00", "24:00", str(nights), flat=2000 * nights)
            for nights in range(2, 8)
        ),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
}
SCENIC_NIGHTS = {  # 小车每次 10 元，过夜每晚加 20 元；大巴 20 元、30 元；摩托车 3 元；20 分钟内免费
    **NEW,
    **free(20),
    "steps": once(1000),
    "overnight": {"at": "00:00", "amount": 2000, "nights": "each"},
    "classes": [
        seen("large", steps=once(2000), overnight={"at": "00:00", "amount": 3000, "nights": "each"}),
        seen("motorcycle", steps=once(300), overnight=None),
    ],
}
CHARGING_BAYS = {
    **capped(3000, BY_DAY),
    "steps": per(30, 300),
}  # 每半小时 3 元，每天最高 30 元；充电免 2 小时
STADTHAUS = {  # Mo–Sa 8–20: je angef. 30 Min 1,20 €; 20–8 und So/Feiertag: je angef. Std 0,60 €, max. 3,00 €;
    # 24 Stunden max. 14 €; 10 Min frei
    **EACH_DAY,
    **free(10),
    **cap(1400),
    "currency": "EUR",
    "steps": per(30, 120),
    "band_days": "moment",
    "bands": [
        band("night", *NIGHT, hourly(60), cap=300),
        band("sunday", *DAYTIME, hourly(60), ["sun", "holiday"], cap=300),
    ],
}
ORCHARD = {  # Mon–Fri 7am–6pm $2.20 1st hr, $1.10 sub. ½ hr; after 6pm Mon–Thu $2.80, Fri and eve of PH $3.20
    # per entry; Sat/Sun/PH $2.60 first 2 hrs, $1.30 sub. ½ hr, after 6pm $3.20; 10 min grace
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "steps": first_hour(220, 30, 110),
    "band_days": "start",
    "bands": [
        flat("evening", "18:00", "07:00", 280, ["mon", "tue", "wed", "thu", "makeup"]),
        flat("late", "18:00", "07:00", 320, ["fri", *REST]),
        band("rest", "07:00", "18:00", [{"until_min": 120, "flat": 260}, *per(30, 130)], REST),
    ],
    "seasons": [
        {
            "name": "eve",
            "dates": ["2026-09-30"],
            "rule": {"bands": [flat("late", "18:00", "07:00", 320)], "band_days": None},
        }
    ],
}
COIN_LOT = {  # 8–22 時 20 分 220 円、22–8 時 60 分 110 円・最大 440 円、
    # 入庫後 12 時間最大 1540 円（繰り返し）
    **EACH_DAY,
    **cap(1540),
    "currency": "JPY",
    "cycle": {"basis": "from_entry", "hours": 12},
    "steps": per(20, 220),
    "bands": [band("night", "22:00", "08:00", hourly(110), cap=440)],
}
COUNTY_COUNCIL = {  # Mon–Sat 8–18 up to 1 h £1.80, 2 h £3.20, 3 h £4.60, 5 h £8, over £14;
    # evening £1.50; Sundays and bank holidays £2
    **BY_BAND,
    "currency": "GBP",
    "steps": rungs((60, 180), (120, 320), (180, 460), (300, 800), last=1400),
    "band_days": "moment",
    "bands": [
        flat("evening", "18:00", "08:00", 150),
        flat("sunday", "08:00", "18:00", 200, ["sun", "holiday"]),
    ],
}
GARAGE = {  # first hour $9, each additional 30 min $4, 24 h max $38;
    # early bird in 5–9, out by 7pm Mon–Fri $17; in after 5pm, out by 5am $12; weekend $15 a day
    **capped(3800),
    "currency": "USD",
    "steps": first_hour(900, 30, 400),
    "offers": [
        offer("early", "05:00", "09:00", "19:00", "same", MON_FRI, cap=1700),
        offer("evening", "17:00", "24:00", "05:00", "next", cap=1200),
    ],
    "offers_apply": "first",
    "seasons": [
        {
            "name": "weekend",
            "days": ["sat", "sun"],
            "rule": {"steps": once(1500), "cycle": BY_DAY, "caps": None, "offers": None},
        }
    ],
    "allows_cheaper_longer": True,
}
BOARDS = {
    "shanghai_kerb": SHANGHAI_KERB,
    "beijing_second": BEIJING_SECOND,
    "shenzhen_kerb": SHENZHEN_KERB,
    "guangzhou_indoor": GUANGZHOU_INDOOR,
    "chengdu_kerb": CHENGDU_KERB,
    "wuhan_public": WUHAN_PUBLIC,
    "xian_classes": XIAN_CLASSES,
    "nanjing_days": NANJING_DAYS,
    "suzhou_once": SUZHOU_ONCE,
    "qingdao_sea": QINGDAO_SEA,
    "county_town": COUNTY_TOWN,
    "county_daily": COUNTY_DAILY,
    "mall_days": MALL_DAYS,
    "hospital": HOSPITAL,
    "patient": PATIENT,
    "companion": COMPANION,
    "hotel": HOTEL,
    "hotel_guest": HOTEL_GUEST,
    "scenic_nights": SCENIC_NIGHTS,
    "charging_bays": CHARGING_BAYS,
    "stadthaus": STADTHAUS,
    "orchard": ORCHARD,
    "coin_lot": COIN_LOT,
    "county_council": COUNTY_COUNCIL,
    "garage": GARAGE,
}
STAYS = """
shanghai_kerb
09-07 10:00 09-07 10:12 0
09-07 10:00 09-07 11:31 35
09-07 18:50 09-07 20:10 25
09-07 22:00 09-08 08:15 25
09-07 09:00 09-07 20:00 215
beijing_second
09-07 10:00 09-07 10:14 0
09-07 10:00 09-07 10:50 4.50
09-07 10:00 09-07 12:40 19.50
09-07 18:30 09-07 21:30 4
09-07 10:00 09-07 10:50 9 large
shenzhen_kerb
09-08 09:00 09-08 09:09 0
09-08 09:00 09-08 10:40 28
09-08 20:20 09-09 00:10 12
09-12 08:30 09-12 10:40 5
09-08 07:00 09-08 08:00 4
guangzhou_indoor
09-07 12:00 09-07 14:20 25
09-07 21:40 09-07 22:40 12
09-07 20:00 09-08 09:00 50
09-07 08:00 09-07 22:00 60
09-07 08:00 09-08 10:00 80
chengdu_kerb
09-07 09:00 09-07 11:30 16
09-07 21:00 09-07 23:30 8
09-07 22:30 09-08 07:30 5
09-07 09:00 09-07 10:50 0 nev_small
09-07 09:00 09-07 12:00 4 nev_small
wuhan_public
09-07 09:00 09-07 09:30 0
09-07 09:00 09-07 09:31 4
09-07 09:00 09-07 12:10 13
09-07 09:00 09-07 22:00 30
09-07 20:00 09-08 06:00 12
xian_classes
09-07 10:00 09-07 11:20 4.50
09-07 10:00 09-07 11:20 12 large
09-07 10:00 09-07 12:00 24 extra_large
09-07 19:00 09-08 07:00 11
09-07 20:30 09-07 21:00 8
nanjing_days
09-07 09:00 09-07 10:40 24
09-07 19:00 09-08 09:00 24
09-07 19:30 09-08 09:30 26
09-07 19:50 09-07 20:30 3
09-07 19:55 09-08 08:05 6
suzhou_once
09-07 10:00 09-07 10:25 0
09-07 10:00 09-07 10:31 5
09-07 10:00 09-07 13:10 14
09-07 10:00 09-08 09:00 40
qingdao_sea
09-07 10:00 09-07 12:10 18
11-09 10:00 11-09 12:10 10
09-07 10:00 09-07 22:30 60
11-09 10:00 11-09 20:00 30
09-07 22:30 09-08 05:00 0
county_town
09-07 09:00 09-07 09:50 0
09-07 09:00 09-07 11:30 4
09-07 09:00 09-07 13:10 6
09-07 09:00 09-07 21:00 10
09-07 19:00 09-08 09:30 6
county_daily
09-07 09:00 09-07 09:50 0
09-07 09:00 09-07 11:30 4
09-07 09:00 09-07 13:10 6
09-07 09:00 09-07 21:00 10
mall_days
09-08 10:00 09-08 11:00 0
09-08 10:00 09-08 12:20 10
09-12 10:00 09-12 12:20 23
09-12 10:00 09-12 22:00 80
10-01 10:00 10-01 12:20 23
hospital
09-07 09:00 09-07 09:30 0
09-07 09:00 09-07 12:10 20
09-07 09:00 09-07 21:00 50
patient
09-07 09:00 09-07 11:00 0
09-07 09:00 09-07 12:10 4
09-07 09:00 09-07 13:00 4
companion
09-07 09:00 09-09 08:00 20
09-07 09:00 09-07 10:00 10
09-07 09:00 09-09 10:00 30
hotel
09-07 12:00 09-07 12:30 0
09-07 12:00 09-07 14:10 30
09-07 12:00 09-08 12:00 100
hotel_guest
09-07 15:00 09-09 12:00 40
09-07 10:00 09-07 20:00 10
09-07 13:00 09-08 12:00 20
scenic_nights
09-07 09:00 09-07 17:00 10
09-07 09:00 09-08 08:00 30
09-07 09:00 09-09 08:00 80 large
09-07 09:00 09-08 10:00 3 motorcycle
09-07 09:00 09-07 09:20 0
09-07 23:50 09-08 00:30 30
charging_bays
09-07 10:00 09-07 12:40 18
09-07 10:00 09-07 20:00 30
09-07 10:00 09-07 10:01 3
stadthaus
09-07 09:00 09-07 10:40 4.80
09-07 19:00 09-07 23:10 4.80
09-07 19:00 09-08 07:00 5.40
09-13 10:00 09-13 18:00 3
09-07 08:00 09-07 18:00 14
orchard
09-08 12:00 09-08 13:40 4.40
09-08 17:00 09-08 20:00 5
09-11 19:00 09-11 23:00 3.20
09-12 12:00 09-12 15:10 6.50
09-08 19:00 09-08 22:00 2.80
09-30 19:00 09-30 22:00 3.20
coin_lot
09-07 09:00 09-07 09:50 6.60
09-07 09:00 09-07 12:00 15.40
09-07 21:40 09-08 06:00 6.60
09-07 09:00 09-08 01:00 25.30
09-07 09:00 09-08 09:00 30.80
county_council
09-08 09:00 09-08 10:30 3.20
09-08 09:00 09-08 15:00 14
09-08 17:00 09-08 20:00 3.30
09-13 10:00 09-13 16:00 2
09-08 19:00 09-08 22:00 1.50
garage
09-08 08:30 09-08 18:30 17
09-08 08:30 09-08 09:20 9
09-08 08:30 09-08 19:30 38
09-08 17:30 09-08 23:30 12
09-08 17:30 09-08 18:20 9
09-12 10:00 09-12 20:00 15
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_of_a_city_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS)


@pytest.mark.parametrize(("board", "fen"), [(SUZHOU_ONCE, 500), (COUNTY_DAILY, 200)])
def test_second_stay_of_a_date_is_charged(board, fen):
    """A second visit of 20 minutes pays the first hour."""
    stay = moment("09-07 14:00"), moment("09-07 14:20")
    assert tariffs.read_new(board).price(*stay, "ordinary", place=CHINA, free_used=True).fen == fen


@pytest.mark.parametrize(
    ("board", "position", "left", "fen"),
    [
        (CHARGING_BAYS, Position.SHIFT_ENTRY, "09-07 11:50", 0),
        (CHARGING_BAYS, Position.SHIFT_ENTRY, "09-07 12:40", 600),
        (MALL_DAYS, Position.DEDUCT_HEAD, "09-12 13:00", 1000),  # 抵最先停的 2 小时：28 元减 18 元
    ],
)
def test_two_free_hours_are_a_coupon(board, position, left, fen):
    end = moment(left)
    tariff = tariffs.read_new(board)
    found = reduce(
        lambda a, b: tariff.price(a, b, "ordinary", place=CHINA),
        moment(f"{left[:5]} 10:00"),
        end,
        [Right(1, CouponKind.MINUTES, 120, position)],
    )
    assert found.fen == fen
