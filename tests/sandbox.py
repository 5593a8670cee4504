"""The real sandbox process for tests, and a merchant's address that collects its notices.

Import `sandbox_process` and `sandbox_server` into a conftest to use them.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.simulated_merchants import open_merchants
from tests.serving import serving

ROOT = Path(__file__).resolve().parent.parent
TIME_SCALE = 0.02  # late money after 0.3 s, a repeat after 0.3 s, a refund after 0.04 s


@dataclass
class NoticeSink:
    """A merchant's notice address. `status` is what it answers; `received` what came, oldest first."""

    status: int = 204
    answer: bytes = b""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    _came: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int = 1, seconds: float = 5) -> list[tuple[dict[str, str], bytes]]:
        """Return the notices once `count` have come; fail where they do not."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= count, seconds), (
                f"{len(self.received)} of {count} notices came"
            )
            return list(self.received)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self._came:
            self.received.append((headers, body))
            self._came.notify_all()
            return self.status


@dataclass
class SandboxServer:
    """A running sandbox: its address, the payer's acts and the faults on demand."""

    url: str
    notices: NoticeSink

    def act(self, number: str, action: str) -> None:
        """Do what the payer would do at the cashier: pays, refuses, abandons, pays_late, …"""
        self.control(action=action, number=number)

    def fault(self, name: str, **details: Any) -> None:
        """Set a fault for one turn; `times=None` keeps it, `on="POST /v3/pay"` limits it."""
        self.control(fault=name, **details)

    def has_met(self, name: str) -> bool:
        """Return whether a fault has met its request, which may wait for its answer still."""
        return self.browse("POST", "/control", json.dumps({"used_up": name}).encode())[0] == 204

    def clear(self) -> None:
        self.control(clear=True)

    def control(self, **asked: Any) -> None:
        status, _, _ = self.browse("POST", "/control", json.dumps(asked).encode())
        assert status == 204, status

    def browse(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a plain request and follow nothing."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, urlsplit(path).path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def press(self, cashier_url: str, action: str) -> tuple[int, dict[str, str], bytes]:
        """Press a button of the cashier page as a browser without scripts does."""
        form = urlencode({"action": action}).encode()
        return self.browse("POST", cashier_url, form, {"Content-Type": "application/x-www-form-urlencoded"})


def start_sandbox(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a sandbox that the test controls."""
    return start_uncontrolled("--control", *arguments, **environment)


def start_uncontrolled(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start `python -m sandbox` with `--keys` on a free port; the caller reads its first line and ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    port = re.search(r"port (\d+)", process.stdout.readline())
    assert port, "the sandbox did not start"
    return f"http://127.0.0.1:{port[1]}"


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.terminate()
    return process.communicate(timeout=120)


@pytest.fixture(scope="session")
def sandbox_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of the real channels, which the sandbox and the merchant share."""
    folder = tmp_path_factory.mktemp("keys")
    open_merchants(folder)
    return folder


@pytest.fixture(scope="session")
def sandbox_process(sandbox_keys: Path) -> Iterator[str]:
    """The address of one sandbox for the whole run."""
    process = start_sandbox("--time-scale", str(TIME_SCALE), "--keys", str(sandbox_keys))
    try:
        yield address_of(process)
    finally:
        end(process)


@pytest.fixture
def notice_sink() -> Iterator[NoticeSink]:
    sink = NoticeSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(sink.take(dict(self.headers.items()), body))
            self.end_headers()
            self.wfile.write(sink.answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        sink.url = f"{address}/notices/channel"
        yield sink


@pytest.fixture
def sandbox_server(sandbox_process: str, notice_sink: NoticeSink) -> Iterator[SandboxServer]:
    """The sandbox with no fault set, and a sink for the notices of this test."""
    server = SandboxServer(sandbox_process, notice_sink)
    server.clear()
    yield server
    server.clear()
