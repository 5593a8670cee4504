"""What cannot be combined in one rule, so that a contradiction is found at saving, not at the exit.

Docs/tariffs.md lists all of it, with the reasons.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from lots.tariffs.charging_rules import (
    DAY,
    AfterCycle,
    Band,
    BandDays,
    Basis,
    CapsCount,
    Crossing,
    Free,
    FreeMode,
    Gap,
    Reentering,
    Reentry,
    Rounding,
    Rule,
    Step,
    StepsCount,
    TurnFrom,
)
from lots.tariffs.cheaper_longer import check_longer_is_no_cheaper
from lots.tariffs.day_kinds import ALL_KINDS, EVE, HOLIDAY, KINDS, WEEK
from lots.tariffs.json_fields import below, hh_mm
from lots.tariffs.seasons import SeasonEnd
from lots.tariffs.sums import is_fine
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError
from lots.tariffs.timeline import day_plan

NOT_WITH_PLATE_CAPS = "must not be there: a cap of a week or month is for all that its stays cost"


def dependent_settings(part: Mapping[str, Any]) -> tuple[tuple[str, bool, str], ...]:
    """Return each setting that belongs to another part: its key, whether it is wanted, why it is not."""
    bands = part.get("bands") or ()
    dated = any("days" in band for band in bands)
    basis = part["cycle"]["basis"]
    free = part.get("free") or {}
    deducted = bool(free.get("minutes")) and free.get("mode") == "deduct"
    deducted = deducted and free.get("repeat") in ("once", "once_a_day", "times_a_day", "times_a_month")
    return (
        ("crossing", bool(bands), "there are no bands"),
        ("band_days", dated, "no band names its days"),
        ("caps_count", "caps" in part, "there are no caps"),
        ("offers_apply", len(part.get("offers") or ()) > 1, "there are no two offers"),
        ("after_cycle", bool(bands) and basis != "none", "no band can go on after the end of a cycle"),
        (
            "cycle_starts",
            deducted and basis == "from_entry",
            "no minutes are deducted before a cycle that counts from the entry",
        ),
    )


def belong(part: Mapping[str, Any], path: str) -> None:
    """Refuse a setting without the part that it belongs to, and a part without its setting."""
    for setting, wanted, reason in dependent_settings(part):
        if wanted and setting not in part:
            raise TariffError(below(path, setting), "is missing")
        if setting in part and not wanted:
            raise TariffError(below(path, setting), f"must not be there: {reason}")


def check_rule(rule: Rule, path: str) -> None:
    """Check what the parts of one rule say to each other."""
    for each in (
        _counts,
        _cycles,
        _free,
        _rounding,
        _tail,
        _bands,
        _totals,
        _caps,
        _long_caps,
        _stay_cap,
        _free_hours,
        _free_in_steps,
        _day_caps,
        _shared_caps,
        _plate_caps,
        _least,
        _overnight,
        _turn_after_free,
    ):
        each(rule, path)


def check(tariff: Tariff) -> None:
    """Check what the parts of a whole tariff say to each other."""
    for path, rule in tariff.rules:
        _sum(rule, path)
    _band_caps(tariff)
    _reentry(tariff)
    _gap(tariff)
    if tariff.ends and not tariff.seasons:
        raise TariffError("ends", "must not be there: there are no seasons")
    ends = [("ends", tariff.ends)]
    ends += [(f"seasons[{index}].ends", season.ends) for index, season in enumerate(tariff.seasons)]
    for path, end in ends:
        if end:
            _season_end(tariff, end, path)
    if tariff.max_stay is not None and any(free >= tariff.max_stay for free in _free_seconds(tariff)):
        raise TariffError("max_stay_min", "must be above the free minutes")
    if not tariff.allows_cheaper_longer:
        for path, rule in tariff.rules:
            check_longer_is_no_cheaper(rule, path)


def _free_seconds(tariff: Tariff) -> list[int]:
    return [rule.free.seconds for _, rule in tariff.rules if rule.free]


def _reentry(tariff: Tariff) -> None:
    """Refuse what contradicts the rule on coming back: it says which stays are free, and what they cost."""
    reentry = tariff.reentry
    if reentry is None:
        return
    if reentry.how is not Reentering.NO_FREE:
        for path, free in counted_free(tariff.rules):
            reason = f"must not be {free.repeat}: reentry already says which stays have free minutes"
            raise TariffError(path, reason)
    elif not any(_free_seconds(tariff)):
        raise TariffError("reentry.as", "must not be no_free: there are no free minutes")
    for path, rule in tariff.rules:
        _costs_of_several_stays(reentry, rule, path)


def _costs_of_several_stays(reentry: Reentry, rule: Rule, path: str) -> None:
    reason = "must not be there: reentry already says what several stays cost"
    is_capped = reentry.how is Reentering.CAPPED
    if is_capped and _is_on_top(rule):
        raise TariffError(below(path, "overnight"), reason)
    if is_capped and rule.entry_fee:
        raise TariffError(below(path, "entry_fee"), reason)
    for cap in rule.plate_caps:
        raise TariffError(below(path, cap.key), reason)
    for key, least in _minimums(rule):
        if is_capped and _charged(rule, least) > reentry.cap:
            raise TariffError(below(path, key), "must not be above a cap")


def _season_end(tariff: Tariff, ends: SeasonEnd, path: str) -> None:
    """Refuse to charge a stay as several where something counts the stays of a plate, or all of a stay."""
    several = tariff.reentry is not None and tariff.reentry.how is not Reentering.NO_FREE
    if several or tariff.has_history:
        raise TariffError(path, "must not be there: the tariff counts what several stays of a plate cost")
    if any(rule.free and rule.free.charged_hours_only for _, rule in tariff.rules):
        raise TariffError(path, "must not be there: free minutes in charged hours only are for a whole stay")
    for where, rule in tariff.rules:
        if rule.entry_fee:
            raise TariffError(below(where, "entry_fee"), "must not be there: ends would charge it again")
    has_free = any(_free_seconds(tariff))
    if has_free and ends.free_again is None:
        raise TariffError(f"{path}.free", "is missing")
    if ends.free_again is not None and not has_free:
        raise TariffError(f"{path}.free", "must not be there: there are no free minutes")


def _gap(tariff: Tariff) -> None:
    """Refuse to leave out the time outside where the clock decides more than the price of each hour."""
    if tariff.reentry is None or tariff.reentry.gap is not Gap.NOT_COUNTED:
        return
    rules = [rule for _, rule in tariff.rules]
    if any(map(_has_dates_or_times, [*rules, *(one.turn.rule for one in rules if one.turn)])):
        raise TariffError("reentry.gap", "must not be not_counted: a price depends on the time of day")


def _has_dates_or_times(rule: Rule) -> bool:
    """Return whether a price depends on dates or times of day other than by the bands of each moment."""
    if rule.free and rule.free.charged_hours_only:
        return True
    return bool(rule.offers or rule.day_caps) or rule.overnight is not None or rule.cycle.basis is Basis.DAY


def counted_free(rules: Iterable[tuple[str, Rule]]) -> Iterator[tuple[str, Free]]:
    """Yield the free minutes that are counted for a plate, with the path of the setting that says so."""
    for path, rule in rules:
        if rule.free and rule.free.is_counted:
            yield below(path, "free.repeat"), rule.free


def _counts(rule: Rule, path: str) -> None:
    where = below(path, "steps_count")
    if rule.count is StepsCount.BAND and not rule.bands:
        raise TariffError(where, "must not be band: there are no bands")
    if rule.count is StepsCount.BAND and rule.crossing is Crossing.START:
        raise TariffError(where, "must not be band: with unit_start units run on from band to band")
    if rule.count is StepsCount.CYCLE and rule.cycle.basis is Basis.NONE:
        raise TariffError(where, "must not be cycle: there are no cycles")


def _cycles(rule: Rule, path: str) -> None:
    if rule.caps and rule.cycle.basis is Basis.NONE:
        raise TariffError(below(path, "caps"), "must not be there: without cycles only stay_cap holds")


def _free(rule: Rule, path: str) -> None:
    if rule.free is None or rule.free.at_start:
        return
    if rule.cycle.basis is Basis.NONE:
        raise TariffError(below(path, "free.repeat"), "must be once: there are no cycles")
    if rule.free.seconds >= rule.cycle.seconds:
        raise TariffError(below(path, "free.minutes"), "must be below the length of a cycle")


def _free_hours(rule: Rule, path: str) -> None:
    """Refuse free minutes for charged hours only where that changes nothing."""
    kinds_of_hours = len(rule.bands) + bool(rule.steps)
    if rule.free and rule.free.charged_hours_only and not 0 < len(rule.free_hours) < kinds_of_hours:
        reason = "must not be there: no hours are free, or all are"
        raise TariffError(below(path, "free.charged_hours_only"), reason)


def _free_in_steps(rule: Rule, path: str) -> None:
    """Refuse to count free minutes in steps that they do not move."""
    free, where = rule.free, below(path, "free.counts_in_steps")
    if free is None or not free.counts_in_steps:
        return
    if free.mode is not FreeMode.DEDUCT or not free.at_start:
        raise TariffError(where, "must not be there: it belongs to minutes that are deducted once a stay")
    if rule.count is not StepsCount.STAY or not rule.is_stepped:
        raise TariffError(where, "must not be there: there are no steps that count from the stay")


def _rounding(rule: Rule, path: str) -> None:
    if rule.rounding is not Rounding.FULL:
        return
    if rule.bands and rule.crossing is Crossing.START:
        raise TariffError(
            below(path, "rounding"), "must be started: with unit_start a unit lies in two bands"
        )
    for where, steps, longest in _all_steps(rule, path):
        for index, (start, end) in enumerate(pairwise([0, *(step.until for step in steps)])):
            if steps[index].unit > min(end, longest) - start:
                raise TariffError(f"{where}[{index}].unit_min", "must fit into its step, or it is never full")


def _tail(rule: Rule, path: str) -> None:
    if not rule.tail:
        return
    where = below(path, "tail_min")
    if rule.rounding is Rounding.FULL:
        raise TariffError(where, "must not be there: with full units no remainder is charged")
    if rule.bands and rule.crossing is Crossing.START:
        raise TariffError(where, "must not be there: with unit_start a unit lies in two bands")
    units = [step.unit for _, steps, _ in _all_steps(rule, path) for step in steps if step.unit]
    if rule.tail >= min(units, default=0):
        raise TariffError(where, "must be below the shortest unit")


def _day_caps(rule: Rule, path: str) -> None:
    if not rule.day_caps:
        return
    where = below(path, "day_caps")
    if len(rule.caps) != 1 or rule.caps_count is not CapsCount.PER_CYCLE:
        raise TariffError(where, "must not be there: it belongs to one cap for each cycle")
    for index, cap in enumerate(rule.day_caps):
        if cap.fen < _dearest_of(rule):
            raise TariffError(f"{where}[{index}].amount", "must not be below the price of one unit")


def _long_caps(rule: Rule, path: str) -> None:
    if not rule.long_caps:
        return
    where = below(path, "long_caps")
    if rule.cycle.basis is Basis.NONE:
        raise TariffError(where, "must not be there: there are no cycles")
    if rule.caps and rule.caps_count is not CapsCount.PER_CYCLE:
        raise TariffError(where, "must not be there: cumulative caps already count over cycles")
    before = max(rule.cycle_caps, default=_dearest_of(rule))
    for index, cap in enumerate(rule.long_caps):
        if cap.fen < before:
            raise TariffError(f"{where}[{index}].amount", "must not be below a cap of a shorter time")
        before = cap.fen


def _plate_caps(rule: Rule, path: str) -> None:
    """Refuse a cap of the week or month that is lower than what a shorter time or one unit may cost."""
    before = 0  # the week, whose cap is charged after the percentage as that of the month is
    shorter = [*rule.cycle_caps, *(cap.fen for cap in rule.shared_caps), rule.stay_cap or 0]
    for cap in rule.plate_caps:
        where = below(path, cap.key)
        if rule.percent == 100 and cap.fen < _dearest_of(rule):
            raise TariffError(where, "must not be below the price of one unit")
        if cap.fen < before or (rule.percent == 100 and cap.fen < max(shorter)):
            raise TariffError(where, "must not be below a cap of a shorter time")
        before = cap.fen


def _least(rule: Rule, path: str) -> None:
    """Refuse a minimum above what the board says that a stay costs at most, or in all."""
    most = rule.cycle_caps + [cap.fen for cap in rule.long_caps]
    most += [cap.fen for cap in rule.shared_caps]
    most += [cap for cap in (*(band.cap for band in rule.bands), rule.stay_cap) if cap is not None]
    for key, least in _minimums(rule):
        within = all(_charged(rule, least) <= cap.fen for cap in rule.plate_caps)
        if least > min(most, default=least) or not within:
            raise TariffError(below(path, key), "must not be above a cap")
        if any(0 < offer.fen < least for offer in rule.offers):
            raise TariffError(below(path, key), "must not be above a special price")
    if 0 < rule.night_minimum <= rule.stay_minimum:
        raise TariffError(below(path, "overnight.amount"), "must be above the minimum of every stay")


def _minimums(rule: Rule) -> Iterator[tuple[str, int]]:
    """Yield the least that stays cost, of all and of those with a night, with the key of each."""
    yield "stay_minimum", rule.stay_minimum
    yield "overnight.amount", rule.night_minimum


def _charged(rule: Rule, least: int) -> int:
    """Return what is charged of a minimum, in whole fen, rounded down."""
    return least * rule.percent // 100


def _is_on_top(rule: Rule) -> bool:
    """Return whether a night costs an amount that no cap is for."""
    return rule.overnight is not None and not rule.overnight.is_least


def _overnight(rule: Rule, path: str) -> None:
    """Refuse amounts outside the caps beside the board's statement on free or capped visits."""
    where = below(path, "overnight")
    if _is_on_top(rule) and rule.plate_caps:
        raise TariffError(where, NOT_WITH_PLATE_CAPS)
    if rule.entry_fee and rule.plate_caps:
        raise TariffError(below(path, "entry_fee"), NOT_WITH_PLATE_CAPS)
    if rule.overnight and rule.free and not rule.free.at_start:
        raise TariffError(where, "must not be there: a night can lie in the free minutes of a cycle")


