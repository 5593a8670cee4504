"""P云's `charge_json`, as its open interface shows it in the answer to `realtime`. Pure.

    {"free_time": 15, "max": 3000, "more": {"price": 300, "unit": 60}, "type": 1}

All that is public is that sample and that amounts are fen. That times are minutes, that `max` is for each 24
hours from the entry and that a longer stay is charged from its first minute is our reading: `load` says so
where it decides something. Nothing documents `type`: another than 1 is refused, and so is a key that
the sample lacks: a price that nobody can read must not be left out of a bill.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lots.tariffs.charging_rules import (
    DAY,
    MINUTE,
    Basis,
    CapsCount,
    Free,
    FreeMode,
    Repeat,
    Rule,
    Step,
    whole_minutes,
)
from lots.tariffs.exchange import untrusted
from lots.tariffs.exchange.losses import Loss, conventions, require_cny
from lots.tariffs.json_fields import below, fen, fields, seconds
from lots.tariffs.reading import read
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

TYPE = 1
MOST_FREE = 24 * 60 - 1
MOST_UNIT = 24 * 60


def export(tariff: Tariff) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """Return the `charge_json` of a tariff, and what it could not say. Without a unit price there is none."""
    require_cny(tariff)
    rule = tariff.rule
    unit = next((step for step in rule.steps if step.unit and step.unit <= DAY), None)
    if unit is None:
        raise TariffError(
            "steps", "must have a price for a unit of at most 24 hours: this format knows no other"
        )
    data: dict[str, Any] = {"type": TYPE, "free_time": _free_time(rule)}
    data["more"] = {"price": unit.fen, "unit": unit.unit // MINUTE}
    if rule.caps:
        data["max"] = rule.caps[0].fen
    return data, (*conventions(tariff), *_lost(rule, unit))


def _free_time(rule: Rule) -> int:
    return min(whole_minutes(rule.free.seconds), MOST_FREE) if rule.free else 0


def _lost_of_free(free: Free) -> Iterator[Loss]:
    if free.mode is not FreeMode.THRESHOLD:
        yield Loss("free_mode", "free.mode")
    if free.repeat is not Repeat.ONCE:
        yield Loss("free_repeat", "free.repeat")
    if free.seconds > MOST_FREE * MINUTE:
        yield Loss("free_minutes", "free.minutes")


def _lost(rule: Rule, unit: Step) -> Iterator[Loss]:
    if rule.free and rule.free.seconds:
        yield from _lost_of_free(rule.free)
    if len(rule.steps) > 1:
        yield Loss("steps", "steps")
    if any(not step.unit and not step.total for step in rule.steps):
        yield Loss("flat", "steps")
    if any(step.total for step in rule.steps):
        yield Loss("total", "steps")
    if rule.stay_cap is not None:
        yield Loss("stay_cap", "stay_cap")
    if len(rule.caps) > 1:
        yield Loss("caps_rising", "caps")
    elif rule.caps and rule.caps_count is not CapsCount.PER_CYCLE:
        yield Loss("caps_rising", "caps_count")
    if not _cycle_is_stated(rule, unit):
        yield Loss("cycle", "cycle")


def _cycle_is_stated(rule: Rule, unit: Step) -> bool:
    """Return whether 24 hours from the entry is what the cycle is; or nothing begins again with it that
    counts."""
    cycle = rule.cycle
    if cycle.basis is Basis.NONE:
        return True
    if rule.caps:
        return cycle.basis is Basis.ENTRY and cycle.seconds == DAY
    return cycle.basis is Basis.ENTRY and cycle.seconds % unit.unit == 0  # no unit is cut short


def load(data: object) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """Return the document that a `charge_json` says, by itself or in the answer that holds it; and what was
    assumed. What it cannot be is a TariffError."""
    untrusted.check(data)
    charge, path, lost = _charge(data)
    part = fields(charge, path, {"type", "more"}, {"free_time", "max"})
    if type(part["type"]) is not int or part["type"] != TYPE:
        raise TariffError(below(path, "type"), "must be 1: what another means is not public")
    document, taken = _document(part, path)
    read(document)
    return document, (*lost, *taken)


def _charge(data: object) -> tuple[object, str, list[Loss]]:
    if not isinstance(data, Mapping) or "charge_json" not in data:
        return data, "", []
    part = fields(data, "", {"charge_json"}, {"charge_depict"})
    if not isinstance(part.get("charge_depict", ""), str):
        raise TariffError("charge_depict", "must be a text")
    lost = [Loss("free_text", "charge_depict")] if part.get("charge_depict") else []
    charge = part["charge_json"]
    return untrusted.parse(charge, "charge_json") if isinstance(charge, str) else charge, "charge_json", lost


def _document(part: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[Loss]]:
    more = fields(part["more"], below(path, "more"), {"price", "unit"})
    unit = seconds(more["unit"], below(path, "more.unit"), 1, MOST_UNIT) // MINUTE
    price = fen(more["price"], below(path, "more.price"))
    free = seconds(part.get("free_time", 0), below(path, "free_time"), 0, MOST_FREE) // MINUTE
    document: dict[str, Any] = {"format": 3, "currency": "CNY", "rounding": "started"}
    document["steps"] = [{"until_min": None, "unit_min": unit, "price": price}]
    taken = [Loss("type_assumed", "type"), Loss("rounding_assumed", "rounding")]
    if free:
        document["free"] = {"minutes": free, "mode": "threshold", "repeat": "once"}
        taken.append(Loss("free_mode_assumed", "free"))
    if "max" in part:
        cap = fen(part["max"], below(path, "max"), 1)  # whether 0 means that there is none is not public
        if cap < price:
            raise TariffError(below(path, "max"), "must not be below the price of one unit")
        document |= {"steps_count": "cycle", "cycle": {"basis": "from_entry", "hours": 24}}
        document |= {"caps": [{"cycle": "each", "amount": cap}], "caps_count": "per_cycle"}
        taken.append(Loss("cycle_assumed", "cycle"))
    else:
        document |= {"steps_count": "stay", "cycle": {"basis": "none"}}
    document["after_exit_window"] = "recomputed"
    return document, [*taken, Loss("exempt_assumed", "exempt"), Loss("overstay_assumed", "after_exit_window")]
