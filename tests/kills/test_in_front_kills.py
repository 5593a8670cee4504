"""A process killed between any two steps of charge and settle, in front of each vendor's parking system.

The simulated system's own books are held against ours: never paid twice, never paid and not reported, and
what it would not take goes back once, by staff where an answer was lost. Every run tries one system and the
points after a step; death before a step (`deep`) finds what death after the one before it left.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from lots.systems import REMOTE
from sandbox.systems.__main__ import SIMULATORS
from tests.kills.conftest import Driver, Process, World
from tests.kills.test_crashes import agree, reset_processes  # noqa: F401 - a fixture
from tests.lots.systems.simulated import vendor_named
from tests.waiting import wait_for

FEE, OWN_SIGNS = 1250, 2
NAMES = sorted(SIMULATORS)
USUAL = "aike"  # the system at which every run tries it
SYSTEM, SETTLEMENTS = "lots.systems.remote.RemoteSystem.", "payments.settlements."


def at_systems(points: list[str]) -> pytest.MarkDecorator:
    """Try each point at each system."""
    return pytest.mark.parametrize(
        ("name", "point"),
        [
            pytest.param(
                name, point, marks=[pytest.mark.deep] * (name != USUAL or point.startswith("before"))
            )
            for name in NAMES
            for point in points
            if is_reached(name, point)
        ],
    )


def is_reached(name: str, point: str) -> bool:
    """Where the system cannot say that a car has left, nothing is given back by itself."""
    return "_give_back" not in point or REMOTE[name.removesuffix("_lot")].knows_gone


@dataclass
class Phone:
    """A driver of a lot in front of another system, whose car that system knows."""

    world: World
    driver: Driver
    name: str

    def press_pay(self) -> str:
        return self.driver.press_pay(OWN_SIGNS + NAMES.index(self.name))

    def pay(self) -> bool:
        return self.driver.pay(self.press_pay())

    def number(self) -> str:
        """Return the number of its payment: the worker asks about those of earlier tests too."""
        (row,) = self.world.books.rows(
            "SELECT number FROM payments_payment WHERE id > ?", self.world.first_payment
        )
        return str(row["number"])

    @property
    def knows_gone(self) -> bool:
        return REMOTE[self.world.systems[self.name].kind].knows_gone

    def paid_there(self) -> list[int]:
        """Return what the system has counted for this car."""
        park = self.world.systems[self.name].simulator.park
        return [paid.amount_fen for paid in park.payments.values() if paid.car.plate == self.driver.plate]

    def leave(self) -> None:
        self.world.systems[self.name].simulator.park.leave(self.driver.plate)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.world.books.rows(
            f"SELECT t.*, p.number AS ours, p.amount_fen AS fen FROM {table} t"
            " JOIN payments_payment p ON p.id = t.payment_id WHERE p.id > ? ORDER BY t.id",
            self.world.first_payment,
        )


def phone_at(world: World, name: str) -> Phone:
    found = world.books.rows("SELECT COALESCE(MAX(id), 0) AS last FROM payments_payment")
    world.first_payment = found[0]["last"]
    driver = world.driver()
    vendor_named(name).simulator.park.enter(driver.plate, FEE)
    return Phone(world, driver, name)


@pytest.fixture
def phone(world: World, name: str) -> Phone:
    return phone_at(world, name)


def is_notified(phone: Phone) -> bool:
    rows = phone.rows("payments_settlement")
    return bool(rows) and all(row["state"] == "accepted" for row in rows)


def is_counted_once(phone: Phone) -> None:
    wait_for(lambda: is_notified(phone), "it is accepted", phone.world.work.nursery.log)
    assert len(phone.rows("payments_settlement")) == 1
    assert phone.paid_there() == [FEE]
    assert phone.rows("payments_refund") == []
    agree(phone.world)


def is_given_back_once(phone: Phone) -> None:
    wait_for(
        lambda: [row["state"] for row in phone.rows("payments_refund")] == ["done"],
        "it goes back",
        phone.world.work.nursery.log,
    )
    (refund,) = phone.rows("payments_refund")
    assert refund["amount_fen"] == FEE
    assert phone.paid_there() == []
    agree(phone.world)


@at_systems([f"before {SYSTEM}charge", f"after {SYSTEM}charge"])
def test_lost_look_up_is_repeated(world: World, phone: Phone, point: str):
    world.web.kill_at(point)
    assert phone.press_pay() == ""
    world.recover(world.web)
    wait_for(phone.pay, "a payment")
    is_counted_once(phone)


@at_systems([f"before {SETTLEMENTS}enqueue", f"after {SETTLEMENTS}enqueue"])
def test_every_payment_is_reported(world: World, phone: Phone, point: str):
    cashier = phone.press_pay()
    world.work.pause()
    world.web.kill_at(point)
    assert phone.driver.pay(cashier)
    world.recover(world.web)
    world.work.go_on()
    is_counted_once(phone)


@at_systems(
    [
        f"{when} {place}"
        for place in (f"{SYSTEM}settle", f"{SETTLEMENTS}_accept", f"{SETTLEMENTS}carry_out")
        for when in ("before", "after")
    ]
)
def test_settlement_survives_worker_crash(world: World, phone: Phone, point: str):
    cashier = phone.press_pay()
    world.work.kill_at(point, phone.number())
    assert phone.driver.pay(cashier)
    world.recover(world.work)
    is_counted_once(phone)


@at_systems([f"after {SYSTEM}settle", f"before {SETTLEMENTS}_give_back", f"after {SETTLEMENTS}_give_back"])
def test_void_payment_goes_back_once(world: World, phone: Phone, point: str):
    """By staff where the process died with an answer, or where the system has no code for a car that left."""
    cashier = phone.press_pay()
    phone.leave()
    world.work.kill_at(point, phone.number())
    assert phone.driver.pay(cashier)
    world.recover(world.work)
    if point != f"after {SETTLEMENTS}_give_back":
        wait_for(lambda: phone.rows("payments_settlement")[0]["fault"], "the refusal is recorded")
        (row,) = phone.rows("payments_settlement")
        assert (row["state"], phone.rows("payments_refund")) == ("open", [])
        Process("give_back", world.work.nursery).start(row["ours"], str(FEE))
    is_given_back_once(phone)
    if phone.knows_gone:
        wait_for(lambda: phone.rows("payments_settlement")[0]["state"] == "gone", "the task ends")


@pytest.mark.parametrize("name", [USUAL])
def test_two_phones_pay_once(world: World, phone: Phone):
    other = Phone(world, world.driver(), phone.name)
    other.driver.plate = phone.driver.plate
    cashiers = [one.press_pay() for one in (phone, other)]
    pressed = [one.driver.pay(cashier) for one, cashier in zip((phone, other), cashiers, strict=True)]
    assert any(pressed)
    is_counted_once(phone)
