"""A charging rule as a whole."""

from dataclasses import dataclass

from lots.tariffs.rules import Overstay, Pass, Reentry, Rule, VehicleClass


@dataclass(frozen=True)
class Tariff:
    """One valid charging rule. Make it with `from_document`, which checks what the prices rely on."""

    rule: Rule  # for vehicles of no class
    classes: tuple[VehicleClass, ...]
    exempt: frozenset[str]
    passes: tuple[Pass, ...]
    reentry: Reentry | None
    after_exit_window: Overstay
    max_stay: int | None  # seconds
    allows_cheaper_longer: bool
