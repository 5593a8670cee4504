"""Telling a parking system that a charge is paid: until it is accepted, once, or the money goes back."""

from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.jobs import load
from core.outside import LIMITS
from lots.models import Lot, ParkingSession, ParkingSystemLink
from lots.plates import parse
from lots.systems import system_of
from lots.systems.links import seal_secrets, session_id_of
from lots.systems.notices import NoticeKind, SystemEvent
from lots.systems.parking_system import ChargeQuery, NothingDue
from payments import ledger, notice_effects, refunds, settlements
from payments.charges import Due, ask
from payments.models import Payment, Refund, Settlement, SettlementEvent
from payments.numbers import new_number, new_token
from payments.payment_jobs import pull_forward
from sandbox.systems.__main__ import SIMULATORS
from sandbox.systems.system_server import SystemAnswer
from tests.effort import cases
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named

pytestmark = pytest.mark.django_db
PLATE = parse("沪A12345")
State = Settlement.State


def charge_in(lot):
    return system_of(lot).charge(ChargeQuery(now(), plate=PLATE))


@transaction.atomic
def pay(lot, charge):
    """Record a payment of this charge as `payments.settling` does; return its settlement."""
    at = now()
    session = ParkingSession.objects.get(pk=session_id_of(lot, charge))
    payment = Payment.objects.create(
        **_carried(charge),
        lot=lot,
        session=session,
        provider="fake",
        merchant="m1",
        number=new_number(),
        token=new_token(),
        amount_fen=charge.due_fen,
        state=Payment.State.PAID,
        language="zh-hans",
        created_at=at,
        expires_at=at,
        paid_at=at,
    )
    payment.credited_fen = credited = settlements.credited_fen(payment)
    payment.save()
    for entry in ledger.entries_of(payment, credited_fen=credited, at=at):
        entry.save()
    ParkingSession.objects.filter(pk=session.pk).update(paid_fen=session.paid_fen + credited)
    return settlements.enqueue(payment, at=at)


def _carried(charge):
    """Return how a payment carries its charge."""
    return {
        "reference": charge.reference,
        "lane": None,
        "price_fen": charge.price_fen,
        "due_fen": charge.due_fen,
        "until": charge.until,
    }


def paid_at(vendor):
    """Return a car with a paid fee of 9 yuan at a vendor, its lot here, and the settlement."""
    car, lot = vendor.simulator.park.enter(PLATE.text, 900), lot_in_front_of(vendor)
    return car, lot, pay(lot, charge_in(lot))


def work(at):
    LIMITS.forget()  # a circuit counts real seconds, and here only `at` moves
    return settlements.settle_with_systems(at)


@pytest.fixture
def aike():
    return vendor_named("aike")


@every_vendor
def test_payment_is_accepted(name):
    vendor = vendor_named(name)
    car, _, row = paid_at(vendor)
    assert work(row.created_at) == 1
    row.refresh_from_db()
    assert (row.state, row.next_check_at, car.paid_fen) == (State.ACCEPTED, None, 900)
    own = (
        [row.payment.number] if "hikvision" not in name else [row.reference]
    )  # there a bill has no number of ours
    assert list(vendor.simulator.park.payments) == own
    assert [event.became for event in SettlementEvent.objects.all()] == ["accepted"]
    assert work(row.created_at + timedelta(days=2)) == 0


@every_vendor
def test_car_that_left_gets_its_money_back(name):
    vendor = vendor_named(name)
    *_, row = paid_at(vendor)
    vendor.simulator.park.leave(PLATE.text)
    work(row.created_at)
    settlements.carry_out(row, at=row.created_at)
    if not vendor.system().knows_gone:
        row.refresh_from_db()
        assert row.state == State.OPEN
        assert not Refund.objects.exists()
        return
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.payment) == (900, "overpaid", row.payment)
    row.refresh_from_db()
    assert row.state == State.GONE
    assert ParkingSession.objects.get().paid_fen == 0


