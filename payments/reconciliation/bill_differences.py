"""Lines of a bill that were left for a person, and the differences by which staff handle them."""

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from payments.models import Discrepancy
from payments.models.closing_models import BillLine, BillRun

KINDS = (
    Discrepancy.Kind.UNKNOWN_NUMBER,
    Discrepancy.Kind.DIFFERS,
    Discrepancy.Kind.OVER_REFUNDED,
    Discrepancy.Kind.MISSING_THERE,
)


def waiting(lines: QuerySet[BillLine]) -> QuerySet[BillLine]:
    """Return the lines that wait for a person: left for one, and not handled since."""
    of_line = Discrepancy.objects.filter(
        kind__in=KINDS,
        provider=OuterRef("run__provider"),
        merchant=OuterRef("run__merchant"),
        number=OuterRef("number"),
        provider_number=Coalesce(NullIf(OuterRef("refund_number"), Value("")), OuterRef("provider_number")),
    )
    is_open, is_known = Exists(of_line.filter(resolved_at=None)), Exists(of_line)
    return lines.filter(Q(is_open) | ~Q(is_known), became=BillLine.Became.OPEN)


def count_waiting(runs: QuerySet[BillRun]) -> QuerySet[BillRun]:
    """Return the bills, each with `left`: how many of its lines wait for a person."""
    of_run = waiting(BillLine.objects.filter(run=OuterRef("pk"))).order_by().values("run")
    return runs.annotate(left=Coalesce(Subquery(of_run.annotate(n=Count("pk")).values("n")), 0))


def differences_of(run: BillRun, lines: Sequence[BillLine]) -> dict[int, Discrepancy]:
    """Return the difference that each of these lines was left as, by the line's id; an open one first."""
    found: dict[tuple[str, str], Discrepancy] = {}
    rows = Discrepancy.objects.filter(
        kind__in=KINDS,
        provider=run.provider,
        merchant=run.merchant,
        number__in={line.number for line in lines},
    )
    for row in rows.order_by("-resolved_at"):
        key = row.number, row.provider_number
        if key not in found or row.resolved_at is None:
            found[key] = row
    named = {line.pk: (line.number, line.refund_number or line.provider_number) for line in lines}
    return {pk: found[key] for pk, key in named.items() if key in found}
