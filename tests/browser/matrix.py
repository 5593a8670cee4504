"""Every driver page × what goes wrong on it: it must end at a fee that can be paid, within one tap.

A plate that no address may hold is typed again where the phone has lost it; that is not counted as a tap.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from lots import lookup_budget
from lots.lookup_budget import LookupBudget
from payments import charges
from tests.browser.conftest import CarPark
from tests.browser.devtools import Browser, Tab

SIZES = [(320, 480), (360, 520), (375, 603), (412, 780)]
LANGUAGES = {"": "zh-CN", "/hant": "zh-TW", "/en": "en"}
PAY, PAY_ANOTHER_WAY, UNFOLD = ".pay .go", "[name=way][value=new]", "main > details:not([open]) > summary"
# What a driver may tap to get on, best first; a page that shows none of them is a dead end.
TAPS = ["#edit", UNFOLD, "a[href^='/p/']", "a[href*='/pay']", "a.go[href^='/']"]
FIND = """((selector, text) => {
  for (const e of document.querySelectorAll(selector)) {
    if (!e.innerText.includes(text) || e.disabled) continue;
    const seen = e.getBoundingClientRect();
    if (!seen.width || getComputedStyle(e).visibility === "hidden") continue;
    const far = seen.bottom > innerHeight || seen.top < 0;
    if (far) e.scrollIntoView({ block: "center" });
    const box = e.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    const top = document.elementFromPoint(x, y);
    if (top && (e.contains(top) || top.contains(e))) return [x, y, far];
  }
  return null;
})"""
KEY = """((key) => {
  const keys = [...document.querySelectorAll("#keys button")];
  const found = keys.find((e) => e.textContent === key && !e.disabled && e.offsetWidth);
  if (!found) return null;
  const box = found.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
})"""
TYPE = """((plate) => {
  const field = document.querySelector("#plate");
  field.focus();
  field.select();
  document.execCommand("insertText", false, plate);
  return field.value === plate || (field.value = plate);
})"""


class DeadEnd(AssertionError):
    """No fee that can be paid was within one tap."""


@dataclass
class Visit:
    """One driver with one car, on one phone."""

    browser: Browser
    park: CarPark
    plate: str
    scripts: bool
    suffix: str
    complaints: list[str] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab = self.new_phone()

    def new_phone(self) -> Tab:
        tab = self.browser.tab(scripts=self.scripts, agent="Android", accept=LANGUAGES[self.suffix])
        tab.resize(*SIZES[1])
        self.tabs.append(tab)
        self.tab = tab
        return tab

    def close(self) -> None:
        for tab in self.tabs:
            self.complaints += tab.complaints
            tab.close()

    # What can be done

    def open(self, path: str) -> None:
        self.tab.goto(f"{self.park.url}{path}{self.suffix}")

    def find(self, selector: str, text: str = "") -> list[Any] | None:
        found: list[Any] | None = self.tab.evaluate(f"{FIND}({json.dumps(selector)}, {json.dumps(text)})")
        return found

    def tap(self, selector: str, text: str = "") -> None:
        place = self.tab.until(lambda: self.find(selector, text))
        if not place:
            raise DeadEnd(f"no {selector} {text} at {self.where()}")
        self.tab.tap(place)

    def type_plate(self) -> None:
        """Put the plate into the field, as from the system's keyboard; without scripts, press the button."""
        self.tab.until(lambda: self.find("#plate"))
        self.tab.evaluate(f"{TYPE}({json.dumps(self.plate)})")
        if not self.scripts:
            self.tap("#send .go")

    def type_keys(self, keys: str) -> None:
        """Tap the page's own keyboard; the province that the field offers is taken."""
        for key in keys:
            find = partial(self.tab.evaluate, f"{KEY}({json.dumps(key)})")
            self.tab.tap(self.tab.until(find))

    def type_and_see(self) -> None:
        self.type_plate()
        self.sees(PAY)

    def sees(self, selector: str, text: str = "") -> None:
        if not self.tab.until(lambda: self.find(selector, text)):
            raise DeadEnd(f"no {selector} {text} at {self.where()}")

    def to_cashier(self) -> None:
        self.tap(PAY)
        if not self.tab.until(lambda: "/cashier/" in self.tab.url and self.find("button", "")):
            raise DeadEnd(f"no cashier after pay, at {self.where()}")

    def at_cashier(self, action: str) -> None:
        self.tap(f"button[value={action}]")
        if not self.tab.until(lambda: "/t/" in self.tab.url):
            raise DeadEnd(f"the cashier leads nowhere, at {self.where()}")

    def where(self) -> str:
        text = " ".join(str(self.tab.evaluate("document.body && document.body.innerText")).split())
        return f"{re.sub('/q/[^/]+', '/q/…', self.tab.url)}: {text[:160]}"

    # What must hold

    def ends_payable(self) -> None:
        """See a fee that can be paid, after one tap at most, at every size."""
        if not self._on_the_way():
            raise DeadEnd(f"dead end at {self.where()}")
        self.sees(PAY, "¥")
        for size in SIZES:
            self.tab.resize(*size)
            if not self.find(PAY, "¥"):
                raise DeadEnd(f"pay is covered at {size}")
        self.tab.resize(*SIZES[1])

    def _on_the_way(self) -> bool:
        """Do the one tap, or type the plate where it is asked for."""
        end: list[str] = []

        def next_step() -> bool:
            end[:] = [step for step in (PAY, PAY_ANOTHER_WAY, "#plate", *TAPS) if self.find(step)][:1]
            return bool(end)

        if not self.tab.until(next_step, 8):
            return False
        if end[0] == PAY:
            return True
        if end[0] == "#plate":
            self.type_plate()
            return True
        self.tap(end[0])
        self.tab.until(lambda: self.find(PAY) or self.find("#plate"), 8)
        if not self.find(PAY) and self.find("#plate"):
            self.type_plate()
        return True


