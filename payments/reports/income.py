"""Income by day, lot and channel. As in the daily closing, money counts for the day on which it moved."""

from collections import Counter
from datetime import date, timedelta

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext, gettext_lazy

from payments.channel_names import channel_label
from payments.day_report import IN, OUT, movements
from payments.models import LedgerEntry
from payments.reports.report import Report, ReportRange, Unit

COLUMNS = (
    (gettext_lazy("Date"), Unit.TEXT),
    (gettext_lazy("Lot"), Unit.TEXT),
    (gettext_lazy("Channel"), Unit.TEXT),
    (gettext_lazy("Payments received"), Unit.COUNT),
    (gettext_lazy("Received (¥)"), Unit.FEN),
    (gettext_lazy("Refunded (¥)"), Unit.FEN),
    (gettext_lazy("Net amount (¥)"), Unit.FEN),
)
CLOCKS = timedelta(minutes=5)  # nothing is booked before it moves, but by the clock of another machine

type Key = tuple[date, int, str]


def by_day(asked: ReportRange) -> Report:
    """Return what each channel brought in a lot on a day, less what was refunded on it."""
    count: Counter[Key] = Counter()
    came: Counter[Key] = Counter()
    went: Counter[Key] = Counter()
    for zone, lots, begin, end in asked.zones():
        rows = movements(
            LedgerEntry.objects.filter(lot__in=lots, kind__in=[*IN, *OUT], at__gte=begin - CLOCKS)
        )
        rows = rows.filter(moved_at__gte=begin, moved_at__lt=end).order_by()
        rows = rows.annotate(day=TruncDate("moved_at", tzinfo=zone)).values_list(
            "day", "lot", "account", "kind"
        )
        for day, lot, account, kind, n, fen in rows.annotate(n=Count("*"), fen=Sum("amount_fen")):
            key = (day, lot, account.removeprefix("channel:").partition(":")[0])
            count[key] += n if kind in IN else 0
            (came if kind in IN else went)[key] += fen
    return _report(asked, count, came, went)


def _report(asked: ReportRange, count: Counter[Key], came: Counter[Key], went: Counter[Key]) -> Report:
    names = {lot.pk: lot.name for lot in asked.lots}
    keys = sorted({*came, *went}, key=lambda key: (key[0], names[key[1]], key[1], key[2]), reverse=False)
    net = Counter(dict.fromkeys(asked.days, 0))
    for key in keys:
        net[key[0]] += came[key] - went[key]
    return Report(
        [(str(label), unit) for label, unit in COLUMNS],
        [
            (
                f"{day}",
                names[lot],
                channel_label(name),
                count[key],
                came[key],
                went[key],
                came[key] - went[key],
            )
            for key in keys
            for day, lot, name in [key]
        ],
        gettext("Net amount by day (¥)"),
        [(f"{day:%m-%d}", net[day]) for day in asked.days],
        Unit.FEN,
        (gettext("Total"), "", "", count.total(), came.total(), went.total(), came.total() - went.total()),
        gettext(
            "Same basis as the daily closing: money counts on the day it arrives or is refunded. "
            "Waivers are not income and are left out."
        ),
    )
