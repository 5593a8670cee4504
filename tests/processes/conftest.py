"""A car park, and the web server that serves it as the units start it."""

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import migrated
from tests.sandbox import ROOT
from tests.waiting import wait_for
from tools.postgres import free_port

UNIT = ROOT / "deploy" / "units" / "purecode-driver@.service"
SERVED = "driver,device,console,members"


def server_options(unit: Path = UNIT) -> list[str]:
    """Return what a unit gives to the web server, without address, port and number of processes."""
    line = next(line for line in unit.read_text(encoding="utf-8").splitlines() if "/granian " in line)
    words = iter(shlex.split(line.partition("/granian ")[2]))
    return [word for word in words if word not in {"--host", "--port", "--workers"} or not next(words)]


@dataclass
class Place:
    """A database with a car park in it, and the settings by which processes use it."""

    folder: Path
    settings: dict[str, str]
    made: dict[str, str]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    migrated.fill(folder / "database.sqlite3")
    settings = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/database.sqlite3",
        "CONSOLE_MFA": "offered",
    }
    made = subprocess.run(
        [sys.executable, "-m", "tests.processes.place"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Place(folder, settings, json.loads(made.stdout.splitlines()[-1]))


@dataclass
class Web:
    """A running web server, and where it writes to."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    place: Place

    def is_up(self) -> bool:
        try:
            return talk(self.port, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200")
        except OSError:
            return False

    def last_printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


@contextmanager
def web_server(place: Place, log: Path, **settings: str) -> Iterator[Web]:
    """Run the web server with all surfaces in one process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    changed = {"PUBLIC_URL": url, "ALLOWED_HOSTS": "127.0.0.1", "SURFACES": SERVED, **settings}
    words = [str(Path(sys.executable).with_name("granian")), *server_options()[:-1], "--port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*words, "config.wsgi:application"],
            cwd=ROOT,
            env={**place.settings, **changed},
            stdout=output,
            stderr=output,
        )
    try:
        web = Web(port, process, log, place)
        wait_for(web.is_up, "the server", web.last_printed, seconds=600)
        yield web
    finally:
        process.terminate()
        process.wait(timeout=60)


def talk(port: int, sent: bytes, *, seconds: float = 30) -> bytes:
    """Send bytes and return all that comes until the server closes, or until `seconds` pass."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        got = b""
        with suppress(OSError):  # it hung up before all was sent: what it answered may be there
            line.sendall(sent)
        with suppress(OSError):  # it was closed with bytes unread
            while block := line.recv(65536):
                got += block
        return got
