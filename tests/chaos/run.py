"""Starts PostgreSQL, a web process and a worker, injects one fault after the other, and prints a table.

    python -m tests.chaos.run [--seed 1] [--only WORD]

Under each fault cameras push reads and drivers look up fees without pause. A push that was answered 200 must
be in the database afterwards, once, with at most one barrier order; the first page of a sign must answer.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none
from tools import postgres

ROOT = Path(__file__).resolve().parents[2]
CARS = 20
RESTART = 2.0  # seconds that a stopped server stays away
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Load:
    """Drivers and cameras, and what they were answered."""

    url: str
    place: dict[str, Any]
    random: random.Random
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    acknowledged: list[int] = field(default_factory=list)
    first_pages: list[tuple[int, float]] = field(default_factory=list)
    lookups: list[tuple[float, int]] = field(default_factory=list)  # when it was answered, and with what
    number: int = 0

    def send(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> int:
        try:
            with urlopen(Request(self.url + path, data, headers or {}), timeout=20) as answer:
                answer.read()
                return int(answer.status)
        except HTTPError as error:
            return int(error.code)
        except OSError:
            return 0

    def look_at_page(self) -> None:
        began = time.monotonic()
        status = self.send(f"/p/{self.place['code']}")
        self.first_pages.append((status, time.monotonic() - began))

    def look_up(self) -> int:
        plate = f"沪A2{self.random.randrange(CARS):04}"
        status = self.send(f"/p/{self.place['code']}", urlencode({"plate": plate}).encode(), FORM)
        self.lookups.append((time.monotonic(), status))
        return status

    def push(self) -> int:
        with self.lock:
            self.number += 1
            number = self.number
        body = json.loads(self.place["body"])
        result = body["AlarmInfoPlate"]["result"]["PlateResult"]
        result["plateid"], result["license"] = number, f"沪B{number:05}"
        result["timeStamp"]["Timeval"]["sec"] = int(time.time())
        status = self.send(self.place["push"], json.dumps(body).encode(), JSON)
        if status == 200:
            self.acknowledged.append(number)
        return status

    @contextmanager
    def running(self) -> Iterator[None]:
        self.stop.clear()
        acts: list[Callable[[], object]] = [
            self.look_at_page,
            self.look_up,
            self.look_up,
            self.push,
            self.push,
        ]
        threads = [threading.Thread(target=self._repeat, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self, act: Callable[[], object]) -> None:
        while not self.stop.is_set():
            act()
            time.sleep(0.05)


class World:
    """All processes of one installation, and how to harm them."""

    def __init__(self, server: postgres.Cluster, port: int) -> None:
        self.server, self.port = server, port
        self.log = (ROOT / "var" / "chaos.log").open("w", encoding="utf-8")
        self.environment = {
            **os.environ,
            "DATABASE_URL": server.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        self.manage("migrate", "--verbosity", "0")
        made = subprocess.run(
            [sys.executable, "-m", "tests.chaos.place"],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.place = json.loads(made.stdout)
        self.web, self.worker = self.start_web(), self.start_worker()

    def manage(self, *words: str) -> None:
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, check=True)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *words]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def start_web(self) -> subprocess.Popen[bytes]:
        options = "--interface wsgi --host 127.0.0.1 --workers 1 --blocking-threads 16 --no-ws"
        return self.start(
            "-m", "granian", *options.split(), "--port", str(self.port), "config.wsgi:application"
        )

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("manage.py", "work")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url, autocommit=True)

    def postmaster(self) -> tuple[int, list[str]]:
        """Return the process of the database server, and its command."""
        wanted = f"port={self.server.url.rpartition(':')[2].partition('/')[0]}"
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                command = (entry / "cmdline").read_text(encoding="utf-8").split("\0")[:-1]
                if command and command[0].endswith("postgres") and wanted in command:
                    return int(entry.name), command
        raise RuntimeError("no database server")

    def restart_database(self, number: signal.Signals, away: float) -> None:
        pid, command = self.postmaster()
        owner = Path(f"/proc/{pid}").stat()
        os.kill(pid, number)
        wait_until(lambda: not _command_of(pid))
        time.sleep(away)
        options: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        chosen = {} if os.geteuid() else options  # root may not run it
        subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True, **chosen)

    def close(self) -> None:
        for process in (self.web, self.worker):
            self.kill(process)
        self.log.close()


def _command_of(pid: int) -> str:
    """Return the command of a process; "" once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def lock_table(world: World) -> None:
    with psycopg.connect(world.server.url) as other:
        other.execute("LOCK TABLE lots_parkingsession")
        time.sleep(16)


