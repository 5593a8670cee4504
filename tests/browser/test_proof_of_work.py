"""The proof of work in a real browser: it goes by itself, and without scripts a button leads on."""

import pytest

from lots import lookup_budget
from tests.browser.test_paying_pages import find_fee
from tests.driver.test_admission import spend_all


@pytest.fixture
def over_budget(car_park):
    """The phones of these tests come from an address that has searched too often."""
    for address in ("127.0.0.1", "::1"):
        spend_all(lookup_budget.LOOKUPS, car_park.lot, address)
    return car_park


def test_typed_plate_shows_fee_after_proof(over_budget, phone):
    over_budget.park()
    find_fee(phone, over_budget)
    phone.sees("10.00")


def test_lane_code_shows_fee_after_proof(over_budget, phone):
    over_budget.park()
    over_budget.drive_up(over_budget.way_out)
    phone.open(over_budget.scan(over_budget.exit_sign))
    phone.sees("10.00")
