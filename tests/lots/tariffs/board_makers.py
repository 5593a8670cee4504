"""Documents, and parts of them, from which the tests of boards are made."""

from typing import Any

from tests.lots.tariffs.published import DAY_FROM_ENTRY, NO_CYCLE, OTHERS, hourly

NEW: dict[str, Any] = {**OTHERS, "format": 3, "cycle": NO_CYCLE, "steps_count": "stay"}
HOURLY = hourly(500)
BASE: dict[str, Any] = {**NEW, "steps": HOURLY}  # ¥5 for each started hour
BY_BAND = {**NEW, "steps_count": "band", "crossing": "sum_per_band"}
EACH_DAY = {**BY_BAND, "cycle": DAY_FROM_ENTRY, "after_cycle": "begin_again"}
BY_DAY = {"basis": "calendar_day", "reset": "00:00"}
FREE_ELSE = [{"until_min": None, "flat": 0}]
REST = ["sat", "sun", "holiday"]
DAYTIME = ("08:00", "20:00")
NIGHT = ("20:00", "08:00")


def cap(fen):
    return {"caps": [{"cycle": "each", "amount": fen}], "caps_count": "per_cycle"}


def capped(fen, cycle=DAY_FROM_ENTRY):
    return {**NEW, "cycle": cycle, "steps_count": "cycle", **cap(fen)}


def free(minutes):
    return {"free": {"minutes": minutes, "mode": "threshold", "repeat": "once"}}


def deduct(minutes):
    return {"free": {"minutes": minutes, "mode": "deduct", "repeat": "once"}}


def deducted(minutes):
    """Return minutes that are deducted within cycles from the entry."""
    return {**deduct(minutes), "cycle_starts": "entry"}


def ladder(*rungs):
    """Return steps for amounts in all: (up to minute, amount), the last without an end."""
    ends, sums = zip(*rungs, strict=True)
    before = [0, *sums[:-1]]
    return [{"until_min": end, "flat": fen - paid} for end, fen, paid in zip(ends, sums, before, strict=True)]


def per(minutes, fen):
    return [{"until_min": None, "unit_min": minutes, "price": fen}]


def until(minutes, unit, price):
    return {"until_min": minutes, "unit_min": unit, "price": price}


def once(fen):
    return [{"until_min": None, "flat": fen}]


def first_then(first, then):
    return [{"until_min": 60, "flat": first}, *hourly(then)]


def band(name, start, end, steps, days=None, cap=None):
    found = {"name": name, "from": start, "to": end, "steps": steps}
    return found | ({"days": days} if days else {}) | ({"cap": cap} if cap else {})


def flat(name, start, end, fen, days=None):
    return {"name": name, "from": start, "to": end, "flat": fen} | ({"days": days} if days else {})


def offer(name, start, end, by, day="same", days=None, **price):
    found = {"name": name, "enters": {"from": start, "to": end}, "leaves": {"by": by, "day": day}, **price}
    return found | ({"days": days} if days else {})


def share(percent, unit=1, how="down"):
    return {"percent": percent, "sum_rounding": {"unit": unit, "how": how}}


def green(**rule):
    return {"name": "new_energy", "kinds": ["nev_small", "nev_large"], "rule": rule}


def seen(name, **rule):
    return {"name": name, "seen_as": [name], "rule": rule}


def size(measure, **limits):
    return {"size": {"measure": measure, **limits}}


def timed(name, start, end, *, days=None, **price):
    """Return a band with any kind of price: steps, one amount, a cap."""
    return {"name": name, "from": start, "to": end, **price} | ({"days": days} if days else {})


def rungs(*ends_and_sums, last):
    """Return flat steps from a ladder of sums: up to 1 h 1.50, up to 2 h 3.00, beyond that `last`."""
    return ladder(*ends_and_sums, (None, last))
