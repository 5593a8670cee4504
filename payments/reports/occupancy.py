"""How full the car park was, hour by hour of the day, and how long cars stayed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from django.utils.timezone import now
from django.utils.translation import gettext, gettext_lazy, pgettext

from lots.models import Lot
from payments.reports import session_days
from payments.reports.report import Report, ReportRange, Unit
from payments.reports.session_days import HOUR

LENGTHS = (  # of `session_days.LIMITS`
    gettext_lazy("0–15 min"),
    gettext_lazy("15–30 min"),
    gettext_lazy("30–60 min"),
    gettext_lazy("1–2 h"),
    gettext_lazy("2–3 h"),
    gettext_lazy("3–4 h"),
    gettext_lazy("4–6 h"),
    gettext_lazy("6–12 h"),
    gettext_lazy("12–24 h"),
    gettext_lazy("Over 24 h"),
)


@dataclass
class DayHours:
    """What was counted in each hour of the day."""

    came: Counter[int] = field(default_factory=Counter)
    went: Counter[int] = field(default_factory=Counter)
    inside: dict[int, Counter[datetime]] = field(
        default_factory=lambda: {hour: Counter() for hour in range(24)}
    )


def by_hour(asked: ReportRange) -> Report:
    """Return entries, exits, and cars inside by hour of the day: their mean and their most over the days."""
    counted = _counted(asked, at=now())
    came, went = counted.came, counted.went
    hours = [(hour, inside) for hour, inside in counted.inside.items() if inside]
    return Report(
        (
            (gettext("Hours"), Unit.TEXT),
            (gettext("Entry"), Unit.COUNT),
            (pgettext("stay", "Exit"), Unit.COUNT),
            (gettext("Average inside"), Unit.COUNT),
            (gettext("Maximum inside"), Unit.COUNT),
        ),
        [
            (f"{hour:02}:00–{hour + 1:02}:00", came[hour], went[hour], _mean(inside), _most(inside))
            for hour, inside in hours
        ],
        gettext("Average cars inside, by hour"),
        [(f"{hour:02}", _mean(inside)) for hour, inside in hours],
        totals=(gettext("Total"), came.total(), went.total(), "", ""),
        limit=bays_of(asked.lots),
        note=gettext(
            "Counted at the end of each hour: average and maximum over the chosen days, without hours to "
            "come and days before the first car. Cars whose entry was not read are left out."
        ),
    )


def _counted(asked: ReportRange, *, at: datetime) -> DayHours:
    """Count at the end of each hour, the present one as far as it has come.

    Hours to come, and hours before the first car ever came, are no hours without cars: they count in no
    mean. Stays whose entry was never seen are left out, or cars would go that never came.
    """
    counted = DayHours()
    for zone, lots, begin, end in asked.zones():
        hours = session_days.hours_of(lots, asked.days, zone)
        first = begin if hours.inside else session_days.first_entry_of(lots) or end
        inside, until = hours.inside, max(begin, min(end, at))
        for hour in range(-((begin - until) // HOUR)):
            moment = begin + hour * HOUR
            local = moment.astimezone(zone)
            inside += hours.came[hour] - hours.went[hour]
            counted.came[local.hour] += hours.came[hour]
            counted.went[local.hour] += hours.went[hour]
            if moment + HOUR > first:
                counted.inside[local.hour][local.replace(tzinfo=None)] += inside
    return counted


def bays_of(lots: Sequence[Lot]) -> int:
    """Return the bays of the lots whose cars are counted; 0 unless the number of each is known."""
    bays = [lot.bays for lot in lots if lot.is_counted]
    return sum(bays) if all(bays) else 0


def _mean(counts: Counter[datetime]) -> int:
    return (counts.total() + len(counts) // 2) // len(counts) if counts else 0


def _most(counts: Counter[datetime]) -> int:
    return max(counts.values(), default=0)


def by_length(asked: ReportRange) -> Report:
    """Return how many of the stays that ended in the period were how long, and what those brought."""
    counts = [0] * len(LENGTHS)  # stays no longer than each limit, then all
    for zone, lots, _begin, _end in asked.zones():
        lengths = session_days.lengths_of(lots, asked.days, zone)
        counts = [count + more for count, more in zip(counts, lengths, strict=True)]
    labels = [str(label) for label in LENGTHS]
    each = [later - earlier for earlier, later in pairwise([0, *counts])]
    whole = counts[-1]
    return Report(
        (
            (gettext("Length of stays"), Unit.TEXT),
            (pgettext("count", "Stays"), Unit.COUNT),
            (gettext("Share"), Unit.SHARE),
        ),
        [
            (label, n, f"{n * 100 / whole:.1f}%" if whole else "—")
            for label, n in zip(labels, each, strict=True)
        ],
        gettext("Stays by duration"),
        list(zip(labels, each, strict=True)),
        totals=(gettext("Total"), whole, ""),
        note=gettext("Stays that ended in the chosen days and whose entry was read."),
    )
