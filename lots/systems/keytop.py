"""科拓 (速停车): the cloud, and the older form in the lot's own network.

Cloud: JSON signed by MD5 over the sorted fields; `ts` in ms, money in fen. LAN: the same two calls, the plate
without its province, either under a key made of the fields and the date, or sealed with 3DES whose start
value is the date; text in GB 2312. An offline lot is 2001. No code says that a car has left, so a payment
that is refused becomes a task. The cloud reports cars and payments by itself, without the number of a bill.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from django.utils.timezone import now

from lots.plates import PROVINCES
from lots.systems.answer_reading import (
    CallFault,
    check_counted,
    check_currency,
    check_lot,
    check_plate,
    data_of,
    fen_of,
    first,
    minutes_after,
    minutes_of,
    moment_of,
    near_future,
    number_of,
    number_of_bill,
    optional,
    plate_asked,
    read_json,
    text_of,
)
from lots.systems.notices import Incoming, NoticeKind, SystemEvent
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    ReducedCharge,
    SessionGone,
    SystemCoupon,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import refusal, says_no_car, words_of

TIME = "%Y-%m-%d %H:%M:%S"
PAY_TYPES = {"wechat": 4, "alipay": 5}
CODES = {
    1: "bill_refused",
    500: "system_error",
    1001: "refused_us",
    1101: "refused_us",
    1102: "not_authorised",
    1201: "bad_request",
    1202: "bad_request",
    2001: "lot_offline",
    -1: "too_many",
    -2: "not_authorised",
    -3: "no_such_address",
    -4: "not_authorised",
    -5: "not_authorised",
}
FAILED, REFUSED_KEY = 1, 1001
WORDS = ("resMsg", "msg", "message")
REPORTS = {"PostCarInInfo", "PostCarOutInfo", "PostPayFeeInfo"}
SIGNED_FOR = timedelta(minutes=10)
UNSIGNED = {"key", "appId"}


def sign(fields: Mapping[str, Any], secret: str) -> str:
    """Return the cloud's signature; a nested value counts as its JSON text, as in the vendor's example."""
    signed = {name: _flat(value) for name, value in fields.items() if name not in UNSIGNED}
    text = "&".join(f"{name}={signed[name]}" for name in sorted(signed) if signed[name])
    return _md5(f"{text}&{secret}").upper()


def _flat(value: Any) -> str:
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else str(value)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def lan_seal(content: bytes, key: bytes, day: str) -> str:
    """Return the LAN form's `data`: base64 of 3DES-CBC under `key`, started with the date (yyyyMMdd)."""
    padder = PKCS7(64).padder()
    encryptor = Cipher(TripleDES(key), CBC(day.encode())).encryptor()
    sealed = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


