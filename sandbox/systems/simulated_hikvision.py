"""The simulated platforms of 海康 on a mall's own network: ISC (artemis) and 8700."""

import base64
import hashlib
import hmac
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.systems.simulated_car_park import Bill, Counted
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

ZONE = ZoneInfo("Asia/Shanghai")


class _Platform(Simulator):
    """Both platforms know a bill and count it once: a bill has no number of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []  # sessions whose barrier opens

    def _settled(self, number: str, yuan: str) -> bool:
        """Count a bill; False where its car has left."""
        bill = self.park.bills.get(number)
        if self.has("void") or bill is None:
            return False
        if self.park.count(bill.car, number, round(float(yuan) * 100)) is Counted.GONE:
            return False
        self.opened.append(bill.car.session)
        return True

    def _bill(self, plate: str) -> Bill | None:
        car = self.park.inside(plate)
        return self.park.bill(car) if car else None


class HikvisionSimulator(_Platform):
    name = "hikvision"
    lot_code = "7e09fddb66264eaab4146ef2d6dadbbb"
    secrets = {"key": "23456789", "secret": "artemis-sandbox-secret"}

    def answer(self, call: SystemCall) -> SystemAnswer:
        key = call.headers.get("X-Ca-Key", "")
        text = f"POST\n*/*\napplication/json\nx-ca-key:{key}\n{call.path}"
        digest = hmac.new(self.secrets["secret"].encode(), text.encode(), hashlib.sha256).digest()
        if (
            key != self.secrets["key"]
            or call.headers.get("X-Ca-Signature") != base64.b64encode(digest).decode()
        ):
            return SystemAnswer({"code": "0x02401003"}, 401)
        body = call.json
        if self.has("offline") or self.has("busy"):
            return SystemAnswer({"code": "0x02401000"}, 503)
        if self.has("unknown_code") or body.get("parkSyscode") != self.lot_code:
            return SystemAnswer({"code": "0x00052101", "msg": "", "data": None})
        return self.quote(body) if call.path.endswith("quickPreBill") else self.receipt(body)

    def quote(self, body: dict[str, Any]) -> SystemAnswer:
        bill = self._bill(str(body.get("plateNo")))
        if bill is None:
            return SystemAnswer({"code": "0", "msg": "success", "data": None})
        car = bill.car
        due = 0 if car.is_permit else bill.due_fen
        content = {
            "billSyscode": bill.number,
            "parkSyscode": self.lot_code,
            "parkName": "停车库",
            "inRecordSyscode": car.session,
            "plateNo": car.plate,
            "enterTime": car.entered_at.astimezone(ZONE).isoformat(timespec="seconds"),
            "parkTime": 61,
            "supposeCost": self.amount(f"{due / 100:.2f}"),
            "totalCost": f"{car.price_fen / 100:.2f}",
            "paidCost": f"{car.paid_fen / 100:.2f}",
            "delayTime": 15,
            "vehiclePicUri": "http://x/1.jpg",
            "plateNoPicUri": "http://x/2.jpg",
            "cardNo": "王某 13800000000",
        }
        return SystemAnswer({"code": "0", "msg": "success", "data": content})

    def receipt(self, body: dict[str, Any]) -> SystemAnswer:
        done = self._settled(str(body.get("billSyscode")), body["actualCost"])
        return SystemAnswer({"code": "0" if done else "0x00072002", "msg": "", "data": None})


class Hikvision8700Simulator(_Platform):
    name = "hikvision8700"
    lot_code = "a2bb3e"
    secrets = {"appkey": "d1f1", "secret": "8700-sandbox-secret"}
    prefix = "/openapi/service"

    def answer(self, call: SystemCall) -> SystemAnswer:
        text = call.path + call.body.decode() + self.secrets["secret"]
        token = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
        body = call.json
        if call.query.get("token") != token or body.get("appkey") != self.secrets["appkey"]:
            return SystemAnswer({"errorCode": 401}, 401)
        if self.has("offline") or self.has("busy"):
            return SystemAnswer({}, 503)
        if call.path.endswith("getDefaultUserUuid"):
            return SystemAnswer({"errorCode": 0, "data": "u-1"})
        if (
            self.has("unknown_code")
            or body.get("parkUuid") != self.lot_code
            or body.get("opUserUuid") != "u-1"
        ):
            return SystemAnswer({"errorCode": 12, "data": None})
        if call.path.endswith("payVehilceBill"):
            done = self._settled(str(body.get("preBillUuid")), body["realCost"])
            return SystemAnswer({"errorCode": 0 if done else 13, "data": None})
        bill = self._bill(str(body.get("plateNo")))
        if bill is None:
            return SystemAnswer({"errorCode": 0, "data": None})
        due = 0 if bill.car.is_permit else bill.due_fen
        content = {
            "preBillUuid": bill.number,
            "cost": self.amount(f"{due / 100:.2f}"),
            "enterTime": bill.car.entered_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "parkingTime": 61,
            "delayTime": 15 if bill.car.paid_fen else 0,
            "picUrl": "http://x/1.jpg",
            "ownerName": "王某",
        }
        return SystemAnswer({"errorCode": 0, "data": content})