def read_only(world: World) -> None:
    with world.admin() as admin:
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(5)
        admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        admin.execute("SELECT pg_reload_conf()")


def kill_web(world: World) -> None:
    world.kill(world.web)
    world.web = world.start_web()


def kill_worker(world: World) -> None:
    world.kill(world.worker)
    time.sleep(2)
    world.worker = world.start_worker()


FAULTS: dict[str, Callable[[World], None]] = {
    "none (5 s)": lambda _: time.sleep(5),
    "table locked 16 s": lock_table,
    "read-only 5 s": read_only,
    "PostgreSQL restarted": lambda world: world.restart_database(signal.SIGINT, RESTART),
    "PostgreSQL killed": lambda world: world.restart_database(signal.SIGQUIT, RESTART),
    "PostgreSQL away 30 s": lambda world: world.restart_database(signal.SIGINT, 30),
    "web process killed": kill_web,
    "worker killed": kill_worker,
}


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> float:
    """Return after how many seconds the condition was true."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise RuntimeError("it did not recover")
        time.sleep(0.1)
    return time.monotonic() - began


def stored(world: World) -> dict[str, int]:
    """Return how many barrier orders each stored read of the load has."""
    with world.admin() as admin:
        rows = admin.execute(
            "SELECT r.key, count(DISTINCT r.id), count(c.id) FROM lots_plateread r"
            " LEFT JOIN lots_gatecommand c ON c.read_id = r.id GROUP BY r.key"
        ).fetchall()
    assert all(reads == 1 for _, reads, _ in rows), "a read was stored twice"
    return {key: orders for key, _, orders in rows}


def run_fault(world: World, load: Load, name: str) -> str:
    load.first_pages.clear()
    load.lookups.clear()
    load.acknowledged.clear()
    with load.running():
        time.sleep(2)
        FAULTS[name](world)
        over = time.monotonic()
        wait_until(lambda: any(at > over and status == 200 for at, status in list(load.lookups)))
        recovered = next(at for at, status in load.lookups if at > over and status == 200) - over
        time.sleep(1)
    reads = stored(world)
    known = {key.partition("-")[0] for key in reads}  # a camera's number of its record, then the second
    lost = [number for number in load.acknowledged if str(number) not in known]
    twice = [key for key, orders in reads.items() if orders > 1]
    answered = [seconds for status, seconds in load.first_pages if status]
    refused = sum(status != 200 for _, status in load.lookups)
    no_page = sum(status != 200 for status, _ in load.first_pages)
    return (
        f"| {name} | {len(load.acknowledged)} | {len(lost)} | {len(twice)} | {recovered:.1f} s |"
        f" {max(answered):.2f} s | {no_page} of {len(load.first_pages)} | {refused} of {len(load.lookups)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="WORD", default="", help="faults whose name contains it")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    columns = ("Fault", "Reads acknowledged", "lost", "opened twice", "recovered after", "worst first page")
    print(f"| {' | '.join(columns)} | first pages refused | look-ups refused |")
    print(f"|{' --- |' * 8}", flush=True)
    with postgres.cluster(durable=True) as server:
        world = World(server, postgres.free_port())
        try:
            load = Load(f"http://127.0.0.1:{world.port}", world.place, random.Random(chosen.seed))
            wait_until(lambda: load.look_up() == 200)
            for name in (fault for fault in FAULTS if chosen.only in fault):
                print(run_fault(world, load, name), flush=True)
        finally:
            world.close()
            with suppress(RuntimeError, ProcessLookupError):  # the one that a fault started
                os.kill(world.postmaster()[0], signal.SIGINT)
                time.sleep(2)


if __name__ == "__main__":
    main()
