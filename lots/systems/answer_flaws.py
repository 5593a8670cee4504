"""What is wrong with an answer of the open pair, in words for the programmer who wrote it.

A flaw breaks the description (docs/systems-openapi.yaml). A remark is something that we read all the same,
though the description says otherwise.
"""

import hmac
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.timezone import now

from core.transport import NotSent, OutcomeUnknown, PooledTransport, Reply
from lots.plates import Plate
from lots.systems.answer_reading import MAX_FEN, YUAN, CallFault, check_reference, number_of, read_json
from lots.systems.generic import REASONS, WINDOW_SECONDS, sign
from lots.systems.remote import CONNECT_SECONDS, MAX_ANSWER, READ_SECONDS

SLOW_SECONDS = 2.0  # a driver waits
PATIENCE = 3  # times as long as a driver's page waits, and as large: so that a flaw is named, not guessed
RESULTS = {
    "charge": ("due", "nothing_due", "unreachable", "lot_unknown"),
    "settle": ("accepted", "stay_gone", "try_again", "lot_unknown"),
    "coupon": ("accepted", "refused", "try_again"),
}
MILLISECONDS = 10**11  # Unix seconds are far below, Unix milliseconds above
AHEAD = timedelta(minutes=2)
SHORTEST_VALIDITY = timedelta(minutes=1)
EXAMPLE = "2026-01-05T09:30:00+08:00"


@dataclass(frozen=True)
class Call:
    """One request of the test, and what came back. `trouble` says why there is no answer."""

    path: str
    signed: bytes = field(repr=False)  # all that the request's signature covers before its body
    nonce: str
    reply: Reply | None = field(repr=False)
    seconds: float
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


class Watch:
    """A transport that remembers its last call. It gives up when a driver's page would."""

    def __init__(self, certificates: str = "") -> None:
        self.last: Call | None = None
        self.slowest = 0.0
        self._transport = PooledTransport(
            "conformance test",
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS * PATIENCE,
            max_answer=MAX_ANSWER * PATIENCE,
            certificates=certificates,
        )

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        path, nonce = urlsplit(url).path, headers["X-Parking-Nonce"]
        signed = f"POST\n{path}\n{headers['X-Parking-Timestamp']}\n{nonce}\n".encode()
        start = time.monotonic()
        reply, trouble = None, ""
        try:
            reply = self._transport.send(method, url, headers, body)
        except NotSent:
            trouble = "not asked any more, after five requests without an answer"
        except OutcomeUnknown:
            trouble = "no"
        seconds = time.monotonic() - start
        if reply is not None and len(reply.body) > MAX_ANSWER:
            reply, trouble = None, f"the answer is larger than {MAX_ANSWER} bytes"
        elif seconds > READ_SECONDS:
            reply, trouble = None, f"no whole answer within {READ_SECONDS:.0f} s: send it at once, and whole"
        elif trouble == "no":
            trouble = (
                f"the connection ended without a whole answer of at most {MAX_ANSWER} bytes: see the server's"
                " own log, and whether Content-Length is right. Or it closes connections that it promised to"
                " keep: send Connection: close"
            )
        self.slowest = max(self.slowest, seconds)
        self.last = Call(path, signed, nonce, reply, seconds, trouble)
        if reply is None:
            raise OutcomeUnknown("no usable answer")
        return reply


def flaws_of(call: Call | None, secret: str, plate: Plate) -> list[str]:
    """Return what is wrong with the answer to a call; why there is none."""
    if call is None:
        return []
    if call.reply is None:
        return [call.trouble]
    status = call.reply.status
    if status == 401:
        return [
            "the server refuses our signature. It is the hex HMAC-SHA256, under the secret in PARKING_SECRET,"
            f" of {call.signed!r} and then the body as it came, byte for byte: not one that was read and"
            " written again. X-Parking-Timestamp is in seconds"
        ]
    if not 200 <= status < 300:
        return [f"a question is answered with status 200, not {status}"]
    return [*_signature_flaws(call, call.reply, secret), *_body_flaws(call, call.reply.body, plate)]


def _signature_flaws(call: Call, reply: Reply, secret: str) -> Iterator[str]:
    stamp = reply.headers.get("x-parking-timestamp", "")
    given = reply.headers.get("x-parking-signature", "").strip().lower()
    if packing := reply.headers.get("content-encoding", ""):
        yield f"the body is compressed ({packing}); we ask for none: send it as it is"
    if not stamp:
        yield "the header X-Parking-Timestamp is missing in the answer"
        return
    if not (stamp.isascii() and stamp.isdecimal()) or int(stamp) > MILLISECONDS:
        yield "X-Parking-Timestamp must be Unix seconds, such as 1767571200; not milliseconds"
    elif (away := abs(round(time.time() - int(stamp)))) > WINDOW_SECONDS:
        yield f"X-Parking-Timestamp is {away} s away from this machine's clock"
    wanted = sign(secret, f"ANSWER {reply.status}", call.path, stamp, call.nonce, reply.body)
    if not given:
        yield "the header X-Parking-Signature is missing in the answer"
    elif not hmac.compare_digest(wanted.encode(), given.encode("ascii", "replace")):
        head = f"ANSWER {reply.status}\n{call.path}\n{stamp}\n{call.nonce}\n".encode()
        yield f"X-Parking-Signature must be the hex HMAC-SHA256 of {head!r} and then the body as it is sent"


