"""No dead ends, in a current Chromium and in a real Chromium 69 (tests.browser.matrix).

`make matrix` runs all of it; `make test` a sample: three events on each page, in one language, with scripts
or without.
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
SAMPLED = 3


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


@pytest.mark.parametrize("number", range(len(matrix.PAGES)), ids=[page.__name__ for page in matrix.PAGES])
def test_page_leads_to_payable_fee(faults_of, number):
    events = (matrix.EVENTS * 2)[number % len(matrix.EVENTS) :][:SAMPLED]
    assert faults_of("current", matrix.PAGES[number], WAYS[number % len(WAYS)], events) == ""


@pytest.mark.matrix
@pytest.mark.parametrize(
    "way", WAYS, ids=lambda way: f"{'script' if way[0] else 'no-script'}{way[1] or '/hans'}"
)
@pytest.mark.parametrize("page", matrix.PAGES, ids=lambda page: page.__name__)
@pytest.mark.parametrize("name", BROWSERS)
def test_every_event_on_every_page(faults_of, name, page, way):
    assert faults_of(name, page, way, matrix.EVENTS) == ""
