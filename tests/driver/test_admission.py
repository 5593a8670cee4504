"""Over its budget a visitor's phone works for a moment: no one is refused, a sweep learns next to nothing."""

import hashlib
import random
import re
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError
from django.test import Client as Browser

from core.client_networks import Client, client_from
from driver import proof_of_work
from lots import lookup_budget
from lots.lookup_budget import BASE, MISS, PER_CLIENT, PER_LOT, PER_NETWORK, WAITS, WINDOW, LookupBudget
from lots.models import LookupCount
from tests.driver.conftest import PLATE, text
from tests.factories import NOON, make_lot, see

pytestmark = pytest.mark.both_engines

ME = Client("192.0.2.1")
FREE_MISSES = PER_CLIENT // MISS
EASY = 6  # bits, where a test solves the puzzles itself


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", Client("192.0.2.1")),
        ("::ffff:192.0.2.1", Client("192.0.2.1")),
        ("192.0.2.1:5678", Client("192.0.2.1")),
        ("2001:db8:9:9::1", Client("2001:db8:9:9::/64", "2001:db8:9::/48")),
        ("2001:db8:9:9:ffff::1%eth0", Client("2001:db8:9:9::/64", "2001:db8:9::/48")),
        ("[2001:db8:9:9::1]:443", Client("2001:db8:9:9::/64", "2001:db8:9::/48")),
        ("", Client("unknown")),
        ("x" * 5000, Client("unknown")),
        ("999.1.1.1", Client("unknown")),
    ],
)
def test_client_is_address_or_prefix(address, client):
    assert client_from(address) == client


# --- the page ---


@pytest.fixture
def easy(monkeypatch):
    monkeypatch.setattr(lookup_budget, "BASE", EASY)


@pytest.fixture
def spent(mall, budget, easy):
    """The test's own address has spent its budget."""
    spend_all(budget, mall.lot)
    return budget


def spend_all(budget, lot, client="127.0.0.1"):
    for _ in range(FREE_MISSES):
        budget.missed(client_from(client), lot.pk)


def challenge_of(page):
    seed = re.findall(r'data-seed="([^"]+)" data-zeros="(\d+)"', page)
    assert seed, page
    found = proof_of_work.Challenge(re.findall(r'data-proof="([^"]+)"', page)[0], EASY)
    assert (found.seed, str(found.zeros)) == seed[0]
    return found


def solved(page):
    return proof_of(challenge_of(page))


def proof_of(given):
    """Return what a phone sends: the challenge, and the first number that solves each puzzle."""
    seed, limit = bytes.fromhex(given.seed), 1 << (32 - given.zeros)
    found = [given.text]
    for number in range(proof_of_work.PUZZLES):
        tries = (seed + struct.pack(">II", number, n) for n in count())
        hashes = (int.from_bytes(hashlib.sha256(text).digest()[:4]) for text in tries)
        found.append(str(next(n for n, value in enumerate(hashes) if value < limit)))
    return ".".join(found)


def test_spent_budget_asks_for_proof(mall, parked, spent):
    answer = mall.search()
    assert answer.status_code == 200
    assert "10.00" not in text(answer)
    assert "请稍候" in text(answer)


def test_proof_shows_fee(mall, parked, spent):
    assert "10.00" in text(mall.search(proof=solved(text(mall.search()))))


def test_proof_as_part_shows_fee(mall, parked, spent):
    part = text(mall.search(part="1"))
    assert "<html" not in part
    assert "10.00" in text(mall.search(part="1", proof=solved(part)))


def test_proof_answers_hide_presence(mall, parked, spent):
    pages = [text(mall.search(plate)) for plate in (PLATE, "沪A99999")]
    alike = {re.sub(r'data-proof="[^>]+>|value="[^"]+"|沪A·?\w{5}', "", page) for page in pages}
    assert len(alike) == 1
    assert len({len(page) for page in pages}) == 1


def test_proof_is_for_one_plate(mall, parked, spent):
    proof = solved(text(mall.search("沪A99999")))
    assert "10.00" not in text(mall.search(proof=proof))


def test_proof_is_for_one_client(mall, parked, spent, budget):
    proof = solved(text(mall.search()))
    spend_all(budget, mall.lot, "192.0.2.7")
    elsewhere = Browser(REMOTE_ADDR="192.0.2.7")
    form = urlencode({"plate": PLATE, "proof": proof, "part": 1})
    answer = elsewhere.post(f"/p/{mall.pure.code}", form, content_type="application/x-www-form-urlencoded")
    assert "data-proof" in text(answer)


