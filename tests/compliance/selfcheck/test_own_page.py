"""Our own page, tested as anybody's: it is pure, and a violation planted in its templates is caught."""

import pytest

from compliance.selfcheck.browser import Options, find_axe
from compliance.selfcheck.checking import Page, check
from compliance.selfcheck.hosts import Lists
from compliance.selfcheck.phones import EVERY
from compliance.selfcheck.verdicts import Verdict
from tests.browser.conftest import (
    PLATE,
    books_may_close,
    car_park,
    notice_sink,
    sandbox_keys,
    sandbox_process,
    sandbox_server,
)

__all__ = ["books_may_close", "car_park", "notice_sink", "sandbox_keys", "sandbox_process", "sandbox_server"]

pytestmark = pytest.mark.browser


def options(sandbox_server, **more):
    cashier = sandbox_server.url.partition("//")[2]
    return Options(plate=PLATE, cashiers=(cashier,), allow_private=True, dwell=0.3, axe=find_axe(), **more)


def test_our_page_is_pure_on_every_phone_and_all_the_way_to_the_cashier(car_park, sandbox_server):
    car_park.park()
    page = Page(car_park.scan(car_park.pure), phones=EVERY, options=options(sandbox_server))
    checked = check([page], lists=Lists())[0]
    assert [f"{f.rule} {f.what} {f.evidence} {f.phone}" for f in checked.outcome.findings] == []
    assert checked.outcome.verdict is Verdict.PURE
    assert [visit.acts for visit in checked.visits] == [2] * 5
    assert all(visit.cashier for visit in checked.visits)
