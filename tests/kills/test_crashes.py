"""A process killed at any await point of start, settle, close and refund loses no fen and doubles none.

The processes are real, the database is a throwaway one, and the channel is the sandbox as WeChat Pay, spoken
to by the production client; its own record is what our books are held against. A killed process is started
again, as the service manager does.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest

from tests.kills.books import Sight, are_right
from tests.kills.conftest import Driver, World
from tests.kills.killed_processes import CHARGES_LAST
from tests.waiting import wait_for

PROVIDER = "payments.providers.wechat.wechat_provider.WechatProvider."
NOTICES, CHECKOUT = "driver.channel_notices.", "payments.checkout."
ORDERS = "payments.channel_orders."
AT_THE_EXIT = 1  # the sign there
REFUNDS, LEDGER = "payments.refunds.", "payments.ledger."


NO_MORE_DONE = {
    "the notice is read and nothing is settled",
    "the payment is paid and not yet booked",
    "the notice is there and not read",
    "it has the row and has not asked",
    "nothing is closed yet",
    "it is closed and no new one is sent",
    "it is done and not yet booked",
    "nothing is settled",
}


def at_points(points: dict[str, str]) -> pytest.MarkDecorator:
    """Kill at each point; it is `deep` where no more was done than at the point before it, or nothing yet."""
    return pytest.mark.parametrize(
        "point",
        [
            pytest.param(point, id=name, marks=[pytest.mark.deep] * (name in NO_MORE_DONE))
            for point, name in points.items()
        ],
    )


@pytest.fixture(autouse=True)
def reset_processes(world: World):
    """Each test begins with living processes, no fault and no order to die."""
    yield
    world.sandbox.clear()
    for process in (world.web, world.work):
        process.spare()
        if not process.pid or process.ended_by():
            world.start(process)


def agree(world: World, *drivers: Driver) -> None:
    """Wait until nothing is under way, then hold each fen of ours against the channel's own record."""
    for driver in drivers:
        wait_for(driver.is_quiet, f"{driver.payments()} {driver.refunds()}", world.work.nursery.log)
    seen = Sight.of(world)
    are_right(seen)
    orders, given_back = seen.after["orders"], seen.after["refunds"]
    assert of_state(seen.payments, "paid") == of_state(orders.values(), "paid")
    assert of_state(seen.refunds, "done") == of_state(given_back.values(), "done")
    assert set(given_back) == {each["number"] for each in seen.refunds}
    assert world.books.rows("SELECT id FROM payments_discrepancy") == []


def of_state(rows: Iterable[dict[str, Any]], state: str) -> dict[str, int]:
    return {each["number"]: each["amount_fen"] for each in rows if each["state"] == state}


def pay_again(driver: Driver) -> None:
    """The driver presses Pay once more, as the page asks where nothing came back, and pays."""
    wait_for(lambda: driver.pay(driver.press_pay()), "a payment")


def active_states(driver: Driver) -> list[str]:
    """Return the states of this car's payments, but for those that came to nothing."""
    return [each["state"] for each in driver.payments() if each["state"] != "closed"]


@at_points(
    {
        f"before {PROVIDER}start": "its row is committed and nothing is sent",
        f"after {PROVIDER}start": "the channel has taken the order and nothing is recorded",
        f"after {CHECKOUT}_hand_over": "the order is recorded as open and the driver has no answer",
    }
)
def test_payment_start_survives_server_crash(world: World, point: str):
    driver = world.driver()
    world.web.kill_at(point)
    assert driver.press_pay() == ""
    world.recover(world.web)
    pay_again(driver)
    agree(world, driver)
    assert active_states(driver) == ["paid"]


def test_order_in_transit_survives_server_crash(world: World):
    driver = world.driver()
    world.sandbox.fault("delay", seconds=4, on="POST /v3/pay/transactions/h5")
    press = threading.Thread(target=driver.press_pay)
    press.start()
    wait_for(driver.payments, "the row is there")
    wait_for(lambda: world.sandbox.has_met("delay"), "it is sent, and waits for its answer")
    world.web.kill()
    press.join()
    assert driver.payments()[0]["number"] not in world.theirs("orders")
    world.recover(world.web)
    wait_for(lambda: world.theirs("orders").keys() & {each["number"] for each in driver.payments()}, "taken")
    pay_again(driver)
    agree(world, driver)
    assert active_states(driver) == ["paid"]


@at_points(
    {
        f"before {NOTICES}_settle_all": "the notice is read and nothing is settled",
        f"before {LEDGER}entries_of": "the payment is paid and not yet booked",
        f"after {LEDGER}entries_of": "it is booked and not committed",
        "before driver.hot_notice.answer_to": "the notice is there and not read",
        "after driver.hot_notice.answer_to": "it is settled and the channel has no answer",
    }
)
def test_payment_notice_survives_server_crash(world: World, point: str):
    driver = world.driver()
    cashier = driver.press_pay()
    world.work.pause()
    world.web.kill_at(point)
    assert driver.pay(cashier)
    world.recover(world.web)
    world.work.go_on()
    agree(world, driver)
    assert active_states(driver) == ["paid"]


@at_points(
    {
        f"before {PROVIDER}query": "it has the row and has not asked",
        f"after {PROVIDER}query": "the channel has reported the payment",
        f"after {LEDGER}entries_of": "it is booked and not committed",
        f"after {ORDERS}query": "it is settled and the row is still leased",
    }
)
def test_payment_query_survives_worker_crash(world: World, point: str):
    driver = world.driver()
    cashier = driver.press_pay()
    world.work.pause()
    assert driver.pay(cashier, "loses_notice")
    world.work.kill_at(point)
    world.work.go_on()
    world.recover(world.work)
    agree(world, driver)
    assert active_states(driver) == ["paid"]


