"""What a stay pays for the nights that it passes: an amount on top (过夜加收), or at least so much. Pure."""

from zoneinfo import ZoneInfo

from lots.tariffs.charging_rules import DAY, Nights, Overnight
from lots.tariffs.json_fields import end_hh_mm, hh_mm, length
from lots.tariffs.price_lines import PriceLine, Values
from lots.tariffs.timeline import offset


def overnight_lines(
    rule: Overnight, charged: list[tuple[int, int]], zone: ZoneInfo, origin: int, so_far: int
) -> list[PriceLine]:
    """Return the line of the nights of a stay, if they add to it; its time is counted from `origin`.

    A night counts if the car is charged right before and right after the time that the rule names, or in any
    part of the night if the rule names its end. `so_far`: what the stay costs without it.
    """
    if rule.until is None:
        nights = sum(_passed(rule.at, start, end, zone) for start, end in charged)
    else:
        hours = length(rule.at, rule.until)
        nights = len(
            {night for start, end in charged for night in _touched(rule.at, hours, start, end, zone)}
        )
    if rule.nights is not Nights.EACH:
        nights = min(nights, 1)
    adds = nights * rule.fen
    if rule.is_least:
        adds = max(0, adds - so_far) if so_far else 0
    if not adds:
        return []
    values: Values = {"at": hh_mm(rule.at), "amount_fen": rule.fen}
    if rule.until is not None:
        values["until"] = end_hh_mm(rule.until)
    if nights > 1:
        values["times"] = nights
    code = "overnight_least" if rule.is_least else "overnight"
    return [PriceLine(code, adds, values, charged[0][0] - origin, charged[-1][1] - origin)]


def _passed(at: int, start: int, end: int, zone: ZoneInfo) -> int:
    """Return how often a clock of the zone passes this time of day after `start` and before `end`.

    An hour that the clock repeats is passed once, and so is one that it leaves out.
    """
    first, last = ((moment + offset(zone, moment) - at) // DAY for moment in (start, end - 1))
    return max(0, last - first)


def _touched(at: int, hours: int, start: int, end: int, zone: ZoneInfo) -> range:
    """Return the nights, by the number of the day on which each begins, that [start, end) has a part of."""
    if start == end:
        return range(0)
    first, last = (moment + offset(zone, moment) - at for moment in (start, end - 1))
    return range((first - hours) // DAY + 1, last // DAY + 1)
