"""From the fee to the barrier for a lot in front of another vendor's system."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import cycle, permutations

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import RequestFactory
from django.urls import reverse
from django.utils.timezone import now

from console.session_acts import due_of, offers_of
from lots.models import ParkingSession, SystemSession
from lots.plates import parse
from lots.pricing import NoTariff
from lots.session_names import plate_part
from lots.systems.parking_system import ChargeQuery
from lots.systems.remote import RemoteSystem
from payments import booth, refund_acts, settlements, staff_actions
from payments.charge_token import unseal
from payments.charges import ask, sealed
from payments.check_before_paying import check_before_paying
from payments.models import Debt, Payment, Refund, Settlement
from payments.payment_moves import NotMovable
from payments.refusals import ChargeExpired, NothingOwed
from payments.settling import settle
from sandbox.systems.simulated_car_park import Counted
from tests.factories import make_device, make_person, signed_in
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.payments.acting import by, park
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.django_db
PLATE = parse("沪A12345")


def pay(lot, channel, at, plate=PLATE):
    shown = look_up(lot=lot, plate=plate, at=at)
    payment = start_paying(shown, channel.name, at=at)
    settle(channel.pay(payment.number), cause="notice", at=at)
    payment.refresh_from_db()
    return payment


@every_vendor
def test_fee_is_paid_and_reported(name, channel):
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 1250)
    lot = lot_in_front_of(vendor)
    payment = pay(lot, channel, now())
    assert (payment.amount_fen, payment.credited_fen, payment.state) == (1250, 1250, Payment.State.PAID)
    assert not Refund.objects.exists()
    assert settlements.settle_with_systems(now()) == 1
    assert Settlement.objects.get().state == Settlement.State.ACCEPTED
    assert car.paid_fen == 1250
    with pytest.raises(NothingOwed):
        look_up(lot=lot, plate=PLATE, at=now())
    assert ParkingSession.objects.get().plate is None


@pytest.mark.parametrize("has_tariff", [True, False])
@pytest.mark.parametrize("still_owed", [True, False])
def test_part_refund_gives_no_more_back(channel, has_tariff, still_owed):
    """What our tariffs say of another system's stay counts for nothing, also if there are some left."""
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 900)
    lot = lot_in_front_of(vendor)
    if not has_tariff:
        lot.tariffs.all().delete()
    payment = pay(lot, channel, now())
    ParkingSession.objects.update(entered_at=now() - timedelta(hours=30))
    refund_acts.refund(payment, amount_fen=300, still_owed=still_owed, by=by(), at=now())
    assert Refund.objects.get().amount_fen == 300
    assert ParkingSession.objects.get().paid_fen == 600
    assert (Payment.objects.count(), Debt.objects.count()) == (1, 0)


def test_money_for_other_system_is_not_priced(channel):
    """Cash is taken and booked over there; our tariff would call a part of it a surplus."""
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 900)
    pay(lot_in_front_of(vendor), channel, now())
    with pytest.raises(NoTariff):
        booth.take_elsewhere(ParkingSession.objects.get(), amount_fen=900, by=by(), at=now())
    with pytest.raises(NothingOwed):
        booth.waive(ParkingSession.objects.get(), by=by(), at=now() + timedelta(hours=30))


def test_payment_of_other_system_cannot_move(channel):
    """The system that has counted it learns of no move."""
    vendor = vendor_named("generic")
    lot = lot_in_front_of(vendor)
    payments = []
    for plate in (PLATE, parse("沪B67890")):
        vendor.simulator.park.enter(plate.text, 900)
        payments.append(pay(lot, channel, now(), plate))
    own = park(make_device(lot, "entry"), "沪C12345")
    for target in (payments[1].session, own):
        with pytest.raises(NotMovable):
            staff_actions.move(payments[0], to=target, by=by(), at=now())


