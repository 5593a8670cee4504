"""Measures scan → paid on a slow phone in a slow network; `python -m benchmarks.phone` runs it.

What the machine takes, without the driver's typing and without the channel: from the scan to the first page,
from the last key to the fee, from the tap on pay to the cashier's address, from the way back to "paid".
"""

import json
import os
import time
from pathlib import Path
from statistics import median

import pytest

from tests.browser import devtools, matrix
from tools import machine

NETWORKS = {"4G": (70, 9_000), "weak": (400, 1_600)}  # milliseconds, kbit a second
TIMES = 5


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with devtools.opened(machine.CHROMIUM.bring(), tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def steps_of(visit: matrix.Visit, network: tuple[int, int]) -> dict[str, float]:
    """Drive through once; return the seconds of each step."""
    found: dict[str, float] = {}
    visit.tab.slow_down(*network, processor=4)

    def timed(name, act, see):
        start = time.monotonic()
        act()
        if not visit.tab.until(see, 30):
            raise matrix.DeadEnd(f"{name} at {visit.where()}")
        found[name] = time.monotonic() - start

    timed("first page", lambda: matrix.sign(visit), lambda: visit.find("#plate"))
    visit.type_keys(visit.plate[1:-1])
    timed("fee", lambda: visit.type_keys(visit.plate[-1]), lambda: visit.find(matrix.PAY))
    timed("cashier", lambda: visit.tap(matrix.PAY), lambda: "/cashier/" in visit.tab.url)
    visit.tab.settle()  # the cashier's own page is the channel's
    timed("paid", lambda: visit.tap("button[value=pays]"), lambda: visit.find(".leave"))
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_speed_is_measured(car_park, browser, name):
    rows = []
    for number in range(TIMES):
        plate = f"沪A{20_000 + number}"
        car_park.park(plate=plate)
        visit = matrix.Visit(browser, car_park, plate, scripts=True, suffix="")
        rows.append(steps_of(visit, NETWORKS[name]))
        visit.close()
    result = {step: median(row[step] for row in rows) for step in rows[0]}
    target = Path(os.environ["PHONE_RESULT"])
    known = json.loads(target.read_text()) if target.exists() else {}
    target.write_text(json.dumps(known | {name: result}))
