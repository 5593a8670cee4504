"""The sandbox's WeChat Pay in this process, spoken to by the production client, on a clock of the test's.

It has the face of the channel that the state machine plays with, and nothing of it is made up: each call is
signed, verified and answered, and its books are the sandbox's own.
"""

import json
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from core.transport import OutcomeUnknown, Reply
from payments.providers.contract import HandOver, Order, Outcome, Payer, RefundOrder, Scene, Statement
from payments.providers.wechat import WechatProvider
from sandbox.channel import SandboxChannel
from sandbox.faults import Faults
from sandbox.gateway import GatewayRequest
from sandbox.store import SandboxRefund, Store
from sandbox.wechat.wechat_endpoint import WechatGateway
from sandbox.wechat.wechat_keys import open_keys
from sandbox.wechat.wechat_notifier import WechatNoticeFormat
from tests.payments.providers.wechat import known

HERE = "http://wechat.invalid"
ENDS = {
    Outcome.REFUND_DONE: "done",
    Outcome.REFUND_FAILED: "failed",
    Outcome.REFUND_ABNORMAL: "abnormal",
}
FAULTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "unknown": ("server_error", {}),
    "drop": ("drop_answer", {}),
    "refused": ("refusal", {"status": 403, "code": "NO_AUTH"}),
}


class Silent:
    """Nothing happens by itself: the test says when a refund ends and when a notice comes."""

    def call_later(self, seconds: float, call: Callable[[], None]) -> None: ...
    def send_payment(self, order: Any, copies: int = 1) -> None: ...
    def send_refund(self, refund: Any, order: Any) -> None: ...


class Straight:
    """Brings each request to the gateway without a network."""

    def __init__(self, gateway: WechatGateway) -> None:
        self.gateway = gateway

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        found, message = urlsplit(url), Message()
        for name, value in headers.items():
            message[name] = value
        path = found.path + (f"?{found.query}" if found.query else "")
        answer = self.gateway.serve(GatewayRequest(method, path, message, body))
        if answer is None:
            raise OutcomeUnknown
        return Reply(
            answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body
        )


class AtWechat:
    """One merchant of WeChat Pay."""

    name, has_bills = "wechat", True

    def __init__(self, folder: Path, *, depth: int, ordered: list[str]) -> None:
        self.depth, self.ordered, self.gives = depth, ordered, Outcome.REFUND_DONE
        self.console: dict[str, RefundOrder] = {}
        keys, self.faults, silent = open_keys(folder), Faults(), Silent()
        self.store = Store()
        self.channel = SandboxChannel(self.store, self.faults, silent, silent, 0, 0)  # type: ignore[arg-type]
        self.notices = WechatNoticeFormat(keys, self.faults)
        gateway = WechatGateway(keys, self.channel, self.faults, silent, 0)  # type: ignore[arg-type]
        settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), HERE)
        config = known.config({**settings, **hosts, "products": "jsapi,h5,native"})
        self.provider = WechatProvider(config, transport=Straight(gateway))
        self.merchant, self.app, self.scenes = self.provider.merchant, self.provider.app, self.provider.scenes

    # the product's side

    @property
    def fault(self) -> str:
        return ""

    @fault.setter
    def fault(self, name: str) -> None:
        self.faults.clear()
        if name:
            fault, details = FAULTS[name]
            self.faults.set(fault, times=None, **details)

    def start(self, order: Order, payer: Payer) -> HandOver:
        self._outside()
        try:
            return self.provider.start(order, replace(payer, scene=Scene.SCREEN))
        finally:
            if order.number in self.store.orders and order.number not in self.ordered:
                self.ordered.append(order.number)

    def query(self, number: str) -> Statement:
        self._outside()
        return self.provider.query(number)

    def close(self, number: str) -> Statement:
        self._outside()
        return self.provider.close(number)

    def refund(self, refund: RefundOrder) -> Statement:
        self._outside()
        try:
            return self.provider.refund(refund)
        finally:
            if refund.number in self.store.refunds:
                self.finish(refund.number, self.gives)

    def query_refund(self, refund: RefundOrder) -> Statement:
        self._outside()
        return self.provider.query_refund(refund)

    def _outside(self) -> None:
        assert len(connection.savepoint_ids) == self.depth, "called inside a transaction"

    # the payer's, and what the channel says

    def take(self, number: str, at: datetime) -> None:
        self.channel.pay(self.store.orders[number])
        assert self.store.orders[number].paid_at == at.isoformat()

    def finish(self, number: str, outcome: Outcome) -> None:
        if outcome in ENDS and self.store.refunds[number].state == "processing":
            self.store.refunds[number].becomes = ENDS[outcome]
            self.channel.finish(self.store.refunds[number])

    def statement(self, number: str, **changes: Any) -> Statement:
        """Return the channel's word: by a notice where it would send one, else by an answer."""
        order = self.store.orders.get(number)
        if order is None or order.state != "paid":
            return replace(self.provider.query(number), **changes)
        return replace(self._read(self.notices.payment(order, None)), **changes)

    def refund_statement(self, refund: RefundOrder) -> Statement:
        known_here = self.store.refunds[refund.number]
        if known_here.state == "processing":
            return self.provider.query_refund(refund)
        return self._read(self.notices.refund(known_here, self.store.orders[refund.payment_number], None))

    def _read(self, body: bytes) -> Statement:
        headers, sealed = self.notices.sign(body)
        (statement,) = self.provider.read_notice(headers, sealed, datetime.now(UTC)).statements
        return statement

    # its books

    @property
    def orders(self) -> Mapping[str, Any]:
        return self.store.orders

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return {number: Outcome(self.channel.state(order)) for number, order in self.store.orders.items()}

    @property
    def taken(self) -> dict[str, int]:
        return {number: row.amount_fen for number, row in self.store.orders.items() if row.state == "paid"}

    @property
    def asked(self) -> dict[str, RefundOrder]:
        return {number: _asked(row) for number, row in self.store.refunds.items()}

    @property
    def given(self) -> ChainMap[str, RefundOrder]:
        """Return what went back, by number; what is put into it was given at the console."""
        done = {number: _asked(row) for number, row in self.store.refunds.items() if row.state == "done"}
        return ChainMap(self.console, done)


def _asked(row: SandboxRefund) -> RefundOrder:
    return RefundOrder(row.number, row.payment_number, row.amount_fen, row.total_fen, row.notify_url)