def test_repeats_use_the_same_number(aike):
    car, _, row = paid_at(aike)
    aike.simulator.fault("lost_answer")
    at = row.created_at
    waits = []
    for _ in range(5):
        work(at)
        row.refresh_from_db()
        waits.append((row.next_check_at - at).total_seconds())
        at = row.next_check_at
    assert waits == [3, 10, 60, 300, 900]
    assert (row.state, row.fault, car.paid_fen) == (State.OPEN, "no_answer", 900)
    aike.simulator.clear()
    LIMITS.forget()  # the real pause of the circuit is shorter than the row's
    work(at)
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.ACCEPTED, "")
    assert car.paid_fen == 900


@every_vendor
def test_ladder_goes_on_for_days(name):
    """3 s, 10 s, 1 min … each hour, under one number; after a day it is a task, and asking goes on."""
    vendor = vendor_named(name)
    car, _, row = paid_at(vendor)
    vendor.simulator.received.clear()
    vendor.simulator.fault("no_answer")
    at, waits = row.created_at, []
    while at < row.created_at + timedelta(hours=26):
        work(at)
        row.refresh_from_db()
        is_over_a_day = at - row.created_at >= timedelta(hours=24)
        assert row.state == (State.OVERDUE if is_over_a_day else State.OPEN)
        waits.append(round((row.next_check_at - at).total_seconds()))
        at = row.next_check_at
    assert waits[:7] == [3, 10, 60, 300, 900, 1800, 3600]
    assert set(waits[7:]) == {3600}
    assert len(vendor.simulator.received) >= len(waits)
    vendor.simulator.clear()
    work(at)
    row.refresh_from_db()
    assert (row.state, car.paid_fen, len(vendor.simulator.park.payments)) == (State.ACCEPTED, 900, 1)


def test_silence_of_a_day_is_a_task(aike):
    *_, row = paid_at(aike)
    aike.simulator.fault("offline")
    late = row.created_at + timedelta(hours=25)
    work(late)
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.OVERDUE, "lot_offline")
    assert row.next_check_at is not None
    waiting = settlements.waiting(Settlement.objects.all(), longer_than=timedelta(minutes=2), at=late)
    assert list(waiting) == [row]
    settlements.close_by_hand(row, at=late)
    assert not work(late + timedelta(days=1))
    with pytest.raises(settlements.NotOpen):
        settlements.close_by_hand(row, at=late)


def test_refunded_payment_is_not_reported(aike):
    *_, row = paid_at(aike)
    refunds.request_refund(row.payment, amount_fen=900, reason=Refund.Reason.OVERPAID, at=row.created_at)
    work(row.created_at)
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN
    assert not aike.simulator.park.payments


def test_refunded_payment_is_never_sent_again(aike):
    """The system's key was wrong, so it counted nothing; staff refunded the driver and corrected the key."""
    car, lot, row = paid_at(aike)
    link = ParkingSystemLink.objects.filter(lot=lot)
    right = link.get().secrets
    link.update(secrets=seal_secrets(lot.pk, {**aike.simulator.secrets, "secret": "wrong"}))
    work(row.created_at)
    row.refresh_from_db()
    assert (row.state, row.fault, row.may_be_counted) == (State.OPEN, "refused_us", False)
    refunds.request_refund(row.payment, amount_fen=900, reason=Refund.Reason.STAFF, at=row.created_at)
    link.update(secrets=right)
    work(row.created_at + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, car.paid_fen) == (State.WITHDRAWN, 0)


def test_refunded_driver_is_asked_again(aike):
    """The system is not notified again for a while: until then the fee is due once more, not paid."""
    _, lot, row = paid_at(aike)
    aike.simulator.fault("offline")
    work(row.created_at)
    aike.simulator.clear()
    LIMITS.forget()
    assert isinstance(ask(lot, ChargeQuery(now(), plate=PLATE)), NothingDue)
    refunds.request_refund(row.payment, amount_fen=900, reason=Refund.Reason.STAFF, at=row.created_at)
    due = ask(lot, ChargeQuery(now(), plate=PLATE))
    assert isinstance(due, Due)
    assert due.amount_fen == 900


