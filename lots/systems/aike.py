"""艾科智泊 (AKE, 一点停): openydt v2 and v3.

`POST {base}/openydt/api/v3/{command}?sign=…`, JSON, yuan. A charge dies ten minutes after it was asked; the
same `billCode` in every repeat of `payParkFee` is counted once, and 907 says that it was counted before.
`parkCode` is in every call: without it the whole platform is searched for the plate.
"""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from django.utils.timezone import now

from lots.plates import Plate, PlateError, parse
from lots.systems.base import Accepted, Charge, ChargeQuery, Nothing, NothingDue, Settlement, StayGone
from lots.systems.remote import (
    Fault,
    RemoteSystem,
    check_currency,
    check_lot,
    check_plate,
    fen_of_yuan,
    minutes_after,
    number_of,
    part,
    read_json,
    text_of,
    time_of,
    yuan_text,
)

TIME = "%Y%m%d%H%M%S"
STATUS_FAULTS = {
    3: "system_error",
    4: "refused_us",  # the signature
    5: "refused_us",  # the key
    6: "not_authorised",
    7: "bad_request",
    9: "no_such_address",
}
NOT_INSIDE, SETTLED_BEFORE, CHARGE_TOO_OLD = 905, 907, 912
NO_CAR_IN_LANE = 8
RESULT_FAULTS = {
    901: "system_error",
    902: "lot_offline",
    903: "not_authorised",
    904: "lot_unknown",
    906: "bill_refused",
    908: "system_error",
    909: "bad_request",
    910: "not_authorised",
    911: "not_authorised",
    CHARGE_TOO_OLD: "charge_too_old",
}
TEMPORARY = 1  # carChargeType; anything else parks by a permit
ORIGIN_OTHER_PARTY, BY_WECHAT, BY_ALIPAY = 9, 4, 5
MODES = {"wechat": BY_WECHAT, "alipay": BY_ALIPAY}


def sign_v2(key: str, timestamp: str, secret: str) -> str:
    """Return the older signature; the body is not part of it."""
    return _md5(f"{key}:{timestamp}:{secret}")


