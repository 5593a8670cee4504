"""WeChat Pay v3 over HTTP: signed requests of the merchant and signed responses."""

import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.channel import SandboxChannel, SandboxRefusal
from sandbox.faults import Faults
from sandbox.gateway import GatewayRequest, GatewayResponse
from sandbox.notifier import NoticeSender
from sandbox.store import SandboxOrder, SandboxRefund
from sandbox.wechat import wechat_day_bill, wechat_messages
from sandbox.wechat.payer import PayerPages
from sandbox.wechat.wechat_keys import WechatKeys
from sandbox.wechat.wechat_notifier import UNKNOWN_SERIAL
from sandbox.wechat.wechat_orders import read_order, read_refund
from sandbox.wechat.wechat_signatures import (
    SCHEME,
    WINDOW_SECONDS,
    encode,
    encrypt,
    is_signed_by_merchant,
    sign,
)

PREPAY_LIFETIME = timedelta(hours=2)
H5_LIFETIME = timedelta(minutes=5)
REFUND_INTERVAL = timedelta(minutes=1)
DOWNLOAD_LIFETIME = timedelta(minutes=5)
HUGE_PADDING = 2 * 1024 * 1024

_CODES = {  # code of the sandbox: status and code of WeChat Pay
    "param_error": (400, "PARAM_ERROR"),
    "invalid_request": (400, "INVALID_REQUEST"),
    "order_paid": (400, "ORDERPAID"),
    "order_closed": (400, "ORDER_CLOSED"),
    "order_not_found": (404, "ORDER_NOT_EXIST"),
    "order_not_paid": (400, "INVALID_REQUEST"),
    "refund_not_found": (404, "RESOURCE_NOT_EXISTS"),
    "refund_exceeds_payment": (400, "INVALID_REQUEST"),
}
_STATES = {"open": "NOTPAY", "paid": "SUCCESS", "closed": "CLOSED"}

Body = dict[str, Any] | None  # None: 204


