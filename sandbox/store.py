"""Orders and refunds, in memory and optionally in one JSON file."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class SandboxOrder:
    merchant: str
    number: str
    amount_fen: int
    currency: str
    expires_at: str
    description: str
    notify_url: str
    return_url: str
    kind: str  # the gateway that accepted it and sends its notices: wechat or alipay
    channel_number: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(20))
    state: str = "open"  # open, paid, closed
    paid_at: str = ""
    late_at: str = ""  # the payer has paid; the payment arrives at this time
    identity: str = ""  # further parameters that must be equal in a repeated request
    back: str = ""  # return URL from the cashier link, if it is not part of the order
    extra: dict[str, Any] = field(default_factory=dict)  # data of its gateway

    @property
    def exit_url(self) -> str:
        return self.back or self.return_url

    PARAMETERS = (
        "merchant",
        "number",
        "amount_fen",
        "currency",
        "expires_at",
        "description",
        "notify_url",
        "return_url",
    )


@dataclass
class SandboxRefund:
    merchant: str
    number: str
    payment_number: str
    amount_fen: int
    total_fen: int
    notify_url: str
    state: str = "processing"  # processing, done, failed, abnormal
    done_at: str = ""
    becomes: str = "done"
    identity: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    PARAMETERS = ("merchant", "number", "payment_number", "amount_fen", "total_fen", "notify_url")


def parameters(record: SandboxOrder | SandboxRefund) -> dict[str, Any]:
    """Return the merchant's parameters; a repeated request must have exactly the same ones."""
    return {name: getattr(record, name) for name in (*record.PARAMETERS, "identity")}


class Store:
    """Orders and refunds by number. `save` replaces the file atomically."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.orders: dict[str, SandboxOrder] = {}
        self.refunds: dict[str, SandboxRefund] = {}
        self.tokens: dict[str, str] = {}  # token of the cashier page: order number
        if path is not None and path.exists():
            self._load(json.loads(path.read_bytes()))
        self.save()  # so that an unwritable file is reported at start-up

    def _load(self, content: dict[str, list[dict[str, Any]]]) -> None:
        for row in content["orders"]:
            self.add(SandboxOrder(**row))
        for row in content["refunds"]:
            self.refunds[row["number"]] = SandboxRefund(**row)

    def add(self, order: SandboxOrder) -> SandboxOrder:
        self.orders[order.number] = order
        self.tokens[order.token] = order.number
        return order

    def save(self) -> None:
        if self.path is None:
            return
        content = {
            "orders": [asdict(order) for order in self.orders.values()],
            "refunds": [asdict(refund) for refund in self.refunds.values()],
        }
        draft = self.path.with_name(self.path.name + ".new")
        with open(draft, "w", encoding="utf-8", opener=_open_private) as file:
            json.dump(content, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