def test_stay_of_other_system_offers_no_acts(channel):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 900)
    pay(lot_in_front_of(vendor), channel, now())
    session = ParkingSession.objects.get()
    session.entered_at = now() - timedelta(hours=30)
    assert due_of(session, now()) is None
    assert list(offers_of(signed_in_request(), session, now())) == []


def signed_in_request():
    request = RequestFactory().get("/")
    request.user = make_person()
    return request


def test_page_prices_no_stay_of_other_system(channel):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 900)
    payment = pay(lot_in_front_of(vendor), channel, now())
    ParkingSession.objects.update(entered_at=now() - timedelta(hours=30))
    answer = signed_in(make_person()).get(reverse("console:stay", args=[payment.session_id]))
    assert (answer.context["price"], answer.context["due"], answer.context["reasons"].lines) == ("", None, ())
    assert "#move" not in answer.content.decode()


def test_overtime_is_a_second_payment(channel):
    vendor = vendor_named("generic")
    car = vendor.simulator.park.enter(PLATE.text, 500)
    lot = lot_in_front_of(vendor)
    pay(lot, channel, now() - timedelta(minutes=30))
    settlements.settle_with_systems(now())
    car.price_fen = 900
    second = pay(lot, channel, now())
    assert (second.amount_fen, second.credited_fen) == (400, 400)
    settlements.settle_with_systems(now())
    assert car.paid_fen == 900
    assert ParkingSession.objects.get().paid_fen == 900


@every_vendor
def test_accepted_payment_is_passed_on_first(monkeypatch, channel, name):
    """The vendor's cloud has accepted it, and its car park does not know of it for some minutes."""
    vendor = vendor_named(name)
    car, at = vendor.simulator.park.enter(PLATE.text, 500), now()
    lot = lot_in_front_of(vendor)
    with monkeypatch.context() as deaf:
        deaf.setattr(vendor.simulator.park, "count", lambda *_, **__: Counted.NOW)
        pay(lot, channel, at)
        settlements.settle_with_systems(at)
        for minutes in (0, 4):
            with pytest.raises(NothingOwed):
                look_up(lot=lot, plate=PLATE, at=at + timedelta(minutes=minutes))
    if name != "bolian":  # its callback has not come: the payment is not accepted yet
        assert look_up(lot=lot, plate=PLATE, at=at + timedelta(minutes=6)).amount_fen == 500
    car.price_fen += 300
    assert look_up(lot=lot, plate=PLATE, at=at).amount_fen == 300


@pytest.mark.parametrize(("hours", "is_asked"), [(20, True), (0, False), (-8, False)])
def test_number_used_again_is_another_stay(channel, hours, is_asked):
    """The system has not counted the first payment, and its clock may be ahead by a time zone."""
    vendor = vendor_named("generic")
    car = vendor.simulator.park.enter(PLATE.text, 500)
    lot, at = lot_in_front_of(vendor), now()
    pay(lot, channel, at - timedelta(hours=max(hours, 0) + 1))
    vendor.simulator.park.leave(PLATE.text)
    again = vendor.simulator.park.enter("沪B67890", 500)
    again.session, again.entered_at = car.session, at - timedelta(hours=min(hours, 0) + 0.2)
    if is_asked:
        assert look_up(lot=lot, plate=parse("沪B67890"), at=at).amount_fen == 500
    else:
        with pytest.raises(NothingOwed):
            look_up(lot=lot, plate=parse("沪B67890"), at=at)


@every_vendor
@pytest.mark.parametrize("is_one_look", [True, False])
def test_second_phone_gets_its_money_back(fakes, name, is_one_look):
    """Two phones share one fee, or each asks; the second bill of a stay is a surplus."""
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 500)
    lot, at = lot_in_front_of(vendor), now()
    shown = [look_up(lot=lot, plate=PLATE, at=at) for _ in fakes]
    pairs = zip(shown[:1] * 2 if is_one_look else shown, fakes, strict=True)
    first, second = (start_paying(each, fake.name, at=at) for each, fake in pairs)
    settle(fakes[1].pay(second.number), cause="notice", at=at)
    settle(fakes[0].pay(first.number), cause="notice", at=at)
    first.refresh_from_db()
    assert first.credited_fen == 0
    assert [refund.payment for refund in Refund.objects.all()] == [first]
    settlements.settle_with_systems(now())
    assert (car.paid_fen, len(vendor.simulator.park.payments)) == (500, 1)


