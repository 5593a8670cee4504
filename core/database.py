"""How the product uses its database: connections, time-outs, and what counts as "not usable"."""

import errno
import json
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

import structlog
from django.db import (
    DatabaseError,
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
)
from django.db.models import Model
from django.db.models.expressions import RawSQL

from core.errors import ParkingError

PATIENT_STATEMENT_MS = 30_000  # console pages; a page of a driver or a camera has a second in all
log = structlog.get_logger("database")
_patient: ContextVar[bool] = ContextVar("patient", default=False)


def use_plain_thread_locals() -> None:
    """Find a thread's connection without asking for an event loop: Django's way is seven calls, each time.

    For a process that has none, before it has other threads.
    """
    found = threading.local()
    for each in connections.all(initialized_only=True):
        setattr(found, each.alias, each)
    connections._connections = found  # type: ignore[attr-defined] # Django's own name for it


def return_connections() -> None:
    """Return this thread's pooled connections to the pool while it waits for something else.

    Waiting must not use up the pool. Inside a transaction they stay.
    """
    for each in connections.all(initialized_only=True):
        if each.settings_dict["OPTIONS"].get("pool") and not each.in_atomic_block:
            each.close()


# SQLSTATE codes by which PostgreSQL says that it cannot serve now, although the statement is right.
_READ_ONLY = {"25006"}  # a standby, or default_transaction_read_only
_SCHEMA_BEHIND = {"42P01", "42703"}  # a table or column of a migration that has not run
_NO_DATABASE = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}  # the file is damaged, or is something else


def is_unusable(error: BaseException) -> bool:
    """Return whether the database cannot serve now: away, starting, read-only, full, locked, schema behind.

    False for a statement that is wrong, or that breaks a rule of the tables.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, InternalError):
        return state in _READ_ONLY
    if type(error) is DatabaseError:
        return getattr(error.__cause__, "sqlite_errorname", None) in _NO_DATABASE
    return isinstance(error, ProgrammingError) and state in _SCHEMA_BEHIND


def fault_of(error: BaseException) -> dict[str, str]:
    """Return what a log says of a database's error: class and code, not its text, which may quote values."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return {"error": type(cause).__name__, "code": code or ""}


def why_unusable(error: BaseException) -> str:
    """Return why `is_unusable`, in one line for a person at a terminal, without a password or a value."""
    cause = error.__cause__ or error
    if type(cause).__name__ == "PoolTimeout":  # the pool tells its log alone what each try met
        driver = cast(Any, connection).Database
        try:
            driver.connect(**connection.get_connection_params()).close()
        except driver.Error as met:
            cause = met
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def among(values: Collection[str] | Collection[int]) -> RawSQL:
    """Return many values as a subquery for an `__in`: one parameter, so the statement is always the same."""
    listed = list(values)
    if connection.vendor != "postgresql":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(listed)])
    if listed and isinstance(listed[0], str):
        return RawSQL("SELECT unnest(%s::text[])", [listed])
    return RawSQL("SELECT unnest(%s::bigint[])", [listed])


def is_out_of_space(error: BaseException) -> bool:
    """Return whether a file could not be written because the disk, or what we may use of it, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


class DatabaseUnusable(ParkingError):
    """The database cannot serve now (see `is_unusable`): answer 503, and keep what was sent."""

    code = "database_unusable"


@contextmanager
def usable() -> Iterator[None]:
    """Raise `DatabaseUnusable` in place of the database's own errors of that kind."""
    try:
        yield
    except Error as error:
        if not is_unusable(error):
            raise
        log.warning("database_away", **fault_of(error))
        raise DatabaseUnusable from error


# What may succeed when it is repeated: a deadlock, a serialisation failure; once more also a lock time-out,
# because on hot surfaces that is shorter than the server's search for deadlocks.
_DEADLOCK = {"40P01", "40001"}
_LOCKED = {"55P03"}
_TRIES = 4


def repeated_after_deadlock[**P, R](act: Callable[P, R]) -> Callable[P, R]:
    """Decorate an idempotent act that is one transaction: repeat it, after a pause, when it lost a race.

    Inside a transaction nothing is repeated: that one is void, and its owner decides.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _TRIES + 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                state = getattr(error.__cause__, "sqlstate", None)
                again = attempt < _TRIES if state in _DEADLOCK else attempt == 1 and state in _LOCKED
                if connection.in_atomic_block or not again:
                    raise
            time.sleep(random.uniform(0.005, 0.02 * 2**attempt))  # noqa: S311 - two losers must not meet again
        raise AssertionError("unreachable")

    return run


_WRITERS = """
    SELECT l.virtualtransaction FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.relation = %s::regclass
        AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
"""


def wait_for_writers(model: type[Model], *, seconds: float = 2) -> bool:
    """Wait until the transactions that write to a table now have ended; False if one of them goes on.

    Afterwards each row with a number below one that was read before is committed, or never will be: a row
    gets its number under the lock that its transaction holds to its end. New writers are not held up.
    SQLite has one writer at a time, so there is none to wait for.
    """
    if connection.vendor != "postgresql":
        return True
    end = time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [model._meta.db_table])
        waited_for = set(cursor.fetchall())
        while waited_for:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
            cursor.execute(_WRITERS, [model._meta.db_table])
            waited_for &= set(cursor.fetchall())
    return True


@contextmanager
def patient() -> Iterator[None]:
    """Allow statements of this block more time than a driver's page has: reports, lists, exports."""
    token = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(token)


def is_patient() -> bool:
    return _patient.get()
