"""A simulated vendor that serves P云 over HTTP: one address, both services."""

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.systems.simulated_car_park import Counted, ParkedCar, worth
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

ZONE = ZoneInfo("Asia/Shanghai")
TIME = "%Y%m%d%H%M%S"


class PcloudSimulator(Simulator):
    name = "pcloud"
    lot_code = "3bad72c0-6204-4b65-90aa-4323ddd1fb5a"
    secrets = {"secret": "pcloud-sandbox-secret"}
    is_in_fen = True
    tells_permits = True

    def answer(self, call: SystemCall) -> SystemAnswer:
        body = call.json
        if body.get("sign") != _sign(body, self.secrets["secret"]):
            return self._signed(1401, {})
        if self.has("unknown_code"):
            return self._signed(1999, {})
        if self.has("offline") or self.has("busy") or body.get("park_uuid") != self.lot_code:
            return self._signed(1500, {"message": "系统异常"})
        if body.get("service") == "service.parking.payment.billing":
            return self.bill(body)
        if body.get("service") == "service.parking.discount.create":
            return self.discount(body)
        return self.result(body)

    def bill(self, body: dict[str, Any]) -> SystemAnswer:
        car = self._car(body)
        if car is None:
            return self._signed(1002, {})
        if car.is_permit:
            return self._signed(1003, {"parking_serial": car.session})
        bill = self.park.bill(car)
        more = {"parking_number": "B660 bay", "owner": "王某", "phone": "13800000000"}
        content = {
            "plate": car.plate,
            "parking_serial": car.session,
            "parking_order": bill.number,
            "enter_time": car.entered_at.astimezone(ZONE).strftime(TIME),
            "parking_time": 3660,
            "total_value": str(car.price_fen),
            "free_value": "0",
            "paid_value": str(car.paid_fen),
            "pay_value": self.amount(str(bill.due_fen)),
            "buffer_time": "1320",
        }
        return self._signed(1001, content | (more if self.has("extra_fields") else {}))

    def discount(self, body: dict[str, Any]) -> SystemAnswer:
        """Count a coupon; one a stay, and a repeat is refused like another coupon."""
        car = self.park.by_session(str(body.get("parking_serial")))
        if car is None:
            return self._signed(1002, {})
        if car.relief_fen or self.has("void"):
            return self._signed(1403, {"message": "已享受其他优惠"})
        kind = {1: "amount", 2: "minutes", 3: "all_free"}[int(body["type"])]
        counted = self.park.give(car, body["grant_serial"], worth(kind, int(body["value"]), car.due_fen))
        return self._signed(1002 if counted is Counted.GONE else 1001, {})

    def result(self, body: dict[str, Any]) -> SystemAnswer:
        car = self.park.by_session(str(body.get("parking_serial")))
        fen = int(body["pay_value"])
        if self.has("void") or self.park.count(car, body["pay_serial"], fen) is Counted.GONE:
            return self._signed(1403, {"message": "订单已撤销"})
        return self._signed(1001, {})

    def _car(self, body: dict[str, Any]) -> ParkedCar | None:
        if plate := body.get("plate"):
            return self.park.inside(plate)
        return self.park.in_lane(str(body.get("gate_id")))

    def _signed(self, code: int, content: dict[str, Any]) -> SystemAnswer:
        fields = {"version": "1.0", "charset": "UTF-8", "result_code": str(code), **content}
        secret = "another" if self.has("forged") else self.secrets["secret"]
        return SystemAnswer(fields | {"sign": _sign(fields, secret)})


def _sign(fields: dict[str, Any], secret: str) -> str:
    pairs = [
        f"{name}={fields[name]}"
        for name in sorted(fields)
        if name != "sign" and fields[name] not in (None, "")
    ]
    text = "&".join([*pairs, f"app_secret={secret}"])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
