"""Gaps of one minute that a document declares by a slip, such as bands to 21:59 and from 22:00. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from lots.tariffs.charging_rules import DAY, MINUTE, Band, Offer
from lots.tariffs.json_fields import hh_mm, length
from lots.tariffs.seasons import LEAP_YEAR, Season
from lots.tariffs.tariff import Tariff


def gaps(tariff: Tariff) -> Iterator[tuple[str, str]]:
    """Yield the path and the minute of each gap: one part ends there, the next begins a minute later.

    Both sides of each end are probed, for parts that share a kind of day; that minute is charged by other
    prices, which the board does not mean.
    """
    rules = [("", tariff.rule)]
    rules += [(f"classes[{n}].rule.", one.rule) for n, one in enumerate(tariff.classes) if one.rule]
    rules += [(f"seasons[{n}].rule.", r) for n, one in enumerate(tariff.seasons) for r in one.rules.values()]
    rules += [(f"{path}turn.rule.", rule.turn.rule) for path, rule in rules if rule.turn]
    for path, rule in rules:
        declared: dict[str, Sequence[Band | Offer]] = {"bands": rule.bands, "offers": rule.offers}
        for key, parts in declared.items():
            for index, minute in _between(tuple((one.start, one.end, one.days) for one in parts)):
                yield f"{path}{key}[{index}]", hh_mm(minute)
    yield from _entry_gaps(tariff)


def _entry_gaps(tariff: Tariff) -> Iterator[tuple[str, str]]:
    """Yield the gaps between the entry hours of seasons that have the same dates."""
    groups: dict[object, list[tuple[int, Season]]] = {}
    for number, one in enumerate(tariff.seasons):
        if one.has_hours:
            groups.setdefault((one.spans, one.holidays), []).append((number, one))
    for group in groups.values():
        for index, minute in _between(tuple((one.start, one.end, one.days) for _, one in group)):
            yield f"seasons[{group[index][0]}].enters", hh_mm(minute)


def date_gaps(tariff: Tariff) -> Iterator[tuple[str, str]]:
    """Yield the path and the date of each gap of one day between seasons, as from 10-31 to 11-02.

    Single dates are events, which may well be two days apart.
    """
    spans = [
        (f"seasons[{index}].dates[{number}]", span, season)
        for index, season in enumerate(tariff.seasons)
        for number, span in enumerate(season.spans)
    ]
    ranges = [one for one in spans if one[1].first != one[1].last]
    firsts = {span.first for _, span, _ in ranges}
    for path, span, season in ranges:
        yearly = len(span.last) == len("MM-DD")
        last = date.fromisoformat(f"{LEAP_YEAR}-{span.last}" if yearly else span.last)
        missing, after = (last + timedelta(days=n) for n in (1, 2))
        if str(after)[-len(span.last) :] not in firsts or str(missing)[-len(span.last) :] == "02-29":
            continue
        if not any(one.holds(missing) for _, one, other in spans if other.days & season.days):
            yield path, str(missing)[-len(span.last) :]


type Hours = tuple[tuple[int, int, frozenset[str]], ...]


@lru_cache(maxsize=64)  # a document has a rule for each class and season, most with the same bands
def _between(parts: Hours) -> tuple[tuple[int, int], ...]:
    """Return each part, by its index, whose end leaves a minute open, with that minute."""
    found = []
    for index, (_, end, days) in enumerate(parts):
        later = [(one, other) for one, other, its_days in parts if its_days & days]
        held = any((end - start) % DAY < length(start, other) for start, other in later)
        if not held and any(start == (end + MINUTE) % DAY for start, _ in later):
            found.append((index, end))
    return tuple(found)
