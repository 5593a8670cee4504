"""Triggers that delete the counts of days in which a time of a session has changed (`SessionDay`).

Only changes to a time that is a day old or more call them: an entry or an exit as it happens costs one
comparison. A day is counted when it has been over for as long.

On PostgreSQL a change and a count wait for each other by an advisory lock: else a count could miss a change
that is not committed yet, and the change would find no row to delete.
"""

from collections.abc import Callable
from typing import Any

LOCK = 0x53_44_41_59  # of counts (exclusive) and of changes to what was counted (shared)
SESSIONS, LOTS = "lots_parkingsession", "lots_lot"
CHANGES = ("insert", "update", "delete")

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION purecode_drop_session_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed timestamptz := '-infinity'; changed_lot bigint;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(:lock);
    IF TG_TABLE_NAME = 'lots_lot' THEN
        changed_lot := NEW.id;
    ELSIF TG_OP = 'INSERT' THEN
        changed_lot := NEW.lot_id; changed := LEAST(NEW.entered_at, NEW.left_at);
    ELSIF TG_OP = 'DELETE' THEN
        changed_lot := OLD.lot_id; changed := LEAST(OLD.entered_at, OLD.left_at);
    ELSE
        changed_lot := NEW.lot_id; changed := :changed;
    END IF;
    DELETE FROM payments_sessionday
    WHERE lot_id = changed_lot AND (changed = '-infinity' OR day >= (changed AT TIME ZONE 'UTC')::date - 1);
    RETURN NULL;
END $$
"""
_DELETE_ALL = "DELETE FROM payments_sessionday WHERE lot_id = NEW.id"
_OF_ZONE = "AFTER UPDATE OF zone ON lots_lot"


def create(schema_editor: Any) -> None:
    """Create the triggers, for a migration."""
    make = _on_sqlite if schema_editor.connection.vendor == "sqlite" else _on_postgresql
    for statement in make():
        schema_editor.execute(statement, params=None)


def drop(schema_editor: Any) -> None:
    """Drop the triggers, to undo the migration."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for table, change in (*((SESSIONS, change) for change in CHANGES), (LOTS, "zone")):
        on = "" if is_sqlite else f" ON {table}"
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_recount_{change}{on}")


def _after(change: str) -> str:
    columns = " OF entered_at, left_at" if change == "update" else ""
    return f"CREATE TRIGGER {SESSIONS}_recount_{change} AFTER {change.upper()}{columns} ON {SESSIONS}"


def _on_postgresql() -> list[str]:
    def if_other(name: str, row: str) -> str:
        return f"CASE WHEN OLD.{name} IS DISTINCT FROM NEW.{name} THEN {row}.{name} END"

    def when(changed: str) -> str:
        condition = f"{changed} < now() - interval '1 day'"
        return f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION purecode_drop_session_days()"

    changed = f"LEAST({_each(if_other)})"
    return [
        _POSTGRESQL.replace(":lock", str(LOCK)).replace(":changed", changed),
        f"{_after('insert')} {when('LEAST(NEW.entered_at, NEW.left_at)')}",
        f"{_after('update')} {when(changed)}",
        f"{_after('delete')} {when('LEAST(OLD.entered_at, OLD.left_at)')}",
        f"CREATE TRIGGER {LOTS}_recount_zone {_OF_ZONE} FOR EACH ROW WHEN (OLD.zone <> NEW.zone)"
        " EXECUTE FUNCTION purecode_drop_session_days()",
    ]


def _on_sqlite() -> list[str]:
    """Return the triggers of SQLite, whose times are text in UTC and whose `min` of a null is null."""

    def if_other(name: str, row: str) -> str:
        return f"coalesce(CASE WHEN OLD.{name} IS NOT NEW.{name} THEN {row}.{name} END, '9999')"

    def least(row: str) -> str:
        return f"min(coalesce({row}.entered_at, '9999'), coalesce({row}.left_at, '9999'))"

    def recount(change: str, row: str, changed: str) -> str:
        delete = (
            "DELETE FROM payments_sessionday WHERE lot_id = :row.lot_id AND day >= date(:changed, '-1 day')"
        )
        act = delete.replace(":row", row).replace(":changed", changed)
        return f"{_after(change)} WHEN {changed} < datetime('now', '-1 day') BEGIN {act}; END"

    return [
        recount("insert", "NEW", least("NEW")),
        recount("update", "NEW", f"min({_each(if_other)})"),
        recount("delete", "OLD", least("OLD")),
        f"CREATE TRIGGER {LOTS}_recount_zone {_OF_ZONE} WHEN OLD.zone <> NEW.zone BEGIN {_DELETE_ALL}; END",
    ]


def _each(if_other: Callable[[str, str], str]) -> str:
    """Return the times before and after a change, those alone that are not the same."""
    return ", ".join(if_other(name, row) for name in ("entered_at", "left_at") for row in ("OLD", "NEW"))
