"""Each row of a bill is looked up by its number, whatever the engine knows of the tables' sizes."""

import pytest
from django.db import connection

from payments.reconciliation import bill_marks
from tests.factories import NOON


@pytest.mark.django_db
def test_rows_are_looked_up_by_number():
    channel = ["wechat", "1900000109"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {bill_marks._FIND_SQLITE}", ["[]", *channel])
            steps = [line[3] for line in cursor.fetchall()]
            assert steps[0].startswith("SCAN json_each")
            assert steps[1].startswith("SEARCH p USING INDEX")
            assert "number=?" in steps[1]
        else:
            values = ["A", "1", "B", *channel, NOON.date()]
            cursor.execute(f"EXPLAIN {bill_marks._MARK_POSTGRESQL}", values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "on payments_payment q" in plan
            assert "Seq Scan on payments_payment" not in plan
