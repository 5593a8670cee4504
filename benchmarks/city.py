"""A city at rush hour: cars arrive whether or not the server keeps up, and ask for all that a car asks for.

    python -m benchmarks.city [CARS A SECOND...]      165 by default, after 20, 40 and 80; needs nginx

Each car is an entry read, a first page, a charge, a payment at the sandbox's gateway with its notice, one
look at the payment's state, and an exit read. nginx is in front as `deploy/` sets it up (without TLS), two
server processes and the worker behind it, PostgreSQL on the same machine. Latency counts from the planned
moment.
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.bench_environment import SERVER_SETTINGS, environment, measured_by
from benchmarks.bench_report import table
from tools.machine import NGINX, ROOT
from tools.packages import Missing
from tools.postgres import cluster, free_port

CITY, STEPS = 165, (20, 40, 80)  # all public car parks of Shanghai at rush hour, and what leads there
SECONDS = 15.0
CONNECTIONS = 16  # of the warm-up
LIMIT_MS, GOAL_MS = 200, 6.0  # p99, and processor time of a car on a quiet machine
ACTS = ("entry", "page", "charge", "pay", "state", "exit")
NGINX_CONF = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream purecode {{ server 127.0.0.1:{backend}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://purecode; include {proxy}; }}
  }}
}}
"""


@dataclass
class RateStep:
    """What was measured at one rate."""

    rate: float  # cars planned a second
    cars: int = 0  # that got through everything
    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # ms
    failures: Counter[str] = field(default_factory=Counter)
    processor: dict[str, float] = field(default_factory=dict)  # seconds, of each part
    other_cores: float = 0.0

    def p99(self, act: str = "") -> float:
        chosen = self.latencies.get(act, []) if act else chain.from_iterable(self.latencies.values())
        taken = sorted(chosen)
        return taken[min(len(taken) - 1, int(len(taken) * 0.99))] if taken else 0.0


class PhoneConnections:
    """Keep-alive connections to one address, each with one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        )
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        chunked = headers.get("transfer-encoding") == "chunked"
        if chunked:
            body = await reader.readuntil(b"0\r\n\r\n")  # small answers only
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close" or not (chunked or "content-length" in headers):
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[0][9:12]), headers, body


class MeasuredCity:
    """Sends cars through; imports Django's side only in the measuring process."""

    def __init__(self, factory: Any, port: int, sandbox: int) -> None:
        self.factory, self.host = factory, f"127.0.0.1:{port}"
        self.ours, self.channel = PhoneConnections(port), PhoneConnections(sandbox)
        size = factory.dataset.size
        self.parked = iter(range(size.to_settle, size.to_settle + size.to_charge))

    async def run(self, rate: float, seconds: float) -> RateStep:
        step, start = RateStep(rate), time.perf_counter()
        moment, cars = 0.0, []
        while (moment := moment + random.expovariate(rate)) < seconds:
            await asyncio.sleep(max(0.0, start + moment - time.perf_counter()))
            cars.append(asyncio.create_task(self._car(step, next(self.parked), start + moment)))
        await asyncio.wait(cars, timeout=30)
        for car in cars:
            if not car.done():
                car.cancel()
                step.failures["no answer"] += 1
        step.seconds = time.perf_counter() - start
        return step

    async def _car(self, step: RateStep, session: int, planned: float) -> None:
        async def act(name: str, request: bytes, must: bytes = b"") -> dict[str, str]:
            nonlocal planned
            status, headers, body = await self.ours.ask(request)
            step.latencies[name].append((time.perf_counter() - planned) * 1000)
            if status != 200 or must not in body:
                raise Failed(f"{name} {status}")
            planned = time.perf_counter()
            return headers

        try:
            await act("entry", self.factory.entries(1)[0], b'"ok"')
            await act("page", self.factory.pages(1)[0])
            charge = await act("charge", self.factory.charge(session))
            pay = self._post(f"{charge['x-part']}/pay", "channel=wechat&part=1")
            cashier = urlsplit((await act("pay", pay))["x-cashier"])
            h5 = self._get(f"{cashier.path}?{cashier.query}", host=cashier.netloc)
            _, there, _ = await self.channel.ask(h5)
            pays = self._post(there["location"], "action=pays", host=cashier.netloc)
            _, there, _ = await self.channel.ask(pays)
            state = f"{urlsplit(there['location']).path}/state"
            await asyncio.sleep(0.4)  # the notice is on its way
            planned = time.perf_counter()
            await act("state", self._get(state))
            await asyncio.sleep(0.6)
            planned = time.perf_counter()
            lot = session % self.factory.dataset.size.lots
            await act("exit", self.factory.push(lot, self.plate_of(session), 1), b'"ok"')
            step.cars += 1
        except (Failed, OSError, asyncio.IncompleteReadError, KeyError, ValueError) as fault:
            step.failures[str(fault) or type(fault).__name__] += 1

    @staticmethod
    def plate_of(session: int) -> str:
        from benchmarks.data import plate_text  # Django is set up by now

        return plate_text(session)

    def _get(self, path: str, *, host: str = "") -> bytes:
        head = f"GET {path} HTTP/1.1\r\nHost: {host or self.host}\r\nReferer: http://{self.host}/\r\n\r\n"
        return head.encode()

    def _post(self, path: str, body: str, *, host: str = "") -> bytes:
        from benchmarks.http_requests import BROWSER_HEADERS

        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host or self.host}\r\n{BROWSER_HEADERS}"
            f"Origin: http://{host or self.host}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body.encode()


