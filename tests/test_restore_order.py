"""A dump restores under row-level security: no foreign key is checked before the owner has its policy."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy import backup, system
from tools import postgres

pytestmark = pytest.mark.servers

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1, 1);
"""
ROW_SECURITY = """
ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {0} FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_owner ON {0} TO CURRENT_USER USING (true);
COMMENT ON POLICY of_the_owner ON {0} IS 'a comment is restored after its policy';
"""


@pytest.fixture
def env(monkeypatch):
    """A server with a dump's owner, who is no superuser; the settings by which its programs connect."""
    with postgres.cluster() as server:
        monkeypatch.setenv("PATH", f"{server.programs}:{os.environ['PATH']}")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE owner LOGIN PASSWORD 'owner'")
            for name in ("live", "fresh"):
                connection.execute(f"CREATE DATABASE {name} OWNER owner")
        at = urlsplit(server.url)
        yield {
            "PGHOST": str(at.hostname),
            "PGPORT": str(at.port),
            "PGUSER": "owner",
            "PGPASSWORD": "owner",
        }


def connected(env: dict[str, str], name: str) -> psycopg.Connection:
    words = f"host={env['PGHOST']} port={env['PGPORT']} user=owner password=owner dbname={name}"
    return psycopg.connect(words, autocommit=True)


@pytest.fixture
def dump(env, tmp_path: Path) -> Path:
    with connected(env, "live") as connection:
        connection.execute(TABLES)
        for table in ("parent", "child"):
            connection.execute(ROW_SECURITY.format(table))
    path = tmp_path / "live.dump"
    system.run("pg_dump", "-Fc", "--enable-row-security", "--file", path, "live", env=env)
    return path


def test_row_security_is_restored_last_and_whole(env, dump, monkeypatch):
    lists = []

    def run(*words, **more):
        if "--use-list" in words:
            lists.append(Path(words[words.index("--use-list") + 1]).read_text(encoding="utf-8"))
        return system.run(*words, **more)

    monkeypatch.setattr(backup, "run", run)
    backup._restore(dump, "fresh", env)
    first, last = lists
    assert "FK CONSTRAINT" in first
    assert "POLICY" not in first
    assert "ROW SECURITY" not in first
    assert len(last.splitlines()) == 6
    with connected(env, "fresh") as connection:
        rows = connection.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r'"
            " AND relname IN ('parent', 'child') ORDER BY relname"
        ).fetchall()
        assert rows == [("child", True, True), ("parent", True, True)]
        assert connection.execute("SELECT count(*) FROM pg_policies").fetchone() == (2,)
        assert connection.execute(
            "SELECT count(*) FROM child JOIN parent ON parent = parent.id"
        ).fetchone() == (1,)
