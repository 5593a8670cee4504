"""Each row of a bill is looked up by its number, in however many payments."""

import re

import pytest
from django.db import connection

from payments.numbers import new_number, new_token
from payments.reconciliation import bill_marks
from tests.factories import NOON, make_lot
from tests.payments.reconciliation.test_closing import paid

CHANNEL = ["wechat", "m1"]


@pytest.mark.django_db
def test_rows_are_looked_up_by_number():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {bill_marks._FIND_SQLITE}", ["[]", *CHANNEL])
            steps = [line[3] for line in cursor.fetchall()]
            assert steps[0].startswith("SCAN json_each")
            assert steps[1].startswith("SEARCH p USING INDEX")
            assert "number=?" in steps[1]
        else:
            fill(1_000)
            cursor.execute("ANALYZE payments_payment")
            values = ["A", "1", "B", *CHANNEL, NOON.date()]
            cursor.execute(f"EXPLAIN {bill_marks._MARK_POSTGRESQL}", values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert re.search(r"on payments_payment q .*\n\s+Index Cond: .*number\)::text = n\.number", plan)


def fill(count: int) -> None:
    """Make as many payments: PostgreSQL plans by statistics, and reads a small table whole."""
    payment = paid(make_lot(), NOON)
    for _ in range(count):
        payment.pk, payment.number, payment.token = None, new_number(), new_token()
        payment.save(force_insert=True)
