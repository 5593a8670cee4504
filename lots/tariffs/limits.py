"""Limits that belong to what lies beyond them: free below 30 minutes, not up to 30 (满 30 分钟起收费).

Times are whole seconds, so “below 30 minutes” is “up to 29:59”: such a limit is stored a second shorter, and
shown in whole minutes (`charging_rules.whole_minutes`). Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lots.tariffs.charging_rules import FreeMode, Limit, Rule, Step, TurnFrom


def possible_limits(part: Mapping[str, Any]) -> set[str]:
    """Return the limits that a rule has and that can belong to what lies beyond them.

    Of a malformed rule all: the reader names the fault.
    """
    try:
        return set(_possible(part))
    except (KeyError, TypeError, AttributeError):
        return set(Limit)


def _possible(part: Mapping[str, Any]) -> list[str]:
    free = part.get("free") or {}
    tables = [part.get("steps") or [], *(band.get("steps") or [] for band in part.get("bands") or [])]
    later = [step for steps in tables for step in steps[1:]]
    tail_below = "tail_min" in part and Limit.TAIL in part.get("reached", ())
    known = {
        Limit.FREE: bool(free.get("minutes")) and free["mode"] == FreeMode.THRESHOLD,
        # a full unit would be a second short, and so would a remainder that is compared to the tail; a unit
        # from another period can end just then
        Limit.STEPS: any("unit_min" not in step for step in later)
        and part["rounding"] == "started"
        and part.get("crossing") != "unit_start"
        and not tail_below,
        Limit.TAIL: "tail_min" in part,
        Limit.TURN: (part.get("turn") or {}).get("from") == TurnFrom.START,
    }
    return [limit for limit, is_possible in known.items() if is_possible]


def with_reached(rule: Rule) -> Rule:
    """Return the rule with each limit that counts as reached a second shorter."""
    reached = rule.reached
    if Limit.FREE in reached and rule.free:
        rule = replace(rule, free=replace(rule.free, seconds=rule.free.seconds - 1))
    if Limit.STEPS in reached:
        bands = tuple(replace(band, steps=_reached_steps(band.steps)) for band in rule.bands)
        rule = replace(rule, steps=_reached_steps(rule.steps), bands=bands)
    if Limit.TAIL in reached:
        rule = replace(rule, tail=rule.tail - 1)
    if Limit.TURN in reached and rule.turn:
        rule = replace(rule, turn=replace(rule.turn, after=rule.turn.after - 1))
    return rule


def _reached_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return steps that end a second sooner before one amount; a unit that has not begun costs nothing."""
    following = [*steps[1:], None][: len(steps)]
    return tuple(
        replace(step, until=step.until - 1) if after and not after.unit else step
        for step, after in zip(steps, following, strict=True)
    )
