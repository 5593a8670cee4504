"""A simulated 捷顺: the login and the function address. It may charge a session by itself (`autopay`)."""

import hashlib
import json
import secrets
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.systems.simulated_car_park import Bill, Counted, worth
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

ZONE = ZoneInfo("Asia/Shanghai")
TIME = "%Y-%m-%d %H:%M:%S"


class JieshunSimulator(Simulator):
    name = "jieshun"
    lot_code = "0010028888"
    options = {"cid": "880075500000001", "user": "880075500000001"}
    secrets = {"password": "jieshun-sandbox", "sign_key": "jieshun-sandbox-sign-key"}
    tells_permits = True

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.reliefs: dict[str, int] = {}  # number of an order → what coupons took off it
        self.autopay: set[str] = set()  # plates whose sessions are charged by the vendor itself

    def answer(self, call: SystemCall) -> SystemAnswer:
        form = call.form
        if call.path == "/jsaims/login":
            right = (self.options["cid"], self.options["user"], self.secrets["password"])
            if (form.get("cid"), form.get("usr"), form.get("psw")) != right:
                return _code(9001)
            token = secrets.token_hex(8)
            self.tokens.add(token)
            return SystemAnswer({"resultCode": 0, "message": "", "token": token})
        text = form.get("p", "")
        signed = (
            hashlib.md5((text + self.secrets["sign_key"]).encode(), usedforsecurity=False).hexdigest().upper()
        )
        if form.get("tn") not in self.tokens or form.get("sn") != signed:
            return _code(9002)
        if self.has("unknown_code"):
            return _code(777)
        if self.has("busy"):
            return _code(9999)
        asked = json.loads(text)
        attributes = asked["attributes"]
        if attributes.get("parkCode") != self.lot_code:
            return _code(9003)
        functions = {
            "3c.pay.createorderbycarno": self.order,
            "3c.pay.notifyorderresult": self.paid,
            "3c.pay.closecurrentdk": self.close_autopay,
        }
        return functions[asked["serviceId"]](attributes)

    def order(self, attributes: dict[str, Any]) -> SystemAnswer:
        if self.has("offline"):
            return _code(1)
        if self.no_charge() is not None:
            return _code(self.no_charge())
        plate = attributes["carNo"].replace("-", "")
        car = self.park.inside(plate)
        if car is None:
            return _code(2)
        if car.is_permit:
            return _code(5)
        if not car.due_fen:
            return _code(9 if car.paid_fen else 10)
        bill, relief = self.park.bill(car), 0
        for coupon in attributes.get("couponList") or []:
            scale = 60 if coupon["type"] == 1 else 100
            kind = {0: "amount", 1: "minutes", 2: "all_free"}[coupon["type"]]
            relief = worth(kind, round(float(coupon["value"]) * scale), bill.due_fen)
        if relief >= bill.due_fen:
            return _code(11)
        with self.park.lock:
            self.reliefs[bill.number] = relief
            bill = self.park.bills[bill.number] = Bill(bill.number, car, bill.due_fen - relief, bill.made_at)
        more = {"ownerName": "王某", "telephone": "13800000000", "inImage": "http://x/1.jpg"}
        content = {
            "orderNo": bill.number,
            "carNo": attributes["carNo"],
            "serviceFee": self.amount(bill.due_fen / 100),
            "startTime": car.entered_at.astimezone(ZONE).strftime(TIME),
        }
        return _items(content | (more if self.has("extra_fields") else {}))

    def paid(self, attributes: dict[str, Any]) -> SystemAnswer:
        if self.has("offline"):
            return _code(1)
        bill = self.park.bills.get(attributes["orderNo"])
        if self.has("void") or bill is None:
            return _code(2233)
        counted = self.park.count(bill.car, attributes["transactionId"], bill.due_fen)
        if counted is Counted.NOW and self.reliefs.get(bill.number):
            self.park.give(bill.car, bill.number, self.reliefs[bill.number])
        return _code(2233) if counted is Counted.GONE else _items({"retCode": 0})

    def close_autopay(self, attributes: dict[str, Any]) -> SystemAnswer:
        self.autopay.discard(attributes["carNo"].replace("-", ""))
        return _code(0)


def _items(attributes: dict[str, Any]) -> SystemAnswer:
    return SystemAnswer(
        {
            "resultCode": 0,
            "message": "",
            "seqId": "1",
            "dataItems": [{"objectId": "", "attributes": attributes}],
        }
    )


def _code(code: int) -> SystemAnswer:
    return SystemAnswer({"resultCode": code, "message": "失败" if code else "", "dataItems": []})
