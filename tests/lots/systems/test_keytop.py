"""科拓: the vendor's signature examples, and the form in the lot's own network."""

import json

import pytest

from lots.systems.keytop import sign
from lots.systems.parking_system import Accepted, Unreachable
from sandbox.systems.simulated_keytop import DES_KEY
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

EXAMPLE = {
    "amount": 100,
    "orderNo": "闽C12345",
    "payTime": "2020-03-06 10:57:22",
    "freeDetail": {"code": "", "money": 100, "time": 0, "type": 0},
    "paySource": "85d15350778b11e9bbaa506b4b2f6421",
    "outOrderNo": "T20200306124536001",
    "parkId": "1000001",
    "payableAmount": 200,
    "reqId": "5be4e3e6d5704a7d91ccbd9731d970f5",
    "payType": 1006,
    "payMethod": 6,
    "appId": "85d15350778b11e9bbaa506b4b2f6421",
    "freeTime": 0,
    "paymentExt": {"deviceNo": "123456"},
    "freeMoney": 100,
    "ts": 1583744086841,
}
SECRET = "EED96C219E83450A"


@pytest.fixture
def keytop():
    return vendor_named("keytop")


def lan(keytop, **more):
    secrets = {**keytop.simulator.secrets, "user": "u", "password": "p", **more}
    return keytop.system(options={"form": "lan"}, secrets=secrets)


def test_published_vectors():
    assert sign(EXAMPLE, SECRET) == "EFCAE7AFD1BD6CC9A3826E03EFD0F543"
    as_text = '[{"code":"","money":100,"time":0,"type":0}]'
    assert sign(EXAMPLE | {"freeDetail": as_text}, SECRET) == "B19F7863ADCC8B5442A757AC7B90F6AC"


@pytest.mark.parametrize("more", [{}, {"des_key": DES_KEY}])
def test_lan_form_is_spoken(keytop, more):
    car = keytop.simulator.park.enter(PLATE.text, 700)
    system = lan(keytop, **more)
    charge = ask(system)
    assert charge.due_fen == 700
    assert isinstance(system.settle(settlement_of(charge)), Accepted)
    assert car.paid_fen == 700
    if more:
        assert not any(b"12345" in request for request in keytop.simulator.received)


def test_lan_answers_in_gbk(keytop):
    keytop.simulator.park.enter(PLATE.text, 700)
    keytop.simulator.fault("gbk")
    assert ask(lan(keytop)).due_fen == 700


def test_plates_that_look_alike_are_no_choice(keytop):
    keytop.simulator.park.enter(PLATE.text, 700)
    keytop.simulator.fault("two_cars")
    assert ask(keytop.system()) == Unreachable("needs_a_choice")


def test_cloud_call_names_version_and_service(keytop):
    keytop.simulator.park.enter(PLATE.text, 700)
    ask(keytop.system())
    _, _, body = keytop.simulator.received[0].partition(b"]")
    fields = json.loads(body)
    assert (fields["serviceCode"], fields["parkId"]) == ("getParkingPaymentInfo", "1000001")
    assert len(str(fields["ts"])) == 13
