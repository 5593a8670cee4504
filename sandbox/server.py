"""The HTTP server of the sandbox: the gateways for the merchant, the cashier page for the payer."""

import socketserver
import sys
from abc import abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from sandbox import cashier, control
from sandbox.channel import SandboxChannel, SandboxRefusal
from sandbox.control import SandboxControl
from sandbox.gateway import ChannelGateway, GatewayRequest

MAX_BODY = 64 * 1024


class PlainHandler(BaseHTTPRequestHandler):
    """One connection to a simulator: small bodies, and no log, as a request may hold a token or a plate."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    timeout = 30
    wbufsize = -1  # sends headers and body in one packet
    disable_nagle_algorithm = True

    @abstractmethod
    def serve(self, body: bytes) -> None: ...

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name from the base class
        """Log nothing."""

    def do_GET(self) -> None:
        self.serve(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.send(413, {}, b"")
        else:
            self.serve(self.rfile.read(int(length)))

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        length = {} if status == 204 else {"Content-Length": str(len(body))}
        for name, value in {**headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.write(body)

    def write(self, body: bytes) -> None:
        self.wfile.write(body)


class SandboxHandler(PlainHandler):
    channel: SandboxChannel
    gateways: tuple[ChannelGateway, ...]
    control: SandboxControl | None  # None: nothing at /control

    def serve(self, body: bytes) -> None:
        for gateway in self.gateways:
            if self.path.startswith(gateway.paths):
                self._pass_to(gateway, body)
                return
        if self.path.startswith("/cashier/"):
            self._cashier(self.path.removeprefix("/cashier/"), body)
        elif self.control and self.command == "POST" and self.path == control.PATH:
            self.send(self.control.run(body), {}, b"")
        else:
            self.send(404, {}, b"")

    def _pass_to(self, gateway: ChannelGateway, body: bytes) -> None:
        response = gateway.serve(GatewayRequest(self.command, self.path, self.headers, body))
        if response is None:
            self.close_connection = True
        else:
            self.send(response.status, dict(response.headers), response.body)

    def _cashier(self, token: str, body: bytes) -> None:
        channel = self.channel
        try:
            order = channel.order_by_token(token)
            if self.command == "POST":
                form = parse_qs(body.decode("ascii", "replace"))
                action = form.get("action", [""])[0]
                channel.perform(order, action)
                if order.exit_url and action != "logs_in":
                    self.send(303, {**cashier.headers(order), "Location": order.exit_url}, b"")
                    return
            status = 200
        except SandboxRefusal as refusal:
            if refusal.code != "order_closed":
                self.send(refusal.status, cashier.headers(None), cashier.not_found())
                return
            status = refusal.status
        html = cashier.page(order, channel.state(order), channel.late_seconds)
        self.send(status, cashier.headers(order), html)


class ChannelServer(ThreadingHTTPServer):
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without the reverse DNS lookup of the base class."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Print the type of the error, without data of the request."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"sandbox: {type(error).__name__}", file=sys.stderr, flush=True)
