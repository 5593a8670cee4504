"""What every test finds set up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from lots import pricing
from payments import append_only


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_the_append_only_triggers() -> Iterator[None]:
    """Let SQLite be emptied after a test with real transactions: its flush is a DELETE, which booked rows
    refuse. PostgreSQL truncates."""
    if connection.vendor != "sqlite":
        yield
        return
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def lifted(self: Any, sql_list: Any) -> None:
        editor = self.connection.schema_editor()
        append_only.drop(editor)
        try:
            flush(self, sql_list)
        finally:
            append_only.create(editor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", lifted)
        yield


@pytest.fixture(autouse=True)
def _no_tariff_of_another_test() -> None:
    """A test's rows are rolled back and their ids given again; a tariff kept by its id would be another's."""
    pricing._tariff.cache_clear()