# The pages


def sign(visit: Visit) -> None:
    visit.open(f"/p/{visit.park.pure.code}")


def fee(visit: Visit) -> None:
    sign(visit)
    if visit.scripts:
        visit.type_keys(visit.plate[1:])
        visit.sees(PAY)
    else:
        visit.type_and_see()


def address_of_fee(visit: Visit) -> None:
    """Open the fee by its own address; pay must be in view there without scrolling, at every size."""
    fee(visit)
    visit.tab.goto(visit.tab.url)
    for size in SIZES:
        visit.tab.resize(*size)
        visit.tab.evaluate("scrollTo(0, 0)")
        visit.sees(PAY)
        visit.tab.evaluate("scrollTo(0, 0)")
        found = visit.find(PAY)
        if not found or found[2]:
            raise DeadEnd(f"pay is out of view at {size}, at {visit.where()}")
    visit.tab.resize(*SIZES[1])


def lane(visit: Visit) -> None:
    assert not visit.park.drive_up(visit.park.way_out, visit.plate)
    visit.open(f"/p/{visit.park.exit_sign.code}")
    visit.sees(PAY)


def entry(visit: Visit) -> None:
    visit.open(f"/p/{visit.park.entry_sign.code}")
    visit.sees(UNFOLD)  # its own purpose is the ticket of a vehicle without a plate


def arrears(visit: Visit) -> None:
    visit.open("/lot/pujiang/pay")


def nothing_found(visit: Visit) -> None:
    sign(visit)
    plate, visit.plate = visit.plate, "沪B99999"
    visit.type_plate()
    visit.plate = plate
    visit.sees("#step h2, .card h2", "")
    visit.tab.until(lambda: "B99999" not in (visit.tab.evaluate("location.href") or ""))
    visit.sees("a[href^='tel:']")


def price_rule(visit: Visit) -> None:
    fee(visit)
    visit.tap(".fee summary")
    visit.tap("a[href*='/tariff/']")
    visit.sees("table.fees")


def price_board(visit: Visit) -> None:
    visit.open("/lot/pujiang/tariff")


def privacy(visit: Visit) -> None:
    visit.open("/lot/pujiang/privacy")


def cashier(visit: Visit) -> None:
    fee(visit)
    visit.to_cashier()


def confirming(visit: Visit) -> None:
    cashier(visit)
    visit.at_cashier("abandons")


def not_paid(visit: Visit) -> None:
    cashier(visit)
    visit.at_cashier("refuses")
    visit.sees("[name=way][value=same]")


def overstayed(visit: Visit) -> None:
    cashier(visit)
    visit.at_cashier("pays")
    visit.sees(".leave")
    visit.park.wait(61)
    visit.tab.reload()
    visit.sees(PAY_ANOTHER_WAY)


