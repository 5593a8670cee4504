"""`python -m simulator DEVICES.json`: play the cameras until told to stop."""

import argparse
import json
import signal
import sys
import threading
import time
from pathlib import Path

from simulator.driver import Driver
from simulator.world import World


def main() -> int:
    options, stopped = _options(), threading.Event()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)

    def tell(where: str, what: str) -> None:
        if options.verbose and not stopped.is_set():
            now = time.strftime("%H:%M:%S")
            print(f"{now} {where} {what}\n", end="", flush=True)  # one write: lanes speak at once

    def complain(where: str, what: str) -> None:
        if not stopped.is_set():
            print(f"simulator: {where} {what}\n", end="", file=sys.stderr, flush=True)

    try:
        plan = json.loads(options.devices.read_text("utf-8"))
        people = Driver(plan, seed=options.seed, stop=stopped, tell=tell, complain=complain)
        world = World(
            plan,
            speed=options.speed,
            seed=options.seed,
            patience=options.patience,
            state=options.state,
            people=people if options.pay else None,
            stop=stopped,
            tell=tell,
            complain=complain,
        )
    except (OSError, ValueError, LookupError, TypeError) as fault:
        print(f"simulator: cannot start: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    done = True
    try:
        if options.once:
            done = world.once()
        else:
            world.run()
    except KeyboardInterrupt:
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, signal.SIG_IGN)
    world.stop()
    world.save()
    return 0 if done else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="Plays the cameras of the demo's lots.")
    parser.add_argument("devices", type=Path, help="DEVICES.json")
    parser.add_argument("--speed", type=float, default=20.0, help="how much faster than life cars come (20)")
    parser.add_argument("--seed", type=int, default=1, help="another number, other cars (1)")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds at a closed exit (120)")
    parser.add_argument("--pay", action="store_true", help="drivers pay, by the lots' public pages")
    parser.add_argument("--state", type=Path, help="file that remembers who is inside")
    parser.add_argument("--once", action="store_true", help="only fill the lots, then stop")
    parser.add_argument("--verbose", action="store_true", help="one line per event")
    options = parser.parse_args()
    if options.speed <= 0:
        parser.error("--speed must be above 0")
    return options


if __name__ == "__main__":
    sys.exit(main())
