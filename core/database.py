"""How the product uses its database: connections and failures."""

from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connections


def return_connections() -> None:
    """Give this thread's pooled connections back, for while it waits for something else.

    Waiting must not use up the pool. Inside a transaction they stay.
    """
    for each in connections.all(initialized_only=True):
        if each.settings_dict["OPTIONS"].get("pool") and not each.in_atomic_block:
            each.close()


# SQLSTATE codes by which PostgreSQL says that it cannot serve now, although the statement is right.
_READ_ONLY = {"25006"}  # a standby, or default_transaction_read_only
_SCHEMA_BEHIND = {"42P01", "42703"}  # a table or column of a migration that has not run


def is_unusable(error: BaseException) -> bool:
    """Return whether the database cannot serve now: away, starting, read-only, full, locked, schema behind.

    False for a statement that is wrong, or that breaks a rule of the tables.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, InternalError):
        return state in _READ_ONLY
    return isinstance(error, ProgrammingError) and state in _SCHEMA_BEHIND
