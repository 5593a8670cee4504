"""What every parking system over HTTP shares: its link, one bounded call, and charges whose amounts fit."""

import hashlib
import hmac
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from core.transport import NotSent, OutcomeUnknown, PooledTransport, Reply, Transport, repeating
from lots import session_names
from lots.plates import Plate
from lots.systems.answer_reading import UNREADABLE, CallFault, check_amount, check_reference
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    NothingDue,
    PaidCharge,
    SessionGone,
    TryAgain,
    Unreachable,
)
from lots.tariffs import PriceLine

CONNECT_SECONDS, READ_SECONDS = 2.0, 4.0  # a driver waits; vendors' own kits wait 5 s
MAX_ANSWER = 256 * 1024
MOST_OFFSET = 365 * 24 * 3600  # seconds
MOST_SKEW_SECONDS = 300  # between two clocks: signatures count no longer
VALID = timedelta(minutes=5)
OLDEST_ENTRY = timedelta(days=3650)
STATUS_FAULTS = {
    401: "refused_us",
    403: "refused_us",
    404: "no_such_address",
    405: "no_such_address",
    429: "too_many",
    501: "no_such_address",
}
LINE = "parking_system"  # the one line of a charge whose rules are the vendor's
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Link:
    """How one lot reaches its system: the row `ParkingSystemLink`, opened."""

    base_url: str
    lot_code: str
    zone: ZoneInfo
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    lanes: Mapping[int, str] = field(default_factory=dict)  # our id → the vendor's number
    is_weak_accepted: bool = False
    own_certificate: str = ""  # PEM: then only this is trusted

    def session_named(self, plate: Plate, entered_at: datetime | None) -> str:
        """Return a name for a stay whose system numbers only its bills, a new one for each question.

        So two phones that pay two bills of one stay pay for one session. It cannot be opened without the
        secret, and is dropped with the lot's plates (`forget_session_names`), the plate's part of it soon
        after the last payment.
        """
        key = json.dumps(sorted(self.secrets.items())).encode()

        def digest(entered: str) -> str:
            text = f"{self.lot_code} {plate.text} {entered}".encode()
            return hmac.new(key, text, hashlib.sha256).hexdigest()[: session_names.LENGTH]

        timed = session_names.MARK + digest(f"{entered_at:%Y%m%d%H%M%S}") if entered_at else ""
        return f"{timed}{session_names.PLATE_MARK}{digest('')}"

    @property
    def is_clear_text(self) -> bool:
        """Whether plates would travel unencrypted. A tunnel or a simulator ends on this machine."""
        address = urlsplit(self.base_url)
        return address.scheme != "https" and not self.is_local

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base_url).hostname in LOOPBACK

    def secret(self, name: str) -> str:
        if not (value := self.secrets.get(name, "")):
            raise CallFault("not_configured")
        return value

    def option(self, name: str, default: str | None = None) -> str:
        value = self.options.get(name) or default
        if value is None:
            raise CallFault("not_configured")
        return value


