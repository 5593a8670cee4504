"""What nginx itself answers with the delivered files: redirects, refusals, host names that are not ours."""

import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy import nginx
from deploy.server_settings import Answers
from tests.live import trial_certificates
from tests.waiting import wait_for
from tools.machine import NGINX

pytestmark = [pytest.mark.servers, pytest.mark.sqlite]

DEPLOY = Path(nginx.__file__).parent
ANSWERS = Answers(public="pay.test", devices="devices.test", console="console.test")
HOSTS = tuple(ANSWERS.hosts.values())
MAIN = """{user}
daemon off;
pid {folder}/nginx.pid;
events {{ }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


INSTALL = (DEPLOY.parent / "docs" / "install.md").read_text(encoding="utf-8")


class Site:
    """A running nginx. `ask` sends bytes, over TLS where a name is given, and returns status and headers."""

    def __init__(self, http: int, https: int) -> None:
        self.http, self.https = http, https

    def ask(self, sent: bytes, name: str = "") -> tuple[int, dict[str, str]]:
        with closing(self._connect(name)) as line:
            line.sendall(sent)
            head = b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")[0].decode()
        if not head:
            return 0, {}
        first, *lines = head.splitlines()
        return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines)

    def _connect(self, name: str) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.https if name else self.http), 10)
        if not name:
            return line
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(line, server_hostname=name)


def get(host: str) -> bytes:
    return f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


class Surface(BaseHTTPRequestHandler):
    """Answers with the client's address as nginx passed it on."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.send_header("X-Seen", self.headers["X-Forwarded-For"])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def surface() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Surface)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, surface: int) -> Iterator[Site]:
    """Run nginx on the delivered site, at other ports with other certificates. Only devices have a surface.

    This machine is the proxy in front of docs/install.md#behind.
    """
    folder = tmp_path_factory.mktemp("nginx")
    trial_certificates.issue(folder, HOSTS)
    http, https = free_ports()
    text = nginx.render(
        (DEPLOY / "nginx.conf").read_text(encoding="utf-8"),
        ANSWERS,
        {**dict.fromkeys(nginx.PLACEHOLDERS, 9), "device": surface},
        nginx.version(),
        ipv6=False,
    )
    text = re.sub(r"listen 80;", f"listen 127.0.0.1:{http};", text)
    text = re.sub(r"listen 443 ", f"listen 127.0.0.1:{https} ", text)
    text = re.sub(r"/etc/ssl/purecode/\w+\.", f"{folder}/chain.", text)
    (behind,) = re.findall(r"(?s)<!-- lines of nginx: behind .*?<<'END'\n(.*?)END\n", INSTALL)
    text = behind.replace("10.0.0.0/24", "127.0.0.1") + text
    for path in nginx.included(DEPLOY):
        shared = path.read_text(encoding="utf-8")
        shared = shared.replace("/etc/nginx/", f"{folder}/").replace("/var/log/nginx/error.log", "stderr")
        (folder / path.name).write_text(shared, encoding="utf-8")
    user = "" if os.geteuid() else "user root;"  # the folder is closed to all others
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder, site=text), encoding="utf-8")
    words: list[str | Path] = [NGINX.bring(), "-e", "stderr", "-c", folder / "nginx.conf"]
    errors = folder / "errors"
    with errors.open("w") as stream, subprocess.Popen(words, stderr=stream) as process:
        wait_for((folder / "nginx.pid").exists, "nginx", errors.read_text, seconds=30)
        yield Site(http, https)
        process.terminate()


def test_redirect_has_the_headers_of_pages(site):
    """But for HSTS, which a browser must not take from http."""
    status, headers = site.ask(get("pay.test"))
    assert (status, headers["location"], headers["server"]) == (301, "https://pay.test/", "nginx")
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("name", ["", "pay.test"], ids=["http", "https"])
def test_bad_request_has_the_headers_of_pages(site, name):
    status, headers = site.ask(b"GET /%00 HTTP/1.1\r\nHost: pay.test\r\nConnection: close\r\n\r\n", name)
    assert (status, headers["x-content-type-options"]) == (400, "nosniff")
    assert ("strict-transport-security" in headers) == bool(name)


def test_stopped_surface_has_the_headers_of_pages(site):
    status, headers = site.ask(get("console.test"), "console.test")
    assert (status, headers["strict-transport-security"]) == (503, "max-age=31536000")
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["", "pay.test"], ids=["http", "https"])
def test_unknown_host_is_answered_with_nothing(site, name):
    assert site.ask(get("other.test"), name) == (0, {})


def test_unknown_host_is_shown_no_certificate(site):
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        site.ask(get("other.test"), "other.test")


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("", "127.0.0.1"),
        ("X-Forwarded-For: 198.51.100.7\r\n", "198.51.100.7"),
        ("X-Forwarded-For: 203.0.113.1, 198.51.100.7\r\n", "198.51.100.7"),  # the first is the driver's own
        ("X-Forwarded-For: 2001:db8::7, 127.0.0.1\r\n", "2001:db8::7"),
    ],
)
def test_proxy_in_front_names_the_client(site, sent, seen):
    request = f"GET /readyz HTTP/1.1\r\nHost: devices.test\r\n{sent}Connection: close\r\n\r\n"
    status, headers = site.ask(request.encode(), "devices.test")
    assert (status, headers["x-seen"]) == (204, seen)
