"""Our own sums against each other (invariant 8), and bills that end in a named reason."""

from datetime import date, timedelta

import pytest

from core.transport import OutcomeUnknown
from lots.models import ParkingSession
from lots.plates import parse
from payments import channels, day_closing, payment_jobs, refunds, unmatched
from payments.channels import ChannelDown
from payments.models import Discrepancy, Payment, Refund
from payments.models.closing_models import BillMark, BillRun, BooksCheck
from payments.providers.contract import BillDamaged, BillNotReady, BillRow, Order, Outcome, ProviderRefused
from payments.reconciliation import bill_runs, bill_settlement, internal_books
from payments.reconciliation.bill_comparison import BATCH
from payments.refunds import request_refund
from payments.settling import settle
from tests.factories import NOON, see
from tests.payments.acting import by
from tests.payments.coupons.making import PLATE, hand_out, make_offer, make_shop
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up, start_paying, tap
from tests.payments.reconciliation.test_closing import paid

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
AT = NOON


@pytest.fixture
def fake(monkeypatch):
    provider = FakeProvider("wechat", "m1")
    monkeypatch.setattr(channels, "providers", lambda: {("wechat", "m1"): provider})
    monkeypatch.setattr(bill_runs, "providers", lambda: {("wechat", "m1"): provider})
    return provider


def reconcile(at=AT, steps=20):
    run, _ = bill_runs.ensure("wechat", "m1", DAY, at=at)
    for _ in range(steps):
        claimed = bill_runs.claim(at=at, only=run)
        if claimed is None:
            break
        bill_runs.work_on(claimed, at=at)
    run.refresh_from_db()
    return run


def row_of(payment, **changes):
    values = {
        "number": payment.number,
        "provider_number": "P" + payment.number,
        "amount_fen": payment.amount_fen,
        "at": payment.paid_at,
    }
    return BillRow(**{**values, **changes})


# our own sums


def test_coupon_without_payment_is_no_fault(lot, entry):
    """A coupon that covers a stay is booked, and names no payment."""
    paid(lot, AT)
    see(entry, PLATE, AT)
    shop, later = make_shop(lot), AT + timedelta(minutes=61)
    hand_out(shop, make_offer(shop, "all_free", 0), later)
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=later), at=later) == 0
    assert internal_books.check_tonight(at=later) == 1
    assert BooksCheck.objects.get().faults == 0


def test_agreeing_books_are_recorded(lot):
    payment = paid(lot, AT)
    request_refund(payment, amount_fen=300, reason=Refund.Reason.STAFF, at=AT)
    paid(lot, AT, fen=700, credited=200)
    night = AT.replace(hour=19)  # three in the morning in Beijing
    assert internal_books.check_tonight(at=night) == 1
    assert internal_books.check_tonight(at=night) == 0
    check = BooksCheck.objects.get()
    assert (check.faults, check.done_at, check.day) == (0, night, date(2026, 11, 25))


def test_books_check_waits_until_three(lot):
    assert internal_books.check_tonight(at=AT.replace(hour=18)) == 0
    assert not BooksCheck.objects.exists()


def test_abandoned_books_check_is_reclaimed(lot):
    night = AT.replace(hour=19)
    BooksCheck.objects.create(day=date(2026, 11, 25), leased_until=night + internal_books.LEASE)
    assert internal_books.check_tonight(at=night) == 0
    assert internal_books.check_tonight(at=night + internal_books.LEASE) == 1


@pytest.mark.parametrize("since", [None, AT - timedelta(days=2)])
def test_altered_session_total_is_only_reported(lot, since):
    payment = paid(lot, AT)
    ParkingSession.objects.filter(pk=payment.session_id).update(paid_fen=1)
    (fault,) = internal_books.check_books(since=since, at=AT)
    assert (fault.what, fault.reported_fen, fault.counted_fen) == (f"session {payment.session_id}", 1, 1000)
    row = Discrepancy.objects.get()
    assert (row.kind, row.lot, row.amount_fen) == ("books", lot, -999)
    assert ParkingSession.objects.get(pk=payment.session_id).paid_fen == 1
    internal_books.check_books(since=since, at=AT)
    assert Discrepancy.objects.count() == 1


