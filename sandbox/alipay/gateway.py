"""Alipay's gateway: what the merchant asks, signed, and how Alipay answers, signed as well.

An order of a page or a code is only a wish until the payer logs in or enters the password at the cashier:
before, Alipay knows no trade of that number.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.alipay import bill, messages
from sandbox.alipay.keys import Keys
from sandbox.alipay.orders import BEIJING, moment, number, read_order, read_refund
from sandbox.alipay.signing import is_app, sign
from sandbox.alipay.voice import refunded
from sandbox.channel import Channel, Refusal
from sandbox.faults import Faults
from sandbox.gateway import Asked, Said
from sandbox.notices import Notices
from sandbox.store import Order

PAGE = "alipay.trade.wap.pay"
CLOCK_WINDOW = timedelta(minutes=10)
BETWEEN_REFUNDS = timedelta(seconds=3)
BILL_LIFE = timedelta(seconds=30)
LEAST_LIFE = timedelta(seconds=2)  # however much faster than life the sandbox runs
HUGE = 2 * 1024 * 1024
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_COMMON = {"format": "JSON", "charset": "utf-8", "version": "1.0"}

_SUB_CODES = {  # the channel's own codes, as Alipay says them
    "order_not_found": "ACQ.TRADE_NOT_EXIST",
    "order_paid": "ACQ.TRADE_HAS_SUCCESS",
    "order_closed": "ACQ.TRADE_HAS_CLOSE",
    "order_not_paid": "ACQ.TRADE_STATUS_ERROR",
    "invalid_request": "ACQ.CONTEXT_INCONSISTENT",
    "param_error": "ACQ.INVALID_PARAMETER",
    "refund_exceeds_payment": "ACQ.REASON_TRADE_REFUND_FEE_ERR",
}

Body = dict[str, Any]


class _Wrong(Exception):
    """The gateway refuses before it looks at the order: code and sub_code."""

    def __init__(self, code: str, sub_code: str) -> None:
        super().__init__(sub_code)
        self.said = _no(code, sub_code)


class AlipayGateway:
    """The sandbox as Alipay, for one app."""

    paths: tuple[str, ...] = ("/gateway.do", "/alipay/bill/")

    def __init__(
        self, keys: Keys, channel: Channel, faults: Faults, notices: Notices, time_scale: float
    ) -> None:
        self.keys, self.channel, self.faults, self.notices = keys, channel, faults, notices
        self.public_url, self._scale = "", time_scale
        self._bills: dict[str, tuple[datetime, bytes]] = {}

    def serve(self, asked: Asked) -> Said | None:
        if asked.path.startswith("/alipay/bill/"):
            return self._download(asked.path.rpartition("/")[2])
        form = asked.body.decode("utf-8", "replace")
        common = dict(parse_qsl(f"{urlsplit(asked.path).query}&{form}", keep_blank_values=True))
        method = common.get("method", "")
        try:
            self._check(common)
            content = _content(common.get("biz_content", "{}"))
        except _Wrong as wrong:
            return self._wrong(method, wrong)
        return self._page(common, content) if method == PAGE else self._call(method, common, content)

    def _check(self, common: Mapping[str, str]) -> None:
        if common.get("app_id") != self.keys.app_id:
            raise _Wrong("40002", "isv.invalid-app-id")
        if not is_app(self.keys, common):
            raise _Wrong("40002", "isv.invalid-signature")
        if any(common.get(name) != value for name, value in _COMMON.items()):
            raise _Wrong("40002", "isv.invalid-parameter")
        try:
            said_at = moment(common.get("timestamp", ""))
        except Refusal:
            raise _Wrong("40002", "isv.invalid-timestamp") from None
        if abs(datetime.now(UTC) - said_at) > CLOCK_WINDOW:
            raise _Wrong("40002", "isv.invalid-timestamp")
        if common.get("method") not in {PAGE, *CALLS}:
            raise _Wrong("40002", "isv.invalid-method")

    def _wrong(self, method: str, wrong: _Wrong) -> Said:
        """Refuse: a page says it to the payer; whose app it is not gets no signature."""
        if method == PAGE:
            return Said(400, {"Content-Type": "text/plain; charset=utf-8"}, "沙箱：订单信息有误".encode())
        if wrong.said["sub_code"] == "isv.invalid-app-id":
            return Said(200, _JSON, json.dumps({"error_response": wrong.said}).encode())
        return self._signed(method, wrong.said)

    # the payer's browser

    def _page(self, common: Mapping[str, str], content: Body) -> Said:
        """Lead the browser to the cashier. The trade is not made here."""
        try:
            order = self._enter(common, content, wap=True)
        except Refusal as refusal:
            said = f"沙箱：{_SUB_CODES.get(refusal.code, refusal.code)}".encode()
            return Said(409, {"Content-Type": "text/plain; charset=utf-8"}, said)
        return Said(302, {"Location": f"{self.public_url}/cashier/{order.token}"})

    def _enter(self, common: Mapping[str, str], content: Body, *, wap: bool) -> Order:
        wanted = read_order(self.keys, common, content, wap=wap)
        if (coupon := self.faults.take("coupon")) is not None:
            wanted.extra["coupon_fen"] = coupon.get("fen", 1)
        order = self.channel.enter(wanted)
        if self.faults.take("notice_early") is not None:
            self.channel.pay(order, copies=0)
            self.notices.payment_now(order)
        return order

    # the merchant

    def _call(self, method: str, common: Mapping[str, str], content: Body) -> Said | None:
        take = self.faults.take
        if take("too_many", method) is not None:
            return self._signed(method, _no("40005", "isv.app-call-limited"))
        if take("server_error", method) is not None:
            return Said(500, {"Content-Type": "text/html"}, b"<html>busy</html>")
        if (no := take("refusal", method)) is not None:
            return self._signed(method, _no(no["code"], no["sub_code"]))
        if (slow := take("delay", method)) is not None:
            time.sleep(slow.get("seconds", 6))
        try:
            said = {"code": "10000", "msg": "Success", **CALLS[method](self, common, content)}
        except Refusal as refusal:
            word = _SUB_CODES.get(refusal.code, refusal.code)
            said = _no("40004", word if "." in word else f"ACQ.{word}")
        if take("drop_answer", method) is not None:
            return None
        if take("unknown_outcome", method) is not None:
            said = _no("20000", "isp.unknow-error")
        return self._signed(method, said)

    def _signed(self, method: str, said: Body) -> Said:
        """Sign the inner object as it is written, slashes escaped, and put its signature beside it."""
        take = self.faults.take
        if (changed := take("answer_changed", method)) is not None:
            said = {**said, **changed["fields"]}
        if take("brace_in_string", method) is not None:
            said = {"body": 'a brace } and a quote " and {', **said}
        if take("huge_body", method) is not None:
            said = {**said, "padding": "x" * HUGE}
        inner = json.dumps(said, ensure_ascii=False).replace("/", "\\/")
        weak = take("weak_signature", method) is not None
        signed = "else" if take("bad_signature", method) is not None else inner
        key = "error_response" if take("error_key", method) is not None else f"{method}_response"
        signature = f',"sign":"{sign(self.keys.alipay, signed, weak=weak)}"'
        if take("unsigned", method) is not None:
            signature = ""
        return Said(200, _JSON, f'{{"{key.replace(".", "_")}":{inner}{signature}}}'.encode())

    def precreate(self, common: Mapping[str, str], content: Body) -> Body:
        order = self._enter(common, content, wap=False)
        return {"out_trade_no": order.number, "qr_code": f"{self.public_url}/cashier/{order.token}"}

    def query(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        return messages.trade(order, self.channel.state(order), refunded(self.channel.store, order))

    def close(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        if self.channel.state(order) != "open":
            raise Refusal(409, "ACQ.TRADE_STATUS_ERROR")
        self.channel.close(order.number)
        return messages.names(order)

    def refund(self, _: Mapping[str, str], content: Body) -> Body:
        order = self._order(content)
        wanted = read_refund(content, order)
        is_new = wanted.number not in self.channel.store.refunds
        if is_new:
            if self.faults.take("not_enough") is not None:
                raise Refusal(409, "SELLER_BALANCE_NOT_ENOUGH")
            self._keep_distance(order)
        refund = self.channel.enter_refund(wanted)
        later = self.faults.take("refund_unchanged") is not None
        if is_new and not later:
            self.channel.finish(refund)
        changed = is_new and refund.state == "done"
        return messages.refund_answer(order, refunded(self.channel.store, order), changed=changed)

    def _keep_distance(self, order: Order) -> None:
        """Have the merchant wait three seconds between two refunds of one order."""
        now = datetime.now(UTC)
        last = order.extra.get("refund_asked_at")
        if last and now - datetime.fromisoformat(last) < BETWEEN_REFUNDS * self._scale:
            raise Refusal(409, "SYSTEM_ERROR")
        self.channel.note(order, refund_asked_at=now.isoformat())

    def query_refund(self, _: Mapping[str, str], content: Body) -> Body:
        """Answer with the refund once it is done; before that, and where there is none, with nothing."""
        order = self._order(content)
        refund = self.channel.store.refunds.get(number(content, "out_request_no"))
        if refund is None or refund.payment_number != order.number or refund.state != "done":
            return {}
        return messages.refund_found(order, refund, when="gmt_refund_pay" in content.get("query_options", []))

    def bill(self, _: Mapping[str, str], content: Body) -> Body:
        try:
            day = date.fromisoformat(str(content.get("bill_date")))
        except ValueError:
            raise Refusal(400, "isv.invalid-arguments") from None
        today = day >= datetime.now(BEIJING).date() and self.faults.take("bill_today") is None
        if content.get("bill_type") != "trade" or today:
            raise Refusal(400, "isv.invalid-arguments")
        if self.faults.take("bill_not_ready") is not None:
            raise Refusal(404, "isp.bill_not_exist")
        how = (self.faults.take("bill_damaged") or {}).get("how", "")
        packed = bill.make(self.keys, self.channel.store, day, how)
        if packed is None:
            raise Refusal(404, "isp.bill_not_exist")
        token = secrets.token_urlsafe(24)
        expired = self.faults.take("bill_expired") is not None
        life = timedelta() if expired else max(BILL_LIFE * self._scale, LEAST_LIFE)
        self._bills[token] = datetime.now(UTC) + life, packed
        return {"bill_download_url": f"{self.public_url}/alipay/bill/{token}"}

    def _download(self, token: str) -> Said:
        until, packed = self._bills.get(token, (datetime.min.replace(tzinfo=UTC), b""))
        if not re.fullmatch(r"[\w-]+", token) or datetime.now(UTC) >= until:
            return Said(403, {"Content-Type": "text/html"}, b"<html>expired</html>")
        return Said(200, {"Content-Type": "application/zip"}, packed)

    def _order(self, content: Body) -> Order:
        """Return an order that the payer has turned into a trade."""
        order = self.channel.order(number(content))
        if order.kind != "alipay" or not (order.extra.get("acted") or order.paid_at):
            raise Refusal(404, "order_not_found")
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
        raise _Wrong("40002", "isv.invalid-parameter")
    return content


def _no(code: str, sub_code: str) -> Body:
    return {"code": code, "msg": "Sandbox", "sub_code": sub_code, "sub_msg": "沙箱"}
