"""Whether a server keeps the rules of the open pair: each rule by a request that shows it.

A finding names what is wrong for the vendor's programmer: the field, the header, or the bytes to sign.
"""

import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.timezone import now

from core.transport import OutcomeUnknown, Reply, Unreached, reach
from lots.plates import Plate, parse
from lots.systems.base import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    Settlement,
    StayGone,
    TryAgain,
    Unreachable,
)
from lots.systems.generic import REASONS, WINDOW_SECONDS, GenericSystem, sign, signed_headers
from lots.systems.remote import MAX_FEN, READ_SECONDS, Fault, Link, read_json

NO_CAR = parse("沪A00000")
NUMBER = "C" + "0" * 11  # and 13 digits of the clock: numbers of its own for each run
RESULTS = ("due", "nothing_due", "unreachable", "lot_unknown")
NO_STAY = {"reference": "no-such", "session": "no-such-session"}
NOT_OFFERED = {404, 405, 501}
TEXTS, AMOUNTS, TIMES = ("reference", "session"), ("price_fen", "due_fen"), ("entered_at", "valid_until")


def is_listening(url: str) -> bool:
    """Return whether something takes connections at this address."""
    address = urlsplit(url)
    is_tls = address.scheme == "https"
    try:
        port = address.port or (443 if is_tls else 80)
        reach("conformance test", address.hostname or "", port, is_tls=is_tls, seconds=READ_SECONDS)
    except (Unreached, ValueError):
        return False
    return address.scheme in {"http", "https"}


