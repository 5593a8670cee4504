"""海康: the integrated platform ISC (artemis) and the older 8700, both on the mall's own network.

ISC signs with HMAC-SHA256 and gives amounts as texts in yuan; `code` is "0". 8700 puts an MD5 token into the
address. Both want a bill of zero settled too, else the barrier stays down: `confirm_nothing`. No code says
that a car has left, so a payment that is refused becomes a task.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from django.utils.timezone import now

from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    StayGone,
    TryAgain,
)
from lots.systems.remote import (
    CallFault,
    RemoteSystem,
    check_currency,
    check_lot,
    check_plate,
    data_of,
    fen_of_yuan,
    first,
    minutes_after,
    minutes_of,
    moment_of,
    number_of,
    number_of_bill,
    read_json,
    text_of,
    yuan_text,
)

BILL, RECEIPT = "/artemis/api/pms/v1/pay/quickPreBill", "/artemis/api/pms/v1/pay/receipt"


def artemis_signature(secret: str, key: str, path: str) -> str:
    """Return the signature of a POST of JSON to the platform; of the body only its type is signed."""
    text = f"POST\n*/*\napplication/json\nx-ca-key:{key}\n{path}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def token_8700(path: str, body: str, secret: str) -> str:
    return hashlib.md5((path + body + secret).encode(), usedforsecurity=False).hexdigest().upper()


class HikvisionSystem(RemoteSystem):
    """ISC. Secrets: `key` (AK), `secret` (SK). The lot number is `parkSyscode`."""

    knows_gone = False

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        if query.plate is None:
            raise CallFault("lanes_unsupported" if query.lane is not None else "not_supported")
        asked = {"parkSyscode": self.link.lot_code, "plateNo": query.plate.text}
        bill = first(data_of(self.call(BILL, asked)))
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
        return self.due(
            query,
            reference=number,
            session=text_of(bill, "inRecordSyscode"),
            due_fen=due,
            price_fen=fen_of_yuan(bill, "totalCost", due),
            paid_fen=paid,
            entered_at=moment_of(bill, "enterTime", self.link.zone),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | StayGone:
        return self._receipt(settlement.reference, settlement.amount_fen)

    def confirm_nothing(self, nothing: NothingDue) -> Accepted | TryAgain:
        """Settle a bill of zero, so that the barrier opens for its car."""
        return self.acted(lambda: self._receipt(nothing.session, 0))

    def _receipt(self, bill: str, fen: int) -> Accepted:
        content = {"parkSyscode": self.link.lot_code, "billSyscode": bill, "actualCost": yuan_text(fen)}
        self.call(RECEIPT, content)
        return Accepted()

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
        answer = read_json(self.post(self.link.base_url.rstrip("/") + path, body, headers).body)
        if (code := text_of(answer, "code")).strip("0") or not code:  # some write 00000000
            raise CallFault("unknown_code")
        return answer


class Hikvision8700System(RemoteSystem):
    """8700. Secrets: `appkey`, `secret`. The lot number is `parkUuid`."""

    is_weak = True
    knows_gone = False
    prefix = "/openapi/service"

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        if query.plate is None:
            raise CallFault("lanes_unsupported" if query.lane is not None else "not_supported")
        content = {"parkUuid": self.link.lot_code, "plateNo": query.plate.text}
        bill = first(data_of(self.call("/pms/charge/getChargeBill", content)))
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

    def _settle(self, settlement: PaidCharge) -> Accepted | StayGone:
        return self._pay(settlement.reference, settlement.amount_fen)

    def confirm_nothing(self, nothing: NothingDue) -> Accepted | TryAgain:
        """Settle a bill of zero, so that the barrier opens for its car."""
        return self.acted(lambda: self._pay(nothing.session, 0))

    def _pay(self, bill: str, fen: int) -> Accepted:
        cost = yuan_text(fen)
        self.call(
            "/pms/charge/payVehilceBill",  # spelled so by the vendor
            {
                "parkUuid": self.link.lot_code,
                "preBillUuid": bill,
                "totalCost": cost,
                "realCost": cost,
                "cost": cost,
            },
        )
        return Accepted()

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        user = text_of(self._send("/base/user/getDefaultUserUuid", {}), "data")
        if not user:
            raise CallFault("malformed")
        return self._send(path, {"opUserUuid": user, **content})

    def _send(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        path = self.prefix + path
        fields = {"appkey": self.link.secret("appkey"), "time": int(now().timestamp() * 1000), **content}
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        token = token_8700(path, text, self.link.secret("secret"))
        url = f"{self.link.base_url.rstrip('/')}{path}?token={token}"
        answer = read_json(self.post(url, text.encode(), {"Content-Type": "application/json"}).body)
        if number_of(answer, "errorCode"):
            raise CallFault("unknown_code")
        return answer
