"""A clock that was ahead and is right again: what it dated into the future is not left until then."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from core import claims
from core.jobs import load
from lots.plates import parse
from lots.systems import system_of
from lots.systems.parking_system import ChargeQuery
from payments import channel_orders, settlements
from payments.models import Payment, Refund, Settlement
from payments.payment_jobs import OPEN, chase_payments, pull_forward
from payments.settling import settle
from tests.factories import NOON, see
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.payments.acting import LEAVING
from tests.payments.payment_steps import look_up, start_paying
from tests.payments.test_settlements import pay

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
AHEAD = timedelta(minutes=10)


@pytest.fixture
def unfinished(lot, entry, channel):
    """A payment that was started while the clock was ahead; the channel has its money."""
    load()
    see(entry, PLATE, NOON)
    payment = start_paying(look_up(lot=lot, plate=parse(PLATE), at=LEAVING + AHEAD), at=LEAVING + AHEAD)
    channel.pay(payment.number)
    return payment


@pytest.mark.parametrize("checks", [0, 1, 3, 7])
def test_payment_of_a_fast_clock_is_checked(unfinished, checks):
    due = LEAVING + AHEAD + OPEN.wait(max(0, checks - 1))
    Payment.objects.update(checks=checks, next_check_at=due)
    assert chase_payments(LEAVING) == 0
    assert pull_forward(LEAVING) == 1
    assert chase_payments(LEAVING) == 1
    assert Payment.objects.get().state == Payment.State.PAID


@pytest.mark.parametrize("checks", [0, 1, 3, 7])
def test_honest_date_is_left_alone(unfinished, checks):
    due = LEAVING + OPEN.wait(max(0, checks - 1)) + claims.LEASE  # also one that a worker has claimed
    Payment.objects.update(checks=checks, next_check_at=due)
    assert pull_forward(LEAVING) == 0
    assert Payment.objects.get().next_check_at == due


def test_closed_payment_may_wait_long(unfinished):
    Payment.objects.update(state=Payment.State.CLOSED, next_check_at=LEAVING + timedelta(hours=24))
    assert pull_forward(LEAVING) == 0


def test_waiting_page_pulls_it_forward(unfinished):
    Payment.objects.update(asked_at=LEAVING + AHEAD, next_check_at=LEAVING + AHEAD)
    channel_orders.ask_soon(Payment.objects.get(), at=LEAVING)
    assert Payment.objects.get().next_check_at == LEAVING


def test_refund_of_a_fast_clock_is_sent(unfinished):
    Refund.objects.create(
        payment=unfinished,
        amount_fen=5,
        number="R1",
        reason="staff",
        created_at=LEAVING,
        next_check_at=LEAVING + AHEAD,
    )
    pull_forward(LEAVING)
    assert Refund.objects.get().next_check_at == LEAVING
    Refund.objects.update(state=Refund.State.ABNORMAL, next_check_at=LEAVING + timedelta(days=1))
    pull_forward(LEAVING)  # staff have it; the channel is asked once a day
    assert Refund.objects.get().next_check_at == LEAVING + timedelta(days=1)


def test_settlement_of_a_fast_clock_is_sent():
    load()
    vendor = vendor_named("aike")
    session = vendor.simulator.park.enter(PLATE, 900)
    lot = lot_in_front_of(vendor)
    row = pay(lot, system_of(lot).charge(ChargeQuery(now(), plate=parse(PLATE))))
    at = now()
    Settlement.objects.filter(pk=row.pk).update(next_check_at=at + AHEAD)
    pull_forward(at)
    settlements.settle_with_systems(at)
    assert session.paid_fen == 900


@every_vendor
def test_next_fee_of_a_stay_counts(fakes, name):
    """The first was paid while the clock was ahead, the second when it was right again."""
    vendor, at = vendor_named(name), now()
    car, lot = vendor.simulator.park.enter(PLATE, 500), lot_in_front_of(vendor)
    buy(lot, fakes[0], at + AHEAD)
    car.price_fen = 900
    second = buy(lot, fakes[1], at)
    assert (second.amount_fen, second.credited_fen, Refund.objects.count()) == (400, 400, 0)
    settlements.settle_with_systems(at)
    assert car.paid_fen == 900


def buy(lot, channel, at):
    payment = start_paying(look_up(lot=lot, plate=parse(PLATE), at=at), channel.name, at=at)
    settle(channel.pay(payment.number), cause="notice", at=at)
    settlements.settle_with_systems(at)
    payment.refresh_from_db()
    return payment


@every_vendor
def test_one_fee_paid_twice_is_a_surplus(fakes, name):
    """Two phones asked for it while the clock was ahead, and pay when it is right again."""
    vendor, at = vendor_named(name), now()
    car, lot = vendor.simulator.park.enter(PLATE, 500), lot_in_front_of(vendor)
    shown = look_up(lot=lot, plate=parse(PLATE), at=at + AHEAD)
    payments = [start_paying(shown, fake.name, at=at + AHEAD) for fake in fakes]
    for fake, payment in zip(fakes, payments, strict=True):
        settle(fake.pay(payment.number), cause="notice", at=at)
        settlements.settle_with_systems(at)
        at += timedelta(seconds=1)
    assert [payment.credited_fen for payment in Payment.objects.order_by("pk")] == [500, 0]
    assert [refund.payment for refund in Refund.objects.all()] == payments[1:]
    assert car.paid_fen == 500
