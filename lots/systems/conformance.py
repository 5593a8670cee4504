"""Whether a server keeps the rules of the open pair: each rule by a request that shows it."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

from django.utils.timezone import now

from core.transport import OutcomeUnknown
from lots.plates import Plate, parse
from lots.systems.base import Accepted, Charge, ChargeQuery, Nothing, NothingDue, Settlement, StayGone
from lots.systems.generic import GenericSystem, sign
from lots.systems.remote import Link

NO_CAR = parse("沪A00000")
NUMBER = "C" + "0" * 12  # and 13 digits of the clock: a number of its own for each run


def conform(link: Link, plate: Plate, lane: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each rule and what is wrong, "" where it is kept. A test car's fee is paid.

    `lane`: the system's own number of the exit lane where the test car stands, if lane codes are to be used.
    """
    system = GenericSystem(link)
    yield (
        "a wrong signature is refused",
        _refuses(link, timestamp=str(int(time.time())), secret=link.secret("secret") + "x"),
    )
    old = str(int(time.time()) - 3600)
    yield "an old request is refused", _refuses(link, timestamp=old, secret=link.secret("secret"))
    absent = system.charge(ChargeQuery(now(), plate=NO_CAR))
    yield (
        "an absent car is absent",
        _unless(isinstance(absent, NothingDue) and absent.reason is Nothing.ABSENT, absent),
    )
    charge = system.charge(ChargeQuery(now(), plate=plate))
    yield "the test car owes something", _unless(isinstance(charge, Charge), charge)
    if not isinstance(charge, Charge):
        return
    again = system.charge(ChargeQuery(now(), plate=plate))
    same = isinstance(again, Charge) and (again.due_fen, again.session) == (charge.due_fen, charge.session)
    yield "asking changes nothing", _unless(same, again)
    named = system.charge(ChargeQuery(now(), reference=charge.reference, session=charge.session))
    yield "a charge can be asked again", _unless(isinstance(named, Charge), named)
    if lane:
        yield from _finds_by_lane(link, charge, plate, lane)
    yield from _settles(system, charge, plate)


def _finds_by_lane(link: Link, charge: Charge, plate: Plate, lane: str) -> Iterator[tuple[str, str]]:
    system = GenericSystem(replace(link, lanes={1: lane, 2: f"{lane}-none"}))
    found = system.charge(ChargeQuery(now(), lane=1))
    same = isinstance(found, Charge) and (found.due_fen, found.session) == (charge.due_fen, charge.session)
    yield "the car in the lane is found", _unless(same, found)
    shown = isinstance(found, Charge) and plate.text in found.masked_plate
    yield "its plate is masked", "the whole plate is in the answer" if shown else ""
    empty = system.charge(ChargeQuery(now(), lane=2))
    alone = isinstance(empty, NothingDue) and empty.reason is Nothing.NO_LANE_CAR
    yield "a lane without a car has none", _unless(alone, empty)


def _settles(system: GenericSystem, charge: Charge, plate: Plate) -> Iterator[tuple[str, str]]:
    number = NUMBER + f"{time.time_ns() // 1_000_000:013d}"
    paid = Settlement(charge.reference, charge.session, number, charge.due_fen, now(), "wechat")
    gone = system.settle(
        replace(paid, session="no-such-session", reference="no-such", number="X" + number[1:])
    )
    yield "a payment of an unknown session is gone", _unless(isinstance(gone, StayGone), gone)
    first = system.settle(paid)
    yield "a payment is accepted", _unless(isinstance(first, Accepted), first)
    second = system.settle(paid)
    yield "a repeat is accepted", _unless(isinstance(second, Accepted), second)
    after = system.charge(ChargeQuery(now(), plate=plate))
    settled = isinstance(after, NothingDue) and after.reason is Nothing.PAID
    yield "a paid car owes nothing, and the repeat counted once", _unless(settled, after)


def _unless(is_kept: bool, answer: object) -> str:
    return "" if is_kept else f"the answer was {type(answer).__name__} {getattr(answer, 'fault', '')}".strip()


def _refuses(link: Link, *, timestamp: str, secret: str) -> str:
    """Send a question that must be refused with 401 and without any content."""
    system, nonce = GenericSystem(link), "conformance-nonce-0001"
    url = link.base_url.rstrip("/") + "/charge"
    body = json.dumps({"lot": link.lot_code, "at": now().isoformat(), "plate": NO_CAR.text}).encode()
    path = "/" + url.split("/", 3)[3]
    headers = {
        "Content-Type": "application/json",
        "X-Parking-Timestamp": timestamp,
        "X-Parking-Nonce": nonce,
        "X-Parking-Signature": sign(secret, "POST", path, timestamp, nonce, body),
    }
    try:
        status = system.transport.send("POST", url, headers, body).status
    except OutcomeUnknown:
        return "no answer"
    return "" if status == 401 else f"it was answered with {status}"