class KeytopSystem(RemoteSystem):
    """Options: `form` cloud (default) or lan; `app_id` for the cloud.

    Secrets: `secret`; in the LAN `user` and `password`, and `des_key` (24 characters) where it is sealed.
    """

    is_weak = True
    knows_gone = False
    silent_after = timedelta(hours=12)  # it reports cars alone, and few come at night
    coupon_kinds = frozenset({"amount", "all_free"})

    @property
    def _is_lan(self) -> bool:
        return self.link.option("form", "cloud") == "lan"

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        plate = plate_asked(query).text
        if self._is_lan and plate[0] in PROVINCES:
            plate = plate[1:]
        answer = self.call("GetParkingPaymentInfo", {"plateNo": plate}, [plate])
        if code := number_of(answer, "resCode"):
            if code == FAILED and says_no_car(words_of(answer, *WORDS)):
                return NothingDue(Nothing.ABSENT)
            raise CallFault(CODES.get(code, "unknown_code"))
        bill = first(data_of(answer))
        order = number_of_bill(bill, "orderNo")
        if not order:
            return NothingDue(Nothing.ABSENT)
        check_lot(bill, "parkId", self.link.lot_code)
        check_plate(bill, "plateNo", query.plate)
        check_currency(bill)
        due = fen_of(bill, "payable")
        if due == 0:
            paid_at = optional(lambda: moment_of(bill, "payTime", self.link.zone))
            leave_by = minutes_after(paid_at, minutes_of(bill, "delayTime")) if paid_at else None
            leave_by = near_future(leave_by, query.at)
            return NothingDue(Nothing.PAID if paid_at else Nothing.FREE, order[:64], leave_by)
        return self.due(
            query,
            reference=order,
            due_fen=due,
            price_fen=due,
            entered_at=moment_of(bill, "entryTime", self.link.zone),
        )

    def charge_with(self, _query: ChargeQuery, charge: Charge, coupon: SystemCoupon) -> ReducedCharge:
        """Return what a coupon takes: the payment itself says what was free of the bill (`freeDetail`)."""
        worth = charge.due_fen if coupon.kind == "all_free" else coupon.value
        most = charge.due_fen if coupon.most_fen is None else coupon.most_fen
        return ReducedCharge(charge, min(worth, most, charge.due_fen))

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        pay_type = PAY_TYPES.get(settlement.channel, PAY_TYPES["wechat"])
        amount, order = settlement.amount_fen, settlement.reference
        free = settlement.coupon.taken_fen if settlement.coupon else 0
        content = {
            "orderNo": order,
            "amount": amount,
            "payableAmount": amount + free,
            "payType": pay_type,
            "payMethod": pay_type,
            "freeMoney": free,
            "freeTime": 0,
            **({"freeDetail": _free_detail(settlement.coupon)} if settlement.coupon else {}),
            "outOrderNo": settlement.number,
            "payTime": settlement.paid_at.astimezone(self.link.zone).strftime(TIME),
        }
        name = "PayParkingFee2" if self._is_lan else "PayParkingFee"
        answer = self.call(name, content, [order, amount, pay_type, pay_type, free, 0])
        if code := number_of(answer, "resCode"):
            raise refusal(words_of(answer, *WORDS), CODES.get(code, "unknown_code"))
        check_counted(answer.get("data"))
        return Accepted()

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent:
        """Return a sign of life: a report of the cloud names no bill, so nothing else follows from it.

        That it is signed like a request is inferred. The key of the LAN form's reports covers their time
        alone: they are refused.
        """
        if self._is_lan:
            raise CallFault("not_supported")
        body = read_json(incoming.body)
        given = text_of(body, "key").upper().encode()
        if not hmac.compare_digest(sign(body, self.link.secret("secret")).encode(), given):
            raise CallFault("bad_signature")
        if abs(at.timestamp() - number_of(body, "ts") / 1000) > SIGNED_FOR.total_seconds():
            raise CallFault("clock")
        if text_of(body, "parkId") != self.link.lot_code or incoming.path.rsplit("/", 1)[-1] not in REPORTS:
            raise CallFault("lot_unknown")
        return SystemEvent(NoticeKind.HEARTBEAT, "")

    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]:
        return {"resCode": 0 if is_accepted else 1, "resMsg": ""}

    def call(self, name: str, content: dict[str, Any], keyed: list[Any]) -> dict[str, Any]:
        """Return an answer. `keyed` is what the key of the LAN form is made of."""
        day = now().astimezone(self.link.zone)
        answer = self._ask_lan(name, content, keyed, day) if self._is_lan else self._ask_cloud(name, content)
        if self._is_lan and number_of(answer, "resCode") == REFUSED_KEY:  # midnight, between the two clocks
            answer = self._ask_lan(name, content, keyed, day - timedelta(days=1))
        return answer

    def _ask_cloud(self, name: str, content: dict[str, Any]) -> dict[str, Any]:
        fields = {
            "appId": self.link.option("app_id"),
            "parkId": self.link.lot_code,
            "serviceCode": name[0].lower() + name[1:],
            "ts": int(now().timestamp() * 1000),
            "reqId": secrets.token_hex(16),
            **content,
        }
        body = json.dumps(fields | {"key": sign(fields, self.link.secret("secret"))}, ensure_ascii=False)
        headers = {"Content-Type": "application/json;charset=UTF-8", "version": "1.0.0"}
        url = f"{self.link.base_url.rstrip('/')}/api/wec/{name}"
        return read_json(self.post(url, body.encode(), headers).body)

    def _ask_lan(self, name: str, content: dict[str, Any], keyed: list[Any], at: datetime) -> dict[str, Any]:
        day, lot = at.strftime("%Y%m%d"), self.link.lot_code
        parts = [lot, *keyed] if name == "GetParkingPaymentInfo" else keyed
        key = _md5("".join(map(str, [*parts, day, self.link.secret("secret")])))
        body: dict[str, Any] = {"parkId": lot, **content, "key": key}
        if des_key := self.link.secrets.get("des_key"):
            plain = json.dumps(body, ensure_ascii=False).encode("gb18030")
            body = {"parkId": lot, "data": lan_seal(plain, des_key.encode(), day)}
        headers = {
            "Content-Type": "application/json",
            "user": self.link.secrets.get("user", ""),
            "pwd": self.link.secrets.get("password", ""),
        }
        url = f"{self.link.base_url.rstrip('/')}/api/pay/{name}"
        reply = self.post(url, json.dumps(body, ensure_ascii=False).encode("gb18030"), headers)
        return read_json(reply.body)


def _free_detail(coupon: SystemCoupon) -> str:
    """Return a coupon as JSON text: as a text it is part of the signature in every integration seen."""
    one = {"money": coupon.taken_fen, "time": 0, "code": coupon.code, "type": 0, "freeName": coupon.name[:32]}
    return json.dumps([one], ensure_ascii=False, separators=(",", ":"))
