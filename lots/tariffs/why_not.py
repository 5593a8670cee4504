"""Why a free time, a cap or an offer did not apply to a stay: what drivers ask at the booth. Pure."""

from collections.abc import Iterator
from datetime import datetime

from lots.tariffs.charging_rules import (
    DAY,
    MINUTE,
    FreeMode,
    Gap,
    Limit,
    Offer,
    Reentering,
    Rule,
    whole_minutes,
)
from lots.tariffs.price_lines import Price, PriceLine, Values
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_place import HERE, Place
from lots.tariffs.timeline import FIRST_DAY, offset, seconds_since_1970
from lots.tariffs.why_not_capped import not_capped

FREE_USED = {"free_used_today", "free_used_day", "free_used_month"}
NO_RULE = {"exempt", "free_within"}


def why_not(
    tariff: Tariff,
    price: Price,
    entered_at: datetime,
    until: datetime,
    kind: str,
    *,
    seen: str = "",
    place: Place = HERE,
) -> list[PriceLine]:
    """Return a line of 0 fen for each advantage of the rule that this price does not have, and why.

    `price`: what the tariff returned for this stay. Of a free stay nothing is left to ask.
    """
    codes = {line.code for line in price.lines}
    if not price.fen or NO_RULE & codes:
        return []
    start, end = seconds_since_1970(entered_at), seconds_since_1970(until)
    rule = tariff.rule_for(kind, seen, start, end, place)
    several = "new_entry" in codes  # each part has its own caps and offers
    packed = tariff.reentry is not None and tariff.reentry.gap is Gap.NOT_COUNTED
    used = [line for line in price.lines if line.code in FREE_USED] if FREE_USED & codes else []
    stay = end - start
    if "covered" in codes:
        stay -= MINUTE * sum(int(line.values["minutes"]) for line in price.lines if line.code == "covered")
    return [
        *used,
        *(() if used else _free_used(tariff, rule, stay)),
        *(() if used else _not_free(rule, stay)),
        *(() if several else not_capped(rule, price, (start, end), place, packed=packed)),
        *(() if several else _no_offer(rule, start, end, place)),
    ]


def _free_used(tariff: Tariff, rule: Rule, stay: int) -> Iterator[PriceLine]:
    """Yield that a stay short enough to be free was not: an earlier one of the same car had these minutes."""
    free = rule.free
    if tariff.reentry and free and free.mode is FreeMode.THRESHOLD and 0 < stay <= free.seconds:
        together = tariff.reentry.how is Reentering.ONE_STAY
        values: Values = {"minutes": whole_minutes(free.seconds)}
        yield PriceLine("not_free_together" if together else "free_used", 0, values)


def _not_free(rule: Rule, stay: int) -> Iterator[PriceLine]:
    free = rule.free
    if free is None or free.mode is not FreeMode.THRESHOLD or not 0 < free.seconds < stay:
        return
    if free.charged_hours_only:
        yield PriceLine("not_free_hours", 0, {"minutes": whole_minutes(free.seconds)})
        return
    over = -(-(stay - free.seconds) // MINUTE)
    if Limit.FREE in rule.reached:
        minutes: Values = {"minutes": whole_minutes(free.seconds), "stay_minutes": -(-stay // MINUTE)}
        yield PriceLine("not_free_reached", 0, minutes)
        return
    values: Values = {
        "minutes": free.seconds // MINUTE,
        "stay_minutes": -(-stay // MINUTE),
        "over_minutes": over,
    }
    yield PriceLine("not_free", 0, values)


def _no_offer(rule: Rule, start: int, end: int, place: Place) -> Iterator[PriceLine]:
    for offer in rule.offers:
        if reason := _misfit(rule, offer, start, end, place):
            yield PriceLine(f"no_offer_{reason}", 0, {"offer": offer.name, "amount_fen": offer.fen})


def _misfit(rule: Rule, offer: Offer, start: int, end: int, place: Place) -> str:
    """Return what keeps a stay from an offer: its day, entry, exit or length; empty if it fits."""
    entered, left = (at + offset(place.zone, at) for at in (start, end))
    midnight = entered // DAY * DAY
    if rule.kind_of(place.calendar)(FIRST_DAY + midnight // DAY) not in offer.days:
        return "day"
    if (entered - midnight - offer.start) % DAY >= ((offer.end - offer.start) % DAY or DAY):
        return "entry"
    if left - midnight < offer.leave_from:
        return "early"
    if not offer.is_over(left - midnight, end - start):
        return ""
    return "exit" if offer.longest is None else "long"
