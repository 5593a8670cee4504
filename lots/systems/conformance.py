"""Whether a server keeps the rules of the open pair: each rule by a request that shows it.

A fault names what is wrong for the vendor's programmer: the field, the header, or the bytes to sign.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.timezone import now

from core.transport import OutcomeUnknown, Reply
from lots.plates import Plate, parse
from lots.systems.answer_flaws import SLOW_SECONDS, Call, Watch, flaws_of, remarks_of
from lots.systems.answer_reading import CallFault, read_json
from lots.systems.generic import GenericSystem, signed_headers
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    Paid,
    PaidCharge,
    SessionGone,
    TryAgain,
    Unreachable,
)
from lots.systems.remote import Link

NO_CAR = parse("沪A00000")
NUMBER = "C" + "0" * 11  # and 13 digits of the clock: numbers of its own for each run
NO_STAY = {"reference": "no-such", "session": "no-such-session"}
NOT_OFFERED = {404, 405, 501}
REFUSED_SECONDS, ACCEPTED_SECONDS = 400, 240  # away from our clock: 300 are the limit
AT_ONCE = 4  # repeats of one payment that arrive together
LEAST_FEN = 3  # it is paid in three parts
LATER_SECONDS = 2.0


@dataclass(frozen=True)
class RuleResult:
    """One rule. `fault`: how it is broken. `remark`: kept, but not as the description says."""

    rule: str
    fault: str = ""
    remark: str = ""


def conform(link: Link, plate: Plate, lane: str = "") -> Iterator[RuleResult]:
    """Yield what was found for each rule. A test car's fee is paid, in three parts.

    `lane`: the system's own number of the exit lane where the test car stands, if lane codes are to be used.
    """
    yield from _Run(link, plate).results(lane)


class _Run:
    """One test of one server."""

    def __init__(self, link: Link, plate: Plate) -> None:
        self.link, self.plate = link, plate
        self.watch = Watch(link.own_certificate)
        self.system = GenericSystem(link, self.watch)
        self.moment = f"{time.time_ns() // 1_000_000:013d}"
        self.paid: list[Paid] = []

    def results(self, lane: str) -> Iterator[RuleResult]:
        absent = self.system.charge(ChargeQuery(now(), plate=NO_CAR))
        yield self.result("an absent car is absent", _is_nothing(absent, Nothing.ABSENT), absent)
        if self.watch.last is None or self.watch.last.reply is None or self.watch.last.reply.status == 401:
            return  # nothing else can be looked at
        yield from self._refusals()
        yield from self._lot()
        charge = self.system.charge(ChargeQuery(now(), plate=self.plate))
        yield self._owes(charge)
        if not isinstance(charge, Charge):
            return
        flaws = flaws_of(self.watch.last, self.link.secret("secret"), self.plate)
        yield RuleResult(
            "the fields of a fee are as described", "; ".join(flaws), "; ".join(remarks_of(self.watch.last))
        )
        yield from self._questions(charge)
        if lane:
            yield from self._lanes(charge, lane)
        yield from self._payments(charge)
        yield from self._offers()
        slow = f"the slowest took {self.watch.slowest:.1f} s" if self.watch.slowest > SLOW_SECONDS else ""
        yield RuleResult("answers come within two seconds", remark=slow)

    def result(self, rule: str, is_kept: bool, answer: object) -> RuleResult:
        """Return a kept rule, or what came back instead and what is wrong with it."""
        if is_kept:
            return RuleResult(rule)
        flaws = flaws_of(self.watch.last, self.link.secret("secret"), self.plate)
        return RuleResult(rule, "; ".join([_described(answer), *flaws]))

    # requests that must be refused, and those that must not

    def _refusals(self) -> Iterator[RuleResult]:
        wrong = self.link.secret("secret") + "x"
        yield RuleResult("a wrong signature is refused", self._refused(secret=wrong))
        yield RuleResult("a forged payment is refused", self._refused("/settle", secret=wrong))
        for rule, seconds in (("an old request", -1), ("a request of the future", 1)):
            yield RuleResult(f"{rule} is refused", self._refused(seconds=seconds * REFUSED_SECONDS))
        for rule, seconds in (("is four minutes slow", -1), ("is four minutes fast", 1)):
            reply = self.ask({"plate": NO_CAR.text}, seconds=seconds * ACCEPTED_SECONDS)
            fault = "" if _is_read(reply) else f"{_status(reply)}; refuse only what is over 300 seconds away"
            yield RuleResult(f"a clock that {rule} is accepted", fault)
        yield self._odd_body()

    def _refused(self, path: str = "/charge", *, secret: str = "", seconds: int = 0) -> str:
        """Send a request that must be refused with 401 and without any content."""
        payment = {**NO_STAY, "number": f"{NUMBER}4{self.moment}", "amount_fen": 1, "channel": "wechat"}
        content = {"plate": NO_CAR.text} if path == "/charge" else {**payment, "paid_at": now().isoformat()}
        reply = self.ask(content, path=path, secret=secret, seconds=seconds)
        is_refused = reply is not None and reply.status == 401
        return "" if is_refused else f"{_status(reply)}; it must be 401"

    def _odd_body(self) -> RuleResult:
        """Ask with other spaces, an escaped character and a further field: another program writes so."""
        content = {"further": {"a": [1, None]}, "lot": self.link.lot_code, "plate": NO_CAR.text}
        body = json.dumps(content | {"at": now().isoformat()}, indent=1, separators=(" ,", " :")).encode()
        reply = self.ask({}, body=body)
        rule = "a body is signed as it is sent, and may have further fields"
        if not _is_read(reply):
            why = "the signature covers the bytes of the body: not JSON that was read and written again"
            return RuleResult(rule, f"{_status(reply)}; {why}")
        return RuleResult(rule, "" if _result_of(reply) == "nothing_due" else _must_be("nothing_due", reply))

    def _lot(self) -> Iterator[RuleResult]:
        other = GenericSystem(replace(self.link, lot_code="no-such-lot"), self.watch)
        answer = other.charge(ChargeQuery(now(), plate=self.plate))
        why = "" if isinstance(answer, Unreachable) else f"{_described(answer)}; result must be lot_unknown"
        yield RuleResult("another lot is not answered for", why)
        settled = other.settle(self._payment(NO_STAY["reference"], NO_STAY["session"], 0, 1))
        why = "" if settled == TryAgain("lot_unknown") else f"{_described(settled)}; it must be lot_unknown"
        yield RuleResult("a payment for another lot is not counted", why)

    # questions

    def _owes(self, charge: object) -> RuleResult:
        if not isinstance(charge, Charge):
            return self.result("the test car owes something", False, charge)
        if charge.due_fen < LEAST_FEN:
            return RuleResult("the test car owes something", f"it must owe at least {LEAST_FEN} fen")
        fee, since = f"¥{charge.due_fen // 100}.{charge.due_fen % 100:02d}", ""
        if charge.entered_at is not None:
            minutes = round((now() - charge.entered_at).total_seconds() / 60)
            since = f", here for {minutes // 60} h {minutes % 60} min"
        return RuleResult("the test car owes something", remark=f"compare with your own screen: {fee}{since}")

    def _questions(self, charge: Charge) -> Iterator[RuleResult]:
        again = self.system.charge(ChargeQuery(now(), plate=self.plate))
        yield self.result("asking changes nothing", _is_same(again, charge), again)
        named = ChargeQuery(now(), reference=charge.reference, session=charge.session)
        found = self.system.charge(named)
        yield self.result("a charge can be asked again", _is_same(found, charge), found)
        none = self.system.charge(
            ChargeQuery(now(), reference=NO_STAY["reference"], session=NO_STAY["session"])
        )
        yield self.result("an unknown session is absent", _is_nothing(none, Nothing.ABSENT), none)

    def _lanes(self, charge: Charge, lane: str) -> Iterator[RuleResult]:
        system = GenericSystem(replace(self.link, lanes={1: lane, 2: f"{lane}-none"}), self.watch)
        found = system.charge(ChargeQuery(now(), lane=1))
        yield self.result("the car in the lane is found", _is_same(found, charge), found)
        is_shown = self.plate.text in "".join(filter(str.isalnum, str(_read(self.watch.last))))
        yield RuleResult(
            "its plate is masked", "the whole plate is in the answer to a lane" if is_shown else ""
        )
        empty = system.charge(ChargeQuery(now(), lane=2))
        yield self.result("a lane without a car has none", _is_nothing(empty, Nothing.NO_LANE_CAR), empty)

    # payments

    def _payment(self, reference: str, session: str, place: int, fen: int) -> PaidCharge:
        return PaidCharge(reference, session, f"{NUMBER}{place}{self.moment}", fen, now(), "wechat")

    def _payments(self, charge: Charge) -> Iterator[RuleResult]:
        """Pay in three parts: only so does a repeat that is counted again show, in what is still due.

        The first two are equal: a server that knows a repeat by its amount counts the second no more.
        """
        gone = self.system.settle(self._payment(NO_STAY["reference"], NO_STAY["session"], 0, charge.due_fen))
        rule = "a payment of an unknown session is gone"
        yield self.result(rule, isinstance(gone, SessionGone), gone)
        part = self._payment(charge.reference, charge.session, 1, charge.due_fen // 3)
        first = self.system.settle(part)
        yield self.result("a payment is accepted", isinstance(first, Accepted), first)
        flaws = flaws_of(self.watch.last, self.link.secret("secret"), self.plate)
        yield RuleResult("the fields of its answer are as described", "; ".join(flaws))
        second = self.system.settle(part)
        yield self.result("a repeat is accepted", isinstance(second, Accepted), second)
        broken = self._rest(charge, part.amount_fen, "twice with one number")
        yield RuleResult("a repeat is counted once, and the rest stays due", broken)
        if broken:
            return
        self.paid.append(Paid(part.number, part.amount_fen))
        equal = self._payment(charge.reference, charge.session, 2, part.amount_fen)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answers = list(threads.map(self.system.settle, [equal] * AT_ONCE))
        wrong = next((answer for answer in answers if not isinstance(answer, Accepted | TryAgain)), None)
        broken = _described(wrong) if wrong else ""
        broken = broken or self._rest(
            charge, 2 * part.amount_fen, f"the second part {AT_ONCE} times at the same moment with one number"
        )
        yield RuleResult("repeats at the same moment are counted once", broken)
        if broken:
            return
        self.paid.append(Paid(equal.number, equal.amount_fen))
        yield from self._last_payment(charge, charge.due_fen - 2 * part.amount_fen)

    def _last_payment(self, charge: Charge, fen: int) -> Iterator[RuleResult]:
        rest = self._payment(charge.reference, charge.session, 3, fen)
        last = self.system.settle(rest)
        yield self.result("the last payment is accepted", isinstance(last, Accepted), last)
        self.paid.append(Paid(rest.number, fen))
        after = self.system.charge(ChargeQuery(now(), plate=self.plate))
        yield self.result("a paid car owes nothing", _is_nothing(after, Nothing.PAID), after)
        again = self.system.settle(rest)
        yield self.result("a repeat after that is accepted too", isinstance(again, Accepted), again)

    def _rest(self, charge: Charge, paid_fen: int, how: str) -> str:
        """Return what is wrong with what is still due after a part was paid."""
        wanted = charge.due_fen - paid_fen
        left = self.system.charge(ChargeQuery(now(), plate=self.plate))
        if isinstance(left, Charge) and left.due_fen == wanted:
            return ""
        time.sleep(LATER_SECONDS)
        later = self.system.charge(ChargeQuery(now(), plate=self.plate))
        if isinstance(later, Charge) and later.due_fen == wanted:
            return "it was counted after it was answered: count it first, a restart between the two loses it"
        return (
            f"{paid_fen} of {charge.due_fen} fen were paid, {how}; due are still {wanted} fen,"
            f" but {_described(left)}"
        )

    # the two requests that a server may leave out

    def _offers(self) -> Iterator[RuleResult]:
        listed = self.system.paid_list(now() - timedelta(hours=1), now() + timedelta(hours=1))
        if listed == Unreachable("not_offered"):
            yield RuleResult("no list of payments is offered (optional)")
        elif isinstance(listed, Unreachable):
            yield self.result("the list of payments can be read", False, listed)
        else:
            ours = sorted((row.number, row.fen) for row in listed if row.number in self._numbers())
            is_whole = ours == sorted((row.number, row.fen) for row in self.paid)
            missing = (
                "the payments of this test are not in it once each, with the numbers and fen that we gave"
            )
            yield RuleResult("the list of payments has them once each", "" if is_whole else missing)
            yield RuleResult("the list of payments keeps to its times", self._earlier())
        coupon = {"number": f"{NUMBER}5{self.moment}", "kind": "amount", "value": 100, "name": "test"}
        reply = self.ask({**NO_STAY, **coupon}, path="/coupon")
        if reply is not None and reply.status in NOT_OFFERED:
            yield RuleResult("no coupons are taken (optional)")
        else:
            is_refused = _result_of(reply) == "refused"
            yield RuleResult(
                "a coupon of an unknown session is refused", "" if is_refused else _must_be("refused", reply)
            )

    def _numbers(self) -> set[str]:
        return {row.number for row in self.paid}

    def _earlier(self) -> str:
        day = timedelta(days=1)
        listed = self.system.paid_list(now() - 2 * day, now() - day)
        if isinstance(listed, Unreachable):
            return f"{_described(listed)}; of a time without payments it is an empty list"
        is_kept = not any(row.number in self._numbers() for row in listed)
        return "" if is_kept else "payments of now are in the list of yesterday: look at from and until"

    def ask(
        self,
        content: Mapping[str, Any],
        *,
        path: str = "/charge",
        secret: str = "",
        seconds: int = 0,
        body: bytes = b"",
    ) -> Reply | None:
        """Send a request, perhaps with another secret, or signed `seconds` from now."""
        secret, nonce = secret or self.link.secret("secret"), secrets.token_hex(16)
        url = self.link.base_url.rstrip("/") + path
        fields = {"lot": self.link.lot_code, "at": now().isoformat(), **content}
        body = body or json.dumps(fields, ensure_ascii=False).encode()
        headers = signed_headers(secret, urlsplit(url).path, str(int(time.time()) + seconds), nonce, body)
        try:
            return self.watch.send("POST", url, headers, body)
        except (OutcomeUnknown, ValueError):
            return None


def _is_same(answer: object, charge: Charge) -> bool:
    return isinstance(answer, Charge) and (answer.due_fen, answer.session) == (charge.due_fen, charge.session)


def _is_nothing(answer: object, reason: Nothing) -> bool:
    return isinstance(answer, NothingDue) and answer.reason is reason


def _is_read(reply: Reply | None) -> bool:
    return reply is not None and 200 <= reply.status < 300


def _read(call: Call | None) -> dict[str, Any]:
    try:
        return read_json(call.reply.body) if call and call.reply else {}
    except CallFault:
        return {}


def _result_of(reply: Reply | None) -> str:
    try:
        return str(read_json(reply.body).get("result")) if reply is not None else ""
    except CallFault:
        return ""


def _must_be(wanted: str, reply: Reply | None) -> str:
    return f"result was {_result_of(reply) or 'missing'}; it must be {wanted}"


def _status(reply: Reply | None) -> str:
    return "there was no answer" if reply is None else f"it was answered with status {reply.status}"


def _described(answer: object) -> str:
    """Return what came back, without the test car's plate."""
    match answer:
        case Unreachable(fault="no_answer") | TryAgain(fault="no_answer"):
            return "there was no usable answer"
        case Unreachable(fault=fault) | TryAgain(fault=fault):
            return f"the answer could not be used ({fault})"
        case Charge(due_fen=due):
            return f"the answer was a fee of {due} fen"
        case NothingDue(reason=reason):
            return f"the answer was that nothing is due ({reason.value})"
        case Accepted():
            return "the answer was accepted"
        case SessionGone():
            return "the answer was stay_gone"
    return "there was no answer"