def test_payment_after_a_refunded_one_counts(aike):
    aike.simulator.park.enter(PLATE.text, 900)
    lot = lot_in_front_of(aike)
    charge = charge_in(lot)
    first = pay(lot, charge)
    refunds.request_refund(first.payment, amount_fen=900, reason=Refund.Reason.OVERPAID, at=first.created_at)
    work(first.created_at)
    second = pay(lot, charge)
    assert second.payment.credited_fen == 900
    work(now())
    assert list(aike.simulator.park.payments) == [second.payment.number]


def test_second_phone_is_a_surplus(aike):
    aike.simulator.park.enter(PLATE.text, 900)
    lot = lot_in_front_of(aike)
    charge = charge_in(lot)
    first, second = pay(lot, charge), pay(lot, charge)
    assert (first.payment.credited_fen, second) == (900, None)
    assert [row.credited_fen for row in Payment.objects.order_by("pk")] == [900, 0]


def test_deadline_of_the_system_is_stored(aike):
    *_, row = paid_at(aike)
    work(row.created_at)
    row.refresh_from_db()
    assert row.leave_by == row.payment.session.exit_until == row.payment.paid_at + timedelta(minutes=15)


def test_own_sessions_need_no_settlement(lot):
    payment = Payment(lot=lot, credited_fen=1)
    assert settlements.enqueue(payment, at=now()) is None


def test_events_cannot_be_changed(aike):
    aike.simulator.park.enter(PLATE.text, 900)
    lot = lot_in_front_of(aike)
    work(pay(lot, charge_in(lot)).created_at)
    with pytest.raises(DatabaseError), transaction.atomic():
        SettlementEvent.objects.update(cause="x")


@pytest.mark.parametrize("system", ["builtin", "generic"])
def test_changed_system_refunds_nothing(aike, system):
    """The answer was lost, and the lot got another system: only the former one knows what it counted."""
    _, lot, row = paid_at(aike)
    aike.simulator.fault("lost_answer")
    work(row.created_at)
    aike.simulator.clear()
    vendor = vendor_named("generic")
    changed = {"base_url": vendor.url, "lot_code": vendor.simulator.lot_code}
    ParkingSystemLink.objects.filter(lot=lot).update(
        **changed, secrets=seal_secrets(lot.pk, vendor.simulator.secrets)
    )
    Lot.objects.filter(pk=lot.pk).update(system=system)
    work(row.created_at + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.OPEN, "system_changed")
    assert not Refund.objects.exists()
    settlements.close_by_hand(row, at=now())


def test_lot_without_link_keeps_the_row(aike):
    _, lot, row = paid_at(aike)
    lot.system_link.delete()
    work(row.created_at)
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.OPEN, "not_configured")


STEPS = st.lists(
    st.sampled_from(
        [
            *("work", "work", "offline", "lost_answer", "no_answer", "void", "heal", "leave", "die"),
            *("clock back", "clock ahead", "other system"),
        ]
    ),
    max_size=14,
)


def clock_after(step, at):
    """Return the time after a step of the server's clock."""
    if step == "clock back":
        at -= timedelta(minutes=10)
        pull_forward(at)
    return at + timedelta(hours=step == "clock ahead")


def switch_system(lot):
    """Hand the lot over to our own system, or back."""
    lots = Lot.objects.filter(pk=lot.pk)
    lots.update(system=lot.system if lots.filter(system="builtin").exists() else "builtin")


