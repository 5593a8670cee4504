"""A process killed between any two steps of charge and settle, in front of another vendor's parking system.

Its own paid list is held against our books: never paid twice, never paid and not reported, and what it would
not take goes back once.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.kills.conftest import Driver, World, wait_for
from tests.kills.test_crashes import agree, reset_processes  # noqa: F401 - a fixture

FEE, SIGN = 1250, 2
SYSTEM, SETTLEMENTS = "lots.systems.aike.AikeSystem.", "payments.settlements."


@dataclass
class Phone:
    """A driver of the lot in front, whose car the vendor's system knows."""

    world: World
    driver: Driver

    def pay(self) -> bool:
        return self.driver.pay(self.driver.press_pay(SIGN))

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.world.books.rows(
            f"SELECT t.*, p.number AS ours, p.amount_fen AS fen FROM {table} t"
            " JOIN payments_payment p ON p.id = t.payment_id WHERE p.id > ? ORDER BY t.id",
            self.world.first_payment,
        )


@pytest.fixture
def phone(world: World) -> Phone:
    found = world.books.rows("SELECT COALESCE(MAX(id), 0) AS last FROM payments_payment")
    world.first_payment = found[0]["last"]
    driver = world.driver()
    world.system.control(clear=True)
    world.system.control(enter=driver.plate, price_fen=FEE)
    return Phone(world, driver)


def is_notified(phone: Phone) -> bool:
    rows = phone.rows("payments_settlement")
    return bool(rows) and all(row["state"] == "accepted" for row in rows)


def is_counted_once(phone: Phone) -> None:
    wait_for(lambda: is_notified(phone), f"it is accepted; {phone.world.work.nursery.log()}")
    (row,) = phone.rows("payments_settlement")
    there = [paid.fen for paid in phone.world.system.paid() if paid.number == row["ours"]]
    assert there == [FEE]
    assert phone.rows("payments_refund") == []
    agree(phone.world)


@pytest.mark.parametrize("point", [f"before {SYSTEM}charge", f"after {SYSTEM}charge"])
def test_lost_look_up_is_repeated(world: World, phone: Phone, point: str):
    world.web.kill_at(point)
    assert phone.driver.press_pay(SIGN) == ""
    world.recover(world.web)
    wait_for(phone.pay, "a payment")
    is_counted_once(phone)


@pytest.mark.parametrize("point", [f"before {SETTLEMENTS}enqueue", f"after {SETTLEMENTS}enqueue"])
def test_payment_is_never_left_untold(world: World, phone: Phone, point: str):
    cashier = phone.driver.press_pay(SIGN)
    world.work.pause()
    world.web.kill_at(point)
    assert phone.driver.pay(cashier)
    world.recover(world.web)
    world.work.go_on()
    is_counted_once(phone)


@pytest.mark.parametrize(
    "point",
    [
        f"{when} {place}"
        for place in (f"{SYSTEM}settle", f"{SETTLEMENTS}_accept", f"{SETTLEMENTS}carry_out")
        for when in ("before", "after")
    ],
)
def test_settlement_survives_worker_crash(world: World, phone: Phone, point: str):
    cashier = phone.driver.press_pay(SIGN)
    world.work.kill_at(point)
    assert phone.driver.pay(cashier)
    world.recover(world.work)
    is_counted_once(phone)


@pytest.mark.parametrize(
    "point",
    [f"after {SYSTEM}settle", f"before {SETTLEMENTS}_give_back", f"after {SETTLEMENTS}_give_back"],
)
def test_void_payment_goes_back_once(world: World, phone: Phone, point: str):
    cashier = phone.driver.press_pay(SIGN)
    world.system.control(leave=phone.driver.plate)
    world.work.kill_at(point)
    assert phone.driver.pay(cashier)
    world.recover(world.work)
    wait_for(
        lambda: [row["state"] for row in phone.rows("payments_refund")] == ["done"],
        f"it goes back; {world.work.nursery.log()}",
    )
    (refund,) = phone.rows("payments_refund")
    assert refund["amount_fen"] == FEE
    assert [row["state"] for row in phone.rows("payments_settlement")] == ["gone"]
    assert refund["ours"] not in [paid.number for paid in world.system.paid()]
    agree(world)


def test_two_phones_pay_once(world: World, phone: Phone):
    other = Phone(world, world.driver())
    other.driver.plate = phone.driver.plate
    cashiers = [one.driver.press_pay(SIGN) for one in (phone, other)]
    pressed = [one.driver.pay(cashier) for one, cashier in zip((phone, other), cashiers, strict=True)]
    assert any(pressed)
    is_counted_once(phone)
