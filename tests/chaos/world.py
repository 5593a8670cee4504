"""All processes of one installation and two channels, and the load of drivers and cameras on them."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none
from tests.chaos.payers import FORM, JSON, Payers, start_channels, stop_channels
from tools import postgres

ROOT = Path(__file__).resolve().parents[2]
CARS, PAYING_CARS = 20, 800


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
    def running(self, payers: Sequence[Payers]) -> Iterator[None]:
        self.stop.clear()
        acts: list[Callable[[], object]] = [
            self.look_at_page,
            self.look_up,
            self.look_up,
            self.push,
            self.push,
        ]
        threads = [threading.Thread(target=self._repeat, args=(act,)) for act in acts]
        threads += [threading.Thread(target=each.drive) for each in payers]
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

    def __init__(
        self, server: postgres.Cluster, folder: Path, *, disk: Path | None = None, library: str = ""
    ) -> None:
        """`disk`: where the database's files are, if it may be filled. `library`: changes clocks."""
        self.server, self.port = server, postgres.free_port()
        self.folder, self.disk = folder, disk
        (ROOT / "var").mkdir(exist_ok=True)
        self.log = (ROOT / "var" / "chaos.log").open("a", encoding="utf-8")
        self.set_clocks(ours=0, theirs=0)
        self.channels, merchants = start_channels(folder, **self.clock("theirs", library))
        plain = {
            **os.environ,
            "DATABASE_URL": server.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SANDBOX_URL": "",
            "MERCHANTS": merchants,
        }
        self.environment = plain
        self.manage("migrate", "--verbosity", "0")
        made = subprocess.run(
            [sys.executable, "-m", "tests.chaos.chaos_place"],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.place = json.loads(made.stdout)
        self.cars = deque(range(PAYING_CARS))
        self.environment = plain | self.clock("ours", library)
        self.web, self.worker = self.start_web(), self.start_worker()

    def clock(self, whose: str, library: str) -> dict[str, str]:
        """Return the settings by which a process reads its clock from a file of ours."""
        return (
            library
            and {
                "LD_PRELOAD": library,
                "FAKETIME_TIMESTAMP_FILE": str(self.folder / whose),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        ) or {}

    def set_clocks(self, *, ours: int, theirs: int) -> None:
        """Put our clocks and those of the channels so many seconds ahead."""
        for whose, ahead in (("ours", ours), ("theirs", theirs)):
            draft = self.folder / f"{whose}.new"
            draft.write_text(f"{ahead:+d}\n", encoding="ascii")
            draft.replace(self.folder / whose)

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
        wait_until(lambda: not command_of(pid))
        time.sleep(away)
        self.start_database(command, owner)

    def start_database(self, command: list[str], owner: os.stat_result) -> None:
        options: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        chosen = {} if os.geteuid() else options  # root may not run it
        subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True, **chosen)

    def close(self) -> None:
        for process in (self.web, self.worker):
            self.kill(process)
        stop_channels(self.channels)
        self.log.close()


def command_of(pid: int) -> str:
    """Return the command of a process; "" once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> float:
    """Return after how many seconds the condition was true."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise RuntimeError("it did not recover")
        time.sleep(0.1)
    return time.monotonic() - began
