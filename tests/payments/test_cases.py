"""Every failure case and every invariant of the payment contract names tests that exist."""

import pytest

from tests.payments.cases import CASES, INVARIANTS, is_there

TABLES = pytest.mark.parametrize(
    ("table", "count"), [(CASES, 68), (INVARIANTS, 14)], ids=["cases", "invariants"]
)


@TABLES
def test_no_number_is_missing_and_each_has_a_proof(table, count):
    assert list(table) == list(range(1, count + 1))
    assert all(table.values())


@TABLES
def test_each_proof_is_a_test_that_exists(table, count):
    assert [test for tests in table.values() for test in tests if not is_there(test)] == []


def test_a_proof_that_does_not_exist_is_found():
    assert not is_there("tests/payments/test_cases.py::test_of_yesterday")
    assert not is_there("tests/payments/test_nothing.py::test_a")
