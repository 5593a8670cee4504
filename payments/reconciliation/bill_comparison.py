"""A bill against our books, row by row: what of each differs, and the sums of all.

Memory holds one batch. What was seen is remembered by marks in the database (`bill_marks`), so that what the
bill does not have can be asked of the database afterwards, and a row that comes twice is noticed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from typing import NamedTuple

from django.db.models import Q

from core.database import among
from payments.models import Payment, Refund
from payments.models.closing_models import BillLine
from payments.providers.contract import BillRow, Outcome

BATCH = 1000
Verdict = BillLine.Verdict
RefundState = Refund.State

AGREES = {  # what a refund may be here when the bill, which is hours old, says this of it
    Outcome.REFUND_DONE: {RefundState.DONE},
    Outcome.REFUND_PENDING: {RefundState.SENT, RefundState.DONE, RefundState.ABNORMAL, RefundState.FAILED},
    Outcome.REFUND_ABNORMAL: {RefundState.ABNORMAL, RefundState.DONE, RefundState.FAILED},
    Outcome.REFUND_FAILED: {RefundState.FAILED},
}


class Ours(NamedTuple):
    """What a comparison needs of a payment, which has many more columns."""

    number: str
    pk: int
    lot_id: int
    amount_fen: int
    state: str
    provider_number: str | None
    billed_on: date | None


OURS = (*Ours._fields[:-1], "bill_mark__day")


@dataclass(frozen=True)
class JudgedRow:
    """A row of the bill with what we know of it. `verdict` None: it agrees."""

    row: BillRow
    verdict: Verdict | None
    payment: Ours | None
    refunds: tuple[Refund, ...] = ()


@dataclass
class Tally:
    """What a bill sums up to, in all and by lot (rows of unknown orders have none)."""

    total: Counter[str] = field(default_factory=Counter)
    by_lot: dict[int, Counter[str]] = field(default_factory=dict)
    agreed: int = 0

    def add(self, judged: JudgedRow) -> None:
        self._count(self.total, judged.row)
        if judged.payment is not None:
            self._count(self._of_lot(judged.payment.lot_id), judged.row)
        self.agreed += judged.verdict is None

    def add_agreed(self, rows: Iterable[BillRow], lots: Mapping[str, int]) -> None:
        """Add rows of payments that agree, whose lots stand under their numbers."""
        sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in rows:
            of_lot = sums[lots[row.number]]
            of_lot[0] += row.fee_milli
            of_lot[1] += 1
            of_lot[2] += row.amount_fen
        for lot, (fee_milli, payments, payments_fen) in sums.items():
            found = {"fee_milli": fee_milli, "payments": payments, "payments_fen": payments_fen}
            self.total.update(found)
            self._of_lot(lot).update(found)
            self.agreed += payments

    def _of_lot(self, lot: int) -> Counter[str]:
        if lot not in self.by_lot:
            self.by_lot[lot] = Counter()
        return self.by_lot[lot]

    @staticmethod
    def _count(sums: Counter[str], row: BillRow) -> None:
        sums["fee_milli"] += row.fee_milli
        if not row.refund_number:
            sums["payments"] += 1
            sums["payments_fen"] += row.amount_fen
        elif row.outcome != Outcome.REFUND_FAILED:
            sums["refunds"] += 1
            sums["refunds_fen"] += row.amount_fen


def judge_bill(
    provider: str, merchant: str, day: date, rows: Iterable[BillRow]
) -> Iterator[Sequence[JudgedRow]]:
    """Yield the rows in batches, each row with its verdict; marks of this day's bill are ignored.

    Reads the database and writes nothing.
    """
    for batch in batched(rows, BATCH):
        yield list(judge(provider, merchant, None, batch, {None, day}))


def judge(
    provider: str, merchant: str, day: date | None, batch: Sequence[BillRow], fresh: set[date | None]
) -> Iterator[JudgedRow]:
    """Yield each row with its verdict. Another mark than a `fresh` one shows a row that is there twice.

    So does a refund's mark of `day`.
    """
    named = Payment.objects.filter(
        provider=provider, merchant=merchant, number__in=among({row.number for row in batch})
    )
    payments = {ours.number: ours for ours in map(Ours._make, named.values_list(*OURS))}
    refunds = _refunds(provider, merchant, {row.refund_number for row in batch if row.refund_number})
    seen: set[str] = set()
    for row in batch:
        payment, ours = payments.get(row.number), refunds[row.refund_number]
        if row.refund_number:  # a channel may list one on two days, when it was asked for and when done
            verdict = judge_refund(row, payment, ours)
            again = any(each.billed_on is not None and each.billed_on == day for each in ours)
        else:
            verdict = judge_payment(row, payment)
            again = payment is not None and payment.billed_on not in fresh
        name = row.refund_number or row.number
        if again or (name in seen and (ours or payment)):
            verdict = Verdict.DIFFERS  # one payment, twice in the bills
        seen.add(name)
        yield JudgedRow(row, verdict, payment, tuple(ours))


def _refunds(provider: str, merchant: str, numbers: set[str]) -> dict[str, list[Refund]]:
    """Return our refunds by the number that the channel knows them by. One made by hand may be two rows."""
    found: dict[str, list[Refund]] = defaultdict(list)
    ours = Refund.objects.filter(payment__provider=provider, payment__merchant=merchant)
    if numbers:
        for refund in ours.filter(Q(number__in=numbers) | Q(external_number__in=numbers)):
            found[refund.external_number or refund.number].append(refund)
    return found


def judge_payment(row: BillRow, payment: Ours | None) -> Verdict | None:
    """Return what is wrong between a payment's row in the bill and ours."""
    if payment is None:
        return Verdict.MISSING_HERE
    if payment.amount_fen != row.amount_fen:
        return Verdict.DIFFERS
    if payment.state != Payment.State.PAID:
        return Verdict.MISSING_HERE
    return None if payment.provider_number in (None, row.provider_number) else Verdict.DIFFERS


def judge_refund(row: BillRow, payment: Ours | None, ours: Sequence[Refund]) -> Verdict | None:
    """Return what is wrong between a refund's row in the bill and ours."""
    if not ours:
        return None if row.outcome == Outcome.REFUND_FAILED else Verdict.MISSING_HERE
    of_this = payment is not None and all(refund.payment_id == payment.pk for refund in ours)
    if not of_this or sum(refund.amount_fen for refund in ours) != row.amount_fen:
        return Verdict.DIFFERS
    states = {RefundState(refund.state) for refund in ours}
    if states <= AGREES[row.outcome]:
        return None
    news = row.outcome == Outcome.REFUND_DONE and RefundState.FAILED not in states
    return Verdict.MISSING_HERE if news or RefundState.REQUESTED in states else Verdict.DIFFERS
