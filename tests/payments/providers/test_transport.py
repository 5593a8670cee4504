"""The transport against raw sockets that misbehave."""

import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import outside
from core.transport import OutcomeUnknown, PooledTransport, repeating

pytestmark = pytest.mark.servers

Talk = Callable[[socket.socket], None]


@contextmanager
def server(talk: Talk) -> Iterator[tuple[str, list[int]]]:
    """Answer each connection with `talk`; yield the address and a list that grows with the connections."""
    connections: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(1)
            with connection:
                try:
                    connection.settimeout(3)
                    talk(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def pooled(**options: float) -> Iterator[PooledTransport]:
    transport = PooledTransport("wechat", **options)  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        transport.close()


def says(answer: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    return talk


def stays_silent(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.recv(65536)  # until the client gives up


def drips(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


OK = b"HTTP/1.1 200 OK\r\nX-Word: A\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN: dict[str, Talk] = {
    "hangs up": lambda connection: None,
    "hangs up in the status line": says(b"HTT"),
    "cut short": says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi"),
    "cut short in a chunk": says(CHUNKED + b"5\r\nhi"),
    "bad chunk": says(CHUNKED + b"zz\r\nhi\r\n"),
    "too large": says(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000),
    "too large in chunks": says(CHUNKED + b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n"),
    "not HTTP": says(b"220 mail ready\r\n"),
    "silent": stays_silent,
    "drips": drips,
}


def test_response_headers_are_lowercased() -> None:
    with server(says(OK)) as (url, _), pooled() as transport:
        reply = transport.send("POST", url + "/orders", {"X-Own": "1"}, b"{}")
    assert (reply.status, reply.headers["x-word"], reply.body) == (200, "A", b"hi")


@pytest.mark.parametrize("talk", BROKEN.values(), ids=BROKEN.keys())
def test_broken_response_is_unknown_and_unlogged(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    began = time.monotonic()
    with server(talk) as (url, connections), pooled(read_seconds=0.5, max_answer=4000) as transport:
        with pytest.raises(OutcomeUnknown) as unknown:
            transport.send("POST", url + "/orders/SECRET", {}, b"BODY")
        assert len(connections) == 1, "nothing is repeated"
    assert time.monotonic() - began < 15
    assert (str(unknown.value), unknown.value.__context__) == ("no usable answer", None)
    assert "SECRET" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_refused_connection_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pooled() as transport, pytest.raises(OutcomeUnknown):
        transport.send("GET", f"http://127.0.0.1:{port}/", {}, b"")


def test_redirects_are_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with server(says(moved)) as (url, connections), pooled() as transport:
        assert transport.send("GET", url, {}, b"").status == 302
    assert len(connections) == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_untrusted_certificate_is_no_answer(
    is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same server answers who trusts its authority, so that nothing but the certificate is refused."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        ["openssl", *words.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, key)

    def talk(connection: socket.socket) -> None:
        with secure.wrap_socket(connection, server_side=True) as line:
            says(OK)(line)

    with server(talk) as (url, _), pooled() as transport:
        address = url.replace("http://127.0.0.1", "https://localhost")
        if is_known:
            assert transport.send("GET", address, {}, b"").body == b"hi"
        else:
            with pytest.raises(OutcomeUnknown):
                transport.send("GET", address, {}, b"")


def test_one_connection_serves_many_calls() -> None:
    with server(keeps_talking) as (url, connections), pooled() as transport:
        for _ in range(5):
            transport.send("GET", url, {}, b"")
        assert len(connections) == 1
        transport.close()


def keeps_talking(connection: socket.socket) -> None:
    while connection.recv(65536):
        connection.sendall(OK)


@pytest.mark.parametrize("may_repeat", [True, False])
def test_only_questions_are_repeated(may_repeat: bool) -> None:
    """The host closes a kept connection when it is used again."""

    def answers_once(connection: socket.socket) -> None:
        says(OK)(connection)
        connection.recv(65536)

    with server(answers_once) as (url, connections), pooled() as transport:
        transport.send("GET", url, {}, b"")
        with repeating() if may_repeat else pytest.raises(OutcomeUnknown):
            assert transport.send("GET", url, {}, b"").status == 200
    assert len(connections) == 1 + may_repeat


def test_ended_call_cuts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts: list[Callable[[], None]] = []
    call = outside.call

    def noted(party: Any, work: Any, *, seconds: float, cut: Callable[[], None]) -> Any:
        cuts.append(cut)
        return call(party, work, seconds=seconds, cut=cut)

    monkeypatch.setattr(outside, "call", noted)
    with server(keeps_talking) as (url, connections), pooled() as transport:
        transport.send("GET", url, {}, b"")
        cuts[0]()
        transport.send("GET", url, {}, b"")
    assert len(connections) == 1


@pytest.mark.parametrize("url", ["https:///v3", "ftp://example.cn/", "http://exam\x01ple.cn/"])
def test_impossible_address_is_unknown(url: str) -> None:
    with pooled() as transport, pytest.raises(OutcomeUnknown):
        transport.send("GET", url, {}, b"")


def test_proxy_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(says(OK)) as (url, _), pooled() as transport:
        assert transport.send("GET", url, {}, b"").status == 200
