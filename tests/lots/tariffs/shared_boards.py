"""Boards and documents that several tests price."""

from typing import Any

from tests.lots.tariffs.board_makers import (
    BASE,
    BY_BAND,
    BY_DAY,
    DAYTIME,
    NEW,
    NIGHT,
    REST,
    band,
    cap,
    capped,
    flat,
    free,
    offer,
    once,
    per,
    seen,
    size,
    until,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly

FRI_AND_REST = ["fri", *REST]
TO_THURSDAY = ["mon", "tue", "wed", "thu", "makeup"]

STOKE: dict[str, Any] = {  # all day £4, £6 or £5 by the time of entry
    **NEW,
    "steps": hourly(200),
    "offers": [
        offer("early", "00:00", "07:30", "24:00", cap=400),
        offer("morning", "07:30", "09:30", "24:00", cap=600),
        offer("later", "09:30", "24:00", "24:00", cap=500),
    ],
    "offers_apply": "first",
}

EARLY_BIRD = {  # New York: in by 10, out by 18 for one price, else by the hour
    **NEW,
    "steps": hourly(1000),
    "offers": [offer("early_bird", "05:00", "10:00", "18:00", flat=2000)],
    "allows_cheaper_longer": True,
}

GOULBURN = {  # Friday evening and weekend for $10
    **NEW,
    "steps": hourly(800),
    "offers": [
        offer("friday", "17:00", "24:00", "06:00", "next", ["fri"], cap=1000),
        offer("weekend", "00:00", "24:00", "24:00", days=["weekend"], cap=1000),
        offer("night", "20:00", "24:00", "06:00", "next", cap=1500),
    ],
    "offers_apply": "cheapest",
}

BUS_STATION = {  # ¥5 for 3 hours, then ¥2 an hour; a remainder of up to 15 minutes is not charged
    **NEW,
    "steps": [{"until_min": 180, "flat": 500}, *hourly(200)],
    "tail_min": 15,
}

WEEKLY: dict[str, Any] = {  # at most 9 a day and 54 a week
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": hourly(100),
    "caps": [{"cycle": "each", "amount": 900}],
    "caps_count": "per_cycle",
    "long_caps": [{"cycles": 7, "amount": 5400}, {"cycles": 28, "amount": 15000}],
}

RUNGS = {  # fourteen rungs, then by the day
    **NEW,
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "stay",
    "steps": [*({"until_min": 60 * n, "flat": 100} for n in range(1, 14)), {"until_min": None, "flat": 900}],
}

PORTLAND = {  # early bird: in by 9:30, out from 15:00 to 19:00 for 15.00; else 4 per half hour
    **NEW,
    "currency": "USD",
    "steps": per(30, 400),
    "offers": [
        {
            **offer("early_bird", "05:00", "09:30", "19:00", flat=1500),
            "leaves": {"from": "15:00", "by": "19:00", "day": "same"},
        }
    ],
    "allows_cheaper_longer": True,
}

CLINIC = {  # 县医院：20 分钟内免费；超过的自入场起每 15 分钟 1 元，每次最低收费 4 元；24 小时最高 20 元
    **capped(2000),
    **free(20),
    "steps": per(15, 100),
    "stay_minimum": 400,
}

NIGHTS_TOGETHER = {  # 白天 8–20 时每小时 3 元；夜间每小时 1 元，每夜封顶 5 元，一次停放各夜累计封顶 12 元
    **BY_BAND,
    "bands": [band("day", *DAYTIME, hourly(300)), band("night", *NIGHT, hourly(100), cap=500)],
    "shared_caps": [{"bands": ["night"], "amount": 1200, "whole_stay": True}],
}

COACH_NIGHTS = {  # 小车每小时 4 元，22–6 时每晚 10 元，夜间累计最高 25 元；大巴每 2 小时 10 元，
    # 每晚 20 元，夜间累计最高 50 元
    **BY_BAND,
    "bands": [band("day", "06:00", "22:00", hourly(400)), flat("night", "22:00", "06:00", 1000)],
    "shared_caps": [{"bands": ["night"], "amount": 2500, "whole_stay": True}],
    "classes": [
        seen(
            "large",
            bands=[band("day", "06:00", "22:00", per(120, 1000)), flat("night", "22:00", "06:00", 2000)],
            shared_caps=[{"bands": ["night"], "amount": 5000, "whole_stay": True}],
        )
    ],
}

AXLES = {  # 物流园：装卸 2 小时内免费；两轴车每 24 小时 10 元，三、四轴 15 元，五轴及以上 25 元
    **NEW,
    **free(120),
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": once(1000),
    "classes": [
        seen("large", steps=once(1500)) | size("axles", **{"from": "3"}, to="4"),
        seen("extra_large", steps=once(2500)) | size("axles", **{"from": "5"}),
    ],
}

LENGTHS = {  # 6 米以下 5 元/4 小时，6–12 米 8 元/4 小时，12 米以上 12 元/4 小时；24 小时封顶 20、32、48 元
    **capped(2000),
    "steps": per(240, 500),
    "classes": [
        seen("large", steps=per(240, 800), **cap(3200)) | size("length", **{"from": "6"}, below="12"),
        seen("extra_large", steps=per(240, 1200), **cap(4800)) | size("length", **{"from": "12"}),
    ],
}

HUB = {  # 高铁站：6–22 时首小时 10 元，以后每小时 5 元；22–6 时每小时 2 元；24 小时内多次进出的，停放时间累计
    **NEW,
    "steps": [{"until_min": 60, "flat": 1000}, *hourly(500)],
    "bands": [band("night", "22:00", "06:00", hourly(200))],
    "crossing": "sum_per_band",
    "reentry": {"as": "one_stay", "window": {"from": "entered", "minutes": 1440}, "gap": "not_counted"},
}

MALL: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 1000},
        {"until_min": None, "unit_min": 30, "price": 500},
    ],
    "cycle": {"basis": "from_entry", "hours": 24},
    "caps": [{"cycle": "each", "amount": 6000}],
    "caps_count": "per_cycle",
    "exempt": ["emergency"],
}

