"""Notices (支付通知): sent to the merchant and repeated until it accepts them, as channels do."""

import http.client
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.store import SandboxOrder, SandboxRefund

RESPONSE_TIMEOUT = 5  # seconds, as WeChat Pay
MAX_RESPONSE = 1024  # bytes

Change = Mapping[str, Any] | None  # details of the fault `notice_changed`, if it is active


class NoticeFormat(Protocol):
    """How one channel formats, signs and repeats its notices."""

    @property
    def repeat_after(self) -> Sequence[float]: ...  # seconds
    def payment(self, order: SandboxOrder, change: Change) -> bytes: ...
    def refund(
        self, refund: SandboxRefund, order: SandboxOrder, change: Change
    ) -> bytes: ...  # empty: no notice
    def sign(self, body: bytes) -> tuple[dict[str, str], bytes]: ...  # called for each attempt
    def is_accepted(self, status: int, response: bytes) -> bool: ...


class NoticeSender:
    """Sends notices in the background, each in the format of the gateway that accepted the order."""

    def __init__(
        self, formats: Mapping[str, NoticeFormat], faults: Faults, scheduler: Scheduler, time_scale: float
    ) -> None:
        self.formats, self.faults, self.scheduler, self.time_scale = formats, faults, scheduler, time_scale
        self._lock = threading.Lock()
        self._held: dict[str, Callable[[], None]] = {}

    def send_payment(self, order: SandboxOrder, copies: int = 1) -> None:
        """Send `copies` of the notice that an order is paid, at once; 0 simulates a lost notice."""
        if copies == 0:
            return
        notice_format = self.formats[order.kind]
        body = notice_format.payment(order, self.faults.take("notice_changed"))

        def deliver() -> None:
            for _ in range(copies):
                self.scheduler.call_later(0, lambda: self._deliver(notice_format, order.notify_url, body))

        if self.faults.take("notice_reordered") is not None:
            with self._lock:
                self._held[order.number] = deliver
        else:
            deliver()

    def send_payment_now(self, order: SandboxOrder) -> None:
        """Send the payment notice and wait, so that it arrives before the response to the order."""
        notice_format = self.formats[order.kind]
        self._post(
            notice_format, order.notify_url, notice_format.payment(order, self.faults.take("notice_changed"))
        )

    def send_refund(self, refund: SandboxRefund, order: SandboxOrder) -> None:
        """Send the notice that a refund ended, then the payment notice that was held back, if any."""
        notice_format = self.formats[order.kind]
        body = notice_format.refund(refund, order, self.faults.take("notice_changed"))

        def deliver() -> None:
            if body:
                self._deliver(notice_format, refund.notify_url, body)
            with self._lock:
                held = self._held.pop(order.number, None)
            if held is not None:
                held()

        self.scheduler.call_later(0, deliver)

    def _deliver(self, notice_format: NoticeFormat, url: str, body: bytes, attempt: int = 0) -> None:
        if self._post(notice_format, url, body) or attempt == len(notice_format.repeat_after):
            return
        wait = notice_format.repeat_after[attempt] * self.time_scale
        self.scheduler.call_later(wait, lambda: self._deliver(notice_format, url, body, attempt + 1))

    def _post(self, notice_format: NoticeFormat, url: str, body: bytes) -> bool:
        """Send once and return whether it was accepted. Redirects are not followed."""
        headers, signed = notice_format.sign(body)
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=RESPONSE_TIMEOUT)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, signed, headers)
            response = connection.getresponse()
            return notice_format.is_accepted(response.status, response.read(MAX_RESPONSE))
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
