"""What every payment channel (支付渠道) is to the rest: calls on plain values.

A provider talks to the network, never to the database, and sees no model and no request. All money is
integer fen, all times are aware datetimes in UTC. What a channel sends passes a whitelist: an openid,
a buyer's id, a bank or an account never leaves the provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What a channel says of an order or a refund."""

    PAID = "paid"
    OPEN = "open"  # the order exists and may still be paid
    CLOSED = "closed"  # it will never be paid
    NOT_FOUND = "not_found"  # the channel does not know it (yet)
    REFUND_PENDING = "refund_pending"
    REFUND_DONE = "refund_done"
    REFUND_FAILED = "refund_failed"
    REFUND_ABNORMAL = "refund_abnormal"


@dataclass(frozen=True)
class Order:
    """An order as the channel needs it. `number` is 26 capital letters and digits."""

    number: str
    amount_fen: int
    expires_at: datetime
    description: str  # a fixed text, never a plate
    notify_url: str
    return_url: str  # where the payer's browser comes back to; coming back proves nothing
    currency: str = "CNY"


@dataclass(frozen=True)
class RefundOrder:
    number: str  # our refund number
    payment_number: str
    amount_fen: int
    total_fen: int
    notify_url: str


@dataclass(frozen=True)
class Statement:
    """A channel's verified word about one order, or about one refund of it."""

    provider: str
    merchant: str
    number: str
    outcome: Outcome
    app: str = ""
    provider_number: str = ""
    amount_fen: int | None = None  # of the order, or of the refund where `refund_number` is set
    currency: str = "CNY"
    at: datetime | None = None  # when the money moved, by the channel's clock
    refund_number: str = ""


@dataclass(frozen=True)
class HandOver:
    """How the payer's browser reaches the cashier."""

    url: str


@dataclass(frozen=True)
class Answer:
    """The HTTP answer that a channel expects to its notice."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Notice:
    """A channel's message to us (支付通知), verified: what it says, and how to answer it."""

    statements: tuple[Statement, ...]
    accept: Answer
    try_again: Answer


@dataclass(frozen=True)
class Payer:
    """What may be known of the payer during one call and is kept nowhere."""

    client_ip: str = field(default="", repr=False)
    openid: str = field(default="", repr=False)


class ProviderError(Exception):
    """A channel call without a usable answer."""

    code = "provider_error"


class OutcomeUnknown(ProviderError):
    """No answer, a broken one, or a server fault: the channel may have done it. Query, never guess."""

    code = "outcome_unknown"


class ProviderRefused(ProviderError):
    """The channel definitely said no. `reason` is the channel's own code; it holds no personal data."""

    code = "provider_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoticeRefused(Exception):
    """A notice that is forged, stale, damaged or too large. `answer` is what to send back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("notice refused")
        self.answer = answer


class Provider(Protocol):
    """A payment channel with the credentials of one merchant.

    Every call may raise `OutcomeUnknown` or `ProviderRefused`; `read_notice` raises `NoticeRefused`.
    """

    name: str
    merchant: str
    app: str

    def start(self, order: Order, payer: Payer) -> HandOver: ...
    def query(self, number: str) -> Statement: ...
    def close(self, number: str) -> Statement: ...
    def refund(self, refund: RefundOrder) -> Statement: ...
    def query_refund(self, refund: RefundOrder) -> Statement: ...
    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice: ...
