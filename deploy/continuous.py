"""Continuous backup: a base backup of PostgreSQL each night, and every change since, seconds after it.

pg_receivewal streams the changes (wal-purecode.service). To restore, a second server starts on the base
backup, replays the changes up to a moment, and is dumped: from there on it is a backup like any other.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from deploy import postgres_server
from deploy.postgres_server import program
from deploy.server_settings import SLOT
from deploy.system import (
    STAMP,
    Fault,
    Progress,
    by_age,
    is_active,
    last_line,
    left_behind,
    need_room,
    run,
    succeeds,
    systemctl,
    unpack,
    wait_until,
)

FOLDER = Path("/var/backups/purecode-continuous")
SERVICE = "wal-purecode"
MOST_KEPT = "8GB"  # by PostgreSQL, of changes that were not received yet
KEEP = 2  # base backups
OWNER = "postgres"
HOME = Path("/var/lib/postgresql")
RECOVERY = "purecode-recovery-"
LATEST = "latest"
SEGMENTS = "[0-9A-F]" * 24 + "*"  # also .partial, the last one
REPLAY_SECONDS = 4 * 3600
# A server that replays needs at least what the one that wrote had.
LIMITS = {
    "max_connections": "max_connections",
    "max_worker_processes": "max_worker_processes",
    "max_wal_senders": "max_wal_senders",
    "max_prepared_xacts": "max_prepared_transactions",
    "max_locks_per_xact": "max_locks_per_transaction",
}


class NoLaterChange(Fault):
    """Nothing was changed after the moment that is to be restored."""


def base_folder(folder: Path = FOLDER) -> Path:
    return folder / "base"


def wal_folder(folder: Path = FOLDER) -> Path:
    return folder / "wal"


def set_up() -> None:
    """Make the folders and the replication slot, whichever is missing."""
    _put_aside_former()
    for folder in (FOLDER, base_folder(), wal_folder()):
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(folder, OWNER, OWNER)
    state = _slot_state()
    if state == "lost":  # the receiver was away for too long: there is a gap, so start again
        postgres_server.as_superuser(f"SELECT pg_drop_replication_slot('{SLOT}')")
        for path in wal_folder().iterdir():
            path.unlink()
        state = ""
    if not state:
        _make_slot()
    if (
        postgres_server.as_superuser("SHOW max_slot_wal_keep_size") == "-1"
    ):  # else a dead receiver fills the disk
        postgres_server.as_superuser(f"ALTER SYSTEM SET max_slot_wal_keep_size = '{MOST_KEPT}'")
        postgres_server.as_superuser("SELECT pg_reload_conf()")


def _put_aside_former() -> None:
    """Move the backups of another cluster away, as after pg_upgradecluster: both number changes alike."""
    found = {number for path in wal_folder().glob(SEGMENTS) if (number := _system(path))}
    own = "SELECT system_identifier FROM pg_control_system()"
    if found and found != {int(postgres_server.as_superuser(own))}:
        aside = FOLDER / f"until-{datetime.now(UTC):{STAMP}}"
        aside.mkdir(mode=0o700)
        for folder in (base_folder(), wal_folder()):
            folder.replace(aside / folder.name)


def _system(segment: Path) -> int:
    """Return the number of the cluster that wrote a file of changes, from its first page; 0 for none."""
    with segment.open("rb") as file:
        return int.from_bytes(file.read(32)[24:], sys.byteorder)


def _make_slot() -> None:
    """Make the slot, which the receiver and an installation may do at the same time."""
    try:
        postgres_server.as_superuser(f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")
    except Fault:
        if not _slot_state():
            raise


def _slot_state() -> str:
    return postgres_server.as_superuser(
        f"SELECT COALESCE(wal_status, 'reserved') FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
    )


def receive() -> NoReturn:
    """Replace this process by pg_receivewal, as PostgreSQL's own account."""
    set_up()
    version, _, port = postgres_server.cluster()
    words: list[str | Path] = [
        "--directory",
        wal_folder(),
        "--slot",
        SLOT,
        "--no-password",
        "--port",
        str(port),
    ]
    owner = pwd.getpwnam(OWNER)
    os.chdir("/")
    os.initgroups(OWNER, owner.pw_gid)
    os.setgid(owner.pw_gid)
    os.setuid(owner.pw_uid)
    path = str(program("pg_receivewal", version))
    os.execv(path, [path, *map(str, words)])


