"""Offers: prices for stays that begin and end at certain times (早到优惠、夜间一口价). Pure."""

from zoneinfo import ZoneInfo

from lots.tariffs.charging_rules import DAY, Offer, OffersApply, Rule
from lots.tariffs.price_lines import PriceLine, Values
from lots.tariffs.timeline import FIRST_DAY, KindOf, offset


def with_offers(
    rule: Rule, lines: list[PriceLine], stay: tuple[int, int], zone: ZoneInfo, kind_of: KindOf
) -> list[PriceLine]:
    """Return the lines of a charged stay, or the one line of the offer that fits it.

    `stay`: entry and exit in seconds since 1970. A stay that costs nothing needs no offer.
    """
    usual = sum(line.fen for line in lines)
    fitting = [offer for offer in rule.offers if usual and fits(offer, stay, zone, kind_of)]
    if not fitting:
        return lines
    prices = [min(usual, offer.fen) if offer.is_cap else offer.fen for offer in fitting]
    chosen = prices.index(min(prices)) if rule.offers_apply is OffersApply.CHEAPEST else 0
    offer, fen = fitting[chosen], prices[chosen]
    if offer.is_cap and usual <= offer.fen:
        return lines
    values: Values = {"offer": offer.name, "amount_fen": fen}
    return [PriceLine("offer", fen, values, lines[0].start, lines[-1].end)]


def fits(offer: Offer, stay: tuple[int, int], zone: ZoneInfo, kind_of: KindOf) -> bool:
    """Return whether a stay enters and leaves as the offer asks, by the wall clock of the lot."""
    entered, left = (at + offset(zone, at) for at in stay)
    midnight = entered // DAY * DAY
    if kind_of(FIRST_DAY + midnight // DAY) not in offer.days:
        return False
    since = (entered - midnight - offer.start) % DAY
    enters = since < ((offer.end - offer.start) % DAY or DAY)
    is_over = offer.is_over(left - midnight, stay[1] - stay[0])
    return enters and offer.leave_from <= left - midnight and not is_over
