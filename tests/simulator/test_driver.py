"""Simulated drivers pay through the real pages and the real sandbox, and the barrier opens."""

import time
from datetime import timedelta
from threading import Event

import pytest
from django.utils.timezone import now

from lots import gates, sign_register
from lots.models import GateCommand, ParkingSession, PlateRead
from payments import channels
from payments.merchants import at_sandbox, read_merchants
from payments.models import Payment
from simulator.camera import CameraLane
from simulator.plain_browser import Browser, PageError, ParsedPage
from simulator.simulated_driver import Driver
from simulator.traffic import Car
from tests.factories import make_device, make_lot, see
from tests.sandbox import sandbox_keys, sandbox_process  # noqa: F401 - fixtures

PAGE = """
<main class="card"><p class="said">One<br> two</p>
<a href="/here">Here</a><a href="https://there.example/x">There</a>
<form id="ask" method="post" action="/p/1"><input name="plate" value="沪">
<input type="checkbox" name="other"></form>
<button form="ask" name="go" value="1">Find</button>
<form method="post" action="pay/en"><input type="hidden" name="quote" value="q">
<button type="button">No</button>
<button name="channel" value="a">Pay <b>now</b></button><button name="channel" value="b">Other</button></form>
</main>
"""


def test_page_is_parsed_without_scripts():
    page = ParsedPage("http://x.example/p/1", 200, PAGE)
    ask, pay = page.forms
    assert (ask.action, ask.fields) == ("http://x.example/p/1", [("plate", "沪")])
    assert [button.label for button in ask.buttons] == ["Find"]
    assert page.form("/pay") is pay
    assert [button.label for button in pay.buttons] == ["Pay now", "Other"]
    assert pay.filled({}, pay.buttons[1]) == [("quote", "q"), ("channel", "b")]
    assert page.text_of("said") == "One two"
    assert page.external_link(own_url="HTTP://X.EXAMPLE/P/1") == "https://there.example/x"


def test_unoffered_field_or_button_is_refused():
    ask, pay = ParsedPage("http://x.example/p/1", 200, PAGE).forms
    with pytest.raises(PageError, match="no field colour"):
        ask.filled({"colour": "red"}, ask.buttons[0])
    with pytest.raises(PageError, match="no button"):
        Browser("127.0.0.2").submit(pay, "Cash")


@pytest.fixture
def lot(live_server, sandbox_process, sandbox_keys, settings):  # noqa: F811
    settings.PUBLIC_URL = live_server.url
    settings.SANDBOX_URL = settings.SANDBOX_PUBLIC_URL = sandbox_process
    merchants = (sandbox_keys / "merchants.json").read_text(encoding="utf-8")
    settings.MERCHANTS = at_sandbox(read_merchants(merchants), sandbox_process)
    settings.TRUSTED_PROXIES = 1
    channels.providers.cache_clear()
    yield make_lot()
    channels.providers.cache_clear()


def make_driver(live_server, lot, camera=None):
    """A driver at once, the lane's device with its code, and a car."""
    wall = sign_register.new_sign(lot=lot, place="B1")
    plan = {"lots": [{"name": lot.name, "slug": lot.slug, "url": f"{live_server.url}/P/{wall.code}".upper()}]}
    warnings: list[str] = []

    def warn(lane: str, message: str) -> None:
        warnings.append(message)

    driver = Driver(plan, seed=1, stop=Event(), log=lambda *_: None, warn=warn, pace=0)
    code = sign_register.new_sign(lot=lot, lane=camera.lane, place="exit").code if camera else ""
    device = CameraLane(lot.slug, "lane", "", "", "", "", sign_url=f"{live_server.url}/P/{code}".upper())
    return driver, device, warnings


def wait_for_notice() -> None:
    """The channel's notice comes a moment after the driver has paid."""
    for _ in range(1000):
        if Payment.objects.filter(state=Payment.State.PAID).exists():
            return
        time.sleep(0.02)
    raise AssertionError("no notice came")


def a_car(lot, plate: str, **fields) -> Car:
    return Car(lot.slug, 1, plate, 1, 1, stay=0, read_at_exit=plate, **fields)


@pytest.mark.parametrize("number", range(4))  # by the lane's code or by the one on the wall
def test_payment_at_exit_opens_the_barrier(live_server, lot, number):
    way_in, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    plate = f"沪A1234{number}"
    see(way_in, plate, now() - timedelta(minutes=90))  # far from where the price rises
    see(way_out, plate, now())
    driver, device, warnings = make_driver(live_server, lot, way_out)
    driver.at_exit(a_car(lot, plate, tries=1), device)
    assert warnings == []
    wait_for_notice()
    assert [command.cause for command in gates.take_commands(way_out, at=now())] == [GateCommand.Cause.PAID]
    stay = ParkingSession.objects.get()
    assert (stay.paid_fen, stay.departure) == (1000, ParkingSession.Departure.RELEASED)


def test_car_paid_inside_exits_at_once(live_server, lot):
    way_in, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    see(way_in, "沪A12345", now() - timedelta(minutes=90))
    driver, _, warnings = make_driver(live_server, lot)
    driver.pay_inside(a_car(lot, "沪A12345"))
    assert warnings == []
    wait_for_notice()
    assert see(way_out, "沪A12345", now()).read.outcome == PlateRead.Outcome.LEFT


def test_unplated_car_pays_with_ticket(live_server, lot):
    way_in, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    see(way_in, None, now())
    driver, device, warnings = make_driver(live_server, lot, way_in)
    car = a_car(lot, "_无_")
    car.kind = 31
    driver.at_entry(car, device)
    assert [command.cause for command in gates.take_commands(way_in, at=now())] == [GateCommand.Cause.TICKET]
    ParkingSession.objects.update(entered_at=now() - timedelta(hours=1))
    see(way_out, None, now())
    driver, device, warnings = make_driver(live_server, lot, way_out)
    car.tries = 1
    driver.at_exit(car, device)
    wait_for_notice()
    assert (warnings, len(car.ticket.replace("-", ""))) == ([], 10)
    assert [command.cause for command in gates.take_commands(way_out, at=now())] == [GateCommand.Cause.PAID]


def test_nothing_to_pay_is_no_complaint(live_server, lot):
    driver, device, warnings = make_driver(live_server, lot)
    driver.pay_inside(a_car(lot, "沪A12345"))
    assert warnings == []
    driver.at_exit(
        a_car(lot, "沪A12345", tries=1),
        CameraLane(lot.slug, "lane", "", "", "", "", sign_url=device.sign_url + "X"),
    )
    assert all("12345" not in warning for warning in warnings)


def test_simulated_drivers_have_distinct_loopback_addresses():
    driver = Driver({"lots": []}, seed=1, stop=Event(), log=lambda *_: None, warn=lambda *_: None)
    plates = [f"沪A{number:05}" for number in range(200)]
    addresses = {
        driver._phone(Car("mall", 1, plate, 1, 1, stay=0, read_at_exit=plate)).address for plate in plates
    }
    assert len(addresses) == 200
    assert all(address.startswith("127.") and address != "127.0.0.1" for address in addresses)