def _shared_caps(rule: Rule, path: str) -> None:
    for index, cap in enumerate(rule.shared_caps):
        where = below(path, f"shared_caps[{index}]")
        members = [rule.bands[one] for one in sorted(cap.bands)]
        hours = {(band.start, band.end) for band in members}
        for number, band in enumerate(rule.bands):
            if number not in cap.bands and (band.start, band.end) in hours:
                reason = f"must name {band.name} too: the board names bands by their hours"
                raise TariffError(f"{where}.bands", reason)
        if cap.fen < max(_dearest(band.steps) for band in members):
            raise TariffError(f"{where}.amount", "must not be below the price of one unit")
        if any(band.cap is not None and band.cap > cap.fen for band in members):
            raise TariffError(f"{where}.amount", "must not be below the cap of one of its bands")


def _sum(rule: Rule, path: str) -> None:
    where = below(path, "sum_rounding")
    if rule.sum is None:
        if is_fine(rule) or rule.percent != 100:
            raise TariffError(where, "is missing: the sum can have parts of a fen")
        return
    limits = [fen for cap in rule.caps for fen in (cap.fen, cap.later_adds)]
    limits += [cap.fen for cap in rule.day_caps]
    limits += [cap.fen for cap in rule.long_caps] + [offer.fen for offer in rule.offers]
    limits += [rule.stay_cap or 0, rule.stay_minimum, rule.night_minimum]
    if rule.percent == 100 and any(fen % rule.sum.unit for fen in limits):
        raise TariffError(
            f"{where}.unit", "must divide every cap, special price and minimum, or the sum is another"
        )


