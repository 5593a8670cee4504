"""Caps (封顶) of cycles and of the whole stay, put over what the parts of a stay cost. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lots.tariffs.cycles import Run
from lots.tariffs.lines import Line, Values
from lots.tariffs.rules import HOUR, Basis, Cap, CapsCount, Rule


def capped(rule: Rule, runs: Iterable[Run], origin: int) -> list[Line]:
    """Return the lines of a stay; `origin`: the second from which lines count their time."""
    lines: list[Line] = []
    cost = 0
    for run in runs:
        if rule.caps and rule.caps_count is CapsCount.CUMULATIVE:
            cost = _add_cumulative(rule, run, lines, cost, origin)
        else:
            lines += _per_cycle(rule, run, origin)
    return _within_stay(rule, lines)


def _within_stay(rule: Rule, lines: list[Line]) -> list[Line]:
    if rule.stay_cap is None or sum(line.fen for line in lines) <= rule.stay_cap:
        return lines
    values: Values = {"amount_fen": rule.stay_cap}
    return [Line("stay_cap", rule.stay_cap, values, lines[0].start, lines[-1].end)]


def _per_cycle(rule: Rule, run: Run, origin: int) -> Iterator[Line]:
    """Yield the lines of equal cycles, apart where another cap begins to hold."""
    done = 0
    while done < run.times:
        cap = _cap_of(rule, run.cycle + done)
        times = run.times - done
        if cap and cap.last:
            times = min(times, cap.last - run.cycle - done + 1)
        part = replace(run, cycle=run.cycle + done, times=times, start=run.start + done * run.length)
        if cap and run.fen > cap.fen:
            values: Values = {"cycle": part.cycle, "cycles": times, **_cycle(rule), "amount_fen": cap.fen}
            yield _over(part, "cap" if "hours" in values else "day_cap", times * cap.fen, values, origin)
        else:
            yield from _lines(rule, part, origin)
        done += times


def _add_cumulative(rule: Rule, run: Run, lines: list[Line], cost: int, origin: int) -> int:
    """Add the lines of cycle after cycle to a stay that has cost so much, none beyond the cap of that cycle;
    return what it costs then."""
    for done in range(run.times):
        part = replace(run, cycle=run.cycle + done, times=1, start=run.start + done * run.length)
        cap = _cap_of(rule, part.cycle)
        assert cap is not None, "the last cap holds for all later cycles"
        most = cap.fen + (part.cycle - cap.first) * cap.later_adds
        if cost + run.fen <= most:
            lines += _lines(rule, part, origin)
            cost += run.fen
            continue
        values: Values = {"cycle": part.cycle, "cycles": 1, "amount_fen": most}
        _add(lines, _over(part, "cap_so_far", most - cost, values, origin))
        cost = most
    return cost


def _add(lines: list[Line], line: Line) -> None:
    """Add a cycle that a cumulative cap ends; the same rise as in the cycle before is told with it."""
    last = lines[-1] if lines else line
    cycles = int(last.values.get("cycles", 0))
    if not lines or last.code != line.code or last.fen != line.fen * cycles:
        lines.append(line)
        return
    values = {**last.values, "cycles": cycles + 1, "amount_fen": line.values["amount_fen"]}
    lines[-1] = Line(line.code, last.fen + line.fen, values, last.start, line.end)


def _cap_of(rule: Rule, cycle: int) -> Cap | None:
    return next((cap for cap in rule.caps if cap.last is None or cycle <= cap.last), None)


def _over(part: Run, code: str, fen: int, values: Values, origin: int) -> Line:
    start = part.start - origin
    return Line(code, fen, values, start, start + part.times * part.length)


def _cycle(rule: Rule) -> Values:
    return {"hours": rule.cycle.seconds // HOUR} if rule.cycle.basis is Basis.ENTRY else {}


def _lines(rule: Rule, part: Run, origin: int) -> Iterator[Line]:
    """Yield the lines of a part, once for all equal ones, with their times since the entry."""
    begin = part.start - origin
    skipped = (part.times - 1) * part.length
    values: Values = {}
    if rule.cycle.basis is not Basis.NONE:
        values["cycle"] = part.cycle
    if part.times > 1:
        values |= {"times": part.times, **_cycle(rule)}
    for line in part.lines:
        said = {**values, **line.values}
        yield Line(line.code, line.fen * part.times, said, begin + line.start, begin + skipped + line.end)
