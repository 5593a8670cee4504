"""The outside parties: a channel with its own books, another parking system, a camera at a barrier."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db import connection

from core.transport import OutcomeUnknown
from lots import gates
from lots.models import Device, GateCommand
from lots.plate_reads import Sighting, Verdict, record_read
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    TryAgain,
)
from lots.tariffs import PriceLine
from payments.providers.contract import (
    Answer,
    BillRow,
    HandOver,
    Notice,
    NoticeRefused,
    Order,
    Outcome,
    Payer,
    RefundOrder,
    Scene,
    Statement,
)
from payments.refusals import SystemUnreachable
from tests.simulate.network import Network
from tests.simulate.simulated_database import MemoryDatabase

if TYPE_CHECKING:
    from tests.simulate.simulation import Car, Simulation

PATIENCE = timedelta(seconds=5)  # an answer that takes longer is not read any more
REPEATS = (1, 15, 30, 60, 180, 600, 1800, 3600, 7200)  # seconds between the notices that were not accepted
CAMERA_CLOCKS = (-86_400, -28_800, -300, -110, 60, 110, 300, 3600, 28_800)  # seconds ahead
CHANNEL_CLOCKS = (-28_800, -600, -120, 60, 120)
FEE = 800  # of the other vendor's system, fen


def reach[T](network: Network, label: str, act: Callable[[], T]) -> T:
    """Call an outside party; the caller may die before it and after it, and must hold no transaction."""
    assert not connection.in_atomic_block, f"{label} inside a transaction"
    database = cast(MemoryDatabase, connection)
    database.step()
    answer = network.call(label, act)
    database.step()
    return answer


@dataclass
class Channel:
    """A payment channel that counts the money it takes and gives, whatever it is asked for."""

    network: Network
    name: str
    merchant: str = "m"
    app: str = "app"
    has_bills: bool = False
    currencies: frozenset[str] = frozenset({"CNY"})
    orders: dict[str, Order] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    taken: dict[str, datetime] = field(default_factory=dict)
    given: dict[str, RefundOrder] = field(default_factory=dict)
    accepted: list[Statement] = field(default_factory=list)  # notices that we answered with success
    messages: list[Statement] = field(default_factory=list)
    ahead: timedelta = timedelta()  # by which its clock is

    def scenes(self) -> frozenset[Scene]:
        return frozenset(Scene)

    def start(self, order: Order, _: Payer) -> HandOver:
        def act() -> HandOver:
            known = self.orders.setdefault(order.number, order)
            assert known == order, "a repeat must be equal in every field"
            return HandOver(f"https://cashier.example/{order.number}")

        return reach(self.network, f"{self.name} start", act)

    def query(self, number: str) -> Statement:
        return reach(self.network, f"{self.name} query", lambda: self._statement(number))

    def close(self, number: str) -> Statement:
        def act() -> Statement:
            if number in self.orders and number not in self.taken:
                self.closed.add(number)
            return self._statement(number)

        return reach(self.network, f"{self.name} close", act)

    def refund(self, refund: RefundOrder) -> Statement:
        def act() -> Statement:
            assert self.given.setdefault(refund.number, refund) == refund, "a repeat must be equal"
            return self._refund_statement(refund)

        return reach(self.network, f"{self.name} refund", act)

    def query_refund(self, refund: RefundOrder) -> Statement:
        return reach(self.network, f"{self.name} query refund", lambda: self._refund_statement(refund))

    def read_notice(self, headers: object, body: bytes, at: datetime) -> Notice:
        if not body.isdigit():
            raise NoticeRefused(Answer(401))
        return Notice((self.messages[int(body)],), Answer(204), Answer(503))

    def fetch_bill(self, day: date) -> Iterator[BillRow]:
        return iter(())

    def pay(self, number: str) -> bool:
        """Take the payer's money; False where the order can no longer be paid."""
        order = self.orders.get(number)
        at = self.network.at + self.ahead
        if order is None or number in self.closed or number in self.taken or at >= order.expires_at:
            return False
        self.taken[number] = at
        return True

    def give_back_by_hand(self, number: str, fen: int) -> Statement:
        """Refund a part from the channel's own pages, as staff of the merchant may."""
        order = RefundOrder(f"HAND{number}", number, fen, self.orders[number].amount_fen, "")
        self.given[order.number] = order
        return self._refund_statement(order)

    def lie_of(self, number: str) -> Statement:
        return Statement(self.name, self.merchant, number, Outcome.PAID, self.app, f"L{number}", 1)

    def statement(self, number: str) -> Statement:
        return self._statement(number)

    def balance(self) -> int:
        took = sum(self.orders[number].amount_fen for number in self.taken)
        return took - sum(order.amount_fen for order in self.given.values())

    def _statement(self, number: str) -> Statement:
        order = self.orders.get(number)
        known = Statement(self.name, self.merchant, number, Outcome.NOT_FOUND, self.app)
        if order is None:
            return known
        outcome = Outcome.CLOSED if number in self.closed else Outcome.OPEN
        outcome = Outcome.PAID if number in self.taken else outcome
        return Statement(
            self.name,
            self.merchant,
            number,
            outcome,
            self.app,
            f"P{number}",
            order.amount_fen,
            at=self.taken.get(number),
        )

    def _refund_statement(self, refund: RefundOrder) -> Statement:
        done = Outcome.REFUND_DONE if refund.number in self.given else Outcome.NOT_FOUND
        return Statement(
            self.name,
            self.merchant,
            refund.payment_number,
            done,
            self.app,
            f"P{refund.payment_number}",
            refund.amount_fen,
            refund_number=refund.number,
        )


