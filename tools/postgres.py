"""Runs a temporary PostgreSQL server for the duration of one command and removes it afterwards.

    python -m tools.postgres run [--durable] -- COMMAND...

Sets DATABASE_URL for the command. PostgreSQL refuses to run as root, so root starts it under another account.
It listens on a free port of the loopback address only, with a password made for this run.
"""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tools.cleaner import Cleaner
from tools.machine import POSTGRESQL
from tools.packages import Missing

ACCOUNTS = ("postgres", "nobody")
TIMEOUT = 30  # seconds for a start or a stop on a busy machine
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """A running server: its URL for DATABASE_URL, the folder of its programs, and its log."""

    url: str
    programs: Path
    log: Path = Path()


@contextlib.contextmanager
def cluster(
    *, durable: bool = False, settings: dict[str, str] | None = None, within: Path | None = None
) -> Iterator[Cluster]:
    """Run a server for the duration of a `with` block, its data below `within`.

    By default it is not crash-safe, which makes tests faster; benchmarks use `durable`.
    """
    programs = POSTGRESQL.bring()
    place = within or (Path("/tmp") if is_root() else None)  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="purecode-postgresql-", dir=place))
    with Cleaner(folder) as cleaner:
        password = _initialise(programs, folder)
        options = {**({} if durable else NOT_DURABLE), **(settings or {})}
        server, port = _start(programs, folder, options)
        cleaner.started(server.pid)
        try:
            url = f"postgresql://purecode:{password}@127.0.0.1:{port}/postgres"
            yield Cluster(url, programs, folder / "log")
        finally:
            _stop(server)
            cleaner.ended(server.pid)


def create(server: Cluster, name: str) -> str:
    """Create an empty database and return its URL."""
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server.url)._replace(path=f"/{name}").geturl()


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> pwd.struct_passwd | None:
    """Return the account to run the server under if this process is root, else None."""
    if not is_root():
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing("PostgreSQL refuses to run as root and there is no other account: adduser postgres")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _popen(command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    """Start a server program under its account, in a session of its own so that Ctrl-C does not reach it."""
    user = account()
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder)},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _initialise(programs: Path, folder: Path) -> str:
    """Create an empty cluster and return its superuser's password."""
    password = secrets.token_hex(16)
    secret = folder / "password"
    secret.write_text(password, encoding="ascii")
    if user := account():
        for path in (folder, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "purecode",
        "-A",
        "scram-sha-256",
    ]
    command += ["--pwfile", secret, "--no-locale", "-E", "UTF8", "--no-sync"]
    if _popen(command, folder).wait():
        raise Missing(f"PostgreSQL could not create a cluster: {_log_tail(folder)}")
    return password


def _start(programs: Path, folder: Path, options: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server. Retry, because another program may take the free port first."""
    for _ in range(3):
        port = free_port()
        settings = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **options,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = _popen([programs / "postgres", "-D", folder / "data", *arguments], folder)
        if _is_ready(server, folder / "data" / "postmaster.pid"):
            return server, port
        _stop(server)
    raise Missing(f"PostgreSQL did not start: {_log_tail(folder)}")


def _is_ready(server: subprocess.Popen[bytes], lock_file: Path) -> bool:
    """Wait until the server reports in its lock file (line 8) that it accepts connections."""
    deadline = time.monotonic() + TIMEOUT
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = lock_file.read_text(encoding="utf-8").splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready":
                return True
        time.sleep(0.05)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server quickly; the data is discarded anyway."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(TIMEOUT / 3)


def _log_tail(folder: Path) -> str:
    return " / ".join((folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-3:])


def main(arguments: list[str]) -> int:
    durable = "--durable" in arguments[: arguments.index("--")] if "--" in arguments else False
    if arguments[:1] != ["run"] or "--" not in arguments:
        print(__doc__)
        return 2
    command = arguments[arguments.index("--") + 1 :]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with cluster(durable=durable) as running:
            return subprocess.run(
                command, env={**os.environ, "DATABASE_URL": running.url}, check=False
            ).returncode
    except Missing as missing:
        print(missing)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
