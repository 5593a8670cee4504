"""Worked examples of a price board: stays, and what they cost."""

from collections.abc import Iterable
from dataclasses import replace

from lots.tariffs import Tariff, examples
from lots.tariffs.tariff_place import Place
from presentation.formatting import money, rule_duration


def without_seasons(tariff: Tariff) -> Tariff:
    """Return what the usual board states: its examples are of days of no season, whatever their date.

    Seasons of every day remain: the time at which an example enters is shown with it.
    """
    return replace(tariff, seasons=tuple(one for one in tariff.seasons if not one.has_dates))


def example_amounts(tariff: Tariff, stays: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(rule_duration(minutes), money(fen, tariff.currency)) for minutes, fen in stays]


def worked_examples(tariff: Tariff, place: Place) -> list[tuple[str, str]]:
    """Return stays and what they cost; where the time of day matters, from 10 o'clock on a plain Monday."""
    return example_amounts(tariff, examples(without_seasons(tariff), place=place))
