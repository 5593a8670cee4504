"""Stays across the edge of a season: whose prices each part of them has by its own date and time. Pure.

The document charges a whole stay by the season of its entry. What a driver could understand otherwise is
that each part has the prices of its own time: what it adds to a stay that had these prices from its entry.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from lots.tariffs.charging_rules import DAY, MINUTE
from lots.tariffs.seasons import Season
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_place import Place
from lots.tariffs.timeline import offset, seconds_since_1970

YEARS_AHEAD = 3 * 366  # days: a season of one date may be so far away
type Due = Callable[[Tariff, int], int]  # what a stay of so many minutes costs, in fen


def of_vehicle(tariff: Tariff, vehicle: str) -> Tariff:
    """Return a tariff for vehicles of one class alone ("": of none), without passes and re-entry."""
    usual = next((one.rule for one in tariff.classes if one.name == vehicle), None) or tariff.rule
    seasons = tuple(replace(one, rules={"": one.rules.get(vehicle, one.rules[""])}) for one in tariff.seasons)
    return replace(
        tariff, rule=usual, seasons=seasons, classes=(), exempt=frozenset(), passes=(), reentry=None
    )


@dataclass(frozen=True)
class SeasonEdges:
    """The seasons of a tariff for one class of vehicles ("": none), each as a tariff of its own."""

    tariff: Tariff
    vehicle: str
    place: Place

    @cached_property
    def _by_season(self) -> dict[str, Tariff]:
        alone = of_vehicle(self.tariff, self.vehicle)
        rules = {"": alone.rule} | {season.name: season.rules[""] for season in alone.seasons}
        return {name: replace(alone, rule=rule, seasons=(), ends=None) for name, rule in rules.items()}

    @cached_property
    def _clocks(self) -> tuple[int, ...]:
        """The times of day, in seconds, at which a season can begin or end."""
        return tuple(
            sorted({0, *(edge % DAY for one in self.tariff.seasons for edge in (one.start, one.end))})
        )

    def season_at(self, moment: datetime) -> Season | None:
        """Return the season in which this moment lies."""
        second = seconds_since_1970(moment)
        return self.tariff.season_of(second + offset(self.place.zone, second), self.place)

    def has_end(self, moment: datetime) -> bool:
        """Return whether the prices of an entry at this moment end at a time."""
        season = self.season_at(moment)
        return (season.ends if season else self.tariff.ends) is not None

    def at(self, moment: datetime) -> Tariff:
        """Return the tariff of the season in which this moment lies."""
        season = self.season_at(moment)
        return self._by_season[season.name if season else ""]

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield every moment after this one at which a season could begin or end, for some years."""
        midnight = moment.astimezone(self.place.zone).replace(hour=0, minute=0, second=0, tzinfo=None)
        for day in range(YEARS_AHEAD):
            for clock in self._clocks:
                edge = (midnight + timedelta(days=day, seconds=clock)).replace(tzinfo=self.place.zone)
                if edge.astimezone(UTC) > moment.astimezone(UTC):
                    yield edge

    def edges(self, moment: datetime, most: int) -> list[datetime]:
        """Return the first so many moments after this one at which the prices change."""
        found: list[datetime] = []
        before = self.at(moment)
        for edge in self.after(moment):
            now = self.at(edge)
            if now is not before:
                found.append(edge)
                if len(found) == most:
                    break
            before = now
        return found

    def by_moment(self, entered_at: datetime, minutes: int, due: Due) -> int:
        """Return what a stay costs whose parts have the prices of their own time."""
        fen = start = 0
        now, until = self.at(entered_at), entered_at.astimezone(UTC) + timedelta(minutes=minutes)
        for edge in self.after(entered_at):
            if edge.astimezone(UTC) >= until:
                break
            end = int((edge - entered_at.astimezone(UTC)).total_seconds()) // MINUTE
            then = self.at(edge)
            if then is not now:
                fen += due(now, end) - due(now, start)
                start, now = end, then
        return fen + due(now, minutes) - due(now, start)
