"""Refunds asked for in a period, by lot, reason and what became of them."""

from collections import Counter
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from payments.models import Refund
from payments.reports.labels import REASONS, STATES
from payments.reports.report import Asked, Report, Unit


def by_reason(asked: Asked) -> Report:
    """Return refunds by the day on which they were asked for."""
    names = {lot.pk: lot.name for lot in asked.lots}
    found: list[tuple[Any, ...]] = []
    for zone, lots, begin, end in asked.zones():
        rows = Refund.objects.filter(
            payment__lot__in=lots, created_at__gte=begin, created_at__lt=end
        ).order_by()
        rows = rows.annotate(day=TruncDate("created_at", tzinfo=zone))
        named = rows.values_list("day", "payment__lot", "reason", "state")
        found += named.annotate(n=Count("pk"), fen=Sum("amount_fen"))
    found.sort(key=lambda row: (row[0], names[row[1]], *row[1:4]))
    fen = Counter(dict.fromkeys(asked.days, 0))
    for row in found:
        fen[row[0]] += row[5]
    return Report(
        (
            (_("日期"), Unit.TEXT),
            (_("停车场"), Unit.TEXT),
            (_("原因"), Unit.TEXT),
            (_("状态"), Unit.TEXT),
            (_("笔数"), Unit.COUNT),
            (_("金额（元）"), Unit.FEN),
        ),
        [
            (f"{day}", names[lot], REASONS.get(reason, reason), STATES.get(state, state), n, total)
            for day, lot, reason, state, n, total in found
        ],
        _("每日申请的退款（元）"),
        [(f"{day:%m-%d}", fen[day]) for day in asked.days],
        Unit.FEN,
        (_("合计"), "", "", "", sum(row[4] for row in found), sum(row[5] for row in found)),
        _("按提出退款的日期计；是否已退见「状态」。"),
    )
