"""Seasons (旺季、黄金周): dates, kinds of day and hours whose entries are charged by another rule. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lots.tariffs.charging_rules import DAY, Rule
from lots.tariffs.day_kinds import Calendar, is_every_day
from lots.tariffs.json_fields import length
from lots.tariffs.tariff_errors import TariffError

_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)
_YEARLY = re.compile(r"(\d\d-\d\d)/(\d\d-\d\d)", re.ASCII)
LEAP_YEAR = 2000  # it has every day of the year


@dataclass(frozen=True)
class Span:
    """Dates from `first` to `last`, both included; of every year if they are MM-DD, also past its end."""

    first: str
    last: str

    def holds(self, day: date) -> bool:
        text = day.isoformat()[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= text <= self.last
        return text >= self.first or text <= self.last


@dataclass(frozen=True)
class SeasonEnd:
    """When the prices of a season end for a car that is still inside: it is charged as if it entered then."""

    at: int  # seconds after midnight, by the wall clock of the lot; the first such time after the entry
    free_again: bool | None  # it has the free minutes of such an entry; None: the tariff has none


@dataclass(frozen=True)
class Season:
    """A stay whose entry lies in the season keeps its rule, to its end or to that of the season. `rules`: by
    class, "": no class.

    `holidays`: names of public holidays whose days off belong to it, whatever their dates. `start`, `end`:
    the hours of the day in which a car enters, in seconds since midnight; if equal, the whole day.
    """

    name: str
    spans: tuple[Span, ...]
    days: frozenset[str]
    rules: Mapping[str, Rule]
    holidays: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    ends: SeasonEnd | None = None

    @property
    def has_hours(self) -> bool:
        """Return whether the time of entry matters."""
        return self.start != self.end

    @property
    def has_dates(self) -> bool:
        """Return whether the date of entry matters."""
        return bool(self.spans or self.holidays) or not is_every_day(self.days)

    def enters(self, second: int) -> bool:
        """Return whether an entry at this second of its date is within the hours of the season."""
        return (second - self.start) % DAY < length(self.start, self.end)

    def holds(self, day: date, calendar: Calendar) -> bool:
        """Return whether this date is in the season: its kind, and it is in its dates or holidays."""
        always = not self.spans and not self.holidays  # the kind of day alone decides
        in_dates = always or any(span.holds(day) for span in self.spans)
        kind = self.rules[""].kind_of(calendar)(day.toordinal())
        return kind in self.days and (in_dates or calendar.holiday_of(day) in self.holidays)


def read_span(value: object, path: str) -> Span:
    """Read 2026-10-01, 2026-10-01/2026-10-08, or 04-01/10-31 for every year."""
    text = value if isinstance(value, str) else ""
    try:
        if match := _DATED.fullmatch(text):
            first, last = match[1], match[2] or match[1]
            if date.fromisoformat(first) <= date.fromisoformat(last):
                return Span(first, last)
        if match := _YEARLY.fullmatch(text):
            for end in match.groups():
                date.fromisoformat(f"{LEAP_YEAR}-{end}")
            return Span(match[1], match[2])
    except ValueError:
        pass
    raise TariffError(path, "must be dates such as 2026-10-01/2026-10-08, or 04-01/10-31 for every year")
