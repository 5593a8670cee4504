"""The people in the cars: they scan a sign, type their plate, pay at the cashier and come back.

Everything goes through the public pages, by HTTP, as on a phone that runs no script. What a payment does to
the barrier, the server tells the camera.
"""

import time
from collections.abc import Callable
from random import Random
from threading import Event
from typing import Any

from simulator.browser import Browser, Form, Lost, Page
from simulator.camera import Device, Tell
from simulator.traffic import Car, chance

PAYS = "付款成功"  # the cashier's button for a good day
FORGETS_PHONE = 1 / 12  # stands at the exit and does not pay, the first time
PAYS_INSIDE = 1 / 3  # of all cars, on the way back to the car
LOOKS = 4  # at the page that says "confirming"
EN_ROUTE = (20.0, 90.0)  # seconds between paying inside and standing at the exit

type Wait = Callable[[float], Any]


class Driver:
    """Drives every car of one DEVICES.json; nothing is remembered but the ticket in the car.

    `pace` stretches what people take to look and type; 0 leaves it out.
    """

    def __init__(
        self, plan: dict[str, Any], *, seed: int, stop: Event, tell: Tell, complain: Tell, pace: float = 1.0
    ) -> None:
        self.seed, self.pace = seed, pace
        self._stop, self._tell, self._complain = stop, tell, complain
        self._signs = {lot.get("slug", lot["name"]): lot.get("url", "") for lot in plan["lots"]}

    def pays_inside(self, car: Car) -> float | None:
        """Return how many seconds before the exit this car is paid for; None: not before."""
        luck = self._luck(car, "inside")
        return luck.uniform(*EN_ROUTE) if not car.unplated and luck.random() < PAYS_INSIDE else None

    def inside(self, car: Car) -> None:
        """Pay on the way back to the car, by a sign on a wall."""
        self._try(car, "inside", lambda: self._pay(car, self._signs.get(car.lot, "")))

    def at_exit(self, car: Car, device: Device) -> None:
        """Pay at the closed barrier: mostly by the lane's own code, which knows the car already."""
        luck = self._luck(car, "exit", car.tries)
        if car.tries == 0 and luck.random() < FORGETS_PHONE:
            self._tell(device.lane, f"{car.plate} looks for the telephone")
            return
        by_lane = (
            car.unplated or luck.random() < 0.7
        )  # only the lane's code knows where a car without plate is
        sign = device.sign_url if by_lane else self._signs.get(car.lot, "")
        self._try(car, device.lane, lambda: self._pay(car, sign))

    def at_entry(self, car: Car, device: Device) -> None:
        """Take a ticket for a car without a plate."""
        self._try(car, device.lane, lambda: self._take_ticket(car, device.sign_url))

    def _try(self, car: Car, where: str, act: Callable[[], None]) -> None:
        """A page that does not answer costs one try, never the lane."""
        try:
            act()
        except (OSError, ValueError, Lost) as fault:
            if not self._stop.is_set():
                self._complain(f"{car.lot} {where}", f"driver: {type(fault).__name__}: {fault}")

    def _take_ticket(self, car: Car, sign: str) -> None:
        if not sign:
            return
        phone = self._phone(car)
        self._takes(car, 2, 5)
        page = phone.open(sign)
        page = phone.press(_form(page, "/ticket"))
        car.ticket = page.said("ticket")
        self._tell(car.lot, f"car {car.number} has a ticket" if car.ticket else "no ticket")

    def _pay(self, car: Car, sign: str) -> None:
        if not sign or (car.unplated and not car.ticket):
            return
        phone = self._phone(car)
        self._takes(car, 2, 6)
        page = phone.open(sign)
        if page.form("/pay") is None:  # a wall's sign, or a lane that does not know the car
            self._takes(car, 2, 5)
            page = phone.press(_with_field(page, "plate"), plate=car.ticket or car.plate)
        if (form := page.form("/pay")) is None:
            self._tell(car.lot, f"{car.plate} finds nothing to pay")
            return
        cashier = phone.press(form).link(elsewhere_than=sign)
        if cashier is None:
            raise Lost("no way to the cashier")
        page = phone.open(cashier)
        self._takes(car, 1, 3)
        page = phone.press(_form(page, ""), PAYS)
        for _ in range(LOOKS):
            if page.said("slip"):
                self._tell(car.lot, f"{car.plate} has paid")
                return
            self._takes(car, 1, 2)
            page = phone.open(page.url)

    def _phone(self, car: Car) -> Browser:
        """Give each car an address of its own, which nobody outside can have: looking up is on a budget."""
        luck = self._luck(car, "address")
        return Browser(f"127.{luck.randrange(1, 255)}.{luck.randrange(256)}.{luck.randrange(1, 255)}")

    def _takes(self, car: Car, least: float, most: float) -> None:
        self._stop.wait(self.pace * self._luck(car, time.monotonic()).uniform(least, most))

    def _luck(self, car: Car, *about: object) -> Random:
        return chance(self.seed, car.lot, car.key, *about)


def _form(page: Page, ending: str) -> Form:
    if (form := page.form(ending)) is None:
        raise Lost(f"no form {ending} (status {page.status})".replace("  ", " "))
    return form


def _with_field(page: Page, name: str) -> Form:
    for form in page.forms:
        if name in {field for field, _ in form.fields}:
            return form
    raise Lost(f"no field {name} (status {page.status})")
