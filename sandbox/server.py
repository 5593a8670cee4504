"""The sandbox over HTTP: a signed JSON interface for the merchant, the cashier page for the payer."""

import json
import re
import socketserver
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from sandbox import cashier
from sandbox.channel import Channel, Refusal
from sandbox.faults import Faults
from sandbox.gateway import Asked, Gateway
from sandbox.messages import order_message, refund_message
from sandbox.notices import Notices
from sandbox.signing import WINDOW_SECONDS, is_signed, sign

MAX_BODY = 64 * 1024
HUGE = 2 * 1024 * 1024
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)

Body = dict[str, Any]


@dataclass
class Desk:
    """What the merchant may ask for, as JSON: one method per endpoint."""

    channel: Channel
    faults: Faults
    notices: Notices
    public_url: str = ""

    def place(self, body: Body) -> Body:
        order = self.channel.place(body)
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.payment_now(order)
        return {"number": order.number, "cashier_url": f"{self.public_url}/cashier/{order.token}"}

    def order(self, _: Body, number: str) -> Body:
        order = self.channel.order(number)
        return order_message(order, self.channel.state(order))

    def close(self, _: Body, number: str) -> Body:
        order = self.channel.close(number)
        return order_message(order, "closed")

    def refund(self, body: Body) -> Body:
        refund = self.channel.refund(body)
        return refund_message(refund, self.channel.order(refund.payment_number))

    def refund_of(self, _: Body, number: str) -> Body:
        refund = self.channel.refund_of(number)
        return refund_message(refund, self.channel.order(refund.payment_number))

    def control(self, body: Body) -> Body:
        """For tests: `{"fault": name, "on": "POST /orders", "times": 1 or null, …}`, `{"clear": true}`,
        `{"act": "pays", "number": …}`, which does what the payer would do at the cashier,
        `{"lands": number}`, money that was on its way arrives, also for a closed order, or
        `{"backdate": "2026-11-23T…", "number": …}`, after which the bill of that day has it.
        """
        try:
            if body.get("clear"):
                self.faults.clear()
            elif "act" in body:
                self.channel.act(self.channel.order(str(body.get("number"))), str(body["act"]))
            elif "lands" in body:
                self.channel.pay(self.channel.order(str(body["lands"])))
            elif "backdate" in body:
                self.channel.backdate(str(body.get("number")), str(body["backdate"]))
            else:
                self.faults.set(body.pop("fault"), **body)
        except (KeyError, TypeError):
            raise Refusal(400, "param_error") from None
        return {}


ROUTES: tuple[tuple[str, Callable[..., Body]], ...] = (
    (r"POST /orders", Desk.place),
    (r"GET /orders/([A-Z0-9]{1,64})", Desk.order),
    (r"POST /orders/([A-Z0-9]{1,64})/close", Desk.close),
    (r"POST /refunds", Desk.refund),
    (r"GET /refunds/([A-Z0-9]{1,64})", Desk.refund_of),
    (r"POST /control", Desk.control),
)


class Handler(BaseHTTPRequestHandler):
    """One connection. It keeps no log: a path may hold a token."""

    desk: Desk
    key: bytes
    gateways: tuple[Gateway, ...] = ()
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    timeout = 30
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
        """Write nothing."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(413, {}, b"")
        else:
            self._serve(self.rfile.read(int(length)))

    def _serve(self, body: bytes) -> None:
        for gateway in self.gateways:
            if self.path.startswith(gateway.paths):
                self._pass_to(gateway, body)
                return
        if self.path.startswith("/cashier/"):
            self._cashier(self.path.removeprefix("/cashier/"), body)
        else:
            self._merchant(body)

    def _pass_to(self, gateway: Gateway, body: bytes) -> None:
        said = gateway.serve(Asked(self.command, self.path, self.headers, body))
        if said is None:
            self.close_connection = True
        else:
            self._send(said.status, dict(said.headers), said.body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        length = {} if status == 204 else {"Content-Length": str(len(body))}
        for name, value in {**headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # the payer

    def _cashier(self, token: str, body: bytes) -> None:
        channel = self.desk.channel
        try:
            order = channel.order_at(token)
            if self.command == "POST":
                form = parse_qs(body.decode("ascii", "replace"))
                action = form.get("action", [""])[0]
                channel.act(order, action)
                if order.leads_to and action != "logs_in":
                    self._send(303, {**cashier.headers(order), "Location": order.leads_to}, b"")
                    return
            status = 200
        except Refusal as refusal:
            if refusal.code != "order_closed":
                self._send(refusal.status, cashier.headers(None), cashier.missing())
                return
            status = refusal.status
        html = cashier.page(order, channel.state(order), channel.late_seconds)
        self._send(status, cashier.headers(order), html)

    # the merchant

    def _merchant(self, body: bytes) -> None:
        what = f"{self.command} {self.path}"
        if not is_signed(self.key, self.headers, self.command, self.path, body, time.time()):
            return self._answer(401, {"code": "sign_error"})
        if what == "POST /control":
            return self._answer(*self._ask(what, body))
        faults = self.desk.faults
        if faults.take("too_many", what) is not None:
            return self._answer(429, {"code": "frequency_limited"})
        if faults.take("server_error", what) is not None:
            return self._answer(500, {"code": "system_error"})
        if (slow := faults.take("delay", what)) is not None:
            time.sleep(slow.get("seconds", 6))
        status, said = self._ask(what, body)
        if faults.take("drop_answer", what) is not None:
            self.close_connection = True
            return None
        if faults.take("huge_body", what) is not None:
            said["padding"] = "x" * HUGE
        stale = WINDOW_SECONDS + 1 if faults.take("old_timestamp", what) is not None else 0
        broken = faults.take("bad_signature", what) is not None
        return self._answer(status, said, stale=stale, broken=broken)

    def _ask(self, what: str, body: bytes) -> tuple[int, Body]:
        for pattern, endpoint in ROUTES:
            if match := re.fullmatch(pattern, what):
                try:
                    asked = json.loads(body or b"{}")
                    if not isinstance(asked, dict):
                        return 400, {"code": "param_error"}
                    return 200, endpoint(self.desk, asked, *match.groups())
                except Refusal as refusal:
                    return refusal.status, {"code": refusal.code}
                except (ValueError, RecursionError):
                    return 400, {"code": "param_error"}
        return 404, {"code": "no_such_endpoint"}

    def _answer(self, status: int, said: Body, *, stale: int = 0, broken: bool = False) -> None:
        body = json.dumps(said, ensure_ascii=False).encode()
        nonce = self.headers.get("X-Sandbox-Nonce") or ""
        nonce = nonce if _NONCE.fullmatch(nonce) else "0" * 32
        now = int(time.time()) - stale
        signed = sign(self.key, f"ANSWER {status}", self.path, now, nonce, body)
        if broken:
            signed["X-Sandbox-Signature"] = "0" * 64
        self._send(status, {"Content-Type": "application/json", **signed}, body)


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say that something broke, but not for whom."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"sandbox: {type(error).__name__}", file=sys.stderr, flush=True)