@pytest.mark.parametrize("late", [timedelta(seconds=proof_of_work.LIFE + 1), timedelta(seconds=-5)])
def test_proof_expires(mall, parked, spent, clock, late):
    proof = solved(text(mall.search()))
    clock(NOON + timedelta(minutes=61) + late)
    assert "10.00" not in text(mall.search(proof=proof))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proof: "",
        lambda proof: proof[:-4],
        lambda proof: proof.split(".")[0],
        lambda proof: proof + ".1",
        lambda proof: ".".join([proof.split(".")[0], *["0"] * 16]),
        lambda proof: ".".join([proof.split(".")[0], *["-1"] * 16]),
        lambda proof: ".".join([proof.split(".")[0], *["9" * 30] * 16]),
        lambda proof: ".".join([proof.split(".")[0], *["²"] * 16]),
        lambda proof: "A" + proof[1:],
        lambda proof: "." * 9000,
        lambda proof: "é" * 300,
    ],
)
def test_forged_proof_is_asked_again(mall, parked, spent, monkeypatch, spoil):
    monkeypatch.setattr(lookup_budget, "BASE", 20)  # no answer is right by chance
    given = proof_of_work.challenge(bits=20, to=f"127.0.0.1|{mall.lot.pk}|{PLATE}", at=NOON)
    answer = mall.search(proof=spoil(given.text + ".1" * 16))
    assert answer.status_code == 200
    assert "10.00" not in text(answer)


def test_waiting_replaces_proof(mall, parked, spent, clock):
    unsolved = challenge_of(text(mall.search())).text
    assert "10.00" not in text(mall.search(proof=unsolved))
    clock(NOON + timedelta(minutes=61, seconds=proof_of_work.WAIT))
    assert "10.00" in text(mall.search(proof=unsolved))


def test_waiting_ends_after_misses(mall, parked, spent, clock):
    for number in range(WAITS + 1):
        clock(NOON + timedelta(minutes=61))
        plate = f"沪A{number:05}"
        unsolved = re.findall(r'data-proof="([^"]+)"', text(mall.search(plate)))[0]
        clock(NOON + timedelta(minutes=61, seconds=proof_of_work.WAIT))
        answer = text(mall.search(plate, proof=unsolved))
        assert ("data-proof" in answer) == (number == WAITS), number


def test_found_fee_is_free(mall, parked, budget, django_assert_max_num_queries):
    for _ in range(200):
        assert "10.00" in text(mall.search(part="1"))
    assert not LookupCount.objects.exists()


def test_lane_views_are_budgeted(mall, parked, budget, easy, clock):
    see(mall.way_out, PLATE, clock(NOON + timedelta(minutes=61)))
    address = f"/p/{mall.exit_sign.code}"
    shown = [("10.00" in text(mall.get(address))) for _ in range(PER_CLIENT + 5)]
    assert shown == [True] * PER_CLIENT + [False] * 5
    page = text(mall.get(address))
    assert "沪A***45" not in page
    assert "10.00" in text(mall.send(address, lane="1", proof=solved(page)))


def test_lane_proof_is_for_that_lane(mall, parked, spent, clock):
    see(mall.way_out, PLATE, clock(NOON + timedelta(minutes=61)))
    proof = solved(text(mall.search()))
    assert "10.00" not in text(mall.send(f"/p/{mall.exit_sign.code}", lane="1", proof=proof))


# --- the budget ---


@dataclass
class Clock:
    seconds: float = 1_800_000_000.0

    def __call__(self):
        return self.seconds


@pytest.mark.django_db
def test_budget_holds_across_processes():
    lot, processes = make_lot(), [LookupBudget(Clock()) for _ in range(4)]
    allowed = 0
    for number in range(400):
        process = processes[number % 4]
        if not process.effort(ME, lot.pk):
            allowed += 1
            process.missed(ME, lot.pk)
    assert FREE_MISSES <= allowed <= FREE_MISSES + len(processes)


@pytest.mark.django_db
def test_ipv6_network_shares_a_budget():
    lot, budget = make_lot(), LookupBudget(Clock())
    allowed = 0
    for number in range(1000):
        client = client_from(f"2001:db8:9:{number:x}::1")
        if not budget.effort(client, lot.pk):
            allowed += 1
            budget.missed(client, lot.pk)
    assert allowed == PER_NETWORK // MISS


