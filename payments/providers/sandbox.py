"""The sandbox as a payment channel: what the demo and the tests pay with.

Its protocol is JSON with HMAC-SHA256 signatures over `what, path, timestamp, nonce` (each ended by a line
feed) and the body. Requests say method and path; answers say `ANSWER <status>`, the path and the nonce of
the request; notices say `NOTICE` and no path. It is written again here, not shared with the sandbox, so
that one mistake cannot be on both sides.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from core.transport import OutcomeUnknown, PooledTransport, Reply, Transport
from payments.providers import message_fields
from payments.providers.contract import (
    Answer,
    BillNotReady,
    BillRow,
    HandOver,
    Notice,
    NoticeRefused,
    Order,
    Outcome,
    Payer,
    ProviderRefused,
    RefundOrder,
    Scene,
    Statement,
)

WINDOW_SECONDS = 300
MAX_NOTICE = 64 * 1024
FAIL = b'{"code":"FAIL"}'

_ORDER_STATES = {"open": Outcome.OPEN, "paid": Outcome.PAID, "closed": Outcome.CLOSED}
_REFUND_STATES = {
    "processing": Outcome.REFUND_PENDING,
    "done": Outcome.REFUND_DONE,
    "failed": Outcome.REFUND_FAILED,
    "abnormal": Outcome.REFUND_ABNORMAL,
}
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)
_REASON = re.compile(r"[a-z_]{1,40}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_CASHIER = re.compile(r"https?://[!-~]{1,500}", re.ASCII)


class SandboxProvider:
    """The sandbox at `base_url`, for one merchant."""

    name = "sandbox"
    app = ""
    has_bills = False

    def __init__(
        self,
        base_url: str,
        key: bytes,
        *,
        merchant: str = "sandbox",
        transport: Transport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if len(key) != 32:
            raise ValueError("the sandbox key is 32 bytes")
        self.base_url, self.merchant = base_url.rstrip("/"), merchant
        self._key, self._clock = key, clock
        self._transport = transport or PooledTransport()

    def scenes(self) -> frozenset[Scene]:
        return frozenset(Scene)

    def start(self, order: Order, payer: Payer) -> HandOver:
        del payer  # the sandbox asks nothing about the payer
        said = self._call(
            "POST",
            "/orders",
            merchant=self.merchant,
            number=order.number,
            amount_fen=order.amount_fen,
            currency=order.currency,
            expires_at=order.expires_at.astimezone(UTC).isoformat(),
            description=order.description,
            notify_url=order.notify_url,
            return_url=order.return_url,
        )
        return message_fields.believed(lambda: HandOver(message_fields.text(said, "cashier_url", _CASHIER)))

    def query(self, number: str) -> Statement:
        try:
            said = self._call("GET", f"/orders/{quote(number, safe='')}")
        except ProviderRefused as refused:
            return self._missing(refused, "order_not_found", number)
        return self._about(said, number)

    def close(self, number: str) -> Statement:
        try:
            said = self._call("POST", f"/orders/{quote(number, safe='')}/close")
        except ProviderRefused as refused:
            if refused.reason == "order_paid":
                return self.query(number)
            return self._missing(refused, "order_not_found", number)
        return self._about(said, number)

    def refund(self, refund: RefundOrder) -> Statement:
        said = self._call(
            "POST",
            "/refunds",
            merchant=self.merchant,
            number=refund.number,
            payment_number=refund.payment_number,
            amount_fen=refund.amount_fen,
            total_fen=refund.total_fen,
            notify_url=refund.notify_url,
        )
        return self._about(said, refund.payment_number, refund.number)

    def query_refund(self, refund: RefundOrder) -> Statement:
        try:
            said = self._call("GET", f"/refunds/{quote(refund.number, safe='')}")
        except ProviderRefused as refused:
            return self._missing(refused, "refund_not_found", refund.payment_number, refund.number)
        return self._about(said, refund.payment_number, refund.number)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice:
        lowered = {name.lower(): value for name, value in headers.items()}
        if len(body) <= MAX_NOTICE and self._is_signed(lowered, "NOTICE", "", body, at):
            with suppress(ValueError):
                statements = self._read_notice(message_fields.read_object(body))
                return Notice(statements, accept=Answer(204), try_again=Answer(503, FAIL))
        raise NoticeRefused(Answer(401, FAIL))

    def fetch_bill(self, day: date) -> Iterator[BillRow]:
        del day
        raise BillNotReady("the sandbox makes no bills")

    def _read_notice(self, notice: Mapping[str, Any]) -> tuple[Statement, ...]:
        kind = notice.get("type")
        if kind == "payment":
            return (self._read_order(message_fields.inner(notice, "order")),)
        if kind == "refund":
            return (self._read_refund(message_fields.inner(notice, "refund")),)
        return ()  # a kind we know nothing of: accepted and passed over

    # the wire

    def _call(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        """Return the signed answer to a request; raise what it means where that is not a success."""
        body = json.dumps(asked, ensure_ascii=False).encode() if asked else b""
        nonce = secrets.token_hex(16)
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Sandbox-Timestamp": timestamp,
            "X-Sandbox-Nonce": nonce,
            "X-Sandbox-Signature": self._signature(method, path, timestamp, nonce, body),
        }
        reply = self._transport.send(method, self.base_url + path, headers, body)
        if not self._is_answer(reply, path, nonce):
            raise OutcomeUnknown("no signed answer")
        said = message_fields.believed(lambda: message_fields.read_object(reply.body))
        if reply.status == 200:
            return said
        raise ProviderRefused(message_fields.believed(lambda: message_fields.text(said, "code", _REASON)))

    def _is_answer(self, reply: Reply, path: str, nonce: str) -> bool:
        """Say whether this is the channel's own yes or no to that request. A server fault is neither."""
        return (
            (reply.status == 200 or 400 <= reply.status < 500)
            and reply.headers.get("x-sandbox-nonce") == nonce
            and self._is_signed(reply.headers, f"ANSWER {reply.status}", path, reply.body, self._clock())
        )

    def _is_signed(self, headers: Mapping[str, str], what: str, path: str, body: bytes, at: datetime) -> bool:
        timestamp = headers.get("x-sandbox-timestamp", "")
        nonce = headers.get("x-sandbox-nonce", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            return False
        wanted = self._signature(what, path, timestamp, nonce, body).encode()
        given = headers.get("x-sandbox-signature", "").encode("ascii", "replace")
        return hmac.compare_digest(wanted, given) and abs(at.timestamp() - int(timestamp)) <= WINDOW_SECONDS

    def _signature(self, what: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
        text = f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    # what it says, field by field: what is not named here goes no further

    def _about(self, said: Mapping[str, Any], number: str, refund_number: str = "") -> Statement:
        """Read an answer and make sure that it speaks of what was asked."""
        read = self._read_refund if refund_number else self._read_order
        statement = message_fields.believed(lambda: read(said))
        if (statement.number, statement.refund_number) != (number, refund_number):
            raise OutcomeUnknown("an answer about something else")
        return statement

    def _missing(
        self, refused: ProviderRefused, reason: str, number: str, refund_number: str = ""
    ) -> Statement:
        if refused.reason != reason:
            raise refused
        return Statement(
            self.name, self.merchant, number, Outcome.NOT_FOUND, app=self.app, refund_number=refund_number
        )

    def _read_order(self, said: Mapping[str, Any]) -> Statement:
        outcome = message_fields.choice(said, "state", _ORDER_STATES)
        paid = outcome is Outcome.PAID
        return Statement(
            provider=self.name,
            merchant=message_fields.text(said, "merchant", _ID),
            number=message_fields.text(said, "number", _ID),
            outcome=outcome,
            app=self.app,
            provider_number=message_fields.text(said, "channel_number", _ID) if paid else "",
            amount_fen=message_fields.fen(said, "amount_fen"),
            currency=message_fields.text(said, "currency", _CURRENCY),
            at=message_fields.moment(said, "paid_at") if paid else None,
        )

    def _read_refund(self, said: Mapping[str, Any]) -> Statement:
        outcome = message_fields.choice(said, "state", _REFUND_STATES)
        return Statement(
            provider=self.name,
            merchant=message_fields.text(said, "merchant", _ID),
            number=message_fields.text(said, "payment_number", _ID),
            outcome=outcome,
            app=self.app,
            provider_number=message_fields.text(said, "channel_number", _ID),
            amount_fen=message_fields.fen(said, "amount_fen"),
            currency=message_fields.text(said, "currency", _CURRENCY),
            at=message_fields.moment(said, "done_at") if outcome is Outcome.REFUND_DONE else None,
            refund_number=message_fields.text(said, "number", _ID),
        )
