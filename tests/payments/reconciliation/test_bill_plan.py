"""SQLite looks each row of a bill up by its number; on PostgreSQL it is `LIMIT` that does (`bill_marks`)."""

import pytest
from django.db import connection

from payments.reconciliation import bill_marks


@pytest.mark.django_db
def test_rows_are_looked_up_by_number():
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {bill_marks._FIND_SQLITE}", ["[]", "wechat", "1900000109"])
        outer, inner, *_ = [line[3] for line in cursor.fetchall()]
    assert outer.startswith("SCAN json_each")
    assert inner.startswith("SEARCH p USING INDEX")
    assert "number=?" in inner
