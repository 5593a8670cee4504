"""Fill one database, serve it as in production, and time product and floors alternately.

Imported by `benchmarks.child` after Django is set up.
"""

import contextlib
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from benchmarks import cpu_usage, data, floor_apps, floors, layers
from benchmarks.http_requests import RequestFactory
from benchmarks.load_client import drive, fetch
from benchmarks.plan import BenchOutcome, Plan, Sample
from sandbox.wechat.wechat_keys import open_keys
from tools.machine import ROOT
from tools.postgres import free_port

WARM_UP_TIMEOUT = 60.0  # seconds
WARM_UPS = 12  # passes over all signs and lots
PROFILED = 200  # requests of each act
RUNTIME_THREAD = "tokio-rt-worker"  # of a worker of granian that has loaded its application
START_TIMEOUT = 30.0  # seconds for a server to start on a busy machine
MAX_RATES = {
    "page": 60_000,
    "charge": 6_000,
    "statement": 12_000,
    "settle": 4_000,
    "entry": 4_000,
    "exit": 4_000,
}  # requests a second
WEB_FLOORS = {"hello": "benchmarks.floor_apps:bare", "five bytes": "benchmarks.floor_apps:django"}
PRODUCT = "config.wsgi:application"
DEPLOYED_THREADS = 16  # of deploy/units: some wait for a channel, or for clients that send slowly
STATEMENT_FLOOR = "benchmarks.floor_apps:statement"
FACTORIES = {WEB_FLOORS["five bytes"], STATEMENT_FLOOR}


def measure(plan: Plan, folder: Path) -> BenchOutcome:
    call_command("migrate", verbosity=0)
    size = data.Size(
        plan.lots, plan.to_settle, plan.to_charge, plan.for_floor, plan.sessions, plan.floor_payments
    )
    start = time.perf_counter()
    dataset = data.build(size, at=now())
    taken = time.perf_counter() - start
    with contextlib.ExitStack() as stack:
        benchmark = Benchmark(plan, dataset, folder, stack)
        benchmark.warm_up()
        rounds, other_load, others = [], [], cpu_usage.OtherLoad(os.getppid())
        for number in range(plan.rounds):
            names = random.sample(list(benchmark.timers), len(benchmark.timers))
            rounds.append({name: benchmark.run(name, plan.seconds) for name in names})
            other_load.append(others.since())
            print(f"  round {number + 1} of {plan.rounds}", file=sys.stderr, flush=True)
        page = benchmark.page_bytes()
    return BenchOutcome(_version(), plan, taken, rounds, other_load, page, benchmark.layers())


