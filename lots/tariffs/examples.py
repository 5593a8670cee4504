"""Stays that show what a rule means."""

from bisect import bisect_left
from datetime import datetime, timedelta

from lots.plates import PlateKind
from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    MINUTE,
    Basis,
    FreeMode,
    Rule,
    VehicleClass,
    whole_minutes,
)
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_place import HERE, Place

MONDAY_AT_TEN = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - on the wall clock of any zone


def examples(
    tariff: Tariff,
    *,
    entry: datetime | None = None,
    place: Place = HERE,
    vehicle: VehicleClass | None = None,
) -> list[tuple[int, int]]:
    """Return stays (minutes, fen) that show where the price of a car changes, shortest first.

    The car has an ordinary plate, or is of the `vehicle` class, which is not exempt.

    For the public page: the end of what is free, of the first unit, of each step and of the cycle with the
    minute after it, when the cap is reached, and two stays that drivers really make. `entry` matters where
    the price depends on the time of day or the day; without it, 10 o'clock on a plain Monday.
    """
    came = entry or MONDAY_AT_TEN.replace(tzinfo=place.zone)
    vehicle = vehicle or tariff.class_of(PlateKind.ORDINARY)
    kind, seen = _one_of(vehicle) if vehicle else (PlateKind.ORDINARY, "")
    rule = vehicle.rule if vehicle and vehicle.rule else tariff.rule

    def fen(minutes: int) -> int:
        until = came + timedelta(minutes=minutes)
        return tariff.price(came, until, kind, place=place, seen=seen).fen

    stays = _turns(rule)
    if rule.caps or rule.stay_cap:
        end = _shift(rule) + _cycle(rule)
        stays.add(bisect_left(range(end), fen(end), key=fen))
    return [(minutes, fen(minutes)) for minutes in sorted(stays) if minutes > 0]


def _one_of(vehicle: VehicleClass) -> tuple[str, str]:
    """Return a kind of plate, or what a camera says, by which a vehicle is in this class."""
    return (min(vehicle.kinds), "") if vehicle.kinds else (PlateKind.ORDINARY, min(vehicle.seen_as))


def _turns(rule: Rule) -> set[int]:
    """Return the minutes at which something ends, each with the one after it, and two that drivers stay."""
    shift = _shift(rule)
    steps = rule.steps or rule.bands[0].steps
    ends = {
        whole_minutes(rule.free.seconds) if rule.free else 0,
        shift + steps[0].unit // MINUTE,
        shift + _cycle(rule),
        *(shift + whole_minutes(step.until) for step in steps if step.until != FOREVER),
    }
    before = {end - 1 for end in ends} if rule.reached else set()
    return {120, 480} | before | ends | {end + 1 for end in ends}


def _shift(rule: Rule) -> int:
    return rule.free.seconds // MINUTE if rule.free and rule.free.mode is FreeMode.DEDUCT else 0


def _cycle(rule: Rule) -> int:
    return (DAY if rule.cycle.basis is Basis.NONE else rule.cycle.seconds) // MINUTE
