"""Each simulated system under each of its faults: a clear fault, and no payment lost or counted twice."""

import pytest

from core.transport import PooledTransport
from lots.systems import REMOTE
from lots.systems.fault_texts import MEANINGS
from lots.systems.parking_system import Accepted, Charge, NothingDue, SessionGone, TryAgain, Unreachable
from sandbox.systems.__main__ import SIMULATORS
from sandbox.systems.system_server import FAULTS
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

DETAILS = {
    "slow": {"seconds": 0.5},
    "wrong_clock": {"seconds": 3600},
    "wrong_amount": {"value": -5},
    "no_charge": {"code": 10},
}
HARMLESS = {"json_in_string", "gbk", "extra_fields", "duplicate", "wrong_type", "lost_answer"}
NEVER_READ = {  # whatever the vendor: such an answer is none
    *("no_answer", "lost_answer", "slow", "http_error", "not_json", "huge", "deep"),
    *("offline", "busy", "unknown_code", "redirect", "gzip_bomb", "drip", "named_twice", "wrong_amount"),
}


def hasty(vendor, fault):
    """Return the system's client, which soon gives up waiting: but not for an answer that it will take."""
    seconds = 60.0 if fault in HARMLESS - {"lost_answer"} else 0.3
    transport = PooledTransport("wechat", connect_seconds=seconds, read_seconds=seconds)
    return REMOTE[vendor.kind](vendor.link(), transport)


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("name", sorted(SIMULATORS))
def test_fault_loses_and_doubles_nothing(name, fault):
    vendor = vendor_named(name)
    simulator = vendor.simulator
    car = simulator.park.enter(PLATE.text, 1050)
    paid = settlement_of(ask(vendor.system()))
    simulator.fault(fault, **DETAILS.get(fault, {}))
    system = hasty(vendor, fault)

    asked = ask(system)
    if isinstance(asked, Charge):
        assert asked.due_fen == 1050
        assert fault not in NEVER_READ
    elif isinstance(asked, NothingDue):
        assert fault == "no_charge"  # and never "no such car" for a system in trouble
    else:
        assert isinstance(asked, Unreachable)
        assert asked.fault in MEANINGS
        assert fault not in HARMLESS or fault == "lost_answer"

    settled = system.settle(paid)
    assert isinstance(settled, Accepted | TryAgain | SessionGone)
    assert not isinstance(settled, SessionGone) or fault == "void"
    assert not isinstance(settled, TryAgain) or settled.fault in MEANINGS

    simulator.clear()
    if fault == "void":
        return
    assert isinstance(vendor.system().settle(paid), Accepted)
    assert car.paid_fen == 1050
    assert len(simulator.park.payments) == 1


@pytest.mark.parametrize("seconds", [-900, 900])
@pytest.mark.parametrize("name", sorted(SIMULATORS))
def test_wrong_clock_is_measured(name, seconds):
    vendor = vendor_named(name)
    vendor.simulator.fault("wrong_clock", seconds=seconds)
    system = vendor.system()
    ask(system)
    assert system.clock_offset == pytest.approx(seconds, abs=3)
    vendor.simulator.clear()
