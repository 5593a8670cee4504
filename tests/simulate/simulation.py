"""One run: a day of cars decided by one seed. `run(seed)` raises `Broken` where an invariant does not hold.

Time passes from event to event. What a web process or the worker does in one request or turn is an action:
it may die at any statement, commit or call, and all that it had only in memory is gone then.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Count
from django.test import RequestFactory
from django.utils.dateparse import parse_datetime

from core import claims, outside
from core.errors import ParkingError
from core.vault import plate_index, seal_plate
from driver import channel_notices
from lots import gates, lot_jobs, pricing, systems
from lots.models import Device, GateCommand, Lot, ParkingSession, Permit
from lots.plates import Plate, parse
from payments import channels, numbers, payment_jobs, settlements
from payments.channel_health import HEALTH
from payments.models import Payment
from payments.providers.contract import Statement
from tests.factories import NOON, make_device, make_lot
from tests.payments.payment_steps import Shown, look_up, start_paying
from tests.simulate.network import ALL, NONE, Faults, Network, SeededSecrets
from tests.simulate.parties import CAMERA_CLOCKS, CHANNEL_CLOCKS, REPEATS, Barrier, Channel, OtherSystem
from tests.simulate.simulated_database import Crash, MemoryDatabase, copy_of, memory_database, restore

PLATES = ["沪A12345", "沪AD12345", "粤Z1234港", "京B67890"]
PERMIT_PLATE = "苏E55555"
FAULTS_END = 3 * 3600  # seconds; then everything answers, and what is open must come to rest
JOBS = (
    payment_jobs.chase_payments,
    payment_jobs.send_refunds,
    settlements.settle_with_systems,
    payment_jobs.settle_changed_sessions,
    lot_jobs.expire_commands,
)
DUE = """SELECT (SELECT min(next_check_at) FROM payments_payment),
    (SELECT min(next_check_at) FROM payments_refund),
    (SELECT min(next_check_at) FROM payments_settlement), (SELECT min(unsettled_at) FROM lots_parkingsession),
    (SELECT min(expires_at) FROM lots_gatecommand WHERE state = 'queued')"""
QUEUED = "SELECT 1 FROM lots_gatecommand WHERE lane_id = %s AND state = 'queued' LIMIT 1"
STEPS = 45  # most actions are shorter, so that a crash hits each of their steps now and then
SERVER_CLOCKS = (-86_400, -3600, -600, -90, 90, 600, 3600, 86_400)  # seconds ahead
STAFF_COMES_AFTER = 900  # seconds at a closed exit


type Plant = Callable[[pytest.MonkeyPatch, Simulation], None]  # puts a bug into the product


class Broken(AssertionError):
    """An invariant does not hold. `args[0]` names it."""


@dataclass(frozen=True)
class Place:
    """What each run begins with: two lots, their devices and a permit, in a database in memory."""

    database: MemoryDatabase
    rows: sqlite3.Connection
    lot: Lot
    other: Lot
    way_in: Device
    ways_out: list[Device]


@contextmanager
def place() -> Iterator[Place]:
    with memory_database() as database:
        lot, other = make_lot(), make_lot(system=Lot.System.GENERIC)
        way_in, ways_out = make_device(lot, "entry"), [make_device(lot, "exit") for _ in range(2)]
        plate = parse(PERMIT_PLATE)
        Permit.objects.create(
            lot=lot,
            plate=seal_plate(lot.pk, plate.text),
            plate_index=plate_index(lot.pk, plate.text),
            plate_kind=plate.kind,
            source=Permit.Source.STAFF,
            granted_at=NOON,
            valid_from=NOON - timedelta(days=1),
            valid_until=NOON + timedelta(days=9),
        )
        with closing(copy_of(database)) as rows:
            yield Place(database, rows, lot, other, way_in, ways_out)


@dataclass
class Simulation:
    place: Place
    network: Network
    channels: list[Channel]
    system: OtherSystem
    background: list[Callable[[], object]] = field(default_factory=list)  # in the memory of the process
    cars: "list[Car]" = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _works_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """The server's time."""
        return self.network.server_at

    def act(self, label: str, work: Callable[[], object], *, is_idle: bool = False) -> object:
        """Let a process do something; None where it died, else its result or the error it raised.

        `is_idle`: it would find nothing to do and answer with an empty list.
        """
        network, crashes = self.network, self.network.chance(self.network.faults.crash)
        if is_idle and not crashes:
            return []  # half of all actions are polls like this
        steps = network.rng.randrange(STEPS) if crashes else None
        HEALTH.forget()  # believed for two real seconds, which mean nothing here
        outside.LIMITS.forget()
        try:
            with self.place.database.crash_after(steps):
                answer = work()
            if answer != []:  # a poll without an order changed nothing
                self.worker_soon()
        except Crash:
            network.note(f"CRASH in {label}")
            self.counts["crash"] += 1
            self._restart()
            self.worker_soon()
            return None
        except ParkingError as error:
            network.note(f"{label} refused: {error.code}")
            self.worker_soon()
            return error
        return answer

    def finish_background(self) -> None:
        """Do what the process put off until it had answered; it may die before."""
        while self.background:
            work = self.background.pop(0)
            if self.network.chance(self.network.faults.crash):
                self._restart()
                self.network.note("CRASH after the answer")
                return
            work()

    def require(self, invariant: str, holds: object, detail: object = "") -> None:
        if not holds:
            raise Broken(invariant, detail)

    def has_order(self, device: Device) -> bool:
        """Return whether a barrier's lane has a command that was not fetched yet."""
        with self.place.database.cursor() as cursor:
            cursor.execute(QUEUED, [device.lane_id])
            return cursor.fetchone() is not None

    def check_sessions(self) -> None:
        inside = ParkingSession.objects.filter(left_at=None, plate_index__isnull=False)
        doubled = inside.values("plate_index").annotate(rows=Count("pk")).filter(rows__gt=1)
        self.require("one open session per plate", not doubled.exists())

    # the server's surfaces

    def notice(self, channel: Channel, message: int) -> bool:
        """Deliver a channel's notice to our address; True where it was accepted."""
        address = f"/n/{channel.name}/{channel.merchant}"
        request = RequestFactory().post(address, str(message), content_type="text/plain")
        answer = self.act("notice", lambda: channel_notices.notice(request, channel.name, channel.merchant))
        self.finish_background()
        return getattr(answer, "status_code", 0) == 204

    def worker_soon(self) -> None:
        """Have the worker come when the next row is due."""
        due = min((at for at in self._due() if at), default=None)
        if due is not None and (self._works_at is None or due < self._works_at):
            self._works_at = max(due, self.at)
            seconds = (self._works_at - self.at).total_seconds() + self.network.rng.uniform(0.1, 3)
            self.network.after(seconds, "", self._work)

    def _due(self) -> list[datetime | None]:
        """Return when the first row of each of `JOBS` is due."""
        with self.place.database.cursor() as cursor:
            cursor.execute(DUE)
            return [parse_datetime(f"{text}+00:00") if text else None for text in cursor.fetchone()]

    def _work(self) -> None:
        self._works_at = None
        self.act("worker", self._turn)

    def _turn(self) -> None:
        for due, job in zip(self._due(), JOBS, strict=True):
            if due is not None and due <= self.at:
                job(self.at)

    def set_clock(self, seconds: int) -> None:
        """Set the server's clock so many seconds ahead of the true one."""
        self.counts["server's clock"] += 1
        self.network.server_ahead = timedelta(seconds=seconds)
        self.network.note(f"SERVER'S CLOCK {seconds:+} s")
        self.network.after(15, "", self._pull_forward)
        self._works_at = None
        self.worker_soon()

    def _pull_forward(self) -> None:
        self.act("worker", lambda: payment_jobs.pull_forward(self.at))

    def _restart(self) -> None:
        """Forget what the dead process had in memory."""
        assert not self.place.database.in_atomic_block
        self.background.clear()
        pricing.clear_parsed()


