"""The rate table of APDS (ISO/TS 5206-1): one collection of rate lines, in yuan and ISO 8601 durations. Pure.

    {"rateLineCollections": [{"collectionSequence": 1, "applicableCurrency": "CNY", "relativeTimes": true,
      "resetTime": "00:00", "rateLines": [{"sequence": 1, "rateLineType": "incrementingRate",
        "incrementPeriod": "PT1H", "value": 10, "durationStart": "PT0M", "maxValue": 100}]}]}

`resetTime` begins everything again at that time of day: it is our calendar day, and no day counted
from the entry. Nor has it free minutes; deducted ones are a first tier of nothing. `maxValue` is taken
to be for its own line. So a cap of several steps stands on the last line, less what the steps before cost.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    MINUTE,
    Basis,
    CapsCount,
    FreeMode,
    Repeat,
    Rule,
    Step,
    StepsCount,
    whole_minutes,
)
from lots.tariffs.exchange import untrusted
from lots.tariffs.exchange.losses import Loss, conventions, require_cny
from lots.tariffs.json_fields import MOST_MINUTES, fen, fields, hh_mm, items, time_of_day, whole
from lots.tariffs.reading import read
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

COLLECTION = {"collectionSequence", "applicableCurrency", "rateLines"}
COLLECTION_MAY = {"relativeTimes", "resetTime", "maxTime", "validStart", "taxIncluded"}
LINE, LINE_MAY = (
    {"sequence", "rateLineType", "value"},
    {"incrementPeriod", "durationStart", "durationEnd", "maxValue"},
)
DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?", re.ASCII)


def export(tariff: Tariff) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """Return the rate table of a tariff, and what it could not say. Without steps outside bands none."""
    require_cny(tariff)
    rule = tariff.rule
    steps = [step for step in _stated_steps(rule) if not step.total]
    if not steps or steps[-1].until != FOREVER:
        raise TariffError("steps", "must have a price for what no other step holds: there is no last line")
    collection: dict[str, Any] = {"collectionSequence": 1, "applicableCurrency": "CNY", "relativeTimes": True}
    if rule.cycle.basis is Basis.DAY:
        collection["resetTime"] = hh_mm(rule.cycle.reset)
    if tariff.max_stay is not None:
        collection["maxTime"] = duration(tariff.max_stay // MINUTE)
    lines = list(_lines(steps))
    most = _most(rule, steps)
    if most is not None:
        lines[-1]["maxValue"] = yuan(most)
    collection["rateLines"] = lines
    general = (loss for loss in conventions(tariff) if loss.code != "max_stay")
    return {"rateLineCollections": [collection]}, (*general, *_lost(rule, most))


def _stated_steps(rule: Rule) -> list[Step]:
    """Return the steps as lines say them: deducted minutes are a tier of nothing before them."""
    steps = list(rule.steps)
    if not _free_is_a_tier(rule):
        return steps
    free = rule.free.seconds if rule.free else 0
    later = [Step(min(step.until + free, FOREVER), step.unit, step.fen, step.total) for step in steps]
    return [Step(free, 0, 0), *later] if free else steps


def _free_is_a_tier(rule: Rule) -> bool:
    if rule.free is None or rule.free.mode is not FreeMode.DEDUCT or not rule.steps:
        return False
    if rule.free.is_counted or rule.free.counts_in_steps:
        return False
    by_day = rule.cycle.basis is Basis.DAY
    ends = [step.until for step in rule.steps if step.until != FOREVER]
    fits = rule.free.seconds + max(ends, default=0) < (DAY if by_day else MOST_MINUTES * MINUTE)
    again = rule.free.repeat is Repeat.EACH_CYCLE
    return fits and (again if by_day else not again and _no_cycle(rule))


def _no_cycle(rule: Rule) -> bool:
    """Return whether nothing begins again in a stay: there are no cycles, or they change nothing."""
    if rule.cycle.basis is not Basis.ENTRY:
        return rule.cycle.basis is Basis.NONE
    step = rule.steps[0] if len(rule.steps) == 1 else None
    return not rule.caps and bool(step and step.unit and rule.cycle.seconds % step.unit == 0)


def _most(rule: Rule, steps: list[Step]) -> int | None:
    """Return the most that the last line may add, where one cap is all there is and the lines can say it."""
    one = len(rule.caps) == 1 and rule.caps_count is CapsCount.PER_CYCLE
    if rule.cycle.basis is Basis.DAY:
        cap = rule.caps[0].fen if one else None
    else:
        cap = rule.stay_cap if _no_cycle(rule) else None
    if cap is None or any(step.total for step in rule.steps):
        return None
    before = _cost(steps)
    return cap - before if cap >= before else None


def _cost(steps: list[Step]) -> int:
    """Return what all steps but the last cost together."""
    ends = [0, *(step.until for step in steps)]
    parts = zip(steps[:-1], pairwise(ends), strict=False)
    return sum(
        (-(-(end - start) // step.unit) if step.unit else 1) * step.fen for step, (start, end) in parts
    )


def _lines(steps: list[Step]) -> Iterator[dict[str, Any]]:
    start = 0
    for number, step in enumerate(steps, 1):
        kind = "incrementingRate" if step.unit else "flatRate" if step.until == FOREVER else "flatRateTier"
        line = {"sequence": number, "rateLineType": kind, "value": yuan(step.fen)}
        line["durationStart"] = duration(whole_minutes(start))
        if step.unit:
            line["incrementPeriod"] = duration(step.unit // MINUTE)
        if step.until != FOREVER:
            line["durationEnd"] = duration(whole_minutes(step.until))
        start = step.until
        yield line


def _lost(rule: Rule, most: int | None) -> Iterator[Loss]:
    if rule.free and rule.free.seconds and not _free_is_a_tier(rule):
        yield Loss("free_minutes", "free")
    if any(step.total for step in rule.steps):
        yield Loss("total", "steps")
    by_day = rule.cycle.basis is Basis.DAY
    if not by_day and not _no_cycle(rule):
        yield Loss("cycle", "cycle")
    if by_day and len(rule.steps) > 1 and rule.count is StepsCount.STAY:
        yield Loss("steps_run_on", "steps_count")
    if rule.caps and not (by_day and most is not None):
        yield Loss("caps", "caps")
    if rule.stay_cap is not None and (by_day or most is None):
        yield Loss("stay_cap", "stay_cap")


def load(data: object) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """Return the document that a rate table says, and what was assumed. Raises `TariffError`."""
    untrusted.check(data)
    tables = items(
        fields(data, "", {"rateLineCollections"})["rateLineCollections"], "rateLineCollections", most=1
    )
    path = "rateLineCollections[0]"
    part = fields(tables[0], path, COLLECTION, COLLECTION_MAY)
    whole(part["collectionSequence"], f"{path}.collectionSequence", 1, 1)
    if part["applicableCurrency"] != "CNY":
        raise TariffError(f"{path}.applicableCurrency", "must be CNY")
    if part.get("relativeTimes", True) is not True:
        raise TariffError(f"{path}.relativeTimes", "must be true: durations count from the entry")
    document, taken = _document(part, path)
    read(document)
    return document, tuple(dict.fromkeys(taken))


def _document(part: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[Loss]]:
    taken = [Loss("rounding_assumed", "rounding")]
    for key, kind, code in (("validStart", str, "validity"), ("taxIncluded", bool, "tax")):
        if key in part:
            if not isinstance(part[key], kind):
                raise TariffError(
                    f"{path}.{key}", "must be a time" if kind is str else "must be true or false"
                )
            taken.append(Loss(code, key))
    steps, most = _read_lines(part["rateLines"], f"{path}.rateLines", taken)
    document: dict[str, Any] = {"format": 3, "currency": "CNY", "rounding": "started"}
    document["steps"] = [step for step, _ in steps]
    cap = None if most is None else most + sum(cost for _, cost in steps[:-1])
    if most is not None and len(steps) > 1:
        taken.append(Loss("max_value_assumed", "caps" if "resetTime" in part else "stay_cap"))
    if "resetTime" in part:
        reset = hh_mm(time_of_day(part["resetTime"], f"{path}.resetTime"))
        document |= {"steps_count": "cycle", "cycle": {"basis": "calendar_day", "reset": reset}}
        if cap is not None:
            document |= {"caps": [{"cycle": "each", "amount": cap}], "caps_count": "per_cycle"}
    else:
        document |= {"steps_count": "stay", "cycle": {"basis": "none"}}
        if cap is not None:
            document["stay_cap"] = cap
    if "maxTime" in part:
        document["max_stay_min"] = minutes(part["maxTime"], f"{path}.maxTime", taken)
    document["after_exit_window"] = "recomputed"
    return document, [*taken, Loss("exempt_assumed", "exempt"), Loss("overstay_assumed", "after_exit_window")]


def _read_lines(
    value: object, path: str, taken: list[Loss]
) -> tuple[list[tuple[dict[str, Any], int]], int | None]:
    """Return each step with what the whole of it costs, and the most that the last may add."""
    found: list[tuple[dict[str, Any], int]] = []
    start, most = 0, None
    lines = items(value, path)
    for index, item in enumerate(lines):
        where, last = f"{path}[{index}]", index + 1 == len(lines)
        line = fields(item, where, LINE, LINE_MAY)
        whole(line["sequence"], f"{where}.sequence", index + 1, index + 1)
        if (
            minutes(line.get("durationStart", 0 if index == 0 else None), f"{where}.durationStart", taken)
            != start
        ):
            raise TariffError(f"{where}.durationStart", "must be where the line before ends")
        if last == ("durationEnd" in line):
            raise TariffError(
                f"{where}.durationEnd", "must not be there: the last line is open" if last else "is missing"
            )
        end = None if last else minutes(line["durationEnd"], f"{where}.durationEnd", taken)
        if end is not None and end <= start:
            raise TariffError(f"{where}.durationEnd", "must be after durationStart")
        if "maxValue" in line:
            if not last:
                raise TariffError(f"{where}.maxValue", "must be on the last line: there is no cap of a step")
            most = amount(line["maxValue"], f"{where}.maxValue")
        found.append(_step(line, where, start, end, taken))
        start = end or start
    return found, most


def _step(
    line: Mapping[str, Any], path: str, start: int, end: int | None, taken: list[Loss]
) -> tuple[dict[str, Any], int]:
    price = amount(line["value"], f"{path}.value")
    if line["rateLineType"] == "incrementingRate":
        if "incrementPeriod" not in line:
            raise TariffError(f"{path}.incrementPeriod", "is missing")
        unit = minutes(line["incrementPeriod"], f"{path}.incrementPeriod", taken)
        if not unit:
            raise TariffError(f"{path}.incrementPeriod", "must be at least a minute")
        units = -(-(end - start) // unit) if end is not None else 0
        return {"until_min": end, "unit_min": unit, "price": price}, units * price
    if line["rateLineType"] not in ("flatRate", "flatRateTier"):
        reason = "must be incrementingRate, flatRate or flatRateTier: what another costs is not known here"
        raise TariffError(f"{path}.rateLineType", reason)
    if "incrementPeriod" in line:
        raise TariffError(f"{path}.incrementPeriod", "must not be there: the amount is for the whole line")
    if start and price:
        taken.append(Loss("flat_assumed", "steps"))
    return {"until_min": end, "flat": price}, price


def yuan(amount_fen: int) -> int | float:
    return amount_fen // 100 if amount_fen % 100 == 0 else amount_fen / 100


def amount(value: object, path: str) -> int:
    """Return yuan with at most two decimals as fen; a number in quotes is none."""
    if type(value) not in (int, float):
        raise TariffError(path, "must be a number of yuan")
    exact = Decimal(str(value)) * 100
    if exact != int(exact):
        raise TariffError(path, "must not have parts of a fen")
    return fen(int(exact), path)


def duration(length: int) -> str:
    """Return whole minutes as an ISO 8601 duration."""
    return f"PT{length // 60}H" if length and length % 60 == 0 else f"PT{length}M"


def minutes(value: object, path: str, taken: list[Loss]) -> int:
    """Return a duration in whole minutes; a bare number is taken for them, with a remark."""
    if type(value) is int:
        if value:
            taken.append(Loss("duration_assumed", "steps"))
        return whole(value, path, 0, MOST_MINUTES)
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise TariffError(path, "must be a duration such as PT1H30M, in whole minutes")
    days, hours, rest = (int(part or 0) for part in match.groups())
    return whole((days * 24 + hours) * 60 + rest, path, 0, 365 * 24 * 60)
