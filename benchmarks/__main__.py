"""Measure on SQLite and on a temporary PostgreSQL, print the report and write it to docs/performance.md."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks import bench_report, bill, city, console_times, parking_systems, payment_rates, phone
from benchmarks.bench_environment import SERVER_SETTINGS, environment, measured_by
from benchmarks.plan import BenchOutcome, Plan
from tools.machine import ROOT
from tools.packages import Missing
from tools.postgres import cluster

REPORT_FILE = ROOT / "docs" / "performance.md"
SIZES = (100_000, 1_000_000)
QUICK = Plan(
    sessions=4_000,
    lots=50,
    to_settle=2_000,
    to_charge=500,
    for_floor=500,
    floor_payments=12_000,
    rounds=2,
    seconds=0.5,
    warm_up=0.2,
)
SHORT: dict[str, Any] = {
    "rounds": 3,
    "seconds": 1.0,
    "warm_up": 0.5,
}  # for a machine that is needed: wider spreads


def is_quick() -> bool:
    return bool(os.environ.get("BENCH_QUICK"))


def plans() -> list[Plan]:
    if is_quick():
        return [QUICK]
    short = SHORT if os.environ.get("BENCH_SHORT") else {}
    return [replace(Plan(sessions=sessions), **short) for sessions in SIZES]


def run(plan: Plan, env: Mapping[str, str]) -> BenchOutcome:
    """Run the plan in a process of its own, whose environment holds the product's settings."""
    return BenchOutcome.from_json(measured_by("benchmarks.child", json.dumps(asdict(plan)), env=env))


def on_sqlite(plan: Plan) -> BenchOutcome:
    """Measure with one worker and one thread, because SQLite has one writer."""
    with sqlite_url() as url, keys_folder() as keys:
        return run(replace(plan, workers=1, threads=1), environment(url, keys))


def on_postgresql(plan: Plan) -> BenchOutcome:
    """Measure with two workers of two threads each, on a server of its own."""
    with cluster(durable=True, settings=SERVER_SETTINGS) as server, keys_folder() as keys:
        return run(replace(plan, programs=str(server.programs)), environment(server.url, keys))


def payment_sections() -> str:
    """Measure charges, payment starts, notices and a bill; return these report sections."""
    times, rows = (payment_rates.QUICK_TIMES, 2_000) if is_quick() else (payment_rates.TIMES, bill.ROWS)
    rates, bills = {}, {}
    for name in ("PostgreSQL", "SQLite"):
        print(f"{name}, with the payment channel", flush=True)
        with empty_database(name) as url:
            rates[name] = payment_rates.run(times, url)
        with empty_database(name) as url:
            bills[name] = bill.run(rows, url)
    charges = parking_systems.QUICK_TIMES if is_quick() else parking_systems.TIMES
    in_front = parking_systems.section(charges, parking_systems.run(charges))
    return f"{payment_rates.section(times, rates)}\n{bill.section(rows, bills)}\n{in_front}"


def other_sections() -> list[str]:
    """Measure a slow phone and a city; a machine without a browser or nginx says so in the report."""
    found = []
    sections: dict[str, Callable[[], str]] = {
        "Scan to paid": lambda: phone.section(phone.measure()),
        "The console": console_section,
        "The city": lambda: city.section(city.run([*city.STEPS, city.CITY])),
    }
    for title, measure in sections.items():
        print(title, flush=True)
        try:
            found.append(measure())
        except (Missing, OSError, subprocess.CalledProcessError) as reason:
            found.append(f"## {title}\n\nNot measured: {reason}\n")
    return found


def console_section() -> str:
    with empty_database("PostgreSQL") as url:
        return console_times.run(console_times.SESSIONS, url)


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if name == "PostgreSQL":
        with cluster(durable=True, settings=SERVER_SETTINGS) as server:
            yield server.url
    else:
        with sqlite_url() as url:
            yield url


@contextmanager
def sqlite_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


@contextmanager
def keys_folder() -> Iterator[Path]:
    """Yield a folder for the keys of the sandbox merchant."""
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        yield Path(folder) / "keys"


def main() -> int:
    outcomes = []
    try:
        for measure in (on_postgresql, on_sqlite):
            for plan in plans():
                print(f"{measure.__name__.removeprefix('on_')}, {plan.sessions:,} sessions", flush=True)
                outcomes.append(measure(plan))
        payments = payment_sections()
        others = [] if is_quick() else other_sections()
    except Missing as missing:
        print(missing)
        return 1
    except KeyboardInterrupt:
        return 130
    text = "\n".join([bench_report.render(outcomes), payments, *others])
    print(text)
    if not is_quick():
        REPORT_FILE.parent.mkdir(exist_ok=True)
        REPORT_FILE.write_text(text, encoding="utf-8")
        print(f"Written to {REPORT_FILE.relative_to(ROOT)}.")
    return 1 if bench_report.failures(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
