"""One browser for all tests of the self-check."""

from collections.abc import Iterator

import pytest

from compliance.selfcheck import browser, checking


@pytest.fixture(scope="session", autouse=True)
def shared_browser() -> Iterator[None]:
    """Keep the workshop open; where there is no browser, the tests that need one are not run anyway."""
    try:
        browser.find_chromium()
    except browser.NoBrowser:
        yield
        return
    with checking.workshop():
        yield
