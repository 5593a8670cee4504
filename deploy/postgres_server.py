"""PostgreSQL: the server, the application's role and database."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from deploy.server_settings import address_parts, is_here, read_secret
from deploy.system import (
    CONFIG,
    Fault,
    free_bytes,
    install_command,
    last_line,
    run,
    systemctl,
    wait_until,
    write,
)

NAME = "purecode"
CONSOLE = "purecode_console"  # the console's role: the database shows it rows of one operator at a time
SCRATCH_ROLE = "purecode_scratch"  # where the database is on another server
OLDEST = 15
ENTRY = re.compile("pg_hba.conf|authentication failed|no password supplied")  # of pg_hba.conf, for an account
CONNECTIONS = 200  # of two releases: each has about 100, with all its processes' pools full
# Of both roles: PostgreSQL then logs statements without their values, whatever else it is set to log.
QUIET = (
    "log_error_verbosity = terse",  # its details name the values that broke a constraint
    "log_parameter_max_length = 0",
    "log_parameter_max_length_on_error = 0",
)
FACTS = (  # what a connection is asked first
    "SELECT current_setting('server_version_num'), current_setting('transaction_read_only'), source"
    " FROM pg_settings WHERE name = 'default_transaction_read_only'"
)
_UNLOGGED = "-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic"
SPARE = 512 * 1024**2  # bytes that a restore leaves to the live database
ENCODING = "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"  # whatever the cluster was made with


def clusters() -> list[tuple[int, str, int]]:
    """Return the clusters of this server as (version, name, port), the newest and its first port first."""
    found = []
    for line in run("pg_lsclusters", "-h").splitlines():
        version, name, port = line.split()[:3]
        if re.fullmatch(r"\d+", version):
            found.append((int(version), name, int(port)))
    return sorted(found, key=lambda each: (-each[0], each[2]))


def cluster() -> tuple[int, str, int]:
    """Return the cluster with the application's database; before there is one, the newest.

    It must be new enough. An upgrade of Debian adds an empty cluster of a newer version, on another port.
    """
    found = clusters()
    if not found:
        raise Fault("PostgreSQL has no cluster: pg_createcluster VERSION main, then run this again")
    port = _own_port()
    chosen = next((each for each in found if each[2] == port), found[0])
    if chosen[0] < OLDEST:
        raise Fault(
            f"PostgreSQL {chosen[0]} is too old: install version {OLDEST} or newer (pg_upgradecluster)"
        )
    return chosen


def _own_port() -> int | None:
    """Return the port in the address of a database on this server, None where there is no address."""
    with suppress(Fault, OSError):
        address = read_secret("database_url")
        if is_here(address):
            return address_parts(address).port or 5432
    return None


def program(name: str, version: int) -> Path:
    """Return a program of one version of PostgreSQL; several may be installed side by side."""
    return Path(f"/usr/lib/postgresql/{version}/bin/{name}")


def client(name: str) -> str | Path:
    """Return a client program of the cluster's version.

    Debian's command of this name chooses a version by itself: for pg_restore it may be older than the one
    that wrote the dump. Without a server here it is the only one.
    """
    with suppress(Fault):
        chosen = program(name, cluster()[0])
        if chosen.exists():
            return chosen
    return name


def as_superuser(sql: str, database: str = "postgres") -> str:
    """Run SQL as PostgreSQL's own account on the local server.

    It may hold a password: it is on no command line, which others can see, and in no log.
    """
    port = cluster()[2]
    words = [
        "psql",
        "-X",
        "-A",
        "-t",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-p",
        str(port),
        "-d",
        database,
        "-f",
        "-",
    ]
    try:
        return run(*words, user="postgres", stdin=sql, env={"PGOPTIONS": _UNLOGGED}).strip()
    except Fault as fault:
        if "connection to server on socket" not in str(fault):
            raise
        if ENTRY.search(str(fault)):
            raise Fault(
                f"PostgreSQL rejects its own account postgres: begin pg_hba.conf in {_settings_folder()} with"
                f" local all postgres peer, then systemctl reload postgresql ({fault})"
            ) from None
        raise Fault(f"PostgreSQL does not answer (systemctl start postgresql): {fault}") from None


def is_running() -> bool:
    try:
        as_superuser("SELECT 1")
    except (Fault, PermissionError):  # a rehearsal by another user than root cannot look
        return False
    return True


def start() -> None:
    _complete_cluster()
    systemctl("enable", "--now", "postgresql")
    if not wait_until(is_running, 30):
        raise Fault("PostgreSQL does not start: read journalctl --unit 'postgresql@*'")


def _complete_cluster() -> None:
    """Make the cluster that PostgreSQL's package makes, where it was killed before it did."""
    if not clusters():
        versions = sorted(int(path.name) for path in Path("/usr/lib/postgresql").glob("[0-9]*"))
        if versions:
            run("pg_createcluster", str(versions[-1]), "main")
    for line in run("pg_lsclusters", "-h").splitlines():
        version, name, _, _, _, data, *_ = line.split()
        if not (Path(data) / "global" / "pg_control").exists():
            raise Fault(
                f"PostgreSQL {version} {name} has no data in {data}: mount its disk, or if it never had any:"
                f" pg_dropcluster {version} {name}, then run this again"
            )


