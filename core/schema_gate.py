"""Refuses to start a process whose tables are older than its code."""

import sys
from pathlib import Path

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder


def pending_migrations() -> list[str]:
    """Return the migrations that this code has and the database has not run.

    Their files are named and not loaded: each process would keep 8 MB of them for its whole life.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    files = [
        (config.label, file.stem)
        for config in apps.get_app_configs()
        for file in sorted(Path(config.path, "migrations").glob("[!_]*.py"))
    ]
    return [f"{app}.{name}" for app, name in files if (app, name) not in applied]


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
