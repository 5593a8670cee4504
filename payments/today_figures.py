"""The numbers of the console's first page (今日): what a duty manager must know at a glance, lot by lot.

Each number is counted by one query over all of a person's lots, in groups: two hundred lots cost no more
queries than one. A number is (how many, fen); fen is None where it is no money.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from lots.device_presence import silent
from lots.models import Device, Lot, ParkingSession, PlateRead, SignAlarm
from payments import day_report, refund_acts, refunds
from payments.business_days import bounds, day_of
from payments.models import (
    Debt,
    Discrepancy,
    LedgerEntry,
    Payment,
    Refund,
    RefundRequest,
    Settlement,
    StaffAct,
)
from payments.open_tasks import UNREPORTED_AFTER
from payments.settlements import waiting as waiting_settlements

RECENT = timedelta(days=1)  # older reads need no review any more
NOT_PAID = [Payment.State.CLOSED, Payment.State.UNKNOWN]
RARE = 100  # refunds that went wrong twice; looked at one by one

type Figure = tuple[int, int | None]
type Counts = Mapping[int | None, Figure]


@dataclass(frozen=True)
class Scope:
    """Some lots at some moment; their business day began at the midnight of their own zone."""

    lots: list[Lot]
    at: datetime

    @property
    def ids(self) -> list[int]:
        return [lot.pk for lot in self.lots]

    def today(self, field: str) -> Q:
        """Return the condition that `field` lies in its lot's own today. One part for each time zone."""
        zones: dict[str, list[Lot]] = {}
        for lot in self.lots:
            zones.setdefault(lot.zone, []).append(lot)
        found = Q(pk__in=[])
        for lots in zones.values():
            midnight = bounds(day_of(self.at, lots[0].tz), lots[0].tz)[0]
            found |= Q(lot__in=[lot.pk for lot in lots], **{f"{field}__gte": midnight})
        return found


@dataclass(frozen=True)
class TodayFigure:
    """One number: its name, the permission that it needs, how it is counted."""

    name: str
    action: str
    count: Callable[[Scope], Counts]


def _inside(scope: Scope) -> Counts:
    return _grouped(ParkingSession.objects.inside().filter(lot__in=scope.ids))


def _paid(scope: Scope) -> Counts:
    return _grouped(
        LedgerEntry.objects.filter(scope.today("at"), kind__in=day_report.IN), fen=Sum("amount_fen")
    )


def _unpaid(scope: Scope) -> Counts:
    return _grouped(Debt.objects.filter(lot__in=scope.ids, cleared_at=None), fen=Sum("amount_fen"))


def _failed(scope: Scope) -> Counts:
    return _grouped(Payment.objects.filter(scope.today("created_at"), state__in=NOT_PAID))


def _silent(scope: Scope) -> Counts:
    return _grouped(Device.objects.filter(silent(scope.at), lot__in=scope.ids, revoked_at=None))


def _tasks(scope: Scope) -> Counts:
    """Count what the page of tasks lists, debts aside."""
    of_lot = Refund.objects.filter(payment__lot__in=scope.ids)
    unreported = waiting_settlements(
        Settlement.objects.filter(lot__in=scope.ids), longer_than=UNREPORTED_AFTER, at=scope.at
    )
    counts: Counter[int | None] = Counter()
    waiting: list[tuple[QuerySet[Any], str]] = [
        (RefundRequest.objects.filter(payment__lot__in=scope.ids, decided_at=None), "payment__lot"),
        (refunds.waiting(of_lot, at=scope.at), "payment__lot"),
        (Discrepancy.objects.filter(lot__in=scope.ids, resolved_at=None), "lot"),
        (SignAlarm.objects.filter(lot__in=scope.ids, handled_at=None), "lot"),
        (unreported, "lot"),
    ]
    for rows, path in waiting:
        counts.update(dict(rows.order_by().values_list(path).annotate(n=Count("*"))))
    counts.update(refund.payment.lot_id for refund in _went_wrong(of_lot))
    if not Lot.objects.exclude(pk__in=scope.ids).exists():  # theirs alone who may see every lot
        counts[None] = Discrepancy.objects.filter(lot=None, resolved_at=None).count()
    return {lot: (count, None) for lot, count in counts.items()}


def count_tasks(scope: Scope) -> int:
    """Return how many tasks wait in these lots."""
    return total(_tasks(scope))[0]


def _went_wrong(rows: QuerySet[Refund]) -> Iterable[Refund]:
    """Yield refunds that the merchant holds, and surpluses that could not be refunded. They are few."""
    rows = rows.select_related("payment")
    sent = StaffAct.objects.filter(kind=StaffAct.Kind.TO_MERCHANT).values("refund")
    yield from refund_acts.owed_by_merchant(rows.filter(pk__in=sent).order_by("-pk")[:RARE])
    failed = rows.filter(state=Refund.State.FAILED, reason=Refund.Reason.SURPLUS).order_by("-pk")[:RARE]
    yield from (row for row in failed if refunds.surplus_of(row.payment) > 0)


def _sessions_to_review(scope: Scope) -> Counts:
    return _grouped(ParkingSession.objects.filter(lot__in=scope.ids, needs_review=True))


def _reads_to_review(scope: Scope) -> Counts:
    return _grouped(
        PlateRead.objects.filter(
            lot__in=scope.ids, outcome__in=PlateRead.TO_REVIEW, captured_at__gte=scope.at - RECENT
        )
    )


def _grouped(rows: QuerySet[Any], fen: Sum | None = None) -> Counts:
    """Count rows, not their keys: only then does an index that lacks the key answer without the table."""
    named = rows.order_by().values_list("lot").annotate(n=Count("*"))
    if fen is None:
        return {lot: (count, None) for lot, count in named}
    return {lot: (count, total) for lot, count, total in named.annotate(fen=fen)}


NUMBERS = (
    TodayFigure("inside", "stays.see", _inside),
    TodayFigure("paid", "money.see", _paid),
    TodayFigure("unpaid", "stays.see", _unpaid),
    TodayFigure("failed", "money.see", _failed),
    TodayFigure("silent", "devices.see", _silent),
    TodayFigure("tasks", "money.see", _tasks),
    TodayFigure("stays", "stays.see", _sessions_to_review),
    TodayFigure("reads", "stays.see", _reads_to_review),
)


def total(counts: Counts) -> Figure:
    """Return the sum over lots."""
    fens = [fen for _, fen in counts.values() if fen is not None]
    return sum(count for count, _ in counts.values()), sum(fens) if fens else None
