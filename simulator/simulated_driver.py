"""Drivers: they scan a sign, type their plate, pay at the cashier and return.

Everything goes through the public pages by HTTP, as on a phone without scripts. The server tells the camera
to open the barrier after a payment.
"""

import time
from collections.abc import Callable
from random import Random
from threading import Event
from typing import Any

from simulator.camera import CameraLane, Log
from simulator.plain_browser import Browser, Form, PageError, ParsedPage
from simulator.traffic import Car, random_for

PAY_BUTTON = "付款成功"  # on the cashier page
SHARE_NOT_PAYING = 1 / 12  # does not pay at the first attempt to leave
SHARE_PAYING_INSIDE = 1 / 3  # pays before driving to the exit
STATUS_CHECKS = 4  # of the page that shows "confirming"
SECONDS_TO_EXIT = (20.0, 90.0)  # between paying inside and arriving at the exit


class Driver:
    """Acts for the drivers of all cars. It stores nothing except the ticket code in the car.

    `pace` scales the time that people need to read and type; 0 skips it.
    """

    def __init__(
        self, plan: dict[str, Any], *, seed: int, stop: Event, log: Log, warn: Log, pace: float = 1.0
    ) -> None:
        self.seed, self.pace = seed, pace
        self._stop, self._log, self._warn = stop, log, warn
        self._signs = {lot.get("slug", lot["name"]): lot.get("url", "") for lot in plan["lots"]}

    def pays_inside(self, car: Car) -> float | None:
        """Return how many seconds before leaving this car is paid for, or None if it pays at the exit."""
        random = self._random(car, "inside")
        return (
            random.uniform(*SECONDS_TO_EXIT)
            if not car.unplated and random.random() < SHARE_PAYING_INSIDE
            else None
        )

    def pay_inside(self, car: Car) -> None:
        """Pay on the way back to the car, with the code of a sign on a wall."""
        self._try(car, "inside", lambda: self._pay(car, self._signs.get(car.lot, "")))

    def at_exit(self, car: Car, device: CameraLane) -> None:
        """Pay at the closed barrier, mostly with the lane's code, whose page already shows the car."""
        random = self._random(car, "exit", car.tries)
        if car.tries == 0 and random.random() < SHARE_NOT_PAYING:
            self._log(device.lane, f"{car.plate} does not pay yet")
            return
        by_lane = car.unplated or random.random() < 0.7  # an unplated car is identified by its lane
        sign = device.sign_url if by_lane else self._signs.get(car.lot, "")
        self._try(car, device.lane, lambda: self._pay(car, sign))

    def at_entry(self, car: Car, device: CameraLane) -> None:
        """Take a ticket for an unplated car."""
        self._try(car, device.lane, lambda: self._take_ticket(car, device.sign_url))

    def _try(self, car: Car, lane: str, action: Callable[[], None]) -> None:
        """Run an action of a driver. A failure is logged and does not block the lane."""
        try:
            action()
        except (OSError, ValueError, PageError) as fault:
            if not self._stop.is_set():
                self._warn(f"{car.lot} {lane}", f"driver: {type(fault).__name__}: {fault}")

    def _take_ticket(self, car: Car, sign: str) -> None:
        if not sign:
            return
        phone = self._phone(car)
        self._pause(car, 2, 5)
        page = phone.open(sign)
        page = phone.submit(_form(page, "/ticket"))
        car.ticket = page.text_of("ticket")
        self._log(car.lot, f"car {car.number} has a ticket" if car.ticket else "no ticket")

    def _pay(self, car: Car, sign: str) -> None:
        if not sign or (car.unplated and not car.ticket):
            return
        phone = self._phone(car)
        self._pause(car, 2, 6)
        page = phone.open(sign)
        if page.form("/pay") is None:  # a sign on a wall, or a lane whose page shows no car
            self._pause(car, 2, 5)
            page = phone.submit(_with_field(page, "plate"), plate=car.ticket or car.plate)
        if (form := page.form("/pay")) is None:
            self._log(car.lot, f"{car.plate} has nothing to pay")
            return
        cashier = phone.submit(form).external_link(own_url=sign)
        if cashier is None:
            raise PageError("no link to the cashier")
        page = phone.open(cashier)
        self._pause(car, 1, 3)
        page = phone.submit(_form(page, ""), PAY_BUTTON)
        for _ in range(STATUS_CHECKS):
            if page.text_of("slip"):
                self._log(car.lot, f"{car.plate} has paid")
                return
            self._pause(car, 1, 2)
            page = phone.open(page.url)

    def _phone(self, car: Car) -> Browser:
        """Return a browser with a loopback address per car, as lookups are rate-limited per address."""
        random = self._random(car, "address")
        return Browser(f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}")

    def _pause(self, car: Car, minimum: float, maximum: float) -> None:
        self._stop.wait(self.pace * self._random(car, time.monotonic()).uniform(minimum, maximum))

    def _random(self, car: Car, *about: object) -> Random:
        return random_for(self.seed, car.lot, car.key, *about)


def _form(page: ParsedPage, path: str) -> Form:
    if (form := page.form(path)) is None:
        raise PageError(f"no form {path} (status {page.status})".replace("  ", " "))
    return form


def _with_field(page: ParsedPage, name: str) -> Form:
    for form in page.forms:
        if name in {field for field, _ in form.fields}:
            return form
    raise PageError(f"no field {name} (status {page.status})")