class Failed(Exception):
    """An answer that no driver should get."""


@contextmanager
def process(
    *command: str, env: dict[str, str] | None = None, log: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    with (log or Path(os.devnull)).open("wb") as file:
        running = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=sys.stderr)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


def measure(rates: Sequence[float], seconds: float, lots: int, cars: int, history: int) -> list[RateStep]:
    """Return one step for each rate. Runs in a process with the product's settings."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils.timezone import now

    from benchmarks import data
    from benchmarks.http_requests import RequestFactory
    from benchmarks.measure import granian, postmaster, warm_up
    from benchmarks.plan import Plan
    from compliance import notice_versions, retention
    from sandbox.wechat.wechat_keys import open_keys

    call_command("migrate", verbosity=0)
    dataset = data.build(data.Size(lots, 1, cars, 1, history + cars + 2, 1), at=now())
    retention.erase_plates(at=now())  # the worker of a city has kept up with the cars of the past
    notice_versions.record_changed(at=now())
    port, backend = int(os.environ["BENCH_PORT"]), free_port()
    sandbox = urlsplit(os.environ["SANDBOX_URL"]).port or 0
    folder = os.environ["CITY_FOLDER"]
    with ExitStack() as stack:
        web = stack.enter_context(granian("config.wsgi:application", backend, Plan(sessions=0)))
        worker = stack.enter_context(process(sys.executable, "manage.py", "work")).pid
        conf = Path(folder) / "nginx.conf"
        proxy = ROOT / "deploy" / "purecode-proxy.conf"
        conf.write_text(
            NGINX_CONF.format(folder=folder, port=port, backend=backend, proxy=proxy), encoding="utf-8"
        )
        nginx = stack.enter_context(process(str(NGINX.bring()), "-p", folder, "-c", str(conf))).pid
        time.sleep(1)
        keys = open_keys(Path(os.environ["BENCH_KEYS"]) / "wechat")
        factory = RequestFactory(dataset, host=f"127.0.0.1:{port}", keys=keys)
        warm_up(backend, factory.warm_up(), CONNECTIONS)
        city = MeasuredCity(factory, port, sandbox)
        parts = {
            "web": web,
            "database": postmaster(),
            "worker": worker,
            "nginx": nginx,
            "channel": int(os.environ["CITY_SANDBOX"]),
        }
        return asyncio.run(_drive(city, rates, seconds, parts))


async def _drive(
    city: MeasuredCity, rates: Sequence[float], seconds: float, parts: Mapping[str, int | None]
) -> list[RateStep]:
    """Return one step for each rate, with the processor time of the parts (name: its process, if known)."""
    from benchmarks import cpu_usage

    await city.run(10, 3)  # warm
    others, steps = cpu_usage.OtherLoad(os.getppid()), []
    for rate in rates:
        before = {name: cpu_usage.cpu_seconds(pid) for name, pid in parts.items()}
        others.since()
        step = await city.run(rate, seconds)
        step.other_cores = others.since()
        step.processor = {name: cpu_usage.cpu_seconds(pid) - before[name] for name, pid in parts.items()}
        line = f"  {rate:g} cars/s: {step.cars} through, p99 {step.p99():.0f} ms"
        print(line, dict(step.failures) or "", file=sys.stderr, flush=True)
        steps.append(step)
    return steps


def _port_in(log: Path) -> str:
    """Return the port that a server of ours says it listens on."""
    for _ in range(200):
        if found := re.search(r"port (\d+)", log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.05)
    raise Missing("The sandbox did not start.")


def run(
    rates: Sequence[float],
    seconds: float = SECONDS,
    lots: int = 4000,
    cars: int = 12_000,
    history: int = 100_000,
) -> list[RateStep]:
    """Start the database, the sandbox and the measuring process; return what it measured."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="purecode-city-"))
        Path(folder).chmod(0o755)  # nginx's processes read it
        server = stack.enter_context(cluster(durable=True, settings=SERVER_SETTINGS))
        env = environment(server.url, Path(folder) / "keys")
        sandbox = stack.enter_context(
            process(
                *(sys.executable, "-m", "sandbox", "--port", "0", "--keys", str(Path(folder) / "keys")),
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                log=Path(folder) / "sandbox.log",
            )
        )
        url = f"http://127.0.0.1:{_port_in(Path(folder) / 'sandbox.log')}"
        env |= {"SANDBOX_URL": url, "SANDBOX_PUBLIC_URL": url}
        env |= {"CITY_FOLDER": folder, "CITY_SANDBOX": str(sandbox.pid)}
        words = json.dumps([list(rates), seconds, lots, cars, history])
        found = measured_by("benchmarks.city", "--measure", words, env=env)
        return [RateStep(**{**step, "failures": Counter(step["failures"])}) for step in found]