def test_unbooked_payment_is_reported(lot):
    paid(lot, AT)
    stray = paid(lot, AT)
    Payment.objects.filter(pk=stray.pk).update(credited_fen=900)
    ParkingSession.objects.filter(pk=stray.session_id).update(paid_fen=900)
    assert {fault.what for fault in internal_books.check_books(since=None, at=AT)} == {
        "ledger payment wechat m1",
        "ledger surplus wechat m1",
    }


# bills


class Broken(RuntimeError):
    pass


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (BillNotReady(), "not_ready"),
        (BillDamaged("=cmd()"), "damaged"),
        (BillDamaged("=cmd()", what="merchant"), "damaged merchant"),
        (OutcomeUnknown("openid oX"), "outcome_unknown"),
        (ProviderRefused("no_auth"), "refused no_auth"),
        (ProviderRefused("x" * 99), "refused " + "x" * 32),
        (ChannelDown("wechat"), "channel_down"),
    ],
)
@pytest.mark.parametrize("after", [0, BATCH + 1])
def test_unavailable_bill_records_only_reason(lot, fake, fault, reason, after):
    rows = [row_of(paid(lot, AT - timedelta(days=1), fen=5)) for _ in range(min(after, 3))]
    strange = [BillRow(f"X{n}", f"P{n}", 5, AT) for n in range(after)]

    def bill(_day):
        yield from rows + strange
        raise fault

    fake.fetch_bill = bill
    run = reconcile()
    assert (run.state, run.fault, run.attempts, run.lines.count()) == ("waiting", reason, 1, 0)
    assert not BillMark.objects.exists()
    assert not Discrepancy.objects.exists()


def test_unexpected_bill_error_is_recorded(lot, fake):
    def bill(_day):
        raise Broken
        yield

    fake.fetch_bill = bill
    with pytest.raises(Broken):
        reconcile()
    assert BillRun.objects.get().fault == "broken"


def test_duplicate_bill_row_needs_review(lot, fake):
    payment = paid(lot, AT - timedelta(days=1))
    filler = [BillRow(f"X{n}", f"P{n}", 5, AT, "R", Outcome.REFUND_FAILED) for n in range(BATCH)]
    fake.bill = [row_of(payment), *filler, row_of(payment)]
    run = reconcile()
    assert [(line.verdict, line.became) for line in run.lines.all()] == [("differs", "open")]
    assert (run.verdict, run.refunds) == ("open", 0)


def test_money_counted_while_bill_is_read(lot, fake):
    fake.orders["N"] = Order("N", 1000, AT, "", "", "")
    settle(fake.pay("N"), cause="notice", at=AT - timedelta(days=1))
    fake.bill = [BillRow("N", "PN", 1000, AT - timedelta(days=1))]
    reconcile(steps=1)
    unmatched.count_as_income(Discrepancy.objects.get(), lot=lot, by=by(), at=AT)
    run = reconcile()
    assert (run.verdict, [line.became for line in run.lines.all()]) == ("fixed", ["fixed"])
    assert not Discrepancy.objects.filter(resolved_at=None).exists()
    assert Payment.objects.get().billed_on == DAY


def test_changed_provider_number_needs_review(lot, fake):
    payment = paid(lot, AT - timedelta(days=1))
    Payment.objects.filter(pk=payment.pk).update(provider_number="P1")
    fake.bill = [row_of(payment, provider_number="P2")]
    run = reconcile()
    assert [(line.verdict, line.became) for line in run.lines.all()] == [("differs", "open")]


