"""Triggers that refuse to change or delete booked rows, so that the database itself holds them append-only.

Records of setting changes have them too: years later, someone may ask who changed a price or a phone number.
"""

from typing import Any

TABLES = (
    "payments_ledgerentry",
    "payments_paymentevent",
    "payments_couponevent",
    "payments_dayclosingevent",
    "payments_staffact",
    "payments_settlementevent",
    "lots_settingchange",
)

POSTGRESQL = """
CREATE OR REPLACE FUNCTION purecode_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
"""


def create(schema_editor: Any) -> None:
    """Create the triggers on those TABLES that exist by now, on SQLite and on PostgreSQL.

    SQLite makes a table again to change it, without its triggers: a migration of such a table ends with this.
    """
    sqlite = schema_editor.connection.vendor == "sqlite"
    drop(schema_editor)
    if not sqlite:
        schema_editor.execute(POSTGRESQL, params=None)  # its % is not a placeholder
    for table in _there(schema_editor):
        for change in ("UPDATE", "DELETE"):
            name = f"{table}_no_{change.lower()}"
            if sqlite:
                action = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            else:
                action = "FOR EACH ROW EXECUTE FUNCTION purecode_append_only()"
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} {action}")


def drop(schema_editor: Any) -> None:
    """Drop the triggers. On SQLite, a migration that rebuilds a table loses them too."""
    on = "" if schema_editor.connection.vendor == "sqlite" else " ON {table}"
    for table in _there(schema_editor):
        for change in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{change}" + on.format(table=table))


def _there(schema_editor: Any) -> list[str]:
    tables = schema_editor.connection.introspection.table_names()
    return [table for table in TABLES if table in tables]