@pytest.mark.parametrize("name", ["generic", "keytop"])
def test_late_notice_makes_the_next_a_surplus(fakes, name):
    """The first was paid before the second fee was asked for, and became known only after that."""
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 500)
    lot, begun = lot_in_front_of(vendor), now() - timedelta(minutes=2)
    asked, known = begun + timedelta(seconds=40), begun + timedelta(seconds=60)
    first = start_paying(look_up(lot=lot, plate=PLATE, at=begun), "one", at=begun)
    fakes[0].pay(first.number)
    second = start_paying(look_up(lot=lot, plate=PLATE, at=asked), "two", at=asked)
    third = look_up(lot=lot, plate=PLATE, at=asked)
    late = fakes[0].statement(first.number, at=begun + timedelta(seconds=20))
    settle(late, cause="notice", at=known)
    with pytest.raises((ChargeExpired, NothingOwed)):
        start_paying(third, "one", at=known)
    settle(fakes[1].pay(second.number), cause="notice", at=known)
    assert [refund.payment for refund in Refund.objects.all()] == [second]
    settlements.settle_with_systems(now())
    assert (car.paid_fen, len(vendor.simulator.park.payments)) == (500, 1)


ORDERS = sorted(set(permutations((0, 0, 0, 1, 1, 1))))


@pytest.mark.parametrize("order", ORDERS)
def test_two_phones_pay_one_fee_once(fakes, order):
    check_two_phones("generic", fakes, order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["hikvision", "hikvision8700", "jieshun", "keytop"])
def test_nameless_stay_is_paid_once(monkeypatch, fakes, name, order):
    """The system numbers neither stays nor tells when a car came in: each phone gets a bill of its own."""
    tell_no_entry(monkeypatch)
    check_two_phones(name, fakes, order)


def tell_no_entry(monkeypatch, *, given=(False,)):
    """Have the systems number no stays, and tell the entry time in some answers only, by turns."""
    due, turns = RemoteSystem.due, cycle(given)

    def without_entry(system, query, **bill):
        entered_at = bill["entered_at"] if next(turns) else None
        return due(system, query, **{**bill, "session": "", "entered_at": entered_at})

    monkeypatch.setattr(RemoteSystem, "due", without_entry)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("given", [(True, False), (False, True), (True, True, False)])
def test_entry_given_by_turns_is_paid_once(monkeypatch, fakes, given, order):
    tell_no_entry(monkeypatch, given=given)
    check_two_phones("keytop", fakes, order)


@pytest.mark.parametrize("given", [(True, False), (False, True)])
def test_entry_given_by_turns_stays_payable(monkeypatch, given):
    """The page's plate is asked for once more before the money is taken, and that answer decides."""
    tell_no_entry(monkeypatch, given=given)
    vendor = vendor_named("keytop")
    vendor.simulator.park.enter(PLATE.text, 500)
    lot, at = lot_in_front_of(vendor), now()
    due = ask(lot, ChargeQuery(at, plate=PLATE))
    token = sealed(due, lot=lot, sign=None, lane=None, language="zh-hans", plate=PLATE, at=at)
    shown = unseal(token, at=at)
    check_before_paying(shown, lot=lot, plate=PLATE, at=at)
    with pytest.raises(ChargeExpired):
        check_before_paying(shown._replace(session=f"{shown.session}?"), lot=lot, plate=PLATE, at=at)


