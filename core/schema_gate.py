"""Refuses to start a process whose tables are older than its code."""

import sys

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor


def pending_migrations() -> list[str]:
    """Return the migrations that this code has and the database has not run."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def check() -> None:
    """End the process, and say why, where a migration is pending.

    A database that is away is no reason: the process starts, and answers 503 until it is back.
    """
    try:
        pending = pending_migrations()
    except Error:
        return
    finally:
        connection.close()
    if pending:
        names = ", ".join(pending[:5])
        sys.exit(f"The schema is older than this release ({names}). Run manage.py migrate, then start again.")
