"""A rule as a list of clauses: what a board, a page, a print and an editor show of it. Pure.

Each clause is one sentence: its code names the sentence, its values fill it, its path is the member of the
document that it comes from. Clauses are made from the `Rule` that is priced, so a sentence cannot differ from
the charge; tests/lots/tariffs/board_reader prices stays from the sentences alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from lots.tariffs.charging_rules import (
    DAY,
    HOUR,
    MINUTE,
    AfterCycle,
    Band,
    BandDays,
    Basis,
    Cap,
    CapsCount,
    Crossing,
    CycleStarts,
    FreeMode,
    Limit,
    Offer,
    OffersApply,
    Repeat,
    Rounding,
    Rule,
    Step,
    StepsCount,
    TurnFrom,
    whole_minutes,
)
from lots.tariffs.day_kinds import in_order, is_every_day
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.price_lines import Values
from lots.tariffs.sums import THOUSANDTHS, exact_fen
from lots.tariffs.timeline import BASE


@dataclass(frozen=True)
class Clause:
    """One sentence of a rule. `band`: the index of its band, BASE for the time outside all bands.

    Amounts end in `_fen`, those with parts of a fen are text; durations end in `_minutes`; `hours`, `n` are
    numbers, `time` is HH:MM.
    """

    code: str
    values: Values
    path: str
    band: int | None = None


def rule_clauses(rule: Rule, *, beyond: bool = False) -> list[Clause]:
    """Return every clause of a rule, in the order in which a board shows them.

    `beyond`: it is for the time beyond a limit, where cycles of hours do not begin with the entry.
    """
    return [
        *_free(rule),
        *_bands(rule),
        *_steps(rule, rule.steps, "steps", BASE if rule.bands else None),
        *_caps(rule, beyond=beyond),
        *_overnight(rule),
        *_entry_fee(rule),
        *_minimum(rule),
        *_units(rule),
        *_between_bands(rule),
        *_cycle(rule),
        *_days(rule),
        *_offers(rule),
        *_sum(rule),
        *_turn(rule),
    ]


def _free(rule: Rule) -> Iterator[Clause]:
    free = rule.free
    if free is None or not free.seconds:
        return
    below = "free_below" if Limit.FREE in rule.reached else "free_within"
    deducted = "free_in_steps" if free.counts_in_steps else "free_deducted"
    code = deducted if free.mode is FreeMode.DEDUCT else below
    yield Clause(code, {"time_minutes": whole_minutes(free.seconds)}, "free.mode")
    if free.charged_hours_only:
        yield Clause("free_charged_hours", {}, "free.charged_hours_only")
    if free.repeat is Repeat.EACH_CYCLE:
        yield _by_cycle(rule, "free_each", "free.repeat")
        if free.mode is FreeMode.DEDUCT and rule.count is StepsCount.STAY and rule.is_stepped:
            yield Clause("free_counts", {}, "steps_count")  # though free minutes are “not counted”
    elif free.repeat is Repeat.ONCE_A_DAY:
        yield Clause("free_once_a_day", {}, "free.repeat")
    elif free.is_counted:
        yield Clause(f"free_{free.repeat}", {"n": free.times}, "free.repeat")


def _by_cycle(rule: Rule, code: str, path: str, **values: int | str) -> Clause:
    """Return a clause whose sentence differs between days and cycles of hours."""
    if rule.cycle.basis is Basis.DAY:
        return Clause(f"{code}_day", {**values, "time": hh_mm(rule.cycle.reset)}, path)
    return Clause(f"{code}_hours", {**values, "hours": rule.cycle.seconds // HOUR}, path)


def is_free(steps: tuple[Step, ...]) -> bool:
    """Return whether these steps never cost anything."""
    return len(steps) == 1 and not steps[0].unit and not steps[0].costs


def _steps(rule: Rule, steps: tuple[Step, ...], path: str, band: int | None) -> Iterator[Clause]:
    """Yield the prices of one list of steps; a ladder of amounts as what it comes to, rung by rung."""
    if is_free(steps):
        code = {None: "free_always", BASE: "free_else"}.get(band, "band_free")
        yield Clause(code, {}, path, None if band == BASE else band)
        return
    start = paid = 0
    is_ladder = not rule.bands or rule.count is StepsCount.BAND  # no minute counts at another list's price
    for index, step in enumerate(steps):
        clause = _step(step, start, f"{path}[{index}]", band, last=index + 1 == len(steps))
        if is_ladder and index and clause.code in LADDER:
            clause = replace(
                clause, code=LADDER[clause.code], values={**clause.values, "amount_fen": paid + step.fen}
            )
        yield _as_daily(rule, clause)
        is_ladder = is_ladder and not step.unit and not step.total
        start, paid = step.until, paid + step.fen


def _as_daily(rule: Rule, clause: Clause) -> Clause:
    """Return the clause; the one of a single amount says what it is for: the stay, a day, a cycle, a band."""
    if clause.code != "step_only_flat":
        return clause
    if clause.band is None:
        return _by_cycle(rule, clause.code, clause.path, **clause.values) if cycles_matter(rule) else clause
    if clause.band in rule.once_bands:
        return replace(clause, code="band_only_flat_once")
    whole_day = clause.band != BASE and is_whole_day(rule.bands[clause.band])
    return replace(clause, code="step_only_flat_day" if whole_day else "band_only_flat")


def is_whole_day(band: Band) -> bool:
    """Return whether a band is a calendar day."""
    return band.start == band.end == 0


LADDER = {"step_middle_flat": "step_middle_sum", "step_last_flat": "step_last_sum"}


def _step(step: Step, start: int, path: str, band: int | None, *, last: bool) -> Clause:
    values: Values = {"amount_fen": exact_fen(step.fen * THOUSANDTHS + step.parts)}
    if step.unit:
        values["unit_minutes"] = step.unit // MINUTE
    if start:
        values["from_minutes"] = whole_minutes(start)
    if not last:
        values["until_minutes"] = whole_minutes(step.until)
    if step.total and start:
        code = "step_total" if last else "step_middle_total"
        return Clause(f"{code}_reached" if start % MINUTE else code, values, path, band)
    where = ("only" if last else "first") if not start else ("last" if last else "middle")
    if not step.unit and not step.costs:
        values.pop("amount_fen")
        return Clause(f"step_{where}_free", values, path, band)
    return Clause(f"step_{where}_{'units' if step.unit else 'flat'}", values, path, band)


def _bands(rule: Rule) -> Iterator[Clause]:
    for index, band in enumerate(rule.bands):
        path = f"bands[{index}]"
        yield from _steps(rule, band.steps, f"{path}.steps", index)
        if band.cap is not None:
            code = "band_cap_day" if band.start == band.end else "band_cap"
            yield Clause(code, {"amount_fen": band.cap}, f"{path}.cap", index)


def _caps(rule: Rule, *, beyond: bool) -> Iterator[Clause]:
    from_entry = not (_after_free(rule) or (beyond and rule.cycle.basis is Basis.ENTRY))
    if rule.caps_count is CapsCount.PER_CYCLE and len(rule.caps) > 1:
        yield from _numbered_caps(rule)
    else:
        for index, cap in enumerate(rule.caps):
            yield from _cap(rule, cap, f"caps[{index}]", from_entry=from_entry)
    for index, day_cap in enumerate(rule.day_caps):
        named: Values = {"days": in_order(day_cap.days), "amount_fen": day_cap.fen}
        yield _by_cycle(rule, "cap_on_from" if rule.cycle.reset else "cap_on", f"day_caps[{index}]", **named)
    for index, shared in enumerate(rule.shared_caps):
        hours = {_hours(rule.bands[band]): None for band in sorted(shared.bands)}
        values: Values = {"bands": " ".join(hours), "amount_fen": shared.fen}
        yield Clause("shared_cap_stay" if shared.of_stay else "shared_cap", values, f"shared_caps[{index}]")
    for index, long_cap in enumerate(rule.long_caps):
        path = f"long_caps[{index}]"
        yield _by_cycle(rule, "long_cap", path, n=long_cap.cycles, amount_fen=long_cap.fen)
    if rule.stay_cap is not None:
        yield Clause("stay_cap", {"amount_fen": rule.stay_cap}, "stay_cap")
    for of_plate in rule.plate_caps:
        yield Clause(of_plate.key, {"amount_fen": of_plate.fen}, of_plate.key)
    if len(rule.plate_caps) > 1:
        yield Clause("week_before_month", {}, "month_cap")


def _numbered_caps(rule: Rule) -> Iterator[Clause]:
    """Yield the caps of the first cycle, the second and so on; equal ones in a row are one clause."""
    for amount, group in groupby(enumerate(rule.caps), key=lambda one: one[1].fen):
        equal = list(group)
        (index, first), (_, last) = equal[0], equal[-1]
        values = {"n": first.first, "amount_fen": amount}
        if last.last is None:
            code = "cap_n_and_later"
        elif len(equal) == 1:
            code = "cap_n"
        else:
            code, values = "cap_n_to", {**values, "last": last.last}
        yield _by_cycle(rule, code, f"caps[{index}]", **values)


def _overnight(rule: Rule) -> Iterator[Clause]:
    if rule.overnight:
        night = rule.overnight
        values: Values = {"time": hh_mm(night.at), "amount_fen": night.fen}
        code = f"overnight_{night.nights}"
        if night.until is not None:
            values["end"] = end_hh_mm(night.until)
            code = f"overnight_within_{night.nights}"
        yield Clause(code, values, "overnight")
        if _is_capped(rule) and not night.is_least:
            yield Clause("overnight_uncapped", {}, "overnight")


def _entry_fee(rule: Rule) -> Iterator[Clause]:
    if rule.entry_fee:
        yield Clause("entry_fee", {"amount_fen": rule.entry_fee}, "entry_fee")
        if _is_capped(rule):
            yield Clause("entry_fee_uncapped", {}, "entry_fee")


def _minimum(rule: Rule) -> Iterator[Clause]:
    if rule.stay_minimum:
        yield Clause("stay_minimum", {"amount_fen": rule.stay_minimum}, "stay_minimum")


def _is_capped(rule: Rule) -> bool:
    """Return whether a cap stands beside an amount that no cap is for."""
    caps = (rule.caps, rule.long_caps, rule.shared_caps)
    return any(caps) or rule.stay_cap is not None or any(band.cap is not None for band in rule.bands)


def _hours(band: Band) -> str:
    return f"{hh_mm(band.start)}–{end_hh_mm(band.end)}"


def _sum(rule: Rule) -> Iterator[Clause]:
    """Yield which part of the sum is charged, and how it is rounded."""
    if rule.percent != 100:
        yield Clause("percent", {"percent": rule.percent}, "percent")
    if rule.sum:
        yield Clause(f"sum_{rule.sum.how}", {"unit_fen": rule.sum.unit}, "sum_rounding")


def _turn(rule: Rule) -> Iterator[Clause]:
    """Yield the heading over the clauses of the other rule; `rule_clauses` of it returns these."""
    if rule.turn:
        whole = "turn_reached" if Limit.TURN in rule.reached else "turn_start"
        code = whole if rule.turn.since is TurnFrom.START else "turn_then"
        yield Clause(code, {"time_minutes": whole_minutes(rule.turn.after)}, "turn")


def _cap(rule: Rule, cap: Cap, path: str, *, from_entry: bool) -> Iterator[Clause]:
    amount = {"amount_fen": cap.fen}
    if rule.caps_count is CapsCount.CUMULATIVE:
        yield _by_cycle(rule, "cap_so_far", path, n=cap.first, **amount)
        if cap.last is None:
            yield Clause("cap_later_adds", {"amount_fen": cap.later_adds}, f"{path}.each_later_adds")
    elif rule.caps_count is CapsCount.POOLED:
        yield _by_cycle(rule, "cap_pooled", path, **amount)
    elif not from_entry:
        yield _by_cycle(rule, "cap_after_free", path, **amount)
    else:  # a day that does not begin at midnight is no calendar day
        yield _by_cycle(rule, "cap_from" if rule.cycle.reset else "cap", path, **amount)


def _after_free(rule: Rule) -> bool:
    return _deducts(rule) and rule.cycle_starts is CycleStarts.AFTER_FREE


def _deducts(rule: Rule) -> bool:
    """Return whether the deduction of free minutes can move cycles of hours."""
    free = rule.free
    if free is None or not free.seconds or rule.cycle.basis is not Basis.ENTRY:
        return False
    return free.mode is FreeMode.DEDUCT and free.at_start


def _units(rule: Rule) -> Iterator[Clause]:
    """Yield what a part of a unit costs, if anything is charged by units, and when the next amount is due."""
    if Limit.STEPS in rule.reached and any(_is_amount(step) for step in _later_steps(rule)):
        yield Clause("steps_reached", {}, "reached")
    if not any(step.unit for steps in _all_steps(rule) for step in steps):
        return
    yield Clause("full" if rule.rounding is Rounding.FULL else "started", {}, "rounding")
    if rule.tail:
        code = "tail_below" if Limit.TAIL in rule.reached else "tail"
        yield Clause(code, {"time_minutes": whole_minutes(rule.tail)}, "tail_min")


def _later_steps(rule: Rule) -> list[Step]:
    return [step for steps in _all_steps(rule) for step in steps[1:]]


def _is_amount(step: Step) -> bool:
    """Return whether a step adds one amount to those before."""
    return not step.unit and not step.total


def _all_steps(rule: Rule) -> list[tuple[Step, ...]]:
    return [rule.steps, *(band.steps for band in rule.bands)]


def _has_long_amounts(rule: Rule) -> bool:
    """Return whether one amount is for a time with an end, which can lie in two bands."""
    return any(not step.unit for steps in _all_steps(rule) for step in steps[:-1])


def _between_bands(rule: Rule) -> Iterator[Clause]:
    if not rule.bands:
        return
    runs_on = "unit_start_amounts" if _has_long_amounts(rule) else "unit_start"
    yield Clause("sum_per_band" if rule.crossing is Crossing.SUM else runs_on, {}, "crossing")
    if rule.is_stepped:
        again = rule.count is StepsCount.BAND
        yield Clause("steps_again_in_band" if again else "steps_over_bands", {}, "steps_count")


def _cycle(rule: Rule) -> Iterator[Clause]:
    """Yield when a new cycle begins and what begins again with it, if a price can depend on it."""
    if not cycles_matter(rule):
        return
    if rule.count is StepsCount.STAY:
        yield _by_cycle(rule, "cycle_ends_units", "cycle")
        if rule.is_stepped:
            yield Clause("steps_over_cycles", {}, "steps_count")
    else:
        yield _by_cycle(rule, "cycle_again", "cycle")
    if _deducts(rule):
        yield Clause(
            "cycle_after_free" if _after_free(rule) else "cycle_from_entry",
            {"hours": rule.cycle.seconds // HOUR},
            "cycle_starts",
        )
    if rule.bands and rule.after_cycle is AfterCycle.BEGIN_AGAIN:
        yield Clause("bands_begin_again", {}, "after_cycle")
    elif rule.bands:
        by_band = rule.count is StepsCount.BAND
        yield Clause("bands_run_on_with_steps" if by_band else "bands_run_on", {}, "after_cycle")


def cycles_matter(rule: Rule) -> bool:
    """Return whether any price depends on where a cycle ends."""
    if rule.cycle.basis is Basis.NONE:
        return False
    if rule.caps or rule.long_caps or rule.bands or (rule.free and rule.free.repeat is Repeat.EACH_CYCLE):
        return True
    step = rule.steps[0]
    if len(rule.steps) > 1:
        return True
    if not step.costs:
        return False
    whole = bool(step.unit) and rule.cycle.seconds % step.unit == 0
    moved = _deducts(rule) and not _after_free(rule)
    return rule.cycle.basis is Basis.DAY or moved or not whole


def _days(rule: Rule) -> Iterator[Clause]:
    """Yield how public holidays are charged, and by which date a band goes after midnight."""
    dated = [index for index, band in enumerate(rule.bands) if not is_every_day(band.days)]
    if not dated and not rule.day_caps and all(is_every_day(offer.days) for offer in rule.offers):
        yield Clause("holidays_alike", {}, "bands")
        return
    yield Clause("holidays_announced", {}, "bands")
    if rule.eves:
        yield Clause("eves_apart", {}, "bands")
    if any(rule.bands[index].wraps for index in dated):
        yield Clause(
            "days_by_start" if rule.band_days is BandDays.START else "days_by_moment", {}, "band_days"
        )


def _offer_kind(offer: Offer) -> str:
    if not offer.fen:
        return "free"
    return "cap" if offer.is_cap else "flat"


def _until_when(offer: Offer, values: Values) -> str:
    """Return by which date a stay must end, or that only its length counts; add what the sentence names."""
    if offer.leave_by is None:
        values["time_minutes"] = whole_minutes(offer.longest or 0)
        return "within"
    later = (offer.leave_by - 1) // DAY
    values["by"] = end_hh_mm(offer.leave_by % DAY)
    if later > 1:
        values["n"] = later
    return {0: "same", 1: "next"}.get(later, "later")


def _offers(rule: Rule) -> Iterator[Clause]:
    for index, offer in enumerate(rule.offers):
        values: Values = {
            "days": in_order(offer.days),
            "start": hh_mm(offer.start),
            "end": end_hh_mm(offer.end),
            "amount_fen": offer.fen,
        }
        when = _until_when(offer, values)
        yield Clause(f"offer_{_offer_kind(offer)}_{when}", values, f"offers[{index}]")
        if offer.leave_from:
            time = hh_mm(offer.leave_from % DAY)
            yield Clause("offer_not_before", {"time": time}, f"offers[{index}].leaves.from")
    if len(rule.offers) > 1:
        first = rule.offers_apply is OffersApply.FIRST
        yield Clause("offers_first" if first else "offers_cheapest", {}, "offers_apply")
