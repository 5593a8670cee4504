"""The day so far, hour by hour: money against the same weekday, cars inside, entries and exits.

Over all of a person's lots at once, in a fixed number of queries. Hours are those of the first lot's zone,
and the day begins at midnight there; lots in other zones are rare, and their own pages are exact.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import median

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, QuerySet, Sum

from lots.models import Lot, ParkingSession
from payments.business_days import bounds, day_of
from payments.channels import BY_HAND, WAIVER
from payments.day_report import IN, movements
from payments.models import LedgerEntry, Payment
from payments.reports.occupancy import bays_of
from payments.reports.session_days import HoursSince

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
LONG_STAY = timedelta(days=3)  # cars that came in longer ago are not looked for among today's exits
MOST_TIMED = 1000  # of today's payments, the newest, for the median time
NEWEST = 20_000  # payments of the whole site among which those are looked for: all of today's are too many

type Hours = list[int | None]  # by hour of the day; None: not come yet


@dataclass(frozen=True)
class DayCurve:
    """One day of some lots up to now."""

    labels: list[str]
    money: Hours  # fen, summed up from midnight
    money_before: Hours  # of the same weekday a week ago, the whole day
    inside: Hours  # at the end of each hour, the present one now
    came: Hours
    went: Hours
    bays: int  # 0 where any lot's number is unknown


def day_so_far(lots: Sequence[Lot], money_lots: Sequence[Lot], *, inside: int, at: datetime) -> DayCurve:
    """Return the day's hours; of money only in `money_lots`. `inside`: the cars inside now."""
    zone = lots[0].tz
    day = day_of(at, zone)
    begin, end = bounds(day, zone)
    begin_before, end_before = bounds(day - WEEK, zone)
    hours = [begin + HOUR * number for number in range((end - begin) // HOUR)]
    ids = [lot.pk for lot in lots]
    rows = ParkingSession.objects.filter(lot__in=ids, entered_at__gte=begin - LONG_STAY)
    came = _counts(rows.filter(entered_at__gte=begin), "entered_at", begin)
    went = _counts(rows.filter(left_at__gte=begin), "left_at", begin)
    count = sum(hour <= at for hour in hours)
    money_ids = [lot.pk for lot in money_lots]
    return DayCurve(
        [f"{hour.astimezone(zone):%H}" for hour in hours],
        _so_far(accumulate(_by_hour(_money(money_ids, begin, at), count)), hours),
        list(accumulate(_by_hour(_money(money_ids, begin_before, end_before), len(hours)))),
        _so_far(_backwards(inside, came, went, count), hours),
        _so_far(_by_hour(came, count), hours),
        _so_far(_by_hour(went, count), hours),
        bays_of(lots),
    )


def ways_of_paying(lots: Sequence[Lot], *, at: datetime) -> list[tuple[str, int, int]]:
    """Return (channel, payments, fen) of today, the most first."""
    begin = bounds(day_of(at, lots[0].tz), lots[0].tz)[0]
    rows = movements(
        LedgerEntry.objects.filter(lot__in=[lot.pk for lot in lots], kind__in=IN, at__gte=begin, at__lte=at)
    )
    counts: Counter[str] = Counter()
    fens: Counter[str] = Counter()
    for account, count, fen in (
        rows.order_by().values_list("account").annotate(n=Count("*"), fen=Sum("amount_fen"))
    ):
        name = account.removeprefix("channel:").partition(":")[0]
        counts[name] += count
        fens[name] += fen
    return [(name, counts[name], fen) for name, fen in fens.most_common()]


def median_seconds(lots: Sequence[Lot], *, at: datetime) -> int | None:
    """Return today's median time from the tap on "pay" until the channel had the money: 1 second or more."""
    begin = bounds(day_of(at, lots[0].tz), lots[0].tz)[0]
    newest = Payment.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = Payment.objects.filter(
        pk__gt=newest - NEWEST,
        lot__in=[lot.pk for lot in lots],
        created_at__gte=begin,
        state=Payment.State.PAID,
    ).exclude(provider__in=[*BY_HAND, WAIVER])
    took = ExpressionWrapper(F("paid_at") - F("created_at"), output_field=DurationField())
    times = list(rows.order_by("-pk").annotate(took=took).values_list("took", flat=True)[:MOST_TIMED])
    return max(1, round(median(time.total_seconds() for time in times))) if times else None


def _counts(rows: QuerySet[ParkingSession], field: str, begin: datetime) -> Counter[int]:
    """Return counts by hours since `begin`: an hour's name comes twice where the clock is turned back."""
    hours = rows.order_by().annotate(hour=HoursSince(field, begin)).values_list("hour")
    return Counter(dict(hours.annotate(n=Count("*"))))


def _money(lots: list[int], begin: datetime, end: datetime) -> Counter[int]:
    rows = LedgerEntry.objects.filter(lot__in=lots, kind__in=IN, at__gte=begin, at__lt=end).order_by()
    hours = rows.annotate(hour=HoursSince("at", begin)).values_list("hour")
    return Counter(dict(hours.annotate(fen=Sum("amount_fen"))))


def _by_hour(counts: Counter[int], count: int) -> list[int]:
    return [counts[hour] for hour in range(count)]


def _so_far(values: Iterable[int], hours: list[datetime]) -> Hours:
    """Return the values of the hours that have come, and None for each of the others."""
    found = list(values)
    return [*found, *[None] * (len(hours) - len(found))]


def _backwards(inside: int, came: Counter[int], went: Counter[int], count: int) -> list[int]:
    """Return the cars inside at the end of each hour, reckoned back from those inside now."""
    found = []
    for hour in reversed(range(count)):
        found.append(max(0, inside))
        inside += went[hour] - came[hour]
    return found[::-1]
