"""A shared lock on SQLite's file that lasts as long as the process.

Closing a descriptor of a file drops all POSIX locks that the process has on it. SQLite therefore closes none
while it holds a lock; but it looks first and closes then, and a thread that locks in between has no lock
(os_unix.c, unixClose; seen in 3.46.1). The next process that closes the database believes to be alone and
deletes the log, and what this one still writes to it is lost. With one lock held for good, SQLite never comes
to that close.
"""

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_lock = threading.Lock()
_held: dict[tuple[int, int, int], sqlite3.Connection] = {}  # by process and file


def hold(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Open a connection that keeps its lock, once for each file; a receiver of `connection_created`."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]
        return
    name = connection.settings_dict["NAME"]
    file = Path(name).stat()
    key = os.getpid(), file.st_dev, file.st_ino
    with _lock:
        if key not in _held:
            line = sqlite3.connect(name, check_same_thread=False)
            # In a database with a log, a connection that has read once is locked until it is closed.
            line.execute("SELECT 1 FROM sqlite_master").fetchall()
            _held[key] = line
