"""The one contract over every vendor's system, each against a simulator that speaks its protocol."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.timezone import now

from core.transport import PooledTransport
from lots.plates import parse
from lots.systems import REMOTE
from lots.systems.fault_texts import MEANINGS
from lots.systems.parking_system import (
    LONGEST_REFERENCE,
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
    TryAgain,
    Unreachable,
)
from tests.lots.systems.simulated import LANE, LANE_CODE

pytestmark = pytest.mark.servers

PLATE = parse("沪A12345")
OTHER = parse("沪AD12345")


def ask(system, plate=PLATE):
    return system.charge(ChargeQuery(now(), plate=plate))


def settlement_of(charge, number="N" * 26, **changed):
    made = PaidCharge(
        reference=charge.reference,
        session=charge.session,
        number=number,
        amount_fen=charge.due_fen,
        paid_at=now(),
        channel="wechat",
        plate=PLATE,
    )
    return replace(made, **changed)


def test_charge_is_read_in_fen(vendor):
    car = vendor.simulator.park.enter(PLATE.text, 1050)
    at = now()
    charge = vendor.system().charge(ChargeQuery(at, plate=PLATE))
    assert isinstance(charge, Charge)
    assert (charge.price_fen, charge.paid_fen, charge.due_fen) == (1050, 0, 1050)
    assert sum(line.fen for line in charge.lines) == charge.price_fen
    assert at < charge.valid_until <= at + timedelta(minutes=10)
    assert charge.tariff_version is None
    assert not charge.masked_plate
    assert charge.entered_at is None or abs(charge.entered_at - car.entered_at) < timedelta(minutes=1)


def test_references_fit_and_name_no_plate(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    charge = ask(vendor.system())
    for text in (charge.reference, charge.session):
        assert 0 < len(text) <= LONGEST_REFERENCE
        assert text.isascii()
        assert "12345" not in text


def test_paid_part_is_not_due_again(vendor):
    vendor.simulator.park.enter(PLATE.text, 1500).paid_fen = 500
    charge = ask(vendor.system())
    assert charge.due_fen == 1000
    assert charge.price_fen == charge.paid_fen + charge.due_fen


def test_absent_car_is_absent(vendor):
    vendor.simulator.park.enter(OTHER.text, 1050)
    answer = ask(vendor.system())
    assert isinstance(answer, NothingDue)
    assert answer.reason is Nothing.ABSENT


def test_free_and_permit_and_paid_owe_nothing(vendor):
    park = vendor.simulator.park
    park.enter(PLATE.text, 0)
    assert ask(vendor.system()).reason is Nothing.FREE
    park.clear()
    park.enter(PLATE.text, 1000, is_permit=True)
    tells = vendor.simulator.tells_permits
    assert ask(vendor.system()).reason is (Nothing.PERMIT if tells else Nothing.FREE)
    park.clear()
    park.enter(PLATE.text, 1000).paid_fen = 1000
    assert ask(vendor.system()).reason is Nothing.PAID


def test_unreachable_lot_is_not_absent(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    vendor.simulator.fault("offline")
    answer = ask(vendor.system())
    assert isinstance(answer, Unreachable)
    assert answer.fault in {"lot_offline", "system_error", "device_fault", "http_error"}


def test_paid_charge_is_counted_once(vendor):
    car = vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    assert isinstance(system.settle(paid), Accepted)
    assert isinstance(system.settle(paid), Accepted)
    assert car.paid_fen == 1050
    assert len(vendor.simulator.park.payments) == 1
    assert isinstance(ask(system), NothingDue)


def test_lost_answer_is_repeated(vendor):
    car = vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    vendor.simulator.fault("lost_answer")
    assert system.settle(paid) == TryAgain("no_answer")
    vendor.simulator.clear()
    assert isinstance(system.settle(paid), Accepted)
    assert car.paid_fen == 1050


def test_departed_cars_payment_is_gone(vendor):
    park = vendor.simulator.park
    park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    park.leave(PLATE.text)
    assert_gone(system, paid)
    assert not park.payments


def test_void_charge_is_gone(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    vendor.simulator.fault("void")
    assert_gone(system, paid)


def assert_gone(system, paid):
    """Some vendors have no code for it: there the payment becomes a task for staff."""
    answer = system.settle(paid)
    if system.knows_gone:
        assert answer == SessionGone()
    else:
        assert isinstance(answer, TryAgain)
        assert answer.fault in {"bill_refused", "unknown_code"}


@pytest.mark.parametrize("fault", ["offline", "busy", "http_error", "no_answer", "not_json", "huge", "deep"])
def test_fault_is_no_answer(vendor, fault):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    vendor.simulator.fault(fault)
    asked, settled = ask(system), system.settle(paid)
    assert isinstance(asked, Unreachable)
    assert isinstance(settled, TryAgain)
    assert {asked.fault, settled.fault} <= set(MEANINGS)
    vendor.simulator.clear()
    assert isinstance(system.settle(paid), Accepted)


def test_unknown_code_is_a_fault(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    paid = settlement_of(ask(system))
    vendor.simulator.fault("unknown_code")
    assert ask(system) == Unreachable("unknown_code")
    assert system.settle(paid) == TryAgain("unknown_code")


def test_slow_answer_is_given_up(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    vendor.simulator.fault("slow", seconds=0.5)
    hasty = REMOTE[vendor.kind](
        vendor.link(), PooledTransport("wechat", connect_seconds=0.2, read_seconds=0.2)
    )
    assert ask(hasty) == Unreachable("no_answer")


@pytest.mark.parametrize("value", [-5, 10**12, "NaN", "12.345678", "十元", True, [1], 1e300])
def test_wrong_amount_is_a_fault(vendor, value):
    vendor.simulator.park.enter(PLATE.text, 1050)
    vendor.simulator.fault("wrong_amount", value=value)
    answer = ask(vendor.system())
    assert isinstance(answer, Unreachable)
    assert answer.fault in {"bad_amount", "malformed", "bad_signature"}


def test_wrong_secret_is_named(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    wrong = dict.fromkeys(vendor.simulator.secrets, "wrong")
    assert ask(vendor.system(secrets=wrong)).fault in {"refused_us", "bad_signature"}
    assert ask(vendor.system(secrets={})) == Unreachable("not_configured")


def test_wrong_lot_number_is_no_absent_car(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    assert isinstance(ask(vendor.system(lot_code="another")), Unreachable)


def test_json_in_a_string_is_read(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    vendor.simulator.fault("json_in_string")
    assert ask(vendor.system()).due_fen == 1050


def test_further_fields_are_dropped(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    vendor.simulator.fault("extra_fields")
    shown = repr(ask(vendor.system()))
    assert not any(secret in shown for secret in ("王某", "13800000000", "http", PLATE.text))


def test_lot_number_is_in_every_call(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    system.settle(settlement_of(ask(system)))
    lot = vendor.simulator.lot_code.encode()
    for request in vendor.simulator.received:
        assert lot in request or b"ogin" in request or b"getDefaultUserUuid" in request


def test_only_the_plate_goes_out(vendor):
    """What we send holds the plate in the question alone, and nothing of the driver at all."""
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    charge = ask(system)
    vendor.simulator.received.clear()
    system.settle(settlement_of(charge, plate=None))
    sent = b"".join(vendor.simulator.received).decode().lower()
    assert '12345"' not in sent.replace("123456", "")
    assert not any(word in sent for word in ("openid", "phone", "mobile", "buyer", "user_agent"))


def test_clear_text_needs_consent(vendor):
    system = vendor.system(base_url="http://pms.example")
    assert ask(system) == Unreachable("weak_link")
    assert system.settle(PaidCharge("r", "s", "N", 1, now(), "wechat")) == TryAgain("weak_link")


def test_charge_of_a_lane(vendor):
    system = vendor.system()
    query = ChargeQuery(now(), lane=LANE)
    empty = system.charge(query)
    if empty == Unreachable("lanes_unsupported"):
        return
    assert empty == NothingDue(Nothing.NO_LANE_CAR)
    vendor.simulator.park.enter(PLATE.text, 1050).lane = LANE_CODE
    charge = system.charge(query)
    assert charge.due_fen == 1050
    assert charge.masked_plate in {"", PLATE.masked}
    assert system.charge(ChargeQuery(now(), lane=LANE + 1)) == Unreachable("lane_unknown")


def test_charge_can_be_asked_again(vendor):
    vendor.simulator.park.enter(PLATE.text, 1050)
    system = vendor.system()
    first = ask(system)
    if system.can_ask_again:
        query = ChargeQuery(now(), reference=first.reference, session=first.session)
        again = system.charge(query)
        assert (again.due_fen, again.session, again.lines) == (first.due_fen, first.session, first.lines)
        assert isinstance(system.settle(settlement_of(again)), Accepted)
        assert isinstance(system.charge(query), NothingDue)
