"""P云 as its cloud speaks to a car park's software: one address of the vendor, JSON, fen.

A vendor that already serves P云 over HTTP is connected without a change on its side. Its answers are signed
as our requests are: MD5 over the sorted fields, blanks left out, with `app_secret` at the end.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lots.systems.answer_reading import (
    CallFault,
    check_currency,
    check_lot,
    check_plate,
    fen_of,
    minutes_after,
    minutes_of,
    moment_of,
    noticed_session,
    number_of,
    plate_seen,
    read_json,
    text_of,
)
from lots.systems.notices import Incoming, NoticeKind, SystemEvent
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    CouponRefused,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
    SystemCoupon,
    TryAgain,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import gone_unless_paid, refusal, words_of

TIME = "%Y%m%d%H%M%S"
BILLING, RESULT = "service.parking.payment.billing", "service.parking.payment.result"
DISCOUNT = "service.parking.discount.create"
FINE, NO_STAY, PERMIT, BAD_SIGNATURE, VOID, FAILED = 1001, 1002, 1003, 1401, 1403, 1500
WORDS = ("message", "hint", "result_message")
TEMPORARY = 1
ORIGINS = {"alipay": 4, "wechat": 8}
NOTICES = {"enter": NoticeKind.ENTERED, "leave": NoticeKind.LEFT}
COUPON_TYPES = {"amount": 1, "minutes": 2, "all_free": 3}


def sign(fields: Mapping[str, Any], secret: str) -> str:
    """Return the signature of a message; `sign` itself and blanks are no part of it."""
    signed = [
        f"{name}={_flat(fields[name])}"
        for name in sorted(fields)
        if name != "sign" and fields[name] not in (None, "")
    ]
    text = "&".join([*signed, f"app_secret={secret}"])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _flat(value: Any) -> str:
    """Return a value as its JSON has it: `true`, and not Python's own spelling."""
    is_plain = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class PcloudSystem(RemoteSystem):
    """Secrets: `secret`. Lanes: `gate_id`. The lot number is `park_uuid`."""

    is_weak = True
    silent_after = timedelta(hours=12)  # it reports cars alone, and few come at night
    coupon_kinds = frozenset(COUPON_TYPES)

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        if query.plate is not None:
            code, answer = self.call(BILLING, {"plate": query.plate.text})
        elif query.lane is not None:
            code, answer = self.call(BILLING, {"gate_id": self.vendor_lane(query.lane)})
        else:
            raise CallFault("not_supported")
        if code == NO_STAY:
            return NothingDue(Nothing.ABSENT if query.plate is not None else Nothing.NO_LANE_CAR)
        check_lot(answer, "park_uuid", self.link.lot_code)
        check_plate(answer, "plate", query.plate)
        check_currency(answer)
        session = text_of(answer, "parking_serial")
        if code == VOID:  # an answer to a payment, not to a question
            raise CallFault("unknown_code")
        if code == PERMIT:
            return NothingDue(Nothing.PERMIT, session)
        due, paid = fen_of(answer, "pay_value"), fen_of(answer, "paid_value", 0)
        if due == 0:
            leave_by = minutes_after(query.at, minutes_of(answer, "buffer_time") // 60) if paid else None
            return NothingDue(Nothing.PAID if paid else Nothing.FREE, session, leave_by)
        if not session:
            raise CallFault("bad_reference")
        return self.due(
            query,
            reference=text_of(answer, "parking_order"),
            session=session,
            due_fen=due,
            price_fen=fen_of(answer, "total_value", due),
            paid_fen=paid,
            entered_at=moment_of(answer, "enter_time", self.link.zone),
            seen=plate_seen(answer, "plate", query),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        content = {
            "parking_serial": settlement.session,
            "parking_order": settlement.reference,
            "pay_serial": settlement.number,
            "pay_time": settlement.paid_at.astimezone(self.link.zone).strftime(TIME),
            "value": settlement.amount_fen,
            "pay_value": settlement.amount_fen,
            "pay_origin": ORIGINS.get(settlement.channel, 0),
            "pay_origin_desc": "停车费",
        }
        if settlement.lane is not None and settlement.lane in self.link.lanes:
            content["gate_id"] = self.link.lanes[settlement.lane]  # has the vendor open the barrier
        code, answer = self.call(RESULT, content)
        words = words_of(answer, *WORDS)
        if code == VOID:
            return gone_unless_paid(words)
        if code != FINE:
            raise refusal(words, "bill_refused")
        return Accepted()

    def give_coupon(
        self, coupon: SystemCoupon, *, session: str, is_repeat: bool
    ) -> Accepted | CouponRefused | TryAgain:
        """Have a coupon counted for a stay (`discount.create`).

        1403 says that the car has another discount; after a call without an answer that is this coupon.
        """
        return self.acted(lambda: self._give_coupon(coupon, session, is_repeat=is_repeat))

    def _give_coupon(
        self, coupon: SystemCoupon, session: str, *, is_repeat: bool
    ) -> Accepted | CouponRefused:
        content = {
            "parking_serial": session,
            "grant_serial": coupon.code,
            "type": COUPON_TYPES[coupon.kind],
            "value": coupon.value,
            "store_name": coupon.shop,
            "store_code": coupon.shop_code,
            "coupon_name": coupon.name,
            "coupon_code": coupon.code,
        }
        code, _ = self.call(DISCOUNT, content)
        if code == FINE or (code == VOID and is_repeat):
            return Accepted()
        return CouponRefused()

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent:
        """Return what a car park's software reports to the cloud: `enter` and `leave`, as a form or JSON.

        These messages have no time of their own making: a repeat is known by its stay.
        """
        del at
        fields: Mapping[str, Any] = incoming.form or read_json(incoming.body)
        signature = text_of(fields, "sign").upper().encode()
        if not hmac.compare_digest(sign(fields, self.link.secret("secret")).encode(), signature):
            raise CallFault("bad_signature")
        if text_of(fields, "park_uuid") != self.link.lot_code:
            raise CallFault("lot_unknown")
        kind = NOTICES.get(incoming.path.rsplit("/", 1)[-1])
        session = noticed_session(fields, "parking_serial", "plate")
        if kind is None or not session:
            raise CallFault("unknown_code")
        return SystemEvent(kind, identity=session, session=session)

    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]:
        code, message = ("200", "OK") if is_accepted else ("403", "refused")
        return {"code": code, "message": message}

    def call(self, service: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the code and the verified fields of an answer. Raises `CallFault` for a code of a fault."""
        secret = self.link.secret("secret")
        fields = {
            "service": service,
            "version": "1.0",
            "charset": "UTF-8",
            "park_uuid": self.link.lot_code,
            **content,
        }
        body = json.dumps(fields | {"sign": sign(fields, secret)}, ensure_ascii=False).encode()
        reply = self.post(self.link.base_url, body, {"Content-Type": "application/json;charset=UTF-8"})
        answer = read_json(reply.body)
        code = number_of(answer, "result_code")
        if code == BAD_SIGNATURE:
            raise CallFault("refused_us")
        if code == FAILED:  # error handlers of vendors' software do not sign
            raise refusal(words_of(answer, *WORDS), "system_error")
        if not hmac.compare_digest(sign(answer, secret).encode(), text_of(answer, "sign").upper().encode()):
            raise CallFault("bad_signature")
        if code not in {FINE, NO_STAY, PERMIT, VOID}:
            raise CallFault("unknown_code")
        return code, answer