def section(steps: Sequence[RateStep]) -> str:
    """Return the section of docs/performance.md."""
    rows = []
    for step in steps:
        own = sum(spent for name, spent in step.processor.items() if name != "channel")
        each = max(1, step.cars)
        rows.append(
            (
                f"{step.rate:g}",
                f"{step.cars:,}",
                *(f"{step.p99(act):,.0f}" for act in ACTS),
                f"{step.p99():,.0f}",
                f"{own / each * 1000:.1f}",
                " / ".join(
                    f"{step.processor[name] / each * 1000:.1f}"
                    for name in ("web", "database", "nginx", "worker", "channel")
                ),
                f"{step.other_cores:.1f}",
                ", ".join(f"{count} × {what}" for what, count in step.failures.most_common(3)) or "none",
            )
        )
    carried = [step.rate for step in steps if step.p99() < LIMIT_MS and not step.failures]
    verdict = f"{max(carried):g} cars a second" if carried else "none of these rates"
    headings = (
        *("cars/s", "through", *(f"{act} p99" for act in ACTS), "all p99"),
        *("ms a car", "web / db / nginx / worker / channel", "others' cores", "failures"),
    )
    return (
        "## The city\n\n"
        f"Cars arrive open loop (Poisson) for {SECONDS:g} s at each rate, whether or not the server keeps up:"
        " entry read, first page, charge, payment, notice, state, exit read. nginx, two server processes of"
        " two threads, the worker, PostgreSQL, the sandbox's gateway and the client share two cores;"
        " the plates of past cars were erased before, and every process knew the facts of all lots, as one"
        " that runs for longer than minutes."
        f" {CITY} cars a second are all public car parks of Shanghai at rush hour. Carried with p99 under"
        f" {LIMIT_MS} ms: {verdict}. Processor time of a car without the channel's emulator and the client;"
        f" goal {GOAL_MS:g} ms on a quiet machine. Latencies in ms.\n\n{table(headings, rows)}\n"
    )


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--measure"]:
        steps = measure(*json.loads(arguments[1]))
        print(json.dumps([vars(step) for step in steps]))
        return 0
    try:
        print(section(run([float(rate) for rate in arguments] or [*STEPS, CITY])))
    except Missing as missing:
        print(missing)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
