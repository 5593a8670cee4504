"""A simulated 泊链: its cloud for a page of car owners, and a lot's software as the cloud asks it.

The cloud's answers have no signature, as its documentation shows them; those of the lot have one.
"""

import hashlib
import json
import re
from typing import Any

from sandbox.systems.simulated_car_park import Counted, ParkedCar
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

_SIGNED = re.compile(r'\{"data":(?P<data>\{.*\}),"sign":"(?P<sign>[0-9A-F]*)"\}', re.DOTALL)


class BolianSimulator(Simulator):
    name = "bolian"
    lot_code = "21782"
    options = {"union_id": "200208", "park_union_id": "200208"}
    secrets = {"key": "bolian-sandbox-key"}
    signs_answers = False

    def answer(self, call: SystemCall) -> SystemAnswer:
        answer = self._answer(call)
        if self.signs_answers:
            answer.content["sign"] = self._signature(answer.content["data"])
        return answer

    def _signature(self, data: dict[str, Any]) -> str:
        text = json.dumps(data, ensure_ascii=False)  # as the server writes it
        return _sign(text, "another" if self.has("forged") else self.secrets["key"], self.encoding)

    def _answer(self, call: SystemCall) -> SystemAnswer:
        found = _SIGNED.fullmatch(call.body.decode())
        if found is None or found["sign"] != _sign(found["data"], self.secrets["key"]):
            return _state(0, errmsg="签名错误")
        body = call.json["data"]
        if self.has("unknown_code"):
            return _state(9)
        if self.has("offline") or self.has("busy") or body.get("park_id") != self.lot_code:
            return _state(3)
        name = call.path.rsplit("/", 1)[-1]
        if name in {"prepay", "prepay_order"}:
            return self.pay(body)
        return self.price(body, is_cloud=name == "query_price")

    def price(self, body: dict[str, Any], *, is_cloud: bool) -> SystemAnswer:
        car = self._car(body)
        if car is None:
            return _state(0, errmsg="未查询到在场订单")
        bill = self.park.bill(car)
        more = {"position": "B660 bay", "name": "王某", "mobile": "13800000000"}
        return _state(
            2 if car.paid_fen and not car.due_fen else 1,
            order_id=car.session,
            **{"car_number" if is_cloud else "plate_number": car.plate},
            total=f"{car.price_fen / 100:.2f}",
            derate_money="0.00",
            prepay=f"{car.paid_fen / 100:.2f}",
            start_time=int(car.entered_at.timestamp()),
            duration=61,
            free_out_time=15,
            **{"price" if is_cloud else "money": self.amount(f"{bill.due_fen / 100:.2f}")},
            **{"query_order_no" if is_cloud else "quey_order_no": bill.number},
            **(more if self.has("extra_fields") else {}),
        )

    def pay(self, body: dict[str, Any]) -> SystemAnswer:
        car = self.park.by_session(str(body.get("order_id")))
        fen = round(float(body["prepay"]) * 100)
        if self.has("void") or self.park.count(car, body["trade_no"], fen) is Counted.GONE:
            return _state(0, order_id=body["order_id"], errmsg="预付失败")
        return _state(1, order_id=body["order_id"], trade_no=body["trade_no"])

    def _car(self, body: dict[str, Any]) -> ParkedCar | None:
        if plate := body.get("plate_number") or body.get("car_number"):
            return self.park.inside(plate)
        if order := body.get("order_id"):
            car = self.park.by_session(order)
            return None if car is None or car.has_left or self.has("void") else car
        return self.park.in_lane(str(body.get("out_channel_id")))


class BolianLotSimulator(BolianSimulator):
    """The same lot, asked as the cloud asks a lot."""

    name = "bolian_lot"
    options = {"role": "cloud"}
    signs_answers = True


def _sign(text: str, key: str, encoding: str = "utf-8") -> str:
    return hashlib.md5(f"{text}key={key}".encode(encoding), usedforsecurity=False).hexdigest().upper()


def _state(state: int, **content: Any) -> SystemAnswer:
    return SystemAnswer({"data": {"state": state, **content}, "sign": ""})
