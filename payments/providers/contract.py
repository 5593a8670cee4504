"""What every payment channel (支付渠道) is to the rest: calls on plain values.

A provider talks to the network, never to the database, and sees no model and no request. All money is
integer fen, all times are aware datetimes in UTC. What a channel sends passes a whitelist: an openid,
a buyer's id, a bank or an account never leaves the provider.

Only a signed word counts: paid, closed and refunded come from a verified answer or notice. Everything
else that goes wrong on the way is `OutcomeUnknown`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.transport import ProviderError


class Outcome(StrEnum):
    """What a channel reports of an order or a refund.

    A paid order stays PAID when it is refunded (WeChat's REFUND; Alipay's TRADE_CLOSED after a full
    refund). For Alipay's wap, NOT_FOUND proves nothing before the order has expired: it is made late.
    """

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
    """An order as the channel needs it; a repeat must be equal in every field.

    `number` is 26 capital letters and digits.
    """

    number: str
    amount_fen: int
    expires_at: datetime
    description: str  # a fixed text, never a plate
    notify_url: str
    return_url: str  # where the payer's browser comes back to; coming back proves nothing
    currency: str = "CNY"


@dataclass(frozen=True)
class RefundOrder:
    """A refund as the channel needs it. A repeat keeps its number, so that money moves once."""

    number: str  # our refund number
    payment_number: str
    amount_fen: int
    total_fen: int
    notify_url: str


@dataclass(frozen=True)
class Statement:
    """A channel's verified word about one order, or about one refund of it.

    Its merchant, amount and currency are the channel's, not those we asked for: the code that settles
    compares them. `number` and `provider_number` always name the order, also where `refund_number`
    names a refund of it. News of a refund means that the order was paid. `is_refunded`: of a paid order,
    something was refunded, by us or by hand; False may also mean that the channel does not tell.
    """

    provider: str
    merchant: str
    number: str
    outcome: Outcome
    app: str = ""
    provider_number: str = ""
    amount_fen: int | None = None  # of the order, or of the refund where `refund_number` is set
    currency: str = "CNY"
    at: datetime | None = None  # when the money moved, by the channel's clock; only when it has
    refund_number: str = ""
    is_refunded: bool = False


class Scene(StrEnum):
    """Where the payer's page runs: a channel starts an order differently in each."""

    WECHAT = "wechat"  # WeChat's own browser
    ALIPAY = "alipay"  # Alipay's own browser
    BROWSER = "browser"  # any other browser on a phone
    SCREEN = "screen"  # a kiosk or desktop: another phone scans it


@dataclass(frozen=True)
class HandOver:
    """How the payer reaches the cashier; one of the three is set."""

    url: str = ""  # the browser goes there
    qr: str = ""  # shown as a code on another screen
    bridge: Mapping[str, str] | None = field(default=None, repr=False)  # for WeChat's getBrandWCPayRequest


@dataclass(frozen=True)
class Answer:
    """The HTTP answer that a channel expects to its notice."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Notice:
    """A channel's message to us (支付通知), verified: what it says, and how to answer it.

    An event of no interest says nothing and is accepted; Alipay's may tell of a payment and a refund at
    once. Send `accept` once everything is committed, `try_again` when it could not be.
    """

    statements: tuple[Statement, ...]
    accept: Answer
    try_again: Answer


@dataclass(frozen=True)
class Payer:
    """What may be known of the payer during one call and is stored nowhere."""

    scene: Scene = Scene.BROWSER
    client_ip: str = field(default="", repr=False)
    openid: str = field(default="", repr=False)


@dataclass(frozen=True)
class BillRow:
    """One row of a channel's daily bill (账单), with nothing in it about the payer.

    `outcome` is PAID, or what the bill reports of the refund. `fee_milli` is the channel's fee in thousandths
    of a fen, as exact as WeChat says it; below zero where a refund brought some of it back.
    """

    number: str
    provider_number: str
    amount_fen: int  # of the order, or of the refund where `refund_number` is set; never negative
    at: datetime
    refund_number: str = ""
    outcome: Outcome = Outcome.PAID
    fee_milli: int = 0


class BillNotReady(Exception):
    """The channel is still making the bill: ask again in half an hour."""


class BillDamaged(Exception):
    """The bill does not add up, was cut short or does not match its hash: nothing of it is used.

    `what`: "merchant" or "day" where it is another's, "columns" where its columns have other names.
    """

    def __init__(self, message: str = "", *, what: str = "") -> None:
        super().__init__(message)
        self.what = what


class ProviderRefused(ProviderError):
    """The channel definitely refused. `reason` is the channel's own code; it holds no personal data.

    It is a no to this call, not to the order: after `order_paid` ask, after `frequency_limited` wait, after
    `try_again` repeat the same call.
    """

    code = "provider_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def for_now(self) -> bool:
        """Return whether a repeat may be accepted later: too many at once, a bank that is down, or no funds
        for a refund yet."""
        return self.reason in {"frequency_limited", "try_again", "not_enough"}


class NoticeRefused(Exception):
    """A notice that is forged, stale, damaged or too large. `answer` is what to send back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("notice refused")
        self.answer = answer


class Provider(Protocol):
    """A payment channel with the credentials of one merchant.

    Every call may raise `OutcomeUnknown` or `ProviderRefused`; `read_notice` raises only `NoticeRefused`.
    Every call may be repeated. Closing a paid order returns the PAID statement; an order or a refund that
    the channel does not know is NOT_FOUND, except that a refund of an unknown order is refused.
    `read_notice` makes no call and gets neither method nor path, because no channel signs them.
    `fetch_bill` reads the bill of a Beijing day as a stream, raises `BillNotReady` or `BillDamaged` (which
    may come after rows: use them only when the iterator has ended), and yields nothing for an empty day.
    `has_bills` is False for a channel that makes none. `currencies` are the codes that it takes.
    """

    name: str
    merchant: str
    app: str
    has_bills: bool
    currencies: frozenset[str]

    def scenes(self) -> frozenset[Scene]: ...
    def start(self, order: Order, payer: Payer) -> HandOver: ...
    def query(self, number: str) -> Statement: ...
    def close(self, number: str) -> Statement: ...
    def refund(self, refund: RefundOrder) -> Statement: ...
    def query_refund(self, refund: RefundOrder) -> Statement: ...
    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice: ...
    def fetch_bill(self, day: date) -> Iterator[BillRow]: ...


@runtime_checkable
class Observed(Protocol):
    """A provider that also counts what it meets in answers and notices, in the memory of its process.

    `answered` grows with each answer that could be believed, so it tells a call that was made from one
    that was not (Alipay's page for phones is opened without one). `troubles` are counts that only grow:
    bad_signature (of answers), unknown_serial, notice_refused.
    """

    @property
    def answered(self) -> int: ...
    @property
    def clock_skew(self) -> timedelta | None: ...
    def troubles(self) -> Mapping[str, int]: ...