def sign_v3(key: str, timestamp: str, body: str, secret: str) -> str:
    """Return the signature over the body, byte for byte as it is sent."""
    return _md5(f"{key}:{timestamp}:{body}:{secret}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class AikeSystem(RemoteSystem):
    """Options: `version` v2 or v3 (default). Secrets: `key`, `secret`. Lanes: `channelCode`."""

    can_ask_again = True
    is_weak = True

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        plate = query.plate
        asked: dict[str, Any] = {}
        if query.session:
            asked["parkingCode"] = query.session
        elif plate is None:
            plate = self._plate_in_lane(query.lane)
            if plate is None:
                return NothingDue(Nothing.NO_LANE_CAR)
        if plate is not None:
            asked["carCode"] = plate.text
        code, data = self.call("getParkFee", asked)
        if code == NOT_INSIDE or not text_of(data, "parkingCode"):
            return NothingDue(Nothing.ABSENT if query.lane is None else Nothing.NO_LANE_CAR)
        shown = plate.masked if plate is not None and query.plate is None else ""
        return self._answer(query, data, shown)

    def _answer(self, query: ChargeQuery, data: dict[str, Any], masked_plate: str) -> Charge | NothingDue:
        check_lot(data, "parkCode", self.link.lot_code)
        check_plate(data, "carCode", query.plate)
        check_currency(data)
        session = text_of(data, "parkingCode")
        due, paid = fen_of_yuan(data, "shouldPayValue"), fen_of_yuan(data, "paidValue", 0)
        if due == 0:
            is_paid = paid > 0 and number_of(data, "carChargeType", TEMPORARY) == TEMPORARY
            return NothingDue(Nothing.PAID if is_paid else Nothing.FREE, session)
        charged_at = text_of(data, "chargeDate")
        time_of(data, "chargeDate", TIME, self.link.zone)  # it is echoed in the settlement: refuse nonsense
        bill = text_of(part(data.get("otherAttr")), "chargeBillNumber")
        return self.due(
            query,
            reference=f"{charged_at}.{bill}" if len(bill) <= 32 else charged_at,
            session=session,
            due_fen=due,
            price_fen=fen_of_yuan(data, "parkingFee", due),
            paid_fen=paid,
            entered_at=time_of(data, "enterDate", TIME, self.link.zone),
            masked_plate=masked_plate,
        )

    def _plate_in_lane(self, lane: int | None) -> Plate | None:
        """Return the plate of the car on the loop of a lane; it stays in memory."""
        code, data = self.call("checkChannelExistCar", {"channelCode": self.vendor_lane(lane)})
        inner = number_of(data, "code", 0)  # its own code; the outer status is 1 all the same
        if code == NOT_INSIDE or inner == NO_CAR_IN_LANE:
            return None
        if inner:
            raise Fault("device_fault")
        if number_of(data, "carOnChannel", 0) != 1:
            return None
        try:
            return parse(text_of(data, "carCode"))
        except PlateError:
            return None

    def _settle(self, settlement: Settlement) -> Accepted | StayGone:
        charged_at, _, bill = settlement.reference.partition(".")
        code, data = self._pay(settlement, charged_at, bill)
        if code == CHARGE_TOO_OLD:  # the money came late: the same bill under a fresh moment
            code, fresh = self.call("getParkFee", {"parkingCode": settlement.session})
            if code == NOT_INSIDE or not text_of(fresh, "parkingCode"):
                return StayGone()
            bill = text_of(part(fresh.get("otherAttr")), "chargeBillNumber")
            code, data = self._pay(settlement, text_of(fresh, "chargeDate"), bill)
        if code == NOT_INSIDE:
            return StayGone()
        if code == CHARGE_TOO_OLD:
            raise Fault(RESULT_FAULTS[code])
        return Accepted(minutes_after(settlement.paid_at, number_of(data, "timeoutLength", 0)))

    def _pay(self, settlement: Settlement, charged_at: str, bill: str) -> tuple[int, dict[str, Any]]:
        return self.call(
            "payParkFee",
            {
                "parkingCode": settlement.session,
                "chargeDate": charged_at,
                "payDate": self._local(settlement.paid_at),
                "actPayCharge": yuan_text(settlement.amount_fen),
                "payOrigin": ORIGIN_OTHER_PARTY,
                "paymentMode": MODES.get(settlement.channel, BY_WECHAT),
                "billCode": settlement.number,
                **({"otherAtrr": {"chargeBillNumber": bill}} if bill else {}),  # spelled so by the vendor
            },
        )

    def call(self, command: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the result code and the data of a call. Raises `Fault` for a code that is a fault."""
        key, secret = self.link.secret("key"), self.link.secret("secret")
        timestamp = self._local(now())
        body = json.dumps(
            {"parkCode": self.link.lot_code, **content}, ensure_ascii=False, separators=(",", ":")
        )
        if self.link.option("version", "v3") == "v2":
            version, signature = "v2", sign_v2(key, timestamp, secret)
        else:
            version, signature = "v3", sign_v3(key, timestamp, body, secret)
        url = f"{self.link.base_url.rstrip('/')}/openydt/api/{version}/{command}?sign={signature}"
        token = base64.b64encode(f"{key}:{timestamp}".encode()).decode()
        headers = {"Content-Type": "application/json;charset=utf-8", "Authorization": token}
        return _result(read_json(self.post(url, body.encode(), headers).body))

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.link.zone).strftime(TIME)


def _result(answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    status = number_of(answer, "status")
    if status in STATUS_FAULTS:
        raise Fault(STATUS_FAULTS[status])
    code = number_of(answer, "resultCode", 0)
    is_fine = status == 1 and code not in RESULT_FAULTS  # a fault stays one under any status
    if is_fine or code in {NOT_INSIDE, SETTLED_BEFORE, CHARGE_TOO_OLD}:
        return code, part(answer.get("data"))
    raise Fault(RESULT_FAULTS.get(code, "unknown_code"))
