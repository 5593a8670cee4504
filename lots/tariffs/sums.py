"""The sum of a stay: at least a minimum, percentages of it, rounded as the rule asks. Pure.

Where a unit costs parts of a fen, stays are priced in thousandths of a fen (`fine`), and only their sum is
rounded. Each line is then shown in whole fen, rounded down; the last line adds what is missing.
"""

from collections.abc import Iterator
from dataclasses import replace

from lots.tariffs.charging_rules import Pass, Rule, Step, Sum, SumRounding
from lots.tariffs.price_lines import PriceLine, Values

THOUSANDTHS = 1000
WHOLE_FEN = Sum(1, SumRounding.DOWN)


def is_fine(rule: Rule) -> bool:
    """Return whether any unit costs parts of a fen."""
    tables = (rule.steps, *(band.steps for band in rule.bands))
    own = any(step.parts for steps in tables for step in steps)
    return own or (rule.turn is not None and is_fine(rule.turn.rule))


def fine(rule: Rule) -> Rule:
    """Return the rule with every amount in thousandths of a fen."""
    return replace(
        rule,
        steps=_fine_steps(rule.steps),
        caps=tuple(
            replace(cap, fen=cap.fen * THOUSANDTHS, later_adds=cap.later_adds * THOUSANDTHS)
            for cap in rule.caps
        ),
        stay_cap=None if rule.stay_cap is None else rule.stay_cap * THOUSANDTHS,
        bands=tuple(
            replace(
                band,
                steps=_fine_steps(band.steps),
                cap=None if band.cap is None else band.cap * THOUSANDTHS,
            )
            for band in rule.bands
        ),
        day_caps=tuple(replace(cap, fen=cap.fen * THOUSANDTHS) for cap in rule.day_caps),
        long_caps=tuple(replace(cap, fen=cap.fen * THOUSANDTHS) for cap in rule.long_caps),
        offers=tuple(replace(offer, fen=offer.fen * THOUSANDTHS) for offer in rule.offers),
        shared_caps=tuple(replace(cap, fen=cap.fen * THOUSANDTHS) for cap in rule.shared_caps),
        entry_fee=rule.entry_fee * THOUSANDTHS,
        overnight=rule.overnight and replace(rule.overnight, fen=rule.overnight.fen * THOUSANDTHS),
    )


def _fine_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, fen=step.fen * THOUSANDTHS + step.parts, parts=0) for step in steps)


def summed(rule: Rule, lines: list[PriceLine], scale: int, held: Pass | None = None) -> list[PriceLine]:
    """Return the lines of a stay, in 1/`scale` fen, as lines in fen that add up to its rounded sum.

    `held`: the pass of the car that gives a percentage of it.
    """
    if rule.stay_minimum:
        lines = _at_least(rule.stay_minimum * scale, lines)
    if scale == 1 and rule.percent == 100 and rule.sum is None and held is None:
        return lines
    exact = sum(line.fen for line in lines)
    shown = [_in_fen(line) for line in lines] if scale > 1 else lines
    so_far = sum(line.fen for line in shown)
    for code, percent, share in _shares(rule, held):
        exact, scale = exact * percent, scale * 100
        if exact:
            part = exact // scale
            shown = [*shown, PriceLine(code, part - so_far, share)]
            so_far = part
    fen = _rounded(exact, rule.sum or WHOLE_FEN, scale)
    if fen != so_far:
        shown = [*shown, PriceLine("rounded", fen - so_far, {"unit_fen": (rule.sum or WHOLE_FEN).unit})]
    return shown


def _shares(rule: Rule, held: Pass | None) -> Iterator[tuple[str, int, Values]]:
    """Yield each percentage of the sum that is charged, with the code and the values of its line."""
    if rule.percent != 100:
        yield "percent", rule.percent, {"percent": rule.percent}
    if held is not None:
        yield "pass_percent", held.otherwise, {"right": held.name, "percent": held.otherwise}


def _at_least(fen: int, lines: list[PriceLine]) -> list[PriceLine]:
    """Return the lines, with one more up to the minimum if they cost something, but less than that."""
    missing = fen - sum(line.fen for line in lines)
    if not 0 < missing < fen:
        return lines
    return [*lines, PriceLine("stay_minimum", missing, {"amount_fen": fen})]


def _rounded(exact: int, to: Sum, scale: int) -> int:
    """Return a sum in 1/`scale` fen as the multiple of the unit, in fen, that the rule asks for."""
    unit = to.unit * scale
    if to.how is SumRounding.HALF_UP:
        return (2 * exact + unit) // (2 * unit) * to.unit
    return (exact if to.how is SumRounding.DOWN else exact + unit - 1) // unit * to.unit


def _in_fen(line: PriceLine) -> PriceLine:
    values: Values = {
        name: exact_fen(int(value)) if name.endswith("_fen") else value for name, value in line.values.items()
    }
    return line._replace(fen=line.fen // THOUSANDTHS, values=values)


def exact_fen(thousandths: int) -> int | str:
    """Return a price in fen; with parts of one as text, because no float is exact."""
    whole, parts = divmod(thousandths, THOUSANDTHS)
    return f"{whole}.{parts:03}".rstrip("0") if parts else whole
