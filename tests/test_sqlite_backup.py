"""manage.py backup_sqlite: a copy of a database in use, checked, and refused where it is damaged."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection

from tests import migrated as migrated_databases

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "live.sqlite3"
    migrated_databases.fill(path)
    if not migrated_databases.FILE:
        assert manage(path, "migrate", "--no-input").returncode == 0
    return path


def manage(database: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", **settings}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def back_up(migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that runs the command in this process and returns what it prints."""
    monkeypatch.setitem(connection.settings_dict, "NAME", str(migrated))

    def call(folder: Path, *words: str) -> str:
        printed = StringIO()
        call_command("backup_sqlite", str(folder), *words, stdout=printed)
        return printed.getvalue().strip()

    return call


def test_copy_is_whole_private_and_proven(migrated, tmp_path):
    proof = tmp_path / "proof.json"
    with closing(sqlite3.connect(migrated)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # another program writes all the time
        done = manage(migrated, "backup_sqlite", str(tmp_path / "b"), "--prove", BACKUP_PROOF=str(proof))
    assert done.returncode == 0, done.stderr
    (copy,) = (tmp_path / "b").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert json.loads(proof.read_text(encoding="utf-8"))["backup"] == copy.name
    assert migrations(copy) == migrations(migrated) > 10


def migrations(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM django_migrations").fetchone()[0])


def test_only_newest_copies_stay(back_up, tmp_path):
    for name in ("20260101T000000Z.sqlite3", "20260102T000000Z.sqlite3", "notes.txt"):
        (tmp_path / name).touch()
    back_up(tmp_path, "--keep", "2")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[0] == "20260102T000000Z.sqlite3"
    assert len(left) == 3
    assert left[2] == "notes.txt"


def test_other_databases_of_folder_stay(back_up, tmp_path):
    others = {"a.sqlite3", "purecode.sqlite3", "29991231T000000Z.part"}
    for name in (*others, "20260101T000000Z.part", "20260101T000000Z.sqlite3"):
        (tmp_path / name).touch()
    printed = back_up(tmp_path, "--keep", "1")
    assert {path.name for path in tmp_path.iterdir()} == others | {Path(printed.split()[-1]).name}


def test_copies_dated_ahead_do_not_count(back_up, migrated, tmp_path):
    ahead = {tmp_path / f"2999123{day}T000000Z.sqlite3" for day in (0, 1)}
    before = tmp_path / "20260101T000000Z.sqlite3"
    for path in (*ahead, before):
        path.touch()
    printed = back_up(tmp_path, "--keep", "2")
    (copy,) = set(tmp_path.iterdir()) - ahead - {before}
    assert printed == f"Backup: {copy}"
    assert migrations(copy) == migrations(migrated)


def test_signs_in_names_are_no_address(migrated, tmp_path):
    folder = tmp_path / "a#b?c%20d"
    folder.mkdir()
    database = folder / "live.sqlite3"
    shutil.copyfile(migrated, database)
    done = manage(Path(quote(str(database))), "backup_sqlite", str(folder / "b"), "--prove")
    assert done.returncode == 0, done.stderr
    (copy,) = (folder / "b").iterdir()
    assert migrations(copy) == migrations(migrated)


def test_incomplete_schema_is_not_proven(migrated, tmp_path):
    damaged, proof = tmp_path / "damaged.sqlite3", tmp_path / "proof.json"
    shutil.copyfile(migrated, damaged)
    with closing(sqlite3.connect(damaged)) as database, database:
        database.execute("DELETE FROM django_migrations WHERE app = 'payments'")
    done = manage(damaged, "backup_sqlite", str(tmp_path / "b"), "--prove", BACKUP_PROOF=str(proof))
    assert done.returncode == 1
    assert "fails migrate" in done.stderr
    assert "failed_at" in json.loads(proof.read_text(encoding="utf-8"))


@pytest.mark.parametrize("words", [("/proc/nowhere",), ("--keep", "0", "/tmp")])
def test_impossible_backup_is_reported(migrated, words):
    done = manage(migrated, "backup_sqlite", *words)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
