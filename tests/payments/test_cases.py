"""The table of failure cases names tests that exist."""

import importlib

import pytest

from tests.payments.cases import CASES


@pytest.mark.parametrize("test", sorted({test for tests in CASES.values() for test in tests}))
def test_a_case_is_proved_by_a_test_that_exists(test):
    path, name = test.split("::")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    assert callable(getattr(module, name))
