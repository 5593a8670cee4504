"""How full the car park was, hour by hour of the day, and how long cars stayed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.timezone import now
from django.utils.translation import gettext, gettext_lazy, pgettext

from lots.models import Lot, ParkingSession
from payments.reports.report import Asked, Report, Unit

HOUR = timedelta(hours=1)
LENGTHS = (
    (15, gettext_lazy("Within 15 min")),
    (30, gettext_lazy("15–30 min")),
    (60, gettext_lazy("30–60 min")),
    (120, gettext_lazy("1–2 h")),
    (180, gettext_lazy("2–3 h")),
    (240, gettext_lazy("3–4 h")),
    (360, gettext_lazy("4–6 h")),
    (720, gettext_lazy("6–12 h")),
    (1440, gettext_lazy("12–24 h")),
)


class HoursSince(Func):
    """The whole hours from a moment to a later time: days of any zone are cut as they begin."""

    arg_joiner = " - "
    output_field = IntegerField()

    def __init__(self, field: str, begin: datetime) -> None:
        super().__init__(F(field), Value(begin))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "FLOOR(DATE_PART('epoch', %(expressions)s) / 3600)::integer"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(CAST(STRFTIME('%%%%s', %(expressions)s) AS INTEGER)) / 3600"
        joiner = ") AS INTEGER) - CAST(STRFTIME('%%s', "
        return super().as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)


@dataclass
class DayHours:
    """What was counted in each hour of the day."""

    came: Counter[int] = field(default_factory=Counter)
    went: Counter[int] = field(default_factory=Counter)
    inside: dict[int, Counter[datetime]] = field(
        default_factory=lambda: {hour: Counter() for hour in range(24)}
    )


def by_hour(asked: Asked) -> Report:
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
        limit=_bays(asked.lots),
        note=gettext(
            "Counted at the end of each hour: average and maximum over the chosen days, without hours to "
            "come and days before the first car. Cars whose entry was not read are left out."
        ),
    )


def _counted(asked: Asked, *, at: datetime) -> DayHours:
    """Count at the end of each hour, the present one as far as it has come.

    Hours to come, and hours before the first car ever came, are no hours without cars: they count in no
    mean. Stays whose entry was never seen are left out, or cars would go that never came.
    """
    counted = DayHours()
    for zone, lots, begin, end in asked.zones():
        rows = ParkingSession.objects.filter(lot__in=lots, entered_at__isnull=False)
        entries = _hours(rows, "entered_at", begin, end)
        exits = _hours(rows, "left_at", begin, end)
        first = _first_entry(lots) or end
        there = rows.filter(entered_at__lt=begin)
        inside = there.filter(left_at=None).count() + there.filter(left_at__gte=begin).count()
        until = max(begin, min(end, at))
        for hour in range(-((begin - until) // HOUR)):
            moment = begin + hour * HOUR
            local = moment.astimezone(zone)
            inside += entries[hour] - exits[hour]
            counted.came[local.hour] += entries[hour]
            counted.went[local.hour] += exits[hour]
            if moment + HOUR > first:
                counted.inside[local.hour][local.replace(tzinfo=None)] += inside
    return counted


def _hours(rows: QuerySet[ParkingSession], field: str, begin: datetime, end: datetime) -> Counter[int]:
    """Return how many there were in each hour from `begin` on."""
    rows = rows.filter(**{f"{field}__gte": begin, f"{field}__lt": end}).order_by()
    hours = rows.annotate(hour=HoursSince(field, begin)).values_list("hour").annotate(n=Count("*"))
    return Counter(dict(hours))


def _first_entry(lots: Sequence[int]) -> datetime | None:
    """Return when the first car ever came into one of the lots: each one's first, found by its index."""
    entries = ParkingSession.objects.filter(lot=OuterRef("pk"), entered_at__isnull=False)
    first = Subquery(entries.order_by("entered_at").values("entered_at")[:1])
    found: datetime | None = Lot.objects.filter(pk__in=lots).aggregate(first=Min(first))["first"]
    return found


def _bays(lots: Sequence[Lot]) -> int:
    """Return the bays of all the lots; 0 unless the number of each is known."""
    return sum(lot.bays for lot in lots) if all(lot.bays for lot in lots) else 0


def _mean(counts: Counter[datetime]) -> int:
    return (counts.total() + len(counts) // 2) // len(counts) if counts else 0


def _most(counts: Counter[datetime]) -> int:
    return max(counts.values(), default=0)


def by_length(asked: Asked) -> Report:
    """Return how many of the stays that ended in the period were how long, and what those brought."""
    counts = [0] * (len(LENGTHS) + 1)  # stays no longer than each limit, then all
    for _, lots, begin, end in asked.zones():
        ended = ParkingSession.objects.filter(
            lot__in=lots, left_at__gte=begin, left_at__lt=end, entered_at__isnull=False
        )
        within = {
            f"m{minutes}": Count("pk", filter=Q(left_at__lte=F("entered_at") + timedelta(minutes=minutes)))
            for minutes, _ in LENGTHS
        }
        found = ended.aggregate(**within, whole=Count("*"))
        counts = [count + found[name] for count, name in zip(counts, [*within, "whole"], strict=True)]
    labels = [*(str(label) for _, label in LENGTHS), gettext("Over 24 h")]
    each = [later - earlier for earlier, later in pairwise([0, *counts])]
    whole = counts[-1]
    return Report(
        (
            (gettext("Length of stays"), Unit.TEXT),
            (pgettext("count", "Stays"), Unit.COUNT),
            (gettext("Share"), Unit.TEXT),
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
