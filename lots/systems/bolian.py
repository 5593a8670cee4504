"""泊链 (bolink), in both of its roles; which one, the option `role` says.

`page`: we are the page of car owners and ask the cloud. Its prepay is accepted, not settled: the lot's own
answer comes later, so a settlement is asked again until the order shows as prepaid. `cloud`: we ask the lot's
software as the cloud does, and `state` 1 settles. Amounts are texts in yuan. The signature has `key=` before
the secret.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from datetime import datetime
from typing import Any

from lots.systems.answer_reading import (
    CallFault,
    check_currency,
    check_lot,
    check_plate,
    fen_of_yuan,
    first,
    minutes_after,
    minutes_of,
    moment_of,
    number_of,
    plate_asked,
    plate_seen,
    read_json,
    text_of,
    yuan_text,
)
from lots.systems.notices import Incoming, NoticeKind, SystemEvent
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
)
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_refusals import gone_unless_paid, refusal, says_paid, words_of

FAILED, FINE, PREPAID, OFFLINE = 0, 1, 2, 3
CHANNELS = {"wechat": 0, "alipay": 1}
_SIGN, _DATA = rb'"sign"\s*:\s*"(?P<sign>[0-9A-Fa-f]{32})"', rb'"data"\s*:\s*(?P<data>\{.*\})'
SIGNED = tuple(  # the signature covers the bytes of `data`, whichever of the two comes first
    re.compile(rb"\s*\{\s*" + first + rb"\s*,\s*" + second + rb"\s*\}\s*", re.DOTALL)
    for first, second in ((_DATA, _SIGN), (_SIGN, _DATA))
)
INSIDE, AT_EXIT = 0, 1  # pay_scene
PREPAY_DONE = 1  # prepay_result
SIGNATURE_REFUSED = re.compile(r"签名|sign", re.IGNORECASE)
NONE_SUCH = re.compile(r"未|没有|无|不存在|不在|已离|已出场|已驶|\bnot?\b|\bleft\b", re.IGNORECASE)
ORDER = re.compile(r"订单|车(?!场)|在场|入场|order|car", re.IGNORECASE)


def sign(data: bytes, key: str) -> str:
    """Return the signature of the JSON of `data`, exactly as it is sent."""
    return hashlib.md5(data + f"key={key}".encode(), usedforsecurity=False).hexdigest().upper()


class BolianSystem(RemoteSystem):
    """Options: `role` page (default) or cloud; for the page `union_id`, `park_union_id`. Secrets: `key`."""

    is_weak = True

    @property
    def _is_cloud(self) -> bool:
        return self.link.option("role", "page") == "cloud"

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        answer = self._price_in_lot(query) if self._is_cloud else self._price_at_cloud(query)
        state, order = number_of(answer, "state"), text_of(answer, "order_id")
        if state == OFFLINE:
            raise CallFault("lot_offline")
        if state == FAILED and _knows_no_order(answer):
            return NothingDue(Nothing.ABSENT if query.lane is None else Nothing.NO_LANE_CAR)
        if state not in {FINE, PREPAID}:
            raise CallFault("unknown_code")
        if not order:
            raise CallFault("bad_reference")
        check_lot(answer, "park_id", self.link.lot_code)
        check_plate(answer, "car_number" if self._is_cloud else "plate_number", query.plate)
        check_currency(answer)
        due = fen_of_yuan(answer, "price" if self._is_cloud else "money")
        if state == PREPAID and due == 0:
            leave_by = minutes_after(query.at, minutes_of(answer, "free_out_time"))
            return NothingDue(Nothing.PAID, order[:64], leave_by)
        if due == 0:
            return NothingDue(Nothing.FREE, order[:64])
        asked = text_of(answer, "query_order_no") or text_of(answer, "quey_order_no")  # spelled so
        return self.due(
            query,
            reference=asked or order,
            session=order,
            due_fen=due,
            price_fen=fen_of_yuan(answer, "total", due),
            paid_fen=fen_of_yuan(answer, "prepay", 0),
            entered_at=moment_of(answer, "start_time", self.link.zone),
            seen=plate_seen(answer, "car_number", query),
        )

    def _price_at_cloud(self, query: ChargeQuery) -> dict[str, Any]:
        return self.call("unionapi/neworder/quercurrorder", {"plate_number": plate_asked(query).text})

    def _price_in_lot(self, query: ChargeQuery) -> dict[str, Any]:
        content: dict[str, Any] = {"query_order_no": secrets.token_hex(8), "pay_scene": INSIDE}
        if query.plate is not None:
            content["car_number"] = query.plate.text
        elif query.lane is not None:
            content |= {"pay_scene": AT_EXIT, "out_channel_id": self.vendor_lane(query.lane)}
        else:
            raise CallFault("not_supported")
        return self.call("query_price", content)

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        content = {
            "order_id": settlement.session,
            "trade_no": settlement.number,
            "prepay": yuan_text(settlement.amount_fen),
            "pay_time": int(settlement.paid_at.timestamp()),
            "pay_channel": CHANNELS.get(settlement.channel, 0),
            "query_order_no": settlement.reference,
        }
        if self._is_cloud:
            return self._counted(self.call("prepay_order", content), settlement.session)
        paid = self.call("unionapi/neworder/prepay", content | {"user_id": "0"})
        answer = self._counted(paid, settlement.session)
        if isinstance(answer, Accepted) and number_of(self._order(settlement.session), "state") != PREPAID:
            raise CallFault("waiting_for_lot")
        return answer

    def _counted(self, answer: dict[str, Any], order: str) -> Accepted | SessionGone:
        """Read `state` 1. A refusal gives no reason: the car has left only if its order is gone too."""
        state = number_of(answer, "state")
        if state == OFFLINE:
            raise CallFault("lot_offline")
        if state == FINE:
            return Accepted()
        words = _message_of(answer)
        if state == PREPAID:
            raise CallFault("paid_already")
        if state != FAILED:
            raise CallFault("unknown_code")
        known = self._order(order)
        if _knows_no_order(known) and _message_of(known):
            return gone_unless_paid(words)
        if not self._is_cloud and says_paid(words) and number_of(known, "state") != PREPAID:
            raise CallFault("not_confirmed")
        raise refusal(words, "bill_refused")

    def _order(self, order: str) -> dict[str, Any]:
        """Ask for an order by its number, without a plate."""
        if self._is_cloud:
            asked = {"query_order_no": secrets.token_hex(8), "pay_scene": INSIDE, "order_id": order}
            return self.call("query_price", asked)
        return self.call("unionapi/neworder/quercurrorder", {"order_id": order})

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent:
        """Return what became of a payment that the cloud had only accepted (`prepay_result`).

        The order is asked again: the notice itself settles nothing. Its answer is that of the documentation.
        """
        del at
        body = _unpacked(incoming.body)
        signed = _signed_part(body, self.link.secret("key"))
        if signed is None:
            raise CallFault("malformed")
        data = read_json(signed)
        number, order = text_of(data, "trade_no"), text_of(data, "order_id")
        check_lot(data, "park_id", self.link.lot_code)
        result = number_of(data, "prepay_result")
        if not number or result not in {0, 1}:
            raise CallFault("unknown_code")
        return SystemEvent(
            NoticeKind.SETTLED, f"{number} {result}", order, number, is_counted=result == PREPAY_DONE
        )

    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]:
        return {"state": int(is_accepted)}

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the `data` of an answer."""
        content = {"park_id": self.link.lot_code, **content}
        if not self._is_cloud:
            content |= {
                "union_id": self.link.option("union_id"),
                "park_union_id": self.link.option("park_union_id"),
                "rand": secrets.token_hex(8),
            }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        body = f'{{"data":{text},"sign":"{sign(text.encode(), self.link.secret("key"))}"}}'
        url = f"{self.link.base_url.rstrip('/')}/{path}"
        reply = _unpacked(self.post(url, body.encode(), {"Content-Type": "application/json"}).body)
        answer = read_json(reply)
        if text_of(answer, "sign") and _signed_part(reply, self.link.secret("key")) is None:
            raise CallFault("bad_signature")
        data = first(answer.get("data")) or answer
        if number_of(data, "state") == FAILED and SIGNATURE_REFUSED.search(_message_of(data)):
            raise CallFault("refused_us")
        return data


