"""Caps (封顶) of cycles and of the whole stay, put over what the parts of a stay cost. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from lots.tariffs.charging_rules import HOUR, Basis, Cap, CapsCount, LongCap, Rule
from lots.tariffs.cycles import Run
from lots.tariffs.price_lines import PriceLine, Values


@dataclass(slots=True)
class RunningBill:
    """What the parts of a stay add up to, as they come; equal ones in a row become one line."""

    rule: Rule
    origin: int  # the second from which lines count their time
    _lines: list[PriceLine] = field(default_factory=list)
    _cost: int = 0  # of these lines, where caps are cumulative
    _held: Run | None = None  # the last part: the next may be equal
    _touched: int = 0  # the number of the last cycle
    _begun: tuple[int, ...] = ()  # for each long cap: the index of the first line of its period

    _last_cap: Cap | None = None  # the only one under which cycles follow each other

    @classmethod
    def of(cls, rule: Rule, origin: int) -> Self:
        """Return the bill of a stay that has not begun."""
        has_last = rule.caps and rule.caps_count is CapsCount.PER_CYCLE
        has_last = has_last and not (rule.long_caps or rule.day_caps)
        return cls(rule, origin, _last_cap=rule.caps[-1] if has_last else None)

    def copy(self) -> "RunningBill":
        held = (self._cost, self._held, self._touched, self._begun, self._last_cap)
        return RunningBill(self.rule, self.origin, [*self._lines], *held)

    def add(self, run: Run) -> None:
        self._touched = run.cycle + run.times - 1
        held = self._held
        if held and held.length == run.length and self._alike(held, run):
            self._held = Run(held.cycle, held.times + run.times, held.start, held.length, held.part)
            return
        self._write()
        self._held = run

    def _alike(self, held: Run, run: Run) -> bool:
        """Return whether a part is as the one before it: the same lines, or more than the same cap."""
        one, other = held.part, run.part
        if one is other or (one.fen == other.fen and one.lines == other.lines and one.cap == other.cap):
            return True
        if not self._last_cap or held.cycle < self._last_cap.first:
            return False
        return one.fen > self._last_cap.fen and other.fen > self._last_cap.fen

    def lines(self) -> list[PriceLine]:
        """Return the lines of the stay up to here; nothing can be added afterwards."""
        self._write()
        return _within_stay(self.rule, self._within_pool())

    def _within_pool(self) -> list[PriceLine]:
        """Return the lines, or one of the cap times the cycles that were touched if they cost more."""
        if not self.rule.caps or self.rule.caps_count is not CapsCount.POOLED:
            return self._lines
        most = self.rule.caps[0].fen * self._touched
        if sum(line.fen for line in self._lines) <= most:
            return self._lines
        values: Values = {"cycles": self._touched, "amount_fen": self.rule.caps[0].fen}
        return [PriceLine("cap_pooled", most, values, self._lines[0].start, self._lines[-1].end)]

    def _write(self) -> None:
        if self._held and self.rule.caps and self.rule.caps_count is CapsCount.CUMULATIVE:
            self._cost = _add_cumulative(self.rule, self._held, self._lines, self._cost, self.origin)
        elif self._held and self.rule.long_caps:
            self._add_periods(self._held)
        elif self._held:
            self._lines += _per_cycle(self.rule, self._held, self.origin)
        self._held = None

    def _add_periods(self, run: Run) -> None:
        """Add equal cycles, and put each long cap over the lines of its period so far."""
        caps = self.rule.long_caps
        begun, done = list(self._begun or (0,) * len(caps)), 0
        while done < run.times:
            cycle = run.cycle + done
            times = min(run.times - done, caps[0].cycles - (cycle - 1) % caps[0].cycles)
            self._lines += _per_cycle(self.rule, _part(run, done, times), self.origin)
            done += times
            for index, cap in enumerate(caps):
                _put_over(self._lines, begun[index], cap, cycle + times - 1)
                if (cycle + times - 1) % cap.cycles == 0:
                    begun[index] = len(self._lines)
            # a longer cap can have put one line in place of those before the period of a shorter one
            begun = [min(one, len(self._lines)) for one in begun]
        self._begun = tuple(begun)


def _put_over(lines: list[PriceLine], begin: int, cap: LongCap, last: int) -> None:
    """Replace the lines of one period, up to the cycle `last`, by its cap if they cost more."""
    period = lines[begin:]
    if sum(line.fen for line in period) > cap.fen:
        first = (last - 1) // cap.cycles * cap.cycles + 1
        values: Values = {"cycle": first, "cycles": last - first + 1, "of": cap.cycles, "amount_fen": cap.fen}
        lines[begin:] = [PriceLine("long_cap", cap.fen, values, period[0].start, period[-1].end)]


def _within_stay(rule: Rule, lines: list[PriceLine]) -> list[PriceLine]:
    if rule.stay_cap is None or sum(line.fen for line in lines) <= rule.stay_cap:
        return lines
    values: Values = {"amount_fen": rule.stay_cap}
    return [PriceLine("stay_cap", rule.stay_cap, values, lines[0].start, lines[-1].end)]


def _per_cycle(rule: Rule, run: Run, origin: int) -> Iterator[PriceLine]:
    """Yield the lines of equal cycles, apart where another cap begins to hold."""
    done = 0
    while done < run.times:
        cap = _cap_of(rule, run.cycle + done) if run.part.cap is None else Cap(1, None, run.part.cap)
        times = _under(cap, run, done)
        part = _part(run, done, times)
        if cap and run.part.fen > cap.fen:
            values: Values = {"cycle": part.cycle, "cycles": times, **_cycle(rule), "amount_fen": cap.fen}
            yield _over(part, "cap" if "hours" in values else "day_cap", times * cap.fen, values, origin)
        else:
            yield from _lines(rule, part, origin)
        done += times


def _add_cumulative(rule: Rule, run: Run, lines: list[PriceLine], cost: int, origin: int) -> int:
    """Add the lines of equal cycles to a stay that has cost so much, none beyond the cap of its cycle; return
    what it costs then."""
    done = 0
    while done < run.times:
        cap = _cap_of(rule, run.cycle + done)
        assert cap is not None, "the last cap holds for all later cycles"
        times, most = _under(cap, run, done), _most(cap, run.cycle + done)
        narrower = run.part.fen - cap.later_adds  # by so much each cycle comes nearer to its cap
        if cost + run.part.fen <= most:
            if narrower > 0:
                times = min(times, (most - cost - run.part.fen) // narrower + 1)
            lines += _lines(rule, _part(run, done, times), origin)
            cost += times * run.part.fen
        else:
            if cost < most - cap.later_adds or narrower <= 0:
                times = 1  # what this one adds is its own
            most = _most(cap, run.cycle + done + times - 1)
            values: Values = {"cycle": run.cycle + done, "cycles": times, "amount_fen": most}
            _add(lines, _over(_part(run, done, times), "cap_so_far", most - cost, values, origin))
            cost = most
        done += times
    return cost


def _add(lines: list[PriceLine], line: PriceLine) -> None:
    """Add cycles that a cumulative cap ends; an equal rise joins the line of the cycle before."""
    last = lines[-1] if lines else line
    before, cycles = (int(one.values.get("cycles", 0)) for one in (last, line))
    if not lines or last.code != line.code or line.fen * before != last.fen * cycles:
        lines.append(line)
        return
    values = {**last.values, "cycles": before + cycles, "amount_fen": line.values["amount_fen"]}
    lines[-1] = PriceLine(line.code, last.fen + line.fen, values, last.start, line.end)


def _part(run: Run, done: int, times: int) -> Run:
    if times == run.times:
        return run
    return run._replace(cycle=run.cycle + done, times=times, start=run.start + done * run.length)


def _under(cap: Cap | None, run: Run, done: int) -> int:
    """Return how many of the cycles that are left follow each other under this cap."""
    left = run.times - done
    return min(left, cap.last - run.cycle - done + 1) if cap and cap.last else left


def _most(cap: Cap, cycle: int) -> int:
    return cap.fen + (cycle - cap.first) * cap.later_adds


def _cap_of(rule: Rule, cycle: int) -> Cap | None:
    if not rule.caps or rule.caps_count is CapsCount.POOLED:
        return None
    return rule.caps[min(cycle, len(rule.caps)) - 1]  # each is for one cycle, the last for all later ones


def _over(part: Run, code: str, fen: int, values: Values, origin: int) -> PriceLine:
    start = part.start - origin
    return PriceLine(code, fen, values, start, start + part.times * part.length)


def _cycle(rule: Rule) -> Values:
    return {"hours": rule.cycle.seconds // HOUR} if rule.cycle.basis is Basis.ENTRY else {}


def _lines(rule: Rule, run: Run, origin: int) -> list[PriceLine]:
    """Return the lines of a part, once for all equal ones, with their times since the entry."""
    begin = run.start - origin
    last = begin + (run.times - 1) * run.length
    values: Values = {}
    if rule.cycle.basis is not Basis.NONE:
        values["cycle"] = run.cycle
    if run.times > 1:
        values |= {"times": run.times, **_cycle(rule)}
    return [
        PriceLine(code, fen * run.times, {**values, **own}, begin + start, last + end)
        for code, fen, own, start, end in run.part.lines
    ]
