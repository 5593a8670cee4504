"""SQLite's log is written back by the worker's one thread, while nobody else can write."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from config.env import DATABASE_LIMITS, database
from core import sqlite_checkpoint
from core.jobs import load
from tests.factories import make_lot


@pytest.mark.parametrize("use", DATABASE_LIMITS)
def test_no_connection_writes_log_back(use: str, tmp_path: Path) -> None:
    options = database(f"sqlite:///{tmp_path}/new.sqlite3", use)["OPTIONS"]
    with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as line:
        line.executescript(options["init_command"])
        assert line.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_worker_has_thread_for_log():
    job = load()["core.sqlite_checkpoint.write_log_back"]
    assert [other.name for other in load().values() if other.lane == job.lane] == [job.name]


CONNECT = sqlite3.connect


def lots_in(address: str) -> int:
    with closing(CONNECT(address, uri=True, timeout=0)) as line:
        return int(line.execute("SELECT count(*) FROM lots_lot").fetchone()[0])


class WatchedLine(sqlite3.Connection):
    """A connection beside which others try to read and to write whenever it runs a statement."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        name = connection.settings_dict["NAME"]
        assert statement == "PRAGMA wal_checkpoint(PASSIVE)"
        assert lots_in(f"file:{name}") == 1
        locked = pytest.raises(sqlite3.OperationalError, match="locked")
        with closing(CONNECT(name, timeout=0)) as other, locked:
            other.execute("BEGIN IMMEDIATE")
        return super().execute(statement, *values)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_log_is_written_back_under_write_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_checkpoint.write_log_back(now())  # the tables
    make_lot()
    only_written_back = f"file:{connection.settings_dict['NAME']}?immutable=1"
    assert lots_in(only_written_back) == 0
    monkeypatch.setattr(sqlite3, "connect", lambda name: CONNECT(name, factory=WatchedLine))
    assert sqlite_checkpoint.write_log_back(now()) == 0
    assert lots_in(only_written_back) == 1
