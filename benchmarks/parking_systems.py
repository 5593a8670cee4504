"""What a charge through another vendor's parking system costs, beside one of our own.

    python -m benchmarks.parking_systems [TIMES]      on a temporary SQLite database

One process, one thread, no web server. The other system is a simulated 艾科, its own process on loopback:
the figure is what our side and one local round trip cost. A real one adds its network and its own time.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.bench_environment import environment, measured_by
from benchmarks.bench_report import table
from tools.machine import ROOT

TIMES, QUICK_TIMES = 500, 50


@contextlib.contextmanager
def parking_system(plates: list[str]) -> Iterator[str]:
    """Start a simulated 艾科 with these cars and yield its address."""
    command = [sys.executable, "-m", "sandbox.systems", "aike", *(f"--car={plate}=10" for plate in plates)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MERCHANTS")}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found, "the simulated system did not start"
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def milliseconds(ask: Callable[[int], object], times: int) -> float:
    """Return the median time of a call, in milliseconds."""
    ask(0)
    spent = []
    for number in range(times):
        start = time.perf_counter()
        ask(number)
        spent.append(time.perf_counter() - start)
    return median(spent) * 1000


def measure(times: int) -> dict[str, float]:
    """Return the median milliseconds of one charge: of our own system, and in front of another."""
    from django.core.management import call_command
    from django.utils.timezone import now

    from benchmarks import data
    from lots import sessions
    from lots.demo_car_parks import make_lot_in_front
    from lots.models import Lane, Lot
    from lots.plates import parse
    from lots.systems.parking_system import ChargeQuery
    from payments.charges import Due, ask

    call_command("migrate", verbosity=0)
    (lot_id, *_), _, _ = data.create_lots(data.Size(1, 0, 0, 0, 0, 0), now())
    lane = Lane.objects.filter(lot=lot_id, direction="entry").get()
    texts = [data.plate_text(number) for number in range(50)]
    plates = [parse(text) for text in texts]
    for plate in plates:
        sessions.enter(lane=lane, plate=plate, at=now() - timedelta(minutes=61))

    def charge_in(lot: Lot) -> Callable[[int], object]:
        def charge(number: int) -> None:
            due = ask(lot, ChargeQuery(now(), plate=plates[number % len(plates)]))
            assert isinstance(due, Due), due

        return charge

    with parking_system([plate.text for plate in plates]) as address:
        make_lot_in_front(base_url=address, at=now())
        in_front = Lot.objects.get(slug="zhonghuan-mall")
        return {
            "built-in": milliseconds(charge_in(lane.lot), times),
            "in front of 艾科": milliseconds(charge_in(in_front), times),
        }


def run(times: int) -> dict[str, float]:
    """Measure in a process of its own, on a temporary SQLite database."""
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        env = environment(f"sqlite:///{folder}/bench.sqlite3", Path(folder) / "keys")
        found: dict[str, float] = measured_by("benchmarks.parking_systems", "child", str(times), env=env)
        return found


def section(times: int, spent: Mapping[str, float]) -> str:
    """Return the section of the report."""
    own = spent["built-in"]
    rows = [(name, f"{one:.2f}", f"{one / own:.1f}") for name, one in spent.items()]
    return HEADER.format(times=f"{times:,}") + table(("system", "ms", "times the built-in one"), rows) + "\n"


HEADER = """## In front of another parking system

Median of {times} charges, in one process and one thread, without a web server, on SQLite; the other system is
a simulated 艾科, a process of its own on loopback (`benchmarks/parking_systems.py`). A real one adds its
network and its own time.

"""


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["child"]:
        import django

        django.setup()
        print(json.dumps(measure(int(arguments[1]))))
        return 0
    times = int(arguments[0]) if arguments else TIMES
    print(section(times, run(times)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