def make_base() -> Path:
    """Make a base backup, and delete the ones and the changes that it makes superfluous."""
    had_gap = _slot_state() == "lost"
    set_up()
    if had_gap:
        systemctl("restart", SERVICE)
    version, _, port = postgres_server.cluster()
    size = int(postgres_server.as_superuser("SELECT sum(pg_database_size(oid))::bigint FROM pg_database"))
    need_room(FOLDER, size, "PostgreSQL")
    spare = base_folder() / ".part"
    shutil.rmtree(spare, ignore_errors=True)
    words: list[str | Path] = [
        "--pgdata",
        spare,
        "--format",
        "tar",
        "--gzip",
        "--wal-method",
        "fetch",
        "--checkpoint",
        "fast",
    ]
    with Progress("Making a base backup"):
        try:
            run(program("pg_basebackup", version), *words, "--no-password", "--port", str(port), user=OWNER)
        except Fault:
            shutil.rmtree(spare, ignore_errors=True)
            raise
        # Named by its end: from then on it can be restored to any moment.
        target = base_folder() / f"{datetime.now(UTC):{STAMP}}"
        spare.replace(target)
    for old in bases()[:-KEEP]:
        shutil.rmtree(old)
    first = min(map(first_segment, bases()))  # not the one of the oldest name: the clock may have been wrong
    run(program("pg_archivecleanup", version), wal_folder(), first, user=OWNER)
    return target


def bases(folder: Path = FOLDER) -> list[Path]:
    """Return the base backups, the oldest first."""
    return by_age(path for path in base_folder(folder).glob("*Z") if (path / "backup_manifest").is_file())


def made_at(base: Path) -> datetime:
    return datetime.strptime(base.name, STAMP).replace(tzinfo=UTC)


def data_size(base: Path) -> int:
    """Return how many bytes the files of a base backup have when they are unpacked."""
    return sum(file["Size"] for file in _from_manifest(base, "Files"))


def first_segment(base: Path) -> str:
    """Return the first file of changes that a base backup needs, as PostgreSQL names it."""
    ranges = _from_manifest(base, "WAL-Ranges")
    high, low = (int(part, 16) for part in ranges[0]["Start-LSN"].split("/"))
    return f"{ranges[0]['Timeline']:08X}{high:08X}{low >> 24:08X}"


def _from_manifest(base: Path, name: str) -> Any:
    """Return a part of what PostgreSQL wrote about a base backup, or raise `Fault` where it is damaged."""
    try:
        return json.loads((base / "backup_manifest").read_text(encoding="utf-8"))[name]
    except (ValueError, KeyError, TypeError):
        raise Fault(f"The base backup {base} is damaged: delete it, then run purecode backup") from None


def moment(text: str) -> datetime | None:
    """Return the moment that was asked for; None for the latest one. Without a zone it is the server's."""
    if text == LATEST:
        return None
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Fault(f"--at: {text!r} is neither {LATEST} nor a time such as '2026-11-26 18:30'") from None
    if at > datetime.now(UTC):
        raise Fault(f"--at: {text} is in the future")
    return at


def choose(at: datetime | None, folder: Path = FOLDER) -> Path:
    """Return the base backup to start from: the newest that was finished before that moment."""
    found = [base for base in bases(folder) if at is None or made_at(base) <= at]
    if found:
        return found[-1]
    oldest = bases(folder)
    if oldest:
        raise Fault(
            f"The continuous backup begins at {made_at(oldest[0]):%Y-%m-%d %H:%M:%S} UTC: choose a later time"
        )
    raise Fault(f"There is no base backup in {base_folder(folder)}: run purecode backup")


@contextmanager
def recovered(at: datetime | None, folder: Path = FOLDER) -> Iterator[tuple[Path, str]]:
    """Yield a dump of the database as it was at a moment, and the time of its last change."""
    base = choose(at, folder)
    _clear_away()
    # The server that replays, its dump, and what that is restored into stand on the live database's disk.
    postgres_server.need_space(3 * data_size(base), HOME)
    work = Path(tempfile.mkdtemp(prefix=f"{RECOVERY}{os.getpid()}-", dir=HOME))
    try:
        shutil.chown(work, OWNER, OWNER)
        with Progress(f"Unpacking the base backup {base.name}"):
            data = _unpack(base, work)
        version = int((data / "PG_VERSION").read_text(encoding="ascii"))
        if not program("postgres", version).exists():
            raise Fault(
                f"The backup is of PostgreSQL {version}: install postgresql-{version}, then run this again"
            )
        wal = _readable_wal(folder, work)
        with Progress("Replaying the changes since"):
            try:
                _configure(data, work, version, at, wal)
                _start(data, work, version)
            except NoLaterChange:  # so the latest state is that of the moment
                _configure(data, work, version, None, wal)
                _start(data, work, version)
        try:
            reached = _ask(work, version, "SELECT COALESCE(pg_last_xact_replay_timestamp()::text, '')")
            dump = work / f"continuous-{at or datetime.now(UTC):{STAMP}}.dump"
            words: list[str | Path] = [
                "--format",
                "custom",
                "--no-owner",
                "--host",
                work,
                "--file",
                dump,
                postgres_server.NAME,
            ]
            with Progress("Dumping the database"):
                run(program("pg_dump", version), *words, user=OWNER)
        finally:
            _control(data, version, "stop", "--mode", "immediate")
        yield dump, reached or f"{made_at(base):%Y-%m-%d %H:%M:%S+00}"
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _clear_away() -> None:
    """Stop and delete the servers of recoveries that were killed."""
    for work in left_behind(HOME, RECOVERY):
        with suppress(Fault, OSError, ValueError):
            version = int((work / "data" / "PG_VERSION").read_text(encoding="ascii"))
            _control(work / "data", version, "stop", "--mode", "immediate")
        shutil.rmtree(work, ignore_errors=True)


