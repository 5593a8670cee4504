"""A lot that gets another parking system while cars are inside and payments are open: nothing is lost."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.models import Lot, ParkingSession, SystemNotice, SystemSession
from lots.plates import parse
from lots.systems import system_of
from lots.systems.links import digest_of, save_link, use_own_system
from lots.systems.parking_system import ChargeQuery, Nothing, NothingDue, Unreachable
from payments import open_tasks, settlements, zero_bills
from payments.models import Payment, Refund, Settlement, ZeroBill
from payments.refusals import ChargeExpired, NothingOwed
from payments.settling import settle
from tests.factories import make_device, make_lot, see
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.lots.systems.test_commands import given
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.django_db
PLATE = parse("沪A12345")


def switch(lot, vendor):
    """Put a lot in front of a vendor's system, or of our own, as an operator does: suspended meanwhile."""
    Lot.objects.filter(pk=lot.pk).update(closed_at=now())
    lot.refresh_from_db()
    if vendor is None:
        use_own_system(lot, at=now())
    else:
        typed = given(vendor, **vendor.simulator.options)
        save_link(lot, typed, accepts_weak=True, at=now())
    Lot.objects.filter(pk=lot.pk).update(closed_at=None)
    lot.refresh_from_db()


def other_keys(vendor):
    """Return keys that differ from the vendor's: those of another site."""
    return dict.fromkeys(vendor.simulator.secrets, "another-key-of-24-letter")


def link(lot, vendor, **changed):
    """Link a lot in use to another address of its vendor, as an operator does while payments are open."""
    save_link(lot, given(vendor, **{**vendor.simulator.options, **changed}), accepts_weak=True, at=now())
    lot.refresh_from_db()


@every_vendor
def test_money_after_a_switch_is_a_task(name, channel):
    """The driver is at the cashier when the lot goes back to our own cameras."""
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    switch(lot, None)
    settle(channel.pay(payment.number), cause="notice", at=now())
    payment.refresh_from_db()
    assert (payment.state, payment.credited_fen) == (Payment.State.PAID, 1250)
    settlements.settle_with_systems(now())
    row = Settlement.objects.get()
    assert (row.system, row.state, row.fault) == (vendor.kind, Settlement.State.OPEN, "system_changed")
    assert car.paid_fen == 0
    assert not Refund.objects.exists()
    waiting = settlements.waiting(
        Settlement.objects.all(), longer_than=open_tasks.UNREPORTED_AFTER, at=now() + timedelta(minutes=6)
    )
    assert list(waiting) == [row]


def test_other_system_hears_of_no_former_payment(channel):
    former, new = vendor_named("aike"), vendor_named("generic")
    former.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(former)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    switch(lot, new)
    new.simulator.received.clear()
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().fault == "system_changed"
    assert not new.simulator.received
    switch(lot, former)
    settlements.settle_with_systems(now() + timedelta(minutes=1))
    assert Settlement.objects.get().state == Settlement.State.ACCEPTED


@every_vendor
def test_other_site_judges_no_former_payment(name, channel):
    """The same vendor at another address, with other keys: nobody knows whether that is the same system."""
    former, new = vendor_named(name), vendor_named(name, site=2)
    car = former.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(former)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    link(lot, new, **other_keys(new))
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    row = Settlement.objects.get()
    assert (row.state, row.fault, car.paid_fen) == (Settlement.State.OPEN, "system_changed", 0)
    assert not new.simulator.received
    assert not Refund.objects.exists()
    link(lot, former)
    settlements.settle_with_systems(now() + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, car.paid_fen) == (Settlement.State.ACCEPTED, 1250)


@every_vendor
def test_corrected_address_carries_on(name, channel):
    """A wrong address is put right: same vendor, same lot, same keys. Nothing waits for a person."""
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    shown = look_up(lot=lot, plate=PLATE, at=now())
    payment = start_paying(shown, channel.name, at=now())
    link(lot, vendor, base_url="http://127.0.0.1:9/typo")
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    row = Settlement.objects.get()
    assert (row.state, row.fault, car.paid_fen) == (Settlement.State.OPEN, "no_answer", 0)
    link(lot, vendor)
    settlements.settle_with_systems(now() + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, car.paid_fen) == (Settlement.State.ACCEPTED, 1250)
    with pytest.raises(NothingOwed):
        look_up(lot=lot, plate=PLATE, at=now())


@every_vendor
def test_corrected_address_gives_nothing_back(name, channel):
    """It was put wrong: the system there knows no such bill, and that is no reason for a refund."""
    vendor, wrong = vendor_named(name), vendor_named(name, site=2)
    vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    settle(channel.pay(payment.number), cause="notice", at=now())
    link(lot, wrong)
    settlements.settle_with_systems(now())
    row = Settlement.objects.get()
    assert (row.state, Refund.objects.count()) == (Settlement.State.OPEN, 0)
    assert (row.fault == "left_unconfirmed") == wrong.system().knows_gone
    link(lot, vendor)
    settlements.settle_with_systems(now() + timedelta(minutes=1))
    row.refresh_from_db()
    assert row.state == Settlement.State.ACCEPTED


