"""Prices that depend on the length of a stay alone, remembered by the minute: most cars of most lots. Pure.

Where every limit of a tariff is a whole number of minutes after the entry (`Tariff.goes_by_minutes`), all
stays that end within one minute, its ends apart, cost the same and are explained alike. Only lines that last
as long as the stay end at another second. Tests compare random tariffs with the whole way.

A price of nothing is worked out each time. Else the time of an answer would tell a car that parks free from
one that is not here, for which nothing can be remembered.
"""

from datetime import timedelta

from lots.tariffs.charging_rules import DAY, MINUTE
from lots.tariffs.price_lines import Price, PriceLine
from lots.tariffs.tariff import Tariff
from lots.tariffs.timeline import EPOCH
from lots.tariffs.why_not import why_not

LONGEST = DAY  # seconds of a stay
MOST = 10_000  # prices, about 2 kB each; a full store starts again
_WITHIN = MINUTE // 2  # any second between the ends of a minute

type _Key = tuple[int, str, str, int, bool]
_known: dict[_Key, tuple[Tariff, Price]] = {}  # with the tariff, so that its id stays its own


def price_of(tariff: Tariff, seconds: int, kind: str, seen: str) -> Price | None:
    """Return the price of a stay of so many seconds, with what it lacks; None where more would decide it."""
    if not tariff.goes_by_minutes or seconds > LONGEST:
        return None
    minutes, rest = divmod(seconds, MINUTE)
    key = (id(tariff), kind, seen, minutes, rest > 0)
    known = _known.get(key)
    price = known[1] if known else _worked_out(tariff, key)
    return _ended(price, minutes * MINUTE + _WITHIN, seconds) if rest else price


def _worked_out(tariff: Tariff, key: _Key) -> Price:
    _, kind, seen, minutes, is_within = key
    until = EPOCH + timedelta(seconds=minutes * MINUTE + _WITHIN * is_within)
    found = tariff.price(EPOCH, until, kind, seen=seen)
    price = Price(found.lines, tuple(why_not(tariff, found, EPOCH, until, kind, seen=seen)))
    if price.fen:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = tariff, price
    return price


def _ended(price: Price, known: int, end: int) -> Price:
    """Return a price with the lines that ended at the second `known` ending at `end`."""
    lines = [
        PriceLine(line[0], line[1], line[2], end if line[3] == known else line[3], end)
        if line[4] == known
        else line
        for line in price.lines
    ]
    return Price(tuple(lines), price.missed)
