"""One database, one size: fill it, serve it as deployed, and time product and floors in turn.

Imported by `tools.bench.child` once Django is set up.
"""

import contextlib
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from tools.bench import data, floors, usage, wire
from tools.bench.client import drive, fetch
from tools.bench.plan import Outcome, Plan, Sample
from tools.machine import ROOT
from tools.postgres import free_port

LONGEST_WARM_UP = 60.0  # seconds
START = 30.0  # seconds for a server to come up on a busy machine
MOST = {"page": 12_000, "quote": 4_000, "settle": 4_000, "entry": 4_000, "exit": 4_000}  # requests a second
WEB_FLOORS = {"hello": "tools.bench.hello:bare", "five bytes": "tools.bench.hello:django"}


def measure(plan: Plan, folder: Path) -> Outcome:
    call_command("migrate", verbosity=0)
    size = data.Size(
        plan.lots, plan.to_settle, plan.to_quote, plan.for_floor, plan.stays, plan.floor_payments
    )
    start = time.perf_counter()
    town = data.build(size, at=now())
    taken = time.perf_counter() - start
    with contextlib.ExitStack() as stack:
        bench = Bench(plan, town, folder, stack)
        bench.warm_up()
        rounds, others, foreign = [], [], usage.Others(os.getppid())
        for number in range(plan.rounds):
            names = random.sample(list(bench.acts), len(bench.acts))
            rounds.append({name: bench.run(name, plan.seconds) for name in names})
            others.append(foreign.since())
            print(f"  round {number + 1} of {plan.rounds}", file=sys.stderr, flush=True)
        return Outcome(_version(), plan, taken, rounds, others, bench.page_bytes())


class Bench:
    """The running servers, and one act for each thing to time."""

    def __init__(self, plan: Plan, town: data.Town, folder: Path, stack: contextlib.ExitStack) -> None:
        self.plan = plan
        self.port = int(os.environ["BENCH_PORT"])
        self.wire = wire.Wire(town, host=f"127.0.0.1:{self.port}", sandbox_key=settings.SANDBOX_KEY)
        self.product = stack.enter_context(granian("config.wsgi:application", self.port, plan))
        self.acts: dict[str, Callable[[float], Sample]] = {
            "page": lambda seconds: self._drive(self.wire.pages, "page", seconds),
            "kept page": lambda seconds: self._drive(self.wire.same_page, "page", seconds),
            "quote": lambda seconds: self._drive(self.wire.quotes, "quote", seconds, "¥".encode()),
            "settle": lambda seconds: self._drive(self.wire.notices, "settle", seconds),
            "entry": lambda seconds: self._drive(self.wire.entries, "entry", seconds, b'"ok"'),
            "exit": lambda seconds: self._drive(self.wire.exits, "exit", seconds, b'"no"'),
        }
        for name, target in WEB_FLOORS.items():
            port = free_port()
            server = stack.enter_context(granian(target, port, plan))
            self.acts[name] = partial(self._hello, port, server)
        url = os.environ["DATABASE_URL"]
        if plan.programs:
            self.postmaster = _postmaster()
            pgbench = floors.Pgbench(url, Path(plan.programs), folder, town.size)
            run, names = pgbench.run, list(floors.PGBENCH)
        else:
            self.postmaster = None
            loop = floors.SQLiteLoop(url.removeprefix("sqlite:///"), town.size)
            run, names = loop.run, list(loop.acts)
        for name in names:
            self.acts[f"{name} floor"] = partial(self._floor, run, name)

    def run(self, name: str, seconds: float) -> Sample:
        return self.acts[name](seconds)

    def warm_up(self) -> None:
        """Let every sign's page be made, every statement be prepared, every cache be filled."""
        drive(self.port, self.wire.warm_up(), seconds=LONGEST_WARM_UP, connections=self.plan.connections)
        for name in self.acts:
            self.run(name, self.plan.warm_up)

    def page_bytes(self) -> dict[str, list[int]]:
        """Weigh the first page as it is sent, in each encoding."""
        weights = {}
        for encoding in ("br", "gzip", ""):
            head, _, body = fetch(self.port, self.wire.pages(1, encoding=encoding)[0]).partition(b"\r\n\r\n")
            weights[encoding or "none"] = [len(head) + 4, len(body)]
        return weights

    def _drive(
        self, make: Callable[[int], list[bytes]], name: str, seconds: float, must_hold: bytes = b""
    ) -> Sample:
        requests = make(int(MOST[name] * seconds))
        sample, sent = self._client(self.port, self.product, requests, seconds, must_hold=must_hold)
        self.wire.take_back(name, len(requests) - sent)
        return sample

    def _hello(self, port: int, server: int, seconds: float) -> Sample:
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        requests = [request] * int(80_000 * seconds)
        return self._client(port, server, requests, seconds, must_hold=b"hello")[0]

    def _client(
        self, port: int, server: int, requests: list[bytes], seconds: float, *, must_hold: bytes
    ) -> tuple[Sample, int]:
        """Drive one server; return what it cost, and how many requests were sent."""
        web, database = usage.cpu_seconds(server), usage.cpu_seconds(self.postmaster)
        load = drive(port, requests, seconds=seconds, connections=self.plan.connections, must_hold=must_hold)
        web, database = usage.cpu_seconds(server) - web, usage.cpu_seconds(self.postmaster) - database
        done = max(1, load.done)
        sample = Sample(
            rate=load.done / load.seconds,
            p50=load.percentile(0.5),
            p99=load.percentile(0.99),
            server_us=web / done * 1e6,
            database_us=database / done * 1e6,
            client_share=load.own_cpu / load.seconds,
            failures=dict(load.failures),
        )
        return sample, load.sent

    def _floor(self, run: Callable[[str, float], float], name: str, seconds: float) -> Sample:
        database, start = usage.cpu_seconds(self.postmaster), time.perf_counter()
        rate = run(name, seconds)
        spent = usage.cpu_seconds(self.postmaster) - database
        return Sample(rate, database_us=spent / max(1.0, rate * (time.perf_counter() - start)) * 1e6)


@contextlib.contextmanager
def granian(target: str, port: int, plan: Plan) -> Iterator[int]:
    """Serve `target` as deployed and yield the server's process id."""
    words = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    words += [
        "--workers",
        str(plan.workers),
        "--blocking-threads",
        str(plan.threads),
        "--runtime-threads",
        "1",
    ]
    words += ["--log-level", "error", *(["--factory"] if target.endswith(":django") else []), target]
    server = subprocess.Popen([sys.executable, "-m", "granian", *words], cwd=ROOT, stdout=sys.stderr)
    try:
        _wait(port, server)
        yield server.pid
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("granian does not start")


def _postmaster() -> int | None:
    """Return the process all of PostgreSQL's processes descend from, if it runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return usage.parent_of(cursor.fetchone()[0])


def _version() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
    return f"SQLite {sqlite3.sqlite_version}"
