"""No dead ends, in a current Chromium and in a real Chromium 69 (tests.browser.matrix).

`make matrix` runs all of it; `make test` one way of every page: back from the cashier, which each driver
presses. On the page of the fee all events happen.
"""

from itertools import count, product
from pathlib import Path

import pytest

from lots import lookup_budget
from tests.browser import devtools, matrix
from tools import machine, old_chromium

NUMBERS = count()
WAYS = list(product([True, False], matrix.LANGUAGES))  # scripts, language
BROWSERS = {"current": machine.CHROMIUM.bring, "chromium69": old_chromium.bring}
CELLS = [
    (page, event)
    for page, event in product(matrix.PAGES, matrix.EVENTS)
    if page is matrix.fee or event is matrix.back
]


@pytest.fixture(scope="session")
def browsers(tmp_path_factory):
    """Return a started browser by its name; each is started once."""
    started = {}

    def named(name):
        if name not in started:
            started[name] = devtools.Browser(BROWSERS[name](), Path(tmp_path_factory.mktemp(name)))
        return started[name]

    yield named
    for browser in started.values():
        browser.close()


@pytest.fixture
def faults_of(car_park, browsers, monkeypatch):
    """Return what is wrong with some events on a page, a line each."""
    monkeypatch.setattr(lookup_budget, "LOOKUPS", lookup_budget.LOOKUPS)  # each cell sets its own

    def run(name, page, way, events):
        scripts, suffix = way
        browser = browsers(name)
        found = [
            matrix.run(browser, car_park, page, event, number=next(NUMBERS), scripts=scripts, suffix=suffix)
            for event in events
        ]
        return "\n".join(filter(None, found))

    return run


@pytest.mark.parametrize(
    ("number", "page", "event"),
    [(number, *cell) for number, cell in enumerate(CELLS)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_page_leads_to_payable_fee(faults_of, number, page, event):
    """Scripts and languages take turns."""
    assert faults_of("current", page, WAYS[number % len(WAYS)], [event]) == ""


@pytest.mark.deep
@pytest.mark.parametrize(
    "way", WAYS, ids=lambda way: f"{'script' if way[0] else 'no-script'}{way[1] or '/hans'}"
)
@pytest.mark.parametrize("page", matrix.PAGES, ids=lambda page: page.__name__)
@pytest.mark.parametrize("name", BROWSERS)
def test_every_event_on_every_page(faults_of, name, page, way):
    assert faults_of(name, page, way, matrix.EVENTS) == ""