class WechatGateway:
    """WeChat Pay for one merchant or one partner."""

    paths: tuple[str, ...] = ("/v3/", "/connect/oauth2/", "/sns/oauth2/", "/cashier/h5?", "/cashier/prepay/")

    def __init__(
        self,
        keys: WechatKeys,
        channel: SandboxChannel,
        faults: Faults,
        notices: NoticeSender,
        time_scale: float,
    ) -> None:
        self.keys, self.channel, self.faults, self.notices = keys, channel, faults, notices
        self.payer = PayerPages(keys, channel, faults)
        self.public_url, self.api_url, self._scale = "", "", time_scale
        self._bills: dict[str, tuple[datetime, bytes]] = {}

    def serve(self, request: GatewayRequest) -> GatewayResponse | None:
        if not request.path.startswith("/v3/"):
            return self.payer.serve(request)
        endpoint = f"{request.method} {request.path}"
        if not is_signed_by_merchant(self.keys, request, time.time()) or not _is_complete(request):
            return GatewayResponse(401, {"Content-Type": "application/json"}, encode(_error("SIGN_ERROR")))
        if (fault := self._refused_by_fault(endpoint)) is not None:
            return self._signed(request, endpoint, self.faults, *fault)
        faults = self.faults.delayed(endpoint)
        if request.path.startswith("/v3/billdownload/file?"):
            return self._download(request)
        status, body = self._call(request)
        if faults.take("drop_answer", endpoint) is not None:
            return None
        return self._signed(request, endpoint, faults, status, body)

    def _refused_by_fault(self, endpoint: str) -> tuple[int, Body] | None:
        if self.faults.take("too_many", endpoint) is not None:
            return 429, _error("FREQUENCY_LIMITED")
        if self.faults.take("server_error", endpoint) is not None:
            return 500, _error("SYSTEM_ERROR")
        if (refusal := self.faults.take("refusal", endpoint)) is not None:
            return refusal["status"], _error(refusal["code"])
        return None

    def _call(self, request: GatewayRequest) -> tuple[int, Body]:
        url = urlsplit(request.path)
        for pattern, method in ROUTES:
            if match := re.fullmatch(pattern, f"{request.method} {url.path}"):
                try:
                    fields = json.loads(request.body) if request.body else dict(parse_qsl(url.query))
                    result = method(self, fields, **match.groupdict(""))
                except SandboxRefusal as refusal:
                    status, code = _CODES.get(refusal.code, (refusal.status, refusal.code))
                    return status, _error(code)
                except (ValueError, RecursionError, AttributeError):
                    return 400, _error("PARAM_ERROR")
                return (204 if result is None else 200), result
        return 404, _error("RESOURCE_NOT_EXISTS")

    def _signed(
        self, request: GatewayRequest, endpoint: str, faults: Faults, status: int, message: Body
    ) -> GatewayResponse:
        """Sign with the key that the request names: the public key, or by default the certificate."""
        take = faults.take
        if message is not None and (changed := take("answer_changed", endpoint)) is not None:
            message = message | (changed.get("fields") or {})
        if take("huge_body", endpoint) is not None:
            message = {**(message or {}), "padding": "x" * HUGE_PADDING}
        body = b"" if message is None else encode(message)
        stale = WINDOW_SECONDS + 1 if take("old_timestamp", endpoint) is not None else 0
        keys = self.keys
        if request.headers.get("Wechatpay-Serial") == keys.platform_id:
            headers = sign(keys.platform, keys.platform_id, body, stale=stale)
        else:
            headers = sign(keys.certificate_key, keys.certificate_serial, body, stale=stale)
        if take("bad_signature", endpoint) is not None:
            headers["Wechatpay-Signature"] = sign(keys.platform, "", b"else")["Wechatpay-Signature"]
        if take("other_serial", endpoint) is not None:
            headers["Wechatpay-Serial"] = UNKNOWN_SERIAL
        if take("unsigned", endpoint) is not None:
            headers = {}
        headers["Request-ID"] = secrets.token_hex(12).upper()
        return GatewayResponse(status, {"Content-Type": "application/json; charset=utf-8", **headers}, body)

    # orders

    def prepay(self, fields: dict[str, Any], partner: str, product: str) -> Body:
        order = read_order(self.keys, fields, product, partner=bool(partner))
        if (coupon := self.faults.take("coupon")) is not None:
            order.extra["coupon_fen"] = coupon.get("fen", 1)
        order = self.channel.get_or_create_order(order)
        self._renew(order, h5=product == "h5")
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.send_payment_now(order)
        prepay_id = order.extra["prepay_id"]
        if product == "h5":
            package = secrets.randbelow(10**9)
            return {"h5_url": f"{self.public_url}/cashier/h5?prepay_id={prepay_id}&package={package}"}
        if product == "native":
            return {"code_url": f"{self.public_url}/cashier/prepay/{prepay_id}"}
        return {"prepay_id": prepay_id}

    def _renew(self, order: SandboxOrder, *, h5: bool) -> None:
        """Set the expiry of the order's cashier links; each repeated request renews them."""
        now = datetime.now(UTC)
        lifetimes = {"prepay_until": PREPAY_LIFETIME} | ({"h5_until": H5_LIFETIME} if h5 else {})
        self.channel.update_extra(
            order,
            **{name: (now + lifetime * self._scale).isoformat() for name, lifetime in lifetimes.items()},
        )
        self.payer.prepaid[order.extra["prepay_id"]] = order.number

    def query(self, fields: dict[str, Any], partner: str, number: str) -> Body:
        order = self._order(fields, partner, number)
        state = _STATES[self.channel.state(order)]
        if state == "SUCCESS" and any(each.state != "failed" for each in self._refunds(order)):
            state = "REFUND"
        return wechat_messages.transaction(order, state)

    def close(self, fields: dict[str, Any], partner: str, number: str) -> Body:
        order = self._order(fields, partner, number)
        self.channel.close(order.number)
        return None

    def _order(self, fields: dict[str, Any], partner: str, number: str) -> SandboxOrder:
        """Return the order if it belongs to the requesting merchant."""
        merchant = fields.get("sub_mchid" if partner else "mchid")
        if fields.get("sp_mchid" if partner else "mchid") != self.keys.mchid:
            raise SandboxRefusal(403, "NO_AUTH")
        order = self.channel.get_order(number)
        if order.kind != "wechat" or order.merchant != merchant:
            raise SandboxRefusal(404, "ORDER_NOT_EXIST")
        return order

    # refunds

    def refund(self, fields: dict[str, Any]) -> Body:
        order = self.channel.store.orders.get(str(fields.get("out_trade_no")))
        if order is None or order.merchant != fields.get("sub_mchid", self.keys.mchid):
            raise SandboxRefusal(404, "RESOURCE_NOT_EXISTS")
        new = read_refund(fields, order)
        if new.number not in self.channel.store.refunds:
            if self.faults.take("not_enough") is not None:
                raise SandboxRefusal(403, "NOT_ENOUGH")
            self._check_refund_interval(order)
        return wechat_messages.refund_response(self.channel.get_or_create_refund(new), order)

    def _check_refund_interval(self, order: SandboxOrder) -> None:
        """Refuse a refund within a minute of another one of the same order."""
        earliest = datetime.now(UTC) - REFUND_INTERVAL * self._scale
        for each in self._refunds(order):
            if datetime.fromisoformat(each.extra["created_at"]) > earliest:
                raise SandboxRefusal(429, "FREQUENCY_LIMITED")

    def _refunds(self, order: SandboxOrder) -> list[SandboxRefund]:
        refunds = list(self.channel.store.refunds.values())
        return [each for each in refunds if each.payment_number == order.number]

    def query_refund(self, fields: dict[str, Any], number: str) -> Body:
        refund = self._own_refund(fields, self.channel.get_refund(number))
        return wechat_messages.refund_response(refund, self.channel.get_order(refund.payment_number))

    def abnormal_refund(self, fields: dict[str, Any], refund_id: str) -> Body:
        refund = self._own_refund(fields, self.channel.get_refund(str(fields.get("out_refund_no"))))
        if refund.extra["refund_id"] != refund_id or fields.get("type") != "MERCHANT_BANK_CARD":
            raise SandboxRefusal(400, "PARAM_ERROR")
        self.channel.retry_refund(refund)
        return wechat_messages.refund_response(refund, self.channel.get_order(refund.payment_number))

    def _own_refund(self, fields: dict[str, Any], refund: SandboxRefund) -> SandboxRefund:
        if refund.merchant != fields.get("sub_mchid", self.keys.mchid) or "refund_id" not in refund.extra:
            raise SandboxRefusal(404, "RESOURCE_NOT_EXISTS")
        return refund

    # bill, partner settings, certificates

    def trade_bill(self, fields: dict[str, Any]) -> Body:
        day = date.fromisoformat(fields.get("bill_date", ""))
        if fields.get("bill_type") != "ALL" or fields.get("tar_type") != "GZIP":
            raise SandboxRefusal(400, "PARAM_ERROR")
        if self.faults.take("bill_not_ready") is not None:
            raise SandboxRefusal(400, "STATEMENT_CREATING")
        text = wechat_day_bill.make(self.channel.store, fields.get("sub_mchid", self.keys.mchid), day)
        if text is None:
            raise SandboxRefusal(400, "NO_STATEMENT_EXIST")
        damage = (self.faults.take("bill_damaged") or {}).get("how", "")
        file, digest = wechat_day_bill.compressed(text, damage)
        token = secrets.token_urlsafe(24)
        self._bills[token] = datetime.now(UTC) + DOWNLOAD_LIFETIME * self._scale, file
        url = f"{self.api_url}/v3/billdownload/file?token={token}"
        return {"hash_type": "SHA1", "hash_value": digest, "download_url": url}

    def _download(self, request: GatewayRequest) -> GatewayResponse:
        """Return the file. It is unsigned; the client checks the hash from the previous response."""
        token = dict(parse_qsl(urlsplit(request.path).query)).get("token", "")
        until, file = self._bills.get(token, (datetime.min.replace(tzinfo=UTC), b""))
        if datetime.now(UTC) > until:
            return GatewayResponse(400, {"Content-Type": "application/json"}, encode(_error("PARAM_ERROR")))
        return GatewayResponse(200, {"Content-Type": "application/octet-stream"}, file)

    def close_advertising(self, fields: dict[str, Any]) -> Body:
        if not re.fullmatch(r"[0-9]{8,10}", str(fields.get("sub_mchid"))):
            raise SandboxRefusal(400, "PARAM_ERROR")
        return None

    def certificates(self, _: dict[str, Any]) -> Body:
        certificate = self.keys.certificate
        encrypted = encrypt(self.keys.api_key, certificate.public_bytes(Encoding.PEM), "certificate")
        return {
            "data": [
                {
                    "serial_no": self.keys.certificate_serial,
                    "effective_time": wechat_messages.format_time(
                        certificate.not_valid_before_utc.isoformat()
                    ),
                    "expire_time": wechat_messages.format_time(certificate.not_valid_after_utc.isoformat()),
                    "encrypt_certificate": encrypted,
                }
            ]
        }