@every_vendor
@settings(max_examples=cases(8), suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_money_is_counted_once_or_goes_back(name, steps):
    """Any sequence of faults, repeats, steps of the clock, switches of the system, and workers that die."""
    load()
    vendor = vendor_named(name)
    car, lot, row = paid_at(vendor)
    acts = {
        "heal": vendor.simulator.clear,
        "leave": lambda: vendor.simulator.park.leave(PLATE.text),
        "other system": lambda: switch_system(lot),
        **dict.fromkeys(["clock back", "clock ahead"], str),
    }
    at, switches = row.created_at, steps.count("other system")
    for step in [*steps, *["other system"] * (switches % 2), "heal", "work"]:
        row.refresh_from_db()
        at = clock_after(step, max(at, row.next_check_at or at))
        if step == "work":
            work(at)
        elif step == "die":  # the call was made, nothing was recorded
            if row.state in Settlement.UNFINISHED:
                die_after_the_call(row, at)
        else:
            acts.get(step, lambda: vendor.simulator.fault(step))()  # noqa: B023 - called here
    row.refresh_from_db()
    back = sum(refund.amount_fen for refund in row.payment.refunds.all())
    if row.state == State.ACCEPTED:
        assert (car.paid_fen, back) == (900, 0)
    elif vendor.system().knows_gone and not row.may_be_counted:
        assert (row.state, back) == (State.GONE, 900)
    else:  # what became of it is not known: a task for staff, and the money is still here
        assert {"leave", "void"} & set(steps)
        assert (row.state in Settlement.UNFINISHED, back) == (True, 0)


class Died(BaseException):
    """The worker's process ended."""


def die_after_the_call(row, at):
    """Have the system answer a settlement, and record nothing of that."""
    system = system_of(row.lot)

    def settle(settlement):
        type(system).settle(system, settlement)
        raise Died

    with patch.object(settlements, "system_of", lambda _: SimpleNamespace(settle=settle)), suppress(Died):
        settlements.carry_out(row, at=at)


@every_vendor
def test_answer_lost_by_death_is_never_given_back(name):
    """The worker died with the answer, the car left, and the system knows that number no more."""
    vendor = vendor_named(name)
    *_, row = paid_at(vendor)
    die_after_the_call(row, row.created_at)
    vendor.simulator.fault("void")
    work(row.created_at + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, Refund.objects.count()) == (State.OPEN, 0)


@every_vendor
@pytest.mark.parametrize("fault", ["lost_answer", "offline", "busy", "redirect"])
def test_unclear_answer_is_never_given_back(name, fault):
    """The car left by its open barrier, and the system does not know the number of a payment again."""
    vendor = vendor_named(name)
    *_, row = paid_at(vendor)
    vendor.simulator.fault(fault)
    work(row.created_at)
    vendor.simulator.clear()
    vendor.simulator.fault("void")
    for minute in range(1, 4):
        work(row.created_at + timedelta(minutes=minute))
    row.refresh_from_db()
    if not vendor.system().knows_gone:
        assert (row.state, Refund.objects.count()) == (State.OPEN, 0)
    elif row.may_be_counted:
        assert (row.state, row.fault, Refund.objects.count()) == (State.OPEN, "left_unconfirmed", 0)
        left = row.payment.amount_fen
        refunds.request_refund(row.payment, amount_fen=left, reason=Refund.Reason.OVERPAID, at=now())
        work(row.created_at + timedelta(hours=1))  # staff refunded it: that ends the task
        row.refresh_from_db()
        assert (row.state, Refund.objects.count()) == (State.GONE, 1)
    else:
        assert fault == "redirect"  # a clear refusal: it was not counted then
        assert (row.state, Refund.objects.count()) == (State.GONE, 1)


@pytest.mark.parametrize(
    ("answers", "state"), [([1, "重复支付"], State.ACCEPTED), (["重复支付"] * 2, State.OPEN)]
)
def test_paid_bill_needs_our_number(monkeypatch, answers, state):
    """A bill that is paid already counts only where the system took or reported this payment."""
    vendor = vendor_named("bolian")
    car, _, row = paid_at(vendor)
    bodies = [{"state": 1} if each == 1 else {"state": 0, "errmsg": each} for each in answers]
    monkeypatch.setattr(vendor.simulator, "pay", lambda _: SystemAnswer({"data": bodies.pop(0)}))
    for minute in range(len(answers)):
        work(row.created_at + timedelta(minutes=minute))
        car.paid_fen = 900  # its order is prepaid from now on
    row.refresh_from_db()
    assert row.state == state
    assert not Refund.objects.exists()


def test_reported_number_settles_a_paid_bill(monkeypatch):
    """The system refuses the repeat of a payment that its own notice has called counted."""
    vendor = vendor_named("pcloud")
    _, lot, row = paid_at(vendor)
    refused = SystemAnswer({"result_code": 1500, "message": "订单已支付"})
    monkeypatch.setattr(vendor.simulator, "answer", lambda _: refused)
    work(row.created_at)
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.OPEN, "paid_already")
    number = row.payment.number
    notice = SystemEvent(NoticeKind.SETTLED, f"{number} 1", "", number, is_counted=True)
    notice_effects.receive(lot, notice, at=row.created_at)
    work(row.created_at + timedelta(minutes=1))
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


