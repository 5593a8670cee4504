"""Alipay's gateway: signed requests of the merchant and signed responses.

An order for a page or a code becomes a trade only when the payer logs in or pays at the cashier. Before that,
Alipay has no trade with that number.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.alipay import alipay_day_bill, alipay_messages
from sandbox.alipay.alipay_notifier import refunded_fen
from sandbox.alipay.alipay_orders import BEIJING, parse_number, parse_time, read_order, read_refund
from sandbox.alipay.alipay_signatures import is_signed_by_app, sign
from sandbox.alipay.simulated_alipay_keys import AlipayKeys
from sandbox.channel import SandboxChannel, SandboxRefusal
from sandbox.faults import Faults
from sandbox.gateway import GatewayRequest, GatewayResponse
from sandbox.notifier import NoticeSender
from sandbox.store import SandboxOrder

PAGE = "alipay.trade.wap.pay"
CLOCK_WINDOW = timedelta(minutes=10)
REFUND_INTERVAL = timedelta(seconds=3)
BILL_LIFETIME = timedelta(seconds=30)
MIN_LIFETIME = timedelta(seconds=2)  # at any time scale
HUGE_PADDING = 2 * 1024 * 1024
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_COMMON = {"format": "JSON", "charset": "utf-8", "version": "1.0"}

_SUB_CODES = {  # code of the sandbox: code of Alipay
    "order_not_found": "ACQ.TRADE_NOT_EXIST",
    "order_paid": "ACQ.TRADE_HAS_SUCCESS",
    "order_closed": "ACQ.TRADE_HAS_CLOSE",
    "order_not_paid": "ACQ.TRADE_STATUS_ERROR",
    "invalid_request": "ACQ.CONTEXT_INCONSISTENT",
    "param_error": "ACQ.INVALID_PARAMETER",
    "refund_exceeds_payment": "ACQ.REASON_TRADE_REFUND_FEE_ERR",
}

Body = dict[str, Any]


class _InvalidRequest(Exception):
    """The request is rejected before the order is looked up: code 40002 with this sub_code."""

    def __init__(self, sub_code: str) -> None:
        super().__init__(sub_code)
        self.body = _error("40002", sub_code)


class AlipayGateway:
    """Alipay for one app."""

    paths: tuple[str, ...] = ("/gateway.do", "/alipay/bill/")

    def __init__(
        self,
        keys: AlipayKeys,
        channel: SandboxChannel,
        faults: Faults,
        notices: NoticeSender,
        time_scale: float,
    ) -> None:
        self.keys, self.channel, self.faults, self.notices = keys, channel, faults, notices
        self.public_url, self.api_url, self._scale = "", "", time_scale
        self._bills: dict[str, tuple[datetime, bytes]] = {}

    def serve(self, request: GatewayRequest) -> GatewayResponse | None:
        if request.path.startswith("/alipay/bill/"):
            return self._download(request.path.rpartition("/")[2])
        form = request.body.decode("utf-8", "replace")
        common = dict(parse_qsl(f"{urlsplit(request.path).query}&{form}", keep_blank_values=True))
        method = common.get("method", "")
        try:
            self._check(common)
            content = _content(common.get("biz_content", "{}"))
        except _InvalidRequest as invalid:
            return self._reject(method, invalid)
        return self._page(common, content) if method == PAGE else self._call(method, common, content)

    def _check(self, common: Mapping[str, str]) -> None:
        if common.get("app_id") != self.keys.app_id:
            raise _InvalidRequest("isv.invalid-app-id")
        if not is_signed_by_app(self.keys, common):
            raise _InvalidRequest("isv.invalid-signature")
        if any(common.get(name) != value for name, value in _COMMON.items()):
            raise _InvalidRequest("isv.invalid-parameter")
        try:
            sent_at = parse_time(common.get("timestamp", ""))
        except SandboxRefusal:
            raise _InvalidRequest("isv.invalid-timestamp") from None
        if abs(datetime.now(UTC) - sent_at) > CLOCK_WINDOW:
            raise _InvalidRequest("isv.invalid-timestamp")
        if common.get("method") not in {PAGE, *CALLS}:
            raise _InvalidRequest("isv.invalid-method")

    def _reject(self, method: str, invalid: _InvalidRequest) -> GatewayResponse:
        """Reject a request: as text for a page, unsigned for an unknown app, otherwise signed."""
        if method == PAGE:
            return GatewayResponse(
                400, {"Content-Type": "text/plain; charset=utf-8"}, "沙箱：订单信息有误".encode()
            )
        if invalid.body["sub_code"] == "isv.invalid-app-id":
            return GatewayResponse(200, _JSON, json.dumps({"error_response": invalid.body}).encode())
        return self._signed(method, self.faults, invalid.body)

    # requests of the payer's browser

    def _page(self, common: Mapping[str, str], content: Body) -> GatewayResponse:
        """Redirect the browser to the cashier. No trade is created yet."""
        try:
            order = self._create_order(common, content, wap=True)
        except SandboxRefusal as refusal:
            text = f"沙箱：{_SUB_CODES.get(refusal.code, refusal.code)}".encode()
            return GatewayResponse(409, {"Content-Type": "text/plain; charset=utf-8"}, text)
        return GatewayResponse(302, {"Location": f"{self.public_url}/cashier/{order.token}"})

    def _create_order(self, common: Mapping[str, str], content: Body, *, wap: bool) -> SandboxOrder:
        order = read_order(self.keys, common, content, wap=wap)
        if (coupon := self.faults.take("coupon")) is not None:
            order.extra["coupon_fen"] = coupon.get("fen", 1)
        order = self.channel.get_or_create_order(order)
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.send_payment_now(order)
        return order

    # requests of the merchant

    def _call(self, method: str, common: Mapping[str, str], content: Body) -> GatewayResponse | None:
        take = self.faults.take
        if take("too_many", method) is not None:
            return self._signed(method, self.faults, _error("40005", "isv.app-call-limited"))
        if take("server_error", method) is not None:
            return GatewayResponse(500, {"Content-Type": "text/html"}, b"<html>busy</html>")
        if (refusal := take("refusal", method)) is not None:
            return self._signed(method, self.faults, _error(refusal["code"], refusal["sub_code"]))
        faults = self.faults.delayed(method)
        take = faults.take
        try:
            body = {"code": "10000", "msg": "Success", **CALLS[method](self, common, content)}
        except SandboxRefusal as error:
            sub_code = _SUB_CODES.get(error.code, error.code)
            body = _error("40004", sub_code if "." in sub_code else f"ACQ.{sub_code}")
        if take("drop_answer", method) is not None:
            return None
        if take("unknown_outcome", method) is not None:
            body = _error("20000", "isp.unknow-error")
        return self._signed(method, faults, body)

    def _signed(self, method: str, faults: Faults, body: Body) -> GatewayResponse:
        """Serialise the inner object with escaped slashes, sign exactly these bytes, add the signature."""
        take = faults.take
        if (changed := take("answer_changed", method)) is not None:
            body = {**body, **changed["fields"]}
        if take("brace_in_string", method) is not None:
            body = {"body": 'a brace } and a quote " and {', **body}
        if take("huge_body", method) is not None:
            body = {**body, "padding": "x" * HUGE_PADDING}
        inner = json.dumps(body, ensure_ascii=False).replace("/", "\\/")
        weak = take("weak_signature", method) is not None
        signed = "else" if take("bad_signature", method) is not None else inner
        key = "error_response" if take("error_key", method) is not None else f"{method}_response"
        signature = f',"sign":"{sign(self.keys.alipay, signed, weak=weak)}"'
        if take("unsigned", method) is not None:
            signature = ""
        return GatewayResponse(200, _JSON, f'{{"{key.replace(".", "_")}":{inner}{signature}}}'.encode())

    def precreate(self, common: Mapping[str, str], content: Body) -> Body:
        order = self._create_order(common, content, wap=False)
        return {"out_trade_no": order.number, "qr_code": f"{self.public_url}/cashier/{order.token}"}

    def query(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        return alipay_messages.trade(
            order, self.channel.state(order), refunded_fen(self.channel.store, order)
        )

    def close(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        if self.channel.state(order) != "open":
            raise SandboxRefusal(409, "ACQ.TRADE_STATUS_ERROR")
        self.channel.close(order.number)
        return alipay_messages.numbers(order)

    def refund(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        new = read_refund(content, order)
        is_new = new.number not in self.channel.store.refunds
        if is_new:
            if self.faults.take("not_enough") is not None:
                raise SandboxRefusal(409, "SELLER_BALANCE_NOT_ENOUGH")
            self._check_refund_interval(order)
        refund = self.channel.get_or_create_refund(new)
        later = self.faults.take("refund_unchanged") is not None
        if is_new and not later:
            self.channel.finish(refund)
        changed = is_new and refund.state == "done"
        return alipay_messages.refund_response(
            order, refunded_fen(self.channel.store, order), changed=changed
        )

    def _check_refund_interval(self, order: SandboxOrder) -> None:
        """Refuse a refund within three seconds of another one of the same order."""
        now = datetime.now(UTC)
        last = order.extra.get("refund_asked_at")
        is_long = self.faults.take("refund_interval") is not None
        interval = timedelta(hours=1) if is_long else REFUND_INTERVAL * self._scale
        if last and now - datetime.fromisoformat(last) < interval:
            raise SandboxRefusal(409, "SYSTEM_ERROR")
        self.channel.update_extra(order, refund_asked_at=now.isoformat())

    def query_refund(self, _: Mapping[str, str], content: Body) -> Body:
        """Return the refund once it is done; an empty body before that, or if there is none."""
        order = self._order(content)
        refund = self.channel.store.refunds.get(parse_number(content, "out_request_no"))
        if refund is None or refund.payment_number != order.number or refund.state != "done":
            return {}
        return alipay_messages.refund_status(
            order, refund, with_time="gmt_refund_pay" in content.get("query_options", [])
        )

    def bill(self, _: Mapping[str, str], content: Body) -> Body:
        try:
            day = date.fromisoformat(str(content.get("bill_date")))
        except ValueError:
            raise SandboxRefusal(400, "isv.invalid-arguments") from None
        today = day >= datetime.now(BEIJING).date() and self.faults.take("bill_today") is None
        if content.get("bill_type") != "trade" or today:
            raise SandboxRefusal(400, "isv.invalid-arguments")
        if self.faults.take("bill_not_ready") is not None:
            raise SandboxRefusal(404, "isp.bill_not_exist")
        damage = (self.faults.take("bill_damaged") or {}).get("how", "")
        archive = alipay_day_bill.make(self.keys, self.channel.store, day, damage)
        if archive is None:
            raise SandboxRefusal(404, "isp.bill_not_exist")
        token = secrets.token_urlsafe(24)
        expired = self.faults.take("bill_expired") is not None
        lifetime = timedelta() if expired else max(BILL_LIFETIME * self._scale, MIN_LIFETIME)
        self._bills[token] = datetime.now(UTC) + lifetime, archive
        return {"bill_download_url": f"{self.api_url}/alipay/bill/{token}"}

    def _download(self, token: str) -> GatewayResponse:
        until, archive = self._bills.get(token, (datetime.min.replace(tzinfo=UTC), b""))
        if not re.fullmatch(r"[\w-]+", token) or datetime.now(UTC) >= until:
            return GatewayResponse(403, {"Content-Type": "text/html"}, b"<html>expired</html>")
        return GatewayResponse(200, {"Content-Type": "application/zip"}, archive)

    def _order(self, content: Body) -> SandboxOrder:
        """Return the order if it has become a trade."""
        order = self.channel.get_order(parse_number(content))
        if order.kind != "alipay" or not (order.extra.get("acted") or order.paid_at):
            raise SandboxRefusal(404, "order_not_found")
        return order


CALLS: dict[str, Callable[[AlipayGateway, Mapping[str, str], Body], Body]] = {
    "alipay.trade.precreate": AlipayGateway.precreate,
    "alipay.trade.query": AlipayGateway.query,
    "alipay.trade.close": AlipayGateway.close,
    "alipay.trade.refund": AlipayGateway.refund,
    "alipay.trade.fastpay.refund.query": AlipayGateway.query_refund,
    "alipay.data.dataservice.bill.downloadurl.query": AlipayGateway.bill,
}


def _content(text: str) -> Body:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _InvalidRequest("isv.invalid-parameter")
    return content


def _error(code: str, sub_code: str) -> Body:
    return {"code": code, "msg": "Sandbox", "sub_code": sub_code, "sub_msg": "沙箱"}
