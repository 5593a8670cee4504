"""艾科智泊: the vendor's published signature vectors, and what only its protocol has."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.systems.aike import sign_v2, sign_v3
from lots.systems.parking_system import Accepted, SessionGone, Unreachable
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers


@pytest.fixture
def aike():
    return vendor_named("aike")


def test_published_vectors():
    assert sign_v2("test", "20260529220831", "123456") == "a2710e9f093f22691ff24cf944aadd48"
    signed = sign_v3("abc", "20170416142030", '{"parkCode":"123123"}', "123456")
    assert signed == "f1e1e7f8bc710dd6633bc0d9a9336207"


def test_second_version_signs_no_body(aike):
    aike.simulator.park.enter(PLATE.text, 300)
    assert ask(aike.system(options={"version": "v2"})).due_fen == 300


def test_late_payment_gets_a_fresh_charge(aike):
    car = aike.simulator.park.enter(PLATE.text, 300)
    system = aike.system()
    paid = settlement_of(ask(system))
    aike.simulator.park.bills = {
        number: type(bill)(bill.number, bill.car, bill.due_fen, bill.made_at - timedelta(minutes=11))
        for number, bill in aike.simulator.park.bills.items()
    }
    assert isinstance(system.settle(paid), Accepted)
    assert car.paid_fen == 300
    assert len(aike.simulator.park.payments) == 1


def test_late_payment_of_a_gone_car(aike):
    aike.simulator.park.enter(PLATE.text, 300)
    system = aike.system()
    paid = settlement_of(ask(system))
    aike.simulator.park.leave(PLATE.text)
    assert system.settle(paid) == SessionGone()


def test_accepted_payment_has_a_deadline(aike):
    aike.simulator.park.enter(PLATE.text, 300)
    system = aike.system()
    paid = settlement_of(ask(system), paid_at=now())
    assert system.settle(paid).leave_by == paid.paid_at + timedelta(minutes=15)


def test_wrong_clock_is_named(aike):
    aike.simulator.park.enter(PLATE.text, 300)
    aike.simulator.fault("wrong_clock", seconds=3600)
    assert ask(aike.system()) == Unreachable("clock")
