"""Open tasks of staff: money to give back, refunds to approve, debts, differences in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from lots.models import SignAlarm
from payments import refund_acts, refunds
from payments.models import Debt, Discrepancy, Refund, RefundRequest, Settlement, StaffAct
from payments.settlements import waiting as waiting_settlements

ROWS = 100
UNREPORTED_AFTER = timedelta(minutes=5)  # by then a car stands at the barrier


@dataclass(frozen=True)
class Tasks:
    requests: list[RefundRequest]
    waiting: list[Refund]  # given back by hand or sent again; cash among them
    by_merchant: list[Refund]  # the merchant has the money, the driver not yet
    failed: list[Refund]  # a surplus that could not be refunded
    debts: list[Debt]
    discrepancies: list[Discrepancy]
    alarms: list[SignAlarm]  # what patrols found at signs
    unreported: list[Settlement]  # paid, and the lot's parking system has not accepted it

    @property
    def count(self) -> int:
        """Return how many things wait, debts aside: those wait for drivers."""
        refunds = len(self.waiting) + len(self.by_merchant) + len(self.failed)
        return (
            refunds + len(self.requests) + len(self.discrepancies) + len(self.unreported) + len(self.alarms)
        )

    @property
    def is_cut(self) -> bool:
        """Return whether more may wait than is listed."""
        lists: list[Sequence[object]] = [self.requests, self.waiting, self.by_merchant, self.failed]
        lists += [self.discrepancies, self.alarms, self.unreported]
        return any(len(rows) >= ROWS for rows in lists)


def open_tasks(
    *,
    requests: QuerySet[RefundRequest],
    waiting: QuerySet[Refund],
    debts: QuerySet[Debt],
    discrepancies: QuerySet[Discrepancy],
    settlements: QuerySet[Settlement],
    alarms: QuerySet[SignAlarm],
    at: datetime,
) -> Tasks:
    """Return what is open among these rows, which the caller has narrowed to its own lots."""
    of_lot = waiting.select_related("payment__lot", "payment__session")
    sent = StaffAct.objects.filter(kind=StaffAct.Kind.TO_MERCHANT).values("refund")
    failed = of_lot.filter(state=Refund.State.FAILED, reason=Refund.Reason.SURPLUS)
    return Tasks(
        requests=list(
            requests.filter(decided_at=None)
            .select_related("payment__lot", "asked_by")
            .order_by("asked_at")[:ROWS]
        ),
        waiting=list(refunds.waiting(of_lot, at=at).order_by("pk")[:ROWS]),
        by_merchant=refund_acts.owed_by_merchant(of_lot.filter(pk__in=sent).order_by("-pk")[:ROWS]),
        failed=[row for row in failed.order_by("-pk")[:ROWS] if refunds.surplus_of(row.payment) > 0],
        debts=list(debts.filter(cleared_at=None).select_related("session", "lot").order_by("-since")[:ROWS]),
        alarms=list(alarms.filter(handled_at=None).select_related("lot", "sign", "by").order_by("at")[:ROWS]),
        unreported=list(waiting_settlements(settlements, longer_than=UNREPORTED_AFTER, at=at)[:ROWS]),
        discrepancies=list(discrepancies.filter(resolved_at=None).order_by("seen_at")[:ROWS]),
    )
