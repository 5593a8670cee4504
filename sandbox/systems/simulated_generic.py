"""A simulated system of the open pair (docs/systems-openapi.yaml)."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from sandbox.systems.simulated_car_park import Counted, ParkedCar, now, worth
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

WINDOW_SECONDS = 300


class GenericSimulator(Simulator):
    name = "generic"
    lot_code = "east"
    secrets = {"secret": "open-pair-sandbox-secret"}
    is_in_fen = True
    tells_permits = True

    def answer(self, call: SystemCall) -> SystemAnswer:
        secret = self.secrets["secret"]
        stamp, nonce = call.headers.get("X-Parking-Timestamp", ""), call.headers.get("X-Parking-Nonce", "")
        wanted = _sign(secret, "POST", call.path, stamp, nonce, call.body)
        is_ours = hmac.compare_digest(wanted, call.headers.get("X-Parking-Signature", ""))
        if not is_ours or not stamp.isdecimal() or abs(self.clock() - int(stamp)) > WINDOW_SECONDS:
            return SystemAnswer({}, 401)
        content = self._answer(call.path, call.json)
        text = json.dumps(content, ensure_ascii=False)
        if self.has("json_in_string"):
            text = json.dumps(text, ensure_ascii=False)
        stamp = str(int(self.clock()))
        secret = "another" if self.has("forged") else secret
        signed = {
            "X-Parking-Timestamp": stamp,
            "X-Parking-Signature": _sign(secret, "ANSWER 200", call.path, stamp, nonce, text.encode()),
        }
        return SystemAnswer(content, headers=signed, raw=text.encode())

    def _answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.has("unknown_code"):
            return {"result": "whatever"}
        if body.get("lot") != self.lot_code:
            return {"result": "lot_unknown"}
        if path == "/settle":
            return self.settle(body)
        if path == "/payments":
            begin, end = (datetime.fromisoformat(body[name]) for name in ("from", "until"))
            paid = [
                {"number": row.number, "amount_fen": row.amount_fen}
                for row in self.park.payments.values()
                if begin <= row.paid_at < end
            ]
            page = body["page"]
            return {"payments": paid[(page - 1) * 2 : page * 2], "more": page * 2 < len(paid)}
        if path == "/coupon":
            return self.coupon(body)
        return {"result": "unreachable"} if self.has("offline") or self.has("busy") else self.charge(body)

    def charge(self, body: dict[str, Any]) -> dict[str, Any]:
        car = self._car(body)
        if car is None:
            return {"result": "nothing_due", "reason": "no_lane_car" if "lane" in body else "absent"}
        if not car.due_fen:
            reason = "permit" if car.is_permit else "paid" if car.paid_fen else "free"
            return {"result": "nothing_due", "reason": reason, "session": car.session}
        bill = self.park.bill(car)
        return {
            "result": "due",
            "reference": bill.number,
            "session": car.session,
            "price_fen": car.price_fen,
            "paid_fen": car.paid_fen,
            "due_fen": self.amount(bill.due_fen),
            "entered_at": car.entered_at.isoformat(),
            **({"owner": "王某", "phone": "13800000000"} if self.has("extra_fields") else {}),
        }

    def settle(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.has("offline") or self.has("busy"):
            return {"result": "try_again"}
        car = self.park.by_session(body["session"])
        if self.has("void") or self.park.count(car, body["number"], body["amount_fen"]) is Counted.GONE:
            return {"result": "stay_gone"}
        return {"result": "accepted", "leave_by": (now() + timedelta(minutes=15)).isoformat()}

    def coupon(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.has("offline") or self.has("busy"):
            return {"result": "try_again"}
        car = self.park.by_session(body["session"])
        if car is None or self.has("void"):
            return {"result": "refused"}
        fen = worth(body["kind"], body["value"], car.due_fen)
        counted = self.park.give(car, body["number"], min(fen, body.get("most_fen", fen)))
        return {"result": "refused" if counted is Counted.GONE else "accepted"}

    def _car(self, body: dict[str, Any]) -> ParkedCar | None:
        if "plate" in body:
            return self.park.inside(body["plate"])
        if "session" in body:
            car = self.park.by_session(body["session"])
            return None if car is None or car.has_left else car
        return self.park.in_lane(str(body.get("lane")))


def _sign(secret: str, what: str, path: str, stamp: str, nonce: str, body: bytes) -> str:
    signed = f"{what}\n{path}\n{stamp}\n{nonce}\n".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