class Dies(BaseException):
    """The worker is killed: nothing after this point runs, and an open transaction is rolled back."""


FOR_EACH_DEATH = {"aike", "keytop"}  # one that says when a car has left, and one that does not
DEATHS = ["before the call", "after the call", "inside the record", "after the record"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.deep] * (name not in FOR_EACH_DEATH))
        for name in sorted(SIMULATORS)
    ],
)
@pytest.mark.parametrize("has_left", [False, True])
@pytest.mark.parametrize("point", DEATHS)
def test_worker_that_dies_settles_once(name, has_left, point, monkeypatch):
    vendor = vendor_named(name)
    car, lot, row = paid_at(vendor)
    if has_left:
        vendor.simulator.park.leave(PLATE.text)
    system = type(system_of(lot))
    holder, function = {
        "before the call": (system, "settle"),
        "after the call": (system, "settle"),
        "inside the record": (Settlement, "advance"),
        "after the record": (settlements, "carry_out"),
    }[point]
    whole = getattr(holder, function)

    def dies(*args, **kwargs):
        if point != "before the call":
            whole(*args, **kwargs)
        raise Dies

    with monkeypatch.context() as patch:
        patch.setattr(holder, function, dies)
        try:
            with transaction.atomic():  # as the database ends it when its client is gone
                settlements.carry_out(row, at=row.created_at)
                assert has_left
                assert not system.knows_gone
        except Dies:
            pass
    row.refresh_from_db()
    for minute in range(3):
        work(row.created_at + timedelta(minutes=minute + 1))
    row.refresh_from_db()
    back = sum(refund.amount_fen for refund in row.payment.refunds.all())
    paid = 0 if has_left else 900
    assert (car.paid_fen, len(vendor.simulator.park.payments)) == (paid, paid // 900)
    if not has_left:
        assert (row.state, back) == (State.ACCEPTED, 0)
    elif system.knows_gone:
        assert (row.state, back, row.payment.refunds.count()) == (State.GONE, 900, 1)
    else:
        assert (row.state, back) == (State.OPEN, 0)


@pytest.mark.parametrize(("refused", "state"), [(False, State.OPEN), (True, State.GONE)])
def test_taken_payment_of_gone_car_is_task(monkeypatch, refused, state):
    """泊链's cloud took it, and the barrier may have opened before the lot's word came: staff decide."""
    vendor = vendor_named("bolian")
    _, lot, row = paid_at(vendor)
    monkeypatch.setattr(vendor.simulator, "pay", lambda _: SystemAnswer({"data": {"state": 1}}))
    work(row.created_at)
    row.refresh_from_db()
    assert (row.state, row.fault) == (State.OPEN, "waiting_for_lot")
    monkeypatch.undo()
    vendor.simulator.park.leave(PLATE.text)
    if refused:  # the lot's own word: it does not count this payment
        number = row.payment.number
        notice_effects.receive(
            lot, SystemEvent(NoticeKind.SETTLED, f"{number} 0", "", number), at=row.created_at
        )
    for minute in range(1, 4):
        work(row.created_at + timedelta(minutes=minute))
    row.refresh_from_db()
    assert (row.state, Refund.objects.count()) == (state, int(refused))
    assert row.fault == ("" if refused else "left_unconfirmed")
