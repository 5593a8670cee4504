"""Triggers that refuse to change or delete a booked row: append-only in the database, not by good will."""

from collections.abc import Sequence
from typing import Any

BOOKS = ("payments_ledgerentry", "payments_paymentevent")
TABLES = (*BOOKS, "payments_staffact")

POSTGRESQL = """
CREATE OR REPLACE FUNCTION purecode_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
"""


def create(schema_editor: Any, tables: Sequence[str] = TABLES) -> None:
    """Put the triggers on, on SQLite as on PostgreSQL."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    if not sqlite:
        schema_editor.execute(POSTGRESQL, params=None)  # its % is not a placeholder
    for table in tables:
        for change in ("UPDATE", "DELETE"):
            name = f"{table}_no_{change.lower()}"
            if sqlite:
                action = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            else:
                action = "FOR EACH ROW EXECUTE FUNCTION purecode_append_only()"
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} {action}")


def drop(schema_editor: Any, tables: Sequence[str] = TABLES) -> None:
    """Take the triggers off again. SQLite loses them too where a migration makes a table anew."""
    on = "" if schema_editor.connection.vendor == "sqlite" else " ON {table}"
    for table in tables:
        for change in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{change}" + on.format(table=table))