def _all_steps(rule: Rule, path: str) -> Iterator[tuple[str, tuple[Step, ...], int]]:
    """Yield each list of steps, where it stands, and for how long it can count."""
    if rule.steps:
        yield below(path, "steps"), rule.steps, rule.cycle.seconds
    for index, band in enumerate(rule.bands):
        if band.steps[0].unit or len(band.steps) > 1:
            longest = (band.end - band.start) % DAY or DAY
            within = longest if rule.count is StepsCount.BAND else rule.cycle.seconds
            yield below(path, f"bands[{index}].steps"), band.steps, within


def _bands(rule: Rule, path: str) -> None:
    """Refuse bands that overlap; demand steps where a moment has no band, and none where each has one."""
    if not rule.bands:
        if not rule.steps:
            raise TariffError(below(path, "steps"), "is missing")
        return
    hours = tuple((band.start, band.end, band.days) for band in rule.bands)
    overlap, bare = _day_faults(hours, rule.band_days, eves=rule.eves)
    if overlap:
        one, other, moment = overlap
        where = below(path, f"bands[{other}]")
        names = f"{rule.bands[one].name} and {rule.bands[other].name}"
        raise TariffError(where, f"must not overlap: {names} both hold on {moment}")
    if bare and not rule.steps:
        raise TariffError(below(path, "steps"), f"is missing: no band holds on {bare}")
    if rule.steps and not bare:
        raise TariffError(below(path, "steps"), "must not be there: the bands fill every day")


