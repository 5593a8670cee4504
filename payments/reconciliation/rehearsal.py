"""A bill compared without writing anything, for `manage.py reconcile --dry-run`.

It cannot mark rows in the database, so it remembers the ids of what agreed, 8 bytes each.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from payments.channels import provider_named
from payments.models.closing_models import BillLine, BillRun
from payments.reconciliation import missing_rows
from payments.reconciliation.bill_comparison import JudgedRow, Tally, judge_bill


@dataclass
class Rehearsal:
    """What a run would find. `odd` holds up to `most` rows that do not agree."""

    tally: Tally = field(default_factory=Tally)
    counts: dict[str, int] = field(default_factory=dict)
    odd: list[tuple[str, str, str, int]] = field(default_factory=list)  # verdict, number, refund, fen
    most: int = 50

    def note(self, verdict: str, number: str, refund_number: str, fen: int) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if len(self.odd) < self.most:
            self.odd.append((verdict, number, refund_number, fen))


def rehearse(run: BillRun) -> Rehearsal:
    """Read the bill and compare. Raises what `fetch_bill` raises, or `ChannelDown`."""
    found, payments, refunds = Rehearsal(), array("q"), array("q")
    provider = provider_named(run.provider, run.merchant)
    rows = provider.fetch_bill(run.day)
    for batch in judge_bill(run.provider, run.merchant, run.day, rows):
        for judged in batch:
            found.tally.add(judged)
            _remember(judged, payments, refunds)
            if judged.verdict is not None:
                row = judged.row
                found.note(judged.verdict, row.number, row.refund_number, row.amount_fen)
    payments, refunds = array("q", sorted(payments)), array("q", sorted(refunds))
    for line in missing_rows.lines(run):
        seen = _has(refunds, line.refund_id) if line.refund_number else _has(payments, line.payment_id)
        if not seen:
            found.note(BillLine.Verdict.MISSING_THERE, line.number, line.refund_number, line.amount_fen)
    return found


def _remember(judged: JudgedRow, payments: "array[int]", refunds: "array[int]") -> None:
    if judged.row.refund_number:
        refunds.extend(refund.pk for refund in judged.refunds)
    elif judged.payment is not None:
        payments.append(judged.payment.pk)


def _has(ids: "array[int]", pk: int | None) -> bool:
    place = bisect_left(ids, pk or 0)
    return place < len(ids) and ids[place] == pk
