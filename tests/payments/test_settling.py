"""Settling: one settle(), money never credited twice nor dropped."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from lots.gates import take_commands
from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from payments import ledger, payment_jobs, refunds
from payments.models import Discrepancy, LedgerEntry, Payment, PaymentEvent, Refund
from payments.providers.contract import Outcome
from payments.refusals import NothingOwed
from payments.settling import settle
from tests.factories import NOON, see
from tests.payments.payment_steps import look_in_lane, look_up, start_paying

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)
State = Payment.State


@pytest.fixture
def parked(entry):
    see(entry, PLATE, NOON)
    return ParkingSession.objects.get()


def quote(lot, at=LEAVING, **kwargs):
    return look_up(lot=lot, plate=parse(PLATE), at=at, **kwargs)


def start(quote, at=LEAVING):
    return start_paying(quote, "fake", at=at)


def test_payment_is_credited_and_booked(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    parked.refresh_from_db()
    assert (payment.state, payment.credited_fen, payment.provider_number) == (
        State.PAID,
        1000,
        f"P{payment.number}",
    )
    assert len(payment.receipt_code) == 12
    assert (parked.paid_fen, parked.exit_until) == (1000, LEAVING + timedelta(minutes=15))
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000}


def test_usual_payment_is_credited_without_pricing(lot, parked, channel, monkeypatch):
    """All of it counts because its price was shown: what the stay costs by now cannot be less."""
    payment = start(quote(lot))
    monkeypatch.setattr("payments.payment_coverage.price_at", lambda *_: pytest.fail("it was priced again"))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    parked.refresh_from_db()
    assert parked.paid_fen == 1000


def test_repeated_statement_settles_once(lot, parked, channel):
    payment = start(quote(lot))
    for cause in ("notice", "notice", "query"):
        settle(channel.pay(payment.number), cause=cause, at=LEAVING)
    parked.refresh_from_db()
    assert parked.paid_fen == 1000
    assert PaymentEvent.objects.filter(became="paid").count() == LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("changes", [{"amount_fen": 1}, {"app": "other"}, {"currency": "USD"}])
def test_mismatched_statement_is_not_credited(lot, parked, channel, changes):
    payment = start(quote(lot))
    settle(replace(channel.pay(payment.number), **changes), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    assert payment.state == State.OPEN
    assert Discrepancy.objects.get().kind == "differs"


def test_unknown_number_is_recorded_once(channel):
    for _ in range(2):
        settle(
            channel.statement("NOTOURS", outcome=Outcome.PAID, amount_fen=700, provider_number="X"),
            cause="notice",
            at=NOON,
        )
    assert Discrepancy.objects.get().amount_fen == 700


def test_payment_after_closing_is_accepted(lot, parked, channel):
    payment = start(quote(lot))
    payment_jobs.chase_payments(LEAVING + timedelta(minutes=6))
    payment.refresh_from_db()
    assert payment.state == State.CLOSED
    settle(channel.pay(payment.number), cause="notice", at=LEAVING + timedelta(minutes=7))
    parked.refresh_from_db()
    assert parked.paid_fen == 1000


def test_second_payment_is_refunded_automatically(lot, parked, channel):
    first = start(quote(lot))
    payment_jobs.chase_payments(LEAVING + timedelta(minutes=6))
    second = start(quote(lot, at=LEAVING + timedelta(minutes=6)), at=LEAVING + timedelta(minutes=6))
    for payment in (second, first):
        settle(channel.pay(payment.number), cause="notice", at=LEAVING + timedelta(minutes=7))
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_fen, refund.reason) == (first, 1000, "surplus")
    payment_jobs.send_refunds(LEAVING + timedelta(minutes=8))
    refund.refresh_from_db()
    parked.refresh_from_db()
    assert (refund.state, parked.paid_fen) == (Refund.State.DONE, 1000)
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000, "to_refund": 0}


def test_unanswered_refund_reuses_its_number(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    refund = refunds.request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=LEAVING)
    channel.fault = "unknown"
    payment_jobs.send_refunds(LEAVING)
    channel.fault = ""
    payment_jobs.send_refunds(LEAVING + timedelta(minutes=1))
    assert list(channel.refunds) == [refund.number]
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE


def test_refunds_never_exceed_the_payment(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    request = refunds.request_refund
    request(payment, amount_fen=600, reason=Refund.Reason.STAFF, at=LEAVING)
    with pytest.raises(refunds.TooMuch):
        request(payment, amount_fen=600, reason=Refund.Reason.STAFF, at=LEAVING)


def test_expired_exit_window_charges_difference(lot, parked, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    assert quote(lot, at=NOON + timedelta(minutes=121)).amount_fen == 500


def test_payment_at_barrier_opens_once(lot, parked, way_out, channel):
    see(way_out, PLATE, LEAVING)
    payment = start(look_in_lane(lane=way_out.lane, at=LEAVING))
    for _ in range(3):
        settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    command = GateCommand.objects.get(cause="paid")
    assert take_commands(way_out, at=LEAVING) == [command]
    assert take_commands(way_out, at=LEAVING) == []
    parked.refresh_from_db()
    assert (parked.left_at, parked.departure) == (LEAVING, "released")


def test_payment_inside_opens_exit_later(lot, parked, way_out, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    assert not GateCommand.objects.filter(cause="paid").exists()
    assert see(way_out, PLATE, LEAVING + timedelta(minutes=14)).opens(LEAVING + timedelta(minutes=14))


def test_typed_plate_releases_misread_car(lot, parked, way_out, channel):
    see(way_out, "沪A12346", LEAVING)
    payment = start(quote(lot, lane=way_out.lane))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    assert len(take_commands(way_out, at=LEAVING)) == 1
    parked.refresh_from_db()
    assert parked.left_at == LEAVING


def test_typed_plate_releases_paid_misread_car(lot, parked, way_out, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    see(way_out, "沪A12346", LEAVING)
    with pytest.raises(NothingOwed):
        quote(lot, lane=way_out.lane)
    assert len(take_commands(way_out, at=LEAVING)) == 1


def test_typing_exempt_plate_opens_nothing(lot, entry, way_out, channel):
    see(entry, "沪X1234应急", NOON)
    see(way_out, None, LEAVING)
    with pytest.raises(NothingOwed):
        look_up(lot=lot, plate=parse("沪X1234应急"), at=LEAVING, lane=way_out.lane)
    assert take_commands(way_out, at=LEAVING) == []
    assert ParkingSession.objects.get().left_at is None


def test_unfetched_command_is_reissued(lot, parked, way_out, channel):
    see(way_out, PLATE, LEAVING)
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    later = LEAVING + timedelta(minutes=3)
    assert take_commands(way_out, at=later) == []
    with pytest.raises(NothingOwed):
        look_in_lane(lane=way_out.lane, at=later)
    assert len(take_commands(way_out, at=later)) == 1


def test_booked_rows_are_immutable(lot, parked, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    for change in (
        lambda: LedgerEntry.objects.update(amount_fen=1),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: PaymentEvent.objects.update(cause="x"),
        lambda: PaymentEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert LedgerEntry.objects.get().amount_fen == 1000