UNDERGROUND = {  # a real garage: ¥65 for each 24 hours from the entry, nights at most ¥10
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "after_exit_window": "recomputed",
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "steps_count": "band",
    "cycle": {"basis": "from_entry", "hours": 24},
    "caps": [{"cycle": "each", "amount": 6500}],
    "caps_count": "per_cycle",
    "bands": [
        {
            "name": "day",
            "from": "08:00",
            "to": "22:00",
            "steps": [{"until_min": 180, "unit_min": 30, "price": 250}, *hourly(500, 30)],
        },
        {"name": "night", "from": "22:00", "to": "08:00", "cap": 1000, "steps": hourly(200, 30)},
    ],
    "crossing": "sum_per_band",
}

AGAIN = {**UNDERGROUND, "format": 3, "after_cycle": "begin_again"}

REMAINDER = {  # 每半小时 2 元，不足 15 分钟不计，满 15 分钟不足半小时按半小时计
    **NEW,
    "steps": per(30, 200),
    "tail_min": 15,
    "reached": ["tail"],
}

STREET: dict[str, Any] = {  # 5 an hour from 8 to 20 o'clock, the first 30 minutes of them free
    **BASE,
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once", "charged_hours_only": True},
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "free": True}],
    "crossing": "sum_per_band",
}
ESTATE = {  # 错峰共享：工作日 8–18 时每小时 2 元，最高 8 元；其余时段每小时 10 元
    **BY_BAND,
    "steps": hourly(1000),
    "bands": [band("day", "08:00", "18:00", hourly(200), ["workday"], 800)],
    "band_days": "moment",
}

DAYS_OFF = {  # 工作日每小时 10 元，每天最高 60 元；周末及法定节假日每小时 15 元，每天最高 100 元
    **BY_BAND,
    "bands": [
        band("work", "00:00", "24:00", hourly(1000), ["workday"], cap=6000),
        band("rest", "00:00", "24:00", hourly(1500), REST, cap=10000),
    ],
    "band_days": "moment",
}

EXPO = {  # 每天 40 元，当日再次进入不另收费
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": once(4000),
    "reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"},
}

