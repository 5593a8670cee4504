"""A web process, a worker and a sandbox, each real and each with a next one standing by."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from sandbox.systems.__main__ import SIMULATORS
from tests import migrated
from tests.browser.real import AGENTS, merchants
from tests.kills.killed_processes import plate
from tests.lots.systems.simulated import Vendor, vendor_named
from tests.sandbox import ROOT, TIME_SCALE, NoticeSink, SandboxServer, address_of, end, start_sandbox
from tests.waiting import wait_for
from tools import pooler
from tools.postgres import Cluster

type Ask = Callable[..., list[dict[str, Any]]]

PATIENCE = 180  # seconds until something that must happen is given up


@dataclass
class Nursery:
    """The process that has the product loaded and forks the others, and the log of them all."""

    folder: Path
    parent: subprocess.Popen[str]

    def ask(self, *words: str) -> str:
        assert self.parent.stdin
        self.parent.stdin.write(" ".join(words) + "\n")
        self.parent.stdin.flush()
        return self.read_line()

    def read_line(self) -> str:
        assert self.parent.stdout
        output = self.parent.stdout.readline()
        assert output, self.log()
        return str(output).strip()

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")[-3000:]


@dataclass
class Process:
    """The web process, the worker or one that does a single thing: started, killed and started again."""

    role: str
    nursery: Nursery
    pid: int = 0
    ended: str = ""

    def start(self, *arguments: str) -> None:
        self.pid, self.ended = int(self.nursery.ask("start", self.role, *arguments)), ""

    def ended_by(self) -> str:
        """Return the signal or the status that ended it; nothing while it lives."""
        self.ended = self.ended or self.nursery.ask("state", str(self.pid))
        return self.ended

    def kill_at(self, point: str, number: str = "") -> None:
        """Have it killed when it comes to this point next; with `number`, when it comes with that payment."""
        draft = self.nursery.folder / f"{self.role}.new"
        draft.write_text(f"{point}\n{number}", encoding="ascii")
        draft.replace(self.nursery.folder / self.role)

    def spare(self) -> None:
        (self.nursery.folder / self.role).unlink(missing_ok=True)
        self.go_on()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def has_died(self) -> None:
        """Wait for its death, and see that it was the one that was ordered."""
        ended = wait_for(self.ended_by, f"{self.role} dies", self.nursery.log)
        self.pid = 0
        assert ended == str(-signal.SIGKILL), self.nursery.log()

    def pause(self) -> None:
        """Have the worker begin nothing until `go_on`."""
        (self.nursery.folder / "hold").touch()
        wait_for((self.nursery.folder / "held").exists, "the worker waits")

    def go_on(self) -> None:
        (self.nursery.folder / "hold").unlink(missing_ok=True)


@dataclass
class Books:
    """The throwaway database, read past the product."""

    url: str

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with self.standing_still() as ask:
            return ask(statement, *values)

    @contextmanager
    def standing_still(self) -> Iterator[Ask]:
        """Give a function that asks one and the same state of the database, whatever is written meanwhile."""
        parts = urlsplit(self.url)
        if parts.scheme == "sqlite":
            with closing(sqlite3.connect(f"file:{parts.path[1:]}?mode=ro", uri=True)) as lite:
                lite.execute("BEGIN")
                yield partial(_rows, lite)
            return
        with psycopg.connect(self.url) as pg:
            pg.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield partial(_rows, pg)


def _rows(line: Any, statement: str, *values: Any) -> list[dict[str, Any]]:
    found = line.execute(
        statement if isinstance(line, sqlite3.Connection) else statement.replace("?", "%s"), values
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


@dataclass
class Driver:
    """A phone: an address of its own, a car, and a browser without scripts, outside WeChat."""

    world: "World"
    number: int
    plate: str = field(init=False)

    def __post_init__(self) -> None:
        self.plate = plate(self.number)

    def ask(self, method: str, path: str, **form: str) -> str:
        """Send one request and return the page; the empty text where the server broke off."""
        port = urlsplit(self.world.url).port
        line = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=PATIENCE, source_address=(f"127.0.1.{self.number + 1}", 0)
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            line.request(method, path, urlencode(form) or None, {"User-Agent": AGENTS["browser"], **kind})
            return line.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            line.close()

    def press_pay(self, sign: int = 0) -> str:
        """Type the plate at a sign and press Pay; return the way to the cashier, or nothing."""
        page = f"/p/{self.world.signs[sign]}"
        shown = self.ask("POST", page, plate=self.plate, part="1")
        pay = re.search(r'action="(/q/[^"]+/pay)"', shown)
        if not pay:
            return ""
        along = {"plate": self.plate} if 'type="hidden" name="plate"' in shown else {}
        answer = self.ask("POST", pay[1], channel="wechat", **along)
        found = re.search(rf'href="({re.escape(self.world.sandbox.url)}/cashier/h5[^"]+)"', answer)
        return self._enter(unescape(found[1])) if found else ""

    def _enter(self, h5_url: str) -> str:
        """Follow an H5 address from our page into the cashier; WeChat looks where the phone comes from."""
        line = http.client.HTTPConnection(urlsplit(h5_url).netloc, timeout=PATIENCE)
        try:
            path = h5_url.removeprefix(self.world.sandbox.url)
            line.request("GET", path, headers={"Referer": f"{self.world.url}/"})
            return line.getresponse().headers.get("Location", "")
        finally:
            line.close()

    def pay(self, cashier: str, action: str = "pays") -> bool:
        """Press a button of the cashier; say whether the order could still be paid."""
        return cashier != "" and self.world.sandbox.press(cashier, action)[0] == 303

    def look(self) -> str:
        """Look at the page that waits for the money."""
        return self.ask("GET", f"/t/{self.payments()[-1]['token']}")

    def payments(self) -> list[dict[str, Any]]:
        """Return the payments of this car, oldest first. The driver has the stay of its number."""
        return self.world.books.rows(
            "SELECT * FROM payments_payment WHERE session_id = ? ORDER BY id",
            self.world.sessions[self.number],
        )

    def refunds(self) -> list[dict[str, Any]]:
        return self.world.books.rows(
            "SELECT r.* FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id"
            " WHERE p.session_id = ?",
            self.world.sessions[self.number],
        )

    def paid_there(self) -> set[str]:
        """Return the numbers of this car's payments that the channel has money for."""
        ours = {each["number"] for each in self.payments()}
        return {n for n, each in self.world.theirs("orders").items() if each["state"] == "paid" and n in ours}

    def is_quiet(self) -> bool:
        payments, refunds = self.payments(), self.refunds()
        return all(each["state"] in {"paid", "closed"} for each in payments) and all(
            each["state"] in {"done", "failed"} for each in refunds
        )