_PAY = r"/v3/pay/(?P<partner>partner/)?transactions"
_NUMBER = r"(?P<number>[0-9A-Za-z_|*@-]{1,64})"

ROUTES: tuple[tuple[str, Callable[..., Body]], ...] = (
    (rf"POST {_PAY}/(?P<product>jsapi|h5|native)", WechatGateway.prepay),
    (rf"GET {_PAY}/out-trade-no/{_NUMBER}", WechatGateway.query),
    (rf"POST {_PAY}/out-trade-no/{_NUMBER}/close", WechatGateway.close),
    (r"POST /v3/refund/domestic/refunds", WechatGateway.refund),
    (rf"GET /v3/refund/domestic/refunds/{_NUMBER}", WechatGateway.query_refund),
    (
        r"POST /v3/refund/domestic/refunds/(?P<refund_id>[0-9]{1,64})/apply-abnormal-refund",
        WechatGateway.abnormal_refund,
    ),
    (r"GET /v3/bill/tradebill", WechatGateway.trade_bill),
    (r"POST /v3/goldplan/merchants/close-advertising-show", WechatGateway.close_advertising),
    (r"GET /v3/certificates", WechatGateway.certificates),
)


def _is_complete(request: GatewayRequest) -> bool:
    """Return whether the headers that WeChat requires besides the signature are present."""
    headers = request.headers
    return (
        headers.get("Accept") == "application/json"
        and bool(headers.get("User-Agent"))
        and (not request.body or headers.get("Content-Type") == "application/json")
        and (headers.get("Authorization") or "").startswith(SCHEME)
    )


def _error(code: str) -> dict[str, Any]:
    return {"code": code, "message": "沙箱", "detail": {}}
