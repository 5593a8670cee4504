"""manage.py backup_sqlite FOLDER: copy a SQLite database that is in use, and check the copy."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.timezone import now

# As in deploy/backup.py, which checks the backups of PostgreSQL.
CHECKS = (
    ("migrate", "--check"),
    ("verify_audit",),
    ("close_day", "--verify"),
    ("reconcile", "--books"),
)
NAMED = re.compile(r"[0-9]{8}T[0-9]{6}Z\.(sqlite3|part)")  # by this command: other files of a folder stay
PAGES = 1000  # copied at a time; others may write in between


class Command(BaseCommand):
    help = "Copy the SQLite database into a folder while it is in use; with --prove, check the copy."
    requires_system_checks = []  # they would wait for a writer

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=14, help="backups that stay (default: 14)")
        parser.add_argument(
            "--prove", action="store_true", help="check schema, audit log, ledger and closing"
        )

    def handle(self, *args: Any, folder: Path, keep: int, prove: bool, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("The database is not SQLite: use purecode backup.")
        if keep < 1:
            raise CommandError("--keep must be at least 1.")
        try:
            target = self._copy(folder)
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"No backup was made: {error}") from None
        _delete_older(target, keep)
        self.stdout.write(f"Backup: {target}")
        if prove:
            self._prove(target)

    def _copy(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{now():%Y%m%dT%H%M%S}Z.sqlite3"
        spare = target.with_suffix(".part")
        spare.unlink(missing_ok=True)
        os.close(os.open(spare, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            source = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
            with closing(sqlite3.connect(source, uri=True)) as live, closing(sqlite3.connect(spare)) as copy:
                live.backup(copy, pages=PAGES)
                _check_pages(copy)
            spare.replace(target)
        except BaseException:
            spare.unlink(missing_ok=True)
            raise
        return target

    def _prove(self, target: Path) -> None:
        env = {
            **os.environ,
            "DATABASE_URL_FILE": "",
            "DATABASE_URL": f"sqlite:///{quote(str(target.resolve()))}",
        }
        manage = str(settings.BASE_DIR / "manage.py")
        for words in CHECKS:
            done = subprocess.run(  # noqa: S603 - this program itself
                [sys.executable, manage, *words], env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                lines = (done.stderr or done.stdout).strip().splitlines()
                self._record({"failed_at": now().isoformat()})
                raise CommandError(f"{target.name} fails {words[0]}: {lines[-1] if lines else 'no reason'}")
        self._record({"backup": target.name, "proven_at": now().isoformat()})
        self.stdout.write("All checks pass.")

    def _record(self, proof: dict[str, str]) -> None:
        if settings.BACKUP_PROOF is not None:
            settings.BACKUP_PROOF.write_text(json.dumps(proof) + "\n", encoding="utf-8")


def _delete_older(target: Path, keep: int) -> None:
    """Delete all but the newest `keep` backups, and what stopped ones left before those.

    What is dated later than the one just made stays and does not count: then or now, a clock was wrong.
    """
    named = {
        path for path in target.parent.iterdir() if NAMED.fullmatch(path.name) and path.stem <= target.stem
    }
    copies = sorted((path for path in named if path.suffix == target.suffix), reverse=True)
    kept = copies[:keep]
    for path in named.difference(kept):
        if path.suffix == target.suffix or path.stem < kept[-1].stem:
            path.unlink()


def _check_pages(copy: sqlite3.Connection) -> None:
    (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
