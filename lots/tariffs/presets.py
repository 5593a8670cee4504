"""Tariffs to begin with, of the shapes that car parks in China publish. Amounts are to be changed.

`console.tariff_preset_names` has their names.
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
_ONLY_BANDS = {key: value for key, value in NEW.items() if key != "steps"}
_HOURLY = [{"until_min": None, "unit_min": 60, "price": 1000}]
_NIGHT = [{"until_min": None, "unit_min": 60, "price": 500}]


def _rising(first: int, middle: int, last: int) -> list[dict[str, Any]]:
    """Return the steps of Shenzhen's streets: the first half hour, up to 3 hours, and beyond."""
    return [
        {"until_min": 30, "unit_min": 30, "price": first},
        {"until_min": 180, "unit_min": 30, "price": middle},
        {"until_min": None, "unit_min": 30, "price": last},
    ]


PRESETS: dict[str, dict[str, Any]] = {
    "mall": {
        **NEW,
        "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
        "steps": _HOURLY,
        "caps": [{"cycle": "each", "amount": 10000}],
        "caps_count": "per_cycle",
    },
    "mall_night": {
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
    "airport": {
        **NEW,
        "steps": [{"until_min": 120, "unit_min": 60, "price": 1000}, *_NIGHT],
        "caps": [
            {"cycle": 1, "amount": 6000},
            {"cycle": 2, "amount": 8000},
            {"cycle": "3+", "amount": 11000},
        ],
        "caps_count": "per_cycle",
    },
    "public": {
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
    "office": {
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
    "hospital": {
        **NEW,
        "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
        "steps": [
            {"until_min": 120, "unit_min": 60, "price": 500},
            {"until_min": None, "unit_min": 60, "price": 200},
        ],
        "caps": [{"cycle": "each", "amount": 3000}],
        "caps_count": "per_cycle",
    },
    "scenic": {
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
    "beijing": {
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
    "guangzhou": {
        **NEW,
        "steps": [{"until_min": None, "unit_min": 60, "price": 300}],
        "cycle": {"basis": "from_entry", "hours": 12},
        "caps": [{"cycle": "each", "amount": 900}],
        "caps_count": "per_cycle",
    },
    "shenzhen": {
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
    "chengdu": {
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
    "shanghai": {
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
    "hangzhou": {
        **_ONLY_BANDS,
        "steps_count": "band",
        "cycle": {"basis": "none"},
        "bands": [
            {
                "name": "day",
                "from": "08:00",
                "to": "20:00",
                "steps": [
                    {"until_min": 60, "unit_min": 30, "price": 500},
                    {"until_min": None, "unit_min": 30, "price": 600},
                ],
            },
            {"name": "night", "from": "20:00", "to": "08:00", "flat": 500},
        ],
        "crossing": "sum_per_band",
    },
}
