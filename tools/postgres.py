"""A PostgreSQL of our own for as long as one command runs: nothing is left, nothing else is touched.

    python -m tools.postgres run [--durable] -- COMMAND...

sets DATABASE_URL for the command. The server refuses to run as root, so root lends it another account.
It listens on a free port of the loopback address only, behind a password made for this run.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.machine import POSTGRESQL
from tools.packages import Missing

ACCOUNTS = ("postgres", "nobody")
PATIENCE = 30  # seconds for a start or a stop on a busy machine
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """A running server: its address for DATABASE_URL, and the folder of its client programs."""

    url: str
    programs: Path


@contextlib.contextmanager
def cluster(*, durable: bool = False, settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Run a server for the length of a `with` block.

    Tests need no crash safety and run faster without; measurements ask for `durable`.
    """
    programs = POSTGRESQL.bring()
    folder = Path(tempfile.mkdtemp(prefix="purecode-postgresql-", dir="/tmp" if is_root() else None))  # noqa: S108
    try:
        password = _initialise(programs, folder)
        options = {**({} if durable else CARELESS), **(settings or {})}
        server, port = _start(programs, folder, options)
        try:
            yield Cluster(f"postgresql://purecode:{password}@127.0.0.1:{port}/postgres", programs)
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> pwd.struct_passwd | None:
    """Return the account that the server runs under when we are root."""
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
    """Start one of the server's programs under its account, out of reach of a Ctrl-C in the terminal."""
    lent = account()
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder)},
            user=lent.pw_uid if lent else None,
            group=lent.pw_gid if lent else None,
            extra_groups=[] if lent else None,
        )


def _initialise(programs: Path, folder: Path) -> str:
    """Lay out an empty cluster and return its superuser's password."""
    password = secrets.token_hex(16)
    secret = folder / "password"
    secret.write_text(password, encoding="ascii")
    if lent := account():
        for path in (folder, secret):
            os.chown(path, lent.pw_uid, lent.pw_gid)
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
        raise Missing(f"PostgreSQL could not lay out a cluster: {_last_words(folder)}")
    return password


def _start(programs: Path, folder: Path, options: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; somebody else may take the free port first, so try again."""
    for _ in range(3):
        port = free_port()
        given = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **options}
        words = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        server = _popen([programs / "postgres", "-D", folder / "data", *words], folder)
        if _is_ready(server, folder / "data" / "postmaster.pid"):
            return server, port
        _stop(server)
    raise Missing(f"PostgreSQL does not start: {_last_words(folder)}")


def _is_ready(server: subprocess.Popen[bytes], note: Path) -> bool:
    """Wait for the server's own note that it takes connections (the eighth line of its lock file)."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = note.read_text(encoding="utf-8").splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready":
                return True
        time.sleep(0.05)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop at once; nothing in the cluster is worth keeping."""
    for word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(word)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(PATIENCE / 3)


def _last_words(folder: Path) -> str:
    return " / ".join((folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-3:])


def main(words: list[str]) -> int:
    durable = "--durable" in words[: words.index("--")] if "--" in words else False
    if words[:1] != ["run"] or "--" not in words:
        print(__doc__)
        return 2
    command = words[words.index("--") + 1 :]
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
