"""Serves the zoo on loopback, by TLS and in clear, and leads every name there."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote_plus

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from selfcheck.network_addresses import Destination, Resolve, Unresolved
from selfcheck.web_sockets import accept_key
from tests.selfcheck.zoo.animals import ANIMALS, Animal, Answer

type Serve = Callable[[str, str, str, str], Answer]  # host, method, path, body


@dataclass(frozen=True)
class Zoo:
    resolve: Resolve
    ports: tuple[int, int]


def serve(host: str, method: str, path: str, body: str) -> Answer:
    """Answer for the page that a host serves; all others are empty pages."""
    return _serve(ANIMALS, host, method, path, body)


def serve_from(animals: dict[str, Animal]) -> Serve:
    """Return an answerer for these pages."""
    return lambda host, method, path, body: _serve(animals, host, method, path, body)


def _serve(animals: dict[str, Animal], host: str, method: str, path: str, body: str) -> Answer:
    if host == "short-zoo.cn":
        return Answer("", 302, {"Location": ANIMALS["shortlink"].scheme + "://pay.shortlink-mall.cn/p/7F3K"})
    animal = next((a for a in animals.values() if a.host == host), None)
    if animal is None:
        return Answer(
            "<!doctype html><title>elsewhere</title>",
            headers=ANIMALS["cleanform"].answer("GET", "/x", "").headers,
        )
    if path == "/pay2":
        return Answer(
            animal._page("<h2>再次确认</h2><form method=post action='/pay4'><button>确认支付</button></form>")
        )
    if path == "/pay4":
        return ANIMALS["cleanform"].answer("POST", "/pay", "")
    answer = animal.answer(method, path, body)
    if animal.name == "oracle" and "Q2M846" in unquote_plus(body):
        return Answer(answer.body.replace("<p id=a></p>", "<p>该车辆从未入场</p>"), headers=answer.headers)
    return answer


@contextmanager
def open_zoo(folder: Path, answer: Serve = serve, names: dict[str, str] | None = None) -> Iterator[Zoo]:
    """Open the gates; `names` says what a host is an alias of."""
    handler = _handler(answer)
    clear, sealed = (ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    sealed.socket = context.wrap_socket(sealed.socket, server_side=True, do_handshake_on_connect=False)
    aliases = {f"stat.{a.name}-mall.cn": a.cname for a in ANIMALS.values() if a.cname} | (names or {})

    async def resolve(host: str, port: int) -> Destination:
        if host.endswith(".invalid"):
            raise Unresolved
        server = sealed if port == 443 else clear
        return Destination("127.0.0.1", server.server_address[1], aliases.get(host, ""))

    for server in (clear, sealed):
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Zoo(resolve, (int(clear.server_address[1]), int(sealed.server_address[1])))
    finally:
        for server in (clear, sealed):
            server.shutdown()
            server.server_close()


def _handler(answer: Serve) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _all(self) -> None:
            if self.headers.get("Upgrade", "").lower() == "websocket":
                self._open_socket()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            host = self.headers.get("Host", "").partition(":")[0]
            reply = answer(host, self.command, self.path, body)
            raw = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(raw)
            self.close_connection = True

        def _open_socket(self) -> None:
            """Open a web socket, and read what is sent until it is closed."""
            self.connection.settimeout(120)  # on a busy machine the plate is typed late
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", accept_key(self.headers.get("Sec-WebSocket-Key", "")))
            self.end_headers()
            self.close_connection = True
            while self.rfile.read(1):
                pass

        do_GET = do_POST = do_PUT = do_HEAD = _all  # noqa: N815 - the library's names

        def log_message(self, *args: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the browser may have left
                super().handle()

    return Handler


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zoo")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "zoo.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