def _body_flaws(call: Call, body: bytes, plate: Plate) -> Iterator[str]:
    try:
        answer = read_json(body)
    except CallFault:
        yield "the body is not one JSON object, or has a name twice"
        return
    results = RESULTS.get(call.name, ())
    result = answer.get("result")
    if results and result not in results:
        yield f"result must be one of {', '.join(results)}"
    if result == "nothing_due" and answer.get("reason") not in REASONS:
        yield f"reason must be one of {', '.join(REASONS)}"
    if result == "due":
        yield from _due_flaws(answer, plate)
    yield from _time_flaws(answer, "leave_by")


def _due_flaws(answer: Mapping[str, Any], plate: Plate) -> Iterator[str]:
    for name in ("reference", "session"):
        yield from _reference_flaws(answer, name, plate)
    amounts = {name: _fen(answer, name) for name in ("price_fen", "due_fen")}
    amounts["paid_fen"] = 0 if answer.get("paid_fen") is None else _fen(answer, "paid_fen")
    for name, fen in amounts.items():
        if fen is None:
            yield f"{name} must be a whole number of fen: 1050 for 10.50 yuan"
        elif name == "due_fen" and not 0 < fen <= MAX_FEN:
            yield f"due_fen must be 1 to {MAX_FEN}; a car that has nothing to pay is nothing_due"
        elif not 0 <= fen <= MAX_FEN:
            yield f"{name} must be 0 to {MAX_FEN}"
    price, due, paid = amounts.values()
    if price is not None and due is not None and paid is not None and price < due + paid:
        yield "price_fen is what the whole stay costs: it cannot be less than paid_fen and due_fen together"
    if str(answer.get("currency") or "CNY").upper() not in YUAN:
        yield "currency must be left out, or CNY: every amount is in fen of the yuan"
    for name in ("entered_at", "valid_until"):
        yield from _time_flaws(answer, name)


def _reference_flaws(answer: Mapping[str, Any], name: str, plate: Plate) -> Iterator[str]:
    value = answer.get(name)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        check_reference(text if isinstance(text, str) else "", plate)
    except CallFault as fault:
        held = ": the plate is in it" if fault.code == "plate_in_reference" else ""
        yield f"{name} must be 1 to 64 ASCII characters, without the plate{held}"


def _time_flaws(answer: Mapping[str, Any], name: str) -> Iterator[str]:
    if (value := answer.get(name)) in (None, ""):
        return
    if (moment := _moment(value)) is None:
        yield f"{name} must be a time with zone, such as {EXAMPLE}"
        return
    ahead = moment - now()
    if name == "entered_at" and ahead > AHEAD:
        yield f"entered_at is {_span(ahead)} ahead of now: is it local time under the zone of another place?"
    if name != "entered_at" and ahead < timedelta(0):
        yield f"{name} is over since {_span(-ahead)}: is it local time under the zone of another place?"


def remarks_of(call: Call | None) -> list[str]:
    """Return what was read, though it is not as described."""
    if call is None or call.reply is None:
        return []
    status = call.reply.status
    other = [f"its status is {status}; the description says 200"] if status != 200 else []
    return [*other, *_spelling_remarks(call.reply.body), *_value_remarks(call.reply.body)]


def _spelling_remarks(body: bytes) -> Iterator[str]:
    if body.startswith(b"\xef\xbb\xbf"):
        yield "the body begins with a byte order mark"
    try:
        body.decode()
    except UnicodeDecodeError:
        yield "the body is not UTF-8"
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b'"'):
        yield "the body is a JSON text that holds JSON; send the object itself"


def _value_remarks(body: bytes) -> Iterator[str]:
    try:
        answer = read_json(body)
    except CallFault:
        return
    for name in ("price_fen", "due_fen", "paid_fen"):
        if not isinstance(answer.get(name), int | None):
            yield f"{name} should be a number without a fraction"
    for name in ("reference", "session"):
        if not isinstance(answer.get(name), str | None):
            yield f"{name} should be a text"
    until = _moment(answer.get("valid_until"))
    if until is not None and timedelta(0) < until - now() < SHORTEST_VALIDITY:
        yield "valid_until leaves the driver less than a minute to pay"


def _fen(answer: Mapping[str, Any], name: str) -> int | None:
    """Return an amount that we can read; None where it is none."""
    try:
        return number_of(answer, name)
    except CallFault:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