@pytest.mark.parametrize(
    ("ours", "bill", "verdict"),
    [
        ("done", Outcome.REFUND_DONE, "ok"),
        ("sent", Outcome.REFUND_PENDING, "ok"),
        ("done", Outcome.REFUND_PENDING, "ok"),
        ("abnormal", Outcome.REFUND_ABNORMAL, "ok"),
        ("failed", Outcome.REFUND_FAILED, "ok"),
        ("sent", Outcome.REFUND_DONE, "fixed"),
        ("abnormal", Outcome.REFUND_DONE, "fixed"),
        ("failed", Outcome.REFUND_DONE, "open"),
        ("done", Outcome.REFUND_FAILED, "open"),
    ],
)
def test_refund_states_determine_verdict(lot, fake, ours, bill, verdict):
    payment = paid(lot, AT - timedelta(days=2))
    refund = request_refund(payment, amount_fen=300, reason=Refund.Reason.STAFF, at=AT - timedelta(days=1))
    due = None if ours in {"done", "failed", "abnormal"} else AT
    Refund.objects.filter(pk=refund.pk).update(state=ours, next_check_at=due)
    fake.refunds[refund.number] = bill
    fake.bill = [row_of(payment, amount_fen=300, refund_number=refund.number, outcome=bill)]
    assert reconcile().verdict == verdict


def test_excessive_manual_refund_needs_review(lot, fake):
    payment = paid(lot, AT - timedelta(days=2))
    fake.bill = [row_of(payment, amount_fen=1001, refund_number="X", outcome=Outcome.REFUND_DONE)]
    run = reconcile()
    assert run.verdict == "open"
    assert Discrepancy.objects.get().kind == "over_refunded"
    assert not Refund.objects.exists()


@pytest.mark.parametrize("second", [300, 200])
def test_manual_refunds_with_one_number_need_review(lot, fake, second):
    payment = paid(lot, AT - timedelta(days=2))
    done = {"refund_number": "X", "outcome": Outcome.REFUND_DONE}
    fake.bill = [row_of(payment, amount_fen=fen, **done) for fen in (300, second)]
    run = reconcile()
    assert [line.became for line in run.lines.order_by("pk")] == ["external", "open"]
    assert bill_runs.repeat(run, at=AT)
    reconcile()
    assert Discrepancy.objects.get().amount_fen == second
    assert Refund.objects.get().amount_fen == 300
    assert not refunds.record_external(payment, number="X", amount_fen=7, cause="notice", at=AT)


def test_worker_creates_and_completes_runs(lot, fake):
    payment = paid(lot, AT - timedelta(days=1))
    fake.bill = [row_of(payment)]
    for _ in range(4):
        payment_jobs.reconcile_bills(AT)
    run = BillRun.objects.get()
    assert (run.day, run.state, run.verdict) == (DAY, "done", "ok")


def test_many_lines_are_processed_in_slices(lot, fake):
    fake.bill = [BillRow(f"X{n}", f"P{n}", 5, AT - timedelta(days=1)) for n in range(bill_runs.SLICE + 1)]
    assert reconcile(steps=2).state == "checking"
    assert reconcile().verdict == "open"
    assert Discrepancy.objects.count() == bill_runs.SLICE + 1


def test_slow_lines_are_booked_at_their_time(lot, entry, fake, monkeypatch):
    """The day is closed four minutes into a run that waits for a slow channel, before its last line."""
    before = AT - timedelta(days=1)
    for plate in ("沪A12345", "沪B67890"):
        see(entry, plate, before - timedelta(minutes=61))
        payment = start_paying(look_up(lot=lot, plate=parse(plate), at=before), "wechat", at=before)
        fake.bill.append(row_of(payment, at=before + timedelta(minutes=1)))
    begun_first_second, deal, dealt = iter((0, 1, 300)), bill_settlement.deal, []
    monkeypatch.setattr(bill_runs, "monotonic", lambda: next(begun_first_second))

    def close_before_second(line, *, at):
        if dealt:
            day_closing.close(lot, DAY, version=0, by=None, at=AT + timedelta(minutes=4), reason="银行")
        dealt.append(line)
        return deal(line, at=at)

    monkeypatch.setattr(bill_settlement, "deal", close_before_second)
    assert reconcile(steps=2).verdict == "fixed"
    reports = [day_closing.day_of_lot(lot, day).report for day in (DAY, DAY + timedelta(days=1))]
    assert [report.received_fen for report in reports] == [1000, 1000]
