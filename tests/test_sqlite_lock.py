"""A process that has used SQLite's file keeps its lock on it until it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WRITE = """
from django.db import connection
connection.cursor().execute("CREATE TABLE t (x)")
connection.cursor().execute("INSERT INTO t VALUES (1)")
connection.close()
"""
OPEN_AND_CLOSE = """
import sqlite3, sys
line = sqlite3.connect(sys.argv[1])
print(line.execute("SELECT x FROM t").fetchall())
line.close()
"""
pytestmark = [pytest.mark.sqlite, pytest.mark.servers]


def run_in_product(script: str, database: Path) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def test_other_process_leaves_log(tmp_path: Path) -> None:
    """Who believes to be alone deletes the log; others' new lines would be lost with it."""
    database = tmp_path / "new.sqlite3"
    beside = f"""
import pathlib, subprocess, sys
print(subprocess.run([sys.executable, "-c", {OPEN_AND_CLOSE!r}, {str(database)!r}], check=True, text=True,
    stdout=subprocess.PIPE).stdout.strip())
print(pathlib.Path({str(database)!r} + "-wal").exists())
"""
    assert run_in_product(WRITE + beside, database).splitlines() == ["[(1,)]", "True"]


def test_command_leaves_no_log(tmp_path: Path) -> None:
    """One that ends alone writes the log back: the file can be copied as it is."""
    run_in_product(WRITE, tmp_path / "new.sqlite3")
    assert [path.name for path in tmp_path.iterdir()] == ["new.sqlite3"]
