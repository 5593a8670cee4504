"""Boards of China and abroad as documents; test_boards_by_hand.py has the stays and their prices."""

from tests.lots.tariffs.board_makers import BY_DAY, NEW, capped, offer, per, rungs, timed
from tests.lots.tariffs.published import DAY_FROM_ENTRY, NO_CYCLE, hourly


def free(minutes, mode="threshold", repeat="once"):
    return {"minutes": minutes, "mode": mode, "repeat": repeat}


AIRPORT = {  # 15 分钟内免费；前 2 小时每 15 分钟 2.5 元，之后每 15 分钟 1.5 元；24 小时最高 60 元
    **capped(6000),
    "free": free(15),
    "steps": [{"until_min": 120, "unit_min": 15, "price": 250}, *per(15, 150)],
}

HOSPITAL = {  # 首小时免费，之后每小时 3 元，24 小时（自入场起）最高 30 元
    **capped(3000),
    "free": free(60, "deduct"),
    "cycle_starts": "entry",
    "steps": hourly(300),
}

CAP_BY_DAY = {  # 每小时 10 元；工作日每天最高 50 元，周末及节假日每天最高 80 元
    **NEW,
    "bands": [
        timed("working_day", "00:00", "24:00", days=["workday"], steps=hourly(1000), cap=5000),
        timed("rest_day", "00:00", "24:00", days=["restday"], steps=hourly(1000), cap=8000),
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
}

RISING = {  # 第 1 小时 5 元，第 2 小时 6 元，第 3 小时起每小时 8 元，自然日最高 50 元
    **capped(5000, BY_DAY),
    "steps": [
        {"until_min": 60, "unit_min": 60, "price": 500},
        {"until_min": 120, "unit_min": 60, "price": 600},
        *hourly(800),
    ],
}

BY_ENTRY = {  # 首小时：8–18 时入场 10 元，其余 5 元；之后每小时日间 5 元、夜间 2 元
    **NEW,
    "bands": [
        timed(
            "day", "08:00", "18:00", steps=[{"until_min": 60, "unit_min": 60, "price": 1000}, *hourly(500)]
        ),
        timed(
            "night", "18:00", "08:00", steps=[{"until_min": 60, "unit_min": 60, "price": 500}, *hourly(200)]
        ),
    ],
    "crossing": "unit_start",
}

CHARGING = {  # 每小时 10 元，24 小时最高 60 元；新能源车前 2 小时免费
    **capped(6000),
    "steps": hourly(1000),
    "classes": [
        {
            "name": "new_energy",
            "kinds": ["nev_small", "nev_large"],
            "rule": {"free": free(120, "deduct"), "cycle_starts": "entry"},
        }
    ],
}

BY_VEHICLE = {  # 小型车首小时 4 元，之后每半小时 2 元，每天最高 40 元；大型车加倍，摩托车减半
    **capped(4000, BY_DAY),
    "steps": [{"until_min": 60, "unit_min": 60, "price": 400}, *per(30, 200)],
    "classes": [
        {"name": name, "seen_as": [name], "rule": {"percent": percent, "sum_rounding": rounding}}
        for rounding in [{"unit": 1, "how": "down"}]
        for name, percent in (("large", 200), ("motorcycle", 50))
    ],
}

NIGHT_PASS = {  # 每小时 5 元；包夜卡 150 元，20:00–次日 8:00 有效
    **NEW,
    "steps": hourly(500),
    "passes": [{"name": "night", "price": 15000, "from": "20:00", "to": "08:00"}],
}

LUMP = {  # 每小时 10 元，24 小时最高 60 元；停车超过 3 天的，共收 200 元
    **capped(6000),
    "steps": hourly(1000),
    "turn": {
        "after_min": 4320,
        "from": "start",
        "rule": {
            "steps": [{"until_min": None, "flat": 20000}],
            "cycle": NO_CYCLE,
            "steps_count": "stay",
            "caps": None,
        },
    },
}

LATER_DAYS = {  # 首 24 小时每小时 5 元、最高 40 元，之后每 24 小时 20 元
    **capped(4000),
    "steps": hourly(500),
    "turn": {
        "after_min": 1440,
        "from": "then",
        "rule": {"steps": per(1440, 2000), "caps": None},
    },
}

SPRING_FESTIVAL = {  # 每小时 10 元；春节假期入场的车辆免费
    **NEW,
    "steps": hourly(1000),
    "seasons": [
        {
            "name": "golden_week",
            "holidays": ["spring_festival"],
            "rule": {"steps": [{"until_min": None, "flat": 0}]},
        }
    ],
}

MINIMUM = {  # 每分钟 0.1 元，最低收费 2 元，24 小时最高 60 元
    **capped(6000),
    "steps": [{"until_min": 20, "flat": 200}, *per(1, 10)],
}

TWICE_A_DAY = {  # 每 12 小时 5 元
    **NEW,
    "cycle": {"basis": "from_entry", "hours": 12},
    "steps_count": "cycle",
    "steps": [{"until_min": None, "flat": 500}],
}

LUNCH = {  # 每小时 6 元；午间 11:30–13:30 免费
    **NEW,
    "steps": hourly(600),
    "bands": [timed("lunch", "11:30", "13:30", free=True)],
    "crossing": "sum_per_band",
}

FREE_BOTH_ENDS = {  # 前 2 小时免费，2 至 4 小时 10 元，之后不收费；每天重新计
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": [
        {"until_min": 120, "flat": 0},
        {"until_min": 240, "flat": 1000},
        {"until_min": None, "flat": 0},
    ],
}