@dataclass
class Car:
    """A car and its drivers: it comes, parks, is paid for by one phone or two, and leaves."""

    simulation: Simulation
    name: str
    plate: Plate
    lot: Lot
    exit: Barrier
    may_park: bool = False
    numbers: list[tuple[Channel, str]] = field(default_factory=list)  # orders that a phone was handed
    entered_at: datetime | None = None
    left_at: datetime | None = None
    let_out_by_staff: bool = False

    @property
    def waits(self) -> bool:
        return self.exit.car is self

    @property
    def paid(self) -> list[tuple[Channel, str]]:
        return [(channel, number) for channel, number in self.numbers if number in channel.taken]

    def passes(self, command: GateCommand) -> None:
        """The barrier is up and this car drives through."""
        simulation = self.simulation
        owner = command.session
        mine = owner is None or bytes(owner.plate_index or b"") == plate_index(self.lot.pk, self.plate.text)
        simulation.require("barrier opens for its car", mine, self.name)
        if command.cause == GateCommand.Cause.ENTRY:
            self.entered_at = simulation.network.at
            return
        self.left_at = simulation.network.at
        assert self.entered_at is not None
        is_free = (
            self.may_park
            or simulation.counts["server's clock"]
            or self.left_at - self.entered_at <= timedelta(minutes=16)
        )
        by_staff = command.cause == GateCommand.Cause.MANUAL
        simulation.counts["let out by staff"] += by_staff
        simulation.require(
            "barrier opens only for payment or permit", is_free or by_staff or self.paid, self.name
        )

    def drive_to_exit(self) -> None:
        if self.entered_at is None:
            self.simulation.network.after(60, "", self.drive_to_exit)
            return
        self.exit.come_up(self)
        self.simulation.network.after(15, "", self.wait_at_exit)
        self.simulation.network.after(STAFF_COMES_AFTER, "", self.call_staff)

    def wait_at_exit(self) -> None:
        if self.left_at is None:
            if self.waits:
                self.use_phone(self.simulation.network.rng.choice(self.simulation.channels), at_exit=True)
            self.simulation.network.after(45, "", self.wait_at_exit)

    def call_staff(self) -> None:
        """Staff open for a car that has paid, or owes nothing, and was not let out."""
        if self.left_at is not None:
            return
        if self.waits and (self.may_park or self.paid or not self._open_session()):
            self.simulation.act("staff", self._let_out)
        self.simulation.network.after(60, "", self.call_staff)

    def _open_session(self) -> ParkingSession | None:
        index = plate_index(self.lot.pk, self.plate.text)
        return ParkingSession.objects.filter(lot=self.lot, plate_index=index, left_at=None).first()

    def _let_out(self) -> object:
        session = self._open_session()
        released = session and gates.release_by_hand(session, at=self.simulation.at)
        return released or gates.open_by_hand(self.exit.device.lane, at=self.simulation.at)

    # a phone

    def use_phone(self, channel: Channel, *, at_exit: bool = False) -> None:
        lane = self.exit.device.lane if at_exit else None

        def look() -> object:
            return look_up(lot=self.lot, plate=self.plate, at=self.simulation.at, lane=lane)

        self._ask("look up", look, lambda shown: self._press(channel, shown))

    def _press(self, channel: Channel, shown: object) -> None:
        def press() -> object:
            assert isinstance(shown, Shown)
            return start_paying(shown, channel.name, at=self.simulation.at)

        if isinstance(shown, Shown):
            self._ask(f"pay by {channel.name}", press, lambda payment: self._handed(channel, payment))

    def _handed(self, channel: Channel, payment: object) -> None:
        if not isinstance(payment, Payment):
            return
        network, number = self.simulation.network, payment.number
        if (channel, number) not in self.numbers:
            self.numbers.append((channel, number))
        if network.chance(network.faults.lie):
            self.simulation_reports(channel, channel.lie_of(number), "LIE")
        network.after(
            network.rng.choice([4, 20, 60, 200, 290, 400]), "", lambda: self._confirm(channel, number)
        )

    def _confirm(self, channel: Channel, number: str) -> None:
        """The payer presses Pay in the channel's own app."""
        network = self.simulation.network
        if self.left_at is not None or not channel.pay(number):
            return
        network.note(f"{self.name} PAYS {channel.orders[number].amount_fen} by {channel.name}")
        self.simulation.counts["payments"] += 1
        self.simulation_reports(channel, channel.statement(number), "paid")
        if network.chance(0.3):
            network.after(1, "", lambda: self._give_back(channel, number))

    def _give_back(self, channel: Channel, number: str) -> None:
        self.simulation_reports(channel, channel.give_back_by_hand(number, 100), "refund by hand")

    def simulation_reports(self, channel: Channel, statement: Statement, label: str) -> None:
        """Have the channel send a notice until it is accepted."""
        network = self.simulation.network
        channel.messages.append(statement)
        message = len(channel.messages) - 1

        def deliver() -> None:
            if self.simulation.notice(channel, message):
                network.send(f"answer to {channel.name}", f"{label} accepted", lambda: accept())

        def accept() -> None:
            if statement not in channel.accepted:
                channel.accepted.append(statement)

        def send(attempt: int) -> None:
            if statement not in channel.accepted and attempt < len(REPEATS):
                network.send(channel.name, label, deliver, longest=400.0)
                network.after(REPEATS[attempt], "", lambda: send(attempt + 1))

        network.after(0.1, "", lambda: send(0))

    def _ask(
        self, label: str, serve: Callable[[], object], then: Callable[[object], None], tries: int = 4
    ) -> None:
        """Send a phone's request, again after ten seconds without an answer; go on with the first answer."""
        network, answers = self.simulation.network, list[object]()

        def arrive() -> None:
            answer = self.simulation.act(f"{self.name} {label}", serve)
            if answer is not None:
                network.send(f"answer to {self.name}", label, lambda: receive(answer))

        def receive(answer: object) -> None:
            if not answers:
                answers.append(answer)
                then(answer)

        def again() -> None:
            if not answers and tries > 1:
                self._ask(label, serve, then, tries - 1)

        network.send(self.name, label, arrive)
        network.after(10, "", again)


