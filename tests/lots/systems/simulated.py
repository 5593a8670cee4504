"""Each simulated parking system, running in a thread of the tests, and our side of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.transport import PooledTransport
from lots.systems import REMOTE
from lots.systems.remote import MAX_ANSWER, Link, RemoteSystem
from sandbox.systems.__main__ import SIMULATORS
from sandbox.systems.system_server import Simulator, SystemServer
from tests.effort import EFFORT

LANE, LANE_CODE = 7, "exit-7"


@dataclass
class Vendor:
    """A simulator that listens, and the settings with which we reach it."""

    simulator: Simulator
    url: str

    @property
    def name(self) -> str:
        return self.simulator.name

    def link(self, **changed: Any) -> Link:
        return Link(
            **{
                "base_url": self.url,
                "lot_code": self.simulator.lot_code,
                "zone": ZoneInfo("Asia/Shanghai"),
                "options": self.simulator.options,
                "secrets": self.simulator.secrets,
                "lanes": {LANE: LANE_CODE},
                **changed,
            }
        )

    @property
    def kind(self) -> str:
        """The value of `Lot.system`."""
        return self.simulator.name.removesuffix("_lot")

    def system(self, **changed: Any) -> RemoteSystem:
        link = self.link(**changed)
        return REMOTE[self.kind](link, None if link.own_certificate else patient())


@cache
def patient() -> PooledTransport:
    """Return the connections of systems that answer: a busy machine is no fault of theirs."""
    return PooledTransport("parking system", connect_seconds=60, read_seconds=60, max_answer=MAX_ANSWER)


_running: dict[tuple[str, int], Vendor] = {}


def vendor_named(name: str, *, fresh: bool = True, site: int = 1) -> Vendor:
    """Return the simulator of this vendor at one site; a `fresh` one is without cars and faults."""
    if (name, site) not in _running:
        simulator = SIMULATORS[name]()
        server = SystemServer(simulator)
        server.start()
        _running[name, site] = Vendor(simulator, server.url)
    vendor = _running[name, site]
    if fresh:
        vendor.simulator.clear()
        vendor.simulator.park.clear()
    return vendor


@pytest.fixture(params=sorted(SIMULATORS))
def vendor(request: Any) -> Iterator[Vendor]:
    vendor = vendor_named(request.param)
    yield vendor
    vendor.simulator.clear()


# On PostgreSQL one stands for all: what another side answers is the same on each engine.
every_vendor = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.sqlite] * (name != "aike" and EFFORT <= 1))
        for name in sorted(SIMULATORS)
    ],
)
