"""Eighteen published tariffs as documents, by the number they have in docs/tariffs.md. Amounts in fen."""

from typing import Any

OTHERS = {"format": 2, "currency": "CNY", "rounding": "started", "after_exit_window": "recomputed"}
DAY_FROM_ENTRY = {"basis": "from_entry", "hours": 24}
NO_CYCLE = {"basis": "none"}


def hourly(fen: int, minutes: int = 60) -> list[dict[str, Any]]:
    return [{"until_min": None, "unit_min": minutes, "price": fen}]


def first(until: int, fen: int, later: int, minutes: int = 60) -> list[dict[str, Any]]:
    return [{"until_min": until, "unit_min": min(until, 60), "price": fen}, *hourly(later, minutes)]


def caps(*amounts: int, **last: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"cycle": n, "amount": fen} for n, fen in enumerate(amounts, 1)]
    found[-1] |= {"cycle": f"{len(amounts)}+", **last}
    return found


def simple(fen: int, cap: int | None = None, minutes: int = 60) -> dict[str, Any]:
    document = {**OTHERS, "cycle": DAY_FROM_ENTRY, "steps_count": "cycle", "steps": hourly(fen, minutes)}
    return document | ({"caps": caps(cap), "caps_count": "per_cycle"} if cap else {})


HONGQIAO = {
    **OTHERS,
    "cycle": DAY_FROM_ENTRY,
    "steps": first(120, 1000, 500),
    "steps_count": "cycle",
    "caps": caps(6000, 8000, 11000),
    "caps_count": "per_cycle",
}
HONGQIAO_CUMULATIVE = {
    **HONGQIAO,
    "steps_count": "stay",
    "caps": caps(6000, 8000, 11000, each_later_adds=3000),
    "caps_count": "cumulative",
}
TIANJIE = {**simple(0), "steps": first(60, 700, 350, 30)}
PANYU = {
    **OTHERS,
    "cycle": NO_CYCLE,
    "steps": hourly(200, 30),
    "steps_count": "band",
    "bands": [{"name": "night", "from": "19:00", "to": "08:00", "steps": hourly(200, 30), "cap": 1000}],
    "crossing": "sum_per_band",
}
AIRPORT = {
    **simple(0),
    "steps": [{"until_min": 30, "unit_min": 30, "price": 200}, *hourly(500)],
    "caps": caps(3000, 4000, 5000),
    "caps_count": "per_cycle",
    "classes": [
        {
            "name": "large",
            "kinds": ["nev_large"],
            "seen_as": ["large"],
            "rule": {
                "steps": [{"until_min": 30, "unit_min": 30, "price": 500}, *hourly(1000)],
                "caps": caps(6000, 7000, 8000),
            },
        }
    ],
}
TWO_HOURS_THREE_YUAN = {"until_min": 120, "flat": 300}
APPROVAL_2020 = {
    **OTHERS,
    "free": {"minutes": 45, "mode": "threshold", "repeat": "once"},
    "cycle": DAY_FROM_ENTRY,
    "steps": [TWO_HOURS_THREE_YUAN, *hourly(100)],
    "steps_count": "cycle",
    "bands": [
        {
            "name": "night",
            "from": "19:00",
            "to": "05:00",
            "steps": [TWO_HOURS_THREE_YUAN, {"until_min": None, "flat": 0}],
        }
    ],
    "crossing": "unit_start",
    "caps": caps(1000),
    "caps_count": "per_cycle",
    "classes": [
        {
            "name": "large",
            "seen_as": ["large"],
            "rule": {
                "steps": [{"until_min": 720, "flat": 2500}, *hourly(300)],
                "bands": None,
                "crossing": None,
                "caps": caps(4000),
            },
        }
    ],
}
BAILIAN = {
    **OTHERS,
    "free": {"minutes": 30, "mode": "threshold", "repeat": "once"},
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "steps": hourly(1000),
    "steps_count": "band",
    "bands": [{"name": "night", "from": "21:00", "to": "07:00", "steps": hourly(500), "cap": 3000}],
    "crossing": "sum_per_band",
    "caps": caps(10000),
    "caps_count": "per_cycle",
}
STATION = {
    **OTHERS,
    "cycle": NO_CYCLE,
    "steps": [{"until_min": 540, "unit_min": 60, "price": 1000}, *hourly(500)],
    "steps_count": "stay",
    "bands": [{"name": "night", "from": "23:00", "to": "07:00", "flat": 5000}],
    "crossing": "sum_per_band",
}
STATION_AGAIN = {**STATION, "steps_count": "band"}
BAIGUAN = {
    **OTHERS,
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "cycle": DAY_FROM_ENTRY,
    "steps": [{"until_min": None, "flat": 0}],
    "steps_count": "cycle",
    "bands": [{"name": "day", "from": "08:00", "to": "20:00", "days": ["workday"], "steps": hourly(500)}],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "caps": caps(3000),
    "caps_count": "per_cycle",
    "classes": [
        {
            "name": "new_energy",
            "kinds": ["nev_small", "nev_large"],
            "rule": {"free": {"minutes": 120, "mode": "deduct", "repeat": "once"}},
        }
    ],
    "passes": [{"name": "month", "price": 20000}],
}
MON_TO_SAT = ["mon", "tue", "wed", "thu", "fri", "sat", "makeup"]
DONGCHENG = {
    **OTHERS,
    "cycle": NO_CYCLE,
    "steps_count": "stay",
    "bands": [
        {"name": "day", "from": "07:00", "to": "22:00", "days": MON_TO_SAT, "steps": hourly(3500)},
        {"name": "night", "from": "22:00", "to": "07:00", "days": MON_TO_SAT, "steps": hourly(2400)},
        {"name": "sunday", "from": "00:00", "to": "24:00", "days": ["sun", "holiday"], "steps": hourly(3100)},
    ],
    "crossing": "sum_per_band",
    "band_days": "moment",
    "passes": [
        {"name": "day", "price": 18000, "from": "08:00", "to": "20:00"},
        {"name": "night", "price": 9000, "from": "20:00", "to": "08:00"},
    ],
}
MON_TO_THU = ["mon", "tue", "wed", "thu", "makeup"]
CASTLE_PEAK = {
    **OTHERS,
    "cycle": NO_CYCLE,
    "steps": hourly(1000),
    "steps_count": "stay",
    "bands": [
        {"name": "evening", "from": "18:00", "to": "22:00", "days": MON_TO_THU, "flat": 2000},
        {"name": "weekend_evening", "from": "18:00", "to": "22:00", "days": ["fri", "restday"], "flat": 4000},
    ],
    "crossing": "sum_per_band",
    "band_days": "start",
}
SHEUNG_SHUI = {
    **OTHERS,
    "cycle": NO_CYCLE,
    "steps_count": "stay",
    "bands": [
        {"name": "week", "from": "00:00", "to": "24:00", "days": ["workday"], "steps": hourly(2400)},
        {"name": "weekend", "from": "00:00", "to": "24:00", "days": ["restday"], "steps": hourly(2700)},
    ],
    "crossing": "unit_start",
    "band_days": "moment",
    "classes": [
        {
            "name": "goods",
            "seen_as": ["goods"],
            "rule": {"steps": hourly(1800, 30), "bands": None, "crossing": None, "band_days": None},
        }
    ],
}
NANNING = {
    **simple(400),
    "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
    "classes": [{"name": "new_energy", "kinds": ["nev_small", "nev_large"], "rule": {"steps": hourly(200)}}],
}
NANNING_BEFORE = {**NANNING, "free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}
GUIDE_2005 = {
    **simple(0),
    "steps": first(60, 500, 200, 30),
    "classes": [
        {"name": name, "seen_as": [name], "rule": {"steps": first(60, 500 + more, 200 + more, 30)}}
        for name, more in (("large", 100), ("extra_large", 200), ("special", 300))
    ],
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "1 per cycle": HONGQIAO,
    "1 cumulative": HONGQIAO_CUMULATIVE,
    "2": TIANJIE,
    "3": simple(1000, 10000),
    "4": simple(1500),
    "5 A": simple(2000, 36000),
    "5 B": simple(1500),
    "6": simple(1000, 4000),
    "7": PANYU,
    "8": AIRPORT,
    "9": APPROVAL_2020,
    "10": BAILIAN,
    "11 running on": STATION,
    "11 beginning again": STATION_AGAIN,
    "12": BAIGUAN,
    "13": DONGCHENG,
    "14": CASTLE_PEAK,
    "15": SHEUNG_SHUI,
    "16": simple(2000),  # the board has no price: part of an hour counts as an hour
    "17": NANNING,
    "17 before": NANNING_BEFORE,
    "18": GUIDE_2005,
}
