"""Checkout: the row before the call, one open attempt for one charge."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.transport import NotSent, OutcomeUnknown
from lots.models import ParkingSession
from lots.plates import parse
from payments import checkout, payment_jobs
from payments.channel_state import ChannelState
from payments.channels import ChannelDown
from payments.checkout import EarlierPaymentPending
from payments.models import Payment
from payments.refusals import ChargeExpired, NothingOwed
from payments.settling import settle
from tests.factories import NOON, see
from tests.payments.payment_steps import look_up, start_paying

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


def test_quote_has_price_lines_and_tariff(lot, parked):
    found = quote(lot)
    assert (found.amount_fen, found.price_fen, found.due.charge.tariff_version) == (1000, 1000, 1)
    assert sum(line.fen for line in found.due.lines) == 1000


def test_absent_exempt_and_paid_owe_nothing(lot, entry, channel):
    see(entry, "沪X1234应急", NOON)
    see(entry, "沪B22222", LEAVING)
    see(entry, PLATE, NOON)
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    for plate in ("沪Z99999", "沪X1234应急", "沪B22222", PLATE):
        with pytest.raises(NothingOwed):
            look_up(lot=lot, plate=parse(plate), at=LEAVING)


def test_payment_is_saved_before_call(lot, parked, channel):
    channel.fault = "unknown"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    payment = Payment.objects.get()
    assert payment.state == State.UNKNOWN
    assert payment.next_check_at is not None
    assert channel.calls == ["start", "start"]


def test_lost_start_answer_is_recovered(lot, parked, channel):
    channel.fault = "drop"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    channel.fault = ""
    payment = Payment.objects.get()
    channel.pay(payment.number)
    payment_jobs.chase_payments(LEAVING + timedelta(seconds=6))
    payment.refresh_from_db()
    assert payment.state == State.PAID


def test_refused_start_closes_payment(lot, parked, channel):
    channel.fault = "refused"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    assert Payment.objects.get().state == State.CLOSED


def test_expired_quote_starts_nothing(lot, parked, channel):
    found = quote(lot)
    with pytest.raises(ChargeExpired):
        start(found, at=found.valid_until)
    assert not Payment.objects.exists()


def test_pressing_pay_twice_reuses_payment(lot, parked, channel):
    found = quote(lot)
    assert start(found) == start(found)
    assert Payment.objects.count() == 1


def test_equal_quotes_share_one_payment(lot, parked, channel):
    assert start(quote(lot)) == start(quote(lot))


def test_second_look_up_is_noted(lot, parked, channel):
    first, found = start(quote(lot)), quote(lot, at=LEAVING + timedelta(seconds=1))
    assert not Payment.objects.get().is_shared
    assert start(found, at=LEAVING + timedelta(seconds=1)) == first
    assert Payment.objects.get().is_shared


def test_repeated_press_notes_nothing(lot, parked, channel):
    found = quote(lot)
    start(found)
    start(found, at=LEAVING + timedelta(seconds=1))
    assert not Payment.objects.get().is_shared


def test_paid_payment_is_not_shared(lot, parked, channel, monkeypatch):
    """It is paid while another phone presses Pay: that phone does not get its address."""
    first, found = start(quote(lot)), quote(lot, at=LEAVING + timedelta(seconds=1))
    note = checkout._note_sharing

    def pay_first(*named):
        settle(channel.pay(first.number), cause="notice", at=LEAVING)
        note(*named)

    monkeypatch.setattr(checkout, "_note_sharing", pay_first)
    with pytest.raises(NothingOwed):
        start(found, at=LEAVING + timedelta(seconds=1))
    assert not Payment.objects.get().is_shared


def test_new_amount_closes_old_payment(lot, parked, channel):
    first = start(quote(lot))
    later = NOON + timedelta(minutes=121)
    second = start(quote(lot, at=later), at=later)
    first.refresh_from_db()
    assert (first.state, second.amount_fen) == (State.CLOSED, 1500)


def test_pending_close_blocks_new_order(lot, parked, channel):
    start(quote(lot))
    channel.fault = "unknown"
    later = NOON + timedelta(minutes=121)
    with pytest.raises(EarlierPaymentPending):
        start(quote(lot, at=later), at=later)
    assert Payment.objects.count() == 1


def test_start_without_time_for_repeat_counts(lot, parked, channel, monkeypatch):
    """The first call took all the time: the second is not sent, and the silence is the channel's."""
    silence = [OutcomeUnknown(), NotSent()]

    def start_order(*_):
        raise silence.pop(0)

    monkeypatch.setattr(channel, "start", start_order)
    with pytest.raises(ChannelDown):
        start(quote(lot))
    assert Payment.objects.get().state == State.UNKNOWN
    assert ChannelState.objects.get().failures == 1


def test_looking_up_writes_nothing(lot, parked, channel):
    quote(lot)  # its tariff is parsed once
    with CaptureQueriesContext(connection) as queries:
        quote(lot)
    (only,) = queries
    assert only["sql"].lstrip().startswith("SELECT")
