"""`python -m sandbox.systems NAME` starts one simulated parking system. It does not run in production."""

import argparse
import contextlib
import os
import sys

from sandbox.__main__ import StartError, refuse_production
from sandbox.systems.simulated_aike import AikeSimulator
from sandbox.systems.simulated_bolian import BolianLotSimulator, BolianSimulator
from sandbox.systems.simulated_generic import GenericSimulator
from sandbox.systems.simulated_hikvision import Hikvision8700Simulator, HikvisionSimulator
from sandbox.systems.simulated_jieshun import JieshunSimulator
from sandbox.systems.simulated_keytop import KeytopSimulator
from sandbox.systems.simulated_pcloud import PcloudSimulator
from sandbox.systems.system_server import Simulator, SystemServer

SIMULATORS: dict[str, type[Simulator]] = {
    each.name: each
    for each in (
        AikeSimulator,
        BolianSimulator,
        BolianLotSimulator,
        GenericSimulator,
        HikvisionSimulator,
        Hikvision8700Simulator,
        JieshunSimulator,
        KeytopSimulator,
        PcloudSimulator,
    )
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("sandbox.systems", description="A simulated parking system.")
    parser.add_argument("name", choices=sorted(SIMULATORS))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 selects a free port")
    parser.add_argument("--car", action="append", default=[], help="PLATE=YUAN: a car inside that owes this")
    parser.add_argument(
        "--control", action="store_true", help="let anyone who can connect set faults and move cars"
    )
    options = parser.parse_args(arguments)
    simulator = SIMULATORS[options.name]()
    try:
        refuse_production(os.environ)
        for car in options.car:
            plate, _, yuan = car.partition("=")
            simulator.park.enter(plate, round(float(yuan) * 100))
        server = SystemServer(simulator, host=options.host, port=options.port, control=options.control)
    except (OSError, ValueError, StartError) as reason:
        print(f"sandbox.systems: {reason}", file=sys.stderr)
        return 2
    print(f"sandbox.systems: {options.name} ready on port {server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