@pytest.mark.django_db
def test_spent_lot_slows_strangers_only():
    lot, budget = make_lot(), LookupBudget(Clock())
    known, stranger = Client("192.0.2.8"), Client("192.0.2.9")
    budget.found(known, lot.pk, "1")
    for number in range(PER_LOT // MISS):
        budget.missed(Client(f"198.51.100.{number}"), lot.pk)
    assert budget.effort(stranger, lot.pk) == BASE
    assert budget.effort(known, lot.pk) == 0
    assert budget.effort(stranger, lot.pk + 1) == 0


@pytest.mark.django_db
def test_misses_fade_over_an_hour():
    lot, clock = make_lot(), Clock()
    budget = LookupBudget(clock)
    for _ in range(FREE_MISSES):
        budget.missed(ME, lot.pk)
    clock.seconds += WINDOW
    assert budget.effort(ME, lot.pk) == BASE
    clock.seconds += 60
    assert budget.effort(ME, lot.pk) == 0
    assert lookup_budget.forget(timestamp=clock.seconds) == 0
    assert lookup_budget.forget(timestamp=clock.seconds + WINDOW) == 2


@pytest.mark.django_db
def test_misses_make_proofs_harder():
    lot, budget = make_lot(), LookupBudget(Clock())
    efforts = []
    for _ in range(200):
        efforts.append(budget.effort(ME, lot.pk))
        budget.missed(ME, lot.pk)
    assert efforts == sorted(efforts)
    assert efforts[-1] == BASE + lookup_budget.HARDEST


def test_budget_works_without_database(monkeypatch):
    def fail(*_):
        raise DatabaseError

    monkeypatch.setattr(lookup_budget, "add_points", fail)
    budget = LookupBudget(Clock())
    for _ in range(FREE_MISSES):
        assert budget.effort(ME, 1) == 0
        budget.missed(ME, 1)
    assert budget.effort(ME, 1) == BASE


@pytest.mark.django_db
def test_stored_names_hide_the_address():
    lot, budget = make_lot(), LookupBudget(Clock())
    budget.missed(ME, lot.pk)
    names = [bytes(name) for name in LookupCount.objects.values_list("name", flat=True)]
    assert sorted(map(len, names)) == [0, 16]
    assert all(ME.name.encode() not in name for name in names)


# --- an hour with the real limits ---

HOUR, DRIVERS, PLATES, PARKED = 3600, 2000, 10_000, 2000
DRIVER_MISSES = 0.05  # of the honest drivers mistype once
PHONE, SERVER = 150_000, 10_000_000  # hashes a second: a weak phone, one core of a sweeper's computer
CITY = 2_000_000  # cars, where the sweep has no list of those that park here
ELSEWHERE = Client("203.0.113.5")


@dataclass
class Hour:
    """Drivers and a sweep at their addresses, each look-up through one of two processes."""

    lot_id: int
    clock: Clock = field(default_factory=Clock)
    learned: set[str] = field(default_factory=set)
    served: int = 0
    refused: int = 0
    worst_wait: float = 0.0

    def __post_init__(self):
        self.processes = [LookupBudget(self.clock), LookupBudget(self.clock)]
        self.random = random.Random(15)
        self.present = {f"沪B{n:05}" for n in range(PARKED)}

    def run(self, *, drivers, sweep=None, can=frozenset(), listed=PARKED):
        """`can`: "solve", "wait". `listed`: how many of the parked cars are among the plates of the sweep."""
        plates = [f"沪B{n:05}" for n in range(listed)] + [f"沪C{n:05}" for n in range(PLATES - listed)]
        self.random.shuffle(plates)
        events = [(n * HOUR / DRIVERS, "driver", n) for n in range(DRIVERS)]
        if sweep:
            events += [(n * HOUR / PLATES, "sweep", plate) for n, plate in enumerate(plates)]
        busy_until, start = 0.0, self.clock.seconds
        for at, who, what in sorted(events, key=lambda event: event[0]):
            self.clock.seconds = start + at
            if who == "driver":
                self.drive(drivers, what)
            elif at >= busy_until:
                busy_until = at + self.probe(sweep, what, can)
        self.clock.seconds = start + HOUR

    def drive(self, client, number):
        process = self.random.choice(self.processes)
        if self.random.random() < DRIVER_MISSES:
            self.work(process.effort(client, self.lot_id))
            process.missed(client, self.lot_id)
        self.work(process.effort(client, self.lot_id))
        process.found(client, self.lot_id, f"{number}")

    def work(self, bits):
        self.worst_wait = max(self.worst_wait, seconds(bits, PHONE))
        if seconds(bits, PHONE) > proof_of_work.LIFE:
            self.refused += 1
        else:
            self.served += 1

    def probe(self, client, plate, can):
        """Return the seconds that the sweep worked for this plate. It waits for many plates at once."""
        process = self.random.choice(self.processes)
        bits = process.effort(client, self.lot_id)
        waits = bool(bits and "wait" in can and process.may_wait(client, self.lot_id))
        if bits and not waits and "solve" not in can:
            return 0.0
        if plate in self.present:
            self.learned.add(plate)
            process.found(client, self.lot_id, plate)
        else:
            process.missed(client, self.lot_id, waited=waits)
        return 0.0 if waits else seconds(bits, SERVER)


def seconds(bits, speed):
    return 2**bits / speed if bits else 0.0


@pytest.mark.parametrize("sweep", [ME, ELSEWHERE], ids=["same address", "elsewhere"])
@pytest.mark.parametrize("can", [set(), {"wait"}], ids=["plain", "waiting"])
@pytest.mark.django_db
def test_sweep_beside_drivers_learns_under_one_percent(sweep, can):
    """Worst case: every car that is parked is on the sweep's list."""
    hour = Hour(make_lot().pk)
    hour.run(drivers=ME, sweep=sweep, can=can)
    assert (hour.refused, hour.served >= DRIVERS) == (0, True)
    assert len(hour.learned) < PARKED / 100
    assert hour.worst_wait <= 2, hour.worst_wait


@pytest.mark.parametrize("can", [{"solve"}, {"wait", "solve"}], ids=["solving", "both"])
@pytest.mark.django_db
def test_solving_sweep_learns_under_one_percent(can):
    """The sweep computes on a server at an address of its own; every car that is parked is on its list."""
    hour = Hour(make_lot().pk)
    hour.run(drivers=ME, sweep=ELSEWHERE, can=can)
    assert (hour.refused, hour.served >= DRIVERS) == (0, True)
    assert len(hour.learned) < PARKED / 100
    assert hour.worst_wait <= 2, hour.worst_wait


@pytest.mark.django_db
def test_blind_solver_learns_under_one_percent():
    """Work cannot tell it from the drivers, whom it must not stop: it learns what plates of a city show."""
    hour = Hour(make_lot().pk)
    hour.run(drivers=ME)
    hour.run(drivers=ME, sweep=ME, can={"wait", "solve"}, listed=PLATES * PARKED // CITY)
    assert (hour.refused, hour.served >= 2 * DRIVERS) == (0, True)
    assert 0 < len(hour.learned) < PARKED / 100
    assert hour.worst_wait <= 2, hour.worst_wait


def test_sweep_over_http_learns_under_one_percent(mall, budget):
    """Real requests with the real limits: a sweep, and a driver whose phone solves the puzzles."""
    for number in range(100):
        see(mall.entry, f"沪B{number:05}", NOON)
    swept = [f"沪B{number:05}" for number in range(0, 100, 10)] + [f"沪C{n:05}" for n in range(290)]
    random.Random(15).shuffle(swept)
    shown = [plate for plate in swept if "支付 ¥" in text(mall.search(plate, part="1"))]
    assert len(shown) < 2, shown
    page = text(mall.search("沪B00007", part="1"))
    seed = proof_of_work.Challenge(re.findall(r'data-proof="([^"]+)"', page)[0], BASE)
    proof = proof_of(seed)
    assert "10.00" in text(mall.search("沪B00007", part="1", proof=proof))


@pytest.mark.django_db
def test_plain_sweep_is_counted_for_the_alarm():
    lot, clock = make_lot(), Clock()
    budget = LookupBudget(clock)
    for _ in range(PLATES // 10):
        if budget.effort(ME, lot.pk):
            budget.stopped(lot.pk)
        else:
            budget.missed(ME, lot.pk)
    found = lookup_budget.failed_in(None, timestamp=clock.seconds + WINDOW)
    assert PLATES // 10 - lookup_budget.STOPS_AT_ONCE <= found[lot.pk] <= PLATES // 10


@pytest.mark.django_db
def test_solved_proofs_raise_no_alarm():
    lot, clock = make_lot(), Clock()
    budget = LookupBudget(clock)
    for _ in range(DRIVERS):
        budget.stopped(lot.pk)
        budget.worked(lot.pk)
    assert lookup_budget.failed_in(None, timestamp=clock.seconds) == {}
