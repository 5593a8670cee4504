"""The day so far, hour by hour: money against the same weekday, cars inside, entries and exits.

Over all of a person's lots at once, in a fixed number of queries. Hours are those of the first lot's zone,
and the day begins at midnight there; lots in other zones are rare, and their own pages are exact.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, QuerySet, Sum
from django.db.models.functions import TruncHour

from lots.models import Lot, ParkingSession
from payments.business_days import bounds, day_of
from payments.channels import BY_HAND, WAIVER
from payments.day_report import IN, movements
from payments.models import LedgerEntry, Payment

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
    begin, end = bounds(day_of(at, zone), zone)
    hours = [begin + HOUR * number for number in range((end - begin) // HOUR)]
    ids = [lot.pk for lot in lots]
    rows = ParkingSession.objects.filter(lot__in=ids, entered_at__gte=begin - LONG_STAY)
    came = _counts(rows.filter(entered_at__gte=begin), "entered_at", zone)
    went = _counts(rows.filter(left_at__gte=begin), "left_at", zone)
    money_ids = [lot.pk for lot in money_lots]
    bays = [lot.bays for lot in lots]
    return DayCurve(
        [f"{hour.astimezone(zone):%H}" for hour in hours],
        _summed(_money(money_ids, begin, at, zone), hours, at),
        _summed(_money(money_ids, begin - WEEK, end - WEEK, zone), [hour - WEEK for hour in hours], end),
        _backwards(inside, came, went, hours, at),
        [came[hour] if hour <= at else None for hour in hours],
        [went[hour] if hour <= at else None for hour in hours],
        sum(bays) if all(bays) else 0,
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
    """Return the median time of today's payments from the tap on "pay" until the channel had the money."""
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
    return round(median(time.total_seconds() for time in times)) if times else None


def _counts(rows: QuerySet[ParkingSession], field: str, zone: ZoneInfo) -> Counter[datetime]:
    hours = (
        rows.order_by()
        .annotate(hour=TruncHour(field, tzinfo=zone))
        .values_list("hour")
        .annotate(n=Count("*"))
    )
    return Counter(dict(hours))


def _money(lots: list[int], begin: datetime, end: datetime, zone: ZoneInfo) -> Counter[datetime]:
    rows = LedgerEntry.objects.filter(lot__in=lots, kind__in=IN, at__gte=begin, at__lt=end).order_by()
    hours = (
        rows.annotate(hour=TruncHour("at", tzinfo=zone)).values_list("hour").annotate(fen=Sum("amount_fen"))
    )
    return Counter(dict(hours))


def _summed(fens: Counter[datetime], hours: list[datetime], at: datetime) -> Hours:
    found: Hours = []
    total = 0
    for hour in hours:
        total += fens[hour]
        found.append(total if hour <= at else None)
    return found


def _backwards(
    inside: int, came: Counter[datetime], went: Counter[datetime], hours: list[datetime], at: datetime
) -> Hours:
    """Return the cars inside at the end of each hour, reckoned back from those inside now."""
    found: Hours = [None] * len(hours)
    for number in reversed(range(len(hours))):
        if hours[number] > at:
            continue
        found[number] = max(0, inside)
        inside += went[hours[number]] - came[hours[number]]
    return found