def has_role(name: str = NAME) -> bool:
    return as_superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'") == "1"


def has_database(name: str = NAME) -> bool:
    return as_superuser(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == "1"


def has_tables() -> bool:
    """Return whether this server has the database and the application has begun to use it."""
    return has_database() and bool(as_superuser("SELECT to_regclass('public.django_migrations')", NAME))


def examine() -> None:
    """Raise `Fault` where a database of another program has the name that this one needs."""
    if not is_in_place():
        return
    owner = as_superuser(f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{NAME}'")
    tables = as_superuser(
        "SELECT string_agg(relname, ', ') FROM (SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid ="
        " relnamespace WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY relname LIMIT 3) AS first",
        NAME,
    )
    if owner != NAME:
        fault = f"belongs to {owner}"
    elif tables and not has_tables():
        fault = f"holds tables of another program ({tables})"
    else:
        return
    raise Fault(f"PostgreSQL has a database {NAME} that {fault}: rename or drop it, then run this again")


def is_in_place() -> bool:
    """Return whether the database is there and lets processes in: while a restore changes it, it does not."""
    return as_superuser(f"SELECT datallowconn FROM pg_database WHERE datname = '{NAME}'") == "t"


def put_aside() -> list[str]:
    """Return the databases that restores put aside, the oldest first."""
    return as_superuser(
        f"SELECT datname FROM pg_database WHERE datname LIKE '{NAME}\\_before\\_%' ORDER BY datname"
    ).split()


def complete_swap() -> None:
    """Rename the database back and allow connections, where a restore was killed in between."""
    aside = put_aside()
    if not has_database() and aside:
        rename_database(aside[-1], NAME)
    if has_database() and not is_in_place():
        as_superuser(f'ALTER DATABASE "{NAME}" ALLOW_CONNECTIONS true')


def rename_database(name: str, other: str) -> None:
    as_superuser(f'ALTER DATABASE "{name}" RENAME TO "{other}"')


def create_database(name: str, owner: str = NAME) -> None:
    as_superuser(f'CREATE DATABASE "{name}" OWNER {owner} TEMPLATE template0 {ENCODING}')


def drop_database(name: str) -> None:
    as_superuser(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def set_up() -> None:
    """Make role, password and database, whichever of them is missing."""
    address = CONFIG / "database_url"
    if not address.exists():
        password = secrets.token_hex(24)
        set_password(NAME, password)
        write(address, f"postgresql://{NAME}:{password}@127.0.0.1:{cluster()[2]}/{NAME}\n", 0o600)
    if is_local():
        complete_swap()
        if not has_database():
            allow_connections()
            create_database(NAME)
    set_up_console()


def allow_connections() -> None:
    """Set PostgreSQL's connection limit to what two releases beside each other may open.

    That needs a restart, so a server that other programs use is left as it is: `purecode doctor` names it.
    """
    if connections_allowed() >= CONNECTIONS or others():
        return
    as_superuser(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
    systemctl("restart", "postgresql")
    if not wait_until(is_running, 30):
        raise Fault("PostgreSQL does not start: read journalctl --unit 'postgresql@*'")


def connections_allowed() -> int:
    return int(as_superuser("SHOW max_connections"))


def others() -> list[str]:
    """Return the databases of other programs."""
    return as_superuser(
        f"SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')"
        f" AND datname NOT LIKE '{NAME}%'"
    ).split()


def set_up_console() -> None:
    """Make the console's role and its address; on another server docs/install.md says how."""
    address, main = CONFIG / "console_database_url", read_secret("database_url").strip()
    if address.exists():
        return
    if is_local():
        password = secrets.token_hex(24)
        set_password(CONSOLE, password, "NOSUPERUSER NOBYPASSRLS ")
        as_superuser(f"GRANT {CONSOLE} TO {NAME}")
        place = main.rpartition("@")[2]
        main = f"postgresql://{CONSOLE}:{password}@{place}"
    write(address, f"{main}\n", 0o600)


def set_password(role: str, password: str, limits: str = "") -> None:
    verb = "ALTER" if has_role(role) else "CREATE"
    as_superuser(f"{verb} ROLE {role} LOGIN {limits}PASSWORD '{password}'")


def keep_values_from_log() -> None:
    for role in (NAME, CONSOLE):
        as_superuser("".join(f"ALTER ROLE {role} SET {setting};\n" for setting in QUIET))


def logs_no_values() -> bool:
    """Return whether the application's role has the settings by which PostgreSQL logs no values."""
    if not has_role() or not has_role(CONSOLE):
        return False
    wanted = ", ".join(f"'{setting.replace(' ', '')}'" for setting in QUIET)
    rows = as_superuser(
        "SELECT count(*) FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole"
        f" WHERE rolname IN ('{NAME}', '{CONSOLE}') AND setdatabase = 0 AND setconfig @> ARRAY[{wanted}]"
    )
    return rows == "2"


def log_may_hold_values() -> bool:
    """Return whether PostgreSQL may log values of the application's statements, wherever it runs."""
    names = ", ".join(f"'{setting.partition(' ')[0]}'" for setting in QUIET)
    shown = "string_agg(name || ' = ' || setting, ',' ORDER BY name)"
    sql = f"SELECT {shown} FROM pg_settings WHERE name IN ({names})"
    return run("psql", "-X", "-A", "-t", "-q", "-c", sql, env=client_env()).strip() != ",".join(QUIET)


def is_local() -> bool:
    """Return whether the database is on this server, made by the installation."""
    return is_here(read_secret("database_url"))


def client_env(url: str | None = None) -> dict[str, str]:
    """Return PostgreSQL's own variables for an address, so that no command line shows a password."""
    parts = address_parts(url or read_secret("database_url"))
    return {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.strip("/")),
        "PGCONNECT_TIMEOUT": "5",
    }


def with_name(name: str) -> str:
    """Return the application's database address with another database's name."""
    return address_parts(read_secret("database_url"))._replace(path=f"/{name}").geturl()


def scratch(name: str) -> tuple[str, str]:
    """Return owner and address of a scratch database on this server, wherever the live database is."""
    if is_local():
        return NAME, with_name(name)
    if not Path("/usr/bin/pg_lsclusters").exists():
        raise Fault(
            "The database is on another server: to restore its backups for a test, this one needs"
            " PostgreSQL too (apt-get install postgresql)"
        )
    password = secrets.token_hex(24)
    set_password(SCRATCH_ROLE, password)
    return SCRATCH_ROLE, f"postgresql://{SCRATCH_ROLE}:{password}@127.0.0.1:{cluster()[2]}/{name}"


def check() -> None:
    """Connect as the application and as its console do, and name what is wrong."""
    where, env, facts = _connect("database_url")
    number, read_only, source = facts.split("|")
    if int(number) < OLDEST * 10_000:
        raise Fault(f"PostgreSQL at {where} is version {int(number) // 10_000}: {OLDEST} or newer is needed")
    if read_only == "on":
        raise Fault(f"PostgreSQL at {where} is read-only: {_to_write(source)}")
    if not is_local():
        _check_roles(where, env)
    if (CONFIG / "console_database_url").exists():
        _connect("console_database_url")


def _connect(name: str) -> tuple[str, dict[str, str], str]:
    """Return place, variables and facts of a database address of ours. Raise `Fault` where it fails."""
    env = client_env(read_secret(name))
    where = f"{env['PGHOST']}:{env['PGPORT']}"
    try:
        return where, env, run("psql", "-X", "-A", "-t", "-q", "-c", FACTS, env=env).strip()
    except Fault as fault:
        raise Fault(_named(str(fault), name, env)) from None


def _named(text: str, name: str, env: dict[str, str]) -> str:
    """Return what is wrong with a connection, of which psql printed this text, and the remedy."""
    where, reason = f"PostgreSQL at {env['PGHOST']}:{env['PGPORT']}", text.rpartition("FATAL:")[2].strip()
    if "password authentication failed" in text:
        return (
            f"{where} refuses the password in {CONFIG}/{name}: correct it there,"
            f" or delete the file and run {install_command()} again"
        )
    if "pg_hba.conf" in text:
        address, folder = ("127.0.0.1", _settings_folder()) if is_local() else ("ADDRESS", "its server")
        return (
            f"{where} does not let {env['PGUSER']} in ({reason}): above the other lines of pg_hba.conf in"
            f" {folder} write host all {env['PGUSER']} {address}/32 scram-sha-256, then systemctl reload"
            " postgresql"
        )
    if is_local() and "Connection refused" in text and is_running():
        return (
            f"{where} does not answer, and it runs on port {cluster()[2]}: in postgresql.conf in"
            f" {_settings_folder()} set listen_addresses = 'localhost' and port = {env['PGPORT']}, then"
            " systemctl restart postgresql"
        )
    if is_local() and _is_interrupted(text):
        return f"{where} has an interrupted restore: run it again, or {install_command()}"
    if "does not exist" in text:
        return f"{where}: {reason}"
    remedy = " (systemctl start postgresql)" if is_local() else ""
    return f"{where} does not answer{remedy}: {last_line(text)}"


def _to_write(source: str) -> str:
    """Return how a database that only reads is made to write again; `source` is where that was set."""
    reset = "RESET default_transaction_read_only"
    who = {"database": f"DATABASE {NAME}", "user": f"ROLE {NAME}"}.get(source, "SYSTEM")
    if source == "default":
        return "it is a standby: name the primary in the address, or SELECT pg_promote() there"
    return f"{in_psql(f'ALTER {who} {reset}', 'SELECT pg_reload_conf()')} && purecode restart"


def in_psql(*statements: str) -> str:
    """Return how an administrator of PostgreSQL types these statements, on the database's own server."""
    words = " ".join(f"-c '{statement}'" for statement in statements)
    return f"runuser -u postgres -- psql {words}"


def _check_roles(where: str, env: dict[str, str]) -> None:
    """Raise `Fault` where the console's role is missing and the application is not allowed to create it."""
    sql = (
        "SELECT bool_or(rolname = current_user AND (rolsuper OR rolcreaterole))"
        f" OR bool_or(rolname = '{CONSOLE}' AND pg_has_role(oid, 'MEMBER')) FROM pg_roles"
    )
    if run("psql", "-X", "-A", "-t", "-q", "-c", sql, env=env).strip() != "t":
        raise Fault(
            f"PostgreSQL at {where} has no role {CONSOLE} that {env['PGUSER']} belongs to: make it as"
            " docs/install.md#elsewhere says, then run this again"
        )


def _is_interrupted(text: str) -> bool:
    """Return whether a restore was killed while two databases changed places."""
    with suppress(Fault):
        return "not currently accepting" in text or ("does not exist" in text and bool(put_aside()))
    return False


def need_space(size: int, folder: Path) -> None:
    """Raise `Fault` where a restore would fill the disk that the live database writes to."""
    needed = size + SPARE
    if (free := free_bytes(folder)) < needed:
        raise Fault(
            f"The disk of {folder} has {free // 1024**2} MB free, the restore needs {needed // 1024**2} MB:"
            " enlarge it, so that the live database keeps room"
        )


def _settings_folder() -> str:
    version, name, _ = cluster()
    return f"/etc/postgresql/{version}/{name}"


def disks() -> list[Path]:
    """Return the clusters' folders of data and of changes, which may each have a disk of its own."""
    with suppress(Fault):
        folders = [Path(line.split()[5]) for line in run("pg_lsclusters", "-h").splitlines()]
        return [path for folder in folders for path in (folder, folder / "pg_wal")]
    return []


def data_folder() -> Path:
    return Path(as_superuser("SHOW data_directory"))