OFFICE = {  # 工作日 8–18 时每小时 8 元，其余时间每次 5 元
    **NEW,
    "steps": [{"until_min": None, "flat": 500}],
    "bands": [timed("day", "08:00", "18:00", days=["workday"], steps=hourly(800))],
    "crossing": "sum_per_band",
    "band_days": "moment",
}

REPEATED_MAXIMUM = {  # 20分100円、入庫後24時間最大800円（繰り返し）
    **capped(800),
    "currency": "JPY",
    "steps": per(20, 100),
}

ONE_MAXIMUM = {  # 20分100円、入庫後24時間最大800円（1回限り）
    **REPEATED_MAXIMUM,
    "turn": {"after_min": 1440, "from": "then", "rule": {"caps": None}},
}

TIEFGARAGE = {  # je Stunde 1,50, nachts (20–7 Uhr) 1,00, höchstens 4,00; Tageshöchstsatz 12,00; 10 min frei
    **capped(1200, BY_DAY),
    "currency": "EUR",
    "free": free(10),
    "bands": [
        timed("day", "07:00", "20:00", steps=hourly(150)),
        timed("night", "20:00", "07:00", steps=hourly(100), cap=400),
    ],
    "crossing": "sum_per_band",
    "after_cycle": "run_on",
}

GARAGE = {**capped(4000), "currency": "USD", "steps": hourly(1000)}  # $10 an hour, $40 in 24 hours

HALF_HOURS = {  # 每半小時 15 元，最少一小時；星期五至日及公眾假期 18 元
    **NEW,
    "currency": "HKD",
    "bands": [
        timed(
            name,
            "00:00",
            "24:00",
            days=days,
            steps=[{"until_min": 60, "unit_min": 60, "price": 2 * price}, *per(30, price)],
        )
        for name, days, price in (
            ("week", ["mon", "tue", "wed", "thu", "makeup"], 1500),
            ("weekend", ["fri", "restday"], 1800),
        )
    ],
    "crossing": "unit_start",
    "band_days": "moment",
}

TAICHUNG = {  # 第一小時 40 元，之後每半小時 20 元，當日最高 200 元
    **capped(20000, BY_DAY),
    "currency": "TWD",
    "steps": [{"until_min": 60, "unit_min": 60, "price": 4000}, *per(30, 2000)],
}

