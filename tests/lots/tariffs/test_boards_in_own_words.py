"""Boards in their own words: hospitals, stations, airports, malls, streets and lots abroad.

The words and the stays were written down, and each stay was priced by hand, before the language was asked
whether it can say them. A comment is the text of the board; what it leaves open is read as it says.
"""

import pytest

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
    first_then,
    flat,
    free,
    green,
    ladder,
    offer,
    once,
    per,
    seen,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

MON_SAT = ["mon", "tue", "wed", "thu", "fri", "sat", "makeup"]


CLINIC_TABLE = {  # 三甲：30 分钟内免费；2 小时以内 4 元；4 小时以内 8 元；以后每小时加收 3 元；
    # 24 小时最高 25 元，超过 24 小时重新计
    **capped(2500),
    **free(30),
    "steps": [*ladder((120, 400), (240, 800)), *hourly(300)],
}
HUB = {  # 高铁站：15 分钟内免费；1 小时内 10 元，以后每 30 分钟 5 元；入场当日封顶 60 元，
    # 次日起每个自然日封顶 80 元
    **NEW,
    **free(15),
    "cycle": BY_DAY,
    "steps": [{"until_min": 60, "flat": 1000}, *per(30, 500)],
    "caps": [{"cycle": 1, "amount": 6000}, {"cycle": "2+", "amount": 8000}],
    "caps_count": "per_cycle",
}
DEPARTURE_LANE = {  # 航站楼出发层：10 分钟内免费，第 11 分钟起每分钟 1 元，24 小时最高 100 元
    **capped(10000),
    **deduct(10),
    "cycle_starts": "entry",
    "steps": per(1, 100),
}
MOUNTAIN = {  # 景区：小型车 15 元/次，每过一夜（零点）加收 15 元；大客车 30 元，每夜 20 元；
    # 摩托车 5 元，不收过夜费
    **NEW,
    "steps": once(1500),
    "overnight": {"at": "00:00", "amount": 1500, "nights": "each"},
    "classes": [
        seen("large", steps=once(3000), overnight={"at": "00:00", "amount": 2000, "nights": "each"}),
        seen("motorcycle", steps=once(500), overnight=None),
    ],
}
LAKE_DAYS = {  # 30 分钟内免费；工作日入场：每小时 6 元，24 小时 48 元；
    # 双休日和节假日入场：首小时 15 元，以后 10 元，24 小时 100 元
    **capped(4800),
    **free(30),
    "steps": hourly(600),
    "seasons": [
        {"name": "peak", "days": ["restday"], "rule": {"steps": first_then(1500, 1000), **cap(10000)}}
    ],
}
ANTI_OVERNIGHT = {  # 商场：30 分钟内免费；8–22 时每小时 5 元，最高 50 元；22–8 时每小时 15 元，不封顶
    **BY_BAND,
    **free(30),
    "bands": [
        band("day", "08:00", "22:00", hourly(500), cap=5000),
        band("night", "22:00", "08:00", hourly(1500)),
    ],
}
SHARED_BAYS = {  # 错峰：工作日 18 时至次日 8 时 5 元/次；双休日、节假日 8 时至次日 8 时 5 元/次；
    # 工作日 8–18 时每 15 分钟 2 元，最高 40 元
    **BY_BAND,
    "bands": [
        band("day", "08:00", "18:00", per(15, 200), ["workday"], cap=4000),
        flat("night", "18:00", "08:00", 500, ["workday"]),
        flat("rest", "08:00", "08:00", 500, REST),
    ],
    "band_days": "start",
}
NANJING_KERB = {  # 8–20 时：15 分钟内免费，首小时每 15 分钟 2.5 元，此后 3 元；20–8 时：30 分钟内免费，
    # 超过的 5 元/次；24 小时最高 60 元
    **EACH_DAY,
    **free(15),
    **cap(6000),
    "bands": [
        band("day", *DAYTIME, [until(60, 15, 250), *per(15, 300)]),
        band("night", *NIGHT, [{"until_min": 30, "flat": 0}, *once(500)]),
    ],
}
HALF_DAYS = {  # 机场长停：15 分钟内免费；每 24 小时 40 元，不足 12 小时的按 20 元
    **NEW,
    **free(15),
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": [{"until_min": 720, "flat": 2000}, *once(2000)],
}
FALLING_DAYS = {  # 每小时 5 元，首个 24 小时最高 40 元，以后每 24 小时递减 5 元，减至 10 元为止
    **capped(0),
    "steps": hourly(500),
    "caps": [
        {"cycle": n if n < 7 else "7+", "amount": a * 100}
        for n, a in enumerate((40, 35, 30, 25, 20, 15, 10), 1)
    ],
}
CAMPUS = {  # 工作日 7–19 时：30 分钟内免费，超过的自入校起每半小时 3 元，最高 30 元；
    # 19–7 时 5 元/次；双休日 5 元/次；23 时未离校的每晚加收 20 元
    **BY_BAND,
    **free(30),
    "bands": [
        band("day", "07:00", "19:00", per(30, 300), ["workday"], cap=3000),
        flat("night", "19:00", "07:00", 500, ["workday"]),
        flat("rest", "00:00", "24:00", 500, REST),
    ],
    "band_days": "moment",
    "overnight": {"at": "23:00", "amount": 2000, "nights": "each"},
}
LUNCH = {  # 写字楼：11:30–13:30 入场的 1 小时内免费，其余时间入场的 10 分钟内免费；
    # 超过的从入场起每小时 8 元，24 小时 80 元
    **capped(8000),
    **free(10),
    "steps": hourly(800),
    "offers": [
        {"name": "noon", "enters": {"from": "11:30", "to": "13:30"}, "leaves": {"within_min": 60}, "flat": 0}
    ],
}
PARK_24 = {  # 园区：2 小时内免费，超过 2 小时的每 24 小时 5 元（自入场起）
    **NEW,
    **free(120),
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": once(500),
}
COACH = {  # 汽车站：小车每小时 5 元，15 分钟内免费；大客车 20 分钟内免费，首小时 15 元，
    # 以后每小时 8 元，22–6 时停放的每夜加收 30 元
    **NEW,
    **free(15),
    "steps": hourly(500),
    "classes": [
        seen(
            "large",
            **free(20),
            steps=first_then(1500, 800),
            overnight={"at": "22:00", "until": "06:00", "amount": 3000, "nights": "each"},
        )
    ],
}
CONCERT = {  # 平日每小时 10 元；演出日（9 月 12 日）15 时至次日 2 时 50 元/次，其余时间每小时 10 元
    **NEW,
    "steps": hourly(1000),
    "seasons": [
        {
            "name": "event",
            "dates": ["2026-09-12"],
            "rule": {"bands": [flat("event", "15:00", "02:00", 5000)], "crossing": "sum_per_band"},
        }
    ],
}
SINGAPORE_MALL = {  # 10 min grace; Mon-Fri 6am-6pm $2.40 1st hour, $1.20 per 30 min;
    # Sat, Sun & PH 6am-6pm $2.40 first 2 hours, then $1.50 per 30 min; 6pm-3am $3.50 per entry;
    # 3am-6am $3.00 an hour
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "bands": [
        band("day", "06:00", "18:00", [until(60, 60, 240), *per(30, 120)], ["workday"]),
        band("rest", "06:00", "18:00", [{"until_min": 120, "flat": 240}, *per(30, 150)], REST),
        flat("evening", "18:00", "03:00", 350),
        band("early", "03:00", "06:00", hourly(300)),
    ],
    "band_days": "moment",
}
HDB_SUNDAY = {  # 10 min grace; $0.02 a minute, 10:30pm-7am capped at $5; Sundays and PH 7am-10:30pm free
    **BY_BAND,
    **free(10),
    "currency": "SGD",
    "steps": per(1, 2),
    "bands": [
        band("night", "22:30", "07:00", per(1, 2), cap=500),
        {"name": "sunday", "from": "07:00", "to": "22:30", "days": ["sun", "holiday"], "free": True},
    ],
    "band_days": "start",
}
HK_AIRPORT = {  # 每小時 $26；首三個 24 小時每個最高 $288，其後每 24 小時 $200
    **capped(0),
    "currency": "HKD",
    "steps": hourly(2600),
    "caps": [*({"cycle": n, "amount": 28800} for n in (1, 2, 3)), {"cycle": "4+", "amount": 20000}],
}
COIN_PARKING = {  #
    # 平日 8–20時 30分220円 最大1,320円、土日祝 30分330円 最大2,200円、20–8時 60分110円 最大550円
    **BY_BAND,
    "currency": "JPY",
    "bands": [
        band("day", *DAYTIME, per(30, 220), ["workday"], cap=1320),
        band("rest", *DAYTIME, per(30, 330), REST, cap=2200),
        band("night", *NIGHT, per(60, 110), cap=550),
    ],
    "band_days": "start",
}
PARKHAUS = {  # 1. Stunde 2,50, jede weiteren 30 min 1,20; Nacht 19–7 Uhr höchstens 5,00;
    # Tageshöchstsatz (24 h) 18,00, ab dem 3. Tag 12,00
    **capped(0),
    "currency": "EUR",
    "steps": [until(60, 60, 250), *per(30, 120)],
    "bands": [band("night", "19:00", "07:00", [until(60, 60, 250), *per(30, 120)], cap=500)],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
    "caps": [{"cycle": 1, "amount": 1800}, {"cycle": 2, "amount": 1800}, {"cycle": "3+", "amount": 1200}],
}
COUNCIL = {  # Mon-Sat 8-18: 30 min 0.80, 1 h 1.40, 2 h 2.60, 3 h 3.80, over 3 h 9.00;
    # Sundays 10-16 1.00; other times free
    **BY_BAND,
    "currency": "GBP",
    "steps": FREE_ELSE,
    "bands": [
        band(
            "day", "08:00", "18:00", ladder((30, 80), (60, 140), (120, 260), (180, 380), (None, 900)), MON_SAT
        ),
        flat("sunday", "10:00", "16:00", 100, ["sun", "holiday"]),
    ],
    "band_days": "start",
}
ECONOMY = {  # 10 min free; first hour $4, each 30 min $2, $28 per 24 h; from the 31st day on $12 a day
    **NEW,
    **free(10),
    "currency": "USD",
    "cycle": DAY_FROM_ENTRY,
    "steps": [until(60, 60, 400), *per(30, 200)],
    **cap(2800),
    "turn": {
        "after_min": 43200,
        "from": "then",
        "rule": {"steps": per(1440, 1200), "caps": None, "cycle": {"basis": "none"}},
    },
}
DEARER_LATER = {  # 7:30–22:00：15 分钟内免费；连续停放 3 小时内每 15 分钟 3 元，
    # 超过 3 小时的每 15 分钟 6 元；其余时间免费
    **BY_BAND,
    **free(15),
    "steps": FREE_ELSE,
    "bands": [band("day", "07:30", "22:00", [until(180, 15, 300), *per(15, 600)])],
}
HZ_CORE = {  # 8–20 时：30 分钟内免费，首小时每半小时 5 元，以后 6 元；20–8 时每半小时 1 元，最高 5 元
    **BY_BAND,
    **free(30),
    "bands": [
        band("day", *DAYTIME, [until(60, 30, 500), *per(30, 600)]),
        band("night", *NIGHT, per(30, 100), cap=500),
    ],
}
TWELVE = {  # 2 小时内每小时 3 元，2–6 小时每小时 2 元，12 小时封顶 12 元，超过 12 小时重新计费
    **capped(1200, {"basis": "from_entry", "hours": 12}),
    "steps": [until(120, 60, 300), *hourly(200)],
}
TRANSFER = {  # 每小时 3 元；5–23 时入场、当日离场的最高 10 元；凌晨 2 时仍未离场的每晚加收 20 元
    **NEW,
    "steps": hourly(300),
    "offers": [offer("transfer", "05:00", "23:00", "24:00", cap=1000)],
    "overnight": {"at": "02:00", "amount": 2000, "nights": "each"},
}
NOTICE = {  # 每 15 分钟 0.75 元，24 小时最高 18 元；连续停放超过 5 日的部分每日 10 元；
    # 新能源车前 2 小时免费，之后减半
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps": per(15, 75),
    **cap(1800),
    "turn": {
        "after_min": 7200,
        "from": "then",
        "rule": {"steps": per(1440, 1000), "caps": None, "cycle": {"basis": "none"}},
    },
    "classes": [
        green(**deduct(120), percent=50, sum_rounding={"unit": 1, "how": "down"}, cycle_starts="entry")
    ],
}
WET_MARKET = {  # 6–10 时入场 60 分钟内免费，其余时间入场 15 分钟内免费；超过的每小时 2 元，每次最高 10 元
    **NEW,
    **free(15),
    "steps": hourly(200),
    "stay_cap": 1000,
    "offers": [
        {
            "name": "morning",
            "enters": {"from": "06:00", "to": "10:00"},
            "leaves": {"within_min": 60},
            "flat": 0,
        }
    ],
}
MUSEUM = {  # 周一闭馆每小时 2 元，其他日每小时 6 元；9 时前入场、18 时前离场的最高 20 元
    **NEW,
    "steps": hourly(600),
    "offers": [offer("early_bird", "00:00", "09:00", "18:00", cap=2000)],
    "seasons": [{"name": "closed", "days": ["mon"], "rule": {"steps": hourly(200)}}],
}
TWO_WHEELS = {  # 汽车每小时 4 元，24 小时 30 元；摩托车 7–22 时 1 元/次，22–7 时 2 元/次
    **capped(3000),
    "steps": hourly(400),
    "classes": [
        seen(
            "motorcycle",
            steps=None,
            steps_count="stay",
            cycle={"basis": "none"},
            caps=None,
            bands=[flat("day", "07:00", "22:00", 100), flat("night", "22:00", "07:00", 200)],
            crossing="sum_per_band",
        )
    ],
}
LOADING = {  # 装卸区：货车首个半小时免费，第 2 个 10 元，第 3 个 20 元，第 4 个 30 元，
    # 以后每半小时 50 元；其他车每半小时 50 元
    **NEW,
    "steps": per(30, 5000),
    "classes": [
        seen(
            "goods",
            steps=[
                {"until_min": 30, "flat": 0},
                until(60, 30, 1000),
                until(90, 30, 2000),
                until(120, 30, 3000),
                *per(30, 5000),
            ],
        )
    ],
}
HOTEL_NIGHTS = {  # 2 小时内每小时 5 元，超过 2 小时 30 元/晚（14 时至次日 14 时）
    **NEW,
    "cycle": {"basis": "calendar_day", "reset": "14:00"},
    "steps_count": "cycle",
    "steps": [until(120, 60, 500), {"until_min": None, "total": 3000}],
}
ENTRY_RATE = {  # 6–18 时入场每小时 5 元，24 小时 40 元；18 时至次日 6 时入场每小时 3 元，24 小时 25 元；
    # 整次停车按入场时的标准
    **capped(4000),
    "steps": hourly(500),
    "seasons": [
        {
            "name": "night",
            "enters": {"from": "18:00", "to": "06:00"},
            "rule": {"steps": hourly(300), **cap(2500)},
        }
    ],
}
LATE_COMERS = {  # 8–20 时每小时 4 元；20–8 时：20 时以后入场的 5 元/次，20 时以前入场的每小时 2 元
    **BY_BAND,
    "bands": [band("day", *DAYTIME, hourly(400)), band("night", *NIGHT, hourly(200))],
    "seasons": [
        {
            "name": "night",
            "enters": {"from": "20:00", "to": "08:00"},
            "rule": {"bands": [band("day", *DAYTIME, hourly(400)), flat("night", "20:00", "08:00", 500)]},
        }
    ],
}
FREE_ON_WORKDAYS = {  # 每小时 6 元，每天 60 元；工作日入场首小时免费，双休日及节假日不享受
    **capped(6000, BY_DAY),
    **deduct(60),
    "steps": hourly(600),
    "seasons": [{"name": "rest", "days": ["restday"], "rule": {"free": None}}],
}
SPRING_RUSH = {  # 20 分钟内免费，春运（2 月 2 日至 3 月 13 日）1 小时内免费；每小时 5 元，24 小时 50 元
    **capped(5000),
    **free(20),
    "steps": hourly(500),
    "seasons": [{"name": "rush", "dates": ["2026-02-02/2026-03-13"], "rule": free(60)}],
}
SPAIN = {  # 0,0415 € por minuto, máximo 24,00 € cada 24 horas
    **NEW,
    "currency": "EUR",
    "cycle": DAY_FROM_ENTRY,
    "steps": per(1, "4.15"),
    **cap(2400),
    "sum_rounding": {"unit": 1, "how": "half_up"},
}
AMSTERDAM = {  # ma–za 9–24 uur € 7,50 per uur, per minuut; 9–19 max 45, 19–24 max 30;
    # zo 12–24 uur € 7,50
    **BY_BAND,
    "currency": "EUR",
    "steps": FREE_ELSE,
    "bands": [
        band("day", "09:00", "19:00", per(1, "12.5"), MON_SAT, cap=4500),
        band("evening", "19:00", "24:00", per(1, "12.5"), MON_SAT, cap=3000),
        band("sunday", "12:00", "24:00", per(1, "12.5"), ["sun", "holiday"]),
    ],
    "band_days": "start",
    "sum_rounding": {"unit": 1, "how": "half_up"},
}
GREEN_DAYS = {  # 8–20 时每小时 4 元，20–8 时每小时 2 元；新能源车 8–20 时首 2 小时免费
    **NEW,
    "bands": [band("day", *DAYTIME, hourly(400)), band("night", *NIGHT, hourly(200))],
    "crossing": "sum_per_band",
    "classes": [
        green(
            steps_count="band",
            bands=[
                band("day", *DAYTIME, [{"until_min": 120, "flat": 0}, *hourly(400)]),
                band("night", *NIGHT, hourly(200)),
            ],
        )
    ],
}
ZOMBIE = {  # 小区访客：首 2 小时免费，以后每小时 1 元，每个自然日 10 元；第 8 日起每日 20 元
    **NEW,
    **deduct(120),
    "cycle": BY_DAY,
    "steps": hourly(100),
    "caps": [*({"cycle": n, "amount": 1000} for n in range(1, 8)), {"cycle": "8+", "amount": 2000}],
    "caps_count": "per_cycle",
}
NIGHT_TABLE = {  # 8–20 时每小时 5 元；20–8 时 1 小时内 2 元，超过 1 小时的 8 元/次
    **BY_BAND,
    "bands": [band("day", *DAYTIME, hourly(500)), band("night", *NIGHT, ladder((60, 200), (None, 800)))],
}
BEFORE_HOLIDAY = {  # 每小时 5 元，24 小时 40 元；法定节假日前一日 12 时起至假期结束入场的，每小时 8 元，
    # 24 小时 80 元
    **capped(4000),
    "steps": hourly(500),
    "seasons": [
        {"name": "short_holiday", "days": ["holiday"], "rule": {"steps": hourly(800), **cap(8000)}},
        {
            "name": "eve",
            "dates": ["2026-09-30"],
            "enters": {"from": "12:00", "to": "24:00"},
            "rule": {"steps": hourly(800), **cap(8000)},
        },
    ],
}
BOARDS = {
    "clinic_table": CLINIC_TABLE,
    "hub": HUB,
    "departure_lane": DEPARTURE_LANE,
    "mountain": MOUNTAIN,
    "lake_days": LAKE_DAYS,
    "anti_overnight": ANTI_OVERNIGHT,
    "shared_bays": SHARED_BAYS,
    "nanjing_kerb": NANJING_KERB,
    "half_days": HALF_DAYS,
    "falling_days": FALLING_DAYS,
    "campus": CAMPUS,
    "lunch": LUNCH,
    "park_24": PARK_24,
    "coach": COACH,
    "concert": CONCERT,
    "singapore_mall": SINGAPORE_MALL,
    "hdb_sunday": HDB_SUNDAY,
    "hk_airport": HK_AIRPORT,
    "coin_parking": COIN_PARKING,
    "parkhaus": PARKHAUS,
    "council": COUNCIL,
    "economy": ECONOMY,
    "dearer_later": DEARER_LATER,
    "hz_core": HZ_CORE,
    "twelve": TWELVE,
    "transfer": TRANSFER,
    "notice": NOTICE,
    "wet_market": WET_MARKET,
    "museum": MUSEUM,
    "two_wheels": TWO_WHEELS,
    "loading": LOADING,
    "hotel_nights": HOTEL_NIGHTS,
    "entry_rate": ENTRY_RATE,
    "late_comers": LATE_COMERS,
    "free_on_workdays": FREE_ON_WORKDAYS,
    "spring_rush": SPRING_RUSH,
    "spain": SPAIN,
    "amsterdam": AMSTERDAM,
    "green_days": GREEN_DAYS,
    "zombie": ZOMBIE,
    "night_table": NIGHT_TABLE,
    "before_holiday": BEFORE_HOLIDAY,
}
STAYS = """
clinic_table
09-07 09:00 09-07 09:30 0
09-07 09:00 09-07 09:31 4
09-07 09:00 09-07 11:01 8
09-07 09:00 09-07 14:00 11
09-07 09:00 09-08 09:00 25
09-07 09:00 09-08 09:20 29
hub
09-07 08:00 09-07 08:15 0
09-07 08:00 09-07 09:01 15
09-07 08:00 09-07 20:00 60
09-07 22:00 09-08 02:00 40
09-07 20:00 09-09 20:00 200
departure_lane
09-07 08:00 09-07 08:10 0
09-07 08:00 09-07 08:11 1
09-07 08:00 09-07 08:45 35
09-07 08:00 09-07 11:00 100
09-07 08:00 09-08 08:10 110
mountain
09-07 10:00 09-07 18:00 15
09-07 20:00 09-08 00:00 15
09-07 20:00 09-08 06:00 30
09-07 10:00 09-09 10:00 45
09-07 10:00 09-08 10:00 50 large
09-07 10:00 09-08 10:00 5 motorcycle
lake_days
09-07 10:00 09-07 10:30 0
09-07 10:00 09-07 12:20 18
09-12 10:00 09-12 12:20 35
09-11 22:00 09-12 02:00 24
09-12 10:00 09-13 10:00 100
09-20 10:00 09-20 12:20 18
anti_overnight
09-07 10:00 09-07 10:30 0
09-07 10:00 09-07 22:00 50
09-07 21:30 09-07 23:30 35
09-07 20:00 09-08 09:00 165
09-07 23:00 09-07 23:20 0
shared_bays
09-07 18:00 09-08 08:00 5
09-07 18:00 09-08 08:15 7
09-08 08:00 09-08 18:00 40
09-11 18:00 09-12 10:00 10
09-12 09:00 09-14 09:00 18
nanjing_kerb
09-07 08:00 09-07 09:00 10
09-07 08:00 09-07 10:10 25
09-07 19:50 09-07 20:05 0
09-07 19:50 09-07 20:10 2.50
09-07 20:00 09-07 20:30 0
09-07 20:00 09-07 20:31 5
09-07 08:00 09-07 20:00 60
half_days
09-07 10:00 09-07 10:15 0
09-07 10:00 09-07 11:00 20
09-07 10:00 09-07 22:00 20
09-07 10:00 09-07 22:01 40
09-07 10:00 09-08 10:01 60
09-07 10:00 09-10 22:00 140
falling_days
09-07 10:00 09-07 11:00 5
09-07 10:00 09-08 10:00 40
09-07 10:00 09-09 11:00 80
09-07 10:00 09-14 10:00 175
09-07 10:00 09-17 10:00 205
campus
09-07 08:00 09-07 08:30 0
09-07 08:00 09-07 09:01 9
09-07 08:00 09-07 18:00 30
09-07 18:00 09-07 22:00 11
09-07 18:00 09-07 23:30 31
09-12 10:00 09-12 16:00 5
lunch
09-07 11:45 09-07 12:45 0
09-07 11:45 09-07 12:46 16
09-07 10:00 09-07 10:10 0
09-07 10:00 09-07 10:11 8
09-07 13:30 09-07 14:00 8
park_24
09-07 08:00 09-07 10:00 0
09-07 08:00 09-07 10:01 5
09-07 08:00 09-08 08:00 5
09-07 08:00 09-08 08:01 10
09-07 08:00 09-10 08:00 15
coach
09-07 08:00 09-07 08:20 0 large
09-07 08:00 09-07 08:21 15 large
09-07 08:00 09-07 11:00 31 large
09-07 21:00 09-07 23:00 53 large
09-07 22:00 09-07 22:20 0 large
09-07 21:00 09-07 23:00 10
concert
09-11 16:00 09-11 18:00 20
09-12 16:00 09-12 23:00 50
09-12 14:00 09-12 23:00 60
09-12 16:00 09-13 03:30 70
singapore_mall
09-07 10:00 09-07 10:10 0
09-07 10:00 09-07 12:00 4.80
09-07 17:30 09-07 20:00 5.90
09-12 10:00 09-12 13:00 5.40
09-07 22:00 09-08 07:00 14.90
hdb_sunday
09-07 10:00 09-07 10:10 0
09-07 10:00 09-07 10:11 0.22
09-07 22:00 09-08 08:00 6.80
09-13 10:00 09-13 20:00 0
09-12 22:00 09-13 08:00 5.60
hk_airport
09-07 10:00 09-07 11:00 26
09-07 10:00 09-07 22:00 288
09-07 10:00 09-10 10:00 864
09-07 10:00 09-11 10:00 1064
09-07 10:00 09-11 11:00 1090
coin_parking
09-07 10:00 09-07 11:00 4.40
09-07 10:00 09-07 15:00 13.20
09-12 10:00 09-12 12:00 13.20
09-12 08:00 09-12 20:00 22.00
09-07 18:00 09-08 09:00 18.70
parkhaus
09-07 10:00 09-07 11:00 2.50
09-07 10:00 09-07 12:10 6.10
09-07 18:00 09-07 22:00 7.50
09-07 20:00 09-08 07:00 5
09-07 10:00 09-08 10:00 18
09-07 10:00 09-10 10:00 48
council
09-07 10:00 09-07 10:30 0.80
09-07 10:00 09-07 10:31 1.40
09-07 10:00 09-07 13:01 9
09-07 17:30 09-07 19:00 0.80
09-13 11:00 09-13 12:00 1
09-13 09:00 09-13 09:30 0
09-07 16:00 09-08 09:00 4
economy
09-07 10:00 09-07 10:10 0
09-07 10:00 09-07 11:31 8
09-07 10:00 09-08 10:00 28
09-07 10:00 09-08 11:00 32
09-07 10:00 10-08 10:00 852
dearer_later
09-07 08:00 09-07 08:15 0
09-07 08:00 09-07 11:00 36
09-07 08:00 09-07 12:00 60
09-07 21:00 09-08 08:30 24
09-07 23:00 09-08 07:00 0
hz_core
09-07 08:00 09-07 08:30 0
09-07 08:00 09-07 10:00 22
09-07 19:00 09-07 21:00 12
09-07 20:00 09-08 08:00 5
09-07 20:00 09-09 08:00 152
twelve
09-07 08:00 09-07 11:00 8
09-07 08:00 09-07 20:00 12
09-07 08:00 09-07 21:00 15
09-07 08:00 09-08 08:00 24
transfer
09-07 08:00 09-07 10:00 6
09-07 08:00 09-07 18:00 10
09-07 08:00 09-08 01:00 51
09-07 08:00 09-08 03:00 77
notice
09-07 08:00 09-07 08:15 0.75
09-07 08:00 09-07 11:00 9
09-07 08:00 09-08 08:15 18.75
09-07 08:00 09-13 08:00 100
09-07 08:00 09-07 11:00 1.50 nev_small
wet_market
09-07 07:00 09-07 08:00 0
09-07 07:00 09-07 08:01 4
09-07 09:59 09-07 10:59 0
09-07 10:00 09-07 10:16 2
09-07 07:00 09-07 15:00 10
museum
09-07 10:00 09-07 12:00 4
09-08 10:00 09-08 12:00 12
09-08 08:30 09-08 17:00 20
09-08 08:30 09-08 18:30 60
09-07 08:30 09-07 17:00 18
two_wheels
09-07 10:00 09-07 12:00 8
09-07 10:00 09-07 12:00 1 motorcycle
09-07 21:00 09-07 23:00 3 motorcycle
09-07 10:00 09-08 10:00 4 motorcycle
loading
09-07 10:00 09-07 10:30 0 goods
09-07 10:00 09-07 10:31 10 goods
09-07 10:00 09-07 12:00 60 goods
09-07 10:00 09-07 12:31 160 goods
09-07 10:00 09-07 12:00 200
hotel_nights
09-07 15:00 09-07 17:00 10
09-07 15:00 09-07 18:00 30
09-07 12:00 09-07 16:00 20
09-07 18:00 09-08 13:00 30
09-07 18:00 09-08 15:00 35
entry_rate
09-07 17:59 09-07 20:00 15
09-07 18:00 09-07 20:00 6
09-07 18:00 09-08 18:00 25
09-08 05:59 09-08 08:00 9
09-08 06:00 09-08 08:00 10
09-07 10:00 09-08 10:00 40
late_comers
09-07 20:00 09-08 08:00 5
09-07 20:00 09-08 09:00 9
09-07 19:00 09-07 23:00 10
09-07 10:00 09-07 12:00 8
free_on_workdays
09-07 10:00 09-07 11:00 0
09-07 10:00 09-07 12:00 6
09-12 10:00 09-12 11:00 6
10-01 10:00 10-01 11:00 6
09-20 10:00 09-20 11:00 0
spring_rush
02-10 10:00 02-10 11:00 0
02-10 10:00 02-10 11:01 10
03-16 10:00 03-16 10:20 0
03-16 10:00 03-16 10:21 5
03-13 23:50 03-14 00:40 0
spain
09-07 10:00 09-07 10:01 0.04
09-07 10:00 09-07 10:10 0.42
09-07 10:00 09-07 11:00 2.49
09-07 10:00 09-07 22:00 24
09-07 10:00 09-08 11:00 26.49
amsterdam
09-07 10:00 09-07 10:01 0.13
09-07 10:00 09-07 11:00 7.50
09-07 18:00 09-07 20:00 15
09-07 09:00 09-08 00:00 75
09-13 10:00 09-13 13:00 7.50
green_days
09-07 10:00 09-07 12:00 8
09-07 10:00 09-07 12:00 0 nev_small
09-07 10:00 09-07 13:00 4 nev_small
09-07 19:00 09-07 22:00 4 nev_small
zombie
09-07 08:00 09-07 10:00 0
09-07 08:00 09-07 11:00 1
09-07 08:00 09-08 00:00 10
09-07 08:00 09-15 08:00 98
night_table
09-07 20:00 09-07 21:00 2
09-07 20:00 09-07 21:01 8
09-07 20:00 09-08 08:00 8
09-07 19:00 09-07 20:30 7
before_holiday
09-30 11:59 09-30 12:59 5
09-30 12:00 09-30 13:00 8
10-07 23:00 10-08 01:00 16
10-08 10:00 10-09 10:00 40
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_board_in_own_words_is_charged(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the board asks."""
    assert prices_of(BOARDS[name], entered, left, who) == (amount, amount)


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_has_its_stays(name):
    check_board(name, BOARDS, STAYS, least=4)
