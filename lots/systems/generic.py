"""The open pair: a system that a vendor's programmer connects in a day. See docs/systems-openapi.yaml.

`POST /charge` and `POST /settle`, JSON in UTF-8, money in fen, times in RFC 3339 with a zone. Both sign:
HMAC-SHA256, in hex, over method, path, time stamp and nonce, each ended by a line feed, then the body. An
answer is signed the same way, with `ANSWER` and its status in place of the method and the request's nonce.
"""

import hashlib
import hmac
import json
import secrets
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.timezone import now

from core.transport import Reply
from lots.systems.answer_reading import (
    CallFault,
    check_currency,
    data_of,
    fen_of,
    iso_time_of,
    near_future,
    noticed_session,
    optional,
    part,
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
    Paid,
    PaidCharge,
    SessionGone,
    SystemCoupon,
    TryAgain,
    Unreachable,
)
from lots.systems.remote import VALID, RemoteSystem

WINDOW_SECONDS = 300
MOST_PAGES = 250
REASONS = {
    "absent": Nothing.ABSENT,
    "free": Nothing.FREE,
    "permit": Nothing.PERMIT,
    "paid": Nothing.PAID,
    "no_lane_car": Nothing.NO_LANE_CAR,
}


def sign(secret: str, what: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the signature of a request (`what` is POST) or of its answer (`what` is "ANSWER 200")."""
    signed = f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(secret: str, path: str, timestamp: str, nonce: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request."""
    return {
        "Content-Type": "application/json",
        "X-Parking-Timestamp": timestamp,
        "X-Parking-Nonce": nonce,
        "X-Parking-Signature": sign(secret, "POST", path, timestamp, nonce, body),
    }


class GenericSystem(RemoteSystem):
    """Speaks the open pair."""

    can_ask_again = True
    silent_after = timedelta(minutes=30)  # the document asks for a heartbeat each five
    coupon_kinds = frozenset({"amount", "minutes", "percent", "all_free"})

    def _charge(self, query: ChargeQuery) -> Charge | NothingDue:
        asked: dict[str, Any] = {"at": query.at.isoformat()}
        if query.reference:
            asked |= {"reference": query.reference, "session": query.session}
        if query.plate is not None:
            asked["plate"] = query.plate.text
        elif query.lane is not None:
            asked["lane"] = self.vendor_lane(query.lane)
        answer = self.call("/charge", asked)
        match text_of(answer, "result"):
            case "due":
                return self._due(query, answer)
            case "nothing_due":
                reason = REASONS.get(text_of(answer, "reason"))
                if reason is None:
                    raise CallFault("unknown_code")
                leave_by = near_future(optional(lambda: iso_time_of(answer, "leave_by")), query.at)
                return NothingDue(reason, text_of(answer, "session")[:64], leave_by)
            case "unreachable":
                raise CallFault("lot_offline")
            case "lot_unknown":
                raise CallFault("lot_unknown")
        raise CallFault("unknown_code")

    def _due(self, query: ChargeQuery, answer: dict[str, Any]) -> Charge:
        check_currency(answer)
        valid_until, session = iso_time_of(answer, "valid_until"), text_of(answer, "session")
        if not session:
            raise CallFault("bad_reference")
        return self.due(
            query,
            reference=text_of(answer, "reference"),
            session=session,
            due_fen=_positive(fen_of(answer, "due_fen")),
            price_fen=fen_of(answer, "price_fen"),
            paid_fen=fen_of(answer, "paid_fen", 0),
            entered_at=iso_time_of(answer, "entered_at"),
            valid_for=valid_until - query.at if valid_until else VALID,
            masked_plate=_masked(answer) if query.plate is None else "",
            seen=plate_seen(answer, "masked_plate", query),
        )

    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone:
        content: dict[str, Any] = {
            "reference": settlement.reference,
            "session": settlement.session,
            "number": settlement.number,
            "amount_fen": settlement.amount_fen,
            "paid_at": settlement.paid_at.isoformat(),
            "channel": settlement.channel,
        }
        if settlement.lane is not None and settlement.lane in self.link.lanes:
            content["lane"] = self.link.lanes[settlement.lane]
        answer = self.call("/settle", content)
        match text_of(answer, "result"):
            case "accepted":
                return Accepted(near_future(optional(lambda: iso_time_of(answer, "leave_by")), now()))
            case "stay_gone":
                return SessionGone()
            case "try_again":
                raise CallFault("busy")
            case "lot_unknown":
                raise CallFault("lot_unknown")
        raise CallFault("unknown_code")

    def give_coupon(
        self, coupon: SystemCoupon, *, session: str, is_repeat: bool
    ) -> Accepted | CouponRefused | TryAgain:
        """Have a coupon counted for a stay, once for each number: `POST /coupon`, if the system has it."""
        del is_repeat  # the number tells
        answer = self.acted(lambda: self._give_coupon(coupon, session))
        return CouponRefused() if answer == TryAgain("no_such_address") else answer

    def _give_coupon(self, coupon: SystemCoupon, session: str) -> Accepted | CouponRefused:
        content: dict[str, Any] = {
            "session": session,
            "number": coupon.code,
            "kind": coupon.kind,
            "value": coupon.value,
            "name": coupon.name,
            **({"most_fen": coupon.most_fen} if coupon.most_fen is not None else {}),
        }
        match text_of(self.call("/coupon", content), "result"):
            case "accepted":
                return Accepted()
            case "refused":
                return CouponRefused()
            case "try_again":
                raise CallFault("busy")
        raise CallFault("unknown_code")

    def paid_list(self, begin: datetime, end: datetime) -> list[Paid] | Unreachable:
        """Return the list that the system may offer at `POST /payments`, page by page."""
        found = self.answered(lambda: self._paid_list(begin, end))
        return Unreachable("not_offered") if found == Unreachable("no_such_address") else found

    def _paid_list(self, begin: datetime, end: datetime) -> list[Paid]:
        found: list[Paid] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {"from": begin.isoformat(), "until": end.isoformat(), "page": page}
            answer = self.call("/payments", asked)
            rows, more = data_of(answer, "payments"), answer.get("more")
            if rows is None:  # an empty list of Java or C#
                rows = []
            if not isinstance(rows, list) or not isinstance(more, bool | None):
                raise CallFault("malformed")  # a "true" that is a text would end the list too early
            found += [Paid(text_of(row, "number"), fen_of(row, "amount_fen")) for row in map(part, rows)]
            if not more:
                return found
        raise CallFault("malformed")

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent:
        """Return what a system reports, signed as a request is; its nonce makes it one of a kind."""
        stamp = incoming.headers.get("x-parking-timestamp", "")
        nonce = incoming.headers.get("x-parking-nonce", "")
        given = incoming.headers.get("x-parking-signature", "").lower()
        wanted = sign(self.link.secret("secret"), "POST", incoming.path, stamp, nonce, incoming.body)
        if not hmac.compare_digest(wanted.encode(), given.encode("ascii", "replace")):
            raise CallFault("bad_signature")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
            raise CallFault("clock")
        if abs(at.timestamp() - int(stamp)) > WINDOW_SECONDS or not 16 <= len(nonce) <= 64:
            raise CallFault("clock")
        body = read_json(incoming.body)
        if text_of(body, "lot") != self.link.lot_code:
            raise CallFault("lot_unknown")
        try:
            kind = NoticeKind(text_of(body, "event"))
        except ValueError:
            raise CallFault("unknown_code") from None
        session, number = noticed_session(body, "session"), text_of(body, "number")
        is_missing = not number if kind is NoticeKind.SETTLED else not session
        if kind is not NoticeKind.HEARTBEAT and is_missing:
            raise CallFault("malformed")
        amount = fen_of(body, "amount_fen", 0) if kind is NoticeKind.PAID else None
        is_counted = kind in {NoticeKind.PAID, NoticeKind.SETTLED}
        return SystemEvent(kind, f"{session} {number}", session, number, amount, is_counted)

    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]:
        return {"result": "accepted" if is_accepted else "refused"}

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the verified answer to a signed request."""
        secret = self.link.secret("secret")
        url = self.link.base_url.rstrip("/") + path
        body = json.dumps({"lot": self.link.lot_code, **content}, ensure_ascii=False).encode()
        path = urlsplit(url).path
        nonce = secrets.token_hex(16)
        reply = self.post(url, body, signed_headers(secret, path, str(int(time.time())), nonce, body))
        _verify(secret, path, nonce, reply)
        return read_json(reply.body)


def _verify(secret: str, path: str, nonce: str, reply: Reply) -> None:
    timestamp = reply.headers.get("x-parking-timestamp", "")
    given = reply.headers.get("x-parking-signature", "").strip().lower()
    wanted = sign(secret, f"ANSWER {reply.status}", path, timestamp, nonce, reply.body)
    if not hmac.compare_digest(wanted.encode(), given.encode("ascii", "replace")):
        raise CallFault("bad_signature")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise CallFault("clock")


def _masked(answer: dict[str, Any]) -> str:
    """Return a plate that the system has masked; nothing of a text that is masked nowhere."""
    text = text_of(answer, "masked_plate")[:16]
    return text if "*" in text else ""


def _positive(fen: int) -> int:
    if fen <= 0:
        raise CallFault("bad_amount")  # nothing due has an answer of its own
    return fen
