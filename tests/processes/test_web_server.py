"""The web server as the units start it, and what strange, slow and hostile clients get from it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.needles import forms, hits
from tests.processes.conftest import Place, Web, server_options, talk, web_server
from tests.processes.place import PLATES
from tests.sandbox import ROOT
from tests.waiting import wait_for
from tools.postgres import free_port

pytestmark = pytest.mark.servers

CLOSE = b"Connection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
LOOK_UP = b"plate=%E6%B2%AAA7K9Q3&part=1"


@pytest.fixture(scope="module")
def web(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    log = tmp_path_factory.mktemp("web") / "web.log"
    with web_server(place, log) as running:
        yield running


def host(web: Web) -> bytes:
    return b"Host: 127.0.0.1:%d\r\n" % web.port


def page(web: Web) -> bytes:
    return b"/p/" + web.place.made["sign"].encode()


def post(web: Web, body: bytes = LOOK_UP, *, headers: bytes = b"", close: bool = True) -> bytes:
    """Return a look-up of a plate, as bytes."""
    length = b"" if b"ength:" in headers or b"chunked" in headers else b"Content-Length: %d\r\n" % len(body)
    ends = CLOSE if close else b""
    return (
        b"POST " + page(web) + b" HTTP/1.1\r\n" + host(web) + ends + FORM + length + headers + b"\r\n" + body
    )


def get(web: Web, *, headers: bytes = b"", path: bytes = b"", close: bool = True) -> bytes:
    ends = CLOSE if close else b""
    return b"GET " + (path or page(web)) + b" HTTP/1.1\r\n" + host(web) + ends + headers + b"\r\n"


def sent_to(web: Web, path: bytes, body: bytes, headers: bytes) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST " + path + b" HTTP/1.1\r\n" + host(web) + CLOSE + headers + length + b"\r\n" + body


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


# Each could be read in two ways, or not at all.
AMBIGUOUS = {
    "two lengths": lambda web: post(web, headers=b"Content-Length: 5\r\nContent-Length: 9\r\n"),
    "length and chunks": lambda web: post(
        web, b"5\r\nplate\r\n0\r\n\r\n", headers=b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"
    ),
    "negative length": lambda web: post(web, headers=b"Content-Length: -5\r\n"),
    "length that is no number": lambda web: post(web, headers=b"Content-Length: 0x1f\r\n"),
    "two hosts": lambda web: get(web, headers=b"Host: evil.example\r\n"),
    "no host": lambda web: b"GET " + page(web) + b" HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "space before a colon": lambda web: get(web, headers=b"Host : evil.example\r\n"),
    "folded header": lambda web: get(web, headers=b"X-A: b\r\n c\r\n"),
    "NUL in a header": lambda web: get(web, headers=b"X-A: b\0c\r\n"),
    "no version": lambda web: b"GET " + page(web) + b"\r\n\r\n",
    "TLS": lambda _: b"\x16\x03\x01\x02\x00\x01\x00" + b"x" * 99 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_requests_are_refused(web: Web, name: str) -> None:
    assert statuses(talk(web.port, AMBIGUOUS[name](web))) == [400]


TOO_LARGE = {
    "300 headers": (lambda web: get(web, headers=b"".join(b"X-%d: 1\r\n" % n for n in range(300))), 431),
    "100,000 headers": (
        lambda web: get(web, headers=b"".join(b"X-%d: 1\r\n" % n for n in range(100_000))),
        431,
    ),
    "header of 300 kB": (lambda web: get(web, headers=b"X-A: " + b"a" * 300_000 + b"\r\n"), 431),
    "address of 70 kB": (lambda web: get(web, path=b"/p/" + b"a" * 70_000), 414),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_large_heads_are_refused(web: Web, name: str) -> None:
    made, status = TOO_LARGE[name]
    assert statuses(talk(web.port, made(web))) in ([status], [])  # it may hang up while we still send


@pytest.mark.parametrize(
    ("path", "status"),
    [("page", 413), ("push", 413), ("/api/v1/reads", 413), ("/n/wechat/m1", 404), ("/console/login", 403)],
)
def test_endless_bodies_are_refused_unread(web: Web, path: str, status: int) -> None:
    where = {"page": page(web), "push": web.place.made["push"].encode()}.get(path, path.encode())
    kind = FORM if path in {"page", "/console/login"} else b"Content-Type: application/json\r\n"
    announced = b"Content-Length: 99999999999999999\r\n"
    began = time.monotonic()
    sent = b"POST " + where + b" HTTP/1.1\r\n" + host(web) + CLOSE + kind + announced + b"\r\nplate=x"
    assert statuses(talk(web.port, sent)) == [status]
    assert time.monotonic() - began < 8


def test_camera_must_name_a_length(web: Web) -> None:
    sent = b"POST " + web.place.made["push"].encode() + b" HTTP/1.1\r\n" + host(web) + CLOSE
    assert statuses(talk(web.port, sent + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")) == [411]


@pytest.mark.parametrize(
    "path", [b"", b"/console/login", b"/console/static/console.css", b"/fee", b"/r", b"/x"]
)
@pytest.mark.parametrize("form", ["header", "absolute address"])
def test_foreign_host_is_refused_everywhere(web: Web, path: bytes, form: str) -> None:
    talk(web.port, get(web))  # so that the page could be replayed
    target = (b"http://evil.example" if form == "absolute address" else b"") + (path or page(web))
    sent = b"GET " + target + b" HTTP/1.1\r\nHost: evil.example\r\n" + CLOSE + b"\r\n"
    answer = talk(web.port, sent)
    assert statuses(answer) == [400]
    assert b"evil.example" not in answer


def test_pipelined_requests_are_answered_in_order(web: Web) -> None:
    sent = get(web, close=False) + post(web, close=False) + get(web, path=b"/x")
    assert statuses(talk(web.port, sent)) == [200, 200, 404]


def test_expected_body_is_asked_for(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as line:
        line.sendall(post(web, b"", headers=b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(LOOK_UP)))
        assert line.recv(999).startswith(b"HTTP/1.1 100")
        line.sendall(LOOK_UP)
        assert b" 200 " in line.recv(999)


def test_no_answer_names_the_server(web: Web) -> None:
    for sent in (get(web), post(web), get(web, path=b"/x"), get(web, path=b"/healthz"), b"GET /\r\n\r\n"):
        assert not re.search(rb"(?i)\r\nserver: *[^\r ]|granian|hyper", talk(web.port, sent))


def test_silent_connections_are_closed(web: Web) -> None:
    """Without a byte, within the headers, after an answer: else enough of them would close the process."""
    begun = (b"", get(web)[:-2], get(web, close=False))
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", web.port), 40)) for _ in begun]
        for line, sent in zip(lines, begun, strict=True):
            line.sendall(sent)
        for line in lines:
            while line.recv(65536):
                pass


def test_odd_bytes_are_no_bug(web: Web) -> None:
    for word in ("沪A7K9Q3".encode(), "沪".encode("gbk"), b"\xff\xfe", b"%E6%B2%AA", b"%FF%00", b"%0d%0a"):
        for name in (
            b"User-Agent",
            b"Origin",
            b"X-Forwarded-For",
            b"Accept-Encoding",
            b"Cookie",
            b"If-None-Match",
        ):
            for sent in (
                get(web, headers=name + b": " + word + b"\r\n"),
                post(web, headers=name + b": " + word + b"\r\n"),
            ):
                assert all(status < 500 for status in statuses(talk(web.port, sent))), (name, word)
        for path in (
            b"/p/" + word,
            b"/" + word,
            b"/x?q=" + word,
            b"/lot/" + word + b"/tariff",
            b"/t/" + word,
        ):
            assert all(status < 500 for status in statuses(talk(web.port, get(web, path=path)))), path
    written = web.log.read_text(encoding="utf-8")
    assert "Traceback" not in written
    assert "unhandled" not in written


def test_log_names_no_visitor(web: Web) -> None:
    made, plate, wrong = web.place.made, PLATES["lost"], "falsches-wort-4418"
    typed = quote(plate).encode()
    json_type = b"Content-Type: application/json\r\n"
    foreign = made["push"].replace(made["secret"], wrong).encode()
    for sent in (
        post(web, b"plate=" + typed),
        post(web, b"plate=" + typed * 20),
        get(web, path=b"/t/" + typed),
        get(web, path=b"/x?plate=" + typed, headers=b"Referer: http://x.example/" + typed + b"\r\n"),
        sent_to(web, made["push"].encode(), made["record"].encode()[:-9], json_type),
        sent_to(web, foreign, made["record"].encode(), json_type),
        sent_to(web, b"/api/v1/reads", b'{"plate": "' + plate.encode(), json_type),
        sent_to(web, b"/n/wechat/m1", typed, FORM),
        sent_to(web, b"/console/login", b"login=owner&password=" + wrong.encode(), FORM),
    ):
        assert statuses(talk(web.port, sent)), sent
    private = {plate, plate[1:], wrong, made["sign"], made["secret"]}
    needles = {word: forms(word) for word in private}
    written = web.log.read_bytes()
    assert b'"refused"' in written
    assert hits(written, needles) == []
    assert set(hits(written + sent_to(web, made["push"].encode(), plate.encode(), FORM), needles)) >= {plate}


def workers(web: Web) -> list[int]:
    children = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text(encoding="ascii")
    found = [int(pid) for pid in children.split()]
    return [pid for pid in found if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_killed_worker_is_replaced(web: Web) -> None:
    """The server goes on: it would take its other worker along, and seconds to start again."""
    (before,) = workers(web)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: workers(web) not in ([], [before]) and web.is_up(), "a worker", web.last_printed)
    assert web.process.poll() is None


GRANIAN = [str(Path(sys.executable).with_name("granian")), *server_options()[:-1], "--workers", "2"]
MANAGE = [sys.executable, "manage.py"]


@pytest.mark.parametrize(
    ("surface", "words"),
    [
        *((name, [*GRANIAN, "config.wsgi:application"]) for name in ("driver", "device", "console")),
        ("driver", [*MANAGE, "work"]),
        ("driver", [*MANAGE, "check_outside", "--every", "60"]),
    ],
    ids=["driver", "device", "console", "worker", "watch"],
)
def test_wrong_setting_ends_each_process(place: Place, surface: str, words: list[str]) -> None:
    """It names the setting and ends, for systemd to say so: a server that tried again would seem to run."""
    settings = {**place.settings, "SURFACES": surface, "DEBT_DAYS": "a week"}
    port = ["--port", str(free_port())] if words[0].endswith("granian") else []
    done = subprocess.run(
        [*words, *port],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert "DEBT_DAYS: must be a number of days from 0 to 3650" in done.stdout
    assert "Respawning" not in done.stdout
    assert "Traceback" not in done.stdout