def conform(link: Link, plate: Plate, lane: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each rule and what is wrong, "" where it is kept. A test car's fee is paid.

    `lane`: the system's own number of the exit lane where the test car stands, if lane codes are to be used.
    """
    system = GenericSystem(link)
    yield "a wrong signature is refused", _refuses(link, secret=link.secret("secret") + "x")
    yield "an old request is refused", _refuses(link, seconds=-3600)
    yield "a forged payment is refused", _refuses(link, "/settle", secret=link.secret("secret") + "x")
    yield "another lot is not answered for", _knows_its_lot(link, plate)
    absent = system.charge(ChargeQuery(now(), plate=NO_CAR))
    is_absent = isinstance(absent, NothingDue) and absent.reason is Nothing.ABSENT
    yield "an absent car is absent", "" if is_absent else _why(link, absent, NO_CAR)
    charge = system.charge(ChargeQuery(now(), plate=plate))
    yield "the test car owes something", "" if isinstance(charge, Charge) else _why(link, charge, plate)
    if not isinstance(charge, Charge):
        return
    again = system.charge(ChargeQuery(now(), plate=plate))
    yield "asking changes nothing", _unless(_is_same(again, charge), again)
    named = system.charge(ChargeQuery(now(), reference=charge.reference, session=charge.session))
    yield "a charge can be asked again", _unless(_is_same(named, charge), named)
    if lane:
        yield from _finds_by_lane(link, charge, plate, lane)
    yield from _settles(system, charge, plate)
    yield from _offers(link)


def _is_same(answer: object, charge: Charge) -> bool:
    return isinstance(answer, Charge) and (answer.due_fen, answer.session) == (charge.due_fen, charge.session)


def _finds_by_lane(link: Link, charge: Charge, plate: Plate, lane: str) -> Iterator[tuple[str, str]]:
    system = GenericSystem(replace(link, lanes={1: lane, 2: f"{lane}-none"}))
    found = system.charge(ChargeQuery(now(), lane=1))
    yield "the car in the lane is found", _unless(_is_same(found, charge), found)
    shown = plate.text in _raw(link, {"lane": lane}).replace("·", "")
    yield "its plate is masked", "the whole plate is in the answer to a lane" if shown else ""
    empty = system.charge(ChargeQuery(now(), lane=2))
    alone = isinstance(empty, NothingDue) and empty.reason is Nothing.NO_LANE_CAR
    yield "a lane without a car has none", _unless(alone, empty)


def _settles(system: GenericSystem, charge: Charge, plate: Plate) -> Iterator[tuple[str, str]]:
    """Pay in two parts: only so does a repeat that is counted again show, in what is still due."""
    moment = f"{time.time_ns() // 1_000_000:013d}"
    paid = Settlement(charge.reference, charge.session, f"{NUMBER}1{moment}", 0, now(), "wechat")
    reference, session = NO_STAY["reference"], NO_STAY["session"]
    unknown = replace(paid, reference=reference, session=session, amount_fen=charge.due_fen)
    gone = system.settle(replace(unknown, number=f"{NUMBER}0{moment}"))
    yield "a payment of an unknown session is gone", _unless(isinstance(gone, StayGone), gone)
    part = replace(paid, amount_fen=max(1, charge.due_fen // 3))
    first, second = system.settle(part), system.settle(part)
    yield "a payment is accepted", _unless(isinstance(first, Accepted), first)
    yield "a repeat is accepted", _unless(isinstance(second, Accepted), second)
    left = system.charge(ChargeQuery(now(), plate=plate))
    yield "a repeat is counted once, and the rest stays due", _rest(charge, part.amount_fen, left)
    if not isinstance(left, Charge):
        return
    rest = replace(
        paid, reference=left.reference, number=f"{NUMBER}2{moment}", amount_fen=left.due_fen, paid_at=now()
    )
    last = system.settle(rest)
    yield "a second payment is accepted", _unless(isinstance(last, Accepted), last)
    after = system.charge(ChargeQuery(now(), plate=plate))
    settled = isinstance(after, NothingDue) and after.reason is Nothing.PAID
    yield "a paid car owes nothing", _unless(settled, after)


def _knows_its_lot(link: Link, plate: Plate) -> str:
    other = GenericSystem(replace(link, lot_code="no-such-lot"))
    answer = other.charge(ChargeQuery(now(), plate=plate))
    return "" if isinstance(answer, Unreachable) else f"{_described(answer)}; result must be lot_unknown"


def _offers(link: Link) -> Iterator[tuple[str, str]]:
    """Look at the two requests that a server may leave out."""
    system = GenericSystem(link)
    listed = system.paid_list(now() - timedelta(hours=1), now() + timedelta(hours=1))
    if listed == Unreachable("not_offered"):
        yield "no list of payments is offered (optional)", ""
    elif isinstance(listed, Unreachable):
        yield "the list of payments can be read", f"the answer could not be used ({listed.fault})"
    else:
        ours = [paid for paid in listed if paid.number.startswith(NUMBER)]
        has_all = len(ours) >= 2 and len({paid.number for paid in ours}) == len(ours)
        missing = "the two payments of this test are not in it, once each, with the numbers we gave"
        yield "the list of payments has them once each", "" if has_all else missing
    coupon = {"number": f"{NUMBER}3", "kind": "amount", "value": 100, "name": "test"}
    reply = _ask(link, {**NO_STAY, **coupon}, path="/coupon")
    if reply is not None and reply.status in NOT_OFFERED:
        yield "no coupons are taken (optional)", ""
    else:
        answer = _result_of(reply)
        yield "a coupon of an unknown session is refused", _must_be("refused", answer)


def _result_of(reply: Reply | None) -> str:
    try:
        return str(read_json(reply.body).get("result")) if reply is not None else ""
    except Fault:
        return ""


def _must_be(wanted: str, given: str) -> str:
    return "" if given == wanted else f"result was {given or 'missing'}; it must be {wanted}"


def _rest(charge: Charge, paid_fen: int, left: object) -> str:
    due = left.due_fen if isinstance(left, Charge) else 0
    if isinstance(left, Charge) and due == charge.due_fen - paid_fen:
        return ""
    return (
        f"{paid_fen} of {charge.due_fen} fen were paid, twice with one number; due are still"
        f" {charge.due_fen - paid_fen} fen, but {_described(left)}"
    )


def _unless(is_kept: bool, answer: object) -> str:
    return "" if is_kept else _described(answer)


def _described(answer: object) -> str:
    """Return what came back, without the test car's plate."""
    match answer:
        case Unreachable(fault="no_answer") | TryAgain(fault="no_answer"):
            return "the connection ended without an answer: see the server's own log"
        case Unreachable(fault=fault) | TryAgain(fault=fault):
            return f"the answer could not be used ({fault})"
        case Charge(due_fen=due):
            return f"the answer was a fee of {due} fen"
        case NothingDue(reason=reason):
            return f"the answer was that nothing is due ({reason.value})"
        case Accepted():
            return "the answer was accepted"
        case StayGone():
            return "the answer was stay_gone"
    return "there was no answer"


def _ask(
    link: Link,
    content: Mapping[str, Any],
    *,
    path: str = "/charge",
    secret: str = "",
    seconds: int = 0,
    nonce: str = "",
) -> Reply | None:
    """Send a request, perhaps with another secret, or signed `seconds` from now."""
    secret, nonce = secret or link.secret("secret"), nonce or secrets.token_hex(16)
    timestamp = str(int(time.time()) + seconds)
    url = link.base_url.rstrip("/") + path
    body = json.dumps({"lot": link.lot_code, "at": now().isoformat(), **content}, ensure_ascii=False).encode()
    headers = signed_headers(secret, urlsplit(url).path, timestamp, nonce, body)
    try:
        return GenericSystem(link).transport.send("POST", url, headers, body)
    except (OutcomeUnknown, ValueError):
        return None


def _refuses(link: Link, path: str = "/charge", *, secret: str = "", seconds: int = 0) -> str:
    """Send a request that must be refused with 401 and without any content."""
    paid = {**NO_STAY, "number": f"{NUMBER}4", "amount_fen": 1, "paid_at": now().isoformat()}
    content = {"plate": NO_CAR.text} if path == "/charge" else {**paid, "channel": "wechat"}
    reply = _ask(link, content, path=path, secret=secret, seconds=seconds)
    if reply is None:
        return "there was no answer"
    return "" if reply.status == 401 else f"it was answered with status {reply.status}; it must be 401"


def _raw(link: Link, content: Mapping[str, Any]) -> str:
    reply = _ask(link, content)
    return "" if reply is None else reply.body.decode(errors="replace")


def _why(link: Link, answer: object, plate: Plate) -> str:
    """Return what came back, and what is wrong with it, field by field."""
    return "; ".join([_described(answer), *_flaws(link, plate)])


def _flaws(link: Link, plate: Plate) -> list[str]:
    nonce = secrets.token_hex(16)
    reply = _ask(link, {"plate": plate.text}, nonce=nonce)
    if reply is None:
        return []
    if reply.status != 200:
        return [f"a question is answered with status 200, not {reply.status}"]
    return [*_signature_flaws(link, reply, nonce), *_field_flaws(reply.body)]


def _signature_flaws(link: Link, reply: Reply, nonce: str) -> Iterator[str]:
    stamp = reply.headers.get("x-parking-timestamp", "")
    given = reply.headers.get("x-parking-signature", "").strip().lower()
    if packing := reply.headers.get("content-encoding", ""):
        yield f"the body is compressed ({packing}); we ask for none: send it as it is"
    if not stamp:
        yield "the header X-Parking-Timestamp is missing in the answer"
        return
    if not stamp.isdecimal():
        yield "X-Parking-Timestamp must be Unix seconds, such as 1767571200"
    elif (away := abs(round(time.time() - int(stamp)))) > WINDOW_SECONDS:
        yield f"X-Parking-Timestamp is {away} s away from this machine's clock"
    path = urlsplit(link.base_url.rstrip("/") + "/charge").path
    wanted = sign(link.secret("secret"), "ANSWER 200", path, stamp, nonce, reply.body)
    if not given:
        yield "the header X-Parking-Signature is missing in the answer"
    elif not hmac.compare_digest(wanted.encode(), given.encode("ascii", "replace")):
        head = f"ANSWER 200\n{path}\n{stamp}\n{nonce}\n".encode()
        yield f"X-Parking-Signature must be the hex HMAC-SHA256 of {head!r} and then the body as it is sent"


def _field_flaws(body: bytes) -> Iterator[str]:
    try:
        answer = read_json(body)
    except Fault:
        yield "the body is not one JSON object, or has a name twice"
        return
    result = answer.get("result")
    if result not in RESULTS:
        yield f"result must be one of {', '.join(RESULTS)}"
    if result == "nothing_due" and answer.get("reason") not in REASONS:
        yield f"reason must be one of {', '.join(REASONS)}"
    if result == "due":
        yield from _due_flaws(answer)


def _due_flaws(answer: Mapping[str, Any]) -> Iterator[str]:
    for name in TEXTS:
        if not _is_reference(answer.get(name)):
            yield f"{name} must be 1 to 64 ASCII characters, without the plate"
    for name in AMOUNTS:
        if not isinstance(answer.get(name), int) or isinstance(answer.get(name), bool):
            yield f"{name} must be a whole number of fen: 1050 for 10.50 yuan"
    due = answer.get("due_fen")
    if isinstance(due, int) and not 0 < due <= MAX_FEN:
        yield f"due_fen must be 1 to {MAX_FEN}; a car that has nothing to pay is nothing_due"
    for name in TIMES:
        if name in answer and not _is_time(answer[name]):
            yield f"{name} must be a time with zone, such as 2026-01-05T09:30:00+08:00"


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable()


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
