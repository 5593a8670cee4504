"""Backups of the database and, apart from them, of the keys; restoring; and proving that they restore.

A dump is PostgreSQL's own format. It holds plates sealed, and the keys are not in it: a backup forgets plates
when their key is destroyed.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy import continuous, postgres_server, releases
from deploy.server_settings import active_slot, manage
from deploy.system import (
    CONFIG,
    STAMP,
    STATE,
    USER,
    Fault,
    Progress,
    by_age,
    group_id,
    need_room,
    run,
    say,
    systemctl,
    write,
)

FOLDER = Path("/var/backups/purecode/database")
KEYS_FOLDER = Path("/var/backups/purecode-keys")
ADDRESSES = ("database_url", "console_database_url")
KEEP = 14
PROOF = STATE / "proof.json"
SCRATCH = "purecode_proof"
RESTORED = f"{postgres_server.NAME}_restored"  # until it takes the place of the live one
ROW_RULE = re.compile(r"\d+; \d+ \d+ (COMMENT \S+ )?(POLICY|ROW SECURITY) ")  # in the list of a dump


def make() -> Path:
    """Dump the database and copy the keys; return the dump."""
    postgres_server.check()
    for folder in (FOLDER, KEYS_FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (FOLDER.parent, FOLDER):
        folder.chmod(0o750)  # the health page looks at the age of what is in it
        _own(folder)
    KEYS_FOLDER.chmod(0o700)
    _delete_halves()
    _examine_space()
    target = FOLDER / f"{datetime.now(UTC):{STAMP}}.dump"
    spare = target.with_suffix(".part")
    with Progress("Dumping the database"):
        try:
            # Counts of look-ups are hashes of visitors' addresses, of use for an hour: never in a backup.
            skip = "--exclude-table-data=lots_lookupcount"
            # The tables' owner has a policy that shows it every row; without the option pg_dump refuses.
            words = ("--format=custom", "--no-owner", "--enable-row-security", skip, "--file", spare)
            run(postgres_server.client("pg_dump"), *words, env=postgres_server.client_env())
            spare.chmod(0o600)
            spare.replace(target)
        except Fault:
            spare.unlink(missing_ok=True)
            raise
    _copy_keys()
    for old in dumps()[:-KEEP]:
        old.unlink()
    return target


def _delete_halves() -> None:
    """Delete what a backup left that was killed, and a restore whose PostgreSQL stopped under it."""
    for half in FOLDER.glob("*.part"):
        half.unlink()
    if postgres_server.is_local():
        for name in (SCRATCH, RESTORED):
            postgres_server.drop_database(name)


def _own(folder: Path) -> None:
    os.chown(folder, 0, group_id(USER))


def _examine_space() -> None:
    query = f"SELECT pg_database_size('{postgres_server.client_env()['PGDATABASE']}')"
    size = int(run("psql", "-X", "-A", "-t", "-q", "-c", query, env=postgres_server.client_env()))
    need_room(FOLDER, size, "the database")


def _copy_keys() -> None:
    """Keep one copy of /etc/purecode, the newest: an older one would hold plate keys that were destroyed.

    The addresses of a database on this server are not in it: each server's database has passwords of its own.
    """
    spare = KEYS_FOLDER / "keys.part"
    local = {f"purecode/{name}" for name in ADDRESSES} if postgres_server.is_local() else set()
    with tarfile.open(spare, "w:gz") as archive:
        archive.add(CONFIG, arcname="purecode", filter=lambda found: None if found.name in local else found)
    spare.chmod(0o600)
    spare.replace(KEYS_FOLDER / "keys.tar.gz")


def dumps() -> list[Path]:
    """Return the dumps that were made here, the oldest first; what an administrator put there is none."""
    return by_age(FOLDER.glob("[0-9]*Z.dump"))


def newest() -> Path:
    found = dumps()
    if not found:
        raise Fault(f"There is no backup in {FOLDER}: run purecode backup")
    return found[-1]


def find(name: str | None) -> Path:
    """Return a backup by its path or its name in the backup folder; the newest without a name."""
    if name is None:
        return newest()
    for path in (Path(name).resolve(), FOLDER / name):
        if path.is_file():
            return path
    raise Fault(f"{name} is no backup: ls {FOLDER}")


def load(dump: Path, name: str) -> str:
    """Restore a dump beside the live database; return the address of what is there then."""
    need_own_database()
    return load_scratch(dump, name)


def need_own_database() -> None:
    if not postgres_server.is_local():
        raise Fault("The database is on another server: restore there with its own tools (pg_restore)")


def load_scratch(dump: Path, name: str) -> str:
    """Restore a dump into a new database of this server; return its address."""
    owner, address = postgres_server.scratch(name)
    postgres_server.drop_database(name)
    postgres_server.need_space(_restored_size(dump), postgres_server.data_folder())
    postgres_server.create_database(name, owner)
    try:
        _restore(dump, name, postgres_server.client_env(address))
    except Fault as fault:
        with suppress(Fault):  # a full disk stops PostgreSQL itself: the next backup drops it
            postgres_server.drop_database(name)
        newer = "unsupported version" in str(fault)
        remedy = ": a newer PostgreSQL than this server's wrote it, so install that one" if newer else ""
        raise Fault(f"{dump} cannot be restored: {fault}{remedy}") from None
    return address


def _restored_size(dump: Path) -> int:
    """Return about how many bytes a dump takes as a database: as many as the live one, if that is here."""
    packed = 5 * dump.stat().st_size  # pg_dump packs text to about a fifth
    if postgres_server.is_local() and postgres_server.has_database():
        return max(
            packed, int(postgres_server.as_superuser(f"SELECT pg_database_size('{postgres_server.NAME}')"))
        )
    return packed


def _restore(dump: Path, name: str, env: Mapping[str, str]) -> None:
    """Restore all but row-level security by two jobs, then that, by one.

    Beside each other, a table's row security may be on before the owner has its policy: a foreign key to that
    table then finds none of its rows, and the restore fails.
    """
    program = postgres_server.client("pg_restore")
    listed = [line for line in run(program, "--list", dump).splitlines() if line[:1].isdigit()]
    rules = [line for line in listed if ROW_RULE.match(line)]
    rest = [line for line in listed if not ROW_RULE.match(line)]
    # Without it pg_restore turns row security off, and the owner cannot add a foreign key to a forced table.
    words = ["--no-owner", "--enable-row-security", "--exit-on-error", "--dbname", name]
    for lines, jobs in ((rest, "2"), (rules, "1")):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".list") as chosen:
            chosen.write("\n".join(lines) + "\n")
            chosen.flush()
            run(program, *words, "--jobs", jobs, "--use-list", chosen.name, dump, env=env)


def prove(name: str | None = None) -> None:
    """Restore a dump and the continuous backup into a scratch database, check both, and record the result."""
    proof = {"backup": "", "proven_at": proven_at(), "failed_at": None, "recovered_to": None}
    try:
        dump = find(name)
        proof["backup"] = dump.name
        _check(dump)
        if name is None and postgres_server.is_local() and continuous.bases():
            with continuous.recovered(None) as (recovered, reached):
                _check(recovered)
            proof["recovered_to"] = reached
    except (Fault, OSError):
        _record(proof | {"failed_at": datetime.now(UTC)})
        raise
    _record(proof | {"proven_at": datetime.now(UTC)})
    say(f"{dump.name} restores, and all checks pass.")
    if proof["recovered_to"]:
        say(f"So does the continuous backup, up to the change of {proof['recovered_to']}.")


def _check(dump: Path) -> None:
    with Progress(f"Restoring {dump.name} into the scratch database {SCRATCH}"):
        address = load_scratch(dump, SCRATCH)
    try:
        with Progress("Checking schema, audit log, closed days and ledger"):
            manage("check_restored", overrides={"DATABASE_URL": address})
    finally:
        postgres_server.drop_database(SCRATCH)


def _record(proof: Mapping[str, object]) -> None:
    values = {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in proof.items()
    }
    write(PROOF, json.dumps(values) + "\n", 0o644)


def proven_at() -> datetime | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return datetime.fromisoformat(json.loads(PROOF.read_text(encoding="utf-8"))["proven_at"])
    return None


def restore(name: str | None, *, at: str | None, folder: Path, yes: bool) -> None:
    """Put a backup, or the database as it was at a moment, in the place of the database."""
    if name is not None and at is not None:
        raise Fault("Name a backup, or a moment with --at, not both")
    dump = find(name) if at is None else None
    moment = None if at is None else continuous.moment(at)  # an empty one is a variable that was not set
    if not yes:
        raise Fault(f"This replaces the database by {dump or f'its state of {at}'}: repeat it with --yes")
    if dump:
        _replace_by(dump)
        return
    with continuous.recovered(moment, folder) as (recovered, reached):
        say(f"  The last change before it is of {reached}.")
        _replace_by(recovered)


def _replace_by(dump: Path) -> None:
    """Restore a dump beside the database and let the two change places. The present one stays, renamed."""
    slot = active_slot()
    if slot is None:
        raise Fault("PureCode is not installed here: run deploy/install")
    if postgres_server.is_local():
        postgres_server.complete_swap()
    live = postgres_server.client_env()["PGDATABASE"]
    fresh = RESTORED
    aside = f"{live}_before_{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
    with Progress(f"Restoring {dump.name} beside the present database"):
        load(dump, fresh)
    with Progress("Bringing it up to date"):
        manage(
            "migrate",
            "--no-input",
            "--verbosity",
            "0",
            overrides={"DATABASE_URL": postgres_server.with_name(fresh)},
        )
    systemctl("stop", f"purecode-worker@{slot}")
    with Progress("Changing places"):
        try:
            swap(live, fresh, aside)
        finally:
            # The worker first: it erases again what was due when the backup was made.
            systemctl("start", f"purecode-worker@{slot}")
    releases.restart()  # no process goes on with what it remembers of the other database
    say(f"Restored. The database from before is {aside}; once you are sure: purecode forget-database {aside}")


def swap(live: str, fresh: str, aside: str) -> None:
    """Rename live to aside and fresh to live. Where the second fails, live has its name back."""
    postgres_server.as_superuser(f'ALTER DATABASE "{live}" ALLOW_CONNECTIONS false')
    try:
        ended = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{live}'"
        postgres_server.as_superuser(ended)
        postgres_server.rename_database(live, aside)
        try:
            postgres_server.rename_database(fresh, live)
        except Fault:
            postgres_server.rename_database(aside, live)
            raise
    finally:
        for name in (live, aside):
            if postgres_server.has_database(name):
                postgres_server.as_superuser(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def forget_database(name: str) -> None:
    """Delete a database that a restore put aside."""
    if not re.fullmatch(rf"{postgres_server.NAME}_before_\d{{14}}", name):
        raise Fault(f"{name} is no database that a restore put aside: purecode status lists them")
    if not postgres_server.has_database(name):
        raise Fault(f"There is no database {name}: purecode status lists those that a restore put aside")
    postgres_server.drop_database(name)
