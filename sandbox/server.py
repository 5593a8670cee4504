"""The HTTP server of the sandbox: a signed JSON API for the merchant, the cashier page for the payer."""

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
from sandbox.gateway import Gateway, Request
from sandbox.messages import order_message, refund_message
from sandbox.notices import NoticeSender
from sandbox.signing import WINDOW_SECONDS, is_signed, sign

MAX_BODY = 64 * 1024
HUGE_PADDING = 2 * 1024 * 1024
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)

Body = dict[str, Any]


@dataclass
class MerchantApi:
    """The merchant's JSON API: one method per endpoint."""

    channel: Channel
    faults: Faults
    notices: NoticeSender
    public_url: str = ""

    def create_order(self, body: Body) -> Body:
        order = self.channel.create_order(body)
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.send_payment_now(order)
        return {"number": order.number, "cashier_url": f"{self.public_url}/cashier/{order.token}"}

    def get_order(self, _: Body, number: str) -> Body:
        order = self.channel.get_order(number)
        return order_message(order, self.channel.state(order))

    def close_order(self, _: Body, number: str) -> Body:
        order = self.channel.close(number)
        return order_message(order, "closed")

    def create_refund(self, body: Body) -> Body:
        refund = self.channel.create_refund(body)
        return refund_message(refund, self.channel.get_order(refund.payment_number))

    def get_refund(self, _: Body, number: str) -> Body:
        refund = self.channel.get_refund(number)
        return refund_message(refund, self.channel.get_order(refund.payment_number))

    def control(self, body: Body) -> Body:
        """Control the sandbox from tests. One of:

        - `{"fault": name, "on": "POST /orders", "times": 1 or null, …}` activates a fault
        - `{"clear": true}` clears all faults
        - `{"action": "pays", "number": …}` performs an action of the payer at the cashier
        - `{"late_payment": number}` lets a late payment arrive, also for a closed order
        - `{"backdate": "2026-11-23T…", "number": …}` moves an order or refund to the bill of that day
        """
        try:
            if body.get("clear"):
                self.faults.clear()
            elif "action" in body:
                self.channel.perform(self.channel.get_order(str(body.get("number"))), str(body["action"]))
            elif "late_payment" in body:
                self.channel.pay(self.channel.get_order(str(body["late_payment"])))
            elif "backdate" in body:
                self.channel.backdate(str(body.get("number")), str(body["backdate"]))
            else:
                self.faults.set(body.pop("fault"), **body)
        except (KeyError, TypeError):
            raise Refusal(400, "param_error") from None
        return {}


ROUTES: tuple[tuple[str, Callable[..., Body]], ...] = (
    (r"POST /orders", MerchantApi.create_order),
    (r"GET /orders/([A-Z0-9]{1,64})", MerchantApi.get_order),
    (r"POST /orders/([A-Z0-9]{1,64})/close", MerchantApi.close_order),
    (r"POST /refunds", MerchantApi.create_refund),
    (r"GET /refunds/([A-Z0-9]{1,64})", MerchantApi.get_refund),
    (r"POST /control", MerchantApi.control),
)


class Handler(BaseHTTPRequestHandler):
    """One connection. There is no request log, because a path may contain a token."""

    api: MerchantApi
    key: bytes
    gateways: tuple[Gateway, ...] = ()
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    timeout = 30
    wbufsize = -1  # sends headers and body in one packet
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name from the base class
        """Log nothing."""

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
        response = gateway.serve(Request(self.command, self.path, self.headers, body))
        if response is None:
            self.close_connection = True
        else:
            self._send(response.status, dict(response.headers), response.body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        length = {} if status == 204 else {"Content-Length": str(len(body))}
        for name, value in {**headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # the payer

    def _cashier(self, token: str, body: bytes) -> None:
        channel = self.api.channel
        try:
            order = channel.order_by_token(token)
            if self.command == "POST":
                form = parse_qs(body.decode("ascii", "replace"))
                action = form.get("action", [""])[0]
                channel.perform(order, action)
                if order.exit_url and action != "logs_in":
                    self._send(303, {**cashier.headers(order), "Location": order.exit_url}, b"")
                    return
            status = 200
        except Refusal as refusal:
            if refusal.code != "order_closed":
                self._send(refusal.status, cashier.headers(None), cashier.not_found())
                return
            status = refusal.status
        html = cashier.page(order, channel.state(order), channel.late_seconds)
        self._send(status, cashier.headers(order), html)

    # the merchant

    def _merchant(self, body: bytes) -> None:
        endpoint = f"{self.command} {self.path}"
        if not is_signed(self.key, self.headers, self.command, self.path, body, time.time()):
            return self._respond(401, {"code": "sign_error"})
        if endpoint == "POST /control":
            return self._respond(*self._call(endpoint, body))
        faults = self.api.faults
        if faults.take("too_many", endpoint) is not None:
            return self._respond(429, {"code": "frequency_limited"})
        if faults.take("server_error", endpoint) is not None:
            return self._respond(500, {"code": "system_error"})
        if (slow := faults.take("delay", endpoint)) is not None:
            time.sleep(slow.get("seconds", 6))
        status, message = self._call(endpoint, body)
        if faults.take("drop_answer", endpoint) is not None:
            self.close_connection = True
            return None
        if faults.take("huge_body", endpoint) is not None:
            message["padding"] = "x" * HUGE_PADDING
        stale = WINDOW_SECONDS + 1 if faults.take("old_timestamp", endpoint) is not None else 0
        broken = faults.take("bad_signature", endpoint) is not None
        return self._respond(status, message, stale=stale, broken=broken)

    def _call(self, endpoint: str, body: bytes) -> tuple[int, Body]:
        for pattern, method in ROUTES:
            if match := re.fullmatch(pattern, endpoint):
                try:
                    fields = json.loads(body or b"{}")
                    if not isinstance(fields, dict):
                        return 400, {"code": "param_error"}
                    return 200, method(self.api, fields, *match.groups())
                except Refusal as refusal:
                    return refusal.status, {"code": refusal.code}
                except (ValueError, RecursionError):
                    return 400, {"code": "param_error"}
        return 404, {"code": "no_such_endpoint"}

    def _respond(self, status: int, message: Body, *, stale: int = 0, broken: bool = False) -> None:
        body = json.dumps(message, ensure_ascii=False).encode()
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
        """Bind without the reverse DNS lookup of the base class."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Print the type of the error, without data of the request."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"sandbox: {type(error).__name__}", file=sys.stderr, flush=True)