type Hours = tuple[tuple[int, int, frozenset[str]], ...]  # start, end and days of each band


@lru_cache(maxsize=64)  # a document has a rule for each class and season, most with the same bands
def _day_faults(hours: Hours, band_days: BandDays, *, eves: bool) -> tuple[tuple[int, int, str] | None, str]:
    """Return the first two bands that overlap, with the moment, and the first moment without a band."""
    bands = [Band("", start, end, days, (), None) for start, end, days in hours]
    bare = ""
    for yesterday, today in _neighbours(eves=eves):
        free_from, last = 0, -1
        for start, until, index, _ in day_plan(bands, band_days, yesterday, today):
            if index >= 0 and start < free_from:
                return (min(last, index), max(last, index), f"{today} at {hh_mm(start)}"), bare
            if index < 0 and not bare:
                bare = f"{today} at {hh_mm(start)}"
            free_from, last = until, index
    return None, bare


def _neighbours(*, eves: bool) -> Iterator[tuple[str, str]]:
    """Yield the kinds of day that can follow each other; where there are `eves`, these precede holidays."""
    kinds = ALL_KINDS if eves else KINDS
    for today in kinds:
        for yesterday in kinds:
            plain = yesterday in WEEK and today in WEEK
            if plain and (WEEK.index(yesterday) + 1) % 7 != WEEK.index(today):
                continue
            before_holiday = yesterday in {EVE, HOLIDAY} if today == HOLIDAY else yesterday != EVE
            if before_holiday or not eves:
                yield yesterday, today