@pytest.mark.parametrize("late_money", [False, True], ids=["", "and its money comes after all"])
@at_points(
    {
        f"before {PROVIDER}close": "nothing is closed yet",
        f"after {PROVIDER}close": "the channel has closed it",
        f"before {PROVIDER}start": "it is closed and no new one is sent",
    }
)
def test_order_replacement_survives_server_crash(world: World, point: str, late_money: bool):
    driver = world.driver()
    assert driver.press_pay()
    if late_money:
        pay_on_close_without_notice(world)
    world.work.pause()  # else it may find that money before the point is reached
    world.web.kill_at(point)
    assert driver.press_pay(AT_THE_EXIT) == ""
    world.work.go_on()
    world.recover(world.web)
    wait_for(
        lambda: driver.pay(driver.press_pay(AT_THE_EXIT)) or "paid" in active_states(driver), "a payment"
    )
    wait_for(lambda: active_states(driver) == ["paid"] * len(driver.paid_there()), "all money is seen")
    agree(world, driver)
    assert len(driver.paid_there()) - len(driver.refunds()) == 1


def test_order_close_survives_worker_crash(world: World):
    driver = world.driver()
    assert driver.press_pay()
    world.work.pause()  # WeChat counts in whole seconds: a query just before the end would find it closed
    time.sleep(CHARGES_LAST.total_seconds() + 0.1)
    for point in (f"before {ORDERS}close_attempt", f"after {ORDERS}close_attempt"):
        world.work.kill_at(point)
        world.work.go_on()
        world.recover(world.work)
    agree(world, driver)
    assert [each["state"] for each in driver.payments()] == ["closed"]


def pay_on_close_without_notice(world: World) -> None:
    """Have the channel take the money for the next order that is closed, and lose its notice."""
    world.sandbox.fault("paid_after_close")
    world.sandbox.fault("notice_reordered")


def pay_twice(world: World) -> Driver:
    """A driver pays an order that is closed at that moment, and another: the first goes back once it is seen.

    The worker is paused, so that nothing is asked for until `go_on`.
    """
    driver = world.driver()
    assert driver.press_pay()
    world.work.pause()
    pay_on_close_without_notice(world)
    cashier = driver.press_pay(AT_THE_EXIT)
    first = driver.payments()[0]["number"]
    wait_for(
        lambda: world.theirs("orders")[first]["state"] == "paid", "the first is paid, and its notice held"
    )
    assert driver.pay(cashier)
    wait_for(lambda: active_states(driver) == ["paid"], "the second is settled", world.work.nursery.log)
    return driver


def is_refunded_once(world: World, driver: Driver) -> None:
    wait_for(driver.refunds, "a refund", world.work.nursery.log)
    agree(world, driver)
    assert active_states(driver) == ["paid", "paid"]
    (refund,) = driver.refunds()
    assert (refund["state"], refund["reason"]) == ("done", "surplus")


@at_points(
    {
        f"before {PROVIDER}refund": "its row is committed and nothing is sent",
        f"after {PROVIDER}refund": "the channel has taken it and nothing is recorded",
        f"after {REFUNDS}settle_refund": "it is recorded and not committed",
        f"after {REFUNDS}carry_out": "it is recorded and its row is still leased",
    }
)
def test_refund_request_survives_worker_crash(world: World, point: str):
    driver = pay_twice(world)
    world.work.kill_at(point)
    world.work.go_on()
    world.recover(world.work)
    is_refunded_once(world, driver)


def test_refund_in_transit_survives_worker_crash(world: World):
    driver = pay_twice(world)
    world.sandbox.fault("delay", seconds=5, on="POST /v3/refund/domestic/refunds")
    world.work.go_on()
    (refund,) = wait_for(driver.refunds, "the row is there")
    wait_for(lambda: world.sandbox.has_met("delay"), "it is sent, and waits for its answer")
    assert refund["number"] not in world.theirs("refunds")
    world.work.kill()
    world.recover(world.work)
    is_refunded_once(world, driver)


@at_points(
    {
        f"before {PROVIDER}query_refund": "it has the row and has not asked",
        f"after {PROVIDER}query_refund": "the channel has reported the refund",
        f"before {LEDGER}book_refund": "it is done and not yet booked",
        f"after {LEDGER}book_refund": "it is booked and not committed",
    }
)
def test_refund_query_survives_worker_crash(world: World, point: str):
    driver = pay_twice(world)
    world.sandbox.fault("notice_forged", times=None)  # so no notice says it
    world.work.kill_at(point)
    world.work.go_on()
    world.recover(world.work)
    is_refunded_once(world, driver)


@at_points(
    {
        f"before {REFUNDS}settle_refund": "nothing is settled",
        f"after {LEDGER}book_refund": "it is booked and not committed",
        "after driver.hot_notice.answer_to": "the channel has no answer",
    }
)
def test_refund_notice_survives_server_crash(world: World, point: str):
    driver = pay_twice(world)
    time.sleep(0.2)  # the notice of the payment is answered
    world.web.kill_at(point)
    world.work.kill_at(f"after {REFUNDS}carry_out")  # or it might ask before the notice comes
    world.work.go_on()
    world.recover(world.web)
    world.recover(world.work)
    is_refunded_once(world, driver)
