"""What else a tariff could be taken to mean: for each setting that is read in two ways, the other one. Pure.

A board says "first 24 hours at most 60 yuan, second 80" and leaves open whether the caps add up. The document
never does; but who typed it may have chosen without knowing that there was a choice. Each reading here is a
document of its own, so both are priced by the same engine. One that the engine would refuse is left out:
nobody can mean a contradiction.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from lots.tariffs.day_kinds import EVE
from lots.tariffs.document_formats import completed, latest
from lots.tariffs.json_fields import MOST_FEN
from lots.tariffs.limits import possible_limits
from lots.tariffs.reading import read
from lots.tariffs.reading_rule import (
    RULE,
    counts_before_steps,
    merged_rule,
    names_eves,
    without_idle_steps,
)
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

type Document = dict[str, Any]


class Story(StrEnum):
    """What a car must do before two readings can differ."""

    STAY = "stay"  # come and go
    REENTRY = "reentry"  # leave, come back soon, and go
    AFTER_PAYMENT = "after_payment"  # pay with a coupon, and leave after the exit window


@dataclass(frozen=True)
class Reading:
    """The other reading of one axis: the words for both, and the tariff that means the other."""

    axis: str
    ours: str
    other: str
    tariff: Tariff
    story: Story = Story.STAY


type Candidate = tuple[str, str, list[Document]]  # our word, the other, documents that say it, best first


def plain(document: Mapping[str, Any], vehicle: str = "", season: int | None = None) -> Document:
    """Return a valid document with the rule of one class of vehicles ("": the lot's own), nobody exempt.

    `season`: with what is different in this one, by its place in the list.
    """
    top = latest(document)
    classes, seasons = top.pop("classes", []), top.pop("seasons", [])
    own = _rule_of(classes, vehicle)
    if vehicle and own is None:
        raise TariffError("classes", "has no rule for this vehicle")
    here = {} if season is None else seasons[season]
    for part in (here.get("rule"), own, _rule_of(here.get("classes", []), vehicle)):
        if part:
            usual = {key: top.pop(key) for key in RULE & set(top)}
            top |= merged_rule(part, "", usual)
    top.pop("passes", None)
    top.pop("ends", None)
    if top.get("reentry", {}).get("as") == "no_free" and "free" not in top:
        del top["reentry"]  # it is about the free minutes of other vehicles
    return top | {"exempt": []}


def _rule_of(classes: list[Document], vehicle: str) -> Document | None:
    return next((one["rule"] for one in classes if one["name"] == vehicle and "rule" in one), None)


def other_readings(document: Document) -> Iterator[Reading]:
    """Yield the other reading of each axis on which this plain document has one."""
    for axis, (find, story) in AXES.items():
        found = find(document)
        if found is None:
            continue
        ours, other, candidates = found
        if story is not Story.REENTRY:
            candidates = [_of_one_stay(one) for one in candidates]
        tariff = next(filter(None, map(_tariff, candidates)), None)
        if tariff:
            yield Reading(axis, ours, other, tariff, story)


def _of_one_stay(document: Document) -> Document:
    """Return a document without a rule on coming back that would refuse prices by the clock."""
    if document.get("reentry", {}).get("gap") != "not_counted":
        return document
    return {key: value for key, value in document.items() if key != "reentry"}


def with_other_answer(document: Mapping[str, Any], axis: str) -> Document | None:
    """Return a valid document with the other rule to one question, if there is one that can be read."""
    top = latest(document)
    find = AXES[axis][0] if axis in AXES else None
    found = find(top) if find else None
    if found is None:
        return None
    for candidate in found[2]:
        answered = without_idle_steps(completed(candidate))
        for declared in ({}, {"allows_cheaper_longer": True}):
            try:
                read({**answered, **declared})
            except TariffError:
                continue
            return {**answered, **declared}
    return None


def _tariff(document: Document) -> Tariff | None:
    try:
        return read({**without_idle_steps(completed(document)), "allows_cheaper_longer": True})
    except TariffError:
        return None


def _free(document: Document, key: str, one: str, two: str) -> Candidate | None:
    free = document.get("free")
    if not free or not free["minutes"]:
        return None
    ours, other = (one, two) if free[key] == one else (two, one)
    return ours, other, [{**document, "free": {**free, key: other}}]


def _free_mode(document: Document) -> Candidate | None:
    return _free(document, "mode", "threshold", "deduct")


def _free_repeat(document: Document) -> Candidate | None:
    if document.get("free", {}).get("repeat") in ("once_a_day", "times_a_day", "times_a_month"):
        return None
    return _free(document, "repeat", "once", "each_cycle")


def _free_hours(document: Document) -> Candidate | None:
    """Free minutes that run at all times, or in charged hours only."""
    free = document.get("free")
    if not free or not free["minutes"] or "turn" in document:
        return None
    ours, other = "free_all_hours", "free_charged_hours"
    if "charged_hours_only" in free:
        rest = {key: value for key, value in free.items() if key != "charged_hours_only"}
        return other, ours, [{**document, "free": rest}]
    return ours, other, [{**document, "free": {**free, "charged_hours_only": True}}]


def _free_steps(document: Document) -> Candidate | None:
    """Steps that count from the end of deducted minutes, or from the first of them."""
    free = document.get("free")
    if not free or not free["minutes"] or not counts_before_steps(document):
        return None
    ours, other = "steps_after_free", "steps_with_free"
    if "counts_in_steps" in free:
        rest = {key: value for key, value in free.items() if key != "counts_in_steps"}
        return other, ours, [{**document, "free": rest}]
    return ours, other, [{**document, "free": {**free, "counts_in_steps": True}}]


def _free_monthly(document: Document) -> Candidate | None:
    """Free minutes so many times a month for a plate, or on each of its visits."""
    free = document.get("free")
    if not free or not free["minutes"] or free["repeat"] != "times_a_month":
        return None
    rest = {key: value for key, value in free.items() if key != "times"}
    return "free_monthly", "free_each_visit", [{**document, "free": {**rest, "repeat": "once"}}]


def _plate_cap(document: Document, period: str) -> Candidate | None:
    """A cap for all stays of a plate in a week or month, or for each stay."""
    key = f"{period}_cap"
    if key not in document:
        return None
    rest = {name: value for name, value in document.items() if name != key}
    most = min(document[key], document.get("stay_cap", document[key]), MOST_FEN)
    return f"{period}_together", "stay_alone", [{**rest, "stay_cap": most}]


def _reached(document: Document) -> Candidate | None:
    """A stay of exactly the length of a limit: still within it, or beyond."""
    if "reached" in document:
        rest = {key: value for key, value in document.items() if key != "reached"}
        return "limit_reached", "limit_within", [rest]
    possible = sorted(possible_limits(document))
    return ("limit_within", "limit_reached", [{**document, "reached": possible}]) if possible else None


def _free_daily(document: Document) -> Candidate | None:
    """Free minutes once or so many times a day for a plate, or on each of its visits."""
    free = document.get("free")
    if not free or not free["minutes"] or free["repeat"] not in ("once_a_day", "times_a_day"):
        return None
    rest = {key: value for key, value in free.items() if key != "times"}
    ours = "free_daily" if free["repeat"] == "once_a_day" else "free_times_daily"
    return ours, "free_each_visit", [{**document, "free": {**rest, "repeat": "once"}}]


def _cycle(document: Document) -> Candidate | None:
    """24 hours from the entry, or the calendar day: "a day" on a board, where something begins again."""
    cycle = document["cycle"]
    again = document.get("free", {}).get("repeat") == "each_cycle"
    steps = document.get("steps", [])
    if not (again or document.get("caps") or len(steps) > 1 or _is_one_amount(document)):
        return None
    if cycle["basis"] == "from_entry" and cycle["hours"] == 24:
        day = {"basis": "calendar_day", "reset": "00:00"}
        return "from_entry", "calendar_day", [{**document, "cycle": day}]
    if cycle["basis"] == "calendar_day":
        return (
            "calendar_day",
            "from_entry",
            [{**document, "cycle": {"basis": "from_entry", "hours": 24}}],
        )
    return None


WHOLE_DATE = "date"  # the name of a band that is a calendar day
DAY_OF_BAND = {"bands", "crossing", "band_days", "after_cycle"}


def _day_units(document: Document) -> Candidate | None:
    """A unit that runs over the end of a calendar day: cut there, or not (每 15 分钟 2 元，每日最高 60 元).

    Units run on where the day is a band with a cap instead of a cycle. Several steps would not begin again.
    """
    ours, other = "units_of_day", "units_over_days"
    if document["cycle"]["basis"] == "calendar_day":
        day = _band_of_days(document)
        return (ours, other, [day]) if day else None
    day = _cycle_of_band(document)
    return (other, ours, [day]) if day else None


def _band_of_days(document: Document) -> Document | None:
    """Return a document of calendar days as one without cycles, its days a band with their cap."""
    steps, caps = document.get("steps", []), document.get("caps", [])
    if document.get("bands") or len(steps) != 1 or "price" not in steps[0]:
        return None
    if caps and (len(caps) > 1 or document["caps_count"] != "per_cycle"):
        return None
    rest = {key: value for key, value in document.items() if key not in ("caps", "caps_count")}
    rest |= {"cycle": {"basis": "none"}, "steps_count": "stay"}
    if not caps:
        return rest
    reset = document["cycle"]["reset"]
    end = "24:00" if reset == "00:00" else reset
    band = {"name": WHOLE_DATE, "from": reset, "to": end, "steps": steps, "cap": caps[0]["amount"]}
    del rest["steps"]
    return {**rest, "bands": [band], "crossing": "unit_start"}


def _cycle_of_band(document: Document) -> Document | None:
    """Return a document whose only band is a day with a cap as one of calendar days with a cap."""
    bands = document.get("bands", [])
    if len(bands) != 1 or document["cycle"]["basis"] != "none" or document["crossing"] != "unit_start":
        return None
    [band] = bands
    end = "24:00" if band["from"] == "00:00" else band["from"]
    if band.keys() & {"days", "flat", "free"} or "cap" not in band or band["to"] not in (band["from"], end):
        return None
    rest = {key: value for key, value in document.items() if key not in DAY_OF_BAND}
    day = {"basis": "calendar_day", "reset": band["from"]}
    cap = {"caps": [{"cycle": "each", "amount": band["cap"]}], "caps_count": "per_cycle"}
    return {**rest, **cap, "cycle": day, "steps": band["steps"], "steps_count": "cycle"}


def _is_one_amount(document: Document) -> bool:
    """Return whether one amount is the whole price of a stay, a day or a cycle."""
    steps = document.get("steps", [])
    return len(steps) == 1 and bool(steps[0].get("flat")) and not document.get("bands")


def _one_amount(document: Document) -> Candidate | None:
    """One amount for a whole stay, or for each day of it."""
    if not _is_one_amount(document) or document["cycle"].get("hours", 24) != 24:
        return None
    if document["cycle"]["basis"] == "none":
        cycle = {"basis": "from_entry", "hours": 24}
        return "amount_of_stay", "amount_of_day", [{**document, "cycle": cycle, "steps_count": "cycle"}]
    stay = {**document, "cycle": {"basis": "none"}, "steps_count": "stay"}
    return "amount_of_day", "amount_of_stay", [stay]


def _steps_after_cycle(document: Document) -> Candidate | None:
    count = document["steps_count"]
    if count == "band" or document["cycle"]["basis"] == "none":
        return None
    ours, other = ("cycle", "stay") if count == "cycle" else ("stay", "cycle")
    words = {"cycle": "steps_begin_again", "stay": "steps_run_on"}
    return words[ours], words[other], [{**document, "steps_count": other}]


def _steps_after_band(document: Document) -> Candidate | None:
    if not document.get("bands") or document["crossing"] != "sum_per_band":
        return None
    on = "stay" if document["cycle"]["basis"] == "none" else "cycle"
    if document["steps_count"] == "band":
        return "steps_begin_again", "steps_run_on", [{**document, "steps_count": on}]
    return "steps_run_on", "steps_begin_again", [{**document, "steps_count": "band"}]


def _caps(document: Document) -> Candidate | None:
    """Rising caps: each for its own cycle, or for the stay up to its end.

    Steps that begin again go with the first reading and steps that run on with the second: so boards with
    rising caps are understood (60, 80, 110 yuan for days one, two and three: A and B in docs/tariffs.md).
    """
    caps = document.get("caps", [])
    if len(caps) < 2:
        return None
    if document["caps_count"] == "per_cycle":
        amounts = [cap["amount"] for cap in caps]
        last = {**caps[-1], "each_later_adds": max(0, amounts[-1] - amounts[-2])}
        other = {**document, "caps": [*caps[:-1], last], "caps_count": "cumulative"}
        return "per_cycle", "cumulative", _with_steps(other, "stay")
    plain_last = {key: value for key, value in caps[-1].items() if key != "each_later_adds"}
    other = {**document, "caps": [*caps[:-1], plain_last], "caps_count": "per_cycle"}
    return "cumulative", "per_cycle", _with_steps(other, "cycle")


def _pooled(document: Document) -> Candidate | None:
    """One cap for each cycle: over what the cycle costs, or times the cycles over what the stay costs."""
    caps = document.get("caps", [])
    if len(caps) != 1 or document["caps_count"] == "cumulative":
        return None
    ours, other = "per_cycle", "pooled"
    if document["caps_count"] == "pooled":
        ours, other = other, ours
    rest = {key: value for key, value in document.items() if key != "day_caps"}
    return ours, other, [{**rest, "caps_count": other}]


def _day_caps(document: Document) -> Candidate | None:
    """Caps by the day on which each cycle begins, or for the whole stay by the day of its entry."""
    if "day_caps" not in document or "seasons" in document:
        return None
    rest = {key: value for key, value in document.items() if key != "day_caps"}
    seasons = [
        {
            "name": f"day_{index}",
            "days": one["days"],
            "rule": {"caps": [{"cycle": "each", "amount": one["amount"]}]},
        }
        for index, one in enumerate(document["day_caps"])
    ]
    return "cap_of_cycle", "cap_of_entry", [{**rest, "seasons": seasons}]


def _with_steps(document: Document, count: str) -> list[Document]:
    if document["steps_count"] == "band":
        return [document]
    return [{**document, "steps_count": count}, document]


def _after_cycle(document: Document) -> Candidate | None:
    """A band that goes on after the end of a cycle: charged again, or as one band."""
    words = {"begin_again": "bands_begin_again", "run_on": "bands_run_on"}
    ours = document.get("after_cycle")
    if ours is None:
        return None
    other = "run_on" if ours == "begin_again" else "begin_again"
    return words[ours], words[other], [{**document, "after_cycle": other}]


def _cycle_starts(document: Document) -> Candidate | None:
    """Cycles of hours with deducted free minutes: from the entry, or from the end of these minutes."""
    words = {"entry": "cycles_from_entry", "after_free": "cycles_after_free"}
    ours = document.get("cycle_starts")
    if ours is None:
        return None
    other = "after_free" if ours == "entry" else "entry"
    return words[ours], words[other], [{**document, "cycle_starts": other}]


def _crossing(document: Document) -> Candidate | None:
    if not document.get("bands"):
        return None
    if document["crossing"] == "unit_start":
        return "unit_start", "sum_per_band", [{**document, "crossing": "sum_per_band"}]
    other = {**document, "crossing": "unit_start"}
    if document["steps_count"] == "band":  # units that run on know no beginning of a band
        other["steps_count"] = "stay" if document["cycle"]["basis"] == "none" else "cycle"
    return "sum_per_band", "unit_start", [other]


def _reentry(document: Document) -> Candidate | None:
    rule = document.get("reentry")
    if rule is None:
        one = {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}
        return "two_stays", "one_stay", [{**document, "reentry": one}]
    if rule["as"] == "capped":
        alone = {key: value for key, value in document.items() if key != "reentry"}
        return "stays_capped", "two_stays", [alone]
    if rule["as"] == "one_stay":
        alone = {key: value for key, value in document.items() if key != "reentry"}
        return "one_stay", "two_stays", [alone]
    one = {**rule, "as": "one_stay", "gap": "free"}
    return "two_stays_free_once", "one_stay", [{**document, "reentry": one}]


def _gap(document: Document) -> Candidate | None:
    """Return whether units run on outside, or only the time inside counts."""
    rule = document.get("reentry")
    if rule is None or rule["as"] != "one_stay":
        return None
    other = "not_counted" if rule["gap"] == "free" else "free"
    return f"gap_{rule['gap']}", f"gap_{other}", [{**document, "reentry": {**rule, "gap": other}}]


def _overstay(document: Document) -> Candidate | None:
    ours = document["after_exit_window"]
    other = "extra_time" if ours == "recomputed" else "recomputed"
    return ours, other, [{**document, "after_exit_window": other}]


def _turn(document: Document) -> Candidate | None:
    """The other price of long stays: for the whole stay, or for the time beyond the limit."""
    turn = document.get("turn")
    if turn is None:
        return None
    words = {"start": "turn_from_start", "then": "turn_then"}
    other = "then" if turn["from"] == "start" else "start"
    return words[turn["from"]], words[other], [{**document, "turn": {**turn, "from": other}}]


def _shared_caps(document: Document) -> Candidate | None:
    """One cap for several bands together, or for each of them."""
    shared = document.get("shared_caps")
    if not shared:
        return None
    if any("whole_stay" in cap for cap in shared):
        return "cap_of_stay", "cap_of_date", [_with_caps_of_dates(document)]
    amounts = {name: cap["amount"] for cap in shared for name in cap["bands"]}
    bands = [
        {**band, "cap": min(amounts[band["name"]], band.get("cap", amounts[band["name"]]))}
        if band["name"] in amounts and "steps" in band
        else band
        for band in document["bands"]
    ]
    rest = {key: value for key, value in document.items() if key != "shared_caps"}
    return "bands_together", "bands_each", [{**rest, "bands": bands}]


def _band_cap(document: Document) -> Candidate | None:
    """The cap of a band (夜间最高 10 元): for each time that it comes, or for all of them in a stay.

    Where each day has a cap too, that of a band is clearly within it.
    """
    capped = [band for band in document.get("bands", []) if "cap" in band]
    if not capped or {"shared_caps", "caps"} & set(document):
        return None
    bands = [{key: value for key, value in band.items() if key != "cap"} for band in document["bands"]]
    shared = [{"bands": [band["name"]], "amount": band["cap"], "whole_stay": True} for band in capped]
    return "cap_each_time", "cap_all_times", [{**document, "bands": bands, "shared_caps": shared}]


def _with_caps_of_dates(document: Document) -> Document:
    """Return a document whose caps of a whole stay are for each date; of one period: each time it comes."""
    alone = {cap["bands"][0]: cap["amount"] for cap in document["shared_caps"] if len(cap["bands"]) == 1}
    bands = [
        {**band, "cap": min(band.get("cap", alone[band["name"]]), alone[band["name"]])}
        if band["name"] in alone and "steps" in band
        else band
        for band in document["bands"]
    ]
    shared = [
        {"bands": cap["bands"], "amount": cap["amount"]}
        for cap in document["shared_caps"]
        if len(cap["bands"]) > 1
    ]
    rest = {key: value for key, value in document.items() if key != "shared_caps"}
    return {**rest, "bands": bands} | ({"shared_caps": shared} if shared else {})


def _percent(document: Document) -> Candidate | None:
    """A part of the sum, with its caps and its minimum, or of each price, with these as they stand."""
    if "percent" not in document or not {"caps", "stay_cap", "stay_minimum"} & set(document):
        return None
    steps = [_part_of_price(step, document["percent"]) for step in document.get("steps", [])]
    rest = {key: value for key, value in document.items() if key != "percent"}
    if document.get("bands") or not steps:
        return None
    return "percent_of_sum", "percent_of_prices", [{**rest, "steps": steps}]


def _part_of_price(step: Mapping[str, Any], percent: int) -> Document:
    """Return a step at a part of its price, rounded down to what the document can state."""
    name = next(key for key in ("price", "flat", "total") if key in step)
    thousandths = int(Decimal(str(step[name])) * 1000) * percent // 100
    whole, parts = divmod(thousandths, 1000)
    exact = f"{whole}.{parts:03}".rstrip("0") if parts and name == "price" else whole
    return {**step, name: exact}


def _sum_rounding(document: Document) -> Candidate | None:
    rule = document.get("sum_rounding")
    if rule is None:
        return None
    other = "half_up" if rule["how"] != "half_up" else "down"
    changed = {**document, "sum_rounding": {**rule, "how": other}}
    return f"sum_{rule['how']}", f"sum_{other}", [changed]


def _overnight(document: Document) -> Candidate | None:
    """An amount for staying over night: for each night, or once for the stay."""
    rule = document.get("overnight")
    if rule is None or rule["nights"] == "least":
        return None
    other = "once" if rule["nights"] == "each" else "each"
    return (
        f"nights_{rule['nights']}",
        f"nights_{other}",
        [{**document, "overnight": {**rule, "nights": other}}],
    )


def _night_amount(document: Document) -> Candidate | None:
    """An amount for staying over night (过夜 30 元): on top of the price, or the least of such a stay."""
    rule = document.get("overnight")
    if rule is None:
        return None
    if rule["nights"] == "least":
        return "night_least", "night_on_top", [{**document, "overnight": {**rule, "nights": "once"}}]
    return "night_on_top", "night_least", [{**document, "overnight": {**rule, "nights": "least"}}]


def _entry_fee(document: Document) -> Candidate | None:
    """An amount for entering (进场费 5 元): on top of the first unit, or what the first unit costs."""
    steps = document.get("steps", [])
    if "entry_fee" not in document or document.get("bands") or "unit_min" not in steps[0]:
        return None
    first = {"until_min": steps[0]["unit_min"], "flat": document["entry_fee"]}
    rest = {key: value for key, value in document.items() if key != "entry_fee"}
    return "fee_on_top", "fee_for_first_unit", [{**rest, "steps": _after_first_unit(first, steps)}]


def _after_first_unit(first: Document, steps: list[Document]) -> list[Document]:
    """Return the steps with another first unit."""
    return [first, *(steps if steps[0]["until_min"] != steps[0]["unit_min"] else steps[1:])]


def _tail(document: Document) -> Candidate | None:
    """A remainder that is not charged: of the first unit too, or the first unit is always due."""
    steps = document.get("steps", [])
    if "tail_min" not in document or document.get("bands") or type(steps[0].get("price")) is not int:
        return None
    due = {"until_min": steps[0]["unit_min"], "flat": steps[0]["price"]}
    return "tail_of_first", "first_unit_due", [{**document, "steps": _after_first_unit(due, steps)}]


def _night(document: Document) -> Candidate | None:
    """A night in which the car was at any time, or whose beginning it passed."""
    rule = document.get("overnight")
    if rule is None or "until" not in rule:
        return None
    other = {key: value for key, value in rule.items() if key != "until"}
    return "night_in_part", "night_passed", [{**document, "overnight": other}]


def _band_amount(document: Document) -> Candidate | None:
    """One amount of a band (夜间 10 元/次): each time that a stay touches it, or once for the stay."""
    bands = document.get("bands", [])
    if any("once" in band for band in bands):
        each = [{key: value for key, value in band.items() if key != "once"} for band in bands]
        return "band_once", "band_each", [{**document, "bands": each}]
    if not any(band.get("flat") for band in bands):
        return None
    once = [{**band, "once": True} if band.get("flat") else band for band in bands]
    return "band_each", "band_once", [{**document, "bands": once}]


def _eves(document: Document) -> Candidate | None:
    """A day before a holiday: a kind of day of its own, or a day of the week like others."""
    if not names_eves(document):
        return None
    return "eves_apart", "eves_by_weekday", [_without_eves(document)]


def _without_eves(part: Any) -> Any:
    """Return a part of a document without days before holidays, and without what is for these alone."""
    if isinstance(part, list):
        return [_without_eves(one) for one in part if not _is_for_eves(one)]
    if not isinstance(part, Mapping):
        return part
    rest = {key: _without_eves(one) for key, one in part.items()}
    if "days" in part:
        rest["days"] = [word for word in part["days"] if word != EVE]
    return {key: one for key, one in rest.items() if one != [] or part[key] == []}


def _is_for_eves(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("days") == [EVE]


def _offers(document: Document) -> Candidate | None:
    ours = document.get("offers_apply")
    if ours is None:
        return None
    other = "first" if ours == "cheapest" else "cheapest"
    return f"offers_{ours}", f"offers_{other}", [{**document, "offers_apply": other}]


def _offer_amount(document: Document) -> Candidate | None:
    """A price of an offer (early bird $28): exactly so much, or at most, so that a short stay pays less."""
    offers = document.get("offers", [])
    key, other = ("flat", "cap") if any(offer.get("flat") for offer in offers) else ("cap", "flat")
    if not any(offer.get(key) for offer in offers):
        return None
    changed = [_renamed(offer, key, other) if offer.get(key) else offer for offer in offers]
    words = {"flat": "offer_exact", "cap": "offer_at_most"}
    return words[key], words[other], [{**document, "offers": changed}]


def _renamed(part: Document, key: str, other: str) -> Document:
    return {other if name == key else name: value for name, value in part.items()}


def _hours(document: Document) -> Candidate | None:
    """A price of some hours (夜间最高 10 元): for the part of a stay in them, or for a stay in them alone."""
    part, stay = "part_in_hours", "stay_in_hours"
    if "offers" in document:
        by_part = _offers_as_bands(document)
        return (stay, part, [by_part]) if by_part else None
    by_stay = _bands_as_offers(document)
    return (part, stay, [by_stay]) if by_stay else None


def _offers_as_bands(document: Document) -> Document | None:
    """Return a document whose offers are bands from their first entry to their last exit."""
    bands = []
    for offer in document["offers"]:
        start, leaves = offer["enters"]["from"], offer["leaves"]
        if "by" not in leaves or "from" in leaves:
            return None
        if leaves["day"] != ("same" if start < leaves["by"] else "next"):
            return None
        price = {"steps": document.get("steps"), "cap": offer.get("cap")}
        if "flat" in offer:
            price = {"flat": offer["flat"]} if offer["flat"] else {"free": True}
        days = {"days": offer["days"]} if "days" in offer else {}
        bands.append({"name": offer["name"], "from": start, "to": leaves["by"], **days, **price})
    if "bands" in document:
        return None
    rest = {key: value for key, value in document.items() if key not in ("offers", "offers_apply")}
    rest |= {"bands": bands, "crossing": "sum_per_band"}
    if any("days" in band for band in bands):
        rest["band_days"] = "start"
    return rest if document["cycle"]["basis"] == "none" else {**rest, "after_cycle": "run_on"}


def _bands_as_offers(document: Document) -> Document | None:
    """Return a document in which the prices of some hours are for stays that lie in them."""
    has_price = {band["name"]: _is_priced(band, document) for band in document.get("bands", [])}
    if not any(has_price.values()):
        return None
    left: list[Document] = []
    offers: list[Document] = []
    for band in document["bands"]:
        if has_price[band["name"]]:
            offers += _offers_of(band)
        if not has_price[band["name"]] or "cap" in band:
            left.append({key: value for key, value in band.items() if key != "cap"})
    rest = {key: value for key, value in document.items() if left or key not in DAY_OF_BAND}
    rest["offers"] = offers
    if left:
        rest["bands"] = left
    if not left and document["steps_count"] == "band":
        rest["steps_count"] = "stay" if document["cycle"]["basis"] == "none" else "cycle"
    if not any("days" in band for band in left):
        rest.pop("band_days", None)
    return rest if len(offers) == 1 else {**rest, "offers_apply": "first"}


def _is_priced(band: Document, document: Document) -> bool:
    """Return whether some hours of the day have a cap, or one amount in place of the usual price."""
    is_day = band["to"] == ("24:00" if band["from"] == "00:00" else band["from"])
    usual = any(step.get(key) for step in document.get("steps", []) for key in ("price", "flat"))
    return not is_day and ("cap" in band or (bool(band.get("flat")) and usual))


def _offers_of(band: Document) -> list[Document]:
    """Return offers for stays that lie in the hours of a band; past midnight one for each date of entry."""
    start, end = band["from"], band["to"]
    price: Document = {key: band[key] for key in ("cap", "flat", "days") if key in band}
    first: Document = {"name": band["name"], "enters": {"from": start, "to": end}, **price}
    if start < end:
        return [{**first, "leaves": {"by": end, "day": "same"}}]
    evening = {**first, "enters": {"from": start, "to": "24:00"}, "leaves": {"by": end, "day": "next"}}
    if "days" in band or end == "00:00":
        return [evening]
    morning: Document = {"enters": {"from": "00:00", "to": end}, "leaves": {"by": end, "day": "same"}}
    return [evening, {**first, "name": f"{band['name']}_2", **morning}]


AXES: dict[str, tuple[Callable[[Document], Candidate | None], Story]] = {
    "free_mode": (_free_mode, Story.STAY),
    "free_repeat": (_free_repeat, Story.STAY),
    "free_hours": (_free_hours, Story.STAY),
    "free_steps": (_free_steps, Story.STAY),
    "free_daily": (_free_daily, Story.REENTRY),
    "free_monthly": (_free_monthly, Story.REENTRY),
    "month_cap": (partial(_plate_cap, period="month"), Story.REENTRY),
    "week_cap": (partial(_plate_cap, period="week"), Story.REENTRY),
    "reached": (_reached, Story.STAY),
    "cycle": (_cycle, Story.STAY),
    "one_amount": (_one_amount, Story.STAY),
    "day_units": (_day_units, Story.STAY),
    "steps_after_cycle": (_steps_after_cycle, Story.STAY),
    "steps_after_band": (_steps_after_band, Story.STAY),
    "bands_after_cycle": (_after_cycle, Story.STAY),
    "cycle_starts": (_cycle_starts, Story.STAY),
    "caps": (_caps, Story.STAY),
    "caps_pooled": (_pooled, Story.STAY),
    "day_caps": (_day_caps, Story.STAY),
    "crossing": (_crossing, Story.STAY),
    "band_amount": (_band_amount, Story.STAY),
    "turn": (_turn, Story.STAY),
    "shared_caps": (_shared_caps, Story.STAY),
    "band_cap": (_band_cap, Story.STAY),
    "percent": (_percent, Story.STAY),
    "sum_rounding": (_sum_rounding, Story.STAY),
    "overnight": (_overnight, Story.STAY),
    "entry_fee": (_entry_fee, Story.STAY),
    "night": (_night, Story.STAY),
    "night_amount": (_night_amount, Story.STAY),
    "tail": (_tail, Story.STAY),
    "offers_apply": (_offers, Story.STAY),
    "offer_amount": (_offer_amount, Story.STAY),
    "hours": (_hours, Story.STAY),
    "eves": (_eves, Story.STAY),
    "reentry": (_reentry, Story.REENTRY),
    "reentry_gap": (_gap, Story.REENTRY),
    "after_exit_window": (_overstay, Story.AFTER_PAYMENT),
}