PAGES: list[Callable[[Visit], None]] = [
    sign,
    fee,
    address_of_fee,
    lane,
    entry,
    arrears,
    nothing_found,
    price_rule,
    price_board,
    privacy,
    cashier,
    confirming,
    not_paid,
    overstayed,
]


# What goes wrong on them


def go_on(visit: Visit) -> None:
    """Get from any page to the cashier as a driver does."""
    if "/cashier/" not in visit.tab.url:
        visit.ends_payable()
        visit.to_cashier()


def cancel(visit: Visit, page: Callable[[Visit], None]) -> None:
    page(visit)
    go_on(visit)
    visit.at_cashier("abandons")


def decline(visit: Visit, page: Callable[[Visit], None]) -> None:
    page(visit)
    go_on(visit)
    visit.at_cashier("refuses")


def back(visit: Visit, page: Callable[[Visit], None]) -> None:
    """Go on to the cashier and press back until the page is ours."""
    page(visit)
    go_on(visit)
    while visit.tab.back() and not visit.tab.url.startswith(visit.park.url):
        pass


def reload(visit: Visit, page: Callable[[Visit], None]) -> None:
    page(visit)
    visit.tab.reload()
    if page is cashier:
        visit.at_cashier("abandons")


def offline(visit: Visit, page: Callable[[Visit], None]) -> None:
    """Lose the network, tap on, get it back.

    Without scripts no page can stay: the browser shows an error page of its own. It is loaded once more, and
    where that does not help, back does.
    """
    page(visit)
    visit.tab.offline(True)
    leaves = not visit.scripts
    for step in (PAY, PAY_ANOTHER_WAY, "button[value=abandons]", "#edit"):
        if place := visit.find(step):
            visit.tab.tap(place)
            break
    else:
        leaves = leaves and bool(visit.find("#plate"))
        if visit.find("#plate"):
            visit.type_plate()
    visit.tab.until(lambda: visit.find(".bad") or _is_error_page(visit), 10 if leaves else 1)
    visit.tab.offline(False)
    for on in (visit.tab.reload, visit.tab.back):
        if _is_error_page(visit):
            on()
            visit.tab.until(lambda: not _is_error_page(visit), 3)
    if visit.tab.until(lambda: "/cashier/" in visit.tab.url, 1):
        visit.at_cashier("abandons")


def _is_error_page(visit: Visit) -> bool:
    return bool(visit.tab.url) and not visit.tab.url.startswith("http")


def second_phone(visit: Visit, page: Callable[[Visit], None]) -> None:
    """Another phone opens the same address, or the sign while the first is at the cashier; both must do."""
    page(visit)
    first, url = visit.tab, visit.tab.url
    visit.new_phone()
    if url.startswith(visit.park.url):
        visit.tab.goto(url)
    else:
        sign(visit)
    visit.ends_payable()
    visit.tab = first
    if "/cashier/" in visit.tab.url:
        visit.at_cashier("abandons")


def expired(visit: Visit, page: Callable[[Visit], None]) -> None:
    """Let every charge and order run out, then tap on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charges, "LIFE", timedelta(seconds=2))
        page(visit)
        if not visit.find(PAY) and visit.find("#plate"):
            visit.type_and_see()
        visit.tab.until(lambda: False, 2.1)
    visit.park.wait(6)
    if place := visit.find(PAY) or visit.find("[name=way][value=same]"):
        visit.tab.tap(place)
        visit.tab.settle()
        visit.tab.until(lambda: visit.find(".note"), 3)
    elif "/cashier/" in visit.tab.url:
        visit.at_cashier("abandons")


EVENTS: list[Callable[[Visit, Callable[[Visit], None]], None]] = [
    cancel,
    decline,
    back,
    reload,
    offline,
    second_phone,
    expired,
]


def run(
    browser: Browser, park: CarPark, page: Any, event: Any, *, number: int, scripts: bool, suffix: str
) -> str:
    """Return what is wrong with one cell of the matrix; "" where it holds."""
    plate = f"沪A{10_000 + number}"
    lookup_budget.LOOKUPS = LookupBudget()
    park.park(plate=plate)
    visit = Visit(browser, park, plate, scripts, suffix)
    try:
        event(visit, page)
        visit.ends_payable()
    except DeadEnd as fault:
        return f"{page.__name__} × {event.__name__}: {fault}"
    finally:
        visit.close()
    return f"{page.__name__} × {event.__name__}: {visit.complaints}" if visit.complaints else ""
