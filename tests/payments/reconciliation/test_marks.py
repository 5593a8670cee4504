"""A batch that is compared in the database comes to what comparing row by row comes to (`judge`)."""

import random
from datetime import date, timedelta

import pytest

from lots.models import ParkingSession
from payments.models import Payment, Refund
from payments.models.closing_models import BillLine, BillMark, BillRun
from payments.providers.contract import BillRow, Outcome
from payments.reconciliation import bill_marks, bill_runs
from payments.reconciliation.bill_comparison import Tally
from payments.refunds import request_refund
from tests.effort import cases
from tests.factories import NOON, make_lot
from tests.payments.reconciliation.test_closing import paid

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]
DAY = date(2026, 11, 23)
AT = NOON - timedelta(days=2)
STATES = ["paid", "paid", "paid", "paid", "closed", "open"]


def made(lots, draw):
    """Return a payment in some state, perhaps with the channel's number, a mark or a refund."""
    payment = paid(draw.choice(lots), AT, fen=draw.choice([5, 1000]))
    number = draw.choice([f"P{payment.number}", None, f"Q{payment.number}"])
    state = draw.choice(STATES)
    due = None if state in {"paid", "closed"} else AT
    Payment.objects.filter(pk=payment.pk).update(provider_number=number, state=state, next_check_at=due)
    if draw.random() < 0.1:
        bill_marks.mark([payment.pk], draw.choice([DAY, DAY - timedelta(days=1)]))
    if state == "paid" and draw.random() < 0.3:
        ParkingSession.objects.filter(pk=payment.session_id).update(paid_fen=payment.amount_fen)
        request_refund(payment, amount_fen=2, reason=Refund.Reason.STAFF, at=AT)
    return payment


def row(payment, draw):
    refund = payment.refunds.first() if draw.random() < 0.5 else None
    return BillRow(
        payment.number if draw.random() < 0.95 else draw.choice(["X", "X\x1fY", "停", "", "a,b", '"']),
        f"P{payment.number}" if draw.random() < 0.95 else "",
        refund.amount_fen if refund else payment.amount_fen + (draw.random() < 0.05),
        AT,
        refund_number=refund.number if refund else "",
        outcome=draw.choice([Outcome.REFUND_PENDING, Outcome.REFUND_DONE]) if refund else Outcome.PAID,
        fee_milli=draw.choice([0, 6000, -30]),
    )


def read(run, rows, size):
    """Read the rows in batches; return what became of them, and forget it."""
    before, tally = set(BillMark.objects.values_list("payment", "day")), Tally()
    for first in range(0, len(rows), size):
        bill_runs._keep(run, rows[first : first + size], tally)
    refunds = Refund.objects.order_by("pk").values_list("pk", "billed_on")
    own = {"id", "run_id"}
    lines = [{name: line[name] for name in line.keys() - own} for line in BillLine.objects.values()]
    marks = set(BillMark.objects.values_list("payment", "day"))
    sums = dict(tally.total), {lot: dict(sums) for lot, sums in tally.by_lot.items()}, tally.agreed
    found = sorted(map(repr, lines)), marks, list(refunds), sums
    BillLine.objects.all().delete()
    BillMark.objects.all().delete()
    BillMark.objects.bulk_create([BillMark(payment_id=payment, day=day) for payment, day in before])
    Refund.objects.update(billed_on=None)
    return found


@pytest.mark.parametrize("seed", range(cases(6)))
def test_batches_equal_rows_one_by_one(monkeypatch, seed):
    draw = random.Random(seed)
    lots = [make_lot(), make_lot()]
    run = BillRun.objects.create(provider="wechat", merchant="m1", day=DAY, created_at=AT, next_check_at=AT)
    rows = [row(made(lots, draw), draw) for _ in range(30)]
    rows += draw.choices(rows, k=4)
    draw.shuffle(rows)
    for size in (7, 100):
        at_once = read(run, rows, size)
        with monkeypatch.context() as patch:
            patch.setattr(bill_marks, "mark_agreeing", lambda *_: {})
            assert at_once == read(run, rows, size)
    assert at_once[3][2] > 3  # some agreed


def test_agreeing_rows_are_never_judged(monkeypatch):
    lot = make_lot()
    rows = [BillRow(payment.number, "P", 1000, AT) for payment in (paid(lot, AT) for _ in range(3))]
    Payment.objects.update(provider_number=None)
    run = BillRun.objects.create(provider="wechat", merchant="m1", day=DAY, created_at=AT, next_check_at=AT)
    monkeypatch.setattr(bill_runs, "judge", None)
    tally = Tally()
    bill_runs._keep(run, rows, tally)
    assert (tally.agreed, tally.total["payments_fen"], BillMark.objects.count()) == (3, 3000, 3)