@dataclass
class World:
    """All processes, and what the channel itself has on record."""

    url: str
    web: Process
    work: Process
    sandbox: SandboxServer
    state: Path
    books: Books
    signs: list[str]  # two of our own system, then one in front of each simulated one, by name
    systems: dict[str, Vendor]
    sessions: list[int] = field(default_factory=list)
    cars: Iterator[int] = field(default_factory=count)
    first_payment: int = 0  # those of the test at hand are newer

    def driver(self) -> Driver:
        return Driver(self, next(self.cars))

    def is_serving(self) -> bool:
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", urlsplit(self.url).port)) == 0

    def start(self, process: Process) -> None:
        process.start()
        if process is self.web:  # beside a worker that starts, it may just be dying
            wait_for(self.is_serving, "the server serves", process.nursery.log)

    def recover(self, process: Process) -> None:
        """Start the process that was killed, as the service manager would."""
        process.has_died()
        self.start(process)

    def theirs(self, kind: str) -> dict[str, dict[str, Any]]:
        kept = json.loads(self.state.read_text(encoding="utf-8"))
        return {each["number"]: each for each in kept[kind]}


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, on the engine that the tests run on."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        file = tmp_path_factory.mktemp("kills") / "kills.sqlite3"
        migrated.fill(file)
        yield f"sqlite:///{file}"
        return
    server = unquote(
        f"postgresql://{default['USER']}:{default['PASSWORD']}@{default['HOST']}:{default['PORT']}"
    )
    name = f"kills_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        template = sql.SQL("TEMPLATE {}").format(sql.Identifier(migrated.TEMPLATE or "template1"))
        admin.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), template))
        yield f"{server}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def pooling(database_url: str) -> Iterator[dict[str, str]]:
    """Give the settings by which the processes share four connections; tests/test_pooler.py asks for them."""
    if "KILLS_THROUGH_POOLER" not in os.environ:
        yield {}
        return
    name = urlsplit(database_url).path.strip("/")
    with pooler.pooler(Cluster(database_url, Path()), name, pool_size=4) as address:
        yield {"DATABASE_POOLER": address, "PURECODE_PROCESS": "worker"}


def held_port() -> socket.socket:
    """Keep a port that only a server of ours can listen on, also while it is dead."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


@pytest.fixture(scope="module")
def world(
    database_url: str,
    pooling: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Run the processes while tests of a module need them: time goes so fast that idle ones are busy."""
    folder, held = tmp_path_factory.mktemp("world"), held_port()
    port = held.getsockname()[1]
    systems = {name: vendor_named(name) for name in SIMULATORS}
    keys = ("--keys", str(folder / "keys"))
    sandbox = start_sandbox("--time-scale", str(TIME_SCALE), "--state", str(folder / "sandbox.json"), *keys)
    channel = SandboxServer(address_of(sandbox), NoticeSink())
    url = f"http://127.0.0.1:{port}"
    wechat, _ = json.loads(merchants(folder / "keys", channel))
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PUBLIC_URL": url,
        "SANDBOX_URL": "",
        "PARKING_SYSTEMS": json.dumps({name: vendor.url for name, vendor in systems.items()}),
        "MERCHANTS": json.dumps([wechat]),
        **pooling,
    }
    with (folder / "log").open("w", encoding="utf-8") as log:
        parent = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.killed_processes", str(folder), str(port)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    nursery, books = Nursery(folder, parent), Books(database_url)
    web, work = Process("web", nursery), Process("work", nursery)
    try:
        signs = json.loads(nursery.read_line())
        found = World(url, web, work, channel, folder / "sandbox.json", books, signs, systems)
        found.sessions = [row["id"] for row in books.rows("SELECT id FROM lots_parkingsession ORDER BY id")]
        for process in (web, work):
            found.start(process)
        yield found
    finally:
        for process in (web, work):
            if process.pid:
                process.kill()
        parent.communicate()
        end(sandbox)
        held.close()
