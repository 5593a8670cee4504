"""Where a longer stay would cost less than a shorter one, unless the document declares it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    Basis,
    CapsCount,
    FreeMode,
    Offer,
    OffersApply,
    Overstay,
    Repeat,
    Rounding,
    Rule,
    TurnFrom,
    whole_minutes,
)
from lots.tariffs.json_fields import below
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - on the wall clock of any zone


def check_longer_is_no_cheaper(rule: Rule, path: str) -> None:
    """Refuse totals, offers and turns with which a longer stay can cost less.

    Everything else only adds to what a shorter stay costs: units and flat amounts are never negative, and
    caps, free minutes and covered time leave that order as it is. Raises `TariffError`.
    """
    _totals_are_no_cheaper(rule, path)
    _offers_are_no_cheaper(rule, path)
    _turn_is_no_cheaper(rule, path)


def _totals_are_no_cheaper(rule: Rule, path: str) -> None:
    """Refuse a `total` that undercuts what the same cycle cost a moment before."""
    for index, minute, before, after in undercuts(rule):
        what = f"it costs {before} fen up to minute {minute} and {after} after it"
        where = below(path, f"steps[{index}].total")
        raise TariffError(where, f"must not make longer cheaper, or declare allows_cheaper_longer: {what}")


def _offers_are_no_cheaper(rule: Rule, path: str) -> None:
    """Refuse offers that make a longer stay cheaper, unless the document declares it."""
    for index, key in cheaper_offers(rule):
        reason = "must not make longer cheaper, or declare allows_cheaper_longer"
        raise TariffError(below(path, f"offers[{index}].{key}"), reason)


def _turn_is_no_cheaper(rule: Rule, path: str) -> None:
    """Refuse another rule for whole stays that can cost less than the first one up to its limit."""
    if rule.turn and may_turn_cheaper(rule):
        reason = "must not make longer cheaper, or declare allows_cheaper_longer"
        raise TariffError(below(path, "turn.rule"), reason)


def may_turn_cheaper(rule: Rule) -> bool:
    """Return whether a stay can cost less once its rule turns.

    Both rules are priced where they meet. Where prices depend on the time of day, too many entries would have
    to be tried: such a turn counts as one that can.
    """
    turn = rule.turn
    if turn is None or turn.since is TurnFrom.THEN:
        return False
    for one in (rule, turn.rule):
        if one.follows_the_clock:
            return True
    return cost(turn.rule, turn.after + 1) < cost(replace(rule, turn=None), turn.after)


def cost(rule: Rule, seconds: int) -> int:
    """Return what a stay of so many seconds costs by a rule that does not follow the clock."""
    alone = Tariff(rule, (), (), frozenset(), (), None, Overstay.RECOMPUTED, None, allows_cheaper_longer=True)
    start = MONDAY.replace(tzinfo=UTC)
    return alone.price(start, start + timedelta(seconds=seconds), "").fen


def cheaper_offers(rule: Rule) -> Iterator[tuple[int, str]]:
    """Yield each offer with which a longer stay can cost less: its index and the key of its price.

    A fixed price can be more than the usual price of a stay that is too long for it, and a price that asks
    for a late exit less than the usual one of an earlier. Of caps the first that fits counts: a lower one
    must not follow that still fits when the first no longer does.
    """
    for index, offer in enumerate(rule.offers):
        key = "cap" if offer.is_cap else "flat"
        if (not offer.is_cap and offer.fen) or offer.leave_from:
            yield index, key
        before = rule.offers[:index] if rule.offers_apply is OffersApply.FIRST else ()
        if any(
            one.fen > offer.fen and one.may_end_before(offer) and _share_an_entry(one, offer)
            for one in before
        ):
            yield index, key


def _share_an_entry(one: Offer, other: Offer) -> bool:
    """Return whether a car can enter within both offers."""
    lengths = [(offer.end - offer.start) % DAY or DAY for offer in (one, other)]
    apart = (other.start - one.start) % DAY
    return bool(one.days & other.days) and (apart < lengths[0] or DAY - apart < lengths[1])


def undercuts(rule: Rule) -> Iterator[tuple[int, int, int, int]]:
    """Yield each step at which a cycle becomes cheaper: its index, at which minute, the prices around it."""
    caps = rule.cycle_caps if rule.caps_count is CapsCount.PER_CYCLE else []
    most = max(caps, default=rule.stay_cap or FOREVER)
    cost = start = 0
    for index, step in enumerate(rule.steps):
        if step.total and min(cost, most) > step.fen and _is_charged(rule, start):
            yield index, whole_minutes(start), min(cost, most), step.fen
        units = _units(rule.rounding, step.until - start, step.unit) if step.unit else 1
        cost = step.fen if step.total else cost + units * step.fen
        start = step.until


def _is_charged(rule: Rule, moment: int) -> bool:
    """Return whether a cycle can be charged up to this moment: free minutes may hide it in every cycle."""
    if rule.free is None:
        return True
    if rule.free.mode is FreeMode.DEDUCT:
        return rule.free.at_start or rule.free.seconds + moment < rule.cycle.seconds
    only_one = rule.free.repeat is Repeat.EACH_CYCLE or rule.cycle.basis is Basis.NONE
    return not (only_one and rule.free.seconds >= moment)


def _units(rounding: Rounding, part: int, unit: int) -> int:
    return part // unit if rounding is Rounding.FULL else -(-part // unit)
