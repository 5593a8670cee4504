"""What happens while a bill is read: notices come, and another worker takes the bill over."""

from datetime import timedelta

import pytest

from payments import channels
from payments.models import Discrepancy, Payment
from payments.models.closing_models import BillMark, BillRun
from payments.providers.contract import BillRow
from payments.reconciliation import bill_runs
from tests.payments.fakes import FakeProvider
from tests.payments.reconciliation.test_closing import DAY, hour, paid

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]
AT = hour(35)


class Interrupted(FakeProvider):
    """A channel whose bill is interrupted by `act`, once, after its first batch."""

    payments: tuple[Payment, ...] = ()

    def act(self):
        pass

    def fetch_bill(self, day):
        for number, payment in enumerate(self.payments):
            if number == 2:
                act, self.act = self.act, lambda: None
                act()
            yield BillRow(payment.number, f"P{payment.number}", payment.amount_fen, payment.paid_at)


@pytest.fixture
def channel(monkeypatch, lot):
    fake = Interrupted("one", "m1")
    fake.payments = tuple(paid(lot, hour(hours), provider="one") for hours in range(1, 7))
    monkeypatch.setattr(channels, "providers", lambda: {("one", "m1"): fake})
    monkeypatch.setattr(bill_runs, "BATCH", 2)
    return fake


def work(at):
    run = bill_runs.ensure("one", "m1", DAY, at=AT)[0]
    while (claimed := bill_runs.claim(at=at, only=run)) is not None:
        bill_runs.work_on(claimed, at=at)
    run.refresh_from_db()
    return run


def test_notice_after_its_row_is_no_surprise(channel):
    """The bill has it before we do; at the bill's end we have it too."""
    late = Payment.objects.filter(pk=channel.payments[0].pk)
    late.update(state="open", next_check_at=AT)
    channel.act = lambda: late.update(state="paid", next_check_at=None)
    run = work(AT)
    assert list(run.lines.values_list("verdict", "became")) == [("missing_here", "fixed")]
    assert (run.state, run.verdict, Discrepancy.objects.count()) == (BillRun.State.DONE, "fixed", 0)


@pytest.mark.parametrize("by", ["lease", "staff"])
def test_bill_taken_over_is_read_once(channel, by):
    """The first worker slept through its lease, or its clock was behind that of staff."""

    def takes_over():
        run = BillRun.objects.get()
        assert by == "lease" or bill_runs.repeat(run, at=later)
        assert work(later).state == BillRun.State.DONE

    later = AT + bill_runs.LEASE + timedelta(minutes=1)
    channel.act = takes_over
    run = work(AT)
    assert (run.state, run.verdict, run.payments, run.agreed) == (BillRun.State.DONE, "ok", 6, 6)
    assert (run.lines.count(), BillMark.objects.count(), Discrepancy.objects.count()) == (0, 6, 0)
