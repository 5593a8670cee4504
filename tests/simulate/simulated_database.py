"""A database in memory with real transactions, restored for each seed, in which a process can crash."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests import migrated

OPTIONS = {"transaction_mode": "IMMEDIATE"}


class Crash(BaseException):
    """The process died here. Not an `Exception`: no handler of the product may survive it."""


class MemoryDatabase(DatabaseWrapper):
    """Crashes at a chosen statement, commit or call: see `crash_after`."""

    steps_left: int | None = None

    def step(self) -> None:
        """Count one place where a process can die; die if it is the chosen one."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                raise Crash

    def _commit(self) -> None:
        raw: Any = self.connection
        try:
            self.step()
        except Crash:
            raw.rollback()  # what was not committed is lost
            raise
        super()._commit()  # type: ignore[misc]  # not in the stubs
        self.step()  # committed, and nobody was answered

    @contextmanager
    def crash_after(self, steps: int | None) -> Iterator[None]:
        """Die at the given step of what runs inside; None: never."""
        self.steps_left = steps
        try:
            with self.execute_wrapper(self._before_statement):
                yield
        finally:
            self.steps_left = None

    def _before_statement(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.step()
        return execute(*args)


@contextmanager
def memory_database() -> Iterator[MemoryDatabase]:
    """Make a migrated database in memory this thread's default one."""
    wanted = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": OPTIONS}}
    database = MemoryDatabase(connections.configure_settings(wanted)["default"], "default")
    before = connections["default"]
    connections["default"] = database
    try:
        migrated.fill_connected(database)
        call_command("migrate", verbosity=0)
        yield database
    finally:
        connections["default"] = before
        if database.connection is not None:
            database.connection.close()


def copy_of(database: MemoryDatabase) -> sqlite3.Connection:
    """Return the rows as they are now; `restore` brings them back."""
    copy = sqlite3.connect(":memory:")
    _raw(database).backup(copy)
    return copy


def restore(database: MemoryDatabase, copy: sqlite3.Connection) -> None:
    copy.backup(_raw(database))


def _raw(database: MemoryDatabase) -> sqlite3.Connection:
    database.ensure_connection()
    assert isinstance(database.connection, sqlite3.Connection)
    return database.connection
