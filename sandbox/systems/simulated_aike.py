"""A simulated 艾科智泊: openydt v2 and v3."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.systems.simulated_car_park import Bill, Counted, ParkedCar, worth
from sandbox.systems.system_server import Simulator, SystemAnswer, SystemCall

ZONE = ZoneInfo("Asia/Shanghai")
TIME = "%Y%m%d%H%M%S"
WINDOW_SECONDS = 600
NEEDED = ("chargeDate", "payDate", "actPayCharge", "payOrigin", "paymentMode", "billCode")


class AikeSimulator(Simulator):
    name = "aike"
    lot_code = "2KSANDBX"
    secrets = {"key": "test", "secret": "123456"}
    tells_permits = True

    def answer(self, call: SystemCall) -> SystemAnswer:
        parts = call.path.strip("/").split("/")
        if len(parts) != 4 or parts[:2] != ["openydt", "api"]:
            return SystemAnswer({}, 404)
        version, command = parts[2:]
        if (refusal := self._refusal(call, version)) is not None:
            return _status(refusal)
        if self.has("offline"):
            return _error(902)
        if self.has("unknown_code"):
            return _error(999)
        if self.has("busy"):
            return _status(3, 901)
        body = call.json
        if body.get("parkCode") != self.lot_code:
            return _error(904)
        commands = {
            "getParkFee": self.fee,
            "payParkFee": self.pay,
            "checkChannelExistCar": self.lane,
            "paymentRecordQuery": self.records,
        }
        return commands[command](body) if command in commands else _status(9)

    def _refusal(self, call: SystemCall, version: str) -> int | None:
        try:
            key, stamp = base64.b64decode(call.headers.get("Authorization", "")).decode().split(":")
            moment = datetime.strptime(stamp, TIME).replace(tzinfo=ZONE)
        except ValueError:
            return 5
        signed = [key, stamp, self.secrets["secret"]]
        if version == "v3":
            signed.insert(2, call.body.decode())
        wanted = hashlib.md5(":".join(signed).encode(), usedforsecurity=False).hexdigest()
        if key != self.secrets["key"]:
            return 5
        if not hmac.compare_digest(wanted, call.query.get("sign", "")):
            return 4
        return 4 if abs(self.clock() - moment.timestamp()) > WINDOW_SECONDS else None

    def fee(self, body: dict[str, Any]) -> SystemAnswer:
        car = self._car(body)
        if car is None:
            return _error(905)
        bill = self.park.bill(car)
        listed = [self._priced(coupon, bill.due_fen) for coupon in body.get("couponList") or []]
        more = {"ownerName": "王某", "ownerPhone": "13800000000", "carImage": "http://x/1.jpg"}
        return _fine(
            {
                "parkCode": self.lot_code,
                "parkingCode": car.session,
                "carCode": car.plate,
                "carChargeType": 2 if car.is_permit else 1,
                "shouldPayValue": self.amount(bill.due_fen / 100),
                "parkingFee": car.price_fen / 100,
                "paidValue": car.paid_fen / 100,
                "discountedValue": 0,
                "enterDate": _local(car.entered_at),
                "chargeDate": _local(bill.made_at),
                "parkingTime": 61,
                "otherAttr": {"chargeBillNumber": bill.number, "timeoutLength": 0},
                **({"couponList": listed} if listed else {}),
                **(more if self.has("extra_fields") else {}),
            }
        )

    @staticmethod
    def _priced(coupon: dict[str, Any], due_fen: int) -> dict[str, Any]:
        kind = {0: "all_free", 1: "amount", 4: "minutes"}[coupon["reliefType"]]
        value = round(float(coupon["faceValue"]) * (100 if kind == "amount" else 1))
        return coupon | {"couponValue": worth(kind, value, due_fen) / 100}

    def pay(self, body: dict[str, Any]) -> SystemAnswer:
        if self.has("void"):
            return _error(905)
        car = self.park.by_session(str(body.get("parkingCode")))
        if any(body.get(name) in (None, "") for name in NEEDED) or len(body["billCode"]) > 32:
            return _error(909)
        bill = self.park.bills.get((body.get("otherAtrr") or {}).get("chargeBillNumber", ""))
        if bill is None and car is not None:
            moment = datetime.strptime(body["chargeDate"], TIME).replace(tzinfo=ZONE).astimezone(UTC)
            bill = Bill("", car, 0, moment)
        fen = round(float(body["actPayCharge"]) * 100)
        coupons = body.get("couponList") or []
        relief = sum(round(float(coupon["couponValue"]) * 100) for coupon in coupons)
        is_new = body["billCode"] not in self.park.payments
        if is_new and bill and bill.number and relief and fen + relief != bill.due_fen:
            return _error(906)
        counted = self.park.count(car, body["billCode"], fen, bill=bill)
        errors = {Counted.BEFORE: 907, Counted.GONE: 905, Counted.TOO_OLD: 912}
        if counted in errors:
            return _error(errors[counted])
        for coupon in coupons:
            self.park.give(car, coupon["couponCode"], round(float(coupon["couponValue"]) * 100))
        return _fine({"parkCode": self.lot_code, "timeoutLength": 15, "ydtBillCode": "1"})

    def lane(self, body: dict[str, Any]) -> SystemAnswer:
        car = self.park.in_lane(str(body.get("channelCode")))
        return _fine({"carCode": car.plate if car else "", "carOnChannel": int(car is not None)})

    def records(self, body: dict[str, Any]) -> SystemAnswer:
        size, page = int(body["pageSize"]), int(body["pageNum"])
        found = [
            {
                "payOrigin": 9,
                "billCode": paid.number,
                "realValue": paid.amount_fen / 100,
                "payTime": _local(paid.paid_at),
                "carCode": paid.car.plate,
            }
            for paid in self.park.payments.values()
        ]
        found.append({"billCode": "20190725114717", "realValue": 8, "payOrigin": 1, "carCode": "沪A00000"})
        here = found[(page - 1) * size : page * size]
        return _fine({"currCount": len(here), "total": len(found), "recordList": here})

    def _car(self, body: dict[str, Any]) -> ParkedCar | None:
        if session := body.get("parkingCode"):
            car = self.park.by_session(session)
            return None if car is None or car.has_left else car
        return self.park.inside(str(body.get("carCode")))


def _local(at: datetime) -> str:
    return at.astimezone(ZONE).strftime(TIME)


def _fine(data: dict[str, Any]) -> SystemAnswer:
    return SystemAnswer({"status": 1, "resultCode": 0, "message": "业务成功", "data": data})


def _error(code: int) -> SystemAnswer:
    return _status(2, code)


def _status(status: int, code: int = 0) -> SystemAnswer:
    return SystemAnswer({"status": status, "resultCode": code, "message": "业务失败", "data": {}})