def test_new_keys_of_a_corrected_address_carry_on():
    """The address first, the keys a day later: each step reaches the same lot."""
    vendor = vendor_named("aike")
    lot = lot_in_front_of(vendor)
    before = lot.system_digest
    for changed in ({"base_url": "https://new.example"}, {"base_url": "https://new.example", "secret": "x"}):
        link(lot, vendor, **changed)
        assert lot.system_digest == before
    link(lot, vendor, base_url="https://other.example", secret="y")
    assert lot.system_digest != before


def test_other_lot_code_judges_no_former_payment(channel):
    vendor = vendor_named("pcloud")
    vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    settle(channel.pay(payment.number), cause="notice", at=now())
    link(lot, vendor, lot_code="another")
    vendor.simulator.received.clear()
    vendor.simulator.fault("void")
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().fault == "system_changed"
    assert not vendor.simulator.received


def test_link_changed_meanwhile_is_not_asked(channel):
    """The worker has read the lot; then its link is changed, and only then the system would be asked."""
    vendor, new = vendor_named("pcloud"), vendor_named("pcloud", site=2)
    lot = lot_in_front_of(vendor)
    system_before = Lot.objects.get(pk=lot.pk)
    link(lot, new, **other_keys(new))
    assert system_of(system_before).charge(ChargeQuery(now(), plate=PLATE)) == Unreachable("not_configured")
    assert not new.simulator.received


@pytest.mark.parametrize("name", ["pcloud", "keytop"])
def test_charge_of_another_site_cannot_be_paid(name, channel):
    """The page shows a fee of the former site, which the new one cannot be asked about by its number."""
    former, new = vendor_named(name), vendor_named(name, site=2)
    former.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(former)
    shown = look_up(lot=lot, plate=PLATE, at=now())
    link(lot, new, **other_keys(new))
    new.simulator.park.enter(PLATE.text, 1250)
    with pytest.raises(ChargeExpired):
        start_paying(shown, channel.name, at=now())
    assert not Payment.objects.exists()


def test_notice_of_another_site_pays_nothing(channel):
    """A stay was paid at the former site; the new one gives its number to another car."""
    former, new = vendor_named("keytop"), vendor_named("keytop", site=2)
    lot = lot_in_front_of(former)
    SystemNotice.objects.create(
        lot=lot, digest=b"1", kind=SystemNotice.Kind.PAID, reference="7001", amount_fen=1250, at=now()
    )
    link(lot, new, **other_keys(new))
    assert not SystemNotice.objects.exists()


def test_zero_bill_of_another_site_is_dropped():
    former, new = vendor_named("hikvision"), vendor_named("hikvision", site=2)
    lot = lot_in_front_of(former)
    assert zero_bills.enqueue(lot, NothingDue(Nothing.FREE, "B7"), at=now())
    link(lot, new, **other_keys(new))
    zero_bills.settle_zero_bills(now())
    assert not ZeroBill.objects.exists()
    assert not new.simulator.received


def test_encrypted_address_is_the_same_site():
    same = {"lot_code": "7", "options": {}}
    digests = {
        digest_of("aike", base_url=url, **same)
        for url in ("http://pms.example", "https://PMS.example/", "https://pms.example:443")
    }
    assert len(digests) == 1
    assert digests != {digest_of("aike", base_url="https://pms.example/b", **same)}
    assert digests != {digest_of("aike", base_url="https://pms.example:8443", **same)}


def test_same_name_is_another_stay(channel):
    """Two systems number their stays from one: the second car must not owe nothing for the first."""
    former, new = vendor_named("aike"), vendor_named("generic")
    former.simulator.park.enter(PLATE.text, 1250).session = "7001"
    lot = lot_in_front_of(former)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    former.simulator.fault("offline")
    settle(channel.pay(payment.number), cause="notice", at=now())
    switch(lot, new)
    car = new.simulator.park.enter("沪B54321", 1250)
    car.session = "7001"
    second = start_paying(look_up(lot=lot, plate=parse("沪B54321"), at=now()), channel.name, at=now())
    assert (second.amount_fen, second.session_id != payment.session_id) == (1250, True)
    settle(channel.pay(second.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert car.paid_fen == 1250
    assert not Refund.objects.exists()


@every_vendor
def test_own_payment_survives_both_switches(name, channel):
    """A car of our own cameras pays while the lot is handed to a vendor and back."""
    lot, vendor = make_lot(), vendor_named(name)
    see(make_device(lot, "entry"), PLATE.text, now() - timedelta(minutes=61))
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    switch(lot, vendor)
    vendor.simulator.received.clear()
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    payment.refresh_from_db()
    assert (payment.state, payment.credited_fen) == (Payment.State.PAID, 1000)
    assert not Settlement.objects.exists()
    assert not vendor.simulator.received
    switch(lot, None)
    with pytest.raises(NothingOwed):
        look_up(lot=lot, plate=PLATE, at=now())
    assert ParkingSession.objects.get().paid_fen == 1000
    assert not Refund.objects.exists()


def test_switch_forgets_session_names(channel):
    vendor = vendor_named("jieshun")
    vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    payment = start_paying(look_up(lot=lot, plate=PLATE, at=now()), channel.name, at=now())
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    switch(lot, None)
    Payment.objects.update(created_at=now() - timedelta(hours=lot.retention_hours + 1))
    assert settlements.forget_session_names(now()) == 1
    assert SystemSession.objects.get().reference.startswith("~~")
