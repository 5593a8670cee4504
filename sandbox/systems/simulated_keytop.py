"""A simulated 科拓: its cloud, and the form in the lot's own network (`/api/pay/`)."""

import base64
import hashlib
import json
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from sandbox.systems.simulated_car_park import Counted, ParkedCar, now
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

ZONE = ZoneInfo("Asia/Shanghai")
TIME = "%Y-%m-%d %H:%M:%S"
DES_KEY = "keytop-sandbox-des-key24"


class KeytopSimulator(Simulator):
    name = "keytop"
    lot_code = "1000001"
    options = {"app_id": "10023"}
    secrets = {"secret": "keytop-sandbox-secret"}
    is_in_fen = True

    def answer(self, call: SystemCall) -> SystemAnswer:
        *_, form, name = ["", *call.path.strip("/").split("/")]
        body, is_lan = call.json, form == "pay"
        if "data" in body:
            body = self._opened(body["data"])
        fields = {key: value for key, value in body.items() if value not in (None, "")}
        if body.get("key") != (self._lan_key(name, fields) if is_lan else self._cloud_key(fields)):
            return _error(1001)
        if self.has("offline"):
            return _error(2001)
        if self.has("unknown_code"):
            return _error(7777)
        if self.has("busy"):
            return _error(500)
        if body.get("parkId") != self.lot_code:
            return _error(1102)
        return self.bill(body) if name == "GetParkingPaymentInfo" else self.pay(body)

    def _cloud_key(self, fields: dict[str, Any]) -> str:
        signed = {name: value for name, value in fields.items() if name not in {"key", "appId"}}
        text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        return _md5(f"{text}&{self.secrets['secret']}").upper()

    def _lan_key(self, name: str, fields: dict[str, Any]) -> str:
        if name == "GetParkingPaymentInfo":
            parts = [fields.get("parkId"), fields.get("plateNo")]
        else:
            names = ("orderNo", "amount", "payType", "payMethod", "freeMoney", "freeTime")
            parts = [fields.get(each) for each in names]
        day = now().astimezone(ZONE).strftime("%Y%m%d")
        return _md5("".join(map(str, [*parts, day, self.secrets["secret"]])))

    def _opened(self, sealed: str) -> dict[str, Any]:
        day = now().astimezone(ZONE).strftime("%Y%m%d")
        decryptor = Cipher(TripleDES(DES_KEY.encode()), CBC(day.encode())).decryptor()
        plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        found: dict[str, Any] = json.loads(plain[: -plain[-1]].decode("gb18030"))
        return found

    def bill(self, body: dict[str, Any]) -> SystemAnswer:
        car = self._car(str(body.get("plateNo")))
        if car is None:
            return _fine([])
        if self.has("two_cars"):
            return _fine([{"orderNo": "1"}, {"orderNo": "2"}])
        bill = self.park.bill(car)
        more = {"imgName": "http://x/1.jpg", "owner": "王某", "phone": "13800000000"}
        content = {
            "orderNo": bill.number,
            "plateNo": car.plate,
            "entryTime": car.entered_at.astimezone(ZONE).strftime(TIME),
            "payTime": now().astimezone(ZONE).strftime(TIME) if car.paid_fen else "",
            "elapsedTime": 61,
            "payable": self.amount(bill.due_fen),
            "delayTime": 15,
        }
        return _fine([content | (more if self.has("extra_fields") else {})])

    def pay(self, body: dict[str, Any]) -> SystemAnswer:
        bill = self.park.bills.get(str(body.get("orderNo")))
        if self.has("void") or bill is None:
            return _error(1)
        amount, free = int(body["amount"]), int(body["freeMoney"])
        details = json.loads(body.get("freeDetail") or "[]")
        if amount + free != body["payableAmount"] or free != sum(one["money"] for one in details):
            return _error(1202)
        counted = self.park.count(bill.car, body["outOrderNo"], amount)
        for one in details if counted is Counted.NOW else []:
            self.park.give(bill.car, one["code"], one["money"])
        return _error(1) if counted is Counted.GONE else _fine({})

    def _car(self, plate: str) -> ParkedCar | None:
        with self.park.lock:
            found = [car.plate for car in self.park.cars if car.plate[1:] == plate or car.plate == plate]
        return self.park.inside(found[0]) if found else None


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _fine(data: Any) -> SystemAnswer:
    return SystemAnswer({"resCode": "0", "resMsg": "成功", "data": data})


def _error(code: int) -> SystemAnswer:
    return SystemAnswer({"resCode": str(code), "resMsg": "失败", "data": None})
