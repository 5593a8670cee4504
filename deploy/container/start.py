"""What a container of the image does, by its first word.

    set-up    make the keys and the database's password, once, into the volumes /keys and /database; bring the
              database up to date; on the first start, print the first owner's invitation
    driver, device, console, members    serve that surface on port 8000
    worker    do the work that is due
    health, beat    say whether this container's surface can serve, or whether the worker works
    manage    run one of the application's commands, such as: manage apply --help

Settings come from the environment, keys from files in /keys (NAME_FILE). Uses the standard library alone.
"""

import contextlib
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

KEYS = Path("/keys")
DATABASE = Path("/database")
MERCHANTS = Path("/merchants/merchants.json")
PORT = "8000"
CONSOLE = "purecode_console"  # the console's role in the database
# As in deploy/postgres_server.py: PostgreSQL logs statements without their values.
QUIET = (
    "log_error_verbosity = terse",
    "log_parameter_max_length = 0",
    "log_parameter_max_length_on_error = 0",
)
SURFACES = ("driver", "device", "console", "members")
HERE = Path(__file__).resolve().parent.parent.parent
HOSTS = {"PUBLIC_URL": "PUBLIC_HOST", "DEVICE_URL": "DEVICES_HOST", "CONSOLE_URL": "CONSOLE_HOST"}
# As in deploy/units: HTTP/1 alone, because its connections without a request end after ten seconds.
LIMITS = (
    *("--http", "1", "--http1-buffer-size", "65536", "--http1-header-read-timeout", "10000"),
    *("--blocking-threads", "16", "--no-ws", "--no-access-log", "--workers-kill-timeout", "30"),
    "--respawn-failed-workers",  # one that is killed takes the other one with it otherwise
)
BEAT_SECONDS = 180  # a worker that was silent for longer is not well


def init() -> None:
    """Make what is missing; what is there stays, or nothing that is stored could be read again."""
    wanted = {
        "secret_key": secrets.token_urlsafe(48),
        "plate_keys": f"{datetime.now(UTC):%Y-%m}:{secrets.token_hex(32)}",
        "plate_index_key": secrets.token_hex(32),
        "code_key": secrets.token_hex(32),
    }
    for name, value in wanted.items():
        write_once(KEYS / name, value, 0o400)
    write_once(DATABASE / "password", secrets.token_hex(24), 0o444)  # PostgreSQL's account reads it too
    print("Keys are in place.")


def write_once(path: Path, text: str, mode: int) -> None:
    spare = path.with_name(f".{path.name}")
    if path.exists():
        return
    spare.unlink(missing_ok=True)
    spare.write_text(text + "\n", encoding="utf-8")
    spare.chmod(mode)
    spare.replace(path)


def settings() -> dict[str, str]:
    """Return the environment with the addresses, the keys and the database filled in."""
    env = dict(os.environ)
    for setting, host in HOSTS.items():
        env.setdefault(setting, f"https://{env.get(host, '')}")
    if MERCHANTS.exists():
        env.setdefault("MERCHANTS_FILE", str(MERCHANTS))
    for name in ("secret_key", "plate_keys", "plate_index_key", "code_key"):
        env.setdefault(f"{name.upper()}_FILE", str(KEYS / name))
    if not env.get("DATABASE_URL") and not env.get("DATABASE_URL_FILE"):
        password = (DATABASE / "password").read_text(encoding="utf-8").strip()
        env["DATABASE_URL"] = (
            f"postgresql://purecode:{password}@{env.get('DATABASE_HOST', 'database')}:5432/purecode"
        )
        env["CONSOLE_DATABASE_URL"] = env["DATABASE_URL"].replace("purecode:", f"{CONSOLE}:", 1)
    return env


def manage(*words: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=HERE, env=env, capture_output=True, text=True, check=False
    )


def set_up() -> int:
    """Bring the database up to date, waiting for it; print the first invitation while there is no owner."""
    env = settings()
    for _ in range(60):
        done = manage("migrate", "--no-input", "--verbosity", "0", env=env)
        if done.returncode == 0:
            break
        print(last_line(done.stderr), file=sys.stderr)
        time.sleep(2)
    else:
        return 1
    let_console_in(env)
    operator = env.get("OPERATOR") or env.get("PUBLIC_HOST") or "operator"
    owner = manage("first_owner", env.get("OWNER", "owner"), "--operator", operator, env=env)
    print(owner.stdout.strip() or last_line(owner.stderr))
    return 0


def let_console_in(env: dict[str, str]) -> None:
    """Set the password of the console's role, which the migration made, to the one in its address.

    Neither role's values are in PostgreSQL's log, where this account may set that.
    """
    import psycopg
    from psycopg import sql

    if "CONSOLE_DATABASE_URL" in env and "DATABASE_URL" in env:
        password = sql.Literal((DATABASE / "password").read_text(encoding="utf-8").strip())
        with psycopg.connect(env["DATABASE_URL"], connect_timeout=4) as connection:
            role = sql.Identifier(CONSOLE)
            for setting in QUIET:
                with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    for each in (sql.SQL("CURRENT_USER"), role):
                        connection.execute(sql.SQL("ALTER ROLE {} SET {}").format(each, sql.SQL(setting)))
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, password))


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def serve(surface: str) -> NoReturn:
    env = {**settings(), "SURFACES": surface}
    words = ["--interface", "wsgi", "--host", "0.0.0.0", "--port", PORT, "--workers", env.get("WORKERS", "2")]  # noqa: S104 - within the container's network
    words += [*LIMITS, "config.wsgi:application"]
    os.chdir(HERE)
    os.execve(HERE / ".venv/bin/granian", ["granian", *words], env)


def work() -> NoReturn:
    os.chdir(HERE)
    os.execve(sys.executable, [sys.executable, "manage.py", "work"], settings())


def health() -> int:
    """Return 0 where this container's process can serve: its surface is ready, or its worker lives."""
    host = os.environ.get("PUBLIC_HOST", "localhost")
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/readyz", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
            return int(answer.status != 200)
    except (OSError, urllib.error.URLError):
        return 1


def beat() -> int:
    """Return 0 where the worker has written its heartbeat in the last minutes."""
    import psycopg

    sql = f"SELECT max(beat_at) > now() - interval '{BEAT_SECONDS} seconds' FROM monitoring_heartbeat"
    try:
        with psycopg.connect(settings()["DATABASE_URL"], connect_timeout=4) as connection:
            row = connection.execute(sql).fetchone()
    except psycopg.Error:
        return 1
    return int(not (row and row[0]))


def main(words: list[str]) -> int:
    act = words[0] if words else ""
    if act == "set-up":
        init()
        return set_up()
    if act == "health":
        return health()
    if act == "beat":
        return beat()
    if act in SURFACES:
        serve(act)
    elif act == "worker":
        work()
    elif act == "manage":
        os.chdir(HERE)
        os.execve(sys.executable, [sys.executable, "manage.py", *words[1:]], settings())
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