@pytest.mark.parametrize("given", [(True, False), (False, True)])
def test_unsettled_stay_is_not_asked_again(monkeypatch, channel, given):
    tell_no_entry(monkeypatch, given=given)
    vendor = vendor_named("keytop")
    vendor.simulator.park.enter(PLATE.text, 500)
    lot, at = lot_in_front_of(vendor), now()
    pay(lot, channel, at)
    for _ in given:
        with pytest.raises(NothingOwed):
            look_up(lot=lot, plate=PLATE, at=at)


def test_plate_in_name_is_dropped_early(channel):
    """After an hour nothing links the stays of a car that a system names by its entry time."""
    vendor = vendor_named("keytop")
    vendor.simulator.park.enter(PLATE.text, 500)
    lot, at = lot_in_front_of(vendor), now()
    first = pay(lot, channel, at)
    settlements.settle_with_systems(at)
    row = SystemSession.objects.get()
    if connection.vendor == "sqlite":  # PostgreSQL reads all of so small a table
        assert "plate_names" in SystemSession.objects.called(lot, plate_part(row.reference)).explain()
    for later, part in ((timedelta(minutes=59), plate_part(row.reference)), (timedelta(minutes=61), "")):
        settlements.forget_session_names(at + later)
        kept = SystemSession.objects.get()
        name = kept.reference
        assert (plate_part(name), kept.plate_name or "", name[:25]) == (part, part, row.reference[:25])
    assert Settlement.objects.get().session_reference == name
    assert SystemSession.objects.called(lot, row.reference).get().session == first.session


def check_two_phones(name, fakes, order):
    """Each asks, pays, and is known here to have paid, in any order of the two."""
    vendor = vendor_named(name)
    car = vendor.simulator.park.enter(PLATE.text, 500)
    lot, begun = lot_in_front_of(vendor), now() - timedelta(minutes=2)
    done, started, paid_at = Counter(), {}, {}
    for place, phone in enumerate(order):
        at, fake = begun + timedelta(seconds=10 * place), fakes[phone]
        done[phone] += 1
        if done[phone] == 1:
            with suppress(NothingOwed):
                shown = look_up(lot=lot, plate=PLATE, at=at)
                started[phone] = start_paying(shown, fake.name, at=at).number
        elif phone in started and done[phone] == 2:
            fake.pay(started[phone])
            paid_at[phone] = at
        elif phone in started:
            settle(fake.statement(started[phone], at=paid_at[phone]), cause="notice", at=at)
    settlements.settle_with_systems(now())
    kept = Payment.objects.aggregate(fen=Sum("credited_fen"))["fen"]
    back = sum(refund.amount_fen for refund in Refund.objects.all())
    assert (car.paid_fen, kept, back) == (500, 500, 500 * (len(started) - 1))


def test_next_stay_of_nameless_system_is_another(monkeypatch, channel):
    """A plate's stays are not linked with each other, and what waits of the first takes nothing off."""
    tell_no_entry(monkeypatch)
    vendor = vendor_named("keytop")
    lot, at = lot_in_front_of(vendor), now()
    vendor.simulator.park.enter(PLATE.text, 500)
    first = pay(lot, channel, at - timedelta(hours=13))
    assert settlements.forget_session_names(at) == 0  # its system has not taken it yet
    vendor.simulator.park.leave(PLATE.text)
    vendor.simulator.park.enter(PLATE.text, 700)
    assert look_up(lot=lot, plate=PLATE, at=at).amount_fen == 700
    Settlement.objects.update(state=Settlement.State.ACCEPTED)
    assert settlements.forget_session_names(at) == 1
    assert pay(lot, channel, at).session_id != first.session_id
    assert settlements.forget_session_names(at + timedelta(minutes=59)) == 0


def test_car_that_left_gets_its_money_back(channel):
    vendor = vendor_named("aike")
    vendor.simulator.park.enter(PLATE.text, 500)
    lot = lot_in_front_of(vendor)
    payment = pay(lot, channel, now())
    vendor.simulator.park.leave(PLATE.text)
    settlements.settle_with_systems(now())
    assert [(refund.payment, refund.amount_fen) for refund in Refund.objects.all()] == [(payment, 500)]
