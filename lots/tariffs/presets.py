"""Tariffs to begin with, of the shapes that car parks in China publish. Amounts are to be changed.

Each has its name in Chinese and in English.
"""

from typing import Any

NEW: dict[str, Any] = {
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
    "steps_count": "cycle",
    "cycle": {"basis": "from_entry", "hours": 24},
    "exempt": ["emergency"],
    "after_exit_window": "recomputed",
}
_HOURLY = [{"until_min": None, "unit_min": 60, "price": 1000}]
_NIGHT = [{"until_min": None, "unit_min": 60, "price": 500}]


def _rising(first: int, middle: int, last: int) -> list[dict[str, Any]]:
    """Return the steps of Shenzhen's streets: the first half hour, up to 3 hours, and beyond."""
    return [
        {"until_min": 30, "unit_min": 30, "price": first},
        {"until_min": 180, "unit_min": 30, "price": middle},
        {"until_min": None, "unit_min": 30, "price": last},
    ]


PRESETS: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {
    "mall": (
        (
            "商场：30 分钟内免费，每小时 10 元，每 24 小时封顶 100 元",
            "Shopping centre: 30 minutes free, ¥10 an hour, at most ¥100 in 24 hours",
        ),
        {
            **NEW,
            "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
            "steps": _HOURLY,
            "caps": [{"cycle": "each", "amount": 10000}],
            "caps_count": "per_cycle",
        },
    ),
    "mall_night": (
        (
            "商场分昼夜：白天每小时 10 元，21:00 至 07:00 每小时 5 元、封顶 30 元",
            "Shopping centre by day and night: ¥10 an hour, ¥5 from 21:00 to 07:00 and at most ¥30 then",
        ),
        {
            **NEW,
            "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
            "steps": _HOURLY,
            "steps_count": "band",
            "cycle": {"basis": "calendar_day", "reset": "00:00"},
            "caps": [{"cycle": "each", "amount": 10000}],
            "caps_count": "per_cycle",
            "bands": [{"name": "night", "from": "21:00", "to": "07:00", "steps": _NIGHT, "cap": 3000}],
            "crossing": "sum_per_band",
            "after_cycle": "run_on",
        },
    ),
    "airport": (
        (
            "机场：前 2 小时每小时 10 元，之后每小时 5 元；逐日封顶 60、80、110 元",
            "Airport: ¥10 an hour for 2 hours, then ¥5; at most ¥60, ¥80 and ¥110 day by day",
        ),
        {
            **NEW,
            "steps": [{"until_min": 120, "unit_min": 60, "price": 1000}, *_NIGHT],
            "caps": [
                {"cycle": 1, "amount": 6000},
                {"cycle": 2, "amount": 8000},
                {"cycle": "3+", "amount": 11000},
            ],
            "caps_count": "per_cycle",
        },
    ),
    "public": (
        (
            "公共停车场：免费 30 分钟并予扣除，每小时 4 元，新能源车半价，每日封顶 40 元",
            "Public car park: 30 minutes deducted, ¥4 an hour, new-energy cars half, at most ¥40 a day",
        ),
        {
            **NEW,
            "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
            "cycle_starts": "entry",
            "steps": [{"until_min": None, "unit_min": 60, "price": 400}],
            "caps": [{"cycle": "each", "amount": 4000}],
            "caps_count": "per_cycle",
            "classes": [
                {
                    "name": "new_energy",
                    "kinds": ["nev_small", "nev_large"],
                    "rule": {"steps": [{"until_min": None, "unit_min": 60, "price": 200}]},
                }
            ],
        },
    ),
    "office": (
        (
            "办公楼：工作日 8 至 20 时每小时 5 元、封顶 30 元，其余时间免费",
            "Office: ¥5 an hour on workdays from 8 to 20, at most ¥30; otherwise free",
        ),
        {
            **NEW,
            "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
            "steps": [{"until_min": None, "flat": 0}],
            "cycle": {"basis": "calendar_day", "reset": "00:00"},
            "caps": [{"cycle": "each", "amount": 3000}],
            "caps_count": "per_cycle",
            "bands": [{"name": "day", "from": "08:00", "to": "20:00", "days": ["workday"], "steps": _NIGHT}],
            "crossing": "sum_per_band",
            "band_days": "moment",
            "after_cycle": "begin_again",
        },
    ),
    "hospital": (
        (
            "医院：30 分钟内免费，前 2 小时每小时 5 元，之后每小时 2 元，每 24 小时封顶 30 元",
            "Hospital: 30 minutes free, ¥5 an hour for 2 hours, then ¥2; at most ¥30 in 24 hours",
        ),
        {
            **NEW,
            "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
            "steps": [
                {"until_min": 120, "unit_min": 60, "price": 500},
                {"until_min": None, "unit_min": 60, "price": 200},
            ],
            "caps": [{"cycle": "each", "amount": 3000}],
            "caps_count": "per_cycle",
        },
    ),
    "scenic": (
        (
            "景区：每次 10 元；春节、国庆假期 30 元，其他法定节假日和旺季周末 20 元",
            "Scenic spot: ¥10 a visit; ¥30 at Spring Festival and National Day, ¥20 on other holidays and on"
            " weekends of the season",
        ),
        {
            **NEW,
            "steps": [{"until_min": None, "flat": 1000}],
            "steps_count": "stay",
            "cycle": {"basis": "none"},
            "seasons": [
                {
                    "name": "golden_week",
                    "holidays": ["spring_festival", "national_day"],
                    "rule": {"steps": [{"until_min": None, "flat": 3000}]},
                },
                {
                    "name": "short_holiday",
                    "holidays": ["new_year", "qingming", "labour_day", "dragon_boat", "mid_autumn"],
                    "rule": {"steps": [{"until_min": None, "flat": 2000}]},
                },
                {
                    "name": "peak",
                    "dates": ["03-01/05-31", "09-01/11-30"],
                    "days": ["weekend"],
                    "rule": {"steps": [{"until_min": None, "flat": 2000}]},
                },
            ],
        },
    ),
    "beijing": (
        (
            "北京路侧一类：7 至 19 时首小时每 15 分钟 2.5 元、之后 3.75 元，夜间每 2 小时 1 元，不足不计",
            "Beijing street, class 1: ¥2.50 per 15 min in the first hour, then ¥3.75; nights ¥1 per 2 h",
        ),
        {
            **NEW,
            "rounding": "full",
            "steps": [
                {"until_min": 60, "unit_min": 15, "price": 250},
                {"until_min": None, "unit_min": 15, "price": 375},
            ],
            "steps_count": "band",
            "cycle": {"basis": "none"},
            "bands": [
                {
                    "name": "night",
                    "from": "19:00",
                    "to": "07:00",
                    "steps": [{"until_min": None, "unit_min": 120, "price": 100}],
                }
            ],
            "crossing": "sum_per_band",
        },
    ),
    "guangzhou": (
        (
            "广州一类停车场：每小时 3 元，每 12 小时封顶 9 元",
            "Guangzhou car park, class 1: ¥3 an hour, at most ¥9 in 12 hours",
        ),
        {
            **NEW,
            "steps": [{"until_min": None, "unit_min": 60, "price": 300}],
            "cycle": {"basis": "from_entry", "hours": 12},
            "caps": [{"cycle": "each", "amount": 900}],
            "caps_count": "per_cycle",
        },
    ),
    "shenzhen": (
        (
            "深圳路边一类：工作日 7:30 至 20 时、非工作日 10 至 20 时按半小时分段，其余时间免费",
            "Shenzhen street, class 1: by the half hour, 7:30 to 20 on working days, 10 to 20 on others",
        ),
        {
            **NEW,
            "steps": [{"until_min": None, "flat": 0}],
            "steps_count": "band",
            "cycle": {"basis": "none"},
            "bands": [
                {
                    "name": "working_day",
                    "from": "07:30",
                    "to": "20:00",
                    "days": ["workday"],
                    "steps": _rising(300, 600, 1000),
                },
                {
                    "name": "rest_day",
                    "from": "10:00",
                    "to": "20:00",
                    "days": ["restday"],
                    "steps": _rising(120, 240, 400),
                },
            ],
            "crossing": "sum_per_band",
            "band_days": "moment",
        },
    ),
    "chengdu": (
        (
            "成都占道一类：不足 15 分钟免费，8 至 19 时首小时 10 元、之后每半小时 3 元，夜间每 4 小时 2 元",
            "Chengdu street, class 1: 15 minutes free, ¥10 for the first hour, then ¥3 per half hour;"
            " nights ¥2 per 4 hours",
        ),
        {
            **NEW,
            "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
            "steps": [
                {"until_min": 60, "flat": 1000},
                {"until_min": None, "unit_min": 30, "price": 300},
            ],
            "steps_count": "band",
            "cycle": {"basis": "none"},
            "bands": [
                {
                    "name": "night",
                    "from": "19:00",
                    "to": "08:00",
                    "steps": [{"until_min": None, "unit_min": 240, "price": 200}],
                }
            ],
            "crossing": "sum_per_band",
        },
    ),
    "shanghai": (
        (
            "上海道路重点区域：15 分钟内免费，7:30 至 19:30 首小时 15 元、之后每半小时 10 元，夜间每次 10 元",
            "Shanghai street, key area: 15 minutes free, ¥15 for the first hour from 7:30 to 19:30, then ¥10"
            " per half hour; nights ¥10",
        ),
        {
            **NEW,
            "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
            "steps": [
                {"until_min": 60, "flat": 1500},
                {"until_min": None, "unit_min": 30, "price": 1000},
            ],
            "steps_count": "band",
            "cycle": {"basis": "none"},
            "bands": [{"name": "night", "from": "19:30", "to": "07:30", "flat": 1000}],
            "crossing": "sum_per_band",
        },
    ),
    "hangzhou": (
        (
            "杭州道路一级区域：8:00 至 20:30 首小时每半小时 5 元、之后每半小时 6 元，夜间免费",
            "Hangzhou street, level 1: ¥5 per half hour for an hour from 8:00 to 20:30, then ¥6; nights free",
        ),
        {
            **NEW,
            "steps": [{"until_min": None, "flat": 0}],
            "steps_count": "band",
            "cycle": {"basis": "none"},
            "bands": [
                {
                    "name": "day",
                    "from": "08:00",
                    "to": "20:30",
                    "steps": [
                        {"until_min": 60, "unit_min": 30, "price": 500},
                        {"until_min": None, "unit_min": 30, "price": 600},
                    ],
                }
            ],
            "crossing": "sum_per_band",
        },
    ),
}