class _Alarmed:
    """Takes the place of a log: what the product only logs as a fault is a finding here."""

    def exception(self, event: str, **_: object) -> None:
        raise Broken("nothing fails unexpectedly", event)

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: None


def run(seed: int, place: Place, faults: Faults = ALL, plant: "Plant | None" = None) -> Simulation:
    """Run one seed to its rest. Raises `Broken`, whose note is the trace."""
    restore(place.database, place.rows)
    pricing.clear_parsed()
    network = Network(SeededSecrets(seed), NOON, faults)
    both = [Channel(network, "one"), Channel(network, "two")]
    simulation = Simulation(place, network, both, OtherSystem(network))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "providers", lambda: {(each.name, each.merchant): each for each in both})
        patch.setattr(channel_notices, "now", lambda: network.server_at)
        patch.setattr(numbers, "secrets", network.rng)
        patch.setitem(systems.SYSTEMS, Lot.System.GENERIC, lambda _: simulation.system)
        for module in (claims, channel_notices):
            patch.setattr(module, "log", _Alarmed())
        if plant is not None:
            plant(patch, simulation)
        try:
            _go(simulation)
        except (AssertionError, ParkingError) as error:
            error.add_note("\n".join(network.trace))
            raise
    return simulation


def _go(simulation: Simulation) -> None:
    from tests.simulate.invariants import check_at_rest, check_now

    _plan(simulation)
    network = simulation.network
    network.after(FAULTS_END, "FAULTS END", lambda: setattr(network, "faults", NONE))
    _plan_clocks(simulation)
    while network.step():
        late = [car.name for car in simulation.cars if car.waits and network.seconds > FAULTS_END + 7200]
        simulation.require("car gets out", not late, late)
        simulation.require("comes to rest", network.seconds < FAULTS_END + 3 * 86400)
        check_now(simulation)
    check_at_rest(simulation)


