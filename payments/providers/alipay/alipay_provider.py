"""Alipay as a payment channel, for one merchant.

An order of `alipay.trade.wap.pay` comes into being only when the payer logs in or enters the password.
Before, a query or a closing finds nothing, and the page that is open on the phone can still be paid: only
`time_expire` ends that. So NOT_FOUND proves nothing until the order has expired.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

from core.transport import OutcomeUnknown, PooledTransport, Transport
from payments.providers import message_fields
from payments.providers.alipay import alipay_bill, alipay_values
from payments.providers.alipay.alipay_client import Gateway
from payments.providers.alipay.alipay_config import PHONES, AlipayConfig
from payments.providers.alipay.alipay_signing import is_signed, notice_text
from payments.providers.alipay.alipay_statements import NAME, Statements, notified
from payments.providers.contract import (
    Answer,
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

MAX_NOTICE = 64 * 1024
MAX_FIELDS = 100
NOTICE_WINDOW = timedelta(hours=48)  # Alipay repeats for 25 hours
PLAIN = "text/plain"

_QR = alipay_bill.ADDRESS
# Alipay's words for an order that cannot be closed: it is paid, or closed already.
_NOT_OPEN = {"trade_status_error", "reason_trade_status_invalid", "reason_illegal_status"}


class AlipayProvider:
    """One merchant's Alipay. Bills come over `downloads`, whose answers may be larger."""

    name = NAME
    has_bills = True
    currencies = frozenset({"CNY"})

    def __init__(
        self,
        config: AlipayConfig,
        *,
        transport: Transport | None = None,
        downloads: Transport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.merchant, self.app = config.seller_id, config.app_id
        self._config, self._clock = config, clock
        self._gateway = Gateway(config, transport or PooledTransport("alipay"), clock)
        self._downloads = downloads or PooledTransport(
            "alipay bills",
            read_seconds=alipay_bill.DOWNLOAD_SECONDS,
            max_answer=alipay_bill.MAX_ZIP,
            connections=1,
        )
        self._notices_refused = 0
        self._read = Statements(config.seller_id, config.app_id)

    @property
    def clock_skew(self) -> timedelta | None:
        """How far Alipay's clock was ahead of ours when it last answered; None before that."""
        return self._gateway.clock_skew

    @property
    def answered(self) -> int:
        return self._gateway.answered

    def troubles(self) -> Mapping[str, int]:
        return {"bad_signature": self._gateway.not_signed, "notice_refused": self._notices_refused}

    def scenes(self) -> frozenset[Scene]:
        return self._config.scenes

    def start(self, order: Order, payer: Payer) -> HandOver:
        """Send a phone to Alipay's page, without a call; have a code made for a screen."""
        if payer.scene not in self._config.scenes:
            raise ProviderRefused("scene_not_offered")
        asked = {
            "out_trade_no": order.number,
            "total_amount": alipay_values.yuan(order.amount_fen),
            "subject": order.description.translate(_NOT_IN_A_SUBJECT),
            "time_expire": alipay_values.beijing(order.expires_at),
            "seller_id": self.merchant,
        }
        if payer.scene in PHONES:
            asked |= {"product_code": "QUICK_WAP_WAY", "quit_url": order.return_url}
            return HandOver(
                url=self._gateway.page("alipay.trade.wap.pay", asked, order.notify_url, order.return_url)
            )
        answer = self._gateway.call("alipay.trade.precreate", asked, order.notify_url)
        if answer.get("out_trade_no") != order.number:
            raise OutcomeUnknown("an answer about something else")
        return HandOver(qr=message_fields.believed(lambda: message_fields.text(answer, "qr_code", _QR)))

    def query(self, number: str) -> Statement:
        try:
            answer = self._gateway.call("alipay.trade.query", {"out_trade_no": number})
        except ProviderRefused as refused:
            return self._missing(refused, number)
        return _about(lambda: self._read.queried(answer), number)

    def close(self, number: str) -> Statement:
        try:
            answer = self._gateway.call("alipay.trade.close", {"out_trade_no": number})
        except ProviderRefused as refused:
            if refused.reason in _NOT_OPEN:
                return self.query(number)
            return self._missing(refused, number)
        return _about(lambda: self._read.closed(answer), number)

    def refund(self, refund: RefundOrder) -> Statement:
        """Refund, under the refund's number each time. News of it goes where the payment's went."""
        asked = {
            "out_trade_no": refund.payment_number,
            "refund_amount": alipay_values.yuan(refund.amount_fen),
            "out_request_no": refund.number,
        }
        answer = self._gateway.call("alipay.trade.refund", asked)
        return _about(
            lambda: self._read.refunded(answer, refund.number), refund.payment_number, refund.number
        )

    def query_refund(self, refund: RefundOrder) -> Statement:
        """Ask what became of a refund: done, or NOT_FOUND, which the same refund may be repeated after."""
        asked = {
            "out_trade_no": refund.payment_number,
            "out_request_no": refund.number,
            "query_options": ["gmt_refund_pay"],
        }
        try:
            answer = self._gateway.call("alipay.trade.fastpay.refund.query", asked)
        except ProviderRefused as refused:
            return self._missing(refused, refund.payment_number, refund.number)
        return _about(
            lambda: self._read.queried_refund(answer, refund.payment_number, refund.number),
            refund.payment_number,
            refund.number,
        )

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice:
        """Verify and parse a notice, also one for another app or seller: it may report money."""
        del headers  # the signature stands in the form
        with suppress(ValueError):
            values = _form(body)
            if is_signed(self._config.alipay_public_key, notice_text(values), values.get("sign")):
                if abs(at - alipay_values.moment(values, "notify_time")) > NOTICE_WINDOW:
                    raise ValueError("notify_time")
                return Notice(
                    notified(values),
                    accept=Answer(200, b"success", PLAIN),
                    try_again=Answer(503, b"fail", PLAIN),
                )
        self._notices_refused += 1
        raise NoticeRefused(Answer(401, b"fail", PLAIN))

    def fetch_bill(self, day: date) -> Iterator[BillRow]:
        """Read a day's bill. Its address lives for 30 seconds, so it is fetched at once."""
        return alipay_bill.fetch(self._gateway, self._downloads, self._config, day, self._clock())

    def _missing(self, refused: ProviderRefused, number: str, refund_number: str = "") -> Statement:
        if refused.reason != "order_not_found":
            raise refused
        return self._read.about(number, Outcome.NOT_FOUND, refund_number)


_NOT_IN_A_SUBJECT = str.maketrans("/=&", "   ")


def _form(body: bytes) -> dict[str, str]:
    """Return the fields of a form; none may come twice."""
    if len(body) > MAX_NOTICE:
        raise ValueError("body")
    pairs = parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=MAX_FIELDS,
    )
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("body")
    return values


def _about(read: Callable[[], Statement], number: str, refund_number: str = "") -> Statement:
    """Read an answer and make sure that it speaks of what was asked."""
    statement = message_fields.believed(read)
    if (statement.number, statement.refund_number) != (number, refund_number):
        raise OutcomeUnknown("an answer about something else")
    return statement
