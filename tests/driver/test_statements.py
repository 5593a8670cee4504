"""How many statements the hot acts cost: each round trip to the database is most of their time."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from driver import page_cache
from lots.plates import parse
from lots.pricing import clear_parsed
from payments.settling import settle
from tests.driver.conftest import PLATE
from tests.factories import NOON, see
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.both_engines

FORM = "application/x-www-form-urlencoded"
LEAVING = NOON + timedelta(minutes=61)
AROUND = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")  # what begins and ends transactions, also of tests
SELDOM = "payments_channelstate"  # read once a second for all requests


def costs(on_postgresql, on_sqlite):
    return on_postgresql if connection.vendor == "postgresql" else on_sqlite


class Statements(CaptureQueriesContext):
    def __init__(self):
        super().__init__(connection)

    @property
    def count(self):
        asked = [each["sql"].strip() for each in self.captured_queries]
        return len([sql for sql in asked if not sql.startswith(AROUND) and SELDOM not in sql])


@pytest.mark.parametrize("again", ["search", "look"])
def test_charge_costs_one_statement(mall, parked, again):
    path, body = f"/p/{mall.pure.code}", urlencode({"plate": PLATE, "part": "1"})
    found = mall.browser.post(path, body, content_type=FORM)["X-Part"]
    mall.get(found)
    with Statements() as statements:
        answer = mall.get(found) if again == "look" else mall.browser.post(path, body, content_type=FORM)
    assert "10.00" in answer.content.decode()
    assert statements.count == 1


def test_entry_costs_one_statement(mall):
    see(mall.entry, "沪A00001", NOON)
    mall.entry.refresh_from_db()
    assert mall.entry.lane.direction == "entry"  # read along with the device's key
    with Statements() as statements:
        assert see(mall.entry, PLATE, NOON).command
    assert statements.count == costs(1, 3)  # SQLite inserts the rows one by one


def test_entry_notes_a_silent_camera_along(mall):
    mall.entry.last_seen_at = None
    with Statements() as statements:
        assert see(mall.entry, PLATE, NOON).command
    mall.entry.refresh_from_db()
    assert mall.entry.last_seen_at == NOON
    assert statements.count == costs(1, 4)


def test_first_charge_costs_four_statements(mall, parked):
    clear_parsed()
    for cache in (page_cache.SIGNS, page_cache.ROWS):
        cache.clear()
    page_cache.STAMP.current()
    path, body = f"/p/{mall.pure.code}", urlencode({"plate": PLATE, "part": "1"})
    with Statements() as statements:
        assert "10.00" in mall.browser.post(path, body, content_type=FORM).content.decode()
    assert statements.count == 4  # sign and lot; what its page says; the charge; all tariffs, once


def test_held_exit_costs_three_statements(mall, parked):
    see(mall.way_out, "沪A00001", NOON)
    mall.way_out.refresh_from_db()
    see(mall.entry, "沪A00002", NOON)
    see(mall.way_out, "沪A00002", NOON + timedelta(minutes=1))
    with Statements() as statements:
        assert see(mall.way_out, PLATE, LEAVING).due_fen == 1000
    assert statements.count == costs(3, 4)  # the locked session, what its price depends on, the read


def test_free_exit_costs_three_statements(mall, parked):
    see(mall.way_out, "沪A00001", NOON)
    mall.way_out.refresh_from_db()
    see(mall.entry, "沪A00002", NOON)
    see(mall.way_out, "沪A00002", NOON + timedelta(minutes=1))  # the tariff is known from now on
    with Statements() as statements:
        assert see(mall.way_out, PLATE, NOON + timedelta(minutes=1)).command
    assert statements.count == costs(3, 5)


def test_starting_a_payment_costs_three_statements(mall, parked, channel):
    charge = look_up(lot=mall.lot, plate=parse(PLATE), at=LEAVING)
    with Statements() as statements:
        start_paying(charge, "fake", at=LEAVING)
    # Asked again; the new attempt, which SQLite stores in a transaction of its own; it is open.
    assert statements.count == costs(3, 4)


def test_settling_costs_three_statements(mall, parked, channel):
    payment = start_paying(look_up(lot=mall.lot, plate=parse(PLATE), at=LEAVING), "fake", at=LEAVING)
    statement = channel.pay(payment.number)
    with Statements() as statements:
        settle(statement, cause="notice", at=LEAVING)
    payment.refresh_from_db()
    assert (payment.state, payment.credited_fen) == ("paid", 1000)
    assert statements.count == costs(3, 6)  # SQLite writes payment, event, ledger and session one by one
    with Statements() as statements:
        settle(statement, cause="notice", at=LEAVING)
    assert statements.count == 2
    with Statements() as statements:
        assert mall.get(f"/t/{payment.token}/state").json() == {"state": "paid"}
    assert statements.count == 1  # a known state needs no query of the channel
