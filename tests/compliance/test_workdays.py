"""Fifteen working days, with the holidays and the weekend days worked in exchange."""

from datetime import date

import pytest

from compliance.workdays import after_working_days, is_working_day


@pytest.mark.parametrize(
    ("asked", "count", "due"),
    [
        (date(2026, 11, 24), 1, date(2026, 11, 25)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # a Friday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # a Saturday
        (date(2026, 11, 24), 15, date(2026, 12, 15)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday worked for the Spring Festival
        (date(2026, 2, 14), 1, date(2026, 2, 24)),  # over the festival
        (date(2099, 1, 2), 1, date(2099, 1, 5)),  # not announced yet: Monday to Friday
    ],
)
def test_due_day_skips_holidays(asked, count, due):
    assert after_working_days(asked, count) == due


def test_national_day_is_not_a_workday():
    assert not is_working_day(date(2026, 10, 1))
