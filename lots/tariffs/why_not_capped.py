"""Which caps a price did not reach, and what counted towards them so far. Pure."""

from collections.abc import Iterator

from lots.tariffs.charging_rules import (
    DAY,
    AfterCycle,
    Band,
    Basis,
    CalendarPeriod,
    CapsCount,
    CycleStarts,
    Rule,
    SharedCap,
)
from lots.tariffs.price_lines import Price, PriceLine
from lots.tariffs.tariff import periods_reached
from lots.tariffs.tariff_place import Place
from lots.tariffs.timeline import FIRST_DAY, offset

OF_CYCLES = {"cap", "day_cap", "cap_so_far", "long_cap"}
OF_THE_STAY = {"stay_cap", "offer", "visits_cap", "week_cap", "month_cap"}  # in place of all other lines
OF_THE_SUM = {  # what follows the caps
    "overnight",
    "overnight_least",
    "entry_fee",
    "stay_minimum",
    "percent",
    "pass_percent",
    "rounded",
    "earlier_stays",
    "settled",
}
NOT_OF_THE_PERIOD = {"earlier_stays", "settled"}  # the cap of a week or month is over all else


def not_capped(
    rule: Rule, price: Price, stay: tuple[int, int], place: Place, *, packed: bool
) -> Iterator[PriceLine]:
    """Yield how far a price is from each cap of its rule that it did not reach.

    `stay`: its beginning and end in seconds since 1970, from the first of which its lines count. `packed`:
    stays are counted together without the time between them, so that lines have no date.
    """
    lines = [line for line in price.lines if line.code not in OF_THE_SUM]
    # its cycles are counted from the turn
    turned = rule.turn is not None and any(line.code == "turned" for line in lines)
    if not turned:
        yield from _of_cycles(rule, lines, stay[0], place)
    if rule.shared_caps and not (turned or packed):
        yield from _of_bands(rule, lines, stay[0], place)
    yield from _of_period(rule, price, stay, place)


def _of_cycles(rule: Rule, lines: list[PriceLine], start: int, place: Place) -> Iterator[PriceLine]:
    """Yield the caps of the last cycle, of several in a row and of the stay.

    Those of several cycles are left out of a stay in its first one, which has a nearer cap.
    """
    if any(line.code in OF_THE_STAY for line in lines):
        return
    of_last = next((line for line in reversed(lines) if "cycle" in line.values), None)
    last = _last_cycle(of_last) if of_last else 0
    if rule.caps and of_last and of_last.code not in OF_CYCLES:
        yield from _of_last_cycle(rule, lines, last, start, place)
    if last > 1 or not rule.caps:
        yield from _of_several_cycles(rule, lines, last)
        if rule.stay_cap is not None:
            yield from _below_cap("not_capped_stay", rule.stay_cap, _sum(lines))


def _of_last_cycle(
    rule: Rule, lines: list[PriceLine], last: int, start: int, place: Place
) -> Iterator[PriceLine]:
    cap = next(cap for cap in rule.caps if cap.last is None or last <= cap.last)
    match rule.caps_count:
        case CapsCount.PER_CYCLE:
            in_last = [line for line in lines if _last_cycle(line) == last]
            of_day = _cap_of_day(rule, lines, start, place) if rule.day_caps else None
            yield from _below_cap("not_capped", cap.fen if of_day is None else of_day, _sum_of_last(in_last))
        case CapsCount.CUMULATIVE:
            most = cap.fen + (last - cap.first) * cap.later_adds
            yield from _below_cap("not_capped_so_far", most, _sum(lines))
        case CapsCount.POOLED:
            yield from _below_cap("not_capped_so_far", cap.fen * last, _sum(lines))


def _of_several_cycles(rule: Rule, lines: list[PriceLine], last: int) -> Iterator[PriceLine]:
    """Yield the caps of several cycles in a row, of the period in which the last cycle lies."""
    for cap in rule.long_caps:
        before = (last - 1) // cap.cycles * cap.cycles
        in_period = [line for line in lines if _last_cycle(line) > before]
        if not any(int(line.values.get("of", 0)) >= cap.cycles for line in in_period):
            yield from _below_cap("not_capped_long", cap.fen, _sum(in_period))


