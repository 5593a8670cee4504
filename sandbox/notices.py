"""Notices (支付通知): sent to the merchant, and repeated until answered with 2xx, as channels do."""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.messages import order_message, refund_message
from sandbox.signing import WINDOW_SECONDS, sign
from sandbox.store import Order, Refund

REPEAT_AFTER_SECONDS = (15, 15, 30)
ANSWER_WITHIN_SECONDS = 5  # as WeChat Pay


class Notices:
    """Sends notices in the background. The same notice keeps its id when it is repeated."""

    def __init__(self, key: bytes, faults: Faults, later: Later, time_scale: float) -> None:
        self.key, self.faults, self.later, self.time_scale = key, faults, later, time_scale
        self._lock = threading.Lock()
        self._held: dict[str, Callable[[], None]] = {}

    def payment(self, order: Order, copies: int = 1) -> None:
        """Tell that an order is paid: in `copies` at once, none where the notice gets lost."""
        if copies == 0:
            return
        body = self._payment_body(order)

        def deliver() -> None:
            for _ in range(copies):
                self.later.after(0, lambda: self._deliver(order.notify_url, body))

        if self.faults.take("notice_reordered") is not None:
            with self._lock:
                self._held[order.number] = deliver
        else:
            deliver()

    def payment_now(self, order: Order) -> None:
        """Tell that an order is paid and wait for the answer: the notice that overtakes the answer."""
        self._post(order.notify_url, self._payment_body(order))

    def refund(self, refund: Refund, order: Order) -> None:
        """Tell how a refund ended; then send the payment notice that was held back, if one was."""
        body = self._body("refund", refund.merchant, "refund", refund_message(refund, order))

        def deliver() -> None:
            self._deliver(refund.notify_url, body)
            with self._lock:
                held = self._held.pop(order.number, None)
            if held is not None:
                held()

        self.later.after(0, deliver)

    def _payment_body(self, order: Order) -> bytes:
        return self._body("payment", order.merchant, "order", order_message(order, order.state))

    def _body(self, kind: str, merchant: str, name: str, said: dict[str, Any]) -> bytes:
        notice = {"id": secrets.token_hex(16), "type": kind, "merchant": merchant, name: said}
        changed = self.faults.take("notice_changed")
        if changed is not None:
            said.update(changed.get("fields") or {"amount_fen": said["amount_fen"] + 1})
            notice.update(changed.get("notice") or {})
        return json.dumps(notice, ensure_ascii=False).encode()

    def _deliver(self, url: str, body: bytes, attempt: int = 0) -> None:
        if self._post(url, body) or attempt == len(REPEAT_AFTER_SECONDS):
            return
        wait = REPEAT_AFTER_SECONDS[attempt] * self.time_scale
        self.later.after(wait, lambda: self._deliver(url, body, attempt + 1))

    def _post(self, url: str, body: bytes) -> bool:
        """Send once; say whether it was accepted. No redirect is followed."""
        key = secrets.token_bytes(32) if self.faults.take("notice_forged") is not None else self.key
        stale = WINDOW_SECONDS + 1 if self.faults.take("notice_stale") is not None else 0
        signed = sign(key, "NOTICE", "", int(time.time()) - stale, secrets.token_hex(16), body)
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_SECONDS)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json", **signed})
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
