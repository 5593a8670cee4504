"""Stays that show what a rule means."""

from bisect import bisect_left
from datetime import datetime, timedelta

from lots.plates import Kind
from lots.tariffs.rules import DAY, FOREVER, MINUTE, Basis, FreeMode
from lots.tariffs.tariff import HERE, Place, Tariff

MONDAY_AT_TEN = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - on the wall clock of any zone


def examples(tariff: Tariff, *, entry: datetime | None = None, place: Place = HERE) -> list[tuple[int, int]]:
    """Return stays (minutes, fen) that show where the price of an ordinary car changes, shortest first.

    For the public page: the end of what is free, of the first unit, of each step and of the cycle with the
    minute after it, when the cap is reached, and two stays that drivers really make. `entry` matters where
    the price depends on the time of day or the day; without it, 10 o'clock on a plain Monday.
    """
    came = entry or MONDAY_AT_TEN.replace(tzinfo=place.zone)

    def fen(minutes: int) -> int:
        until = came + timedelta(minutes=minutes)
        return tariff.price(came, until, Kind.ORDINARY, place=place).fen

    rule = tariff.rule
    free = rule.free.seconds // MINUTE if rule.free else 0
    shift = free if rule.free and rule.free.mode is FreeMode.DEDUCT else 0
    cycle = (DAY if rule.cycle.basis is Basis.NONE else rule.cycle.seconds) // MINUTE
    steps = rule.steps or rule.bands[0].steps
    ends = {
        free,
        shift + steps[0].unit // MINUTE,
        shift + cycle,
        *(shift + step.until // MINUTE for step in steps if step.until != FOREVER),
    }
    stays = {120, 480} | ends | {end + 1 for end in ends}
    if rule.caps or rule.stay_cap:
        stays.add(bisect_left(range(shift + cycle), fen(shift + cycle), key=fen))
    return [(minutes, fen(minutes)) for minutes in sorted(stays) if minutes]
