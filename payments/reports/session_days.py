"""Sessions by hour and by length, of whole days: from `SessionDay` where a day is counted, else live.

`hours_of` and `lengths_of` answer for a period. `count_missing` is the worker's part: it counts days that
have been over for a day, the newest first. All rows can be deleted and are counted again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile
from struct import pack, unpack
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, F, Func, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value

from lots.models import Lot, ParkingSession
from payments.business_days import bounds, day_of
from payments.models import SessionDay
from payments.session_day_triggers import LOCK

LIMITS = (15, 30, 60, 120, 180, 240, 360, 720, 1440)  # minutes: no longer than
NO_LENGTHS = bytes(4 * (len(LIMITS) + 1))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTLED = DAY  # how long a day is over before it is counted: the triggers ignore changes to times as new
MOST_DAYS = 400  # counted back: a period of a year ago to compare with


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
class HourlyMoves:
    """What came and went in each hour of a period, counted from its begin, and who was there then."""

    inside: int = 0
    came: Counter[int] = field(default_factory=Counter)
    went: Counter[int] = field(default_factory=Counter)


def hours_of(lots: Sequence[int], days: Sequence[date], zone: ZoneInfo) -> HourlyMoves:
    """Return the hours of whole days of some lots of one zone."""
    begin, end = bounds(days[0], zone)[0], bounds(days[-1], zone)[1]
    found, settled = HourlyMoves(), _settled(lots, days, "inside", "hours")
    for day, rows in settled.items():
        first = (bounds(day, zone)[0] - begin) // HOUR
        hours = _sums([hours for _inside, hours in rows])
        half = len(hours) // 2
        found.came.update({first + hour: n for hour, n in enumerate(hours[:half]) if n})
        found.went.update({first + hour: n for hour, n in enumerate(hours[half:]) if n})
    if settled:
        found.inside = sum(inside for inside, _hours in settled[days[0]])
    else:
        found.inside = _inside_by_lot(lots, begin).total()
    if len(settled) < len(days):
        since, known = bounds(days[len(settled)], zone)[0], _known(lots)
        found.came.update(dict(_by_hour(known, "entered_at", since, end, begin, "hour")))
        found.went.update(dict(_by_hour(known, "left_at", since, end, begin, "hour")))
    return found


def lengths_of(lots: Sequence[int], days: Sequence[date], zone: ZoneInfo) -> list[int]:
    """Return how many sessions ended in these days that were no longer than each of LIMITS, then of all."""
    settled = _settled(lots, days, "lengths")
    counts = _sums([NO_LENGTHS, *(lengths for rows in settled.values() for (lengths,) in rows)])
    if len(settled) == len(days):
        return counts
    since, end = bounds(days[len(settled)], zone)[0], bounds(days[-1], zone)[1]
    found = _known(lots).filter(left_at__gte=since, left_at__lt=end).aggregate(**_length_counts())
    return [count + found[name] for count, name in zip(counts, _length_counts(), strict=True)]


def _settled(lots: Sequence[int], days: Sequence[date], *names: str) -> dict[date, list[tuple[Any, ...]]]:
    """Return the rows of the first days, as long as every lot has one."""
    rows: dict[date, list[tuple[Any, ...]]] = {}
    kept = SessionDay.objects.filter(lot__in=lots, day__gte=days[0], day__lte=days[-1])
    for day, *values in kept.values_list("day", *names):
        rows.setdefault(day, []).append(tuple(values))
    has_all = takewhile(lambda day: len(rows.get(day, ())) == len(lots), days)
    return {day: rows[day] for day in has_all}


def _packed(counts: Sequence[int]) -> bytes:
    return pack(f">{len(counts)}I", *counts)


def _sums(rows: Sequence[bytes]) -> list[int]:
    """Return the sums of packed counts, place by place.

    Each row is added as one large integer, which takes a tenth of the time. No place overflows: the cars of
    all lots and days fit into four bytes.
    """
    total = sum(int.from_bytes(row) for row in rows)
    size = len(rows[0])
    return list(unpack(f">{size // 4}I", total.to_bytes(size)))


def _known(lots: Sequence[int]) -> QuerySet[ParkingSession]:
    """Return the sessions whose entry was read: any other would count a car that leaves without having
    entered."""
    return ParkingSession.objects.filter(lot__in=lots, entered_at__isnull=False).order_by()


def _by_hour(
    rows: QuerySet[ParkingSession], name: str, begin: datetime, end: datetime, zero: datetime, *by: str
) -> QuerySet[ParkingSession, Any]:
    """Return how many there were in each hour since `zero`, within [begin, end), grouped by `by`."""
    within = rows.filter(**{f"{name}__gte": begin, f"{name}__lt": end})
    return within.annotate(hour=HoursSince(name, zero)).values_list(*by).annotate(n=Count("*"))


def _length_counts() -> dict[str, Count]:
    within = {
        f"m{minutes}": Count("pk", filter=Q(left_at__lte=F("entered_at") + timedelta(minutes=minutes)))
        for minutes in LIMITS
    }
    return {**within, "whole": Count("*")}


def _inside_by_lot(lots: Sequence[int], at: datetime) -> Counter[int]:
    there = _known(lots).filter(entered_at__lt=at)
    counts: Counter[int] = Counter()
    for rows in (there.filter(left_at=None), there.filter(left_at__gte=at)):
        counts.update(dict(rows.values_list("lot").annotate(n=Count("*"))))
    return counts


# The worker's part


def count_missing(*, at: datetime, most: int) -> int:
    """Count days that some lot has no row of, the newest first, at most `most`; return how many."""
    zones: dict[str, list[Lot]] = {}
    for lot in Lot.objects.order_by("pk"):
        zones.setdefault(lot.zone, []).append(lot)
    done = 0
    for lots in zones.values():
        zone, ids = lots[0].tz, [lot.pk for lot in lots]
        for day in _missing(ids, zone, at):
            if done == most:
                return done
            count_day(ids, day, zone)
            done += 1
    return done


def _missing(lots: Sequence[int], zone: ZoneInfo, at: datetime) -> list[date]:
    """Return the days that some lot has no row of, the newest first, back to the first car."""
    first_entry = first_entry_of(lots)
    if first_entry is None:
        return []
    last = day_of(at - SETTLED, zone) - DAY
    first = max(day_of(first_entry, zone), last - MOST_DAYS * DAY)
    kept = SessionDay.objects.filter(lot__in=lots, day__gte=first).order_by()
    there = dict(kept.values_list("day").annotate(n=Count("*")))
    days = [last - DAY * ago for ago in range((last - first).days + 1)]
    return [day for day in days if there.get(day, 0) < len(lots)]


@transaction.atomic
def count_day(lots: Sequence[int], day: date, zone: ZoneInfo) -> None:
    """Write the rows of one day that is over, for those of the lots that have none."""
    if connection.vendor == "postgresql":
        connection.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    there = set(SessionDay.objects.filter(lot__in=lots, day=day).values_list("lot", flat=True))
    lots = [lot for lot in lots if lot not in there]
    begin, end = bounds(day, zone)
    rows, size = _known(lots), (end - begin) // HOUR
    hours = {lot: [0] * (2 * size) for lot in lots}
    for place, name in enumerate(("entered_at", "left_at")):
        for lot, hour, n in _by_hour(rows, name, begin, end, begin, "lot", "hour"):
            hours[lot][place * size + min(hour, size - 1)] = n
    ended = rows.filter(left_at__gte=begin, left_at__lt=end).values_list("lot").annotate(**_length_counts())
    lengths = {lot: _packed(counts) for lot, *counts in ended}
    inside = _inside_at_end(lots, day, end)
    SessionDay.objects.bulk_create(
        SessionDay(
            lot_id=lot,
            day=day,
            inside=inside[lot] - sum(hours[lot][:size]) + sum(hours[lot][size:]),
            hours=_packed(hours[lot]),
            lengths=lengths.get(lot, NO_LENGTHS),
        )
        for lot in lots
    )


def _inside_at_end(lots: Sequence[int], day: date, end: datetime) -> Counter[int]:
    """Return the cars inside each lot when a day was over: as the next day has it, else counted."""
    next_day = SessionDay.objects.filter(lot__in=lots, day=day + DAY)
    known: Counter[int] = Counter(dict(next_day.values_list("lot", "inside")))
    unknown = [lot for lot in lots if lot not in known]
    return known + _inside_by_lot(unknown, end) if unknown else known


def first_entry_of(lots: Sequence[int]) -> datetime | None:
    """Return when the first car ever came into one of the lots: each one's first, found by its index."""
    entries = ParkingSession.objects.filter(lot=OuterRef("pk"), entered_at__isnull=False)
    first = Subquery(entries.order_by("entered_at").values("entered_at")[:1])
    found: datetime | None = Lot.objects.filter(pk__in=lots).aggregate(first=Min(first))["first"]
    return found
