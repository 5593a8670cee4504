"""Money in the corners: late, twice, half, refused, failed, and for ever unanswered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.transport import OutcomeUnknown
from lots.models import GateCommand, ParkingSession, TariffVersion
from lots.plates import parse
from lots.sessions import due_fen
from payments import ledger, payment_jobs
from payments.models import Payment, Refund
from payments.providers.contract import Outcome, ProviderRefused
from payments.refunds import TooMuch, request_refund
from payments.refusals import ChargeExpired, NothingOwed
from payments.settling import settle
from tests.factories import NOON, make_device, see
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)
Reason = Refund.Reason


@pytest.fixture
def parked(lot):
    see(make_device(lot, "entry"), PLATE, NOON)
    return ParkingSession.objects.get()


def start(lot, channel="one", at=LEAVING):
    token = look_up(lot=lot, plate=parse(PLATE), at=at)
    return start_paying(token, channel, at=at)


def pay(fake, payment, paid_at=LEAVING, at=None):
    settle(replace(fake.pay(payment.number), at=paid_at), cause="notice", at=at or paid_at)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def paid(lot, parked, fakes):
    return pay(fakes[0], start(lot))


def fail(refund, outcome=Outcome.REFUND_FAILED):
    payment = refund.payment
    statement = FakeProvider(payment.provider, payment.merchant).statement(
        payment.number, outcome=outcome, amount_fen=refund.amount_fen, refund_number=refund.number
    )
    settle(statement, cause="notice", at=LEAVING)


def test_failed_refund_is_credited_again(paid, parked):
    for _ in range(2):
        fail(request_refund(paid, amount_fen=1000, reason=Reason.STAFF, at=LEAVING))
        parked.refresh_from_db()
        assert parked.paid_fen == 1000
        assert ledger.balances() == {"channel:one:m": 1000, "parking": -1000, "to_refund": 0}


def test_staff_cannot_refund_uncredited_surplus(lot, paid, parked, fakes):
    second = _second(lot, fakes)
    fail(Refund.objects.get())
    with pytest.raises(TooMuch):
        request_refund(second, amount_fen=1000, reason=Reason.STAFF, at=LEAVING)
    assert request_refund(second, amount_fen=1000, reason=Reason.SURPLUS, at=LEAVING)
    with pytest.raises(TooMuch):
        request_refund(paid, amount_fen=1, reason=Reason.SURPLUS, at=LEAVING)
    parked.refresh_from_db()
    assert parked.paid_fen == 1000


def _second(lot, fakes):
    """Another channel's order of the same moment, paid as well."""
    ParkingSession.objects.update(paid_fen=0, exit_until=None)
    payment = start(lot, "two")
    ParkingSession.objects.update(paid_fen=1000, exit_until=LEAVING + timedelta(minutes=15))
    return pay(fakes[1], payment)


def test_payment_within_exit_window_is_surplus(lot, parked, fakes):
    two = [start(lot, name, NOON + timedelta(minutes=119)) for name in ("one", "two")]
    pay(fakes[0], two[0], NOON + timedelta(minutes=119))
    assert pay(fakes[1], two[1], NOON + timedelta(minutes=121)).credited_fen == 0


def test_staff_refund_restores_amount_due(paid, parked):
    request_refund(paid, amount_fen=100, reason=Reason.OVERPAID, at=LEAVING)
    parked.refresh_from_db()
    assert due_fen(parked, at=LEAVING) == 0
    request_refund(paid, amount_fen=900, reason=Reason.STAFF, at=LEAVING)
    parked.refresh_from_db()
    assert due_fen(parked, at=LEAVING) == 1000


def test_insufficient_old_order_opens_nothing(lot, parked, fakes):
    way_out = make_device(lot, "exit")
    payment = start(lot)
    late = NOON + timedelta(hours=4)
    see(way_out, PLATE, late)
    pay(fakes[0], payment, late)
    parked.refresh_from_db()
    assert (parked.paid_fen, due_fen(parked, at=late)) == (1000, 1000)
    assert not GateCommand.objects.filter(cause="paid").exists()


