"""A session's held read is looked for among its own reads, in however many of the last minutes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from core import hot_sql
from lots.models import PlateRead
from lots.session_facts import HELD_READ, Probe, query_of, query_of_plate
from tests.factories import NOON, make_device, make_lot, see


def of_charge() -> hot_sql.Query:
    return query_of_plate(1, b"index", at=NOON)


def of_settlement() -> hot_sql.Query:
    return query_of("s.id = %s", [1], [Probe("held_read", HELD_READ, (NOON,))])


@pytest.mark.django_db
@pytest.mark.parametrize("query", [of_charge, of_settlement], ids=lambda query: query.__name__)
def test_held_read_is_found_by_session(query: Callable[[], hot_sql.Query]) -> None:
    camera = make_device(make_lot(), "entry")
    for number in range(20):
        see(camera, f"沪A{number:05}", NOON + timedelta(seconds=number))
    assert not PlateRead.objects.filter(outcome="held").exists()
    statement, params = query()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # at this moment no car is held
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", list(params))
            (step,) = [line[3] for line in cursor.fetchall() if line[3].startswith("SEARCH r ")]
            assert "session_id" in step
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}", list(params))
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Cond: (session_id = s.id)" in plan
            assert not [name for name in ("read_by_time", "read_held_of_plate") if name in plan]
