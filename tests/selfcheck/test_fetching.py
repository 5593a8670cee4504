"""The reader of robots.txt and declarations never leaves its guarded proxy."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from selfcheck import fetching
from selfcheck.checking import in_thread
from selfcheck.chrome import Options
from selfcheck.fetching import Fetched, fetch
from selfcheck.network_addresses import Destination, Refused
from tests.selfcheck.zoo.animals import Answer
from tests.selfcheck.zoo.keeper import open_zoo
from tests.serving import serving

pytestmark = pytest.mark.servers


class Site(BaseHTTPRequestHandler):
    """Answers `/to/<target>` with a redirect there, all else with a text."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
        else:
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def dripping() -> Iterator[int]:
    """A server that sends a byte of its answer now and then, without an end; yields its port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                    while not stop.wait(0.05):
                        connection.sendall(b"x")
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def outside():
    """A stranger's site, which the resolver leads to whatever its name."""
    site = type("Outside", (Site,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), site)
    with serving(server):
        yield site, server.server_port


@pytest.fixture
def inside():
    """A service of the operator's own network that must never be reached."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        yield listener


def was_reached(listener):
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


def options_for(port):
    async def resolve(host, _port):
        if host != "outside.example":
            raise Refused
        return Destination("127.0.0.1", port)

    return Options(resolve=resolve)


def get(url, port):
    return in_thread(lambda: fetch(url, options_for(port)))


def test_file_comes_through_the_proxy(outside):
    site, port = outside
    assert get("http://outside.example/robots.txt", port).body == b"ok"
    assert site.asked == ["/robots.txt"]


@pytest.mark.parametrize("scheme", ["ftp", "http", "https", "file", "gopher"])
def test_redirects_are_not_followed(outside, inside, scheme):
    _, port = outside
    target = f"{scheme}://127.0.0.1:{inside.getsockname()[1]}/etc/passwd"
    assert get(f"http://outside.example/to/{target}", port) == Fetched(302)
    assert not was_reached(inside)


def test_dripping_site_is_given_up(monkeypatch):
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.5)
    with dripping() as port:
        began = time.monotonic()
        assert get("http://outside.example/robots.txt", port) == Fetched(0)
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("scheme", ["ftp", "file", "data", "gopher"])
def test_other_schemes_are_not_opened(outside, inside, scheme):
    _, port = outside
    address = f"127.0.0.1:{inside.getsockname()[1]}"
    for url in (f"{scheme}://{address}/x", f"{scheme}:///etc/hostname", f"{scheme}:,x"):
        assert get(url, port) == Fetched(0)
    assert not was_reached(inside)


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("value", ["*", "127.0.0.1,10.0.0.0/8,localhost"])
def test_environment_bypasses_no_proxy(outside, inside, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    for variable in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{inside.getsockname()[1]}")
    _, port = outside
    fetched = get(f"http://127.0.0.1:{inside.getsockname()[1]}/latest/meta-data", port)
    assert not was_reached(inside)
    assert fetched.body == b""
    assert get("http://outside.example/", port).body == b"ok"
    assert not was_reached(inside)


def test_opener_speaks_http_only():
    names = {type(handler).__name__ for handler in fetching._opener().handlers}
    assert names == {
        "HTTPHandler",
        "HTTPSHandler",
        "HTTPErrorProcessor",
        "HTTPDefaultErrorHandler",
    }


def test_site_with_tls_is_named(tmp_path):
    asked = []

    def served(host, method, path, body):
        asked.append(host)
        return Answer("x")

    with open_zoo(tmp_path, served) as zoo:
        options = Options(resolve=zoo.resolve, any_certificate=True)
        assert in_thread(lambda: fetch("https://pay.named-zoo.cn/a", options)).body == b"x"
    assert asked == ["pay.named-zoo.cn"]