class Benchmark:
    """The running servers, and one callable for each thing to time."""

    def __init__(self, plan: Plan, dataset: data.Dataset, folder: Path, stack: contextlib.ExitStack) -> None:
        self.plan = plan
        self.port = int(os.environ["BENCH_PORT"])
        keys = open_keys(Path(os.environ["BENCH_KEYS"]) / "wechat")
        self.requests = RequestFactory(dataset, host=f"127.0.0.1:{self.port}", keys=keys)
        self.product = stack.enter_context(granian(PRODUCT, self.port, plan))
        self.ports = [self.port]  # of servers with the product
        self.timers: dict[str, Callable[[float], Sample]] = {
            "page": lambda seconds: self._drive(self.requests.pages, "page", seconds),
            "cached page": lambda seconds: self._drive(self.requests.same_page, "page", seconds),
            "charge": lambda seconds: self._drive(self.requests.charges, "charge", seconds, "¥".encode()),
            "settle": lambda seconds: self._drive(self.requests.notices, "settle", seconds),
            "entry": lambda seconds: self._drive(self.requests.entries, "entry", seconds, b'"ok"'),
            "exit": lambda seconds: self._drive(self.requests.exits, "exit", seconds, b'"no"'),
        }
        if plan.programs:
            port, deployed = free_port(), replace(plan, threads=DEPLOYED_THREADS)
            server = stack.enter_context(granian(PRODUCT, port, deployed))
            self.ports.append(port)
            self.timers["deployed charge"] = partial(self._charge, port, server, "charge", "¥".encode())
        for name, target in WEB_FLOORS.items():
            port = free_port()
            server = stack.enter_context(granian(target, port, plan))
            self.timers[name] = partial(self._hello, port, server)
        size, port = dataset.size, free_port()
        pool = (size.for_floor, size.to_settle + size.to_charge, size.lots)
        with_pool = os.environ | {floor_apps.POOL: json.dumps(pool)}
        server = stack.enter_context(granian(STATEMENT_FLOOR, port, plan, env=with_pool))
        self.timers["statement"] = partial(self._charge, port, server, "statement", b"hello")
        url = os.environ["DATABASE_URL"]
        if plan.programs:
            self.postmaster = postmaster()
            pgbench = floors.Pgbench(url, Path(plan.programs), folder, dataset.size)
            run, names = pgbench.run, list(floors.PGBENCH)
        else:
            self.postmaster = None
            loop = floors.SQLiteLoop(url.removeprefix("sqlite:///"), dataset.size)
            run, names = loop.run, list(loop.transactions)
        for name in names:
            self.timers[f"{name} floor"] = partial(self._floor, run, name)

    def run(self, name: str, seconds: float) -> Sample:
        return self.timers[name](seconds)

    def warm_up(self) -> None:
        """Render every sign's page, prepare every statement, fill every cache."""
        for port in self.ports:
            warm_up(port, self.requests.warm_up(), self.plan.connections)
        for name in self.timers:
            self.run(name, self.plan.warm_up)

    def page_bytes(self) -> dict[str, list[int]]:
        """Return the size of the first page as sent, in each encoding."""
        sizes = {}
        for encoding in ("br", "gzip", ""):
            head, _, body = fetch(self.port, self.requests.pages(1, encoding=encoding)[0]).partition(
                b"\r\n\r\n"
            )
            sizes[encoding or "none"] = [len(head) + 4, len(body)]
        return sizes

    def layers(self) -> dict[str, dict[str, float]]:
        """Return where the time of each act goes, from a profile without a server."""
        makers = {"charge": self.requests.charges, "settle": self.requests.notices}
        makers |= {"entry": self.requests.entries, "exit": self.requests.exits}
        acts = {name: make(PROFILED) for name, make in makers.items()}
        return layers.shares_of(acts, warm_up=self.requests.warm_up(), env=os.environ)

    def _drive(
        self, make: Callable[[int], list[bytes]], name: str, seconds: float, must_contain: bytes = b""
    ) -> Sample:
        requests = make(int(MAX_RATES[name] * seconds))
        sample, sent = self._client(self.port, self.product, requests, seconds, must_contain=must_contain)
        self.requests.return_unused(name, len(requests) - sent)
        return sample

    def _hello(self, port: int, server: int, seconds: float) -> Sample:
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        requests = [request] * int(80_000 * seconds)
        return self._client(port, server, requests, seconds, must_contain=b"hello")[0]

    def _charge(self, port: int, server: int, name: str, must_contain: bytes, seconds: float) -> Sample:
        requests = self.requests.charges(int(MAX_RATES[name] * seconds))
        return self._client(port, server, requests, seconds, must_contain=must_contain)[0]

    def _client(
        self, port: int, server: int, requests: list[bytes], seconds: float, *, must_contain: bytes
    ) -> tuple[Sample, int]:
        """Send requests to one server; return the sample and how many requests were sent."""
        web, database = cpu_usage.cpu_seconds(server), cpu_usage.cpu_seconds(self.postmaster)
        load = drive(
            port, requests, seconds=seconds, connections=self.plan.connections, must_contain=must_contain
        )
        web, database = cpu_usage.cpu_seconds(server) - web, cpu_usage.cpu_seconds(self.postmaster) - database
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
        database, start = cpu_usage.cpu_seconds(self.postmaster), time.perf_counter()
        rate = run(name, seconds)
        spent = cpu_usage.cpu_seconds(self.postmaster) - database
        return Sample(rate, database_us=spent / max(1.0, rate * (time.perf_counter() - start)) * 1e6)


def warm_up(port: int, requests: list[bytes], connections: int) -> None:
    """Send these to every worker: each pass has connections of its own, and any worker may take one."""
    for _ in range(WARM_UPS):
        drive(port, requests, seconds=WARM_UP_TIMEOUT, connections=connections)


@contextlib.contextmanager
def granian(target: str, port: int, plan: Plan, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Serve `target` as in production and yield the server's process id."""
    arguments = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    arguments += [
        "--workers",
        str(plan.workers),
        "--blocking-threads",
        str(plan.threads),
        "--runtime-threads",
        "1",
    ]
    arguments += ["--log-level", "error", *(["--factory"] if target in FACTORIES else []), target]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments], cwd=ROOT, env=env, stdout=sys.stderr
    )
    try:
        _wait_for_port(port, server)
        _wait_for_workers(plan.workers, server)
        yield server.pid
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for_port(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_TIMEOUT
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("granian did not start")


def _wait_for_workers(count: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until all workers serve: the first would get all connections, and the others stay cold."""
    until = time.monotonic() + START_TIMEOUT
    while (ready := cpu_usage.processes_with(RUNTIME_THREAD, server.pid)) is not None and ready < count:
        if time.monotonic() > until:
            raise RuntimeError("granian did not start all its workers")
        time.sleep(0.05)


def postmaster() -> int | None:
    """Return the parent of all PostgreSQL processes, if the server runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cpu_usage.parent_of(cursor.fetchone()[0])


def _version() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
    return f"SQLite {sqlite3.sqlite_version}"
