"""Parking systems: our own, and those of others that a lot stands in front of; one module each.

A new one implements `lots.systems.base.ParkingSystem`, gets a value in `Lot.System`, and a line here.
"""

from collections.abc import Callable

from lots.models import Lot
from lots.systems.base import ParkingSystem
from lots.systems.builtin import BuiltinSystem

SYSTEMS: dict[str, Callable[[Lot], ParkingSystem]] = {Lot.System.BUILTIN: BuiltinSystem}


def system_of(lot: Lot) -> ParkingSystem:
    """Return the parking system that answers for this lot."""
    return SYSTEMS[lot.system](lot)
