"""WeChat Pay as a payment channel: its calls in our words. It talks to the network, never to the database."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from core.transport import OutcomeUnknown, PooledTransport, Transport
from payments.providers import message_fields
from payments.providers.contract import (
    BillDamaged,
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
from payments.providers.wechat import oauth, platform_certificates
from payments.providers.wechat.platform_certificates import PlatformCertificate
from payments.providers.wechat.prepay import bridge, prepay
from payments.providers.wechat.wechat_bill import read_bill
from payments.providers.wechat.wechat_client import WechatClient
from payments.providers.wechat.wechat_config import WechatConfig
from payments.providers.wechat.wechat_notices import read_notice
from payments.providers.wechat.wechat_signing import KeyRing
from payments.providers.wechat.wechat_statements import ID, NAME, read_order, read_refund

REFUND_REASON = "停车费退款"  # the payer reads it; a fixed text, as the description is
MAX_BILL = 64 * 1024 * 1024
BILL_SECONDS = 60.0

_PRODUCTS = {Scene.WECHAT: "jsapi", Scene.BROWSER: "h5", Scene.SCREEN: "native"}
_NO_SUCH = frozenset({"order_not_exist", "resource_not_exists"})
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}", re.ASCII)
_WEB = re.compile(r"https?://[!-~]{1,1000}", re.ASCII)
_QR = re.compile(r"(weixin|https?)://[!-~]{1,1000}", re.ASCII)
_DOWNLOAD = "/v3/billdownload/file"


class WechatProvider:
    """WeChat Pay for one merchant."""

    name = NAME
    has_bills = True
    currencies = frozenset({"CNY"})

    def __init__(
        self,
        config: WechatConfig,
        *,
        transport: Transport | None = None,
        bill_transport: Transport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.merchant, self.app = config.merchant, config.appid
        self._config, self._ring = config, KeyRing(config.platform_keys)
        self._scenes = frozenset(scene for scene, name in _PRODUCTS.items() if name in config.products)
        self._transport = transport or PooledTransport("wechat")
        self._bill_transport = bill_transport or PooledTransport(
            "wechat bills", max_answer=MAX_BILL, read_seconds=BILL_SECONDS, connections=1
        )
        self._client = WechatClient(config, self._ring, self._transport, clock)
        self._notices_refused = 0

    @property
    def clock_skew(self) -> timedelta | None:
        """Return how far WeChat's clock was ahead of ours in its last answer; None before the first."""
        return self._client.clock_skew

    @property
    def unknown_serials(self) -> int:
        """Return how many answers and notices named a key that is not in our settings."""
        return self._ring.unknown_serials

    @property
    def answered(self) -> int:
        return self._client.answered

    def troubles(self) -> Mapping[str, int]:
        return {
            "bad_signature": self._client.not_signed,
            "unknown_serial": self._ring.unknown_serials,
            "notice_refused": self._notices_refused,
        }

    def scenes(self) -> frozenset[Scene]:
        return self._scenes

    def start(self, order: Order, payer: Payer) -> HandOver:
        if payer.scene not in self.scenes():
            raise ProviderRefused("scene_not_offered")
        product = _PRODUCTS[payer.scene]
        answer = self._client.call("POST", f"{self._orders}/{product}", prepay(self._config, order, payer))
        if product == "jsapi":
            prepay_id = message_fields.believed(lambda: message_fields.text(answer, "prepay_id", ID))
            return HandOver(bridge=bridge(self._config, prepay_id, self._client.clock()))
        if product == "h5":
            url = message_fields.believed(lambda: message_fields.text(answer, "h5_url", _WEB))
            return HandOver(url=f"{url}&redirect_url={quote(order.return_url, safe='')}")
        return HandOver(qr=message_fields.believed(lambda: message_fields.text(answer, "code_url", _QR)))

    def query(self, number: str) -> Statement:
        try:
            answer = self._client.call("GET", f"{self._order(number)}?{urlencode(self._parties)}")
        except ProviderRefused as refused:
            return self._missing(refused, number)
        return self._about(answer, read_order, number)

    def close(self, number: str) -> Statement:
        try:
            self._client.call("POST", f"{self._order(number)}/close", self._parties)
        except ProviderRefused as refused:
            if refused.reason in {"order_paid", "order_closed"}:  # perhaps unsigned: a query is signed
                return self.query(number)
            return self._missing(refused, number)
        return Statement(NAME, self.merchant, number, Outcome.CLOSED, app=self.app)

    def refund(self, refund: RefundOrder) -> Statement:
        asked: dict[str, Any] = {
            **self._sub_merchant,
            "out_trade_no": refund.payment_number,
            "out_refund_no": refund.number,
            "reason": REFUND_REASON,
            "notify_url": refund.notify_url,
            "amount": {"refund": refund.amount_fen, "total": refund.total_fen, "currency": "CNY"},
        }
        answer = self._client.call("POST", "/v3/refund/domestic/refunds", asked)
        return self._about(answer, read_refund, refund.payment_number, refund.number)

    def query_refund(self, refund: RefundOrder) -> Statement:
        try:
            answer = self._ask_refund(refund)
        except ProviderRefused as refused:
            return self._missing(refused, refund.payment_number, refund.number)
        return self._about(answer, read_refund, refund.payment_number, refund.number)

    def apply_abnormal_refund(self, refund: RefundOrder) -> Statement:
        """Send an abnormal refund (退款异常) to the merchant's own account; a person then pays the driver.

        WeChat's other way would need the payer's name and card, which we neither have nor want.
        """
        found = self._ask_refund(refund)
        refund_id = message_fields.believed(lambda: message_fields.text(found, "refund_id", ID))
        asked = {**self._sub_merchant, "out_refund_no": refund.number, "type": "MERCHANT_BANK_CARD"}
        path = f"/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund"
        answer = self._client.call("POST", path, asked)
        return self._about(answer, read_refund, refund.payment_number, refund.number)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice:
        try:
            return read_notice(self._config, self._ring, headers, body, at)
        except NoticeRefused:
            self._notices_refused += 1
            raise

    def fetch_bill(self, day: date) -> Iterator[BillRow]:
        asked = {"bill_date": day.isoformat(), "bill_type": "ALL", **self._sub_merchant, "tar_type": "GZIP"}
        try:
            answer = self._client.call("GET", f"/v3/bill/tradebill?{urlencode(asked)}")
        except ProviderRefused as refused:
            if refused.reason == "no_statement_exist":
                return
            if refused.reason == "statement_creating":
                raise BillNotReady("WeChat is still making the bill") from None
            raise
        if answer.get("hash_type") != "SHA1":
            raise BillDamaged("a hash of another kind")
        sha1 = message_fields.believed(lambda: message_fields.text(answer, "hash_value", _SHA1))
        yield from read_bill(self._config, day, self._download(answer), sha1)

    def close_advertising(self) -> None:
        """Switch off WeChat's advertisement after a payment (点金计划), which only a partner can ask for."""
        if not self._config.sub_mchid:
            raise ProviderRefused("not_a_partner")
        self._client.call("POST", "/v3/goldplan/merchants/close-advertising-show", self._sub_merchant)

    def platform_certificates(self) -> list[PlatformCertificate]:
        """Fetch WeChat's certificates in force; only a command does, and a person puts them into settings."""
        return platform_certificates.fetch(self._client)

    def knows(self, serial: str) -> bool:
        """Return whether what is signed under this serial can be verified."""
        return self._ring.knows(serial)

    def oauth_address(self, redirect_uri: str, state: str) -> str:
        """Return where to send a browser inside WeChat for the silent openid."""
        return oauth.address(self._config, redirect_uri, state)

    def openid_for(self, code: str) -> str:
        """Return the payer's openid for one `Payer`; keep it nowhere."""
        return oauth.openid_for(self._config, self._transport, code)

    # what the calls have in common

    @property
    def _orders(self) -> str:
        return f"/v3/pay/{'partner/' if self._config.sub_mchid else ''}transactions"

    @property
    def _parties(self) -> dict[str, str]:
        config = self._config
        if config.sub_mchid:
            return {"sp_mchid": config.mchid, "sub_mchid": config.sub_mchid}
        return {"mchid": config.mchid}

    @property
    def _sub_merchant(self) -> dict[str, str]:
        return {"sub_mchid": self._config.sub_mchid} if self._config.sub_mchid else {}

    def _order(self, number: str) -> str:
        return f"{self._orders}/out-trade-no/{quote(number, safe='')}"

    def _ask_refund(self, refund: RefundOrder) -> dict[str, Any]:
        query = f"?{urlencode(self._sub_merchant)}" if self._sub_merchant else ""
        return self._client.call("GET", f"/v3/refund/domestic/refunds/{quote(refund.number, safe='')}{query}")

    def _about(
        self,
        message: Mapping[str, Any],
        read: Callable[[WechatConfig, Mapping[str, Any]], Statement],
        number: str,
        refund_number: str = "",
    ) -> Statement:
        """Parse an answer and check that it is about the order or refund that was asked for."""
        statement = message_fields.believed(lambda: read(self._config, message))
        if (statement.number, statement.refund_number) != (number, refund_number):
            raise OutcomeUnknown("an answer about something else")
        return statement

    def _missing(self, refused: ProviderRefused, number: str, refund_number: str = "") -> Statement:
        if refused.reason not in _NO_SUCH:
            raise refused
        return Statement(
            NAME, self.merchant, number, Outcome.NOT_FOUND, app=self.app, refund_number=refund_number
        )

    def _download(self, message: Mapping[str, Any]) -> bytes:
        """Fetch the file from our own host, whatever host the answer names: the request is signed."""
        where = urlsplit(message_fields.believed(lambda: message_fields.text(message, "download_url", _WEB)))
        if where.path != _DOWNLOAD:
            raise OutcomeUnknown("a bill at a strange address")
        reply = self._client.send("GET", f"{where.path}?{where.query}", transport=self._bill_transport)
        if reply.status != 200:
            raise self._client.refusal(reply)
        return reply.body