KUALA_LUMPUR = {  # RM2 for 2 hours, RM1 each hour after, RM15 a day; in after 18:00 RM3
    **capped(1500, BY_DAY),
    "currency": "MYR",
    "steps": [{"until_min": 120, "flat": 200}, *hourly(100)],
    "offers": [offer("evening", "18:00", "24:00", "06:00", "next", flat=300)],
    "allows_cheaper_longer": True,
}

NIGHT_BY_ENTRY = {  # 每小时 6 元；18 时后入场、次日 8 时前离场 10 元封顶
    **NEW,
    "steps": hourly(600),
    "offers": [offer("night", "18:00", "24:00", "08:00", "next", cap=1000)],
}

STREET = {  # 工作日 7–21 时：首小时 10 元，之后每半小时 5 元，时段最高 80 元；其余时间免费
    **NEW,
    "steps": [{"until_min": None, "flat": 0}],
    "steps_count": "band",
    "bands": [
        timed(
            "day",
            "07:00",
            "21:00",
            days=["workday"],
            steps=[{"until_min": 60, "unit_min": 60, "price": 1000}, *per(30, 500)],
            cap=8000,
        )
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
}

TWO_CAPS = {  # 每小时 4 元；自然日最高 30 元，每 30 天合计最高 300 元
    **capped(3000, BY_DAY),
    "steps": hourly(400),
    "long_caps": [{"cycles": 30, "amount": 30000}],
}

SCENIC = {  # 小型车每天 15 元，大型车 30 元；淡季（11 月至 3 月）10 元和 15 元
    **NEW,
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": [{"until_min": None, "flat": 1500}],
    "classes": [
        {"name": "large", "seen_as": ["large"], "rule": {"steps": [{"until_min": None, "flat": 3000}]}}
    ],
    "seasons": [
        {
            "name": "off_peak",
            "dates": ["11-01/03-31"],
            "rule": {"steps": [{"until_min": None, "flat": 1000}]},
            "classes": [{"name": "large", "rule": {"steps": [{"until_min": None, "flat": 1500}]}}],
        }
    ],
}

NHS = {  # up to 1 hour £1.50, up to 2 £3.00, up to 4 £5.00, up to 24 £10.00
    **NEW,
    "currency": "GBP",
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": rungs((60, 150), (120, 300), (240, 500), last=1000),
}

ZURICH = {  # 5.67 Rappen a minute, rounded to 5 Rappen
    **NEW,
    "currency": "CHF",
    "steps": [{"until_min": None, "unit_min": 1, "price": "5.67"}],
    "sum_rounding": {"unit": 5, "how": "half_up"},
}

BOARDS = {
    "airport": AIRPORT,
    "hospital": HOSPITAL,
    "cap by day": CAP_BY_DAY,
    "rising": RISING,
    "by entry": BY_ENTRY,
    "charging": CHARGING,
    "by vehicle": BY_VEHICLE,
    "night pass": NIGHT_PASS,
    "lump": LUMP,
    "later days": LATER_DAYS,
    "spring festival": SPRING_FESTIVAL,
    "minimum": MINIMUM,
    "twice a day": TWICE_A_DAY,
    "lunch": LUNCH,
    "free both ends": FREE_BOTH_ENDS,
    "office": OFFICE,
    "repeated maximum": REPEATED_MAXIMUM,
    "one maximum": ONE_MAXIMUM,
    "tiefgarage": TIEFGARAGE,
    "garage": GARAGE,
    "half hours": HALF_HOURS,
    "taichung": TAICHUNG,
    "kuala lumpur": KUALA_LUMPUR,
    "night by entry": NIGHT_BY_ENTRY,
    "street": STREET,
    "two caps": TWO_CAPS,
    "scenic": SCENIC,
    "nhs": NHS,
    "zurich": ZURICH,
}