def _unpack(base: Path, work: Path) -> Path:
    data = work / "data"
    data.mkdir(mode=0o700)
    unpack(base / "base.tar.gz", data)
    (data / "recovery.signal").touch()
    run("chown", "-R", f"{OWNER}:{OWNER}", data)
    return data


def _readable_wal(folder: Path, work: Path) -> Path:
    """Return the folder of changes as PostgreSQL's account can read it, copied where root alone can."""
    if folder == FOLDER:
        return wal_folder(folder)
    copy = work / "wal"
    shutil.copytree(wal_folder(folder), copy)
    run("chown", "-R", f"{OWNER}:{OWNER}", copy)
    return copy


def _configure(data: Path, work: Path, version: int, at: datetime | None, wal: Path) -> None:
    known = dict(
        re.findall(r"(?m)^(\w+) setting:\s+(\d+)$", run(program("pg_controldata", version), data, user=OWNER))
    )
    values = {setting: known[name] for name, setting in LIMITS.items() if name in known}
    values |= {
        "listen_addresses": "",
        "unix_socket_directories": str(work),
        "port": "5432",
        "hba_file": str(work / "hba.conf"),
        "restore_command": f'cp "{wal}/%f" "%p" || cp "{wal}/%f.partial" "%p"',
        "recovery_target_action": "promote",
        "hot_standby": "off",  # it answers when it has replayed everything, not before
        "fsync": "off",  # it is thrown away
    }
    if at:
        values["recovery_target_time"] = f"{at:%Y-%m-%d %H:%M:%S.%f+00}"
    lines = [f"{name} = '{value}'" for name, value in values.items()]
    (work / "postgresql.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (work / "hba.conf").write_text("local all all peer\n", encoding="utf-8")
    (data / "postgresql.auto.conf").write_text("", encoding="utf-8")  # of the server that wrote
    for path in (work / "postgresql.conf", work / "hba.conf", data / "postgresql.auto.conf"):
        shutil.chown(path, OWNER, OWNER)


def _control(data: Path, version: int, *words: str | Path) -> None:
    run(program("pg_ctl", version), "--pgdata", data, "--silent", "--wait", *words, user=OWNER)


def _start(data: Path, work: Path, version: int) -> None:
    options = f"-c config_file={work}/postgresql.conf"
    log = work / "log"
    try:
        _control(data, version, "--log", log, "--options", options, "start")
        wait_until(lambda: _has_replayed(data, work, version), REPLAY_SECONDS)
        _ask(work, version, "SELECT 1")
    except Fault:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        fatal = re.findall(r"FATAL:\s+((?!the database system is ).*)", text)
        with suppress(Fault):
            _control(data, version, "stop", "--mode", "immediate")
        if any("before configured recovery target" in line for line in fatal):
            raise NoLaterChange from None
        reason = fatal[-1] if fatal else last_line(text) or "PostgreSQL does not start"
        raise Fault(f"The continuous backup cannot be replayed: {reason}") from None


def _has_replayed(data: Path, work: Path, version: int) -> bool:
    """Return whether replaying is over: the server answers, or it has stopped."""
    try:
        return _ask(work, version, "SELECT pg_is_in_recovery()") == "f"
    except Fault:
        return not succeeds(program("pg_ctl", version), "--pgdata", data, "status", user=OWNER)


def _ask(work: Path, version: int, sql: str) -> str:
    words: list[str | Path] = ["-X", "-A", "-t", "-q", "--host", work, "-d", postgres_server.NAME, "-c", sql]
    return run(program("psql", version), *words, user=OWNER).strip()


def faults() -> Iterator[str]:
    """Yield what is wrong with the continuous backup, for purecode doctor."""
    if not is_active(SERVICE):
        yield f"The continuous backup does not run: systemctl start {SERVICE} (systemctl status {SERVICE})"
    elif not postgres_server.as_superuser(
        f"SELECT 1 FROM pg_replication_slots WHERE slot_name = '{SLOT}' AND active"
    ):
        yield f"The continuous backup does not receive changes: systemctl restart {SERVICE}"
    found = bases()
    if not found:
        yield "There is no base backup: purecode backup"
    elif (hours := (datetime.now(UTC) - made_at(found[-1])).total_seconds() / 3600) > 26:
        yield f"The newest base backup is {hours:.0f} hours old: purecode backup"
