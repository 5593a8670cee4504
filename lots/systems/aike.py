"""艾科智泊 (AKE, 一点停): openydt v2 and v3.

`POST {base}/openydt/api/v3/{command}?sign=…`, JSON, yuan. A charge dies ten minutes after it was asked; the
same `billCode` in every repeat of `payParkFee` is counted once, and 907 says that it was counted before.
`parkCode` is in every call: without it the whole platform is searched for the plate.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now

from lots.plates import Plate, PlateError, parse
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
    noticed_session,
    number_of,
    number_of_bill,
    optional,
    part,
    read_json,
    text_of,
    time_of,
    yuan_text,
)
from lots.systems.notices import Incoming, NoticeKind, SystemEvent
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    CouponRefused,
    Nothing,
    NothingDue,
    Paid,
    PaidCharge,
    ReducedCharge,
    SessionGone,
    SystemCoupon,
    Unreachable,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import gone_unless_paid, refusal, words_of

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
PAY = "payParkFee"
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
LIST_TIME, PAGE, MOST_PAGES = "%Y-%m-%d %H:%M:%S", 200, 250
TEMPORARY = 1  # carChargeType; anything else parks by a permit
ORIGIN_OTHER_PARTY, BY_WECHAT, BY_ALIPAY = 9, 4, 5
MODES = {"wechat": BY_WECHAT, "alipay": BY_ALIPAY}
SIGNED_FOR = timedelta(minutes=10)
NOTICES = {
    "reportCarIn": NoticeKind.ENTERED,
    "reportCarOut": NoticeKind.LEFT,
    "reportParkingFee": NoticeKind.PAID,
    "reportParkHeartbeat": NoticeKind.HEARTBEAT,
}
CLOSURES = {"13", "18", "97", "98"}  # of `leaveType`: a record was closed or cleaned up, and no car drove out
RELIEF_TYPES = {"all_free": 0, "amount": 1, "minutes": 4}


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
    silent_after = timedelta(minutes=30)  # it reports a heartbeat
    coupon_kinds = frozenset(RELIEF_TYPES)

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
        data = self._fee(asked)
        if not data:
            return NothingDue(Nothing.ABSENT if query.lane is None else Nothing.NO_LANE_CAR)
        shown = plate.masked if plate is not None and query.plate is None else ""
        return self._answer(query, data, shown)

    def _fee(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a stay and its fee; an empty object where the car is not inside."""
        code, data = self.call("getParkFee", asked)
        if code == NOT_INSIDE:
            return {}
        if code:  # an answer to a payment, not to a question
            raise CallFault(RESULT_FAULTS.get(code, "unknown_code"))
        return data if number_of_bill(data, "parkingCode") else {}

    def _answer(self, query: ChargeQuery, data: dict[str, Any], masked_plate: str) -> Charge | NothingDue:
        check_lot(data, "parkCode", self.link.lot_code)
        check_plate(data, "carCode", query.plate)
        check_currency(data)
        session = text_of(data, "parkingCode")
        due, paid = fen_of_yuan(data, "shouldPayValue"), fen_of_yuan(data, "paidValue", 0)
        if due == 0:
            if number_of(data, "carChargeType", TEMPORARY) != TEMPORARY:
                return NothingDue(Nothing.PERMIT, session)
            return NothingDue(Nothing.PAID if paid else Nothing.FREE, session)
        charged_at = text_of(data, "chargeDate")
        moment_of(data, "chargeDate", self.link.zone)  # it is echoed in the settlement: refuse nonsense
        if "." in charged_at:  # that is what stands between it and the bill
            raise CallFault("bad_time")
        bill = text_of(part(data.get("otherAttr")), "chargeBillNumber")
        return self.due(
            query,
            reference=f"{charged_at}.{bill}" if len(bill) <= 32 else charged_at,
            session=session,
            due_fen=due,
            price_fen=fen_of_yuan(data, "parkingFee", due),
            paid_fen=paid,
            entered_at=moment_of(data, "enterDate", self.link.zone),
            masked_plate=masked_plate,
        )

    def charge_with(
        self, query: ChargeQuery, charge: Charge, coupon: SystemCoupon
    ) -> ReducedCharge | CouponRefused | Unreachable:
        """Ask for the charge of a stay with a coupon: the platform says what it takes, and uses nothing."""
        return self.answered(lambda: self._charge_with(query, charge, coupon))

    def _charge_with(
        self, query: ChargeQuery, charge: Charge, coupon: SystemCoupon
    ) -> ReducedCharge | CouponRefused:
        asked = {"parkingCode": charge.session, "couponList": [_coupon(coupon)]}
        data = self._fee(asked)
        if not data:
            return CouponRefused()
        again = self._answer(query, data, charge.masked_plate)
        counted = data.get("couponList") or []  # left out where the coupon would change nothing
        if not isinstance(again, Charge) or not isinstance(counted, list):
            return CouponRefused()
        taken = sum(
            fen_of_yuan(part(one), "couponValue", 0)
            for one in counted
            if text_of(part(one), "couponCode") == coupon.code
        )
        return ReducedCharge(again, taken) if 0 < taken <= again.due_fen else CouponRefused()

    def _plate_in_lane(self, lane: int | None) -> Plate | None:
        """Return the plate of the car on the loop of a lane; it stays in memory."""
        code, data = self.call("checkChannelExistCar", {"channelCode": self.vendor_lane(lane)})
        inner = number_of(data, "code", 0)  # its own code; the outer status is 1 all the same
        if code == NOT_INSIDE or inner == NO_CAR_IN_LANE:
            return None
        if inner:
            raise CallFault("device_fault")
        if number_of(data, "carOnChannel") != 1:
            return None
        try:
            return parse(text_of(data, "carCode"))
        except PlateError:
            return None

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        charged_at, _, bill = settlement.reference.partition(".")
        code, data = self._pay(settlement, charged_at, bill)
        if code == CHARGE_TOO_OLD:  # the money came late: the same bill under a fresh moment
            along = {"couponList": [_coupon(settlement.coupon)]} if settlement.coupon else {}
            fresh = self._fee({"parkingCode": settlement.session, **along})
            if not fresh:
                return SessionGone()
            bill = text_of(part(fresh.get("otherAttr")), "chargeBillNumber")
            code, data = self._pay(settlement, text_of(fresh, "chargeDate"), bill)
        if code == NOT_INSIDE:
            return gone_unless_paid(words_of(data, "message"))
        if code == CHARGE_TOO_OLD:
            raise CallFault(RESULT_FAULTS[code])
        return Accepted(minutes_after(settlement.paid_at, minutes_of(data, "timeoutLength")))

    def _pay(self, settlement: PaidCharge, charged_at: str, bill: str) -> tuple[int, dict[str, Any]]:
        return self.call(
            PAY,
            {
                "parkingCode": settlement.session,
                "chargeDate": charged_at,
                "payDate": self._local(settlement.paid_at),
                "actPayCharge": yuan_text(settlement.amount_fen),
                "payOrigin": ORIGIN_OTHER_PARTY,
                "paymentMode": MODES.get(settlement.channel, BY_WECHAT),
                "billCode": settlement.number,
                **({"otherAtrr": {"chargeBillNumber": bill}} if bill else {}),  # spelled so by the vendor
                **({"couponList": [_coupon(settlement.coupon)]} if settlement.coupon else {}),
            },
        )

    def paid_list(self, begin: datetime, end: datetime) -> list[Paid] | Unreachable:
        """Return what other parties than the vendor's own channels paid, under the numbers that they gave."""
        return self.answered(lambda: self._paid_list(begin, end))

    def _paid_list(self, begin: datetime, end: datetime) -> list[Paid]:
        asked = {
            "payTimeStart": begin.astimezone(self.link.zone).strftime(LIST_TIME),
            "payTimeEnd": end.astimezone(self.link.zone).strftime(LIST_TIME),
            "pageSize": PAGE,
        }
        found: list[Paid] = []
        seen = 0
        for number in range(1, MOST_PAGES + 1):
            code, data = self.call("paymentRecordQuery", {**asked, "pageNum": number})
            rows = data.get("recordList") or []
            if code or not isinstance(rows, list):
                raise CallFault("malformed")
            found += [
                Paid(text_of(row, "billCode"), fen_of_yuan(row, "realValue"))
                for row in map(part, rows)
                if number_of(row, "payOrigin", 0) == ORIGIN_OTHER_PARTY
            ]
            seen += len(rows)
            if seen >= number_of(data, "total"):
                return found
            if not rows:
                break
        raise CallFault("malformed")

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent:
        """Return what the platform reports; only the version that signs the body is accepted."""
        key, secret = self.link.secret("key"), self.link.secret("secret")
        try:
            token = base64.b64decode(incoming.headers.get("authorization", ""), validate=True).decode()
            named, stamp = token.split(":")
            text = incoming.body.decode()
        except ValueError:
            raise CallFault("refused_us") from None
        wanted = sign_v3(key, stamp, text, secret)
        given = incoming.query.get("sign", "").encode("ascii", "replace")
        if named != key or not hmac.compare_digest(wanted.encode(), given):
            raise CallFault("bad_signature")
        moment = time_of({"ts": stamp}, "ts", TIME, self.link.zone)
        if moment is None or abs(at - moment) > SIGNED_FOR:
            raise CallFault("clock")
        body = read_json(incoming.body)
        if text_of(body, "parkCode") != self.link.lot_code:
            raise CallFault("lot_unknown")
        command = text_of(body, "cmd") or incoming.path.rsplit("/", 1)[-1]
        if command not in NOTICES:
            raise CallFault("unknown_code")
        session, bill = noticed_session(body, "parkingCode", "carNo"), text_of(body, "billCode")
        kind = NOTICES[command]
        if kind is NoticeKind.LEFT and text_of(body, "leaveType") in CLOSURES:
            kind = NoticeKind.HEARTBEAT
        return SystemEvent(
            kind,
            identity=f"{session} {bill if kind is NoticeKind.PAID else ''}",
            session=session,
            number=bill,
            amount_fen=fen_of_yuan(body, "actPayCharge") if kind is NoticeKind.PAID else None,
            is_counted=kind is NoticeKind.PAID,
        )

    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]:
        status, code, message = (1, 0, "业务成功") if is_accepted else (4, 908, "拒绝")
        return {"status": status, "resultCode": code, "message": message, "data": {}}

    def call(self, command: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the result code and the data of a call. Raises `CallFault` for a code that is a fault."""
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
        return _result(read_json(self.post(url, body.encode(), headers).body), is_act=command == PAY)

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.link.zone).strftime(TIME)


def _coupon(coupon: SystemCoupon) -> dict[str, Any]:
    """Return a coupon as the platform reads it; with what it took, once that is settled."""
    face = {"amount": yuan_text(coupon.value), "minutes": str(coupon.value), "all_free": "0"}[coupon.kind]
    return {
        "couponName": coupon.name[:32],
        "couponCode": coupon.code,
        "reliefType": RELIEF_TYPES[coupon.kind],
        "faceValue": face,
        **({"maxReliefValue": yuan_text(coupon.most_fen)} if coupon.most_fen is not None else {}),
        **({"couponValue": yuan_text(coupon.taken_fen)} if coupon.taken_fen else {}),
    }


def _result(answer: dict[str, Any], *, is_act: bool) -> tuple[int, dict[str, Any]]:
    """Return the code and the data of an answer. What a payment's answer adds to its code may be anything."""
    status = number_of(answer, "status")
    if status in STATUS_FAULTS:
        raise CallFault(STATUS_FAULTS[status])
    code = number_of(answer, "resultCode", 0)
    if status == 1 and not code:
        if not is_act:
            return code, first(data_of(answer))
        check_counted(answer.get("data"))
        return code, optional(lambda: first(answer.get("data"))) or {}
    if code in {NOT_INSIDE, SETTLED_BEFORE, CHARGE_TOO_OLD}:
        return code, {"message": answer.get("message")} if is_act else {}
    raise refusal(words_of(answer, "message") if is_act else "", RESULT_FAULTS.get(code, "unknown_code"))
