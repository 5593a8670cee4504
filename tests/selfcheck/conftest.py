"""One browser for all tests of the self-check that need one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from selfcheck import patience
from selfcheck.browser import SHARED
from selfcheck.checking import workshop as open_workshop

BUSIEST = 16.0  # a machine that runs all tests at once is no fault of a page


@pytest.fixture(scope="session")
def workshop() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        opened.enter_context(open_workshop())
        yield opened


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give pages that answer more time; those that hang would take as long."""
    monkeypatch.setattr(patience, "LONGEST", BUSIEST)


@pytest.fixture(autouse=True)
def _shares_the_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lend it to each test that is marked to need a browser; hide it from the others."""
    if request.node.get_closest_marker("browser"):
        opened: ExitStack = request.getfixturevalue("workshop")
        if not SHARED[0].is_connected():  # a hostile page took it along
            opened.close()
            opened.enter_context(open_workshop())
        yield
        return
    hidden = SHARED.copy()
    SHARED.clear()
    yield
    SHARED.extend(hidden)
