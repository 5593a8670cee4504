"""WeChat Pay v3 over HTTP: what the merchant asks, signed, and how WeChat answers, signed as well."""

import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.channel import Channel, Refusal
from sandbox.faults import Faults
from sandbox.gateway import Asked, Said
from sandbox.notices import Notices
from sandbox.store import Order, Refund
from sandbox.wechat import bill, messages
from sandbox.wechat.keys import Keys
from sandbox.wechat.orders import read_order, read_refund
from sandbox.wechat.payer import Payer
from sandbox.wechat.signing import SCHEME, WINDOW_SECONDS, encoded, is_merchant, seal, sign
from sandbox.wechat.voice import UNKNOWN_SERIAL

PREPAY_LIFE = timedelta(hours=2)
H5_LIFE = timedelta(minutes=5)
BETWEEN_REFUNDS = timedelta(minutes=1)
DOWNLOAD_LIFE = timedelta(minutes=5)
HUGE = 2 * 1024 * 1024

_CODES = {  # the channel's own codes, as WeChat says them
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
    """The sandbox as WeChat Pay, for one merchant or one partner."""

    paths: tuple[str, ...] = ("/v3/", "/connect/oauth2/", "/sns/oauth2/", "/cashier/h5?", "/cashier/prepay/")

    def __init__(
        self, keys: Keys, channel: Channel, faults: Faults, notices: Notices, time_scale: float
    ) -> None:
        self.keys, self.channel, self.faults, self.notices = keys, channel, faults, notices
        self.payer = Payer(keys, channel, faults)
        self.public_url, self._scale = "", time_scale
        self._bills: dict[str, tuple[datetime, bytes]] = {}

    def serve(self, asked: Asked) -> Said | None:
        if not asked.path.startswith("/v3/"):
            return self.payer.serve(asked)
        what = f"{asked.method} {asked.path}"
        if not is_merchant(self.keys, asked, time.time()) or not _is_complete(asked):
            return Said(401, {"Content-Type": "application/json"}, encoded(_no("SIGN_ERROR")))
        if (fault := self._refused_by_fault(what)) is not None:
            return self._signed(asked, what, *fault)
        if (slow := self.faults.take("delay", what)) is not None:
            time.sleep(slow.get("seconds", 6))
        if asked.path.startswith("/v3/billdownload/file?"):
            return self._download(asked)
        status, said = self._ask(asked)
        if self.faults.take("drop_answer", what) is not None:
            return None
        return self._signed(asked, what, status, said)

    def _refused_by_fault(self, what: str) -> tuple[int, Body] | None:
        if self.faults.take("too_many", what) is not None:
            return 429, _no("FREQUENCY_LIMITED")
        if self.faults.take("server_error", what) is not None:
            return 500, _no("SYSTEM_ERROR")
        if (refusal := self.faults.take("refusal", what)) is not None:
            return refusal["status"], _no(refusal["code"])
        return None

    def _ask(self, asked: Asked) -> tuple[int, Body]:
        where = urlsplit(asked.path)
        for pattern, endpoint in ROUTES:
            if match := re.fullmatch(pattern, f"{asked.method} {where.path}"):
                try:
                    said = json.loads(asked.body) if asked.body else dict(parse_qsl(where.query))
                    answer = endpoint(self, said, **match.groupdict(""))
                except Refusal as refusal:
                    status, code = _CODES.get(refusal.code, (refusal.status, refusal.code))
                    return status, _no(code)
                except (ValueError, RecursionError, AttributeError):
                    return 400, _no("PARAM_ERROR")
                return (204 if answer is None else 200), answer
        return 404, _no("RESOURCE_NOT_EXISTS")

    def _signed(self, asked: Asked, what: str, status: int, said: Body) -> Said:
        """Sign with the key that the merchant named: the public key, or the certificate by default."""
        take = self.faults.take
        if said is not None and (changed := take("answer_changed", what)) is not None:
            said = said | (changed.get("fields") or {})
        if take("huge_body", what) is not None:
            said = {**(said or {}), "padding": "x" * HUGE}
        body = b"" if said is None else encoded(said)
        stale = WINDOW_SECONDS + 1 if take("old_timestamp", what) is not None else 0
        keys = self.keys
        if asked.headers.get("Wechatpay-Serial") == keys.platform_id:
            headers = sign(keys.platform, keys.platform_id, body, stale=stale)
        else:
            headers = sign(keys.certificate_key, keys.certificate_serial, body, stale=stale)
        if take("bad_signature", what) is not None:
            headers["Wechatpay-Signature"] = sign(keys.platform, "", b"else")["Wechatpay-Signature"]
        if take("other_serial", what) is not None:
            headers["Wechatpay-Serial"] = UNKNOWN_SERIAL
        if take("unsigned", what) is not None:
            headers = {}
        headers["Request-ID"] = secrets.token_hex(12).upper()
        return Said(status, {"Content-Type": "application/json; charset=utf-8", **headers}, body)

    # orders

    def prepay(self, said: dict[str, Any], partner: str, product: str) -> Body:
        wanted = read_order(self.keys, said, product, partner=bool(partner))
        if (coupon := self.faults.take("coupon")) is not None:
            wanted.extra["coupon_fen"] = coupon.get("fen", 1)
        order = self.channel.enter(wanted)
        self._renew(order, h5=product == "h5")
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.payment_now(order)
        prepay_id = order.extra["prepay_id"]
        if product == "h5":
            package = secrets.randbelow(10**9)
            return {"h5_url": f"{self.public_url}/cashier/h5?prepay_id={prepay_id}&package={package}"}
        if product == "native":
            return {"code_url": f"{self.public_url}/cashier/prepay/{prepay_id}"}
        return {"prepay_id": prepay_id}

    def _renew(self, order: Order, *, h5: bool) -> None:
        """Give the order its time at the cashier; a repeat gets it again in full."""
        now = datetime.now(UTC)
        lives = {"prepay_until": PREPAY_LIFE} | ({"h5_until": H5_LIFE} if h5 else {})
        self.channel.note(
            order, **{name: (now + life * self._scale).isoformat() for name, life in lives.items()}
        )
        self.payer.prepaid[order.extra["prepay_id"]] = order.number

    def query(self, said: dict[str, Any], partner: str, number: str) -> Body:
        order = self._order(said, partner, number)
        state = _STATES[self.channel.state(order)]
        if state == "SUCCESS" and any(each.state != "failed" for each in self._refunds(order)):
            state = "REFUND"
        return messages.transaction(order, state)

    def close(self, said: dict[str, Any], partner: str, number: str) -> Body:
        order = self._order(said, partner, number)
        self.channel.close(order.number)
        return None

    def _order(self, said: dict[str, Any], partner: str, number: str) -> Order:
        """Return an order of the merchant that asks, and of no other."""
        merchant = said.get("sub_mchid" if partner else "mchid")
        if said.get("sp_mchid" if partner else "mchid") != self.keys.mchid:
            raise Refusal(403, "NO_AUTH")
        order = self.channel.order(number)
        if order.kind != "wechat" or order.merchant != merchant:
            raise Refusal(404, "ORDER_NOT_EXIST")
        return order

    # refunds

    def refund(self, said: dict[str, Any]) -> Body:
        order = self.channel.store.orders.get(str(said.get("out_trade_no")))
        if order is None or order.merchant != said.get("sub_mchid", self.keys.mchid):
            raise Refusal(404, "RESOURCE_NOT_EXISTS")
        wanted = read_refund(said, order)
        if wanted.number not in self.channel.store.refunds:
            if self.faults.take("not_enough") is not None:
                raise Refusal(403, "NOT_ENOUGH")
            self._keep_distance(order)
        return messages.refund_answer(self.channel.enter_refund(wanted), order)

    def _keep_distance(self, order: Order) -> None:
        earliest = datetime.now(UTC) - BETWEEN_REFUNDS * self._scale
        for each in self._refunds(order):
            if datetime.fromisoformat(each.extra["created_at"]) > earliest:
                raise Refusal(429, "FREQUENCY_LIMITED")

    def _refunds(self, order: Order) -> list[Refund]:
        known = list(self.channel.store.refunds.values())
        return [each for each in known if each.payment_number == order.number]

    def query_refund(self, said: dict[str, Any], number: str) -> Body:
        refund = self._refund_of(said, self.channel.refund_of(number))
        return messages.refund_answer(refund, self.channel.order(refund.payment_number))

    def abnormal_refund(self, said: dict[str, Any], refund_id: str) -> Body:
        refund = self._refund_of(said, self.channel.refund_of(str(said.get("out_refund_no"))))
        if refund.extra["refund_id"] != refund_id or said.get("type") != "MERCHANT_BANK_CARD":
            raise Refusal(400, "PARAM_ERROR")
        self.channel.try_again(refund)
        return messages.refund_answer(refund, self.channel.order(refund.payment_number))

    def _refund_of(self, said: dict[str, Any], refund: Refund) -> Refund:
        if refund.merchant != said.get("sub_mchid", self.keys.mchid) or "refund_id" not in refund.extra:
            raise Refusal(404, "RESOURCE_NOT_EXISTS")
        return refund

    # the bill, the partner's settings, the certificates

    def trade_bill(self, said: dict[str, Any]) -> Body:
        day = date.fromisoformat(said.get("bill_date", ""))
        if said.get("bill_type") != "ALL" or said.get("tar_type") != "GZIP":
            raise Refusal(400, "PARAM_ERROR")
        if self.faults.take("bill_not_ready") is not None:
            raise Refusal(400, "STATEMENT_CREATING")
        text = bill.make(self.channel.store, said.get("sub_mchid", self.keys.mchid), day)
        if text is None:
            raise Refusal(400, "NO_STATEMENT_EXIST")
        how = (self.faults.take("bill_damaged") or {}).get("how", "")
        file, digest = bill.packed(text, how)
        token = secrets.token_urlsafe(24)
        self._bills[token] = datetime.now(UTC) + DOWNLOAD_LIFE * self._scale, file
        url = f"{self.public_url}/v3/billdownload/file?token={token}"
        return {"hash_type": "SHA1", "hash_value": digest, "download_url": url}

    def _download(self, asked: Asked) -> Said:
        """Answer with the file, which nobody signs: only its hash, told before, speaks for it."""
        token = dict(parse_qsl(urlsplit(asked.path).query)).get("token", "")
        until, file = self._bills.get(token, (datetime.min.replace(tzinfo=UTC), b""))
        if datetime.now(UTC) > until:
            return Said(400, {"Content-Type": "application/json"}, encoded(_no("PARAM_ERROR")))
        return Said(200, {"Content-Type": "application/octet-stream"}, file)

    def close_advertising(self, said: dict[str, Any]) -> Body:
        if not re.fullmatch(r"[0-9]{8,10}", str(said.get("sub_mchid"))):
            raise Refusal(400, "PARAM_ERROR")
        return None

    def certificates(self, _: dict[str, Any]) -> Body:
        certificate = self.keys.certificate
        sealed = seal(self.keys.api_key, certificate.public_bytes(Encoding.PEM), "certificate")
        return {
            "data": [
                {
                    "serial_no": self.keys.certificate_serial,
                    "effective_time": messages.beijing(certificate.not_valid_before_utc.isoformat()),
                    "expire_time": messages.beijing(certificate.not_valid_after_utc.isoformat()),
                    "encrypt_certificate": sealed,
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


def _is_complete(asked: Asked) -> bool:
    """Say whether the headers are there that WeChat wants besides the signature."""
    headers = asked.headers
    return (
        headers.get("Accept") == "application/json"
        and bool(headers.get("User-Agent"))
        and (not asked.body or headers.get("Content-Type") == "application/json")
        and (headers.get("Authorization") or "").startswith(SCHEME)
    )


def _no(code: str) -> dict[str, Any]:
    return {"code": code, "message": "沙箱", "detail": {}}