def _of_bands(rule: Rule, lines: list[PriceLine], start: int, place: Place) -> Iterator[PriceLine]:
    """Yield the caps that bands share in the whole stay, or on the last date on which one of them began.

    Where the cap of a cycle has replaced what the bands cost, they are left out.
    """
    bands = {band.name: index for index, band in enumerate(rule.bands)}
    for cap in rule.shared_caps:
        own = [line for line in lines if bands.get(_band_of(line), -1) in cap.bands]
        capped = [line.end for line in lines if line.code in OF_CYCLES]
        if not own:
            continue
        if cap.of_stay:
            if not capped:
                yield from _below_shared(cap, _sum(own), own)
            continue
        begins_again = rule.after_cycle is AfterCycle.BEGIN_AGAIN  # its cap too, in each cycle
        if begins_again:
            last = max(map(_last_cycle, own))
            own = [line for line in own if _last_cycle(line) == last]
        begun = [_began(rule.bands[bands[_band_of(line)]], line, start, place) for line in own]
        day = max(begun) // DAY
        of_date = [line for line, at in zip(own, begun, strict=True) if at // DAY == day]
        first = min(at for at in begun if at // DAY == day)
        if not begins_again:  # bands of the date whose lines are gone count too
            first = min(first, day * DAY + min(rule.bands[index].start for index in cap.bands))
        if all(start + end + offset(place.zone, start + end) <= first for end in capped):
            yield from _below_shared(cap, _sum_of_last(of_date), of_date)


def _below_shared(cap: SharedCap, so_far: int, lines: list[PriceLine]) -> Iterator[PriceLine]:
    code = "shared_cap_stay" if cap.of_stay else "shared_cap"
    if not any(line.code == code for line in lines):
        yield from _below_cap(f"not_{code}", cap.fen, so_far)


def _band_of(line: PriceLine) -> str:
    return str(line.values.get("band", ""))


def _began(band: Band, line: PriceLine, start: int, place: Place) -> int:
    """Return when the last occurrence of a band in a line began, in seconds of the lot's wall clock."""
    at = start + line.end - 1
    local = at + offset(place.zone, at)
    return local - (local - band.start) % DAY


def _of_period(rule: Rule, price: Price, stay: tuple[int, int], place: Place) -> Iterator[PriceLine]:
    """Yield the cap of the plate's stays in one calendar week or month; earlier ones count towards it."""
    lines = [line for line in price.lines if line.code not in NOT_OF_THE_PERIOD]
    for cap in rule.plate_caps:
        if any(line.code == cap.key for line in lines):
            continue
        before = sum(int(line.values["before_fen"]) for line in lines if line.code == f"{cap.period}_before")
        is_week = cap.period is CalendarPeriod.WEEK
        own = sum(line.week_fen if is_week else line.fen for line in lines)
        most = cap.fen * periods_reached(cap.period, *stay, place.zone)
        yield from _below_cap(f"not_{cap.key}", most, before + own)


def _cap_of_day(rule: Rule, lines: list[PriceLine], start: int, place: Place) -> int | None:
    """Return the cap of the day on which the last cycle begins, if that day has one of its own.

    `start`: the second from which the lines count.
    """
    in_cycles = [line for line in lines if _last_cycle(line)]
    last = max(map(_last_cycle, in_cycles))
    if rule.cycle.basis is Basis.DAY:
        at = max(line.end for line in in_cycles if _last_cycle(line) == last) - 1
    else:  # what is free before the first cycle has a line too
        counted = lines if rule.cycle_starts is CycleStarts.ENTRY else in_cycles
        at = min(line.start for line in counted) + (last - 1) * rule.cycle.seconds
    local = start + at + offset(place.zone, start + at) - rule.cycle.reset
    return rule.cap_on(rule.kind_of(place.calendar)(FIRST_DAY + local // DAY))


def _below_cap(code: str, most: int, so_far: int) -> Iterator[PriceLine]:
    if so_far < most:
        yield PriceLine(code, 0, {"amount_fen": most, "so_far_fen": so_far})


def _last_cycle(line: PriceLine) -> int:
    """Return the number of the last cycle that a line is about; 0 if it is about none."""
    values = line.values
    if "cycle" not in values:
        return 0
    return int(values["cycle"]) + int(values.get("times", values.get("cycles", 1))) - 1


def _sum(lines: list[PriceLine]) -> int:
    return sum(line.fen for line in lines)


def _sum_of_last(lines: list[PriceLine]) -> int:
    """Return what the last of the equal cycles costs that each line is for."""
    return sum(line.fen // int(line.values.get("times", 1)) for line in lines)
