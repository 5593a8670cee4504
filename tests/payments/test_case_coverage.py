"""Every failure case and every invariant of the payment contract names tests that exist."""

import pytest

from tests.payments.cases import CASES, INVARIANTS, is_there

TABLES = pytest.mark.parametrize(
    ("table", "count"), [(CASES, 68), (INVARIANTS, 14)], ids=["cases", "invariants"]
)


@TABLES
def test_case_numbers_are_complete(table, count):
    assert list(table) == list(range(1, count + 1))
    assert all(table.values())


@TABLES
def test_listed_tests_exist(table, count):
    assert [test for tests in table.values() for test in tests if not is_there(test)] == []


def test_missing_listed_test_is_detected():
    assert not is_there("tests/payments/test_case_coverage.py::test_of_yesterday")
    assert not is_there("tests/payments/test_nothing.py::test_a")