def _unpacked(body: bytes) -> bytes:
    """Return the JSON of a message, which some interfaces put into base64, and some servers into a string."""
    body = body.strip().removeprefix(b"\xef\xbb\xbf")
    try:
        if body.startswith(b'"'):
            body = str(json.loads(body)).encode()
        return body if body.startswith(b"{") else base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        raise CallFault("malformed") from None


def _signed_part(body: bytes, key: str) -> bytes | None:
    """Return the `data` of a message, byte for byte; None where it has no signature.

    Raises `CallFault` for a wrong one.
    """
    found = next(filter(None, (pattern.fullmatch(body) for pattern in SIGNED)), None)
    if found is None:
        return None
    wanted = sign(found["data"], key).encode()
    if not hmac.compare_digest(wanted, found["sign"].upper()):
        raise CallFault("bad_signature")
    return found["data"]


def _message_of(answer: dict[str, Any]) -> str:
    return words_of(answer, "errmsg", "message")


def _knows_no_order(answer: dict[str, Any]) -> bool:
    """Return whether an answer says that there is no such order.

    All refusals have state 0, and only their text tells them apart. One about anything but the order or its
    car is a fault.
    """
    if number_of(answer, "state") != FAILED or text_of(answer, "order_id"):
        return False
    message = _message_of(answer)
    return not message or (NONE_SUCH.search(message) is not None and ORDER.search(message) is not None)
