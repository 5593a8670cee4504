"""One browser for all tests of the self-check that need one."""

from collections.abc import Iterator

import pytest

from selfcheck.checking import workshop as open_workshop


@pytest.fixture(scope="session")
def workshop() -> Iterator[None]:
    with open_workshop():
        yield


@pytest.fixture(autouse=True)
def _shares_the_browser(request: pytest.FixtureRequest) -> None:
    """Lend it to each test that is marked to need a browser; the others start none."""
    if request.node.get_closest_marker("browser"):
        request.getfixturevalue("workshop")
