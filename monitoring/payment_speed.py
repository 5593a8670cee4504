"""Time to pay, counted in buckets of seconds for each lot and day; no row is about one payment.

Three steps: from the scan to the fee and from the fee to the tap on pay, as the page measured them and sent
with that tap; from there to the settled payment, from our own rows. Anyone can send false seconds, but only
with a tap on pay, and one tap moves a median little.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate

from django.db import connection
from django.db.models import Sum

from core import hot_sql
from monitoring.models import SpeedCount
from payments.models import Payment

Step = SpeedCount.Step
BUCKETS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120, 300)  # seconds, upper ends
PERIOD = timedelta(days=30)
FEWEST = 20  # payments: a median of fewer says more about single drivers than about the page
LONGEST_MS = 3_600_000


def bucket(seconds: float) -> int:
    """Return the upper end of the bucket for a duration; 0 for longer than the last."""
    place = bisect_left(BUCKETS, seconds)
    return BUCKETS[place] if place < len(BUCKETS) else 0


def note_tap(lot_id: int, measured: str, *, at: datetime) -> None:
    """Count what the page measured: milliseconds to the fee, a comma, and on to pay. Else count nothing."""
    parts = measured[:20].split(",")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        return
    steps = zip((Step.FEE, Step.TAP), map(int, parts), strict=True)
    _add(lot_id, at, [(step, bucket(ms / 1000)) for step, ms in steps if ms < LONGEST_MS])


def count_settled(*, at: datetime) -> int:
    """Count yesterday's payments once, from their start to the money."""
    end = at.replace(hour=0, minute=0, second=0, microsecond=0)
    day = (end - timedelta(days=1)).date()
    if SpeedCount.objects.filter(day=day, step=Step.PAID).exists():
        return 0
    paid = Payment.objects.filter(paid_at__gte=end - timedelta(days=1), paid_at__lt=end)
    counts = Counter(
        (lot, bucket((moment - start).total_seconds()))
        for lot, start, moment in paid.values_list("lot_id", "created_at", "paid_at").iterator()
        if moment
    )
    rows = [
        SpeedCount(lot_id=lot, day=day, step=Step.PAID, seconds=end_of, count=count)
        for (lot, end_of), count in counts.items()
    ]
    SpeedCount.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may do the same
    return len(rows)


def medians(lots: Iterable[int], *, at: datetime) -> tuple[tuple[str, int], ...]:
    """Return for each step with enough payments in these lots within how many seconds half took it."""
    since = (at - PERIOD).date()
    rows = SpeedCount.objects.filter(lot_id__in=lots, day__gte=since).values("step", "seconds")
    found: dict[str, Counter[int]] = {}
    for step, seconds, count in rows.annotate(n=Sum("count")).order_by().values_list("step", "seconds", "n"):
        found.setdefault(step, Counter())[seconds or BUCKETS[-1] + 1] += count
    shown = []
    for step in Step.values:
        counts = sorted(found.get(step, Counter()).items())
        total = sum(count for _, count in counts)
        if total >= FEWEST:
            sums = list(accumulate(count for _, count in counts))
            shown.append((step, counts[bisect_left(sums, total / 2)][0]))
    return tuple(shown)


def prune(*, before: datetime) -> int:
    """Delete counts of days long gone."""
    return SpeedCount.objects.filter(day__lt=before.date()).delete()[0]


def _add(lot_id: int, at: datetime, counted: list[tuple[str, int]]) -> None:
    """Count one for each step and bucket, in one statement: every tap on pay waits for it."""
    if not counted:
        return
    table, day = SpeedCount._meta.db_table, connection.ops.adapt_datefield_value(at.date())
    places = ", ".join(["(%s, %s, %s, %s, 1)"] * len(counted))
    hot_sql.run(
        f"INSERT INTO {table} (lot_id, day, step, seconds, count) VALUES {places}"  # noqa: S608
        f" ON CONFLICT (lot_id, day, step, seconds) DO UPDATE SET count = {table}.count + 1",
        [value for step, seconds in counted for value in (lot_id, day, str(step), seconds)],
    )
