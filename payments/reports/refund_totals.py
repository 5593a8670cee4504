"""Refunds asked for in a period, by lot, reason and what became of them."""

from collections import Counter
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from payments.models import Refund
from payments.reports.report import Report, ReportRange, Unit


def by_reason(asked: ReportRange) -> Report:
    """Return refunds by the day on which they were asked for."""
    names = {lot.pk: lot.name for lot in asked.lots}
    found: list[tuple[Any, ...]] = []
    for zone, lots, begin, end in asked.zones():
        rows = Refund.objects.filter(
            payment__lot__in=lots, created_at__gte=begin, created_at__lt=end
        ).order_by()
        rows = rows.annotate(day=TruncDate("created_at", tzinfo=zone))
        named = rows.values_list("day", "payment__lot", "reason", "state")
        found += named.annotate(n=Count("*"), fen=Sum("amount_fen"))
    found.sort(key=lambda row: (row[0], names[row[1]], *row[1:4]))
    fen = Counter(dict.fromkeys(asked.days, 0))
    for row in found:
        fen[row[0]] += row[5]
    reasons, states = dict(Refund.Reason.choices), dict(Refund.State.choices)
    return Report(
        (
            (_("Date"), Unit.TEXT),
            (_("Lot"), Unit.TEXT),
            (_("Reason"), Unit.TEXT),
            (_("State"), Unit.TEXT),
            (_("Count"), Unit.COUNT),
            (_("Amount (¥)"), Unit.FEN),
        ),
        [
            (f"{day}", names[lot], str(reasons[reason]), str(states[state]), n, total)
            for day, lot, reason, state, n, total in found
        ],
        _("Refunds requested by day (¥)"),
        [(f"{day:%m-%d}", fen[day]) for day in asked.days],
        Unit.FEN,
        (_("Total"), "", "", "", sum(row[4] for row in found), sum(row[5] for row in found)),
        _("By the day the refund was requested; “State” shows whether it was refunded."),
    )
