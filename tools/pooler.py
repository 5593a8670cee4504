"""Runs PgBouncer in transaction mode before a temporary PostgreSQL server, as deploy/cluster sets it up."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tools.machine import Program
from tools.packages import Missing
from tools.postgres import TIMEOUT, Cluster, account, free_port

DELIVERED = Path(__file__).resolve().parent.parent / "deploy" / "cluster" / "pgbouncer.ini"
PGBOUNCER = Program(
    "PgBouncer",
    lambda: next(
        (Path(found) for name in ("pgbouncer", "/usr/sbin/pgbouncer") if (found := shutil.which(name))), None
    ),
    "pgbouncer",
    "pgbouncer",
)


@contextlib.contextmanager
def pooler(server: Cluster, database: str, *, pool_size: int) -> Iterator[str]:
    """Yield host:port of a PgBouncer for one database, with few connections that all processes share."""
    program = PGBOUNCER.bring()
    folder = Path(tempfile.mkdtemp(prefix="purecode-pgbouncer-", dir="/tmp"))
    port = free_port()
    path = folder / "pgbouncer.ini"
    path.write_text(rendered(server, database, folder, port, pool_size), encoding="utf-8")
    user = account()
    for each in (folder, path):
        each.chmod(0o755 if each.is_dir() else 0o644)
        if user:
            os.chown(each, user.pw_uid, user.pw_gid)
    process = subprocess.Popen(
        [program, path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    try:
        _wait(process, port, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Missing(
        f"PgBouncer does not start: {log.read_text(encoding='utf-8')[-500:] if log.exists() else ''}"
    )


def rendered(server: Cluster, database: str, folder: Path, port: int, pool_size: int) -> str:
    """Return the delivered configuration with this server's address, and with no accounts of its own."""
    parts = urlsplit(server.url)
    text = DELIVERED.read_text(encoding="utf-8")
    login = f"host={parts.hostname} port={parts.port} user={parts.username} password={parts.password}"
    text = re.sub(
        r"host=\S+ port=\d+ dbname=purecode pool_size=\d+",
        f"{login} dbname={database} pool_size={pool_size}",
        text,
    )
    text = re.sub(r"(?m)^purecode_", f"{database}_", text)
    text = re.sub(r"(?m)^listen_port = .*", f"listen_port = {port}", text)
    text = re.sub(r"(?m)^auth_type = .*\nauth_file = .*", "auth_type = any", text)
    return f"{text}\nlogfile = {folder}/log\n"