def _totals(rule: Rule, path: str) -> None:
    for where, steps, _ in _all_steps(rule, path):
        fine = any(step.parts for step in steps)
        for index, step in enumerate(steps):
            if step.total and fine:
                reason = "must not be there: a unit costs parts of a fen"
                raise TariffError(f"{where}[{index}].total", reason)
            if step.total and rule.bands:
                reason = "must not be there: a total would take the place of what other bands cost"
                raise TariffError(f"{where}[{index}].total", reason)
            if step.total and rule.count is StepsCount.STAY and rule.cycle.basis is not Basis.NONE:
                reason = "must not be there: a total is for a cycle, and these steps run on over cycles"
                raise TariffError(f"{where}[{index}].total", reason)


def _dearest(steps: tuple[Step, ...]) -> int:
    return max((step.fen + bool(step.parts) for step in steps), default=0)


def _dearest_of(rule: Rule) -> int:
    return max(_dearest(steps) for steps in (rule.steps, *(band.steps for band in rule.bands)))


def _caps(rule: Rule, path: str) -> None:
    dearest = _dearest_of(rule)
    for index, band in enumerate(rule.bands):
        if band.cap is not None:
            where = below(path, f"bands[{index}].cap")
            if band.cap < _dearest(band.steps):
                raise TariffError(where, "must not be below the price of one unit")
    for index, cap in enumerate(rule.caps):
        where = below(path, f"caps[{index}].amount")
        if cap.fen < dearest:
            raise TariffError(where, "must not be below the price of one unit")
        before = rule.caps[index - 1].fen if index else 0
        if rule.caps_count is CapsCount.CUMULATIVE and cap.fen < before:
            raise TariffError(where, "must not be below the cap before it: the caps are cumulative")


def _band_caps(tariff: Tariff) -> None:
    """Refuse a cap of a band that no rule with this band can reach.

    Long stays, classes and seasons take over the bands of the lot, and may have other caps of a cycle.
    """
    rules = [
        *tariff.rules,
        *(
            (below(path, "turn.rule"), rule.turn.rule)
            for path, rule in tariff.rules
            if rule.turn and rule.turn.since is TurnFrom.THEN
        ),
    ]
    capped = [
        (below(path, f"bands[{index}].cap"), (band.name, band.start, band.end, band.days, band.cap), rule)
        for path, rule in rules
        for index, band in enumerate(rule.bands)
        if band.cap is not None
    ]
    reached = {band for _, band, rule in capped if _can_reach(rule, band[-1] or 0)}
    for path, band, _ in capped:
        if band not in reached:
            raise TariffError(path, "must not be above every cap of a cycle: it is never reached")


def _can_reach(rule: Rule, fen: int) -> bool:
    """Return whether a cap of a band can be reached beside those of cycles: one that runs on has several."""
    if rule.caps_count is not CapsCount.PER_CYCLE or rule.after_cycle is AfterCycle.RUN_ON:
        return True
    return fen <= max(rule.cycle_caps, default=fen)


def _stay_cap(rule: Rule, path: str) -> None:
    if rule.stay_cap is None:
        return
    if rule.stay_cap < _dearest_of(rule):
        raise TariffError(below(path, "stay_cap"), "must not be below the price of one unit")
    highest = max(rule.cycle_caps, default=0)
    if rule.stay_cap < highest:
        raise TariffError(below(path, "stay_cap"), "must not be below a cap: that one is never reached")


def _turn_after_free(rule: Rule, path: str) -> None:
    """Check that no stay is both free and long enough for the other rule: the board would state both."""
    free = rule.free
    if rule.turn and free and free.at_start and free.seconds > rule.turn.after:
        reason = "must not be below the free minutes: a stay within them would be charged"
        raise TariffError(below(path, "turn.after_min"), reason)
