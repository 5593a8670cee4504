"""海康: the integrated platform ISC (artemis) and the older 8700, both on the mall's own network.

ISC signs with HMAC-SHA256 and gives amounts as texts in yuan; `code` is "0". 8700 puts an MD5 token into the
address. Both want a bill of zero settled too, else the barrier stays down: `confirm_nothing`. No code says
that a car has left, so a payment that is refused becomes a task.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.timezone import now

from lots.systems.answer_reading import (
    CallFault,
    check_counted,
    check_currency,
    check_lot,
    check_plate,
    data_of,
    fen_of_yuan,
    first,
    minutes_after,
    minutes_of,
    moment_of,
    number_of_bill,
    plate_asked,
    read_json,
    text_of,
    writes_none,
    yuan_text,
)
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
    TryAgain,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import refusal, says_no_car, words_of

WORDS = ("msg", "message", "errorMessage", "errorMsg")
NONE_WRONG = re.compile(r"(0x)?0+", re.IGNORECASE)  # some write 00000000 or 0x00000000
BILL, RECEIPT = "/artemis/api/pms/v1/pay/quickPreBill", "/artemis/api/pms/v1/pay/receipt"


def artemis_signature(secret: str, key: str, path: str) -> str:
    """Return the signature of a POST of JSON to the platform; of the body only its type is signed."""
    text = f"POST\n*/*\napplication/json\nx-ca-key:{key}\n{path}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def token_8700(path: str, body: str, secret: str) -> str:
    return hashlib.md5((path + body + secret).encode(), usedforsecurity=False).hexdigest().upper()


def fault_of(answer: Mapping[str, Any], name: str) -> CallFault | None:
    """Return the fault that the code of an answer stands for; None for the code of success.

    Raises `CallFault` for an answer without a code. No list of codes is published.
    """
    if not (code := text_of(answer, name)):
        raise CallFault("malformed")
    return None if NONE_WRONG.fullmatch(code) else CallFault("unknown_code")


def no_car_or(fault: CallFault, answer: Mapping[str, Any]) -> NothingDue:
    """Return that the car is not inside where a refusal says so in words; else raise its fault."""
    if says_no_car(words_of(answer, *WORDS)):
        return NothingDue(Nothing.ABSENT)
    raise fault


def counted(answer: Mapping[str, Any], name: str) -> Accepted:
    """Return that a payment is counted. Raises `CallFault` for any other answer."""
    if (fault := fault_of(answer, name)) is not None:
        raise refusal(words_of(answer, *WORDS), fault.code)
    check_counted(answer.get("data"))
    return Accepted()


class HikvisionSystem(RemoteSystem):
    """ISC. Secrets: `key` (AK), `secret` (SK). The lot number is `parkSyscode`."""

    knows_gone = False

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        asked = {"parkSyscode": self.link.lot_code, "plateNo": plate_asked(query).text}
        answer = self.call(BILL, asked)
        if (fault := fault_of(answer, "code")) is not None:
            return no_car_or(fault, answer)
        bill = first(data_of(answer))
        number = number_of_bill(bill, "billSyscode")
        if not number:
            return NothingDue(Nothing.ABSENT)
        check_lot(bill, "parkSyscode", self.link.lot_code)
        check_plate(bill, "plateNo", query.plate)
        check_currency(bill)
        due, paid = fen_of_yuan(bill, "supposeCost"), fen_of_yuan(bill, "paidCost", 0)
        if due == 0:
            leave_by = minutes_after(query.at, minutes_of(bill, "delayTime")) if paid else None
            return NothingDue(Nothing.PAID if paid else Nothing.FREE, number[:64], leave_by)
        entry = text_of(bill, "inRecordSyscode")
        return self.due(
            query,
            reference=number,
            session="" if writes_none(entry) else entry,
            due_fen=due,
            price_fen=fen_of_yuan(bill, "totalCost", due),
            paid_fen=paid,
            entered_at=moment_of(bill, "enterTime", self.link.zone),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        return self._receipt(settlement.reference, settlement.amount_fen)

    def confirm_nothing(self, nothing: NothingDue) -> Accepted | TryAgain:
        """Settle a bill of zero, so that the barrier opens for its car."""
        return self.acted(lambda: self._receipt(nothing.session, 0))

    def _receipt(self, bill: str, fen: int) -> Accepted:
        content = {"parkSyscode": self.link.lot_code, "billSyscode": bill, "actualCost": yuan_text(fen)}
        return counted(self.call(RECEIPT, content), "code")

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        key = self.link.secret("key")
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "X-Ca-Key": key,
            "X-Ca-Signature": artemis_signature(self.link.secret("secret"), key, path),
            "X-Ca-Signature-Headers": "x-ca-key",
        }
        body = json.dumps(content, ensure_ascii=False).encode()
        return read_json(self.post(self.link.base_url.rstrip("/") + path, body, headers).body)


class Hikvision8700System(RemoteSystem):
    """8700. Secrets: `appkey`, `secret`. The lot number is `parkUuid`."""

    is_weak = True
    knows_gone = False
    prefix = "/openapi/service"

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        content = {"parkUuid": self.link.lot_code, "plateNo": plate_asked(query).text}
        answer = self.call("/pms/charge/getChargeBill", content)
        if (fault := fault_of(answer, "errorCode")) is not None:
            return no_car_or(fault, answer)
        bill = first(data_of(answer))
        number = number_of_bill(bill, "preBillUuid")
        if not number:
            return NothingDue(Nothing.ABSENT)
        check_lot(bill, "parkUuid", self.link.lot_code)
        check_plate(bill, "plateNo", query.plate)
        check_currency(bill)
        due = fen_of_yuan(bill, "cost")
        if due == 0:
            leave_by = minutes_after(query.at, minutes_of(bill, "delayTime"))
            return NothingDue(Nothing.PAID if leave_by else Nothing.FREE, number[:64], leave_by)
        return self.due(
            query,
            reference=number,
            due_fen=due,
            price_fen=due,
            entered_at=moment_of(bill, "enterTime", self.link.zone),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        return self._pay(settlement.reference, settlement.amount_fen)

    def confirm_nothing(self, nothing: NothingDue) -> Accepted | TryAgain:
        """Settle a bill of zero, so that the barrier opens for its car."""
        return self.acted(lambda: self._pay(nothing.session, 0))

    def _pay(self, bill: str, fen: int) -> Accepted:
        cost = yuan_text(fen)
        answer = self.call(
            "/pms/charge/payVehilceBill",  # spelled so by the vendor
            {
                "parkUuid": self.link.lot_code,
                "preBillUuid": bill,
                "totalCost": cost,
                "realCost": cost,
                "cost": cost,
            },
        )
        return counted(answer, "errorCode")

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        answer = self._send("/base/user/getDefaultUserUuid", {})
        if (fault := fault_of(answer, "errorCode")) is not None:
            raise fault
        if not (user := text_of(answer, "data")):
            raise CallFault("malformed")
        return self._send(path, {"opUserUuid": user, **content})

    def _send(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        path = self.prefix + path
        fields = {"appkey": self.link.secret("appkey"), "time": int(now().timestamp() * 1000), **content}
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        token = token_8700(path, text, self.link.secret("secret"))
        url = f"{self.link.base_url.rstrip('/')}{path}?token={token}"
        return read_json(self.post(url, text.encode(), {"Content-Type": "application/json"}).body)