def test_late_notice_still_opens_exit_window(lot, parked, fakes):
    pay(fakes[0], start(lot), LEAVING, at=LEAVING + timedelta(minutes=14))
    parked.refresh_from_db()
    assert parked.exit_until == LEAVING + timedelta(minutes=15)


def test_earlier_payment_preserves_exit_window(lot, parked, fakes):
    old = start(lot, "one")
    later = NOON + timedelta(hours=3, minutes=1)
    pay(fakes[1], start(lot, "two", later), later)
    ParkingSession.objects.update(paid_fen=0, exit_until=later + timedelta(minutes=15))
    pay(fakes[0], old, LEAVING, at=later)
    parked.refresh_from_db()
    assert parked.exit_until == later + timedelta(minutes=15)


@pytest.mark.parametrize("lost", ["entry", "tariff"])
def test_unpriceable_stay_is_still_credited(lot, parked, fakes, lost):
    payment = start(lot)
    if lost == "entry":
        ParkingSession.objects.update(entered_at=None, left_at=LEAVING)
    else:
        TariffVersion.objects.update(valid_from=LEAVING)
    assert pay(fakes[0], payment).credited_fen == 1000


@pytest.mark.parametrize(
    ("meanwhile", "answer"), [("paid", NothingOwed), ("closed", ChargeExpired), ("closing", ChargeExpired)]
)
def test_order_ended_meanwhile_is_refused(lot, parked, fakes, monkeypatch, meanwhile, answer):
    really = FakeProvider.start

    def slow(self, order, payer):
        Payment.objects.update(state=meanwhile)
        return really(self, order, payer)

    monkeypatch.setattr(FakeProvider, "start", slow)
    with pytest.raises(answer):
        start(lot)


def test_unanswered_refund_is_polled_indefinitely(paid, fakes):
    refund = request_refund(paid, amount_fen=100, reason=Reason.STAFF, at=LEAVING)
    Refund.objects.update(checks=1000)
    fakes[0].fault = "unknown"
    payment_jobs.send_refunds(LEAVING)
    refund.refresh_from_db()
    assert (refund.next_check_at, refund.checks) == (LEAVING + payment_jobs.REFUNDS.later, 1000)


def test_lost_refund_is_queried_before_resending(paid, fakes, monkeypatch):
    request_refund(paid, amount_fen=100, reason=Reason.STAFF, at=LEAVING)
    really = FakeProvider.refund

    def lost(self, order):
        really(self, order)
        raise OutcomeUnknown

    monkeypatch.setattr(FakeProvider, "refund", lost)
    for minutes in (0, 1):
        payment_jobs.send_refunds(LEAVING + timedelta(minutes=minutes))
    assert fakes[0].calls[-2:] == ["refund", "query_refund"]
    assert Refund.objects.get().state == "done"


def test_refused_refund_query_changes_nothing(paid, fakes, monkeypatch):
    request_refund(paid, amount_fen=100, reason=Reason.STAFF, at=LEAVING)
    Refund.objects.update(state="sent")

    def refused(self, order):
        raise ProviderRefused("no_auth")

    monkeypatch.setattr(FakeProvider, "query_refund", refused)
    payment_jobs.send_refunds(LEAVING)
    assert Refund.objects.get().state == "sent"


def test_failing_row_does_not_block_others(lot, parked, fakes, monkeypatch):
    entry = make_device(lot, "entry")
    see(entry, "沪B22222", NOON)
    broken = start(lot)
    token = look_up(lot=lot, plate=parse("沪B22222"), at=LEAVING)
    fine = start_paying(token, "one", at=LEAVING)
    fakes[0].pay(fine.number)
    really = FakeProvider.query

    def query(self, number):
        if number == broken.number:
            raise ZeroDivisionError
        return really(self, number)

    monkeypatch.setattr(FakeProvider, "query", query)
    payment_jobs.chase_payments(LEAVING + timedelta(seconds=6))
    fine.refresh_from_db()
    broken.refresh_from_db()
    assert (fine.state, broken.state) == ("paid", "open")
    assert broken.next_check_at is not None
