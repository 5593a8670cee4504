"""The invoice issuer over HTTP: signed JSON to a service of the operator's choice (docs/invoices.md).

`POST /invoices` and `GET /invoices/<number>`. Both sides sign with HMAC-SHA256 over `what, path, timestamp,
nonce` (each ended by a line feed) and the body; an answer says `ANSWER <status>` with the nonce of its
request, so none can be replayed for another. An answer that is not signed is no answer.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from core.transport import OutcomeUnknown, PooledTransport, Reply, Transport
from payments.invoices.issuer import (
    InvoiceOrder,
    IssuerAnswer,
    IssuerOutcome,
    IssuerRefused,
    IssuerUnknown,
    order_json,
)
from payments.providers import message_fields

WINDOW_SECONDS = 300
BUYERS_FAULT = {"bad_title", "bad_tax_number"}
_STATES = {
    "issued": IssuerOutcome.ISSUED,
    "pending": IssuerOutcome.PENDING,
    "rejected": IssuerOutcome.REJECTED,
}
_ID = re.compile(r"[0-9A-Z]{26}", re.ASCII)
INVOICE_NUMBER = re.compile(r"[0-9A-Za-z-]{6,40}", re.ASCII)
LINK = re.compile(r"https://[!-~]{1,500}", re.ASCII)
_REASON = re.compile(r"[a-z_]{1,30}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)


class HttpIssuer:
    """The service at `base_url`, which may have a path. It shares `key` (32 bytes) with us."""

    def __init__(
        self,
        base_url: str,
        key: bytes,
        *,
        transport: Transport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base, self._key, self._clock = base_url.rstrip("/"), key, clock
        self._path = urlsplit(self._base).path
        self._transport = transport or PooledTransport("invoices")

    def issue(self, order: InvoiceOrder) -> IssuerAnswer:
        body = json.dumps(order_json(order), ensure_ascii=False).encode()
        try:
            answer = self._call("POST", "/invoices", body)
        except IssuerRefused as refused:
            return _rejected(refused.reason)
        return self._about(answer, order.number)

    def query(self, number: str) -> IssuerAnswer:
        try:
            answer = self._call("GET", f"/invoices/{number}", b"")
        except IssuerRefused as refused:
            if refused.reason == "not_found":
                return IssuerAnswer(IssuerOutcome.NOT_FOUND)
            raise IssuerUnknown("a no to the question says nothing of the invoice") from refused
        return self._about(answer, number)

    def _call(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Return the issuer's signed answer; raise what a refusal means, or that none is usable."""
        nonce, timestamp = secrets.token_hex(16), str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Purecode-Timestamp": timestamp,
            "X-Purecode-Nonce": nonce,
            "X-Purecode-Signature": self._signature(method, path, timestamp, nonce, body),
        }
        reply = None
        with suppress(OutcomeUnknown):
            reply = self._transport.send(method, self._base + path, headers, body)
        if reply is None or not self._is_answer(reply, path, nonce):
            raise IssuerUnknown("no signed answer")
        answer = _believed(lambda: message_fields.read_object(reply.body))
        if reply.status in {200, 202}:
            return answer
        raise IssuerRefused(_believed(lambda: message_fields.text(answer, "error", _REASON)))

    def _is_answer(self, reply: Reply, path: str, nonce: str) -> bool:
        """Return whether the issuer itself accepted or refused that request; "later" (429) is neither."""
        definite = reply.status in {200, 202} or (400 <= reply.status < 500 and reply.status != 429)
        timestamp = reply.headers.get("x-purecode-timestamp", "")
        if not definite or not _DIGITS.fullmatch(timestamp):
            return False
        wanted = self._signature(f"ANSWER {reply.status}", path, timestamp, nonce, reply.body)
        given = reply.headers.get("x-purecode-signature", "").encode("ascii", "replace")
        fresh = abs(self._clock().timestamp() - int(timestamp)) <= WINDOW_SECONDS
        return hmac.compare_digest(wanted.encode(), given) and fresh

    def _signature(self, what: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
        text = f"{what}\n{self._path}{path}\n{timestamp}\n{nonce}\n".encode() + body
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def _about(self, message: Mapping[str, Any], number: str) -> IssuerAnswer:
        """Parse an answer and check that it is about the invoice that was asked for."""
        if _believed(lambda: message_fields.text(message, "number", _ID)) != number:
            raise IssuerUnknown("an answer about something else")
        outcome = _believed(lambda: message_fields.choice(message, "state", _STATES))
        if outcome is IssuerOutcome.REJECTED:
            return _rejected(_believed(lambda: message_fields.text(message, "error", _REASON)))
        if outcome is not IssuerOutcome.ISSUED:
            return IssuerAnswer(outcome)
        invoice_number = _believed(lambda: message_fields.text(message, "invoice_number", INVOICE_NUMBER))
        link = _believed(lambda: message_fields.text(message, "link", LINK)) if message.get("link") else ""
        return IssuerAnswer(outcome, invoice_number, link)


def _rejected(reason: str) -> IssuerAnswer:
    """Return a rejection that the driver can correct; raise any other, which is for staff."""
    if reason in BUYERS_FAULT:
        return IssuerAnswer(IssuerOutcome.REJECTED)
    raise IssuerRefused(reason)


def _believed[T](read: Callable[[], T]) -> T:
    """Parse a signed answer; if it makes no sense, the outcome is unknown."""
    with suppress(ValueError):
        return read()
    raise IssuerUnknown("an answer that makes no sense")