def _plan_clocks(simulation: Simulation) -> None:
    """Have the server's clock be wrong for a while, and right again before the faults end."""
    network, rng = simulation.network, simulation.network.rng
    while wrong := network.wrong_clock(SERVER_CLOCKS):
        begins, lasts = rng.uniform(0, FAULTS_END / 2), rng.uniform(5, FAULTS_END / 2)
        network.after(begins, "", partial(simulation.set_clock, int(wrong.total_seconds())))
        network.after(begins + lasts, "", partial(simulation.set_clock, 0))


def _plan(simulation: Simulation) -> None:
    rng, network, place = simulation.network.rng, simulation.network, simulation.place
    way_in, *ways_out = [
        Barrier(simulation, device, ahead=network.wrong_clock(CAMERA_CLOCKS))
        for device in (place.way_in, *place.ways_out)
    ]
    for each in simulation.channels:
        each.ahead = network.wrong_clock(CHANNEL_CLOCKS)
    for text in rng.sample(PLATES, rng.randint(1, 3)) + [PERMIT_PLATE] * (rng.random() < 0.3):
        car = Car(simulation, f"car {len(simulation.cars)}", parse(text), place.lot, rng.choice(ways_out))
        car.may_park = text == PERMIT_PLATE
        simulation.cars.append(car)
        arrives = rng.uniform(0, 1200)
        leaves = arrives + rng.choice([600, 1500, 3900, 7500])
        network.after(arrives, f"{car.name} arrives", partial(way_in.come_up, car))
        network.after(leaves, f"{car.name} goes to its exit", car.drive_to_exit)
        for _ in range(rng.choice([0, 1, 1, 2])):
            channel, moment = rng.choice(simulation.channels), rng.uniform(leaves - 400, leaves)
            network.after(moment, "", partial(car.use_phone, channel))
    if rng.random() < 0.4:
        car = Car(simulation, "car elsewhere", parse(PLATES[0]), place.other, ways_out[0])
        simulation.cars.append(car)
        for _ in range(rng.choice([1, 2])):
            channel = rng.choice(simulation.channels)
            network.after(rng.uniform(0, 600), "", partial(car.use_phone, channel))