class RemoteSystem:
    """A parking system behind HTTP. A subclass speaks its protocol and raises `CallFault`."""

    can_ask_again = False
    is_weak = False  # signs with MD5, or not at all
    coupon_kinds: ClassVar[frozenset[str]] = frozenset()  # kinds of our coupons that it can count
    silent_after: ClassVar[timedelta | None] = None  # without a notice of its own: then staff are warned
    knows_gone = True  # says so when a car has left; else a refused payment becomes a task for staff

    def __init__(self, link: Link, transport: Transport | None = None) -> None:
        self.link = link
        self.transport = transport or shared_transport(link.own_certificate)
        self.clock_offset: int | None = None  # seconds by which the last answer's clock was ahead of ours

    def charge(self, query: ChargeQuery) -> Charge | NothingDue | Unreachable:
        return self.answered(lambda: self._charge(query))

    def settle(self, settlement: PaidCharge) -> Accepted | SessionGone | TryAgain:
        return self.acted(lambda: self._settle(settlement))

    def answered[T](self, ask: Callable[[], T]) -> T | Unreachable:
        """Return the answer to a question, or why there is none."""
        try:
            self._check_link()
            with repeating():
                return ask()
        except CallFault as fault:
            return Unreachable("no_answer" if fault.code == "not_sent" else self._code_of(fault))
        except UNREADABLE:
            return Unreachable("malformed")

    def acted[T](self, act: Callable[[], T]) -> T | TryAgain:
        """Return the answer to an act, or why its outcome is unknown."""
        try:
            self._check_link()
            return act()
        except CallFault as fault:
            return TryAgain(self._code_of(fault))
        except UNREADABLE:
            return TryAgain("malformed")

    def _code_of(self, fault: CallFault) -> str:
        """Return the fault's code; "clock" where we are refused because the two clocks differ too much."""
        is_far = abs(self.clock_offset or 0) > MOST_SKEW_SECONDS
        return "clock" if is_far and fault.code == "refused_us" else fault.code

    @abstractmethod
    def _charge(self, query: ChargeQuery) -> Charge | NothingDue: ...

    @abstractmethod
    def _settle(self, settlement: PaidCharge) -> Accepted | SessionGone: ...

    def _check_link(self) -> None:
        """Refuse a link that anyone on the way can read or forge, unless the operator accepted that."""
        exposed = self.link.is_clear_text or (self.is_weak and not self.link.is_local)
        if exposed and not self.link.is_weak_accepted:
            raise CallFault("weak_link")

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Reply:
        """Send one request, once; a question again where a kept connection was closed over there.

        Raises `CallFault` for no answer and for a status that no vendor means.
        """
        try:
            reply = self.transport.send(method, url, headers, body)
        except NotSent:
            raise CallFault("not_sent") from None
        except OutcomeUnknown:
            raise CallFault("no_answer") from None
        except ValueError:  # an address that is none
            raise CallFault("bad_address") from None
        self.clock_offset = _offset_of(reply.headers.get("date", ""))
        if code := _status_fault(reply.status):
            raise CallFault(code)
        return reply

    def vendor_lane(self, lane: int | None) -> str:
        """Return the vendor's number of our lane."""
        code = self.link.lanes.get(lane or 0, "")
        if not code:
            raise CallFault("lane_unknown")
        return code

    def due(
        self,
        query: ChargeQuery,
        *,
        reference: str,
        session: str = "",
        due_fen: int,
        price_fen: int,
        paid_fen: int = 0,
        entered_at: datetime | None = None,
        valid_for: timedelta = VALID,
        masked_plate: str = "",
        seen: Plate | None = None,
    ) -> Charge:
        """Return a charge whose amounts fit together; vendors count what was paid before in or out.

        Without `session` the system numbers only its bills. `seen`: the plate of the car in the asked lane.

        The moment up to which it counts is that of the question: a vendor's clock may be wrong, and two
        payments are compared by ours.
        """
        plate = query.plate or seen
        for text in {reference, session or reference}:
            check_reference(text, plate)
        if not session:
            session = self.link.session_named(plate, entered_at) if plate else reference
        if valid_for <= timedelta(0):
            raise CallFault("charge_too_old")
        if entered_at is not None and not query.at - OLDEST_ENTRY < entered_at < query.at + timedelta(days=1):
            raise CallFault("bad_time")
        price_fen = max(price_fen, paid_fen + due_fen)
        check_amount(price_fen)
        return Charge(
            reference=reference,
            session=session,
            price_fen=price_fen,
            paid_fen=paid_fen,
            due_fen=due_fen,
            lines=(PriceLine(LINE, price_fen, {}),),
            until=query.at,
            valid_until=query.at + min(valid_for, VALID),
            entered_at=min(entered_at, query.at) if entered_at else None,
            masked_plate=seen.masked if seen else masked_plate,
        )


@lru_cache(maxsize=64)
def shared_transport(certificates: str = "") -> PooledTransport:
    """Return the connections that all systems of this process share; those that trust these certificates."""
    return PooledTransport(
        "parking system",
        connect_seconds=CONNECT_SECONDS,
        read_seconds=READ_SECONDS,
        max_answer=MAX_ANSWER,
        connections=8,
        certificates=certificates,
    )


def _status_fault(status: int) -> str:
    """Return our code for an HTTP status without a usable answer; "" for one that has an answer."""
    if 200 <= status < 300:
        return ""
    return "redirected" if 300 <= status < 400 else STATUS_FAULTS.get(status, "http_error")


def _offset_of(date: str) -> int | None:
    """Return by how many seconds an HTTP date is ahead of our clock; None where it is absent or no date.

    At most a year either way: the number is stored, and a clock that stands in 1970 or 9999 is wrong enough.
    """
    try:
        moment = parsedate_to_datetime(date)
        seconds = round((moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):  # without a zone, too
        return None
    return max(-MOST_OFFSET, min(seconds, MOST_OFFSET))
