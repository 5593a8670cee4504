"""`python -m simulator DEVICES.json` simulates cameras until it is stopped."""

import argparse
import json
import signal
import sys
import threading
import time
from pathlib import Path

from simulator.simulated_driver import Driver
from simulator.world import World


def main() -> int:
    options, stopped = _options(), threading.Event()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)

    def log(where: str, what: str) -> None:
        if options.verbose and not stopped.is_set():
            now = time.strftime("%H:%M:%S")
            print(
                f"{now} {where} {what}\n", end="", flush=True
            )  # one write, because lanes print concurrently

    def warn(where: str, what: str) -> None:
        if not stopped.is_set():
            print(f"simulator: {where} {what}\n", end="", file=sys.stderr, flush=True)

    try:
        plan = json.loads(options.devices.read_text("utf-8"))
        drivers = Driver(plan, seed=options.seed, stop=stopped, log=log, warn=warn)
        world = World(
            plan,
            speed=options.speed,
            seed=options.seed,
            exit_timeout=options.exit_timeout,
            state=options.state,
            drivers=drivers if options.pay else None,
            stop=stopped,
            log=log,
            warn=warn,
        )
    except (OSError, ValueError, LookupError, TypeError) as fault:
        print(f"simulator: cannot start: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    done = True
    try:
        if options.once:
            done = world.fill()
        else:
            world.run()
    except KeyboardInterrupt:
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, signal.SIG_IGN)
    world.stop()
    world.save()
    return 0 if done else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simulator", description="Simulates the cameras of the demo's lots."
    )
    parser.add_argument("devices", type=Path, help="DEVICES.json")
    parser.add_argument("--speed", type=float, default=20.0, help="arrival rate compared with real time (20)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random cars (1)")
    parser.add_argument(
        "--exit-timeout",
        type=float,
        default=120.0,
        help="seconds a car waits at a closed exit before it is read again (120)",
    )
    parser.add_argument("--pay", action="store_true", help="drivers pay on the lots' public pages")
    parser.add_argument("--state", type=Path, help="JSON file that stores the cars inside")
    parser.add_argument("--once", action="store_true", help="fill the lots, then stop")
    parser.add_argument("--verbose", action="store_true", help="one line per event")
    options = parser.parse_args()
    if options.speed <= 0:
        parser.error("--speed must be above 0")
    return options


if __name__ == "__main__":
    sys.exit(main())