@dataclass
class OtherSystem:
    """Another vendor's system: it wants one fee for each plate, and counts each number that it gets once."""

    network: Network
    counted: dict[str, PaidCharge] = field(default_factory=dict)
    can_ask_again: bool = True

    def charge(self, query: ChargeQuery) -> Charge | NothingDue:
        def act() -> Charge | NothingDue:
            session = query.session or str(query.plate and sum(map(ord, query.plate.text)))
            if any(each.session == session for each in self.counted.values()):
                return NothingDue(Nothing.PAID, session)
            until = query.at + timedelta(minutes=5)
            lines = (PriceLine("parking_system", FEE, {}),)
            return Charge(f"R{session}", session, FEE, 0, FEE, lines, query.at, until)

        try:
            return reach(self.network, "system charge", act)
        except OutcomeUnknown:
            raise SystemUnreachable from None  # as both callers do with `Unreachable`

    def settle(self, settlement: PaidCharge) -> Accepted | TryAgain:
        def act() -> Accepted:
            self.counted.setdefault(settlement.number, settlement)
            return Accepted()

        try:
            return reach(self.network, "system settle", act)
        except OutcomeUnknown:
            return TryAgain("no_answer")


@dataclass
class Barrier:
    """A camera and its barrier in one lane. It repeats a read without an answer, and polls for orders."""

    simulation: "Simulation"
    device: Device
    car: "Car | None" = None
    opened: Counter[object] = field(default_factory=Counter)  # times for each command
    fetched: set[object] = field(default_factory=set)
    ahead: timedelta = timedelta()  # by which the camera's clock is
    _key: int = 0
    _watched_until: datetime | None = None

    @property
    def network(self) -> Network:
        return self.simulation.network

    @property
    def link(self) -> str:
        return f"lane {self.device.lane_id}"

    def come_up(self, car: "Car") -> None:
        if self.car is not None:
            self.network.after(20, "", lambda: self.come_up(car))
            return
        self.car = car
        self.network.note(f"{self.link}: {car.name} stands here")
        if self._watched_until is None:
            self.network.after(2, "", self._poll)
        self._look(car)

    def _look(self, car: "Car") -> None:
        """Report the car that stands here, and again every 20 seconds while it does."""
        if self.car is car:
            self._key += 1
            self._report(f"event-{self._key}", car, self.network.at + self.ahead, tries=3)
            self.network.after(20, "", lambda: self._look(car))

    def _report(self, key: str, car: "Car", captured_at: datetime, *, tries: int) -> None:
        answered: list[bool] = []
        sent_at = self.network.at

        def serve() -> None:
            sighting = Sighting(key, car.plate.text, captured_at)
            verdict = self.simulation.act(
                "read", lambda: record_read(device=self.device, sighting=sighting, at=self.simulation.at)
            )
            self.simulation.check_sessions()
            if isinstance(verdict, Verdict):
                opens = verdict.command if verdict.opens(self.simulation.at) else None
                label = f"{key} {verdict.read.outcome}{' OPEN' if opens else ''}"
                self.network.send(f"answer to {self.link}", label, lambda: receive(opens))

        def receive(command: GateCommand | None) -> None:
            if self.network.at - sent_at <= PATIENCE and not answered:
                answered.append(True)
                if command is not None:
                    self._open(command)

        def again() -> None:
            if not answered and tries > 1:
                self._report(key, car, captured_at, tries=tries - 1)

        self.network.send(self.link, f"{key} {car.name}", serve)
        self.network.after(PATIENCE.total_seconds(), "", again)

    def _poll(self) -> None:
        """Fetch an order every five seconds while a car stands here, and for two minutes after it."""
        at = self.network.at
        if self.car is not None:
            self._watched_until = at + timedelta(minutes=2)
        elif self._watched_until is None or at > self._watched_until:
            self._watched_until = None
            return
        answered: list[bool] = []

        def serve() -> None:
            now = self.simulation.at
            found = self.simulation.act(
                "poll",
                lambda: gates.take_commands(self.device, at=now, most=1),
                is_idle=not self.simulation.has_order(self.device),
            )
            if isinstance(found, list) and found:
                command = found[0]
                self.simulation.require("barrier opens once", command.pk not in self.fetched, self.link)
                self.fetched.add(command.pk)
                label = f"poll answer: open {command.cause}"
                self.network.send(f"answer to {self.link}", label, lambda: receive(command))

        def receive(command: GateCommand) -> None:
            if self.network.at - at <= PATIENCE and not answered:
                answered.append(True)
                self._open(command)

        self.network.send(self.link, "", serve)
        self.network.after(5, "", self._poll)

    def _open(self, command: GateCommand) -> None:
        car, self.opened[command.pk] = self.car, self.opened[command.pk] + 1
        if car is None:
            self.simulation.require("barrier opens once", self.opened[command.pk] > 1, f"{self.link}: no car")
            return
        self.network.note(f"{self.link}: OPENS for {car.name} ({command.cause})")
        self.car = None
        car.passes(command)
