"""捷顺 (捷停车): a login, then one function address. Yuan; plates as 沪-A12345.

That nothing is due is a code here, not an amount of zero. A session that the vendor charges by itself
(无感支付) must be closed before money is taken: `close_autopay`, else the driver pays twice.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from django.utils.timezone import now

from lots.plates import PROVINCES, Plate, PlateKind
from lots.systems.answer_reading import (
    CallFault,
    check_currency,
    check_lot,
    check_plate,
    fen_of_yuan,
    first,
    moment_of,
    number_of,
    optional,
    part,
    plate_asked,
    read_json,
    text_of,
    yuan_text,
)
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    CouponRefused,
    Nothing,
    NothingDue,
    PaidCharge,
    ReducedCharge,
    SessionGone,
    SystemCoupon,
    TryAgain,
    Unreachable,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import gone_unless_paid, refusal, words_of

TIME = "%Y-%m-%d %H:%M:%S"
SESSION_LIFE = timedelta(minutes=50)  # of a login; the vendor's lasts an hour
FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
NOTHING = {
    2: Nothing.ABSENT,
    5: Nothing.PERMIT,  # not a temporary car
    9: Nothing.PAID,  # and within the time to leave
    10: Nothing.FREE,  # within the free minutes
    11: Nothing.FREE,  # 11 to 13: covered by a discount
    12: Nothing.FREE,
    13: Nothing.FREE,
}
CHARGE_FAULTS = {1: "device_fault", 6: "no_tariff", 20: "bill_refused", 9999: "system_error"}
SETTLE_FAULTS = {1: "system_error", 2: "bad_request", 9: "paid_already"}
NO_SUCH_ORDER = 2233
KNOWN = {0, *NOTHING, *CHARGE_FAULTS, *SETTLE_FAULTS, NO_SUCH_ORDER}
PAY_TYPES = {"wechat": ("WX", "微信支付"), "alipay": ("ZFB", "支付宝")}

_logins: dict[tuple[str, ...], tuple[str, datetime]] = {}
_lock = Lock()


def sign(text: str, key: str) -> str:
    """Return the signature of `p`, exactly as it is sent."""
    return hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest().upper()


def spelled(plate: Plate) -> str:
    """Return the plate as the vendor writes it: a dash after the province."""
    text = plate.text
    return f"{text[0]}-{text[1:]}" if text[0] in PROVINCES else text


class JieshunSystem(RemoteSystem):
    """Options: `cid` (merchant number), `user`. Secrets: `password`, `sign_key`. Lot number: `parkCode`."""

    is_weak = True
    coupon_kinds = frozenset({"amount", "minutes"})

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        return self._order(query)

    def charge_with(
        self, query: ChargeQuery, charge: Charge, coupon: SystemCoupon
    ) -> ReducedCharge | CouponRefused | Unreachable:
        """Ask for an order with a coupon; the order's own fee is then the reduced one.

        One that leaves nothing has a code and no order: it cannot be settled, so it is refused.
        """
        return self.answered(lambda: self._charge_with(query, charge, coupon))

    def _charge_with(
        self, query: ChargeQuery, charge: Charge, coupon: SystemCoupon
    ) -> ReducedCharge | CouponRefused:
        if coupon.kind == "minutes" and coupon.value % 60:
            return CouponRefused()  # the vendor counts whole hours
        kind, value = (
            (1, str(coupon.value // 60)) if coupon.kind == "minutes" else (0, yuan_text(coupon.value))
        )
        listed = {"name": 1, "type": kind, "value": value, "code": coupon.code}
        order = self._order(query, {"couponList": [listed]})
        if not isinstance(order, Charge) or order.session != charge.session:
            return CouponRefused()
        taken = charge.due_fen - order.due_fen
        if taken <= 0 or (coupon.most_fen is not None and taken > coupon.most_fen):
            return CouponRefused()
        return ReducedCharge(replace(charge, reference=order.reference), taken)

    def _order(self, query: ChargeQuery, further: Mapping[str, Any] | None = None) -> Charge | NothingDue:
        answer = self.call(
            "3c.pay.createorderbycarno",
            {
                "businesserCode": self.link.option("cid"),
                "parkCode": self.link.lot_code,
                "orderType": "VNP",
                "carNo": spelled(plate_asked(query)),
                **(further or {}),
            },
        )
        code = number_of(answer, "resultCode")
        if code in NOTHING:
            return NothingDue(NOTHING[code])
        if code:
            raise CallFault(CHARGE_FAULTS.get(code, "unknown_code"))
        order = part(first(answer.get("dataItems")).get("attributes"))
        if not (number := text_of(order, "orderNo")):
            raise CallFault("malformed")  # that a car is not inside has a code
        check_lot(order, "parkCode", self.link.lot_code)
        check_plate(order, "carNo", query.plate)
        check_currency(order)
        due = fen_of_yuan(order, "serviceFee")
        if due == 0:
            return NothingDue(Nothing.FREE, number[:64])
        return self.due(
            query,
            reference=number,
            due_fen=due,
            price_fen=fen_of_yuan(order, "totalFee", due),
            entered_at=moment_of(order, "startTime", self.link.zone),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        kind, name = PAY_TYPES.get(settlement.channel, ("OTHER", "其他"))
        answer = self.call(
            "3c.pay.notifyorderresult",
            {
                "parkCode": self.link.lot_code,
                "orderNo": settlement.reference,
                "tradeStatus": 0,
                "isCallBack": 0,
                "payType": kind,
                "payTypeName": name,
                "payTime": settlement.paid_at.astimezone(self.link.zone).strftime(TIME),
                "transactionId": settlement.number,
            },
        )
        code = number_of(answer, "resultCode") or _return_code(answer)
        words = _words_of(answer)
        if code == NO_SUCH_ORDER:
            return gone_unless_paid(words)
        if code:
            raise refusal(words, SETTLE_FAULTS.get(code, CHARGE_FAULTS.get(code, "unknown_code")))
        return Accepted()

    def close_autopay(self, plate: Plate, *, entered_at: datetime) -> Accepted | TryAgain:
        """Ask the vendor not to charge this session automatically. Called before money is taken."""
        return self.acted(lambda: self._close_autopay(plate, entered_at))

    def _close_autopay(self, plate: Plate, entered_at: datetime) -> Accepted:
        is_yellow = plate.kind == PlateKind.NEV_LARGE
        answer = self.call(
            "3c.pay.closecurrentdk",
            {
                "parkCode": self.link.lot_code,
                "carNo": spelled(plate),
                "plateColor": "YELLOW" if is_yellow else "BLUE",
                "inTime": entered_at.astimezone(self.link.zone).strftime(TIME),
            },
        )
        if number_of(answer, "resultCode"):
            raise CallFault("bill_refused")
        return Accepted()

    def call(self, service: str, attributes: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a function.

        No code is published for a login that has ended: after an unknown one the login is renewed, once, and
        the call repeated. Both calls may be repeated.
        """
        asked = {"serviceId": service, "requestType": "DATA", "attributes": attributes}
        text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        token, is_fresh = self._login()
        answer = self._ask(text, token)
        if number_of(answer, "resultCode") not in KNOWN and not is_fresh:
            token, _ = self._login(fresh=True)
            answer = self._ask(text, token)
        return answer

    def _ask(self, text: str, token: str) -> dict[str, Any]:
        fields = {
            "cid": self.link.option("cid"),
            "v": "2",
            "tn": token,
            "p": text,
            "sn": sign(text, self.link.secret("sign_key")),
        }
        return read_json(self.post(self._address("as"), urlencode(fields).encode(), FORM).body)

    def _login(self, *, fresh: bool = False) -> tuple[str, bool]:
        cid, user, word = self.link.option("cid"), self.link.option("user"), self.link.secret("password")
        known = (self.link.base_url, cid, user, sign(word, ""))
        with _lock:
            token, until = _logins.get(known, ("", now()))
        if token and until > now() and not fresh:
            return token, False
        body = urlencode({"cid": cid, "usr": user, "psw": word}).encode()
        answer = read_json(self.post(self._address("login"), body, FORM).body)
        if number_of(answer, "resultCode") or not (token := text_of(answer, "token")):
            raise CallFault("refused_us")
        with _lock:
            _logins[known] = (token, now() + SESSION_LIFE)
        return token, True

    def _address(self, name: str) -> str:
        return f"{self.link.base_url.rstrip('/')}/jsaims/{name}"


def _return_code(answer: dict[str, Any]) -> int:
    """Return the second code of an accepted message: only that one says that the payment is counted.

    It stands among the attributes; some servers write it one level higher, or in small letters.
    """
    for holder in _holders(answer):
        for name in holder:
            if name.lower() == "retcode" and holder[name] not in (None, ""):
                return number_of(holder, name)
    raise CallFault("not_confirmed")


def _holders(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects of an answer to a payment, the innermost first."""
    item = first(answer.get("dataItems"))
    return [part(item.get("attributes")), item, answer]


def _words_of(answer: dict[str, Any]) -> str:
    holders = optional(lambda: _holders(answer)) or [answer]
    return " ".join(words_of(holder, "message", "retMsg", "retMessage", "msg") for holder in holders)
