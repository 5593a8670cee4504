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
from typing import Any
from urllib.parse import urlsplit

from core.transport import Reply
from lots.systems.base import Accepted, Charge, ChargeQuery, Nothing, NothingDue, Settlement, StayGone
from lots.systems.remote import (
    VALID,
    Fault,
    RemoteSystem,
    check_currency,
    fen_of,
    iso_time_of,
    read_json,
    text_of,
)

WINDOW_SECONDS = 300
REASONS = {
    "absent": Nothing.ABSENT,
    "free": Nothing.FREE,
    "permit": Nothing.FREE,
    "paid": Nothing.PAID,
    "no_lane_car": Nothing.NO_LANE_CAR,
}


def sign(secret: str, what: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the signature of a request (`what` is POST) or of its answer (`what` is "ANSWER 200")."""
    signed = f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class GenericSystem(RemoteSystem):
    """Speaks the open pair."""

    can_ask_again = True

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
                    raise Fault("unknown_code")
                return NothingDue(reason, text_of(answer, "session")[:64], iso_time_of(answer, "leave_by"))
            case "unreachable":
                raise Fault("lot_offline")
        raise Fault("unknown_code")

    def _due(self, query: ChargeQuery, answer: dict[str, Any]) -> Charge:
        check_currency(answer)
        valid_until = iso_time_of(answer, "valid_until")
        return self.due(
            query,
            reference=text_of(answer, "reference"),
            session=text_of(answer, "session"),
            due_fen=_positive(fen_of(answer, "due_fen")),
            price_fen=fen_of(answer, "price_fen"),
            paid_fen=fen_of(answer, "paid_fen", 0),
            entered_at=iso_time_of(answer, "entered_at"),
            valid_for=valid_until - query.at if valid_until else VALID,
            masked_plate=text_of(answer, "masked_plate")[:16] if query.plate is None else "",
        )

    def _settle(self, settlement: Settlement) -> Accepted | StayGone:
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
                return Accepted(iso_time_of(answer, "leave_by"))
            case "stay_gone":
                return StayGone()
            case "try_again":
                raise Fault("busy")
        raise Fault("unknown_code")

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the verified answer to a signed request."""
        secret = self.link.secret("secret")
        url = self.link.base_url.rstrip("/") + path
        body = json.dumps({"lot": self.link.lot_code, **content}, ensure_ascii=False).encode()
        path = urlsplit(url).path
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "X-Parking-Timestamp": timestamp,
            "X-Parking-Nonce": nonce,
            "X-Parking-Signature": sign(secret, "POST", path, timestamp, nonce, body),
        }
        reply = self.post(url, body, headers)
        _verify(secret, path, nonce, reply)
        return read_json(reply.body)


def _verify(secret: str, path: str, nonce: str, reply: Reply) -> None:
    timestamp = reply.headers.get("x-parking-timestamp", "")
    given = reply.headers.get("x-parking-signature", "")
    wanted = sign(secret, f"ANSWER {reply.status}", path, timestamp, nonce, reply.body)
    if not hmac.compare_digest(wanted.encode(), given.encode("ascii", "replace")):
        raise Fault("bad_signature")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise Fault("clock")


def _positive(fen: int) -> int:
    if fen <= 0:
        raise Fault("bad_amount")  # nothing due has an answer of its own
    return fen
