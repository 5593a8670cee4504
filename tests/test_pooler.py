"""A real PgBouncer in transaction mode between the processes and PostgreSQL, as deploy/cluster sets it up."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from config import env
from tools import pooler, postgres

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = ("127.0.0.1", "6432")


def test_each_use_has_its_limits():
    text = pooler.DELIVERED.read_text(encoding="utf-8")
    pools = dict(re.findall(r"(?m)^purecode_(\w+) = .*connect_query='([^']+)'", text))
    assert set(pools) == set(env.DATABASE_LIMITS) - {"command"}
    for use, query in pools.items():
        limits = {name: int(value) for name, value in re.findall(r"SET (\w+) = (\d+)", query)}
        assert limits == env.DATABASE_LIMITS[use]


@pytest.mark.parametrize("use", ["pages", "console", "worker"])
def test_nothing_outlives_a_transaction(use):
    found = env.database("postgresql://u:p@db.example.cn/purecode", use, ADDRESS)
    assert (found["HOST"], found["PORT"], found["NAME"]) == (*ADDRESS, f"purecode_{use}")
    assert "options" not in found["OPTIONS"]
    assert found["OPTIONS"]["prepare_threshold"] is None
    assert found["DISABLE_SERVER_SIDE_CURSORS"]
    assert not found["HOT"]


def test_commands_go_past_the_pooler():
    url = "postgresql://u:p@db.example.cn/purecode"
    assert env.database(url, "command", ADDRESS) == env.database(url, "command")
    assert env.database("sqlite:///x.sqlite3", "pages", ADDRESS)["ENGINE"].endswith("sqlite3")


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":6432", "127.0.0.1:x", "127.0.0.1:70000"])
def test_bad_pooler_address_is_refused(text):
    with pytest.raises(ValueError, match="must be host:port"):
        env.pooler(text)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_pages_get_the_limits_of_their_pool():
    """Two clients share one connection; each transaction has the limits of the pages."""
    default = settings.DATABASES["default"]
    login = {"user": default["USER"], "password": default["PASSWORD"]}
    server = (
        f"postgresql://{default['USER']}:{default['PASSWORD']}@{default['HOST']}:{default['PORT']}/postgres"
    )
    with pooler.pooler(postgres.Cluster(server, Path()), "postgres", pool_size=1) as address:
        host, port = address.split(":")
        shown: list[str] = []

        def ask(name: str) -> None:
            line = make_conninfo(host=host, port=port, dbname=f"postgres_{name}", connect_timeout=5, **login)
            with psycopg.connect(line, autocommit=True, prepare_threshold=None) as one:
                rows = [one.execute("SHOW statement_timeout").fetchone() for _ in range(20)]
                shown.extend(f"{name} {row[0]}" for row in rows if row)

        threads = [threading.Thread(target=ask, args=(name,)) for name in ("pages", "pages", "console")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(set(shown)) == ["console 30s", "pages 1500ms"]
    assert len(shown) == 60


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    "chosen", ["payment_start", pytest.param("notice or request", marks=pytest.mark.deep)]
)
def test_killed_processes_lose_nothing_behind_a_pooler(chosen):
    """The crash tests once more: a web process, a worker and the sandbox, through four shared connections."""
    words = ["-m", "pytest", "-v", "-n0", "-p", "no:cacheprovider", "tests/kills/test_crashes.py"]
    done = subprocess.run(
        [sys.executable, *words, "-k", chosen],
        cwd=ROOT,
        env={**os.environ, "KILLS_THROUGH_POOLER": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\b[1-9]\d* passed", done.stdout)
