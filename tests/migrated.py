"""Databases that are migrated already: `tools.check` migrates one, and tests begin with copies of it.

`MIGRATED` names it, a file of SQLite's or a database of the PostgreSQL server. Without it, as under a plain
`pytest`, each database is migrated from nothing, which takes about ten seconds.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATED = os.environ.get("MIGRATED", "")
FILE = MIGRATED if MIGRATED.endswith(".sqlite3") else ""
TEMPLATE = "" if FILE else MIGRATED


def fill(database: Path) -> None:
    """Make a file a copy of the migrated one, where there is one of SQLite."""
    if FILE:
        shutil.copyfile(FILE, database)


def fill_connected(database: BaseDatabaseWrapper) -> None:
    """Copy the migrated tables into an empty database of SQLite, in memory too."""
    if FILE:
        database.ensure_connection()
        with closing(sqlite3.connect(f"file:{FILE}?mode=ro", uri=True)) as source:
            source.backup(database.connection)