SHARED = {  # 每小时 4 元；工作日 17:30 后入场、次日 8:30 前离场的 5 元；双休日和节假日当日离场的 10 元
    **NEW,
    "steps": hourly(400),
    "offers": [
        offer("night", "17:30", "24:00", "08:30", "next", ["workday"], flat=500),
        offer("rest", "00:00", "24:00", "24:00", "same", REST, flat=1000),
    ],
    "offers_apply": "first",
    "allows_cheaper_longer": True,
}

LATER = {  # 每小时 4 元，不超过 15 分钟的尾数不计；超过 24 小时的部分每 12 小时 20 元
    **NEW,
    "steps": hourly(400),
    "tail_min": 15,
    "turn": {"after_min": 1440, "from": "then", "rule": {"steps": per(720, 2000)}},
}

LIBRARY = {  # 工作日每小时 5 元；双休日和节假日每天 10 元
    **BY_BAND,
    "steps": hourly(500),
    "bands": [{"name": "rest", "from": "00:00", "to": "24:00", "days": REST, "flat": 1000}],
    "band_days": "moment",
}

BAY = {  # 一至四每小時 $10，18–22 時 $20；五 $10、$40；六日及假期 $20、$40；日泊 40（60），夜泊 30（40）
    **NEW,  # parkhaus.hk, 嘉里青山灣; a night is that of the day on which it begins
    "currency": "HKD",
    "steps": hourly(1000),
    "bands": [
        band("evening", "18:00", "22:00", hourly(2000), TO_THURSDAY),
        band("busy_evening", "18:00", "22:00", hourly(4000), FRI_AND_REST),
        band("rest_day", "00:00", "18:00", hourly(2000), REST),
        band("rest_night", "22:00", "24:00", hourly(2000), REST),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "offers": [
        offer("day_park", "08:00", "18:00", "18:00", days=["workday"], cap=4000),
        offer("rest_day_park", "08:00", "18:00", "18:00", days=REST, cap=6000),
        offer("night_park", "22:00", "24:00", "08:00", "next", days=["workday"], cap=3000),
        offer("rest_night_park", "22:00", "24:00", "08:00", "next", days=REST, cap=4000),
    ],
    "offers_apply": "cheapest",
}

WEEKENDS = {  # 首小时 6 元、之后每半小时 3 元；周末及节假日首小时 8 元、之后每半小时 4 元；24 小时最高 60 元
    **capped(6000),  # a unit keeps the price of the day on which it begins
    "steps": [until(60, 60, 600), *per(30, 300)],
    "bands": [band("rest", "00:00", "24:00", [until(60, 60, 800), *per(30, 400)], REST)],
    "crossing": "unit_start",
    "band_days": "moment",
    "after_cycle": "begin_again",
}

TOKYO = {  # 最大料金: ¥330 for 30 minutes, at most ¥2,200 in 24 hours
    "format": 3,
    "currency": "JPY",
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 30, "price": 330}],
    "steps_count": "cycle",
    "cycle": {"basis": "from_entry", "hours": 24},
    "caps": [{"cycle": "each", "amount": 2200}],
    "caps_count": "per_cycle",
    "after_exit_window": "recomputed",
}

DAILY: dict[str, Any] = {  # 30 minutes free once a day, then 5 an hour
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once_a_day"},
    "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
    "steps_count": "stay",
    "cycle": {"basis": "none"},
    "after_exit_window": "recomputed",
}

VISITS: dict[str, Any] = {  # two hours free, three times a month
    **BASE,
    "free": {"minutes": 120, "mode": "deduct", "repeat": "times_a_month", "times": 3},
}

CAPPED = {**BASE, "month_cap": 30000}

EARLY_AND_LATE: dict[str, Any] = {  # ¥2 an hour before 8 and after 20, at most ¥6 for both on one date
    **NEW,
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "steps": hourly(500),
    "steps_count": "band",
    "bands": [
        {"name": "early", "from": "00:00", "to": "08:00", "steps": hourly(200)},
        {"name": "late", "from": "20:00", "to": "24:00", "steps": hourly(200)},
    ],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
    "shared_caps": [{"bands": ["early", "late"], "amount": 600}],
}

CHANGI: dict[str, Any] = {  # 3.5 cents a minute
    **NEW,
    "steps": [{"until_min": None, "unit_min": 1, "price": "3.5"}],
    "sum_rounding": {"unit": 1, "how": "half_up"},
}
