"""How long it took from pressing pay until the channel had the money (支付用时), by channel."""

from datetime import timedelta
from itertools import pairwise

from django.db.models import Count, F, Q
from django.utils.translation import gettext, gettext_lazy

from payments.channel_names import channel_label
from payments.channels import BY_HAND, WAIVER
from payments.models import Payment
from payments.reports.report import Report, ReportRange, Unit

LIMITS = (
    (5, gettext_lazy("Within 5 s")),
    (10, gettext_lazy("5–10 s")),
    (20, gettext_lazy("10–20 s")),
    (30, gettext_lazy("20–30 s")),
    (60, gettext_lazy("30–60 s")),
    (300, gettext_lazy("1–5 min")),
)


def by_time(asked: ReportRange) -> Report:
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
        counted = rows.values_list("provider").annotate(**within, paid=Count("pk", filter=paid), n=Count("*"))
        for provider, *counts in counted:
            before = sums.get(provider, [0] * len(counts))
            sums[provider] = [a + b for a, b in zip(before, counts, strict=True)]
    rows_: list[list[str | int]] = [
        [channel_label(name), *_steps(counts)] for name, counts in sorted(sums.items())
    ]
    labels = [*(str(label) for _, label in LIMITS), gettext("Over 5 min"), gettext("Unpaid")]
    totals = [sum(int(row[at]) for row in rows_) for at in range(1, len(labels) + 1)]
    return Report(
        ((gettext("Channel"), Unit.TEXT), *((label, Unit.COUNT) for label in labels)),
        rows_,
        gettext("From pressing “Pay” until the channel has the money"),
        list(zip(labels, totals, strict=True)),
        totals=(gettext("Total"), *totals),
        note=gettext("By the time the channel reports. Payments that drivers abandoned count as “Unpaid”."),
    )


def _steps(counts: list[int]) -> list[int]:
    """Turn counts within each limit, then of paid, then of all, into counts between limits."""
    return [later - earlier for earlier, later in pairwise([0, *counts])]
