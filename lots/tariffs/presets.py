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
}
