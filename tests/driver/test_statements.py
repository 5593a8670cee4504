"""How many statements the hot acts cost: each round trip to the database is most of their time."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lots.plates import parse
from payments.checkout import settle
from tests.driver.conftest import PLATE
from tests.factories import NOON, see
from tests.payments.payment_steps import look_up, start_paying

FORM = "application/x-www-form-urlencoded"
LEAVING = NOON + timedelta(minutes=61)
AROUND = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")  # what begins and ends transactions, also of tests


def costs(on_postgresql, on_sqlite):
    return on_postgresql if connection.vendor == "postgresql" else on_sqlite


class Statements(CaptureQueriesContext):
    def __init__(self):
        super().__init__(connection)

    @property
    def count(self):
        return len([each for each in self.captured_queries if not each["sql"].strip().startswith(AROUND)])


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
    assert statements.count == costs(1, 4)  # SQLite looks first and inserts the rows one by one


def test_free_exit_costs_four_statements(mall, parked):
    see(mall.way_out, "沪A00001", NOON)
    mall.way_out.refresh_from_db()
    see(mall.entry, "沪A00002", NOON)
    see(mall.way_out, "沪A00002", NOON + timedelta(minutes=1))  # the tariff is known from now on
    with Statements() as statements:
        assert see(mall.way_out, PLATE, NOON + timedelta(minutes=1)).command
    assert statements.count == costs(4, 5)


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
