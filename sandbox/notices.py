"""Notices (支付通知): sent to the merchant, and repeated until it accepts them, as channels do."""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.messages import order_message, refund_message
from sandbox.signing import WINDOW_SECONDS, sign
from sandbox.store import Order, Refund

ANSWER_WITHIN_SECONDS = 5  # as WeChat Pay
MAX_ANSWER = 1024

Changed = Mapping[str, Any] | None  # the details of the fault `notice_changed`, where it is set


class Voice(Protocol):
    """How one gateway words, signs and repeats its notices."""

    @property
    def repeat_after(self) -> Sequence[float]: ...  # seconds
    def payment(self, order: Order, changed: Changed) -> bytes: ...
    def refund(self, refund: Refund, order: Order, changed: Changed) -> bytes: ...
    def seal(self, body: bytes) -> tuple[dict[str, str], bytes]: ...  # signed anew each time it is sent
    def is_accepted(self, status: int, answer: bytes) -> bool: ...


class Notices:
    """Sends notices in the background, each in the voice of the gateway that took the order."""

    def __init__(self, voices: Mapping[str, Voice], faults: Faults, later: Later, time_scale: float) -> None:
        self.voices, self.faults, self.later, self.time_scale = voices, faults, later, time_scale
        self._lock = threading.Lock()
        self._held: dict[str, Callable[[], None]] = {}

    def payment(self, order: Order, copies: int = 1) -> None:
        """Tell that an order is paid: in `copies` at once, none where the notice gets lost."""
        if copies == 0:
            return
        voice = self.voices[order.kind]
        body = voice.payment(order, self.faults.take("notice_changed"))

        def deliver() -> None:
            for _ in range(copies):
                self.later.after(0, lambda: self._deliver(voice, order.notify_url, body))

        if self.faults.take("notice_reordered") is not None:
            with self._lock:
                self._held[order.number] = deliver
        else:
            deliver()

    def payment_now(self, order: Order) -> None:
        """Tell that an order is paid and wait for the answer: the notice that overtakes the answer."""
        voice = self.voices[order.kind]
        self._post(voice, order.notify_url, voice.payment(order, self.faults.take("notice_changed")))

    def refund(self, refund: Refund, order: Order) -> None:
        """Tell how a refund ended; then send the payment notice that was held back, if one was."""
        voice = self.voices[order.kind]
        body = voice.refund(refund, order, self.faults.take("notice_changed"))

        def deliver() -> None:
            if body:  # a channel may have nothing to say of it
                self._deliver(voice, refund.notify_url, body)
            with self._lock:
                held = self._held.pop(order.number, None)
            if held is not None:
                held()

        self.later.after(0, deliver)

    def _deliver(self, voice: Voice, url: str, body: bytes, attempt: int = 0) -> None:
        if self._post(voice, url, body) or attempt == len(voice.repeat_after):
            return
        wait = voice.repeat_after[attempt] * self.time_scale
        self.later.after(wait, lambda: self._deliver(voice, url, body, attempt + 1))

    def _post(self, voice: Voice, url: str, body: bytes) -> bool:
        """Send once; say whether it was accepted. No redirect is followed."""
        headers, sealed = voice.seal(body)
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_SECONDS)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, sealed, headers)
            answer = connection.getresponse()
            return voice.is_accepted(answer.status, answer.read(MAX_ANSWER))
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class JsonVoice:
    """The notices of the sandbox's own protocol. The same notice keeps its id when it is repeated."""

    repeat_after = (15, 15, 30)

    def __init__(self, key: bytes, faults: Faults) -> None:
        self.key, self.faults = key, faults

    def payment(self, order: Order, changed: Changed) -> bytes:
        return self._body("payment", order.merchant, "order", order_message(order, order.state), changed)

    def refund(self, refund: Refund, order: Order, changed: Changed) -> bytes:
        return self._body("refund", refund.merchant, "refund", refund_message(refund, order), changed)

    def _body(self, kind: str, merchant: str, name: str, said: dict[str, Any], changed: Changed) -> bytes:
        notice = {"id": secrets.token_hex(16), "type": kind, "merchant": merchant, name: said}
        if changed is not None:
            said.update(changed.get("fields") or {"amount_fen": said["amount_fen"] + 1})
            notice.update(changed.get("notice") or {})
        return json.dumps(notice, ensure_ascii=False).encode()

    def seal(self, body: bytes) -> tuple[dict[str, str], bytes]:
        key = secrets.token_bytes(32) if self.faults.take("notice_forged") is not None else self.key
        stale = WINDOW_SECONDS + 1 if self.faults.take("notice_stale") is not None else 0
        signed = sign(key, "NOTICE", "", int(time.time()) - stale, secrets.token_hex(16), body)
        return {"Content-Type": "application/json", **signed}, body

    def is_accepted(self, status: int, answer: bytes) -> bool:
        del answer
        return 200 <= status < 300
