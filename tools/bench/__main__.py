"""Measure on SQLite and on a throwaway PostgreSQL, show the tables, and keep them in docs/performance.md."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from tools.bench import channel, reconcile, report
from tools.bench.plan import Outcome, Plan
from tools.machine import ROOT
from tools.packages import Missing
from tools.postgres import cluster, free_port

RECORD = ROOT / "docs" / "performance.md"
SIZES = (100_000, 1_000_000)
QUICK = Plan(
    stays=4_000,
    lots=50,
    to_settle=2_000,
    to_quote=500,
    for_floor=500,
    floor_payments=12_000,
    rounds=2,
    seconds=0.5,
    warm_up=0.2,
)
# fsync and full page writes stay on: a payment must survive a power cut, here as in production.
SERVER = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
}


def plans() -> list[Plan]:
    return [QUICK] if os.environ.get("BENCH_QUICK") else [Plan(stays=stays) for stays in SIZES]


def environment(url: str) -> dict[str, str]:
    """Return the settings of a production process, keys made for this run; nothing leaks in from outside."""
    port = free_port()
    settings = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SURFACES": "driver,device",
        "TRUSTED_PROXIES": "1",
        "PLATE_KEYS": f"bench:{secrets.token_hex(32)}",
        "PLATE_INDEX_KEY": secrets.token_hex(32),
        "CODE_KEY": secrets.token_hex(32),
        "SANDBOX_URL": "http://127.0.0.1:9",
        "SANDBOX_KEY": secrets.token_hex(32),
        "DATABASE_URL": url,
        "LOG_LEVEL": "INFO",
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "BENCH_PORT": str(port),
    }
    unwanted = {f"{name}_FILE" for name in settings}
    return {name: value for name, value in os.environ.items() if name not in unwanted} | settings


def run(plan: Plan, env: Mapping[str, str]) -> Outcome:
    words = [sys.executable, "-m", "tools.bench.child", json.dumps(asdict(plan))]
    done = subprocess.run(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Missing("The measuring process failed; its message stands above.")
    return Outcome.from_json(json.loads(done.stdout.splitlines()[-1]))


def on_sqlite(plan: Plan) -> Outcome:
    """One worker with one thread: SQLite has one writer."""
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        return run(replace(plan, workers=1, threads=1), environment(url))


def on_postgresql(plan: Plan) -> Outcome:
    """Two workers with two threads each, on a server of its own."""
    with cluster(durable=True, settings=SERVER) as server:
        return run(replace(plan, programs=str(server.programs)), environment(server.url))


def with_the_channel() -> str:
    """Measure quotes, starts, notices and a bill on both databases; return these parts of the record."""
    quick = bool(os.environ.get("BENCH_QUICK"))
    times, rows = (channel.QUICK_TIMES, 2_000) if quick else (channel.TIMES, reconcile.ROWS)
    rates, bills = {}, {}
    for name in ("PostgreSQL", "SQLite"):
        print(f"{name}, with the channel", flush=True)
        with _database(name) as url:
            rates[name] = channel.run(times, url)
        with _database(name) as url:
            bills[name] = reconcile.run(rows, url)
    return f"{channel.tell(times, rates)}\n{reconcile.tell(rows, bills)}"


@contextmanager
def _database(name: str) -> Iterator[str]:
    """Yield the address of an empty database."""
    if name == "PostgreSQL":
        with cluster(durable=True, settings=SERVER) as server:
            yield server.url
        return
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


def main() -> int:
    outcomes = []
    try:
        for measure in (on_postgresql, on_sqlite):
            for plan in plans():
                print(f"{measure.__name__.removeprefix('on_')}, {plan.stays:,} stays", flush=True)
                outcomes.append(measure(plan))
        money = with_the_channel()
    except Missing as missing:
        print(missing)
        return 1
    except KeyboardInterrupt:
        return 130
    told = f"{report.tell(outcomes)}\n{money}"
    print(told)
    if not os.environ.get("BENCH_QUICK"):
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(told, encoding="utf-8")
        print(f"Kept in {RECORD.relative_to(ROOT)}.")
    return 1 if report.failures(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
