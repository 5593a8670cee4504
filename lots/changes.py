"""When the facts that pages are made from have changed, in any process: one cheap statement for all lots.

Triggers add a row to `lots_factschange` for each statement that changes one of the tables, so that no way
of writing is forgotten. Rows are added and never updated: two transactions do not wait for each other, and
one that commits late still changes the count.
"""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from django.db import DatabaseError
from django.utils.timezone import now

from core import hot_sql
from lots.models import FactsChange

REFRESH = 2.0  # seconds until the stamp is read again
TABLES = ("lots_operator", "lots_lot", "lots_lane", "lots_sign", "lots_tariffversion")
KEPT_ROWS = 1000

_STATEMENT = """
SELECT count(*), COALESCE(max(id), 0), COALESCE(sum(id), 0),
    (SELECT min(v.valid_from) FROM lots_tariffversion v WHERE v.valid_from > %s)
FROM lots_factschange
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION purecode_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO lots_factschange DEFAULT VALUES; RETURN NULL; END $$
"""
_SQLITE = "INSERT INTO lots_factschange (id) VALUES (NULL)"

type Stamp = tuple[Any, ...]  # equal as long as nothing has changed


class FactsStamp:
    """The stamp as this process read it last."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._known: tuple[Stamp, float] | None = None
        self._failure: tuple[DatabaseError, float] | None = None

    def recent(self) -> Stamp | None:
        """Return the stamp if it was read within REFRESH seconds, without the database."""
        known = self._known
        return known[0] if known is not None and self._clock() - known[1] < REFRESH else None

    def last(self) -> Stamp | None:
        """Return the stamp as it was read last, however long ago."""
        known = self._known
        return None if known is None else known[0]

    def current(self) -> Stamp:
        """Return the stamp, read again where it is too old. Several threads read it once.

        Where that fails, it fails for all of them: they do not wait for the database one after the other.
        """
        asked = self._clock()
        with self._lock:
            stamp = self.recent()
            if stamp is None:
                if self._failure is not None and self._failure[1] > asked:
                    raise self._failure[0]
                stamp = self._read()
            return stamp

    def _read(self) -> Stamp:
        at = self._clock()
        try:
            stamp = tuple(hot_sql.rows(_STATEMENT, [now()])[0])
        except DatabaseError as error:
            self._failure = error, self._clock()
            raise
        self._known, self._failure = (stamp, at), None
        return stamp

    def forget(self) -> None:
        self._known = self._failure = None


def note_changes_of(tables: Sequence[str], schema_editor: Any) -> None:
    """Create the triggers on these tables, for a migration."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_FUNCTION, params=None)
        for table in tables:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_noted AFTER INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION purecode_note_change()"
            )
        return
    for table in tables:
        for change in ("INSERT", "UPDATE", "DELETE"):
            when = f"{table}_noted_{change.lower()} AFTER {change} ON {table}"
            schema_editor.execute(f"CREATE TRIGGER {when} BEGIN {_SQLITE}; END")


def forget_changes_of(tables: Sequence[str], schema_editor: Any) -> None:
    """Drop the triggers, to undo the migration."""
    if schema_editor.connection.vendor == "postgresql":
        for table in tables:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_noted ON {table}")
        return
    for table in tables:
        for change in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_noted_{change}")


def prune() -> int:
    """Delete all but the newest rows; return how many. Pages are made once more after it."""
    newest = FactsChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return FactsChange.objects.filter(pk__lte=newest - KEPT_ROWS).delete()[0]
