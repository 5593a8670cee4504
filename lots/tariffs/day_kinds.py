"""What kind of day a date is (工作日、周末、法定节假日、调休上班): a calendar as a plain value.

Every date is exactly one of nine kinds: a plain Monday to Sunday, a public holiday, or a weekend day on
which people work (调休). Where a document names days before holidays (eve), these are a tenth kind. A rule
names the kinds it is for, or one of the words that stand for several.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY, MAKEUP, EVE = "holiday", "makeup", "eve"
HOLIDAY_NAMES = (
    *("new_year", "spring_festival", "qingming", "labour_day", "dragon_boat", "mid_autumn", "national_day"),
)
KINDS = (*WEEK, HOLIDAY, MAKEUP)
ALL_KINDS = (*KINDS, EVE)
WORDS = {
    "all": frozenset(ALL_KINDS),
    "workday": frozenset((*WEEK[:5], MAKEUP)),
    "weekend": frozenset(WEEK[5:]),
    "restday": frozenset((*WEEK[5:], HOLIDAY)),
    **{kind: frozenset({kind}) for kind in ALL_KINDS},
}


@dataclass(frozen=True)
class Calendar:
    """Which dates are holidays, which weekend days are worked, and for which years that is known.

    In a year that is not known every date is a plain day of the week: the State Council names the holidays
    of a year only in the autumn before it. A price that depends on such a year says so.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    names: frozenset[tuple[date, str]] = frozenset()  # which holiday a day off is for

    def kind_of(self, day: date) -> str:
        if day in self.holidays:
            return HOLIDAY
        week_day = WEEK[day.weekday()]
        return MAKEUP if day in self.workdays and week_day in WEEK[5:] else week_day

    def kind_of_ordinal(self, ordinal: int) -> str:
        """As `kind_of`, for the day with this ordinal; remembered, since a long stay asks for each day."""
        kind = self._known.get(ordinal)
        if kind is None:
            kind = self._known[ordinal] = self.kind_of(date.fromordinal(ordinal))
        return kind

    def kind_or_eve(self, ordinal: int) -> str:
        """As `kind_of_ordinal`, but a day before a holiday that is none itself is an eve."""
        kind = self.kind_of_ordinal(ordinal)
        return EVE if kind != HOLIDAY and self.kind_of_ordinal(ordinal + 1) == HOLIDAY else kind

    def holiday_of(self, day: date) -> str:
        """Return the name of the holiday that a day off is for; empty if it is none or not known."""
        return self._names.get(day, "") if day in self.holidays else ""

    @cached_property
    def _names(self) -> dict[date, str]:
        return dict(self.names)

    @cached_property
    def _known(self) -> dict[int, str]:
        return {}


PLAIN = Calendar()


def kinds_of(words: Iterable[str]) -> frozenset[str]:
    """Return the kinds of day that these words name together."""
    return frozenset().union(*(WORDS[word] for word in words))


def is_every_day(kinds: frozenset[str]) -> bool:
    """Return whether a part of a rule holds on all days."""
    return len(kinds) == len(ALL_KINDS)


def in_order(kinds: frozenset[str]) -> str:
    """Return kinds of day as one text, in the order of the week."""
    return " ".join(kind for kind in ALL_KINDS if kind in kinds)
