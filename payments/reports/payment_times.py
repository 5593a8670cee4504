"""How long it took from pressing pay until the channel had the money (支付用时), by channel."""

from datetime import timedelta
from itertools import pairwise

from django.db.models import Count, F, Q
from django.utils.translation import gettext, gettext_lazy

from payments.channels import BY_HAND, WAIVER
from payments.models import Payment
from payments.reports.labels import channel
from payments.reports.report import Asked, Report, Unit

LIMITS = (
    (5, gettext_lazy("5 秒内")),
    (10, gettext_lazy("5–10 秒")),
    (20, gettext_lazy("10–20 秒")),
    (30, gettext_lazy("20–30 秒")),
    (60, gettext_lazy("30–60 秒")),
    (300, gettext_lazy("1–5 分钟")),
)


def by_time(asked: Asked) -> Report:
    """Return how many of the payments begun in the period were paid within how long, or never."""
    sums: dict[str, list[int]] = {}
    for _, lots, begin, end in asked.zones():
        rows = Payment.objects.filter(lot__in=lots, created_at__gte=begin, created_at__lt=end)
        rows = rows.exclude(provider__in=[*BY_HAND, WAIVER]).order_by()
        paid = Q(state=Payment.State.PAID)
        within = {
            f"s{seconds}": Count(
                "pk", filter=paid & Q(paid_at__lte=F("created_at") + timedelta(seconds=seconds))
            )
            for seconds, _ in LIMITS
        }
        counted = rows.values_list("provider").annotate(
            **within, paid=Count("pk", filter=paid), n=Count("pk")
        )
        for provider, *counts in counted:
            before = sums.get(provider, [0] * len(counts))
            sums[provider] = [a + b for a, b in zip(before, counts, strict=True)]
    rows_: list[list[str | int]] = [[channel(name), *_steps(counts)] for name, counts in sorted(sums.items())]
    labels = [*(str(label) for _, label in LIMITS), gettext("5 分钟以上"), gettext("未付成")]
    totals = [sum(int(row[at]) for row in rows_) for at in range(1, len(labels) + 1)]
    return Report(
        ((gettext("渠道"), Unit.TEXT), *((label, Unit.COUNT) for label in labels)),
        rows_,
        gettext("从点「支付」到渠道收款"),
        list(zip(labels, totals, strict=True)),
        totals=(gettext("合计"), *totals),
        note=gettext("按渠道给出的收款时间计。车主自己放弃的支付也在「未付成」内。"),
    )


def _steps(counts: list[int]) -> list[int]:
    """Turn counts within each limit, then of paid, then of all, into counts between limits."""
    return [later - earlier for earlier, later in pairwise([0, *counts])]
